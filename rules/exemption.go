package rules

import (
	"fmt"
	"slices"
	"strings"
)

// lift turns a fail into a pass if an exemption of a kind that the rule honours
// holds on the last day of the month. Computed kinds come first, in the order of the
// rule; of the approved ones, the one that lasts longest.
//
// An exemption has to be proven: where the fact that would grant it is absent, the
// fail, which rests on data, stays, and the finding names the fact as missing.
func (r Rule) lift(f *Finding, c Case) error {
	for _, e := range r.exempts {
		if !e.computed {
			continue
		}
		granted, lacks, err := e.when.eval(r.environment(f.Facts[len(f.Facts)-1]))
		if err != nil {
			return err
		}
		if granted == yes {
			r.exempted(f, Exemption{Kind: e.kind, Reason: e.reason, Approver: e.approver, Expires: c.Month.Last()})
			return nil
		}
		f.Missing = append(f.Missing, lacks...)
	}
	slices.Sort(f.Missing)
	f.Missing = slices.Compact(f.Missing)
	var best *Exemption
	for _, x := range c.Exemptions {
		if strings.TrimSpace(x.Reason) == "" || strings.TrimSpace(x.Approver) == "" || x.Expires.IsZero() {
			return fmt.Errorf("exemption %q lacks a reason, an approver or an end", x.Kind)
		}
		honoured := slices.Contains(r.Exempt, x.Kind)
		if !honoured || x.Expires.Before(c.Month.Last()) {
			continue
		}
		if best == nil || x.Expires.After(best.Expires) || x.Expires == best.Expires && x.Kind < best.Kind {
			best = &x
		}
	}
	if best != nil {
		r.exempted(f, *best)
	}
	return nil
}

func (r Rule) exempted(f *Finding, x Exemption) {
	f.Verdict, f.State, f.Exemption, f.Proposal, f.Missing = Pass, Exempted, &x, "", nil
}

// scope gathers what the sentences of the rule may speak of.
func (r Rule) scope(f Finding, outcomes []outcome) scope {
	valid := 0
	for _, o := range outcomes {
		if o.met != undecided {
			valid++
		}
	}
	s := scope{
		absent:     r.absent,
		last:       f.Facts[len(f.Facts)-1].Facts,
		everything: f.Facts,
		numbers: map[string]float64{
			"year": float64(f.Month.Year), "month": float64(f.Month.Month), "window": float64(f.Window),
			"periods_met": float64(f.PeriodsMet), "valid": float64(valid),
		},
	}
	for _, q := range r.Parameters {
		s.numbers[q.Name] = q.Value
	}
	var titles []string
	for _, need := range r.Needs {
		if slices.Contains(f.Missing, need.Name) {
			titles = append(titles, need.Title)
		}
	}
	s.texts = map[string]string{"missing": strings.Join(titles, listSeparator)}
	x := Exemption{}
	if f.Exemption != nil {
		x = *f.Exemption
	}
	s.texts["exemption_kind"], s.texts["exemption_reason"] = x.Kind, x.Reason
	s.texts["exemption_approver"], s.texts["exemption_expires"] = x.Approver, x.Expires.String()
	return s
}
