package report

import "fmt"

// availabilityText prints a rate of availability, of which one decimal would hide what
// targets are about.
func availabilityText(v float64) string { return number(v*100, 3) + "%" }

func (t text) availability(f Figure) Cell { return t.cell(KindRate, f, availabilityText) }

// newRows is how many logs that are newly not compliant A6 names.
const newRows = 10

// a5 is what was imported about operation, table by table; what was not provided says so.
func (c *composer) a5() (out []Block) {
	t, o := c.t, &c.m.Operation
	absent := func(part int) Block {
		return Block{NotProvided: &Pair{Label: t.NotProvided["operation"][part], Value: t.Absent}}
	}
	add := func(provided bool, part int, blocks ...Block) {
		if !provided {
			blocks = []Block{absent(part)}
		}
		out = append(out, blocks...)
	}
	add(o.ServicesGiven, 0, Block{Table: serviceTable(t, o)})
	times := map[string]any{"mtta": t.one(o.MTTA).Text, "mttr": t.one(o.MTTR).Text}
	add(o.IncidentsGiven, 1, Block{Table: incidentTable(t, "a5_incidents", o.Faults, true)}, Block{Paragraph: c.paragraph("a5_times", times)})
	add(o.OrdersGiven, 2, Block{Table: orderTable(t, o.Orders)}, Block{Table: lateTable(t, o.Late)})
	if !o.ChangesGiven && !o.WorkGiven && !o.BackupsGiven {
		return append(out, absent(3))
	}
	for _, part := range []struct {
		given bool
		kind  string
		table func() *Table
	}{
		{o.ChangesGiven, "changes", func() *Table { return changeTable(t, "a5_changes", o.Changes) }},
		{o.WorkGiven, "work", func() *Table { return workTable(t, "a5_work", dutyRows(o.Work)) }},
		{o.BackupsGiven, "backups", func() *Table { return backupTable(t, "a5_backups", o.Backups) }},
	} {
		if part.given {
			out = append(out, Block{Table: part.table()})
		} else {
			out = append(out, Block{NotProvided: &Pair{Label: t.label("record_kind", part.kind), Value: t.Absent}})
		}
	}
	return out
}

// faults is annex 6.
func (c *composer) faults() *Table {
	out := incidentTable(c.t, "annex_faults", c.m.Operation.Faults, true)
	if !c.m.Operation.IncidentsGiven {
		out.Empty = c.t.Absent
	}
	return out
}

// dutyRows are the works that A5-4 tells of.
func dutyRows(all []WorkRow) (out []WorkRow) {
	for _, r := range all {
		if r.Item == "duty" || r.Item == "inspection" {
			out = append(out, r)
		}
	}
	return out
}

// a6 is section A6, in short what B3 has in full.
func (c *composer) a6() []Block {
	t, l := c.t, &c.m.Logs
	if l.All == nil && l.Total.Count.Due() == 0 {
		return []Block{{NotProvided: &Pair{Label: t.NotProvided["logs"][0], Value: t.Absent}}}
	}
	out := tables(logTable(t, "a6_logs", l, false))
	if !l.NewKnown {
		return append(out, Block{Paragraph: c.paragraph("a6_new", nil)})
	}
	n := logNames{systems: c.m.systemNames, units: c.m.unitNames}
	return append(out, Block{Table: brokenTable(t, "a6_new", l.New, newRows, n, false)})
}

// serviceTable is A5-1; the last row is all platforms together.
func serviceTable(t text, o *Operation) *Table {
	rows := append(append([]ServiceRow{}, o.Services...), ServiceRow{Platform: t.Total, Availability: o.Overall})
	total := func(r *ServiceRow, c Cell) Cell {
		if r == &rows[len(rows)-1] {
			return Cell{Text: t.None}
		}
		return c
	}
	out := table(t, "a5_services", rows, 0, []column[ServiceRow]{
		{"platform", false, func(r *ServiceRow) Cell { return t.text(r.Platform) }},
		{"region", false, func(r *ServiceRow) Cell { return t.dash(r.Region) }},
		{"service", false, func(r *ServiceRow) Cell { return t.dash(r.Service) }},
		{"availability", false, func(r *ServiceRow) Cell { return t.availability(r.Availability) }},
		{"outages", false, func(r *ServiceRow) Cell { return total(r, t.number(r.Outages)) }},
		{"down_minutes", false, func(r *ServiceRow) Cell { return total(r, t.one(Of(r.DownMinutes))) }},
		{"plan_minutes", false, func(r *ServiceRow) Cell { return total(r, t.one(Of(r.PlanMinutes))) }},
		{"target_rate", false, func(r *ServiceRow) Cell { return total(r, t.availability(r.Target)) }},
		{"met", false, func(r *ServiceRow) Cell {
			met, known := r.Met()
			if !known {
				return total(r, t.text(""))
			}
			return Cell{Text: t.label("met", fmt.Sprint(met))}
		}},
		{"basis", true, func(r *ServiceRow) Cell { return total(r, t.text(r.Basis)) }},
	})
	out.Total = true
	return out
}

// orderTable is A5-3.
func orderTable(t text, rows []OrderSum) *Table {
	return table(t, "a5_orders", rows, 0, []column[OrderSum]{
		{"order_action", false, func(r *OrderSum) Cell { return Cell{Text: t.label("order", r.Action)} }},
		{"begun", false, func(r *OrderSum) Cell { return t.number(r.Begun) }},
		{"finished", false, func(r *OrderSum) Cell { return t.number(r.Finished) }},
		{"due_orders", false, func(r *OrderSum) Cell { return t.number(r.Due) }},
		{"on_time", false, func(r *OrderSum) Cell { return t.number(r.OnTime) }},
		{"on_time_rate", false, func(r *OrderSum) Cell { return t.percent(r.Rate) }},
		{"mean_days", false, func(r *OrderSum) Cell { return t.one(r.MeanDays) }},
	})
}

func lateTable(t text, rows []OrderRow) *Table {
	return table(t, "a5_late", rows, listRows, []column[OrderRow]{
		{"order_no", false, func(r *OrderRow) Cell { return t.text(r.No) }},
		{"order_action", false, func(r *OrderRow) Cell { return Cell{Text: t.label("order", r.Action)} }},
		{"unit", false, func(r *OrderRow) Cell { return t.text(r.Unit) }},
		{"system", false, func(r *OrderRow) Cell { return t.dash(r.System) }},
		{"began_on", false, func(r *OrderRow) Cell { return t.day(r.Began) }},
		{"due_by", false, func(r *OrderRow) Cell { return t.day(r.Due) }},
		{"finished_on", false, func(r *OrderRow) Cell { return t.day(r.Done) }},
		{"late_days", false, func(r *OrderRow) Cell { return t.number(r.LateDays) }},
	})
}
