package engine

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Back-off between two starts: doubled from one child that dies to the next, up to
// servedWait if the last one had answered and longestWait if it had not. One that
// lived for steadyTime starts over with the shortest.
const (
	shortestWait = 50 * time.Millisecond
	servedWait   = 400 * time.Millisecond
	longestWait  = 10 * time.Second
	steadyTime   = 10 * time.Second
)

// closeTime is how long Close waits for a child before it kills it: longer than
// the child waits before it does so itself.
const closeTime = hardTime + 5*time.Second

// process is one child.
type process struct {
	cmd    *exec.Cmd
	stdin  io.Closer
	stderr *tail
	exited chan struct{} // closed once the process is gone
	exit   error         // how it went; read after exited
}

func (p *process) pid() int { return p.cmd.Process.Pid }

// spawn starts a child and waits until it answers.
func (e *Engine) spawn(ctx context.Context) (*process, error) {
	config, err := json.Marshal(ChildConfig{
		Dir: e.cfg.Dir, Library: e.cfg.Library, Settings: e.cfg.Settings,
		QuerySessions: e.cfg.QuerySessions, InsertSessions: e.cfg.InsertSessions, GuestSessions: e.cfg.GuestSessions, NoSync: e.cfg.NoSync, MemoryLimit: e.cfg.MemoryLimit,
	})
	if err != nil {
		return nil, fmt.Errorf("encode configuration: %w", err)
	}
	readyRead, readyWrite, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("make ready pipe: %w", err)
	}
	defer readyRead.Close()
	p := &process{stderr: &tail{log: e.cfg.Log}, exited: make(chan struct{})}
	p.cmd = exec.Command(e.cfg.Command[0], e.cfg.Command[1:]...) //nolint:noctx // the child outlives the call; Close ends it
	// The library's threads do not know Go's preemption signal, and have died of it.
	p.cmd.Env = append(os.Environ(), ChildEnv+"="+string(config), "GODEBUG=asyncpreemptoff=1")
	p.cmd.Stderr = p.stderr
	p.cmd.ExtraFiles = []*os.File{e.lock, readyWrite}
	if p.stdin, err = p.cmd.StdinPipe(); err == nil {
		err = p.cmd.Start()
	}
	readyWrite.Close()
	if err != nil {
		return nil, fmt.Errorf("run %q: %w", e.cfg.Command[0], err)
	}
	go func() {
		p.exit = p.cmd.Wait()
		close(p.exited)
	}()
	return p, p.await(ctx, readyRead)
}

// firstTries is how often the first child is started if something kills it before it answers.
const firstTries = 3

// first starts the first child. One that ends by itself has a reason that another try
// would meet again; one that was killed, by the kernel for want of memory or by hand, may
// do better the next time.
func (e *Engine) first(ctx context.Context) (p *process, err error) {
	for range firstTries {
		if p, err = e.spawn(ctx); err == nil || ctx.Err() != nil || !killed(err) {
			return p, err
		}
		e.cfg.Log.Error("engine was killed while it started", slog.Any("error", err))
	}
	return p, err
}

// killed says that a child ended because somebody killed it.
func killed(err error) bool {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return false
	}
	status, ok := exit.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == syscall.SIGKILL
}

// await returns once the child has said that it is ready. A child that dies
// before, or is not wanted any more, is gone when await returns its error.
func (p *process) await(ctx context.Context, ready io.Reader) error {
	said := make(chan bool, 1)
	go func() {
		_, err := bufio.NewReader(ready).ReadString('\n')
		said <- err == nil
	}()
	select {
	case ok := <-said:
		if ok {
			return nil
		}
		// The pipe closes only when the child dies.
		<-p.exited
		return fmt.Errorf("the child ended before it answered (%w): %s", p.ending(), p.stderr.text())
	case <-ctx.Done():
		p.end()
		return fmt.Errorf("wait for the child: %w", ctx.Err())
	}
}

// ending says how a child went, also one that did so without an error.
func (p *process) ending() error {
	if p.exit == nil {
		return errors.New("exit status 0")
	}
	return p.exit
}

// end closes the child's input and waits for it; a child that does not end is killed.
func (p *process) end() {
	p.stdin.Close()
	limit := time.NewTimer(closeTime)
	defer limit.Stop()
	select {
	case <-p.exited:
	case <-limit.C:
		_ = p.cmd.Process.Kill() // fails only if it has just ended
		<-p.exited
	}
}

// supervise keeps a child running until ctx is done.
func (e *Engine) supervise(ctx context.Context, p *process) {
	defer close(e.ended)
	wait := shortestWait
	for {
		started := time.Now()
		select {
		case <-p.exited:
			p.stdin.Close()
			e.cfg.Log.Error("engine died", slog.Any("error", p.ending()), slog.Int("pid", p.pid()), slog.String("stderr", p.stderr.text()))
		case <-ctx.Done():
			p.end()
			e.set(0, 0)
			return
		}
		e.set(0, 0)
		if time.Since(started) > steadyTime {
			wait = shortestWait
		}
		if p = e.again(ctx, wait); p == nil {
			return
		}
		wait = min(2*wait, servedWait)
	}
}

// again starts a new child, however often it takes; nil if ctx is done before one answers.
func (e *Engine) again(ctx context.Context, wait time.Duration) *process {
	for {
		pause := time.NewTimer(wait)
		select {
		case <-pause.C:
		case <-ctx.Done():
			pause.Stop()
			return nil
		}
		wait = min(2*wait, longestWait)
		p, err := e.spawn(ctx)
		if err == nil {
			e.set(p.pid(), 1)
			e.cfg.Log.Info("engine started again", slog.Int("pid", p.pid()))
			return p
		}
		if ctx.Err() == nil {
			e.cfg.Log.Error("engine did not start", slog.Any("error", err), slog.Duration("retry_after", wait))
		}
	}
}

// tailSize bounds what is kept of a child's standard error, in bytes.
const tailSize = 4 << 10

// tail keeps the end of what a child writes to standard error, to say why it died.
type tail struct {
	log *slog.Logger
	mu  sync.Mutex
	end []byte
}

// Write implements io.Writer; it never fails.
func (t *tail) Write(data []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.log.Debug("engine wrote to standard error", slog.String("text", string(data)))
	t.end = append(t.end, data...)
	if excess := len(t.end) - tailSize; excess > 0 {
		t.end = append([]byte(nil), t.end[excess:]...)
	}
	return len(data), nil
}

func (t *tail) text() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.TrimSpace(string(t.end))
}
