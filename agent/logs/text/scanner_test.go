package text

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// layouts are the ways in which the generated logs write their times.
var layouts = map[string]string{
	"iso":     "2006-01-02 15:04:05.000",
	"rfc3164": "Jan _2 15:04:05",
	"clf":     "10.0.0.1 - - [02/Jan/2006:15:04:05 -0700]",
}

// generate writes a log of about size bytes that ends on the given day, with silences
// and without steps, and gives the silences longer than a day.
func generate(random *rand.Rand, layout string, size int, end time.Time, zone *time.Location) ([]byte, []Gap) {
	type line struct {
		at   time.Time
		text string
	}
	var lines []line
	at, total := end, 0
	typical := time.Duration(1+random.IntN(600)) * time.Second
	for total < size {
		text := strings.Repeat("x", random.IntN(200))
		if random.IntN(20) == 0 {
			text += "\n\tat a.trace(of.java:1) 2001-01-01 00:00:00 of an old time"
		}
		lines = append(lines, line{at, text})
		total += len(text) + len(layout)
		before := at.Add(-time.Duration(random.Int64N(int64(2 * typical))))
		if random.IntN(400) == 0 {
			before = at.Add(-time.Duration(random.Int64N(int64(80 * time.Hour))))
		}
		at = before.Truncate(time.Second)
	}
	var b bytes.Buffer
	var gaps []Gap
	for i, line := range slices.Backward(lines) {
		fmt.Fprintf(&b, "%s host %s\n", line.at.In(zone).Format(layout), line.text)
		if i > 0 && lines[i-1].at.Sub(lines[i].at) > 24*time.Hour {
			gaps = append(gaps, Gap{Kind: GapSilence, From: lines[i].at.UTC(), To: lines[i-1].at.UTC()})
		}
	}
	return b.Bytes(), gaps
}

// TestGeneratedLogs compares Scanner, bisection and what was generated.
func TestGeneratedLogs(t *testing.T) {
	zone := location(t, "Asia/Shanghai")
	end := autumn()
	for name, layout := range layouts {
		for seed := range uint64(12) {
			random := rand.New(rand.NewPCG(seed, 7))
			data, gaps := generate(random, layout, 1000+random.IntN(3<<20), end, zone)
			o := Options{Zone: zone, ModTime: end}
			got := scan(t, data, o, random)
			if diff := cmp.Diff(gaps, got.Gaps); diff != "" {
				t.Errorf("%s %d: gaps of the scanner (-want +got):\n%s", name, seed, diff)
			}
			if got.Steps != 0 || got.Implausible != 0 || got.Bytes != int64(len(data)) || !got.Last.Equal(end) {
				t.Errorf("%s %d: want no steps and all bytes, got %+v", name, seed, got)
			}
			survey, reads, err := Survey(bytes.NewReader(data), int64(len(data)), o)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(gaps, survey.Gaps); diff != "" {
				t.Errorf("%s %d: gaps of the bisection (-want +got):\n%s", name, seed, diff)
			}
			if diff := cmp.Diff(endsOf(got), endsOf(survey)); diff != "" {
				t.Errorf("%s %d: ends (-scanner +survey):\n%s", name, seed, diff)
			}
			days := int(survey.Last.Sub(survey.First).Hours()/24) + 1
			if most := 12 + 4*days + 40*len(gaps); reads > most {
				t.Errorf("%s %d: %d reads for %d days and %d gaps", name, seed, reads, days, len(gaps))
			}
		}
	}
}

// TestBisectReadsLittle is one silence in 20 days and 64 MiB.
func TestBisectReadsLittle(t *testing.T) {
	var b bytes.Buffer
	at := date("2026-10-01 00:00:00")
	for b.Len() < 64<<20 {
		fmt.Fprintf(&b, "%s host %s\n", at.Format("2006-01-02 15:04:05"), strings.Repeat("x", 100))
		if at = at.Add(3 * time.Second); at.Day() == 12 && at.Hour() == 7 {
			at = at.Add(30 * time.Hour)
		}
	}
	r := &countingReader{data: b.Bytes()}
	gaps, reads, err := Bisect(r, int64(b.Len()), Options{ModTime: autumn()})
	if err != nil {
		t.Fatal(err)
	}
	want := []Gap{{Kind: GapSilence, From: date("2026-10-12 06:59:57"), To: date("2026-10-13 13:00:00")}}
	if diff := cmp.Diff(want, gaps); diff != "" {
		t.Errorf("gaps (-want +got):\n%s", diff)
	}
	if reads > 120 || r.bytes > 2<<20 || reads != r.reads {
		t.Errorf("want few reads, got %d of %d bytes, counted %d", reads, r.bytes, r.reads)
	}
}

type countingReader struct {
	data         []byte
	reads, bytes int
}

func (c *countingReader) ReadAt(p []byte, at int64) (int, error) {
	c.reads++
	c.bytes += len(p)
	return bytes.NewReader(c.data).ReadAt(p, at)
}

// TestResume continues a Scanner at every point of a growing log.
func TestResume(t *testing.T) {
	zone := location(t, "Asia/Shanghai")
	for name, layout := range layouts {
		random := rand.New(rand.NewPCG(9, 9))
		data, _ := generate(random, layout, 200<<10, autumn(), zone)
		o := Options{Zone: zone, ModTime: autumn(), Serials: true}
		want := scan(t, data, o, random)
		var state []byte
		var at int64
		for at < int64(len(data)) {
			s, err := NewScanner(o)
			if state != nil {
				s, err = ResumeScanner(state, o)
			}
			if err != nil {
				t.Fatal(err)
			}
			n := min(int64(random.IntN(20<<10)), int64(len(data))-at)
			feed(s, data[at:at+n], random)
			pending := s.Pending()
			if at+n == int64(len(data)) {
				got := s.Reading()
				if diff := cmp.Diff([]any{endsOf(want), want.Gaps, want.Steps, want.Bytes}, []any{endsOf(got), got.Gaps, got.Steps, got.Bytes}); diff != "" {
					t.Errorf("%s (-want +got):\n%s", name, diff)
				}
				if got.P999 < want.P999/2 || got.P999 > want.P999*2 {
					t.Errorf("%s: want a percentile of about %v, got %v", name, want.P999, got.P999)
				}
			}
			if state, err = s.MarshalBinary(); err != nil {
				t.Fatal(err)
			}
			if got := s.Pending(); got != pending {
				t.Errorf("pending: want %d, got %d", pending, got)
			}
			if bytes.Contains(state, []byte("host")) || bytes.Contains(state, []byte("xxx")) {
				t.Fatalf("the state holds what the log says: %s", state)
			}
			if at += n - pending; n == pending && at+n == int64(len(data)) {
				break
			}
		}
	}
	for _, wrong := range []string{"", "{}", "nil", `{"version":1,"format":"nosuch"}`, `{"version":1,"serials":{"found":[{}]}}`, `{"version":2}`} {
		if _, err := ResumeScanner([]byte(wrong), Options{}); err == nil {
			t.Errorf("state %q: want an error", wrong)
		}
	}
	if _, err := ResumeScanner([]byte(`{"version":1}`), Options{Format: "nosuch"}); err == nil {
		t.Error("format: want an error")
	}
}

// TestLiveFileWithoutYears is a log that goes on in the next year: its first records
// keep their year although the file is newer at each look.
func TestLiveFileWithoutYears(t *testing.T) {
	s, err := NewScanner(Options{ModTime: date("2026-12-30 10:00:00")})
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(s, log("Dec 29 10:00:00", "Dec 30 10:00:00"))
	state, err := s.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	if s, err = ResumeScanner(state, Options{ModTime: date("2027-01-02 10:00:00")}); err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(s, log("Jan  2 10:00:00"))
	if diff := cmp.Diff(ends{"2026-12-29T10:00:00Z", "2027-01-02T10:00:00Z", "rfc3164"}, endsOf(s.Reading())); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestLongLines(t *testing.T) {
	long := func(size int) string { return strings.Repeat("y", size) }
	log := "2026-10-01 00:00:00 " + long(40<<10) + "\n" +
		`{"log":"` + long(300<<10) + `","stream":"stdout","time":"2026-10-01T02:00:00Z"}` + "\n" +
		"2026-10-01 01:00:00 " + long(3<<20) + "\n" +
		"2026-10-03 02:00:00 " + long(5<<20)
	got := scan(t, []byte(log), Options{ModTime: autumn()}, rand.New(rand.NewPCG(1, 2)))
	if diff := cmp.Diff(ends{"2026-10-01T00:00:00Z", "2026-10-03T02:00:00Z", "iso"}, endsOf(got)); diff != "" || len(got.Gaps) != 1 {
		t.Errorf("%v (-want +got):\n%s", got.Gaps, diff)
	}
	if got.Bytes != int64(len(log)) {
		t.Errorf("want %d bytes, got %d", len(log), got.Bytes)
	}
	hole := "2026-10-01 00:00:00 a\n" + strings.Repeat("\x00", 300<<10) + "2026-10-01 01:00:00 b\n2026-10-01 02:00:00 c\n"
	if got := endsOf(everyWay(t, hole, Options{ModTime: autumn()})); got.Last != "2026-10-01T02:00:00Z" {
		t.Errorf("behind a hole: %v", got)
	}
}

func TestTailGrows(t *testing.T) {
	trace := strings.Repeat("\tat some.place(of.java:1)\n", 8<<10)
	log := "2026-10-01 00:00:00 a\n2026-10-01 01:00:00 b\n" + trace
	got, err := Tail(strings.NewReader(log), int64(len(log)), Options{ModTime: autumn()})
	if err != nil {
		t.Fatal(err)
	}
	if want, got := "2026-10-01T01:00:00Z", endsOf(got).Last; want != got {
		t.Errorf("want %s, got %s", want, got)
	}
	log += strings.Repeat(trace, 8)
	if got, err = Tail(strings.NewReader(log), int64(len(log)), Options{ModTime: autumn()}); err != nil || !got.Unparsed || got.Bytes != tailMax {
		t.Errorf("want nothing in 1 MiB, got %+v, %v", got, err)
	}
	if _, err = Tail(strings.NewReader(log), int64(len(log))+10, Options{}); err == nil {
		t.Error("a file that became shorter: want an error")
	}
	if got, err = Tail(strings.NewReader(""), 0, Options{}); err != nil || !got.Unparsed {
		t.Errorf("empty: %+v, %v", got, err)
	}
	if _, _, err = Bisect(strings.NewReader(log), int64(len(log))+10, Options{}); err == nil {
		t.Error("bisection of a file that became shorter: want an error")
	}
}

// TestTangled is the end of the patience with a file that has hardly any times.
func TestTangled(t *testing.T) {
	b := bisection{r: strings.NewReader(""), size: 100, bytes: 201 + spareReads}
	if _, err := b.read(0, 10); !errors.Is(err, ErrTangled) {
		t.Errorf("want %v, got %v", ErrTangled, err)
	}
	// Two times with nothing datable between them are found within the limit.
	data := "2026-10-01 00:00:00 a\n" + strings.Repeat("\tat a.place(of.java:1)\n", 200_000) + "2026-10-03 00:00:00 b\n"
	gaps, _, err := Bisect(strings.NewReader(data), int64(len(data)), Options{ModTime: autumn()})
	want := []Gap{{Kind: GapSilence, From: date("2026-10-01 00:00:00"), To: date("2026-10-03 00:00:00")}}
	if diff := cmp.Diff(want, gaps); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}
