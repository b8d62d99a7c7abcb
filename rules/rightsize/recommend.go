package rightsize

import (
	"cmp"
	"iter"
	"math"
	"slices"
)

// Recommend makes one recommendation for each host of a fleet, in its order, and hands
// them over in parts of some hosts: all texts of a fleet would not fit in memory. The risk
// budget is that of the whole fleet: give it all hosts of a provider at once.
func (a *Advisor) Recommend(fleet []*Assessment, part int) iter.Seq[[]Recommendation] {
	return func(yield func([]Recommendation) bool) {
		t := a.balance(fleet)
		merged := a.consolidate(fleet, t)
		out := make([]Recommendation, 0, min(part, len(fleet)))
		for i, h := range fleet {
			r := a.one(h, t)
			if merged[i] {
				r.Action, r.Target, r.TargetFlavor, r.Restart = Consolidate, Size{}, "", false
				a.saving(h, &r)
			}
			r.Confidence, r.Doubts = confidence(h, &r)
			a.explain(h, &r)
			if out = append(out, r); len(out) == part {
				if !yield(out) {
					return
				}
				out = make([]Recommendation, 0, min(part, len(fleet)-i-1))
			}
		}
		if len(out) > 0 {
			yield(out)
		}
	}
}

func (a *Advisor) one(h *Assessment, t *tradeoff) Recommendation {
	now := h.host.History.Size
	r := Recommendation{
		Provider: h.host.Provider, HostID: h.host.HostID, System: h.host.System, Unit: h.host.Unit,
		DecidedAt: a.DecidedAt, Action: Keep, Policy: a.Settings.Policy, SettingsVersion: a.Settings.Version, RiskBudget: a.Settings.CPURiskBudget,
		Current: now, Target: now, Evidence: h.evidence,
	}
	if h.hasFlavor {
		r.CurrentFlavor, r.TargetFlavor = h.flavor.ID, h.flavor.ID
	}
	i := t.pick(h)
	switch {
	case h.host.Reclaim != "":
		r.Action, r.Target, r.TargetFlavor = Reclaim, Size{}, ""
	case a.endangered(h):
		a.upsize(h, &r)
	case i >= 0:
		o := h.options[i]
		r.Action, r.TargetFlavor, r.Restart = Downsize, o.flavor.ID, true
		r.Target = Size{VCPU: o.flavor.Size.VCPU, MemoryMiB: o.flavor.Size.MemoryMiB, DiskGiB: now.DiskGiB}
		r.CPURisk, r.MemoryRisk = probability(o.cpu), probability(o.memory)
	default:
		a.shrink(h, &r)
	}
	a.saving(h, &r)
	return r
}

func probability(p float64) *float64 {
	if math.IsNaN(p) {
		return nil
	}
	return &p
}

// endangered tells whether a host wants more than it has (F10, A3-4).
func (a *Advisor) endangered(h *Assessment) bool {
	now, e := h.host.History.Size, h.evidence
	return now.VCPU > 0 && e.CPU.P95 > a.Settings.UpsizeCPUP95*now.VCPU ||
		now.MemoryMiB > 0 && e.Memory.P95 > a.Settings.UpsizeMemoryP95*now.MemoryMiB
}

// upsize takes the smallest flavour that brings both resources down to their target
// (F10: P95/0.65 of CPU, P99/0.80 of memory). Without one in the catalogue the need
// itself is the target, so that nobody who needs more is told to stay.
func (a *Advisor) upsize(h *Assessment, r *Recommendation) {
	now, e := h.host.History.Size, h.evidence
	need := Size{VCPU: now.VCPU, MemoryMiB: now.MemoryMiB}
	if e.CPU.P95 > a.Settings.UpsizeCPUP95*now.VCPU {
		need.VCPU = max(now.VCPU, e.CPU.P95/a.Settings.UpsizeCPUTarget)
	}
	if e.Memory.P95 > a.Settings.UpsizeMemoryP95*now.MemoryMiB {
		need.MemoryMiB = max(now.MemoryMiB, e.Memory.P99/a.Settings.UpsizeMemoryTarget)
	}
	r.Action, r.Restart = Upsize, true
	if f, ok := a.Catalog.Fitting(need, h.host.Family); ok {
		r.Target, r.TargetFlavor = Size{VCPU: f.Size.VCPU, MemoryMiB: f.Size.MemoryMiB, DiskGiB: now.DiskGiB}, f.ID
		return
	}
	r.Target = Size{VCPU: math.Ceil(need.VCPU), MemoryMiB: math.Ceil(need.MemoryMiB/1024) * 1024, DiskGiB: now.DiskGiB}
	r.TargetFlavor = ""
}

// shrink recommends less storage where little is used and growth leaves room; in steps
// of 10 GiB, which is how it is sold.
func (a *Advisor) shrink(h *Assessment, r *Recommendation) {
	used, size := h.host.StorageUsedGiB, h.host.History.Size.DiskGiB
	if used == nil || size <= 0 || *used > a.Settings.ShrinkBelow*size {
		return
	}
	growth := 0.0
	if h.host.StorageGrowth != nil {
		growth = max(0, *h.host.StorageGrowth) * 365.25 / 12 * a.Settings.ShrinkMonths
	}
	target := math.Ceil((*used+growth)*(1+a.Settings.ShrinkReserve)/10) * 10
	target = max(target, math.Ceil((1-a.Settings.MaxCut)*size/10)*10)
	if target < size {
		r.Action, r.Target.DiskGiB = Shrink, target
	}
}

func (a *Advisor) saving(h *Assessment, r *Recommendation) {
	r.Saving = Saving{
		Cores: r.Current.VCPU - r.Target.VCPU, MemoryGiB: (r.Current.MemoryMiB - r.Target.MemoryMiB) / 1024, DiskGiB: r.Current.DiskGiB - r.Target.DiskGiB,
	}
	if !h.hasFlavor || h.flavor.Yuan == nil {
		return
	}
	switch {
	case r.Target.VCPU == 0: // given back
		yuan := *h.flavor.Yuan
		r.Saving.Yuan = &yuan
	case r.Target.VCPU == r.Current.VCPU && r.Target.MemoryMiB == r.Current.MemoryMiB:
		// Only storage changes, for which a flavour has no price.
	default:
		if f, ok := a.Catalog.Of(r.TargetFlavor, r.Target); ok && f.Yuan != nil {
			yuan := *h.flavor.Yuan - *f.Yuan
			r.Saving.Yuan = &yuan
		}
	}
}

// consolidate finds hosts of one system that are of the smallest size, little used and to
// be kept, and could be merged: as many are given back as the summed P99 of all leaves
// room for. It returns which.
func (a *Advisor) consolidate(fleet []*Assessment, t *tradeoff) map[int]bool {
	type key struct{ provider, system string }
	groups := map[key][]int{}
	var order []key
	for i, h := range fleet {
		now := h.host.History.Size
		if h.host.Standby || h.host.System == "" || now.VCPU > a.Settings.MinVCPU ||
			h.evidence.Coverage < a.Settings.MinCoverage || h.evidence.CPU.P95 >= a.Settings.ConsolidateCPUP95*now.VCPU ||
			a.one(h, t).Action != Keep {
			continue
		}
		k := key{h.host.Provider, h.host.System}
		if groups[k] == nil {
			order = append(order, k)
		}
		groups[k] = append(groups[k], i)
	}
	merged := map[int]bool{}
	for _, k := range order {
		group := groups[k]
		slices.SortFunc(group, func(i, j int) int {
			// The largest stay; among equals the order of their names decides.
			return cmp.Or(cmp.Compare(fleet[j].host.History.Size.MemoryMiB, fleet[i].host.History.Size.MemoryMiB), cmp.Compare(fleet[i].host.HostID, fleet[j].host.HostID))
		})
		for _, i := range group[a.staying(fleet, group):] {
			merged[i] = true
		}
	}
	return merged
}

// staying is how many of a group hold the demand of all.
func (a *Advisor) staying(fleet []*Assessment, group []int) int {
	var cpu, memory float64
	for _, i := range group {
		cpu, memory = cpu+fleet[i].evidence.CPU.P99, memory+fleet[i].evidence.Memory.P99
	}
	var have Size
	for n, i := range group {
		now := fleet[i].host.History.Size
		have.VCPU, have.MemoryMiB = have.VCPU+now.VCPU, have.MemoryMiB+now.MemoryMiB
		if cpu <= a.Settings.UpsizeCPUTarget*have.VCPU && memory <= a.Settings.UpsizeMemoryTarget*have.MemoryMiB {
			return n + 1
		}
	}
	return len(group)
}

// confidence is high, medium or low by how many doubts there are; a forecast that is
// missing makes it low.
func confidence(h *Assessment, r *Recommendation) (string, []string) {
	doubts := make([]string, 0, len(h.doubts))
	for _, d := range h.doubts {
		doubts = append(doubts, d.Chinese)
	}
	switch {
	case h.evidence.Coverage == 0 && r.Action != Reclaim, r.Action == Downsize && (r.CPURisk == nil || r.MemoryRisk == nil), len(doubts) > 1:
		return "low", doubts
	case len(doubts) == 1:
		return "medium", doubts
	}
	return "high", doubts
}
