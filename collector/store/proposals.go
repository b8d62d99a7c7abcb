package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/yunjian-io/yunjian/rules/calendar"
	"github.com/yunjian-io/yunjian/rules/proposal"
	"github.com/yunjian-io/yunjian/rules/rightsize"
)

const typeMicro = "DateTime64(6, 'Asia/Shanghai')"

// SaveRecommendations stores the recommendations of a run. They count once SaveFindings
// has written the run itself.
func (s *Store) SaveRecommendations(ctx context.Context, run JudgeRun, all []rightsize.Recommendation) error {
	n := len(all)
	if n == 0 {
		return nil
	}
	whole := make([]string, n)
	for i := range all {
		text, err := json.Marshal(all[i])
		if err != nil {
			return fmt.Errorf("store recommendation for %s: %w", all[i].HostID, err)
		}
		whole[i] = string(text)
	}
	type rec = rightsize.Recommendation
	text := func(name, kind string, value func(*rec) string) column {
		return column{name, kind, collect(all, value)}
	}
	number := func(name string, value func(*rec) float64) column {
		return column{name, "Float64", collect(all, value)}
	}
	maybe := func(name string, value func(*rec) *float64) column {
		return column{name, "Nullable(Float64)", collect(all, value)}
	}
	return s.insert(ctx, "recommendations", []column{
		{"run", "UInt64", repeated(n, run.Run)},
		{"month", "Date", repeated(n, run.Month.Start(time.UTC))},
		text("provider", typeLow, func(r *rec) string { return r.Provider }),
		text("unit", "String", func(r *rec) string { return r.Unit }),
		text("system", "String", func(r *rec) string { return r.System }),
		text("host_id", "String", func(r *rec) string { return r.HostID }),
		{"decided_at", "Date", collect(all, func(r *rec) time.Time { return dateOf(r.DecidedAt) })},
		text("action", typeLow, func(r *rec) string { return string(r.Action) }),
		text("policy", typeLow, func(r *rec) string { return r.Policy }),
		number("risk_budget", func(r *rec) float64 { return r.RiskBudget }),
		number("current_vcpu", func(r *rec) float64 { return r.Current.VCPU }),
		number("current_memory_mib", func(r *rec) float64 { return r.Current.MemoryMiB }),
		number("current_disk_gib", func(r *rec) float64 { return r.Current.DiskGiB }),
		text("current_flavor", "String", func(r *rec) string { return r.CurrentFlavor }),
		number("target_vcpu", func(r *rec) float64 { return r.Target.VCPU }),
		number("target_memory_mib", func(r *rec) float64 { return r.Target.MemoryMiB }),
		number("target_disk_gib", func(r *rec) float64 { return r.Target.DiskGiB }),
		text("target_flavor", "String", func(r *rec) string { return r.TargetFlavor }),
		maybe("cpu_risk", func(r *rec) *float64 { return r.CPURisk }),
		maybe("memory_risk", func(r *rec) *float64 { return r.MemoryRisk }),
		number("coverage", func(r *rec) float64 { return r.Evidence.Coverage }),
		number("saving_cores", func(r *rec) float64 { return r.Saving.Cores }),
		number("saving_memory_gib", func(r *rec) float64 { return r.Saving.MemoryGiB }),
		number("saving_disk_gib", func(r *rec) float64 { return r.Saving.DiskGiB }),
		maybe("saving_yuan_month", func(r *rec) *float64 { return r.Saving.Yuan }),
		text("confidence", typeLow, func(r *rec) string { return r.Confidence }),
		{"restart", "UInt8", collect(all, func(r *rec) uint8 { return flag(r.Restart) })},
		text("reason_zh", "String", func(r *rec) string { return r.Chinese }),
		text("reason_en", "String", func(r *rec) string { return r.English }),
		{"recommendation", "String", whole},
	})
}

// Slice is whose data are asked for; empty fields take all.
type Slice struct {
	Unit     string // code of the using unit
	Provider string // provider of the hosts
}

// Recommendations returns those of a run, by provider and host.
func (s *Store) Recommendations(ctx context.Context, run JudgeRun, of Slice) (out []rightsize.Recommendation, err error) {
	err = s.EachRecommendation(ctx, run, of, func(r *rightsize.Recommendation) error {
		out = append(out, *r)
		return nil
	})
	return out, err
}

// EachRecommendation visits those of a run, by provider and host: those of a large fleet
// would not fit in memory.
func (s *Store) EachRecommendation(ctx context.Context, run JudgeRun, of Slice, visit func(*rightsize.Recommendation) error) error {
	values := map[string]any{"month": run.Month.First().String(), "run": run.Run, "provider": of.Provider, "unit": of.Unit}
	return s.Each(ctx, query("recommendations"), values, func(scan func(...any) error) error {
		var text string
		if err := scan(&text); err != nil {
			return err
		}
		var r rightsize.Recommendation
		if err := json.Unmarshal([]byte(text), &r); err != nil {
			return fmt.Errorf("recommendation: %w", err)
		}
		return visit(&r)
	})
}

// SaveProposals stores the heads of proposals; storing them again changes nothing. A
// proposal exists once its head is there: its first events go before.
func (s *Store) SaveProposals(ctx context.Context, heads []proposal.Head, openedAt time.Time) error {
	if len(heads) == 0 {
		return nil
	}
	return s.insert(ctx, "proposals", []column{
		texts("proposal", heads, func(h *proposal.Head) string { return h.ID }),
		texts("system", heads, func(h *proposal.Head) string { return h.System }),
		{"month", "Date", collect(heads, func(h *proposal.Head) time.Time { return h.Month.Start(time.UTC) })},
		texts("unit", heads, func(h *proposal.Head) string { return h.Unit }),
		{"providers", typeLows, collect(heads, func(h *proposal.Head) []string { return h.Providers })},
		{"opened_at", typeMicro, repeated(len(heads), openedAt)},
	})
}

// ProposalEvent is a recorded step of a proposal.
type ProposalEvent struct {
	Proposal string `json:"proposal"`
	// ID is the key of its content.
	ID         string    `json:"event"`
	RecordedAt time.Time `json:"recorded_at"`
	// State is that of the proposal after it.
	State proposal.State `json:"state"`
	proposal.Event
}

// AppendProposalEvents stores steps. The same step again changes nothing.
func (s *Store) AppendProposalEvents(ctx context.Context, all []ProposalEvent) error {
	if len(all) == 0 {
		return nil
	}
	data := make([]string, len(all))
	for i := range all {
		text, err := json.Marshal(all[i].Data)
		if err != nil {
			return fmt.Errorf("store %s of proposal %s: %w", all[i].Kind, all[i].Proposal, err)
		}
		data[i] = string(text)
	}
	return s.insert(ctx, "proposal_events", []column{
		texts("proposal", all, func(e *ProposalEvent) string { return e.Proposal }),
		texts("event", all, func(e *ProposalEvent) string { return e.ID }),
		lows("kind", all, func(e *ProposalEvent) string { return string(e.Kind) }),
		{"at", typeMicro, collect(all, func(e *ProposalEvent) time.Time { return e.At })},
		{"recorded_at", typeMicro, collect(all, func(e *ProposalEvent) time.Time { return e.RecordedAt })},
		texts("by", all, func(e *ProposalEvent) string { return e.By }),
		lows("role", all, func(e *ProposalEvent) string { return string(e.Role) }),
		lows("state", all, func(e *ProposalEvent) string { return string(e.State) }),
		{"data", "String", data},
		{"version", "Int64", collect(all, func(e *ProposalEvent) int64 { return -e.RecordedAt.UnixNano() })},
	})
}

// ProposalFilter says which proposals are asked for; empty fields take all.
type ProposalFilter struct {
	ID, System string
	Slice
}

func (f ProposalFilter) parameters() map[string]any {
	return map[string]any{"proposal": f.ID, "system": f.System, "unit": f.Unit, "provider": f.Provider}
}

// ProposalRecord is a proposal as it is kept: its head, and its events in the order in
// which they were recorded.
type ProposalRecord struct {
	proposal.Head
	OpenedAt time.Time
	Events   []ProposalEvent
}

// Proposals returns proposals with their events, by month and system.
func (s *Store) Proposals(ctx context.Context, f ProposalFilter) (out []ProposalRecord, err error) {
	at := map[string]int{}
	err = s.Each(ctx, query("proposals"), f.parameters(), func(scan func(...any) error) error {
		var r ProposalRecord
		var month time.Time
		if err := scan(&r.ID, &r.System, &month, &r.Unit, &r.Providers, &r.OpenedAt); err != nil {
			return err
		}
		r.Month, r.OpenedAt = calendar.DateOf(month).CalendarMonth(), r.OpenedAt.In(Zone())
		at[r.ID] = len(out)
		out = append(out, r)
		return nil
	})
	if err != nil {
		return nil, err
	}
	err = s.Each(ctx, query("proposal_events"), f.parameters(), func(scan func(...any) error) error {
		var e ProposalEvent
		var kind, role, state, data string
		if err := scan(&e.Proposal, &e.ID, &kind, &e.At, &e.RecordedAt, &e.By, &role, &state, &data); err != nil {
			return err
		}
		e.Kind, e.Role, e.State = proposal.Kind(kind), proposal.Role(role), proposal.State(state)
		e.At, e.RecordedAt = e.At.In(Zone()), e.RecordedAt.In(Zone())
		if err := json.Unmarshal([]byte(data), &e.Data); err != nil {
			return fmt.Errorf("event %s of proposal %s: %w", e.ID, e.Proposal, err)
		}
		if i, ok := at[e.Proposal]; ok {
			out[i].Events = append(out[i].Events, e)
		}
		return nil
	})
	return out, err
}
