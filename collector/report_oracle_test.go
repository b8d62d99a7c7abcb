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

// bucket is what the hosts that belong come to in five minutes.
type bucket struct {
	cpu, cpuSeen, cpuRunning, cpuAllocated int
	memory, memorySeen, memoryAllocated    int
	due, seen                              int // hosts
}

func at(month time.Month, b int, belongs func(*fixtureHost) bool) (x bucket) {
	hosts := fixtureHosts()
	for i := range hosts {
		h := &hosts[i]
		september := month == time.September
		if !belongs(h) || h.since > 0 && (!september || b < (h.since-1)*bucketsADay) {
			continue
		}
		size := h.sizeAt(month, b)
		x.cpuAllocated, x.memoryAllocated = x.cpuAllocated+size.vcpu*1000, x.memoryAllocated+size.memoryMiB
		off := september && b < h.offDays*bucketsADay
		if !off {
			x.due++
		}
		if h.silent || september && h.missing(b) && !off {
			continue
		}
		x.cpuSeen, x.memorySeen = x.cpuSeen+size.vcpu*1000, x.memorySeen+size.memoryMiB
		if off {
			continue
		}
		x.seen++
		c, m := h.used(month, b)
		x.cpu, x.memory, x.cpuRunning = x.cpu+c, x.memory+m, x.cpuRunning+size.vcpu*1000
	}
	return x
}

// checkCurve: the means by hour of the day, on working days and others, of the whole. In
// September 2026 the 20th, a Sunday, is worked, and the 25th, a Friday, is a holiday
// (notice of the State Council for 2026).
func checkCurve(t *testing.T, m *report.Month) {
	var cpu, cpuOf, memory, memoryOf [2][24]int
	for b := range fixtureMonth().Days() * bucketsADay {
		day := time.Date(2026, time.September, 1+b/bucketsADay, 0, 0, 0, 0, time.UTC)
		works := day.Weekday() != time.Saturday && day.Weekday() != time.Sunday
		if day.Day() == 20 || day.Day() == 25 {
			works = !works
		}
		kind, hour := 1, b%bucketsADay*24/bucketsADay
		if works {
			kind = 0
		}
		x := at(time.September, b, func(*fixtureHost) bool { return true })
		if 10*x.cpuSeen >= 9*x.cpuAllocated {
			cpu[kind][hour], cpuOf[kind][hour] = cpu[kind][hour]+x.cpu, cpuOf[kind][hour]+x.cpuSeen
		}
		if 10*x.memorySeen >= 9*x.memoryAllocated {
			memory[kind][hour], memoryOf[kind][hour] = memory[kind][hour]+x.memory, memoryOf[kind][hour]+x.memorySeen
		}
	}
	mean := func(used, of [2][24]int, kind, hour int) report.Figure {
		if of[kind][hour] == 0 {
			return report.Figure{}
		}
		return report.Of(float64(used[kind][hour]) / float64(of[kind][hour]))
	}
	var want []report.CurveHour
	for hour := range 24 {
		want = append(want, report.CurveHour{
			Hour: hour, CPUWorkday: mean(cpu, cpuOf, 0, hour), CPURestday: mean(cpu, cpuOf, 1, hour),
			MemoryWorkday: mean(memory, memoryOf, 0, hour), MemoryRestday: mean(memory, memoryOf, 1, hour),
		})
	}
	if diff := cmp.Diff(want, m.Curve, cmpopts.EquateApprox(0, 1e-12)); diff != "" {
		t.Errorf("curve (-definition +report):\n%s", diff)
	}
	if want[10].CPUWorkday.State != report.Known || want[10].CPURestday.State != report.Known {
		t.Error("the fixture knows nothing of 10:00")
	}
}

// oracle computes F1, F3, F4 and F5 of the hosts that belong, by their definitions.
func oracle(month time.Month, belongs func(*fixtureHost) bool) group {
	days := fixtureMonth().Add(int(month - time.September)).Days()
	var cpu, cpuRun, mem []float64
	var usedCPU, allocCPU, runCPU, usedMem, allocMem, due, seen int
	for b := range days * bucketsADay {
		x := at(month, b, belongs)
		u, a, run, mu, ma := x.cpu, x.cpuSeen, x.cpuRunning, x.memory, x.memorySeen
		all, mall := x.cpuAllocated, x.memoryAllocated
		due, seen = due+x.due, seen+x.seen
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
