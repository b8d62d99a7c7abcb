package retention

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/yunjian-io/yunjian/rules/calendar"
)

const rounds = 400

// keeping are policies that remove nothing that must be kept.
func keeping() []Policy {
	return []Policy{
		Never{},
		Logrotate{Cadence: Daily, Rotate: 185},
		Logrotate{Cadence: Weekly, Rotate: 27},
		Logrotate{Cadence: Monthly, Rotate: 6},
		Logrotate{Cadence: Daily, Rotate: -1, MaxAge: 200},
		Count{Keep: 190, IntervalDays: 1},
		Age{Days: 185},
		Auditd{Action: "KEEP_LOGS"},
	}
}

// days returns a segment that holds whole days, as a busy log writes them.
func days(from, to calendar.Date) Segment {
	return Segment{
		First: from.In(shanghai()).Add(10 * time.Second),
		Last:  to.AddDays(1).In(shanghai()).Add(-10 * time.Second),
	}
}

// arbitrary returns complete evidence on an arbitrary day between 2024 and 2031, cut
// into segments at arbitrary days.
func arbitrary(t testing.TB, r *rand.Rand) (Source, time.Time) {
	t.Helper()
	today := date(t, "2024-01-01").AddDays(r.IntN(8 * 365))
	now := today.In(shanghai()).Add(time.Duration(1+r.IntN(86398)) * time.Second)
	src := complete(t, today.String())
	src.LastReport, src.Segments = now, nil
	src.Policy = keeping()[r.IntN(len(keeping()))]
	from := Period{}.RequiredFrom(today)
	for from.Before(today) {
		to := from.AddDays(r.IntN(40))
		if !to.Before(today) {
			to = today.AddDays(-1)
		}
		src.Segments = append(src.Segments, days(from, to))
		from = to.AddDays(1)
	}
	src.Segments = append(src.Segments, Segment{First: today.In(shanghai()), Last: now})
	r.Shuffle(len(src.Segments), func(i, k int) { src.Segments[i], src.Segments[k] = src.Segments[k], src.Segments[i] })
	return src, now
}

// remove takes one day out of the segments.
func remove(segments []Segment, d calendar.Date) []Segment {
	begin, end := d.In(shanghai()), d.AddDays(1).In(shanghai())
	var left []Segment
	for _, s := range segments {
		if s.First.Before(begin) {
			before := s
			if !before.Last.Before(begin) {
				before.Last = begin.Add(-10 * time.Second)
			}
			left = append(left, before)
		}
		if !s.Last.Before(end) {
			after := s
			if after.First.Before(end) {
				after.First = end.Add(10 * time.Second)
			}
			left = append(left, after)
		}
	}
	return left
}

// store returns a store that holds everything up to now.
func store(now time.Time) *Remote {
	from := Period{}.RequiredFrom(calendar.DateOf(now))
	return &Remote{
		Level: Canaried, Reachable: true, CheckedAt: now.Add(-time.Hour), Oldest: from.In(shanghai()), Newest: now,
		Counted: Days{from, calendar.DateOf(now)}, Retention: Never{}, Immutable: true,
	}
}

// TestCompleteComplies: complete evidence with a policy that keeps it complies, on
// every day and however it is cut.
func TestCompleteComplies(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range rounds {
		src, now := arbitrary(t, r)
		if got := Decide(src, now, Period{}); got.Verdict != Compliant || len(got.Reasons) > 0 || len(got.Missing) > 0 {
			t.Fatalf("on %s with %#v: %s %v", now, src.Policy, got.Name(), got.Reasons)
		}
	}
}

// TestRemovedDayNeverComplies: no must-keep day can be taken out of the host's
// segments, of the store's count, or of both, without the verdict showing it.
func TestRemovedDayNeverComplies(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	for range rounds {
		src, now := arbitrary(t, r)
		from, today := Period{}.RequiredFrom(calendar.DateOf(now)), calendar.DateOf(now)
		d := from.AddDays(r.IntN(from.DaysUntil(today)))
		src.Segments = remove(src.Segments, d)
		if got := Decide(src, now, Period{}); got.Verdict != Violated && got.Verdict != Unknown {
			t.Fatalf("%s without %s: %s", now, d, got.Name())
		}
		src.Remote = store(now)
		if got := Decide(src, now, Period{}); got.Verdict != CompliantByForward {
			t.Fatalf("%s without %s, which the store holds: %s %v", now, d, got.Name(), got.Reasons)
		}
		src.Remote.Missing = []calendar.Date{d}
		if got := Decide(src, now, Period{}); got.Verdict != Violated && got.Verdict != Unknown {
			t.Fatalf("%s without %s in both places: %s", now, d, got.Name())
		}
	}
}

// TestOlderDataNeverHarms: what need not be kept may be there, or be lost.
func TestOlderDataNeverHarms(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	for range rounds {
		src, now := arbitrary(t, r)
		from := Period{}.RequiredFrom(calendar.DateOf(now))
		end := from.AddDays(-1 - r.IntN(20))
		begin := end.AddDays(-r.IntN(900))
		src.Segments = append(src.Segments, days(begin, end))
		src.Gaps = append(src.Gaps, Gap{Kind: "seq", From: begin.AddDays(-9).In(shanghai()), To: end.In(shanghai())})
		src.Ledger.Events = append(src.Ledger.Events, Event{Kind: EventGone, At: now, First: begin, Last: end})
		if got := Decide(src, now, Period{}); got.Verdict != Compliant {
			t.Fatalf("%s with %s..%s as well: %s %v", now, begin, end, got.Name(), got.Reasons)
		}
		src.Segments[len(src.Segments)-1].Last = src.Segments[0].Last // one long file
		if got := Decide(src, now, Period{}); got.Verdict != Compliant {
			t.Fatalf("%s with a long file from %s: %s %v", now, begin, got.Name(), got.Reasons)
		}
	}
}

// TestWorseEvidenceNeverHelps: taking away rights, freshness or the clock, stopping
// the writer and adding damage never makes a verdict better.
func TestWorseEvidenceNeverHelps(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	harms := []func(*Source, time.Time){
		func(s *Source, now time.Time) { s.LastReport = now.Add(-25 * time.Hour) },
		func(s *Source, _ time.Time) { s.LastReport = time.Time{} },
		func(s *Source, _ time.Time) { s.Clock = Clock{} },
		func(s *Source, _ time.Time) { s.Clock.Offset = 301 * time.Second },
		func(s *Source, _ time.Time) { s.Access.Denied = true },
		func(s *Source, _ time.Time) { s.Access.Unparsed = true },
		func(s *Source, _ time.Time) { s.Policy = nil },
		func(s *Source, _ time.Time) { s.Segments = nil },
		func(s *Source, _ time.Time) { s.Policy = Logrotate{Cadence: Daily, Rotate: 7} },
		func(s *Source, now time.Time) {
			s.Writer = Writer{State: WriterStopped, Since: now.Add(-16 * time.Minute)}
		},
		func(s *Source, _ time.Time) { s.Writer.Unlinked = true },
		func(s *Source, now time.Time) {
			s.Canary = Canary{Interval: time.Hour, LastSeen: now.Add(-121 * time.Minute)}
		},
		func(s *Source, now time.Time) {
			s.Gaps = []Gap{{Kind: "serial", From: now.AddDate(0, -2, 0), To: now.AddDate(0, -2, 0)}}
		},
		func(s *Source, now time.Time) {
			s.Ledger.Events = []Event{{Kind: EventTruncated, At: now.Add(-time.Minute), Last: calendar.DateOf(now)}}
		},
	}
	for range rounds {
		src, now := arbitrary(t, r)
		i := r.IntN(len(harms))
		harms[i](&src, now)
		before := Decide(src, now, Period{})
		if before.Verdict < AtRisk {
			t.Fatalf("harm %d on %s: %s", i, now, before.Name())
		}
		k := r.IntN(len(harms))
		harms[k](&src, now)
		if after := Decide(src, now, Period{}); after.Verdict < Unknown {
			t.Fatalf("harms %d and %d on %s: %s", i, k, now, after.Name())
		}
	}
}

// TestComplianceCovers: whatever the evidence, compliance means that every day of
// the window is held by a segment or counted by a usable store.
func TestComplianceCovers(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	complied := 0
	for range 4 * rounds {
		src, now := arbitrary(t, r)
		today := calendar.DateOf(now)
		from := Period{}.RequiredFrom(today)
		span := from.DaysUntil(today)
		if r.IntN(2) == 0 {
			src.Remote = store(now)
			src.Remote.Oldest = from.AddDays(r.IntN(9) - 4).In(shanghai())
			src.Remote.Newest = now.Add(-time.Duration(r.IntN(72)) * time.Hour)
			src.Remote.Counted.From = calendar.DateOf(src.Remote.Oldest)
			for range r.IntN(3) {
				src.Remote.Missing = append(src.Remote.Missing, from.AddDays(r.IntN(span)))
			}
		}
		for range r.IntN(3) {
			src.Segments = remove(src.Segments, from.AddDays(r.IntN(span)))
		}
		got := Decide(src, now, Period{})
		if got.Verdict != Compliant && got.Verdict != CompliantByForward {
			continue
		}
		complied++
		for d := from; d.Before(today); d = d.AddDays(1) {
			noon := d.In(shanghai()).Add(12 * time.Hour)
			local := slices.ContainsFunc(src.Segments, func(s Segment) bool { return !s.First.After(noon) && !s.Last.Before(noon) })
			m := src.Remote
			remote := m != nil && !d.Before(m.Counted.From) && !m.Newest.Before(noon) && !slices.Contains(m.Missing, d)
			if !local && !remote {
				t.Fatalf("%s on %s, but nobody holds %s", got.Name(), now, d)
			}
		}
	}
	if complied < rounds/2 {
		t.Errorf("only %d cases complied; the generator is too harsh to prove anything", complied)
	}
}

// TestRequiredFrom holds the definition against every day of eight years.
func TestRequiredFrom(t *testing.T) {
	for _, p := range []Period{{}, {Months: 1}, {Months: 12}, {Days: 180}} {
		oldest := 0
		for today := date(t, "2024-01-01"); today.Before(date(t, "2032-01-01")); today = today.AddDays(1) {
			from := p.RequiredFrom(today)
			if p.KeepUntil(from).Before(today) || !p.KeepUntil(from.AddDays(-1)).Before(today) {
				t.Fatalf("%s: required from %s on %s, kept until %s", p, from, today, p.KeepUntil(from))
			}
			oldest = max(oldest, from.DaysUntil(today))
		}
		if oldest != p.Span() {
			t.Errorf("%s: the oldest day was %d days old; Span is %d", p, oldest, p.Span())
		}
	}
}
