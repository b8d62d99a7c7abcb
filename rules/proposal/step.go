package proposal

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/yunjian-io/yunjian/rules/calendar"
	"github.com/yunjian-io/yunjian/rules/rightsize"
)

// found takes over what the rules say, until the notice fixes what it is about. A later
// month that finds the same is only recorded.
func (m Machine) found(p *Proposal, e Event) error {
	f := e.Found
	if f.Month.IsZero() {
		return errors.New("the month is missing")
	}
	for _, old := range p.Events {
		if old.Kind == KindFound && f.Month.Compare(old.Found.Month) < 0 {
			return fmt.Errorf("month %s comes before %s, which is recorded", f.Month, old.Found.Month)
		}
	}
	if !p.NoticedOn.IsZero() {
		if f.Month.Compare(p.Month) <= 0 {
			return fmt.Errorf("the notice about %s is out: what it says stays", p.Month)
		}
		return nil
	}
	if p.State == Closed || p.State == Exempted && p.exemptedByPeople() {
		return errors.New("the proposal is filed")
	}
	seen := make(map[string]bool)
	items := make([]Item, 0, len(f.Items))
	for _, r := range f.Items {
		host := r.Provider + "/" + r.HostID
		if seen[host] {
			return fmt.Errorf("host %s is given twice", host)
		}
		seen[host] = true
		items = append(items, Item{Host: host, Recommendation: r})
	}
	switch s := State(f.State); s {
	case Observing, Candidate, Warned, Judged, Exempted:
		if s != p.State || len(p.Stages) == 0 {
			p.enter(s, e)
		}
		p.Findings, p.Items = f.Findings, items
	default:
		// Missing data neither confirm nor lift what was found before.
	}
	return nil
}

func (p *Proposal) exemptedByPeople() bool {
	return slices.ContainsFunc(p.Events, func(e Event) bool { return e.Kind == KindExempt })
}

func (m Machine) notice(p *Proposal, e Event, day calendar.Date) error {
	if !p.NoticedOn.IsZero() {
		return errAnotherContent
	}
	if p.State != Judged {
		return errors.New("only a judged system is given notice")
	}
	if !day.After(p.Month.Last()) && !m.openMonth(p) {
		return fmt.Errorf("the notice is dated %s, and the judged month ends on %s", day, p.Month.Last())
	}
	p.NoticedOn = day
	p.ReplyDue = m.Schedule.On(day).Deadlines.Reply.Due(m.Calendar, day)
	p.enter(Noticed, e)
	return nil
}

// openMonth reports whether the finding was made before its month was over.
func (m Machine) openMonth(p *Proposal) bool {
	for _, e := range slices.Backward(p.Events) {
		if e.Kind == KindFound && e.Found.State == string(Judged) {
			return !m.Day(e.At).After(p.Month.Last())
		}
	}
	return false
}

func (m Machine) reply(p *Proposal, e Event, day calendar.Date) (changed bool, err error) {
	if p.State != Noticed && p.State != Replied {
		return false, errors.New("there is no notice that waits for a reply")
	}
	if p.State == Replied && len(e.Reply.Items) == 0 {
		return false, errAnotherContent
	}
	for _, r := range e.Reply.Items {
		i, err := p.item(r.Host)
		if err != nil {
			return false, err
		}
		item := &p.Items[i]
		if err := r.check(*item); err != nil {
			return false, err
		}
		if item.Reply != nil {
			if !same(item.Reply, &r) {
				return false, fmt.Errorf("%s: %w", r.Host, errAnotherContent)
			}
			continue
		}
		item.Reply, item.RepliedOn, changed = &r, day, true
	}
	missing := p.waiting(func(i Item) bool { return i.Proposed() && i.Reply == nil })
	if len(e.Reply.Items) == 0 && len(missing) > 0 {
		return false, fmt.Errorf("the reply answers no item; without answer: %s", strings.Join(missing, ", "))
	}
	if p.State == Noticed && len(missing) == 0 {
		changed = true
		p.enter(Replied, e)
	}
	return changed, nil
}

// waiting names the hosts of the items that meet a condition.
func (p *Proposal) waiting(meets func(Item) bool) (hosts []string) {
	for _, i := range p.Items {
		if meets(i) {
			hosts = append(hosts, i.Host)
		}
	}
	return hosts
}

func undecided(i Item) bool {
	return i.Proposed() && (i.Decision == nil || i.Decision.Decision == DecideDefer)
}

func (m Machine) review(p *Proposal, e Event, day calendar.Date) error {
	switch m.StateOn(p, day) {
	case Replied, Overdue, Reviewed, Disputed:
	case Noticed:
		return fmt.Errorf("the unit may reply until %s", p.ReplyDue.Date)
	default:
		return errors.New("there is nothing to review")
	}
	if len(e.Review.Items) == 0 && len(p.waiting(undecided)) > 0 {
		return fmt.Errorf("the review decides nothing; without decision: %s", strings.Join(p.waiting(undecided), ", "))
	}
	for _, r := range e.Review.Items {
		i, err := p.item(r.Host)
		if err != nil {
			return err
		}
		item := &p.Items[i]
		if err := r.check(*item, day); err != nil {
			return err
		}
		if item.Decision != nil && item.Decision.Decision != DecideDefer && !same(item.Decision, &r) {
			if p.State != Disputed {
				return fmt.Errorf("%s: %w", r.Host, errAnotherContent)
			}
			if item.Change != nil {
				return fmt.Errorf("%s: the decision was implemented on %s; judge the host again instead", r.Host, item.ChangedOn)
			}
		}
		item.Decision = &r
	}
	p.enter(Reviewed, e)
	if e.Review.Approval == nil {
		return nil
	}
	if !slices.Contains(KindDecide.May(), e.Role) {
		return fmt.Errorf("the approval is for %s, and the review was recorded for %s: record it without, and the approval as %s", join(KindDecide.May()), e.Role, KindDecide)
	}
	return m.approve(p, e, day)
}

func (m Machine) decide(p *Proposal, e Event, day calendar.Date) error {
	if p.State != Reviewed {
		return errors.New("there is no review to approve")
	}
	return m.approve(p, e, day)
}

func (m Machine) approve(p *Proposal, e Event, day calendar.Date) error {
	if open := p.waiting(undecided); len(open) > 0 {
		return fmt.Errorf("not every item is decided, or some are deferred: %s", strings.Join(open, ", "))
	}
	p.ApprovedOn = day
	p.enter(Decided, e)
	changes := p.waiting(func(i Item) bool { return i.Decision != nil && i.Decision.Decision.Implementable() })
	if len(changes) > 0 {
		p.ImplementDue = m.Schedule.On(day).Deadlines.Implementation.Due(m.Calendar, day)
		m.implementedIfDone(p, e, day)
		return nil
	}
	for _, i := range p.Items {
		if i.Decision == nil {
			continue
		}
		if until := i.Decision.ExemptionUntil; p.ExemptUntil.IsZero() || until.Before(p.ExemptUntil) {
			p.ExemptUntil = until
		}
	}
	if p.ExemptUntil.IsZero() {
		p.enter(Closed, e) // nothing was proposed and nothing is to be done
		return nil
	}
	p.enter(Exempted, e)
	return nil
}

func (m Machine) implement(p *Proposal, e Event, day calendar.Date) (changed bool, err error) {
	if p.State != Decided && p.State != Implemented {
		return false, errors.New("there is no approved decision to implement")
	}
	if len(e.Implement.Items) == 0 {
		return false, errors.New("no host is named")
	}
	months := int(m.Schedule.On(day).Limits.LogHandoverMonths.Value)
	for _, c := range e.Implement.Items {
		i, err := p.item(c.Host)
		if err != nil {
			return false, err
		}
		item := &p.Items[i]
		if err := c.check(*item, months); err != nil {
			return false, err
		}
		if item.Change != nil {
			if !same(item.Change, &c) {
				return false, fmt.Errorf("%s: %w", c.Host, errAnotherContent)
			}
			continue
		}
		item.Change, item.ChangedOn, changed = &c, day, true
	}
	m.implementedIfDone(p, e, day)
	return changed, nil
}

// implementedIfDone enters implemented once every change that was decided is recorded.
func (m Machine) implementedIfDone(p *Proposal, e Event, day calendar.Date) {
	left := p.waiting(func(i Item) bool {
		return i.Decision != nil && i.Decision.Decision.Implementable() && i.Change == nil
	})
	if p.State != Decided || len(left) > 0 {
		return
	}
	period := m.Schedule.On(day).Deadlines.Verification
	p.ImplementedOn = day
	p.VerifyDue = period.Due(m.Calendar, day)
	p.VerifyFrom = p.VerifyDue.Date
	if period.Months > 0 {
		p.VerifyFrom = day.AddMonths(period.Months) // a lower bound does not move
	}
	p.enter(Implemented, e)
}

// left reports whether an item was changed and is still there.
func (i Item) left() bool {
	return i.Change != nil && i.Decision.Decision != DecideReclaim
}

// measured reports whether an item has to be measured: it was changed, is still there and is
// a host. A disk that no host has does nothing that could be measured.
func (i Item) measured() bool { return i.left() && !i.IsVolume() }

func (m Machine) verify(p *Proposal, e Event, day calendar.Date) error {
	if p.State == Verified {
		return errAnotherContent
	}
	if p.State != Implemented {
		return errors.New("there is no implemented change to verify")
	}
	if day.Before(p.VerifyFrom) {
		return fmt.Errorf("the change of %s is measured until %s", p.ImplementedOn, p.VerifyFrom)
	}
	limit := m.Schedule.On(day).Limits.ReboundCPUP95.Value
	for _, v := range e.Verify.Items {
		i, err := p.item(v.Host)
		if err != nil {
			return err
		}
		if !p.Items[i].measured() {
			return fmt.Errorf("%s: there is nothing to measure: the host was not changed, is gone, or is a disk", v.Host)
		}
		if err := v.check(); err != nil {
			return err
		}
		p.Items[i].Measure = &v
		p.Rebound = p.Rebound || *v.CPUP95 > limit
	}
	if left := p.waiting(func(i Item) bool { return i.measured() && i.Measure == nil }); len(left) > 0 {
		return fmt.Errorf("not measured: %s", strings.Join(left, ", "))
	}
	p.enter(Verified, e)
	return nil
}

func (m Machine) close(p *Proposal, e Event) error {
	switch {
	case p.State == Closed:
		return errAnotherContent
	case p.State == Exempted:
		return errors.New("the proposal has ended in an exemption")
	case p.State == Verified:
	case strings.TrimSpace(e.Close.Reason) == "":
		return errors.New("a proposal that is not verified is closed with a reason only")
	case e.Role != Office:
		return errors.New("a proposal that is not verified is closed by the office only")
	}
	p.enter(Closed, e)
	return nil
}

func (m Machine) exempt(p *Proposal, e Event, day calendar.Date) error {
	switch p.State {
	case Judged, Noticed, Replied, Reviewed, Disputed:
	default:
		return errors.New("an exemption belongs between the judgement and the decision")
	}
	x := e.Exempt
	if x.Kind == "" || strings.TrimSpace(x.Reason) == "" || !x.Until.After(day) {
		return errors.New("an exemption needs a kind, a reason and a last day after today")
	}
	p.ExemptUntil = x.Until
	p.enter(Exempted, e)
	return nil
}

func (m Machine) dispute(p *Proposal, e Event) error {
	switch p.State {
	case Noticed, Replied, Reviewed, Decided, Implemented, Verified:
	case Disputed:
		return errors.New("another objection stands already")
	default:
		return errors.New("there is nothing to object to")
	}
	if strings.TrimSpace(e.Dispute.Reason) == "" {
		return errors.New("the reason is missing")
	}
	p.enter(Disputed, e)
	return nil
}

func (m Machine) guard(p *Proposal, e Event) error {
	g := e.Guard
	i, err := p.item(g.Host)
	if err != nil {
		return err
	}
	item := &p.Items[i]
	switch {
	case !p.Open():
		return errors.New("the proposal has ended")
	case !item.measured():
		return fmt.Errorf("%s: there is no change to watch", g.Host)
	case item.Guard != nil:
		return fmt.Errorf("%s: a warning of %s stands already", g.Host, item.Guard.Day)
	case g.Day.Before(item.ChangedOn):
		return fmt.Errorf("%s: the warning is of %s, before the change on %s", g.Host, g.Day, item.ChangedOn)
	}
	item.Guard = g
	item.RestoreDue = m.Schedule.On(g.Day).Deadlines.Restore.Due(m.Calendar, g.Day)
	return nil
}

func (m Machine) restore(p *Proposal, e Event) error {
	r := e.Restore
	i, err := p.item(r.Host)
	if err != nil {
		return err
	}
	item := &p.Items[i]
	switch {
	case !p.Open():
		return errors.New("the proposal has ended")
	case item.Change == nil:
		return fmt.Errorf("%s: there is no change to undo", r.Host)
	case item.IsVolume():
		return fmt.Errorf("%s: a disk is not restored: nothing watches over its demand", r.Host)
	case item.Restored != nil:
		return fmt.Errorf("%s: %w", r.Host, errAnotherContent)
	case !larger(r.After, item.Change.after(*item)):
		return fmt.Errorf("%s: %v is not larger than %v", r.Host, r.After, item.Change.after(*item))
	}
	item.Restored = r
	return nil
}

// larger reports whether a size exceeds another somewhere and lies below it nowhere.
func larger(a, b rightsize.Size) bool {
	return a.VCPU >= b.VCPU && a.MemoryMiB >= b.MemoryMiB && (a.VCPU > b.VCPU || a.MemoryMiB > b.MemoryMiB)
}
