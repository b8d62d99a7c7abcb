package agent

import "time"

// action is what to do at an instant of the grid.
type action int

const (
	nothing   action = iota // too early
	looking                 // in the middle of an interval
	beginning               // an interval begins, and none ends that can be reported
	closing                 // an interval ends whole, and the next begins
)

// Why an interval was dropped; values of a metric's label.
const (
	reasonStep = "clock_step"
	reasonLate = "late"
)

const (
	// maxStep is how far the wall clock may run away from the monotonic one
	// between two ticks before the interval is no longer what its ends say.
	maxStep = 2 * time.Second
	// maxEarly is how much before its instant a timer may fire.
	maxEarly = 50 * time.Millisecond
)

// grid turns instants of the wall clock into actions. Intervals begin at whole
// multiples of the report length since 1970.
type grid struct {
	look, report time.Duration
	late         time.Duration // how late an interval's end may be seen

	next  time.Time // instant of the next action
	since time.Time // begin of the running interval; zero: none is whole
	ended time.Time // begin of the interval that closed last
	wall  time.Time // clocks at the last tick
	mono  time.Time
}

func newGrid(look, report time.Duration) grid {
	return grid{look: look, report: report, late: min(look/2, 2*time.Second)}
}

// start begins the grid and returns how long to wait for the first instant.
func (g *grid) start(wall, mono time.Time) time.Duration {
	g.wall, g.mono = wall, mono
	g.next = after(wall, g.look)
	return g.wait(wall)
}

// after returns the first multiple of d after t.
func after(t time.Time, d time.Duration) time.Time {
	ns := t.UnixNano()
	return time.Unix(0, ns-ns%int64(d)+int64(d))
}

func (g *grid) wait(wall time.Time) time.Duration { return max(g.next.Sub(wall), 0) }

// began is the begin of the interval that closed last.
func (g *grid) began() time.Time { return g.ended }

// tick says what to do now, and why the running interval was dropped, if it was.
func (g *grid) tick(wall, mono time.Time) (what action, dropped string) {
	step := wall.Sub(g.wall) - mono.Sub(g.mono)
	g.wall, g.mono = wall, mono
	if step.Abs() > maxStep {
		return nothing, g.drop(reasonStep, wall)
	}
	now := g.next
	if wall.Before(now.Add(-maxEarly)) {
		return nothing, ""
	}
	boundary := now.UnixNano()%int64(g.report) == 0
	// The ends of the interval in which a report is due and missed are unknown.
	missed := after(wall, g.look).After(after(now, g.report))
	if missed || boundary && wall.Sub(now) > g.late {
		return nothing, g.drop(reasonLate, wall)
	}
	g.next = after(later(wall, now), g.look)
	switch {
	case !boundary && g.since.IsZero():
		return nothing, ""
	case !boundary:
		return looking, ""
	case g.since.IsZero():
		g.since = now
		return beginning, ""
	}
	g.ended, g.since = g.since, now
	return closing, ""
}

// drop gives the running interval up; the next boundary begins a new one.
func (g *grid) drop(reason string, wall time.Time) string {
	whole := !g.since.IsZero()
	g.since = time.Time{}
	g.next = after(wall, g.look)
	if !whole && reason == reasonLate {
		return "" // nothing was lost
	}
	return reason
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
