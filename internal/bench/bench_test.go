package main

import (
	"io"
	"math"
	"net"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/yunjian-io/yunjian/internal/wire"
)

func TestVerdicts(t *testing.T) {
	b := &bench{errOut: io.Discard, section: "s"}
	b.most("a", "B", 8, 8, "")
	b.most("b", "B", 8.1, 8, "")
	b.most("c", "B", 99, 0, "")
	b.least("d", "", 999_999, 1e6, "")
	b.least("e", "", 1e6, 1e6, "")
	b.none("f", 0)
	b.none("g", 1)
	var got []string
	for _, r := range b.report.Rows {
		got = append(got, r.What+" "+number(r.Figure)+" "+r.target()+" "+r.Verdict)
	}
	want := []string{
		"a 8 <= 8 met", "b 8.10 <= 8 MISSED", "c 99 - ", "d 999,999 >= 1,000,000 MISSED", "e 1,000,000 >= 1,000,000 met", "f 0 0 met", "g 1 0 MISSED",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	var out strings.Builder
	b.report.print(&out)
	if !strings.Contains(out.String(), "3 targets missed") {
		t.Errorf("table does not count what was missed:\n%s", out.String())
	}
}

func TestReadAnswer(t *testing.T) {
	type answer struct {
		Status int
		Text   string
		Failed bool
	}
	for _, test := range []struct {
		parts []string
		want  answer
	}{
		{[]string{"HTTP/1.1 204 No Content\r\nDate: x\r\n\r\n"}, answer{204, "", false}},
		{[]string{"HTTP/1.1 204 No Cont", "ent\r\n\r", "\n"}, answer{204, "", false}},
		{[]string{"HTTP/1.1 400 Bad Request\r\nContent-Length: 5\r\n\r\nwr", "ong"}, answer{400, "wrong", false}},
		{[]string{"HTTP/1.1 204 No Cont"}, answer{0, "HTTP/1.1 204 No Cont", true}},
		{[]string{"x\r\n\r\n"}, answer{0, "x\r\n\r\n", true}},
		{[]string{strings.Repeat("x", 2000)}, answer{0, strings.Repeat("x", 1024), true}},
	} {
		here, there := net.Pipe()
		go func() {
			defer there.Close()
			for _, part := range test.parts {
				if _, err := io.WriteString(there, part); err != nil {
					return // the reader had enough
				}
			}
		}()
		status, text, err := readAnswer(here)
		here.Close()
		if diff := cmp.Diff(test.want, answer{status, string(text), err != nil}); diff != "" {
			t.Errorf("answer %q (-want +got):\n%s", test.parts, diff)
		}
	}
}

// The bodies that receivers get hold every value as it would be stored, so that
// none has an advantage.
func TestFleet(t *testing.T) {
	f, again := newFleet(3, ""), newFleet(3, "")
	var d wire.Decoder
	d.Limits = wire.DefaultLimits()
	table := wire.NewTable()
	bodies := f.bodies(20, 1_780_000_020, true)
	same := again.bodies(20, 1_780_000_020, true)
	if diff := cmp.Diff(bodies, same); diff != "" {
		t.Error("the same seed gives other bodies")
	}
	for m := range bodies {
		for i, body := range bodies[m] {
			totals, devices := 0, 0
			err := d.Decode(body, wire.RemoteWrite1, func(s *wire.Series) error {
				v := s.Samples[0].Value
				if at, ok := table.Total(s.Name); ok {
					totals++
					if metric := table.Metric(at); math.IsNaN(v) || metric.Unpack(metric.Pack(v)) != v {
						t.Errorf("%s = %v is not what is stored", s.Name, v)
					}
				} else if metric, ok := table.Device(s.Name); ok && metric.Pack(v) != metric.Missing {
					devices++
				}
				return nil
			})
			if err != nil || totals != wire.RowWidth || devices != len(minutely()) {
				t.Errorf("minute %d of host %d: %d totals, %d devices, %v", m, i, totals, devices, err)
			}
		}
	}
}
