package retention

import (
	"math"
	"time"

	"github.com/yunjian-io/yunjian/rules/calendar"
)

const (
	simulatedDays = 400
	riskDays      = 184 // further ahead a date is no risk yet
	breachDays    = 31  // sooner than the next monthly report (Art. 30) is a breach
)

// forecast is what will be removed, and when.
type forecast struct {
	first     calendar.Date // D*, zero if none
	rotation  calendar.Date // of a container: the day on which its rotation removes
	full      calendar.Date // D_full, zero if none
	suspends  bool          // full is the day on which the writer stops itself
	sustained bool          // a complete store keeps everything long enough
	undecided bool          // the policy is not known and would decide
	container bool
	store     bool // first is a date of the store
}

// window returns the guaranteed days of the policy on the host. What was not understood
// may remove earlier than all that was.
func (j *judge) window() (float64, bool) {
	if j.src.Policy == nil || j.src.PolicyProblem != "" {
		return 0, false
	}
	return j.src.Policy.window(j.src.Rate.high())
}

// place is where records are held: from the time of the oldest one on, under a policy.
type place struct {
	policy Policy
	oldest time.Time
	store  bool
}

// removal returns the instant from which no place holds a record of d any more and
// whether the store is the last to hold it, with held false if no place has it now,
// and a zero instant if some place keeps it for good.
func (j *judge) removal(d calendar.Date, places []place) (last time.Time, store, held bool) {
	rate := j.src.Rate.high()
	for _, p := range places {
		written := d.In(j.zone)
		switch oldest := j.dateOf(p.oldest); {
		case d.Before(oldest):
			continue
		case d == oldest:
			written = p.oldest.In(j.zone)
		}
		at, gone := p.policy.removal(written, rate)
		if !gone {
			return time.Time{}, p.store, true
		}
		if !held || at.After(last) {
			last, store = at, p.store
		}
		held = true
	}
	return last, store, held
}

// firstDeletion simulates the policies by their own calendars: the first day, from
// today for 400 days, on which a record that still has to be kept is gone from every
// place that holds it. A day that no place holds is missing already.
func (j *judge) firstDeletion(places ...place) (on calendar.Date, store bool) {
	horizon := j.today.AddDays(simulatedDays)
	last := horizon
	if j.ended {
		last = j.src.Scope.End
	}
	for d := j.obligation; !d.After(last); d = d.AddDays(1) {
		at, store, held := j.removal(d, places)
		if !held {
			continue
		}
		if at.IsZero() {
			return calendar.Date{}, false
		}
		if !at.After(j.today.In(j.zone)) {
			at = afterMidnight(j.today, j.zone) // it is overdue and may go today
		}
		on := j.dateOf(at.Add(-time.Nanosecond)) // midnight ends a day
		if on.After(horizon) {
			return calendar.Date{}, false
		}
		if at.Before(j.wholeDay(j.period.KeepUntil(d)).to) {
			return on, store
		}
	}
	return calendar.Date{}, false
}

// forecast combines the host and the store, if that is complete: a record is lost
// with its last copy. A container is no place to count on beside a store.
func (j *judge) forecast() forecast {
	f := forecast{undecided: !j.ended}
	var places []place
	if _, known := j.window(); known && !j.ended {
		f.undecided = false
		if !j.localStart.IsZero() { // there is something to remove
			places = append(places, place{policy: j.src.Policy, oldest: j.localStart})
			f.container = isContainer(j.src.Policy)
		}
	}
	if r := j.src.Remote; j.complete() && r.Retention != nil {
		if _, known := r.Retention.window(j.src.Rate.high()); known {
			remote := place{policy: r.Retention, oldest: r.Oldest, store: true}
			if alone, _ := j.firstDeletion(remote); alone.IsZero() {
				f = forecast{sustained: true}
			}
			if f.container {
				f.container, places = false, nil
			}
			places = append(places, remote)
		}
	}
	if !f.sustained {
		f.first, f.store = j.firstDeletion(places...)
	}
	if f.container {
		f.rotation, f.first = f.first, j.today
	}
	j.space(&f)
	return f
}

// space finds the day on which the disk is full, if that comes before the policy has
// begun to make room, or on which the writer suspends itself.
func (j *judge) space(f *forecast) {
	if j.ended {
		return
	}
	if d := j.src.Disk; d.Known && j.src.Rate.Disk > 0 {
		days, known := j.window()
		if !known {
			days = math.Inf(1)
		}
		held := 0.0
		if !j.localStart.IsZero() {
			held = j.now.Sub(j.localStart).Hours() / 24
		}
		lasts := max(d.Free, 0) / j.src.Rate.Disk
		if lasts < days-held && lasts < 36500 {
			f.full = j.today.AddDays(int(lasts))
		}
	}
	if s := j.src.Writer.Suspends; !s.IsZero() && (f.full.IsZero() || s.Before(f.full)) {
		f.full, f.suspends = s, true
	}
}

// risks turns the forecast into reasons. A policy breaches only where everything is
// still complete; a container that may go at any time is at risk today.
func (j *judge) risks(f forecast, whole bool) {
	if !f.sustained {
		breach := f.first
		if f.container {
			breach = f.rotation
		}
		switch {
		case f.undecided && whole:
			j.reasons = append(j.reasons, Reason{Code: PolicyUnparsed, Path: j.src.Identity.Path, Detail: j.src.PolicyProblem, From: f.first})
		case whole && j.within(breach, breachDays) && len(j.blind) == 0:
			j.reasons = append(j.reasons, Reason{Code: ConfigWouldDelete, From: breach, Count: j.today.DaysUntil(breach)})
		case f.container:
			j.reasons = append(j.reasons, Reason{Code: ContainerEphemeral, From: f.first})
		case j.within(f.first, riskDays):
			j.reasons = append(j.reasons, Reason{Code: PolicyDeletes, From: f.first, Count: j.today.DaysUntil(f.first)})
		}
		if j.within(f.full, riskDays) {
			code := DiskFull
			if f.suspends {
				code = WriterSuspends
			}
			j.reasons = append(j.reasons, Reason{Code: code, From: f.full, Count: j.today.DaysUntil(f.full)})
		}
	}
	if lag := j.lag(); j.usedRemote && lag > lagLimit {
		j.reasons = append(j.reasons, Reason{Code: ForwardLag, From: j.today, Count: int(lag / time.Minute)})
	}
}

// within reports whether d is a date at most so many days ahead.
func (j *judge) within(d calendar.Date, days int) bool {
	return !d.IsZero() && j.today.DaysUntil(d) <= days
}

// Guarantee returns the days that the policy of a source surely keeps at its rate.
func Guarantee(src Source) Window { return (&judge{src: src}).guaranteed() }

func (j *judge) guaranteed() Window {
	days, known := j.window()
	switch {
	case !known:
		return Window{}
	case math.IsInf(days, 1):
		return Window{Known: true, Endless: true}
	}
	return Window{Known: true, Days: days}
}
