package text

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// everyWay reads a log with a Scanner, with Head and Tail, and with Survey, and says so
// where they differ in what they all know. It gives the reading of the Scanner.
func everyWay(t *testing.T, log string, o Options) Reading {
	t.Helper()
	whole := scan(t, []byte(log), o, rand.New(rand.NewPCG(3, 4)))
	head, err := Head(strings.NewReader(log), o)
	if err != nil {
		t.Fatal(err)
	}
	tail, err := Tail(strings.NewReader(log), int64(len(log)), o)
	if err != nil {
		t.Fatal(err)
	}
	survey, _, err := Survey(strings.NewReader(log), int64(len(log)), o)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(endsOf(whole), ends{endsOf(head).First, endsOf(tail).Last, tail.Format}); diff != "" {
		t.Errorf("head and tail (-scanner +them):\n%s", diff)
	}
	if diff := cmp.Diff(endsOf(whole), endsOf(survey)); diff != "" {
		t.Errorf("survey (-scanner +survey):\n%s", diff)
	}
	if diff := cmp.Diff(silences(whole.Gaps), survey.Gaps); diff != "" {
		t.Errorf("gaps (-scanner +survey):\n%s", diff)
	}
	return whole
}

func silences(all []Gap) []Gap {
	var gaps []Gap
	for _, g := range all {
		if g.Kind == GapSilence {
			gaps = append(gaps, g)
		}
	}
	return gaps
}

func date(text string) time.Time {
	t, err := time.Parse("2006-01-02 15:04:05", text)
	if err != nil {
		panic(err)
	}
	return t
}

// log makes lines of their beginnings.
func log(starts ...string) string { return strings.Join(starts, " host what\n") + " host what\n" }

func TestYears(t *testing.T) {
	for _, test := range []struct {
		name, log, modTime string
		want               ends
		gaps               int
	}{
		{
			"over New Year", log("Dec 30 10:00:00", "Dec 31 23:59:59", "Jan  1 00:00:01", "Jan  1 09:00:00"), "2027-01-01 09:00:00",
			ends{"2026-12-30T10:00:00Z", "2027-01-01T09:00:00Z", "rfc3164"},
			1,
		},
		{
			"a late record over New Year", log("Dec 31 23:59:59", "Jan  1 00:00:01", "Dec 31 23:59:58", "Jan  1 00:00:02"), "2027-01-01 09:00:00",
			ends{"2026-12-31T23:59:59Z", "2027-01-01T00:00:02Z", "rfc3164"},
			0,
		},
		{
			"an archive read much later has its own time", log("Feb  1 10:00:00", "Feb  1 11:00:00"), "2026-02-01 11:00:00",
			ends{"2026-02-01T10:00:00Z", "2026-02-01T11:00:00Z", "rfc3164"},
			0,
		},
		{
			"last record of the year before", log("Dec 31 10:00:00"), "2027-01-02 00:00:00",
			ends{"2026-12-31T10:00:00Z", "2026-12-31T10:00:00Z", "rfc3164"},
			0,
		},
		{
			"the clock of the file may be a day behind", log("Jan  2 10:00:00"), "2027-01-01 12:00:00",
			ends{"2027-01-02T10:00:00Z", "2027-01-02T10:00:00Z", "rfc3164"},
			0,
		},
		{
			"three years", log("Mar  1 10:00:00", "Nov  1 10:00:00", "Mar  1 10:00:00", "Nov  1 10:00:00", "Mar  1 10:00:00"), "2026-03-01 10:00:00",
			ends{"2024-03-01T10:00:00Z", "2026-03-01T10:00:00Z", "rfc3164"},
			4,
		},
		{
			"leap day at the end", log("Feb 28 23:00:00", "Feb 29 10:00:00"), "2025-02-01 00:00:00",
			ends{"2024-02-28T23:00:00Z", "2024-02-29T10:00:00Z", "rfc3164"},
			0,
		},
		{
			"no leap day", log("Feb 28 23:00:00", "Mar  1 22:00:00"), "2026-03-01 22:00:00",
			ends{"2026-02-28T23:00:00Z", "2026-03-01T22:00:00Z", "rfc3164"},
			0,
		},
		{
			"over a leap day", log("Feb 28 23:00:00", "Mar  1 23:00:01"), "2028-03-01 23:00:01",
			ends{"2028-02-28T23:00:00Z", "2028-03-01T23:00:01Z", "rfc3164"},
			1,
		},
		{
			"the template changed to one with years", log(
				"Dec 31 10:00:00", "Dec 31 11:00:00", "Dec 31 12:00:00", "Dec 31 13:00:00", "Dec 31 14:00:00",
				"2026-01-01T01:00:00Z", "2026-01-01T02:00:00Z", "2026-01-01T03:00:00Z", "2026-01-01T04:00:00Z", "2026-01-01T05:00:00Z",
				"2026-01-01T06:00:00Z", "2026-01-01T07:00:00Z", "2026-01-01T08:00:00Z", "2026-01-01T09:00:00Z",
			), "2027-06-01 00:00:00",
			ends{"2025-12-31T10:00:00Z", "2026-01-01T09:00:00Z", "iso"},
			0,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := Options{ModTime: date(test.modTime), Patience: 24 * time.Hour}
			var got Reading
			if strings.Contains(test.log, "2026-01-01T") || strings.Count(test.log, "Mar  1") == 3 {
				// Head cannot know of years behind what it reads, nor of a later format.
				got = scan(t, []byte(test.log), o, rand.New(rand.NewPCG(1, 1)))
			} else {
				got = everyWay(t, test.log, o)
			}
			if diff := cmp.Diff(test.want, endsOf(got)); diff != "" {
				t.Errorf("reading (-want +got):\n%s", diff)
			}
			if len(got.Gaps) != test.gaps {
				t.Errorf("want %d gaps, got %v", test.gaps, got.Gaps)
			}
		})
	}
	if got := scan(t, []byte("Nov  1 10:00:00 what\n"), Options{}, rand.New(rand.NewPCG(1, 1))); !got.Unparsed {
		t.Errorf("no year and no time of the file: want unparsed, got %v", got.First)
	}
}

func TestAmbiguousHour(t *testing.T) {
	newYork := location(t, "America/New_York")
	// On 2026-11-01 the clock went from 02:00 EDT back to 01:00 EST.
	got := everyWay(t, log("2026-11-01 00:50:00", "2026-11-01 01:10:00", "2026-11-01 01:50:00", "2026-11-01 01:05:00", "2026-11-01 01:55:00", "2026-11-01 02:10:00"),
		Options{Zone: newYork, ModTime: autumn(), Patience: time.Minute})
	want := ends{"2026-11-01T04:50:00Z", "2026-11-01T07:10:00Z", "iso"}
	if diff := cmp.Diff(want, endsOf(got)); diff != "" {
		t.Errorf("reading (-want +got):\n%s", diff)
	}
	var minutes []float64
	for _, g := range got.Gaps {
		minutes = append(minutes, g.To.Sub(g.From).Minutes())
	}
	if diff := cmp.Diff([]float64{20, 40, 15, 50, 15}, minutes); diff != "" || got.Steps != 0 {
		t.Errorf("steps %d, minutes (-want +got):\n%s", got.Steps, diff)
	}
	for line, want := range map[string]string{
		"2026-11-01 01:30:00 EDT": "2026-11-01T05:30:00Z",
		"2026-11-01 01:30:00 EST": "2026-11-01T06:30:00Z",
		"2026-03-08 02:30:00":     "2026-03-08T07:30:00Z", // jumped over
		"2026-07-01 12:00:00":     "2026-07-01T16:00:00Z",
	} {
		if got := everyWay(t, log(line), Options{Zone: newYork, ModTime: autumn()}); endsOf(got).First != want {
			t.Errorf("%s: want %s, got %s", line, want, endsOf(got).First)
		}
	}
	// Without years the doubled hour is no step.
	got = scan(t, []byte(log("Nov  1 01:50:00", "Nov  1 01:05:00", "Nov  1 02:10:00")), Options{Zone: newYork, ModTime: autumn()}, rand.New(rand.NewPCG(1, 1)))
	if got.Steps != 0 {
		t.Errorf("want no step, got %d", got.Steps)
	}
}

func TestClocks(t *testing.T) {
	minute := func(start string, n int) []string {
		var lines []string
		for i := range n {
			lines = append(lines, date(start).Add(time.Duration(i)*time.Minute).Format("2006-01-02 15:04:05"))
		}
		return lines
	}
	join := func(parts ...[]string) string {
		var all []string
		for _, p := range parts {
			all = append(all, p...)
		}
		return log(all...)
	}
	type clock struct {
		Steps, Implausible, Gaps int
		HeadUntrusted            bool
	}
	for _, test := range []struct {
		name, log string
		want      clock
		ends      ends
	}{
		{
			"set back by two days", join(minute("2026-10-20 00:00:00", 20), minute("2026-10-18 00:00:00", 20)),
			clock{Steps: 1},
			ends{"2026-10-20T00:00:00Z", "2026-10-18T00:19:00Z", "iso"},
		},
		{
			"set back by two days, then silent for two", join(minute("2026-10-20 00:00:00", 20), minute("2026-10-18 00:00:00", 20), minute("2026-10-20 01:00:00", 2)),
			clock{Steps: 1, Gaps: 1},
			ends{"2026-10-20T00:00:00Z", "2026-10-20T01:01:00Z", "iso"},
		},
		{
			"one late record is neither step nor silence", join(minute("2026-10-20 00:00:00", 20), minute("2026-10-18 00:00:00", 1), minute("2026-10-20 00:20:00", 20)),
			clock{},
			ends{"2026-10-20T00:00:00Z", "2026-10-20T00:39:00Z", "iso"},
		},
		{
			"one record ahead of its time is neither", join(minute("2026-10-18 00:00:00", 20), minute("2026-10-20 00:00:00", 1), minute("2026-10-18 00:20:00", 20)),
			clock{},
			ends{"2026-10-18T00:00:00Z", "2026-10-18T00:39:00Z", "iso"},
		},
		{
			"four minutes back are no step", log("2026-10-20 00:04:00", "2026-10-20 00:00:00"),
			clock{},
			ends{"2026-10-20T00:04:00Z", "2026-10-20T00:00:00Z", "iso"},
		},
		{
			"a boot without clock", join(minute("1970-01-01 00:00:05", 3), minute("2026-10-20 00:00:00", 3)),
			clock{Implausible: 3, HeadUntrusted: true},
			ends{"2026-10-20T00:00:00Z", "2026-10-20T00:02:00Z", "iso"},
		},
		{
			"1970 in between", join(minute("2026-10-20 00:00:00", 3), minute("1970-01-01 00:00:05", 3), minute("2026-10-20 00:03:00", 3)),
			clock{Implausible: 3},
			ends{"2026-10-20T00:00:00Z", "2026-10-20T00:05:00Z", "iso"},
		},
		{
			"the future", join(minute("2026-10-20 00:00:00", 3), minute("2026-11-03 00:00:00", 3)),
			clock{Implausible: 3},
			ends{"2026-10-20T00:00:00Z", "2026-10-20T00:02:00Z", "iso"},
		},
		{
			"silence", join(minute("2026-10-20 00:00:00", 3), minute("2026-10-21 00:02:01", 3)),
			clock{Gaps: 1},
			ends{"2026-10-20T00:00:00Z", "2026-10-21T00:04:01Z", "iso"},
		},
		{
			"no silence", join(minute("2026-10-20 00:00:00", 3), minute("2026-10-21 00:02:00", 3)),
			clock{},
			ends{"2026-10-20T00:00:00Z", "2026-10-21T00:04:00Z", "iso"},
		},
		{
			"only impossible times", log("1970-01-01 00:00:05", "2036-01-01 00:00:00"),
			clock{Implausible: 2},
			ends{"", "", "iso"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := Options{ModTime: autumn()}
			got := scan(t, []byte(test.log), o, rand.New(rand.NewPCG(5, 6)))
			if diff := cmp.Diff(test.want, clock{got.Steps, got.Implausible, len(got.Gaps), got.HeadUntrusted}); diff != "" {
				t.Errorf("clock (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.ends, endsOf(got)); diff != "" {
				t.Errorf("ends (-want +got):\n%s", diff)
			}
		})
	}
}

// TestEpochWithoutYears is a boot without a clock in a log without years, whose first
// records would otherwise be of New Year's Day.
func TestEpochWithoutYears(t *testing.T) {
	o := Options{Zone: location(t, "Asia/Shanghai"), ModTime: autumn()}
	got := scan(t, []byte(log("Jan  1 08:00:05", "Jan  1 08:00:09", "Oct 20 10:00:00", "Oct 20 10:00:01")), o, rand.New(rand.NewPCG(5, 6)))
	if diff := cmp.Diff(ends{"2026-10-20T02:00:00Z", "2026-10-20T02:00:01Z", "rfc3164"}, endsOf(got)); diff != "" || !got.HeadUntrusted || got.Implausible != 2 || len(got.Gaps) != 0 {
		t.Errorf("%+v (-want +got):\n%s", got, diff)
	}
	got = scan(t, []byte(log("Jan  1 08:00:05", "Jan  1 09:10:09", "Oct 20 10:00:00", "Oct 20 10:00:01")), o, rand.New(rand.NewPCG(5, 6)))
	if diff := cmp.Diff(ends{"2026-01-01T00:00:05Z", "2026-10-20T02:00:01Z", "rfc3164"}, endsOf(got)); diff != "" || got.HeadUntrusted || len(got.Gaps) != 1 {
		t.Errorf("%+v (-want +got):\n%s", got, diff)
	}
}

func TestManyGaps(t *testing.T) {
	var b bytes.Buffer
	at := date("2010-01-01 00:00:00")
	for i := range 2 * maxGaps {
		fmt.Fprintf(&b, "%s what\n", at.Format("2006-01-02 15:04:05"))
		at = at.Add(25*time.Hour + time.Duration(i)*time.Second)
	}
	got := scan(t, b.Bytes(), Options{ModTime: autumn()}, rand.New(rand.NewPCG(1, 1)))
	if len(got.Gaps) != maxGaps {
		t.Fatalf("want %d gaps, got %d", maxGaps, len(got.Gaps))
	}
	if want, got := 25*time.Hour+time.Duration(maxGaps-1)*time.Second, got.Gaps[0].To.Sub(got.Gaps[0].From); want != got {
		t.Errorf("the longest are kept: want %v first, got %v", want, got)
	}
}

func TestSpread(t *testing.T) {
	var s spread
	if got := s.p999(); got != 0 {
		t.Errorf("empty: want 0, got %v", got)
	}
	for d := time.Millisecond; d < 400*24*time.Hour; d = d*11/10 + 1 {
		i := bucket(d)
		if low := ceiling(i - 1); i > 0 && d < low || d >= ceiling(i) {
			t.Fatalf("%v is in the bucket of %v to %v", d, low, ceiling(i))
		}
		if width := ceiling(i) - ceiling(i-1); i > 8 && width > d/8+1 {
			t.Fatalf("the bucket of %v is %v wide", d, width)
		}
	}
	s.add(time.Second, 998)
	s.add(time.Hour, 2)
	if got := s.p999(); got != time.Hour {
		t.Errorf("998 s and 2 h: want an hour, got %v", got)
	}
	s.add(time.Second, 1001)
	if got := s.p999(); got < time.Second || got > 1125*time.Millisecond {
		t.Errorf("1999 s and 2 h: want a second, got %v", got)
	}
}
