package collector_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/yunjian-io/yunjian/collector"
	"github.com/yunjian-io/yunjian/collector/store"
	"github.com/yunjian-io/yunjian/rules/calendar"
	"github.com/yunjian-io/yunjian/rules/proposal"
	"github.com/yunjian-io/yunjian/rules/rightsize"
)

// TestProposalsFromJudgement: three low months become one proposal with its history, and
// doing it again changes nothing.
func TestProposalsFromJudgement(t *testing.T) {
	f := newCaseFile(t)
	f.judge(t, f.month.Add(-2))
	f.judge(t, f.month.Add(-1))
	if diff := cmp.Diff(collector.Opened{Opened: []string{caseID}}, f.open(t)); diff != "" {
		t.Fatalf("the first time (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(collector.Opened{Unchanged: []string{caseID}}, f.open(t)); diff != "" {
		t.Errorf("the second time (-want +got):\n%s", diff)
	}
	f.run = f.judge(t, f.month)
	if diff := cmp.Diff(collector.Opened{Unchanged: []string{caseID}}, f.open(t)); diff != "" {
		t.Errorf("after judging again (-want +got):\n%s", diff)
	}
	v, err := f.db.Proposal(t.Context(), caseID, store.Slice{}, f.now)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range v.Events {
		got = append(got, fmt.Sprintf("%s %s %s", e.Found.Month, e.Kind, e.Found.State))
	}
	for _, i := range v.Items {
		got = append(got, fmt.Sprintf("%s %s %g", i.Host, i.Action, i.Target.VCPU))
	}
	want := []string{"2026-08 found candidate", "2026-09 found warned", "2026-10 found judged", "p/a downsize 4", "p/b reclaim 0"}
	if diff := cmp.Diff(want, got); diff != "" || v.Unit != "N-1" || v.Now != proposal.Judged {
		t.Errorf("unit %s, state %s (-want +got):\n%s", v.Unit, v.Now, diff)
	}
	open := f.run
	open.Open = true
	if o, err := collector.OpenProposals(t.Context(), f.db, open, f.now); err != nil || len(o.Opened)+len(o.Joined)+len(o.Unchanged) > 0 {
		t.Errorf("a month that is not over: %+v, %v", o, err)
	}
}

// TestProposalToItsEnd leads a proposal to the file, with every step in the database.
func TestProposalToItsEnd(t *testing.T) {
	f := seededCaseFile(t)
	f.implemented(t)
	changed := calendar.Date{Year: 2026, Month: 11, Day: 10}
	f.use(t, "a", changed.AddDays(1), changed.AddMonths(1), steady(1000, 3000))
	f.now = changed.AddMonths(1).In(store.Zone()).Add(34 * time.Hour)
	measured, err := f.db.MeasureProposal(t.Context(), caseID, store.Slice{}, f.now)
	cpu, memory, all := 0.25, 3000.0/8192, 1.0
	want := proposal.Verify{Items: []proposal.ItemMeasure{{Host: "p/a", CPUP95: &cpu, MemoryP95: &memory, Coverage: &all}}}
	if diff := cmp.Diff(want, measured); err != nil || diff != "" {
		t.Fatalf("measured: %v (-want +got):\n%s", err, diff)
	}
	f.do(t, "2026-12-11", proposal.Supervisor, proposal.KindVerify, proposal.Data{Verify: &measured})
	v := f.do(t, "2026-12-12", proposal.Supervisor, proposal.KindClose, proposal.Data{Close: &proposal.Close{}})
	if v.Now != proposal.Closed || v.Rebound || *v.Realised.Cores != 1 || v.Realised.Approved.Cores != 8 {
		t.Errorf("%s, rebound %v, F12 %+v", v.Now, v.Rebound, v.Realised)
	}
	var rows []string
	err = f.db.Each(t.Context(), "SELECT kind, state, toString(toDate(at)), by, role FROM proposal_events FINAL WHERE proposal = {id:String} AND kind != 'found' ORDER BY recorded_at",
		map[string]any{"id": caseID}, func(scan func(...any) error) error {
			var kind, state, day, by, role string
			err := scan(&kind, &state, &day, &by, &role)
			rows = append(rows, strings.Join([]string{kind, state, day, by, role}, " "))
			return err
		})
	wantRows := []string{
		"notice noticed 2026-11-03 王 supervisor", "reply replied 2026-11-05 王 unit", "review decided 2026-11-06 王 office",
		"implement implemented 2026-11-10 王 provider", "verify verified 2026-12-11 王 supervisor", "close closed 2026-12-12 王 supervisor",
	}
	if diff := cmp.Diff(wantRows, rows); err != nil || diff != "" {
		t.Errorf("in the database: %v (-want +got):\n%s", err, diff)
	}
	again := proposal.Event{Kind: proposal.KindNotice, At: f.now, By: "another", Role: proposal.Office, Data: proposal.Data{Notice: &proposal.Notice{No: "N-7"}}}
	if v, changed, err := f.db.RecordEvent(t.Context(), caseID, store.Slice{}, again, f.now); err != nil || changed || v.Now != proposal.Closed {
		t.Errorf("the notice again: changed %v, %v", changed, err)
	}
	again.Notice = &proposal.Notice{No: "N-8"}
	_, _, err = f.db.RecordEvent(t.Context(), caseID, store.Slice{}, again, f.now)
	if _, refused := errors.AsType[*proposal.RefusedError](err); !refused || !strings.Contains(err.Error(), "another content") {
		t.Errorf("another notice: %v", err)
	}
	again.At = f.now.Add(time.Hour)
	if _, _, err = f.db.RecordEvent(t.Context(), caseID, store.Slice{}, again, f.now); err == nil || !strings.Contains(err.Error(), "still to come") {
		t.Errorf("an event of tomorrow: %v", err)
	}
}

// TestProposalSlices: a unit and a provider see their own, and record only there.
func TestProposalSlices(t *testing.T) {
	f := seededCaseFile(t)
	f.decided(t)
	for of, want := range map[store.Slice]int{{}: 1, {Unit: "N-1"}: 1, {Unit: "N-2"}: 0, {Provider: "p"}: 1, {Provider: "q"}: 0} {
		got, err := f.db.Proposals(t.Context(), store.ProposalFilter{Slice: of}, f.now)
		if err != nil || len(got) != want {
			t.Errorf("%+v sees %d proposals, %v; want %d", of, len(got), err, want)
		}
		e := proposal.Event{Kind: proposal.KindDispute, At: f.now, By: "x", Role: proposal.Unit, Data: proposal.Data{Dispute: &proposal.Dispute{Reason: "r"}}}
		if _, _, err := f.db.RecordEvent(t.Context(), caseID, of, e, f.now); want == 0 && !errors.Is(err, collector.ErrNoProposal) {
			t.Errorf("%+v records in a proposal of others: %v", of, err)
		}
	}
}

// TestReviewKeepIsHonoured: what the review keeps is not judged again until its day, and
// the month that led there stays as it was.
func TestReviewKeepIsHonoured(t *testing.T) {
	f := newCaseFile(t)
	f.open(t)
	f.do(t, "2026-11-03", proposal.Office, proposal.KindNotice, proposal.Data{Notice: &proposal.Notice{}})
	f.do(t, "2026-11-05", proposal.Unit, proposal.KindReply, proposal.Data{Reply: &proposal.Reply{Items: []proposal.ItemReply{
		{Host: "a", Answer: proposal.Disagree, Why: proposal.BusinessPeak}, {Host: "b", Answer: proposal.Disagree, Why: proposal.ExpansionPlanned},
	}}})
	until := calendar.Date{Year: 2027, Month: 3, Day: 31}
	keep := func(host string) proposal.ItemReview {
		return proposal.ItemReview{Host: host, Decision: proposal.DecideKeep, ExemptionUntil: until}
	}
	v := f.do(t, "2026-11-06", proposal.Office, proposal.KindReview, proposal.Data{Review: &proposal.Review{Items: []proposal.ItemReview{keep("a"), keep("b")}, Approval: &proposal.Decide{}}})
	if v.Now != proposal.Exempted {
		t.Fatalf("state %s", v.Now)
	}
	november := f.month.Next()
	f.use(t, "a", november.First(), november.Last(), steady(800, 2048))
	f.use(t, "b", november.First(), november.Last(), steady(40, 512))
	states := func(month calendar.Month) map[string]string {
		t.Helper()
		f.now = november.End(store.Zone()).Add(time.Duration(month.Month) * time.Hour)
		findings, err := f.db.Findings(t.Context(), f.judge(t, month))
		if err != nil {
			t.Fatal(err)
		}
		out := map[string]string{}
		for _, x := range findings {
			if x.Subject.ID == "s" || x.Subject.ID == "p/b" && x.RuleID == "idle-host" {
				out[x.Subject.ID] = x.State
				if x.Exemption != nil {
					out[x.Subject.ID] += " " + x.Exemption.Kind
				}
			}
		}
		return out
	}
	if diff := cmp.Diff(map[string]string{"s": "judged", "p/b": "judged"}, states(f.month)); diff != "" {
		t.Errorf("October again (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]string{"s": "exempted review_keep", "p/b": "exempted review_keep"}, states(november)); diff != "" {
		t.Errorf("November (-want +got):\n%s", diff)
	}
}

// TestGuardProposals: demand that reaches the new size becomes a warning with a deadline.
func TestGuardProposals(t *testing.T) {
	f := seededCaseFile(t)
	f.implemented(t)
	changed := calendar.Date{Year: 2026, Month: 11, Day: 10}
	f.use(t, "a", changed.AddDays(1), changed.AddDays(4), func(slot int) load {
		if slot == 2*rightsize.SlotsPerDay+5 {
			return load{1000, 8000} // of 8192 MiB
		}
		return load{1000, 3000}
	})
	guard := func(days int, want ...rightsize.GuardState) collector.ProposalView {
		t.Helper()
		f.now = changed.AddDays(days).In(store.Zone()).Add(time.Hour)
		seen, err := collector.GuardProposals(t.Context(), f.db, f.now)
		if err != nil {
			t.Fatal(err)
		}
		var got []rightsize.GuardState
		for _, o := range seen {
			got = append(got, o.State)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("after %d days (-want +got):\n%s", days, diff)
		}
		v, err := f.db.Proposal(t.Context(), caseID, store.Slice{}, f.now)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	guard(1)
	guard(2, rightsize.GuardOK)
	guard(4, rightsize.GuardRestore)
	v := guard(5, rightsize.GuardRestore)
	a := v.Items[0]
	if a.Guard == nil || a.Guard.Day != changed.AddDays(3) || a.Guard.Flavor != "c8m16" || a.RestoreDue.Date != (calendar.Date{Year: 2026, Month: 11, Day: 18}) {
		t.Fatalf("warning %+v until %s", a.Guard, a.RestoreDue.Date)
	}
	if len(v.Guard) != 2 || !strings.Contains(v.Guard[1].Chinese, "恢复至 c8m16") || !strings.Contains(v.Guard[1].English, "by 2026-11-18") {
		t.Errorf("seen: %+v", v.Guard)
	}
	v = f.do(t, "2026-11-16", proposal.Provider, proposal.KindRestore, proposal.Data{Restore: &proposal.Restore{Host: "a", After: rightsize.Size{VCPU: 8, MemoryMiB: 16384}}})
	if *v.Realised.Cores != 0.5 {
		t.Errorf("F12 after the restore: %+v", v.Realised)
	}
	guard(8)
}
