package collector_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/yunjian-io/yunjian/collector"
	"github.com/yunjian-io/yunjian/collector/report"
	"github.com/yunjian-io/yunjian/collector/store"
	"github.com/yunjian-io/yunjian/rules/calendar"
	"github.com/yunjian-io/yunjian/rules/proposal"
)

// usage is the usage report of a month of a case file.
func (f *caseFile) usage(t *testing.T, month calendar.Month) (report.Month, map[string]*report.Table) {
	t.Helper()
	pack, err := collector.LoadRules("")
	if err != nil {
		t.Fatal(err)
	}
	m, err := collector.ReportMonth(t.Context(), f.db, pack, month, "p", "test", quiet)
	if err != nil {
		t.Fatal(err)
	}
	d, err := report.Compose(m)
	if err != nil {
		t.Fatal(err)
	}
	tables := map[string]*report.Table{}
	for _, s := range d.Sections {
		for _, b := range s.Blocks {
			if b.Table != nil {
				tables[b.Table.ID] = b.Table
			}
		}
	}
	return m, tables
}

func rowsOf(t *report.Table) (out []string) {
	for _, row := range t.Rows {
		var cells []string
		for _, c := range row {
			cells = append(cells, strings.TrimSpace(c.Text+" "+c.Note))
		}
		out = append(out, strings.Join(cells, " | "))
	}
	return out
}

// TestReportOfProposals: A4-1 shows what is recommended and what it saves, A4-3 the proposals
// with their days, A4-4 what came of them; all worked out by hand.
func TestReportOfProposals(t *testing.T) {
	f := markedCaseFile(t)
	october, tables := f.usage(t, f.month)
	// Each system: a from 8 cores and 16 GiB to 4 and 8, 800 to 400 yuan; b with 4 cores, 8 GiB and
	// 100 GiB of disk is given back, 400 yuan.
	j := october.Judged[0]
	want := report.Resources{VCPU: 8, MemoryGiB: 16, DiskGiB: 100}
	if diff := cmp.Diff(want, *j.Saving); diff != "" || j.Advice.Yuan != report.Of(800) {
		t.Errorf("saving of %s: %s yuan %v", j.Subject, diff, j.Advice.Yuan)
	}
	if got, want := cellsOf(tables["judged"], "目标规格", "可节约量", "数据完整率"), "4 核 8 GiB 降配 1 台、回收 1 台 | 8 核 16 GiB 云硬盘 100 GiB （每月 800.00 元） | 100.0% 置信度 高 2 台"; got != want {
		t.Errorf("A4-1 prints %q; want %q", got, want)
	}
	// b counts among the idle, a beside them, each once (E 4): 2 × 4 cores and 2 × 4 cores.
	s := october.Summary
	if s.Reclaimable != (report.Resources{VCPU: 8, MemoryGiB: 16, DiskGiB: 200}) || s.Advised.Saving != (report.Resources{VCPU: 8, MemoryGiB: 16}) || s.Yuan != report.Of(1600) {
		t.Errorf("F11: idle %+v, advised %+v, yuan %v", s.Reclaimable, s.Advised.Saving, s.Yuan)
	}
	if len(october.Ledger) != 2 || october.Ledger[0].Now != proposal.Judged || len(october.Changed) != 0 {
		t.Errorf("ledger of October: %+v", october.Ledger)
	}

	f.proceed(t)
	f.now = time.Date(2026, 12, 16, 9, 0, 0, 0, store.Zone())
	f.judge(t, f.month.Next())
	november, tables := f.usage(t, f.month.Next())
	// The first was changed on 13 November and is to be verified by Monday, 14 December: 15 and
	// 16 December are working days. The reply of the second was due on 17 November: 9 working
	// days until the 30th, and 12 of December.
	const next = " (云监管平台服务商、领导小组办公室)"
	wantRows := []string{
		"系统MARKONE | 单位MARKONE | 2026-10 | 已实施 | 2026-11-03 | 2026-11-17 | 2026-11-05 | 2026-11-06 | 2026-11-06 | 2026-11-11 （超期 2 个工作日） | 2026-11-13 | 2026-12-14 （超期 2 个工作日） | — | 复核" + next + " | 2",
		"系统MARKTWO | 单位MARKTWO | 2026-10 | 反馈逾期 | 2026-11-03 | 2026-11-17 （超期 21 个工作日） | — | — | — | — | — | — | — | 反馈 (使用单位、云监管平台服务商、领导小组办公室)、评审" + next + " | 21",
	}
	if diff := cmp.Diff(wantRows, rowsOf(tables["ledger"])); diff != "" {
		t.Errorf("A4-3 (-by hand +report):\n%s", diff)
	}
	wantRows = []string{
		"系统MARKONE | 单位MARKONE | 2026-11-13 | vCPU（核） | 4 | 4 | 100.0% | 未提供",
		"系统MARKONE | 单位MARKONE | 2026-11-13 | 内存（GiB） | 8 | 8 | 100.0% | 未提供",
		"系统MARKONE | 单位MARKONE | 2026-11-13 | 云硬盘（GiB） | 0 | 0 | — | 未提供",
	}
	if diff := cmp.Diff(wantRows, rowsOf(tables["realised"])); diff != "" {
		t.Errorf("A4-4 (-by hand +report):\n%s", diff)
	}
	if len(november.Ledger) != 2 {
		t.Errorf("%d proposals in the ledger of November; want 2", len(november.Ledger))
	}
}

// cellsOf are the cells of the first row under some heads.
func cellsOf(t *report.Table, heads ...string) string {
	var out []string
	for _, name := range heads {
		for k, h := range t.Heads {
			if h.Text == name {
				out = append(out, strings.TrimSpace(fmt.Sprint(t.Rows[0][k].Text, " ", t.Rows[0][k].Note)))
			}
		}
	}
	return strings.Join(out, " | ")
}
