package collector_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/yunjian-io/yunjian/collector"
	"github.com/yunjian-io/yunjian/internal/wire"
	"github.com/yunjian-io/yunjian/rules/calendar"
	"github.com/yunjian-io/yunjian/rules/retention"
)

// What an agent told of a log that is not compliant stands in table B3-2: its latest
// record and what removes it, with the line of the configuration.
func TestBrokenLogIsToldOf(t *testing.T) {
	f := newLogFleet(t)
	f.parties(t)
	f.hosts(t, "h1")
	sources := f.standard(f.at)
	short := f.source(f.at, 30, "os-auth", "auth", "/var/log/auth.log")
	short.Policies = []wire.LogPolicy{{
		Kind: wire.PolicyLogrotate, Origin: "/etc/logrotate.d/rsyslog:3",
		Logrotate: &wire.LogrotatePolicy{Cadence: "weekly", Rotate: 4, RunsPerDay: 1},
	}}
	sources[0] = short
	f.send(t, "h1", f.document("h1", f.at.Add(-time.Minute), sources))
	f.judge(t, f.received, collector.LogRules{})
	pack, err := collector.LoadRules("")
	if err != nil {
		t.Fatal(err)
	}
	m, err := collector.SecurityMonth(t.Context(), &collector.Database{Store: f.db}, pack, retention.Period{}, f.month, "p", "", "test", quiet)
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Logs.Broken) != 1 {
		t.Fatalf("%d logs are not compliant; want one of %+v", len(m.Logs.Broken), m.Logs.Total)
	}
	l := m.Logs.Broken[0]
	got := []any{l.Host, l.Path, l.Policy, l.Latest, l.FirstFound, l.ClassTitle, l.CategoryTitle, m.Logs.Total.Count.Due()}
	want := []any{"h1", "/var/log/auth.log", "logrotate: weekly, rotate 4 (/etc/logrotate.d/rsyslog:3)", calendar.DateOf(f.at), calendar.DateOf(f.at), "操作系统登录认证", "操作系统登录、操作审计", 6}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if !strings.Contains(l.Reason, "缺少") || l.Remedy == "" {
		t.Errorf("reason %q, remedy %q", l.Reason, l.Remedy)
	}
}
