package store

import (
	"slices"
	"time"

	"github.com/yunjian-io/yunjian/rules"
)

// p95 is the quantile of the figures, in thousandths.
const p95 = 950

// workingSlots marks the slots of the span from 9:00 to 18:00 on working days.
func workingSlots(span Span) []bool {
	out := make([]bool, span.slots())
	for i := range out {
		at := span.From.Add(time.Duration(i) * slotSeconds * time.Second).In(Zone())
		if hour := at.Hour(); hour >= 9 && hour < 18 {
			out[i] = slices.Contains(span.Workdays, span.day(i))
		}
	}
	return out
}

// day is the day in which a slot begins, as in Workdays.
func (s Span) day(slot int) string {
	return s.From.Add(time.Duration(slot) * slotSeconds * time.Second).In(Zone()).Format(time.DateOnly)
}

// ratios gathers one figure over slots: the sums for its mean (F3) and the values for its
// percentile.
type ratios struct {
	used, of int64
	values   []float64
}

func (r *ratios) add(used, of int64) {
	r.used, r.of = r.used+used, r.of+of
	r.values = append(r.values, float64(used)/float64(of))
}

// to writes the facts that there are values for. The values are reordered.
func (r *ratios) to(facts map[string]float64, mean, percentile, most string) {
	if len(r.values) == 0 {
		return
	}
	if mean != "" {
		facts[mean] = float64(r.used) / float64(r.of)
	}
	if most != "" {
		facts[most] = slices.Max(r.values)
	}
	facts[percentile], _ = rules.SelectPercentile(r.values, p95)
}

// memory is F5 of a slot: the guest's share of its own MemTotal, weighted with the
// allocated memory; -1 where it is not known.
func (h *HostSeries) memory(i int, allocated int64) int64 {
	switch used, total := int64(h.Memory[i]), int64(h.MemoryTotal[i]); {
	case used < 0:
		return -1
	case total > 0:
		return used * allocated / total
	default:
		return used
	}
}

// observed counts the seconds observed and known to be off within the n-th allocation.
func (h *HostSeries) observed(n int) (observed, off uint64) {
	for len(h.seen) <= n {
		h.seen = append(h.seen, h.observe(&h.Allocations[len(h.seen)]))
	}
	return h.seen[n].observed, h.seen[n].off
}

func (h *HostSeries) observe(a *Allocation) (out observation) {
	if !a.measured() || h.silent {
		return out
	}
	from, to := h.bounds(a)
	for i := from; i < to; i++ {
		out.observed += uint64(h.Observed[i])
		if h.Off[i] {
			out.off += slotSeconds
		}
	}
	return out
}

// systems are the systems that the host belonged to, each once.
func (h *HostSeries) systems() []string {
	out := make([]string, 0, 1)
	for i := range h.Allocations {
		if !slices.Contains(out, h.Allocations[i].System) {
			out = append(out, h.Allocations[i].System)
		}
	}
	return out
}

// factBuffers is how many figures need their values kept at once.
const factBuffers = 6

// lend gives each of the ratios room for a value a slot, which the next series uses again.
func (h *HostSeries) lend(to ...*ratios) {
	for i, r := range to {
		h.buffers[i] = slices.Grow(h.buffers[i][:0], h.Slots())
		r.values = h.buffers[i]
	}
}

// At is when a slot begins; with the number of slots, when the series ends.
func (h *HostSeries) At(slot int) time.Time {
	return h.From.Add(time.Duration(slot) * slotSeconds * time.Second)
}

// facts are those of the host (F1, F3-F6 on the host itself).
func (h *HostSeries) facts(span Span, working []bool) HostFacts {
	last := h.last()
	out := HostFacts{
		Provider: h.Provider, HostID: h.HostID, System: last.System, Unit: last.Unit, VCPU: last.VCPU, MemoryMiB: last.MemoryMiB, DiskGiB: last.DiskGiB,
		Standby: last.Standby, AtEnd: last.To.Equal(span.To), Facts: make(map[string]float64, 24),
	}
	var cpu, cpuRunning, cpuWorking, memory, memoryRunning, memoryWorking ratios
	h.lend(&cpu, &cpuRunning, &cpuWorking, &memory, &memoryRunning, &memoryWorking)
	peak, ran := 0.0, false
	var network, networkSlots int64
	firstStored, lastStored := -1, -1 // slots in which the storage is known
	for n := range h.Allocations {
		a := &h.Allocations[n]
		out.AllocatedSeconds += uint64(a.To.Unix() - a.From.Unix())
		observed, off := h.observed(n)
		out.ObservedSeconds, out.OffSeconds = out.ObservedSeconds+observed, out.OffSeconds+off
		if !a.measured() || h.silent {
			continue
		}
		vcpu, mib := int64(a.VCPU)*1000, int64(a.MemoryMiB)
		from, to := h.bounds(a)
		for i := from; i < to; i++ {
			if used := int64(h.CPU[i]); used >= 0 {
				cpu.add(used, vcpu)
				if working[i] {
					cpuWorking.add(used, vcpu)
				}
				if !h.steady && !h.Off[i] {
					cpuRunning.add(used, vcpu)
				}
			}
			if used := h.memory(i, mib); used >= 0 {
				memory.add(used, mib)
				if working[i] {
					memoryWorking.add(used, mib)
				}
				if !h.steady && !h.Off[i] {
					memoryRunning.add(used, mib)
				}
			}
			if h.Peak[i] >= 0 {
				peak, ran = max(peak, float64(h.Peak[i])/float64(vcpu)), ran || !h.Off[i]
			}
			if h.Network[i] >= 0 {
				network, networkSlots = network+h.Network[i], networkSlots+1
			}
			if h.Storage[i] >= 0 {
				if firstStored < 0 {
					firstStored = i
				}
				lastStored = i
			}
		}
	}
	if firstStored >= 0 {
		out.Storage.look(h.At(firstStored), int64(h.Storage[firstStored]))
		out.Storage.look(h.At(lastStored), int64(h.Storage[lastStored]))
	}
	cpu.to(out.Facts, "cpu_avg", "cpu_p95", "cpu_max")
	cpuRunning.to(out.Facts, "cpu_avg_running", "cpu_p95_running", "")
	cpuWorking.to(out.Facts, "", "cpu_p95_working_hours", "")
	memory.to(out.Facts, "memory_avg", "memory_p95", "memory_max")
	memoryRunning.to(out.Facts, "memory_avg_running", "memory_p95_running", "")
	memoryWorking.to(out.Facts, "", "memory_p95_working_hours", "")
	if h.steady {
		sameRunning(out.Facts, "cpu_avg", "cpu_p95", "memory_avg", "memory_p95")
	}
	if ran {
		out.Facts["cpu_peak"] = peak
	}
	if networkSlots > 0 {
		out.Facts["network_avg_mbps"] = float64(network*8) / float64(networkSlots*slotSeconds) / 1e6
	}
	out.storage()
	return out
}

// look notes what was seen of the storage.
func (g *StorageGrowth) look(at time.Time, mib int64) {
	if g.FirstAt.IsZero() {
		g.FirstAt, g.FirstMiB = at, mib
	}
	g.LastAt, g.LastMiB = at, mib
}

// PerDay is the growth of F6 in GiB a day between the first and the last look. It is not
// ok where they lie less than a day apart.
func (g *StorageGrowth) PerDay() (gib float64, ok bool) {
	days := g.LastAt.Sub(g.FirstAt).Hours() / 24
	if g.FirstAt.IsZero() || days < 1 {
		return 0, false
	}
	return float64(g.LastMiB-g.FirstMiB) / 1024 / days, true
}

// storage adds the facts of F6.
func (h *HostFacts) storage() {
	if h.Storage.FirstAt.IsZero() || h.DiskGiB == 0 {
		return
	}
	used := float64(h.Storage.LastMiB) / float64(h.DiskGiB*1024)
	h.Facts["storage_used_ratio"] = used
	growth, ok := h.Storage.PerDay()
	AddGrowth(h.Facts, float64(h.DiskGiB), used, growth, ok)
}

// AddGrowth adds the growth of storage in GiB a day and the days until it fills the
// allocation (F6). Where nothing grows it never fills (E 4) and the latter stays absent.
func AddGrowth(facts map[string]float64, allocatedGiB, used, growth float64, known bool) {
	if !known {
		return
	}
	facts["storage_growth_gib_day"] = growth
	if growth > 0 {
		facts["days_to_full"] = max(0, allocatedGiB*(1-used)) / growth
	}
}

// daySlots is the number of slots of a day; Shanghai has no other.
const daySlots = 24 * 3600 / slotSeconds

// days are the facts of each day on which anything is known (F9). The span begins at
// midnight.
func (h *HostSeries) days() (out []DayFacts) {
	if h.silent {
		return nil
	}
	var cpu, memory ratios
	h.lend(&cpu, &memory)
	for first := 0; first < h.Slots(); first += daySlots {
		cpu.values, memory.values = cpu.values[:0], memory.values[:0]
		var observed, off uint64
		var network, networkSlots int64
		known := false
		for n := range h.Allocations {
			a := &h.Allocations[n]
			from, to := h.bounds(a)
			if !a.measured() {
				continue
			}
			for i := max(from, first); i < min(to, first+daySlots); i++ {
				known = known || h.Observed[i] > 0 || h.Off[i]
				observed += uint64(h.Observed[i])
				if h.Off[i] {
					off += slotSeconds
				}
				if h.CPU[i] >= 0 {
					cpu.add(int64(h.CPU[i]), int64(a.VCPU)*1000)
				}
				if used := h.memory(i, int64(a.MemoryMiB)); used >= 0 {
					memory.add(used, int64(a.MemoryMiB))
				}
				if h.Network[i] >= 0 {
					network, networkSlots = network+h.Network[i], networkSlots+1
				}
			}
		}
		if !known {
			continue
		}
		d := DayFacts{
			Provider: h.Provider, HostID: h.HostID, Day: h.At(first).In(Zone()),
			Facts: map[string]float64{"powered_off": 0},
		}
		cpu.to(d.Facts, "", "cpu_p95", "")
		memory.to(d.Facts, "", "memory_p95", "")
		if networkSlots > 0 {
			d.Facts["network_bytes"] = float64(network*daySlots) / float64(networkSlots)
		}
		if off >= daySlots*slotSeconds {
			d.Facts["powered_off"] = 1
		}
		if ratio, ok := coverage(observed, daySlots*slotSeconds, off); ok {
			d.Facts["coverage"] = ratio
		}
		out = append(out, d)
	}
	return out
}
