package store

import (
	"context"
	"maps"
	"slices"
)

// MonthFacts are the facts of a group of systems in one month.
type MonthFacts struct {
	// Hosts are those of the group as of the last month, in no order.
	Hosts []HostFacts
	// Systems and Coverage are by system, over all hosts that were in it in the month.
	Systems  map[string]map[string]float64
	Coverage map[string]*SystemCoverage
}

// GroupFacts are the facts of some systems and of the hosts that belong to them at the
// end of the last month.
type GroupFacts struct {
	Months []MonthFacts
	Days   []DayFacts
}

// EachGroup reads the facts of consecutive months, of which the last is judged, and of
// the days of a window that ends with it; days.From is midnight, and the zero Span asks
// for none. It calls row for one group of systems after the other, so that memory follows
// the size of a group. Every host and every system that is allocated in the last month is
// in one group. gate is that of Coverage.
func (s *Store) EachGroup(ctx context.Context, months []Span, days Span, gate float64, row func(GroupFacts) error) error {
	last := months[len(months)-1]
	widest := Span{From: months[0].From, To: last.To, Provider: last.Provider}
	if !days.From.IsZero() {
		widest.From = earlier(widest.From, days.From)
	}
	whole, err := s.Fleet(ctx, widest)
	if err != nil {
		return err
	}
	g := grouping{store: s, months: months, days: days, gate: gate, before: Span{From: days.From, To: earlier(last.From, days.To), Provider: last.Provider}}
	for _, m := range months {
		g.at = append(g.at, newFleetMonth(whole, m))
	}
	if g.before.From.Before(g.before.To) {
		g.at = append(g.at, newFleetMonth(whole, g.before))
	}
	own := map[string][]uint64{}
	judged := &g.at[len(months)-1]
	for i := range judged.fleet {
		h := &judged.fleet[i]
		own[h.last().System] = append(own[h.last().System], h.Key)
	}
	for _, group := range groups(judged.parties, s.partHosts(last)) {
		g.own = map[uint64]bool{}
		for _, p := range group {
			for _, key := range own[p.name] {
				g.own[key] = true
			}
		}
		facts, err := g.read(ctx, group)
		if err != nil {
			return err
		}
		if err := row(facts); err != nil {
			return err
		}
	}
	return nil
}

// fleetMonth is the fleet of a month.
type fleetMonth struct {
	fleet   []Allocated
	byKey   map[uint64]int
	parties []party
	party   map[string]int
}

func newFleetMonth(whole []Allocated, span Span) fleetMonth {
	m := fleetMonth{byKey: map[uint64]int{}, party: map[string]int{}}
	for i := range whole {
		if h, ok := whole[i].in(span); ok {
			m.byKey[h.Key] = len(m.fleet)
			m.fleet = append(m.fleet, h)
		}
	}
	m.parties = parties(m.fleet, bySystem)
	for i := range m.parties {
		m.party[m.parties[i].name] = i
	}
	return m
}

// grouping is what the reading of one group needs.
type grouping struct {
	store  *Store
	months []Span
	days   Span
	before Span // the part of days before the last month
	gate   float64
	at     []fleetMonth
	own    map[uint64]bool // keys of the hosts of the group
}

func (g *grouping) read(ctx context.Context, group []party) (out GroupFacts, err error) {
	for n, span := range g.months {
		m := &g.at[n]
		facts := MonthFacts{Systems: map[string]map[string]float64{}, Coverage: map[string]*SystemCoverage{}}
		var present []party
		for _, p := range group {
			if i, ok := m.party[p.name]; ok {
				present = append(present, m.parties[i])
				facts.Coverage[p.name] = &SystemCoverage{}
			}
		}
		sums, working := newSums(present, span, bySystem), workingSlots(span)
		err := g.store.eachSeries(ctx, span, m.fleet, g.hosts(m, present), func(_ int, h *HostSeries) error {
			sums.add(h)
			for _, system := range h.systems() {
				if c := facts.Coverage[system]; c != nil {
					c.add(h, system, g.gate)
				}
			}
			if !g.own[h.Key] {
				return nil
			}
			facts.Hosts = append(facts.Hosts, h.facts(span, working))
			if n == len(g.months)-1 && !g.days.From.IsZero() {
				for _, d := range h.days() {
					if !d.Day.Before(g.days.From) {
						out.Days = append(out.Days, d)
					}
				}
			}
			return nil
		})
		if err != nil {
			return out, err
		}
		for name, sum := range sums.by {
			if f := sum.facts(); f != nil {
				facts.Systems[name] = f
			}
		}
		out.Months = append(out.Months, facts)
	}
	if len(g.at) == len(g.months) {
		return out, nil
	}
	m := &g.at[len(g.months)]
	return out, g.store.eachSeries(ctx, g.before, m.fleet, g.hosts(m, nil), func(_ int, h *HostSeries) error {
		out.Days = append(out.Days, h.days()...)
		return nil
	})
}

// hosts are those of the group and of the parties in a month, by key.
func (g *grouping) hosts(m *fleetMonth, present []party) []int {
	out := members(present)
	for _, key := range slices.Sorted(maps.Keys(g.own)) {
		if i, ok := m.byKey[key]; ok {
			out = append(out, i)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
