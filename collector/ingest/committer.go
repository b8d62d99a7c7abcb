package ingest

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/yunjian-io/yunjian/internal/wire"
)

// ErrBusy means that too many rows wait for ClickHouse: the sender keeps its
// batch and comes back.
var ErrBusy = errors.New("too many rows are waiting to be stored")

// CommitterConfig bounds a group commit. Zero fields take the defaults.
type CommitterConfig struct {
	// Window is how long the first request of a group waits for others; default 1 s.
	// An insert costs 12-20 ms of CPU whatever its size, so a group is worth a wait.
	Window time.Duration
	// Rows that end a group before its window does; default 200,000. A row costs the
	// engine two to three times more in inserts of 10,000 than of 100,000.
	Rows int
	// Requests that end a group before its window does; default 8,000. Beyond that a
	// longer wait saves next to nothing, and only holds up senders.
	Requests int
	// Waiting is the most rows that may wait, beyond which Submit returns ErrBusy; default 1,000,000.
	Waiting int
	// Parallel is how many groups may be in ClickHouse at once; default 2.
	Parallel int
	// Timeout of one commit; default 60 s.
	Timeout time.Duration
	// Commit stores rows and returns nil only when they are there.
	Commit func(ctx context.Context, rows *wire.Rows, now time.Time) error
	// Committed is told of every group that was stored; may be nil.
	Committed func(rows *wire.Rows, took time.Duration)
	// Failed is told once of every group that was not stored; may be nil.
	Failed func(err error)
}

// Committer gathers the rows of many requests and stores them together. Submit
// may be called from many goroutines while Run is under way.
type Committer struct {
	config CommitterConfig
	mu     sync.Mutex
	open   *group
	free   []*group
	queued int
	wake   chan struct{} // a group was opened
	full   chan struct{} // the open group has enough rows
}

// group is what one commit stores, and who waits for it.
type group struct {
	rows     *wire.Rows
	requests int
	done     chan struct{}
	err      error
}

// NewCommitter returns a Committer that Run must drive.
func NewCommitter(c CommitterConfig) *Committer {
	if c.Window == 0 {
		c.Window = time.Second
	}
	if c.Rows == 0 {
		c.Rows = 200_000
	}
	if c.Requests == 0 {
		c.Requests = 8000
	}
	if c.Waiting == 0 {
		c.Waiting = 1_000_000
	}
	if c.Parallel == 0 {
		c.Parallel = 2
	}
	if c.Timeout == 0 {
		c.Timeout = time.Minute
	}
	return &Committer{config: c, wake: make(chan struct{}, 1), full: make(chan struct{}, 1)}
}

// Submit copies the rows into the open group and returns when they are stored,
// or why they are not. When ctx ends first the rows may or may not be stored,
// as after any lost answer.
func (c *Committer) Submit(ctx context.Context, rows *wire.Rows) error {
	stored, err := c.Put(rows)
	if err != nil {
		return err
	}
	return stored(ctx)
}

// Put copies the rows into the open group. What it returns waits as Submit does;
// the rows may be used for something else meanwhile.
func (c *Committer) Put(rows *wire.Rows) (stored func(context.Context) error, err error) {
	n := rows.Len()
	if n == 0 {
		return func(context.Context) error { return nil }, nil
	}
	c.mu.Lock()
	if c.queued > 0 && c.queued+n > c.config.Waiting {
		c.mu.Unlock()
		return nil, ErrBusy
	}
	if c.open == nil {
		c.open = &group{rows: &wire.Rows{}, done: make(chan struct{})}
		if last := len(c.free) - 1; last >= 0 {
			c.open.rows, c.free = c.free[last].rows, c.free[:last]
		}
		signal(c.wake)
	}
	g := c.open
	g.rows.Append(rows)
	c.queued += n
	if g.requests++; g.rows.Len() >= c.config.Rows || g.requests >= c.config.Requests {
		signal(c.full)
	}
	c.mu.Unlock()
	return g.wait, nil
}

func (g *group) wait(ctx context.Context) error {
	select {
	case <-g.done:
		return g.err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// Run commits groups until ctx ends, then commits what is open and returns.
func (c *Committer) Run(ctx context.Context) {
	slots := make(chan struct{}, c.config.Parallel)
	var running sync.WaitGroup
	for ctx.Err() == nil {
		select {
		case <-c.wake:
		case <-ctx.Done():
		}
		window := time.NewTimer(c.config.Window)
		select {
		case <-window.C:
		case <-c.full:
		case <-ctx.Done():
		}
		window.Stop()
		slots <- struct{}{}
		g := c.take()
		if g == nil {
			<-slots
			continue
		}
		running.Go(func() {
			c.commit(context.WithoutCancel(ctx), g)
			<-slots
		})
	}
	running.Wait()
}

func (c *Committer) take() *group {
	c.mu.Lock()
	defer c.mu.Unlock()
	g := c.open
	c.open = nil
	select {
	case <-c.full: // it was about the group that is taken
	default:
	}
	return g
}

func (c *Committer) commit(ctx context.Context, g *group) {
	ctx, cancel := context.WithTimeout(ctx, c.config.Timeout)
	defer cancel()
	start := time.Now()
	g.err = c.config.Commit(ctx, g.rows, start)
	if g.err == nil && c.config.Committed != nil {
		c.config.Committed(g.rows, time.Since(start))
	}
	if g.err != nil && c.config.Failed != nil {
		c.config.Failed(g.err)
	}
	n := g.rows.Len()
	close(g.done)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.queued -= n
	if len(c.free) < c.config.Parallel && g.rows.Len() <= 4*c.config.Rows {
		rows := g.rows
		rows.Reset()
		c.free = append(c.free, &group{rows: rows})
	}
}

// Waiting is the number of rows that are not stored yet.
func (c *Committer) Waiting() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.queued
}
