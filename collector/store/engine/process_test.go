package engine_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/yunjian-io/yunjian/collector/store/engine"
)

// ownerEnv makes the test binary a process that starts an engine in the folder it
// names, says so on standard output, and holds it until it is killed.
const ownerEnv = "YUNJIAN_ENGINE_TEST_OWNER"

// eventually asks until a condition holds; the engine's own start takes a tenth of a second.
func eventually(tb testing.TB, what string, holds func() bool) {
	tb.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	limit := time.NewTimer(30 * time.Second)
	defer limit.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-limit.C:
			tb.Fatalf("waited in vain until %s", what)
		}
	}
}

func alive(pid int) bool {
	stat, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	return err == nil && !strings.Contains(string(stat), ") Z ")
}

func kill(tb testing.TB, pid int) {
	tb.Helper()
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		tb.Fatal(err)
	}
}

// owner holds an engine for TestParentDies and the like; it is run by TestMain.
func owner(dir string) int {
	e, err := engine.Start(context.Background(), engine.Config{Dir: dir, Command: []string{os.Args[0]}})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Fprintln(os.Stdout, e.PID())
	_, _ = io.Copy(io.Discard, os.Stdin)
	return 0
}

// startOwner runs a process that owns the engine of dir.
func startOwner(tb testing.TB, dir string) (process *exec.Cmd, childPID int) {
	tb.Helper()
	process = exec.CommandContext(tb.Context(), os.Args[0])
	process.Env = append(os.Environ(), ownerEnv+"="+dir)
	process.Stderr = os.Stderr
	if _, err := process.StdinPipe(); err != nil {
		tb.Fatal(err)
	}
	out, err := process.StdoutPipe()
	if err != nil {
		tb.Fatal(err)
	}
	if err := process.Start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		_ = process.Process.Kill() // may be dead already
		_ = process.Wait()         // killed
	})
	if _, err := fmt.Fscan(out, &childPID); err != nil {
		tb.Fatalf("read the child's pid: %v", err)
	}
	return process, childPID
}

func TestSecondProcessAttaches(t *testing.T) {
	library(t)
	dir := t.TempDir()
	owner, pid := startOwner(t, dir)
	if _, err := engine.Start(t.Context(), config(t, dir)); !errors.Is(err, engine.ErrInUse) {
		t.Errorf("Start in an owned folder: got %v, want ErrInUse", err)
	}
	guest, err := engine.Open(t.Context(), config(t, dir))
	if err != nil {
		t.Fatal(err)
	}
	if guest.PID() != 0 {
		t.Errorf("PID of a guest: got %d, want 0", guest.PID())
	}
	rawClient(t, guest).must("CREATE TABLE t (n UInt8) ENGINE = MergeTree ORDER BY n")
	if err := guest.Close(); err != nil {
		t.Fatal(err)
	}
	if !alive(pid) {
		t.Error("closing a guest ended the engine")
	}
	// Killed outright, the owner leaves socket and lock file behind; neither is in the way.
	kill(t, owner.Process.Pid)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	var next *engine.Engine
	eventually(t, "the next process owns the engine", func() bool {
		if next, err = engine.Open(ctx, config(t, dir)); err != nil {
			t.Fatal(err)
		}
		return next.PID() != 0 // else it met the old child on its way out
	})
	if got := rawClient(t, next).must("SHOW TABLES"); got != "t\n" {
		t.Errorf("tables: got %q, want t", got)
	}
	if alive(pid) {
		t.Error("the old child outlived its parent")
	}
	if err := next.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestChildDiesWithItsParent(t *testing.T) {
	library(t)
	dir := t.TempDir()
	owner, pid := startOwner(t, dir)
	if !alive(pid) {
		t.Fatal("the child is not there")
	}
	kill(t, owner.Process.Pid)
	// A new parent that waits gets the folder once the old child is gone.
	cfg := config(t, dir)
	cfg.Wait = 30 * time.Second
	e, err := engine.Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	if alive(pid) {
		t.Error("the old child is alive, and the folder has a new owner")
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
}

// A crash inside the library ends in Go's own handler, which says what happened.
func TestCrashIsReported(t *testing.T) {
	library(t)
	log := new(journal)
	cfg := config(t, t.TempDir())
	cfg.Log = slog.New(slog.NewTextHandler(log, nil))
	e, err := engine.Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(e.PID(), syscall.SIGSEGV); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the engine was started again", func() bool { return e.Restarts() == 1 })
	if got := log.String(); !strings.Contains(got, "engine died") || !strings.Contains(got, "goroutine") {
		t.Errorf("the log has no trace of the crash: %s", got)
	}
	if got := rawClient(t, e).must("SELECT 1"); got != "1\n" {
		t.Errorf("after the crash: got %q", got)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
}

// journal is a log that is read while it is written.
type journal struct {
	mu   sync.Mutex
	text strings.Builder
}

func (j *journal) Write(data []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(data)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

func TestStaleSocket(t *testing.T) {
	library(t)
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "engine.sock"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	e, err := engine.Open(t.Context(), config(t, dir))
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(filepath.Join(dir, "engine.sock"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff("Srw-------", info.Mode().String()); diff != "" {
		t.Errorf("mode of the socket (-want +got):\n%s", diff)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
}

// A child that is killed before it answers is started anew, but not for ever.
func TestKilledWhileItStarts(t *testing.T) {
	library(t)
	for _, test := range []struct {
		kills   int
		started bool
	}{{1, true}, {9, false}} {
		cfg := config(t, t.TempDir())
		tries := filepath.Join(t.TempDir(), "tries")
		script := `echo >> "$0"; if [ "$(wc -l < "$0")" -le ` + strconv.Itoa(test.kills) + ` ]; then kill -KILL $$; fi; exec "$@"`
		cfg.Command = append([]string{"/bin/sh", "-c", script, tries}, cfg.Command...)
		e, err := engine.Start(t.Context(), cfg)
		if (err == nil) != test.started {
			t.Errorf("%d kills: got %v, want started %t", test.kills, err, test.started)
		}
		lines, readErr := os.ReadFile(tries)
		if got, want := len(lines), min(test.kills+1, 3); readErr != nil || got != want {
			t.Errorf("%d kills: %d tries, want %d", test.kills, got, want)
		}
		if err == nil {
			err = e.Close()
			if err != nil {
				t.Error(err)
			}
		}
	}
}

func TestStartFails(t *testing.T) {
	library(t)
	long := config(t, filepath.Join(t.TempDir(), strings.Repeat("x", 120)))
	silent := config(t, t.TempDir())
	silent.Command = []string{"/bin/true"}
	broken := config(t, t.TempDir())
	if err := os.WriteFile(filepath.Join(broken.Dir, "data"), []byte("a file"), 0o600); err != nil {
		t.Fatal(err)
	}
	wrong := config(t, t.TempDir())
	wrong.Library = os.Args[0]
	setting := config(t, t.TempDir())
	setting.Settings = map[string]string{"nosuch": "1"}
	for name, test := range map[string]struct {
		cfg  engine.Config
		want string
	}{
		"path too long":     {long, "choose a shorter folder"},
		"child says nought": {silent, "ended before it answered"},
		"no database":       {broken, "open database"},
		"wrong library":     {wrong, "load libchdb"},
		"unknown setting":   {setting, "Unknown setting 'nosuch'"},
		"no folder":         {engine.Config{}, "no folder given"},
		"no library":        {engine.Config{Dir: t.TempDir(), Library: "/nosuch.so"}, "make deps"},
	} {
		if _, err := engine.Start(t.Context(), test.cfg); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %q in it", name, err, test.want)
		}
	}
}

func TestCloseWithQueryRunning(t *testing.T) {
	library(t)
	e, err := engine.Start(t.Context(), config(t, t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	pid := e.PID()
	c := rawClient(t, e)
	ended := make(chan answer)
	go func() {
		ended <- c.post(nil, strings.NewReader("SELECT sum(sipHash64(number)) FROM numbers(100000000000)"))
	}()
	eventually(t, "the query runs", func() bool {
		return c.must("SELECT count() FROM system.processes WHERE query LIKE '%100000000000%' AND query NOT LIKE '%processes%'") == "1\n"
	})
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	if got := <-ended; got.err == nil && got.status == 200 {
		t.Errorf("the query succeeded: %q", got.body)
	}
	if alive(pid) {
		t.Error("the child outlived Close")
	}
}

// Every batch that was acknowledged is there after its engine was killed; a batch
// is there wholly or not at all. YUNJIAN_KILLS sets the number of kills.
func TestKillLosesNothingAcknowledged(t *testing.T) {
	kills := 10
	if text := os.Getenv("YUNJIAN_KILLS"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatal(err)
		}
		kills = n
	}
	e := start(t)
	c := rawClient(t, e)
	c.must("CREATE TABLE t (batch UInt64, n UInt64) ENGINE = MergeTree ORDER BY (batch, n)")
	const writers, size = 3, 500
	var (
		mu           sync.Mutex
		next         uint64
		acknowledged = map[string]bool{}
		failures     int
	)
	insert := func() {
		mu.Lock()
		batch := strconv.FormatUint(next, 10)
		next++
		mu.Unlock()
		var rows strings.Builder
		for n := range size {
			fmt.Fprintf(&rows, "%s\t%d\n", batch, n)
		}
		got := c.post(map[string][]string{"query": {"INSERT INTO t FORMAT TSV"}}, strings.NewReader(rows.String()))
		mu.Lock()
		defer mu.Unlock()
		if got.err == nil && got.status == 200 {
			acknowledged[batch] = true
		} else {
			failures++
		}
	}
	stop := make(chan struct{})
	var all sync.WaitGroup
	for range writers {
		all.Go(func() {
			tick := time.NewTicker(time.Millisecond) // a dead engine fails an insert at once
			defer tick.Stop()
			for {
				select {
				case <-stop:
					return
				case <-tick.C:
					insert()
				}
			}
		})
	}
	count := func() int {
		mu.Lock()
		defer mu.Unlock()
		return len(acknowledged)
	}
	for round := range kills {
		before := count()
		eventually(t, "batches are acknowledged", func() bool { return count() >= before+5+round%7 })
		kill(t, e.PID())
		eventually(t, "the engine was started again", func() bool { return e.Restarts() == uint64(round+1) })
	}
	close(stop)
	all.Wait()
	stored := map[string]bool{}
	for line := range strings.Lines(c.must("SELECT batch, count() FROM t GROUP BY batch")) {
		batch, rows, _ := strings.Cut(strings.TrimSpace(line), "\t")
		if rows != strconv.Itoa(size) {
			t.Errorf("batch %s has %s rows, want %d", batch, rows, size)
		}
		stored[batch] = true
	}
	for batch := range maps.Keys(acknowledged) {
		if !stored[batch] {
			t.Errorf("batch %s was acknowledged and is lost", batch)
		}
	}
	if failures == 0 {
		t.Error("no insert failed: the kills hit nothing")
	}
	t.Logf("%d kills, %d batches acknowledged, %d failed, %d stored", kills, len(acknowledged), failures, len(stored))
}
