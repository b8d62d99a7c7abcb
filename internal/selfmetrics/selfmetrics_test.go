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
	s := New("yunjian_test_")
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
