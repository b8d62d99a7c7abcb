package text

import (
	"bytes"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// FuzzTimes gives any line to all formats and to the patterns of sites.
func FuzzTimes(f *testing.F) {
	for _, line := range []string{
		"<34>1 2026-11-01T10:00:00.003+08:00 host", "2026-11-01 10:00:00,123 INFO", "Nov  1 10:00:00 host", "x [01/Nov/2026:10:00:00 +0800]",
		"[Sun Nov 01 10:00:00 2026]", "261101  9:00:00", "20261101-1:2:3:4", "I1101 10:00:00.1", "2026年11月01日 上午10:00:00", "01-Nov-2026 10:00:00",
		"=INFO REPORT==== 1-Nov-2026::10:00:00 ===", "十一月 01, 2026 10:00:00 上午", "12:M 01 Nov 2026 10:00:00", "# Time: 261101 10:00:00",
		"msg=audit(1793498400.174:94983):", "- 1793498400 x", "1793498400123", `{"ts":1793498400.1}`, `{"log":"x","time":"2026-11-01T02:00:00.5Z"}`,
	} {
		f.Add([]byte(line), "%Y-%m-%d %H:%M:%S")
	}
	f.Add([]byte("01/Nov/26 10:00 AM"), "%d/%b/%y %I:%M %p")
	f.Add([]byte("@1793498400"), "@%s%%")
	zone := time.FixedZone("CST", 8*3600)
	f.Fuzz(func(t *testing.T, line []byte, pattern string) {
		all := formats()
		if p, err := compile(pattern); err == nil {
			all = append(all, p)
		}
		for _, form := range all {
			var s stamp
			if !form.read(line, &s) {
				continue
			}
			var w walk
			w.configure(Options{Zone: zone, ModTime: time.Date(2026, 11, 1, 22, 0, 0, 0, time.UTC)})
			w.observe(&s, 1)
			if r := w.reading(); r.Implausible == 0 && (r.First.Year() < 1999 || r.First.Year() > 2026) {
				t.Errorf("%s: %q gives %v", form.name, line, r.First)
			}
		}
	})
}

// FuzzScanner holds that pieces do not matter, that a state can be resumed from, and
// that the readers of the ends do not crash where the Scanner does not.
func FuzzScanner(f *testing.F) {
	f.Add([]byte("2026-10-01 00:00:00 a\n2026-10-03 00:00:00 b\nx\n2026-10-02"), uint64(1), "")
	f.Add([]byte("Dec 31 23:59:59 a\nJan  1 00:00:00 b\nFeb 29 00:00:00 c\nDec 31 23:59:59 b\n"), uint64(2), "")
	f.Add([]byte("type=X msg=audit(1793498400.174:1): a\ntype=X msg=audit(1793498400.174:9): a\n"), uint64(3), "")
	f.Add([]byte("#Fields: date time\n2026-10-01 00:00:00 a\n"), uint64(4), `{"version":1,"format":"rfc3164","walk":{"known":true,"virtual":true,"last":-5}}`)
	f.Add(bytes.Repeat([]byte("Nov  1 10:00:00 host what\r\n"), 3000), uint64(5), `{"version":1,"walk":{"known":true,"last":9223372036854775807,"gaps":[{"from":1,"to":-9}]}}`)
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte, seed uint64, state string) {
		o := Options{Zone: zone, ModTime: autumn(), Serials: true}
		random := rand.New(rand.NewPCG(seed, seed))
		whole, err := NewScanner(o)
		if err != nil {
			t.Fatal(err)
		}
		whole.Write(data) //nolint:errcheck // it never fails
		want := whole.Reading()
		got := scan(t, data, o, random)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("the chunks matter (-want +got):\n%s", diff)
		}
		if again := whole.Reading(); !cmp.Equal(want, again) {
			t.Errorf("a second reading differs:\n%s", cmp.Diff(want, again))
		}
		saved, err := whole.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		resumed, err := ResumeScanner(saved, o)
		if err != nil {
			t.Fatalf("resume from %s: %v", saved, err)
		}
		resumed.Write(data[int64(len(data))-whole.Pending():]) //nolint:errcheck // it never fails
		if got := resumed.Reading(); !cmp.Equal(endsOf(want), endsOf(got)) {
			t.Errorf("resumed:\n%s", cmp.Diff(endsOf(want), endsOf(got)))
		}
		if foreign, err := ResumeScanner([]byte(state), o); err == nil {
			foreign.Write(data) //nolint:errcheck // it never fails
			foreign.Reading()
		}
		if _, err := Head(bytes.NewReader(data), o); err != nil {
			t.Error(err)
		}
		if _, err := Tail(bytes.NewReader(data), int64(len(data)), o); err != nil {
			t.Error(err)
		}
		if _, _, err := Bisect(bytes.NewReader(data), int64(len(data)), o); err != nil {
			t.Error(err)
		}
	})
}
