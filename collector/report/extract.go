package report

import (
	"fmt"
	"slices"
	"time"

	"github.com/yunjian-io/yunjian/rules/rightsize"
)

// Place is the rank of a unit by its score (F17) among those that have one; Rank is absent
// for a unit without.
type Place struct {
	Rank Figure `json:"rank"`
	Of   int    `json:"of"`
	// Since is from when on allocations are known; see Capacity.
	Since time.Time `json:"since"`
}

// Place is where a unit stands in the report of the provider.
func (m *Month) Place(unit string) (p Place) {
	p.Of, p.Since = m.Ranked, m.Capacity.Since
	for i := range m.Units {
		if m.Units[i].ID == unit {
			p.Rank = m.Units[i].Rank
		}
	}
	return p
}

// Extract returns what one using unit may see: rows of others are not in it, so that no part
// of what is made of it can name or count them (reports.md E 6). Only the unit's place among
// all is told of the whole. An error means that the unit is not known.
func (in Input) Extract(unit string, place Place) (Input, error) {
	if !slices.ContainsFunc(in.Units, func(u Party) bool { return u.ID == unit }) {
		return in, fmt.Errorf("the inventory has no using unit %q", unit)
	}
	in.Unit, in.Place = unit, &place
	in.Units = kept(in.Units, func(u *Party) bool { return u.ID == unit })
	in.Systems = kept(in.Systems, func(s *Entry) bool { return s.Unit == unit })
	ours, hosts := map[string]bool{}, map[string]bool{}
	for _, s := range in.Systems {
		ours[s.ID] = true
	}
	in.Facts = in.Facts.extract(unit, ours, hosts)
	for _, before := range []**Facts{&in.Before, &in.YearBefore} {
		if *before != nil {
			f := (*before).extract(unit, ours, map[string]bool{})
			*before = &f
		}
	}
	in.Storage = kept(in.Storage, func(s *Storage) bool { return hosts[s.Host] })
	in.Senders = kept(in.Senders, func(s *Sender) bool { return hosts[s.Host] })
	in.Volumes = kept(in.Volumes, func(v *Volume) bool { return ours[v.System] })
	disks := map[string]bool{}
	for _, v := range in.Volumes {
		disks[v.ID] = true
	}
	in.Findings = kept(in.Findings, func(f *Finding) bool {
		switch f.Kind {
		case kindHost:
			return hosts[f.Subject]
		case kindVolume:
			return disks[f.Subject]
		}
		return ours[f.Subject]
	})
	in.Recommendations = kept(in.Recommendations, func(r *rightsize.Recommendation) bool { return ours[r.System] })
	in.Proceedings = kept(in.Proceedings, func(p *Proceeding) bool { return p.Unit == unit })
	in.Logs = in.Logs.extract(unit)
	in.Records = extractRecords(in.Records, unit, ours)
	in.Allocations = extractAllocations(in.Allocations, ours)
	return in, nil
}

// kept are the rows of one unit: of nil nil, since what was not provided stays so. Nothing is
// copied but what stays, since there is an extract for every unit.
func kept[T any](all []T, ours func(*T) bool) []T {
	if all == nil {
		return nil
	}
	out := []T{}
	for i := range all {
		if ours(&all[i]) {
			out = append(out, all[i])
		}
	}
	return out
}

func (l LogInput) extract(unit string) LogInput {
	month := func(m *LogMonth) bool { return m.Unit == unit }
	l.Logs = l.Logs.unit(unit)
	l.Now, l.Past = kept(l.Now, month), kept(l.Past, month)
	return l
}

// extract keeps the systems of a unit, whose sums take the place of the provider's, and
// notes their hosts.
func (f *Facts) extract(unit string, ours, hosts map[string]bool) Facts {
	out := Facts{Systems: map[string]map[string]float64{}, Units: map[string]map[string]float64{}, Provider: f.Units[unit], Observed: map[string]Observed{}}
	for i := range f.Hosts {
		if ours[f.Hosts[i].System] {
			out.Hosts = append(out.Hosts, f.Hosts[i])
			hosts[f.Hosts[i].ID] = true
		}
	}
	for id := range ours {
		if s, ok := f.Systems[id]; ok {
			out.Systems[id] = s
		}
		if o, ok := f.Observed[id]; ok {
			out.Observed[id] = o
		}
	}
	if u, ok := f.Units[unit]; ok {
		out.Units[unit] = u
	}
	return out
}

// extractAllocations keeps what hosts were allotted in the unit's systems. What they had just
// before or after in a system of others stays without its name, so that a host that
// changed hands is not taken for a new one.
func extractAllocations(all []Allocation, ours map[string]bool) (out []Allocation) {
	for i := range all {
		a := all[i]
		near := func(k int) bool {
			return k >= 0 && k < len(all) && all[k].Host == a.Host && ours[all[k].System]
		}
		switch {
		case ours[a.System]:
		case near(i-1) || near(i+1):
			a.System, a.Platform = "", ""
		default:
			continue
		}
		out = append(out, a)
	}
	return out
}
