package report

import (
	"cmp"
	"slices"
	"strings"

	"github.com/yunjian-io/yunjian/collector/records"
	"github.com/yunjian-io/yunjian/rules/calendar"
)

// severities are the levels of vulnerabilities and findings, the worst first.
func severities() []string { return []string{"high", "medium", "low"} }

// VulnerabilityRow counts vulnerabilities of a unit and severity in a month.
type VulnerabilityRow struct {
	Unit     string `json:"unit"` // name; empty for the platform itself
	UnitID   string `json:"unit_id"`
	Severity string `json:"severity"`
	New      int    `json:"new"`     // found in the month
	Fixed    int    `json:"fixed"`   // in the month
	Open     int    `json:"open"`    // at its end
	Overdue  int    `json:"overdue"` // of the open ones, those whose due day is over
}

// Vulnerabilities is section B4.
type Vulnerabilities struct {
	Given  bool               `json:"given"`
	Totals []VulnerabilityRow `json:"totals"` // by severity
	Units  []VulnerabilityRow `json:"units"`
	// All are those that were open in the month.
	All []records.Record `json:"all"`
}

// overdue sums the overdue ones; Absent where nothing was provided.
func (v Vulnerabilities) sum(of func(VulnerabilityRow) int, severity string) Figure {
	if !v.Given {
		return Figure{}
	}
	n := 0
	for _, r := range v.Totals {
		if severity == "" || r.Severity == severity {
			n += of(r)
		}
	}
	return Of(n)
}

// ledger tells how an item stands on the last day of a month: found by then, still
// open, closed within the month, or overdue.
type ledger struct{ known, found, closed, open, overdue bool }

func stands(m calendar.Month, at, found, due, closed calendar.Date) ledger {
	l := ledger{known: !found.After(at)}
	if !l.known {
		return l
	}
	l.found = m.Contains(found)
	l.open = closed.IsZero() || closed.After(at)
	l.closed = !l.open && m.Contains(closed)
	l.overdue = l.open && !due.IsZero() && due.Before(at)
	return l
}

func (b *secured) vulnerabilities(m calendar.Month) Vulnerabilities {
	out := Vulnerabilities{Given: b.in.Records.Covers(records.Vulnerabilities, m)}
	if !out.Given {
		return out
	}
	totals, units := map[string]*VulnerabilityRow{}, map[[2]string]*VulnerabilityRow{}
	for _, s := range severities() {
		totals[s] = &VulnerabilityRow{Severity: s}
	}
	for _, r := range b.in.Records.Of(records.Vulnerabilities) {
		l := stands(m, b.at(m), r.Date("found_on"), r.Date("due_on"), r.Date("fixed_on"))
		if !l.open && !l.closed {
			continue
		}
		out.All = append(out.All, r)
		unit := cmp.Or(r.Text("unit"), b.entries[r.Text("system")].Unit)
		key := [2]string{unit, r.Text("severity")}
		if units[key] == nil {
			units[key] = &VulnerabilityRow{Unit: b.names[unit], UnitID: unit, Severity: key[1]}
		}
		for _, row := range []*VulnerabilityRow{totals[key[1]], units[key]} {
			row.New, row.Fixed, row.Open, row.Overdue = row.New+one(l.found), row.Fixed+one(l.closed), row.Open+one(l.open), row.Overdue+one(l.overdue)
		}
	}
	for _, s := range severities() {
		out.Totals = append(out.Totals, *totals[s])
	}
	for _, row := range units {
		out.Units = append(out.Units, *row)
	}
	slices.SortFunc(out.Units, func(x, y VulnerabilityRow) int {
		return cmp.Or(strings.Compare(x.UnitID, y.UnitID), cmp.Compare(slices.Index(severities(), x.Severity), slices.Index(severities(), y.Severity)))
	})
	return out
}

func one(holds bool) int {
	if holds {
		return 1
	}
	return 0
}

// BaselineRow counts the checks of a category in the month.
type BaselineRow struct {
	Category  string `json:"category"`
	Passed    int    `json:"passed"`
	Failed    int    `json:"failed"`
	NotApply  int    `json:"not_applicable"`
	Corrected int    `json:"corrected"` // of the failed ones, by the end of the month
	Rate      Figure `json:"rate"`      // passed over passed and failed
}

// Baseline is section B5.
type Baseline struct {
	Given  bool             `json:"given"`
	Rows   []BaselineRow    `json:"rows"`
	Failed []records.Record `json:"failed"`
}

func (b *secured) baseline() {
	out := Baseline{Given: b.in.Records.Covers(records.Baseline, b.in.Period)}
	if !out.Given {
		return
	}
	for _, category := range []string{"account", "baseline"} {
		row := BaselineRow{Category: category}
		for _, r := range b.in.Records.Of(records.Baseline) {
			if r.Text("category") != category || !b.in.Period.Contains(r.Date("checked_on")) {
				continue
			}
			switch r.Text("result") {
			case "pass":
				row.Passed++
			case "fail":
				row.Failed++
				out.Failed = append(out.Failed, r)
				if d := r.Date("corrected_on"); !d.IsZero() && !d.After(b.last()) {
					row.Corrected++
				}
			default:
				row.NotApply++
			}
		}
		row.Rate = Ratio(Of(row.Passed), Of(row.Passed+row.Failed))
		out.Rows = append(out.Rows, row)
	}
	b.out.Baseline = out
}

// RectificationRow is an entry of the ledger of rectification in the month.
type RectificationRow struct {
	records.Record
	UnitName   string        `json:"unit_name"`
	SystemName string        `json:"system_name"`
	Closed     calendar.Date `json:"closed"` // zero while it is open at the end of the month
	State      string        `json:"state"`  // open, overdue or closed
	LateDays   int           `json:"overdue_days"`
}

// Rectification is section B8.
type Rectification struct {
	Given   bool               `json:"given"`
	Rows    []RectificationRow `json:"rows"`
	Open    int                `json:"open"` // overdue ones included
	Overdue int                `json:"overdue"`
	Closed  int                `json:"closed"` // in the month
}

func (b *secured) rectification(m calendar.Month) Rectification {
	out := Rectification{Given: b.in.Records.Covers(records.Rectification, m)}
	if !out.Given {
		return out
	}
	at := b.at(m)
	for _, r := range b.in.Records.Of(records.Rectification) {
		due, closed := r.Date("due_on"), r.Date("closed_on")
		l := stands(m, at, r.Date("found_on"), due, closed)
		if !l.open && !l.closed {
			continue
		}
		row := RectificationRow{Record: r, UnitName: b.names[r.Text("unit")], SystemName: b.entries[r.Text("system")].Name, State: "open"}
		until := at
		if l.closed {
			row.State, row.Closed, until = "closed", closed, closed
		} else if l.overdue {
			row.State = "overdue"
		}
		row.LateDays = max(0, due.DaysUntil(until))
		out.Rows = append(out.Rows, row)
		out.Open, out.Overdue, out.Closed = out.Open+one(l.open), out.Overdue+one(l.overdue), out.Closed+one(l.closed)
	}
	return out
}

// dueOf is the day by which the ledger of rectification wants a log put in order.
func (s *Security) dueOf(l Log) calendar.Date {
	for _, r := range s.Rectification.Rows {
		if r.State != "closed" && r.Text("host") == l.Host && r.Text("log_class") == l.Class {
			return r.Date("due_on")
		}
	}
	return calendar.Date{}
}

// Top is one of the most frequent of something.
type Top struct {
	Name    string `json:"name"` // empty where the rows do not tell
	Alerts  int    `json:"alerts"`
	Blocked int    `json:"blocked"`
}

// Attacks is section S2.
type Attacks struct {
	Given      bool   `json:"given"`
	Alerts     int    `json:"alerts"`
	Blocked    int    `json:"blocked"`
	Rate       Figure `json:"block_rate"`
	Devices    []Top  `json:"devices"`
	Categories []Top  `json:"categories"`
	Origins    []Top  `json:"origins"`
	Targets    []Top  `json:"targets"`
}

// topRows is how many of the most frequent are told.
const topRows = 10

func (b *secured) attacks(m calendar.Month) Attacks {
	out := Attacks{Given: b.in.Records.Covers(records.Attacks, m)}
	if !out.Given {
		return out
	}
	by := [4]map[string]Top{{}, {}, {}, {}}
	for _, r := range b.in.Records.Of(records.Attacks) {
		if r.Month("month") != m {
			continue
		}
		alerts, _ := r.Number("alerts")
		blocked, _ := r.Number("blocked")
		out.Alerts, out.Blocked = out.Alerts+int(alerts), out.Blocked+int(blocked)
		for i, name := range []string{r.Text("device"), r.Text("category"), r.Text("source"), cmp.Or(b.entries[r.Text("system")].Name, r.Text("system"))} {
			by[i][name] = Top{name, by[i][name].Alerts + int(alerts), by[i][name].Blocked + int(blocked)}
		}
	}
	out.Rate = Ratio(Of(out.Blocked), Of(out.Alerts))
	for i, into := range []*[]Top{&out.Devices, &out.Categories, &out.Origins, &out.Targets} {
		for _, t := range by[i] {
			*into = append(*into, t)
		}
		slices.SortFunc(*into, func(x, y Top) int { return cmp.Or(cmp.Compare(y.Alerts, x.Alerts), strings.Compare(x.Name, y.Name)) })
		*into = (*into)[:min(len(*into), topRows)]
	}
	return out
}
