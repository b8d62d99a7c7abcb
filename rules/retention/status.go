package retention

import "github.com/yunjian-io/yunjian/rules/calendar"

// Status is the outcome as the monthly report prints and counts it.
type Status uint8

// The statuses of the report. NotCounted is neither printed nor part of any figure.
const (
	StatusNotCounted Status = iota
	StatusCompliant
	StatusAccumulating
	StatusNonCompliant
	StatusUndetermined
	StatusWaived
)

// String returns the name that is stored and that the catalogue translates.
func (s Status) String() string {
	names := [...]string{"not_counted", "compliant", "accumulating", "non_compliant", "undetermined", "waived"}
	if int(s) >= len(names) {
		return "invalid"
	}
	return names[s]
}

// Waiver is a signed exception for one source.
type Waiver struct {
	// Approver signed it; without one it is no waiver.
	Approver string
	// Until is the last day on which it holds.
	Until calendar.Date
}

// holds reports whether w is in force on a day.
func (w Waiver) holds(today calendar.Date) bool { return w.Approver != "" && !w.Until.Before(today) }

// Status maps the verdict to the report. A waiver that is in force lies over any
// verdict but that of a source out of scope. A source at risk complies today; its
// date is listed apart (Foreseen).
func (d Decision) Status(w Waiver) Status {
	if d.Verdict == OutOfScope {
		return StatusNotCounted
	}
	if w.holds(d.Today) {
		return StatusWaived
	}
	switch d.Verdict {
	case Compliant, CompliantByForward, AtRisk:
		return StatusCompliant
	case NotYetAccountable:
		return StatusAccumulating
	case Violated:
		return StatusNonCompliant
	}
	return StatusUndetermined
}

// Foreseen returns the day for the report's list of risks: the first of FirstDeletion
// and DiskFull that lies 32 to 184 days ahead, for a source that still complies.
func (d Decision) Foreseen() (calendar.Date, bool) {
	if d.Verdict != AtRisk {
		return calendar.Date{}, false
	}
	return Foreseen(d.Today, d.FirstDeletion, d.DiskFull)
}

// Foreseen returns the first of some days that lies 32 to 184 days after today: sooner
// is a breach by the next monthly report, later is no risk yet (reports.md E 1).
func Foreseen(today calendar.Date, days ...calendar.Date) (first calendar.Date, ok bool) {
	for _, on := range days {
		ahead := today.DaysUntil(on)
		if !on.IsZero() && ahead > breachDays && ahead <= riskDays && (first.IsZero() || on.Before(first)) {
			first = on
		}
	}
	return first, !first.IsZero()
}
