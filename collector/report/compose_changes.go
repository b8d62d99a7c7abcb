package report

import (
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
		{"host", false, func(x *change) Cell { return c.t.hostCell(&x.NoticeItem) }},
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
		{"approved_on", false, func(x *change) Cell { return t.isoDay(x.p.ApprovedOn) }},
		{"due", false, func(x *change) Cell { return t.isoDay(x.p.ImplementDue.Date) }},
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
			proof := ""
			if x.Change.Reclaim != nil {
				proof = of(x.Change.Reclaim)
			}
			if proof == "" && x.IsVolume() {
				return c.t.None // a disk that held no logs
			}
			return proof
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
// nothing to be measured, nor has a disk.
func (c *noticer) verifyTable() *Table {
	t := c.t
	measured := func(x *change, of func(*proposal.ItemMeasure) Cell) Cell {
		switch _, there := x.Size(); {
		case !there || x.IsVolume():
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
		{"changed_on", false, func(x *change) Cell { return t.isoDay(x.ChangedOn) }},
		{"verify_due", false, func(x *change) Cell { return t.isoDay(x.p.VerifyDue.Date) }},
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
		{"due", false, func(r *row) Cell { return t.isoDay(r.Due) }},
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
