package collector_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/yunjian-io/yunjian/collector"
	"github.com/yunjian-io/yunjian/collector/report"
	"github.com/yunjian-io/yunjian/collector/report/render/docx"
	renderhtml "github.com/yunjian-io/yunjian/collector/report/render/html"
	"github.com/yunjian-io/yunjian/collector/report/render/pdf"
	"github.com/yunjian-io/yunjian/collector/report/render/xlsx"
	"github.com/yunjian-io/yunjian/collector/store"
	"github.com/yunjian-io/yunjian/rules/calendar"
	"github.com/yunjian-io/yunjian/rules/proposal"
)

// markedCaseFile has two using units with a low system each; everything that belongs to a
// unit, and everything that is said about it, holds its mark. Flavours have prices, and
// hosts have disks of which they tell the use.
func markedCaseFile(t *testing.T) *caseFile {
	t.Helper()
	var units, systems, hosts strings.Builder
	for _, m := range marks() {
		fmt.Fprintf(&units, "N-%[1]s,单位%[1]s\n", m)
		fmt.Fprintf(&systems, "s-%[1]s,系统%[1]s,N-%[1]s,c,2020-01-01,running\n", m)
		fmt.Fprintf(&hosts, "a-%[1]s,s-%[1]s,c,p,c8m16,8,16,200,2020-01-01,in_service,unit\nb-%[1]s,s-%[1]s,c,p,c4m8,4,8,100,2020-01-01,in_service,unit\n", m)
	}
	file := func(name, text string) collector.InventoryFile {
		return collector.InventoryFile{Name: name, Data: []byte(text)}
	}
	flavors := file("flavors.csv", "flavor_id,family,vcpu,memory_gib,price_yuan_month\nc2m4,c,2,4,200\nc4m8,c,4,8,400\nc8m16,c,8,16,800\n")
	flavors.Kind = "flavors"
	f := inventoriedWith(t, []collector.InventoryFile{
		file("providers.csv", "provider_id,provider_name\np,P云\n"),
		file("platforms.csv", "platform_id,platform_name,platform_kind,provider_id\nc,C,provider,p\n"),
		file("units.csv", "unit_code,unit_name\n"+units.String()),
		file("systems.csv", "system_id,system_name,unit_code,platform_id,cutover_date,status\n"+systems.String()),
		flavors,
		file("hosts.csv", "host_id,system_id,platform_id,provider_id,flavor_id,vcpu,memory_gib,disk_gib,effective_from,state,owner\n"+hosts.String()),
	})
	f.storage = map[string]int64{}
	first := f.month.Add(-2).First()
	for _, m := range marks() {
		f.storage["a-"+m], f.storage["b-"+m] = 150*1024, 30*1024
		f.use(t, "a-"+m, first, f.month.Last(), func(slot int) load {
			if slot == 91*288+120 { // 31 October at 10:00, a Saturday
				return load{900, 2080}
			}
			return load{800, 2048}
		})
		f.use(t, "b-"+m, first, f.month.Last(), steady(40, 512))
	}
	f.run = f.judge(t, f.month)
	f.open(t)
	return f
}

func marks() []string { return []string{"MARKONE", "MARKTWO"} }

// tell records a step of the proposal of a unit.
func (f *caseFile) tell(t *testing.T, mark, day string, role proposal.Role, kind proposal.Kind, d proposal.Data) {
	t.Helper()
	date, err := calendar.ParseDate(day)
	if err != nil {
		t.Fatal(err)
	}
	f.now = date.In(store.Zone()).Add(10 * time.Hour)
	_, changed, err := f.db.RecordEvent(t.Context(), "2026-10-s-"+mark, store.Slice{}, proposal.Event{Kind: kind, At: f.now, By: "王" + mark, Role: role, Data: d}, f.now)
	if err != nil || !changed {
		t.Fatalf("%s of %s: changed %v, %v", kind, mark, changed, err)
	}
}

// proceed gives notice to both units; the first replies and is reviewed, the second does not.
func (f *caseFile) proceed(t *testing.T) {
	t.Helper()
	for _, m := range marks() {
		f.tell(t, m, "2026-11-03", proposal.Supervisor, proposal.KindNotice, proposal.Data{Notice: &proposal.Notice{No: "NO-" + m, Contact: "李" + m}})
	}
	m := marks()[0]
	f.tell(t, m, "2026-11-05", proposal.Unit, proposal.KindReply, proposal.Data{Reply: &proposal.Reply{Items: []proposal.ItemReply{
		{Host: "a-" + m, Answer: proposal.Agree, Contact: "赵" + m}, {Host: "b-" + m, Answer: proposal.Disagree, Why: proposal.OtherReason, Note: "说明" + m},
	}}})
	f.tell(t, m, "2026-11-06", proposal.Office, proposal.KindReview, proposal.Data{Review: &proposal.Review{
		No: "R-" + m, Experts: []proposal.Expert{{Name: "专家" + m}}, Approval: &proposal.Decide{No: "A-" + m},
		Items: []proposal.ItemReview{
			{Host: "a-" + m, Decision: proposal.DecideDownsize},
			{Host: "b-" + m, Decision: proposal.DecideKeep, ExemptionUntil: calendar.Date{Year: 2027, Month: 3, Day: 31}},
		},
	}})
	f.tell(t, m, "2026-11-13", proposal.Provider, proposal.KindImplement, proposal.Data{Implement: &proposal.Implement{Items: []proposal.ItemChange{{Host: "a-" + m, Operator: "孙" + m}}}})
}

// TestNoticeFigures holds the figures that a person can work out.
func TestNoticeFigures(t *testing.T) {
	f := markedCaseFile(t)
	f.proceed(t)
	built := f.notices(t, "", calendar.Date{Year: 2026, Month: 11, Day: 20})
	if len(built) != 3 {
		t.Fatalf("%d reports; want the office's and one for each unit", len(built))
	}
	one := built[1].Figures.(report.Notice)
	s := one.Systems[0]
	october := s.Evidence[2]
	// 0.84 of 12 cores and 2560 of 24576 MiB; at the peak 0.94 and 2592. 180 of 300 GiB.
	// 8928 slots of October, of which one is higher.
	mean := (8927*0.84 + 0.94) / (8928 * 12)
	peak := time.Date(2026, 10, 31, 10, 0, 0, 0, store.Zone())
	want := report.Course{Mean: report.Of(mean), P95: report.Of(0.07), Max: report.Of(0.94 / 12), MaxAt: peak, WorkMean: report.Of(0.07), WorkP95: report.Of(0.07)}
	exact := cmpopts.EquateApprox(0, 1e-12)
	if diff := cmp.Diff(want, *october.CPU, exact); diff != "" {
		t.Errorf("CPU in October (-by hand +notice):\n%s", diff)
	}
	if diff := cmp.Diff([]report.Figure{report.Of(2560.0 / 24576), report.Of(2592.0 / 24576), report.Of(0.6), report.Of(2 * 2000 * 8 / 300.0 / 1e6)},
		[]report.Figure{october.Memory.P95, october.Memory.Max, october.Storage.P95, october.Network.Mean}, exact); diff != "" {
		t.Errorf("memory, storage and network in October (-by hand +notice):\n%s", diff)
	}
	if len(s.Evidence) != 3 || len(s.Evidence[0].Days) != 31 || s.Evidence[0].Days[30].CPU != report.Of(0.07) || october.Observed.Hosts != 2 {
		t.Errorf("evidence of %d months; August %+v", len(s.Evidence), s.Evidence[0].Days)
	}
	// a goes from c8m16 to c4m8, b is given back: 4 + 4 cores, 8 + 8 GiB, 0 + 100 GiB of disk,
	// 400 + 400 yuan.
	got := []report.Figure{report.Of(s.Saving.VCPU), report.Of(s.Saving.MemoryGiB), s.Disk, s.Yuan, s.Items[0].CPUAfter, s.Items[0].CPUCut, s.Items[1].CPUAfter, s.Items[1].DiskCut}
	byHand := []report.Figure{report.Of(8), report.Of(16), report.Of(100), report.Of(800), report.Of(0.8 / 4), report.Of(0.5), {State: report.None}, report.Of(1)}
	if diff := cmp.Diff(byHand, got, exact); diff != "" {
		t.Errorf("proposed (-by hand +notice):\n%s", diff)
	}
	p := s.Proceeding
	day := func(d int) calendar.Date { return calendar.Date{Year: 2026, Month: 11, Day: d} }
	// Approved on Friday the 6th, due on the 11th, done on the 13th.
	deadlines := []report.Deadline{
		{Kind: proposal.KindReply, Due: day(17), Done: day(5)},
		{Kind: proposal.KindImplement, Due: day(11), Done: day(13), Late: 2},
		{Kind: proposal.KindVerify, Due: calendar.Date{Year: 2026, Month: 12, Day: 14}}, // the 13th is a Sunday
	}
	if diff := cmp.Diff(deadlines, p.Deadlines); diff != "" {
		t.Errorf("deadlines (-by hand +notice):\n%s", diff)
	}
	office := built[0].Figures.(report.Notice)
	type unit struct {
		Systems, Noticed, Replied, Proposed, Answered, Agreed, Disagreed, Decided, Passed, Implemented, Overdue int
		ApprovedCores, ActualGiB                                                                                float64
		Reply, Agree, Pass, Implement, Yuan                                                                     report.Figure
	}
	var units []unit
	for _, u := range append(slices.Clone(office.Units), office.Total) {
		units = append(units, unit{
			u.Systems, u.Noticed, u.Replied, u.Proposed, u.Answered, u.Agreed, u.Disagreed, u.Decided, u.Passed, u.Implemented, u.Overdue,
			u.Approved.Cores, u.Actual.MemoryGiB, u.ReplyRate(), u.AgreeRate(), u.PassRate(), u.ImplementRate(), u.Yuan,
		})
	}
	none := report.Figure{State: report.None}
	wantUnits := []unit{
		{1, 1, 1, 2, 2, 1, 1, 2, 1, 1, 0, 4, 8, report.Of(1), report.Of(0.5), report.Of(0.5), report.Of(1), report.Of(400)},
		{1, 1, 0, 2, 0, 0, 0, 0, 0, 0, 1, 0, 0, report.Of(0), none, none, none, report.Of(0)},
		{2, 2, 1, 4, 2, 1, 1, 2, 1, 1, 1, 4, 8, report.Of(0.5), report.Of(0.5), report.Of(0.5), report.Of(1), report.Of(400)},
	}
	if diff := cmp.Diff(wantUnits, units, exact); diff != "" {
		t.Errorf("C8 (-by hand +summary):\n%s", diff)
	}
	// The reply of the second unit was due on the 17th: 18, 19 and 20 November are working days.
	if late := office.Ledger[1]; late.LateNow() != 3 || late.Now != proposal.Overdue {
		t.Errorf("the second unit is %s, %d working days late; want overdue, 3", late.Now, late.LateNow())
	}
	if again := f.notices(t, "", calendar.Date{Year: 2026, Month: 11, Day: 16}); again[0].Figures.(report.Notice).Total.Overdue != 0 {
		t.Error("on the day before the deadline something is late")
	}
	t.Run("refused", func(t *testing.T) {
		pack, err := collector.LoadRules("")
		if err != nil {
			t.Fatal(err)
		}
		for want, ask := range map[string]collector.BuildAsk{
			"they concern N-MARKONE, N-MARKTWO": {Unit: "nobody"},
			"before the month was judged":       {AsOf: calendar.Date{Year: 2026, Month: 10, Day: 31}},
		} {
			ask.DB, ask.Pack, ask.Month, ask.Provider, ask.Say = f.db, pack, f.month, "p", quiet
			if _, err := collector.Builders()[report.KindNotice].Build(t.Context(), ask); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%v; want an error with %q", err, want)
			}
		}
	})
}

// TestNoticeExtracts: no part of what a unit receives names another unit, its systems, hosts
// or people; the same data give the same bytes; and what happens to one unit does not change
// what the other receives.
func TestNoticeExtracts(t *testing.T) {
	faces := typefaces(t)
	toText := program(t, "pdftotext", "poppler-utils")
	f := markedCaseFile(t)
	dir := os.Getenv("YUNJIAN_PICTURES")
	if dir == "" {
		dir = t.TempDir()
	}
	print := func(b collector.Built) map[string][]byte {
		t.Helper()
		d, at, out := b.Document, b.Edition.JudgedAt, map[string][]byte{}
		for format, render := range map[string]func() ([]byte, error){
			"docx": func() ([]byte, error) { return docx.Render(d, at, faces.Body) },
			"pdf":  func() ([]byte, error) { return pdf.Render(d, at, pdf.Faces{Body: faces.Body, Script: faces.Script}) },
			"xlsx": func() ([]byte, error) { return xlsx.Render(d, at.UTC().Format(time.RFC3339)) },
			"html": func() ([]byte, error) { return renderhtml.Render(d) },
		} {
			data, err := render()
			if err != nil {
				t.Fatal(err)
			}
			out[d.Name+"."+format] = data
		}
		return out
	}
	second := f.notices(t, "N-"+marks()[1], calendar.Date{})[0]
	f.proceed(t)
	f.tell(t, marks()[0], "2026-11-14", proposal.Unit, proposal.KindDispute, proposal.Data{Dispute: &proposal.Dispute{Reason: "异议" + marks()[0]}})
	for i, built := range f.notices(t, "", calendar.Date{}) {
		files := print(built)
		pages := built.Document.Name + ".pdf"
		checkCells(t, pages, string(unpacked(t, dir, pages, files[pages], toText)[len(files[pages]):]), &built.Document, 80)
		if i == 0 {
			continue // the office sees all
		}
		own, other := marks()[i-1], marks()[2-i]
		again := f.notices(t, "N-"+own, calendar.Date{})
		if diff := cmp.Diff(files, print(again[0])); diff != "" {
			t.Errorf("%s: made again, the files differ", own)
		}
		var inside []byte
		for name, data := range files {
			inside = append(append(inside, name...), unpacked(t, dir, name, data, toText)...)
		}
		manifest, err := report.NewManifest(built.Edition, nil).Encode()
		if err != nil {
			t.Fatal(err)
		}
		inside = append(inside, manifest...)
		for _, said := range []string{"N-", "单位", "系统", "a-", "b-", "NO-", "李"} {
			if !bytes.Contains(inside, []byte(said+own)) {
				t.Errorf("the files of %s lack %q: the search finds nothing", own, said+own)
			}
		}
		if at := bytes.Index(inside, []byte(other)); at >= 0 {
			t.Errorf("the files of %s have %s: …%s…", own, other, inside[max(0, at-100):min(len(inside), at+100)])
		}
	}
	// Only the notice itself was added to what the second unit is told.
	later := f.notices(t, "N-"+marks()[1], second.Figures.(report.Notice).AsOf)[0]
	if diff := cmp.Diff(print(second), print(later)); diff != "" {
		t.Error("what happened to the first unit changes the second's files of the same day")
	}
}

// unpacked is everything that a file holds: the parts of packages, the text and raw bytes of
// a PDF.
func unpacked(t *testing.T, dir, name string, data []byte, toText string) (out []byte) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	switch filepath.Ext(name) {
	case ".pdf":
		text, err := exec.CommandContext(t.Context(), toText, "-raw", path, "-").Output()
		if err != nil {
			t.Fatal(err)
		}
		// Words that a narrow column breaks are whole again.
		out = append(append(out, data...), squeeze(string(text))...)
	case ".html":
		out = data
	default:
		z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range z.File {
			r, err := part.Open()
			if err != nil {
				t.Fatal(err)
			}
			text, err := io.ReadAll(r)
			if err != nil {
				t.Fatal(err)
			}
			out = append(append(out, part.Name...), text...)
		}
	}
	return out
}
