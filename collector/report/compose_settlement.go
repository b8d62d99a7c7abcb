package report

import (
	"slices"
	"strings"
	"time"
)

// a7 is section A7.
func (c *composer) a7() []Block {
	t, m := c.t, c.m
	if m.Capacity.Since.IsZero() {
		return []Block{{NotProvided: &Pair{Label: t.NotProvided["settlement"][0], Value: t.Absent}}}
	}
	out := tables(settlementTable(t, m), averageTable(t, m, listRows))
	if m.Period.Month == time.December {
		out = append(out, Block{Table: yearTable(t, m)})
	}
	return out
}

// yearTable sums the year up for the three parties to confirm. Of what has no baseline
// nothing is settled.
func yearTable(t text, m *Month) *Table {
	rows := slices.DeleteFunc(slices.Clone(m.Settlements), func(s Settlement) bool { return s.Baseline.State != Known })
	columns := []column[Settlement]{
		{"unit", false, func(s *Settlement) Cell { return t.text(s.Unit.Name) }},
		{"unit_code", false, func(s *Settlement) Cell { return t.text(s.Unit.ID) }},
		{"resource", false, func(s *Settlement) Cell { return Cell{Text: t.label("allocated_resource", s.Resource)} }},
		{"increment_years", false, func(s *Settlement) Cell { return t.two(s.Year) }},
		{"since", false, func(s *Settlement) Cell { return t.since(s) }},
	}
	for _, party := range []string{"provider", "unit", "office"} {
		columns = append(columns, column[Settlement]{"confirmed_" + party, false, func(s *Settlement) Cell {
			return Cell{Tag: strings.Join([]string{"a7", s.Unit.ID, s.Resource, party}, ".")}
		}})
	}
	return table(t, "settlement_year", rows, 0, columns)
}

// since is from when F16 is counted.
func (t text) since(s *Settlement) Cell {
	if s.Since.IsZero() {
		return t.text("")
	}
	return t.text(t.minute(s.Since))
}

// settlementTable is A7-1.
func settlementTable(t text, m *Month) *Table {
	out := table(t, "settlement", m.Settlements, 0, []column[Settlement]{
		{"unit", false, func(s *Settlement) Cell { return t.text(s.Unit.Name) }},
		{"unit_code", false, func(s *Settlement) Cell { return t.text(s.Unit.ID) }},
		{"resource", false, func(s *Settlement) Cell { return Cell{Text: t.label("allocated_resource", s.Resource)} }},
		{"baseline", false, func(s *Settlement) Cell { return t.two(s.Baseline) }},
		{"baseline_from", false, func(s *Settlement) Cell { return t.text(t.date(s.Effective)) }},
		{"avg_alloc", false, func(s *Settlement) Cell { return t.two(s.Average) }},
		{"delta", false, func(s *Settlement) Cell { return t.two(s.Delta) }},
		{"increment_years", false, func(s *Settlement) Cell { return t.two(s.Year) }},
		{"since", false, func(s *Settlement) Cell { return t.since(s) }},
		{"voucher", false, func(s *Settlement) Cell { return t.text(s.Voucher) }},
	})
	return m.unknownInventory(t, out)
}

// averageTable is what A7-1 rests on, by system.
func averageTable(t text, m *Month, limit int) *Table {
	out := table(t, "averages", m.Averages, limit, []column[Averages]{
		{"system", false, func(a *Averages) Cell { return t.text(cmpName(a.Party)) }},
		{"unit", false, func(a *Averages) Cell { return t.text(a.UnitName) }},
		{"avg_vcpu", false, func(a *Averages) Cell { return t.two(a.VCPU) }},
		{"avg_memory", false, func(a *Averages) Cell { return t.two(a.MemoryGiB) }},
		{"avg_disk", false, func(a *Averages) Cell { return t.two(a.DiskTiB) }},
	})
	return m.unknownInventory(t, out)
}

// unknownInventory makes a table without rows say that nothing was provided where the
// inventory has no allocation, which is not that there was nothing.
func (m *Month) unknownInventory(t text, out *Table) *Table {
	if m.Capacity.Since.IsZero() {
		out.Empty = t.Absent
	}
	return out
}
