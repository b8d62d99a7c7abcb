package main

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/yunjian-io/yunjian/agent/logs"
	"github.com/yunjian-io/yunjian/agent/logs/app"
	"github.com/yunjian-io/yunjian/agent/logs/container"
	"github.com/yunjian-io/yunjian/agent/logs/logrotate"
	"github.com/yunjian-io/yunjian/agent/logs/rsyslog"
	"github.com/yunjian-io/yunjian/internal/wire"
	"github.com/yunjian-io/yunjian/rules/calendar"
	"github.com/yunjian-io/yunjian/rules/retention"
)

// Every kind of problem of a configuration has its words in Chinese.
func TestProblemsHaveChineseWords(t *testing.T) {
	texts, err := retention.LoadCatalog()
	if err != nil {
		t.Fatal(err)
	}
	for _, problem := range []error{
		logrotate.ErrSyntax, logrotate.ErrUnknownOption, logrotate.ErrArgument, logrotate.ErrValue, logrotate.ErrAccount,
		logrotate.ErrDuplicate, logrotate.ErrPath, logrotate.ErrInclude, logrotate.ErrRefused, logrotate.ErrState,
		rsyslog.ErrSyntax, rsyslog.ErrUnbalanced, rsyslog.ErrNesting, rsyslog.ErrTemplate, rsyslog.ErrTarget, rsyslog.ErrInclude,
		container.ErrSyntax, container.ErrSize, container.ErrMany, container.ErrNoLog,
		app.ErrSyntax, app.ErrNesting, app.ErrRelative, app.ErrPipe, app.ErrNumber, app.ErrIgnored, app.ErrPeriod, app.ErrSearch,
	} {
		if got := texts.Problem(problem.Error(), retention.Chinese); got == problem.Error() {
			t.Errorf("%q has no words in Chinese", got)
		}
	}
}

// The table of a host in Chinese has no English words but names, codes and units.
func TestTableInChinese(t *testing.T) {
	at := time.Date(2026, 11, 27, 4, 0, 0, 0, time.UTC)
	report := &logs.Report{
		Document: wire.LogEvidence{Host: "i-1", At: at, Problems: []wire.LogProblem{{Origin: "/etc/logrotate.d/a:3", Text: "logrotate: unknown option"}}},
		Sources: []wire.LogSource{{
			Key: "/a.log", Path: "/a.log", Family: logs.FamilyText, Streams: []wire.LogStream{{Class: "app-run"}}, Party: "unit",
			Segments: []wire.LogSegment{{Path: "/a.log", First: at.AddDate(0, -1, 0), Last: at, Live: true}},
			Policies: []wire.LogPolicy{{Kind: wire.PolicyUnparsed, Origin: "/etc/logrotate.d/a:3", Problem: "logrotate: unknown option"}},
		}},
	}
	start, err := calendar.ParseDate("2024-01-01")
	if err != nil {
		t.Fatal(err)
	}
	host, err := judgeLogs(report, start)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := host.print(&out, retention.Chinese, true); err != nil {
		t.Fatal(err)
	}
	text := out.String()
	for _, name := range []string{"/a.log", "/etc/logrotate.d/a:3", "logrotate", "P6M", "=>", "violated.short_coverage"} {
		text = strings.ReplaceAll(text, name, "")
	}
	if left := regexp.MustCompile(`[A-Za-z]{2,}`).FindAllString(text, -1); len(left) > 0 {
		t.Errorf("English words %q are left in\n%s", left, out.String())
	}
}

// Columns stand below each other whatever the widths of the characters are.
func TestColumns(t *testing.T) {
	var out bytes.Buffer
	if err := writeColumns(&out, [][]string{{"日志", "保存", "x"}, {"/var/log", "2天", "y"}, {"", "", ""}}); err != nil {
		t.Fatal(err)
	}
	want := "日志      保存  x\n/var/log  2天   y\n                \n"
	if got := out.String(); got != want {
		t.Errorf("columns are\n%s\nwant\n%s", got, want)
	}
}
