package agent

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/yunjian-io/yunjian/agent/spool"
	"github.com/yunjian-io/yunjian/internal/wire"
)

func TestSplit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCollector(t)
		var limit atomic.Int64
		limit.Store(600)
		c.set(func(r *http.Request, body []byte) (int, http.Header) {
			if r.URL.Path == wire.PathWrite && int64(len(body)) > limit.Load() {
				return http.StatusRequestEntityTooLarge, nil
			}
			return 0, nil
		})
		begin := time.Now()
		o := fakeHost(t, c, t.TempDir())
		log, text := logged()
		o.Log = log
		stop := start(t, o)
		let(3*time.Minute - time.Second)
		if diff := cmp.Diff(minutes(begin.Add(time.Minute), 1), c.rows); diff != "" {
			t.Error(diff)
		}
		if c.refused[413] == 0 || c.devices[c.rows[0]] != 5+8+4 {
			t.Errorf("%d answers 413, %d labelled series; want some and 17", c.refused[413], c.devices[c.rows[0]])
		}
		limit.Store(10) // now not even one row is taken: it must not hold up the next
		let(2 * time.Minute)
		limit.Store(600)
		let(2 * time.Minute)
		stop()
		if !strings.Contains(text(), "cannot be divided") || len(c.rows) < 2 {
			t.Errorf("%d rows, log:\n%s", len(c.rows), text())
		}
	})
}

func TestRejectedAndUnauthorized(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCollector(t)
		c.set(always(http.StatusUnauthorized))
		o := fakeHost(t, c, t.TempDir())
		log, text := logged()
		o.Log = log
		begin := time.Now()
		stop := start(t, o)
		let(30*time.Minute + 30*time.Second)
		if n := c.refused[401]; n < 5 || n > 13 {
			t.Errorf("%d tries with a refused token in half an hour; want slow ones", n)
		}
		if n := strings.Count(text(), "refuses the token"); n != 1 {
			t.Errorf("said %d times that the token is refused; want once:\n%s", n, text())
		}
		c.set(nil)
		let(6 * time.Minute)
		if diff := cmp.Diff(minutes(begin.Add(time.Minute), 29), c.rows[:29]); diff != "" {
			t.Errorf("kept while the token was refused: %s", diff)
		}
		before := len(c.rows)
		c.set(always(http.StatusBadRequest))
		let(10 * time.Minute)
		c.set(nil)
		let(2 * time.Minute)
		stop()
		if c.refused[400] != 10 || len(c.rows) != before+2 {
			t.Errorf("%d batches rejected, %d rows after; want 10, and 2 more", c.refused[400], len(c.rows)-before)
		}
	})
}

// With no room for all, the newest data win, and the loss is counted.
func TestFullSpool(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCollector(t)
		c.set(always(http.StatusBadGateway))
		o := fakeHost(t, c, t.TempDir())
		o.Config.SpoolLimit = 1 << 20
		a, err := newAgent(o)
		if err != nil {
			t.Fatal(err)
		}
		body := make([]byte, 100<<10)
		for range 9 { // ballast that an earlier outage left
			a.delivery.put(spool.Batch{Kind: spool.Document, Body: body})
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- a.run(ctx) }()
		let(8 * time.Hour)
		if a.self.overflow.Value() == 0 {
			t.Error("the spool never ran over")
		}
		if got := a.self.spoolBytes.Load(); got > 1<<20 {
			t.Errorf("spool has %d bytes; limit %d", got, 1<<20)
		}
		end := time.Now().Truncate(time.Minute)
		c.set(func(r *http.Request, _ []byte) (int, http.Header) {
			if r.URL.Path == wire.PathDocuments {
				return http.StatusBadRequest, nil // the ballast
			}
			return 0, nil
		})
		let(6 * time.Minute)
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		a.close()
		if len(c.rows) < 300 {
			t.Fatalf("%d rows kept", len(c.rows))
		}
		first := c.rows[0]
		if diff := cmp.Diff(minutes(first, len(c.rows)), c.rows); diff != "" {
			t.Errorf("a gap in what was kept: %s", diff)
		}
		if last := c.rows[len(c.rows)-1]; last.Before(end) {
			t.Errorf("newest row is of %v; want one after %v", last, end)
		}
	})
}

// When the clock is set, the interval in which it happened is dropped.
func TestClockJump(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCollector(t)
		o := fakeHost(t, c, t.TempDir())
		var jump atomic.Int64
		o.Wall = func() time.Time { return time.Now().Round(0).Add(time.Duration(jump.Load())) }
		log, text := logged()
		o.Log = log
		begin := time.Now()
		stop := start(t, o)
		let(2*time.Minute + 30*time.Second)
		jump.Store(int64(-10 * time.Minute)) // in the middle of the interval of minute 2
		let(3 * time.Minute)
		jump.Store(int64(time.Hour))
		let(3 * time.Minute)
		jump.Add(int64(time.Second)) // small steps are corrections, not jumps
		let(2 * time.Minute)
		stop()
		want := minutes(begin.Add(time.Minute), 1)
		want = append(want, minutes(begin.Add(-7*time.Minute), 2)...)
		want = append(want, minutes(begin.Add(66*time.Minute), 4)...)
		if diff := cmp.Diff(want, c.rows); diff != "" {
			t.Error(diff)
		}
		if n := strings.Count(text(), "clock_step"); n != 2 {
			t.Errorf("%d intervals dropped for a step; want 2:\n%s", n, text())
		}
	})
}
