package docx_test

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/yunjian-io/yunjian/collector/report"
	"github.com/yunjian-io/yunjian/collector/report/chart"
	"github.com/yunjian-io/yunjian/collector/report/render/docx"
	"github.com/yunjian-io/yunjian/collector/report/typeface"
)

var update = flag.Bool("update", false, "write the golden files")

const hostile = `"></w:t><script>&{{.}}` + "\x00\x1b"

func at() time.Time { return time.Date(2026, 10, 3, 1, 0, 0, 0, time.UTC) }

func ming(t testing.TB) *typeface.Face {
	t.Helper()
	file, err := os.ReadFile("/usr/share/fonts/truetype/arphic/uming.ttc")
	if errors.Is(err, os.ErrNotExist) && os.Getenv("CI") != "true" {
		t.Skip("no typeface: apt install fonts-arphic-uming")
	} else if err != nil {
		t.Fatal(err)
	}
	face, err := typeface.Parse(file, "CN")
	if err != nil {
		t.Fatal(err)
	}
	return face
}

func table(columns, rows int) *report.Table {
	t := &report.Table{Title: fmt.Sprintf("表%d 按系统", columns), Note: "说明。", Total: true}
	for k := range columns {
		t.Heads = append(t.Heads, report.Head{Text: fmt.Sprintf("栏目%d", k), Kind: report.KindPercent})
	}
	t.Heads[0].Kind = report.KindText
	for i := range rows {
		row := []report.Cell{{Text: fmt.Sprintf("信息系统第%d号", i)}}
		for k := 1; k < columns; k++ {
			row = append(row, report.Cell{Kind: report.KindPercent, Text: fmt.Sprintf("%d.%d%%", i%100, k), Note: "（运行口径 1.0%）"})
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func document() report.Document {
	bars := &chart.Chart{ID: "bars", Title: "图1 分布", Note: "说明。", Series: []string{"CPU"}, Points: []chart.Point{
		{Label: "甲", Values: []chart.Value{{Known: true, Number: 3, Text: "3"}}}, {Label: "乙", Values: []chart.Value{{Text: "未提供"}}},
	}}
	return report.Document{
		Title: "云资源使用情况与效率月报", Provider: "某云服务商", Period: "2026年9月", Marks: []string{"草稿", "未封账"}, Notices: []string{"本月尚未封账。"},
		Cover: []report.Pair{{Label: "统计期", Value: "2026年9月"}, {Label: "签发", Value: "未提供", Tag: "cover.signed_by"}},
		Sections: []report.Section{
			{ID: "A1", Heading: "一、总体情况", Blocks: []report.Block{
				{Paragraph: strings.Repeat("政务云平台资源使用效率", 12)},
				{Cards: []report.Card{{Label: "云主机", Value: "12", Note: "台"}, {Label: "a", Value: "1"}, {Label: "b", Value: "2"}, {Label: "c", Value: "3"}, {Label: "d", Value: "4"}}},
				{Blank: &report.Blank{Tag: "a1.attention", Label: "需办公室关注事项", Absent: "未提供"}},
			}},
			{ID: "A3", Heading: "二、使用效率", Blocks: []report.Block{
				{Heading: &report.Heading{Level: 2, Text: "（一）使用单位"}},
				{Table: table(5, 60)},
				{Heading: &report.Heading{Level: 3, Text: "1. 信息系统"}},
				{Table: table(18, 50)},
				{Chart: bars},
				{Table: &report.Table{Title: "空表", Empty: "本期无。"}},
				{NotProvided: &report.Pair{Label: hostile, Value: "未提供"}},
			}},
			{ID: "A8", Heading: "三、下月计划", Blocks: []report.Block{
				{Blank: &report.Blank{Tag: "a8.plan", Label: "下月计划", Text: "第一行\n第二行 <&>", Absent: "未提供"}},
				{Paragraph: "生僻字：堃喆镕𠮷。"},
			}},
		},
	}
}

func unpack(t *testing.T, data []byte) map[string][]byte {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]byte{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if out[f.Name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

func render(t *testing.T, d report.Document) []byte {
	t.Helper()
	data, err := docx.Render(d, at(), ming(t))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// Every part is well-formed, every relationship leads to a part, every part has a
// type, and every r:id has a relationship.
func TestPackage(t *testing.T) {
	data := render(t, document())
	if again := render(t, document()); !bytes.Equal(data, again) {
		t.Error("the same document differs the second time")
	}
	parts := unpack(t, data)
	for name, part := range parts {
		if strings.HasSuffix(name, ".png") {
			continue
		}
		d := xml.NewDecoder(bytes.NewReader(part))
		for {
			if _, err := d.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Errorf("%s: %v", name, err)
				break
			}
		}
	}
	type relations struct {
		Relationship []struct {
			ID     string `xml:"Id,attr"`
			Target string `xml:"Target,attr"`
		} `xml:"Relationship"`
	}
	ids := map[string]bool{}
	for _, name := range []string{"_rels/.rels", "word/_rels/document.xml.rels"} {
		var r relations
		if err := xml.Unmarshal(parts[name], &r); err != nil {
			t.Fatal(err)
		}
		for _, one := range r.Relationship {
			target := path.Join(path.Dir(path.Dir(name)), one.Target)
			if parts[target] == nil {
				t.Errorf("%s leads to %s, which is not there", name, target)
			}
			ids[one.ID] = true
		}
	}
	for _, m := range regexp.MustCompile(`r:(?:id|embed)="([^"]+)"`).FindAllStringSubmatch(string(parts["word/document.xml"]), -1) {
		if !ids[m[1]] {
			t.Errorf("relationship %q is used and not there", m[1])
		}
	}
	types := string(parts["[Content_Types].xml"])
	for name := range parts {
		if strings.HasPrefix(name, "word/") && path.Ext(name) == ".xml" && !strings.Contains(types, `PartName="/`+name+`"`) {
			t.Errorf("%s has no type", name)
		}
	}
	for _, s := range regexp.MustCompile(`w:pStyle w:val="([^"]+)"`).FindAllStringSubmatch(string(parts["word/document.xml"]), -1) {
		if !strings.Contains(string(parts["word/styles.xml"]), `w:styleId="`+s[1]+`"`) {
			t.Errorf("style %s is used and not there", s[1])
		}
	}
	if want := "<dcterms:created xsi:type=\"dcterms:W3CDTF\">2026-10-03T01:00:00Z</dcterms:created>"; !bytes.Contains(parts["docProps/core.xml"], []byte(want)) {
		t.Errorf("core properties lack %s", want)
	}
}

// The pages are those of GB/T 9704: 1 mm is 56.69 twentieths of a point.
func TestPages(t *testing.T) {
	text := string(unpack(t, render(t, document()))["word/document.xml"])
	sections := regexp.MustCompile(`<w:pgSz[^>]*/><w:pgMar[^>]*/><w:docGrid[^>]*/>`).FindAllString(text, -1)
	upright := `<w:pgSz w:w="11906" w:h="16838"/><w:pgMar w:top="2098" w:right="1474" w:bottom="1984" w:left="1587" w:header="850" w:footer="1304" w:gutter="0"/><w:docGrid w:type="lines" w:linePitch="579"/>`
	lying := `<w:pgSz w:w="16838" w:h="11906" w:orient="landscape"/><w:pgMar w:top="1587" w:right="2098" w:bottom="1474" w:left="1984" w:header="850" w:footer="794" w:gutter="0"/><w:docGrid w:type="lines" w:linePitch="579"/>`
	if diff := cmp.Diff([]string{upright, lying, upright}, sections); diff != "" {
		t.Error(diff)
	}
	if heads, tables := strings.Count(text, "<w:tblHeader/>"), 3; heads != tables {
		t.Errorf("%d heads are repeated; want %d", heads, tables)
	}
}

func TestFeetAndMarks(t *testing.T) {
	parts := unpack(t, render(t, document()))
	for name, want := range map[string]string{
		"word/footer1.xml": `<w:ind w:rightChars="100" w:right="280"/><w:jc w:val="right"/>`,
		"word/footer2.xml": `<w:ind w:leftChars="100" w:left="280"/><w:jc w:val="left"/>`,
		"word/header1.xml": `string="草稿 未封账"`, "word/header2.xml": `string="草稿 未封账"`,
		"word/settings.xml": `<w:evenAndOddHeaders/>`,
	} {
		if !strings.Contains(string(parts[name]), want) {
			t.Errorf("%s lacks %s", name, want)
		}
	}
	signed := document()
	signed.Marks = nil
	if head := unpack(t, render(t, signed))["word/header1.xml"]; bytes.Contains(head, []byte("textpath")) {
		t.Error("a signed document has a watermark")
	}
}

// The golden is a short document of every kind of block; it is read when it is updated.
func TestGolden(t *testing.T) {
	d := document()
	d.Sections[1].Blocks[1].Table, d.Sections[1].Blocks[3].Table = table(3, 2), table(18, 1)
	got := strings.ReplaceAll(string(unpack(t, render(t, d))["word/document.xml"]), "><w:", ">\n<w:")
	name := filepath.Join("testdata", "document.xml")
	if *update {
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Error(diff)
	}
}

func TestWritten(t *testing.T) {
	d := document()
	form := &report.Table{
		Title: "反馈表", Heads: []report.Head{{Text: "云主机"}, {Text: "意见"}, {Text: "理由"}},
		Rows: [][]report.Cell{{{Text: "a"}, {Tag: "c4.1.answer"}, {Tag: "c4.1.why", Text: "业务高峰"}}},
	}
	d.Sections[2].Blocks = append(d.Sections[2].Blocks, report.Block{Table: form})
	d.Sheets = []report.Sheet{{Tables: []report.Table{{Rows: [][]report.Cell{{{Tag: "c4.1.answer"}}}}}}}
	data := render(t, d)
	got, err := docx.Written(data, "未提供")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"a8.plan": "第一行\n第二行 <&>", "c4.1.why": "业务高峰"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	got["cover.signed_by"], got["a1.attention"], got["c4.1.answer"], got["gone"] = "张三", "一项", "不同意", "x"
	if lost := d.Keep(got); cmp.Diff([]string{"gone"}, lost) != "" {
		t.Errorf("lost %v; want what has no place any more", lost)
	}
	if cell := d.Sheets[0].Tables[0].Rows[0][0]; cell.Text != "不同意" {
		t.Errorf("the cell of the sheet reads %q; want what was written", cell.Text)
	}
	again, err := docx.Written(render(t, d), "未提供")
	if err != nil {
		t.Fatal(err)
	}
	delete(got, "gone")
	if diff := cmp.Diff(got, again); diff != "" {
		t.Error(diff)
	}
	if _, err := docx.Written([]byte("PK"), ""); !errors.Is(err, docx.ErrNotDOCX) {
		t.Errorf("another file gives %v; want ErrNotDOCX", err)
	}
}

func FuzzWritten(f *testing.F) {
	f.Add(`<w:sdt><w:sdtPr><w:tag w:val="a"/></w:sdtPr><w:sdtContent><w:p><w:r><w:t>x</w:t></w:r></w:p></w:sdtContent></w:sdt>`)
	f.Add(`</w:sdt><w:sdt><w:sdt><w:tag w:val="b"/><w:showingPlcHdr w:val="0"/>`)
	f.Fuzz(func(t *testing.T, text string) {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		w, err := z.Create("word/document.xml")
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(w, `<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">%s</w:document>`, text)
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		if got, err := docx.Written(b.Bytes(), "x"); err == nil {
			for tag, s := range got {
				if tag == "" || s == "" || s == "x" {
					t.Errorf("read %q: %q", tag, s)
				}
			}
		}
	})
}

// LibreOffice reads the document: all text arrives, page numbers alternate, heads
// are repeated on every page of a table, and no page is empty.
func TestLibreOffice(t *testing.T) {
	office, err := exec.LookPath("soffice")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("no LibreOffice: apt install libreoffice-writer-nogui")
		}
		t.Skip("no LibreOffice: apt install libreoffice-writer-nogui")
	}
	dir := t.TempDir()
	if keep := os.Getenv("YUNJIAN_PICTURES"); keep != "" {
		dir = keep
	}
	d := document()
	if err := os.WriteFile(filepath.Join(dir, "report.docx"), render(t, d), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), office, "-env:UserInstallation=file://"+filepath.Join(t.TempDir(), "profile"), "--headless", "--convert-to", "pdf", "--outdir", dir, filepath.Join(dir, "report.docx"))
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	raw, err := exec.CommandContext(t.Context(), "pdftotext", "-layout", filepath.Join(dir, "report.pdf"), "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	pages := strings.Split(strings.TrimSuffix(string(raw), "\f"), "\f")
	upright, heads := 0, 0
	for i, p := range pages {
		lines := strings.Split(strings.TrimRight(p, "\n "), "\n")
		last := lines[len(lines)-1]
		if want := fmt.Sprintf("—%d—", i+1); strings.Join(strings.Fields(last), "") != want {
			t.Errorf("page %d ends in %q; want %q", i+1, last, want)
		}
		if indent := len(last) - len(strings.TrimLeft(last, " ")); (indent > 20) != (i%2 == 0) {
			t.Errorf("the number of page %d is indented by %d characters", i+1, indent)
		}
		p = strings.Join(strings.Fields(p), "")
		if strings.Contains(p, "栏目4") && !strings.Contains(p, "栏目5") {
			heads++
		}
		if len([]rune(p)) < 20 {
			t.Errorf("page %d is empty but for its number", i+1)
		}
		if strings.Contains(p, "信息系统第") {
			upright++
		}
	}
	if len(pages) < 6 || heads < 2 || upright < 4 {
		t.Errorf("%d pages, %d with heads, %d with rows; want a table over several pages", len(pages), heads, upright)
	}
	// The text of the first page has full lines of 28 characters, 22 lines from the grid.
	full := 0
	for line := range strings.SplitSeq(pages[0], "\n") {
		if n := len([]rune(strings.TrimSpace(line))); strings.Contains(line, "资源") && n > 0 {
			if n == 28 {
				full++
			} else if n > 28 {
				t.Errorf("a line has %d characters: %q", n, line)
			}
		}
	}
	if full < 3 {
		t.Errorf("%d lines have 28 characters; want those of a long paragraph:\n%s", full, pages[0])
	}
	squeezed := strings.Join(strings.Fields(string(raw)), "")
	for _, want := range []string{"信息系统第59号", "信息系统第49号", "第二行<&>", "本期无。", "图1分布", "堃喆镕"} {
		if !strings.Contains(squeezed, want) {
			t.Errorf("the pages lack %q", want)
		}
	}
}
