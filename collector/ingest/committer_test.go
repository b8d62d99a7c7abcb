package ingest

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/yunjian-io/yunjian/internal/wire"
)

func rowsOf(hosts ...uint64) *wire.Rows {
	r := &wire.Rows{}
	for _, h := range hosts {
		r.Usage = append(r.Usage, wire.UsageRow{Host: h})
	}
	return r
}

// recorder keeps the groups that were committed.
type recorder struct {
	mu     sync.Mutex
	groups [][]uint64
	err    error
	block  chan struct{}
}

func (r *recorder) commit(ctx context.Context, rows *wire.Rows, _ time.Time) error {
	if r.block != nil {
		select {
		case <-r.block:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	var hosts []uint64
	for _, u := range rows.Usage {
		hosts = append(hosts, u.Host)
	}
	r.groups = append(r.groups, hosts)
	return r.err
}

func TestGroupsByWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r recorder
		c := NewCommitter(CommitterConfig{Commit: r.commit})
		ctx, stop := context.WithCancel(t.Context())
		var all sync.WaitGroup
		all.Go(func() { c.Run(ctx) })
		for i := range uint64(3) {
			all.Go(func() {
				if err := c.Submit(ctx, rowsOf(i)); err != nil {
					t.Error(err)
				}
			})
			synctest.Wait()
		}
		if len(r.groups) != 0 || c.Waiting() != 3 {
			t.Errorf("before the window: %v committed, %d wait; want none and 3", r.groups, c.Waiting())
		}
		<-time.After(time.Second) // by the bubble's clock
		synctest.Wait()
		if diff := cmp.Diff([][]uint64{{0, 1, 2}}, r.groups); diff != "" || c.Waiting() != 0 {
			t.Error(diff, c.Waiting())
		}
		stop()
		all.Wait()
	})
}

func TestFullGroupDoesNotWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r recorder
		c := NewCommitter(CommitterConfig{Commit: r.commit, Rows: 2, Window: time.Hour})
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		go c.Run(ctx)
		start := time.Now()
		if err := c.Submit(ctx, rowsOf(1, 2)); err != nil || time.Since(start) != 0 {
			t.Errorf("Submit of a full group: %v after %s", err, time.Since(start))
		}
	})
}

func TestManyRequestsDoNotWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r recorder
		c := NewCommitter(CommitterConfig{Commit: r.commit, Requests: 2, Window: time.Hour})
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		go c.Run(ctx)
		start := time.Now()
		results := make(chan error, 2)
		for i := range uint64(2) {
			go func() { results <- c.Submit(ctx, rowsOf(i)) }()
		}
		for range 2 {
			if err := <-results; err != nil {
				t.Error(err)
			}
		}
		if time.Since(start) != 0 || len(r.groups) != 1 {
			t.Errorf("%d groups after %s; want one at once", len(r.groups), time.Since(start))
		}
	})
}

func TestFailureReachesEverySender(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := recorder{err: errors.New("no")}
		c := NewCommitter(CommitterConfig{Commit: r.commit})
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		go c.Run(ctx)
		failed := make(chan error, 2)
		for range 2 {
			go func() { failed <- c.Submit(ctx, rowsOf(1)) }()
		}
		for range 2 {
			if err := <-failed; !errors.Is(err, r.err) {
				t.Errorf("Submit() = %v; want the error of the commit", err)
			}
		}
	})
}

func TestBusyWhenTooMuchWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := recorder{block: make(chan struct{})}
		c := NewCommitter(CommitterConfig{Commit: r.commit, Rows: 1, Waiting: 2, Parallel: 1})
		ctx, stop := context.WithCancel(t.Context())
		go c.Run(ctx)
		results := make(chan error, 2)
		for i := range uint64(2) {
			go func() { results <- c.Submit(ctx, rowsOf(i)) }()
		}
		synctest.Wait()
		if err := c.Submit(ctx, rowsOf(9)); !errors.Is(err, ErrBusy) {
			t.Errorf("Submit() over the bound = %v; want ErrBusy", err)
		}
		close(r.block)
		for range 2 {
			if err := <-results; err != nil {
				t.Error(err)
			}
		}
		stop()
		synctest.Wait()
	})
}

// What was submitted before the end is stored before Run returns.
func TestStopStoresWhatIsOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r recorder
		c := NewCommitter(CommitterConfig{Commit: r.commit, Window: time.Hour})
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { c.Run(ctx); close(done) }()
		submitted := make(chan error, 1)
		go func() { submitted <- c.Submit(t.Context(), rowsOf(5)) }()
		synctest.Wait()
		stop()
		<-done
		if err := <-submitted; err != nil || len(r.groups) != 1 {
			t.Errorf("Submit() = %v with %d groups stored; want nil and 1", err, len(r.groups))
		}
	})
}

func TestStuckCommitTimesOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := recorder{block: make(chan struct{})}
		c := NewCommitter(CommitterConfig{Commit: r.commit})
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		go c.Run(ctx)
		if err := c.Submit(ctx, rowsOf(1)); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Submit() = %v; want the commit's deadline", err)
		}
	})
}
