package selfmetrics

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestPage(t *testing.T) {
	s := New("yunjian_test_", []Metric{
		{Name: "batches_total", Kind: KindCounter},
		{Name: "requests_total", Kind: KindCounter, Label: "outcome", Open: true},
		{Name: "spool_bytes", Kind: KindGauge},
		{Name: "request_seconds_total", Kind: KindCounter},
		{Name: "commit_seconds", Kind: KindSummary},
	})
	c := s.Counter("batches_total")
	s.Counter("requests_total", Label{"outcome", `a"b`}).Add(3)
	s.Gauge("spool_bytes", func() float64 { return 4096 })
	s.Seconds("request_seconds_total").Add(1500 * time.Millisecond)
	s.Summary("commit_seconds").Observe(0.25)
	c.Inc()
	c.Add(2)
	var b bytes.Buffer
	s.WritePrometheus(&b)
	var got []string
	goLines, processLines := 0, 0
	for line := range strings.Lines(b.String()) {
		switch {
		case strings.HasPrefix(line, "yunjian_test_"):
			got = append(got, strings.TrimSpace(line))
		case strings.HasPrefix(line, "go_"):
			goLines++
		case strings.HasPrefix(line, "process_"):
			processLines++
		}
	}
	want := []string{
		"yunjian_test_batches_total 3",
		`yunjian_test_commit_seconds{quantile="0.5"} 0.25`,
		"yunjian_test_commit_seconds_count 1",
		"yunjian_test_commit_seconds_sum 0.25",
		"yunjian_test_request_seconds_total 1.5",
		`yunjian_test_requests_total{outcome="a\"b"} 3`,
		"yunjian_test_spool_bytes 4096",
	}
	got = slices.DeleteFunc(got, func(l string) bool { return strings.Contains(l, "quantile") && !strings.Contains(l, `"0.5"`) })
	slices.Sort(got)
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if c.Value() != 3 || goLines == 0 || processLines == 0 {
		t.Errorf("Value %d, %d go_ lines, %d process_ lines", c.Value(), goLines, processLines)
	}
}

// What is not described cannot be made.
func TestNotDescribed(t *testing.T) {
	known := []Metric{
		{Name: "a_total", Kind: KindCounter},
		{Name: "b_total", Kind: KindCounter, Label: "outcome", Values: []string{"ok"}},
		{Name: "c", Kind: KindGauge},
	}
	for name, make := range map[string]func(*Set){
		"unknown name":  func(s *Set) { s.Counter("x_total") },
		"another kind":  func(s *Set) { s.Counter("c") },
		"no label":      func(s *Set) { s.Counter("b_total") },
		"another label": func(s *Set) { s.Counter("b_total", Label{"reason", "ok"}) },
		"another value": func(s *Set) { s.Counter("b_total", Label{"outcome", "bad"}) },
		"a label":       func(s *Set) { s.Counter("a_total", Label{"outcome", "ok"}) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("it was made")
				}
			}()
			make(New("yunjian_test_", known))
		})
	}
}
