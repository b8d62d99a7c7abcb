package collector

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"os"
	"slices"
	"time"

	"github.com/yunjian-io/yunjian/collector/inventory"
	"github.com/yunjian-io/yunjian/collector/store"
	"github.com/yunjian-io/yunjian/rules"
	"github.com/yunjian-io/yunjian/rules/calendar"
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
	Run      store.JudgeRun  `json:"run"`
	Findings []store.Finding `json:"findings"`
	// Retention are the verdicts on logs (Art. 31).
	Retention []store.RetentionVerdict `json:"retention"`
}

// hostCoverageGate is the F1 that a host must reach to count among the covered
// vCPUs of its system (reports.md E 2).
const hostCoverageGate = 0.90

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
	findings, err := j.all(ctx)
	if err != nil {
		return nil, err
	}
	say("judging the logs")
	verdicts, err := j.logs(ctx, logs)
	if err != nil {
		return nil, err
	}
	run := store.JudgeRun{
		Run: uint64(now.UnixNano()), Month: month, JudgedAt: now, Open: j.open(),
		PackHash: j.packHash(), Program: program, Findings: uint32(len(findings)),
	}
	say("storing the findings")
	if err := db.SaveRetention(ctx, run, verdicts); err != nil {
		return nil, err
	}
	return &Judgement{run, findings, verdicts}, db.SaveFindings(ctx, run, findings)
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
	exemptions map[rules.Subject][]rules.Exemption
}

func (j *judge) open() bool { return j.month.End(store.Zone()).After(j.now) }

func (j *judge) packHash() string {
	h := sha256.New()
	for _, r := range rulesOf(j.pack, j.month) {
		fmt.Fprintln(h, r.ID, r.Hash)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// rulesOf returns the rules by which a month is judged, those of systems first.
func rulesOf(pack rules.Pack, month calendar.Month) []rules.Rule {
	return slices.Concat(pack.Rules(month, rules.InformationSystem), pack.Rules(month, rules.Host))
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
	j.exemptions = map[rules.Subject][]rules.Exemption{}
	for _, e := range j.inventory.Exemptions {
		subject := rules.Subject{Kind: e.SubjectKind, ID: e.Subject}
		j.exemptions[subject] = append(j.exemptions[subject], rules.Exemption{Kind: e.Kind, Reason: e.Reason, Approver: e.Approver, Expires: e.Expires})
	}
	return nil
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
		if e.SubjectKind == rules.Host {
			subject.ID = HostSubject(e.Provider, e.Subject)
		}
		j.exemptions[subject] = append(j.exemptions[subject], rules.Exemption{Kind: e.Kind, Reason: e.Reason, Approver: e.Approver, Expires: e.Until})
	}
	return nil
}

// exempted are the exemptions of a subject, by its identifier in the inventory and, for
// a host, with its provider.
func (j *judge) exempted(s *subject) []rules.Exemption {
	out := j.exemptions[rules.Subject{Kind: s.Subject.Kind, ID: s.name}]
	if s.name != s.Subject.ID {
		out = slices.Concat(out, j.exemptions[s.Subject])
	}
	return out
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

func (j *judge) all(ctx context.Context) ([]store.Finding, error) {
	months, days := 0, 0
	for _, r := range slices.Concat(j.pack.Rules(j.month, rules.InformationSystem), j.pack.Rules(j.month, rules.Host)) {
		if r.Period == rules.ByDay {
			days = max(days, r.Window)
		} else {
			months = max(months, r.Window)
		}
	}
	systems, hosts := newCases(rules.InformationSystem, j.month, j.open()), newCases(rules.Host, j.month, j.open())
	for i := months - 1; i >= 0; i-- {
		m := j.month.Add(-i)
		j.say("facts of " + m.String())
		if err := j.monthFacts(ctx, m, systems, hosts); err != nil {
			return nil, err
		}
	}
	daily := newCases(rules.Host, j.month, j.open())
	if days > 0 {
		j.say("facts by day")
		if err := j.dayFacts(ctx, days, hosts, daily); err != nil {
			return nil, err
		}
	}
	var findings []store.Finding
	for _, c := range []*cases{systems, hosts, daily} {
		found, err := j.apply(c, c == daily)
		if err != nil {
			return nil, err
		}
		findings = append(findings, found...)
	}
	return findings, nil
}

// cases gathers the periods of many subjects.
type cases struct {
	kind  string
	month calendar.Month
	open  bool
	by    map[string]*subject
}

// subject is a case in the making, and whom it concerns.
type subject struct {
	rules.Case
	name           string // identifier in the inventory, by which it is exempted
	provider, unit string
}

func newCases(kind string, month calendar.Month, open bool) *cases {
	return &cases{kind, month, open, map[string]*subject{}}
}

func (c *cases) add(id string, start calendar.Date, facts map[string]float64) *subject {
	s := c.by[id]
	if s == nil {
		s = &subject{Case: rules.Case{Subject: rules.Subject{Kind: c.kind, ID: id}, Month: c.month, Open: c.open}}
		c.by[id] = s
	}
	s.Periods = append(s.Periods, rules.Period{Start: start, Facts: facts})
	return s
}

// HostSubject is the identifier of a host as a subject of rules.
func HostSubject(provider, hostID string) string { return provider + "/" + hostID }

func (j *judge) monthFacts(ctx context.Context, m calendar.Month, systems, hosts *cases) error {
	span := j.span(m)
	perHost, err := j.db.HostFacts(ctx, span)
	if err != nil {
		return err
	}
	providers := map[string]string{}
	for i := range perHost {
		h := &perHost[i]
		if ratio, ok := h.Coverage(); ok {
			h.Facts["coverage"] = ratio
		}
		h.Facts["vcpu"], h.Facts["memory_gib"] = float64(h.VCPU), float64(h.MemoryMiB)/1024
		j.sinceCutover(h.Facts, h.System)
		s := hosts.add(HostSubject(h.Provider, h.HostID), m.First(), h.Facts)
		s.name, s.provider, s.unit = h.HostID, h.Provider, j.systems[h.System].Unit
		providers[h.System] = h.Provider
	}
	covered, err := j.db.Coverage(ctx, span, hostCoverageGate)
	if err != nil {
		return err
	}
	facts, err := j.db.SystemFacts(ctx, span)
	if err != nil {
		return err
	}
	for id, c := range covered {
		f := facts[id]
		if f == nil {
			f = map[string]float64{}
		}
		if ratio, ok := c.Coverage(); ok {
			f["coverage"] = ratio
		}
		if c.VCPUSeconds > 0 {
			f["covered_vcpu_share"] = c.CoveredVCPUSeconds / c.VCPUSeconds
		}
		f["hosts"] = float64(c.Hosts)
		j.sinceCutover(f, id)
		s := systems.add(id, m.First(), f)
		s.name, s.provider, s.unit = id, providers[id], j.systems[id].Unit
	}
	return nil
}

// sinceCutover sets the fact months_since_cutover as of the end of the judged
// month (Art. 20), where the day of cut-over is known.
func (j *judge) sinceCutover(facts map[string]float64, system string) {
	cutover := j.systems[system].Cutover
	if cutover.IsZero() {
		return
	}
	end := j.month.Next().First()
	n := 0
	for n < 1200 && !cutover.AddMonths(n+1).After(end) {
		n++
	}
	facts["months_since_cutover"] = float64(n)
}

// dayFacts adds the days of the window of the daily rules. Only hosts that are
// allocated in the judged month are subjects.
func (j *judge) dayFacts(ctx context.Context, days int, hosts, daily *cases) error {
	span := j.span(j.month)
	span.From = j.month.Next().First().AddDays(-days).In(store.Zone())
	facts, err := j.db.DayFacts(ctx, span)
	if err != nil {
		return err
	}
	last := calendar.DateOf(span.To.Add(-time.Second).In(store.Zone()))
	for id, h := range hosts.by {
		for d := calendar.DateOf(span.From); !d.After(last); d = d.AddDays(1) {
			if len(h.Periods) > 0 && h.Periods[len(h.Periods)-1].Start == j.month.First() {
				s := daily.add(id, d, map[string]float64{})
				s.name, s.provider, s.unit = h.name, h.provider, h.unit
				if months, ok := h.Periods[len(h.Periods)-1].Facts["months_since_cutover"]; ok {
					s.Periods[len(s.Periods)-1].Facts["months_since_cutover"] = months
				}
			}
		}
	}
	for _, f := range facts {
		s := daily.by[HostSubject(f.Provider, f.HostID)]
		if s == nil {
			continue
		}
		day := calendar.DateOf(f.Day)
		for i := range s.Periods {
			if s.Periods[i].Start == day {
				maps.Copy(s.Periods[i].Facts, f.Facts)
			}
		}
	}
	return nil
}

// apply judges the cases by the rules of their kind and period, in the order of
// rules and subjects.
func (j *judge) apply(c *cases, daily bool) (findings []store.Finding, err error) {
	ids := make([]string, 0, len(c.by))
	for id, s := range c.by {
		// A subject that is no longer allocated in the month is not judged in it.
		if daily || s.Periods[len(s.Periods)-1].Start == j.month.First() {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	for _, r := range j.pack.Rules(j.month, c.kind) {
		if (r.Period == rules.ByDay) != daily {
			continue
		}
		for _, id := range ids {
			s := c.by[id]
			s.Exemptions = j.exempted(s)
			f, err := r.Judge(s.Case)
			if err != nil {
				return nil, err
			}
			findings = append(findings, store.Finding{Finding: f, Provider: s.provider, Unit: s.unit})
		}
	}
	return findings, nil
}
