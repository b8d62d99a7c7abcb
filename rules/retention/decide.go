package retention

import (
	"math"
	"time"

	"github.com/yunjian-io/yunjian/rules/calendar"
)

// judge holds the facts that one decision derives from a source.
type judge struct {
	src        Source
	period     Period
	now        time.Time
	zone       *time.Location
	today      calendar.Date
	obligation calendar.Date
	end        time.Time // of the window: now, or the end of the scope
	asOf       time.Time // of the evidence: the last report
	ended      bool      // the system is decommissioned
	gone       bool      // and its host reports no more

	blind          []Reason // why the evidence of the host does not count
	records        []interval
	localStart     time.Time
	lastRecord     time.Time
	down, claimed  []interval // confirmed downtime, and all of it
	usedRemote     bool
	missing        []Days
	reasons, notes []Reason
}

// Decide judges one source at the instant now. Days are those of now's zone, which
// has to be the zone of the platform. Every reason that holds is kept; the first by
// precedence gives the verdict.
func Decide(src Source, now time.Time, period Period) Decision {
	j := newJudge(src, now, period)
	d := Decision{
		Source: src.Identity, Period: j.period, Today: j.today, Mandatory: src.Scope.Mandatory,
		RequiredFrom: j.period.RequiredFrom(j.today), Obligation: j.obligation,
	}
	if until := j.period.KeepUntil(src.Scope.End); j.ended && until.Before(j.today) {
		d.Verdict, d.Notes = OutOfScope, []Reason{{Code: ObligationEnded, From: until}}
		return d
	}
	if src.Scope.Start.After(j.today) {
		d.Verdict, d.AccountableFrom = NotYetAccountable, j.period.KeepUntil(src.Scope.Start)
		d.Notes = []Reason{{Code: NotYetInService, From: src.Scope.Start}}
		return d
	}
	j.blindness()
	j.local()
	expired := j.integrity()
	j.writer()
	whole := j.cover(expired)
	f := j.forecast()
	j.risks(f, whole)
	j.describe(&d, f, whole)
	d.conclude(j)
	d.Remedy = j.remedy(d, f)
	return d
}

func newJudge(src Source, now time.Time, period Period) *judge {
	j := &judge{
		src: src, period: period.normal(), now: now, zone: now.Location(),
		today: calendar.DateOf(now), end: now, asOf: now,
	}
	j.obligation = j.period.RequiredFrom(j.today)
	if src.Scope.Start.After(j.obligation) {
		j.obligation = src.Scope.Start
	}
	if end := src.Scope.End; !end.IsZero() && end.Before(j.today) {
		j.ended, j.end = true, end.AddDays(1).In(j.zone).Add(-time.Second)
	}
	if !src.LastReport.IsZero() && src.LastReport.Before(now) {
		j.asOf = src.LastReport
	}
	for _, d := range src.Downtime {
		i := interval{d.From.Add(-slack), d.To.Add(slack)}
		if d.To.IsZero() {
			i.to = now.Add(slack)
		}
		if !i.from.Before(i.to) {
			continue
		}
		j.claimed = append(j.claimed, i)
		if d.Confirmed {
			j.down = append(j.down, i)
		}
	}
	return j
}

// cover compares what has to be there with what the host and the store prove, and
// reports whether nothing is missing. A breach is stated only where the evidence
// could have shown the contrary.
func (j *judge) cover(expired []need) bool {
	hard, soft := j.holes()
	var open []need
	for _, n := range append(j.needs(hard), expired...) {
		proven := n
		if j.void() && n.reason.Code == ShortCoverage {
			proven = j.shipped(n)
			if rest := (interval{proven.until, j.checked()}); j.proves(proven) && !j.src.Silence.QuietOK && rest.to.Sub(rest.from) > j.patience() {
				soft = append(soft, rest)
			}
		}
		if j.proves(proven) {
			j.usedRemote = true
			continue
		}
		open = append(open, n)
		j.missing = append(j.missing, Days{n.reason.From, n.reason.To})
	}
	for _, s := range soft {
		n := need{days: Days{j.dateOf(s.from), j.lastDay(s)}, until: s.to}
		if j.proves(n) {
			j.usedRemote = true
			continue
		}
		j.reasons = append(j.reasons, Reason{
			Code: SilenceUnexplained, From: n.days.From, To: n.days.To, Count: int(math.Round(s.to.Sub(s.from).Hours() / 24)),
		})
	}
	if len(open) == 0 {
		j.notes = append(j.notes, j.blind...)
		return true
	}
	j.reasons = append(j.reasons, j.unproven(open)...)
	return false
}

// checked is the instant for which the store had a chance to answer.
func (j *judge) checked() time.Time {
	if r := j.src.Remote; r != nil && r.CheckedAt.Before(j.end) {
		return r.CheckedAt
	}
	return j.end
}

// unproven returns the reasons for parts that nobody proves: what kept us from
// seeing comes before any breach.
func (j *judge) unproven(open []need) []Reason {
	reasons := append([]Reason(nil), j.blind...)
	if j.src.Remote.lost(j.now) {
		reasons = append(reasons, Reason{Code: RemoteUnreachable, From: j.dateOf(j.src.Remote.CheckedAt)})
	}
	if len(reasons) > 0 {
		return reasons
	}
	short := false
	for _, n := range open {
		r := n.reason
		if r.Code == ShortCoverage && j.src.Scope.Start.IsZero() {
			r.Code = NoAgeEvidence // the system may be younger than the period
		}
		short = short || r.Code == ShortCoverage
		reasons = append(reasons, r)
	}
	for _, n := range open {
		if n.reason.Code == ExpiredEarly && !short {
			short = true
			reasons = append(reasons, Reason{Code: ShortCoverage, From: n.reason.From, To: n.reason.To, Count: n.reason.Count})
		}
	}
	return reasons
}

// describe fills in the figures that go with every verdict.
func (j *judge) describe(d *Decision, f forecast, whole bool) {
	if !j.localStart.IsZero() {
		d.LocalStart = j.dateOf(j.localStart)
	}
	if !whole {
		d.ShortDays = j.short()
	}
	d.Missing = j.missing
	d.Guaranteed = j.guaranteed()
	d.FirstDeletion, d.DiskFull = f.first, f.full
	if since := j.src.Ledger.Since; !since.IsZero() {
		if since.Before(j.obligation) {
			since = j.obligation
		}
		d.AttestedDays = max(0, since.DaysUntil(j.dateOf(j.end))+1)
	}
}

// conclude takes the verdict from the reasons.
func (d *Decision) conclude(j *judge) {
	sortReasons(j.reasons)
	d.Reasons, d.Notes = j.reasons, j.notes
	if len(d.Reasons) > 0 {
		d.Verdict, _ = d.Reasons[0].Code.verdict()
	}
	switch {
	case d.Verdict == Violated || d.Verdict == Unknown:
		d.Code = d.Reasons[0].Code
		return
	case d.Verdict == AtRisk:
		for _, r := range d.Reasons {
			if d.AtRiskDate.IsZero() || r.From.Before(d.AtRiskDate) {
				d.AtRiskDate = r.From
			}
		}
		return
	case d.Obligation.After(d.RequiredFrom):
		d.Verdict, d.AccountableFrom = NotYetAccountable, d.Period.KeepUntil(d.Obligation)
		if j.usedRemote {
			d.Notes = append(d.Notes, Reason{Code: ViaForward})
		}
	case j.usedRemote:
		d.Verdict = CompliantByForward
	default:
		d.Verdict = Compliant
	}
	if j.usedRemote && !j.src.Remote.Immutable {
		d.Notes = append(d.Notes, Reason{Code: RemoteNotImmutable})
	}
}
