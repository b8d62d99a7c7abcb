package store_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/yunjian-io/yunjian/collector/store"
	"github.com/yunjian-io/yunjian/rules/calendar"
)

func verdict(provider, host, class, party, name, code, status string, attested, days uint32) store.RetentionVerdict {
	d := calendar.Date{Year: 2026, Month: 10, Day: 31}
	return store.RetentionVerdict{
		Provider: provider, Unit: "N-1", System: "s", HostID: host, Class: class, Party: party, Mandatory: true, Verdict: name, Code: code, Status: status,
		Period: "P6M", JudgedOn: d, RequiredFrom: d.AddDays(-183), Obligation: d.AddDays(-183), AttestedDays: attested, WindowDays: days,
		ReasonZH: "z", ReasonEN: "e",
	}
}

// TestRetentionVerdicts: what is stored comes back, and counts only with its run.
func TestRetentionVerdicts(t *testing.T) {
	s := rig.Open(t)
	now := time.Now()
	run := store.JudgeRun{Run: 7, Month: calendar.Month{Year: 2026, Month: 10}, JudgedAt: now.Truncate(time.Second)}
	guaranteed := 27.5
	day := func(n int) calendar.Date { return calendar.Date{Year: 2026, Month: 5, Day: 1}.AddDays(n) }
	full := verdict("p", "b", "os-auth", "unit", "violated", "short_coverage", "non_compliant", 3, 184)
	full.Stream, full.Path, full.LocalStart, full.ShortDays = "auth", "/var/log/auth.log", day(30), 30
	full.Missing = []store.DayRange{{From: day(0), To: day(29)}, {From: day(40), To: day(41)}}
	full.GuaranteedDays, full.FirstDeletion, full.DiskFull, full.AtRiskDate, full.AccountableFrom = &guaranteed, day(1), day(2), day(3), day(4)
	full.Reasons, full.Notes = []string{"short_coverage", "expired_early"}, []string{"implausible_times"}
	full.RemedyZH, full.RemedyEN, full.WaivedBy, full.WaivedUntil = "rz", "re", "o", day(300)
	full.Copies, full.EvidenceAt = []store.RetentionCopy{{Path: "/var/log/journal", Verdict: "unknown.stale_agent"}}, now.Truncate(time.Second)
	plain := verdict("p", "a", "os-auth", "unit", "compliant", "", "compliant", 1, 184)
	plain.Mandatory, plain.GuaranteedEndless = false, true
	if err := s.SaveRetention(t.Context(), run, []store.RetentionVerdict{full, plain}); err != nil {
		t.Fatal(err)
	}
	if _, ok, err := s.LastRun(t.Context(), run.Month); ok || err != nil {
		t.Errorf("verdicts made a run: %v, %v", ok, err)
	}
	if err := s.SaveRun(t.Context(), run); err != nil {
		t.Fatal(err)
	}
	for provider, want := range map[string][]store.RetentionVerdict{"": {plain, full}, "p": {plain, full}, "q": nil} {
		got, err := s.Retention(t.Context(), run, provider)
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" || err != nil {
			t.Errorf("of provider %q: %v (-want +got):\n%s", provider, err, diff)
		}
	}
	if got, err := s.Retention(t.Context(), store.JudgeRun{Run: 8, Month: run.Month}, ""); len(got) > 0 || err != nil {
		t.Errorf("of another run: %+v, %v", got, err)
	}
}

// TestRetentionFacts counts a month by hand.
func TestRetentionFacts(t *testing.T) {
	s := rig.Open(t)
	run := store.JudgeRun{Run: 7, Month: calendar.Month{Year: 2026, Month: 10}, JudgedAt: time.Unix(1790000000, 0), Open: true}
	soon, later := calendar.Date{Year: 2026, Month: 11, Day: 3}, calendar.Date{Year: 2027, Month: 1, Day: 2}
	risk := verdict("p", "d", "os-auth", "unit", "at_risk", "", "compliant", 10, 100)
	risk.AtRiskDate, risk.Reasons = later, []string{"policy_deletes", "forward_lag"}
	deletes := verdict("p", "e", "os-auth", "unit", "violated", "config_would_delete", "non_compliant", 10, 100)
	deletes.FirstDeletion = soon
	extra := verdict("p", "a", "app-run", "unit", "compliant", "", "compliant", 50, 100)
	extra.Mandatory = false
	verdicts := []store.RetentionVerdict{
		verdict("p", "a", "os-auth", "unit", "compliant", "", "compliant", 20, 100),
		verdict("p", "b", "os-auth", "unit", "violated", "gap", "non_compliant", 0, 100),
		verdict("p", "c", "os-auth", "unit", "unknown", "stale_agent", "undetermined", 0, 100),
		risk, deletes, extra,
		verdict("p", "f", "os-auth", "unit", "not_yet_accountable", "", "accumulating", 10, 10),
		verdict("p", "g", "os-auth", "unit", "violated", "gap", "waived", 0, 100),
		verdict("p", "h", "os-auth", "unit", "out_of_scope", "", "not_counted", 0, 1000),
		verdict("q", "a", "os-auth", "provider", "compliant_by_forward", "", "compliant", 5, 100),
	}
	if err := s.SaveRetention(t.Context(), run, verdicts); err != nil {
		t.Fatal(err)
	}
	got, err := s.RetentionFacts(t.Context(), run, "")
	if err != nil {
		t.Fatal(err)
	}
	named := func(host, verdict, status, why string, on calendar.Date) store.RetentionNamed {
		return store.RetentionNamed{
			Provider: "p", Unit: "N-1", System: "s", HostID: host, Class: "os-auth", Party: "unit", Mandatory: true, Verdict: verdict, Status: status, Why: why, On: on,
		}
	}
	unit := store.RetentionCount{
		Party: "unit", Class: "os-auth", Mandatory: true, Logs: 7,
		Verdicts: map[string]uint64{"compliant": 1, "violated": 3, "unknown": 1, "at_risk": 1, "not_yet_accountable": 1, "out_of_scope": 1},
		Statuses: map[string]uint64{"compliant": 2, "non_compliant": 2, "undetermined": 1, "accumulating": 1, "waived": 1},
	}
	want := store.RetentionFacts{
		Month: run.Month, Run: 7, JudgedAt: run.JudgedAt, Open: true, Period: "P6M",
		Counts: []store.RetentionCount{
			{Party: "provider", Class: "os-auth", Mandatory: true, Logs: 1, Verdicts: map[string]uint64{"compliant_by_forward": 1}, Statuses: map[string]uint64{"compliant": 1}},
			{Party: "unit", Class: "app-run", Logs: 1, Verdicts: map[string]uint64{"compliant": 1}, Statuses: map[string]uint64{"compliant": 1}},
			unit,
		},
		Breaking: []store.RetentionNamed{
			named("e", "violated", "non_compliant", "config_would_delete", soon), named("d", "at_risk", "compliant", "policy_deletes", later),
		},
		Undetermined: []store.RetentionNamed{named("c", "unknown", "undetermined", "stale_agent", calendar.Date{})},
		AttestedDays: 105, WindowDays: 810,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if rate, ok := unit.Compliance(); !ok || rate != 2.0/5 { // F15: neither the waived nor the young one
		t.Errorf("compliance %v, %v; want 2 of 5", rate, ok)
	}
	if rate, ok := unit.Decidable(); !ok || rate != 4.0/7 {
		t.Errorf("decidable %v, %v; want 4 of 7", rate, ok)
	}
	if share, ok := got.AttestedShare(); !ok || share != 105.0/810 {
		t.Errorf("attested %v, %v", share, ok)
	}
	if got, err := s.RetentionFacts(t.Context(), run, "q"); err != nil || len(got.Counts) != 1 || got.WindowDays != 100 || got.Undetermined != nil {
		t.Errorf("of one provider: %+v, %v", got, err)
	}
	if _, ok := (store.RetentionFacts{}).AttestedShare(); ok {
		t.Error("a share of nothing")
	}
}
