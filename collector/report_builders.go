package collector

import (
	"context"

	"github.com/yunjian-io/yunjian/collector/report"
	"github.com/yunjian-io/yunjian/rules"
	"github.com/yunjian-io/yunjian/rules/calendar"
)

// BuildAsk says which reports are to be built.
type BuildAsk struct {
	DB    *Database
	Pack  rules.Pack
	Month calendar.Month
	// Provider the reports are about.
	Provider string
	// Unit is the code of the using unit whose report alone is wanted; empty: all.
	Unit string
	// Day as of which proceedings are shown; zero: of the last step that is recorded.
	Day     calendar.Date
	Program string
	// Say is told what is being read.
	Say func(string)
}

// Built is a report that can be printed.
type Built struct {
	Document report.Document
	Edition  report.Edition
	// Figures are what scripts get with --json.
	Figures any
}

// Builder makes the reports of one kind.
type Builder struct {
	// Build makes the reports of a provider and month: one, or one for each using unit.
	Build func(ctx context.Context, ask BuildAsk) ([]Built, error)
	// Units says that it makes reports for single using units, as of a day.
	Units bool
}

// Builders are the kinds of reports that the program makes.
func Builders() map[string]Builder {
	return map[string]Builder{
		report.KindUsage:  {Build: buildUsage},
		report.KindNotice: {Build: buildNotices, Units: true},
	}
}

func buildUsage(ctx context.Context, ask BuildAsk) ([]Built, error) {
	m, err := ReportMonth(ctx, ask.DB, ask.Pack, ask.Month, ask.Provider, ask.Program, ask.Say)
	if err != nil {
		return nil, err
	}
	d, err := report.Compose(m)
	if err != nil {
		return nil, err
	}
	return []Built{{d, m.Edition(), m}}, nil
}
