package rules

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
)

// building collects the mistakes of one rule while it is compiled.
type building struct {
	file       string
	line       int
	facts      map[string]bool
	parameters map[string]bool
	mistakes   []error
}

func (b *building) wrong(line int, format string, args ...any) {
	if line == 0 {
		line = b.line
	}
	b.mistakes = append(b.mistakes, &FileError{File: b.file, Line: line, Err: fmt.Errorf(format, args...)})
}

func (b *building) oneOf(key string, got at[string], want ...string) string {
	if !slices.Contains(want, got.V) {
		b.wrong(got.Line, "%s is %q: want one of %s", key, got.V, strings.Join(want, ", "))
	}
	return got.V
}

func (b *building) text(key string, got at[string]) string {
	if strings.TrimSpace(got.V) == "" {
		b.wrong(got.Line, "%s is missing", key)
	}
	return got.V
}

func (b *building) condition(key string, got at[string]) condition {
	if b.text(key, got) == "" {
		return condition{}
	}
	c, err := parseCondition(got.V, b.facts, b.parameters)
	if err != nil {
		b.wrong(got.Line, "%s: %w", key, err)
	}
	return c
}

func (b *building) template(key string, got at[string]) template {
	t, err := parseTemplate(got.V)
	if err == nil {
		err = t.check(b.facts, b.parameters)
	}
	if err != nil {
		b.wrong(got.Line, "%s: %w", key, err)
	}
	return t
}

// compile turns the text of a rule into a rule, or tells every mistake in it.
func compile(file string, head header, text ruleText) (Rule, error) {
	b := &building{file: file, line: text.ID.Line, facts: make(map[string]bool), parameters: make(map[string]bool)}
	r := Rule{
		ID: text.ID.V, Version: head.Version.V, EffectiveFrom: head.EffectiveFrom.V, ApprovedBy: head.ApprovedBy.V,
		Title: b.text("title", text.Title), Basis: b.text("basis", text.Basis), File: file, Line: text.ID.Line,
		Subject:  b.oneOf("subject", text.Subject, SubjectKinds()...),
		Period:   b.oneOf("period", text.Period, ByMonth, ByDay),
		Severity: b.oneOf("severity", text.Severity, "info", "warning", "critical"),
		Proposal: b.oneOf("propose", text.Propose, "downsize", "reclaim", "consolidate", "shrink", "keep", ""),
		absent:   head.Absent.V,
	}
	if !isName(strings.ReplaceAll(r.ID, "-", "_")) {
		b.wrong(text.ID.Line, "id is %q: want lower-case letters, digits and hyphens", r.ID)
	}
	if r.Subject == Volume && r.Period == ByDay {
		b.wrong(text.Period.Line, "period is day: of volumes only months are known")
	}
	r.Needs, r.Parameters = b.needs(text), b.thresholds(text)
	r.Window, r.MinValid = b.window(text)
	for _, q := range text.Require {
		g := gate{when: b.condition("require", q.When)}
		if q.Otherwise.V != "" {
			g.otherwise = b.template("otherwise", q.Otherwise)
		}
		r.gates = append(r.gates, g)
		r.Require = append(r.Require, q.When.V)
	}
	r.When, r.cond = text.When.V, b.condition("when", text.When)
	r.exempts = b.exemptions(text)
	for _, e := range r.exempts {
		r.Exempt = append(r.Exempt, e.kind)
	}
	r.states = b.states(text, r)
	r.reasons = b.reasons(text, r)
	if err := errors.Join(b.mistakes...); err != nil {
		return Rule{}, err
	}
	var err error
	r.Hash, err = hash(head, text)
	return r, err
}

func (b *building) needs(text ruleText) []Need {
	var out []Need
	for _, name := range slices.Sorted(maps.Keys(text.Needs)) {
		title := text.Needs[name]
		if _, taken := builtins()[name]; taken || !isName(name) {
			b.wrong(title.Line, "fact %q: want lower-case letters, digits and underscores, and no name that reasons use", name)
		}
		b.facts[name] = true
		out = append(out, Need{Name: name, Title: b.text("the title of fact "+name, title)})
	}
	if len(out) == 0 {
		b.wrong(b.line, "needs is missing: name the facts that the rule reads")
	}
	return out
}

func (b *building) thresholds(text ruleText) []Parameter {
	var out []Parameter
	for _, name := range slices.Sorted(maps.Keys(text.Parameters)) {
		p := text.Parameters[name]
		if _, taken := builtins()[name]; taken || !isName(name) || b.facts[name] {
			b.wrong(p.Value.Line, "parameter %q: want lower-case letters, digits and underscores, and no name of a fact", name)
		}
		unit := b.oneOf("the unit of "+name, p.Unit, "ratio", "months", "days", "bytes", "count")
		value := p.Value.V
		if p.Value.Line == 0 || !finite(value) || value < 0 || unit == "ratio" && value > 1 {
			b.wrong(p.Value.Line, "parameter %q is %v: want a number from 0, and up to 1 for a ratio", name, value)
		}
		b.parameters[name] = true
		out = append(out, Parameter{Name: name, Title: b.text("the title of parameter "+name, p.Title), Value: value, Unit: unit})
	}
	return out
}

func (b *building) window(text ruleText) (window, minValid int) {
	w := text.Window
	if text.Period.V == ByDay {
		share := w.MinValid.V
		if w.Months.V != 0 || w.Days.V < 1 || w.Days.V > 366 || !(share > 0 && share <= 1) {
			b.wrong(w.Days.Line, "window: a daily rule wants days from 1 to 366 and min_valid above 0 up to 1")
			return 0, 0
		}
		return w.Days.V, ceilShare(w.Days.V, int(math.Round(share*1000)))
	}
	if w.Days.V != 0 || w.MinValid.V != 0 || w.Months.V < 1 || w.Months.V > 24 {
		b.wrong(w.Months.Line, "window: a monthly rule wants months from 1 to 24 and nothing else")
	}
	return w.Months.V, w.Months.V
}

func (b *building) exemptions(text ruleText) []exempt {
	var out []exempt
	seen := make(map[string]bool)
	for _, e := range text.Exempt {
		x := exempt{kind: b.text("the kind of an exemption", e.Kind), reason: e.Reason.V, approver: e.Approver.V}
		if seen[x.kind] {
			b.wrong(e.Kind.Line, "exemption kind %q is given twice", x.kind)
		}
		seen[x.kind] = true
		if e.When.V != "" {
			x.computed = true
			x.when = b.condition("exempt", e.When)
			b.text("the reason of exemption "+x.kind, e.Reason)
			b.text("the approver of exemption "+x.kind, e.Approver)
		} else if x.reason+x.approver != "" {
			b.wrong(e.Kind.Line, "exemption %q: reason and approver stand in the rule only beside a condition; others bring their own", x.kind)
		}
		out = append(out, x)
	}
	return out
}

func (b *building) states(text ruleText, r Rule) map[int]string {
	out := make(map[int]string, len(text.States))
	for _, count := range slices.Sorted(maps.Keys(text.States)) {
		s := text.States[count]
		if count < 1 || count > r.Window {
			b.wrong(s.Line, "states: %d lies outside the window of %d", count, r.Window)
		}
		out[count] = b.oneOf("states", s, Candidate, Warned, Judged)
	}
	for count := 1; count <= r.Window; count++ {
		if _, given := out[count]; !given && (r.Period == ByMonth || count == r.Window) {
			b.wrong(b.line, "states: %d is missing", count)
		}
	}
	return out
}

func (b *building) reasons(text ruleText, r Rule) map[string]template {
	want := []string{reasonFail, reasonPass, reasonUnknown}
	if r.Period == ByMonth && r.Window > 1 {
		want = append(want, reasonChain, reasonBroken)
	}
	if len(r.exempts) > 0 {
		want = append(want, reasonExempted)
	}
	out := make(map[string]template, len(want))
	for _, key := range slices.Sorted(maps.Keys(text.Reason)) {
		if !slices.Contains(want, key) {
			b.wrong(text.Reason[key].Line, "reason: unknown key %q", key)
			continue
		}
		b.text("reason "+key, text.Reason[key])
		out[key] = b.template("reason "+key, text.Reason[key])
	}
	for _, key := range want {
		if _, given := out[key]; !given {
			b.wrong(b.line, "reason: %s is missing", key)
		}
	}
	return out
}

// hash digests the content of a rule: its keys in the order of the structs, the keys
// of its maps sorted, numbers in their shortest form.
func hash(head header, text ruleText) (string, error) {
	canonical, err := json.Marshal(struct {
		Header header   `json:"header"`
		Rule   ruleText `json:"rule"`
	}{head, text})
	if err != nil {
		return "", fmt.Errorf("hash rule %q: %w", text.ID.V, err)
	}
	sum := sha256.Sum256(canonical)
	return hex.EncodeToString(sum[:]), nil
}
