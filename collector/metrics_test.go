package collector

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// checkMetricsPage holds a page against docs/metrics.md: it has nothing that is not told
// of there, and everything that is listed but for labels that come as they are met.
func checkMetricsPage(t *testing.T, page string) {
	t.Helper()
	text, err := os.ReadFile("../docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]bool{}
	for _, m := range regexp.MustCompile("(?m)^\\| `(\\w+)` \\|").FindAllStringSubmatch(string(text), -1) {
		told[m[1]], told[m[1]+"_sum"], told[m[1]+"_count"] = true, true, true
	}
	for _, m := range regexp.MustCompile(`(?m)^(\w+)[ {]`).FindAllStringSubmatch(page, -1) {
		if !strings.HasPrefix(m[1], "go_") && !strings.HasPrefix(m[1], "process_") && !told[m[1]] {
			t.Errorf("the page has %s, of which docs/metrics.md does not tell", m[1])
		}
	}
	for _, m := range Metrics() {
		for _, series := range m.Series(MetricsPrefix) {
			if !strings.Contains("\n"+page, "\n"+series) {
				t.Errorf("the page lacks %s", series)
			}
		}
	}
}

// A collector that has counted nothing yet shows all that it counts.
func TestMetricsPage(t *testing.T) {
	m := newMetrics()
	if got := m.total("requests", func(string) bool { return true }); got != 0 {
		t.Errorf("%d requests of a collector that had none", got)
	}
	m.count("requests", "stored", 2)
	m.count("requests", "malformed", 1)
	if got := m.total("requests", func(outcome string) bool { return outcome != "stored" }); got != 1 {
		t.Errorf("%d requests were refused; want 1", got)
	}
}
