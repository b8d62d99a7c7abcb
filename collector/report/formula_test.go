package report

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func same(t *testing.T, name string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateApprox(0, 1e-12)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

var none = Figure{State: None}

func TestF1Coverage(t *testing.T) {
	same(t, "nine of ten", Coverage(900, 1200, 200), Of(0.9))
	same(t, "off all the time: nothing due", Coverage(0, 100, 100), none)
	same(t, "nothing allocated", Coverage(0, 0, 0), none)
	same(t, "silent", Coverage(0, 100, 0), Of(0))
	same(t, "never above 1", Coverage(110, 100, 0), Of(1))
}

func TestF2ManagedRate(t *testing.T) {
	hosts := []HostFacts{
		{AtEnd: true, ObservedSeconds: 86400},
		{AtEnd: true, ObservedSeconds: 86399},
		{AtEnd: true},
		{AtEnd: false, ObservedSeconds: 864000}, // released: neither in numerator nor denominator
		{AtEnd: true, ObservedSeconds: 90000},
	}
	same(t, "two of four", ManagedRate(hosts), Of(0.5))
	same(t, "no host at the end", ManagedRate(hosts[3:4]), none)
}

func TestF3F4F5TakeBothDenominators(t *testing.T) {
	facts := map[string]float64{
		"cpu_avg": 0.1, "cpu_avg_running": 0.2, "cpu_p95": 0.3, "cpu_p95_running": 0.4,
		"memory_avg": 0.5, "memory_avg_running": 0.6, "memory_p95": 0.7, "memory_p95_running": 0.8,
	}
	same(t, "F3", MeanCPU(facts), Usage{Of(0.1), Of(0.2)})
	same(t, "F4", CPUP95(facts), Usage{Of(0.3), Of(0.4)})
	same(t, "F5 mean", MeanMemory(facts), Usage{Of(0.5), Of(0.6)})
	same(t, "F5 P95", MemoryP95(facts), Usage{Of(0.7), Of(0.8)})
	same(t, "off all month", MeanCPU(map[string]float64{"cpu_avg": 0}), Usage{Of(0), none})
	same(t, "never observed", MeanCPU(nil), Usage{})
}

func TestF6Storage(t *testing.T) {
	host := func(disk uint64, used float64) HostFacts {
		return HostFacts{DiskGiB: disk, Facts: map[string]float64{"storage_used_ratio": used}}
	}
	silent := func(disk uint64) HostFacts { return HostFacts{DiskGiB: disk} }
	same(t, "weighted", StorageUsed([]HostFacts{host(100, 0.5), host(300, 0.1)}), Of(80.0/400))
	same(t, "a silent tenth leaves both sums", StorageUsed([]HostFacts{host(900, 0.5), silent(100)}), Of(0.5))
	same(t, "too much is silent", StorageUsed([]HostFacts{host(899, 0.5), silent(101)}), Figure{})
	same(t, "no disk given", StorageUsed([]HostFacts{silent(0)}), Figure{})

	start := time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC)
	grow := func(days int, from, to int64) Figure {
		return DailyGrowth(Storage{FirstAt: start, LastAt: start.AddDate(0, 0, days), FirstMiB: from, LastMiB: to})
	}
	same(t, "one GiB a day", grow(10, 1024, 11*1024), Of(1))
	same(t, "shrinks", grow(2, 2048, 0), Of(-1))
	same(t, "looked once", grow(0, 1024, 1024), Figure{})
	same(t, "full in 20 days", DaysToFull(Of(100), Of(0.8), Of(1)), Of(20))
	same(t, "full", DaysToFull(Of(100), Of(1.1), Of(1)), Of(0))
	same(t, "does not grow", DaysToFull(Of(100), Of(0.8), Of(0)), none)
	same(t, "growth not known", DaysToFull(Of(100), Of(0.8), Figure{}), Figure{})
}

func TestF7Change(t *testing.T) {
	same(t, "a quarter more", QuantityChange(Of(10), Of(8)), Of(0.25))
	same(t, "from nothing", QuantityChange(Of(10), Of(0)), none)
	same(t, "no month before", QuantityChange(Of(10), Figure{}), Figure{})
	same(t, "points", RatioChange(Of(0.30), Of(0.25)), Of(0.05))
	same(t, "no ratio then", RatioChange(Of(0.3), none), none)
	same(t, "no ratio now", RatioChange(Figure{}, Of(0.3)), Figure{})
}

func TestF11SavingCountsAHostOnce(t *testing.T) {
	actions := []Action{
		{Host: "a", Before: Resources{8, 16, 100}, After: Resources{4, 8, 100}},
		{Host: "b", Before: Resources{2, 4, 50}},
		{Host: "a", Before: Resources{8, 16, 100}}, // accepted in the end: reclaimed
	}
	same(t, "saving", Saving(actions), Resources{10, 20, 150})
	same(t, "nothing", Saving(nil), Resources{})
}

func TestF17Score(t *testing.T) {
	w := DraftWeights()
	score := func(cpu, memory, storage float64) Figure { return Score(w, Of(cpu), Of(memory), Of(storage)) }
	same(t, "all in range", score(0.40, 0.80, 0.50), Of(100))
	same(t, "half of each lower bound", score(0.20, 0.20, 0.25), Of(50))
	same(t, "half way above", score(0.85, 0.90, 0.925), Of(50))
	same(t, "all full", score(1, 1, 1), Of(0))
	same(t, "more used than allocated", score(1.5, 1.2, 1.1), Of(0))
	same(t, "storage missing", Score(w, Of(0.5), Of(0.5), Figure{}), Figure{})
	same(t, "ranks", Ranks([]Figure{Of(50), {}, Of(90), Of(50), Of(10)}), []Figure{Of(2), {}, Of(1), Of(2), Of(4)})
}

func TestClass(t *testing.T) {
	for _, c := range []struct {
		ratio float64
		want  int
	}{{0, 0}, {0.0499, 0}, {0.05, 1}, {0.2, 2}, {0.4, 3}, {0.7, 3}, {0.7001, 4}, {1.3, 4}} {
		if got := Class(c.ratio); got != c.want {
			t.Errorf("Class(%v) = %d; want %d", c.ratio, got, c.want)
		}
	}
}
