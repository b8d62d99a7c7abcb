package engine

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// ChildEnv names the environment variable through which the parent hands its
// child a ChildConfig, as JSON. It holds no secret.
const ChildEnv = "YUNJIAN_ENGINE_CHILD"

// ChildConfig is what the child is told by its parent.
type ChildConfig struct {
	// Dir is the folder of the engine; the database is in Dir/data, the socket is Dir/engine.sock.
	Dir string `json:"dir"`
	// Library is the path of libchdb.so.
	Library string `json:"library"`
	// Settings are the ClickHouse settings every statement starts from.
	Settings map[string]string `json:"settings"`
	// QuerySessions is how many statements other than data inserts run at once.
	QuerySessions int `json:"query_sessions"`
	// InsertSessions is how many inserts with data run at once.
	InsertSessions int `json:"insert_sessions"`
	// GuestSessions is how many statements of guests run at once.
	GuestSessions int `json:"guest_sessions"`
	// NoSync leaves fsync out of inserts.
	NoSync bool `json:"no_sync"`
	// MemoryLimit bounds the engine's allocations in bytes; 0 is ClickHouse's own limit.
	MemoryLimit int64 `json:"memory_limit"`

	// Stdin is held open by the parent: its end means that the parent is gone or
	// wants the child to end.
	Stdin io.Reader `json:"-"`
	// Ready is written to once the socket answers, then closed.
	Ready io.WriteCloser `json:"-"`
	// Log gets what the child has to say. The parent reads it from standard error.
	Log *slog.Logger `json:"-"`
}

// Files that the child inherits behind standard error: the lock, which it only
// has to keep open, and the pipe on which it says that it is ready.
const (
	lockFD  = 3
	readyFD = 4
)

// How long the child lets running statements finish once it should end, and when
// it ends itself the hard way. What is not acknowledged by then was never promised.
const (
	drainTime = 2 * time.Second
	hardTime  = 10 * time.Second
)

// ChildConfigFromEnv reads what the parent left for this process: the variable
// YUNJIAN_ENGINE_CHILD, standard input and the ready pipe. It fails in a process
// that was started by hand.
func ChildConfigFromEnv() (ChildConfig, error) {
	text := os.Getenv(ChildEnv)
	if text == "" {
		return ChildConfig{}, errors.New("read engine configuration: the engine is started by the collector, not by hand")
	}
	var cfg ChildConfig
	if err := json.Unmarshal([]byte(text), &cfg); err != nil {
		return ChildConfig{}, fmt.Errorf("read engine configuration: %w", err)
	}
	syscall.CloseOnExec(lockFD)
	syscall.CloseOnExec(readyFD)
	cfg.Stdin = os.Stdin
	cfg.Ready = os.NewFile(readyFD, "ready")
	cfg.Log = slog.New(slog.NewTextHandler(os.Stderr, nil))
	return cfg, nil
}

// Child opens the database and serves it on the socket until Stdin ends or ctx is
// done; it is what the hidden subcommand runs. The process is the engine's alone:
// signals meant for the collector are ignored, and a shutdown that hangs ends the
// process.
func Child(ctx context.Context, cfg ChildConfig) error {
	// A signal that Go handles could arrive on a thread of the library, which Go
	// does not know; ignored ones arrive nowhere. The end of Stdin is the only call.
	signal.Ignore(syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGPIPE)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		_, _ = io.Copy(io.Discard, cfg.Stdin) // an error ends the child just as the end does
		cancel()
	}()
	lib, err := load(cfg.Library)
	if err != nil {
		return err
	}
	served, err := open(lib, cfg)
	if err != nil {
		return err
	}
	return served.serve(ctx, cfg)
}

// served is the opened engine.
type served struct {
	queries, inserts, guests *pool
	killer                   *killer
	version                  string
}

// open boots the engine and fills the pools. The killer's session stays open for
// the whole life of the process, so the engine never shuts down in between.
func open(lib *library, cfg ChildConfig) (*served, error) {
	config := filepath.Join(cfg.Dir, configName)
	users := filepath.Join(cfg.Dir, usersName)
	for name, text := range map[string]string{config: serverConfig(cfg, users), users: usersConfig} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			return nil, fmt.Errorf("write engine configuration: %w", err)
		}
	}
	dial := func() (*session, error) {
		return lib.open("--path="+filepath.Join(cfg.Dir, dataName), "--config-file="+config)
	}
	control, err := dial()
	if err != nil {
		return nil, fmt.Errorf("open database %q: %w", cfg.Dir, err)
	}
	s := &served{killer: &killer{session: control}}
	answer := control.run("SELECT version()", "TabSeparatedRaw", nil)
	defer answer.free()
	if err := answer.err(); err != nil {
		return nil, fmt.Errorf("ask version: %w", err)
	}
	s.version = strings.TrimSpace(string(answer.bytes()))
	base := baseSettings(cfg.Settings)
	serial := new(atomic.Uint64)
	if s.queries, err = newPool(cfg.QuerySessions, base, serial, dial); err != nil {
		return nil, fmt.Errorf("open query sessions: %w", err)
	}
	if s.inserts, err = newPool(cfg.InsertSessions, base, serial, dial); err != nil {
		return nil, fmt.Errorf("open insert sessions: %w", err)
	}
	if s.guests, err = newPool(cfg.GuestSessions, base, serial, dial); err != nil {
		return nil, fmt.Errorf("open guest sessions: %w", err)
	}
	return s, nil
}

// serverConfig is what cannot be set by statement: whether the parts of an insert
// are on disk before it is acknowledged, and the memory of the whole engine.
func serverConfig(cfg ChildConfig, users string) string {
	sync := 1
	if cfg.NoSync {
		sync = 0
	}
	var escaped strings.Builder
	_ = xml.EscapeText(&escaped, []byte(users)) // a strings.Builder takes everything
	return fmt.Sprintf(`<clickhouse>
  <max_server_memory_usage>%d</max_server_memory_usage>
  <merge_tree>
    <fsync_after_insert>%d</fsync_after_insert>
    <fsync_part_directory>%d</fsync_part_directory>
  </merge_tree>
  <users_config>%s</users_config>
</clickhouse>
`, cfg.MemoryLimit, sync, sync, escaped.String())
}

// usersConfig is the one user of the engine, with the settings of work in the
// background. It has the rights that the collector needs and none over sources: nobody
// who asks this engine can reach another server, a URL or a file through a table.
const usersConfig = `<clickhouse>
  <profiles>
    <default>
      <compile_expressions>0</compile_expressions>
      <compile_aggregate_expressions>0</compile_aggregate_expressions>
      <compile_sort_description>0</compile_sort_description>
    </default>
  </profiles>
  <quotas><default/></quotas>
  <users>
    <default>
      <password/>
      <networks><ip>::/0</ip></networks>
      <profile>default</profile>
      <quota>default</quota>
      <grants>
        <query>GRANT SHOW, SELECT, INSERT, ALTER, CREATE DATABASE, CREATE TABLE, CREATE VIEW, CREATE TEMPORARY TABLE, DROP, TRUNCATE, OPTIMIZE, CHECK, KILL QUERY, SYSTEM ON *.*</query>
      </grants>
    </default>
  </users>
</clickhouse>
`

// baseSettings are the caller's settings over our own: no machine code made at run
// time (it fails under MemoryDenyWriteExecute), and no statement that is only an
// expression, which a server refuses too.
func baseSettings(given map[string]string) map[string]string {
	base := map[string]string{
		"compile_expressions":           "0",
		"compile_aggregate_expressions": "0",
		"compile_sort_description":      "0",
		"implicit_select":               "0",
	}
	maps.Copy(base, given)
	return base
}

// serve answers until ctx is done, then lets what runs finish or ends it.
func (s *served) serve(ctx context.Context, cfg ChildConfig) error {
	socket := filepath.Join(cfg.Dir, socketName)
	listener, err := listen(ctx, socket)
	if err != nil {
		return err
	}
	running, kill := context.WithCancel(context.WithoutCancel(ctx))
	defer kill()
	server := &http.Server{
		Handler:           newDoor(s.queries, s.inserts, s.guests, s.killer, s.version, cfg.Log),
		BaseContext:       func(net.Listener) context.Context { return running },
		ReadHeaderTimeout: time.Minute,
		MaxHeaderBytes:    4 << 20,
		ErrorLog:          slog.NewLogLogger(cfg.Log.Handler(), slog.LevelWarn),
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	if _, err := io.WriteString(cfg.Ready, "ready\n"); err != nil {
		return fmt.Errorf("report readiness: %w", err)
	}
	if err := cfg.Ready.Close(); err != nil {
		return fmt.Errorf("report readiness: %w", err)
	}
	select {
	case err := <-failed:
		return fmt.Errorf("serve socket: %w", err)
	case <-ctx.Done():
	}
	hard := time.AfterFunc(hardTime, func() { _ = syscall.Kill(os.Getpid(), syscall.SIGKILL) })
	defer hard.Stop()
	soft := time.AfterFunc(drainTime, kill)
	defer soft.Stop()
	if err := server.Shutdown(running); err != nil && !errors.Is(err, context.Canceled) {
		return fmt.Errorf("shut down: %w", err)
	}
	s.close()
	return nil
}

// close ends the sessions, the killer's last.
func (s *served) close() {
	s.queries.close()
	s.inserts.close()
	s.guests.close()
	s.killer.session.close()
}

// listen opens the socket for the owner only. The lock says that nobody else
// serves this folder, so a socket file that is there is a leftover.
func listen(ctx context.Context, socket string) (net.Listener, error) {
	if err := os.Remove(socket); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("remove old socket: %w", err)
	}
	old := syscall.Umask(0o177)
	listener, err := new(net.ListenConfig).Listen(ctx, "unix", socket)
	syscall.Umask(old)
	if err != nil {
		return nil, fmt.Errorf("open socket: %w", err)
	}
	return listener, nil
}
