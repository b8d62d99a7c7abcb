package query

import (
	"context"
	"net/http"
	"sync"
	"time"
)

// Limits bound each asker. Zero values are replaced by DefaultLimits.
type Limits struct {
	// Time is the longest that a question runs; a client may ask for less.
	Time time.Duration
	// ResultRows is the most rows of an answer.
	ResultRows uint64
	// ResultBytes is the most bytes of an answer, before it is compressed.
	ResultBytes uint64
	// MemoryBytes is the most memory that the engine may use for a question.
	MemoryBytes uint64
	// Threads is how many threads the engine may use for a question.
	Threads int
	// PerMinute is how many questions of one user are taken in a minute.
	PerMinute int
	// Burst is how many may come at once, such as those of all panels of a dashboard.
	Burst int
	// AtOnce is how many questions of one user are run at once; the others wait.
	AtOnce int
	// Waiting is how many of them may wait.
	Waiting int
}

// DefaultLimits suit dashboards: a panel shows some thousand points, a dashboard has
// some tens of panels that are asked for at once, and all who look at it are one user.
func DefaultLimits() Limits {
	return Limits{
		Time: 30 * time.Second, ResultRows: 200_000, ResultBytes: 32 << 20, MemoryBytes: 1 << 30, Threads: 2,
		PerMinute: 3000, Burst: 300, AtOnce: 4, Waiting: 300,
	}
}

// fill replaces zero values.
func (l Limits) fill() Limits {
	d := DefaultLimits()
	or(&l.Time, d.Time)
	or(&l.ResultRows, d.ResultRows)
	or(&l.ResultBytes, d.ResultBytes)
	or(&l.MemoryBytes, d.MemoryBytes)
	or(&l.Threads, d.Threads)
	or(&l.PerMinute, d.PerMinute)
	or(&l.Burst, d.Burst)
	or(&l.AtOnce, d.AtOnce)
	or(&l.Waiting, d.Waiting)
	return l
}

func or[T comparable](v *T, otherwise T) {
	var zero T
	if *v == zero {
		*v = otherwise
	}
}

// gate holds back what one user asks.
type gate struct {
	limits Limits
	slots  chan struct{}

	mu      sync.Mutex
	tokens  float64
	at      time.Time
	waiting int
}

// gates holds the gate of each user. Users are those whose password was right, so their
// number is bounded.
type gates struct {
	limits Limits
	mu     sync.Mutex
	of     map[string]*gate
}

func (g *gates) get(user string, now time.Time) *gate {
	g.mu.Lock()
	defer g.mu.Unlock()
	one, ok := g.of[user]
	if !ok {
		one = &gate{limits: g.limits, slots: make(chan struct{}, g.limits.AtOnce), tokens: float64(g.limits.Burst), at: now}
		g.of[user] = one
	}
	return one
}

// enter waits until the user's question may run; leave must be called behind it.
func (g *gate) enter(ctx context.Context, now time.Time) (leave func(), err error) {
	if err := g.count(now); err != nil {
		return nil, err
	}
	defer func() {
		g.mu.Lock()
		g.waiting--
		g.mu.Unlock()
	}()
	select {
	case g.slots <- struct{}{}:
		return func() { <-g.slots }, nil
	case <-ctx.Done():
		return nil, refuse(394, "QUERY_WAS_CANCELLED", http.StatusServiceUnavailable, "The client went away while its question waited")
	}
}

// count takes the question into the user's rate, as one that waits.
func (g *gate) count(now time.Time) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if gone := now.Sub(g.at); gone > 0 {
		g.tokens = min(g.tokens+gone.Minutes()*float64(g.limits.PerMinute), float64(g.limits.Burst))
		g.at = now
	}
	if g.tokens < 1 {
		return refuse(201, "QUOTA_EXCEEDED", http.StatusServiceUnavailable, "More than %d questions a minute came from this user (%d at once): ask less often, or raise grafana.limits", g.limits.PerMinute, g.limits.Burst)
	}
	if g.waiting >= g.limits.Waiting {
		return refuse(202, "TOO_MANY_SIMULTANEOUS_QUERIES", http.StatusServiceUnavailable, "%d questions of this user wait already", g.waiting)
	}
	g.tokens--
	g.waiting++
	return nil
}
