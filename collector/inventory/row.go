package inventory

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/width"

	"github.com/yunjian-io/yunjian/collector/sheet"
	"github.com/yunjian-io/yunjian/rules/calendar"
)

// row reads the cells of one row by the fields of its table. A cell that is wrong is
// refused and read as if it were empty.
type row struct {
	table tableSchema
	sheet sheet.Table
	cells sheet.Row
	index map[string]int // field to place
	marks []string
	wrong *sheet.Problems
}

var (
	plainNumber = regexp.MustCompile(`^[+-]?(\d+|\d{1,3}(,\d{3})+)(\.\d+)?([eE][+-]?\d{1,3})?$`)
	exponent    = regexp.MustCompile(`^\d(\.\d+)?[eE]\+\d+$`)
	ownClass    = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)
	cellError   = regexp.MustCompile(`^#(N/A|REF!|VALUE!|DIV/0!|NAME\?|NULL!|NUM!)$`)
)

func (r *row) refuse(field, value, why, do string) {
	p := Problem{Sheet: r.sheet.Name, Line: r.cells.Line, Value: value, Why: why, Do: do}
	if field != "" {
		p.Column = r.head(field)
	}
	r.wrong.Add(p)
}

// head returns the head of a field as the file has it, or as the template has it.
func (r *row) head(field string) string {
	if i, given := r.index[field]; given {
		return r.sheet.Heads[i]
	}
	return r.column(field).Heads[0]
}

func (r *row) column(field string) column {
	for _, c := range r.table.Columns {
		if c.Field == field {
			return c
		}
	}
	return column{Field: field, Heads: []string{field}}
}

func (r *row) cell(field string) string {
	i, given := r.index[field]
	if !given || i >= len(r.cells.Cells) {
		return ""
	}
	return r.cells.Cells[i]
}

// required returns the cell, and refuses an empty one in a required column.
func (r *row) required(field string) string {
	s := r.cell(field)
	switch {
	case s == "" && r.column(field).Required:
		r.refuse(field, "", "is empty", "fill it in; the column is required")
	case cellError.MatchString(s):
		r.refuse(field, s, "is the error of a formula", "correct the formula or write the value itself")
		return ""
	}
	return s
}

// text reads a name or a sentence of up to 500 characters.
func (r *row) text(field string) string {
	s := r.required(field)
	if strings.ContainsFunc(s, func(c rune) bool { return unicode.IsControl(c) || c == unicode.ReplacementChar }) {
		r.refuse(field, s, "holds a line break or another control character", "write it in one line")
		return ""
	}
	if n := len([]rune(s)); n > 500 {
		r.refuse(field, s, fmt.Sprintf("has %d characters, more than 500", n), "shorten it")
		return ""
	}
	return s
}

// id reads an identifier. A long number that a spreadsheet has rounded is refused,
// since its last digits are gone.
func (r *row) id(field string) string {
	s := r.text(field)
	switch {
	case exponent.MatchString(s):
		r.refuse(field, s, "is a number that the spreadsheet rounded", "format the column as text and write the identifier again")
	case len(s) > 128:
		r.refuse(field, s, "has more than 128 bytes", "write the identifier of the platform")
	case strings.ContainsFunc(s, unicode.IsSpace):
		r.refuse(field, s, "holds a space", "write the identifier without it")
	default:
		return s
	}
	return ""
}

func (r *row) unit(field string) string {
	s := r.id(field)
	if s == "" {
		return ""
	}
	s = UnitCode(s)
	if err := checkUnit(s); err != nil {
		r.refuse(field, s, err.Error(), "compare it with the unit's certificate, or use an internal code that begins with "+internalPrefix)
		return ""
	}
	return s
}

func (r *row) choice(field string) string {
	s := r.required(field)
	if s == "" {
		return ""
	}
	value, known := r.column(field).value(s)
	if !known {
		r.refuse(field, s, "is no choice of the column", "want one of "+strings.Join(r.column(field).choices(), ", "))
	}
	return value
}

// class reads a class of logs: one of the choices, or one that a site has added.
func (r *row) class(field string) string {
	s := r.required(field)
	if value, known := r.column(field).value(s); known || s == "" {
		return value
	}
	if !ownClass.MatchString(s) {
		r.refuse(field, s, "is no class of logs", "want one of "+strings.Join(r.column(field).choices(), ", ")+", or an own one in small letters, digits and hyphens")
		return ""
	}
	return s
}

// number reads a number within bounds, and false if the cell is empty or refused.
func (r *row) number(field string, least, most float64) (float64, bool) {
	cell := r.required(field)
	if cell == "" {
		return 0, false
	}
	s := width.Narrow.String(cell)
	if !plainNumber.MatchString(s) {
		r.refuse(field, cell, "is no number", "write digits without a unit, or leave the cell empty if the value is not known")
		return 0, false
	}
	x, err := strconv.ParseFloat(strings.ReplaceAll(s, ",", ""), 64)
	if err != nil || x < least || x > most {
		r.refuse(field, cell, fmt.Sprintf("is not from %v to %v", least, most), "correct the value and its unit")
		return 0, false
	}
	return x, true
}

// whole reads a whole number from 1, 0 if the cell is empty or refused.
func (r *row) whole(field string, most int) int {
	x, given := r.number(field, 1, float64(most))
	if !given {
		return 0
	}
	if x != math.Trunc(x) {
		r.refuse(field, r.cell(field), "is no whole number", "write a whole number")
		return 0
	}
	return int(x)
}

// size reads an amount of GiB, which is above zero if it is given.
func (r *row) size(field string) float64 {
	x, given := r.number(field, 0, 1e9)
	if given && x == 0 {
		r.refuse(field, r.cell(field), "is zero", "write the allocated size in GiB")
	}
	return x
}

func (r *row) date(field string) calendar.Date {
	s := r.required(field)
	if s == "" {
		return calendar.Date{}
	}
	d, ok := sheet.ParseDate(s, r.marks, r.sheet.Date1904)
	if !ok {
		r.refuse(field, s, "is no date", "write it as 2026-01-05, year first")
	}
	return d
}
