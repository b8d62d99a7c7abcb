package xlsx_test

import (
	"bytes"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"github.com/yunjian-io/yunjian/collector/report"
	"github.com/yunjian-io/yunjian/collector/report/render/xlsx"
)

const at = "2026-10-03T01:00:00Z"

func document() report.Document {
	number := func(kind report.Kind, v float64) report.Cell {
		return report.Cell{Kind: kind, Text: "printed", Figure: report.Of(v)}
	}
	table := report.Table{
		Title: "t", Total: true,
		Heads: []report.Head{{Text: "name"}, {Text: "count"}, {Text: "one"}, {Text: "two"}, {Text: "percent"}, {Text: "points"}, {Text: "absent"}},
	}
	for _, name := range []string{"=1+1", "@SUM(A1)", "+1", "-1", "012", "堃喆镕𠮷", "a\x00b", "sum"} {
		table.Rows = append(table.Rows, []report.Cell{
			{Text: name},
			number(report.KindCount, 12), number(report.KindOne, 1.25), number(report.KindTwo, 1.125),
			number(report.KindPercent, 0.1234), number(report.KindPoints, -1.5),
			{Kind: report.KindPercent, Text: "absent"},
		})
	}
	sheets := []report.Sheet{{Name: "many", Title: "R&D", Pairs: []report.Pair{{Label: "l", Value: "=v"}}, Tables: []report.Table{table, {Title: "none", Empty: "nothing", Heads: []report.Head{{Text: "h"}}}}}}
	for _, name := range []string{"b", "a", "c", "d", "e"} {
		sheets = append(sheets, report.Sheet{Name: name, Title: "sheet " + name, Tables: []report.Table{table}})
	}
	return report.Document{Title: "title", Provider: "provider", Period: "period", Marks: []string{"OPEN"}, Sheets: sheets}
}

func TestTypedCells(t *testing.T) {
	data, err := xlsx.Render(document(), at)
	if err != nil {
		t.Fatal(err)
	}
	book, err := excelize.OpenReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	shown, err := book.GetRows("a")
	if err != nil {
		t.Fatal(err)
	}
	want := [][]string{{"sheet a   OPEN"}, {"name", "count", "one", "two", "percent", "points", "absent"}}
	for _, name := range []string{"=1+1", "@SUM(A1)", "+1", "-1", "012", "堃喆镕𠮷", "a\ufffdb", "sum"} {
		want = append(want, []string{name, "12", "1.3", "1.13", "12.3%", "-1.5", "absent"})
	}
	if diff := cmp.Diff(want, shown); diff != "" {
		t.Error(diff)
	}
	for _, cell := range []string{"A3", "A4", "A5", "A6", "A7"} {
		kind, err := book.GetCellType("a", cell)
		formula, _ := book.GetCellFormula("a", cell)
		if err != nil || kind != excelize.CellTypeInlineString || formula != "" {
			t.Errorf("%s is of type %v with formula %q, %v; want a string", cell, kind, formula, err)
		}
	}
	if raw, err := book.GetCellValue("a", "E3", excelize.Options{RawCellValue: true}); err != nil || raw != "0.1234" {
		t.Errorf("the percentage is stored as %q, %v; want the ratio", raw, err)
	}
	if head, err := book.GetHeaderFooter("many"); err != nil || !strings.Contains(head.OddHeader, "R&&D") {
		t.Errorf("page head %+v, %v; want the ampersand doubled", head, err)
	}
	if props, err := book.GetDocProps(); err != nil || props.Created != at || props.Modified != at {
		t.Errorf("properties %+v, %v; want the given time", props, err)
	}
}

// excelize writes streamed sheets in the order of a map: ten times are enough to see it.
func TestSameBytes(t *testing.T) {
	first, err := xlsx.Render(document(), at)
	if err != nil {
		t.Fatal(err)
	}
	for range 10 {
		again, err := xlsx.Render(document(), at)
		if err != nil || !bytes.Equal(first, again) {
			t.Fatalf("the same document differs: %v", err)
		}
	}
}

// A table that is packed is printed as the same one with rows.
func TestPackedTable(t *testing.T) {
	heads := []report.Head{{Text: "主机"}, {Text: "天数", Kind: report.KindCount}}
	cell := func(n int) report.Cell {
		return report.Cell{Kind: report.KindCount, Text: strconv.Itoa(n), Figure: report.Of(n)}
	}
	host := func(s string) report.Cell { return report.Cell{Text: s, Note: "注"} }
	plain := report.Table{Heads: heads, Rows: [][]report.Cell{{host("a"), cell(1)}, {host("b"), cell(2)}, {host("a"), cell(2)}}}
	packed := report.Table{Heads: heads, Packed: &report.Packed{Length: 3, Columns: []report.PackedColumn{
		{Cells: []report.Cell{host("a"), host("b")}, Index: []uint32{0, 1, 0}}, {Cells: []report.Cell{cell(1), cell(2)}, Index: []uint32{0, 1, 1}},
	}}}
	var books [][]byte
	for _, table := range []report.Table{plain, packed, {Heads: heads, Rows: plain.Rows[:2]}} {
		book, err := xlsx.Render(report.Document{Sheets: []report.Sheet{{Name: "附表", Title: "附表", Tables: []report.Table{table}}}}, "2026-10-03T00:00:00Z")
		if err != nil {
			t.Fatal(err)
		}
		books = append(books, book)
	}
	if !bytes.Equal(books[0], books[1]) {
		t.Error("the packed table gives another workbook")
	}
	if bytes.Equal(books[0], books[2]) {
		t.Error("a table with fewer rows gives the same workbook: the test sees nothing")
	}
}
