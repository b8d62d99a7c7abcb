package collector_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/yunjian-io/yunjian/collector"
	"github.com/yunjian-io/yunjian/collector/traces"
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

// openHosts are the machines of the open traces.
func openHosts(t testing.TB) []backtest.Host {
	t.Helper()
	sharedFile(t, "data", "traces")
	open, err := openTraces()
	if err != nil {
		t.Fatal(err)
	}
	return open.Hosts
}

// TestBaselines holds every row of the peers that the command prints
// against the reference implementation.
func TestBaselines(t *testing.T) {
	data, err := os.ReadFile(sharedFile(t, "domain", "rightsizing-open-baselines.json"))
	if err != nil {
		t.Fatal(err)
	}
	var baselines []map[string]any
	if err := json.Unmarshal(data, &baselines); err != nil {
		t.Fatal(err)
	}
	result, err := backtest.Play(openHosts(t), backtest.Options{Policies: rightsize.Peers()})
	if err != nil {
		t.Fatal(err)
	}
	type key struct {
		title, month string
		flavours     bool
	}
	rows := map[key]backtest.PolicyRow{}
	for _, row := range result.Rows {
		month := map[string]string{"2013-08": "Aug", "2013-09": "Sep"}[row.Month]
		rows[key{row.Title, month, row.Ladder == "flavours"}] = row
	}
	if len(baselines) != 72 {
		t.Fatalf("%d rows; want 72", len(baselines))
	}
	worst := 0.0
	for _, b := range baselines {
		title, month := b["policy"].(string), b["month"].(string)
		row, ok := rows[key{title, month, b["ladder"].(bool)}]
		if !ok {
			t.Errorf("no row is titled %q in %s", title, month)
			continue
		}
		for key, got := range map[string]float64{
			"n": float64(row.N), "cpu_saved": row.CPU.Saved, "cpu_saved_vm": row.CPU.SavedMean, "mem_saved": row.Memory.Saved, "mem_saved_vm": row.Memory.SavedMean,
			"cpu_viol_time": row.CPU.Time, "cpu_vm_any": row.CPU.Any, "cpu_vm_1pct": row.CPU.Breach, "cpu_vm_5pct": row.CPU.Breach5,
			"mem_viol_time": row.Memory.Time, "mem_vm_any": row.Memory.Any, "mem_vm_1pct": row.Memory.Breach, "cpu_unserved": row.CPU.Unserved,
			"cut_cpu": row.CPU.Cut, "cut_mem": row.Memory.Cut,
		} {
			want := b[key].(float64)
			worst = max(worst, math.Abs(got-want))
			if !(math.Abs(got-want) <= 0.001) {
				t.Errorf("%s, ladder %v, %s: %s = %.4f; want %.4f", month, b["ladder"], row.Policy, key, got, want)
			}
		}
		if strings.Contains(row.Policy, " ") {
			t.Errorf("%q is no machine name", row.Policy)
		}
	}
	t.Logf("largest difference %.6f", worst)
}

// TestOracle holds the figures of the protocol on the open traces: what knows the month
// saves 34.0 % of CPU and 26.1 % of memory; AWS's default 35.5 % at 2.23 %.
func TestOracle(t *testing.T) {
	hosts := openHosts(t)
	var aws []rightsize.Policy
	for _, p := range rightsize.Peers() {
		if p.Name == "aws-default" {
			aws = append(aws, p)
		}
	}
	result, err := backtest.Play(hosts, backtest.Options{Policies: aws, Idle: rightsize.IdleRules()})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, row := range result.Rows {
		if row.Month == "all" && row.Ladder == "flavours" {
			got[row.Policy] = fmt.Sprintf("%d: CPU %.1f at %.2f, memory %.1f", row.N, 100*row.CPU.Saved, 100*row.CPU.Breach, 100*row.Memory.Saved)
		}
	}
	for _, row := range result.Idle {
		got[row.Name] = fmt.Sprintf("%d: flagged %.1f, woke %.1f", row.N-row.Unjudged, 100*row.Flagged, 100*row.Woke)
	}
	want := map[string]string{
		"oracle":      "674: CPU 34.0 at 0.00, memory 26.1",
		"aws-default": "674: CPU 35.5 at 2.23, memory 31.5",
		// Measured here; the published table of idle rules is of another population.
		"azure": "674: flagged 26.9, woke 2.2", "aws": "674: flagged 12.0, woke 2.5", "huawei": "674: flagged 28.8, woke 2.6",
		"gcp": "674: flagged 28.3, woke 6.8", "vmware": "674: flagged 52.4, woke 12.5", "yunjian": "674: flagged 29.1, woke 1.5",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestReadBacktestFolder reads a GWA-T-12 folder: a machine is off, then lacks a row.
func TestReadBacktestFolder(t *testing.T) {
	dir := t.TempDir()
	head := "Timestamp [ms];\tCPU cores;\tCPU capacity provisioned [MHZ];\tCPU usage [MHZ];\tCPU usage [%];\tMemory capacity provisioned [KB];\tMemory usage [KB];\t" +
		"Disk read throughput [KB/s];\tDisk write throughput [KB/s];\tNetwork received throughput [KB/s];\tNetwork transmitted throughput [KB/s]\n"
	at := time.Date(2013, 7, 1, 0, 0, 4, 0, time.FixedZone("CEST", 2*3600)).Unix()
	rows := fmt.Sprintf("%d;\t2;\t5000;\t125;\t2.5;\t8388608;\t1048576;\t0;\t0;\t1;\t3\n%d;\t0;\t0;\t0;\t0;\t0;\t0;\t0;\t0;\t0;\t0\n%d;\t2;\t5000;\t250;\t5;\t8388608;\t2097152;\t0;\t0;\t3;\t0.5\n",
		at, at+300, at+900)
	if err := os.WriteFile(filepath.Join(dir, "27.csv"), []byte(head+rows), 0o600); err != nil {
		t.Fatal(err)
	}
	read, err := collector.ReadBacktest(dir)
	if err != nil {
		t.Fatal(err)
	}
	h := read.Hosts[0]
	text := func(series []float64) string { return fmt.Sprint(series[:5]) }
	got := []string{
		h.ID, fmt.Sprint(h.Block), h.From.String(), text(h.CPU), text(h.Memory), fmt.Sprint(h.Off[:5]), fmt.Sprint(h.Provisioned),
		fmt.Sprint(h.Network), fmt.Sprint(h.Transmit[:2]),
	}
	want := []string{
		"27", "2", "2013-07-01", "[125 NaN NaN 250 NaN]", "[1024 NaN NaN 2048 NaN]", "[false true false false false]", "[{2 5000 8192}]",
		"[{2 1 1 1.2e+06 1.05e+06}]", "[1750 NaN]",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if _, err := collector.ReadBacktest(filepath.Join(dir, "27.csv")); err == nil || !strings.Contains(err.Error(), "it is no folder") {
		t.Errorf("a file for a folder: %v", err)
	}
	if _, err := collector.ReadBacktest(t.TempDir()); !errors.Is(err, traces.ErrLayout) {
		t.Errorf("an empty folder: %v", err)
	}
}
