package store

import (
	"context"
	"slices"
	"time"

	"github.com/yunjian-io/yunjian/rules"
	"github.com/yunjian-io/yunjian/rules/calendar"
)

// Profile is what an information system did in a span, as a notice shows it (C2).
type Profile struct {
	System   string
	Coverage SystemCoverage
	// CPU and Memory are ratios of what is allocated (F3-F5), Storage of the allocated disk
	// (F6), Network the sum over hosts in Mbit/s without the agent's own. A figure is nil
	// where no instant counts.
	CPU, Memory, Storage, Network *Course
	// Days are those of the span, in order.
	Days []ProfileDay
	// Hosts are those of the system at the end of the span, by provider and id.
	Hosts []HostFacts
}

// Course sums a series up. Percentiles are nearest-rank over five-minute values.
type Course struct {
	Mean, P95, Max float64
	// MaxAt begins the first slot that reached Max.
	MaxAt time.Time
	// WorkMean and WorkP95 are of working hours; nil where none was observed.
	WorkMean, WorkP95 *float64
}

// ProfileDay holds the P95 of one day, nil where no instant of it counts.
type ProfileDay struct {
	Day         calendar.Date
	CPU, Memory *float64
}

// EachProfile makes the profiles of some systems, by name, and calls visit for each. Only
// their hosts are read. gate is that of Coverage. Of a system without a host in the span
// there is no profile.
func (s *Store) EachProfile(ctx context.Context, span Span, systems []string, gate float64, visit func(*Profile) error) error {
	fleet, err := s.Fleet(ctx, span)
	if err != nil {
		return err
	}
	wanted := slices.DeleteFunc(parties(fleet, span, bySystem), func(p party) bool { return !slices.Contains(systems, p.name) })
	working := workingSlots(span)
	for _, group := range groups(wanted, s.partHosts(span)) {
		g := newProfiling(group, span, working, gate)
		if err := s.eachSeries(ctx, span, fleet, members(group), func(_ int, h *HostSeries) error {
			g.add(h)
			return nil
		}); err != nil {
			return err
		}
		for _, p := range group {
			if err := visit(g.profile(p.name)); err != nil {
				return err
			}
		}
	}
	return nil
}

// profiling adds up the hosts of a group of systems.
type profiling struct {
	span     Span
	working  []bool
	gate     float64
	sums     *sums
	profiles map[string]*Profile
	more     map[string][]moreInstant
}

// moreInstant is what the sums of facts leave out: bytes of the network, and MiB of storage,
// each with the allocation of the hosts of which it is known and of all.
type moreInstant struct {
	network, networkSeen, vcpu     int64
	storage, storageSeen, diskSize int64
}

func newProfiling(group []party, span Span, working []bool, gate float64) *profiling {
	g := &profiling{
		span: span, working: working, gate: gate, sums: newSums(group, working, bySystem, &slotRoom{}),
		profiles: map[string]*Profile{}, more: map[string][]moreInstant{},
	}
	for _, p := range group {
		g.profiles[p.name], g.more[p.name] = &Profile{System: p.name}, make([]moreInstant, len(working))
	}
	return g
}

func (g *profiling) add(h *HostSeries) {
	g.sums.add(h)
	for _, system := range h.systems() {
		if p := g.profiles[system]; p != nil {
			p.Coverage.add(h, system, g.gate)
		}
	}
	for n := range h.Allocations {
		a := &h.Allocations[n]
		slots := g.more[a.System]
		if slots == nil || !a.measured() {
			continue
		}
		from, to := h.bounds(a)
		for i := from; i < to; i++ {
			at := &slots[i]
			at.vcpu, at.diskSize = at.vcpu+int64(a.VCPU), at.diskSize+int64(a.DiskGiB)*1024
			if h.silent {
				continue
			}
			if h.Network[i] >= 0 {
				at.network, at.networkSeen = at.network+h.Network[i], at.networkSeen+int64(a.VCPU)
			}
			if h.Storage[i] >= 0 && a.DiskGiB > 0 {
				at.storage, at.storageSeen = at.storage+int64(h.Storage[i]), at.storageSeen+int64(a.DiskGiB)*1024
			}
		}
	}
	if p := g.profiles[h.last().System]; p != nil {
		p.Hosts = append(p.Hosts, h.facts(g.span, g.working))
	}
}

// profile sums a system up.
func (g *profiling) profile(system string) *Profile {
	p, sum, more := g.profiles[system], g.sums.by[system], g.more[system]
	sum.open() // nothing may be known of it
	cpu := func(i int) (used, of, all int64) {
		return sum.slots[i].cpu, sum.slots[i].cpuSeen, sum.slots[i].cpuAllocated
	}
	memory := func(i int) (used, of, all int64) {
		return sum.slots[i].memory, sum.slots[i].memorySeen, sum.slots[i].memoryAllocated
	}
	p.CPU, p.Memory = g.course(cpu), g.course(memory)
	p.Storage = g.course(func(i int) (used, of, all int64) { return more[i].storage, more[i].storageSeen, more[i].diskSize })
	p.Network = g.network(more)
	for first := 0; first < len(g.working); first += daySlots {
		end := min(first+daySlots, len(g.working))
		day := calendar.DateOf(g.at(first).In(Zone()))
		p.Days = append(p.Days, ProfileDay{Day: day, CPU: p95Of(first, end, cpu), Memory: p95Of(first, end, memory)})
	}
	slices.SortFunc(p.Hosts, func(a, b HostFacts) int {
		return slices.Compare([]string{a.Provider, a.HostID}, []string{b.Provider, b.HostID})
	})
	return p
}

func (g *profiling) at(slot int) time.Time {
	return g.span.From.Add(time.Duration(slot) * slotSeconds * time.Second)
}

// counts says that enough of the allocation was observed at an instant (E 2).
func counts(of, all int64) bool { return of > 0 && of*10 >= all*9 }

// course sums the ratios of a series up; each instant is used of what was observed, and of all.
func (g *profiling) course(slot func(int) (used, of, all int64)) *Course {
	var all, work ratios
	var c Course
	for i := range g.working {
		used, of, total := slot(i)
		if !counts(of, total) {
			continue
		}
		if ratio := float64(used) / float64(of); len(all.values) == 0 || ratio > c.Max {
			c.Max, c.MaxAt = ratio, g.at(i)
		}
		all.add(used, of)
		if g.working[i] {
			work.add(used, of)
		}
	}
	if len(all.values) == 0 {
		return nil
	}
	c.Mean = float64(all.used) / float64(all.of)
	c.P95, _ = rules.SelectPercentile(all.values, p95)
	if len(work.values) > 0 {
		mean := float64(work.used) / float64(work.of)
		high, _ := rules.SelectPercentile(work.values, p95)
		c.WorkMean, c.WorkP95 = &mean, &high
	}
	return &c
}

// network is the sum over hosts, at instants at which hosts with 90 % of the vCPUs told it.
func (g *profiling) network(more []moreInstant) *Course {
	const bitsPerByteAndMega = 8 / 1e6
	c := g.course(func(i int) (used, of, all int64) {
		if !counts(more[i].networkSeen, more[i].vcpu) {
			return 0, 0, 1
		}
		return more[i].network, slotSeconds, slotSeconds // bytes a second
	})
	if c == nil {
		return nil
	}
	for _, v := range []*float64{&c.Mean, &c.P95, &c.Max, c.WorkMean, c.WorkP95} {
		if v != nil {
			*v *= bitsPerByteAndMega
		}
	}
	return c
}

func p95Of(first, end int, slot func(int) (used, of, all int64)) *float64 {
	var r ratios
	for i := first; i < end; i++ {
		if used, of, all := slot(i); counts(of, all) {
			r.add(used, of)
		}
	}
	if len(r.values) == 0 {
		return nil
	}
	high, _ := rules.SelectPercentile(r.values, p95)
	return &high
}
