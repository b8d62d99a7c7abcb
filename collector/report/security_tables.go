package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/yunjian-io/yunjian/collector/records"
	"github.com/yunjian-io/yunjian/rules/calendar"
)

// day prints a day that is only there once something has happened: a dash until then.
func (t text) day(d calendar.Date) Cell {
	if d.IsZero() {
		return Cell{Text: t.None}
	}
	return Cell{Text: t.date(d)}
}

// moment prints an instant as day does a day.
func (t text) moment(at time.Time) Cell {
	if at.IsZero() {
		return Cell{Text: t.None}
	}
	return Cell{Text: t.minute(at)}
}

// side names the unit that a row concerns; without one it is the platform itself.
func (t text) side(unit string) Cell { return Cell{Text: cmp.Or(unit, t.PlatformSide)} }

// number is a count that is known.
func (t text) number(n int) Cell { return t.count(Of(n)) }

func sourceTable(t text, id string, rows []SourceRow, whole bool) *Table {
	type row struct {
		SourceRow
		file records.Source
	}
	var all []row
	for _, r := range rows {
		for _, f := range r.Files {
			all = append(all, row{r, f})
		}
		if len(r.Files) == 0 {
			all = append(all, row{SourceRow: r})
		}
	}
	imported := func(r *row, s string) Cell {
		if r.Method != "imported" {
			return Cell{Text: t.None}
		}
		return t.text(s)
	}
	columns := []column[row]{
		{"section", false, func(r *row) Cell { return Cell{Text: t.word("sections", t.Sections, r.Section)} }},
		{"method", false, func(r *row) Cell { return Cell{Text: t.label("method", r.Method)} }},
		{"record_kind", false, func(r *row) Cell { return imported(r, t.label("record_kind", r.Kind)) }},
		{"file", false, func(r *row) Cell { return imported(r, r.file.File) }},
		{"sha256", false, func(r *row) Cell {
			if whole {
				return imported(r, r.file.SHA256)
			}
			return imported(r, r.file.SHA256[:min(12, len(r.file.SHA256))])
		}},
		{"imported_at", false, func(r *row) Cell {
			if r.file.ImportedAt.IsZero() {
				return imported(r, "")
			}
			return imported(r, t.minute(r.file.ImportedAt))
		}},
		{"stated", false, func(r *row) Cell {
			switch {
			case len(r.Files) > 0 && r.file.From.IsZero():
				return Cell{Text: t.None} // a register
			case len(r.Files) > 0 && r.file.From != r.file.To:
				return Cell{Text: fmt.Sprintf(t.StatedValue, t.month(r.file.From), t.month(r.file.To))}
			case len(r.Files) > 0:
				return Cell{Text: t.month(r.file.From)}
			}
			return imported(r, "")
		}},
	}
	return table(t, id, all, 0, columns)
}

func workTable(t text, id string, rows []WorkRow) *Table {
	return table(t, id, rows, 0, []column[WorkRow]{
		{"work_item", false, func(r *WorkRow) Cell { return Cell{Text: t.label("work", r.Item)} }},
		{"planned", false, func(r *WorkRow) Cell { return t.count(r.Planned) }},
		{"done", false, func(r *WorkRow) Cell { return t.count(r.Done) }},
		{"done_rate", false, func(r *WorkRow) Cell { return t.percent(r.Rate) }},
		{"evidence", true, func(r *WorkRow) Cell { return t.text(r.Evidence) }},
	})
}

func assetTable(t text, a *Assets) *Table {
	type row struct {
		name string
		cell Cell
	}
	rows := []row{
		{"hosts", t.number(a.Hosts)},
		{"systems", t.number(a.Systems)},
		{"os_known", t.number(a.OSKnown)},
		{"os_ended", t.number(a.Ended)},
		{"managed", t.percent(a.Managed)},
		{"coverage", t.percent(a.Coverage)},
		{"clocks", t.number(len(a.Clocks))},
		{"clocks_unknown", t.number(a.ClocksUnknown)},
	}
	out := table(t, "sec_assets", rows, 0, []column[row]{
		{"item", false, func(r *row) Cell { return Cell{Text: t.word("assets", t.Assets, r.name)} }},
		{"value", false, func(r *row) Cell { return r.cell }},
	})
	out.Heads[1].Kind = KindText // counts and ratios below each other
	return out
}

func osTable(t text, a *Assets) *Table {
	return table(t, "sec_os", a.OS, 0, []column[OSRow]{
		{"os", false, func(r *OSRow) Cell { return t.text(r.Name) }},
		{"hosts", false, func(r *OSRow) Cell { return t.number(r.Hosts) }},
		{"ended", false, func(r *OSRow) Cell { return t.day(r.Ended) }},
	})
}

func securityClockTable(t text, a *Assets) *Table {
	return table(t, "sec_clocks", a.Clocks, listRows, []column[Clock]{
		{"host", false, func(c *Clock) Cell { return t.text(c.Host) }},
		{"offset", false, func(c *Clock) Cell { return t.one(Of(c.Offset.Seconds())) }},
	})
}

func levelTable(t text, a *Assets) *Table {
	return table(t, "sec_levels", a.Levels, 0, []column[LevelRow]{
		{"level", false, func(r *LevelRow) Cell { return t.level(r.Level) }},
		{"systems_count", false, func(r *LevelRow) Cell { return t.number(r.Systems) }},
	})
}

func protectionTable(t text, rows []ProtectionRow) *Table {
	return table(t, "sec_protection", rows, 0, []column[ProtectionRow]{
		{"system", false, func(r *ProtectionRow) Cell { return t.text(r.System) }},
		{"unit", false, func(r *ProtectionRow) Cell { return t.text(r.Unit) }},
		{"level", false, func(r *ProtectionRow) Cell { return t.level(r.Level) }},
		{"cutover", false, func(r *ProtectionRow) Cell { return t.text(t.date(r.Cutover)) }},
		{"due_on", false, func(r *ProtectionRow) Cell { return t.text(t.date(r.Due)) }},
		{"filing_no", false, func(r *ProtectionRow) Cell { return t.text(r.FilingNo) }},
		{"filed_on", false, func(r *ProtectionRow) Cell { return t.text(t.date(r.Filed)) }},
		{"assessed_on", false, func(r *ProtectionRow) Cell { return t.text(t.date(r.Assessed)) }},
		{"valid_until", false, func(r *ProtectionRow) Cell { return t.text(t.date(r.Valid)) }},
		{"status", false, func(r *ProtectionRow) Cell { return Cell{Text: t.label("protection", r.State)} }},
	})
}

func handoverTable(t text, rows []Handover) *Table {
	return table(t, "sec_handovers", rows, 0, []column[Handover]{
		{"system", false, func(r *Handover) Cell { return t.text(r.System) }},
		{"unit", false, func(r *Handover) Cell { return t.text(r.Unit) }},
		{"status", false, func(r *Handover) Cell { return t.text(t.label("status", r.Status)) }},
		{"released_hosts", false, func(r *Handover) Cell { return t.number(r.Hosts) }},
		{"keep_until", false, func(r *Handover) Cell { return t.day(r.Until) }},
		{"exit_on", false, func(r *Handover) Cell { return t.text(t.date(r.Exit)) }},
		{"handed_over_on", false, func(r *Handover) Cell { return t.day(r.Done) }},
		{"logs_from", false, func(r *Handover) Cell { return t.day(r.From) }},
		{"logs_to", false, func(r *Handover) Cell { return t.day(r.To) }},
		{"evidence", false, func(r *Handover) Cell { return t.text(r.Proof) }},
		{"status", false, func(r *Handover) Cell { return Cell{Text: t.label("handover", r.State)} }},
	})
}

// vulnerabilityTable is B4-1 without units, B4-2 with them.
func vulnerabilityTable(t text, id string, rows []VulnerabilityRow) *Table {
	columns := []column[VulnerabilityRow]{
		{"severity", false, func(r *VulnerabilityRow) Cell { return Cell{Text: t.label("severity", r.Severity)} }},
		{"new", false, func(r *VulnerabilityRow) Cell { return t.number(r.New) }},
		{"fixed", false, func(r *VulnerabilityRow) Cell { return t.number(r.Fixed) }},
		{"open", false, func(r *VulnerabilityRow) Cell { return t.number(r.Open) }},
		{"overdue", false, func(r *VulnerabilityRow) Cell { return t.number(r.Overdue) }},
	}
	if id == "sec_vulnerability_units" {
		columns = append([]column[VulnerabilityRow]{{"unit", false, func(r *VulnerabilityRow) Cell { return t.side(r.Unit) }}}, columns...)
	}
	return table(t, id, rows, 0, columns)
}

// recorded are the columns that say whom a row of records concerns.
func (c *securityComposer) recorded() []column[records.Record] {
	return []column[records.Record]{
		{"unit", false, func(r *records.Record) Cell { return c.t.side(c.unitOf(r)) }},
		{"system", false, func(r *records.Record) Cell { return c.systemOf(r) }},
	}
}

func (c *securityComposer) unitOf(r *records.Record) string {
	id := cmp.Or(r.Text("unit"), c.s.systemUnits[r.Text("system")])
	return cmp.Or(c.s.names[id], id)
}

func (c *securityComposer) systemOf(r *records.Record) Cell {
	id := r.Text("system")
	if id == "" {
		return Cell{Text: c.t.None}
	}
	return Cell{Text: cmp.Or(c.s.systems[id], id)}
}

func (c *securityComposer) vulnerabilityList() *Table {
	t := c.t
	return table(t, "annex_vulnerabilities", c.s.Vulnerabilities.All, 0, slices.Concat([]column[records.Record]{
		{"finding_no", false, func(r *records.Record) Cell { return t.text(r.Text("finding_no")) }},
		{"severity", false, func(r *records.Record) Cell { return Cell{Text: t.label("severity", r.Text("severity"))} }},
		{"title", true, func(r *records.Record) Cell { return t.text(r.Text("title")) }},
		{"reference", false, func(r *records.Record) Cell { return t.text(r.Text("reference")) }},
	}, c.recorded(), []column[records.Record]{
		{"host", false, func(r *records.Record) Cell { return t.text(r.Text("host")) }},
		{"found_on", false, func(r *records.Record) Cell { return t.day(r.Date("found_on")) }},
		{"due_rectify", false, func(r *records.Record) Cell { return t.text(t.date(r.Date("due_on"))) }},
		{"fixed_on", false, func(r *records.Record) Cell { return t.day(c.by(r.Date("fixed_on"))) }},
	}))
}

// by is a day that has come by the end of the period, zero if it has not.
func (c *securityComposer) by(d calendar.Date) calendar.Date {
	if d.After(calendar.DateOf(c.s.Through.Add(-time.Second))) {
		return calendar.Date{}
	}
	return d
}

func baselineTable(t text, rows []BaselineRow) *Table {
	return table(t, "sec_baseline", rows, 0, []column[BaselineRow]{
		{"check_category", false, func(r *BaselineRow) Cell { return Cell{Text: t.label("baseline", r.Category)} }},
		{"passed", false, func(r *BaselineRow) Cell { return t.number(r.Passed) }},
		{"failed", false, func(r *BaselineRow) Cell { return t.number(r.Failed) }},
		{"not_applicable", false, func(r *BaselineRow) Cell { return t.number(r.NotApply) }},
		{"corrected", false, func(r *BaselineRow) Cell { return t.number(r.Corrected) }},
		{"pass_rate", false, func(r *BaselineRow) Cell { return t.percent(r.Rate) }},
	})
}

func (c *securityComposer) baselineList() *Table {
	t := c.t
	return table(t, "sec_baseline_failed", c.s.Baseline.Failed, listRows, slices.Concat(c.recorded(), []column[records.Record]{
		{"host", false, func(r *records.Record) Cell { return t.text(r.Text("host")) }},
		{"check_category", false, func(r *records.Record) Cell { return Cell{Text: t.label("baseline", r.Text("category"))} }},
		{"check_item", true, func(r *records.Record) Cell { return t.text(r.Text("item")) }},
		{"checked_on", false, func(r *records.Record) Cell { return t.day(r.Date("checked_on")) }},
		{"corrected_on", false, func(r *records.Record) Cell { return t.day(c.by(r.Date("corrected_on"))) }},
	}))
}

func backupTable(t text, id string, rows []BackupRow) *Table {
	return table(t, id, rows, 0, []column[BackupRow]{
		{"task_no", false, func(r *BackupRow) Cell { return t.text(r.Text("task_no")) }},
		{"task", true, func(r *BackupRow) Cell { return t.text(r.Text("task")) }},
		{"unit", false, func(r *BackupRow) Cell { return t.side(r.UnitName) }},
		{"system", false, func(r *BackupRow) Cell { return t.dash(cmp.Or(r.SystemName, r.Text("system"))) }},
		{"runs", false, func(r *BackupRow) Cell { return t.recorded(r.Record, "runs") }},
		{"succeeded", false, func(r *BackupRow) Cell { return t.recorded(r.Record, "succeeded") }},
		{"success_rate", false, func(r *BackupRow) Cell { return t.percent(r.Rate) }},
		{"restored_on", false, func(r *BackupRow) Cell { return t.text(t.date(r.Date("restored_on"))) }},
		{"restore_result", false, func(r *BackupRow) Cell { return t.text(t.label("restore", r.Text("restore_result"))) }},
	})
}

// dash prints a text, or a dash where there is none.
func (t text) dash(s string) Cell { return Cell{Text: cmp.Or(strings.TrimSpace(s), t.None)} }

// recorded is a count of a record.
func (t text) recorded(r records.Record, field string) Cell {
	if v, given := r.Number(field); given {
		return t.count(Of(v))
	}
	return t.count(Figure{})
}

func changeTable(t text, id string, rows []ChangeRow) *Table {
	return table(t, id, rows, 2*listRows, []column[ChangeRow]{
		{"change_no", false, func(r *ChangeRow) Cell { return t.text(r.Text("change_no")) }},
		{"change", false, func(r *ChangeRow) Cell { return Cell{Text: t.label("change", r.Text("category"))} }},
		{"unit", false, func(r *ChangeRow) Cell { return t.side(r.UnitName) }},
		{"system", false, func(r *ChangeRow) Cell { return t.dash(cmp.Or(r.SystemName, r.Text("system"))) }},
		{"summary", true, func(r *ChangeRow) Cell { return t.text(r.Text("summary")) }},
		{"done_on", false, func(r *ChangeRow) Cell { return t.day(r.Date("done_on")) }},
		{"result", false, func(r *ChangeRow) Cell { return Cell{Text: t.label("result", r.Text("result"))} }},
	})
}

func rectificationTable(t text, rows []RectificationRow, limit int) *Table {
	return table(t, "sec_rectification", rows, limit, []column[RectificationRow]{
		{"finding_no", false, func(r *RectificationRow) Cell { return t.text(r.Text("finding_no")) }},
		{"finding_source", false, func(r *RectificationRow) Cell { return Cell{Text: t.label("finding_source", r.Text("source"))} }},
		{"severity", false, func(r *RectificationRow) Cell { return Cell{Text: t.label("severity", r.Text("level"))} }},
		{"unit", false, func(r *RectificationRow) Cell { return t.side(r.UnitName) }},
		{"system", false, func(r *RectificationRow) Cell { return t.dash(cmp.Or(r.SystemName, r.Text("system"))) }},
		{"content", true, func(r *RectificationRow) Cell { return t.text(r.Text("content")) }},
		{"found_on", false, func(r *RectificationRow) Cell { return t.day(r.Date("found_on")) }},
		{"due_rectify", false, func(r *RectificationRow) Cell { return t.day(r.Date("due_on")) }},
		{"status", false, func(r *RectificationRow) Cell { return Cell{Text: t.label("rectification", r.State)} }},
		{"closed_on", false, func(r *RectificationRow) Cell { return t.day(r.Closed) }},
		{"overdue_days", false, func(r *RectificationRow) Cell { return t.number(r.LateDays) }},
	})
}
