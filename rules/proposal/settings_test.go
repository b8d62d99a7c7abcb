package proposal

import (
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/yunjian-io/yunjian/rules/rightsize"
)

func TestScheduleByDay(t *testing.T) {
	later := strings.NewReplacer("version: 1", "version: 2", "2017-08-01", "2026-11-10", "working_days: 10", "working_days: 5").Replace(string(embeddedSettings))
	s, err := LoadSchedule(fstest.MapFS{"b.yaml": {Data: embeddedSettings}, "a.yaml": {Data: []byte(later)}})
	if err != nil {
		t.Fatal(err)
	}
	for day, want := range map[string]int{"2016-01-01": 10, "2026-11-09": 10, "2026-11-10": 5, "2030-01-01": 5} {
		if got := s.On(date(t, day)).Deadlines.Reply.WorkingDays; got != want {
			t.Errorf("on %s: %d working days; want %d", day, got, want)
		}
	}
}

func TestSettingsRefused(t *testing.T) {
	good := string(embeddedSettings)
	for _, tt := range []struct{ old, new, want string }{
		{"schema: 1", "schema: 2", "schema: want 1"},
		{"version: 1", "version: 0", "version: want"},
		{"version: 1", "version: 1\nextra: 1", "extra"},
		{"effective_from: 2017-08-01", "effective_from: ''", "effective_from: want"},
		{"approved_by:", "approved_by: ''\n#", "approved_by: want"},
		{"working_days: 10", "working_days: 0", "deadlines.reply: want"},
		{"working_days: 10", "working_days: 10, months: 1", "deadlines.reply: want"},
		{"working_days: 10", "working_days: 900", "deadlines.reply: want"},
		{"value: 0.80", "value: 80", "rebound_cpu_p95: want"},
		{"value: 6,", "value: 6.5,", "log_handover_months: want"},
		{"value: 0.95", "value: 95", "guard_ceiling: want"},
		{"limits:", "---\nlimits:", "one document"},
	} {
		if _, err := ParseSettings("w.yaml", []byte(strings.Replace(good, tt.old, tt.new, 1))); err == nil || !strings.Contains(err.Error(), "w.yaml") || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%q: %v; want an error with the file and %q", tt.new, err, tt.want)
		}
	}
	if _, err := LoadSchedule(fstest.MapFS{}); err == nil {
		t.Error("an empty folder is a schedule")
	}
	if _, err := LoadSchedule(fstest.MapFS{"a.yaml": {Data: embeddedSettings}, "b.yaml": {Data: embeddedSettings}}); err == nil || !strings.Contains(err.Error(), "does not follow") {
		t.Errorf("one version twice: %v", err)
	}
}

// TestTextsAreWhole: every code has its words, and no value is left in braces.
func TestTextsAreWhole(t *testing.T) {
	texts, err := LoadTexts()
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range Kinds() {
		if texts.Kinds[k].Chinese == "" || texts.Kinds[k].English == "" {
			t.Errorf("kind %s has no words", k)
		}
		for _, r := range k.May() {
			if texts.Roles[r].Chinese == "" {
				t.Errorf("role %s has no words", r)
			}
		}
	}
	states := []State{Observing, Candidate, Warned, Judged, Noticed, Replied, Overdue, Reviewed, Decided, Implemented, Verified, Closed, Exempted, Disputed}
	for _, s := range states {
		if texts.States[s].Chinese == "" || texts.States[s].English == "" {
			t.Errorf("state %s has no words", s)
		}
	}
	if len(texts.States) != len(states) || len(texts.Answers) != 3 || len(texts.Reasons) != 6 || len(texts.Decisions) != 5 {
		t.Errorf("there are words for what does not exist: %d states, %d answers, %d reasons, %d decisions", len(texts.States), len(texts.Answers), len(texts.Reasons), len(texts.Decisions))
	}
	for _, s := range []rightsize.GuardState{rightsize.GuardOK, rightsize.GuardWatch, rightsize.GuardRestore, rightsize.GuardUnknown} {
		text := texts.DescribeGuard(rightsize.GuardFinding{State: s, Day: date(t, "2026-11-24")}, new(0.004), "c4m8")
		if left := regexp.MustCompile(`[{}]`); text.Chinese == "" || text.English == "" || left.MatchString(text.Chinese+text.English) {
			t.Errorf("guard %s says %q", s, text)
		}
	}
}

func TestCodes(t *testing.T) {
	texts, err := LoadTexts()
	if err != nil {
		t.Fatal(err)
	}
	given := Data{Reply: &Reply{Items: []ItemReply{{Host: "a", Answer: "不同意", Why: "业务高峰"}, {Host: "b", Answer: "agree"}}}, Review: &Review{Items: []ItemReview{{Host: "a", Decision: "延期复核"}, {Host: "b", Decision: "?"}}}}
	got := texts.Codes(given)
	want := Data{Reply: &Reply{Items: []ItemReply{{Host: "a", Answer: Disagree, Why: BusinessPeak}, {Host: "b", Answer: Agree}}}, Review: &Review{Items: []ItemReview{{Host: "a", Decision: DecideDefer}, {Host: "b", Decision: "?"}}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if given.Reply.Items[0].Answer != "不同意" {
		t.Error("what was given has changed")
	}
}
