package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/yunjian-io/yunjian/rules"
)

// ProviderMonth are the facts of the hosts of one provider in a month, and of the parties
// that they belong to.
type ProviderMonth struct {
	Hosts []HostFacts // by id
	// Systems and Units are by id and hold what is known of the hosts of the provider alone.
	Systems, Units map[string]map[string]float64
	Provider       map[string]float64
	Coverage       map[string]*SystemCoverage // by system
	// ReadAt is the clock of the database when the series were read.
	ReadAt time.Time
}

func newProviderMonth() *ProviderMonth {
	return &ProviderMonth{Systems: map[string]map[string]float64{}, Units: map[string]map[string]float64{}, Coverage: map[string]*SystemCoverage{}}
}

func (m *ProviderMonth) party(p *PartyFacts) {
	switch p.Kind {
	case PartySystem:
		m.Coverage[p.ID] = &p.Coverage
		if p.Facts != nil {
			m.Systems[p.ID] = p.Facts
		}
	case PartyUnit:
		if p.Facts != nil {
			m.Units[p.ID] = p.Facts
		}
	case PartyProvider:
		m.Provider = p.Facts
	}
}

// ProviderMonth computes the facts of a provider, which the span names, from the series. It
// reads every host once.
func (s *Store) ProviderMonth(ctx context.Context, span Span, gate float64) (*ProviderMonth, error) {
	out := newProviderMonth()
	ask := GroupAsk{Months: []Span{span}, Gate: gate}
	err := s.EachGroup(ctx, ask, nil, func(g GroupFacts) error {
		out.ReadAt = g.ReadAt
		out.Hosts = append(out.Hosts, g.Months[0].Hosts...)
		for i := range g.Parties {
			out.party(&g.Parties[i])
		}
		return nil
	})
	slices.SortFunc(out.Hosts, func(a, b HostFacts) int { return cmp.Compare(a.HostID, b.HostID) })
	return out, err
}

// RunFacts are facts of the judged month that a run stores.
type RunFacts struct {
	Hosts   []HostFacts
	Parties []PartyFacts
	// ReadAt is the clock of the database when reading began.
	ReadAt time.Time
}

// Add adds the facts of the last month of a group.
func (f *RunFacts) Add(g *GroupFacts) {
	f.Hosts = append(f.Hosts, g.Months[len(g.Months)-1].Hosts...)
	f.Parties = append(f.Parties, g.Parties...)
	f.ReadAt = g.ReadAt
}

// SaveFacts stores facts for a run. They count once SaveRun has written the run.
func (s *Store) SaveFacts(ctx context.Context, run JudgeRun, g RunFacts) error {
	if len(g.Hosts) > 0 {
		if err := s.saveHostFacts(ctx, run, g.ReadAt, g.Hosts); err != nil {
			return err
		}
	}
	parties := g.Parties
	n := len(parties)
	if n == 0 {
		return nil
	}
	number := func(name, kind string, value func(*PartyFacts) uint64) column {
		return column{name, kind, collect(parties, value)}
	}
	return s.insert(ctx, "month_facts", []column{
		{"run", "UInt64", repeated(n, run.Run)},
		{"month", "Date", repeated(n, run.Month.Start(time.UTC))},
		{"read_at", typeTime, repeated(n, g.ReadAt.Unix())},
		{"provider", typeLow, collect(parties, func(p *PartyFacts) string { return p.Provider })},
		{"kind", typeLow, collect(parties, func(p *PartyFacts) string { return p.Kind })},
		{"subject", "String", collect(parties, func(p *PartyFacts) string { return p.ID })},
		{"hosts", "UInt32", collect(parties, func(p *PartyFacts) uint32 { return uint32(p.Coverage.Hosts) })},
		number("allocated_seconds", "UInt64", func(p *PartyFacts) uint64 { return p.Coverage.Allocated }),
		number("observed_seconds", "UInt64", func(p *PartyFacts) uint64 { return p.Coverage.Observed }),
		number("off_seconds", "UInt64", func(p *PartyFacts) uint64 { return p.Coverage.Off }),
		{"vcpu_seconds", "Float64", collect(parties, func(p *PartyFacts) float64 { return p.Coverage.VCPUSeconds })},
		{"covered_vcpu_seconds", "Float64", collect(parties, func(p *PartyFacts) float64 { return p.Coverage.CoveredVCPUSeconds })},
		{"facts", typeFacts, collect(parties, func(p *PartyFacts) map[string]float64 { return p.Facts })},
	})
}

const typeFacts = "Map(LowCardinality(String), Float64)"

func (s *Store) saveHostFacts(ctx context.Context, run JudgeRun, readAt time.Time, hosts []HostFacts) error {
	n := len(hosts)
	yes := func(name string, value func(*HostFacts) bool) column {
		return column{name, "UInt8", collect(hosts, func(h *HostFacts) uint8 { return flag(value(h)) })}
	}
	number := func(name string, value func(*HostFacts) uint64) column {
		return column{name, "UInt64", collect(hosts, value)}
	}
	return s.insert(ctx, "month_facts", []column{
		{"run", "UInt64", repeated(n, run.Run)},
		{"month", "Date", repeated(n, run.Month.Start(time.UTC))},
		{"read_at", typeTime, repeated(n, readAt.Unix())},
		{"provider", typeLow, collect(hosts, func(h *HostFacts) string { return h.Provider })},
		{"kind", typeLow, repeated(n, rules.Host)},
		{"subject", "String", collect(hosts, func(h *HostFacts) string { return h.HostID })},
		{"system", "String", collect(hosts, func(h *HostFacts) string { return h.System })},
		{"unit", "String", collect(hosts, func(h *HostFacts) string { return h.Unit })},
		{"hosts", "UInt32", repeated(n, uint32(1))},
		{"vcpu", "UInt32", collect(hosts, func(h *HostFacts) uint32 { return h.VCPU })},
		number("memory_mib", func(h *HostFacts) uint64 { return h.MemoryMiB }),
		number("disk_gib", func(h *HostFacts) uint64 { return h.DiskGiB }),
		yes("standby", func(h *HostFacts) bool { return h.Standby }),
		yes("at_end", func(h *HostFacts) bool { return h.AtEnd }),
		number("allocated_seconds", func(h *HostFacts) uint64 { return h.AllocatedSeconds }),
		number("observed_seconds", func(h *HostFacts) uint64 { return h.ObservedSeconds }),
		number("off_seconds", func(h *HostFacts) uint64 { return h.OffSeconds }),
		{"storage_first_at", typeTime, collect(hosts, func(h *HostFacts) int64 { return unixOr0(h.Storage.FirstAt) })},
		{"storage_last_at", typeTime, collect(hosts, func(h *HostFacts) int64 { return unixOr0(h.Storage.LastAt) })},
		{"storage_first_mib", "Int64", collect(hosts, func(h *HostFacts) int64 { return h.Storage.FirstMiB })},
		{"storage_last_mib", "Int64", collect(hosts, func(h *HostFacts) int64 { return h.Storage.LastMiB })},
		{"facts", typeFacts, collect(hosts, func(h *HostFacts) map[string]float64 { return h.Facts })},
	})
}

func unixOr0(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}

// SavedMonth returns the facts of a provider as a run of judging saw them; ok is false
// where the run kept none of it, as of a provider without hosts.
func (s *Store) SavedMonth(ctx context.Context, run JudgeRun, provider string) (out *ProviderMonth, ok bool, err error) {
	out = newProviderMonth()
	values := map[string]any{"month": run.Month.First().String(), "run": run.Run, "provider": provider}
	names := map[string]string{} // one copy of each
	due := 0
	err = s.Each(ctx, query("month_facts"), values, func(scan func(...any) error) error {
		var h HostFacts
		var p PartyFacts
		var hosts uint32
		var standby, atEnd uint8
		var keys []string
		var figures []float64
		err := scan(&p.Provider, &p.Kind, &p.ID, &h.System, &h.Unit, &hosts, &h.VCPU, &h.MemoryMiB, &h.DiskGiB, &standby, &atEnd,
			&h.AllocatedSeconds, &h.ObservedSeconds, &h.OffSeconds, &p.Coverage.VCPUSeconds, &p.Coverage.CoveredVCPUSeconds,
			&h.Storage.FirstAt, &h.Storage.LastAt, &h.Storage.FirstMiB, &h.Storage.LastMiB, &keys, &figures, &out.ReadAt)
		if err != nil {
			return err
		}
		facts := make(map[string]float64, len(keys))
		for i, k := range keys {
			if _, seen := names[k]; !seen {
				names[k] = k
			}
			facts[names[k]] = figures[i]
		}
		if p.Kind == rules.Host {
			h.Provider, h.HostID, h.Standby, h.AtEnd, h.Facts = p.Provider, p.ID, standby == 1, atEnd == 1, facts
			if h.Storage.FirstAt.Unix() == 0 {
				h.Storage = StorageGrowth{}
			}
			out.Hosts = append(out.Hosts, h)
			return nil
		}
		if len(facts) > 0 {
			p.Facts = facts
		}
		p.Coverage.Hosts, p.Coverage.Allocated, p.Coverage.Observed, p.Coverage.Off = int(hosts), h.AllocatedSeconds, h.ObservedSeconds, h.OffSeconds
		if p.Kind == PartyProvider {
			due += int(hosts)
		}
		out.party(&p)
		return nil
	})
	if err == nil && due != len(out.Hosts) {
		err = fmt.Errorf("the run has facts of %d of %d hosts: run yunjian-collector judge --month %s again", len(out.Hosts), due, run.Month)
	}
	return out, due > 0, err
}
