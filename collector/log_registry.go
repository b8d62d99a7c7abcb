package collector

import (
	"slices"

	"github.com/yunjian-io/yunjian/collector/inventory"
	"github.com/yunjian-io/yunjian/collector/store"
	"github.com/yunjian-io/yunjian/rules/calendar"
	"github.com/yunjian-io/yunjian/rules/retention"
)

// auditLevel is the grade of classified protection from which the audit log of the
// operating system is required by default (GB/T 22239-2019, 8.1.4.3).
const auditLevel = 3

// defaultLogs are the classes that every host in service has to keep if the registry
// names no defaults of its own (log-retention.md, 7). os-audit follows by level.
func defaultLogs() []inventory.LogSource {
	kind := func(class retention.Class, level int) inventory.LogSource {
		return inventory.LogSource{SubjectKind: subjectDefault, Class: string(class), Level: level}
	}
	return []inventory.LogSource{
		kind(retention.OSAuth, 0), kind(retention.OSSystem, 0), kind(retention.OSLogin, 0), kind(retention.OSAudit, auditLevel),
		kind(retention.OSCron, 0), kind(retention.PrivilegedOp, 0),
	}
}

// Kinds of subjects in the registry.
const (
	subjectDefault = "default"
	subjectSystem  = "information_system"
	subjectHost    = "host"
)

// logRegistry is what has to be kept on a day (Art. 29). Rows for a host and a system
// add to the default; rows of kind default replace the built-in ones.
type logRegistry struct {
	defaults []inventory.LogSource
	bySystem map[string][]inventory.LogSource
	byHost   map[string][]inventory.LogSource
}

func newLogRegistry(rows []inventory.LogSource, today calendar.Date) logRegistry {
	r := logRegistry{bySystem: map[string][]inventory.LogSource{}, byHost: map[string][]inventory.LogSource{}}
	for _, row := range rows {
		switch {
		case !row.Expires.IsZero() && row.Expires.Before(today):
		case row.SubjectKind == subjectDefault:
			r.defaults = append(r.defaults, row)
		case row.SubjectKind == subjectSystem:
			r.bySystem[row.Subject] = append(r.bySystem[row.Subject], row)
		case row.SubjectKind == subjectHost:
			r.byHost[row.Subject] = append(r.byHost[row.Subject], row)
		}
	}
	if len(r.defaults) == 0 {
		r.defaults = defaultLogs()
	}
	return r
}

// rowsOf are the rows that hold for a host by itself, its own first.
func (r logRegistry) rowsOf(scope store.LogScope) []inventory.LogSource {
	rows := slices.Clone(r.byHost[scope.HostID])
	for _, d := range r.defaults {
		if scope.Level >= d.Level && (d.Status == "" || d.Status == scope.Status) {
			rows = append(rows, d)
		}
	}
	return rows
}

// ofHost returns what a host has to keep. One class and stream is required once: what
// is registered for the host goes before a default.
func (r logRegistry) ofHost(scope store.LogScope) (list []retention.Requirement) {
	type key struct{ class, stream string }
	seen := map[key]bool{}
	for _, row := range r.rowsOf(scope) {
		k := key{row.Class, row.Stream}
		if seen[k] {
			continue
		}
		seen[k] = true
		list = append(list, retention.Requirement{
			System: scope.System, Host: scope.HostID, Class: retention.Class(row.Class), Stream: row.Stream,
			Party: retention.Party(row.Party), Declared: row.SubjectKind == subjectHost,
		})
	}
	return list
}

// ofSystem returns what any host of a system has to keep.
func (r logRegistry) ofSystem(system string) (list []retention.Requirement) {
	for _, row := range r.bySystem[system] {
		list = append(list, retention.Requirement{
			System: system, Class: retention.Class(row.Class), Stream: row.Stream, Party: retention.Party(row.Party), Declared: true,
		})
	}
	return list
}

// store names the central store that has to hold a log, empty if the registry names
// none.
func (r logRegistry) store(scope store.LogScope, class retention.Class, stream string) string {
	for _, rows := range [][]inventory.LogSource{r.byHost[scope.HostID], r.bySystem[scope.System], r.defaults} {
		for _, row := range rows {
			if row.CentralStore != "" && row.Class == string(class) && (row.Stream == "" || row.Stream == stream) {
				return row.CentralStore
			}
		}
	}
	return ""
}

// verdictOf prints a decision as it is stored.
func verdictOf(catalog retention.Catalog, d retention.Decision, w retention.Waiver) store.RetentionVerdict {
	told := d
	told.Remedy = retention.Remedy{}
	v := store.RetentionVerdict{
		Class: string(d.Source.Class), Stream: d.Source.Stream, Path: d.Source.Path, Party: string(d.Source.Party), Mandatory: d.Mandatory,
		Verdict: d.Verdict.String(), Code: string(d.Code), Status: d.Status(w).String(), Period: d.Period.String(),
		JudgedOn: d.Today, RequiredFrom: d.RequiredFrom, Obligation: d.Obligation, LocalStart: d.LocalStart, ShortDays: uint32(d.ShortDays),
		FirstDeletion: d.FirstDeletion, DiskFull: d.DiskFull, AtRiskDate: d.AtRiskDate, AccountableFrom: d.AccountableFrom,
		AttestedDays: uint32(d.AttestedDays), WindowDays: uint32(max(d.Obligation.DaysUntil(d.Today)+1, 0)),
		ReasonZH: catalog.Explain(told, retention.Chinese), ReasonEN: catalog.Explain(told, retention.English),
		RemedyZH: catalog.Remedy(d.Remedy, retention.Chinese), RemedyEN: catalog.Remedy(d.Remedy, retention.English),
	}
	if d.Guaranteed.Known {
		if v.GuaranteedEndless = d.Guaranteed.Endless; !d.Guaranteed.Endless {
			v.GuaranteedDays = &d.Guaranteed.Days
		}
	}
	for _, m := range d.Missing {
		v.Missing = append(v.Missing, store.DayRange{From: m.From, To: m.To})
	}
	for _, r := range d.Reasons {
		v.Reasons = append(v.Reasons, string(r.Code))
	}
	for _, r := range d.Notes {
		v.Notes = append(v.Notes, string(r.Code))
	}
	for _, c := range d.Copies {
		other := retention.Decision{Verdict: c.Verdict, Code: c.Code}
		v.Copies = append(v.Copies, store.RetentionCopy{Path: c.Source.Path, Verdict: other.Name()})
	}
	if d.Status(w) == retention.StatusWaived {
		v.WaivedBy, v.WaivedUntil = w.Approver, w.Until
	}
	return v
}
