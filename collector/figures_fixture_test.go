package collector_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/yunjian-io/yunjian/collector"
	"github.com/yunjian-io/yunjian/collector/records"
	"github.com/yunjian-io/yunjian/collector/report"
	"github.com/yunjian-io/yunjian/collector/store"
	"github.com/yunjian-io/yunjian/internal/wire"
	"github.com/yunjian-io/yunjian/rules"
	"github.com/yunjian-io/yunjian/rules/calendar"
	"github.com/yunjian-io/yunjian/rules/proposal"
	"github.com/yunjian-io/yunjian/rules/rightsize"
)

// figured is the month of the fixture with everything that a report can print: flavours and
// their prices, verdicts on logs, records of all kinds but one, and proposals on their way.
type figured struct {
	db   *collector.Database
	pack rules.Pack
	run  store.JudgeRun
	now  time.Time
}

// absentKind is the kind of records that nobody provided.
const absentKind = records.Changes

// figureMonth builds it: the fixture of September, judged once.
func figureMonth(t *testing.T) *figured {
	t.Helper()
	f := &figured{now: afterClose()}
	f.db = &collector.Database{Store: fixtureStore(t, f.now)}
	for _, statement := range []string{
		// Disks without a host are recomputed by TestVolumesInReports.
		"TRUNCATE TABLE inventory_volumes",
		"INSERT INTO inventory_flavors VALUES (1, 'm1', 'g', 1, 2048, 100), (1, 'm2', 'g', 2, 4096, 200), (1, 'm4', 'g', 4, 8192, 400), (1, 'm8', 'g', 8, 16384, 800)",
		"ALTER TABLE inventory_hosts UPDATE flavor = concat('m', toString(vcpu)) WHERE 1 SETTINGS mutations_sync = 1",
	} {
		if err := f.db.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	var err error
	if f.pack, err = rules.DefaultPack(); err != nil {
		t.Fatal(err)
	}
	if _, err := collector.Judge(t.Context(), f.db, f.pack, collector.LogRules{}, fixtureMonth(), f.now, "test", quiet); err != nil {
		t.Fatal(err)
	}
	var ok bool
	if f.run, ok, err = f.db.LastRun(t.Context(), fixtureMonth()); err != nil || !ok {
		t.Fatal(ok, err)
	}
	f.logs(t)
	f.records(t)
	f.proceed(t)
	return f
}

// logs puts the verdicts on logs of three months in the place of those that were judged: no
// agent told of any.
func (f *figured) logs(t *testing.T) {
	t.Helper()
	if err := f.db.Exec(t.Context(), "ALTER TABLE retention_verdicts DELETE WHERE 1 SETTINGS mutations_sync = 1"); err != nil {
		t.Fatal(err)
	}
	for back := range 3 {
		run := f.run
		run.Run, run.Month = f.run.Run+uint64(back), fixtureMonth().Add(-back)
		if err := f.db.SaveRetention(t.Context(), run, loggedMonth(run.Month)); err != nil {
			t.Fatal(err)
		}
		if back == 0 {
			continue // the run of September is there
		}
		run.Findings = 0
		if err := f.db.SaveRun(t.Context(), run); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.db.Exec(t.Context(), "INSERT INTO host_identity (host, at, os, os_version, os_name) SELECT host, toDateTime('2026-09-02 00:00:00'), if(host_id IN ('a1', 'a2'), 'centos', 'openEuler'), if(host_id IN ('a1', 'a2'), '7', '24.03'), if(host_id IN ('a1', 'a2'), 'CentOS Linux 7 (Core)', 'openEuler 24.03 (LTS)') FROM hosts WHERE host_id IN ('a1', 'a2', 'b1')"); err != nil {
		t.Fatal(err)
	}
}

// records imports what persons keep.
func (f *figured) records(t *testing.T) {
	t.Helper()
	at := afterClose()
	put := func(file collector.RecordFile) {
		t.Helper()
		at = at.Add(time.Second)
		file.Provider, file.By = fixtureProvider, "test"
		if done, err := collector.ImportRecords(t.Context(), f.db.Store, file, at); err != nil || len(done.Problems) > 0 {
			t.Fatalf("%s: %v %v", file.Name, done.Problems, err)
		}
	}
	for _, x := range recordFiles {
		if x.kind == absentKind {
			continue
		}
		file := collector.RecordFile{Name: x.name, Kind: x.kind, Data: []byte(x.text)}
		if x.month != "" {
			var err error
			if file.From, err = calendar.ParseMonth(x.month); err != nil {
				t.Fatal(err)
			}
			if file.To, err = calendar.ParseMonth(max(x.month, x.to)); err != nil { // an empty one is below all
				t.Fatal(err)
			}
		}
		put(file)
	}
	september := fixtureMonth()
	put(collector.RecordFile{Name: "池.csv", Kind: records.Pools, From: september, To: september, Data: []byte("月份,云平台编码,资源池,资源类型,总量,已分配\n2026-09,tf-1,一区,vCPU,40,50\n")})
	put(collector.RecordFile{Name: "基数.csv", Kind: records.Settlement, Data: []byte("使用单位编码,资源类型,基数,生效日期,凭据号\nN-0001,vCPU,30,2026-01-01,凭1\nN-0001,内存(GiB),74,2026-09-01,凭2\nN-0002,vCPU,6,2026-09-16,凭3\n")})
}

// do records a step of a proposal on a day.
func (f *figured) do(t *testing.T, id, day string, role proposal.Role, kind proposal.Kind, d proposal.Data) {
	t.Helper()
	recordOn(t, f.db, &f.now, id, day, proposal.Event{Role: role, Kind: kind, Data: d})
}

// The proposals of September: S1 with a1 to a3, and S3 with c3.
const (
	firstCase  = "2026-09-S1"
	secondCase = "2026-09-S3"
)

// proceed opens the proposals and leads both through the workflow: notice, reply, review,
// implementation, and that of S1 through the verification. What a3 needs after it was halved is
// more than 80 % of what it has left.
func (f *figured) proceed(t *testing.T) {
	t.Helper()
	opened, err := collector.OpenProposals(t.Context(), f.db, f.run, f.now)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(collector.Opened{Opened: []string{firstCase, secondCase}}, opened); diff != "" {
		t.Fatalf("proposals (-want +got):\n%s", diff)
	}
	day := func(month time.Month, day int) calendar.Date {
		return calendar.Date{Year: 2026, Month: month, Day: day}
	}
	for id, no := range map[string]string{firstCase: "T-1", secondCase: "T-2"} {
		f.now = afterClose()
		f.do(t, id, "2026-10-08", proposal.Supervisor, proposal.KindNotice, proposal.Data{Notice: &proposal.Notice{No: no, Contact: "李某"}})
	}
	f.do(t, firstCase, "2026-10-14", proposal.Unit, proposal.KindReply, proposal.Data{Reply: &proposal.Reply{Items: []proposal.ItemReply{
		{Host: "a1", Answer: proposal.Partly, Target: &rightsize.Size{VCPU: 4, MemoryMiB: 8192, DiskGiB: 80}, Evidence: "E-1", Planned: day(10, 25), Contact: "赵某"},
		{Host: "a2", Answer: proposal.Disagree, Why: proposal.BusinessPeak, Evidence: "E-2", Contact: "赵某"},
		{Host: "a3", Answer: proposal.Agree, Planned: day(10, 24), Contact: "赵某"},
	}}})
	f.do(t, firstCase, "2026-10-20", proposal.Office, proposal.KindReview, proposal.Data{Review: &proposal.Review{
		No: "R-1", Mode: "meeting", Experts: []proposal.Expert{{Name: "钱某"}}, Approval: &proposal.Decide{No: "A-1", Opinion: "同意"},
		Items: []proposal.ItemReview{
			{Host: "a1", Decision: proposal.DecideAdjusted, FinalTarget: &rightsize.Size{VCPU: 4, MemoryMiB: 8192, DiskGiB: 80}, ImplementBy: day(10, 30)},
			{Host: "a2", Decision: proposal.DecideKeep, ExemptionUntil: calendar.Date{Year: 2027, Month: 3, Day: 31}},
			{Host: "a3", Decision: proposal.DecideDownsize},
		},
	}})
	f.do(t, secondCase, "2026-10-22", proposal.Unit, proposal.KindReply, proposal.Data{Reply: &proposal.Reply{Items: []proposal.ItemReply{{Host: "c3", Answer: proposal.Agree}}}})
	f.do(t, secondCase, "2026-10-23", proposal.Office, proposal.KindReview, proposal.Data{Review: &proposal.Review{
		Approval: &proposal.Decide{No: "A-2"}, Items: []proposal.ItemReview{{Host: "c3", Decision: proposal.DecideReclaim}},
	}})
	f.do(t, firstCase, "2026-10-26", proposal.Provider, proposal.KindImplement, proposal.Data{Implement: &proposal.Implement{Items: []proposal.ItemChange{
		{Host: "a1", Operator: "孙某", After: &rightsize.Size{VCPU: 4, MemoryMiB: 8192, DiskGiB: 90}}, {Host: "a3", Operator: "孙某", RollbackUntil: day(12, 31)},
	}}})
	f.do(t, secondCase, "2026-10-26", proposal.Provider, proposal.KindImplement, proposal.Data{Implement: &proposal.Implement{Items: []proposal.ItemChange{
		{Host: "c3", Reclaim: &proposal.ReclaimProof{Backup: "B-1", Wipe: "W-1", LogsReference: "L-1", LogsFrom: day(4, 20), LogsTo: day(10, 25)}},
	}}})
	f.verify(t)
}

// after are what a changed host uses in a slot since 27 October: a1 steadily 1 of 4 cores, a3
// 3.4 or 3.6 of 4.
func after(host string, slot int) load {
	if host == "a1" {
		return load{1000, 2048}
	}
	return load{3400 + 200*int64(slot%2), 6144}
}

// verify measures what was changed for a month, a tenth of which a1 does not report.
func (f *figured) verify(t *testing.T) {
	t.Helper()
	start := time.Date(2026, time.October, 27, 0, 0, 0, 0, store.Zone())
	f.now = time.Date(2026, time.November, 30, 9, 0, 0, 0, store.Zone())
	var rows wire.Rows
	for _, host := range []string{"a1", "a3"} {
		for slot := range 31 * bucketsADay { // to 26 November
			if host == "a1" && slot%20 == 7 {
				continue
			}
			used := after(host, slot)
			rows.Usage = append(rows.Usage, usageRow(wire.HostKey(fixtureProvider, host), start.Add(time.Duration(slot)*5*time.Minute), map[int]float64{
				wire.IntervalSeconds: 300, wire.CPUUsedCores: float64(used.cpu) / 1000, wire.MemoryUsedBytes: float64(used.memory) * (1 << 20),
			}))
		}
	}
	if err := f.db.Commit(t.Context(), &rows, f.now); err != nil {
		t.Fatal(err)
	}
	if _, err := f.db.Derive(t.Context(), f.now.Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	measured, err := f.db.MeasureProposal(t.Context(), firstCase, store.Slice{}, f.now)
	if err != nil {
		t.Fatal(err)
	}
	f.do(t, firstCase, "2026-11-30", proposal.Supervisor, proposal.KindVerify, proposal.Data{Verify: &measured})
}

// documents are the reports of the month: A, B and S each and bound together, and of C that to the
// office and those to the units.
func (f *figured) documents(t *testing.T) map[string][]report.Document {
	t.Helper()
	ask := collector.BuildAsk{DB: f.db, Pack: f.pack, Month: fixtureMonth(), Provider: fixtureProvider, Whole: true, Program: "test", Say: quiet}
	out := map[string][]report.Document{}
	for kind := range collector.Builders() {
		if kind == report.KindLedger { // D is about no month's figures
			continue
		}
		for _, b := range buildAll(t, kind, ask) {
			name := map[string]string{report.KindUsage: "A", report.KindOperation: "B", report.KindSituation: "S", report.KindSecurity: "BS", report.KindNotice: "C"}[kind]
			if unit := b.Edition.Unit; kind == report.KindNotice && unit != "" {
				name += " " + unit
			}
			out[name] = append(out[name], b.Document)
		}
	}
	return out
}
