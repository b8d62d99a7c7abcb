package page

import (
	"fmt"
	"slices"

	"github.com/yunjian-io/yunjian/collector/report"
	"github.com/yunjian-io/yunjian/collector/report/chart"
)

// Part is a table, or a part of one, that fits a page.
type Part struct {
	report.Table
	// Number and Of say which part it is; 1 of 1 for a whole table.
	Number, Of int
	Lying      bool
	// Size is that of its type, in points; Notes is that of second lines.
	Size, Notes float64
	// Widths are those of the columns, in mm.
	Widths []float64
	// Sparse says that the table does not fill the width of the page.
	Sparse bool
}

// Padding is what a cell keeps free at either side, in mm.
const Padding = 0.8

// Bounds of columns, in ems of the table's type.
const (
	longWanted = 24 // of sentences
	longNeeded = 11
	textWanted = 11
	textNeeded = 5.5
	headLines  = 3 // that a head may be broken into
	wordNeeded = 9 // longest run of ASCII that is not broken
	headNeeded = 2.2
	headWanted = 9
	writing    = 6    // an empty cell of a form
	headFactor = 1.06 // letters of heads are heavier
	digits     = 1.2  // where the font that a DOCX names is not there, another has wider ones
)

// measures of a column in ems: what it needs, and what it would like.
type measures struct{ need, want float64 }

// measure looks at all cells of a column.
func measure(t *report.Table, k int) measures {
	h := t.Heads[k]
	head := max(headNeeded, chart.Ems(h.Text)/headLines, word(h.Text)) * headFactor
	name := min(chart.Ems(h.Text)*headFactor+0.3, headWanted)
	longest, run := 0.0, 0.0
	for _, row := range t.Rows {
		if row[k].Tag != "" && row[k].Text == "" { // a person writes there
			longest = max(longest, writing)
			if h.Long {
				longest = longWanted
			}
		}
		longest, run = max(longest, chart.Ems(row[k].Text)), max(run, word(row[k].Text))
	}
	switch {
	case h.Kind != report.KindText:
		longest *= digits
		return measures{max(head, longest), max(head, longest+0.6, name)}
	case h.Long:
		return measures{max(head, min(longest, longNeeded)), max(head, min(longest, longWanted), name)}
	}
	need := max(head, min(longest, textNeeded), min(run, wordNeeded))
	return measures{need, max(need, min(longest, textWanted), name)}
}

// word is the longest run of text without a place to break it.
func word(s string) (longest float64) {
	run := 0.0
	for _, r := range s {
		if r > '~' || r == ' ' {
			run = 0
			continue
		}
		run += chart.Ems(string(r))
		longest = max(longest, run)
	}
	return longest
}

// Parts lays the columns of a table out: upright in larger or smaller type, else
// lying, else divided.
func Parts(t *report.Table) []Part {
	if len(t.Rows) == 0 || len(t.Heads) == 0 {
		return []Part{{Table: *t, Number: 1, Of: 1, Size: SizeFive}}
	}
	all := make([]measures, len(t.Heads))
	for k := range t.Heads {
		all[k] = measure(t, k)
	}
	for _, try := range []struct {
		lying bool
		size  float64
	}{{false, SizeFive}, {false, SizeSmallFive}, {true, SizeFive}, {true, SizeSmallFive}} {
		if widths, sparse, ok := fit(all, FrameOf(try.lying).Inner(), try.size); ok {
			return []Part{{Table: *t, Number: 1, Of: 1, Lying: try.lying, Size: try.size, Notes: try.size - 1.5, Widths: widths, Sparse: sparse}}
		}
	}
	return divide(t, all)
}

// inMM is the width of a column of so many ems.
func inMM(ems, size float64) float64 { return ems*size/PointsPerMM + 2*Padding }

// fit gives the columns their widths; false if they need more than there is.
func fit(all []measures, inner, size float64) (widths []float64, sparse, ok bool) {
	need, want := 0.0, 0.0
	for _, m := range all {
		need, want = need+inMM(m.need, size), want+inMM(m.want, size)
	}
	if need > inner+1e-9 {
		return nil, false, false
	}
	widths = make([]float64, len(all))
	share := 1.0 // of what lies between need and want
	if want > inner && want > need {
		share = (inner - need) / (want - need)
	}
	total := 0.0
	for k, m := range all {
		widths[k] = inMM(m.need+(m.want-m.need)*share, size)
		total += widths[k]
	}
	if sparse = total < inner*0.6 && len(all) <= 3; !sparse {
		for k := range widths {
			widths[k] *= inner / total
		}
	}
	return widths, sparse, true
}

// divide puts the columns of a table that no page takes into parts of about the
// same width. Each begins with the first column.
func divide(t *report.Table, all []measures) []Part {
	const size = SizeSmallFive
	inner := FrameOf(true).Inner()
	key := inMM(all[0].need, size)
	rest := 0.0
	for _, m := range all[1:] {
		rest += inMM(m.need, size)
	}
	count := 2
	for rest/float64(count) > inner-key {
		count++
	}
	var parts [][]int
	for {
		if parts = share(all, key, inner, rest/float64(count)); len(parts) <= count || count > len(all) {
			break
		}
		count++
	}
	out := make([]Part, len(parts))
	for i, columns := range parts {
		p := Part{Table: *t, Number: i + 1, Of: len(parts), Lying: true, Size: size, Notes: size - 1.5}
		mine := make([]measures, len(columns))
		p.Heads = make([]report.Head, len(columns))
		for n, k := range columns {
			p.Heads[n], mine[n] = t.Heads[k], all[k]
		}
		p.Rows = make([][]report.Cell, len(t.Rows))
		for r, row := range t.Rows {
			p.Rows[r] = make([]report.Cell, len(columns))
			for n, k := range columns {
				p.Rows[r][n] = row[k]
			}
		}
		p.Title = fmt.Sprintf("%s (%d/%d)", t.Title, p.Number, p.Of)
		if i < len(parts)-1 {
			p.More = ""
		}
		if i > 0 {
			p.Note = ""
		}
		var ok bool
		if p.Widths, _, ok = fit(mine, inner, size); !ok { // one column wider than a page
			p.Widths = slices.Repeat([]float64{inner / float64(len(columns))}, len(columns))
		}
		out[i] = p
	}
	return out
}

// share fills parts with columns, each up to about the given width.
func share(all []measures, key, inner, width float64) (parts [][]int) {
	part, used := []int{0}, 0.0
	for k := 1; k < len(all); k++ {
		w := inMM(all[k].need, SizeSmallFive)
		if len(part) > 1 && (used+w/2 > width || key+used+w > inner) {
			parts = append(parts, part)
			part, used = []int{0}, 0
		}
		part, used = append(part, k), used+w
	}
	return append(parts, part)
}
