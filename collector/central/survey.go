package central

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/yunjian-io/yunjian/rules/calendar"
	"github.com/yunjian-io/yunjian/rules/retention"
)

// Zone is the zone of every day that is counted (Asia/Shanghai).
func Zone() *time.Location {
	return time.FixedZone("Asia/Shanghai", 8*3600) // no daylight saving since 1991
}

// Survey is what a store answered about one class of log.
type Survey struct {
	Store    string
	Kind     Kind
	Provider string
	Class    retention.Class
	Stream   string
	// CheckedAt is when the store was asked.
	CheckedAt time.Time
	// Window are the days whose records were counted. Records outside, and those stamped
	// later than CheckedAt, were not asked for.
	Window retention.Days
	// Hosts are the hosts of which the store holds records, by name.
	Hosts []Host
	// Retention is what the store removes when; nil if it was not understood.
	Retention retention.Policy
	// Immutable says that nothing can be removed before its time, and Reference by what
	// that is known.
	Immutable bool
	Reference string
	// Note says what could not be read, or hints at immutability. It changes nothing.
	Note string
}

// Host is what a store holds of one host.
type Host struct {
	// Name of the host, as the store has it.
	Name string
	// Oldest and Newest are the times of the records at the ends of the window. Where a
	// store only counts they are the earliest and the latest time that are proven.
	Oldest, Newest time.Time
	// Counts are the records of each day of the window.
	Counts []uint64
}

// Empty returns the days of the window that have no record. The last day is never one of
// them: it is not over.
func (h Host) Empty(window retention.Days) (days []calendar.Date) {
	for i, n := range h.Counts[:max(len(h.Counts)-1, 0)] {
		if n == 0 {
			days = append(days, window.From.AddDays(i))
		}
	}
	return days
}

// Merge adds up what a store holds of one host under two names. Both have to be of one
// survey.
func (h Host) Merge(o Host) Host {
	sum := Host{Name: h.Name, Oldest: h.Oldest, Newest: h.Newest, Counts: slices.Clone(h.Counts)}
	if o.Oldest.Before(sum.Oldest) {
		sum.Oldest = o.Oldest
	}
	if o.Newest.After(sum.Newest) {
		sum.Newest = o.Newest
	}
	for i := range min(len(sum.Counts), len(o.Counts)) {
		sum.Counts[i] += o.Counts[i]
	}
	return sum
}

// Activity is what is known about a host apart from the store.
type Activity struct {
	// QuietOK says that the source may be silent for days.
	QuietOK bool
	// Wrote reports whether the host is known to have written on a day. It decides for a
	// source that may be silent; nil knows of no day.
	Wrote func(calendar.Date) bool
	// Up reports whether the host may have written on a day, which decides for any other
	// source; nil stands for every day. Times off that the judge knows need not be told
	// here.
	Up func(calendar.Date) bool
}

// missed reports whether a record of the host is due on a day.
func (a Activity) missed(d calendar.Date) bool {
	if a.QuietOK {
		return a.Wrote != nil && a.Wrote(d)
	}
	return a.Up == nil || a.Up(d)
}

// Proof is what a store is known to hold of one log of a host, now or when it last
// answered.
type Proof struct {
	// AskedAt is when the store was asked last, and Answered whether it did.
	AskedAt  time.Time
	Answered bool
	// ProvenAt is when it gave the answer below; zero if it never gave one.
	ProvenAt       time.Time
	Window         retention.Days
	Oldest, Newest time.Time       // zero if it held nothing
	Empty          []calendar.Date // days of the window without records
	Retention      retention.Policy
	Immutable      bool
}

// Remote states the proof in the form in which rules/retention judges it. A store that
// was never answered by is only configured; one that did not answer last keeps the day
// on which it did.
func (p Proof) Remote(a Activity) *retention.Remote {
	r := &retention.Remote{
		Level: retention.Configured, Reachable: p.Answered, CheckedAt: p.AskedAt, Retention: p.Retention, Immutable: p.Immutable,
	}
	if p.ProvenAt.IsZero() {
		return r
	}
	r.Level, r.Oldest, r.Newest, r.Counted = retention.Queried, p.Oldest, p.Newest, p.Window
	if !p.Oldest.IsZero() {
		r.LastProven = p.ProvenAt
	}
	for _, d := range p.Empty {
		if a.missed(d) {
			r.Missing = append(r.Missing, d)
		}
	}
	return r
}

// tally gathers counts by host and day.
type tally struct {
	window retention.Days
	days   int
	hosts  map[string]*Host
}

func newTally(window retention.Days) *tally {
	return &tally{window: window, days: window.From.DaysUntil(window.To) + 1, hosts: map[string]*Host{}}
}

// add counts records of a host on a day. Days outside the window and names that are
// empty are dropped.
func (t *tally) add(name string, day calendar.Date, n uint64, oldest, newest time.Time) {
	i := t.window.From.DaysUntil(day)
	if name == "" || n == 0 || i < 0 || i >= t.days {
		return
	}
	h := t.hosts[name]
	if h == nil {
		h = &Host{Name: name, Oldest: oldest, Newest: newest, Counts: make([]uint64, t.days)}
		t.hosts[name] = h
	}
	h.Counts[i] += n
	if oldest.Before(h.Oldest) {
		h.Oldest = oldest
	}
	if newest.After(h.Newest) {
		h.Newest = newest
	}
}

func (t *tally) list() []Host {
	out := make([]Host, 0, len(t.hosts))
	for h := range maps.Values(t.hosts) {
		out = append(out, *h)
	}
	slices.SortFunc(out, func(a, b Host) int { return cmp.Compare(a.Name, b.Name) })
	return out
}
