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
	"github.com/yunjian-io/yunjian/internal/wire"
	"github.com/yunjian-io/yunjian/rules"
	"github.com/yunjian-io/yunjian/rules/calendar"
	"github.com/yunjian-io/yunjian/rules/proposal"
	"github.com/yunjian-io/yunjian/rules/rightsize"
)

// caseFile is a fleet with a proposal, and the clock of the test.
type caseFile struct {
	db    *collector.Database
	month calendar.Month
	now   time.Time
	run   store.JudgeRun
	// storage is what hosts tell of their used storage, in MiB.
	storage map[string]int64
}

// loads are the CPU in millicores and the memory in MiB of each host from each slot on.
type load struct{ cpu, memory int64 }

// use stores five-minute values of a host of provider p over whole days, both inclusive.
func (f *caseFile) use(t *testing.T, host string, from, to calendar.Date, at func(slot int) load) {
	t.Helper()
	var rows wire.Rows
	start := from.In(store.Zone())
	for i := 0; ; i++ {
		when := start.Add(time.Duration(i) * 5 * time.Minute)
		if calendar.DateOf(when).After(to) {
			break
		}
		row := wire.UsageRow{Host: wire.HostKey("p", host), TS: when.Unix()}
		for n, m := range wire.Totals() {
			row.Values[n] = m.Missing
		}
		l := at(i)
		row.Values[wire.IntervalSeconds], row.Values[wire.CPUUsedCores], row.Values[wire.MemoryUsedBytes] = 300, l.cpu, l.memory
		if mib, told := f.storage[host]; told {
			row.Values[wire.StorageUsedBytes] = mib
		}
		row.Values[wire.NetworkReceiveBytes], row.Values[wire.NetworkTransmitBytes] = 1000, 1000
		rows.Usage = append(rows.Usage, row)
	}
	if err := f.db.Commit(t.Context(), &rows, f.now); err != nil {
		t.Fatal(err)
	}
	if _, err := f.db.Derive(t.Context(), f.now.Add(time.Second)); err != nil {
		t.Fatal(err)
	}
}

func steady(cpu, memory int64) func(int) load { return func(int) load { return load{cpu, memory} } }

// inventoried is a case file without a judgement.
func inventoried(t *testing.T) *caseFile {
	t.Helper()
	return inventoriedWith(t, []collector.InventoryFile{
		{Name: "providers.csv", Data: []byte("provider_id,provider_name\np,P\nq,Q\n")},
		{Name: "platforms.csv", Data: []byte("platform_id,platform_name,platform_kind,provider_id\nc,C,provider,p\n")},
		{Name: "units.csv", Data: []byte("unit_code,unit_name\nN-1,U\nN-2,V\n")},
		{Name: "systems.csv", Data: []byte("system_id,system_name,unit_code,platform_id,cutover_date,status\ns,S,N-1,c,2020-01-01,running\nbusy,B,N-2,c,2020-01-01,running\n")},
		{Name: "flavors.csv", Kind: "flavors", Data: []byte("flavor_id,family,vcpu,memory_gib,price_yuan_month\nc2m4,c,2,4,\nc4m8,c,4,8,\nc8m16,c,8,16,\n")},
		{Name: "hosts.csv", Data: []byte("host_id,system_id,platform_id,provider_id,flavor_id,vcpu,memory_gib,effective_from,state,owner\n" +
			"a,s,c,p,c8m16,8,16,2020-01-01,in_service,unit\nb,s,c,p,c4m8,4,8,2020-01-01,in_service,unit\nx,busy,c,p,c4m8,4,8,2020-01-01,in_service,unit\n")},
	})
}

// inventoriedWith is a case file without a judgement over another inventory.
func inventoriedWith(t *testing.T, files []collector.InventoryFile) *caseFile {
	t.Helper()
	f := &caseFile{
		db: &collector.Database{Store: rig.Open(t)}, month: calendar.Month{Year: 2026, Month: 10},
		now: time.Date(2026, 11, 2, 9, 0, 0, 0, store.Zone()),
	}
	for i, file := range files {
		done, err := collector.ImportInventory(t.Context(), f.db.Store, file, f.now.Add(time.Duration(i)*time.Microsecond))
		if err != nil || len(done.Problems) > 0 {
			t.Fatalf("%s: %v %v", file.Name, done.Problems, err)
		}
	}
	return f
}

// seededCaseFile is what newCaseFile is, with the findings written and not judged.
func seededCaseFile(t *testing.T) *caseFile {
	t.Helper()
	f := inventoried(t)
	f.run = store.JudgeRun{Run: 7, Month: f.month, JudgedAt: f.now}
	f.recommend(t, f.run)
	err := f.db.AddFindings(t.Context(), f.run, []store.Finding{
		{Finding: rules.Finding{RuleID: "low-utilization", Subject: rules.Subject{Kind: rules.InformationSystem, ID: "s"}, Month: f.month, Verdict: rules.Fail, State: rules.Judged, PeriodsMet: 3, Window: 3, Proposal: "downsize"}, Provider: "p", Unit: "N-1"},
		{Finding: rules.Finding{RuleID: "idle-host", Subject: rules.Subject{Kind: rules.Host, ID: "p/b"}, Month: f.month, Verdict: rules.Fail, State: rules.Judged, PeriodsMet: 30, Window: 30, Proposal: "reclaim"}, Provider: "p", Unit: "N-1"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := f.db.SaveRun(t.Context(), f.run); err != nil {
		t.Fatal(err)
	}
	return f
}

// newCaseFile lets a system of two hosts idle for three months, of which the last one is
// October 2026, and a busy one beside it; a is steadily low, b never used.
func newCaseFile(t *testing.T) *caseFile {
	t.Helper()
	f := inventoried(t)
	first := f.month.Add(-2).First()
	f.use(t, "a", first, f.month.Last(), steady(800, 2048))
	f.use(t, "b", first, f.month.Last(), steady(40, 512))
	f.use(t, "x", f.month.First(), f.month.Last(), steady(2400, 6000))
	f.run = f.judge(t, f.month)
	return f
}

// judge judges a month.
func (f *caseFile) judge(t *testing.T, month calendar.Month) store.JudgeRun {
	t.Helper()
	pack, err := collector.LoadRules("")
	if err != nil {
		t.Fatal(err)
	}
	f.now = f.now.Add(time.Second)
	j, err := collector.Judge(t.Context(), f.db, pack, collector.LogRules{}, month, f.now, "test", func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	return j.Run
}

// recommend stores the recommendation to halve host a.
func (f *caseFile) recommend(t *testing.T, run store.JudgeRun) {
	t.Helper()
	risk := 0.004
	err := f.db.SaveRecommendations(t.Context(), run, []rightsize.Recommendation{{
		Provider: "p", HostID: "a", System: "s", Unit: "N-1", DecidedAt: run.Month.Next().First(), Action: rightsize.Downsize, Policy: "risk", CPURisk: &risk,
		Current: rightsize.Size{VCPU: 8, MemoryMiB: 16384}, Target: rightsize.Size{VCPU: 4, MemoryMiB: 8192}, CurrentFlavor: "c8m16", TargetFlavor: "c4m8",
	}})
	if err != nil {
		t.Fatal(err)
	}
}

func (f *caseFile) open(t *testing.T) collector.Opened {
	t.Helper()
	o, err := collector.OpenProposals(t.Context(), f.db, f.run, f.now)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

const caseID = "2026-10-s"

// do records an event on a day and moves the clock there.
func (f *caseFile) do(t *testing.T, day string, role proposal.Role, kind proposal.Kind, d proposal.Data) collector.ProposalView {
	t.Helper()
	date, err := calendar.ParseDate(day)
	if err != nil {
		t.Fatal(err)
	}
	if at := date.In(store.Zone()).Add(10 * time.Hour); at.After(f.now) {
		f.now = at
	}
	v, changed, err := f.db.RecordEvent(t.Context(), caseID, store.Slice{}, proposal.Event{Kind: kind, At: f.now, By: "王", Role: role, Data: d}, f.now)
	if err != nil || !changed {
		t.Fatalf("%s: changed %v, %v", kind, changed, err)
	}
	return v
}

// decided leads a proposal to the approval: a is halved, b reclaimed.
func (f *caseFile) decided(t *testing.T) {
	t.Helper()
	f.open(t)
	f.decideCase(t)
}

// decideCase is what follows on a proposal that is open.
func (f *caseFile) decideCase(t *testing.T) {
	t.Helper()
	f.do(t, "2026-11-03", proposal.Supervisor, proposal.KindNotice, proposal.Data{Notice: &proposal.Notice{No: "N-7"}})
	f.do(t, "2026-11-05", proposal.Unit, proposal.KindReply, proposal.Data{Reply: &proposal.Reply{Items: []proposal.ItemReply{
		{Host: "a", Answer: proposal.Agree}, {Host: "b", Answer: proposal.Agree},
	}}})
	f.do(t, "2026-11-06", proposal.Office, proposal.KindReview, proposal.Data{Review: &proposal.Review{
		Items: []proposal.ItemReview{{Host: "a", Decision: proposal.DecideDownsize}, {Host: "b", Decision: proposal.DecideReclaim}}, Approval: &proposal.Decide{No: "A-1"},
	}})
}

func (f *caseFile) implemented(t *testing.T) {
	t.Helper()
	f.decided(t)
	f.implementCase(t)
}

// implementCase is what follows on a decided proposal.
func (f *caseFile) implementCase(t *testing.T) {
	t.Helper()
	f.do(t, "2026-11-10", proposal.Provider, proposal.KindImplement, proposal.Data{Implement: &proposal.Implement{Items: []proposal.ItemChange{
		{Host: "a"}, {Host: "b", Reclaim: &proposal.ReclaimProof{
			Backup: "B-1", Wipe: "W-1", LogsReference: "L-1", LogsFrom: calendar.Date{Year: 2026, Month: 5, Day: 9}, LogsTo: calendar.Date{Year: 2026, Month: 11, Day: 9},
		}},
	}}})
}

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
