package rules

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/yunjian-io/yunjian/rules/calendar"
)

// minimal is a whole rule file; the tests break one line of it at a time.
const minimal = `schema: 1
basis: 试验
version: 1
effective_from: 2026-01-01
approved_by: 试验
absent: 未提供
rules:
  - id: busy
    subject: host
    title: 试验
    basis: 第二十三条
    period: month
    window: {months: 2}
    severity: info
    needs: {a: 甲, b: 乙}
    parameters:
      limit: {value: 0.5, unit: ratio, title: 限}
    require:
      - {when: a >= 0, otherwise: "{a|percent}"}
    when: a < limit and b < limit
    exempt:
      - {kind: grace, when: b < 0, reason: 试, approver: 验}
      - {kind: standby}
    propose: downsize
    states: {1: candidate, 2: judged}
    reason: {fail: "{a}", pass: "{a}", chain: "{a}", broken: "{a}", unknown: "{missing}", exempted: "{exemption_kind}"}
tests:
  - name: 成立
    rule: busy
    month: 2026-10
    periods: [{at: 2026-09..2026-10, facts: {a: 0.1, b: 0.1}}]
    expect: {verdict: fail}
`

func load(t testing.TB, files ...string) (Pack, error) {
	t.Helper()
	fsys := fstest.MapFS{}
	for i, text := range files {
		fsys[string(rune('a'+i))+".yaml"] = &fstest.MapFile{Data: []byte(text)}
	}
	return Load(fsys)
}

func mustLoad(t testing.TB, files ...string) Pack {
	t.Helper()
	p, err := load(t, files...)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func month(t testing.TB, s string) calendar.Month {
	t.Helper()
	m, err := calendar.ParseMonth(s)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestDefaultPackHolds(t *testing.T) {
	p, err := DefaultPack()
	if err != nil {
		t.Fatal(err)
	}
	results := Test(p)
	if len(results) < 20 {
		t.Errorf("%d tests ran; want those of all rules", len(results))
	}
	for _, r := range results {
		if !r.OK() {
			t.Errorf("%s:%d: %s: %s: %s", r.File, r.Line, r.RuleID, r.Name, strings.Join(r.Problems, "; "))
		}
	}
	var got []string
	for _, r := range p.Rules(month(t, "2026-10"), Host) {
		got = append(got, r.ID)
	}
	if diff := cmp.Diff([]string{"high-load-host", "idle-host", "low-utilization-host", "never-deployed-host", "powered-off-host"}, got); diff != "" {
		t.Errorf("rules for hosts (-want +got):\n%s", diff)
	}
	if early := p.Rules(month(t, "2017-07"), Host); len(early) != 0 {
		t.Errorf("%d rules judge the month before the regulation", len(early))
	}
}

func TestLoadTellsThePlace(t *testing.T) {
	for _, tt := range []struct{ old, with, want string }{
		{"severity: info", "severity: info\n    sevrity: info", `a.yaml:15: unknown key "sevrity"`},
		{"schema: 1", "schema: 2", "a.yaml:1: schema is 2"},
		{"version: 1", "version: one", "a.yaml:3: cannot unmarshal"},
		{"version: 1", "version: 0", "a.yaml:3: version is 0"},
		{"effective_from: 2026-01-01", "effective_from: 2026-02-30", "a.yaml:4: parse date"},
		{"effective_from: 2026-01-01\n", "", "a.yaml:1: effective_from is missing"},
		{"approved_by: 试验", "approved_by:", "approved_by is missing"},
		{"id: busy", "id: Busy", "a.yaml:8: id is"},
		{"subject: host", "subject: disk", "a.yaml:9: subject is"},
		{"period: month", "period: week", "a.yaml:12: period is"},
		{
			"subject: host\n    title: 试验\n    basis: 第二十三条\n    period: month\n    window: {months: 2}",
			"subject: volume\n    title: 试验\n    basis: 第二十三条\n    period: day\n    window: {days: 2, min_valid: 1}", "a.yaml:12: period is day: of volumes only months are known",
		},
		{"{months: 2}", "{months: 0}", "a.yaml:13: window"},
		{"{months: 2}", "{days: 30}", "a.yaml:8: window"},
		{"period: month\n    window: {months: 2}", "period: day\n    window: {days: 30}", "window: a daily rule wants"},
		{"value: 0.5", "value: 1.5", `a.yaml:17: parameter "limit" is 1.5`},
		{"value: 0.5", "value: .nan", `a.yaml:17: parameter "limit" is NaN`},
		{"unit: ratio", "unit: percent", "a.yaml:17: the unit of limit"},
		{"limit: {value", "a: {value", `parameter "a"`},
		{"when: a < limit and b < limit", "when: a < limit and c < limit", `a.yaml:20: when: unknown name "c"`},
		{"when: a < limit and b < limit", "when: a <", "a.yaml:20: when: parse expression"},
		{"when: a < limit and b < limit", "when: a + b", "is no condition"},
		{"when: a < limit and b < limit", "when: a", "is no condition"},
		{"when: a < limit and b < limit", "when: len('x') < a", "is no number"},
		{"when: a < limit and b < limit", "when: a < now()", "is no number"},
		{"when: a < limit and b < limit", "when: known(limit)", "known asks for one of the facts"},
		{"when: a < limit and b < limit", "when: a in [1]", "is no condition"},
		{"when: a < limit and b < limit", "when: '(a < limit ? a : b) < limit'", "is no number"},
		{"propose: downsize", "propose: delete", "a.yaml:24: propose is"},
		{"{1: candidate, 2: judged}", "{2: judged}", "states: 1 is missing"},
		{"{1: candidate, 2: judged}", "{1: candidate, 2: judged, 3: judged}", "states: 3 lies outside"},
		{"{1: candidate, 2: judged}", "{1: candidate, 2: jugded}", "a.yaml:25: states is"},
		{`fail: "{a}"`, `fail: "{c}"`, `a.yaml:26: reason fail: unknown name "c"`},
		{`fail: "{a}", `, ``, "reason: fail is missing"},
		{`fail: "{a}", `, `fail: "{a}", fial: "", `, `reason: unknown key "fial"`},
		{"{kind: standby}", "{kind: grace}", `"grace" is given twice`},
		{"{kind: standby}", "{kind: standby, reason: x}", "beside a condition"},
		{"rule: busy", "rule: bsuy", `a.yaml:29: test "成立": no rule "bsuy"`},
		{"at: 2026-09..2026-10", "at: 2026-10..2026-09", "a.yaml:31: test"},
		{"verdict: fail", "verdict: fails", "a.yaml:32: the expected verdict"},
		{"tests:", "---\ntests:", "one document"},
		{"id: busy", "id: busy\n    id: busy", "already defined"},
		{"rules:", "rules: [", "a.yaml:"},
	} {
		if !strings.Contains(minimal, tt.old) {
			t.Fatalf("%q is not in the file", tt.old)
		}
		_, err := load(t, strings.Replace(minimal, tt.old, tt.with, 1))
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%q for %q: error = %v; want one that says %q", tt.with, tt.old, err, tt.want)
		}
	}
	for _, text := range []string{"", "# nothing\n"} {
		if _, err := load(t, text); err == nil || !strings.Contains(err.Error(), "empty") {
			t.Errorf("Load of %q: error = %v; want one that says it is empty", text, err)
		}
	}
	if _, err := load(t); err == nil || !strings.Contains(err.Error(), "no rules") {
		t.Errorf("Load of an empty folder: error = %v", err)
	}
	if _, err := load(t, strings.Repeat("#", maxFile+1)); err == nil || !strings.Contains(err.Error(), "at most") {
		t.Errorf("Load of a huge file: error = %v", err)
	}
}

func TestRuleSpeaksOfItself(t *testing.T) {
	got := mustLoad(t, minimal).All()[0]
	want := Rule{
		ID: "busy", Version: 1, Hash: got.Hash, Subject: Host, Title: "试验", Basis: "第二十三条", ApprovedBy: "试验",
		EffectiveFrom: calendar.Date{Year: 2026, Month: 1, Day: 1}, Period: ByMonth, Window: 2, MinValid: 2,
		Needs:      []Need{{"a", "甲"}, {"b", "乙"}},
		Parameters: []Parameter{{Name: "limit", Title: "限", Value: 0.5, Unit: "ratio"}},
		When:       "a < limit and b < limit", Require: []string{"a >= 0"}, Exempt: []string{"grace", "standby"},
		Severity: "info", Proposal: "downsize", File: "a.yaml", Line: 8,
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(Rule{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestHash holds that every part of a rule's content enters its hash, and nothing else.
func TestHash(t *testing.T) {
	hash := func(old, with string) string {
		t.Helper()
		text := strings.Replace(minimal, old, with, 1)
		if text == minimal && old != "" {
			t.Fatalf("%q is not in the file", old)
		}
		return mustLoad(t, text).All()[0].Hash
	}
	want := hash("", "")
	for _, same := range [][2]string{
		{"schema: 1", "# a comment\nschema: 1"},
		{"{value: 0.5, unit: ratio, title: 限}", "{unit: ratio, title: 限, value: 0.50}"},
		{"name: 成立", "name: 不同"},
		{"{a: 甲, b: 乙}", "{b: 乙, a: 甲}"},
	} {
		if got := hash(same[0], same[1]); got != want {
			t.Errorf("%q for %q changed the hash", same[1], same[0])
		}
	}
	seen := map[string]string{want: "the original"}
	for _, other := range [][2]string{
		{"value: 0.5", "value: 0.51"},
		{"basis: 试验", "basis: 另一"},
		{"version: 1", "version: 2"},
		{"2026-01-01", "2026-01-02"},
		{"approved_by: 试验", "approved_by: 另一"},
		{"a < limit and", "a <= limit and"},
		{"a >= 0", "a >= 0.1"},
		{"{months: 2}", "{months: 1}"},
		{"{kind: standby}", "{kind: annual_peak}"},
		{`chain: "{a}"`, `chain: "{b}"`},
		{"severity: info", "severity: warning"},
	} {
		text := strings.Replace(minimal, other[0], other[1], 1)
		if other[1] == "{months: 1}" {
			text = strings.Replace(text, "{1: candidate, 2: judged}", "{1: judged}", 1)
			text = strings.Replace(text, `chain: "{a}", broken: "{a}", `, "", 1)
		}
		got := mustLoad(t, text).All()[0].Hash
		if before, twice := seen[got]; twice {
			t.Errorf("%q has the hash of %q", other[1], before)
		}
		seen[got] = other[1]
	}
}

func TestVersionsInEffect(t *testing.T) {
	second := strings.NewReplacer("version: 1", "version: 2", "2026-01-01", "2026-05-02", "2026-09", "2026-11", "2026-10", "2026-12").Replace(minimal)
	p := mustLoad(t, minimal, second)
	for m, want := range map[string]int{"2026-01": 1, "2026-05": 1, "2026-06": 2, "2027-01": 2} {
		got := p.Rules(month(t, m), Host)
		if len(got) != 1 || got[0].Version != want {
			t.Errorf("%s: %d rules, %+v; want version %d", m, len(got), got, want)
		}
	}
	if got := p.Rules(month(t, "2025-12"), Host); len(got) != 0 {
		t.Errorf("before the first version: %d rules", len(got))
	}
	if got := p.Rules(month(t, "2026-06"), InformationSystem); len(got) != 0 {
		t.Errorf("for another kind of subject: %d rules", len(got))
	}
	if _, err := load(t, minimal, minimal); err == nil || !strings.Contains(err.Error(), "b.yaml:8: rule \"busy\": version 1 from 2026-01-01 does not follow") {
		t.Errorf("the same version twice: error = %v", err)
	}
	backwards := strings.Replace(minimal, "2026-01-01", "2026-05-01", 1)
	if _, err := load(t, strings.Replace(minimal, "version: 1", "version: 2", 1), backwards); err == nil {
		t.Error("a lower version that begins later: no error")
	}
}

func TestSelfTestsTell(t *testing.T) {
	p := mustLoad(t, strings.Replace(minimal, "{verdict: fail}", "{verdict: pass, state: warned, periods_met: 1, missing: [a], exemption: grace, reason: x}", 1))
	results := Test(p)
	if len(results) != 1 || results[0].OK() || results[0].File != "a.yaml" || results[0].Line != 28 {
		t.Fatalf("Test = %+v", results)
	}
	want := []string{
		`verdict is "fail", want "pass"`, `state is "judged", want "warned"`, `periods_met is "2", want "1"`,
		`missing is "", want "a"`, `reason is "0.1", want "x"`, `exemption is "", want "grace"`,
	}
	if diff := cmp.Diff(want, results[0].Problems); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	untested, _, _ := strings.Cut(minimal, "tests:")
	results = Test(mustLoad(t, untested))
	if len(results) != 1 || results[0].OK() {
		t.Errorf("a rule without a test: %+v", results)
	}
}

func FuzzLoad(f *testing.F) {
	f.Add([]byte(minimal))
	f.Add([]byte("a: &a [*a]"))
	f.Add([]byte("rules: [{needs: {a: }, when: known(a)}]"))
	if text, err := embedded.ReadFile("pack/low-utilization.yaml"); err == nil {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := Load(fstest.MapFS{"a.yaml": &fstest.MapFile{Data: data}})
		if err != nil {
			return
		}
		for _, r := range p.All() {
			finding, err := r.Judge(Case{Subject: Subject{Kind: r.Subject, ID: "x"}, Month: calendar.Month{Year: 2030, Month: 1}})
			if err != nil {
				t.Fatalf("rule %q loaded, but a case without facts: %v", r.ID, err)
			}
			if finding.Reason == "" && finding.Verdict == "" {
				t.Fatalf("rule %q gave an empty finding", r.ID)
			}
		}
		Test(p)
	})
}
