package sheet

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// MaxProblems is the length at which the list of problems ends.
const MaxProblems = 1000

// Problem is why a file is refused.
type Problem struct {
	File  string `json:"file"`
	Sheet string `json:"sheet,omitempty"` // empty for CSV
	Line  int    `json:"line"`            // row of the sheet or line of the file, from 1; 0 for the file as a whole
	// Column is the head of the column as it is written; empty for the row as a whole.
	Column string `json:"column,omitempty"`
	Value  string `json:"value,omitempty"` // the value that is refused, at most 100 characters of it
	Why    string `json:"why"`
	Do     string `json:"do"` // what to do about it
}

// String returns the problem in one line, place first.
func (p Problem) String() string {
	var b strings.Builder
	b.WriteString(p.File)
	if p.Sheet != "" {
		fmt.Fprintf(&b, " [%s]", p.Sheet)
	}
	if p.Line > 0 {
		fmt.Fprintf(&b, ":%d", p.Line)
	}
	b.WriteString(": ")
	if p.Column != "" {
		fmt.Fprintf(&b, "column %q: ", p.Column)
	}
	if p.Value != "" {
		fmt.Fprintf(&b, "%q ", p.Value)
	}
	b.WriteString(p.Why)
	if p.Do != "" {
		b.WriteString("; " + p.Do)
	}
	return b.String()
}

// Problems collects what is wrong with one file, at most MaxProblems of it.
type Problems struct {
	file string
	list []Problem
}

// NewProblems returns an empty list for a file of that name.
func NewProblems(file string) *Problems { return &Problems{file: file} }

// Len is the number of problems.
func (p *Problems) Len() int { return len(p.list) }

// Add appends a problem of the file, whose name it fills in.
func (p *Problems) Add(q Problem) {
	switch n := len(p.list); {
	case n < MaxProblems-1:
		q.File = p.file
		if r := []rune(q.Value); len(r) > 100 {
			q.Value = string(r[:100])
		}
		p.list = append(p.list, q)
	case n == MaxProblems-1:
		p.list = append(p.list, Problem{
			File: p.file, Why: "has more problems than are listed", Do: "correct these and import again",
		})
	}
}

// Sorted returns the problems by sheet, in the order in which sheets were read, and
// by line; the last of a full list, which tells that there are more, stays last.
func (p *Problems) Sorted() []Problem {
	order := make(map[string]int)
	for _, q := range p.list {
		if _, given := order[q.Sheet]; !given {
			order[q.Sheet] = len(order)
		}
	}
	slices.SortStableFunc(p.list[:min(len(p.list), MaxProblems-1)], func(a, b Problem) int {
		return cmp.Or(cmp.Compare(order[a.Sheet], order[b.Sheet]), cmp.Compare(a.Line, b.Line))
	})
	return p.list
}
