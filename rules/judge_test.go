package rules

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/yunjian-io/yunjian/rules/calendar"
)

func defaultRule(t testing.TB, id string) Rule {
	t.Helper()
	p, err := DefaultPack()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range p.All() {
		if r.ID == id {
			return r
		}
	}
	t.Fatalf("no rule %q", id)
	return Rule{}
}

// monthly builds a case whose months end with 2026-10: + met, - not met, ? unknown.
func monthly(t testing.TB, pattern string) Case {
	t.Helper()
	m := month(t, "2026-10")
	c := Case{Subject: Subject{Kind: InformationSystem, ID: "s1"}, Month: m}
	for i, sign := range pattern {
		facts := map[string]float64{"coverage": 1, "covered_vcpu_share": 1, "memory_p95": 0.1, "months_since_cutover": 40}
		switch sign {
		case '+':
			facts["cpu_p95"] = 0.1
		case '-':
			facts["cpu_p95"] = 0.5
		}
		c.Periods = append(c.Periods, Period{Start: m.Add(i - len(pattern) + 1).First(), Facts: facts})
	}
	return c
}

func TestMonths(t *testing.T) {
	r := defaultRule(t, "low-utilization")
	for pattern, want := range map[string]string{
		"+++":   "fail judged 3",
		"-+++":  "fail judged 3", // the month before the window does not count
		"-++":   "pass warned 2",
		"--+":   "pass candidate 1",
		"+-+":   "pass candidate 1",
		"?-+":   "pass candidate 1",
		"-?+":   "pass candidate 1", // one month known not to be met settles it
		"?++":   "unknown warned 2",
		"+?+":   "unknown candidate 1",
		"??+":   "unknown candidate 1",
		"++":    "unknown warned 2",
		"+":     "unknown candidate 1",
		"++-":   "pass observing 0",
		"??-":   "pass observing 0",
		"++?":   "unknown not_provided 0",
		"--?":   "unknown not_provided 0",
		"":      "unknown not_provided 0",
		"+++?+": "unknown candidate 1",
	} {
		f, err := r.Judge(monthly(t, pattern))
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(f.Verdict, " ", f.State, " ", f.PeriodsMet); got != want {
			t.Errorf("%q: %s; want %s", pattern, got, want)
		}
		if (f.Proposal == "downsize") != (f.Verdict == Fail) {
			t.Errorf("%q: verdict %s proposes %q", pattern, f.Verdict, f.Proposal)
		}
		if f.Reason == "" || strings.ContainsAny(f.Reason, "{}") {
			t.Errorf("%q: reason %q", pattern, f.Reason)
		}
	}
}

func TestFindingKeepsWhatItRestsOn(t *testing.T) {
	r := defaultRule(t, "low-utilization")
	c := monthly(t, "-+++")
	c.Open = true
	c.Periods[3].Facts["vcpu"] = 12 // not needed by the rule
	got, err := r.Judge(c)
	if err != nil {
		t.Fatal(err)
	}
	facts := map[string]float64{"coverage": 1, "covered_vcpu_share": 1, "cpu_p95": 0.1, "memory_p95": 0.1, "months_since_cutover": 40}
	want := Finding{
		RuleID: "low-utilization", RuleVersion: 1, RuleHash: r.Hash, Subject: c.Subject, Month: c.Month, Open: true,
		Verdict: Fail, State: Judged, PeriodsMet: 3, Window: 3, Proposal: "downsize", Reason: got.Reason,
		Facts: []Period{{c.Periods[1].Start, facts}, {c.Periods[2].Start, facts}, {c.Periods[3].Start, facts}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if len(r.Hash) != 64 {
		t.Errorf("hash %q", r.Hash)
	}
}

func TestExemptions(t *testing.T) {
	r := defaultRule(t, "low-utilization")
	expires := func(s string) calendar.Date {
		t.Helper()
		d, err := calendar.ParseDate(s)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	valid := func(kind, until string) Exemption {
		return Exemption{Kind: kind, Reason: "r", Approver: "a", Expires: expires(until)}
	}
	for _, tt := range []struct {
		why     string
		pattern string
		given   []Exemption
		want    string
	}{
		{"on its last day", "+++", []Exemption{valid("standby", "2026-10-31")}, "pass exempted standby"},
		{"a day too short", "+++", []Exemption{valid("standby", "2026-10-30")}, "fail judged"},
		{"of a kind not honoured", "+++", []Exemption{valid("friendship", "2027-10-31")}, "fail judged"},
		{"the longest of several", "+++", []Exemption{valid("standby", "2026-11-30"), valid("major_event", "2026-12-31"), valid("annual_peak", "2026-12-31")}, "pass exempted annual_peak"},
		{"nothing to lift", "-++", []Exemption{valid("standby", "2026-12-31")}, "pass warned"},
		{"an unknown stays unknown", "?++", []Exemption{valid("standby", "2026-12-31")}, "unknown warned"},
	} {
		c := monthly(t, tt.pattern)
		c.Exemptions = tt.given
		f, err := r.Judge(c)
		if err != nil {
			t.Fatal(err)
		}
		got := fmt.Sprint(f.Verdict, " ", f.State)
		if f.Exemption != nil {
			got += " " + f.Exemption.Kind
		}
		if got != tt.want {
			t.Errorf("%s: %s; want %s", tt.why, got, tt.want)
		}
		if f.Verdict != Fail && f.Proposal != "" {
			t.Errorf("%s: proposes %q", tt.why, f.Proposal)
		}
	}
}

func TestGrace(t *testing.T) {
	r := defaultRule(t, "low-utilization")
	c := monthly(t, "+++")
	c.Periods[2].Facts["months_since_cutover"] = 2.9
	f, err := r.Judge(c)
	if err != nil {
		t.Fatal(err)
	}
	want := &Exemption{Kind: "grace", Reason: "割接上线未满3个月", Approver: "第二十条", Expires: c.Month.Last()}
	if diff := cmp.Diff(want, f.Exemption); diff != "" || f.Verdict != Pass {
		t.Errorf("verdict %s, exemption (-want +got):\n%s", f.Verdict, diff)
	}
	// Without a cutover date nothing proves the grace; the finding says what is missing.
	delete(c.Periods[2].Facts, "months_since_cutover")
	if f, err = r.Judge(c); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"months_since_cutover"}, f.Missing); diff != "" || f.Verdict != Fail {
		t.Errorf("verdict %s, missing (-want +got):\n%s", f.Verdict, diff)
	}
}

func TestJudgeRefuses(t *testing.T) {
	r := defaultRule(t, "low-utilization")
	for want, spoil := range map[string]func(*Case){
		"judges a month of one": func(c *Case) { c.Subject.Kind = Host },
		"of one information":    func(c *Case) { c.Month = calendar.Month{} },
		"is given twice":        func(c *Case) { c.Periods = append(c.Periods, c.Periods[0]) },
		"does not begin":        func(c *Case) { c.Periods[0].Start.Day = 2 },
		"is NaN":                func(c *Case) { c.Periods[2].Facts["cpu_p95"] = math.NaN() },
		"is +Inf":               func(c *Case) { c.Periods[0].Facts["coverage"] = math.Inf(1) },
		"lacks a reason":        func(c *Case) { c.Exemptions = []Exemption{{Kind: "standby", Approver: "a"}} },
	} {
		c := monthly(t, "+++")
		spoil(&c)
		if f, err := r.Judge(c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Judge = %+v, %v; want an error that says %q", f, err, want)
		}
	}
	if _, err := (Rule{}).Judge(monthly(t, "+++")); err == nil {
		t.Error("the zero Rule judged")
	}
}

func TestDailyWindowCrossesMonths(t *testing.T) {
	r := defaultRule(t, "idle-host")
	feb := month(t, "2026-02")
	c := Case{Subject: Subject{Kind: Host, ID: "h1"}, Month: feb}
	for d := feb.Prev().First(); !d.After(feb.Last()); d = d.AddDays(1) {
		c.Periods = append(c.Periods, Period{Start: d, Facts: map[string]float64{"powered_off": 1}})
	}
	f, err := r.Judge(c)
	if err != nil {
		t.Fatal(err)
	}
	if got := f.Facts[0].Start.String(); got != "2026-01-30" || len(f.Facts) != 30 || f.Verdict != Fail {
		t.Errorf("window of %d days from %s, %s; want 30 from 2026-01-30, fail", len(f.Facts), got, f.Verdict)
	}
	c.Open, c.Periods = true, c.Periods[:31]
	if f, err = r.Judge(c); err != nil {
		t.Fatal(err)
	}
	if got := f.Facts[29].Start.String(); got != "2026-01-31" {
		t.Errorf("an open month without a day of its own: the window ends on %s; want 2026-01-31", got)
	}
}

// TestOffNotKnown holds that silence is not a powered-off day.
func TestOffNotKnown(t *testing.T) {
	r := defaultRule(t, "idle-host")
	oct := month(t, "2026-10")
	c := Case{Subject: Subject{Kind: Host, ID: "h1"}, Month: oct}
	for d := oct.First(); !d.After(oct.Last()); d = d.AddDays(1) {
		c.Periods = append(c.Periods, Period{Start: d, Facts: map[string]float64{"powered_off": 0}})
	}
	f, err := r.Judge(c)
	if err != nil || f.Verdict != Unknown || f.State != DataInsufficient {
		t.Errorf("%s %s, %v; want unknown", f.Verdict, f.State, err)
	}
	if diff := cmp.Diff([]string{"coverage"}, f.Missing); diff != "" {
		t.Errorf("missing (-want +got):\n%s", diff)
	}
}

func BenchmarkJudgeIdle(b *testing.B) {
	r := defaultRule(b, "idle-host")
	oct := month(b, "2026-10")
	c := Case{Subject: Subject{Kind: Host, ID: "h1"}, Month: oct}
	for d := oct.First(); !d.After(oct.Last()); d = d.AddDays(1) {
		c.Periods = append(c.Periods, Period{Start: d, Facts: map[string]float64{"cpu_p95": 0.01, "memory_p95": 0.1, "network_bytes": 1e5, "coverage": 1}})
	}
	for b.Loop() {
		if f, err := r.Judge(c); err != nil || f.Verdict != Fail {
			b.Fatal(f.Verdict, err)
		}
	}
}
