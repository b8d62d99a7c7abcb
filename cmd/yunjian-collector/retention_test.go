package main

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/yunjian-io/yunjian/collector"
	"github.com/yunjian-io/yunjian/rules/calendar"
)

func TestPrintRetention(t *testing.T) {
	var out bytes.Buffer
	err := printRetention(&out, map[string]int{"compliant": 1, "violated.gap": 2}, "P6M")
	want := "\n3 logs judged (Art. 31), period P6M\n\nVERDICT       LOGS\nviolated.gap  2\ncompliant     1\n"
	if diff := cmp.Diff(want, out.String()); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

// TestPrintRetentionFacts: figures, dates and names, and a dash where nothing is due.
func TestPrintRetentionFacts(t *testing.T) {
	f := collector.RetentionFacts{
		Month: calendar.Month{Year: 2026, Month: 10}, Open: true, Period: "180d", AttestedDays: 1, WindowDays: 4,
		Counts: []collector.RetentionCount{
			{Party: "unit", Class: "os-auth", Mandatory: true, Logs: 3, Verdicts: map[string]uint64{"compliant": 1, "violated": 1, "unknown": 1}, Statuses: map[string]uint64{"compliant": 1, "non_compliant": 1, "undetermined": 1}},
			{Party: "unit", Class: "app-run", Logs: 1, Verdicts: map[string]uint64{"violated": 1}, Statuses: map[string]uint64{"waived": 1}},
		},
		Breaking: []collector.RetentionNamed{{Provider: "p", System: "s", HostID: "h", Class: "os-auth", Party: "unit", Why: "policy_deletes", Path: "/a", On: calendar.Date{Year: 2026, Month: 12, Day: 1}}},
	}
	for i := range shownLogs + 2 {
		f.Undetermined = append(f.Undetermined, collector.RetentionNamed{HostID: fmt.Sprintf("host-%d", i), Why: "not_declared"})
	}
	var out bytes.Buffer
	if err := printRetentionFacts(&out, f); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"2026-10: logs by responsible party and class, period 180d (month not over: judged up to now)",
		"unit   os-auth  yes       3     1          0           0        0             1        1         0       33.3 %  66.7 %",
		"unit   app-run  no        1     0          0           0        0             0        1         1       —       0.0 %",
		"attested by this system: 25.0 % of the days to be kept",
		"1 logs break on a known day:", "2026-12-01  p         s       h     os-auth",
		fmt.Sprintf("%d logs are undetermined:", shownLogs+2), "host-19", "… and 2 more (--json lists all)",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("it does not say %q:\n%s", want, out.String())
		}
	}
	if strings.Contains(out.String(), "host-20") {
		t.Error("more logs are listed than are shown")
	}
}
