package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// column is one column of a table over rows of one type.
type column[Row any] struct {
	name string // of the head in text.yaml
	long bool
	cell func(*Row) Cell
}

// table makes a table of rows. limit bounds the rows shown; 0 shows all.
func table[Row any](t text, id string, rows []Row, limit int, columns []column[Row]) *Table {
	return tableOf(t, id, len(rows), func(i int) *Row { return &rows[i] }, limit, columns)
}

// tableOf makes a table of n rows, each asked for once.
func tableOf[Row any](t text, id string, n int, at func(int) *Row, limit int, columns []column[Row]) *Table {
	words, ok := t.Tables[id]
	if !ok {
		*t.unnamed = append(*t.unnamed, "tables."+id)
	}
	out := &Table{ID: id, Title: words.Title, Note: words.Note}
	if out.Empty = words.Empty; n == 0 && out.Empty == "" {
		out.Empty = t.Empty
	}
	shown := n
	if limit > 0 && n > limit {
		shown, out.More = limit, fmt.Sprintf(t.More, n-limit)
	}
	all := make([]Cell, shown*len(columns))
	if shown > 0 {
		out.Rows = make([][]Cell, 0, shown)
	}
	for i := range shown {
		row, cells := at(i), all[i*len(columns):(i+1)*len(columns):(i+1)*len(columns)]
		for k, c := range columns {
			cells[k] = c.cell(row)
		}
		out.Rows = append(out.Rows, cells)
	}
	for k, c := range columns {
		h := Head{Text: t.word("columns", t.Columns, c.name), Long: c.long}
		for i := range out.Rows { // a column is of the kind of its cells
			h.Kind = max(h.Kind, out.Rows[i][k].Kind)
		}
		out.Heads = append(out.Heads, h)
	}
	return out
}

// measured are the columns that units and systems share in the report itself,
// the running denominator in brackets.
func measured(t text) []column[Unit] {
	return []column[Unit]{
		{"hosts", false, func(u *Unit) Cell { return t.count(Of(u.Hosts)) }},
		{"vcpu", false, func(u *Unit) Cell { return t.count(Of(u.VCPU)) }},
		{"memory_gib", false, func(u *Unit) Cell { return t.one(Of(u.MemoryGiB)) }},
		{"disk_tib", false, func(u *Unit) Cell { return t.two(u.DiskTiB) }},
		{"cpu_avg", false, func(u *Unit) Cell { return t.usage(u.CPUAvg) }},
		{"cpu_p95", false, func(u *Unit) Cell { return t.usage(u.CPUP95) }},
		{"cpu_max", false, func(u *Unit) Cell { return t.percent(u.CPUMax) }},
		{"memory_avg", false, func(u *Unit) Cell { return t.usage(u.MemoryAvg) }},
		{"memory_p95", false, func(u *Unit) Cell { return t.usage(u.MemoryP95) }},
		{"storage_used", false, func(u *Unit) Cell { return t.percent(u.StorageUsed) }},
		{"network", false, func(u *Unit) Cell { return t.two(u.NetworkMbps) }},
		{"coverage", false, func(u *Unit) Cell { return t.percent(u.Coverage) }},
		{"score", false, func(u *Unit) Cell { return t.score(u.Score) }},
	}
}

// detailed are the same in the annexes: every ratio in a column of its own.
func detailed(t text) []column[Unit] {
	return []column[Unit]{
		{"hosts", false, func(u *Unit) Cell { return t.count(Of(u.Hosts)) }},
		{"vcpu", false, func(u *Unit) Cell { return t.count(Of(u.VCPU)) }},
		{"memory_gib", false, func(u *Unit) Cell { return t.one(Of(u.MemoryGiB)) }},
		{"disk_tib", false, func(u *Unit) Cell { return t.two(u.DiskTiB) }},
		{"cpu_avg", false, func(u *Unit) Cell { return t.percent(u.CPUAvg.Allocated) }},
		{"cpu_avg_running", false, func(u *Unit) Cell { return t.percent(u.CPUAvg.Running) }},
		{"cpu_p95", false, func(u *Unit) Cell { return t.percent(u.CPUP95.Allocated) }},
		{"cpu_p95_running", false, func(u *Unit) Cell { return t.percent(u.CPUP95.Running) }},
		{"cpu_p95_work", false, func(u *Unit) Cell { return t.percent(u.CPUP95Work) }},
		{"cpu_max", false, func(u *Unit) Cell { return t.percent(u.CPUMax) }},
		{"memory_avg", false, func(u *Unit) Cell { return t.percent(u.MemoryAvg.Allocated) }},
		{"memory_avg_running", false, func(u *Unit) Cell { return t.percent(u.MemoryAvg.Running) }},
		{"memory_p95", false, func(u *Unit) Cell { return t.percent(u.MemoryP95.Allocated) }},
		{"memory_p95_running", false, func(u *Unit) Cell { return t.percent(u.MemoryP95.Running) }},
		{"memory_max", false, func(u *Unit) Cell { return t.percent(u.MemoryMax) }},
		{"storage_used", false, func(u *Unit) Cell { return t.percent(u.StorageUsed) }},
		{"network", false, func(u *Unit) Cell { return t.two(u.NetworkMbps) }},
		{"coverage", false, func(u *Unit) Cell { return t.percent(u.Coverage) }},
		{"score", false, func(u *Unit) Cell { return t.score(u.Score) }},
	}
}

// unitTable is A3-1, and annex 3 with its columns; the last row is the total.
func unitTable(t text, id string, m *Month, columns []column[Unit]) *Table {
	head := []column[Unit]{
		{"unit", false, func(u *Unit) Cell { return t.text(u.Name) }},
		{"unit_code", false, func(u *Unit) Cell { return t.text(u.ID) }},
		{"systems", false, func(u *Unit) Cell { return t.count(Of(u.Systems)) }},
	}
	tail := []column[Unit]{
		{"rank", false, func(u *Unit) Cell {
			if u.Rank.State != Known {
				return t.text("")
			}
			return t.text(fmt.Sprintf(t.RankValue, number(u.Rank.Value, 0), m.Ranked))
		}},
		{"cpu_change", false, func(u *Unit) Cell { return t.points(u.CPUChange) }},
	}
	all := append(append(head, columns...), tail...)
	out := table(t, id, m.Units, 0, all)
	if len(m.Units) > 0 {
		total := table(t, id, []Unit{m.Total}, 0, all).Rows[0]
		total[0], total[1], total[len(total)-2] = Cell{Text: t.Total}, Cell{Text: t.None}, Cell{Text: t.None}
		out.Rows, out.Total = append(out.Rows, total), true
	}
	return out
}

// systemTable is A3-2, and annex 2 with its columns.
func systemTable(t text, id string, m *Month, columns []column[Unit]) *Table {
	all := []column[System]{
		{"system", false, func(s *System) Cell { return t.text(s.Name) }},
		{"system_id", false, func(s *System) Cell { return t.text(s.ID) }},
		{"unit", false, func(s *System) Cell { return t.text(s.UnitName) }},
		{"level", false, func(s *System) Cell { return t.level(s.Level) }},
		{"cutover", false, func(s *System) Cell { return t.text(t.date(s.Cutover)) }},
		{"status", false, func(s *System) Cell { return t.text(t.label("status", s.Status)) }},
	}
	for _, c := range columns {
		all = append(all, column[System]{c.name, c.long, func(s *System) Cell { return c.cell(&s.Unit) }})
	}
	all = append(all,
		column[System]{"cpu_change", false, func(s *System) Cell { return t.points(s.CPUChange) }},
		column[System]{"judged", false, func(s *System) Cell {
			if s.State == "" {
				return t.text("")
			}
			return Cell{Text: t.yesNo(s.Judged), Note: t.label("state", s.State)}
		}},
		column[System]{"reason", true, func(s *System) Cell { return t.text(s.Reason) }})
	return table(t, id, m.Systems, 0, all)
}

func (t text) level(level int) Cell {
	if level == 0 {
		return t.text("")
	}
	return t.text(t.label("level", fmt.Sprint(level)))
}

func distributionTable(t text, m *Month) *Table {
	return table(t, "distribution", m.Distribution, 0, []column[Distribution]{
		{"class", false, func(d *Distribution) Cell { return t.text(t.label("class", fmt.Sprint(d.Class))) }},
		{"cpu_hosts", false, func(d *Distribution) Cell { return t.count(Of(d.CPUHosts)) }},
		{"cpu_vcpu", false, func(d *Distribution) Cell { return t.count(Of(d.CPUVCPU)) }},
		{"memory_hosts", false, func(d *Distribution) Cell { return t.count(Of(d.MemHosts)) }},
		{"memory_size", false, func(d *Distribution) Cell { return t.one(Of(d.MemoryGiB)) }},
	})
}

func loadTable(t text, m *Month, limit int) *Table {
	out := table(t, "load", m.HighLoad, limit, []column[Load]{
		{"kind", false, func(l *Load) Cell { return t.text(t.label("subject", l.Kind)) }},
		{"id", false, func(l *Load) Cell { return t.text(l.ID) }},
		{"system", false, func(l *Load) Cell { return t.text(l.Name) }},
		{"unit", false, func(l *Load) Cell { return t.text(l.UnitName) }},
		{"vcpu", false, func(l *Load) Cell { return t.count(Of(l.VCPU)) }},
		{"memory_gib", false, func(l *Load) Cell { return t.one(Of(l.MemoryGiB)) }},
		{"cpu_p95", false, func(l *Load) Cell { return t.percent(l.CPUP95) }},
		{"memory_p95", false, func(l *Load) Cell { return t.percent(l.MemoryP95) }},
		{"days_to_full", false, func(l *Load) Cell { return t.one(l.DaysToFull) }},
		{"cause", false, func(l *Load) Cell { return t.text(t.limits(l.Limits).Replace(t.labels("load", l.causes()))) }},
	})
	out.Note = t.limits(m.LoadLimits).Replace(out.Note)
	return out
}

// limits puts the bounds of a rule into a text, without the zeros of a whole number.
func (t text) limits(l LoadLimits) *strings.Replacer {
	whole := func(f Figure, factor float64, unit string) string {
		if f.State != Known {
			return t.given("")
		}
		return strconv.FormatFloat(math.Round(f.Value*factor*1e6)/1e6, 'f', -1, 64) + unit
	}
	return strings.NewReplacer("{cpu}", whole(l.CPU, 100, "%"), "{memory}", whole(l.Memory, 100, "%"), "{days}", whole(l.Days, 1, ""))
}

func (l *Load) causes() (out []string) {
	for _, c := range []struct {
		holds bool
		name  string
	}{{l.OverCPU, "cpu"}, {l.OverMemory, "memory"}, {l.FullSoon, "full"}} {
		if c.holds {
			out = append(out, c.name)
		}
	}
	return out
}
