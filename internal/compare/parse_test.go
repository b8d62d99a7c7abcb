package main

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const lynisReport = `# Lynis Report
report_version_major=1
suggestion[]=DEB-0280|Install libpam-tmpdir|-|-|
log_rotation_tool=logrotate
suggestion[]=LOGG-2154|Enable logging to an external host|-|-|
warning[]=LOGG-2138|klogd is not running|-|-|
suggestion[]=LOGG-2138|Check it|-|-|
suggestion[]=broken
tests_executed=LOGG-2154|LOGG-2146|LOGG-2138|DEB-0280|
tests_skipped=ACCT-9630|DEB-0520|
`

func TestParseLynis(t *testing.T) {
	got, err := parseLynis(strings.NewReader(lynisReport))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"LOGG-2154": "suggestion: Enable logging to an external host", "LOGG-2146": noFinding, "ACCT-9630": skipped,
		"LOGG-2138": "warning: klogd is not running; suggestion: Check it",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("results (-want +got):\n%s", diff)
	}
	if _, err := parseLynis(strings.NewReader("tests_executed=DEB-0280|\n")); err == nil {
		t.Error("a report without tests of logs is taken for one that found nothing")
	}
}

const scapResults = `<?xml version="1.0"?>
<Benchmark xmlns="http://checklists.nist.gov/xccdf/1.2">
<Group id="g"><title>Logs</title><Rule id="xccdf_org.ssgproject.content_rule_ensure_logrotate_activated" selected="false">
<title xml:lang="en-US">Ensure Logrotate
  Runs Periodically</title></Rule></Group>
<TestResult id="r">
<rule-result idref="xccdf_org.ssgproject.content_rule_ensure_logrotate_activated"><result>fail</result></rule-result>
<rule-result idref="xccdf_org.ssgproject.content_rule_service_auditd_enabled"><result>unknown</result></rule-result>
<rule-result idref="xccdf_org.ssgproject.content_rule_package_aide_installed"><result>notselected</result></rule-result>
<rule-result idref="xccdf_another_rule"><result>pass</result></rule-result>
</TestResult></Benchmark>`

func TestParseScap(t *testing.T) {
	found, titles, err := parseScap(strings.NewReader(scapResults))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"ensure_logrotate_activated": "fail", "service_auditd_enabled": "unknown"}, found); diff != "" {
		t.Errorf("results (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]string{"ensure_logrotate_activated": "Ensure Logrotate Runs Periodically"}, titles); diff != "" {
		t.Errorf("titles (-want +got):\n%s", diff)
	}
	for _, text := range []string{"<Benchmark/>", "<Benchmark><rule-result", strings.ReplaceAll(scapResults, "fail", "notselected")[:400]} {
		if _, _, err := parseScap(strings.NewReader(text)); err == nil {
			t.Errorf("%.40q… is taken for results", text)
		}
	}
}

// What a program dislikes about all hosts is no finding about one, and one that it has
// about a host whose logs are kept is marked.
func TestPage(t *testing.T) {
	scap := func(logrotate, loghost string) answer {
		return answer{
			results: map[string]string{"ensure_logrotate_activated": logrotate, "rsyslog_remote_loghost": loghost},
			titles:  map[string]string{"ensure_logrotate_activated": "Ensure Logrotate Runs Periodically"},
		}
	}
	said := func(text string) answer {
		return answer{results: map[string]string{"LOGG-2154": "suggestion: forward", "LOGG-2138": text}, titles: map[string]string{"LOGG-2138": text}}
	}
	rows := []row{
		{1, tree{name: "healthy", title: "all there", kept: true}, answer{verdict: "compliant", silent: true}, said(noFinding), scap("pass", "fail")},
		{2, tree{name: "short", title: "weekly 4"}, answer{verdict: "violated.short_coverage", sentence: "a|b"}, said(noFinding), scap("fail", "fail")},
		{3, tree{name: "weekly", title: "weekly 27", kept: true}, answer{verdict: "compliant", silent: true}, said(skipped), scap("fail", "fail")},
		{4, tree{name: "gap", title: "a hole"}, answer{verdict: "violated.gap"}, said("warning: klogd"), scap("pass", "fail")},
	}
	beside(rows)
	var text strings.Builder
	if err := page(&text, rows, versions{}, time.Date(2026, 11, 27, 0, 0, 0, 0, time.UTC)); err != nil {
		t.Fatal(err)
	}
	lines := map[string]bool{}
	for line := range strings.Lines(text.String()) {
		lines[strings.TrimSpace(line)] = true
	}
	for _, want := range []string{
		"| pass although the logs are not kept (2 hosts) | 0 | 1 | 1 |",
		"| fail although they are (2 hosts) | 0 | 0 | 1 |",
		"| 1 `healthy` | all there | yes | `compliant` | passes | passes |",
		"| 2 `short` | weekly 4 | no | `violated.short_coverage` | passes | **fails**: `ensure_logrotate_activated` (Ensure Logrotate Runs Periodically), as on host 3, whose logs are kept |",
		"| 3 `weekly` | weekly 27 | yes | `compliant` | passes | **fails**: `ensure_logrotate_activated` (Ensure Logrotate Runs Periodically) |",
		"| 4 `gap` | a hole | no | `violated.gap` | **fails**: `LOGG-2138` (warning: klogd) | passes |",
		`2. a\|b`,
		"| `ensure_logrotate_activated` | p | **f** | **f** | p |",
		"| `LOGG-2138` | – | – | k | **w** |",
		"* `LOGG-2154`: suggestion: forward",
	} {
		if !lines[want] {
			t.Errorf("the page lacks the line\n%s", want)
		}
	}
	if t.Failed() {
		t.Log(text.String())
	}
}

func FuzzParseLynis(f *testing.F) {
	f.Add(lynisReport)
	f.Add("tests_executed=LOGG-1|\nwarning[]=LOGG-1|")
	f.Fuzz(func(t *testing.T, text string) {
		results, err := parseLynis(strings.NewReader(text))
		if err == nil && len(results) == 0 {
			t.Error("no result and no error")
		}
		for test := range results {
			if !strings.HasPrefix(test, "LOGG-") && !strings.HasPrefix(test, "ACCT-") {
				t.Errorf("%q is no test about logs", test)
			}
		}
	})
}

func FuzzParseScap(f *testing.F) {
	f.Add(scapResults)
	f.Add(`<a><rule-result idref="` + rulePrefix + `x"><result>pass</result></rule-result></a>`)
	f.Fuzz(func(t *testing.T, text string) {
		found, _, err := parseScap(strings.NewReader(text))
		if err == nil && len(found) == 0 {
			t.Error("no result and no error")
		}
		for rule, result := range found {
			if result == "" || result == "notselected" {
				t.Errorf("%q has the result %q", rule, result)
			}
		}
	})
}
