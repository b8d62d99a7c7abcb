package ledger_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/yunjian-io/yunjian/collector/report"
	"github.com/yunjian-io/yunjian/collector/report/ledger"
	"github.com/yunjian-io/yunjian/rules/calendar"
	"github.com/yunjian-io/yunjian/rules/filing"
)

func input() ledger.Input {
	zone := time.FixedZone("Asia/Shanghai", 8*3600)
	month := calendar.Month{Year: 2026, Month: time.September}
	due := calendar.Day{Date: calendar.Date{Year: 2026, Month: 10, Day: 13}}
	sent := time.Date(2026, 10, 15, 9, 30, 0, 0, zone)
	return ledger.Input{
		From: month.Add(-11), To: month, Day: calendar.Date{Year: 2026, Month: 10, Day: 20}, Program: "test", Names: map[string]string{"p": "天府云", "N-1": "省甲厅"},
		Filings: []filing.Row{
			{Month: month, Provider: "p", Kind: "usage", Recipient: "office", Due: due, ID: "p-202609-usage-v2", Version: 2, State: filing.Received, By: "李", At: sent, SentAt: sent, FirstSentAt: sent, Receipt: "R-1", LateWorkdays: 2, Overdue: true, Files: []filing.File{{Name: "a.pdf", SHA256: "0f0f0f0f1"}}},
			{Month: month, Provider: "q", Kind: "usage", Recipient: "office", Due: calendar.Day{Date: due.Date, Estimated: true}, State: filing.Missing, LateWorkdays: 5, Overdue: true},
		},
		Deadlines:  []ledger.Deadline{{Proposal: "2026-09-s", System: "s", Unit: "N-1", Step: "reply", Roles: []string{"unit"}, Due: due, Hosts: 2, OverdueDays: 5}},
		Exemptions: []ledger.Exemption{{SubjectKind: "information_system", Subject: "s", Kind: "standby", Reason: "灾备", Approver: "办公室", Source: "inventory", Expires: calendar.Date{Year: 2026, Month: 10, Day: 19}}},
		Rules:      []ledger.Rule{{ID: "low-utilization", Title: "低利用率", Basis: "第二十三条", Version: 1, Hash: "abcd", EffectiveFrom: calendar.Date{Year: 2026, Month: 1, Day: 1}}},
		Years:      []ledger.Year{{Year: 2026, Notices: []string{"https://www.gov.cn/x"}}, {Year: 2027, Imported: true, By: "王", At: sent, File: "h.yaml", SHA256: "beef", Notices: []string{"https://www.gov.cn/y"}}},
	}
}

func rows(d report.Document, section int) (out []string) {
	for _, b := range d.Sections[section].Blocks {
		if b.Table == nil {
			continue
		}
		for _, r := range b.Table.Rows {
			var cells []string
			for _, c := range r {
				cells = append(cells, strings.TrimSpace(c.Text+" "+c.Note))
			}
			out = append(out, strings.Join(cells, "|"))
		}
	}
	return out
}

func TestCompose(t *testing.T) {
	in := input()
	d, err := ledger.Compose(in)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range [][]string{
		{
			"2026年9月|天府云 (p)|云资源使用情况与效率月报|云服务商|—|领导小组办公室|2026年10月13日|2026年10月15日 09:30|v2|回执 逾期 2 个工作日|李|2026年10月15日 09:30|R-1|2|pdf 0f0f0f0f",
			"2026年9月|q|云资源使用情况与效率月报|—|—|领导小组办公室|2026年10月13日（该年度放假通知未发布，按周末推算）|—|—|漏报 逾期 5 个工作日|—|—|—|5|—",
		},
		{"2026-09-s|s|省甲厅 (N-1)|反馈|使用单位|—|2026年10月13日|2|5"},
		{"信息系统|s|灾备、备机|灾备|办公室|资源台账|2026年10月19日|是"},
		{"low-utilization|低利用率|v1|2026年1月1日|第二十三条|未提供|abcd"},
		{"2026|程序内置|—|—|https://www.gov.cn/x|—", "2027|导入 h.yaml|王|2026年10月15日 09:30|https://www.gov.cn/y|beef"},
	} {
		if diff := cmp.Diff(want, rows(d, i)); diff != "" {
			t.Errorf("D%d: %s", i+1, diff)
		}
	}
	if len(d.Sheets) != 5 || len(d.Sheets[0].Pairs) != len(d.Cover) || len(d.Marks) > 0 {
		t.Errorf("%d sheets, %d pairs, marks %v", len(d.Sheets), len(d.Sheets[0].Pairs), d.Marks)
	}
	if got, want := d.Sheets[0].Tables[0].Rows[0][14].Text, "a.pdf（SHA-256 0f0f0f0f1）"; got != want {
		t.Errorf("the workbook has %q; want %q", got, want)
	}
	in.Filings[0].SentAt = in.Filings[0].SentAt.AddDate(0, 0, 7)
	if d, err := ledger.Compose(in); err != nil || d.Sections[0].Blocks[1].Table.Rows[0][7].Note != "v2：2026年10月22日 09:30" {
		t.Errorf("a correction that was sent: %v", err)
	}
	in = input()
	if got := d.Cover[3].Value + d.Cover[4].Value; got != "2 件1 件" {
		t.Errorf("overdue and missing are %q", got)
	}
	again, err := ledger.Compose(in)
	if diff := cmp.Diff(d, again); diff != "" || err != nil {
		t.Error("the same entries give another document:", err, diff)
	}
	empty, err := ledger.Compose(ledger.Input{To: in.To, Day: in.Day})
	if err != nil || len(rows(empty, 0)) > 0 || empty.Sections[0].Blocks[1].Table.Empty != "无。" {
		t.Errorf("without entries: %v", err)
	}
	if got, want := ledger.Edition(in, time.UTC).FileName(), "all-202609-ledger-v1"; got != want {
		t.Errorf("name %q; want %q", got, want)
	}
}

// A report is kept as JSON and printed from it: nothing of a document may be lost on the way.
func TestDocumentIsKeptWhole(t *testing.T) {
	d, err := ledger.Compose(input())
	if err != nil {
		t.Fatal(err)
	}
	d.Sections = append(d.Sections, report.Section{ID: "X", Blocks: []report.Block{
		{Heading: &report.Heading{Level: 2, Text: "x"}},
		{Cards: []report.Card{{Label: "a", Value: "b", Note: "c"}}},
		{Blank: &report.Blank{Tag: "t", Label: "l", Text: "w", Absent: "a"}},
		{NotProvided: &report.Pair{Label: "n", Value: "未提供"}},
		{Table: &report.Table{Rows: [][]report.Cell{{{Kind: report.KindPercent, Figure: report.Of(1.0 / 3)}, {Figure: report.Figure{State: report.None}}, {}}}}},
	}})
	text, err := json.Marshal(d) //nolint:musttag // as the ledger does it
	if err != nil {
		t.Fatal(err)
	}
	var back report.Document
	if err := json.Unmarshal(text, &back); err != nil { //nolint:musttag // see above
		t.Fatal(err)
	}
	if diff := cmp.Diff(d, back); diff != "" {
		t.Error(diff)
	}
}
