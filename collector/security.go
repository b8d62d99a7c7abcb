package collector

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/yunjian-io/yunjian/collector/inventory"
	"github.com/yunjian-io/yunjian/collector/report"
	"github.com/yunjian-io/yunjian/collector/store"
	"github.com/yunjian-io/yunjian/rules"
	"github.com/yunjian-io/yunjian/rules/calendar"
	"github.com/yunjian-io/yunjian/rules/retention"
)

// SecurityMonth gathers what is stored of a month and computes the figures of a report on
// security (Art. 36): KindOperation, KindSituation, or KindSecurity for both. It is that of
// the provider, or of the using unit that is asked for. As for ReportMonth, the month must
// have been judged by the rules of the pack.
func SecurityMonth(ctx context.Context, kind string, ask BuildAsk) (report.Security, error) {
	in, err := securityInput(ctx, kind, ask)
	if err != nil {
		return report.Security{}, err
	}
	return securityOf(in, ask.Unit)
}

// securityInput reads what the reports on security of a month are made of.
func securityInput(ctx context.Context, kind string, ask BuildAsk) (report.SecurityInput, error) {
	g := gather(ask.DB, ask.Pack, ask.Month, ask.Provider, ask.Say)
	in, err := g.security(ctx, kind, ask.Pack, ask.Period)
	if err != nil {
		return in, fmt.Errorf("security report %s of provider %q: %w", ask.Month, ask.Provider, err)
	}
	in.Program, in.Issuer = ask.Program, ask.Settings.Issuer.issuer()
	return in, nil
}

// securityOf computes the report of the provider, or the extract of one using unit.
func securityOf(in report.SecurityInput, unit string) (report.Security, error) {
	in.Unit = unit
	out, err := report.BuildSecurity(in)
	if err != nil {
		return out, fmt.Errorf("security report %s of provider %q: %w", in.Period, in.Provider.ID, err)
	}
	return out, nil
}

// buildSecurity makes the report of a kind of the provider and the extract of each using
// unit that has hosts of it, or that of one unit alone.
func buildSecurity(kind string) func(ctx context.Context, ask BuildAsk) ([]Part, error) {
	return func(ctx context.Context, ask BuildAsk) (parts []Part, err error) {
		in, err := securityInput(ctx, kind, ask)
		if err != nil {
			return nil, err
		}
		units := []string{ask.Unit}
		if ask.Unit == "" && !ask.Whole {
			units = append(units, unitsOf(in)...)
		}
		for _, u := range units {
			parts = append(parts, func() (Built, error) {
				m, err := securityOf(in, u)
				if err != nil {
					return Built{}, err
				}
				d, err := report.ComposeSecurity(m)
				return Built{d, m.Edition(), m}, err
			})
		}
		return parts, nil
	}
}

// unitsOf are the using units with a host, in order.
func unitsOf(in report.SecurityInput) []string {
	owners := map[string]string{}
	for i := range in.Systems {
		owners[in.Systems[i].ID] = in.Systems[i].Unit
	}
	units := map[string]bool{}
	for i := range in.Hosts {
		if u := owners[in.Hosts[i].System]; u != "" {
			units[u] = true
		}
	}
	return slices.Sorted(maps.Keys(units))
}

// security reads what a report on security is made of, and leaves out what only the other
// kind prints.
func (g *gathering) security(ctx context.Context, kind string, pack rules.Pack, period retention.Period) (in report.SecurityInput, err error) {
	if err = g.judgedRun(ctx, pack); err != nil {
		return in, err
	}
	if g.calendar, err = LoadCalendar(ctx, g.db); err != nil {
		return in, err
	}
	known, err := g.db.Inventory(ctx)
	if err != nil {
		return in, err
	}
	span := g.span(g.month)
	in = report.SecurityInput{
		Kind: kind, Period: g.month, Open: g.run.Open, Through: span.To.In(store.Zone()), JudgedAt: g.run.JudgedAt, Version: g.version,
		Rules: reportRules(pack, g.month), Calendar: g.calendar, ClockLimit: clockLimit,
	}
	if err = g.securityParties(&in, known); err != nil {
		return in, err
	}
	if err = g.securityHosts(ctx, &in); err != nil {
		return in, err
	}
	if in.Senders, err = g.senders(ctx, span); err != nil {
		return in, err
	}
	if err = g.logScopes(ctx, &in, period); err != nil {
		return in, err
	}
	want := logsAll
	if kind == report.KindSituation {
		want = logsCounted
	}
	if in.Logs, err = g.logs(ctx, want); err != nil {
		return in, err
	}
	in.Records, err = g.db.Records(ctx, g.provider)
	return in, err
}

// securityHosts reads the hosts of the month, for the situation those of the two months
// before and the use of storage, and for operation their operating systems.
func (g *gathering) securityHosts(ctx context.Context, in *report.SecurityInput) error {
	months := []*[]report.HostFacts{&in.Hosts}
	if in.Kind != report.KindOperation {
		months = append(months, &in.Earlier[0], &in.Earlier[1])
	}
	for back, into := range months {
		m := g.month.Add(-back)
		g.say("hosts of " + m.String())
		known, err := g.monthFacts(ctx, m)
		if err != nil {
			return err
		}
		*into = hostFacts(known.Hosts)
		if back == 0 && in.Kind != report.KindOperation {
			in.Storage = storageOf(known.Hosts)
		}
	}
	if in.Kind == report.KindSituation {
		return nil
	}
	identities, err := g.db.Identities(ctx, g.provider, in.Through)
	for _, i := range identities {
		in.OS = append(in.OS, report.OS{Host: i.HostID, ID: i.OS, Version: i.Version, Name: i.Name})
	}
	return err
}

func (g *gathering) securityParties(in *report.SecurityInput, known inventory.Batch) error {
	var of report.Input
	if err := parties(&of, known, g.provider); err != nil {
		return err
	}
	in.Provider, in.Platforms, in.Units, in.Systems = of.Provider, of.Platforms, of.Units, of.Systems
	return nil
}

// logScopes reads when hosts last told of their logs, and which released ones' logs
// have to be kept still.
func (g *gathering) logScopes(ctx context.Context, in *report.SecurityInput, period retention.Period) error {
	at := judgedAt(g.month, g.run.JudgedAt)
	reports, err := g.db.LogHosts(ctx, at)
	if err != nil {
		return err
	}
	scopes, err := g.db.LogScopes(ctx, at)
	if err != nil {
		return err
	}
	today := calendar.DateOf(at)
	for _, s := range scopes {
		if s.Provider != g.provider {
			continue
		}
		if r, told := reports[s.Host]; told {
			in.Reports = append(in.Reports, report.LogReport{Host: s.HostID, At: r.At.In(store.Zone())})
		}
		if end := s.End(); !end.IsZero() && !end.After(today) && !period.KeepUntil(end).Before(today) {
			in.Released = append(in.Released, report.Released{Host: s.HostID, System: s.System, On: end, Until: period.KeepUntil(end)})
		}
	}
	return nil
}
