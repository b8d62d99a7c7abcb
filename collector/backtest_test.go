package collector_test

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/yunjian-io/yunjian/collector"
	"github.com/yunjian-io/yunjian/rules/rightsize"
	"github.com/yunjian-io/yunjian/rules/rightsize/backtest"
)

// sharedFile is a file or folder of the shared data.
func sharedFile(t testing.TB, parts ...string) string {
	t.Helper()
	root := os.Getenv("YUNJIAN_SHARED")
	if root == "" {
		root = filepath.Join("..", "..", "shared")
	}
	name := filepath.Join(append([]string{root}, parts...)...)
	if _, err := os.Stat(name); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	return name
}

var openTraces = sync.OnceValues(func() (*collector.BacktestTraces, error) {
	root := os.Getenv("YUNJIAN_SHARED")
	if root == "" {
		root = filepath.Join("..", "..", "shared")
	}
	return collector.ReadBacktest(filepath.Join(root, "data", "traces"))
})

// openCases are the eligible machines of both months of the open traces.
func openCases(t testing.TB) (hosts []backtest.Host, months map[string][]backtest.Case) {
	t.Helper()
	sharedFile(t, "data", "traces")
	open, err := openTraces()
	if err != nil {
		t.Fatal(err)
	}
	months = map[string][]backtest.Case{}
	for _, m := range backtest.Months(open.Hosts) {
		months[m.Month.String()[:3]] = backtest.Cases(open.Hosts, m)
	}
	return open.Hosts, months
}

// TestBaselines holds every row of the peers against the reference implementation.
func TestBaselines(t *testing.T) {
	data, err := os.ReadFile(sharedFile(t, "domain", "rightsizing-open-baselines.json"))
	if err != nil {
		t.Fatal(err)
	}
	var baselines []map[string]any
	if err := json.Unmarshal(data, &baselines); err != nil {
		t.Fatal(err)
	}
	_, months := openCases(t)
	policies := map[string]rightsize.Policy{}
	for _, p := range rightsize.Peers() {
		policies[p.Title] = p
	}
	if len(baselines) != 72 {
		t.Fatalf("%d rows; want 72", len(baselines))
	}
	worst := 0.0
	for _, b := range baselines {
		title, month := b["policy"].(string), b["month"].(string)
		p, ok := policies[title]
		if !ok {
			t.Errorf("no policy is titled %q", title)
			continue
		}
		ladder := backtest.Ladder{}
		if b["ladder"].(bool) {
			ladder = backtest.PowersOfTwo()
		}
		row := backtest.Summarize(backtest.Run(p, months[month], ladder))
		for key, got := range map[string]float64{
			"n": float64(row.N), "cpu_saved": row.CPU.Saved, "cpu_saved_vm": row.CPU.SavedMean, "mem_saved": row.Memory.Saved, "mem_saved_vm": row.Memory.SavedMean,
			"cpu_viol_time": row.CPU.Time, "cpu_vm_any": row.CPU.Any, "cpu_vm_1pct": row.CPU.Breach, "cpu_vm_5pct": row.CPU.Breach5,
			"mem_viol_time": row.Memory.Time, "mem_vm_any": row.Memory.Any, "mem_vm_1pct": row.Memory.Breach, "cpu_unserved": row.CPU.Unserved,
			"cut_cpu": row.CPU.Cut, "cut_mem": row.Memory.Cut,
		} {
			want := b[key].(float64)
			worst = max(worst, math.Abs(got-want))
			if !(math.Abs(got-want) <= 0.001) {
				t.Errorf("%s, ladder %v, %s: %s = %.4f; want %.4f", month, b["ladder"], p.Name, key, got, want)
			}
		}
		if strings.Contains(p.Name, " ") {
			t.Errorf("%q is no machine name", p.Name)
		}
	}
	t.Logf("largest difference %.6f", worst)
}
