package store

import (
	"context"
	"fmt"
	"time"

	"github.com/yunjian-io/yunjian/rules/calendar"
	"github.com/yunjian-io/yunjian/rules/filing"
	"github.com/yunjian-io/yunjian/rules/proposal"
)

// ProposalState is a proposal as of a moment, as far as the hosts of one provider go.
type ProposalState struct {
	proposal.Head
	Provider string
	OpenedAt time.Time
	State    proposal.State
	Open     bool
	// NextStep is what is expected next, NextDue the first day by which something is, and
	// OverdueWorkdays the most working days by which something is late.
	NextStep        proposal.Kind
	NextDue         calendar.Date
	OverdueWorkdays int
	Hosts           int
	ProposedHosts   int
	// Proposed is the saving of the proposed changes (F11), Yuan what it is worth a month:
	// nil where a price is missing. Approved and Realised are those of F12.
	Proposed, Approved, Realised proposal.Reduction
	Yuan                         *float64
	Rebound                      bool
}

// StatesMark is a number that differs once anything was recorded from which the states of
// proposals or reports follow.
func (s *Store) StatesMark(ctx context.Context) (mark uint64, err error) {
	if err := s.conn.QueryRow(ctx, query("states_mark")).Scan(&mark); err != nil {
		return 0, fmt.Errorf("read what was recorded: %w", err)
	}
	return mark, nil
}

// SaveProposalStates stores the states of all proposals. Those of an earlier time do not
// count any more.
func (s *Store) SaveProposalStates(ctx context.Context, all []ProposalState, taken time.Time) error {
	n := len(all)
	if n == 0 {
		return nil
	}
	type state = ProposalState
	text := func(name, kind string, value func(*state) string) column {
		return column{name, kind, collect(all, value)}
	}
	count := func(name string, value func(*state) int) column {
		return column{name, "UInt32", collect(all, func(p *state) uint32 { return uint32(value(p)) })}
	}
	yes := func(name string, value func(*state) bool) column {
		return column{name, "UInt8", collect(all, func(p *state) uint8 { return flag(value(p)) })}
	}
	columns := []column{
		text("proposal", "String", func(p *state) string { return p.ID }),
		text("provider", typeLow, func(p *state) string { return p.Provider }),
		text("unit", "String", func(p *state) string { return p.Unit }),
		text("system", "String", func(p *state) string { return p.System }),
		{"month", "Date", collect(all, func(p *state) time.Time { return p.Month.Start(time.UTC) })},
		{"opened_at", typeTime, collect(all, func(p *state) int64 { return p.OpenedAt.Unix() })},
		text("state", typeLow, func(p *state) string { return string(p.State) }),
		yes("open", func(p *state) bool { return p.Open }),
		text("next_step", typeLow, func(p *state) string { return string(p.NextStep) }),
		{"next_due", "Nullable(Date)", collect(all, func(p *state) *time.Time { return optionalDay(p.NextDue) })},
		count("overdue_workdays", func(p *state) int { return p.OverdueWorkdays }),
		count("hosts", func(p *state) int { return p.Hosts }),
		count("proposed_hosts", func(p *state) int { return p.ProposedHosts }),
		{"proposed_yuan_month", "Nullable(Float64)", collect(all, func(p *state) *float64 { return p.Yuan })},
		yes("rebound", func(p *state) bool { return p.Rebound }),
		{"taken_at", typeTime, repeated(n, taken.Unix())},
	}
	for name, value := range map[string]func(*state) *proposal.Reduction{
		"proposed": func(p *state) *proposal.Reduction { return &p.Proposed },
		"approved": func(p *state) *proposal.Reduction { return &p.Approved },
		"realised": func(p *state) *proposal.Reduction { return &p.Realised },
	} {
		columns = append(columns,
			column{name + "_cores", "Float64", collect(all, func(p *state) float64 { return value(p).Cores })},
			column{name + "_memory_gib", "Float64", collect(all, func(p *state) float64 { return value(p).MemoryGiB })},
			column{name + "_disk_gib", "Float64", collect(all, func(p *state) float64 { return value(p).DiskGiB })})
	}
	return s.insert(ctx, "proposal_states", columns)
}

// SaveFilingStates stores the lines of the ledger of reports. Those of an earlier time do
// not count any more.
func (s *Store) SaveFilingStates(ctx context.Context, rows []filing.Row, taken time.Time) error {
	n := len(rows)
	if n == 0 {
		return nil
	}
	type line = filing.Row
	text := func(name, kind string, value func(*line) string) column {
		return column{name, kind, collect(rows, value)}
	}
	return s.insert(ctx, "filing_states", []column{
		{"month", "Date", collect(rows, func(r *line) time.Time { return r.Month.Start(time.UTC) })},
		text("provider", typeLow, func(r *line) string { return r.Provider }),
		text("report_kind", typeLow, func(r *line) string { return r.Kind }),
		text("unit", "String", func(r *line) string { return r.Unit }),
		text("recipient", "String", func(r *line) string { return r.Recipient }),
		text("filing", "String", func(r *line) string { return r.ID }),
		{"version", "UInt32", collect(rows, func(r *line) uint32 { return uint32(r.Version) })},
		{"due", "Date", collect(rows, func(r *line) time.Time { return dateOf(r.Due.Date) })},
		text("state", typeLow, func(r *line) string { return string(r.State) }),
		{"sent_at", "Nullable(DateTime('Asia/Shanghai'))", collect(rows, func(r *line) *time.Time {
			if r.FirstSentAt.IsZero() {
				return nil
			}
			return &r.FirstSentAt
		})},
		{"late_workdays", "UInt32", collect(rows, func(r *line) uint32 { return uint32(max(r.LateWorkdays, 0)) })},
		{"overdue", "UInt8", collect(rows, func(r *line) uint8 { return flag(r.Overdue) })},
		{"taken_at", typeTime, repeated(n, taken.Unix())},
	})
}

// Health is what a collector says of itself at a moment. Rows, requests and failed commits
// are those since the look before.
type Health struct {
	At                 time.Time
	Collector, Program string
	Uptime             time.Duration
	// MemoryBytes is resident memory without the engine; 0 where it was not readable, as are
	// DiskFreeBytes and DiskSizeBytes, which are those of the file system of the data.
	MemoryBytes                  uint64
	Lag                          time.Duration
	CommitsToDerive, RowsWaiting uint64
	RowsStored, Accepted         uint64
	Refused, CommitsFailed       uint64
	EngineRestarts, KnownHosts   uint64
	DatabaseBytes                uint64
	DiskFreeBytes, DiskSizeBytes uint64
}

// SaveHealth stores a look at the collector.
func (s *Store) SaveHealth(ctx context.Context, h *Health) error {
	number := func(name string, v uint64) column { return column{name, "UInt64", []uint64{v}} }
	return s.insert(ctx, "collector_health", []column{
		{"at", typeTime, []int64{h.At.Unix()}},
		{"collector", typeLow, []string{h.Collector}},
		{"program", typeLow, []string{h.Program}},
		number("uptime_seconds", uint64(h.Uptime.Seconds())),
		number("memory_bytes", h.MemoryBytes),
		{"derivation_lag_seconds", "Float64", []float64{h.Lag.Seconds()}},
		number("commits_to_derive", h.CommitsToDerive),
		number("rows_waiting", h.RowsWaiting),
		number("rows_stored", h.RowsStored),
		number("requests_accepted", h.Accepted),
		number("requests_refused", h.Refused),
		number("commits_failed", h.CommitsFailed),
		number("engine_restarts", h.EngineRestarts),
		number("known_hosts", h.KnownHosts),
		number("database_bytes", h.DatabaseBytes),
		number("disk_free_bytes", h.DiskFreeBytes),
		number("disk_size_bytes", h.DiskSizeBytes),
	})
}
