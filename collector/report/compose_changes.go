package report

import (
	"fmt"
	"strings"

	"github.com/yunjian-io/yunjian/rules/calendar"
	"github.com/yunjian-io/yunjian/rules/proposal"
	"github.com/yunjian-io/yunjian/rules/rightsize"
)

// change is an item for which an approved review asks for a change.
type change struct {
	NoticeItem
	p *Proceeding
}

// approved are the changes that approved reviews ask for, of those that keep holds.
func (c *noticer) approved(keep func(*change) bool) (out []change) {
	for i := range c.n.Systems {
		s := &c.n.Systems[i]
		for k := range s.Items {
			x := change{s.Items[k], &s.Proceeding}
			if x.SystemName == "" {
				x.SystemName = x.System
			}
			if !x.p.ApprovedOn.IsZero() && x.Decision != nil && x.Decision.Decision.Implementable() && keep(&x) {
				out = append(out, x)
			}
		}
	}
	return out
}

func (c *noticer) c6() []Block {
	w := c.n.Workflow
	d := w.Deadlines.Implementation
	out := []Block{
		{Paragraph: c.paragraph("c6", map[string]any{"period": c.t.period(d), "basis": d.Basis})},
		{Table: c.implementTable()},
		{Paragraph: c.paragraph("c6_reclaim", map[string]any{"months": trimmed(w.Limits.LogHandoverMonths.Value)})},
		{Table: c.reclaimTable()},
	}
	return out
}

func (c *noticer) whoseChange() []column[change] {
	return []column[change]{
		{"host", false, func(x *change) Cell { return c.t.text(x.HostID) }},
		{"system", false, func(x *change) Cell { return c.t.text(x.SystemName) }},
	}
}

// recorded is a column of the sheet: what the provider recorded of the change, or a place.
func (c *noticer) recorded(name string, of func(*change) string) column[change] {
	return column[change]{name, false, func(x *change) Cell {
		if x.Change == nil {
			return c.t.fillIn("", "c6", x.Mark, name)
		}
		return c.t.fillIn(of(x), "c6", x.Mark, name)
	}}
}

func dayText(d calendar.Date) string {
	if d.IsZero() {
		return ""
	}
	return d.String()
}

func (c *noticer) implementTable() *Table {
	t := c.t
	before := func(x *change) rightsize.Size {
		if x.Change != nil && x.Change.Before != nil {
			return *x.Change.Before
		}
		return x.Current
	}
	after := func(x *change) rightsize.Size {
		if x.Change.After != nil {
			return *x.Change.After
		}
		return c.decided(&x.NoticeItem)
	}
	return table(t, "implement", c.approved(func(*change) bool { return true }), 0, append(c.whoseChange(), []column[change]{
		{"decision", false, func(x *change) Cell { return t.text(c.texts.Decisions[x.Decision.Decision].Chinese) }},
		{"approved_on", false, func(x *change) Cell { return t.day(x.p.ApprovedOn) }},
		{"due", false, func(x *change) Cell { return t.day(x.p.ImplementDue.Date) }},
		c.recorded("done", func(x *change) string { return dayText(x.ChangedOn) }),
		{"before", false, func(x *change) Cell { return t.text(t.size(before(x))) }},
		c.recorded("after", func(x *change) string { return t.size(after(x)) }),
		c.recorded("operator", func(x *change) string { return x.Change.Operator }),
		c.recorded("rollback_until", func(x *change) string { return dayText(x.Change.RollbackUntil) }),
		c.recorded("unit_confirm", func(x *change) string { return x.Change.UnitConfirm }),
	}...))
}

func (c *noticer) reclaimTable() *Table {
	proof := func(name string, of func(*proposal.ReclaimProof) string) column[change] {
		return c.recorded(name, func(x *change) string {
			if x.Change.Reclaim == nil {
				return ""
			}
			return of(x.Change.Reclaim)
		})
	}
	rows := c.approved(func(x *change) bool { return x.Decision.Decision == proposal.DecideReclaim })
	return table(c.t, "reclaim", rows, 0, append(c.whoseChange(),
		proof("backup", func(p *proposal.ReclaimProof) string { return p.Backup }),
		proof("logs_from", func(p *proposal.ReclaimProof) string { return dayText(p.LogsFrom) }),
		proof("logs_to", func(p *proposal.ReclaimProof) string { return dayText(p.LogsTo) }),
		proof("logs_reference", func(p *proposal.ReclaimProof) string { return p.LogsReference }),
		proof("wipe", func(p *proposal.ReclaimProof) string { return p.Wipe }),
	))
}

// verifyTable is C7: what was measured after the change. A host that was given back has
// nothing to be measured.
func (c *noticer) verifyTable() *Table {
	t := c.t
	measured := func(x *change, of func(*proposal.ItemMeasure) Cell) Cell {
		switch _, there := x.Size(); {
		case !there:
			return Cell{Text: t.None, Figure: Figure{State: None}}
		case x.Measure == nil:
			return t.text("")
		}
		return of(x.Measure)
	}
	column2 := func(name string, of func(*proposal.ItemMeasure) Cell) column[change] {
		return column[change]{name, false, func(x *change) Cell { return measured(x, of) }}
	}
	return table(t, "verify", c.approved(func(x *change) bool { return x.Change != nil }), 0, append(c.whoseChange(), []column[change]{
		{"before", false, func(x *change) Cell { return t.text(t.size(x.Current)) }},
		{"after", false, func(x *change) Cell {
			size, _ := x.Size()
			return t.text(t.size(size))
		}},
		{"changed_on", false, func(x *change) Cell { return t.day(x.ChangedOn) }},
		{"verify_due", false, func(x *change) Cell { return t.day(x.p.VerifyDue.Date) }},
		column2("new_cpu_p95", func(m *proposal.ItemMeasure) Cell { return t.percent(maybe(m.CPUP95)) }),
		column2("new_memory_p95", func(m *proposal.ItemMeasure) Cell { return t.percent(maybe(m.MemoryP95)) }),
		column2("coverage", func(m *proposal.ItemMeasure) Cell { return t.percent(maybe(m.Coverage)) }),
		column2("alerts", func(m *proposal.ItemMeasure) Cell { return t.count(Of(m.Alerts)) }),
		column2("rebound", func(m *proposal.ItemMeasure) Cell {
			if m.CPUP95 == nil {
				return t.text("")
			}
			return t.text(t.yesNo(*m.CPUP95 > c.n.Workflow.Limits.ReboundCPUP95.Value))
		}),
		{"guard", true, func(x *change) Cell {
			if x.Guard == nil {
				return Cell{Text: t.None}
			}
			return t.text(x.Guard.Chinese)
		}},
	}...))
}

// realisedTable is F12 by resource (C7, A4-4).
func realisedTable(t text, id string, rows []LedgerRow) *Table {
	type row struct {
		*LedgerRow
		resource         string
		approved, actual float64
		share            *float64
	}
	var lines []row
	for i := range rows {
		r := rows[i].Realised
		lines = append(lines,
			row{&rows[i], "vcpu", r.Approved.Cores, r.Actual.Cores, r.Cores},
			row{&rows[i], "memory_gib", r.Approved.MemoryGiB, r.Actual.MemoryGiB, r.MemoryGiB},
			row{&rows[i], "disk_gib", r.Approved.DiskGiB, r.Actual.DiskGiB, r.DiskGiB})
	}
	return table(t, id, lines, 0, []column[row]{
		{"system", false, func(r *row) Cell { return t.text(cmpName(Party{r.System, r.SystemName})) }},
		{"unit", false, func(r *row) Cell { return t.text(r.UnitName) }},
		{"changed_on", false, func(r *row) Cell { return t.day(r.ImplementedOn) }},
		{"resource", false, func(r *row) Cell { return t.text(t.label("resource", r.resource)) }},
		{"approved_reduction", false, func(r *row) Cell { return t.one(Of(r.approved)) }},
		{"actual_reduction", false, func(r *row) Cell { return t.one(Of(r.actual)) }},
		{"realised", false, func(r *row) Cell {
			if r.share == nil {
				return t.percent(Figure{State: None})
			}
			return t.percent(Of(*r.share))
		}},
		{"rebound", false, func(r *row) Cell {
			if r.On(proposal.Verified).IsZero() {
				return t.text("")
			}
			return t.text(t.yesNo(r.Rebound))
		}},
	})
}

// ledgerTable is the ledger of proposals: the day of each step, what is expected next, and
// by how much it is late (A4-3, C8).
func ledgerTable(t text, x proposal.Texts, id string, rows []LedgerRow) *Table {
	on := func(name string, s proposal.State) column[LedgerRow] {
		return column[LedgerRow]{name, false, func(r *LedgerRow) Cell { return t.day(r.On(s)) }}
	}
	due := func(name string, kind proposal.Kind) column[LedgerRow] {
		return column[LedgerRow]{name, false, func(r *LedgerRow) Cell {
			for _, d := range r.Deadlines {
				if d.Kind == kind {
					cell := t.day(d.Due)
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
		{"state", false, func(r *LedgerRow) Cell { return t.text(x.States[r.Now].Chinese) }},
		on("noticed_on", proposal.Noticed),
		due("reply_due", proposal.KindReply),
		on("replied_on", proposal.Replied),
		on("reviewed_on", proposal.Reviewed),
		{"approved_on", false, func(r *LedgerRow) Cell { return t.day(r.ApprovedOn) }},
		due("implement_due", proposal.KindImplement),
		{"changed_on", false, func(r *LedgerRow) Cell { return t.day(r.ImplementedOn) }},
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

// overdueTable has every step that is late.
func (c *noticer) overdueTable(rows []LedgerRow) *Table {
	type row struct {
		*LedgerRow
		Deadline
	}
	t := c.t
	var late []row
	for i := range rows {
		for _, d := range rows[i].Deadlines {
			if d.Open() && d.Late > 0 {
				late = append(late, row{&rows[i], d})
			}
		}
	}
	return table(t, "overdue", late, 0, []column[row]{
		{"system", false, func(r *row) Cell { return t.text(cmpName(Party{r.System, r.SystemName})) }},
		{"unit", false, func(r *row) Cell { return t.text(r.UnitName) }},
		{"month", false, func(r *row) Cell { return t.text(r.Month.String()) }},
		{"step", false, func(r *row) Cell { return t.text(c.texts.Kinds[r.Kind].Chinese) }},
		{"due", false, func(r *row) Cell { return t.day(r.Due) }},
		{"late", false, func(r *row) Cell { return t.count(Of(r.Late)) }},
	})
}

// unitsTable is C8 by unit.
func (c *noticer) unitsTable() *Table {
	t := c.t
	rows := c.n.Units
	columns := []column[UnitState]{
		{"unit", false, func(u *UnitState) Cell { return t.text(u.Name) }},
		{"unit_code", false, func(u *UnitState) Cell { return t.text(u.ID) }},
		{"systems", false, func(u *UnitState) Cell { return t.count(Of(u.Systems)) }},
		{"noticed_systems", false, func(u *UnitState) Cell { return t.count(Of(u.Noticed)) }},
		{"reply_rate", false, func(u *UnitState) Cell { return t.percent(u.ReplyRate()) }},
		{"agree_rate", false, func(u *UnitState) Cell { return t.percent(u.AgreeRate()) }},
		{"partly_items", false, func(u *UnitState) Cell { return t.count(Of(u.Partly)) }},
		{"disagreed_items", false, func(u *UnitState) Cell { return t.count(Of(u.Disagreed)) }},
		{"pass_rate", false, func(u *UnitState) Cell { return t.percent(u.PassRate()) }},
		{"implement_rate", false, func(u *UnitState) Cell { return t.percent(u.ImplementRate()) }},
		{"approved_vcpu", false, func(u *UnitState) Cell { return t.one(Of(u.Approved.Cores)) }},
		{"approved_memory", false, func(u *UnitState) Cell { return t.one(Of(u.Approved.MemoryGiB)) }},
		{"actual_vcpu", false, func(u *UnitState) Cell { return t.one(Of(u.Actual.Cores)) }},
		{"actual_memory", false, func(u *UnitState) Cell { return t.one(Of(u.Actual.MemoryGiB)) }},
		{"yuan", false, func(u *UnitState) Cell { return t.two(u.Yuan) }},
		{"overdue_systems", false, func(u *UnitState) Cell { return t.count(Of(u.Overdue)) }},
	}
	out := table(t, "summary_units", rows, 0, columns)
	if len(rows) > 0 {
		total := table(t, "summary_units", []UnitState{c.n.Total}, 0, columns).Rows[0]
		total[0], total[1] = Cell{Text: t.Total}, Cell{Text: t.None}
		out.Rows, out.Total = append(out.Rows, total), true
	}
	return out
}

// limitTable has the durations and limits by which the notice was made.
func (c *noticer) limitTable() *Table {
	type row struct{ name, value, basis string }
	t, w, l := c.t, c.n.Workflow, c.n.Limits
	d := w.Deadlines
	rows := []row{
		{"reply", t.period(d.Reply), d.Reply.Basis}, {"implementation", t.period(d.Implementation), d.Implementation.Basis},
		{"restore", t.period(d.Restore), d.Restore.Basis}, {"verification", t.period(d.Verification), d.Verification.Basis},
		{"rebound", percentText(w.Limits.ReboundCPUP95.Value), w.Limits.ReboundCPUP95.Basis},
		{"logs", trimmed(w.Limits.LogHandoverMonths.Value), w.Limits.LogHandoverMonths.Basis},
		{"risk_medium", percentText(l.RiskMedium), l.ApprovedBy}, {"risk_high", percentText(l.RiskHigh), l.ApprovedBy},
		{"max_cut", percentText(l.MaxCut), l.ApprovedBy},
	}
	return table(t, "limits", rows, 0, []column[row]{
		{"item", false, func(r *row) Cell { return t.text(t.label("limits", r.name)) }},
		{"value", false, func(r *row) Cell { return t.text(r.value) }},
		{"basis", true, func(r *row) Cell { return t.text(r.basis) }},
	})
}

// noticeSheets are the sheets of the workbook.
func (c *noticer) noticeSheets(d Document) []Sheet {
	t, cover := c.t, d.Cover
	sheet := func(id string, pairs []Pair, tables ...*Table) Sheet {
		s := Sheet{Name: t.Tables[id].Sheet, Title: d.Title + " " + t.Tables[id].Title, Pairs: pairs}
		for _, one := range tables {
			s.Tables = append(s.Tables, *one)
		}
		return s
	}
	basis := sheet("basis", nil, formulaTable(t), c.limitTable(), ruleTextTable(t, c.m), parameterTable(t, c.m))
	if c.n.Unit.ID == "" {
		blocks := d.Sections[0].Blocks
		var tables []*Table
		for _, b := range blocks {
			if b.Table != nil {
				tables = append(tables, b.Table)
			}
		}
		return []Sheet{sheet("annex_summary", cover, tables...), basis}
	}
	systems := make([]*NoticeSystem, len(c.n.Systems))
	for i := range systems {
		systems[i] = &c.n.Systems[i]
	}
	return []Sheet{
		sheet("annex_evidence", cover, c.criteriaTable(), c.noticedTable(), c.evidenceTable("annex_evidence", systems)),
		sheet("annex_proposed", nil, c.proposedSheet()),
		sheet("annex_reply", nil, c.replyTable("annex_reply")),
		sheet("annex_daily", nil, c.dailyTable()),
		basis,
	}
}
