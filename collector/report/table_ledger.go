package report

import (
	"fmt"
	"strings"

	"github.com/yunjian-io/yunjian/rules/calendar"

	"github.com/yunjian-io/yunjian/rules/proposal"
)

// realisedTable is F12 by resource (C7, A4-4); units says that it is about several.
func realisedTable(t text, id string, rows []LedgerRow, units bool) *Table {
	type row struct {
		*LedgerRow
		resource         string
		approved, actual Figure
	}
	var lines []row
	for i := range rows {
		r := rows[i].Realised
		approved, actual := Of(r.Approved.DiskGiB), Of(r.Actual.DiskGiB)
		if !rows[i].diskKnown() {
			approved, actual = Figure{}, Figure{}
		}
		lines = append(lines,
			row{&rows[i], "vcpu", Of(r.Approved.Cores), Of(r.Actual.Cores)},
			row{&rows[i], "memory_gib", Of(r.Approved.MemoryGiB), Of(r.Actual.MemoryGiB)},
			row{&rows[i], "disk_gib", approved, actual})
	}
	whose := []column[row]{{"system", false, func(r *row) Cell { return t.text(cmpName(Party{r.System, r.SystemName})) }}}
	if units {
		whose = append(whose, column[row]{"unit", false, func(r *row) Cell { return t.text(r.UnitName) }})
	}
	return table(t, id, lines, 0, append(whose, []column[row]{
		{"changed_on", false, func(r *row) Cell { return t.isoDay(r.ImplementedOn) }},
		{"resource", false, func(r *row) Cell { return t.text(t.label("resource", r.resource)) }},
		{"approved_reduction", false, func(r *row) Cell { return t.one(r.approved) }},
		{"actual_reduction", false, func(r *row) Cell { return t.one(r.actual) }},
		{"realised", false, func(r *row) Cell { return t.percent(Ratio(r.actual, r.approved)) }},
		{"rebound", false, func(r *row) Cell {
			if r.On(proposal.Verified).IsZero() {
				return t.text("")
			}
			return t.text(t.yesNo(r.Rebound))
		}},
	}...))
}

// ledgerTable is the ledger of proposals: the day of each step, what is expected next, and
// by how much it is late (A4-3, C8).
func ledgerTable(t text, x proposal.Texts, id string, rows []LedgerRow) *Table {
	on := func(name string, s proposal.State) column[LedgerRow] {
		return column[LedgerRow]{name, false, func(r *LedgerRow) Cell { return t.isoDay(r.On(s)) }}
	}
	due := func(name string, kind proposal.Kind) column[LedgerRow] {
		return column[LedgerRow]{name, false, func(r *LedgerRow) Cell {
			for _, d := range r.Deadlines {
				if d.Kind == kind {
					cell := t.isoDay(d.Due)
					if d.Late > 0 {
						cell.Note = fmt.Sprintf(t.LateValue, d.Late)
					}
					return cell
				}
			}
			return Cell{Text: t.None}
		}}
	}
	return table(t, id, rows, 0, []column[LedgerRow]{
		{"system", false, func(r *LedgerRow) Cell { return t.text(cmpName(Party{r.System, r.SystemName})) }},
		{"unit", false, func(r *LedgerRow) Cell { return t.text(r.UnitName) }},
		{"month", false, func(r *LedgerRow) Cell { return t.text(r.Month.String()) }},
		{"progress", false, func(r *LedgerRow) Cell { return t.text(x.States[r.Now].Chinese) }},
		on("noticed_on", proposal.Noticed),
		due("reply_due", proposal.KindReply),
		on("replied_on", proposal.Replied),
		on("reviewed_on", proposal.Reviewed),
		{"approved_on", false, func(r *LedgerRow) Cell { return t.isoDay(r.ApprovedOn) }},
		due("implement_due", proposal.KindImplement),
		{"changed_on", false, func(r *LedgerRow) Cell { return t.isoDay(r.ImplementedOn) }},
		due("verify_due", proposal.KindVerify),
		on("verified_on", proposal.Verified),
		{"next_step", false, func(r *LedgerRow) Cell { return t.nextStep(x, r) }},
		{"late", false, func(r *LedgerRow) Cell { return t.count(Of(r.LateNow())) }},
	})
}

// nextStep is what is expected, with those who may do it.
func (t text) nextStep(x proposal.Texts, r *LedgerRow) Cell {
	if len(r.Expected) == 0 {
		return Cell{Text: t.None}
	}
	var words []string
	for _, s := range r.Expected {
		if word := x.Kinds[s.Kind].Chinese + " (" + listed(t, x.Roles, s.By...) + ")"; len(words) == 0 || words[len(words)-1] != word {
			words = append(words, word)
		}
	}
	return t.text(strings.Join(words, t.ListSeparator))
}

// isoDay prints a day in the width that a table with many days has; a dash until there is one.
func (t text) isoDay(d calendar.Date) Cell {
	if d.IsZero() {
		return Cell{Text: t.None}
	}
	return t.text(d.String())
}
