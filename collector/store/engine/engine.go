package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// Config says where the engine is and how much it may do at once.
type Config struct {
	// Dir is the engine's folder, made with mode 0700 if it is missing. Its path
	// is at most 95 bytes long, so that the socket in it has a legal address.
	Dir string
	// Library is the path of libchdb.so; empty lets Find look for it.
	Library string
	// Command is the child's argv; it must end in a call of Child. Empty means
	// this binary with the argument "engine".
	Command []string
	// Settings are the ClickHouse settings every statement starts from, for
	// example session_timezone, max_threads, max_memory_usage, max_execution_time.
	Settings map[string]string
	// QuerySessions is how many statements other than data inserts run at once; 0 means 4.
	QuerySessions int
	// InsertSessions is how many inserts with data run at once; 0 means 2.
	InsertSessions int
	// GuestSessions is how many statements of guests (GuestPath) run at once; 0 means 2.
	GuestSessions int
	// NoSync leaves out fsync before an insert is acknowledged. Only for data that
	// can be made again: a power loss may take acknowledged rows.
	NoSync bool
	// MemoryLimit bounds what all statements, merges and caches of the engine
	// allocate together, in bytes; 0 leaves ClickHouse's own limit, nine tenths of
	// the memory of the machine.
	MemoryLimit int64
	// Wait is how long Start waits for an engine of the folder that is just ending,
	// such as the child of a parent that was killed. 0 does not wait.
	Wait time.Duration
	// Log gets restarts and what the child writes to standard error.
	Log *slog.Logger
}

// Engine is a way to a running engine: the parent of its child, or a guest of
// another process that is.
type Engine struct {
	cfg    Config
	socket string

	// What follows is empty in a guest.
	lock  *os.File
	stop  context.CancelFunc
	ended chan struct{}

	mu       sync.Mutex
	pid      int
	restarts uint64
}

// maxSocketPath is the longest address of a unix socket in bytes.
const maxSocketPath = 107

// Start runs the engine of cfg.Dir in a child process and returns once it
// answers. It starts the child again whenever it dies, until Close. ctx bounds the
// start only. The error wraps ErrInUse if another process owns the folder and does
// not leave it within cfg.Wait.
func Start(ctx context.Context, cfg Config) (*Engine, error) {
	cfg, err := cfg.complete()
	if err != nil {
		return nil, fmt.Errorf("start engine: %w", err)
	}
	held, err := lockWithin(ctx, cfg.Dir, cfg.Wait)
	if err != nil {
		return nil, fmt.Errorf("start engine: %w", err)
	}
	e := &Engine{cfg: cfg, socket: filepath.Join(cfg.Dir, socketName), lock: held, ended: make(chan struct{})}
	first, err := e.first(ctx)
	if err != nil {
		held.Close()
		return nil, fmt.Errorf("start engine: %w", err)
	}
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	e.stop = stop
	e.set(first.pid(), 0)
	go e.supervise(running, first)
	return e, nil
}

// Attach joins the engine that another process runs for dir. It fails if none answers.
func Attach(ctx context.Context, dir string) (*Engine, error) {
	e := &Engine{socket: filepath.Join(dir, socketName)}
	conn, err := e.DialContext(ctx, "")
	if err != nil {
		return nil, fmt.Errorf("attach engine: %w", err)
	}
	if err := conn.Close(); err != nil {
		return nil, fmt.Errorf("attach engine: %w", err)
	}
	return e, nil
}

// Open joins the engine of cfg.Dir if another process runs it, else starts it. It
// waits, until ctx is done, for an engine that is just starting or just ending. A
// guest uses the owner's settings and has no engine any more when the owner ends:
// it is meant for commands, not for a server.
func Open(ctx context.Context, cfg Config) (*Engine, error) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		if e, err := Attach(ctx, cfg.Dir); err == nil {
			return e, nil
		}
		e, err := Start(ctx, cfg)
		if !errors.Is(err, ErrInUse) {
			return e, err
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("open engine: %w; its owner holds %q and does not answer", ErrInUse, filepath.Join(cfg.Dir, lockName))
		case <-tick.C:
		}
	}
}

func (c Config) complete() (Config, error) {
	if c.Dir == "" {
		return c, errors.New("no folder given")
	}
	dir, err := filepath.Abs(c.Dir)
	if err != nil {
		return c, fmt.Errorf("resolve folder: %w", err)
	}
	c.Dir = dir
	if n := len(filepath.Join(dir, socketName)); n > maxSocketPath {
		return c, fmt.Errorf("the path of the socket in %q has %d bytes and may have %d: choose a shorter folder", dir, n, maxSocketPath)
	}
	if c.Library, err = Find(c.Library); err != nil {
		return c, err
	}
	if len(c.Command) == 0 {
		self, err := os.Executable()
		if err != nil {
			return c, fmt.Errorf("find own binary: %w", err)
		}
		c.Command = []string{self, "engine"}
	}
	if c.QuerySessions <= 0 {
		c.QuerySessions = 4
	}
	if c.InsertSessions <= 0 {
		c.InsertSessions = 2
	}
	if c.GuestSessions <= 0 {
		c.GuestSessions = 2
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return c, fmt.Errorf("make folder: %w", err)
	}
	return c, nil
}

// DialContext connects to the engine; it fits clickhouse-go's Options.DialContext,
// whose address it ignores. It fails while the child is being started again.
func (e *Engine) DialContext(ctx context.Context, _ string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "unix", e.socket)
	if err != nil {
		return nil, fmt.Errorf("dial engine: %w", err)
	}
	return conn, nil
}

// PID is the child's process id; 0 in a guest and while no child runs.
func (e *Engine) PID() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.pid
}

// Restarts counts how often the child was started again after it had died.
func (e *Engine) Restarts() uint64 {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.restarts
}

func (e *Engine) set(pid int, restarts uint64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.pid = pid
	e.restarts += restarts
}

// Close ends the child and waits until it is gone; running statements get two
// seconds. In a guest it does nothing. Close must be called once.
func (e *Engine) Close() error {
	if e.lock == nil {
		return nil
	}
	e.stop()
	<-e.ended
	if err := e.lock.Close(); err != nil {
		return fmt.Errorf("close engine: %w", err)
	}
	return nil
}
