package pdf_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/yunjian-io/yunjian/collector/report"
	"github.com/yunjian-io/yunjian/collector/report/chart"
	"github.com/yunjian-io/yunjian/collector/report/render/pdf"
	"github.com/yunjian-io/yunjian/collector/report/typeface"
)

func at() time.Time { return time.Date(2026, 10, 3, 1, 0, 0, 0, time.UTC) }

func faces(t *testing.T) pdf.Faces {
	t.Helper()
	read := func(name string) *typeface.Face {
		file, err := os.ReadFile("/usr/share/fonts/truetype/arphic/" + name)
		if errors.Is(err, os.ErrNotExist) && os.Getenv("CI") != "true" {
			t.Skip("no typeface: apt install fonts-arphic-uming fonts-arphic-ukai")
		} else if err != nil {
			t.Fatal(err)
		}
		face, err := typeface.Parse(file, "CN")
		if err != nil {
			t.Fatal(err)
		}
		return face
	}
	return pdf.Faces{Body: read("uming.ttc"), Script: read("ukai.ttc")}
}

func table(columns, rows int) *report.Table {
	t := &report.Table{Title: fmt.Sprintf("表%d 按系统", columns), Note: "说明。", Total: true}
	for k := range columns {
		t.Heads = append(t.Heads, report.Head{Text: fmt.Sprintf("栏目%d", k), Kind: report.KindPercent})
	}
	t.Heads[0].Kind = report.KindText
	for i := range rows {
		row := []report.Cell{{Text: fmt.Sprintf("第%d号（一体化政务服务平台）", i)}}
		for k := 1; k < columns; k++ {
			row = append(row, report.Cell{Kind: report.KindPercent, Text: fmt.Sprintf("%d.%02d%%", i, k), Note: "（运行口径 1.0%）"})
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func document() report.Document {
	bars := &chart.Chart{ID: "bars", Title: "图1 分布", Note: "图说。", X: "P95 档", Y: "云主机（台）", Series: []string{"CPU", "内存"}, Points: []chart.Point{
		{Label: "甲档", Values: []chart.Value{{Known: true, Number: 3, Text: "3"}, {Known: true, Number: 2, Text: "2"}}},
		{Label: "乙档", Values: []chart.Value{{Text: "未提供"}, {Known: true, Number: 4, Text: "4"}}},
	}}
	long := &report.Table{Title: "规则全文", Heads: []report.Head{{Text: "编号"}, {Text: "口径", Long: true}}, Rows: [][]report.Cell{
		{{Text: "F1"}, {Text: strings.Repeat("缺测不补零，关机按零计；", 400) + "全文终。"}}, {{Text: "F2"}, {Text: "短。"}},
	}}
	return report.Document{
		Title: "云资源使用情况与效率月报", Provider: "某云服务商", Period: "2026年9月", Marks: []string{"草稿", "未封账"}, Notices: []string{"本月尚未封账：数字仍会变化。"},
		Cover: []report.Pair{{Label: "统计期", Value: "2026年9月"}, {Label: "签发", Value: "未提供", Tag: "cover.signed_by"}},
		Sections: []report.Section{
			{ID: "A1", Heading: "一、总体情况", Blocks: []report.Block{
				{Paragraph: strings.Repeat("政务云平台资源使用效率，", 14) + "CPU 平均利用率 12.3%，环比 \u22121.5 个百分点。"},
				{Cards: []report.Card{{Label: "云主机", Value: "12", Note: "台"}, {Label: "一", Value: "1"}, {Label: "二", Value: "2"}, {Label: "三", Value: "3"}, {Label: "四", Value: "4"}}},
				{Blank: &report.Blank{Tag: "a1.attention", Label: "需办公室关注事项", Absent: "未提供"}},
			}},
			{ID: "A3", Heading: "二、使用效率", Blocks: []report.Block{
				{Heading: &report.Heading{Level: 2, Text: "（一）使用单位"}},
				{Table: table(5, 60)},
				{Heading: &report.Heading{Level: 3, Text: "1. 信息系统"}},
				{Table: table(21, 40)},
				{Chart: bars},
				{Table: &report.Table{Title: "空表", Empty: "本期无。"}},
				{Table: long},
				{NotProvided: &report.Pair{Label: "表A9-9", Value: "未提供"}},
			}},
			{ID: "A8", Heading: "三、下月计划", Blocks: []report.Block{
				{Blank: &report.Blank{Tag: "a8.plan", Label: "下月计划", Text: "第一行\n第二行", Absent: "未提供"}},
				{Paragraph: "生僻字：堃喆镕𠮷\U0003134A。\x00\x1b(\\)" + "\uE000"},
			}},
		},
	}
}

// reader runs a program of poppler-utils over a file.
func reader(t *testing.T, file []byte, program string, arguments ...string) string {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("no reader: apt install poppler-utils")
		}
		t.Skip("no reader: apt install poppler-utils")
	}
	dir := os.Getenv("YUNJIAN_PICTURES")
	if dir == "" {
		dir = t.TempDir()
	}
	name := filepath.Join(dir, "archive.pdf")
	if err := os.WriteFile(name, file, 0o644); err != nil {
		t.Fatal(err)
	}
	if program == "pdftotext" {
		arguments = append(arguments, name, "-")
	} else {
		arguments = append(arguments, name)
	}
	var complaints bytes.Buffer
	cmd := exec.CommandContext(t.Context(), program, arguments...)
	cmd.Stderr = &complaints
	out, err := cmd.Output()
	if err != nil || complaints.Len() > 0 {
		t.Fatalf("%s: %v: %s", program, err, &complaints)
	}
	return string(out)
}

func render(t *testing.T, d report.Document) []byte {
	t.Helper()
	file, err := pdf.Render(d, at(), faces(t))
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// squeeze leaves the spaces out: readers set them as they see fit.
func squeeze(s string) string { return strings.Join(strings.Fields(s), "") }

// Everything that the document says can be read in the file, cell by cell.
func TestEveryCellIsRead(t *testing.T) {
	d := document()
	got := squeeze(reader(t, render(t, d), "pdftotext", "-raw"))
	want := []string{d.Title, d.Provider, d.Period, d.Notices[0], "第一行", "第二行", "本期无。", "全文终。", "图1分布", "乙档", "云主机（台）", "环比-1.5个百分点", "表A9-9—未提供", "堃喆镕〓〓。", `(\)〓`}
	for _, s := range d.Sections {
		want = append(want, s.Heading)
		for _, b := range s.Blocks {
			switch {
			case b.Heading != nil:
				want = append(want, b.Heading.Text)
			case b.Table != nil && len(b.Table.Rows) > 2:
				for _, row := range b.Table.Rows {
					for _, c := range row {
						want = append(want, c.Text)
					}
				}
			}
		}
	}
	want = append(want, "U+E000、U+20BB7、U+3134A。原字见同名DOCX、XLSX、HTML文件。")
	for _, w := range want {
		if !strings.Contains(got, squeeze(w)) {
			t.Errorf("the file lacks %q", w)
		}
	}
	// The whole of a row too high for a page, which is divided between lines.
	if n := strings.Count(got, "关机按零计"); n != 400 {
		t.Errorf("%d of 400 sentences of a long row are there", n)
	}
}

func TestPages(t *testing.T) {
	text := reader(t, render(t, document()), "pdftotext", "-layout")
	pages := strings.Split(strings.TrimSuffix(text, "\f"), "\f")
	heads := 0
	for i, p := range pages {
		lines := strings.Split(strings.TrimRight(p, "\n "), "\n")
		last := lines[len(lines)-1]
		if got, want := squeeze(last), fmt.Sprintf("—%d—", i+1); got != want {
			t.Errorf("page %d ends in %q; want %q", i+1, got, want)
		}
		if indent := len(last) - len(strings.TrimLeft(last, " ")); (indent > 20) != (i%2 == 0) {
			t.Errorf("the number of page %d is indented by %d characters", i+1, indent)
		}
		rows, head := strings.Contains(p, "第1") || strings.Contains(p, "第2") || strings.Contains(p, "第3"), strings.Contains(squeeze(p), "栏目0")
		if rows && strings.Contains(p, "号（") && !head {
			t.Errorf("page %d has rows without a head:\n%s", i+1, p)
		}
		if head {
			heads++
		}
		if len([]rune(squeeze(p))) < 30 {
			t.Errorf("page %d is empty but for its number and mark: %q", i+1, squeeze(p))
		}
	}
	if heads < 5 {
		t.Errorf("heads on %d of %d pages; want a table over several", heads, len(pages))
	}
	full := 0
	for line := range strings.SplitSeq(pages[0], "\n") {
		if s := squeeze(line); strings.Contains(s, "资源使用效率") {
			if n := len([]rune(s)); n == 28 {
				full++
			} else if n > 28 {
				t.Errorf("%d characters in a line: %q", n, s)
			}
		}
	}
	if full < 3 {
		t.Errorf("%d lines have 28 characters; want those of a long paragraph:\n%s", full, pages[0])
	}
}

func TestFontsAndProperties(t *testing.T) {
	file := render(t, document())
	if again := render(t, document()); !bytes.Equal(file, again) {
		t.Error("the same document differs the second time")
	}
	fonts := reader(t, file, "pdffonts")
	found := regexp.MustCompile(`(?m)^[A-Z]{6}\+\w+ +CID TrueType +Identity-H +yes yes yes`).FindAllString(fonts, -1)
	if len(found) != 2 {
		t.Errorf("want two embedded subsets with a map to Unicode:\n%s", fonts)
	}
	t.Setenv("TZ", "UTC")
	info := reader(t, file, "pdfinfo", "-isodates")
	for _, want := range []string{"某云服务商 2026年9月 云资源使用情况与效率月报", "草稿 未封账", "CreationDate:    2026-10-03T01:00:00", "ModDate:         2026-10-03T01:00:00", "595.28 x 841.89 pts (A4)"} {
		if !strings.Contains(info, want) {
			t.Errorf("properties lack %q:\n%s", want, info)
		}
	}
	if len(file) > 2<<20 {
		t.Errorf("the file has %d bytes: are the fonts whole?", len(file))
	}
}

// The bookmarks are the headings, by their levels, as the outline of the file.
func TestBookmarks(t *testing.T) {
	file := render(t, document())
	if n := bytes.Count(file, []byte("/Parent ")); n == 0 || !bytes.Contains(file, []byte("/Outlines ")) {
		t.Error("the file has no outline")
	}
	// Titles are UTF-16 behind a byte order mark.
	for _, want := range []string{"一、总体情况", "（一）使用单位", "1. 信息系统", "三、下月计划"} {
		code := []byte{0xFE, 0xFF}
		for _, r := range want {
			for _, c := range []byte{byte(r >> 8), byte(r)} {
				if c == '(' || c == ')' || c == '\\' {
					code = append(code, '\\')
				}
				code = append(code, c)
			}
		}
		if !bytes.Contains(file, append([]byte("/Title ("), code...)) {
			t.Errorf("no bookmark %q", want)
		}
	}
}

func TestSignedHasNoMark(t *testing.T) {
	d := document()
	d.Marks = nil
	if text := reader(t, render(t, d), "pdftotext"); strings.Contains(text, "草稿") {
		t.Error("a signed document has a watermark")
	}
}

// One typeface is enough, and a document of nothing is a page.
func TestLittle(t *testing.T) {
	f := faces(t)
	f.Script = nil
	file, err := pdf.Render(report.Document{Title: "月报"}, at(), f)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff("月报—1—", squeeze(reader(t, file, "pdftotext"))); diff != "" {
		t.Error(diff)
	}
}
