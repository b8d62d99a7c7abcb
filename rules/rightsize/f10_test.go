package rightsize

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestF10ByHand: need_cpu = max over months of P95/0.65, and the peak stays below 90 % of the
// target; need_mem = max over months of P99/0.80; at most half is cut; the smallest flavour that
// fits is taken (reports.md 0.3, F10).
func TestF10ByHand(t *testing.T) {
	a := advisor(t)
	a.Settings.Policy = "f10"
	a.Catalog = catalog()
	var f10 Policy
	for _, p := range Peers() {
		if p.Name == "f10" {
			f10 = p
		}
	}
	size := Size{VCPU: 16, MemoryMiB: 32768}
	// one in so many slots of a month is raised; 0 is none.
	raise := func(series []float64, from, to, every int, value float64) {
		for i := from * SlotsPerDay; every > 0 && i < to*SlotsPerDay; i += every {
			series[i] = value
		}
	}
	for name, tt := range map[string]struct {
		cpu    func(cores []float64)
		memory func(mib []float64)
		want   Need
		target Size // of the flavours with 2 or 4 GiB a core; zero where none smaller fits
	}{
		"P95 over 65 %": {func(c []float64) { raise(c, 0, 92, 12, 6.5) }, nil, Need{10, 16384}, Size{}},
		"of the worst month, not of all": { // 10 % of August are 3.6 % of three months
			func(c []float64) { raise(c, 0, 31, 10, 6.5) }, nil, Need{10, 16384}, Size{},
		},
		"peak over 90 %":      {func(c []float64) { raise(c, 0, 92, 1000, 8.1) }, nil, Need{9, 16384}, Size{}},
		"P99 of memory":       {nil, func(m []float64) { raise(m, 31, 61, 50, 20971.52) }, Need{8, 26214.4}, Size{VCPU: 8, MemoryMiB: 32768}},
		"P95 of memory":       {nil, func(m []float64) { raise(m, 0, 92, 200, 20971.52) }, Need{8, 16384}, Size{VCPU: 8, MemoryMiB: 16384}},
		"at most half is cut": {nil, nil, Need{8, 16384}, Size{VCPU: 8, MemoryMiB: 16384}},
	} {
		h := flat(3, size, 1, 4096)
		if tt.cpu != nil {
			tt.cpu(h.CPU)
		}
		if tt.memory != nil {
			tt.memory(h.Memory)
		}
		need, ok := f10.Need(h)
		round := func(x float64) float64 { return math.Round(1e6*x) / 1e6 }
		if diff := cmp.Diff(tt.want, Need{round(need.CPU), round(need.Memory)}); !ok || diff != "" {
			t.Errorf("%s: need %v (-by hand +policy):\n%s", name, ok, diff)
		}
		r := recommended(a, assessed(t, a, Host{Provider: "p", HostID: "h", Flavor: "c16.2", History: h}))[0]
		want := tt.target
		if want == (Size{}) { // there is none between 8 and 16 cores
			want = size
		}
		if r.Policy != "f10" || r.Target != want || (r.Action == Downsize) != (want != size) {
			t.Errorf("%s: %s says %s to %v; want %v", name, r.Policy, r.Action, r.Target, want)
		}
	}
}
