package text

import (
	"math"
	"slices"
	"time"
)

const (
	// stepLimit is how far the clock may go back between two records before it is taken
	// to have been set back (log-retention.md §4.1 item 4).
	stepLimit = 5 * time.Minute
	// futureLimit is how far a record may lie behind the last change of its file.
	futureLimit = 24 * time.Hour
	// firstTrueYear begins the time in which a record is believed.
	firstTrueYear = 2000
	// settled is the number of records behind a jump back after which the clock is taken
	// to have been set back. With fewer, one record was only written late, as that of a
	// long request is.
	settled = 8
	// maxGaps bounds the memory for silences: the shortest goes first.
	maxGaps = 1024
)

// span is a silence, in nanoseconds since 1970 or on the calendar without years.
type span struct {
	From int64 `json:"from"`
	To   int64 `json:"to"`
}

// walk is what is known of the records of a file, met one after the other in the order
// of the file. Its exported fields are the state that outlives it.
type walk struct {
	zone     *time.Location
	modTime  time.Time
	earliest int64
	latest   int64
	patience int64
	slack    int64 // how far the clock of a year-less log may go back

	Known   bool  `json:"known,omitempty"`   // First and Last are set
	Virtual bool  `json:"virtual,omitempty"` // all that is known has no year yet
	First   int64 `json:"first,omitempty"`
	Last    int64 `json:"last,omitempty"`
	// Before is the last time before a jump back, Below how many records followed it.
	Returning bool  `json:"returning,omitempty"`
	Before    int64 `json:"before,omitempty"`
	Below     int   `json:"below,omitempty"`

	Looked      int  `json:"looked,omitempty"`
	Implausible int  `json:"implausible,omitempty"`
	Steps       int  `json:"steps,omitempty"`
	LowHead     bool `json:"low_head,omitempty"`   // records of before 2000 stand at the head
	EpochHead   int  `json:"epoch_head,omitempty"` // year-less records at the head that may be of 1970
	Untrusted   bool `json:"untrusted,omitempty"`
	Foreign     bool `json:"foreign,omitempty"`
	LeapYear    int  `json:"leap_year,omitempty"` // of the calendar without years, that had a February 29th

	Gaps   []span `json:"gaps,omitempty"`
	Spread spread `json:"spread"`
}

func (w *walk) configure(o Options) {
	w.zone, w.modTime = o.Zone, o.ModTime
	if w.zone == nil {
		w.zone = time.UTC
	}
	w.earliest = time.Date(firstTrueYear, 1, 1, 0, 0, 0, 0, time.UTC).UnixNano()
	w.latest = math.MaxInt64
	w.patience, w.slack = int64(o.patience()), int64(stepLimit)
	if o.ModTime.IsZero() {
		return
	}
	w.latest = o.ModTime.Add(futureLimit).UnixNano()
	_, now := o.ModTime.In(w.zone).Zone()
	if _, then := o.ModTime.AddDate(0, 6, 0).In(w.zone).Zone(); then != now {
		// Without a year it is not known when the clock is turned back.
		w.slack += int64(time.Hour)
	}
}

func (w *walk) clone() walk {
	c := *w
	c.Gaps, c.Spread.Counts = slices.Clone(w.Gaps), slices.Clone(w.Spread.Counts)
	return c
}

// place gives the time of a stamp behind the records so far: nanoseconds since 1970, or
// on the calendar without years, and whether the host was given a foreign zone.
func (w *walk) place(s *stamp) (at int64, virtual, foreign bool) {
	real := w.Known && !w.Virtual
	switch {
	case s.instant || s.year != 0:
		at, foreign = s.resolve(s.year, w.zone, w.Last, real)
		return at, false, foreign
	case real:
		at, foreign = s.following(w.Last, w.zone)
		return at, false, foreign
	}
	return s.virtual(w.Last, w.Known), true, false
}

// plausible reports whether a record can have been written at the time.
func (w *walk) plausible(at int64, virtual bool) bool {
	return virtual || at >= w.earliest && at <= w.latest
}

// observe takes the next record. It stands for records-1 more that lie evenly between
// the one before and itself.
func (w *walk) observe(s *stamp, records int) {
	at, virtual, foreign := w.place(s)
	w.Looked++
	w.Foreign = w.Foreign || foreign
	if !w.plausible(at, virtual) {
		w.Implausible++
		w.LowHead = w.LowHead || !w.Known && at < w.earliest
		return
	}
	if virtual {
		if s.month == 2 && s.day == 29 && w.LeapYear == 0 {
			w.LeapYear = int(at / yearLength)
		}
		w.leaveEpoch(at, (!w.Known || w.EpochHead > 0) && s.atEpoch(w.zone))
	} else if w.Virtual && w.Known {
		w.anchor(at)
	}
	w.Virtual = virtual
	w.accept(at, records)
}

// leaveEpoch forgets the records at the head of a year-less log that show the first hour
// of 1970, once the clock jumps forward behind them: they would be read as New Year's
// Day of whatever year the file ends in.
func (w *walk) leaveEpoch(at int64, epoch bool) {
	switch {
	case !w.Known && epoch:
		w.EpochHead = 1
	case w.EpochHead == 0:
	case epoch:
		w.EpochHead++
	default:
		if at-w.Last > day {
			w.Implausible += w.EpochHead
			w.Known, w.Untrusted, w.Gaps, w.Spread = false, true, nil, spread{}
		}
		w.EpochHead = 0
	}
}

func (w *walk) accept(at int64, records int) {
	if !w.Known {
		w.Known, w.First, w.Last = true, at, at
		w.Untrusted = w.Untrusted || w.LowHead
		return
	}
	slack, patience := int64(stepLimit), w.patience
	if w.Virtual {
		// The distances of the calendar without years are exact within two hours, or too
		// long; those that are not long enough are dropped with the anchor.
		slack, patience = w.slack, patience-2*int64(time.Hour)
	}
	from := w.Last
	if w.Returning {
		if w.Below++; at >= w.Before-slack {
			from, w.Returning = w.Before, false
			w.Steps-- // it was one late record, and no step
		} else if w.Below > settled {
			w.Returning = false
		}
	}
	d := at - from
	if n := len(w.Gaps) - 1; d < -slack && n >= 0 && w.Gaps[n].To == from && at >= w.Gaps[n].From-slack {
		// One record alone was ahead of its time, as a line that begins with a date it
		// speaks of: there was no silence, and no step.
		from = w.Gaps[n].From
		w.Gaps, d = w.Gaps[:n], at-from
	}
	switch {
	case d < -slack:
		w.Steps++
		if !w.Returning {
			w.Returning, w.Before, w.Below = true, from, 0
		}
	case d > patience:
		w.gap(span{from, at})
	}
	n := int64(max(records, 1))
	w.Spread.add(time.Duration(max(d, 0)/n), uint64(n))
	w.Last = at
}

func (w *walk) gap(s span) {
	w.Gaps = append(w.Gaps, s)
	if len(w.Gaps) <= maxGaps {
		return
	}
	least := 0
	for i, g := range w.Gaps {
		if g.To-g.From < w.Gaps[least].To-w.Gaps[least].From {
			least = i
		}
	}
	w.Gaps = slices.Delete(w.Gaps, least, least+1)
}

// anchor gives years to all that has none: the last record has the largest year in which
// it is not more than a day behind the anchor, the others go back from there
// (log-retention.md §4.1 item 2).
func (w *walk) anchor(anchor int64) {
	last, year := stampOf(w.Last)
	base := last.yearBefore(anchor+int64(futureLimit), w.zone) - year
	if w.LeapYear != 0 {
		// A February 29th inside tells the year of a file whose own time is wrong.
		for range 8 {
			if leap(base + w.LeapYear) {
				break
			}
			base--
		}
	}
	real := func(virtual int64) int64 {
		s, year := stampOf(virtual)
		at, _ := s.resolve(base+year, w.zone, 0, false)
		return at
	}
	w.Virtual = false
	w.First, w.Last, w.Before = real(w.First), real(w.Last), real(w.Before)
	kept := w.Gaps[:0]
	for _, g := range w.Gaps {
		if g = (span{real(g.From), real(g.To)}); g.To-g.From > w.patience {
			kept = append(kept, g)
		}
	}
	w.Gaps = kept
}

// reading sums up a walk that has come to its end; it changes the walk.
func (w *walk) reading() Reading {
	if w.Virtual && w.Known {
		if w.modTime.IsZero() {
			w.Known = false
		} else {
			w.anchor(w.modTime.UnixNano())
		}
	}
	r := Reading{
		Unparsed:      !w.Known,
		HeadUntrusted: w.Untrusted,
		Implausible:   w.Implausible,
		Steps:         w.Steps,
		Records:       w.Looked,
		ForeignZone:   w.Foreign,
	}
	if !w.Known {
		return r
	}
	r.First, r.Last, r.P999 = moment(w.First), moment(w.Last), w.Spread.p999()
	for _, g := range w.Gaps {
		r.Gaps = append(r.Gaps, Gap{Kind: GapSilence, From: moment(g.From), To: moment(g.To)})
	}
	return r
}

func moment(at int64) time.Time { return time.Unix(0, at).UTC() }
