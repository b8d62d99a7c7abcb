package ledger

import (
	"cmp"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/yunjian-io/yunjian/collector/report"
	"github.com/yunjian-io/yunjian/rules/filing"
)

// column is one column of a table over rows of one type.
type column[Row any] struct {
	name string // of the head in ledger.yaml
	long bool
	cell func(*Row) report.Cell
}

func table[Row any](t text, id string, rows []Row, columns []column[Row]) *report.Table {
	out := &report.Table{ID: id, Title: t.word(t.Tables, id)}
	if len(rows) == 0 {
		out.Empty = t.Empty
	}
	for i := range rows {
		cells := make([]report.Cell, len(columns))
		for k, c := range columns {
			cells[k] = c.cell(&rows[i])
		}
		out.Rows = append(out.Rows, cells)
	}
	for k, c := range columns {
		h := report.Head{Text: t.word(t.Columns, c.name), Long: c.long}
		for i := range out.Rows {
			h.Kind = max(h.Kind, out.Rows[i][k].Kind)
		}
		out.Heads = append(out.Heads, h)
	}
	return out
}

func words(s string) report.Cell { return report.Cell{Text: s} }

func count(n int) report.Cell {
	return report.Cell{Kind: report.KindCount, Text: strconv.Itoa(n), Figure: report.Of(n)}
}

// issuer names who answers for a report that was made: the provider, unless it is an
// agency's (Art. 11).
func (t text) issuer(r *filing.Row) string {
	switch {
	case r.ID == "":
		return t.None
	case r.Issuer.Name != "":
		return fmt.Sprintf(t.IssuerValue, r.Issuer.Name, t.label("issuer", r.Issuer.Type))
	}
	return t.label("issuer", cmp.Or(r.Issuer.Type, report.IssuerProvider))
}

// shortHash is how much of a SHA-256 stands on pages.
const shortHash = 8

// filings is D1. On pages the hashes are shortened, and whole in the workbook.
func (t text) filings(in *Input, whole bool) *report.Table {
	type row = filing.Row
	return table(t, "D1", in.Filings, []column[row]{
		{"month", false, func(r *row) report.Cell { return words(t.month(r.Month)) }},
		{"provider", false, func(r *row) report.Cell { return words(t.name(in.Names, r.Provider)) }},
		{"kind", false, func(r *row) report.Cell { return words(t.label("kind", r.Kind)) }},
		{"issuer", false, func(r *row) report.Cell { return words(t.issuer(r)) }},
		{"unit", false, func(r *row) report.Cell { return words(t.name(in.Names, r.Unit)) }},
		{"recipient", false, func(r *row) report.Cell { return words(t.label("recipient", r.Recipient)) }},
		{"due", false, func(r *row) report.Cell { return words(t.day(r.Due)) }},
		{"sent", false, func(r *row) report.Cell {
			c := words(t.minute(r.FirstSentAt))
			if !r.SentAt.Equal(r.FirstSentAt) && !r.SentAt.IsZero() { // a correction
				c.Note = fmt.Sprintf(t.SentValue, r.Version, t.minute(r.SentAt))
			}
			return c
		}},
		{"version", false, func(r *row) report.Cell {
			if r.Version == 0 {
				return words(t.None)
			}
			return words(fmt.Sprintf(t.VersionValue, r.Version))
		}},
		{"state", false, func(r *row) report.Cell {
			c := words(t.label("state", string(r.State)))
			if r.Overdue {
				c.Note = fmt.Sprintf(t.LateValue, r.LateWorkdays)
			}
			return c
		}},
		{"by", false, func(r *row) report.Cell {
			if r.By == "" {
				return words(t.None)
			}
			return words(r.By)
		}},
		{"at", false, func(r *row) report.Cell { return words(t.minute(r.At)) }},
		{"receipt", false, func(r *row) report.Cell {
			if r.Receipt == "" {
				return words(t.None)
			}
			return words(r.Receipt)
		}},
		{"late", false, func(r *row) report.Cell { return count(r.LateWorkdays) }},
		{"files", true, func(r *row) report.Cell {
			if len(r.Files) == 0 {
				return words(t.None)
			}
			all := make([]string, len(r.Files))
			for i, f := range r.Files {
				if whole {
					all[i] = fmt.Sprintf(t.FileValue, f.Name, f.SHA256)
				} else {
					all[i] = strings.TrimPrefix(filepath.Ext(f.Name), ".") + " " + f.SHA256[:min(shortHash, len(f.SHA256))]
				}
			}
			return words(strings.Join(all, t.ListSeparator))
		}},
	})
}

func (t text) deadlines(in *Input) *report.Table {
	type row = Deadline
	return table(t, "D2", in.Deadlines, []column[row]{
		{"proposal", false, func(r *row) report.Cell { return words(r.Proposal) }},
		{"system", false, func(r *row) report.Cell { return words(t.given(r.System)) }},
		{"unit", false, func(r *row) report.Cell { return words(t.name(in.Names, r.Unit)) }},
		{"step", false, func(r *row) report.Cell { return words(t.label("step", r.Step)) }},
		{"roles", false, func(r *row) report.Cell {
			roles := make([]string, len(r.Roles))
			for i, role := range r.Roles {
				roles[i] = t.label("role", role)
			}
			return words(strings.Join(roles, t.ListSeparator))
		}},
		{"from", false, func(r *row) report.Cell { return words(t.date(r.From)) }},
		{"limit", false, func(r *row) report.Cell { return words(t.day(r.Due)) }},
		{"hosts", false, func(r *row) report.Cell { return count(r.Hosts) }},
		{"late", false, func(r *row) report.Cell { return count(r.OverdueDays) }},
	})
}

func (t text) exemptions(in *Input) *report.Table {
	type row = Exemption
	return table(t, "D3", in.Exemptions, []column[row]{
		{"subject_kind", false, func(r *row) report.Cell { return words(t.label("subject", r.SubjectKind)) }},
		{"subject", false, func(r *row) report.Cell { return words(t.given(r.Subject)) }},
		{"kind", false, func(r *row) report.Cell { return words(t.label("exemption", r.Kind)) }},
		{"reason", true, func(r *row) report.Cell { return words(t.given(r.Reason)) }},
		{"approver", false, func(r *row) report.Cell { return words(t.given(r.Approver)) }},
		{"source", false, func(r *row) report.Cell { return words(t.label("source", r.Source)) }},
		{"expires", false, func(r *row) report.Cell {
			if r.Expires.IsZero() {
				return words(t.Absent)
			}
			return words(t.date(r.Expires))
		}},
		{"expired", false, func(r *row) report.Cell {
			return words(t.yesNo(!r.Expires.IsZero() && in.Day.After(r.Expires)))
		}},
	})
}

func (t text) rules(in *Input) *report.Table {
	type row = Rule
	return table(t, "D4", in.Rules, []column[row]{
		{"rule", false, func(r *row) report.Cell { return words(r.ID) }},
		{"rule_title", false, func(r *row) report.Cell { return words(t.given(r.Title)) }},
		{"version", false, func(r *row) report.Cell { return words(fmt.Sprintf(t.VersionValue, r.Version)) }},
		{"effective_from", false, func(r *row) report.Cell { return words(t.date(r.EffectiveFrom)) }},
		{"basis", true, func(r *row) report.Cell { return words(t.given(r.Basis)) }},
		{"approved_by", false, func(r *row) report.Cell { return words(t.given(r.ApprovedBy)) }},
		{"hash", true, func(r *row) report.Cell { return words(r.Hash) }},
	})
}

func (t text) years(in *Input) *report.Table {
	type row = Year
	return table(t, "D5", in.Years, []column[row]{
		{"year", false, func(r *row) report.Cell { return words(strconv.Itoa(r.Year)) }},
		{"origin", false, func(r *row) report.Cell {
			if !r.Imported {
				return words(t.label("origin", "builtin"))
			}
			return report.Cell{Text: t.label("origin", "imported"), Note: r.File}
		}},
		{"imported_by", false, func(r *row) report.Cell {
			if !r.Imported {
				return words(t.None)
			}
			return words(t.given(r.By))
		}},
		{"imported_at", false, func(r *row) report.Cell { return words(t.minute(r.At)) }},
		{"notices", true, func(r *row) report.Cell { return words(t.given(strings.Join(r.Notices, t.ListSeparator))) }},
		{"hash", true, func(r *row) report.Cell {
			if r.SHA256 == "" {
				return words(t.None)
			}
			return words(r.SHA256)
		}},
	})
}
