package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/yunjian-io/yunjian/collector/report/chart"
	"github.com/yunjian-io/yunjian/rules/calendar"
)

// logTable counts logs by party, and by category where rows have one: B3-1, A6.
func logTable(t text, id string, l *Logs, categories bool) *Table {
	rows := slices.Clone(l.Rows)
	if !categories {
		rows = slices.DeleteFunc(rows, func(r LogRow) bool { return r.Category != "" })
	}
	rows = append(rows, l.Total)
	columns := []column[LogRow]{
		{"party", false, func(r *LogRow) Cell {
			if r.Party == "" {
				return Cell{Text: t.Total}
			}
			return Cell{Text: t.label("party", r.Party)}
		}},
		{"category", false, func(r *LogRow) Cell {
			switch {
			case r.Party == "":
				return Cell{Text: t.None}
			case r.Category == "":
				return Cell{Text: t.Total}
			}
			return t.text(r.Title)
		}},
		{"due", false, func(r *LogRow) Cell { return t.number(r.Count.Due()) }},
	}
	if !categories {
		columns = slices.Delete(columns, 1, 2)
	}
	for _, status := range logStatuses() {
		columns = append(columns, column[LogRow]{status, false, func(r *LogRow) Cell { return t.number(r.Count.Of(status)) }})
	}
	columns = append(columns,
		column[LogRow]{"compliance", false, func(r *LogRow) Cell { return t.percent(r.Compliance) }},
		column[LogRow]{"decidable", false, func(r *LogRow) Cell { return t.percent(r.Decidable) }},
		column[LogRow]{"compliance_change", false, func(r *LogRow) Cell { return t.points(r.Change) }})
	out := table(t, id, rows, 0, columns)
	out.Total = true
	return out
}

// logNames names systems and units by their identifiers, and looks deadlines up.
type logNames struct {
	systems, units map[string]string
	due            func(Log) calendar.Date
}

// identifiedLog are the columns that say which log it is.
func (n logNames) identified(t text) []column[Log] {
	return []column[Log]{
		{"host", false, func(l *Log) Cell { return t.dash(l.Host) }}, // first: parts of a wide table repeat it
		{"system", false, func(l *Log) Cell { return t.text(names(n.systems, l.System)) }},
		{"unit", false, func(l *Log) Cell { return t.text(names(n.units, l.Unit)) }},
		{"party", false, func(l *Log) Cell { return Cell{Text: t.label("party", l.Party)} }},
		{"log_class", false, func(l *Log) Cell {
			c := t.text(l.ClassTitle)
			c.Note = l.Stream
			return c
		}},
		{"log_path", false, func(l *Log) Cell { return t.dash(l.Path) }},
	}
}

func (t text) gaps(l *Log) string {
	words := make([]string, len(l.Gaps))
	for i, g := range l.Gaps {
		words[i] = fmt.Sprintf(t.RangesValue, t.date(g.From), t.date(g.To))
	}
	return strings.Join(words, t.ListSeparator)
}

func gapDays(l *Log) (days int) {
	for _, g := range l.Gaps {
		days += g.Days()
	}
	return days
}

// projected is for how many days the policy surely keeps records.
func (t text) projected(l *Log) Cell {
	switch {
	case l.Endless:
		return Cell{Text: t.Endless}
	case l.ProjectedDays == nil:
		return t.one(Figure{})
	}
	return t.score(Of(*l.ProjectedDays))
}

// found prints those of some reasons that a log has; a dash if it has none.
func (t text) found(l *Log, codes ...string) Cell {
	var words []string
	for _, code := range codes {
		if slices.Contains(l.Reasons, code) {
			words = append(words, t.label("integrity", code))
		}
	}
	return t.dash(strings.Join(words, t.ListSeparator))
}

// brokenTable is B3-2 with all its columns, or the short list of A6.
func brokenTable(t text, id string, rows *LogList, limit int, n logNames, all bool) *Table {
	return tableOf(t, id, rows.Len(), rows.row(), limit, brokenColumns(t, n, all))
}

// brokenAnnex is B3-2 with all rows.
func brokenAnnex(t text, rows *LogList, n logNames) *Table {
	return packed(t, "sec_broken", rows.Len(), rows.row(), brokenColumns(t, n, true))
}

func brokenColumns(t text, n logNames, all bool) []column[Log] {
	columns := n.identified(t)
	add := func(name string, long bool, cell func(*Log) Cell) {
		columns = append(columns, column[Log]{name, long, cell})
	}
	add("required_from", false, func(l *Log) Cell { return t.day(l.Obligation) })
	add("earliest", false, func(l *Log) Cell { return t.day(l.Earliest) })
	if all {
		add("latest", false, func(l *Log) Cell { return t.day(l.Latest) })
	}
	add("gap_days", false, func(l *Log) Cell { return t.number(gapDays(l)) })
	if all {
		add("gap_ranges", true, func(l *Log) Cell { return t.dash(t.gaps(l)) })
		add("policy", false, func(l *Log) Cell { return t.text(l.Policy) })
		add("projected", false, t.projected)
		add("size_anomaly", false, func(l *Log) Cell { return t.found(l, "deletion_detected", "expired_early") })
		add("integrity", false, func(l *Log) Cell { return t.found(l, "edited") })
	}
	add("first_found", false, func(l *Log) Cell { return t.day(l.FirstFound) })
	if all {
		add("days_open", false, func(l *Log) Cell { return t.number(l.FirstFound.DaysUntil(l.JudgedOn)) })
		add("reason", true, func(l *Log) Cell { return t.text(l.Reason) })
		add("remedy", true, func(l *Log) Cell { return t.dash(l.Remedy) })
		add("due_rectify", false, func(l *Log) Cell { return t.text(t.date(n.due(*l))) })
	}
	return columns
}

func accumulatingTable(t text, rows *LogList, n logNames) *Table {
	return tableOf(t, "sec_accumulating", rows.Len(), rows.row(), 2*listRows, append(n.identified(t),
		column[Log]{"required_from", false, func(l *Log) Cell { return t.day(l.Obligation) }},
		column[Log]{"earliest", false, func(l *Log) Cell { return t.day(l.Earliest) }},
		column[Log]{"accountable_from", false, func(l *Log) Cell { return t.day(l.AccountableFrom) }}))
}

func undeterminedTable(t text, rows *LogList, n logNames) *Table {
	return tableOf(t, "sec_undetermined", rows.Len(), rows.row(), 2*listRows, append(n.identified(t),
		column[Log]{"reason", true, func(l *Log) Cell { return t.text(l.Reason) }},
		column[Log]{"remedy", true, func(l *Log) Cell { return t.dash(l.Remedy) }}))
}

func foreseenTable(t text, rows *LogList, n logNames) *Table {
	return tableOf(t, "sec_foreseen", rows.Len(), rows.row(), 2*listRows, append(n.identified(t),
		column[Log]{"foreseen", false, func(l *Log) Cell { return t.day(l.Foreseen) }},
		column[Log]{"first_deletion", false, func(l *Log) Cell { return t.day(l.FirstDeletion) }},
		column[Log]{"disk_full", false, func(l *Log) Cell { return t.day(l.DiskFull) }},
		column[Log]{"policy", false, func(l *Log) Cell { return t.text(l.Policy) }},
		column[Log]{"projected", false, t.projected},
		column[Log]{"reason", true, func(l *Log) Cell { return t.text(l.Reason) }}))
}

// logAnnex lists every log, required or not.
func logAnnex(t text, rows *LogList, n logNames) *Table {
	return packed(t, "annex_logs", rows.Len(), rows.row(), append(n.identified(t),
		column[Log]{"category", false, func(l *Log) Cell { return t.text(l.CategoryTitle) }},
		column[Log]{"mandatory", false, func(l *Log) Cell { return Cell{Text: t.yesNo(l.Mandatory)} }},
		column[Log]{"log_status", false, func(l *Log) Cell { return Cell{Text: t.label("log_status", l.Status)} }},
		column[Log]{"required_from", false, func(l *Log) Cell { return t.day(l.Obligation) }},
		column[Log]{"earliest", false, func(l *Log) Cell { return t.day(l.Earliest) }},
		column[Log]{"gap_days", false, func(l *Log) Cell { return t.number(gapDays(l)) }},
		column[Log]{"projected", false, t.projected},
		column[Log]{"first_deletion", false, func(l *Log) Cell { return t.day(l.FirstDeletion) }},
		column[Log]{"disk_full", false, func(l *Log) Cell { return t.day(l.DiskFull) }},
		column[Log]{"attested", false, func(l *Log) Cell { return t.number(l.AttestedDays) }},
		column[Log]{"waived_by", false, func(l *Log) Cell { return t.dash(l.WaivedBy) }},
		column[Log]{"waived_until", false, func(l *Log) Cell { return t.day(l.WaivedUntil) }},
		column[Log]{"reason", true, func(l *Log) Cell { return t.text(l.Reason) }}))
}

// gapAnnex lists every gap of the logs.
func gapAnnex(t text, rows *LogList, n logNames) *Table {
	type row struct {
		Log
		gap Gap
	}
	type place struct{ log, gap int }
	var all []place
	for i, l := range rows.All() {
		for k := range l.Gaps {
			all = append(all, place{i, k})
		}
	}
	var now row
	at := func(i int) *row {
		now.Log = rows.At(all[i].log)
		now.gap = now.Gaps[all[i].gap]
		return &now
	}
	var columns []column[row]
	for _, c := range n.identified(t) {
		columns = append(columns, column[row]{c.name, c.long, func(r *row) Cell { return c.cell(&r.Log) }})
	}
	return packed(t, "annex_gaps", len(all), at, append(columns,
		column[row]{"gap_from", false, func(r *row) Cell { return t.day(r.gap.From) }},
		column[row]{"gap_to", false, func(r *row) Cell { return t.day(r.gap.To) }},
		column[row]{"gap_days", false, func(r *row) Cell { return t.number(r.gap.Days()) }}))
}

// logChart stacks the statuses of a party's logs by month.
func logChart(t text, l *Logs, party string) *chart.Chart {
	words, known := t.ChartTexts["logs_"+party]
	if !known {
		*t.unnamed = append(*t.unnamed, "chart_texts.logs_"+party)
	}
	out := &chart.Chart{
		ID: "logs_" + party, Title: words.Title, Note: words.Note, Kind: chart.Stacked,
		X: t.word("columns", t.Columns, "month"), Y: t.word("columns", t.Columns, "logs_count"),
	}
	for _, status := range logStatuses() {
		out.Series = append(out.Series, t.label("log_status", status))
	}
	for _, m := range l.Months {
		if m.Party != party {
			continue
		}
		p := chart.Point{Label: m.Month.String()}
		for _, status := range logStatuses() {
			p.Values = append(p.Values, value(t.number(m.Count.Of(status))))
		}
		out.Points = append(out.Points, p)
	}
	return out
}
