package rightsize

import (
	"fmt"
	"math"
	"slices"

	"github.com/yunjian-io/yunjian/rules/calendar"
)

// Host is what a recommendation is made from.
type Host struct {
	Provider, HostID, System, Unit string
	// Flavor is what the inventory names; Family limits the choice where it is not empty.
	Flavor, Family string
	Standby        bool
	History        *History
	// StorageUsedGiB is what is used, nil where it is not known; StorageGrowth is GiB a day.
	StorageUsedGiB, StorageGrowth *float64
	// Reclaim is why a rule wants the host back: idle, powered off, never deployed. Empty
	// for none.
	Reclaim string
}

// Assessment is what is known of one host before the fleet's risk is shared out.
type Assessment struct {
	host     Host
	evidence Evidence
	options  []option
	least    *option // of all that were allowed, the one of least risk
	// floors that no cut goes below, in cores and MiB.
	cpuFloor, memoryFloor float64
	doubts                []text
	flavor                Flavor
	hasFlavor             bool
	quiet                 int   // hour of the week in which to restart; -1 if not known
	thin                  bool  // the data do not suffice for a cut
	need                  *Need // of the policy, where it is not the risk model
}

// option is a smaller size that could be taken.
type option struct {
	flavor      Flavor
	cpu, memory float64 // risks; 0 for a resource that is not cut
}

// Advisor makes recommendations by one version of the settings. It is a value that many
// goroutines may use.
type Advisor struct {
	Settings Settings
	Model    *RiskModel
	Catalog  Catalog
	// DecidedAt is the first day that histories do not hold.
	DecidedAt calendar.Date
	Texts     Texts
}

// Assessor looks at one host after the other, in the same room. It is not for several
// goroutines at once.
type Assessor struct {
	*Advisor
	profile Profile
	cpu     []float64 // demand
	all     []float64 // known values
}

// Assess looks at one host. It is the costly part, and independent of all other hosts.
func (a *Assessor) Assess(h Host) (*Assessment, error) {
	if h.History == nil || len(h.History.CPU) != len(h.History.Memory) || len(h.History.CPU)%SlotsPerDay != 0 {
		return nil, fmt.Errorf("assess %s/%s: the history holds %w", h.Provider, h.HostID, errShape)
	}
	out := &Assessment{evidence: evidence(h.History, a.DecidedAt, &a.all)}
	demand := *h.History
	if a.bursts(h.History) {
		demand.CPU = a.cpu
	}
	profile := &a.profile
	profile.cpu.fill(demand.CPU)
	profile.memory.fill(demand.Memory)
	h.History = &demand
	out.host = h
	out.flavor, out.hasFlavor = a.Catalog.Of(h.Flavor, demand.Size)
	out.cpuFloor, out.memoryFloor = profile.cpu.recurring(a.DecidedAt), profile.memory.recurring(a.DecidedAt)
	out.quiet = quietest(&demand)
	out.doubts = a.doubts(&demand, out)
	if out.thin = !a.enough(&demand, profile); !out.thin && h.Reclaim == "" {
		a.consider(out, &demand, profile)
	}
	// A fleet of histories would not fit in memory.
	out.host.History = &History{From: demand.From, Size: demand.Size, Since: demand.Since}
	return out, nil
}

// Reclaim notes why a rule wants the host back: no smaller size is then considered. It is
// what Host.Reclaim would have done, for one who learns it later.
func (x *Assessment) Reclaim(why string) {
	x.host.Reclaim, x.options, x.least, x.need = why, nil, nil, nil
}

var errShape = fmt.Errorf("series of different or broken lengths")

// bursts makes the demand in a.cpu: the mean of a slot and a part of what peaks inside it
// exceed the mean by. It is false where that is the mean itself.
func (a *Assessor) bursts(h *History) bool {
	if len(h.Peak) != len(h.CPU) || a.Settings.BurstWeight == 0 {
		return false
	}
	a.cpu = slices.Grow(a.cpu[:0], len(h.CPU))[:len(h.CPU)]
	for i, x := range h.CPU {
		a.cpu[i] = x
		if p := h.Peak[i]; p > x {
			a.cpu[i] = x + a.Settings.BurstWeight*(p-x)
		}
	}
	return true
}

// enough tells whether the history allows a cut: the last 31 days, of which MinCoverage must have values: missing data
// never make a host smaller.
func (a *Advisor) enough(h *History, p *Profile) bool {
	due, known := recentSlots(h)
	_, memory := p.memory.above(math.Inf(1), 0, month)
	days := 0
	for _, d := range p.cpu.days {
		if len(d) >= dayLeast {
			days++
		}
	}
	return due > 0 && float64(known) >= a.Settings.MinCoverage*float64(due) &&
		float64(memory) >= a.Settings.MinCoverage*float64(due) && days >= a.Settings.MinDays
}

// recentSlots counts, in the last 31 days, the slots in which the host was not known to
// be off, and those of them with a value.
func recentSlots(h *History) (due, known int) {
	for i := max(0, len(h.CPU)-month*SlotsPerDay); i < len(h.CPU); i++ {
		if h.Off != nil && h.Off[i] {
			continue
		}
		due++
		if !math.IsNaN(h.CPU[i]) {
			known++
		}
	}
	return due, known
}

// consider finds the flavours that could be taken and the risk of each.
func (a *Advisor) consider(out *Assessment, h *History, profile *Profile) {
	s := a.Settings
	now := h.Size
	risk := Risk{}
	if s.Policy == RiskPolicy {
		if a.Model == nil {
			return
		}
		risk = a.Model.Predict(profile, now)
	} else if p, ok := PolicyNamed(s.Policy); ok {
		n, ok := p.Need(h)
		if !ok {
			return
		}
		out.need = &n
		if a.Model != nil {
			risk = a.Model.Predict(profile, now)
		}
	}
	wider := a.widening(h)
	cpu, memory := map[float64]float64{now.VCPU: 0}, map[float64]float64{now.MemoryMiB: 0}
	ask := func(seen map[float64]float64, f func(float64) float64, size float64) float64 {
		p, ok := seen[size]
		if !ok {
			p = math.NaN()
			if f != nil {
				p = 1 - (1-f(size))*(1-wider)
			}
			seen[size] = p
		}
		return p
	}
	for _, f := range a.Catalog.smaller(now, out.host.Family) {
		if a.allowed(f.Size, now, out) {
			out.options = append(out.options, option{f, ask(cpu, risk.CPU, f.Size.VCPU), ask(memory, risk.Memory, f.Size.MemoryMiB)})
		}
	}
	// What no budget would take is forgotten, but for the one that the explanation names.
	if nearest := out.nearest(); nearest != nil {
		kept := *nearest
		out.least = &kept
	}
	out.options = slices.Clip(slices.DeleteFunc(out.options, func(o option) bool { return !a.tolerable(o, now) }))
}

// allowed holds the limits that no risk budget lifts: the cut of one change, the least
// size, peaks that recur, and the need of the policy.
func (a *Advisor) allowed(size, now Size, out *Assessment) bool {
	s := a.Settings
	cuts := func(to, from, least, floor float64) bool {
		return to >= from || to >= (1-s.MaxCut)*from && to >= least && to >= floor
	}
	return cuts(size.VCPU, now.VCPU, s.MinVCPU, out.cpuFloor) &&
		cuts(size.MemoryMiB, now.MemoryMiB, s.MinMemoryGiB*1024, out.memoryFloor) &&
		(out.need == nil || !(size.VCPU < out.need.CPU) && !(size.MemoryMiB < out.need.Memory))
}

// widening is the probability, added to every risk, that what was not seen holds a
// breach: the share of the last 31 days' slots without a value, and after a change of
// size the part of the month that the new size was not yet seen for. What a host
// wanted before an upsize was bounded by what it had.
func (a *Advisor) widening(h *History) float64 {
	due, known := recentSlots(h)
	missing := 0.0
	if due > 0 {
		missing = 1 - float64(known)/float64(due)
	}
	unseen := 0.0
	if !h.Since.IsZero() {
		if days := h.Since.DaysUntil(a.DecidedAt); days < month {
			unseen = 0.1 * (1 - float64(max(days, 0))/month)
		}
	}
	return 1 - (1-missing*missing)*(1-unseen)
}

// doubts are what lowers the confidence.
func (a *Advisor) doubts(h *History, out *Assessment) []text {
	var all []text
	add := func(name, key string, value any) { all = append(all, a.Texts.put(name, values{key, value})) }
	if c := out.evidence.Coverage; c < a.Settings.MinCoverage {
		add("doubt_coverage", "share", percentage(c))
	}
	const twoMonths = 59
	if days := h.Days(); days < twoMonths {
		add("doubt_history", "n", days)
	}
	if !h.Since.IsZero() && h.Since.DaysUntil(a.DecidedAt) < month {
		add("doubt_resize", "day", h.Since)
	}
	if g := out.evidence.CPU.Growth; g > 0.25 && out.evidence.CPU.P95 > 0.05*h.Size.VCPU {
		add("doubt_cpu_growth", "share", percentage(g))
	}
	if g := out.evidence.Memory.Growth; g > 0.10 {
		add("doubt_memory_growth", "share", percentage(g))
	}
	if w, m := out.evidence.CPU.Within, out.evidence.CPU.Max; w > 2*m && w > h.Size.VCPU/2 {
		add("doubt_burst", "n", number(w))
	}
	return all
}

// quietest begins the two hours of the week in which the mean demand is least, as hours
// since Sunday midnight; -1 without a week of values.
func quietest(h *History) int {
	const hours = 7 * 24
	var sum, n [hours]float64
	begins := int(h.From.Weekday())
	for i, x := range h.CPU {
		if !math.IsNaN(x) {
			at := hourOfWeek(begins, i)
			sum[at], n[at] = sum[at]+x, n[at]+1
		}
	}
	best, least := -1, math.Inf(1)
	for i := range hours {
		j := (i + 1) % hours
		if n[i] == 0 || n[j] == 0 {
			return -1
		}
		if x := sum[i]/n[i] + sum[j]/n[j]; x < least {
			best, least = i, x
		}
	}
	return best
}

// hourOfWeek is the hour of a slot since Sunday midnight, of a series that begins on a
// weekday.
func hourOfWeek(begins, slot int) int {
	return ((begins+slot/SlotsPerDay)%7)*24 + slot%SlotsPerDay*24/SlotsPerDay
}
