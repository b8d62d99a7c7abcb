package proposal

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/yunjian-io/yunjian/rules/calendar"
	"github.com/yunjian-io/yunjian/rules/rightsize"
)

// Step is what is expected next.
type Step struct {
	Kind Kind `json:"kind"`
	// By are the roles that may do it.
	By []Role `json:"by"`
	// From is the first day on which it may be done, Due the last by which it should;
	// zero where there is none.
	From calendar.Date `json:"from,omitzero"`
	Due  calendar.Day  `json:"due,omitzero"`
	// Hosts are those for which it is still to be done, where it is done host by host.
	Hosts []string `json:"hosts,omitempty"`
	// OverdueDays are the working days since Due.
	OverdueDays int `json:"overdue_days,omitempty"`
}

// Expected returns what is expected of whom on a day, the next step of the workflow
// first. It is empty once the proposal has ended.
func (m Machine) Expected(p *Proposal, day calendar.Date) []Step {
	var steps []Step
	add := func(kind Kind, from calendar.Date, due calendar.Day, hosts []string) {
		s := Step{Kind: kind, By: kind.May(), From: from, Due: due, Hosts: hosts}
		if !due.Date.IsZero() && day.After(due.Date) {
			s.OverdueDays, _ = m.Calendar.WorkingDays(due.Date, day)
		}
		steps = append(steps, s)
	}
	switch p.State {
	case Observing, Candidate, Warned:
		add(KindFound, calendar.Date{}, calendar.Day{}, nil)
	case Judged:
		add(KindNotice, calendar.Date{}, calendar.Day{}, nil)
	case Noticed:
		add(KindReply, calendar.Date{}, p.ReplyDue, p.waiting(func(i Item) bool { return i.Proposed() && i.Reply == nil }))
		if day.After(p.ReplyDue.Date) {
			add(KindReview, calendar.Date{}, calendar.Day{}, p.waiting(undecided))
		}
	case Replied, Disputed:
		add(KindReview, calendar.Date{}, calendar.Day{}, p.waiting(undecided))
	case Reviewed:
		if open := p.waiting(undecided); len(open) > 0 {
			add(KindReview, calendar.Date{}, calendar.Day{}, open)
		} else {
			add(KindDecide, calendar.Date{}, calendar.Day{}, nil)
		}
	case Decided:
		add(KindImplement, calendar.Date{}, p.ImplementDue, p.waiting(func(i Item) bool {
			return i.Decision != nil && i.Decision.Decision.Implementable() && i.Change == nil
		}))
	case Implemented:
		add(KindVerify, p.VerifyFrom, p.VerifyDue, p.waiting(func(i Item) bool { return i.measured() && i.Measure == nil }))
	case Verified:
		add(KindClose, calendar.Date{}, calendar.Day{}, nil)
	}
	if p.Open() {
		for _, i := range p.Items {
			if i.Guard != nil && i.Restored == nil {
				add(KindRestore, calendar.Date{}, i.RestoreDue, []string{i.Host})
			}
		}
	}
	return steps
}

// expectation is Expected in words.
func (m Machine) expectation(p *Proposal, day calendar.Date) string {
	var words []string
	for _, s := range m.Expected(p, day) {
		text := fmt.Sprintf("%s by %s", s.Kind, join(s.By))
		if !s.From.IsZero() {
			text += " from " + s.From.String()
		}
		if !s.Due.Date.IsZero() {
			text += " until " + s.Due.Date.String()
		}
		words = append(words, text)
	}
	if len(words) == 0 {
		return "nothing, the proposal has ended"
	}
	return strings.Join(words, "; or ")
}

// ReviewKeep is the kind of the exemptions that a decision to keep yields, as the rule
// files name it.
const ReviewKeep = "review_keep"

// Exemption is one that the proposal yields, for the rules to honour.
type Exemption struct {
	// SubjectKind is information_system, host or volume, Provider that of the host or disk.
	SubjectKind string        `json:"subject_kind"`
	Subject     string        `json:"subject"`
	Provider    string        `json:"provider,omitempty"`
	Kind        string        `json:"kind"`
	Reason      string        `json:"reason"`
	Approver    string        `json:"approver"`
	From        calendar.Date `json:"from"`
	Until       calendar.Date `json:"until"`
}

// Exemptions returns what follows from approved decisions to keep: one for each host or disk
// that is kept, and one for the system where nothing of it changes. They hold from the day of
// the approval, so that the month that led to the proposal is judged as it was.
func (m Machine) Exemptions(p *Proposal) (out []Exemption) {
	approver := ""
	for _, s := range p.Stages {
		switch {
		case s.State == Decided && !p.ApprovedOn.IsZero():
			approver = s.By
		case s.State == Exempted && s.Role == Office && !p.ExemptUntil.IsZero() && approver == "":
			return m.exemptedWhole(p, s.By)
		}
	}
	if approver == "" || p.State == Reviewed || p.State == Disputed {
		return nil
	}
	whole := p.State == Exempted
	for _, i := range p.Items {
		if i.Decision == nil || i.Decision.Decision != DecideKeep {
			continue
		}
		kind := "host"
		if i.IsVolume() {
			kind = rightsize.KindVolume
		}
		out = append(out, Exemption{
			SubjectKind: kind, Subject: i.HostID, Provider: i.Provider, Kind: ReviewKeep, Reason: p.keepReason(i), Approver: approver,
			From: p.ApprovedOn, Until: i.Decision.ExemptionUntil,
		})
	}
	if whole {
		out = append(out, Exemption{
			SubjectKind: "information_system", Subject: p.System, Kind: ReviewKeep, Reason: p.ID, Approver: approver,
			From: p.ApprovedOn, Until: p.ExemptUntil,
		})
	}
	return out
}

func (m Machine) exemptedWhole(p *Proposal, approver string) []Exemption {
	for _, e := range p.Events {
		if x := e.Exempt; x != nil {
			return []Exemption{{
				SubjectKind: "information_system", Subject: p.System, Kind: x.Kind, Reason: x.Reason, Approver: approver,
				From: m.Day(e.At), Until: x.Until,
			}}
		}
	}
	return nil
}

func (p *Proposal) keepReason(i Item) string {
	if i.Decision.Opinion != "" {
		return i.Decision.Opinion
	}
	return p.ID
}

// same compares two values as they are kept.
func same(a, b any) bool {
	x, err := json.Marshal(a)
	if err != nil {
		return false
	}
	y, err := json.Marshal(b)
	return err == nil && string(x) == string(y)
}
