package rules

import (
	"fmt"
	"maps"
	"slices"

	"github.com/yunjian-io/yunjian/rules/calendar"
)

// Verdict is pass, fail or unknown. The absence of data is never a pass by itself
// and never a fail.
type Verdict string

// The verdicts.
const (
	Pass    Verdict = "pass"
	Fail    Verdict = "fail"
	Unknown Verdict = "unknown"
)

// States, which refine a verdict. The procedure of Art. 23 begins at Judged.
const (
	Observing        = "observing"         // not met in the last period
	Candidate        = "candidate"         // met for one month
	Warned           = "warned"            // met for more months, not yet for all
	Judged           = "judged"            // met for the whole window
	Exempted         = "exempted"          // met for the whole window, but exempted
	DataInsufficient = "data_insufficient" // the data fall short of what the rule requires
	NotProvided      = "not_provided"      // a needed fact is absent
)

// Subject is what a rule judges.
type Subject struct {
	Kind string `json:"kind"` // one of SubjectKinds
	ID   string `json:"id"`
}

// Period holds the facts of one month or day. A name that is absent was not
// provided. Ratios are from 0 to 1, sizes in bytes unless the name says otherwise.
type Period struct {
	Start calendar.Date      `json:"start"`
	Facts map[string]float64 `json:"facts"`
}

// Exemption is an approved exception. It holds through the day Expires.
type Exemption struct {
	Kind     string        `json:"kind"`
	Reason   string        `json:"reason"`
	Approver string        `json:"approver"`
	Expires  calendar.Date `json:"expires"`
}

// Case is what one rule judges: a subject in a month.
type Case struct {
	Subject Subject
	Month   calendar.Month
	// Periods are in any order; those outside the rule's window are ignored, and
	// one that is not there counts as one without facts. A daily rule judges an open
	// month up to the latest day given, so a caller gives every day that has passed.
	Periods    []Period
	Exemptions []Exemption
	// Open says that the month is not closed: the verdict may still change.
	Open bool
}

// Finding is what a rule says about a case, with what it rests on.
type Finding struct {
	RuleID      string         `json:"rule_id"`
	RuleVersion int            `json:"rule_version"`
	RuleHash    string         `json:"rule_hash"`
	Subject     Subject        `json:"subject"`
	Month       calendar.Month `json:"month"`
	Open        bool           `json:"open"`
	Verdict     Verdict        `json:"verdict"`
	// State is one of the states above.
	State string `json:"state"`
	// PeriodsMet counts the months met without a break up to the last one, or the
	// days met within the window.
	PeriodsMet int `json:"periods_met"`
	// Window is the number of periods that the rule looks at.
	Window int `json:"window"`
	// Missing names the absent facts for which periods, or a computed exemption,
	// stayed undecided; sorted.
	Missing []string `json:"missing,omitempty"`
	// Reason explains the verdict to people.
	Reason string `json:"reason"`
	// Exemption is the one that lifted a fail; its Expires is the end of the month
	// for one that the rule computes from facts.
	Exemption *Exemption `json:"exemption,omitempty"`
	// Facts are the periods of the window as they were judged: only what the rule
	// needs, in the order of time, an absent period without facts.
	Facts []Period `json:"facts"`
	// Proposal is the class of action that a fail proposes; empty otherwise.
	Proposal string `json:"proposal,omitempty"`
}

// outcome is what a rule says about one period.
type outcome struct {
	met     truth
	gate    *gate // the requirement that does not hold
	missing []string
}

// Judge returns what r says about c. It fails if the case is not one for the rule, or
// holds a number that is not finite, a period twice or an exemption without reason,
// approver or end: such values come from a mistake of ours, not from the world.
func (r Rule) Judge(c Case) (Finding, error) {
	window, err := r.window(c)
	if err != nil {
		return Finding{}, fmt.Errorf("judge %s %q by %q in %s: %w", c.Subject.Kind, c.Subject.ID, r.ID, c.Month, err)
	}
	outcomes := make([]outcome, len(window))
	for i, p := range window {
		if outcomes[i], err = r.evaluate(p); err != nil {
			return Finding{}, fmt.Errorf("judge %s %q by %q in %s: %w", c.Subject.Kind, c.Subject.ID, r.ID, c.Month, err)
		}
	}
	f := Finding{
		RuleID: r.ID, RuleVersion: r.Version, RuleHash: r.Hash, Subject: c.Subject, Month: c.Month,
		Open: c.Open, Window: r.Window, Facts: window,
	}
	var sentence template
	if r.Period == ByDay {
		sentence = r.days(&f, outcomes)
	} else {
		sentence = r.months(&f, outcomes)
	}
	if f.Verdict == Fail {
		f.Proposal = r.Proposal
		if err := r.lift(&f, c); err != nil {
			return Finding{}, fmt.Errorf("judge %s %q by %q in %s: %w", c.Subject.Kind, c.Subject.ID, r.ID, c.Month, err)
		}
		if f.Exemption != nil {
			sentence = r.reasons[reasonExempted]
		}
	}
	f.Reason = sentence.render(r.scope(f, outcomes))
	return f, nil
}

// window checks the case and returns the periods of the rule's window in order,
// reduced to the facts that the rule needs.
func (r Rule) window(c Case) ([]Period, error) {
	if r.Window == 0 {
		return nil, fmt.Errorf("the rule was not loaded")
	}
	if c.Subject.Kind != r.Subject || c.Month.IsZero() {
		return nil, fmt.Errorf("the rule judges a month of one %s", r.Subject)
	}
	given := make(map[calendar.Date]map[string]float64, len(c.Periods))
	end := calendar.Date{}
	for _, p := range c.Periods {
		if _, twice := given[p.Start]; twice {
			return nil, fmt.Errorf("period %s is given twice", p.Start)
		}
		if r.Period == ByMonth && p.Start.Day != 1 {
			return nil, fmt.Errorf("period %s does not begin a month", p.Start)
		}
		given[p.Start] = p.Facts
		if p.Start.After(end) && c.Month.Contains(p.Start) {
			end = p.Start
		}
	}
	starts := r.starts(c, end)
	out := make([]Period, len(starts))
	for i, start := range starts {
		out[i] = Period{Start: start, Facts: make(map[string]float64)}
		for _, need := range r.Needs {
			x, ok := given[start][need.Name]
			if ok && !finite(x) {
				return nil, fmt.Errorf("fact %q of %s is %v: want a finite number or none", need.Name, start, x)
			}
			if ok {
				out[i].Facts[need.Name] = x
			}
		}
	}
	return out, nil
}

// starts returns the first days of the window's periods. The window of a daily rule
// ends with the month; in an open month with the latest day given, or before the
// month if none of its days is.
func (r Rule) starts(c Case, latest calendar.Date) []calendar.Date {
	out := make([]calendar.Date, r.Window)
	if r.Period == ByMonth {
		for i := range out {
			out[i] = c.Month.Add(i - r.Window + 1).First()
		}
		return out
	}
	end := c.Month.Last()
	if c.Open {
		end = latest
		if end.IsZero() {
			end = c.Month.Prev().Last()
		}
	}
	for i := range out {
		out[i] = end.AddDays(i - r.Window + 1)
	}
	return out
}

// evaluate judges one period: first what is required of its data, then the condition.
func (r Rule) evaluate(p Period) (outcome, error) {
	env := r.environment(p)
	for i, g := range r.gates {
		t, missing, err := g.when.eval(env)
		if err != nil {
			return outcome{}, err
		}
		if t == no {
			return outcome{gate: &r.gates[i]}, nil
		}
		if t == undecided {
			return outcome{missing: missing}, nil
		}
	}
	t, missing, err := r.cond.eval(env)
	return outcome{met: t, missing: missing}, err
}

// environment holds what expressions read: the parameters, and the facts of p.
func (r Rule) environment(p Period) map[string]any {
	env := make(map[string]any, len(p.Facts)+len(r.Parameters))
	for _, q := range r.Parameters {
		env[q.Name] = q.Value
	}
	for name, x := range p.Facts {
		env[name] = x
	}
	return env
}

// months decides over consecutive months, of which the last is judged.
func (r Rule) months(f *Finding, all []outcome) template {
	last := all[len(all)-1]
	switch last.met {
	case undecided:
		return r.insufficient(f, all[len(all)-1:])
	case no:
		f.Verdict, f.State = Pass, Observing
		return r.reasons[reasonPass]
	}
	for f.PeriodsMet < len(all) && all[len(all)-1-f.PeriodsMet].met == yes {
		f.PeriodsMet++
	}
	f.State = r.states[f.PeriodsMet]
	if f.PeriodsMet == r.Window {
		f.Verdict = Fail
		return r.reasons[reasonFail]
	}
	// One month that is known not to be met settles that the window is not, even if
	// the one that breaks the chain is unknown.
	if slices.ContainsFunc(all, func(o outcome) bool { return o.met == no }) {
		f.Verdict = Pass
		return r.reasons[reasonChain]
	}
	f.Verdict, f.Missing = Unknown, undecidedFacts(all)
	return r.reasons[reasonBroken]
}

// days decides over the days of the window. A missing day neither fulfils nor
// breaks; one day that is not met decides, however many are missing.
func (r Rule) days(f *Finding, all []outcome) template {
	broken := false
	for _, o := range all {
		switch o.met {
		case yes:
			f.PeriodsMet++
		case no:
			broken = true
		}
	}
	switch {
	case broken:
		f.Verdict, f.State = Pass, Observing
		return r.reasons[reasonPass]
	case f.PeriodsMet < r.MinValid:
		return r.insufficient(f, all)
	}
	f.Verdict, f.State = Fail, r.states[r.Window]
	return r.reasons[reasonFail]
}

// insufficient gives the verdict unknown for the given periods, of which the latest
// undecided one tells why.
func (r Rule) insufficient(f *Finding, all []outcome) template {
	f.Verdict, f.State, f.Missing = Unknown, NotProvided, undecidedFacts(all)
	for _, o := range slices.Backward(all) {
		if o.met != undecided {
			continue
		}
		if o.gate == nil {
			break
		}
		f.State = DataInsufficient
		if o.gate.otherwise != nil {
			return o.gate.otherwise
		}
		break
	}
	if r.Period == ByDay {
		// Too few known days is a matter of the window, whatever each day lacks.
		f.State = DataInsufficient
	}
	return r.reasons[reasonUnknown]
}

// undecidedFacts names the absent facts of all undecided periods, sorted.
func undecidedFacts(all []outcome) []string {
	names := make(map[string]bool)
	for _, o := range all {
		for _, name := range o.missing {
			names[name] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}
