package rightsize

import (
	"math"

	"github.com/yunjian-io/yunjian/rules/calendar"
)

// GuardState is what the guard says of a host after its size was changed.
type GuardState string

// The states of the guard. GuardUnknown is neither risk nor its absence: nothing was measured.
const (
	GuardOK      GuardState = "ok"
	GuardWatch   GuardState = "watch"
	GuardRestore GuardState = "restore"
	GuardUnknown GuardState = "unknown"
)

// GuardChange is a change that the guard watches.
type GuardChange struct {
	// Size is what the host has since the change.
	Size Size
	// CPURisk is the predicted probability that more than 1 % of the slots of the month
	// exceed Size; nil where none was predicted.
	CPURisk *float64
	// Ceiling is the share of Size from which a slot counts as above. A host that was
	// resized cannot show more than it has, so demand that reaches this share is taken
	// for demand above. Zero means strictly above Size, for demand that was measured
	// without the limit, as in a back-test.
	Ceiling float64
}

// GuardFinding is what the guard says as of the last whole day of a history.
type GuardFinding struct {
	State GuardState `json:"state"`
	// Day is the last whole day that was looked at.
	Day calendar.Date `json:"day"`
	// Trigger is the first day on which the risk showed; zero if it did not.
	Trigger calendar.Date `json:"trigger,omitzero"`
	// Due is the last day to restore the host, by working days from Trigger (Art. 22).
	Due calendar.Day `json:"due,omitzero"`
	// Slots are those with a value of CPU, CPUAbove and MemoryAbove those above the size.
	// With a trigger, the days up to it count.
	Slots       int `json:"slots"`
	CPUAbove    int `json:"cpu_above"`
	MemoryAbove int `json:"memory_above"`
	// CPUAllowed is how many slots may be above in a month, 1 % of its slots.
	CPUAllowed int `json:"cpu_allowed"`
	// CPUPeak and MemoryPeak are the highest demand in cores and MiB, PeakAt the slot of
	// the peak that exceeded the size most, 2006-01-02 15:04 in Shanghai.
	CPUPeak    float64 `json:"cpu_peak"`
	MemoryPeak float64 `json:"memory_peak"`
	PeakAt     string  `json:"peak_at,omitempty"`
	// Need covers the peak that was seen, and never less than the present size.
	Need Size `json:"need"`
}

// guardCPUShare is the share of slots above the size from which a month is breached, as
// in the definition of the CPU risk.
const guardCPUShare = 0.01

// Guard compares the demand since a change with the size and says on which day the risk
// showed: for memory the first day with a slot above, for CPU the day on which more slots
// were above than 1 % of a whole month's. h begins on the first whole day after the
// change. Slots without a value count neither way.
func Guard(c GuardChange, h *History, cal calendar.Calendar, workingDays int) GuardFinding {
	days := h.Days()
	f := GuardFinding{State: GuardUnknown, Need: c.Size, CPUAllowed: int(guardCPUShare * float64(SlotsPerDay*h.From.CalendarMonth().Days()))}
	worst, measured := 0.0, 0
	for d := range days {
		f.Day = h.From.AddDays(d)
		for i := d * SlotsPerDay; i < (d+1)*SlotsPerDay; i++ {
			cpu, memory := h.CPU[i], math.NaN()
			if i < len(h.Memory) {
				memory = h.Memory[i]
			}
			if !math.IsNaN(cpu) {
				f.Slots++
				f.CPUPeak = max(f.CPUPeak, cpu)
				if c.above(cpu, c.Size.VCPU) {
					f.CPUAbove++
				}
			}
			if !math.IsNaN(memory) {
				f.MemoryPeak = max(f.MemoryPeak, memory)
				if c.above(memory, c.Size.MemoryMiB) {
					f.MemoryAbove++
				}
			}
			if !math.IsNaN(cpu) || !math.IsNaN(memory) {
				measured++
			}
			if over := max(share(cpu, c.Size.VCPU), share(memory, c.Size.MemoryMiB)); over > worst {
				worst, f.PeakAt = over, h.slotTime(i)
			}
		}
		if f.MemoryAbove > 0 || f.CPUAbove > f.CPUAllowed {
			f.State, f.Trigger = GuardRestore, f.Day
			f.Due = cal.AddWorkingDays(f.Day, workingDays)
			f.Need = c.need(f)
			return f
		}
	}
	switch {
	case measured == 0:
	case float64(f.CPUAbove) > guardCPUShare*float64(f.Slots):
		f.State = GuardWatch
	default:
		f.State = GuardOK
	}
	return f
}

func (c GuardChange) above(demand, size float64) bool {
	if size <= 0 {
		return false // not known
	}
	if c.Ceiling > 0 {
		return demand >= c.Ceiling*size
	}
	return demand > size
}

// need is the size that covers the peak. Demand that ran into the limit is known only to
// be at least the size, so half as much again is asked for, where the size was one.
func (c GuardChange) need(f GuardFinding) Size {
	need := c.Size
	if f.CPUAbove > f.CPUAllowed {
		need.VCPU = c.beyond(f.CPUPeak, c.Size.VCPU)
	} else {
		need.VCPU = max(need.VCPU, f.CPUPeak)
	}
	if f.MemoryAbove > 0 {
		need.MemoryMiB = c.beyond(f.MemoryPeak, c.Size.MemoryMiB)
	}
	return need
}

func (c GuardChange) beyond(peak, size float64) float64 {
	if c.Ceiling > 0 {
		return max(peak, 1.5*size)
	}
	return max(peak, size)
}

// share is demand over size, zero where one of them is not known.
func share(demand, size float64) float64 {
	if math.IsNaN(demand) || size <= 0 {
		return 0
	}
	return demand / size
}

// slotTime prints the beginning of a slot.
func (h *History) slotTime(i int) string {
	minute := i % SlotsPerDay * SlotSeconds / 60
	digits := func(n int) string { return string([]byte{byte('0' + n/10), byte('0' + n%10)}) }
	return h.From.AddDays(i/SlotsPerDay).String() + " " + digits(minute/60) + ":" + digits(minute%60)
}
