package report

import (
	"fmt"
	"strings"
)

func shortTable(t text, m *Month, limit int) *Table {
	return table(t, "short", m.Quality.Short, limit, []column[Short]{
		{"host", false, func(s *Short) Cell { return t.text(s.Host) }},
		{"system", false, func(s *Short) Cell { return t.text(s.System) }},
		{"unit", false, func(s *Short) Cell { return t.text(s.Unit) }},
		{"coverage", false, func(s *Short) Cell { return t.percent(s.Coverage) }},
		{"missing_hours", false, func(s *Short) Cell { return t.one(Of(s.MissingHours)) }},
	})
}

func clockTable(t text, m *Month, limit int) *Table {
	return table(t, "clocks", m.Quality.Clocks, limit, []column[Clock]{
		{"host", false, func(c *Clock) Cell { return t.text(c.Host) }},
		{"offset", false, func(c *Clock) Cell { return t.one(Of(c.Offset.Seconds())) }},
	})
}

func unknownTable(t text, m *Month, limit int) *Table {
	return table(t, "unknown", m.Quality.Unknown, limit, []column[Sender]{
		{"host", false, func(s *Sender) Cell { return t.text(s.Host) }},
		{"first_at", false, func(s *Sender) Cell { return t.text(t.minute(s.FirstAt)) }},
		{"last_at", false, func(s *Sender) Cell { return t.text(t.minute(s.LastAt)) }},
		{"observed_hours", false, func(s *Sender) Cell { return t.one(Of(float64(s.ObservedSeconds) / 3600)) }},
	})
}

func qualityTable(t text, m *Month) *Table {
	q := &m.Quality
	type row struct {
		name string
		cell Cell
	}
	say := func(format string, values ...any) Cell {
		return Cell{Text: fmt.Sprintf(t.word("quality", t.Quality, format), values...)}
	}
	estimated := say("estimated_none", q.Workdays)
	if q.EstimatedDays > 0 {
		estimated = say("estimated_value", q.Workdays, q.EstimatedDays)
	}
	unknown := say("unknown_value", len(q.Unknown))
	if m.Unit.ID != "" { // nobody knows whose they are
		unknown = Cell{Text: t.None}
	}
	rows := []row{
		{"managed", t.count(Of(q.Managed))},
		{"coverage", t.percent(q.Coverage)},
		{"managed_rate", t.percent(q.ManagedRate)},
		{"missing", say("missing_value", trimmed(q.MissingHours), percentText(q.Gate), len(q.Short), q.Silent)},
		{"off", say("off_value", trimmed(q.OffHours))},
		{"insufficient", say("insufficient_value", q.InsufficientSystems)},
		{"clocks", say("clocks_value", len(q.Clocks), trimmed(q.ClockLimit.Seconds()), q.ClocksUnknown)},
		{"unknown", unknown},
		{"disk", say("disk_value", q.WithoutDisk)},
		{"estimated", estimated},
	}
	out := table(t, "quality", rows, 0, []column[row]{
		{"item", false, func(r *row) Cell { return Cell{Text: t.word("quality", t.Quality, r.name)} }},
		{"value", true, func(r *row) Cell { return r.cell }},
	})
	out.Heads[1].Kind = KindText // numbers and sentences below each other
	return out
}

func comparedTable(t text, m *Month) *Table {
	return table(t, "compared", m.Summary.Compared, 0, []column[Compared]{
		{"metric", false, func(c *Compared) Cell { return t.text(t.label("compared", c.Name)) }},
		{"now", false, func(c *Compared) Cell {
			switch {
			case c.Points && c.Running.State != Absent:
				return t.usage(Usage{c.Now, c.Running})
			case c.Points:
				return t.percent(c.Now)
			case c.Name == "disk_tib":
				return t.two(c.Now)
			}
			if c.Name == "memory_gib" {
				return t.one(c.Now)
			}
			return t.count(c.Now)
		}},
		{"month_on_month", false, func(c *Compared) Cell { return t.compared(c.Month, c.Points) }},
		{"year_on_year", false, func(c *Compared) Cell { return t.compared(c.Year, c.Points) }},
	})
}

func ruleTable(t text, m *Month) *Table {
	return table(t, "rules", m.Rules, 0, []column[Rule]{
		{"name", false, func(r *Rule) Cell { return t.text(r.Title) }},
		{"rule_id", false, func(r *Rule) Cell { return t.text(r.ID) }},
		{"version", false, func(r *Rule) Cell { return t.count(Of(r.Version)) }},
		{"effective_from", false, func(r *Rule) Cell { return t.text(t.date(r.EffectiveFrom)) }},
		{"approved_by", false, func(r *Rule) Cell { return t.text(r.ApprovedBy) }},
		{"basis", false, func(r *Rule) Cell { return t.text(r.Basis) }},
		{"hash", false, func(r *Rule) Cell { return t.text(r.Hash[:min(12, len(r.Hash))]) }},
	})
}

// ruleTextTable prints every rule in full, one item a row.
func ruleTextTable(t text, m *Month) *Table {
	type row struct{ rule, item, text string }
	var rows []row
	for i := range m.Rules {
		r := &m.Rules[i]
		for _, x := range [][2]string{
			{"name", r.Title},
			{"version", fmt.Sprint(r.Version)},
			{"basis", r.Basis},
			{"approved_by", r.ApprovedBy},
			{"effective_from", t.date(r.EffectiveFrom)},
			{"subject", t.label("subject", r.Subject)},
			{"window", fmt.Sprintf(t.WindowValue, r.Window, t.label("period", r.Period))},
			{"needs", needs(t, r)},
			{"require", strings.Join(r.Require, "; ")},
			{"when", r.When},
			{"exempt", t.labels("exemption", r.Exempt)},
			{"proposal", t.label("proposal", r.Proposal)},
			{"hash", r.Hash},
		} {
			rows = append(rows, row{r.ID, t.word("columns", t.Columns, x[0]), x[1]})
		}
	}
	return table(t, "rules_text", rows, 0, []column[row]{
		{"rule_id", false, func(r *row) Cell { return t.text(r.rule) }},
		{"item", false, func(r *row) Cell { return t.text(r.item) }},
		{"text", true, func(r *row) Cell { return t.text(r.text) }},
	})
}

func needs(t text, r *Rule) string {
	words := make([]string, len(r.Needs))
	for i, n := range r.Needs {
		words[i] = n.Name + "=" + n.Title
	}
	return strings.Join(words, t.ListSeparator)
}

func parameterTable(t text, m *Month) *Table {
	type row struct {
		rule string
		Parameter
	}
	var rows []row
	for _, r := range m.Rules {
		for _, p := range r.Parameters {
			rows = append(rows, row{r.ID, p})
		}
	}
	return table(t, "parameters", rows, 0, []column[row]{
		{"rule_id", false, func(r *row) Cell { return t.text(r.rule) }},
		{"parameter", false, func(r *row) Cell { return t.text(r.Name) }},
		{"name", false, func(r *row) Cell { return t.text(r.Title) }},
		{"value", false, func(r *row) Cell {
			if r.Unit == "ratio" {
				return t.percent(Of(r.Value))
			}
			return t.one(Of(r.Value))
		}},
		{"value_unit", false, func(r *row) Cell {
			if r.Unit == "ratio" || r.Unit == "count" {
				return Cell{Text: t.None}
			}
			return t.text(t.label("unit", r.Unit))
		}},
	})
}

func formulaTable(t text) *Table {
	type row struct{ id, name, text string }
	rows := make([]row, len(t.Formulas))
	for i, f := range t.Formulas {
		rows[i] = row{f.ID, f.Name, f.Text}
	}
	return table(t, "formulas", rows, 0, []column[row]{
		{"formula", false, func(r *row) Cell { return t.text(r.id) }},
		{"name", false, func(r *row) Cell { return t.text(r.name) }},
		{"text", true, func(r *row) Cell { return t.text(r.text) }},
	})
}
