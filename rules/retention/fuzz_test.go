package retention

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/yunjian-io/yunjian/rules/calendar"
)

// dice draws the values of a source from fuzzed bytes: some near the limits of the
// rule, some anywhere.
type dice struct{ rolls []byte }

func (d *dice) roll(n int) int {
	if len(d.rolls) == 0 {
		return 0
	}
	v := int(d.rolls[0])
	d.rolls = d.rolls[1:]
	return v % n
}

func (d *dice) time(now time.Time) time.Time {
	switch d.roll(8) {
	case 0:
		return time.Time{}
	case 1:
		return time.Unix(int64(d.roll(256)), 0)
	case 2:
		return now.AddDate(d.roll(256)*40, 0, 0)
	case 3:
		return now.Add(time.Duration(d.roll(256)-128) * time.Minute)
	case 4:
		return now.AddDate(-d.roll(256)*40, 0, 0)
	}
	return now.AddDate(0, 0, -d.roll(256))
}

func (d *dice) date(now time.Time) calendar.Date {
	if d.roll(4) == 0 {
		return calendar.Date{}
	}
	return calendar.DateOf(d.time(now))
}

func (d *dice) number() int {
	return []int{0, 1, 4, 6, 26, 27, 100, 183, 184, 185, 365, 1 << 20, 1 << 40, -1, -1 << 62, 1 << 62}[d.roll(16)]
}

func (d *dice) policy(now time.Time) Policy {
	span := func() time.Duration { return time.Duration(d.number()) * time.Hour }
	switch d.roll(10) {
	case 0:
		return nil
	case 1:
		return Never{}
	case 2:
		return Count{Keep: d.number(), IntervalDays: float64(d.number()), FileBytes: int64(d.number())}
	case 3:
		return Age{Days: float64(d.number()), SpanDays: float64(d.number())}
	case 4:
		return EventLog{MaxBytes: int64(d.number()), Circular: d.roll(2) == 0}
	case 5:
		return Container{LifetimeDays: float64(d.number()), MaxSize: int64(d.number()), MaxFile: d.number()}
	case 6:
		return Auditd{Action: []string{"", "ROTATE", "IGNORE", "x"}[d.roll(4)], NumLogs: d.number(), MaxLogFile: d.number(), CronDays: float64(d.number())}
	case 7:
		list := Any{}
		for range d.roll(3) {
			list = append(list, d.policy(now))
		}
		return slices.DeleteFunc(list, func(p Policy) bool { return p == nil })
	case 8:
		return Journald{
			Volatile: d.roll(4) == 0, MaxUse: int64(d.number()), MaxFileSize: int64(d.number()), FSSize: int64(d.number()), Usage: int64(d.number()),
			MaxFileTime: span(), MaxFiles: d.number(), ActiveFiles: d.number(), MaxRetention: span(), TypicalSpan: span(), LongestSpan: span(),
		}
	}
	return Logrotate{
		Cadence: []Cadence{"", Hourly, Minutes, Daily, Weekly, Monthly, Yearly, "x"}[d.roll(8)], Every: d.number(), Rotate: d.number(),
		Size: int64(d.number()), MinSize: int64(d.number()), MaxSize: int64(d.number()), MaxAge: d.number(),
		RunsPerDay: float64(d.number()), Disabled: d.roll(8) == 0, LastRotation: d.date(now),
	}
}

func (d *dice) source(now time.Time) Source {
	s := Source{
		Scope:  Scope{Start: d.date(now), End: d.date(now)},
		Policy: d.policy(now),
		Rate:   Rate{P50: float64(d.number()), P95: float64(d.number()), Median7: float64(d.number()), Disk: float64(d.number()), Ratio: float64(d.number())},
		Disk:   Disk{Known: d.roll(2) == 0, Free: float64(d.number())},
		Writer: Writer{
			State: []WriterState{"", WriterRunning, WriterStopped, WriterSuspended}[d.roll(4)], Since: d.time(now),
			Unlinked: d.roll(8) == 0, Suspends: d.date(now),
		},
		Canary:  Canary{Interval: time.Duration(d.number()), LastSeen: d.time(now)},
		Forward: Forward{AckLag: time.Duration(d.number())},
		Access:  Access{Denied: d.roll(8) == 0, Unparsed: d.roll(8) == 0},
		Clock:   Clock{Known: d.roll(8) > 0, Offset: time.Duration(d.number())},
		Silence: Silence{QuietOK: d.roll(4) == 0, P999: time.Duration(d.number())},
		Ledger:  Ledger{Since: d.date(now)},
	}
	s.LastReport = d.time(now)
	if d.roll(8) == 0 {
		s.PolicyProblem = "not understood"
	}
	for range d.roll(5) {
		s.Segments = append(s.Segments, Segment{First: d.time(now), Last: d.time(now), Begin: d.time(now), ModTime: d.time(now), HeadUntrusted: d.roll(8) == 0})
	}
	for range d.roll(4) {
		s.Gaps = append(s.Gaps, Gap{Kind: []GapKind{"seq", GapSilence}[d.roll(2)], From: d.time(now), To: d.time(now)})
		s.Downtime = append(s.Downtime, Downtime{From: d.time(now), To: d.time(now), Confirmed: d.roll(2) == 0})
		s.Ledger.Events = append(s.Ledger.Events, Event{
			Kind: []EventKind{EventGone, EventTruncated, EventEdited}[d.roll(3)], At: d.time(now), First: d.date(now), Last: d.date(now), Index: d.number(), CopyAttested: d.roll(4) == 0,
		})
	}
	if d.roll(2) == 0 {
		s.Remote = &Remote{
			Level: Level(d.roll(4)), Reachable: d.roll(4) > 0, CheckedAt: d.time(now), LastProven: d.time(now), Oldest: d.time(now), Newest: d.time(now),
			Counted: Days{d.date(now), d.date(now)}, Missing: []calendar.Date{d.date(now)}, Retention: d.policy(now),
		}
	}
	return s
}

// FuzzDecide: whatever the evidence, there is a verdict that fits its own figures.
func FuzzDecide(f *testing.F) {
	catalog, err := LoadCatalog()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(int64(1795399200), 0, []byte{})
	f.Add(int64(1795399200), 180, []byte{5, 200, 0, 8, 3, 9, 9, 9, 9, 5, 40, 5, 3, 2, 2, 1, 1, 7, 7, 7, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
	f.Add(int64(1756000000), -1, slices.Repeat([]byte{5, 190, 3, 128}, 40))
	f.Add(int64(0), 1<<40, slices.Repeat([]byte{7, 255, 2, 4, 1, 13, 14}, 30))
	f.Fuzz(func(t *testing.T, unix int64, days int, rolls []byte) {
		if unix < -1<<35 || unix > 1<<36 {
			t.Skip("a clock of the collector that far off is none")
		}
		now := time.Unix(unix, 0).In(shanghai())
		src := (&dice{rolls}).source(now)
		d := Decide(src, now, Period{Days: days})
		if diff := cmp.Diff(d, Decide(src, now, Period{Days: days})); diff != "" {
			t.Fatalf("two answers to one question:\n%s", diff)
		}
		check(t, src, d)
		for _, lang := range []Lang{Chinese, English} {
			if catalog.Explain(d, lang) == "" {
				t.Errorf("%s has no explanation", d.Name())
			}
		}
	})
}

func check(t *testing.T, src Source, d Decision) {
	t.Helper()
	decides := d.Verdict == Violated || d.Verdict == Unknown
	switch {
	case d.Obligation.Before(d.RequiredFrom):
		t.Errorf("the obligation begins on %s, before %s", d.Obligation, d.RequiredFrom)
	case decides != (d.Code != ""), decides && d.Reasons[0].Code != d.Code:
		t.Errorf("%s with reasons %v", d.Name(), d.Reasons)
	case d.Verdict == AtRisk && d.AtRiskDate.IsZero():
		t.Error("at risk without a date")
	case !d.FirstDeletion.IsZero() && (d.FirstDeletion.Before(d.Today) || d.FirstDeletion.After(d.Today.AddDays(simulatedDays))):
		t.Errorf("first deletion %s seen from %s", d.FirstDeletion, d.Today)
	case d.ShortDays < 0 || d.AttestedDays < 0:
		t.Errorf("short %d, attested %d", d.ShortDays, d.AttestedDays)
	case (d.Verdict == NotYetAccountable) != !d.AccountableFrom.IsZero():
		t.Errorf("%s, accountable from %s", d.Name(), d.AccountableFrom)
	case decides && d.Remedy.Action == ActionNone:
		t.Errorf("%s without a remedy", d.Name())
	}
	good := d.Verdict == Compliant || d.Verdict == CompliantByForward
	if good && (len(d.Missing) > 0 || len(d.Reasons) > 0) {
		t.Errorf("%s, but missing %v for %v", d.Name(), d.Missing, d.Reasons)
	}
	if d.Verdict == Compliant && (d.LocalStart.IsZero() || d.LocalStart.After(d.Obligation)) {
		t.Errorf("compliant from %s, local from %s", d.Obligation, d.LocalStart)
	}
	if d.Verdict == CompliantByForward && (src.Remote == nil || src.Remote.Level < Queried || !src.Remote.Reachable) {
		t.Errorf("by forwarding, but the store is %+v", src.Remote)
	}
	if !slices.IsSortedFunc(d.Reasons, func(a, b Reason) int { return a.Code.rank() - b.Code.rank() }) {
		t.Errorf("reasons out of order: %v", d.Reasons)
	}
}

func BenchmarkDecide(b *testing.B) {
	src := complete(b, "2026-11-23")
	src.Policy = Logrotate{Cadence: Daily, Rotate: 200}
	now := at(b, "2026-11-23")
	for b.Loop() {
		if got := Decide(src, now, Period{}); got.Verdict != Compliant {
			b.Fatal(got.Name())
		}
	}
}

// TestArbitraryEvidence draws sources at random and holds the fuzz target's checks.
func TestArbitraryEvidence(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 6))
	verdicts := make(map[Verdict]int)
	for range 5000 {
		now := time.Unix(1700000000+r.Int64N(200000000), 0).In(shanghai())
		rolls := make([]byte, 300)
		for i := range rolls {
			rolls[i] = byte(r.UintN(256))
		}
		src := (&dice{rolls}).source(now)
		if r.IntN(2) == 0 { // let half of them be seen
			src.LastReport, src.Clock, src.Access = now, Clock{Known: true}, Access{}
			src.Scope.End = calendar.Date{}
		}
		d := Decide(src, now, Period{})
		check(t, src, d)
		verdicts[d.Verdict]++
		if t.Failed() {
			t.Fatalf("%+v", src)
		}
	}
	if len(verdicts) < 5 {
		t.Errorf("verdicts seen: %v; want most kinds", verdicts)
	}
}
