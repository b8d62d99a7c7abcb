package collector_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/yunjian-io/yunjian/collector/report"
)

// group is what the definitions give for some hosts in September or before it.
type group struct{ coverage, cpuAvg, cpuP95, cpuMax, cpuRun, cpuP95Run, memAvg, memP95 float64 }

// oracle computes F1, F3, F4 and F5 of the hosts that belong, by their definitions.
func oracle(month time.Month, belongs func(*fixtureHost) bool) group {
	days := fixtureMonth().Add(int(month - time.September)).Days()
	var cpu, cpuRun, mem []float64
	var usedCPU, allocCPU, runCPU, usedMem, allocMem, due, seen int
	hosts := fixtureHosts()
	for b := range days * bucketsADay {
		var u, a, all, run, mu, ma, mall int
		for i := range hosts {
			h := &hosts[i]
			september := month == time.September
			if !belongs(h) || h.since > 0 && (!september || b < (h.since-1)*bucketsADay) {
				continue
			}
			size := h.sizeAt(month, b)
			all, mall = all+size.vcpu*1000, mall+size.memoryMiB
			off := september && b < h.offDays*bucketsADay
			if !off {
				due++
			}
			if h.silent || september && h.missing(b) && !off {
				continue
			}
			a, ma = a+size.vcpu*1000, ma+size.memoryMiB
			if off {
				continue
			}
			seen++
			c, m := h.used(month, b)
			u, mu, run = u+c, mu+m, run+size.vcpu*1000
		}
		if a > 0 && 10*a >= 9*all {
			cpu = append(cpu, float64(u)/float64(a))
			usedCPU, allocCPU, runCPU = usedCPU+u, allocCPU+a, runCPU+run
			if run > 0 {
				cpuRun = append(cpuRun, float64(u)/float64(run))
			}
		}
		if ma > 0 && 10*ma >= 9*mall {
			mem = append(mem, float64(mu)/float64(ma))
			usedMem, allocMem = usedMem+mu, allocMem+ma
		}
	}
	p95 := func(x []float64) float64 {
		slices.Sort(x)
		return x[(95*len(x)+99)/100-1] // nearest rank: ceil(0.95 n)
	}
	return group{
		coverage: float64(seen) / float64(due), cpuAvg: float64(usedCPU) / float64(allocCPU), cpuP95: p95(cpu), cpuMax: slices.Max(cpu),
		cpuRun: float64(usedCPU) / float64(runCPU), cpuP95Run: p95(cpuRun), memAvg: float64(usedMem) / float64(allocMem), memP95: p95(mem),
	}
}

func of(u *report.Unit) group {
	return group{
		u.Coverage.Value, u.CPUAvg.Allocated.Value, u.CPUP95.Allocated.Value, u.CPUMax.Value, u.CPUAvg.Running.Value, u.CPUP95.Running.Value,
		u.MemoryAvg.Allocated.Value, u.MemoryP95.Allocated.Value,
	}
}

func checkFigures(t *testing.T, m *report.Month) {
	compare := func(name string, u *report.Unit, belongs func(*fixtureHost) bool) {
		t.Helper()
		options := []cmp.Option{cmp.AllowUnexported(group{}), cmpopts.EquateApprox(1e-12, 0)}
		if diff := cmp.Diff(oracle(time.September, belongs), of(u), options...); diff != "" {
			t.Errorf("%s (-definition +report):\n%s", name, diff)
		}
		change := of(u).cpuAvg - oracle(time.August, belongs).cpuAvg
		if diff := cmp.Diff(report.Of(change), u.CPUChange, cmpopts.EquateApprox(0, 1e-12)); diff != "" {
			t.Errorf("%s: change (-definition +report):\n%s", name, diff)
		}
	}
	for i := range m.Systems {
		s := &m.Systems[i]
		compare(s.ID, &s.Unit, func(h *fixtureHost) bool { return h.system == s.ID })
	}
	unitOf := map[string]string{"S1": "N-0001", "S2": "N-0001", "S3": "N-0002"}
	for i := range m.Units {
		u := &m.Units[i]
		compare(u.ID, u, func(h *fixtureHost) bool { return unitOf[h.system] == u.ID })
	}
	compare("total", &m.Total, func(*fixtureHost) bool { return true })
	for i := range m.Hosts {
		h := &m.Hosts[i]
		if h.ID == "b4" {
			if h.CPUP95.Allocated.State != report.Absent || h.Coverage != report.Of(0) {
				t.Errorf("b4, which never reported: P95 %+v, coverage %+v; want absent and 0", h.CPUP95, h.Coverage)
			}
			continue
		}
		want := oracle(time.September, func(f *fixtureHost) bool { return f.id == h.ID })
		got := group{coverage: h.Coverage.Value, cpuAvg: h.CPUAvg.Allocated.Value, cpuP95: h.CPUP95.Allocated.Value, cpuMax: h.CPUMax.Value, cpuRun: h.CPUAvg.Running.Value, cpuP95Run: h.CPUP95.Running.Value, memAvg: h.MemoryAvg.Allocated.Value, memP95: h.MemoryP95.Allocated.Value}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(group{}), cmpopts.EquateApprox(1e-12, 0)); diff != "" {
			t.Errorf("host %s (-definition +report):\n%s", h.ID, diff)
		}
	}
}
