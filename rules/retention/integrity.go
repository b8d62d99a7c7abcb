package retention

import (
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/yunjian-io/yunjian/rules/calendar"
)

// integrity judges the events of the ledger on records that had to be kept. A segment
// removed before its time stays a finding for one period, damage to one that is there
// for as long as its records have to be. It returns the parts that the policy took too
// early: that is a loss, but nobody's manipulation.
func (j *judge) integrity() []need {
	var expired []need
	for _, e := range j.src.Ledger.Events {
		at := j.dateOf(e.At)
		kept := j.period.KeepUntil(e.Last)
		if e.CopyAttested || e.Last.IsZero() || e.Last.Before(j.src.Scope.Start) {
			continue
		}
		first := e.First
		if first.IsZero() || first.After(e.Last) {
			first = e.Last
		}
		r := Reason{Kind: string(e.Kind), Path: e.Path, From: first, To: e.Last}
		due := !kept.Before(j.today)
		early := !kept.Before(at) && !j.period.KeepUntil(at).Before(j.today)
		switch {
		case !due && (e.Kind != EventGone || !early):
		case e.Kind == EventEdited:
			r.Code = Edited
			j.reasons = append(j.reasons, r)
		case e.Kind == EventGone && j.predicted(e, at):
			if !due {
				continue // lost too early, but nothing is missing today
			}
			if first.Before(j.obligation) {
				first = j.obligation
			}
			r.Code, r.Count = ExpiredEarly, first.DaysUntil(e.Last)+1
			expired = append(expired, need{days: Days{first, e.Last}, until: e.Last.In(j.zone), reason: r})
		case e.Kind == EventGone || e.Kind == EventTruncated:
			r.Code = DeletionDetected
			j.reasons = append(j.reasons, r)
		}
	}
	return expired
}

// predicted reports whether the policy itself removes such a segment at its age or
// number. If the policy is not known nobody is accused: the records are lost either
// way.
func (j *judge) predicted(e Event, at calendar.Date) bool {
	if _, known := j.window(); !known {
		return true
	}
	return removes(j.src.Policy, e, at, j.src.Rate.high())
}

// removes reports whether p takes a segment like that of e by a day.
func removes(p Policy, e Event, at calendar.Date, rate float64) bool {
	switch p := p.(type) {
	case Any:
		return slices.ContainsFunc(p, func(each Policy) bool { return removes(each, e, at, rate) })
	case Container:
		return true // the log went with its container
	case Logrotate:
		if e.Index > 0 && p.Rotate >= 0 && !p.Disabled && p.MaxAge <= 0 {
			return e.Index >= p.Rotate
		}
	}
	days, known := p.window(rate)
	return !known || float64(e.Last.DaysUntil(at)) >= math.Floor(days)
}

// writer judges whether the source is being written, as of the last report.
func (j *judge) writer() {
	if j.ended {
		return
	}
	w, seen := j.src.Writer, j.asOf
	if w.Since.After(seen) {
		seen = j.now // the collector knows more than the last report
	}
	if w.Unlinked {
		j.reasons = append(j.reasons, Reason{Code: LoggingStopped, Kind: "writer", Detail: "unlinked", From: j.dateOf(j.asOf)})
	}
	switch w.State {
	case WriterStopped, WriterSuspended, WriterDisabled:
		since := w.Since
		if since.IsZero() {
			since = j.lastRecord
		}
		if !since.IsZero() && seen.Sub(since) > slack && !j.off(since, slack, 0) {
			j.reasons = append(j.reasons, Reason{Code: LoggingStopped, Kind: "writer", Detail: string(w.State), From: j.dateOf(since)})
		}
	}
	c := j.src.Canary
	if c.Interval <= 0 || c.LastSeen.IsZero() || len(j.blind) > 0 {
		return
	}
	margin := 2 * min(c.Interval, 3650*day)
	if j.asOf.Sub(c.LastSeen) > margin && !j.off(c.LastSeen, margin, margin) {
		missed := int(j.asOf.Sub(c.LastSeen) / c.Interval)
		j.reasons = append(j.reasons, Reason{Code: LoggingStopped, Kind: "canary", Detail: strconv.Itoa(missed), Count: missed, From: j.dateOf(c.LastSeen)})
	}
}

// off reports whether the host went off around since and was off until the report,
// give or take the margins. A claim of the host suffices here: what it leaves open is
// found as silence.
func (j *judge) off(since time.Time, begin, end time.Duration) bool {
	for _, d := range j.src.Downtime {
		if !d.From.After(since.Add(begin)) && (d.To.IsZero() || !d.To.Before(j.asOf.Add(-end))) {
			return true
		}
	}
	return false
}
