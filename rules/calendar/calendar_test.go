package calendar

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func date(t testing.TB, s string) Date {
	t.Helper()
	d, err := ParseDate(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func standard(t testing.TB) Calendar {
	t.Helper()
	c, err := Default()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestClocks holds the vectors of the article table, computed from the notices.
func TestClocks(t *testing.T) {
	c := standard(t)
	workingDays := func(n int) func(Date) Day { return func(d Date) Day { return c.AddWorkingDays(d, n) } }
	months := func(n int) func(Date) Day { return func(d Date) Day { return c.Deadline(d, n) } }
	atLeast := func(n int) func(Date) Day { return func(d Date) Day { return Day{Date: d.AddMonths(n)} } }
	for _, tt := range []struct {
		why       string
		start     string
		count     func(Date) Day
		want      string
		estimated bool
	}{
		{"Art. 18: Saturday 02-14 is worked, 02-15 to 02-23 is off", "2026-02-13", workingDays(2), "2026-02-24", false},
		{"Art. 18: Sunday 09-20 is worked", "2026-09-18", workingDays(2), "2026-09-21", false},
		{"Art. 22: 09-25 to 09-27 is off", "2026-09-24", workingDays(3), "2026-09-30", false},
		{"Art. 18: National Day, and Saturday 10-10 is worked", "2026-09-28", workingDays(10), "2026-10-16", false},
		{"Art. 22: the notice of 2027 is not out", "2026-12-30", workingDays(3), "2027-01-04", true},
		{"Art. 21: no 31 February, and 02-28 is a Sunday", "2026-08-31", months(6), "2027-03-01", true},
		{"Art. 21: the last day is a holiday", "2026-04-01", months(6), "2026-10-08", false},
		{"Art. 19: no 31 November", "2026-10-31", months(1), "2026-11-30", false},
		{"Art. 19: Saturday 02-28 is worked, nothing moves", "2026-01-31", months(1), "2026-02-28", false},
		{"Art. 31: 02-28 kept until 08-28", "2026-02-28", atLeast(6), "2026-08-28", false},
		{"Art. 31: 03-01 is the oldest day to keep on 08-31", "2026-03-01", atLeast(6), "2026-09-01", false},
	} {
		want := Day{Date: date(t, tt.want), Estimated: tt.estimated}
		if diff := cmp.Diff(want, tt.count(date(t, tt.start))); diff != "" {
			t.Errorf("%s, from %s (-want +got):\n%s", tt.why, tt.start, diff)
		}
	}
}

func TestWorking(t *testing.T) {
	c := standard(t)
	for _, tt := range []struct {
		day              string
		works, estimated bool
	}{
		{"2018-12-29", true, false}, // a Saturday, by the notice of 2019
		{"2018-12-31", false, false},
		{"2015-12-31", true, true},  // before the first notice
		{"2015-10-01", true, true},  // a holiday that only a notice could tell
		{"2026-12-24", true, false}, // no notice reaches back that far
		{"2026-12-25", true, true},  // the notice of 2027 may
		{"2027-01-01", true, true},
		{"2027-01-02", false, true},
	} {
		works, estimated := c.Working(date(t, tt.day))
		if works != tt.works || estimated != tt.estimated {
			t.Errorf("Working(%s) = %v, %v; want %v, %v", tt.day, works, estimated, tt.works, tt.estimated)
		}
	}
	if n, estimated := c.WorkingDays(date(t, "2026-09-28"), date(t, "2026-10-16")); n != 10 || estimated {
		t.Errorf("WorkingDays = %d, %v; want 10, false", n, estimated)
	}
	if n, _ := c.WorkingDays(date(t, "2026-10-16"), date(t, "2026-09-28")); n != 0 {
		t.Errorf("WorkingDays backwards = %d; want 0", n)
	}
}

func TestWorkingHours(t *testing.T) {
	c, zone := standard(t), time.FixedZone("east", 8*3600)
	got := c.WorkingHours(date(t, "2026-02-14"), zone)
	want := Hours{
		Start: time.Date(2026, 2, 14, 9, 0, 0, 0, zone),
		End:   time.Date(2026, 2, 14, 18, 0, 0, 0, zone),
		Works: true,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("make-up Saturday (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(Hours{}, c.WorkingHours(date(t, "2026-02-16"), zone)); diff != "" {
		t.Errorf("holiday (-want +got):\n%s", diff)
	}
}

// TestAgainstShared compares every day with the independent table of the shared folder.
func TestAgainstShared(t *testing.T) {
	root := os.Getenv("YUNJIAN_SHARED")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared")
	}
	raw, err := os.ReadFile(filepath.Join(root, "data", "calendar", "china-holidays-2016-2026.json"))
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	var table map[string]struct {
		Days []struct {
			Date Date `json:"date"`
			Off  bool `json:"off"`
		} `json:"days"`
	}
	if err := json.Unmarshal(raw, &table); err != nil {
		t.Fatal(err)
	}
	off := make(map[Date]bool)
	for _, year := range table {
		for _, d := range year.Days {
			off[d.Date] = d.Off
		}
	}
	c, days := standard(t), 0
	for d := date(t, "2016-01-01"); d.Before(date(t, "2026-12-25")); d = d.AddDays(1) {
		want, special := off[d]
		if !special {
			want = weekend(d)
		}
		works, estimated := c.Working(d)
		if works == want || estimated {
			t.Errorf("Working(%s) = %v, %v; want %v, false", d, works, estimated, !want)
		}
		days++
	}
	if days < 4000 {
		t.Fatalf("compared %d days; want all of eleven years", days)
	}
}

func TestWith(t *testing.T) {
	c := standard(t)
	years, err := ParseYears([]byte(`
years:
  - year: 2027
    notices: [https://example.org/2027]
    holidays:
      - {name: 元旦, off: [2027-01-01..2027-01-03], work: [2026-12-26]}
      - {name: 劳动节, off: [2027-05-01]}
      - {name: 国庆节, off: [2027-10-01..2027-10-07]}
`))
	if err != nil {
		t.Fatal(err)
	}
	with, err := c.With(years...)
	if err != nil {
		t.Fatal(err)
	}
	want := Day{Date: date(t, "2027-01-05")}
	if diff := cmp.Diff(want, with.AddWorkingDays(date(t, "2026-12-30"), 3)); diff != "" {
		t.Errorf("with the notice (-want +got):\n%s", diff)
	}
	if works, estimated := with.Working(date(t, "2026-12-26")); !works || estimated {
		t.Errorf("Working(2026-12-26) = %v, %v; want a make-up day", works, estimated)
	}
	if works, estimated := c.Working(date(t, "2026-12-26")); works || !estimated {
		t.Errorf("With changed its receiver: Working(2026-12-26) = %v, %v", works, estimated)
	}
	if diff := cmp.Diff([]string{"https://example.org/2027"}, with.Notices(2027)); diff != "" {
		t.Errorf("Notices (-want +got):\n%s", diff)
	}
	years[0].Holidays = years[0].Holidays[:1]
	if _, err := c.With(years...); err == nil {
		t.Error("With a fragment of a year: no error")
	}
}

func TestParseYearsRefuses(t *testing.T) {
	const good = "{name: a, off: [2027-01-01]}, {name: b, off: [2027-05-01]}, {name: c, off: [2027-10-01]}"
	for _, tt := range []struct{ file, want string }{
		{"", "EOF"},
		{"years: []", "empty"},
		{"years: [{year: 2027, holiday: []}]", "holiday"},
		{"years: [{year: 2027, holidays: [" + good + "]}, {year: 2027, holidays: [" + good + "]}]", "2027 is given twice"},
		{"years: [{year: 1927, holidays: [" + good + "]}]", "1927"},
		{"years: [{year: 2027, holidays: [{name: a, off: [2027-01-01]}]}]", "2027-05-01 must be a day off"},
		{"years: [{year: 2027, holidays: [" + good + ", {name: d, off: [2026-12-24]}]}]", "outside the year"},
		{"years: [{year: 2027, holidays: [" + good + ", {name: d, off: [2028-01-01]}]}]", "outside the year"},
		{"years: [{year: 2027, holidays: [" + good + ", {name: d, off: [2027-02-08], work: [2027-02-09]}]}]", "no Saturday or Sunday"},
		{"years: [{year: 2027, holidays: [" + good + ", {name: d, off: [2027-02-08], work: [2027-05-01]}]}]", "2027-05-01 is given twice"},
		{"years: [{year: 2027, holidays: [" + good + ", {name: d}]}]", "no day off"},
		{"years: [{year: 2027, holidays: [{name: d, off: [2027-02-08..2027-02-07]}]}]", "must follow the beginning"},
		{"years: [{year: 2027, holidays: [{name: d, off: [2027-02-30]}]}]", "2027-02-30"},
		{"years: [{year: 2027, holidays: [" + good + "]}]\n---\nyears: []", "one document"},
	} {
		if _, err := ParseYears([]byte(tt.file)); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("ParseYears(%q) error = %v; want one that says %q", tt.file, err, tt.want)
		}
	}
}

// TestFormatYears: every known year comes back from its text.
func TestFormatYears(t *testing.T) {
	c := standard(t)
	for _, number := range c.Years() {
		want, known := c.Year(number)
		text, err := FormatYears(want)
		if err != nil || !known {
			t.Fatal(err, known)
		}
		got, err := ParseYears(text)
		if diff := cmp.Diff([]Year{want}, got); err != nil || diff != "" {
			t.Errorf("%d: %v (-want +got):\n%s", number, err, diff)
		}
	}
	if y, known := c.Year(2015); known {
		t.Errorf("2015 is %+v; want nothing known", y)
	}
}

func TestMonth(t *testing.T) {
	m, err := ParseMonth("2026-12")
	if err != nil {
		t.Fatal(err)
	}
	zone := time.FixedZone("east", 8*3600)
	if got, want := m.Start(zone), time.Date(2026, 12, 1, 0, 0, 0, 0, zone); !got.Equal(want) {
		t.Errorf("Start = %v; want %v", got, want)
	}
	if got, want := m.End(zone), time.Date(2027, 1, 1, 0, 0, 0, 0, zone); !got.Equal(want) {
		t.Errorf("End = %v; want %v", got, want)
	}
	if diff := cmp.Diff([]string{"2027-01", "2026-11", "2025-10", "2026-12-31"},
		[]string{m.Next().String(), m.Prev().String(), m.Add(-14).String(), m.Last().String()}); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for s, want := range map[string]int{"2026-02": 28, "2028-02": 29, "2100-02": 28, "2026-04": 30, "2026-10": 31} {
		m, err := ParseMonth(s)
		if err != nil || m.Days() != want {
			t.Errorf("ParseMonth(%s).Days() = %d, %v; want %d", s, m.Days(), err, want)
		}
	}
	for _, s := range []string{"", "2026", "2026-13", "2026-1", "2026-10-01", "10-2026"} {
		if m, err := ParseMonth(s); err == nil {
			t.Errorf("ParseMonth(%q) = %v; want an error", s, m)
		}
	}
}

func TestTextForms(t *testing.T) {
	type form struct {
		Day   Date  `json:"day"`
		Month Month `json:"month"`
		Off   Span  `json:"off"`
		None  Date  `json:"none"`
	}
	const text = `{"day":"2026-10-31","month":"2026-10","off":"2026-10-01..2026-10-07","none":""}`
	var f form
	if err := json.Unmarshal([]byte(text), &f); err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(f)
	if err != nil || string(got) != text {
		t.Errorf("round trip = %s, %v; want %s", got, err, text)
	}
}

func FuzzParseYears(f *testing.F) {
	f.Add(embedded)
	f.Add([]byte("years: [{year: 2027, holidays: [{name: a, off: [2027-01-01..2027-01-03], work: [2026-12-26]}]}]"))
	f.Fuzz(func(t *testing.T, data []byte) {
		years, err := ParseYears(data)
		if err != nil {
			return
		}
		for _, y := range years {
			c, err := Calendar{}.With(y)
			if err != nil {
				t.Fatalf("year %d parsed, but With: %v", y.Year, err)
			}
			if works, estimated := c.Working(Date{y.Year, time.October, 1}); works || estimated {
				t.Fatalf("%d-10-01 is a working day", y.Year)
			}
		}
	})
}

func FuzzParseDate(f *testing.F) {
	for _, s := range []string{"2026-10-31", "2026-02-29", "0000-01-01", "9999-12-31", "2026-1-1"} {
		f.Add(s, 6)
	}
	f.Fuzz(func(t *testing.T, s string, months int) {
		d, err := ParseDate(s)
		if err != nil {
			return
		}
		if d.String() != s {
			t.Fatalf("ParseDate(%q).String() = %q", s, d)
		}
		months %= 1200
		later := d.AddMonths(months)
		if want := d.CalendarMonth().Add(months); later.CalendarMonth() != want || later.Day > d.Day {
			t.Fatalf("%s + %d months = %s", d, months, later)
		}
	})
}
