package collector_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/yunjian-io/yunjian/collector"
	"github.com/yunjian-io/yunjian/rules/proposal"
)

// stateRow is what dashboards read of proposal_states.
type stateRow struct {
	Proposal, Provider, Unit, System, State, Step string
	Open                                          uint8
	Due                                           string
	Overdue, Hosts, Proposed                      uint32
	Saving, Approved, Realised                    float64
}

func (f *caseFile) states(t *testing.T) (out []stateRow) {
	t.Helper()
	err := f.db.Each(t.Context(), `SELECT proposal, toString(provider), unit, system, toString(state), toString(next_step), open, ifNull(toString(next_due), ''),
			overdue_workdays, hosts, proposed_hosts, proposed_cores, approved_cores, realised_cores
		FROM proposal_states FINAL WHERE taken_at = (SELECT max(taken_at) FROM proposal_states) ORDER BY proposal, provider`, nil, func(scan func(...any) error) error {
		var r stateRow
		err := scan(&r.Proposal, &r.Provider, &r.Unit, &r.System, &r.State, &r.Step, &r.Open, &r.Due, &r.Overdue, &r.Hosts, &r.Proposed, &r.Saving, &r.Approved, &r.Realised)
		out = append(out, r)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// The stored states are those of the fold: as it was opened, and as it was noticed and is late.
func TestProposalStates(t *testing.T) {
	f := seededCaseFile(t)
	f.open(t)
	mark, err := f.db.StatesMark(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	snapshot := func(now time.Time) []stateRow {
		t.Helper()
		if err := collector.SnapshotProposals(t.Context(), f.db, now); err != nil {
			t.Fatal(err)
		}
		return f.states(t)
	}
	if got := snapshot(f.now); len(got) != 1 || got[0].State != "judged" || got[0].Step != "notice" || got[0].Open != 1 || got[0].Due != "" {
		t.Errorf("as it was opened: %+v", got)
	}
	if again, err := f.db.StatesMark(t.Context()); err != nil || again != mark {
		t.Errorf("the mark is %d, %v after a snapshot; want %d: nothing was recorded", again, err, mark)
	}
	v := f.do(t, "2026-11-03", proposal.Supervisor, proposal.KindNotice, proposal.Data{Notice: &proposal.Notice{No: "N-7"}})
	if after, err := f.db.StatesMark(t.Context()); err != nil || after == mark {
		t.Errorf("the mark is still %d, %v after a notice", after, err)
	}
	cores, proposed := 0.0, uint32(0)
	for _, i := range v.Items {
		if i.Proposed() {
			cores, proposed = cores+i.Saving.Cores, proposed+1
		}
	}
	due := v.Expected[0].Due.Date
	late := snapshot(due.AddDays(7).In(collector.Zone()))
	want := []stateRow{{
		Proposal: "2026-10-s", Provider: "p", Unit: "N-1", System: "s", State: "overdue", Step: "reply", Open: 1, Due: due.String(), Overdue: 5,
		Hosts: uint32(len(v.Items)), Proposed: proposed, Saving: cores,
	}}
	if diff := cmp.Diff(want, late); diff != "" {
		t.Error(diff)
	}
	f.do(t, "2026-11-25", proposal.Office, proposal.KindReview, proposal.Data{Review: &proposal.Review{
		Items: []proposal.ItemReview{{Host: "a", Decision: proposal.DecideDownsize}, {Host: "b", Decision: proposal.DecideReclaim}}, Approval: &proposal.Decide{No: "A-1"},
	}})
	if got := snapshot(f.now); len(got) != 1 || got[0].State != "decided" || got[0].Approved != 8 || got[0].Realised != 0 {
		t.Errorf("as it was approved to halve a host of 8 cores and reclaim one of 4: %+v", got)
	}
	if cores <= 0 || proposed == 0 {
		t.Errorf("a saving of %v cores of %d hosts tells nothing", cores, proposed)
	}
}
