package collector_test

import (
	"fmt"
	"slices"
	"strings"

	"github.com/yunjian-io/yunjian/collector/report"
)

// place is where a document prints a value. Pairs, cards, charts and sentences have places like
// those of cells, so that one rule holds for all of them.
type place struct {
	// document is usage, security or notice, and whose it is.
	document string
	// section is the id of a section, or cover or sheet.
	section string
	// table is the id of a table or chart, or pairs, cards, text or none: what was not provided.
	table string
	// row has the first cells of a row, as many as tell it from the others; column is a head.
	row, column string
}

func (p place) String() string {
	return strings.Join([]string{p.document, p.section, p.table, p.row, p.column}, " / ")
}

// shown is a value as a document prints it, and the number behind it.
type shown struct {
	place
	text   string
	figure report.Figure
	// typed cells are numbers in the workbook.
	typed bool
}

// walk returns all that documents of one kind print. It knows nothing of what any section is
// about, so that a new table is met as the old ones are.
func walk(name string, documents ...report.Document) (out []shown) {
	for i := range documents {
		d := &documents[i]
		w := walker{document: name}
		for _, p := range d.Cover {
			w.add("cover", "pairs", p.Label, "", shown{text: p.Value})
		}
		w.sentences("cover", slices.Concat(d.Notices, d.Marks))
		for k := range d.Sections {
			w.section(&d.Sections[k])
		}
		for k := range d.Sheets {
			for _, p := range d.Sheets[k].Pairs {
				w.add("cover", "pairs", p.Label, "", shown{text: p.Value})
			}
			for n := range d.Sheets[k].Tables {
				w.table("sheet", &d.Sheets[k].Tables[n])
			}
		}
		out = append(out, w.out...)
	}
	return out
}

type walker struct {
	document string
	out      []shown
}

func (w *walker) add(section, table, row, column string, p shown) {
	p.place = place{w.document, section, table, row, column}
	w.out = append(w.out, p)
}

// sentences are kept under their number within the section.
func (w *walker) sentences(section string, all []string) {
	for i, s := range all {
		w.add(section, "text", fmt.Sprint(i+1), "", shown{text: s})
	}
}

func (w *walker) section(s *report.Section) {
	var paragraphs []string
	for _, b := range s.Blocks {
		switch {
		case b.Paragraph != "":
			paragraphs = append(paragraphs, b.Paragraph)
		case b.Table != nil:
			w.table(s.ID, b.Table)
		case b.NotProvided != nil:
			w.add(s.ID, "none", b.NotProvided.Label, "", shown{text: b.NotProvided.Value})
		case b.Chart != nil:
			w.add(s.ID, b.Chart.ID, b.Chart.Title, "note", shown{text: b.Chart.Note})
			for _, p := range b.Chart.Points {
				for k, v := range p.Values {
					column := ""
					if k < len(b.Chart.Series) {
						column = b.Chart.Series[k]
					}
					f := report.Figure{}
					if v.Known {
						f = report.Of(v.Number)
					}
					w.add(s.ID, b.Chart.ID, b.Chart.Title+" "+p.Label, column, shown{text: v.Text, figure: f, typed: true})
				}
			}
		}
		for _, c := range b.Cards {
			w.add(s.ID, "cards", c.Label, "", shown{text: c.Value + c.Note})
		}
		if b.Blank != nil && b.Blank.Text != "" {
			w.add(s.ID, "text", b.Blank.Label, "", shown{text: b.Blank.Text})
		}
	}
	w.sentences(s.ID, paragraphs)
}

// keyed returns what tells each row from the others: as many of the first cells as it takes.
func keyed(t *report.Table) []string {
	for n := 1; ; n++ {
		keys, seen := make([]string, t.Len()), map[string]bool{}
		for i := range keys {
			row := t.Row(i, nil)
			var cells []string
			for _, c := range row[:min(n, len(row))] {
				cells = append(cells, c.Text)
			}
			keys[i] = strings.Join(cells, " | ")
			seen[keys[i]] = true
		}
		if len(seen) == len(keys) || n > len(t.Heads) {
			return keys
		}
	}
}

func (w *walker) table(section string, t *report.Table) {
	id := t.ID
	if t.Note != "" {
		w.add(section, id, "", "note", shown{text: t.Note})
	}
	if t.More != "" {
		w.add(section, id, "", "more", shown{text: t.More})
	}
	heads := make([]string, len(t.Heads))
	for k, h := range t.Heads {
		heads[k] = h.Text
		for n := 2; slices.Contains(heads[:k], heads[k]); n++ {
			heads[k] = fmt.Sprintf("%s#%d", h.Text, n)
		}
	}
	keys := keyed(t)
	for i := range t.Len() {
		for k, c := range t.Row(i, nil) {
			w.add(section, id, keys[i], heads[k], shown{text: c.Text + c.Note, figure: c.Figure, typed: t.Heads[k].Kind != report.KindText || c.Kind != report.KindText})
		}
	}
}
