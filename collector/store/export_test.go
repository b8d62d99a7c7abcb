package store

import (
	"cmp"
	"context"
	"slices"
)

// Each question about facts alone, as its definition has it. The program reads a host once
// for all of them (EachGroup), and tests hold the one against the other.

// HostFacts returns the facts of every host that is allocated in the span, by provider
// and id.
func (s *Store) HostFacts(ctx context.Context, span Span) (out []HostFacts, err error) {
	working := workingSlots(span)
	err = s.EachHistory(ctx, span, func(h *HostSeries) error {
		out = append(out, h.facts(span, working))
		return nil
	})
	slices.SortFunc(out, func(a, b HostFacts) int {
		return cmp.Or(cmp.Compare(a.Provider, b.Provider), cmp.Compare(a.HostID, b.HostID))
	})
	return out, err
}

// SystemFacts returns the facts of every information system for which something
// was observed in the span. Coverage is not among them: see Coverage.
func (s *Store) SystemFacts(ctx context.Context, span Span) (map[string]map[string]float64, error) {
	return s.partyFacts(ctx, span, bySystem)
}

// UnitFacts returns the same facts of every using unit, by its code: percentiles
// are of the series summed over all hosts of the unit (F4). Hosts of systems that
// the inventory does not know are under the empty code.
func (s *Store) UnitFacts(ctx context.Context, span Span) (map[string]map[string]float64, error) {
	return s.partyFacts(ctx, span, byUnit)
}

// ProviderFacts returns the same facts of every provider, by its id.
func (s *Store) ProviderFacts(ctx context.Context, span Span) (map[string]map[string]float64, error) {
	return s.partyFacts(ctx, span, byProvider)
}

func (s *Store) partyFacts(ctx context.Context, span Span, of func(*Allocated, *Allocation) string) (map[string]map[string]float64, error) {
	out := map[string]map[string]float64{}
	fleet, err := s.Fleet(ctx, span)
	if err != nil {
		return nil, err
	}
	working := workingSlots(span)
	for _, group := range groups(parties(fleet, span, of), s.partHosts(span)) {
		sums := newSums(group, working, of, &slotRoom{})
		if err := s.eachSeries(ctx, span, fleet, members(group), func(_ int, h *HostSeries) error {
			sums.add(h)
			return nil
		}); err != nil {
			return nil, err
		}
		for name, sum := range sums.by {
			if facts := sum.facts(); facts != nil {
				out[name] = facts
			}
		}
	}
	return out, nil
}

// Coverage returns the coverage of every system with an allocated host. gate is
// the coverage that a single host must reach to count as covered.
func (s *Store) Coverage(ctx context.Context, span Span, gate float64) (map[string]*SystemCoverage, error) {
	out := map[string]*SystemCoverage{}
	err := s.EachHistory(ctx, span, func(h *HostSeries) error {
		for _, system := range h.systems() {
			if out[system] == nil {
				out[system] = &SystemCoverage{}
			}
			out[system].add(h, system, gate)
		}
		return nil
	})
	return out, err
}

// DayFacts returns the facts of every allocated host for each day of the span on
// which anything is known of it.
func (s *Store) DayFacts(ctx context.Context, span Span) (out []DayFacts, err error) {
	err = s.EachHistory(ctx, span, func(h *HostSeries) error {
		out = append(out, h.days()...)
		return nil
	})
	slices.SortFunc(out, func(a, b DayFacts) int {
		return cmp.Or(cmp.Compare(a.Provider, b.Provider), cmp.Compare(a.HostID, b.HostID), a.Day.Compare(b.Day))
	})
	return out, err
}

// StorageGrowth returns it for every allocated host that told its use of storage.
func (s *Store) StorageGrowth(ctx context.Context, span Span) (out []StorageGrowth, err error) {
	facts, err := s.HostFacts(ctx, span)
	for i := range facts {
		if g := facts[i].Storage; !g.FirstAt.IsZero() {
			g.Provider, g.HostID = facts[i].Provider, facts[i].HostID
			out = append(out, g)
		}
	}
	return out, err
}

func byUnit(_ *Allocated, a *Allocation) string     { return a.Unit }
func byProvider(h *Allocated, _ *Allocation) string { return h.Provider }
