package report

import (
	"cmp"
	"math"
	"slices"
)

// Coverage is F1: seconds observed over seconds due. Due are the seconds in which
// hosts were allocated and not known to be off (reports.md E 2). None where
// nothing was due; at most 1.
func Coverage(observed, allocated, off uint64) Figure {
	if allocated <= off {
		return Figure{State: None}
	}
	return Of(min(1, float64(observed)/float64(allocated-off)))
}

// onlineSeconds is how long a host must have been observed in the month to count
// as managed: one day in all.
const onlineSeconds = 86400

// ManagedRate is F2: of the hosts that are allocated at the end of the period,
// the part that was observed for at least one day in all. Only hosts of the
// denominator are counted (E 4).
func ManagedRate(hosts []HostFacts) Figure {
	managed, allocated := 0, 0
	for i := range hosts {
		if !hosts[i].AtEnd {
			continue
		}
		allocated++
		if hosts[i].ObservedSeconds >= onlineSeconds {
			managed++
		}
	}
	return Ratio(Of(managed), Of(allocated))
}

// MeanCPU is F3: used core seconds over allocated core seconds, over the instants
// of the summed series that count (E 2).
func MeanCPU(facts map[string]float64) Usage { return usage(facts, "cpu_avg", "cpu_avg_running") }

// CPUP95 is F4: the nearest-rank 95th percentile of the 5-minute series in which
// the hosts were added up first.
func CPUP95(facts map[string]float64) Usage { return usage(facts, "cpu_p95", "cpu_p95_running") }

// MeanMemory is F5, weighted as F3: MemTotal less MemAvailable over MemTotal,
// weighted with the allocated memory.
func MeanMemory(facts map[string]float64) Usage {
	return usage(facts, "memory_avg", "memory_avg_running")
}

// MemoryP95 is F5, aggregated as F4.
func MemoryP95(facts map[string]float64) Usage {
	return usage(facts, "memory_p95", "memory_p95_running")
}

// usage is None by the running denominator where nothing ran while the other is known.
func usage(facts map[string]float64, allocated, running string) Usage {
	u := Usage{Fact(facts, allocated), Fact(facts, running)}
	if u.Allocated.State == Known && u.Running.State == Absent {
		u.Running.State = None
	}
	return u
}

// storageGate is the part of the allocated disk of which the use must be known
// for a sum over hosts to be stated, as E 2 asks of CPU.
const storageGate = 0.90

// StorageUsed is F6: used over allocated disk of the hosts. Hosts whose use or
// allocation is not known leave both sums; it is Absent unless those that stay
// hold at least 90 % of the disk allocated, and where no allocation is known.
func StorageUsed(hosts []HostFacts) Figure {
	used, seen, allocated := 0.0, 0.0, 0.0
	for i := range hosts {
		disk := float64(hosts[i].DiskGiB)
		allocated += disk
		if ratio, ok := hosts[i].Facts["storage_used_ratio"]; ok {
			used, seen = used+ratio*disk, seen+disk
		}
	}
	if seen == 0 || seen < storageGate*allocated {
		return Figure{}
	}
	return Of(used / seen)
}

// minGrowthDays is the shortest time between two looks from which F6 takes a
// daily growth.
const minGrowthDays = 1

// DailyGrowth is F6: GiB a day between the first and the last look at a host's
// storage; Absent where they lie less than a day apart.
func DailyGrowth(s Storage) Figure {
	days := s.LastAt.Sub(s.FirstAt).Hours() / 24
	if days < minGrowthDays {
		return Figure{}
	}
	return Of(float64(s.LastMiB-s.FirstMiB) / 1024 / days)
}

// DaysToFull is F6: what is left of the allocation over the daily growth, in
// days. None where nothing grows (E 4), 0 where it is full.
func DaysToFull(allocatedGiB, usedRatio, growth Figure) Figure {
	switch {
	case allocatedGiB.State != Known || usedRatio.State != Known || growth.State != Known:
		return Figure{}
	case growth.Value <= 0:
		return Figure{State: None}
	}
	return Of(max(0, allocatedGiB.Value*(1-usedRatio.Value)) / growth.Value)
}

// QuantityChange is F7 for quantities: (now − before)/before; None where before is 0.
func QuantityChange(now, before Figure) Figure {
	if now.State != Known || before.State != Known {
		return missing(now, before)
	}
	return Ratio(Of(now.Value-before.Value), before)
}

// RatioChange is F7 for ratios: now − before. It is printed in percentage points.
func RatioChange(now, before Figure) Figure {
	if now.State != Known || before.State != Known {
		return missing(now, before)
	}
	return Of(now.Value - before.Value)
}

func missing(now, before Figure) Figure {
	return Figure{State: min(now.State, before.State)}
}

// Resources are quantities that can be allocated and saved.
type Resources struct {
	VCPU      float64 `json:"vcpu"`
	MemoryGiB float64 `json:"memory_gib"`
	DiskGiB   float64 `json:"disk_gib"`
}

// Action is an accepted action on one host, with what the host has before and after.
type Action struct {
	Host          string
	Before, After Resources
}

// Saving is F11, in quantities only: what the actions free. Each host counts
// once, by the action that is given last for it (E 4).
func Saving(actions []Action) Resources {
	last := make(map[string]Action, len(actions))
	for _, a := range actions {
		last[a.Host] = a
	}
	sum := Resources{}
	for _, a := range last {
		// Sizes are whole MiB and vCPUs: the order of the sum does not matter.
		sum.VCPU += a.Before.VCPU - a.After.VCPU
		sum.MemoryGiB += a.Before.MemoryGiB - a.After.MemoryGiB
		sum.DiskGiB += a.Before.DiskGiB - a.After.DiskGiB
	}
	return sum
}

// Range is the span of a ratio, in percent, that scores fully, and its weight.
type Range struct {
	Weight float64 `json:"weight"`
	Low    float64 `json:"low_percent"`
	High   float64 `json:"high_percent"`
}

// ScoreWeights are the parameters of F17.
type ScoreWeights struct {
	CPU     Range `json:"cpu_p95"`
	Memory  Range `json:"memory_p95"`
	Storage Range `json:"storage"`
}

// DraftWeights are those of the draft in reports.md 0.3; the report prints them.
func DraftWeights() ScoreWeights {
	return ScoreWeights{
		CPU:     Range{Weight: 0.5, Low: 40, High: 70},
		Memory:  Range{Weight: 0.3, Low: 40, High: 80},
		Storage: Range{Weight: 0.2, Low: 50, High: 85},
	}
}

// Score is F17, 0 to 100: CPU P95, memory P95 and storage, each by its range. It
// is Absent as soon as one of the three is missing (E 4).
func Score(w ScoreWeights, cpu, memory, storage Figure) Figure {
	if cpu.State != Known || memory.State != Known || storage.State != Known {
		return Figure{}
	}
	return Of(100 * (w.CPU.Weight*within(cpu.Value, w.CPU) + w.Memory.Weight*within(memory.Value, w.Memory) +
		w.Storage.Weight*within(storage.Value, w.Storage)))
}

// within is g of F17: linear below the range, 1 in it, falling to 0 at 100 % above it.
func within(ratio float64, r Range) float64 {
	x := ratio * 100
	switch {
	case x < r.Low:
		return max(0, x/r.Low)
	case x <= r.High:
		return 1
	}
	return max(0, 1-(x-r.High)/(100-r.High))
}

// Ranks returns the place of every score among those that are known, 1 for the
// highest; equal scores share a place. A score that is missing has no place.
func Ranks(scores []Figure) []Figure {
	known := slices.DeleteFunc(slices.Clone(scores), func(f Figure) bool { return f.State != Known })
	slices.SortFunc(known, func(a, b Figure) int { return cmp.Compare(b.Value, a.Value) })
	out := make([]Figure, len(scores))
	for i, s := range scores {
		if s.State == Known {
			out[i] = Of(1 + slices.IndexFunc(known, func(f Figure) bool { return f.Value == s.Value }))
		}
	}
	return out
}

// bounds are the upper bounds of the classes of table A3-3, in percent; the
// second last class holds its upper bound, the last is open.
func bounds() []float64 { return []float64{5, 20, 40, 70} }

// Class is the class of table A3-3 in which a ratio falls: below 5, 20 and 40 %,
// 40 to 70 %, above 70 %.
func Class(ratio float64) int {
	x := math.Round(ratio*1e9) / 1e7 // percent, free of the last binary digits
	for i, b := range bounds() {
		if x < b || i == len(bounds())-1 && x <= b {
			return i
		}
	}
	return len(bounds())
}
