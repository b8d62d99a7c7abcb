package store

import "slices"

// members are the hosts of a group, each once, by key.
func members(group []party) (out []int) {
	for _, p := range group {
		out = append(out, p.hosts...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// sums adds up the series of the parties of a group (F4): hosts are added up at each
// instant before any percentile is taken.
type sums struct {
	of      func(*Allocated, *Allocation) string
	by      map[string]*sum
	working []bool
}

// sum is one party. A host that is missing at an instant leaves numerator and
// denominator; one that is known to be off counts 0 used (reports.md E 2).
type sum struct {
	working []bool
	known   bool
	slots   []instant
}

// instant is what the hosts of a party come to in a slot: in thousandths of a core and MiB.
type instant struct {
	cpu, cpuSeen, cpuRunning, cpuAllocated             int64
	memory, memorySeen, memoryRunning, memoryAllocated int64
}

func newSums(group []party, span Span, of func(*Allocated, *Allocation) string) *sums {
	s := &sums{of: of, by: make(map[string]*sum, len(group)), working: workingSlots(span)}
	for _, p := range group {
		s.by[p.name] = &sum{working: s.working, slots: make([]instant, len(s.working))}
	}
	return s
}

// add counts a host in, for each of its allocations with the party that holds it.
func (s *sums) add(h *HostSeries) {
	for n := range h.Allocations {
		a := &h.Allocations[n]
		to := s.by[s.of(&h.Allocated, a)]
		if to == nil || !a.measured() {
			continue
		}
		vcpu, mib := int64(a.VCPU)*1000, int64(a.MemoryMiB)
		first, end := h.bounds(a)
		for i := first; i < end; i++ {
			at := &to.slots[i]
			at.cpuAllocated, at.memoryAllocated = at.cpuAllocated+vcpu, at.memoryAllocated+mib
			to.known = to.known || h.Observed[i] > 0 || h.Off[i]
			if used := int64(h.CPU[i]); used >= 0 {
				at.cpu, at.cpuSeen = at.cpu+used, at.cpuSeen+vcpu
				if !h.Off[i] {
					at.cpuRunning += vcpu
				}
			}
			if used := h.memory(i, mib); used >= 0 {
				at.memory, at.memorySeen = at.memory+used, at.memorySeen+mib
				if !h.Off[i] {
					at.memoryRunning += mib
				}
			}
		}
	}
}

// facts are those of the party (F3-F5); nil where nothing is known. An instant counts if
// at least 90 % of the allocation was observed.
func (s *sum) facts() map[string]float64 {
	if !s.known {
		return nil
	}
	var cpu, cpuWorking, memory, memoryWorking running
	for i := range s.slots {
		at := &s.slots[i]
		if at.cpuSeen > 0 && at.cpuSeen*10 >= at.cpuAllocated*9 {
			cpu.add(at.cpu, at.cpuSeen, at.cpuRunning)
			if s.working[i] {
				cpuWorking.add(at.cpu, at.cpuSeen, 0)
			}
		}
		if at.memorySeen > 0 && at.memorySeen*10 >= at.memoryAllocated*9 {
			memory.add(at.memory, at.memorySeen, at.memoryRunning)
			if s.working[i] {
				memoryWorking.add(at.memory, at.memorySeen, 0)
			}
		}
	}
	facts := make(map[string]float64, 24)
	cpu.to(facts, "cpu_avg", "cpu_p95", "cpu_max")
	cpuWorking.to(facts, "", "cpu_p95_working_hours", "")
	cpu.on.to(facts, "cpu_avg_running", "cpu_p95_running", "")
	memory.to(facts, "memory_avg", "memory_p95", "memory_max")
	memoryWorking.to(facts, "", "memory_p95_working_hours", "")
	memory.on.to(facts, "memory_avg_running", "memory_p95_running", "")
	return facts
}

// running is a figure by what is allocated and, beside it, by what runs.
type running struct {
	ratios
	on ratios
}

func (r *running) add(used, allocated, on int64) {
	r.ratios.add(used, allocated)
	if on > 0 {
		r.on.add(used, on)
	}
}
