package collector

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/yunjian-io/yunjian/collector/report"
	"github.com/yunjian-io/yunjian/rules"
	"github.com/yunjian-io/yunjian/rules/calendar"
	"github.com/yunjian-io/yunjian/rules/retention"
)

// BuildAsk says which reports are to be built.
type BuildAsk struct {
	DB    *Database
	Pack  rules.Pack
	Month calendar.Month
	// Provider the reports are about; may be empty for kinds that are made for all.
	Provider string
	// Unit is the code of the using unit whose report alone is wanted; empty: all.
	Unit string
	// Whole leaves out the extracts of using units, where they are cut from the report of
	// the provider.
	Whole bool
	// Settings of the ledger, and the day as of which it is read.
	Settings ReportsConfig
	Day      calendar.Date
	// AsOf is the day as of which proceedings are shown; zero: of the last step that is
	// recorded.
	AsOf calendar.Date
	// Period for which logs are kept; the zero value is that of Art. 31.
	Period  retention.Period
	Program string
	// Say is told what is being read.
	Say func(string)
}

// Built is a report that can be printed.
type Built struct {
	Document report.Document
	Edition  report.Edition
	// Figures are what scripts get with --json; they may be nil.
	Figures any
}

// Part makes one of several reports when it is called, so that those of a large provider
// need not be held in memory together.
type Part func() (Built, error)

// Builder makes the reports of one kind.
type Builder struct {
	// Build reads what the reports of a provider and month are made of: one, or one for
	// each using unit.
	Build func(ctx context.Context, ask BuildAsk) ([]Part, error)
	// Unfiled kinds have no place in the ledger: they are made anew whenever they are
	// asked for, need no signature and may be about all providers.
	Unfiled bool
	// Proceeding kinds hold forms that are filled in step by step: they are made anew
	// whenever they are asked for, one for each using unit, and have no place in the ledger.
	Proceeding bool
}

// Builders are the kinds of reports that the program makes. Everything behind them treats
// all kinds alike.
func Builders() map[string]Builder {
	return map[string]Builder{
		report.KindUsage:     {Build: buildUsage},
		report.KindOperation: {Build: buildSecurity(report.KindOperation)},
		report.KindSituation: {Build: buildSecurity(report.KindSituation)},
		report.KindSecurity:  {Build: buildSecurity(report.KindSecurity)},
		report.KindNotice:    {Build: buildNotices, Proceeding: true},
		report.KindLedger:    {Build: buildLedger, Unfiled: true},
	}
}

// buildUsage makes the report of the provider and the extract of each using unit that has
// a host of it, or that of one unit alone.
func buildUsage(ctx context.Context, ask BuildAsk) ([]Part, error) {
	in, err := usageInput(ctx, ask.DB, ask.Pack, ask.Month, ask.Provider, ask.Program, ask.Say)
	if err != nil {
		return nil, err
	}
	whole, err := report.Build(in)
	if err != nil {
		return nil, err
	}
	var parts []Part
	units := []string{ask.Unit}
	if ask.Unit == "" {
		parts, units = append(parts, func() (Built, error) { return usagePart(whole) }), nil
		for i := range whole.Units {
			if whole.Units[i].ID != "" && !ask.Whole { // hosts without a system have no unit
				units = append(units, whole.Units[i].ID)
			}
		}
		if !ask.Whole {
			units = append(units, unitsOfDisks(&whole)...)
		}
	}
	if ask.Unit != "" { // one that is not there is refused at once
		if _, err := in.Extract(ask.Unit, whole.Place(ask.Unit)); err != nil {
			return nil, err
		}
	}
	for _, u := range units {
		place := whole.Place(u)
		parts = append(parts, func() (Built, error) {
			own, err := in.Extract(u, place)
			if err != nil {
				return Built{}, err
			}
			m, err := report.Build(own)
			if err != nil {
				return Built{}, err
			}
			return usagePart(m)
		})
	}
	return parts, nil
}

// unitsOfDisks are the units that have disks without a host and no host.
func unitsOfDisks(m *report.Month) (out []string) {
	if m.Volumes == nil {
		return nil
	}
	for i := range m.Volumes.Rows {
		unit := m.Volumes.Rows[i].UnitID
		hosts := slices.ContainsFunc(m.Units, func(u report.Unit) bool { return u.ID == unit })
		if unit != "" && !hosts && !slices.Contains(out, unit) {
			out = append(out, unit)
		}
	}
	return out
}

func usagePart(m report.Month) (Built, error) {
	d, err := report.Compose(m)
	return Built{d, m.Edition(), m}, err
}

// Printer prints reports. Its parts are functions of the caller, which knows the formats.
type Printer struct {
	// Print makes the files of a document, named after it. omitted are formats for which
	// something is missing on this machine.
	Print func(d report.Document, at time.Time) (files []report.File, omitted []string, err error)
	// Keep takes over what persons wrote into the draft that lies in a folder, and sets an
	// edited one aside before it is replaced.
	Keep func(dir string, d *report.Document, e report.Edition) error
}

// builderOf returns the builder of a kind.
func builderOf(builders map[string]Builder, kind string) (Builder, error) {
	b, ok := builders[kind]
	if !ok {
		return b, fmt.Errorf("there is no kind of report %q: want one of %s", kind, joinSorted(builders))
	}
	return b, nil
}
