package dashboards_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/yunjian-io/yunjian/collector"
	"github.com/yunjian-io/yunjian/collector/ingest"
	"github.com/yunjian-io/yunjian/collector/store"
	"github.com/yunjian-io/yunjian/dashboards"
	"github.com/yunjian-io/yunjian/internal/wire"
	"github.com/yunjian-io/yunjian/rules/calendar"
	"github.com/yunjian-io/yunjian/rules/filing"
)

// fleet is a made-up fleet of which the last three whole months were replayed through the front
// door, judged and told of.
type fleet struct {
	asker
	db    *store.Store
	month calendar.Month
	now   time.Time
}

const machines = 8

func replayed(t *testing.T) *fleet {
	t.Helper()
	a, db := newAsker(t)
	f := &fleet{asker: a, db: db, now: time.Now().Truncate(time.Second)}
	f.month = calendar.DateOf(f.now.In(store.Zone())).CalendarMonth().Prev()
	secret := bytes.Repeat([]byte("s"), ingest.MinSecretBytes)
	door := httptest.NewServer(ingest.NewHandler(ingest.Config{
		Secrets: ingest.Secrets{"demo": secret}, Limits: wire.DefaultLimits(), Registry: ingest.NewRegistry(nil), KeepMonths: 25,
		Put: func(rows *wire.Rows) (func(context.Context) error, error) {
			err := db.Commit(t.Context(), rows, f.now)
			return func(context.Context) error { return err }, nil
		},
		Now: func() time.Time { return f.now }, Log: slog.New(slog.DiscardHandler),
	}))
	t.Cleanup(door.Close)
	token, err := ingest.Mint(secret, ingest.Scope{Provider: "demo"})
	if err != nil {
		t.Fatal(err)
	}
	r, err := collector.NewReplay(collector.ReplayOptions{MadeUp: machines, Seed: 1, URL: door.URL, Token: token, From: f.month.Add(-2).First()}, f.now)
	if err != nil {
		t.Fatal(err)
	}
	names, err := r.Inventory(t.TempDir(), "demo")
	if err != nil {
		t.Fatal(err)
	}
	for i, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		done, err := collector.ImportInventory(t.Context(), db, collector.InventoryFile{Name: name, Data: text}, f.now.Add(time.Duration(i)*time.Microsecond))
		if err != nil || len(done.Problems) > 0 {
			t.Fatal(done.Problems, err)
		}
	}
	if _, err := r.Send(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, at := range []time.Time{f.month.End(store.Zone()).Add(-time.Hour), f.now.Add(-time.Hour).Truncate(time.Second)} {
		f.logs(t, door.URL, token, at)
	}
	f.judge(t)
	f.states(t)
	return f
}

// logs sends what an agent says of two logs at a time: one whose writer has stopped and that was cut
// short, and one that its policy removes too early.
func (f *fleet) logs(t *testing.T, door, token string, at time.Time) {
	t.Helper()
	source := func(path, class string) wire.LogSource {
		return wire.LogSource{
			Key: "text:" + path, Family: "text", Path: path, Streams: []wire.LogStream{{Class: class, Name: class}},
			Segments: []wire.LogSegment{{Path: path, ID: "id" + path, First: at.AddDate(0, 0, -100), Last: at.Add(-time.Minute), ModTime: at, Bytes: 1 << 20, Live: true}},
			Policies: []wire.LogPolicy{{Kind: wire.PolicyNever}}, Rate: wire.LogRate{P50: 1 << 10, P95: 1 << 10, Median7: 1 << 10, Disk: 1 << 20, Days: 28},
			Disk: wire.LogDisk{Size: 1 << 40, Free: 1 << 39}, Writer: wire.LogWriter{State: "running"}, AttestedSince: at.AddDate(0, 0, -9),
		}
	}
	stopped := source("/var/log/auth.log", "os-auth")
	stopped.Writer = wire.LogWriter{State: "stopped", Since: at.AddDate(0, 0, -1), Evidence: "unit rsyslog.service"}
	offset := 0.2
	known, err := f.db.Hosts(t.Context())
	if err != nil || len(known) != machines {
		t.Fatal(known, err)
	}
	host := known[0].ID
	text, err := json.Marshal(wire.LogEvidence{
		Schema: wire.SchemaLogEvidence, Host: host, At: at, Complete: true, ClockOffsetSeconds: &offset, LedgerEntries: 1,
		Sources: []wire.LogSource{stopped, source("/var/log/syslog", "os-system")},
		Events:  []wire.LogEvent{{Ledger: "l", Seq: uint64(at.Unix()), Kind: wire.EventTruncated, At: at.Add(-time.Minute), Source: stopped.Key, Path: stopped.Path, ID: "x", Bytes: 10}},
	})
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, door+wire.PathDocuments, bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusNoContent {
		t.Fatalf("log evidence: status %d", answer.StatusCode)
	}
}

func (f *fleet) judge(t *testing.T) {
	t.Helper()
	if _, err := f.db.Derive(t.Context(), store.Settled(f.now.Add(time.Hour))); err != nil {
		t.Fatal(err)
	}
	pack, err := collector.LoadRules("")
	if err != nil {
		t.Fatal(err)
	}
	db := &collector.Database{Store: f.db}
	j, err := collector.Judge(t.Context(), db, pack, collector.LogRules{}, f.month, f.now, "test", func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := collector.OpenProposals(t.Context(), db, j.Run, f.now); err != nil {
		t.Fatal(err)
	}
	if err := collector.SnapshotProposals(t.Context(), db, f.now); err != nil {
		t.Fatal(err)
	}
}

// states stores two lines of the ledger of reports, of which one is late, and a look at a
// collector that lags.
func (f *fleet) states(t *testing.T) {
	t.Helper()
	due := calendar.Day{Date: calendar.DateOf(f.now.In(store.Zone())).AddDays(-2)}
	err := f.db.SaveFilingStates(t.Context(), []filing.Row{
		{Month: f.month, Provider: "demo", Kind: "usage", Recipient: "office", Due: due, State: filing.Missing, Overdue: true, LateWorkdays: 2},
		{Month: f.month, Provider: "demo", Kind: "security", Recipient: "office", Due: due, State: filing.Sent, FirstSentAt: f.now.AddDate(0, 0, -3)},
	}, f.now)
	if err != nil {
		t.Fatal(err)
	}
	err = f.db.SaveHealth(t.Context(), &store.Health{
		At: f.now.Add(-time.Minute), Collector: "c", Program: "test", Uptime: time.Hour, MemoryBytes: 1, Lag: 2 * time.Hour, CommitsFailed: 1, DiskFreeBytes: 1, DiskSizeBytes: 100,
	})
	if err != nil {
		t.Fatal(err)
	}
}

// figure is the one number of an answer.
func figure(t *testing.T, name string, a answer) float64 {
	t.Helper()
	if len(a.rows) != 1 {
		t.Errorf("%s: %d rows; want 1", name, len(a.rows))
		return math.NaN()
	}
	v, err := toFloat(a.rows[0][0])
	if err != nil {
		t.Errorf("%s: %v", name, err)
	}
	return v
}

// Panels and alert rules say of a replayed month what was put in.
func TestReplayedMonth(t *testing.T) {
	f := replayed(t)
	got := everyQuestion(t, f.asker, view(f.now))
	t.Run("figures", func(t *testing.T) {
		for name, want := range map[string]float64{
			"yunjian-overview: 云主机": machines, "yunjian-overview: 未纳管云主机": 0, "yunjian-overview: 在线云主机": machines, "yunjian-overview: 在线率": 1,
			"yunjian-filing: 应报": 2, "yunjian-filing: 已报送": 1, "yunjian-filing: 漏报": 1, "yunjian-filing: 按时率（F14）": 0.5,
			"yunjian-health: 汇总延迟": 7200, "yunjian-health: 已知主机": machines, "yunjian-health: 磁盘余量": 0.01,
		} {
			if v := figure(t, name, got[name]); math.Abs(v-want) > 1e-9 {
				t.Errorf("%s is %v; want %v", name, v, want)
			}
		}
	})
	t.Run("alerts", func(t *testing.T) {
		for uid, want := range map[string]int{
			"yunjian-agent-silent": 0, "yunjian-collector-lag": 1, "yunjian-commits-failed": 1, "yunjian-collector-disk": 1,
			"yunjian-log-source-stopped": 1, "yunjian-log-deleted-or-edited": 1, "yunjian-report-due": 1,
		} {
			if n := len(got[uid].rows); n != want {
				t.Errorf("%s: %d rows; want %d", uid, n, want)
			}
		}
		// A summary speaks of reports in words.
		due := got["yunjian-report-due"]
		at := slices.Index(due.names, "report")
		if at < 0 || len(due.rows) == 0 {
			t.Fatalf("report-due has columns %q and %d rows; want report, and one row", due.names, len(due.rows))
		}
		if name, ok := due.rows[0][at].(*string); !ok || *name != "云资源使用情况与效率月报" {
			t.Errorf("report-due says %v; want the report's name", due.rows[0][at])
		}
	})
	t.Run("answers", func(t *testing.T) { f.checkAnswered(t, got) })
	t.Run("silence", func(t *testing.T) {
		later := view(f.now.Add(20 * time.Minute))
		if rows := f.rule(t, "yunjian-agent-silent", later); len(rows) != machines {
			t.Errorf("%d hosts are silent 20 minutes later; want %d", len(rows), machines)
		}
		if rows := f.rule(t, "yunjian-collector-lag", later); len(rows) != 0 {
			t.Errorf("a collector that says nothing has %d rows; want none, which alerts", len(rows))
		}
	})
	t.Run("percentile", f.checkPercentile)
}

// rule asks an alert rule.
func (f *fleet) rule(t *testing.T, uid string, v dashboards.View) [][]any {
	t.Helper()
	groups, err := dashboards.Alerts()
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range groups {
		for _, r := range g.Rules {
			if r.UID != uid {
				continue
			}
			got, err := askOf(t, f.asker, v, r.SQL)
			if err != nil {
				t.Fatal(err)
			}
			return got.rows
		}
	}
	t.Fatalf("no rule %s", uid)
	return nil
}

// unanswered are panels that have no rows in the fleet, and why.
func unanswered() map[string]string {
	return map[string]string{
		"yunjian-overview: 离线云主机":          "all are there",
		"yunjian-host: 文件系统":               "the replay has no file systems",
		"yunjian-host: 关机记录":               "none was off",
		"yunjian-host: 运行时间":               "the replay knows no boot",
		"yunjian-retention: 首个风险日期":        "nothing is removed",
		"yunjian-retention: 累积中":           "the logs are old enough or broken",
		"yunjian-retention: 集中日志存储":        "none is asked",
		"yunjian-log-source: 大小'":          "no progress was sent",
		"yunjian-log-source: 缺口与静默":        "none was sent",
		"yunjian-log-source: 转发":           "none is configured",
		"yunjian-rightsizing: 变更后监测":       "nothing was changed",
		"yunjian-filing: 封账后到达的数据":         "no month is closed",
		"yunjian-filing: 封账":               "no month is closed",
		"yunjian-filing: 有期限的步骤":           "no notice was given",
		"yunjian-health: 采集器版本":            "a replay is no agent",
		"yunjian-health: 时钟偏差最大的云主机":       "the replay knows no clock",
		"yunjian-health: 被隔离的样本":           "none was",
		"yunjian-health: 日志配置问题":           "there is none",
		"yunjian-efficiency: 高负载云主机（升配关注）": "none is",
	}
}

// checkAnswered says which panels have no rows though they should, and the reverse.
func (f *fleet) checkAnswered(t *testing.T, got map[string]answer) {
	without := unanswered()
	for name, a := range got {
		if !strings.Contains(name, ": ") {
			continue
		}
		why, expected := without[name]
		if none := len(a.rows) == 0; none != expected {
			t.Errorf("%s: %d rows; expected none: %v %s", name, len(a.rows), expected, why)
		}
	}
}

// checkPercentile holds the panel of F4 against the facts of the report, system by system.
func (f *fleet) checkPercentile(t *testing.T) {
	begin, end := f.month.Start(store.Zone()), f.month.End(store.Zone())
	facts := map[string]map[string]float64{}
	err := f.db.EachGroup(t.Context(), store.GroupAsk{Months: []store.Span{{From: begin, To: end}}}, nil, func(g store.GroupFacts) error {
		maps.Copy(facts, g.Months[0].Systems)
		return nil
	})
	if err != nil || len(facts) == 0 {
		t.Fatal(facts, err)
	}
	for _, b := range boards(t) {
		for _, p := range b.panels() {
			if b.UID != "yunjian-efficiency" || p.Title != "CPU P95（F4）" {
				continue
			}
			for system, want := range facts {
				v := dashboards.View{From: begin, To: end.Add(-time.Second), Interval: time.Hour, Chosen: map[string][]string{"system": {system}}}
				got, err := askOf(t, f.asker, v, p.Targets[0].RawSQL)
				if err != nil {
					t.Fatal(err)
				}
				if v := figure(t, p.Title, got); math.Abs(v-want["cpu_p95"]) > 1e-9 {
					t.Errorf("%s of %s is %v; the report says %v", p.Title, system, v, want["cpu_p95"])
				}
			}
			return
		}
	}
	t.Error("no panel of F4")
}

// toFloat is a number that was scanned, whatever its type.
func toFloat(v any) (float64, error) {
	switch n := v.(type) {
	case *float64:
		return *n, nil
	case **float64:
		if *n == nil {
			return math.NaN(), nil
		}
		return **n, nil
	case *uint64:
		return float64(*n), nil
	case **uint64:
		if *n == nil {
			return math.NaN(), nil
		}
		return float64(**n), nil
	case *int64:
		return float64(*n), nil
	}
	return 0, fmt.Errorf("%T is no number that a panel has", v)
}
