package store

import (
	"time"
)

// Span is the time and the provider that facts are asked for.
type Span struct {
	From, To time.Time
	// Provider limits the facts to its hosts; empty takes all.
	Provider string
	// Workdays are the working days in the span, as 2006-01-02.
	Workdays []string
}

// HostFacts are the facts of one allocated host in a span.
type HostFacts struct {
	Provider, HostID, System string
	// Unit is the code of the using unit of the system.
	Unit               string
	VCPU               uint32
	MemoryMiB, DiskGiB uint64
	Standby            bool
	// AtEnd says that the host was still allocated at the end of the span.
	AtEnd            bool
	AllocatedSeconds uint64
	ObservedSeconds  uint64
	OffSeconds       uint64
	// Storage is its first and last known use.
	Storage StorageGrowth
	// Facts by the names that the rules use; one that is not known is absent.
	Facts map[string]float64
}

// Coverage is F1 of the host: observed seconds over the seconds in which it was
// allocated and not known to be off. It is not ok when nothing was due.
func (h *HostFacts) Coverage() (ratio float64, ok bool) {
	return coverage(h.ObservedSeconds, h.AllocatedSeconds, h.OffSeconds)
}

func coverage(observed, allocated, off uint64) (float64, bool) {
	if allocated <= off {
		return 0, false
	}
	return min(1, float64(observed)/float64(allocated-off)), true
}

// SystemCoverage says how much of a system was observed (F1).
type SystemCoverage struct {
	Allocated, Observed, Off uint64  // seconds over all hosts
	Hosts                    int     // hosts allocated in the span
	VCPUSeconds              float64 // allocated vCPU seconds
	CoveredVCPUSeconds       float64 // those of hosts that reach the gate
}

// Coverage is F1 of the system; not ok when nothing was due.
func (c *SystemCoverage) Coverage() (float64, bool) { return coverage(c.Observed, c.Allocated, c.Off) }

// add counts a host in, for its time in the system.
func (c *SystemCoverage) add(h *HostSeries, system string, gate float64) {
	c.addFor(h, func(a *Allocation) bool { return a.System == system }, gate)
}

// addFor counts a host in for its allocations with a party.
func (c *SystemCoverage) addFor(h *HostSeries, mine func(*Allocation) bool, gate float64) {
	var allocated, observed, off, vcpuSeconds uint64
	for i := range h.Allocations {
		a := &h.Allocations[i]
		if !mine(a) {
			continue
		}
		seconds := uint64(a.To.Unix() - a.From.Unix())
		allocated, vcpuSeconds = allocated+seconds, vcpuSeconds+seconds*uint64(a.VCPU)
		seen, away := h.observed(i)
		observed, off = observed+seen, off+away
	}
	c.Hosts++
	c.Allocated, c.Observed, c.Off = c.Allocated+allocated, c.Observed+observed, c.Off+off
	c.VCPUSeconds += float64(vcpuSeconds)
	if ratio, ok := coverage(observed, allocated, off); !ok || ratio >= gate {
		c.CoveredVCPUSeconds += float64(vcpuSeconds) // a host that was off all the time owes nothing
	}
}

// DayFacts are the facts of one host on one day.
type DayFacts struct {
	Provider, HostID string
	Day              time.Time // midnight in Shanghai
	Facts            map[string]float64
}
