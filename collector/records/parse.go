package records

import (
	"fmt"
	"strings"
	"time"

	"github.com/yunjian-io/yunjian/collector/sheet"
	"github.com/yunjian-io/yunjian/rules/calendar"
)

// Known holds the identifiers of the inventory to which rows may refer. A nil map is
// not looked at.
type Known struct{ Units, Systems, Platforms map[string]bool }

// File is a file to be read.
type File struct {
	Name string // for problems
	Data []byte
	Kind string
	// From and To are the first and the last month that the file states completely;
	// kinds that no month bounds have none.
	From, To calendar.Month
	Zone     *time.Location
}

// Monthly reports whether files of a kind state months.
func Monthly(kind string) (bool, error) {
	s, err := readSchema()
	if err != nil {
		return false, err
	}
	k, err := s.kind(kind)
	return err == nil && k.Dated.Rule != "", err
}

// Parse reads a file. If there is any problem no row is returned. Heads without rows
// below are in order: in the months that the file states, there was nothing. The error
// is for a kind that there is not, or for months that do not suit it.
func Parse(f File, known Known) ([]Record, []sheet.Problem, error) {
	s, err := readSchema()
	if err != nil {
		return nil, nil, err
	}
	k, err := s.kind(f.Kind)
	if err != nil {
		return nil, nil, err
	}
	switch monthly := k.Dated.Rule != ""; {
	case monthly && (f.From.IsZero() || f.To.Compare(f.From) < 0):
		return nil, nil, fmt.Errorf("records of kind %q state months: give the first and the last one that the file covers", f.Kind)
	case !monthly && !f.From.IsZero():
		return nil, nil, fmt.Errorf("records of kind %q are a register: they state no month", f.Kind)
	}
	wrong := sheet.NewProblems(f.Name)
	tables := sheet.Read(f.Data, wrong)
	if len(tables) == 0 && wrong.Len() == 0 {
		wrong.Add(sheet.Problem{Why: "is empty", Do: "write the heads of the template, and rows below them"})
	}
	for _, t := range tables[min(1, len(tables)):] {
		wrong.Add(sheet.Problem{Sheet: t.Name, Why: fmt.Sprintf("is a second sheet beside %q", tables[0].Name), Do: "keep one sheet a file"})
	}
	p := parsing{schema: s, kind: k, file: f, known: known, wrong: wrong, first: map[string]int{}}
	if len(tables) > 0 && !tables[0].Merged(wrong) {
		p.read(tables[0])
	}
	if wrong.Len() > 0 {
		return nil, wrong.Sorted(), nil
	}
	return p.out, nil, nil
}

// parsing gathers the rows of one file.
type parsing struct {
	schema schema
	kind   *kind
	file   File
	known  Known
	wrong  *sheet.Problems
	first  map[string]int // line of each key
	out    []Record
}

// read finds the columns and reads the rows. With a mistake in the heads the rows are
// not looked at: each would repeat it.
func (p *parsing) read(t sheet.Table) {
	before, index := p.wrong.Len(), map[string]int{}
	for i, head := range t.Heads {
		c := p.kind.byHead(head)
		switch {
		case head == "" || sheet.Named(p.schema.SkippedHeads, head):
		case c == nil:
			p.wrong.Add(sheet.Problem{
				Sheet: t.Name, Line: t.HeadLine, Column: head, Why: fmt.Sprintf("is no column of %s (%s)", p.kind.Kind, p.kind.Title),
				Do: "correct the head as in the template, or remove the column",
			})
		default:
			if other, twice := index[c.Field]; twice {
				p.wrong.Add(sheet.Problem{Sheet: t.Name, Line: t.HeadLine, Column: head, Why: fmt.Sprintf("means the same as column %q", t.Heads[other]), Do: "remove one of them"})
			}
			index[c.Field] = i
		}
	}
	for _, c := range p.kind.Columns {
		if _, given := index[c.Field]; c.Required && !given {
			p.wrong.Add(sheet.Problem{Sheet: t.Name, Line: t.HeadLine, Column: c.Heads[0], Why: "is missing", Do: "add the column; it must not be empty"})
		}
	}
	if p.wrong.Len() > before {
		return
	}
	for _, cells := range t.Rows {
		r := row{parsing: p, table: t, cells: cells, index: index, values: map[string]string{}, dates: map[string]time.Time{}}
		r.read()
	}
}

// read reads one row.
func (r *row) read() {
	for i, v := range r.cells.Cells {
		if v != "" && (i >= len(r.table.Heads) || r.table.Heads[i] == "") {
			r.refuse("", v, "stands in a column without a head", "give the column a head or clear the cell; quote a field that holds the separator")
		}
	}
	before := r.wrong.Len()
	for i := range r.kind.Columns {
		c := &r.kind.Columns[i]
		if v := r.value(c); v != "" {
			r.values[c.Field] = v
		}
	}
	if r.wrong.Len() > before {
		return
	}
	r.compare()
	r.inPeriod()
	parts := make([]string, len(r.kind.Key))
	for i, field := range r.kind.Key {
		parts[i] = r.values[field]
	}
	key := strings.Join(parts, ListMark)
	if line, twice := r.first[key]; twice {
		r.refuse(r.kind.Key[len(r.kind.Key)-1], strings.Join(parts, " "), fmt.Sprintf("is given on line %d already", line), "keep one row of each key")
		return
	}
	r.first[key] = r.cells.Line
	r.out = append(r.out, Record{Kind: r.kind.Kind, Key: key, Values: r.values})
}

// compare holds columns against each other.
func (r *row) compare() {
	for i := range r.kind.Columns {
		c := &r.kind.Columns[i]
		if later, earlier := r.dates[c.Field], r.dates[c.After]; c.After != "" && !later.IsZero() && !earlier.IsZero() && later.Before(earlier) {
			r.refuse(c.Field, r.cell(c.Field), fmt.Sprintf("is before %q", r.kind.column(c.After).Heads[0]), "correct one of the two")
		}
		if c.AtMost == "" {
			continue
		}
		values := Record{Values: r.values}
		part, given := values.Number(c.Field)
		if whole, also := values.Number(c.AtMost); given && also && part > whole {
			r.refuse(c.Field, r.cell(c.Field), fmt.Sprintf("is more than %q", r.kind.column(c.AtMost).Heads[0]), "correct one of the two")
		}
	}
}

// inPeriod refuses a row that does not belong to the months that its file states.
func (r *row) inPeriod() {
	at := r.dates[r.kind.Dated.Field]
	if r.kind.Dated.Rule == "" || at.IsZero() {
		return
	}
	from, to := r.file.From.Start(r.file.Zone), r.file.To.End(r.file.Zone)
	field := r.kind.Dated.Field
	switch {
	case !at.Before(to):
		r.refuse(field, r.cell(field), fmt.Sprintf("is after %s, the last month that the file states", r.file.To), "correct the date, or state its month with --to")
	case r.kind.Dated.Rule == ruleWithin && at.Before(from):
		r.refuse(field, r.cell(field), fmt.Sprintf("is before %s, the first month that the file states", r.file.From), "correct the date, or state its month with --month")
	}
}
