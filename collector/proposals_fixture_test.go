package collector_test

import (
	"testing"
	"time"

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
	return recordOn(t, f.db, &f.now, caseID, day, proposal.Event{Role: role, Kind: kind, Data: d})
}

// recordOn records a step of a proposal at ten o'clock of a day, and moves the clock there if
// it is earlier.
func recordOn(t *testing.T, db *collector.Database, now *time.Time, id, day string, e proposal.Event) collector.ProposalView {
	t.Helper()
	date, err := calendar.ParseDate(day)
	if err != nil {
		t.Fatal(err)
	}
	if at := date.In(store.Zone()).Add(10 * time.Hour); at.After(*now) {
		*now = at
	}
	e.At, e.By = *now, "王"
	v, changed, err := db.RecordEvent(t.Context(), id, store.Slice{}, e, *now)
	if err != nil || !changed {
		t.Fatalf("%s of %s: changed %v, %v", e.Kind, id, changed, err)
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

// imports takes a file of the inventory in.
func (f *caseFile) imports(t *testing.T, name, text string) {
	t.Helper()
	f.now = f.now.Add(time.Second)
	done, err := collector.ImportInventory(t.Context(), f.db.Store, collector.InventoryFile{Name: name, Data: []byte(text)}, f.now)
	if err != nil || len(done.Problems) > 0 {
		t.Fatalf("%s: %v %v", name, done.Problems, err)
	}
}
