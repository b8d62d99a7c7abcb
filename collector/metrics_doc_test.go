package collector_test

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/yunjian-io/yunjian/agent"
	"github.com/yunjian-io/yunjian/collector"
	"github.com/yunjian-io/yunjian/internal/selfmetrics"
	"github.com/yunjian-io/yunjian/internal/wire"
)

// docs/metrics.md is made of what hosts send and of what agent and collector list about
// themselves.
func TestMetricsDoc(t *testing.T) {
	const name = "../docs/metrics.md"
	got := wire.MetricsDoc() +
		selfmetrics.Doc("The agent about itself", "On the agent's page `/metrics` (configuration `listen`).", agent.MetricsPrefix, agent.Metrics()) +
		selfmetrics.Doc("The collector about itself", "On the collector's page `/metrics`. Table `collector_health` holds a part of it every minute.", collector.MetricsPrefix, collector.Metrics()) +
		"\nBoth pages also have `process_*` and `go_*` (CPU, memory, files, goroutines, collections of garbage) as VictoriaMetrics/metrics writes them for Go programs.\n"
	if *update {
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("docs/metrics.md is not what the code says; run `make docs`:\n%s", diff)
	}
}

// Nothing is listed twice, and each is told of.
func TestDescriptions(t *testing.T) {
	for prefix, all := range map[string][]selfmetrics.Metric{agent.MetricsPrefix: agent.Metrics(), collector.MetricsPrefix: collector.Metrics()} {
		seen := map[string]bool{}
		for _, m := range all {
			if seen[m.Name] || m.Help == "" || m.Name == "" || m.Label == "" && len(m.Values) > 0 || m.Label != "" && len(m.Values) == 0 && !m.Open {
				t.Errorf("%s: %+v", prefix, m)
			}
			seen[m.Name] = true
		}
	}
}
