package report

import (
	"cmp"
	"strings"
)

// indicatorTable is S1-1. A row is of ratios or of counts.
func indicatorTable(t text, rows []Indicator) *Table {
	cell := func(r *Indicator, f Figure) Cell {
		if r.Ratio {
			return t.percent(f)
		}
		return t.one(f)
	}
	out := table(t, "sec_indicators", rows, 0, []column[Indicator]{
		{"metric", false, func(r *Indicator) Cell { return Cell{Text: t.label("indicator", r.Name)} }},
		{"this_month", false, func(r *Indicator) Cell { return cell(r, r.Now) }},
		{"last_month", false, func(r *Indicator) Cell { return cell(r, r.Before) }},
		{"mean", false, func(r *Indicator) Cell { return cell(r, r.Mean) }},
	})
	for i := range out.Heads[1:] {
		out.Heads[i+1].Kind = KindText // counts and ratios below each other
	}
	return out
}

func topTable(t text, id, head string, rows []Top) *Table {
	return table(t, id, rows, 0, []column[Top]{
		{head, false, func(r *Top) Cell {
			switch head {
			case "device":
				return Cell{Text: t.label("device", r.Name)}
			case "target_system":
				return t.side(r.Name)
			}
			return t.text(r.Name)
		}},
		{"alerts", false, func(r *Top) Cell { return t.number(r.Alerts) }},
		{"blocked", false, func(r *Top) Cell { return t.number(r.Blocked) }},
		{"block_rate", false, func(r *Top) Cell { return t.percent(Ratio(Of(r.Blocked), Of(r.Alerts))) }},
	})
}

// incidentTable is S3-1, and A5-2 with how long it took to respond and to recover.
func incidentTable(t text, id string, rows []IncidentRow, times bool) *Table {
	columns := []column[IncidentRow]{
		{"incident_no", false, func(r *IncidentRow) Cell { return t.text(r.Text("incident_no")) }},
		{"incident_level", false, func(r *IncidentRow) Cell { return Cell{Text: t.label("incident_level", r.Text("level"))} }},
		{"incident", true, func(r *IncidentRow) Cell { return t.text(r.Text("title")) }},
		{"found_at", false, func(r *IncidentRow) Cell { return t.moment(r.Time("found_at")) }},
		{"reported_at", false, func(r *IncidentRow) Cell { return t.moment(r.Time("reported_at")) }},
		{"responded_at", false, func(r *IncidentRow) Cell { return t.moment(r.Time("responded_at")) }},
		{"recovered_at", false, func(r *IncidentRow) Cell { return t.moment(r.Time("recovered_at")) }},
		{"fed_back_at", false, func(r *IncidentRow) Cell { return t.moment(r.Time("fed_back_at")) }},
		{"party", false, func(r *IncidentRow) Cell { return t.text(t.label("party", r.Text("responsible_party"))) }},
		{"affected_systems", true, func(r *IncidentRow) Cell { return t.dash(strings.Join(r.Systems, t.ListSeparator)) }},
	}
	if times {
		columns = append(columns,
			column[IncidentRow]{"cause_of", true, func(r *IncidentRow) Cell { return t.text(r.Text("cause")) }},
			column[IncidentRow]{"mtta", false, func(r *IncidentRow) Cell { return t.one(r.Respond) }},
			column[IncidentRow]{"mttr", false, func(r *IncidentRow) Cell { return t.one(r.Recover) }})
	} else {
		columns = append(columns,
			column[IncidentRow]{"impact", true, func(r *IncidentRow) Cell { return t.text(r.Text("impact")) }},
			column[IncidentRow]{"conclusion", true, func(r *IncidentRow) Cell { return t.text(r.Text("conclusion")) }})
	}
	return table(t, id, rows, 0, columns)
}

func unmanagedTable(t text, rows []Short, limit int) *Table {
	return table(t, "sec_unmanaged", rows, limit, []column[Short]{
		{"host", false, func(s *Short) Cell { return t.text(s.Host) }},
		{"system", false, func(s *Short) Cell { return t.text(s.System) }},
		{"unit", false, func(s *Short) Cell { return t.text(s.Unit) }},
		{"coverage", false, func(s *Short) Cell { return t.percent(s.Coverage) }},
		{"missing_hours", false, func(s *Short) Cell { return t.one(Of(s.MissingHours)) }},
	})
}

func offlineTable(t text, rows []Offline, limit int) *Table {
	return table(t, "sec_offline", rows, limit, []column[Offline]{
		{"host", false, func(o *Offline) Cell { return t.text(o.Host) }},
		{"system", false, func(o *Offline) Cell { return t.text(o.System) }},
		{"unit", false, func(o *Offline) Cell { return t.text(o.Unit) }},
		{"usage_at", false, func(o *Offline) Cell { return t.moment(o.Usage) }},
		{"logs_at", false, func(o *Offline) Cell { return t.moment(o.Logs) }},
	})
}

func securityUnknownTable(t text, rows []Sender, limit int) *Table {
	return table(t, "sec_unknown", rows, limit, []column[Sender]{
		{"host", false, func(s *Sender) Cell { return t.text(s.Host) }},
		{"first_at", false, func(s *Sender) Cell { return t.text(t.minute(s.FirstAt)) }},
		{"last_at", false, func(s *Sender) Cell { return t.text(t.minute(s.LastAt)) }},
	})
}

func trendTable(t text, rows []TrendRow) *Table {
	return table(t, "sec_trend", rows, 0, []column[TrendRow]{
		{"month", false, func(r *TrendRow) Cell { return Cell{Text: t.month(r.Month)} }},
		{"non_compliant", false, func(r *TrendRow) Cell { return t.count(r.Broken) }},
		{"compliance", false, func(r *TrendRow) Cell { return t.percent(r.Compliance) }},
		{"vulnerabilities_overdue", false, func(r *TrendRow) Cell { return t.count(r.Overdue) }},
	})
}

func fullTable(t text, rows []Full, limit int) *Table {
	return table(t, "sec_full", rows, limit, []column[Full]{
		{"host", false, func(f *Full) Cell { return t.text(f.Host) }},
		{"system", false, func(f *Full) Cell { return t.text(f.System) }},
		{"unit", false, func(f *Full) Cell { return t.text(f.Unit) }},
		{"storage_used", false, func(f *Full) Cell { return t.percent(f.Used) }},
		{"daily_growth", false, func(f *Full) Cell { return t.two(f.Growth) }},
		{"days_to_full", false, func(f *Full) Cell { return t.one(f.Days) }},
	})
}

// names give identifiers their names, and those that have none themselves.
func names(of map[string]string, id string) string { return cmp.Or(of[id], id) }
