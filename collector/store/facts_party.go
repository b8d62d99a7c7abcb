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
	of func(*Allocated, *Allocation) string
	by map[string]*sum
}

// sum is one party. A host that is missing at an instant leaves numerator and
// denominator; one that is known to be off counts 0 used (reports.md E 2).
type sum struct {
	working []bool
	known   bool
	room    *slotRoom
	slots   []instant // none until something but silence is counted in
	// silent is what hosts were allotted, in all slots, of which nothing is known.
	silent instant
}

// slotRoom lends room for the slots of sums and for their percentiles, over and over.
type slotRoom struct {
	slots  [][]instant
	values [4][]float64
}

// take returns n slots in which nothing is counted yet.
func (r *slotRoom) take(n int) []instant {
	for i, slots := range slices.Backward(r.slots) {
		if cap(slots) >= n {
			r.slots = slices.Delete(r.slots, i, i+1)
			clear(slots[:n])
			return slots[:n]
		}
	}
	return make([]instant, n)
}

// lend gives each of the ratios room for n values, until the next call.
func (r *slotRoom) lend(n int, to ...*ratios) {
	for i, v := range to {
		r.values[i] = slices.Grow(r.values[i][:0], n)
		v.values = r.values[i]
	}
}

// giveBack ends the sum.
func (s *sum) giveBack() {
	if s.slots != nil {
		s.room.slots, s.slots = append(s.room.slots, s.slots), nil
	}
}

// open makes room for what is counted in.
func (s *sum) open() {
	if s.slots == nil {
		s.slots = s.room.take(len(s.working))
	}
}

// instant is what the hosts of a party come to in a slot: in thousandths of a core and MiB.
type instant struct {
	cpu, cpuSeen, cpuRunning, cpuAllocated             int64
	memory, memorySeen, memoryRunning, memoryAllocated int64
}

// cpuCounts and memoryCounts say whether the instant counts: at least 90 % of the allocation
// was observed.
func (t *instant) cpuCounts() bool { return t.cpuSeen > 0 && t.cpuSeen*10 >= t.cpuAllocated*9 }

func (t *instant) memoryCounts() bool {
	return t.memorySeen > 0 && t.memorySeen*10 >= t.memoryAllocated*9
}

// newSums makes the sums of a group of parties; working are the working hours among the
// slots of the span.
func newSums(group []party, working []bool, of func(*Allocated, *Allocation) string, room *slotRoom) *sums {
	s := &sums{of: of, by: make(map[string]*sum, len(group))}
	for _, p := range group {
		s.by[p.name] = &sum{working: working, room: room}
	}
	return s
}

// add counts a host in, for each of its allocations with the party that holds it.
func (s *sums) add(h *HostSeries) {
	for n := range h.Allocations {
		a := &h.Allocations[n]
		if to := s.by[s.of(&h.Allocated, a)]; to != nil {
			to.add(h, a)
		}
	}
}

// add counts a host in for one of its allocations.
func (s *sum) add(h *HostSeries, a *Allocation) {
	if !a.measured() {
		return
	}
	vcpu, mib := int64(a.VCPU)*1000, int64(a.MemoryMiB)
	first, end := h.bounds(a)
	if h.silent && first == 0 && end == len(s.working) {
		s.silent.cpuAllocated, s.silent.memoryAllocated = s.silent.cpuAllocated+vcpu, s.silent.memoryAllocated+mib
		return
	}
	s.open()
	for i := first; i < end; i++ {
		at := &s.slots[i]
		at.cpuAllocated, at.memoryAllocated = at.cpuAllocated+vcpu, at.memoryAllocated+mib
		if h.silent {
			continue
		}
		s.known = s.known || h.Observed[i] > 0 || h.Off[i]
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

// merge counts in what another sum holds: what each of its hosts was allotted and used.
func (s *sum) merge(from *sum) {
	s.known = s.known || from.known
	s.silent.cpuAllocated, s.silent.memoryAllocated = s.silent.cpuAllocated+from.silent.cpuAllocated, s.silent.memoryAllocated+from.silent.memoryAllocated
	if from.slots == nil {
		return
	}
	s.open()
	for i := range s.slots {
		to, at := &s.slots[i], &from.slots[i]
		to.cpu, to.cpuSeen, to.cpuRunning, to.cpuAllocated = to.cpu+at.cpu, to.cpuSeen+at.cpuSeen, to.cpuRunning+at.cpuRunning, to.cpuAllocated+at.cpuAllocated
		to.memory, to.memorySeen, to.memoryRunning, to.memoryAllocated = to.memory+at.memory, to.memorySeen+at.memorySeen, to.memoryRunning+at.memoryRunning, to.memoryAllocated+at.memoryAllocated
	}
}

// facts are those of the party (F3-F5); nil where nothing is known.
func (s *sum) facts() map[string]float64 {
	if !s.known {
		return nil
	}
	var cpu, memory running
	var cpuWorking, memoryWorking ratios
	s.room.lend(len(s.slots), &cpu.ratios, &memory.ratios, &cpuWorking, &memoryWorking)
	for i := range s.slots {
		at := &s.slots[i]
		at.cpuAllocated, at.memoryAllocated = at.cpuAllocated+s.silent.cpuAllocated, at.memoryAllocated+s.silent.memoryAllocated
		if at.cpuCounts() {
			cpu.add(at.cpu, at.cpuSeen, at.cpuRunning)
			if s.working[i] {
				cpuWorking.add(at.cpu, at.cpuSeen)
			}
		}
		if at.memoryCounts() {
			memory.add(at.memory, at.memorySeen, at.memoryRunning)
			if s.working[i] {
				memoryWorking.add(at.memory, at.memorySeen)
			}
		}
	}
	s.silent = instant{} // it is in the slots now
	facts := make(map[string]float64, 24)
	cpu.to(facts, "cpu_avg", "cpu_p95", "cpu_max")
	cpuWorking.to(facts, "", "cpu_p95_working_hours", "")
	cpu.running(facts, "cpu_avg", "cpu_p95")
	memory.to(facts, "memory_avg", "memory_p95", "memory_max")
	memoryWorking.to(facts, "", "memory_p95_working_hours", "")
	memory.running(facts, "memory_avg", "memory_p95")
	return facts
}

// running is a figure by what is allocated and, beside it, by what runs. As long as all that
// is allocated runs the two are one, which spares most parties the second percentile.
type running struct {
	ratios
	on    ratios
	parts bool // something was off at an instant
}

func (r *running) add(used, allocated, on int64) {
	if on != allocated && !r.parts {
		r.parts, r.on = true, ratios{r.used, r.of, slices.Clone(r.values)}
	}
	r.ratios.add(used, allocated)
	if r.parts && on > 0 {
		r.on.add(used, on)
	}
}

// running adds the facts of what runs, after those of what is allocated.
func (r *running) running(facts map[string]float64, mean, percentile string) {
	if r.parts {
		r.on.to(facts, mean+"_running", percentile+"_running", "")
		return
	}
	sameRunning(facts, mean, percentile)
}

// sameRunning copies the facts of what is allocated to those of what runs.
func sameRunning(facts map[string]float64, names ...string) {
	for _, name := range names {
		if x, known := facts[name]; known {
			facts[name+"_running"] = x
		}
	}
}
