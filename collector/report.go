package collector

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/yunjian-io/yunjian/collector/inventory"
	"github.com/yunjian-io/yunjian/collector/report"
	"github.com/yunjian-io/yunjian/collector/store"
	"github.com/yunjian-io/yunjian/rules"
	"github.com/yunjian-io/yunjian/rules/calendar"
	"github.com/yunjian-io/yunjian/rules/rightsize"
)

// clockLimit is how far a host's clock may be off before A0 counts it: one
// sampling interval, beyond which samples fall into another minute.
const clockLimit = time.Minute

// ReportMonth gathers what is stored of a month and computes the figures of the
// provider's usage report. The month must have been judged, by the rules of pack:
// the report is dated by that run and has no clock of its own. say is told what is
// being read.
func ReportMonth(ctx context.Context, db *Database, pack rules.Pack, month calendar.Month, provider, program string, say func(string)) (report.Month, error) {
	in, err := usageInput(ctx, db, pack, month, provider, program, say)
	if err != nil {
		return report.Month{}, err
	}
	return report.Build(in)
}

// usageInput reads what the usage reports of a month are made of.
func usageInput(ctx context.Context, db *Database, pack rules.Pack, month calendar.Month, provider, program string, say func(string)) (report.Input, error) {
	g := gather(db, pack, month, provider, say)
	in, err := g.input(ctx, pack)
	if err == nil {
		err = g.proposals(ctx, db, &in)
	}
	if err != nil {
		return in, fmt.Errorf("report %s of provider %q: %w", month, provider, err)
	}
	in.Program = program
	return in, nil
}

// gathering reads what a report needs.
type gathering struct {
	db       *store.Store
	limits   func(calendar.Month) (rightsize.Settings, error) // of recommendations
	month    calendar.Month
	provider string
	say      func(string)
	calendar calendar.Calendar
	run      store.JudgeRun
	gate     float64 // coverage that a host must reach
	version  int     // of the closing; 1 while the month is open
	closed   bool
	readAt   time.Time // when the facts of the month were read, by the clock of the database
}

func gather(db *Database, pack rules.Pack, month calendar.Month, provider string, say func(string)) gathering {
	return gathering{db: db.Store, limits: db.limits, month: month, provider: provider, say: say, gate: coverageGate(pack, month)}
}

// judgedRun returns the run that the report rests on.
func (g *gathering) judgedRun(ctx context.Context, pack rules.Pack) error {
	run, ok, err := g.db.LastRun(ctx, g.month)
	if err != nil {
		return err
	}
	if !ok {
		return fmt.Errorf("the month was not judged: run yunjian-collector judge --month %s first", g.month)
	}
	limits, err := g.limits(g.month)
	if err != nil {
		return err
	}
	hash, err := packHash(pack, limits, g.month)
	if err != nil {
		return err
	}
	if run.PackHash != hash {
		return fmt.Errorf("the rules or the limits of recommendations are not those by which the month was judged: run yunjian-collector judge --month %s again", g.month)
	}
	run.JudgedAt = run.JudgedAt.In(store.Zone())
	g.run = run
	closing, closed, err := g.db.LastClose(ctx, g.month)
	if closed && closing.Run != run.Run {
		return fmt.Errorf("the month was judged again after it was closed: run yunjian-collector close --month %s --correct REASON", g.month)
	}
	g.version, g.closed = max(closing.Version, 1), closed
	return err
}

func (g *gathering) span(m calendar.Month) store.Span {
	s := MonthSpan(g.calendar, m, g.run.JudgedAt)
	s.Provider = g.provider
	return s
}

func (g *gathering) input(ctx context.Context, pack rules.Pack) (in report.Input, err error) {
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
	in = report.Input{
		Period: g.month, Open: g.run.Open, Through: span.To.In(store.Zone()), JudgedAt: g.run.JudgedAt, JudgedBy: g.run.Program,
		Version: g.version, Rules: reportRules(pack, g.month), ClockLimit: clockLimit, CoverageGate: g.gate,
	}
	if err = parties(&in, known, g.provider); err != nil {
		return in, err
	}
	in.Workdays, in.EstimatedDays = g.workdays()
	facts, storage, err := g.facts(ctx, g.month)
	if err != nil {
		return in, err
	}
	if facts != nil {
		in.Facts, in.Storage = *facts, storage
	}
	if in.Before, _, err = g.facts(ctx, g.month.Prev()); err != nil {
		return in, err
	}
	if in.YearBefore, _, err = g.facts(ctx, g.month.Add(-12)); err != nil {
		return in, err
	}
	g.say("senders")
	if in.Senders, err = g.senders(ctx, span); err != nil {
		return in, err
	}
	if in.Findings, err = g.findings(ctx); err != nil {
		return in, err
	}
	in.Volumes = reportVolumes(known, g.provider, in.Findings, calendar.DateOf(in.Through))
	in.DiskYuan = diskPrice(known.Prices, g.provider, g.month.Last())
	in.Calendar = g.calendar
	if in.Allocations, err = g.allocations(ctx, span); err != nil {
		return in, err
	}
	if in.Logs, err = g.logs(ctx, logsBroken); err != nil {
		return in, err
	}
	in.Records, err = g.db.Records(ctx, g.provider)
	return in, err
}

// parties fills in whom the report is about; a provider that is not known is refused.
func parties(in *report.Input, known inventory.Batch, provider string) error {
	var ids []string
	for _, p := range known.Providers {
		ids = append(ids, p.ID)
		if p.ID == provider {
			in.Provider = report.Party{ID: p.ID, Name: p.Name}
		}
	}
	if in.Provider.ID == "" {
		return fmt.Errorf("the inventory has no such provider: it has %s", orNone(strings.Join(ids, ", ")))
	}
	for _, p := range known.Platforms {
		if p.Provider == provider {
			in.Platforms = append(in.Platforms, report.Platform{ID: p.ID, Name: p.Name, Kind: p.Kind})
		}
	}
	for _, u := range known.Units {
		in.Units = append(in.Units, report.Party{ID: u.Code, Name: u.Name})
	}
	others := map[string]bool{} // systems with hosts of another provider
	for i := range known.Hosts {
		if known.Hosts[i].Provider != provider {
			others[known.Hosts[i].System] = true
		}
	}
	for _, s := range known.Systems {
		in.Systems = append(in.Systems, report.Entry{
			ID: s.ID, Name: s.Name, Unit: s.Unit, Level: s.Level, Cutover: s.Cutover, Status: s.Status, Shared: others[s.ID],
		})
	}
	return nil
}

func orNone(s string) string {
	if s == "" {
		return "none; import it with yunjian-collector inventory import"
	}
	return s
}

// workdays counts the working days of the month up to the end of what was
// counted, and those that rest on no published notice.
func (g *gathering) workdays() (n, estimated int) {
	last := calendar.DateOf(g.span(g.month).To.Add(-time.Second).In(store.Zone()))
	for d := g.month.First(); !d.After(g.month.Last()) && !d.After(last); d = d.AddDays(1) {
		works, guess := g.calendar.Working(d)
		if works {
			n++
		}
		if works && guess {
			estimated++
		}
	}
	return n, estimated
}

// facts reads the figures of a month and the use of storage, nil where no host was
// allocated in it: then nothing is known, and nothing is compared with it.
func (g *gathering) facts(ctx context.Context, m calendar.Month) (*report.Facts, []report.Storage, error) {
	g.say("figures of " + m.String())
	known, err := g.monthFacts(ctx, m)
	if err != nil || len(known.Hosts) == 0 {
		return nil, nil, err
	}
	f := &report.Facts{
		Observed: map[string]report.Observed{}, Hosts: hostFacts(known.Hosts), Systems: known.Systems, Units: known.Units, Provider: known.Provider,
	}
	for id, c := range known.Coverage {
		f.Observed[id] = report.Observed{Allocated: c.Allocated, Observed: c.Observed, Off: c.Off, Hosts: c.Hosts}
	}
	return f, storageOf(known.Hosts), nil
}

// monthFacts are the facts of the provider as the last run of judging saw them, so that the
// report tells what was judged. Those of a month that was not judged when it was over are
// computed from the series.
func (g *gathering) monthFacts(ctx context.Context, m calendar.Month) (*store.ProviderMonth, error) {
	run, ok := g.run, true
	if m != g.month {
		var err error
		if run, ok, err = g.db.LastRun(ctx, m); err != nil {
			return nil, err
		}
	}
	if ok && (m == g.month || !run.Open) {
		known, ok, err := g.db.SavedMonth(ctx, run, g.provider)
		if m == g.month {
			g.readAt = known.ReadAt
		}
		if err != nil || ok {
			return known, err
		}
	}
	return g.db.ProviderMonth(ctx, g.span(m), g.gate)
}

func reportHost(h *store.HostFacts) report.HostFacts {
	return report.HostFacts{
		ID: h.HostID, System: h.System, VCPU: h.VCPU, MemoryMiB: h.MemoryMiB, DiskGiB: h.DiskGiB, Standby: h.Standby, AtEnd: h.AtEnd,
		AllocatedSeconds: h.AllocatedSeconds, ObservedSeconds: h.ObservedSeconds, OffSeconds: h.OffSeconds, Facts: h.Facts,
	}
}

// hostFacts turns the facts of hosts into what the report takes.
func hostFacts(hosts []store.HostFacts) (out []report.HostFacts) {
	for i := range hosts {
		out = append(out, reportHost(&hosts[i]))
	}
	return out
}

// storageOf returns the first and last use of storage of the hosts that told it.
func storageOf(hosts []store.HostFacts) (out []report.Storage) {
	for i := range hosts {
		if s := &hosts[i].Storage; !s.FirstAt.IsZero() {
			out = append(out, report.Storage{
				Host: hosts[i].HostID, FirstAt: s.FirstAt.In(store.Zone()), LastAt: s.LastAt.In(store.Zone()), FirstMiB: s.FirstMiB, LastMiB: s.LastMiB,
			})
		}
	}
	return out
}

func (g *gathering) senders(ctx context.Context, span store.Span) (out []report.Sender, err error) {
	senders, err := g.db.Senders(ctx, span)
	for _, s := range senders {
		out = append(out, report.Sender{
			Host: s.HostID, ObservedSeconds: s.ObservedSeconds, FirstAt: s.FirstAt.In(store.Zone()), LastAt: s.LastAt.In(store.Zone()),
			ClockOffset: s.ClockOffset, Allocated: s.Allocated,
			// What comes after a month was closed is told with the report, whenever that is printed.
			Changed: !g.closed && s.DerivedAt.After(g.readAt),
		})
	}
	return out, err
}

// findings reads the findings of the run on the systems and on the disks of the provider with their
// facts, and on its hosts without: the report has those of a host from the month itself. Build leaves
// those out that have no host in the month.
func (g *gathering) findings(ctx context.Context) (out []report.Finding, err error) {
	n := 0
	err = g.db.EachFinding(ctx, g.run, rules.Host, func(f *store.Finding) error {
		n++
		subject := f.Subject.ID
		if f.Subject.Kind != rules.InformationSystem {
			var ours bool
			if subject, ours = strings.CutPrefix(subject, HostSubject(g.provider, "")); !ours {
				return nil
			}
		}
		r := report.Finding{
			Rule: f.RuleID, Kind: f.Subject.Kind, Subject: subject, Verdict: string(f.Verdict), State: f.State, Met: f.PeriodsMet,
			Window: f.Window, Missing: f.Missing, Reason: f.Reason, Proposal: f.Proposal,
		}
		if f.Exemption != nil {
			r.Exemption = &report.Exemption{Kind: f.Exemption.Kind, Reason: f.Exemption.Reason, Approver: f.Exemption.Approver, Expires: f.Exemption.Expires}
		}
		for _, p := range f.Facts {
			r.Periods = append(r.Periods, report.Period{Start: p.Start, Facts: p.Facts})
		}
		out = append(out, r)
		return nil
	})
	slices.SortFunc(out, func(a, b report.Finding) int {
		return cmp.Or(cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Subject, b.Subject))
	})
	if err == nil && n != int(g.run.Findings) {
		err = fmt.Errorf("the run has %d findings, of which %d are there: run yunjian-collector judge --month %s again", g.run.Findings, n, g.month)
	}
	return out, err
}

func reportRules(pack rules.Pack, month calendar.Month) (out []report.Rule) {
	for _, r := range rulesOf(pack, month) {
		rule := report.Rule{
			ID: r.ID, Version: r.Version, Hash: r.Hash, Subject: r.Subject, Title: r.Title, Basis: r.Basis, ApprovedBy: r.ApprovedBy,
			EffectiveFrom: r.EffectiveFrom, Period: r.Period, Window: r.Window, MinValid: r.MinValid,
			Require: slices.Clone(r.Require), When: r.When, Exempt: slices.Clone(r.Exempt), Proposal: r.Proposal,
		}
		for _, n := range r.Needs {
			rule.Needs = append(rule.Needs, report.Term{Name: n.Name, Title: n.Title})
		}
		for _, p := range r.Parameters {
			rule.Parameters = append(rule.Parameters, report.Parameter{Name: p.Name, Title: p.Title, Value: p.Value, Unit: p.Unit})
		}
		out = append(out, rule)
	}
	return out
}
