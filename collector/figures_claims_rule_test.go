package collector_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/yunjian-io/yunjian/collector/report"
	"github.com/yunjian-io/yunjian/collector/report/chart"
)

// TestFiguresAreClaimed: the rule behind TestEveryFigure names a figure that nobody claims wherever
// it stands, one that differs in its text or its number, and a claim that nothing prints.
func TestFiguresAreClaimed(t *testing.T) {
	count := func(v float64) report.Cell {
		return report.Cell{Kind: report.KindCount, Text: "7", Figure: report.Of(v)}
	}
	table := report.Table{ID: "t", Heads: []report.Head{{Text: "单位"}, {Text: "数"}, {Text: "日"}}, Rows: [][]report.Cell{
		{{Text: "甲"}, count(7), {Text: "2026年9月1日"}},
		{{Text: "乙"}, count(7.4), {Text: "—"}},
	}}
	d := report.Document{
		Notices: []string{"统计至 3 日"}, Cover: []report.Pair{{Label: "期", Value: "9月"}, {Label: "版本", Value: "甲"}},
		Sections: []report.Section{{ID: "A1", Blocks: []report.Block{
			{Paragraph: "共 5 台。"},
			{Paragraph: "没有数字。"},
			{Cards: []report.Card{{Label: "卡", Value: "12"}}},
			{Table: &table},
			{NotProvided: &report.Pair{Label: "池", Value: "未提供"}},
			{Chart: &chart.Chart{ID: "c", Title: "图", Series: []string{"甲"}, Points: []chart.Point{{Label: "一", Values: []chart.Value{{Known: true, Number: 1, Text: "1"}}}}}},
		}}},
		Sheets: []report.Sheet{{Tables: []report.Table{table}}},
	}
	problems := func(c *claims) []string {
		out, _ := c.problems(walk("X", d), map[string]bool{})
		slices.Sort(out)
		return out
	}
	unclaimed := []string{
		`X / A1 / c / 图 一 / 甲: nobody claims "1"`, `X / A1 / cards / 卡 / : nobody claims "12"`, `X / A1 / none / 池 / : nobody claims "未提供"`,
		`X / A1 / t / 乙 / 数: nobody claims "7"`, `X / A1 / t / 甲 / 数: nobody claims "7"`, `X / A1 / t / 甲 / 日: nobody claims "2026年9月1日"`,
		`X / A1 / text / 1 / : nobody claims "共 5 台。"`, `X / cover / pairs / 期 / : nobody claims "9月"`, `X / cover / text / 1 / : nobody claims "统计至 3 日"`,
		`X / sheet / t / 乙 / 数: nobody claims "7"`, `X / sheet / t / 甲 / 数: nobody claims "7"`, `X / sheet / t / 甲 / 日: nobody claims "2026年9月1日"`,
	}
	if diff := cmp.Diff(unclaimed, problems(expectations("X", &definitions{t: t}))); diff != "" {
		t.Errorf("without a claim (-want +got):\n%s", diff)
	}
	c := expectations("X", &definitions{t: t})
	c.add("A1", "c", "图 一", "甲", num(1))
	c.add("A1", "cards", "卡", "", cellWant{text: "12"})
	c.missing("A1", "池")
	c.text("A1", 1, "共 5 台。")
	c.text("cover", 1, "统计至 3 日")
	c.pair("期", "9月")
	c.rows("A1", "t", "单位|数|日", []any{"甲", num(7), "2026年9月2日"}, []any{"乙", num(7), "—"}, []any{"丙", num(0), "—"})
	want := []string{
		`X / A1 / t / 丙 / 单位: nothing prints "丙"`, `X / A1 / t / 丙 / 数: nothing prints "0"`, `X / A1 / t / 丙 / 日: nothing prints "—"`,
		`X / A1 / t / 乙 / 数 "7" holds {State:2 Value:7.4}; want {State:2 Value:7}`, `X / A1 / t / 甲 / 日 prints "2026年9月1日"; want "2026年9月2日"`,
		`X / sheet / t / 乙 / 数 "7" holds {State:2 Value:7.4}; want {State:2 Value:7}`, `X / sheet / t / 甲 / 日 prints "2026年9月1日"; want "2026年9月2日"`,
	}
	if diff := cmp.Diff(want, problems(c)); diff != "" {
		t.Errorf("with claims (-want +got):\n%s", diff)
	}
}
