package retention

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/yunjian-io/yunjian/rules/calendar"
)

func date(t testing.TB, s string) calendar.Date {
	t.Helper()
	d, err := calendar.ParseDate(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// rotated is one file of the model of logrotate: the days it holds.
type rotated struct{ first, last calendar.Date }

// model runs a stanza as the program does, once a day at midnight before the day is
// written: rotate if due, drop what is beyond the number, drop what is too old.
func model(l Logrotate, start calendar.Date, days int, seen func(today calendar.Date, files, gone []rotated)) {
	var files []rotated // the newest first, the live one not included
	live := rotated{first: start, last: start}
	for i := 1; i < days; i++ {
		today, due := start.AddDays(i), false
		switch l.Cadence {
		case Daily:
			due = true
		case Weekly:
			due = today.Weekday() == time.Sunday
		case Monthly:
			due = today.Day == 1
		case Yearly:
			due = today.Day == 1 && today.Month == time.January
		}
		var gone []rotated
		if due {
			files = slices.Insert(files, 0, live)
			live.first = today
			if l.Rotate >= 0 && len(files) > l.Rotate {
				gone = append(gone, files[l.Rotate:]...)
				files = files[:l.Rotate]
			}
			files = slices.DeleteFunc(files, func(f rotated) bool {
				old := l.MaxAge > 0 && f.last.AddDays(1).DaysUntil(today) >= l.MaxAge+1
				if old {
					gone = append(gone, f)
				}
				return old
			})
		}
		live.last = today
		seen(today, append([]rotated{live}, files...), gone)
	}
}

// TestLogrotateModel compares every stanza with a model of the program over more
// than three years: the guaranteed window is never above what is left, no record
// goes before the removal that we foresee, and the forecast condemns exactly the
// stanzas that fall short on some day.
func TestLogrotateModel(t *testing.T) {
	start := date(t, "2023-01-01") // a Sunday
	sunday := start
	for _, tt := range []struct {
		policy Logrotate
		short  bool
	}{
		{Logrotate{Cadence: Daily, Rotate: 180}, true},
		{Logrotate{Cadence: Daily, Rotate: 183}, true},
		{Logrotate{Cadence: Daily, Rotate: 184}, false},
		{Logrotate{Cadence: Weekly, Rotate: 4}, true},
		{Logrotate{Cadence: Weekly, Rotate: 24}, true},
		{Logrotate{Cadence: Weekly, Rotate: 26}, true},
		{Logrotate{Cadence: Weekly, Rotate: 26, LastRotation: sunday}, true},
		{Logrotate{Cadence: Weekly, Rotate: 27}, false},
		{Logrotate{Cadence: Weekly, Rotate: 27, LastRotation: sunday}, false},
		{Logrotate{Cadence: Weekly, Rotate: 27, LastRotation: sunday.AddDays(7 * 165)}, false},
		{Logrotate{Cadence: Monthly, Rotate: 5}, true},
		{Logrotate{Cadence: Monthly, Rotate: 6}, false},
		{Logrotate{Cadence: Monthly, Rotate: 12}, false},
		{Logrotate{Cadence: Yearly, Rotate: 0}, true},
		{Logrotate{Cadence: Yearly, Rotate: 1}, false},
		{Logrotate{Cadence: Daily, Rotate: 365, MaxAge: 180}, true},
		{Logrotate{Cadence: Weekly, Rotate: 52, MaxAge: 180}, true},
		{Logrotate{Cadence: Weekly, Rotate: 52, MaxAge: 190, LastRotation: sunday}, false},
		{Logrotate{Cadence: Daily, Rotate: -1}, false},
		{Logrotate{Cadence: Daily}, true},
	} {
		name := fmt.Sprintf("%s rotate %d maxage %d", tt.policy.Cadence, tt.policy.Rotate, tt.policy.MaxAge)
		guaranteed, known := tt.policy.window(0)
		if !known {
			t.Errorf("%s: the window is unknown", name)
		}
		short := false
		model(tt.policy, start, 1300, func(today calendar.Date, files, gone []rotated) {
			oldest := files[len(files)-1].first
			if held := oldest.DaysUntil(today); oldest.After(start) && float64(held) < guaranteed {
				t.Errorf("%s: %d days are left on %s, %.1f were guaranteed", name, held, today, guaranteed)
			}
			for _, f := range gone {
				for d := f.first; !d.After(f.last); d = d.AddDays(1) {
					at, removes := tt.policy.removal(d.In(shanghai()), 0)
					if !removes || calendar.DateOf(at).After(today) {
						t.Fatalf("%s: %s went on %s, foreseen was %s", name, d, today, at)
					}
					short = short || !(Period{}).KeepUntil(d).Before(today)
				}
			}
		})
		if short != tt.short {
			t.Errorf("%s: model falls short: %v; want %v", name, short, tt.short)
		}
		src := complete(t, "2026-03-10")
		src.Policy = tt.policy
		got := Decide(src, at(t, "2026-03-10"), Period{})
		if condemned := !got.FirstDeletion.IsZero(); condemned != tt.short {
			t.Errorf("%s: first deletion %s; want one: %v", name, got.FirstDeletion, tt.short)
		}
	}
}

func at(t testing.TB, day string) time.Time {
	t.Helper()
	return date(t, day).In(shanghai()).Add(10 * time.Hour)
}

// complete is a source that has everything on a day, for years.
func complete(t testing.TB, today string) Source {
	t.Helper()
	now := at(t, today)
	return Source{
		Identity:   Identity{Host: "i-1", System: "s-1", Class: OSAuth, Path: "/var/log/auth.log"},
		Scope:      Scope{Start: date(t, "2020-01-10"), Mandatory: true},
		Segments:   []Segment{{First: now.AddDate(-1, 0, 0), Last: now.Add(-time.Minute)}},
		Policy:     Never{},
		Clock:      Clock{Known: true},
		LastReport: now,
	}
}

// TestWindow states guaranteed windows that were measured on the real programs, or
// follow from their sources.
func TestWindow(t *testing.T) {
	const mib, days = 1 << 20, 24 * time.Hour
	fs := int64(100 << 30)
	for _, tt := range []struct {
		name   string
		policy Policy
		rate   float64
		want   float64 // days; negative for unknown
	}{
		{"journald, 180 days, files of a month", Journald{FSSize: fs, MaxRetention: 180 * days}, mib, 149.5625},
		{"journald, 180 days, files of a day", Journald{FSSize: fs, MaxRetention: 180 * days, MaxFileTime: days, MaxFiles: -1}, mib, 179},
		{"journald, files of a day, cap of 100", Journald{FSSize: fs, MaxFileTime: days}, mib, 99},
		{"journald, two open files", Journald{FSSize: fs, MaxFileTime: days, ActiveFiles: 2}, mib, 98},
		{"journald, quiet weeks make long files", Journald{MaxUse: 16 << 30, MaxRetention: 200 * days, MaxFileTime: 7 * days, LongestSpan: 40 * days}, 26 * mib, 160},
		{"journald, short files use up the cap", Journald{MaxUse: 16 << 30, TypicalSpan: days}, mib, 99},
		{"journald, size", Journald{FSSize: fs}, 30 * mib, (4096.0 - 128) / 30},
		{"journald, little free space", Journald{FSSize: fs, FSFree: 5 << 30, Usage: 1 << 30}, mib, (1024.0 - 128)},
		{"journald, files without end", Journald{FSSize: fs, MaxFileTime: -1, MaxRetention: 300 * days}, mib, 0},
		{"journald, unknown rate", Journald{FSSize: fs}, 0, -1},
		{"journald, unknown size", Journald{}, mib, -1},
		{"journald, volatile", Journald{Volatile: true}, 0, 0},
		{"auditd as shipped", Auditd{Action: "rotate", NumLogs: 5, MaxLogFile: 8}, 1.5 * mib, 21.333333333333332},
		{"auditd, one log", Auditd{NumLogs: 1, MaxLogFile: 8}, mib, math.Inf(1)},
		{"auditd, a weekly job", Auditd{Action: "IGNORE", NumLogs: 27, CronDays: 7}, 0, 182},
		{"auditd, keep", Auditd{Action: "KEEP_LOGS"}, 0, math.Inf(1)},
		{"auditd, nothing read", Auditd{}, mib, -1},
		{"auditd, foreign action", Auditd{Action: "shred"}, mib, -1},
		{"size, one run a day holds a file back", Logrotate{Size: mib, Rotate: 30, RunsPerDay: 1}, 4 * mib, 30},
		{"size, runs unknown", Logrotate{Size: mib, Rotate: 30}, 4 * mib, 7.5},
		{"size, default of 1 MiB", Logrotate{Rotate: 30}, mib, 30},
		{"size, rate unknown", Logrotate{Rotate: 30}, 0, -1},
		{"weekly, runs once a month", Logrotate{Cadence: Weekly, Rotate: 4, RunsPerDay: 1.0 / 30}, 0, 120},
		{"weekly with maxsize reached in 5 days rotates by both", Logrotate{Cadence: Weekly, Rotate: 48, MaxSize: 5 * mib}, mib, 48 * 35.0 / 12},
		{"weekly with maxsize never reached", Logrotate{Cadence: Weekly, Rotate: 27, MaxSize: 100 * mib}, mib, 189},
		{"monthly with minsize reached in 60 days", Logrotate{Cadence: Monthly, Rotate: 3, MinSize: 60 * mib}, mib, 180},
		{"minsize reached before the month is over", Logrotate{Cadence: Monthly, Rotate: 1, MinSize: mib}, mib, 28},
		{"hourly", Logrotate{Cadence: Hourly, Rotate: 48}, 0, 2},
		{"every 30 minutes", Logrotate{Cadence: Minutes, Every: 30, Rotate: 48}, 0, 1},
		{"unknown cadence", Logrotate{Cadence: "fortnightly", Rotate: 48}, 0, -1},
		{"nobody runs it", Logrotate{Cadence: Daily, Rotate: 4, Disabled: true}, 0, math.Inf(1)},
		{"container", Container{LifetimeDays: 400, MaxSize: 10 * mib, MaxFile: 5}, mib, 40},
		{"container, one file", Container{LifetimeDays: 400, MaxSize: 10 * mib}, mib, 0},
		{"container, no limit", Container{LifetimeDays: 3}, 0, 3},
		{"logback, 60 days", Count{Keep: 60, IntervalDays: 1}, 0, 60},
		{"index aged by its begin", Age{Days: 190, SpanDays: 30}, 0, 160},
		{"event log, circular", EventLog{MaxBytes: 20 * mib, Circular: true}, mib, 20},
		{"event log, archived", EventLog{MaxBytes: 20 * mib}, mib, math.Inf(1)},
	} {
		got, known := tt.policy.window(tt.rate)
		if !known {
			got = -1
		}
		if got != tt.want {
			t.Errorf("%s: window = %v; want %v", tt.name, got, tt.want)
		}
	}
}

// TestWeekday: the state file fixes the day of the week, before it and after it.
func TestWeekday(t *testing.T) {
	l := Logrotate{Cadence: Weekly, Rotate: 4, LastRotation: date(t, "2026-11-22")} // a Sunday
	for written, want := range map[string]string{
		"2026-11-22": "2026-12-27", "2026-11-21": "2026-12-20", "2026-11-15": "2026-12-20", "2026-11-14": "2026-12-13", "2026-11-28": "2026-12-27",
	} {
		if got, gone := l.removal(at(t, written), 0); !gone || calendar.DateOf(got) != date(t, want) {
			t.Errorf("written on %s, removed on %s, %v; want %s", written, got, gone, want)
		}
	}
}

func TestHighRate(t *testing.T) {
	for _, tt := range []struct {
		rate Rate
		want float64
	}{
		{Rate{P50: 10, P95: 20, Median7: 10}, 20},
		{Rate{P50: 10, P95: 20, Median7: 20}, 24},
		{Rate{P50: 10}, 10},
		{Rate{P50: -1}, 0},
		{Rate{}, 0},
	} {
		if got := tt.rate.high(); got != tt.want {
			t.Errorf("%+v: high rate %v; want %v", tt.rate, got, tt.want)
		}
	}
}

// TestRemedy states the smallest settings, and that with them nothing that must be
// kept is removed.
func TestRemedy(t *testing.T) {
	const mib, days = 1 << 20, 24 * time.Hour
	fs := int64(100 << 30)
	for _, tt := range []struct {
		policy, cured Policy
		rate          float64
		want          []Change
	}{
		{Logrotate{Cadence: Weekly, Rotate: 4}, Logrotate{Cadence: Weekly, Rotate: 27}, 0, []Change{{"rotate", "4", "27"}}},
		{Logrotate{Cadence: Daily}, Logrotate{Cadence: Daily, Rotate: 185}, 0, []Change{{"rotate", "0", "185"}}},
		{Logrotate{Cadence: Monthly, Rotate: 1}, Logrotate{Cadence: Monthly, Rotate: 7}, 0, []Change{{"rotate", "1", "7"}}},
		{Logrotate{Cadence: Daily, Rotate: 365, MaxAge: 180}, Logrotate{Cadence: Daily, Rotate: 365, MaxAge: 185}, 0, []Change{{"maxage", "180", "185"}}},
		{Logrotate{Size: 4 * mib, Rotate: 30, RunsPerDay: 1}, Logrotate{Size: 4 * mib, Rotate: 93, RunsPerDay: 1}, 2 * mib, []Change{{"rotate", "30", "93"}}},
		{
			Journald{FSSize: fs, MaxRetention: 180 * days},
			Journald{FSSize: fs, MaxRetention: 216 * days},
			mib,
			[]Change{{"MaxRetentionSec", "180day", "216day"}},
		},
		{
			Journald{FSSize: fs, MaxFileTime: days},
			Journald{FSSize: fs, MaxFileTime: 2 * days},
			mib,
			[]Change{{"MaxFileSec", "1day", "2day"}},
		},
		{
			Journald{MaxUse: 16 << 30, TypicalSpan: days},
			Journald{MaxUse: 16 << 30, TypicalSpan: days, MaxFiles: 186},
			mib,
			[]Change{{"SystemMaxFiles", "100", "186"}},
		},
		{
			Journald{FSSize: fs},
			Journald{FSSize: fs, MaxUse: 5678 << 20},
			30 * mib,
			[]Change{{"SystemMaxUse", "", "5678M"}},
		},
		{
			Journald{Volatile: true, FSSize: fs, MaxFileTime: -1, MaxRetention: 300 * days},
			Journald{FSSize: fs, MaxRetention: 300 * days},
			mib,
			[]Change{{"Storage", "volatile", "persistent"}, {"MaxFileSec", "0", "1month"}},
		},
		{Auditd{NumLogs: 5, MaxLogFile: 8}, Auditd{NumLogs: 36, MaxLogFile: 8}, 1.5 * mib, []Change{{"num_logs", "5", "36"}}},
		{
			Auditd{NumLogs: 5, MaxLogFile: 8},
			Auditd{NumLogs: 999, MaxLogFile: 19},
			100 * mib,
			[]Change{{"num_logs", "5", "999"}, {"max_log_file", "8", "19"}},
		},
		{Count{Keep: 60, IntervalDays: 1, Setting: "maxHistory"}, Count{Keep: 185, IntervalDays: 1}, 0, []Change{{"maxHistory", "60", "185"}}},
		{Age{Days: 180, Setting: "ttl"}, Age{Days: 185}, 0, []Change{{"ttl", "180", "185"}}},
		{EventLog{MaxBytes: 20 * mib, Circular: true}, EventLog{MaxBytes: 185 * mib, Circular: true}, mib, []Change{{"MaxSize", "20971520", "193986560"}}},
	} {
		want := Period{}.Window()
		if diff := cmp.Diff(tt.want, tt.policy.remedy(want, tt.rate)); diff != "" {
			t.Errorf("%#v (-want +got):\n%s", tt.policy, diff)
		}
		if left := tt.cured.remedy(want, tt.rate); len(left) > 0 {
			t.Errorf("%#v still needs %v", tt.cured, left)
		}
		for day := date(t, "2026-01-15"); day.Before(date(t, "2027-01-15")); day = day.AddDays(31) {
			src := complete(t, day.String())
			src.Segments[0].First = Period{}.RequiredFrom(day).In(shanghai())
			src.Rate, src.Policy = Rate{P95: tt.rate}, tt.cured
			if got := Decide(src, at(t, day.String()), Period{}); got.Verdict != Compliant {
				t.Errorf("%#v on %s: %s, first deletion %s", tt.cured, day, got.Name(), got.FirstDeletion)
			}
		}
	}
}
