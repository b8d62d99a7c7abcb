package retention

import (
	"time"

	"github.com/yunjian-io/yunjian/rules/calendar"
)

// Level is how much is proven about forwarding.
type Level uint8

// The levels of proof. Only the last two count: a store that nobody has asked proves
// nothing.
const (
	Configured   Level = iota // E0: a target stands in the configuration
	Acknowledged              // E1: the shipper has confirmations and an empty queue
	Queried                   // E2: the store was asked for host and source, day by day
	Canaried                  // E3: a canary was found, immutability and retention were read
)

const (
	remoteFresh  = 36 * time.Hour // a query older than this no longer speaks for today
	remoteMemory = 35             // days for which a proven store is remembered
	lagLimit     = time.Hour      // a shipper further behind is at risk
)

// Remote is what a query of the central store said about this host and source.
type Remote struct {
	Level     Level
	Reachable bool
	// CheckedAt is when the store was asked, LastProven when it last answered at level
	// Queried or above.
	CheckedAt, LastProven time.Time
	// Oldest and Newest are the times of the records at the ends.
	Oldest, Newest time.Time
	// Counted are the days whose records were counted, Missing those among them that
	// have none. For a source that may be quiet only days on which the host is known to
	// have written belong here.
	Counted Days
	Missing []calendar.Date
	// Retention is the policy of the store, nil if it was not read.
	Retention Policy
	// Immutable says that records cannot be deleted before their time.
	Immutable bool
}

// usable reports whether the answer speaks for now.
func (r *Remote) usable(now time.Time) bool {
	return r != nil && r.Reachable && r.Level >= Queried && now.Sub(r.CheckedAt) <= remoteFresh &&
		!r.Oldest.IsZero() && !r.Newest.Before(r.Oldest)
}

// lost reports whether a store that was proven of late cannot be asked now.
func (r *Remote) lost(now time.Time) bool {
	if r == nil || (r.Reachable && now.Sub(r.CheckedAt) <= remoteFresh) {
		return false
	}
	proven := r.LastProven
	if r.Reachable && r.Level >= Queried && !r.Oldest.IsZero() && r.CheckedAt.After(proven) {
		proven = r.CheckedAt
	}
	return !proven.IsZero() && now.Sub(proven) <= remoteMemory*day
}

// need is a part of the window that the host itself does not prove.
type need struct {
	days Days
	// until is the instant that the store has to reach.
	until time.Time
	// reason is brought about if nobody proves the part.
	reason Reason
}

// proves reports whether the store holds a part of the window.
func (j *judge) proves(n need) bool {
	r := j.src.Remote
	if !r.usable(j.now) || n.days.From.Before(j.dateOf(r.Oldest)) || r.Newest.Before(n.until) {
		return false
	}
	if n.days.From.Before(r.Counted.From) || n.days.To.After(r.Counted.To) {
		return false
	}
	for _, d := range r.Missing {
		if d.Before(n.days.From) || d.After(n.days.To) {
			continue
		}
		if len(j.wholeDay(d).without(j.down)) > 0 {
			return false
		}
	}
	return true
}

// shipped returns the window up to the newest record in the store. What lies behind
// it is lag, which never voids the past.
func (j *judge) shipped(n need) need {
	r := j.src.Remote
	if r == nil || !r.Newest.Before(n.until) {
		return n
	}
	n.until = r.Newest
	if newest := j.dateOf(r.Newest); newest.Before(n.days.To) {
		n.days.To = newest
	}
	return n
}

// lag returns how far the store is behind the host.
func (j *judge) lag() time.Duration {
	lag := j.src.Forward.AckLag
	r := j.src.Remote
	if r == nil || j.src.Silence.QuietOK {
		return lag
	}
	written := j.end
	if !j.void() {
		written = j.lastRecord
	}
	if r.CheckedAt.Before(written) {
		written = r.CheckedAt // the store was not asked about what came later
	}
	return max(lag, written.Sub(r.Newest))
}

// complete reports whether the store alone holds the whole window and keeps up: its
// lag is at most a day, and at most half of what the host keeps.
func (j *judge) complete() bool {
	if !j.src.Remote.usable(j.now) || !j.proves(j.shipped(j.whole())) {
		return false
	}
	limit := day
	days, known := j.window()
	if isContainer(j.src.Policy) {
		days, known = lasting(j.src.Policy, j.src.Rate.high())
	}
	if known && days < 2 {
		// Nothing is shipped in no time, so that a log in memory has to have some.
		limit = max(time.Duration(days/2*float64(day)), slack)
	}
	return j.lag() <= limit
}
