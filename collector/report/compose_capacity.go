package report

import (
	"cmp"
	"fmt"

	"github.com/yunjian-io/yunjian/collector/report/chart"
)

// a2 is section A2; what was not provided says so.
func (c *composer) a2() (out []Block) {
	t, m := c.t, &c.m.Capacity
	absent := func(part int) Block {
		return Block{NotProvided: &Pair{Label: t.NotProvided["capacity"][part], Value: t.Absent}}
	}
	known := !m.Since.IsZero()
	if known {
		out = append(out, Block{Table: flowTable(t, "flows", []Flow{m.Total}, 0)})
		if len(m.Platforms) > 0 {
			out = append(out, Block{Table: flowTable(t, "flows_platforms", m.Platforms, 0)})
		}
		out = append(out, Block{Table: flowTable(t, "flows_units", m.Units, listRows)})
	} else {
		out = append(out, absent(0))
	}
	if m.PoolsGiven {
		out = append(out, Block{Table: poolTable(t, m.Pools)})
	} else {
		out = append(out, absent(1))
	}
	if known {
		return append(out, Block{Chart: c.allottedChart()})
	}
	return append(out, absent(2))
}

// resourceRow is one resource of a balance.
type resourceRow struct {
	flow     *Flow
	resource string
	// of is the quantity of the resource in an amount; nil where the inventory has no such kind.
	of   func(Amount) float64
	cell func(Figure) Cell
}

// value is a quantity of the balance. The disk of a party of which no disk is given is not known.
func (r *resourceRow) value(a Amount) Cell {
	f := r.flow
	disk := f.Open.DiskGiB + f.New.DiskGiB + f.TransferIn.DiskGiB + f.ScaleUp.DiskGiB
	if r.of == nil || r.resource == "disk_tib" && disk == 0 {
		return r.cell(Figure{})
	}
	return r.cell(Of(r.of(a)))
}

// resources are the rows of a balance, in the order of the table.
func (t text) flowRows(f *Flow) []resourceRow {
	return []resourceRow{
		{f, "hosts", func(a Amount) float64 { return float64(a.Hosts) }, t.count},
		{f, "vcpu", func(a Amount) float64 { return float64(a.VCPU) }, t.count},
		{f, "memory_gib", func(a Amount) float64 { return float64(a.MemoryMiB) / 1024 }, t.one},
		{f, "disk_tib", func(a Amount) float64 { return float64(a.DiskGiB) / 1024 }, t.two},
	}
}

// withoutInventory are the kinds of resources of which there is no inventory.
func withoutInventory() []string {
	return []string{"databases", "object_storage", "public_ips", "security_services"}
}

// flowTable is A2-1: of the provider ("flows"), or of several parties. limit bounds the parties.
func flowTable(t text, id string, flows []Flow, limit int) *Table {
	more := ""
	if limit > 0 && len(flows) > limit {
		flows, more = flows[:limit], fmt.Sprintf(t.More, len(flows)-limit)
	}
	whole := id == "flows"
	var rows []resourceRow
	for i := range flows {
		rows = append(rows, t.flowRows(&flows[i])...)
		if whole {
			for _, kind := range withoutInventory() {
				rows = append(rows, resourceRow{&flows[i], kind, nil, t.count})
			}
		}
	}
	amount := func(name string, of func(*Flow) Amount) column[resourceRow] {
		return column[resourceRow]{name, false, func(r *resourceRow) Cell { return r.value(of(r.flow)) }}
	}
	var columns []column[resourceRow]
	if !whole {
		head := map[string]string{"flows_platforms": "platform", "flows_units": "unit"}[id]
		columns = append(columns, column[resourceRow]{head, false, func(r *resourceRow) Cell { return t.text(cmpName(r.flow.Party)) }})
	}
	out := table(t, id, rows, 0, append(columns,
		column[resourceRow]{"resource", false, func(r *resourceRow) Cell { return Cell{Text: t.label("allocated_resource", r.resource)} }},
		amount("open_amount", func(f *Flow) Amount { return f.Open }),
		amount("new_amount", func(f *Flow) Amount { return f.New }),
		amount("transfer_in", func(f *Flow) Amount { return f.TransferIn }),
		amount("scale_up", func(f *Flow) Amount { return f.ScaleUp }),
		amount("transfer_out", func(f *Flow) Amount { return f.TransferOut }),
		amount("scale_down", func(f *Flow) Amount { return f.ScaleDown }),
		amount("released", func(f *Flow) Amount { return f.Released }),
		amount("close_amount", func(f *Flow) Amount { return f.Close }),
		column[resourceRow]{"balance", false, t.balance},
	))
	out.More = more
	return out
}

// balance says whether the row closes, or by how much it does not.
func (t text) balance(r *resourceRow) Cell {
	gap := r.value(r.flow.Gap())
	switch {
	case gap.Figure.State != Known:
		return gap
	case gap.Figure.Value == 0:
		return Cell{Text: t.Balanced}
	}
	return Cell{Text: fmt.Sprintf(t.Unbalanced, gap.Text)}
}

func poolTable(t text, rows []PoolRow) *Table {
	size := func(name string, of func(*PoolRow) Figure) column[PoolRow] {
		return column[PoolRow]{name, false, func(r *PoolRow) Cell {
			if r.Resource == "disk_tib" {
				return t.two(of(r))
			}
			return t.one(of(r))
		}}
	}
	return table(t, "pools", rows, 0, []column[PoolRow]{
		{"platform", false, func(r *PoolRow) Cell { return t.text(r.Platform) }},
		{"pool", false, func(r *PoolRow) Cell { return t.text(r.Pool) }},
		{"resource", false, func(r *PoolRow) Cell { return Cell{Text: t.label("allocated_resource", r.Resource)} }},
		size("pool_total", func(r *PoolRow) Figure { return r.Total }),
		size("pool_allocated", func(r *PoolRow) Figure { return r.Allocated }),
		size("pool_free", func(r *PoolRow) Figure { return r.Free }),
		{"alloc_ratio", false, func(r *PoolRow) Cell { return t.percent(r.Ratio) }},
		{"oversubscription", false, func(r *PoolRow) Cell { return t.two(r.Oversubscription) }},
	})
}

// changeList is annex 5.
func changeList(t text, m *Month) *Table {
	size := func(name string, after bool, print func(*Allocation) Cell) column[Change] {
		return column[Change]{name, false, func(x *Change) Cell {
			if a := x.side(after); a != nil {
				return print(a)
			}
			return Cell{Text: t.None}
		}}
	}
	system := func(x *Change, after bool) Cell {
		a := x.side(after)
		if a == nil {
			return Cell{Text: t.None}
		}
		cell := t.text(cmp.Or(m.systemNames[a.System], a.System))
		if x.Before != nil && x.After != nil && x.Before.Platform != x.After.Platform {
			cell.Note = t.given(a.Platform)
		}
		return cell
	}
	vcpu := func(a *Allocation) Cell { return t.count(Of(a.VCPU)) }
	memory := func(a *Allocation) Cell { return t.one(Of(float64(a.MemoryMiB) / 1024)) }
	disk := func(a *Allocation) Cell {
		if a.DiskGiB == 0 {
			return t.count(Figure{})
		}
		return t.count(Of(a.DiskGiB))
	}
	out := table(t, "annex_changes", m.Capacity.Changes, 0, []column[Change]{
		{"changed_at", false, func(x *Change) Cell { return t.text(t.minute(x.At)) }},
		{"host", false, func(x *Change) Cell { return t.text(x.Host) }},
		{"allocation_change", false, func(x *Change) Cell { return t.text(t.labels("allocation_change", x.Kinds)) }},
		{"system_before", false, func(x *Change) Cell { return system(x, false) }},
		{"system_after", false, func(x *Change) Cell { return system(x, true) }},
		size("vcpu_before", false, vcpu), size("vcpu_after", true, vcpu),
		size("memory_before", false, memory), size("memory_after", true, memory),
		size("disk_before", false, disk), size("disk_after", true, disk),
	})
	return m.unknownInventory(t, out)
}

func (c *Change) side(after bool) *Allocation {
	if after {
		return c.After
	}
	return c.Before
}

// allottedChart is figure A2.
func (c *composer) allottedChart() *chart.Chart {
	t := c.t
	words := t.ChartTexts["allotted"]
	out := &chart.Chart{
		ID: "allotted", Title: words.Title, Note: words.Note, Kind: chart.Trend, X: t.word("columns", t.Columns, "month"),
		Series: []string{t.label("allocated_resource", "vcpu"), t.label("allocated_resource", "memory_gib")},
	}
	for _, a := range c.m.Capacity.Trend {
		out.Points = append(out.Points, chart.Point{Label: a.Month.String(), Values: []chart.Value{value(t.count(a.VCPU)), value(t.one(a.MemoryGiB))}})
	}
	return out
}
