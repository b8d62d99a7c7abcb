package xlsx

import (
	"archive/zip"
	"bytes"
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"

	"github.com/yunjian-io/yunjian/collector/report"
)

// Render prints the sheets of the document. at is the time that the workbook says
// it was made, in the form 2006-01-02T15:04:05Z; it comes from the data, so that
// the same document gives the same bytes.
func Render(d report.Document, at string) (_ []byte, err error) {
	file := excelize.NewFile()
	defer func() {
		if e := file.Close(); err == nil && e != nil {
			err = fmt.Errorf("render XLSX report: %w", e)
		}
	}()
	b := &book{file: file, marks: strings.Join(d.Marks, "  ")}
	if err := b.properties(d, at); err != nil {
		return nil, fmt.Errorf("render XLSX report: %w", err)
	}
	for i := range d.Sheets {
		if err := b.sheet(i, &d.Sheets[i]); err != nil {
			return nil, fmt.Errorf("render XLSX report: sheet %q: %w", d.Sheets[i].Name, err)
		}
	}
	var raw bytes.Buffer
	if err := file.Write(&raw); err != nil {
		return nil, fmt.Errorf("render XLSX report: %w", err)
	}
	return sorted(raw.Bytes())
}

// sorted puts the parts of a workbook into the order of their names: excelize
// writes streamed sheets in the order of a map.
func sorted(data []byte) ([]byte, error) {
	in, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, fmt.Errorf("order workbook: %w", err)
	}
	parts := slices.Clone(in.File)
	slices.SortFunc(parts, func(a, b *zip.File) int { return cmp.Compare(a.Name, b.Name) })
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, p := range parts {
		if err := w.Copy(p); err != nil {
			return nil, fmt.Errorf("order workbook: %w", err)
		}
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("order workbook: %w", err)
	}
	return out.Bytes(), nil
}

// book is a workbook in the making.
type book struct {
	file  *excelize.File
	marks string
	styles
}

func (b *book) properties(d report.Document, at string) (err error) {
	if b.styles, err = newStyles(b.file); err != nil {
		return err
	}
	return b.file.SetDocProps(&excelize.DocProperties{
		Title: d.Provider + " " + d.Period + " " + d.Title, Creator: "yunjian", LastModifiedBy: "yunjian",
		Created: at, Modified: at, Language: "zh-CN", Description: b.marks,
	})
}

// prepare makes the sheet and its page, which must be set before the stream. pages
// is how many pages lie beside each other.
func (b *book) prepare(i int, s *report.Sheet, pages int) error {
	if i == 0 {
		if err := b.file.SetSheetName("Sheet1", s.Name); err != nil {
			return err
		}
	} else if _, err := b.file.NewSheet(s.Name); err != nil {
		return err
	}
	if err := b.file.SetSheetProps(s.Name, &excelize.SheetPropsOptions{FitToPage: new(true)}); err != nil {
		return err
	}
	err := b.file.SetPageLayout(s.Name, &excelize.PageLayoutOptions{
		Size: new(9), Orientation: new("landscape"), FitToWidth: new(pages), FitToHeight: new(0), // A4, as long as it takes
	})
	if err != nil {
		return err
	}
	margin := excelize.PageLayoutMarginsOptions{Left: new(0.4), Right: new(0.4), Top: new(0.75), Bottom: new(0.6), Header: new(0.3), Footer: new(0.3)}
	if err := b.file.SetPageMargins(s.Name, &margin); err != nil {
		return err
	}
	return b.file.SetHeaderFooter(s.Name, &excelize.HeaderFooterOptions{
		OddHeader: "&L" + codeless(s.Title) + "&R&B" + codeless(b.marks), OddFooter: "&C- &P / &N -",
	})
}

// codeless keeps text from being read as a code of page heads, and within the
// length that a head may have.
func codeless(s string) string {
	s = strings.ReplaceAll(s, "&", "&&")
	if utf8.RuneCountInString(s) > 100 {
		s = string([]rune(s)[:100])
	}
	return s
}

func (b *book) sheet(i int, s *report.Sheet) error {
	width, total := widths(s), 0.0
	for _, v := range width {
		total += v
	}
	if err := b.prepare(i, s, int(math.Ceil(total/pageWidth))); err != nil {
		return err
	}
	w, err := b.file.NewStreamWriter(s.Name)
	if err != nil {
		return err
	}
	for k, v := range width {
		if err := w.SetColWidth(k+1, k+1, v); err != nil {
			return err
		}
	}
	head := 2 // title, then the head of the only table
	single := len(s.Tables) == 1 && len(s.Pairs) == 0
	if single {
		err = w.SetPanes(&excelize.Panes{Freeze: true, YSplit: head, XSplit: 1, TopLeftCell: "B3", ActivePane: "bottomRight"})
	} else {
		err = w.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"})
		head = 1
	}
	if err != nil {
		return err
	}
	rows := &rows{w: w, styles: b.styles, width: width}
	// One cell: a title beside a second cell would be cut off at the first column.
	rows.put([]any{excelize.Cell{StyleID: b.title, Value: []excelize.RichTextRun{
		{Text: s.Title, Font: &excelize.Font{Bold: true, Size: 14}},
		{Text: "   " + b.marks, Font: &excelize.Font{Bold: true, Size: 12, Color: "A4262C"}},
	}}}, excelize.RowOpts{Height: 24})
	for _, p := range s.Pairs {
		rows.put([]any{excelize.Cell{StyleID: b.label, Value: p.Label}, excelize.Cell{StyleID: b.plain, Value: p.Value}})
	}
	for k := range s.Tables {
		if !single {
			rows.put(nil)
			rows.put([]any{excelize.Cell{StyleID: b.label, Value: s.Tables[k].Title}})
			if note := s.Tables[k].Note; note != "" {
				rows.put([]any{excelize.Cell{StyleID: b.plain, Value: note}})
			}
		}
		rows.table(&s.Tables[k])
	}
	if rows.err != nil {
		return rows.err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return b.file.SetDefinedName(&excelize.DefinedName{
		Name: "_xlnm.Print_Titles", Scope: s.Name,
		RefersTo: fmt.Sprintf("'%[1]s'!$A:$A,'%[1]s'!$1:$%[2]d", strings.ReplaceAll(s.Name, "'", "''"), head),
	})
}

// Widths of columns, in characters; what is longer is wrapped.
const (
	numberWidth = 9.5
	textWidth   = 18
	longWidth   = 44
	// pageWidth is what one page takes at the smallest scale that is still legible.
	pageWidth = 220
)

// widths returns the width of every column: that of its longest text within bounds.
func widths(s *report.Sheet) []float64 {
	width := []float64{12}
	if len(s.Pairs) > 0 {
		width[0] = 30
	}
	for n := range s.Tables {
		t := &s.Tables[n]
		buffer := make([]report.Cell, len(t.Heads))
		for k, h := range t.Heads {
			for len(width) <= k {
				width = append(width, 8)
			}
			bound := float64(textWidth)
			switch {
			case h.Long:
				bound = longWidth
			case h.Kind != report.KindText:
				bound = numberWidth
			}
			for i := range min(t.Len(), 200) {
				width[k] = max(width[k], min(bound, columnsOf(t.Row(i, buffer)[k].Text)+2))
			}
		}
	}
	return width
}

// columnsOf is the width of text: two for what is not ASCII.
func columnsOf(s string) (n float64) {
	for _, r := range s {
		n++
		if r > '~' {
			n++
		}
	}
	return n
}

// rows writes rows below each other and keeps the first error.
type rows struct {
	w *excelize.StreamWriter
	styles
	width []float64
	n     int
	err   error
}

// lineHeight is the height of one line of text, in points.
const lineHeight = 14

// height is that of a row of texts wrapped into their columns: a streamed sheet
// is not fitted when it is opened.
func (r *rows) height(texts []string) excelize.RowOpts {
	lines := 1.0
	for k, s := range texts {
		// A word that does not fit leaves the rest of its line empty.
		lines = max(lines, math.Ceil(columnsOf(s)*1.15/(r.width[k]-1)))
	}
	return excelize.RowOpts{Height: min(400, lines*lineHeight)}
}

func (r *rows) put(values []any, options ...excelize.RowOpts) {
	r.n++
	if r.err != nil || values == nil {
		return
	}
	name, err := excelize.CoordinatesToCellName(1, r.n)
	if err == nil {
		err = r.w.SetRow(name, values, options...)
	}
	r.err = err
}

func (r *rows) table(t *report.Table) {
	heads, texts := make([]any, len(t.Heads)), make([]string, len(t.Heads))
	for k, h := range t.Heads {
		heads[k], texts[k] = excelize.Cell{StyleID: r.head, Value: h.Text}, h.Text
	}
	r.put(heads, r.height(texts))
	buffer := make([]report.Cell, len(t.Heads))
	for i := range t.Len() {
		row := t.Row(i, buffer)
		cells := make([]any, len(row))
		for k, c := range row {
			cells[k], texts[k] = r.cell(c, t.Total && i == t.Len()-1), c.Text
		}
		r.put(cells, r.height(texts))
	}
	if t.Len() == 0 {
		r.put([]any{excelize.Cell{StyleID: r.plain, Value: t.Empty}})
	}
}

// cell is a number where there is one, else the text: a string cell is never
// evaluated, whatever it begins with. The note of a number has no place here.
func (r *rows) cell(c report.Cell, total bool) excelize.Cell {
	style := r.kinds[c.Kind]
	if total {
		style = r.totals[c.Kind]
	}
	if c.Kind != report.KindText && c.Figure.State == report.Known {
		return excelize.Cell{StyleID: style, Value: c.Figure.Value}
	}
	text := c.Text
	if c.Note != "" {
		text += " " + c.Note
	}
	return excelize.Cell{StyleID: style, Value: text}
}
