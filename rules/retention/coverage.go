package retention

import (
	"slices"
	"time"

	"github.com/yunjian-io/yunjian/rules/calendar"
)

const (
	reportFresh   = 24 * time.Hour
	clockLimit    = 300 * time.Second
	futureLimit   = 5 * time.Minute
	modTimeLimit  = 24 * time.Hour
	slack         = 15 * time.Minute // around every downtime
	silenceLimit  = 24 * time.Hour
	firstTrueYear = 2000 // an earlier time is that of a clock without a battery
)

// blindness says why the evidence of the host cannot be trusted or is not there. A
// decommissioned host has stopped reporting rightly: then only the store answers.
func (j *judge) blindness() {
	report := j.src.LastReport
	stale := report.IsZero() || j.now.Sub(report) > reportFresh
	if stale && j.ended {
		j.gone = true
		return
	}
	if stale {
		r := Reason{Code: StaleAgent}
		if !report.IsZero() {
			r.From = j.dateOf(report)
		}
		j.blind = append(j.blind, r)
	}
	if c := j.src.Clock; !c.Known || c.Offset.Abs() > clockLimit {
		j.blind = append(j.blind, Reason{Code: ClockUntrusted, Count: int(c.Offset / time.Second)})
	}
	if j.src.Access.Denied {
		j.blind = append(j.blind, Reason{Code: PermissionDenied, Path: j.src.Identity.Path, Detail: j.src.Access.Grant})
	}
	if j.src.Access.Unparsed {
		j.blind = append(j.blind, Reason{Code: TimestampsUnparsed, Path: j.src.Identity.Path})
	}
}

// void reports whether the host proves nothing by itself.
func (j *judge) void() bool { return len(j.blind) > 0 || j.localStart.IsZero() }

// local finds what the present segments cover, and how long they are silent.
func (j *judge) local() {
	if j.gone {
		return
	}
	implausible := 0
	for _, s := range j.src.Segments {
		begin, records, doubt := j.plausible(s)
		if doubt {
			implausible++
		}
		if begin.IsZero() {
			continue
		}
		if j.localStart.IsZero() || begin.Before(j.localStart) {
			j.localStart = begin
		}
		j.records = append(j.records, records)
		if records.to.After(j.lastRecord) {
			j.lastRecord = records.to
		}
	}
	if implausible > 0 {
		j.notes = append(j.notes, Reason{Code: ImplausibleTimes, Count: implausible})
	}
	slices.SortFunc(j.records, func(a, b interval) int { return a.from.Compare(b.from) })
}

// plausible returns the begin of the coverage of s and the time between its records,
// with a zero begin if s proves nothing. Implausible times never extend coverage.
func (j *judge) plausible(s Segment) (begin time.Time, records interval, doubt bool) {
	if s.First.IsZero() && s.Last.IsZero() {
		// An attested file in which nothing had to be written.
		if s.Begin.Year() < firstTrueYear || s.Begin.After(j.asOf) || !j.src.Silence.QuietOK {
			return time.Time{}, interval{}, false
		}
		return s.Begin, interval{s.Begin, s.Begin}, false
	}
	first, last := s.First, s.Last
	if first.IsZero() {
		first = last
	}
	latest := j.now.Add(futureLimit)
	if bound := s.ModTime.Add(modTimeLimit); !s.ModTime.IsZero() && bound.Before(latest) {
		latest = bound
	}
	if first.After(latest) || last.Before(first) || last.Year() < firstTrueYear {
		return time.Time{}, interval{}, true
	}
	if !j.src.Scope.Start.IsZero() && j.dateOf(last).Before(j.src.Scope.Start.AddDays(-1)) {
		return time.Time{}, interval{}, false // older than the obligation
	}
	if last.After(latest) {
		// Some record of the tail is from the future: only the file's own time bounds it.
		doubt, last = true, first
		if s.ModTime.After(first) && !s.ModTime.After(j.now) {
			last = s.ModTime
		}
	}
	if first.Year() < firstTrueYear || s.HeadUntrusted {
		doubt, first = true, last
	}
	begin = first
	if s.Begin.Before(begin) && s.Begin.Year() >= firstTrueYear {
		begin = s.Begin
	}
	return begin, interval{first, last}, doubt
}

// silences derives the soft holes between consecutive segments and behind the last
// record.
func (j *judge) silences() []interval {
	if j.void() || j.src.Silence.QuietOK {
		return nil
	}
	until := j.asOf
	if j.end.Before(until) {
		until = j.end
	}
	var found []interval
	last := j.records[0].to
	for _, r := range append(slices.Clone(j.records[1:]), interval{until, until}) {
		if r.from.After(last) {
			for _, part := range j.clip(interval{last, r.from}).without(j.down) {
				if part.to.Sub(part.from) > j.patience() {
					found = append(found, part)
				}
			}
		}
		if r.to.After(last) {
			last = r.to
		}
	}
	return found
}

// patience is the time for which a source may be silent.
func (j *judge) patience() time.Duration {
	typical := min(j.src.Silence.P999, 3650*day) // three times the greatest would overflow
	return max(silenceLimit, 3*typical)
}

// clip returns the part of i inside the window; it is empty if there is none.
func (j *judge) clip(i interval) interval {
	if begin := j.obligation.In(j.zone); i.from.Before(begin) {
		i.from = begin
	}
	if i.to.After(j.end) {
		i.to = j.end
	}
	return i
}

// holes sorts what the agent found and what is derived here into hard holes, where
// records are proven to be missing, and soft ones.
func (j *judge) holes() (hard []Gap, soft []interval) {
	if len(j.blind) > 0 || j.gone {
		return nil, nil
	}
	soft = j.silences()
	for _, g := range j.src.Gaps {
		if !g.To.After(g.From) {
			g.To = g.From.Add(time.Nanosecond)
		}
		i := j.clip(interval{g.From, g.To})
		if !i.from.Before(i.to) || (g.Kind == GapSilence && j.src.Silence.QuietOK) {
			continue
		}
		switch {
		case len(i.without(j.down)) == 0:
			j.notes = append(j.notes, Reason{Code: ExplainedByDowntime, Kind: string(g.Kind), From: j.dateOf(i.from), To: j.lastDay(i)})
		case g.Kind == GapSilence, len(i.without(j.claimed)) == 0:
			soft = append(soft, i)
		default:
			hard = append(hard, Gap{Kind: g.Kind, From: i.from, To: i.to})
		}
	}
	return hard, soft
}

// needs returns the parts of the window that the host does not prove.
func (j *judge) needs(hard []Gap) []need {
	if j.void() {
		whole := j.whole()
		whole.reason = Reason{Code: ShortCoverage, From: whole.days.From, To: whole.days.To, Count: j.short()}
		return []need{whole}
	}
	var list []need
	if start := j.dateOf(j.localStart); start.After(j.obligation) {
		list = append(list, need{
			days: Days{j.obligation, start}, until: j.localStart,
			reason: Reason{Code: ShortCoverage, From: j.obligation, To: start.AddDays(-1), Count: j.short()},
		})
	}
	for _, g := range hard {
		days := Days{j.dateOf(g.From), j.lastDay(interval{g.From, g.To})}
		list = append(list, need{
			days: days, until: g.To,
			reason: Reason{Code: HardGap, Kind: string(g.Kind), From: days.From, To: days.To, Count: days.From.DaysUntil(days.To) + 1},
		})
	}
	return list
}

// whole is the window itself.
func (j *judge) whole() need { return need{days: Days{j.obligation, j.dateOf(j.end)}, until: j.end} }

// short returns the days from the obligation to the begin of local coverage.
func (j *judge) short() int {
	if j.localStart.IsZero() {
		return max(0, j.obligation.DaysUntil(j.today))
	}
	return max(0, j.obligation.DaysUntil(j.dateOf(j.localStart)))
}

func (j *judge) dateOf(t time.Time) calendar.Date { return calendar.DateOf(t.In(j.zone)) }

// lastDay returns the day of the last instant of i.
func (j *judge) lastDay(i interval) calendar.Date { return j.dateOf(i.to.Add(-time.Nanosecond)) }

func (j *judge) wholeDay(d calendar.Date) interval {
	return interval{d.In(j.zone), d.AddDays(1).In(j.zone)}
}
