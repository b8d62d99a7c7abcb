package retention

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestAnyWindow: the least window counts, and what is not known could be smaller.
func TestAnyWindow(t *testing.T) {
	weekly, age := Logrotate{Cadence: Weekly, Rotate: 4}, Age{Days: 90, Setting: "maxDays"}
	for _, tt := range []struct {
		name  string
		of    Any
		rate  float64
		days  float64
		known bool
	}{
		{"nothing is known", Any{}, 1, 0, false},
		{"one", Any{age}, 0, 90, true},
		{"the least", Any{age, weekly, Never{}}, 0, 28, true},
		{"nothing is removed", Any{Never{}, Logrotate{Disabled: true}}, 0, math.Inf(1), true},
		{"one is not known", Any{age, Auditd{NumLogs: 5, MaxLogFile: 8}}, 0, 0, false},
		{"known by the rate", Any{age, Auditd{NumLogs: 5, MaxLogFile: 8}}, 1 << 20, 32, true},
		{"nothing is less than none", Any{Journald{Volatile: true}, Auditd{NumLogs: 5, MaxLogFile: 8}}, 0, 0, true},
		{"nested", Any{Any{age}, Any{weekly}}, 0, 28, true},
	} {
		if days, known := tt.of.window(tt.rate); days != tt.days || known != tt.known {
			t.Errorf("%s: %v, %v; want %v, %v", tt.name, days, known, tt.days, tt.known)
		}
	}
}

// TestAnyRemoval: the earliest removal counts.
func TestAnyRemoval(t *testing.T) {
	written := at(t, "2026-06-01")
	daily, months := Logrotate{Cadence: Daily, Rotate: 30}, Logrotate{Cadence: Monthly, Rotate: 6}
	alone, _ := daily.removal(written, 0)
	for _, list := range []Any{{daily, months}, {months, daily}, {Never{}, daily}} {
		if got, gone := list.removal(written, 0); !gone || !got.Equal(alone) {
			t.Errorf("%v: %s, %v; want %s", list, got, gone, alone)
		}
	}
	if got, gone := (Any{Never{}}).removal(written, 0); gone {
		t.Errorf("removed at %s by nothing", got)
	}
}

// TestAnyRemedy changes the policies that are too short, and no other.
func TestAnyRemedy(t *testing.T) {
	list := Any{Logrotate{Cadence: Weekly, Rotate: 4}, Count{Keep: 10, FileBytes: 10 << 20, Setting: "max"}, Age{Days: 365, Setting: "maxDays"}, Never{}}
	want := []Change{{Setting: "rotate", From: "4", To: "27"}, {Setting: "max", From: "10", To: "19"}}
	if diff := cmp.Diff(want, list.remedy(185, 1<<20)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestDecideAny holds the places at which a decision looks at a single family.
func TestDecideAny(t *testing.T) {
	const today = "2026-11-23"
	now := at(t, today)
	weekly := Logrotate{Cadence: Weekly, Rotate: 4}
	for _, tt := range []struct {
		name   string
		change func(*Source)
		want   string
		action Action
	}{
		{"both keep", func(s *Source) { s.Policy = Any{Logrotate{Cadence: Weekly, Rotate: 27}, Age{Days: 365}} }, "compliant", ActionNone},
		{"one does not", func(s *Source) { s.Policy = Any{Age{Days: 365}, weekly} }, "violated.config_would_delete", ActionPolicy},
		{"one was not understood", func(s *Source) { s.Policy, s.PolicyProblem = Age{Days: 365}, "line 3" }, "unknown.policy_unparsed", ActionPolicyRead},
		{"records are short, one was not understood, the other is too short", func(s *Source) {
			s.Policy, s.PolicyProblem = Any{weekly}, "line 3"
			s.Segments[0].First = at(t, "2026-10-24")
		}, "violated.short_coverage", ActionPolicy},
		{"a container with a rotation of its own", func(s *Source) {
			s.Policy = Any{Container{LifetimeDays: 400}, Age{Days: 365}}
		}, "at_risk", ActionForward},
		{"removed by the stanza of the two that counts files", func(s *Source) {
			s.Policy = Any{Never{}, weekly}
			s.Segments[0].First = at(t, "2026-10-24")
			s.Ledger.Events = []Event{{Kind: EventGone, At: now, First: date(t, "2026-10-10"), Last: date(t, "2026-10-17"), Index: 4}}
		}, "violated.short_coverage", ActionPolicy},
		{"removed, and neither of the two does that", func(s *Source) {
			s.Policy = Any{Never{}, Logrotate{Cadence: Weekly, Rotate: 27}}
			s.Ledger.Events = []Event{{Kind: EventGone, At: now, Last: date(t, "2026-10-17"), Index: 4}}
		}, "violated.deletion_detected", ActionInvestigate},
		{"a container whose store keeps up", func(s *Source) {
			s.Policy, s.Remote = Any{Container{LifetimeDays: 3}, Age{Days: 365}}, store(now)
		}, "compliant", ActionNone},
	} {
		src := complete(t, today)
		tt.change(&src)
		got := Decide(src, now, Period{})
		if got.Name() != tt.want || got.Remedy.Action != tt.action {
			t.Errorf("%s: %s, %q (%v); want %s, %q", tt.name, got.Name(), got.Remedy.Action, got.Reasons, tt.want, tt.action)
		}
	}
}
