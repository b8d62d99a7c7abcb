package report

import (
	"maps"
	"slices"

	"github.com/yunjian-io/yunjian/collector/report/chart"
)

// Document is the report as sections, tables and charts, for any format. All
// words are in it; a renderer adds layout only.
type Document struct {
	Title string
	// Name is the file name without its ending.
	Name string
	// Provider and Period are for page heads.
	Provider, Period string
	// Absent is what stands where nothing was provided or written.
	Absent string
	// Marks stand on every page: draft, and open while the month is not closed.
	Marks []string
	// Notices are warnings that stand before everything else.
	Notices  []string
	Cover    []Pair
	Sections []Section
	// Sheets are the sheets of the workbook, in order.
	Sheets []Sheet
}

// Pair is a labelled value.
type Pair struct {
	Label, Value string
	// Tag names a value that a person writes; see Blank. Empty: the program has printed it.
	Tag string
}

// Blank is a part that a person writes in the document to be signed. Its tag stays
// the same from draft to draft, so that what was written can be kept; see Keep.
type Blank struct {
	Tag, Label string
	// Text is what was written, lines apart; empty while nothing was.
	Text string
	// Absent stands in its place while nothing was written.
	Absent string
}

// Heading is a heading inside of a section.
type Heading struct {
	// Level is 2 or 3; that of a section is 1.
	Level int
	Text  string
	// Page gives what it heads, up to the next heading of its level or above it, pages of
	// their own, with the text in the head of each. The first such part of a section begins
	// with the section, where nothing but text stands between them.
	Page bool
}

// Section is one of A0 to A9.
type Section struct {
	ID, Heading string
	Blocks      []Block
}

// Block is one part of a section; exactly one of its fields is set.
type Block struct {
	Heading   *Heading
	Paragraph string
	Cards     []Card
	Table     *Table
	Chart     *chart.Chart
	Blank     *Blank
	// NotProvided names a part for which nothing was provided.
	NotProvided *Pair
}

// Card is a figure that is shown large.
type Card struct{ Label, Value, Note string }

// Kind says how a cell is typed in a workbook.
type Kind uint8

// The kinds. Ratios are stored as ratios and shown as percentages; Points are
// stored as percentage points.
const (
	KindText Kind = iota
	KindCount
	KindOne // one decimal
	KindTwo // two decimals
	KindPercent
	KindPoints
	KindRate // as KindPercent, with three decimals: a rate of availability
)

// Cell is one value of a table: printed, and typed.
type Cell struct {
	Kind Kind
	// Text is the value as printed, also where it is missing.
	Text string
	// Note is a second line, such as the value by the running denominator.
	Note string
	// Figure is the number of a typed cell.
	Figure Figure
	// Tag names a cell of a form that a person fills in; see Blank. Its text is empty until then.
	Tag string
}

// Table is a table with one head row.
type Table struct {
	ID, Title, Note string
	Heads           []Head
	Rows            [][]Cell
	// Packed has the rows of a large table of an annex in place of Rows; see Len and Row.
	Packed *Packed
	// Total says that the last row is a sum.
	Total bool
	// More says how many rows were left out here.
	More string
	// Empty stands in place of a table without rows.
	Empty string
}

// Head is the head of a column.
type Head struct {
	Text string
	Kind Kind
	// Long columns hold sentences.
	Long bool
}

// Sheet is a sheet of the workbook: one or more tables below each other.
type Sheet struct {
	Name, Title string
	// Pairs stand before the tables.
	Pairs  []Pair
	Tables []Table
}

// Keep puts what persons wrote into the blanks and pairs of the same tags. What
// has no place in the document any more is returned, so that it can be told.
func (d *Document) Keep(written map[string]string) (lost []string) {
	left := maps.Clone(written)
	take := func(tag string, into *string) {
		if text, ok := left[tag]; ok && tag != "" {
			*into = text
			delete(left, tag)
		}
	}
	for i := range d.Cover {
		take(d.Cover[i].Tag, &d.Cover[i].Value)
	}
	again := func(tag string, into *string) {
		if text, ok := written[tag]; ok && tag != "" {
			*into = text
		}
	}
	for _, s := range d.Sheets { // what the sections have, once more
		for i := range s.Pairs {
			again(s.Pairs[i].Tag, &s.Pairs[i].Value)
		}
		for i := range s.Tables {
			s.Tables[i].keep(again)
		}
	}
	for _, s := range d.Sections {
		for _, b := range s.Blocks {
			if b.Blank != nil {
				take(b.Blank.Tag, &b.Blank.Text)
			}
			if b.Table != nil {
				b.Table.keep(take)
			}
		}
	}
	return slices.Sorted(maps.Keys(left))
}

// keep offers the cells of a form to be filled.
func (t *Table) keep(fill func(tag string, into *string)) {
	for _, row := range t.Rows {
		for k := range row {
			fill(row[k].Tag, &row[k].Text)
		}
	}
}
