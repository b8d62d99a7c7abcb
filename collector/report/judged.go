package report

import (
	"cmp"
	"slices"
	"strings"

	"github.com/yunjian-io/yunjian/rules/rightsize"
)

// judgeSystems keeps, for each system, the finding that decides: a breach before
// an exemption, that before a lack of data, that before the rest.
func (b *builder) judgeSystems() {
	weight := func(f Finding) int {
		switch {
		case f.Verdict == verdictFail:
			return 3
		case f.State == stateExempted:
			return 2
		case f.Verdict == verdictUnknown:
			return 1
		}
		return 0
	}
	for _, f := range b.in.Findings {
		if f.Kind != kindSystem {
			continue
		}
		if old, ok := b.judged[f.Subject]; !ok || weight(f) > weight(old) {
			b.judged[f.Subject] = f
		}
	}
}

// judgements sorts the findings into the tables of section A4.
func (b *builder) judgements() {
	titles, systems, hosts := map[string]string{}, map[string]*System{}, map[string]*Host{}
	for _, r := range b.in.Rules {
		titles[r.ID] = r.Title
	}
	for i := range b.out.Systems {
		systems[b.out.Systems[i].ID] = &b.out.Systems[i]
	}
	for i := range b.out.Hosts {
		hosts[b.out.Hosts[i].ID] = &b.out.Hosts[i]
	}
	for _, f := range b.in.Findings {
		j := Judgement{Finding: f, RuleTitle: titles[f.Rule]}
		s, h := systems[f.Subject], hosts[f.Subject]
		switch {
		case f.Kind == kindSystem && s != nil:
			j.Name, j.UnitName, j.Hosts, j.Coverage = s.Name, s.UnitName, s.Hosts, s.Coverage
			j.Allocated = Resources{s.VCPU, s.MemoryGiB, s.DiskTiB.Value * 1024}
			if f.Verdict == verdictFail && f.Proposal != "" {
				if j.Advice = b.advice(func(r *rightsize.Recommendation) bool { return r.System == f.Subject }); j.Advice != nil {
					j.Saving = &j.Advice.Saving
				}
			}
			for _, p := range f.Periods {
				j.CPUP95, j.MemoryP95 = append(j.CPUP95, Fact(p.Facts, factCPUP95)), append(j.MemoryP95, Fact(p.Facts, factMemoryP95))
			}
		case f.Kind == kindHost && h != nil:
			j.Name, j.UnitName, j.Hosts, j.Coverage = h.SystemName, h.UnitName, 1, h.Coverage
			j.Allocated = Resources{float64(h.VCPU), float64(h.MemoryMiB) / 1024, float64(h.DiskGiB)}
			j.CPUP95, j.MemoryP95 = []Figure{h.CPUP95.Allocated}, []Figure{h.MemoryP95.Allocated}
			if reclaims(f) {
				h.State = f.State
				saving := Saving([]Action{{Host: f.Subject, Before: j.Allocated}})
				j.Saving = &saving
			}
		case f.Kind == kindVolume:
			v, ours := b.volume(f)
			if !ours {
				continue
			}
			b.judgedVolume(&j, v)
		default:
			continue // a subject without a host of this provider in the month
		}
		b.file(j)
	}
}

// reclaims says that a finding wants a host or disk back.
func reclaims(f Finding) bool {
	return f.Kind != kindSystem && f.Verdict == verdictFail && f.Proposal == proposalReclaim
}

// file puts a judgement into the lists it belongs to.
func (b *builder) file(j Judgement) {
	b.out.Findings = append(b.out.Findings, j)
	switch {
	case j.Kind == kindVolume:
		// Disks without a host have a table of their own, judged or not.
	case reclaims(j.Finding):
		// A host that is off all the time is idle, too; it is counted once (E 4).
		if !slices.ContainsFunc(b.out.Idle, func(x Judgement) bool { return x.Subject == j.Subject }) {
			b.out.Idle = append(b.out.Idle, j)
		}
	case j.Kind != kindSystem:
		// Other findings of hosts are evidence: annex 4 has them.
	case j.Verdict == verdictFail && j.Proposal == "":
		// High load wants no cut: table A3-4 has it.
	case j.Verdict == verdictFail:
		b.out.Judged = append(b.out.Judged, j)
	case j.State == stateExempted:
		b.out.Exempted = append(b.out.Exempted, j)
	case j.State == stateCandidate || j.State == stateWarned:
		b.out.Warned = append(b.out.Warned, j)
	}
}

func (b *builder) quality() {
	q := Quality{
		Managed: b.out.Total.Hosts, Coverage: b.out.Total.Coverage, ManagedRate: ManagedRate(b.in.Facts.Hosts),
		Gate: b.in.CoverageGate, ClockLimit: b.in.ClockLimit, Workdays: b.in.Workdays, EstimatedDays: b.in.EstimatedDays,
	}
	for i := range b.out.Hosts {
		h := &b.out.Hosts[i]
		due := max(h.AllocatedSeconds, h.OffSeconds) - h.OffSeconds
		gap := float64(max(due, h.ObservedSeconds)-h.ObservedSeconds) / 3600
		q.MissingHours, q.OffHours = q.MissingHours+gap, q.OffHours+float64(h.OffSeconds)/3600
		if h.Coverage.State == Known && h.Coverage.Value < q.Gate {
			q.Short = append(q.Short, Short{h.ID, h.SystemName, h.UnitName, h.Coverage, gap})
			if h.ObservedSeconds == 0 {
				q.Silent++
			}
		}
		if h.AtEnd && h.DiskGiB == 0 {
			q.WithoutDisk++
		}
	}
	for _, s := range b.in.Senders {
		switch {
		case !s.Allocated:
			q.Unknown = append(q.Unknown, s)
		case s.ClockOffset == nil:
			q.ClocksUnknown++
		case *s.ClockOffset > q.ClockLimit:
			q.Clocks = append(q.Clocks, Clock{s.Host, *s.ClockOffset})
		}
	}
	for _, s := range b.out.Systems {
		if f, ok := b.judged[s.ID]; ok && f.Verdict == verdictUnknown {
			q.InsufficientSystems++
		}
	}
	q.Moved = b.moved()
	b.out.Quality = q
}

// moved names the systems for whose hosts values came after the month was judged, or whose
// P95 is not what the finding saw.
func (b *builder) moved() (ids []string) {
	changed := map[string]bool{}
	for _, s := range b.in.Senders {
		changed[s.Host] = s.Changed
	}
	systems := map[string]bool{}
	for i := range b.out.Hosts {
		systems[b.out.Hosts[i].System] = systems[b.out.Hosts[i].System] || changed[b.out.Hosts[i].ID]
	}
	for _, s := range b.out.Systems {
		if systems[s.ID] {
			ids = append(ids, s.ID)
			continue
		}
		f, ok := b.judged[s.ID]
		if !ok || len(f.Periods) == 0 || b.entries[s.ID].Shared {
			continue
		}
		seen := f.Periods[len(f.Periods)-1]
		if seen.Start != b.in.Period.First() {
			continue
		}
		if Fact(seen.Facts, factCPUP95) != s.CPUP95.Allocated || Fact(seen.Facts, factMemoryP95) != s.MemoryP95.Allocated {
			ids = append(ids, s.ID)
		}
	}
	return ids
}

// quantities counts what a month had.
func (b *builder) quantities(f *Facts) Quantities {
	if f == nil {
		return Quantities{}
	}
	units := map[string]bool{}
	for id := range f.Observed {
		units[b.unitOf(id)] = true
	}
	m := measure(f.Hosts, nil, Observed{}, b.out.Weights)
	return Quantities{
		Systems: Of(len(f.Observed)), Units: Of(len(units)), Hosts: Of(m.Hosts),
		VCPU: Of(m.VCPU), MemoryGiB: Of(m.MemoryGiB), DiskTiB: m.DiskTiB,
	}
}

func (b *builder) summary() {
	now, month, year := b.quantities(&b.in.Facts), b.quantities(b.in.Before), b.quantities(b.in.YearBefore)
	s := Summary{Quantities: now, Rates: b.out.Total.Rates, LowSystems: Of(distinct(b.out.Judged)), IdleHosts: distinct(b.out.Idle)}
	s.LowShare = Ratio(s.LowSystems, now.Systems)
	for _, q := range []struct {
		name string
		of   func(Quantities) Figure
	}{
		{"systems", func(q Quantities) Figure { return q.Systems }},
		{"units", func(q Quantities) Figure { return q.Units }},
		{"hosts", func(q Quantities) Figure { return q.Hosts }},
		{"vcpu", func(q Quantities) Figure { return q.VCPU }},
		{"memory_gib", func(q Quantities) Figure { return q.MemoryGiB }},
		{"disk_tib", func(q Quantities) Figure { return q.DiskTiB }},
	} {
		s.Compared = append(s.Compared, Compared{
			Name: q.name, Now: q.of(now), Month: QuantityChange(q.of(now), q.of(month)), Year: QuantityChange(q.of(now), q.of(year)),
		})
	}
	s.Compared = append(s.Compared, b.comparedRates(s.Rates)...)
	actions := make([]Action, 0, len(b.out.Idle))
	for i := range b.out.Idle {
		actions = append(actions, Action{Host: b.out.Idle[i].Subject, Before: b.out.Idle[i].Allocated})
	}
	s.Reclaimable = Saving(actions)
	b.advised(&s)
	b.out.Summary = s
	slices.SortFunc(b.out.HighLoad, func(x, y Load) int {
		return cmp.Or(-strings.Compare(x.Kind, y.Kind), strings.Compare(x.ID, y.ID)) // systems, then hosts
	})
}

// distinct counts the subjects: two rules may find the same one.
func distinct(all []Judgement) int {
	subjects := map[string]bool{}
	for i := range all {
		subjects[all[i].Subject] = true
	}
	return len(subjects)
}

func (b *builder) comparedRates(now Rates) (out []Compared) {
	past := func(f *Facts) Rates {
		if f == nil {
			return Rates{}
		}
		r := rates(f.Provider)
		r.StorageUsed = StorageUsed(atEnd(f.Hosts))
		return r
	}
	month, year := past(b.in.Before), past(b.in.YearBefore)
	for _, q := range []struct {
		name string
		of   func(Rates) Usage
	}{
		{"cpu_avg", func(r Rates) Usage { return r.CPUAvg }},
		{"cpu_p95", func(r Rates) Usage { return r.CPUP95 }},
		{"memory_avg", func(r Rates) Usage { return r.MemoryAvg }},
		{"memory_p95", func(r Rates) Usage { return r.MemoryP95 }},
		{"storage_used", func(r Rates) Usage { return Usage{Allocated: r.StorageUsed} }},
	} {
		n := q.of(now)
		out = append(out, Compared{
			Name: q.name, Now: n.Allocated, Running: n.Running, Points: true,
			Month: RatioChange(n.Allocated, q.of(month).Allocated), Year: RatioChange(n.Allocated, q.of(year).Allocated),
		})
	}
	return out
}
