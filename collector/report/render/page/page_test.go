package page_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/yunjian-io/yunjian/collector/report"
	"github.com/yunjian-io/yunjian/collector/report/chart"
	"github.com/yunjian-io/yunjian/collector/report/render/page"
)

func table(columns int) *report.Table {
	t := &report.Table{Title: "表"}
	row := []report.Cell{}
	for k := range columns {
		h := report.Head{Text: fmt.Sprintf("栏目%d", k)}
		c := report.Cell{Text: "某信息系统"}
		if k > 0 {
			h.Kind, c.Kind, c.Text = report.KindPercent, report.KindPercent, "12.3%"
		}
		t.Heads, row = append(t.Heads, h), append(row, c)
	}
	t.Rows = [][]report.Cell{row}
	return t
}

// The grid of the standard is that of its margins.
func TestGrid(t *testing.T) {
	f := page.FrameOf(false)
	if f.Inner() != 156 || f.Height-f.Top-f.Bottom != 225 {
		t.Errorf("the frame is %.0f × %.0f; want 156 × 225", f.Inner(), f.Height-f.Top-f.Bottom)
	}
	if high := (f.Height - f.Top - f.Bottom) * page.PointsPerMM; math.Floor(high/page.Pitch) != page.Lines {
		t.Errorf("%.1f points hold %.2f lines; want 22", high, high/page.Pitch)
	}
	if wide := f.Inner() * page.PointsPerMM; math.Floor(wide/(page.SizeThree+page.Shrink)) != page.Characters {
		t.Errorf("%.1f points hold %.2f characters; want 28", wide, wide/(page.SizeThree+page.Shrink))
	}
}

// Whatever the number of columns, each stands in a part, once, the first in all,
// and no part is wider than its page.
func TestParts(t *testing.T) {
	for columns := 1; columns <= 60; columns++ {
		parts := page.Parts(table(columns))
		var heads []string
		for _, p := range parts {
			total := 0.0
			for _, w := range p.Widths {
				total += w
			}
			if inner := page.FrameOf(p.Lying).Inner(); total > inner+1e-6 || len(p.Widths) != len(p.Heads) || len(p.Rows[0]) != len(p.Heads) {
				t.Errorf("%d columns: part %d has %d widths of %.1f mm in %.1f", columns, p.Number, len(p.Widths), total, inner)
			}
			if p.Heads[0].Text != "栏目0" {
				t.Errorf("%d columns: part %d begins with %q", columns, p.Number, p.Heads[0].Text)
			}
			for _, h := range p.Heads[1:] {
				heads = append(heads, h.Text)
			}
		}
		var want []string
		for k := 1; k < columns; k++ {
			want = append(want, fmt.Sprintf("栏目%d", k))
		}
		if diff := cmp.Diff(want, heads); diff != "" {
			t.Errorf("%d columns: %s", columns, diff)
		}
	}
	if parts := page.Parts(table(6)); len(parts) != 1 || parts[0].Lying {
		t.Error("six columns do not stand upright")
	}
	if parts := page.Parts(table(16)); len(parts) != 1 || !parts[0].Lying {
		t.Error("sixteen columns do not lie on one page")
	}
	if parts := page.Parts(table(40)); len(parts) < 2 {
		t.Error("forty columns are not divided")
	}
	huge := table(2)
	huge.Heads[1].Text = strings.Repeat("x", 2000)
	if parts := page.Parts(huge); len(parts) != 1 || len(parts[0].Widths) != 2 {
		t.Errorf("a column wider than a page gives %d parts", len(parts))
	}
}

// Headings go with the wide table that they head, small items between two wide
// tables lie with them, and charts stand.
func TestItems(t *testing.T) {
	heading := report.Block{Heading: &report.Heading{Level: 2, Text: "h"}}
	text := report.Block{Paragraph: "p"}
	picture := report.Block{Chart: &chart.Chart{Points: make([]chart.Point, 1)}}
	wide, small := report.Block{Table: table(16)}, report.Block{Table: table(3)}
	none := report.Block{Table: &report.Table{Empty: "none"}}
	d := &report.Document{Sections: []report.Section{
		{ID: "A1", Heading: "one", Blocks: []report.Block{text, heading, wide, text, heading, wide, text, picture, small}},
		{ID: "A2", Heading: "two", Blocks: []report.Block{wide, none, {Chart: &chart.Chart{}}}},
	}}
	var got strings.Builder
	for _, i := range page.Items(d) {
		what := "b"
		switch {
		case i.Heading != nil:
			what = fmt.Sprint(i.Heading.Level)
		case i.Part != nil:
			what = "t"
		}
		if i.Lying {
			what = "[" + what + "]"
		}
		got.WriteString(what)
	}
	if diff := cmp.Diff("1b[2][t][b][2][t]bbt[1][t]t", got.String()); diff != "" {
		t.Error(diff)
	}
}

// Parts that want pages of their own begin on one, the first with its section if only text
// stands between, and what follows the last begins on a fresh one.
func TestOwnPages(t *testing.T) {
	heading := func(level int, text string, own bool) report.Block {
		return report.Block{Heading: &report.Heading{Level: level, Text: text, Page: own}}
	}
	words := report.Block{Paragraph: "x"}
	wide := report.Block{Table: &report.Table{Heads: make([]report.Head, 16), Rows: [][]report.Cell{make([]report.Cell, 16)}}}
	for i := range wide.Table.Heads {
		wide.Table.Heads[i].Text = "一个很长的栏目名称"
	}
	chosen := func(blocks ...report.Block) (out []string) {
		d := report.Document{Sections: []report.Section{{Heading: "S", Blocks: blocks}, {Heading: "T", Blocks: []report.Block{words}}}}
		for _, i := range page.Items(&d) {
			line := i.Running
			if i.NewPage {
				line = "new " + line
			}
			if i.Lying {
				line += " lying"
			}
			out = append(out, line)
		}
		return out
	}
	for _, tt := range []struct {
		name   string
		blocks []report.Block
		want   []string // S, the blocks, T, its text
	}{
		{"none", []report.Block{words, heading(2, "a", false), words}, []string{"", "", "", "", "", ""}},
		{"with the section", []report.Block{words, heading(2, "a", true), words, heading(3, "b", false)}, []string{"new a", "a", "a", "a", "a", "new ", ""}},
		{"two", []report.Block{heading(2, "a", true), words, heading(2, "b", true), words}, []string{"new a", "a", "a", "new b", "b", "new ", ""}},
		{"after a table", []report.Block{{Table: &report.Table{}}, heading(2, "a", true), words}, []string{"", "", "new a", "a", "new ", ""}},
		{"then another heading", []report.Block{heading(2, "a", true), words, heading(2, "c", false)}, []string{"new a", "a", "a", "new ", "", ""}},
		{"lying as a whole", []report.Block{heading(2, "a", true), words, wide, words, heading(2, "b", true), words}, []string{"new a lying", "a lying", "a lying", "a lying", "a lying", "new b", "b", "new ", ""}},
	} {
		if diff := cmp.Diff(tt.want, chosen(tt.blocks...)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}
