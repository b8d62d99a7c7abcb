package records

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/width"

	"github.com/yunjian-io/yunjian/collector/inventory"
	"github.com/yunjian-io/yunjian/collector/sheet"
	"github.com/yunjian-io/yunjian/rules/calendar"
)

// maxText and maxID bound what a cell may hold: characters of a sentence, bytes of an
// identifier. maxNumber is beyond any size or count of a platform.
const (
	maxText   = 1000
	maxID     = 128
	maxNumber = 1e12
)

var (
	plainNumber = regexp.MustCompile(`^(\d+|\d{1,3}(,\d{3})+)(\.\d+)?([eE][+-]?\d{1,2})?$`)
	exponent    = regexp.MustCompile(`^\d(\.\d+)?[eE]\+\d+$`)
	yearMonth   = regexp.MustCompile(`^(\d{4})-(\d{1,2})$`)
	cellError   = regexp.MustCompile(`^#(N/A|REF!|VALUE!|DIV/0!|NAME\?|NULL!|NUM!)$`)
)

// row reads the cells of one row.
type row struct {
	*parsing
	table  sheet.Table
	cells  sheet.Row
	index  map[string]int // field to place
	values map[string]string
	dates  map[string]time.Time // of dates, times and months
}

func (r *row) refuse(field, value, why, do string) {
	p := sheet.Problem{Sheet: r.table.Name, Line: r.cells.Line, Value: value, Why: why, Do: do}
	if c := r.kind.column(field); c != nil {
		p.Column = c.Heads[0]
		if i, given := r.index[field]; given {
			p.Column = r.table.Heads[i]
		}
	}
	r.wrong.Add(p)
}

func (r *row) cell(field string) string {
	if i, given := r.index[field]; given && i < len(r.cells.Cells) {
		return r.cells.Cells[i]
	}
	return ""
}

// value returns the stored form of a cell, empty if it is empty or refused.
func (r *row) value(c *column) string {
	s := r.cell(c.Field)
	refuse := func(why, do string) string {
		r.refuse(c.Field, s, why, do)
		return ""
	}
	switch {
	case s == "" && c.Required:
		return refuse("is empty", "fill it in; the column is required")
	case s == "":
		return ""
	case cellError.MatchString(s):
		return refuse("is the error of a formula", "correct the formula or write the value itself")
	case strings.ContainsFunc(s, func(c rune) bool { return unicode.IsControl(c) || c == unicode.ReplacementChar }):
		return refuse("holds a line break or another control character", "write it in one line")
	}
	switch c.Type {
	case "text":
		if n := len([]rune(s)); n > maxText {
			return refuse(fmt.Sprintf("has %d characters, more than %d", n, maxText), "shorten it")
		}
		return s
	case "choice":
		v, known := c.value(s)
		if !known {
			return refuse("is no choice of the column", "want one of "+strings.Join(c.choices(), ", "))
		}
		return v
	case "date", "time", "month":
		return r.date(c, s, refuse)
	case "count", "number", "percent":
		return number(c.Type, s, refuse)
	case "systems":
		return r.systems(s, refuse)
	}
	return r.id(c.Type, s, refuse)
}

type refusal = func(why, do string) string

func (r *row) date(c *column, s string, refuse refusal) string {
	if c.Type == "time" {
		t, ok := sheet.ParseMoment(s, r.schema.DateMarks, r.table.Date1904, r.file.Zone)
		if !ok {
			return refuse("is no time", "write it as 2026-01-05 14:30, year first")
		}
		r.dates[c.Field] = t
		return t.Format(time.RFC3339)
	}
	d, ok := sheet.ParseDate(s, r.schema.DateMarks, r.table.Date1904)
	if c.Type == "month" {
		if m, plain := r.month(s); plain {
			d, ok = m.First(), true
		}
		if !ok || d.Day != 1 {
			return refuse("is no month", "write it as 2026-01, year first")
		}
		r.dates[c.Field] = d.In(r.file.Zone)
		return d.CalendarMonth().String()
	}
	if !ok {
		return refuse("is no date", "write it as 2026-01-05, year first")
	}
	r.dates[c.Field] = d.In(r.file.Zone)
	return d.String()
}

// month reads 2026-10 with any mark.
func (r *row) month(s string) (calendar.Month, bool) {
	s = width.Narrow.String(s)
	for _, mark := range r.schema.DateMarks {
		s = strings.ReplaceAll(s, mark, "-")
	}
	found := yearMonth.FindStringSubmatch(strings.TrimSuffix(s, "-"))
	if found == nil {
		return calendar.Month{}, false
	}
	m, err := calendar.ParseMonth(fmt.Sprintf("%s-%02s", found[1], found[2]))
	return m, err == nil && m.Year >= 1990 && m.Year <= 2199
}

func number(kind, s string, refuse refusal) string {
	narrow := width.Narrow.String(s)
	percent := kind == "percent" && strings.HasSuffix(narrow, "%")
	narrow = strings.TrimSpace(strings.TrimSuffix(narrow, "%"))
	if !plainNumber.MatchString(narrow) || !percent && strings.HasSuffix(width.Narrow.String(s), "%") {
		return refuse("is no number", "write digits without a unit, or leave the cell empty if the value is not known")
	}
	x, err := strconv.ParseFloat(strings.ReplaceAll(narrow, ",", ""), 64)
	if percent {
		x /= 100
	}
	switch {
	case err != nil || x > maxNumber:
		return refuse("is too large", "correct the value and its unit")
	case kind == "percent" && x > 1:
		return refuse("is more than 100%", "write it as 99.9%")
	case kind == "count" && x != math.Trunc(x):
		return refuse("is no whole number", "write a whole number")
	}
	return strconv.FormatFloat(x, 'f', -1, 64)
}

// id reads an identifier; one of the inventory must be in it.
func (r *row) id(kind, s string, refuse refusal) string {
	switch {
	case exponent.MatchString(s):
		return refuse("is a number that the spreadsheet rounded", "format the column as text and write the identifier again")
	case len(s) > maxID:
		return refuse(fmt.Sprintf("has more than %d bytes", maxID), "write the identifier itself")
	case strings.ContainsFunc(s, unicode.IsSpace):
		return refuse("holds a space", "write the identifier without it")
	}
	known := map[string]map[string]bool{"unit": r.known.Units, "system": r.known.Systems, "platform": r.known.Platforms}[kind]
	if kind == "unit" {
		s = inventory.UnitCode(s)
	}
	if known != nil && !known[s] {
		return refuse("is not in the inventory", "correct it, or import it with yunjian-collector inventory import first")
	}
	return s
}

func (r *row) systems(s string, refuse refusal) string {
	for _, mark := range r.schema.ListMarks {
		s = strings.ReplaceAll(s, mark, ListMark)
	}
	var out []string
	for part := range strings.SplitSeq(s, ListMark) {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		// A refusal names the one that is wrong, not the list.
		if part = r.id("system", part, func(why, do string) string { return refuse("names "+strconv.Quote(part)+", which "+why, do) }); part == "" {
			return ""
		}
		out = append(out, part)
	}
	slices.Sort(out)
	return strings.Join(slices.Compact(out), ListMark)
}
