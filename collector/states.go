package collector

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/yunjian-io/yunjian/collector/store"
	"github.com/yunjian-io/yunjian/rules/calendar"
	"github.com/yunjian-io/yunjian/rules/proposal"
)

// SnapshotProposals stores the states of all proposals as of now, for dashboards and alert
// rules, which cannot fold events.
func SnapshotProposals(ctx context.Context, db *Database, now time.Time) error {
	m, err := db.machine(ctx)
	if err != nil {
		return err
	}
	records, err := db.Store.Proposals(ctx, store.ProposalFilter{})
	if err != nil {
		return err
	}
	var all []store.ProposalState
	for _, r := range records {
		p, _ := fold(m, r)
		for _, provider := range p.Providers {
			all = append(all, proposalState(m, p, provider, r.OpenedAt, m.Day(now)))
		}
	}
	return db.SaveProposalStates(ctx, all, now)
}

// proposalState is a proposal as far as the hosts of a provider go. The steps that are expected
// are those of the whole proposal.
func proposalState(m proposal.Machine, p proposal.Proposal, provider string, opened time.Time, day calendar.Date) store.ProposalState {
	s := store.ProposalState{
		Head: p.Head, Provider: provider, OpenedAt: opened, State: m.StateOn(&p, day), Open: p.Open(), Rebound: p.Rebound,
	}
	for i, step := range m.Expected(&p, day) {
		if i == 0 {
			s.NextStep = step.Kind
		}
		if due := step.Due.Date; !due.IsZero() && (s.NextDue.IsZero() || due.Before(s.NextDue)) {
			s.NextDue = due
		}
		s.OverdueWorkdays = max(s.OverdueWorkdays, step.OverdueDays)
	}
	p.Items = slices.DeleteFunc(slices.Clone(p.Items), func(i proposal.Item) bool { return !strings.HasPrefix(i.Host, provider+"/") })
	yuan, priced, proposed := 0.0, true, false
	for i := range p.Items {
		item := &p.Items[i]
		if !item.IsVolume() {
			s.Hosts++
		}
		if !item.Proposed() {
			continue
		}
		proposed = true
		if !item.IsVolume() {
			s.ProposedHosts++
		}
		s.Proposed.Cores += item.Saving.Cores
		s.Proposed.MemoryGiB += item.Saving.MemoryGiB
		s.Proposed.DiskGiB += item.Saving.DiskGiB
		if item.Saving.Yuan == nil {
			priced = false
		} else {
			yuan += *item.Saving.Yuan
		}
	}
	if priced && proposed {
		s.Yuan = &yuan
	}
	realised := p.Realised()
	s.Approved, s.Realised = realised.Approved, realised.Actual
	return s
}

// snapshotFilings stores the ledger of reports as of now.
func (f *Filer) snapshotFilings(ctx context.Context) error {
	rows, err := f.Ledger(ctx, LedgerAsk{}, f.today())
	if err != nil {
		return err
	}
	return f.DB.SaveFilingStates(ctx, rows, f.Now())
}

// snapshots remembers as of when states were stored.
type snapshots struct {
	mark uint64
	day  calendar.Date
}

// refresh stores the states of proposals and reports if anything was recorded since, by
// whatever process, or a day has begun: days change what is overdue.
func (s *snapshots) refresh(ctx context.Context, server *Server, now time.Time) error {
	mark, err := server.db.StatesMark(ctx)
	if err != nil {
		return err
	}
	day := calendar.DateOf(now.In(store.Zone()))
	if mark == s.mark && day == s.day {
		return nil
	}
	if err := SnapshotProposals(ctx, server.db, now); err != nil {
		return fmt.Errorf("store states of proposals: %w", err)
	}
	f, err := server.filer()
	if err != nil {
		return err
	}
	if err := f.snapshotFilings(ctx); err != nil {
		return fmt.Errorf("store the ledger of reports: %w", err)
	}
	s.mark, s.day = mark, day
	return nil
}

// healthEvery is how often the collector looks at itself and at what was recorded.
const healthEvery = time.Minute

// tell keeps what dashboards ask up to date until ctx ends. What fails is tried again the
// next time.
func (s *Server) tell(ctx context.Context) {
	ticker := time.NewTicker(healthEvery)
	defer ticker.Stop()
	var states snapshots
	look := newLook(s, time.Now())
	for {
		now := time.Now()
		if err := states.refresh(ctx, s, now); err != nil && ctx.Err() == nil {
			s.log.Error("states for the dashboards not stored; it will be tried again", slog.Any("error", err))
		}
		if err := look.save(ctx, now); err != nil && ctx.Err() == nil {
			s.log.Error("own figures not stored; it will be tried again", slog.Any("error", err))
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}
