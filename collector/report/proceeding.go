package report

import (
	"slices"

	"github.com/yunjian-io/yunjian/rules/calendar"
	"github.com/yunjian-io/yunjian/rules/proposal"
	"github.com/yunjian-io/yunjian/rules/rightsize"
)

// Proceeding is a proposal of Art. 23 as of the day of a report.
type Proceeding struct {
	// Proposal is without its events, which speak of later days too.
	proposal.Proposal
	// Now is the state on the day, which may be overdue.
	Now proposal.State `json:"state_now"`
	// Expected is what is to happen next.
	Expected []proposal.Step `json:"expected"`
	// Deadlines are those that have begun, in the order of the workflow.
	Deadlines []Deadline `json:"deadlines"`
	// Notice, Review and Approval are what was recorded of C1 and C5; nil until then.
	Notice   *proposal.Notice `json:"notice"`
	Review   *proposal.Review `json:"review"`
	Approval *proposal.Decide `json:"approval"`
	// Realised is F12; nil before a change.
	Realised *proposal.Realised `json:"realised"`
	// LastOn is the day of the last step behind the finding; zero before the notice.
	LastOn calendar.Date `json:"last_on"`
}

// Deadline is a period of the workflow that has begun.
type Deadline struct {
	Kind proposal.Kind `json:"kind"`
	Due  calendar.Date `json:"due"`
	// Done is the day on which it was done; zero while it was not.
	Done calendar.Date `json:"done"`
	// Ended is the day on which it was no longer waited for, though it was not done.
	Ended calendar.Date `json:"ended"`
	// Late are the working days from Due to Done, Ended or the day of the report.
	Late int `json:"late_working_days"`
}

// Open says that it is still to be done.
func (d Deadline) Open() bool { return d.Done.IsZero() && d.Ended.IsZero() }

// NewProceeding tells how far a proposal has come on a day. events are those up to that day;
// p is what they fold to, with the items that the report is about.
func NewProceeding(m proposal.Machine, p proposal.Proposal, events []proposal.Event, day calendar.Date) Proceeding {
	out := Proceeding{Proposal: p, Now: m.StateOn(&p, day), Expected: m.Expected(&p, day)}
	out.Events = nil
	for _, e := range events {
		if e.Kind != proposal.KindFound {
			out.LastOn = m.Day(e.At)
		}
		switch e.Kind {
		case proposal.KindNotice:
			out.Notice = e.Notice
		case proposal.KindReview:
			review := *e.Review
			review.Items = nil // the items of the proposal have what was decided
			out.Review = &review
			if e.Review.Approval != nil {
				out.Approval = e.Review.Approval
			}
		case proposal.KindDecide:
			out.Approval = e.Decide
		}
	}
	if slices.ContainsFunc(p.Items, func(i proposal.Item) bool { return i.Change != nil }) {
		realised := p.Realised()
		out.Realised = &realised
	}
	out.deadlines(m, day)
	return out
}

func (p *Proceeding) deadlines(m proposal.Machine, day calendar.Date) {
	add := func(kind proposal.Kind, due, done, until calendar.Date) {
		if due.IsZero() {
			return
		}
		d, end := Deadline{Kind: kind, Due: due, Done: done}, done
		if end.IsZero() {
			d.Ended, end = until, until
		}
		if end.IsZero() {
			end = day
		}
		if end.After(due) {
			d.Late, _ = m.Calendar.WorkingDays(due, end)
		}
		p.Deadlines = append(p.Deadlines, d)
	}
	// A review without a full reply ends the waiting for it.
	ended := p.On(proposal.Reviewed)
	if p.State == proposal.Exempted || p.State == proposal.Closed {
		ended = p.On(p.State)
	}
	add(proposal.KindReply, p.ReplyDue.Date, p.On(proposal.Replied), ended)
	add(proposal.KindImplement, p.ImplementDue.Date, p.ImplementedOn, p.On(proposal.Closed))
	add(proposal.KindVerify, p.VerifyDue.Date, p.On(proposal.Verified), p.On(proposal.Closed))
	for _, i := range p.Items {
		if i.Guard != nil && i.Restored == nil {
			add(proposal.KindRestore, i.RestoreDue.Date, calendar.Date{}, p.On(proposal.Closed))
		}
	}
}

// On is the day on which a state was last reached, in the zone in which the times of the
// stages are given; zero if it was not.
func (p *Proceeding) On(s proposal.State) calendar.Date {
	for _, stage := range slices.Backward(p.Stages) {
		if stage.State == s {
			return calendar.DateOf(stage.At)
		}
	}
	return calendar.Date{}
}

// LateNow are the working days by which what is still to be done is late, of the latest.
func (p *Proceeding) LateNow() (late int) {
	for _, d := range p.Deadlines {
		if d.Open() && p.Open() {
			late = max(late, d.Late)
		}
	}
	return late
}

// changes are the items for which a change is proposed.
func (p *Proceeding) changes() (out []proposal.Item) {
	for _, i := range p.Items {
		if i.Proposed() {
			out = append(out, i)
		}
	}
	return out
}

// resources is a size in the quantities of a report.
func resources(s rightsize.Size) Resources {
	return Resources{VCPU: s.VCPU, MemoryGiB: s.MemoryMiB / 1024, DiskGiB: s.DiskGiB}
}

// savings sums the actions on hosts up (F11); each host stands in it once.
type savings struct {
	Resources
	disk, yuan money
}

func (s *savings) add(r rightsize.Recommendation) {
	s.VCPU, s.MemoryGiB = s.VCPU+r.Saving.Cores, s.MemoryGiB+r.Saving.MemoryGiB
	if disk := diskSaved(r); disk.State == Known {
		s.disk.add(&disk.Value)
		s.DiskGiB += disk.Value
	} else {
		s.disk.add(nil)
	}
	s.yuan.add(r.Saving.Yuan)
}

// money sums amounts up that may be missing: it is known only if all are.
type money struct {
	sum     float64
	missing bool
}

func (m *money) add(amount *float64) {
	if amount == nil {
		m.missing = true
		return
	}
	m.sum += *amount
}

// figure is the sum, Absent where an amount is missing.
func (m *money) figure() Figure {
	if m.missing {
		return Figure{}
	}
	return Of(m.sum)
}
