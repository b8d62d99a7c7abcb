package collector

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/yunjian-io/yunjian/collector/inventory"
	"github.com/yunjian-io/yunjian/collector/store"
	"github.com/yunjian-io/yunjian/rules"
	"github.com/yunjian-io/yunjian/rules/calendar"
	"github.com/yunjian-io/yunjian/rules/rightsize"
)

// LoadRules returns the rules of a folder, or the built-in ones where dir is empty.
func LoadRules(dir string) (rules.Pack, error) {
	if dir == "" {
		return rules.DefaultPack()
	}
	return rules.Load(os.DirFS(dir))
}

// Judgement is what a run of judging found.
type Judgement struct {
	Run store.JudgeRun `json:"run"`
	// Counts are the findings by rule, verdict and state; they themselves are stored.
	Counts []FindingCount `json:"counts"`
	// Actions are how many hosts each class of action is recommended for.
	Actions map[rightsize.Action]int `json:"actions"`
	// Logs counts the verdicts on logs by their name (Art. 31), in LogPeriod; they
	// themselves are stored.
	Logs      map[string]int `json:"logs"`
	LogPeriod string         `json:"log_period"`
}

// FindingCount says how many subjects a rule finds in a state.
type FindingCount struct {
	RuleID   string        `json:"rule_id"`
	Verdict  rules.Verdict `json:"verdict"`
	State    string        `json:"state"`
	Subjects int           `json:"subjects"`
}

// coverageGate is the F1 that a host must reach to count among the covered vCPUs of its
// system (reports.md E 2): what the rule on hosts requires of their own data, or 90 %,
// as E 2 has it, where no such rule is in effect.
func coverageGate(pack rules.Pack, month calendar.Month) float64 {
	for _, r := range pack.Rules(month, rules.Host) {
		if r.ID != rules.LowUtilizationHost {
			continue
		}
		for _, p := range r.Parameters {
			if p.Name == "coverage_min" {
				return p.Value
			}
		}
	}
	return 0.90
}

// Judge judges a month by the rules in effect and stores the findings. A month
// that is not over is judged up to now and marked open. Judging again gives the
// same findings as long as data, inventory and rules are the same. The logs are judged
// by the rules of Art. 31 as of the end of the month, or of now. say is told what is
// being done.
func Judge(ctx context.Context, db *Database, pack rules.Pack, logs LogRules, month calendar.Month, now time.Time, program string, say func(string)) (*Judgement, error) {
	if !month.Start(store.Zone()).Before(now) {
		return nil, fmt.Errorf("judge %s: the month has not begun", month)
	}
	say("deriving what is pending")
	if _, err := db.Derive(ctx, now.Add(time.Second)); err != nil {
		return nil, err
	}
	j := judge{db: db.Store, pack: pack, month: month, now: now, say: say}
	if err := j.prepare(ctx); err != nil {
		return nil, err
	}
	if err := j.reviewed(ctx, db); err != nil {
		return nil, err
	}
	limits, err := db.limits(month)
	if err != nil {
		return nil, err
	}
	run := store.JudgeRun{Run: uint64(now.UnixNano()), Month: month, JudgedAt: now, Open: j.open(), Program: program}
	if run.PackHash, err = packHash(pack, limits, month); err != nil {
		return nil, err
	}
	advisor, history, err := j.advisor(limits)
	if err != nil {
		return nil, err
	}
	out := &Judgement{Actions: map[rightsize.Action]int{}, Logs: map[string]int{}}
	counts := map[FindingCount]int{}
	named := run // does not change while it is stored
	// The verdicts on logs follow from nothing that is found about use.
	say("judging use and logs")
	work, working := errgroup.WithContext(ctx)
	work.Go(func() (err error) {
		run.Findings, err = j.usage(working, named, advisor, history, counts, out.Actions)
		return err
	})
	work.Go(func() error {
		return j.logs(working, logs, func(verdicts []store.RetentionVerdict) error {
			for i := range verdicts {
				out.Logs[verdicts[i].Name()]++
				out.LogPeriod = verdicts[i].Period
			}
			return db.SaveRetention(working, named, verdicts)
		})
	})
	if err := work.Wait(); err != nil {
		return nil, err
	}
	out.Run = run
	for c, n := range counts {
		c.Subjects = n
		out.Counts = append(out.Counts, c)
	}
	slices.SortFunc(out.Counts, func(a, b FindingCount) int {
		return cmp.Or(cmp.Compare(a.RuleID, b.RuleID), cmp.Compare(a.Verdict, b.Verdict), cmp.Compare(a.State, b.State))
	})
	return out, db.SaveRun(ctx, run)
}

// usage judges hosts, systems and disks, recommends sizes, and stores both for a run. It
// counts the findings, each kind of them, and the actions that it recommends.
func (j *judge) usage(ctx context.Context, run store.JudgeRun, advisor *rightsize.Advisor, history store.Span, counts map[FindingCount]int, actions map[rightsize.Action]int) (found uint32, err error) {
	reclaim := map[string]string{} // why a rule wants a host back, by subject
	assessing, assessed := j.assess(ctx, advisor)
	// What is found is stored while the next hosts are read, in its order.
	storing, stored := errgroup.WithContext(assessed)
	storing.SetLimit(1)
	save := func(findings []store.Finding) {
		for i := range findings {
			f := &findings[i]
			counts[FindingCount{RuleID: f.RuleID, Verdict: f.Verdict, State: f.State}]++
			if f.Subject.Kind == rules.Host && f.Verdict == rules.Fail && f.Proposal == string(rightsize.Reclaim) {
				reclaim[f.Subject.ID] = f.Reason
			}
		}
		found += uint32(len(findings))
		storing.Go(func() error { return j.db.AddFindings(stored, run, findings) })
	}
	err = j.all(stored, history, assessing.host, func(f store.RunFacts) {
		storing.Go(func() error { return j.db.SaveFacts(stored, run, f) })
	}, save)
	if err == nil {
		err = j.volumes(save)
	}
	if err := realErrors(storing.Wait(), err, assessing.wait()); err != nil {
		return 0, err
	}
	j.say("recommending sizes")
	for part := range assessing.recommend(reclaim) {
		if err := j.db.SaveRecommendations(ctx, run, part); err != nil {
			return 0, err
		}
		for i := range part {
			actions[part[i].Action]++
		}
	}
	return found, nil
}

// realErrors joins errors of work that is done side by side, without those that say only
// that other work has failed.
func realErrors(all ...error) error {
	found := errors.Join(slices.DeleteFunc(slices.Clone(all), func(err error) bool { return errors.Is(err, context.Canceled) })...)
	if found != nil {
		return found
	}
	return cmp.Or(all...)
}

// judge holds what a run needs.
type judge struct {
	db         *store.Store
	pack       rules.Pack
	month      calendar.Month
	now        time.Time
	say        func(string)
	calendar   calendar.Calendar
	inventory  inventory.Batch
	systems    map[string]inventory.System
	exemptions exemptions
	deliveries deliveries
}

func (j *judge) open() bool { return j.month.End(store.Zone()).After(j.now) }

// packHash is over all by which a month is judged: the rules, and the limits of
// recommendations. A report is made only by what its month was judged by.
func packHash(pack rules.Pack, limits rightsize.Settings, month calendar.Month) (string, error) {
	h := sha256.New()
	for _, r := range rulesOf(pack, month) {
		fmt.Fprintln(h, r.ID, r.Hash)
	}
	if err := json.NewEncoder(h).Encode(limits); err != nil {
		return "", fmt.Errorf("hash limits of recommendations: %w", err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// rulesOf returns the rules by which a month is judged, those of systems first.
func rulesOf(pack rules.Pack, month calendar.Month) (out []rules.Rule) {
	for _, kind := range rules.SubjectKinds() {
		out = append(out, pack.Rules(month, kind)...)
	}
	return out
}

func (j *judge) prepare(ctx context.Context) (err error) {
	if j.calendar, err = LoadCalendar(ctx, j.db); err != nil {
		return err
	}
	if j.inventory, err = j.db.Inventory(ctx); err != nil {
		return err
	}
	j.systems = map[string]inventory.System{}
	for _, s := range j.inventory.Systems {
		j.systems[s.ID] = s
	}
	j.exemptions = newExemptions(j.inventory, j.say)
	j.deliveries, err = j.delivered(ctx)
	return err
}

// reviewed adds the exemptions that follow from proposals: from the day of the approval
// on, so that the months before are judged as they were.
func (j *judge) reviewed(ctx context.Context, db *Database) error {
	granted, err := db.ProposalExemptions(ctx)
	if err != nil {
		return err
	}
	for _, e := range granted {
		if e.From.After(j.month.Last()) {
			continue
		}
		subject := rules.Subject{Kind: e.SubjectKind, ID: e.Subject}
		if e.SubjectKind != rules.InformationSystem {
			subject.ID = HostSubject(e.Provider, e.Subject)
		}
		j.exemptions[subject] = append(j.exemptions[subject], rules.Exemption{Kind: e.Kind, Reason: e.Reason, Approver: e.Approver, Expires: e.Until})
	}
	return nil
}

// span is the time of a month up to now.
func (j *judge) span(m calendar.Month) store.Span {
	return MonthSpan(j.calendar, m, j.now)
}

// MonthSpan is the time of a month, up to now where it is not over, with its working days.
func MonthSpan(c calendar.Calendar, m calendar.Month, now time.Time) store.Span {
	s := store.Span{From: m.Start(store.Zone()), To: m.End(store.Zone()), Workdays: []string{}}
	if now.Before(s.To) {
		s.To = now.Truncate(5 * time.Minute)
	}
	for d := m.First(); !d.After(m.Last()); d = d.AddDays(1) {
		if works, _ := c.Working(d); works {
			s.Workdays = append(s.Workdays, d.String())
		}
	}
	return s
}

// findingBatch is how many findings are stored at once, at least, and factBatch of how many
// hosts the facts.
const (
	findingBatch = 5000
	factBatch    = 2000
)

// all judges group by group, hands the facts and the findings over in batches, and the
// series of the hosts over a span to history. keep and save may return before they are
// done: what was handed over is not changed any more.
func (j *judge) all(ctx context.Context, span store.Span, history func(*store.HostSeries) error, keep func(store.RunFacts), save func([]store.Finding)) error {
	months, days := 1, 0
	for _, r := range rulesOf(j.pack, j.month) {
		if r.Period == rules.ByDay {
			days = max(days, r.Window)
		} else {
			months = max(months, r.Window)
		}
	}
	ask := store.GroupAsk{History: span, Gate: coverageGate(j.pack, j.month)}
	for i := months - 1; i >= 0; i-- {
		ask.Months = append(ask.Months, j.span(j.month.Add(-i)))
	}
	if days > 0 {
		ask.Days = j.span(j.month)
		ask.Days.From = j.month.Next().First().AddDays(-days).In(store.Zone())
	}
	var findings []store.Finding
	var facts store.RunFacts
	hosts, told := 0, 0
	err := j.db.EachGroup(ctx, ask, history, func(g store.GroupFacts) error {
		if facts.Add(&g); len(facts.Hosts) >= factBatch {
			keep(facts)
			facts = store.RunFacts{} // they are keep's now
		}
		found, err := j.group(g, ask.Days)
		if err != nil {
			return err
		}
		if hosts += len(g.Months[len(g.Months)-1].Hosts); hosts >= told+10_000 {
			told = hosts
			j.say(fmt.Sprintf("%d hosts judged", hosts))
		}
		if findings = append(findings, found...); len(findings) < findingBatch {
			return nil
		}
		save(findings)
		findings = nil // they are save's now
		return nil
	})
	if err == nil {
		keep(facts)
		save(findings)
	}
	return err
}

// group judges the systems and hosts of a group.
func (j *judge) group(g store.GroupFacts, window store.Span) (findings []store.Finding, err error) {
	systems, hosts := newCases(rules.InformationSystem, j.month, j.open()), newCases(rules.Host, j.month, j.open())
	for i := range g.Months {
		j.monthFacts(&g.Months[i], j.month.Add(i+1-len(g.Months)), systems, hosts)
	}
	daily := newCases(rules.Host, j.month, j.open())
	if !window.From.IsZero() {
		dayFacts(j.month, window, g.Days, hosts, daily)
	}
	for _, c := range []*cases{systems, hosts, daily} {
		found, err := j.apply(c, c == daily)
		if err != nil {
			return nil, err
		}
		findings = append(findings, found...)
	}
	return findings, nil
}
