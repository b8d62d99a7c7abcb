package collector

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/yunjian-io/yunjian/collector/report"
	"github.com/yunjian-io/yunjian/collector/store"
	"github.com/yunjian-io/yunjian/rules"
	"github.com/yunjian-io/yunjian/rules/calendar"
	"github.com/yunjian-io/yunjian/rules/dated"
	"github.com/yunjian-io/yunjian/rules/proposal"
	"github.com/yunjian-io/yunjian/rules/rightsize"
)

// Notices holds what the notices of a provider and month are made of (reports.md part C).
type Notices struct {
	in      report.NoticeInput // of all units, without proceedings
	machine proposal.Machine
	records []store.ProposalRecord
	asOf    calendar.Date // zero: the last step that is recorded
}

// GatherNotices reads the proposals of a month and what they rest on. The month must have
// been judged, by the rules of pack. The forms show the state as of a day; without one, as
// of the last step that is recorded, so that the same data give the same bytes.
func GatherNotices(ctx context.Context, db *Database, pack rules.Pack, month calendar.Month, provider, program string, asOf calendar.Date, say func(string)) (*Notices, error) {
	g := gather(db, pack, month, provider, say)
	n := &Notices{asOf: asOf}
	if err := n.gather(ctx, db, &g, pack); err != nil {
		return nil, fmt.Errorf("notice %s of provider %q: %w", month, provider, err)
	}
	n.in.Program = program
	return n, nil
}

func (n *Notices) gather(ctx context.Context, db *Database, g *gathering, pack rules.Pack) (err error) {
	if err = g.judgedRun(ctx, pack); err != nil {
		return err
	}
	if judged := calendar.DateOf(g.run.JudgedAt); !n.asOf.IsZero() && n.asOf.Before(judged) {
		return fmt.Errorf("as of %s is before the month was judged on %s", n.asOf, judged)
	}
	if n.machine, err = db.machine(ctx); err != nil {
		return err
	}
	g.calendar = n.machine.Calendar
	known, err := db.Inventory(ctx)
	if err != nil {
		return err
	}
	var parts report.Input
	if err = parties(&parts, known, g.provider); err != nil {
		return err
	}
	n.in = report.NoticeInput{
		Period: g.month, Open: g.run.Open, Through: g.span(g.month).To.In(store.Zone()), JudgedAt: g.run.JudgedAt, JudgedBy: g.run.Program,
		Version: g.version, Provider: parts.Provider, Units: parts.Units, Systems: parts.Systems, Rules: reportRules(pack, g.month),
	}
	if n.in.Limits, err = db.limits(g.month); err != nil {
		return err
	}
	if n.records, err = db.Store.Proposals(ctx, store.ProposalFilter{Slice: store.Slice{Provider: g.provider}}); err != nil {
		return err
	}
	n.records = slices.DeleteFunc(n.records, func(r store.ProposalRecord) bool { return r.Month.Compare(g.month) > 0 })
	if n.in.Findings, err = g.findings(ctx); err != nil {
		return err
	}
	return n.evidence(ctx, g)
}

// limits are those of recommendations in a month: the built-in ones in a database that was
// not opened by a configuration.
func (d *Database) limits(month calendar.Month) (rightsize.Settings, error) {
	advice := d.advice
	if len(advice) == 0 {
		var err error
		if advice, err = LoadAdvice(""); err != nil {
			return rightsize.Settings{}, err
		}
	}
	return dated.On(advice, month.First()), nil
}

// evidenceMonths is how many months C2 shows at least.
const evidenceMonths = 3

// evidence reads what the systems of the month's proposals did.
func (n *Notices) evidence(ctx context.Context, g *gathering) error {
	var systems []string
	for _, r := range n.records {
		if r.Month == g.month {
			systems = append(systems, r.System)
		}
	}
	months := evidenceMonths
	for _, r := range n.in.Rules {
		if r.ID == rules.LowUtilization {
			months = max(months, r.Window)
		}
	}
	n.in.Evidence = map[string][]report.Evidence{}
	if len(systems) == 0 {
		return nil
	}
	for i := months - 1; i >= 0; i-- {
		month := g.month.Add(-i)
		g.say("evidence of " + month.String())
		err := g.db.EachProfile(ctx, g.span(month), systems, g.gate, func(p *store.Profile) error {
			e := evidenceOf(month, p)
			if i > 0 {
				e.Hosts = nil // the notice shows those of the judged month
			}
			n.in.Evidence[p.System] = append(n.in.Evidence[p.System], e)
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func evidenceOf(month calendar.Month, p *store.Profile) report.Evidence {
	e := report.Evidence{
		Month:    month,
		Observed: report.Observed{Allocated: p.Coverage.Allocated, Observed: p.Coverage.Observed, Off: p.Coverage.Off, Hosts: p.Coverage.Hosts},
		CPU:      courseOf(p.CPU), Memory: courseOf(p.Memory), Storage: courseOf(p.Storage), Network: courseOf(p.Network),
	}
	for _, d := range p.Days {
		e.Days = append(e.Days, report.Daily{Day: d.Day, CPU: figureOf(d.CPU), Memory: figureOf(d.Memory)})
	}
	for i := range p.Hosts {
		e.Hosts = append(e.Hosts, reportHost(&p.Hosts[i]))
	}
	return e
}

func courseOf(c *store.Course) *report.Course {
	if c == nil {
		return nil
	}
	return &report.Course{
		Mean: report.Of(c.Mean), P95: report.Of(c.P95), Max: report.Of(c.Max), MaxAt: c.MaxAt.In(store.Zone()),
		WorkMean: figureOf(c.WorkMean), WorkP95: figureOf(c.WorkP95),
	}
}

func figureOf(v *float64) report.Figure {
	if v == nil {
		return report.Figure{}
	}
	return report.Of(*v)
}

// Units are the codes of the using units with a proposal of the month, in order.
func (n *Notices) Units() []string {
	codes := map[string]bool{}
	for _, r := range n.records {
		if r.Month == n.in.Period {
			codes[r.Unit] = true
		}
	}
	return slices.Sorted(maps.Keys(codes))
}

// Unit is what the notice to a using unit is made of.
func (n *Notices) Unit(code string) report.NoticeInput {
	in := n.as(func(r *store.ProposalRecord) bool { return r.Unit == code && r.Month == n.in.Period })
	return in.Extract(code)
}

// Office is what the summary for the office is made of: the proposals of the month, and those
// of earlier months that are open.
func (n *Notices) Office() report.NoticeInput {
	in := n.as(func(*store.ProposalRecord) bool { return true })
	in.Proceedings = slices.DeleteFunc(in.Proceedings, func(p report.Proceeding) bool { return p.Month != in.Period && !p.Open() })
	in.Evidence, in.Findings = nil, nil // the notices to the units have them
	return in
}

// as folds some of the proposals as of the day of their report.
func (n *Notices) as(about func(*store.ProposalRecord) bool) report.NoticeInput {
	in := n.in
	in.AsOf = n.asOf
	var records []*store.ProposalRecord
	for i := range n.records {
		if about(&n.records[i]) {
			records = append(records, &n.records[i])
		}
	}
	if in.AsOf.IsZero() {
		in.AsOf = calendar.DateOf(in.JudgedAt)
		for _, r := range records {
			for _, e := range r.Events {
				if day := n.machine.Day(e.At); e.Kind != proposal.KindFound && day.After(in.AsOf) {
					in.AsOf = day
				}
			}
		}
	}
	in.Workflow = n.machine.Schedule.On(in.AsOf)
	for _, r := range records {
		in.Proceedings = append(in.Proceedings, proceeding(n.machine, r, in.Provider.ID, in.AsOf))
	}
	slices.SortFunc(in.Proceedings, func(a, b report.Proceeding) int {
		return cmp.Or(a.Month.Compare(b.Month), strings.Compare(a.System, b.System))
	})
	return in
}

// proceeding folds a proposal as of a day, with the items of one provider.
func proceeding(m proposal.Machine, r *store.ProposalRecord, provider string, day calendar.Date) report.Proceeding {
	var events []proposal.Event
	for i := range r.Events {
		if !m.Day(r.Events[i].At).After(day) {
			events = append(events, r.Events[i].Event)
		}
	}
	p, _ := m.Replay(r.Head, events)
	v := ProposalView{Proposal: p}
	v.only(provider)
	return report.NewProceeding(m, v.Proposal, events, day)
}

// buildNotices makes the notice of each using unit and the summary for the office, or the
// notice of one unit.
func buildNotices(ctx context.Context, ask BuildAsk) ([]Part, error) {
	n, err := GatherNotices(ctx, ask.DB, ask.Pack, ask.Month, ask.Provider, ask.Program, ask.AsOf, ask.Say)
	if err != nil {
		return nil, err
	}
	units := n.Units()
	var inputs []report.NoticeInput
	switch {
	case ask.Unit == "":
		inputs = append(inputs, n.Office())
	case slices.Contains(units, ask.Unit):
		units = []string{ask.Unit}
	default:
		return nil, fmt.Errorf("no proposal of %s concerns unit %q: they concern %s", ask.Month, ask.Unit, cmp.Or(strings.Join(units, ", "), "none; proposals are opened when a month that is over is judged"))
	}
	for _, u := range units {
		inputs = append(inputs, n.Unit(u))
	}
	var parts []Part
	for _, in := range inputs {
		parts = append(parts, func() (Built, error) {
			notice, err := report.BuildNotice(in)
			if err != nil {
				return Built{}, err
			}
			d, err := report.ComposeNotice(notice)
			return Built{d, notice.Edition(), notice}, err
		})
	}
	return parts, nil
}
