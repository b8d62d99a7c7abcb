package rightsize

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/yunjian-io/yunjian/rules/calendar"
)

// watched is a history of some days in November 2026, at a steady 2 cores and 4 GiB.
func watched(days int) *History {
	h := &History{From: calendar.Date{Year: 2026, Month: 11, Day: 17}}
	for range days * SlotsPerDay {
		h.CPU, h.Memory = append(h.CPU, 2), append(h.Memory, 4096)
	}
	return h
}

func TestGuard(t *testing.T) {
	cal, err := calendar.Default()
	if err != nil {
		t.Fatal(err)
	}
	day := func(n int) calendar.Date { return calendar.Date{Year: 2026, Month: 11, Day: n} }
	size := Size{VCPU: 4, MemoryMiB: 8192}
	for _, tt := range []struct {
		why     string
		ceiling float64
		history func() *History
		want    GuardFinding
	}{
		{"a steady host is fine", 0, func() *History { return watched(3) }, GuardFinding{
			State: GuardOK, Day: day(19), Slots: 864, CPUAllowed: 86, CPUPeak: 2, MemoryPeak: 4096, PeakAt: "2026-11-17 00:00", Need: size,
		}},
		{"at the size is not above it", 0, func() *History { h := watched(1); h.CPU[3], h.Memory[3] = 4, 8192; return h }, GuardFinding{
			State: GuardOK, Day: day(17), Slots: 288, CPUAllowed: 86, CPUPeak: 4, MemoryPeak: 8192, PeakAt: "2026-11-17 00:15", Need: size,
		}},
		{"one slot of memory is a risk; Friday and three working days", 0, func() *History { h := watched(9); h.Memory[3*SlotsPerDay+18] = 9000; return h }, GuardFinding{
			State: GuardRestore, Day: day(20), Trigger: day(20), Due: calendar.Day{Date: day(25)}, Slots: 4 * 288, MemoryAbove: 1, CPUAllowed: 86,
			CPUPeak: 2, MemoryPeak: 9000, PeakAt: "2026-11-20 01:30", Need: Size{VCPU: 4, MemoryMiB: 9000},
		}},
		{"some slots of CPU are watched", 0, func() *History { h := watched(2); fill(h.CPU[100:106], 5); return h }, GuardFinding{
			State: GuardWatch, Day: day(18), Slots: 576, CPUAbove: 6, CPUAllowed: 86, CPUPeak: 5, MemoryPeak: 4096, PeakAt: "2026-11-17 08:20", Need: size,
		}},
		{"1 % of the month is allowed", 0, func() *History { h := watched(30); fill(h.CPU[:86], 5); return h }, GuardFinding{
			State: GuardOK, Day: day(17).AddDays(29), Slots: 30 * 288, CPUAbove: 86, CPUAllowed: 86, CPUPeak: 5, MemoryPeak: 4096, PeakAt: "2026-11-17 00:00", Need: size,
		}},
		{"one slot more is a risk", 0, func() *History { h := watched(9); fill(h.CPU[:86], 5); h.CPU[2*SlotsPerDay] = 6; return h }, GuardFinding{
			State: GuardRestore, Day: day(19), Trigger: day(19), Due: calendar.Day{Date: day(24)}, Slots: 3 * 288, CPUAbove: 87, CPUAllowed: 86,
			CPUPeak: 6, MemoryPeak: 4096, PeakAt: "2026-11-19 00:00", Need: Size{VCPU: 6, MemoryMiB: 8192},
		}},
		{"a host that runs into its limit needs more than it shows", 0.95, func() *History { h := watched(1); h.Memory[0] = 7900; return h }, GuardFinding{
			State: GuardRestore, Day: day(17), Trigger: day(17), Due: calendar.Day{Date: day(20)}, Slots: 288, MemoryAbove: 1, CPUAllowed: 86,
			CPUPeak: 2, MemoryPeak: 7900, PeakAt: "2026-11-17 00:00", Need: Size{VCPU: 4, MemoryMiB: 12288},
		}},
		{"no data are no risk and no safety", 0, func() *History { h := watched(2); fill(h.CPU, math.NaN()); fill(h.Memory, math.NaN()); return h }, GuardFinding{
			State: GuardUnknown, Day: day(18), CPUAllowed: 86, Need: size,
		}},
		{"no whole day yet", 0, func() *History { return watched(0) }, GuardFinding{State: GuardUnknown, CPUAllowed: 86, Need: size}},
		{"memory that is not measured", 0, func() *History { h := watched(1); h.Memory = nil; return h }, GuardFinding{
			State: GuardOK, Day: day(17), Slots: 288, CPUAllowed: 86, CPUPeak: 2, PeakAt: "2026-11-17 00:00", Need: size,
		}},
	} {
		got := Guard(GuardChange{Size: size, Ceiling: tt.ceiling}, tt.history(), cal, 3)
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.why, diff)
		}
	}
}

func fill(slots []float64, v float64) {
	for i := range slots {
		slots[i] = v
	}
}
