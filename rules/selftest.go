package rules

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/yunjian-io/yunjian/rules/calendar"
)

// selfTest is a test that a rule ships with, ready to run.
type selfTest struct {
	file string
	text testText
	rule Rule
	with []Period
}

// TestResult tells how one of a rule's own tests went.
type TestResult struct {
	RuleID string
	Name   string
	File   string
	Line   int
	// Problems say what differs from what the test expects; none if it holds.
	Problems []string
	// Got is the finding, for people who want to see its reason.
	Got Finding
}

// OK reports whether the test holds.
func (t TestResult) OK() bool { return len(t.Problems) == 0 }

// Test runs the tests that the rules of p ship with, in the order of their files. A
// rule in any version that no test covers is reported as a test that does not hold.
func Test(p Pack) []TestResult {
	var out []TestResult
	covered := make(map[string]bool)
	for _, t := range p.tests {
		covered[t.rule.Hash] = true
		out = append(out, t.run())
	}
	for _, r := range p.rules {
		if !covered[r.Hash] {
			out = append(out, TestResult{
				RuleID: r.ID, File: r.File, Line: r.Line,
				Problems: []string{fmt.Sprintf("version %d has no test", r.Version)},
			})
		}
	}
	return out
}

func (p *Pack) addTests(file string, texts []testText) error {
	b := &building{file: file}
	for _, t := range texts {
		b.line = t.Name.Line
		b.text("the name of a test", t.Name)
		b.text("the rule of a test", t.Rule)
		if t.Month.IsZero() {
			b.wrong(t.Name.Line, "test %q: month is missing", t.Name.V)
		}
		b.oneOf("the expected verdict", t.Expect.Verdict, string(Pass), string(Fail), string(Unknown))
		p.tests = append(p.tests, selfTest{file: file, text: t})
	}
	return errors.Join(b.mistakes...)
}

// bind finds the rule of each test and spreads its periods.
func (p *Pack) bind() error {
	b := &building{}
	for i := range p.tests {
		t := &p.tests[i]
		b.file, b.line = t.file, t.text.Name.Line
		found := false
		for _, kind := range SubjectKinds() {
			for _, r := range p.Rules(t.text.Month, kind) {
				if r.ID == t.text.Rule.V {
					t.rule, found = r, true
				}
			}
		}
		if !found {
			b.wrong(t.text.Rule.Line, "test %q: no rule %q is in effect in %s", t.text.Name.V, t.text.Rule.V, t.text.Month)
			continue
		}
		for _, span := range t.text.Periods {
			starts, err := spread(span.At.V, t.rule.Period)
			if err != nil {
				b.wrong(span.At.Line, "test %q: %w", t.text.Name.V, err)
			}
			for _, start := range starts {
				// A later entry replaces what an earlier, wider one says about a period.
				t.with = slices.DeleteFunc(t.with, func(p Period) bool { return p.Start == start })
				t.with = append(t.with, Period{Start: start, Facts: span.Facts})
			}
		}
	}
	return errors.Join(b.mistakes...)
}

// spread returns the first days of the periods from..to, or of one period.
func spread(text, period string) ([]calendar.Date, error) {
	from, to, ranged := strings.Cut(text, "..")
	if !ranged {
		to = from
	}
	first, err := begin(from, period)
	if err != nil {
		return nil, err
	}
	last, err := begin(to, period)
	if err != nil {
		return nil, err
	}
	if n := first.DaysUntil(last); n < 0 || n > 1000 {
		return nil, fmt.Errorf("periods %q: the end must follow the beginning within 1000 days", text)
	}
	var out []calendar.Date
	for d := first; !d.After(last); {
		out = append(out, d)
		if period == ByMonth {
			d = d.AddMonths(1)
		} else {
			d = d.AddDays(1)
		}
	}
	return out, nil
}

func begin(text, period string) (calendar.Date, error) {
	if period == ByMonth {
		m, err := calendar.ParseMonth(text)
		return m.First(), err
	}
	return calendar.ParseDate(text)
}

func (t selfTest) run() TestResult {
	out := TestResult{RuleID: t.rule.ID, Name: t.text.Name.V, File: t.file, Line: t.text.Name.Line}
	c := Case{
		Subject: Subject{Kind: t.rule.Subject, ID: "test"}, Month: t.text.Month,
		Periods: t.with, Open: t.text.Open,
	}
	for _, x := range t.text.Exemptions {
		c.Exemptions = append(c.Exemptions, Exemption(x))
	}
	var err error
	if out.Got, err = t.rule.Judge(c); err != nil {
		out.Problems = []string{err.Error()}
		return out
	}
	differ := func(what, got, want string) {
		if got != want {
			out.Problems = append(out.Problems, fmt.Sprintf("%s is %q, want %q", what, got, want))
		}
	}
	want := t.text.Expect
	differ("verdict", string(out.Got.Verdict), want.Verdict.V)
	if want.State != "" {
		differ("state", out.Got.State, want.State)
	}
	if want.PeriodsMet != nil {
		differ("periods_met", fmt.Sprint(out.Got.PeriodsMet), fmt.Sprint(*want.PeriodsMet))
	}
	if want.Missing != nil {
		differ("missing", strings.Join(out.Got.Missing, ", "), strings.Join(slices.Sorted(slices.Values(want.Missing)), ", "))
	}
	if want.Reason != "" {
		differ("reason", out.Got.Reason, want.Reason)
	}
	exemption := ""
	if out.Got.Exemption != nil {
		exemption = out.Got.Exemption.Kind
	}
	differ("exemption", exemption, want.Exemption)
	return out
}
