package proposal

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/yunjian-io/yunjian/rules/calendar"
	"github.com/yunjian-io/yunjian/rules/rightsize"
)

// Head is what identifies a proposal and whom it concerns.
type Head struct {
	ID     string         `json:"id"`
	System string         `json:"system"`
	Month  calendar.Month `json:"month"`
	// Unit is the code of the using unit, Providers run the hosts.
	Unit      string   `json:"unit"`
	Providers []string `json:"providers"`
}

// NewID is the identifier of the proposal of a system that was judged in a month.
func NewID(month calendar.Month, system string) string { return month.String() + "-" + system }

// Proposal is the state after some events.
type Proposal struct {
	Head
	// State is the state after the last event; StateOn tells what it is on a day.
	State    State     `json:"state"`
	Findings []Finding `json:"findings"`
	Items    []Item    `json:"items"`
	Stages   []Stage   `json:"stages"`
	// NoticedOn, ApprovedOn and ImplementedOn are the days of notice, approval and last
	// change, with the periods that began there. Zero until then.
	NoticedOn     calendar.Date `json:"noticed_on,omitzero"`
	ReplyDue      calendar.Day  `json:"reply_due,omitzero"`
	ApprovedOn    calendar.Date `json:"approved_on,omitzero"`
	ImplementDue  calendar.Day  `json:"implement_due,omitzero"`
	ImplementedOn calendar.Date `json:"implemented_on,omitzero"`
	// VerifyFrom is the first day on which a verification may be made.
	VerifyFrom calendar.Date `json:"verify_from,omitzero"`
	VerifyDue  calendar.Day  `json:"verify_due,omitzero"`
	// ExemptUntil is the last day of the exemption in which it ended.
	ExemptUntil calendar.Date `json:"exempt_until,omitzero"`
	// Rebound says that CPU P95 went above the limit after a change (F12).
	Rebound bool    `json:"rebound"`
	Events  []Event `json:"events"`
}

// Stage is the day on which a state was reached, and by whom.
type Stage struct {
	State State     `json:"state"`
	At    time.Time `json:"at"`
	By    string    `json:"by"`
	Role  Role      `json:"role"`
}

// Item is one host of the proposal, or one cloud disk, and how far it has come.
type Item struct {
	// Host is provider/host_id, or provider and id of the disk: no disk has the id of a host
	// of its provider.
	Host string `json:"host"`
	rightsize.Recommendation
	Reply     *ItemReply    `json:"reply,omitempty"`
	RepliedOn calendar.Date `json:"replied_on,omitzero"`
	Decision  *ItemReview   `json:"decision,omitempty"`
	Change    *ItemChange   `json:"change,omitempty"`
	ChangedOn calendar.Date `json:"changed_on,omitzero"`
	Measure   *ItemMeasure  `json:"measure,omitempty"`
	// Guard is the warning that stands for the host, with the last day to restore it;
	// Restored ends it.
	Guard      *Guard       `json:"guard,omitempty"`
	RestoreDue calendar.Day `json:"restore_due,omitzero"`
	Restored   *Restore     `json:"restored,omitempty"`
}

// Proposed reports whether the item proposes a change that needs an answer. A host that
// is to be kept or enlarged stands in the proposal for completeness.
func (i Item) Proposed() bool {
	switch i.Action {
	case rightsize.Downsize, rightsize.Reclaim, rightsize.Consolidate, rightsize.Shrink:
		return true
	}
	return false
}

// Size is the size that a changed host or disk has now; false for one that was not changed,
// or is gone.
func (i Item) Size() (rightsize.Size, bool) {
	switch {
	case !i.left():
		return rightsize.Size{}, false
	case i.Restored != nil:
		return i.Restored.After, true
	}
	return i.Change.after(i), true
}

// Machine folds events. Its parts are values that nobody changes.
type Machine struct {
	Schedule Schedule
	Calendar calendar.Calendar
	// Zone in which days are counted.
	Zone *time.Location
}

// Day is the civil day of an instant.
func (m Machine) Day(t time.Time) calendar.Date { return calendar.DateOf(t.In(m.Zone)) }

// New is a proposal to which nothing has happened.
func New(head Head) Proposal { return Proposal{Head: head, State: Observing} }

// RefusedError says that an event does not fit, and what is expected instead.
type RefusedError struct {
	Kind     Kind
	State    State
	Reason   string
	Expected string
}

// Error tells it in one sentence.
func (e *RefusedError) Error() string {
	text := fmt.Sprintf("%s refused in state %s: %s", e.Kind, e.State, e.Reason)
	if e.Expected != "" {
		text += "; expected now: " + e.Expected
	}
	return text
}

// Apply returns the proposal after an event. changed is false if the event only repeats
// what is recorded. p itself is never changed.
func (m Machine) Apply(p Proposal, e Event) (next Proposal, changed bool, err error) {
	day := m.Day(e.At)
	refuse := func(err error) (Proposal, bool, error) {
		return p, false, &RefusedError{Kind: e.Kind, State: m.StateOn(&p, day), Reason: strings.ReplaceAll(err.Error(), "\n", "; "), Expected: m.expectation(&p, day)}
	}
	if err := e.check(); err != nil {
		return refuse(err)
	}
	e = p.full(e)
	if p.recorded(e) {
		return p, false, nil
	}
	if last := p.last(); e.Kind != KindFound && e.At.Before(last) {
		return refuse(fmt.Errorf("it is dated %s, before the last event on %s", day, m.Day(last)))
	}
	next = p.clone()
	if changed, err = m.step(&next, e, day); err != nil {
		return refuse(err)
	}
	if !changed {
		return p, false, nil
	}
	next.Events = append(next.Events, e)
	return next, true, nil
}

// Refused is a recorded event that did not fit, which only happens if two were written
// at the same moment.
type Refused struct {
	Event Event
	Err   error
}

// Replay folds recorded events in their order. What does not fit is told and left out.
func (m Machine) Replay(head Head, events []Event) (Proposal, []Refused) {
	p := New(head)
	var refused []Refused
	for _, e := range events {
		next, _, err := m.Apply(p, e)
		if err != nil {
			refused = append(refused, Refused{e, err})
			continue
		}
		p = next
	}
	return p, refused
}

// StateOn is the state on a day: a notice without a full reply is overdue once its
// deadline has passed.
func (m Machine) StateOn(p *Proposal, day calendar.Date) State {
	if p.State == Noticed && day.After(p.ReplyDue.Date) {
		return Overdue
	}
	return p.State
}

// Open reports whether something is still to happen, so that a new finding about the
// same system joins the proposal and opens no other.
func (p *Proposal) Open() bool {
	switch p.State {
	case Closed, Exempted, Observing:
		return false
	}
	return true
}

// step changes p by an event; changed is false if nothing of it is new.
func (m Machine) step(p *Proposal, e Event, day calendar.Date) (changed bool, err error) {
	switch e.Kind {
	case KindFound:
		return true, m.found(p, e)
	case KindNotice:
		return true, m.notice(p, e, day)
	case KindReply:
		return m.reply(p, e, day)
	case KindReview:
		return true, m.review(p, e, day)
	case KindDecide:
		return true, m.decide(p, e, day)
	case KindImplement:
		return m.implement(p, e, day)
	case KindVerify:
		return true, m.verify(p, e, day)
	case KindClose:
		return true, m.close(p, e)
	case KindExempt:
		return true, m.exempt(p, e, day)
	case KindDispute:
		return true, m.dispute(p, e)
	case KindGuard:
		return true, m.guard(p, e)
	case KindRestore:
		return true, m.restore(p, e)
	}
	return false, fmt.Errorf("%q is no kind of event", e.Kind)
}

// enter moves p to a state.
func (p *Proposal) enter(s State, e Event) {
	p.State = s
	p.Stages = append(p.Stages, Stage{State: s, At: e.At, By: e.By, Role: e.Role})
}

// clone copies what a step may change. Pointers are replaced, never written through.
func (p *Proposal) clone() Proposal {
	next := *p
	next.Items = slices.Clone(p.Items)
	next.Findings = slices.Clip(p.Findings)
	next.Stages = slices.Clip(p.Stages)
	next.Events = slices.Clip(p.Events)
	return next
}

// last is the time of the last event of people; findings may be dated earlier than they
// were recorded.
func (p *Proposal) last() (t time.Time) {
	for _, e := range p.Events {
		if e.Kind != KindFound && e.At.After(t) {
			t = e.At
		}
	}
	return t
}

// rounds counts the disputes that have reopened what an event of the kind decides.
func (p *Proposal) rounds(kind Kind) int {
	switch kind {
	case KindReview, KindDecide, KindDispute, KindExempt, KindClose:
	default:
		return 0
	}
	n := 0
	for _, e := range p.Events {
		if e.Kind == KindDispute {
			n++
		}
	}
	if kind == KindDispute && p.State == Disputed {
		n-- // the one that stands
	}
	return n
}

// recorded reports whether the same event stands in the same round already. A finding
// counts only as the last word of its month.
func (p *Proposal) recorded(e Event) bool {
	content := e.content()
	for _, old := range slices.Backward(p.Events) {
		if old.Kind == e.Kind {
			if old.content() == content {
				return true
			}
			if e.Kind == KindFound && old.Found.Month == e.Found.Month {
				return false
			}
		}
		if old.Kind == KindDispute && e.Kind != KindDispute && p.rounds(e.Kind) > 0 {
			return false
		}
		if old.Kind == KindReview && e.Kind == KindDispute {
			return false
		}
	}
	return false
}

// item finds one by provider/host_id, or by the host_id alone where that is one host.
func (p *Proposal) item(host string) (int, error) {
	found := -1
	for i := range p.Items {
		if p.Items[i].Host == host {
			return i, nil
		}
		if p.Items[i].HostID == host {
			if found >= 0 {
				return 0, fmt.Errorf("host %q is on several platforms: write provider/host_id", host)
			}
			found = i
		}
	}
	if found < 0 {
		return 0, fmt.Errorf("host %q is not in the proposal %s", host, p.ID)
	}
	return found, nil
}

var errAnotherContent = errors.New("it is recorded already, with another content; what was said is not overwritten")
