package evidence

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/yunjian-io/yunjian/internal/wire"
	"github.com/yunjian-io/yunjian/rules/calendar"
	"github.com/yunjian-io/yunjian/rules/retention"
)

var zone = time.FixedZone("Asia/Shanghai", 8*60*60)

// now is the time at which evidence is judged.
var now = time.Date(2026, 11, 23, 10, 0, 0, 0, zone)

func ago(days int) time.Time { return now.AddDate(0, 0, -days) }

func date(t testing.TB, s string) calendar.Date {
	t.Helper()
	d, err := calendar.ParseDate(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// auth is the complete evidence about a log that is kept for 200 days.
func auth() wire.LogSource {
	return wire.LogSource{
		Key: "text:/var/log/auth.log", Family: "text", Path: "/var/log/auth.log",
		Streams: []wire.LogStream{{Class: "os-auth", Name: "auth"}, {Class: "priv-op", Name: "sudo"}},
		Segments: []wire.LogSegment{
			{Path: "/var/log/auth.log", ID: "aa", First: ago(1), Last: now.Add(-time.Minute), ModTime: now.Add(-time.Minute), Bytes: 1 << 20, Live: true},
			{Path: "/var/log/auth.log.1", ID: "bb", First: ago(200), Last: ago(1), ModTime: ago(1), Bytes: 90 << 20, Index: 1, Sealed: true},
		},
		Policies:      []wire.LogPolicy{{Kind: wire.PolicyLogrotate, Logrotate: &wire.LogrotatePolicy{Cadence: "daily", Rotate: 200, RunsPerDay: 1}}},
		Rate:          wire.LogRate{P50: 1 << 20, P95: 2 << 20, Median7: 1 << 20, Disk: 10 << 20, Ratio: 0.1, Days: 28},
		Disk:          wire.LogDisk{Size: 100 << 30, Free: 50 << 30},
		Writer:        wire.LogWriter{State: "running"},
		AttestedSince: ago(30),
	}
}

func context(t testing.TB) Context {
	t.Helper()
	offset := 0.5
	return Context{
		Host: "i-1", System: "s-1", Start: date(t, "2024-01-10"), Zone: zone, TakenAt: now.Add(-time.Minute), LastReport: now.Add(-time.Minute),
		ClockOffsetSeconds: &offset,
		Mandatory:          func(class retention.Class, _ string) bool { return class == retention.OSAuth },
	}
}

// TestSources holds the translation of a whole document against one written by hand.
func TestSources(t *testing.T) {
	s, c := auth(), context(t)
	lag := int64(90)
	s.Forward = []wire.LogForward{{Target: "a", AckLagSeconds: &lag}, {Target: "b"}}
	s.SilenceP999Seconds = 600
	s.Gaps = []wire.LogGap{{Kind: "serial", From: ago(9), To: ago(8)}, {From: ago(7), To: ago(6)}}
	s.Segments[0].LastEstimated = true
	s.Segments[0].Last = ago(3)
	s.Access = wire.LogAccess{Denied: true, Grant: "group adm", Unparsed: true}
	store := &retention.Remote{Level: retention.Queried}
	c.Remote = func(class retention.Class, stream string) *retention.Remote {
		if class == retention.PrivilegedOp && stream == "sudo" {
			return store
		}
		return nil
	}
	c.Downtime = []retention.Downtime{{From: ago(9), To: ago(8), Confirmed: true}}
	c.Events = []wire.LogEvent{
		{Source: s.Key, Kind: wire.EventSealed, At: ago(1), Last: ago(1)},
		{Source: "text:/var/log/other", Kind: wire.EventGone, At: ago(1), Last: ago(1)},
		{Source: s.Key, Kind: wire.EventGone, At: ago(2), First: ago(5), Last: ago(4), Index: 3, Path: "/var/log/auth.log.3", ID: "cc"},
		{Source: s.Key, Kind: wire.EventGone, At: ago(2), First: ago(200), Last: ago(1), Index: 9, ID: "bb"},
		{Source: s.Key, Kind: wire.EventEdited, At: ago(2), Last: ago(1), ID: "bb"},
		{Source: s.Key, Kind: wire.EventTruncated, At: ago(2), Last: ago(1), ID: "aa"},
	}
	shared := retention.Source{
		Scope: retention.Scope{Start: date(t, "2024-01-10")},
		Segments: []retention.Segment{
			{First: ago(1), Last: now.Add(-time.Minute), ModTime: now.Add(-time.Minute)},
			{First: ago(200), Last: ago(1), ModTime: ago(1)},
		},
		Policy:     retention.Logrotate{Cadence: retention.Daily, Rotate: 200, RunsPerDay: 1},
		Rate:       retention.Rate{P50: 1 << 20, P95: 2 << 20, Median7: 1 << 20, Disk: 10 << 20, Ratio: 0.1},
		Disk:       retention.Disk{Known: true, Free: 50 << 30},
		Writer:     retention.Writer{State: retention.WriterRunning},
		Forward:    retention.Forward{AckLag: 90 * time.Second},
		Access:     retention.Access{Denied: true, Grant: "group adm", Unparsed: true},
		Clock:      retention.Clock{Known: true, Offset: 500 * time.Millisecond},
		LastReport: now.Add(-time.Minute),
		Silence:    retention.Silence{P999: 10 * time.Minute},
		Gaps:       []retention.Gap{{Kind: "serial", From: ago(9), To: ago(8)}, {Kind: retention.GapSilence, From: ago(7), To: ago(6)}},
		Downtime:   c.Downtime,
		Ledger: retention.Ledger{Since: date(t, "2026-10-24"), Events: []retention.Event{
			{Kind: retention.EventGone, At: ago(2), First: date(t, "2026-11-18"), Last: date(t, "2026-11-19"), Index: 3, Path: "/var/log/auth.log.3"},
			{Kind: retention.EventGone, At: ago(2), First: date(t, "2026-05-07"), Last: date(t, "2026-11-22"), Index: 9, CopyAttested: true},
			{Kind: retention.EventEdited, At: ago(2), Last: date(t, "2026-11-22")},
			{Kind: retention.EventTruncated, At: ago(2), Last: date(t, "2026-11-22")},
		}},
	}
	first, second := shared, shared
	first.Identity = retention.Identity{Host: "i-1", System: "s-1", Class: retention.OSAuth, Stream: "auth", Path: "/var/log/auth.log", Party: retention.PartyUnit}
	first.Scope.Mandatory = true
	second.Identity, second.Remote = first.Identity, store
	second.Identity.Class, second.Identity.Stream = retention.PrivilegedOp, "sudo"
	if diff := cmp.Diff([]retention.Source{first, second}, Sources(s, c)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestPolicies holds what each kind of policy means to the rule.
func TestPolicies(t *testing.T) {
	weekly := wire.LogPolicy{Kind: wire.PolicyLogrotate, Origin: "/etc/logrotate.d/rsyslog:3", Logrotate: &wire.LogrotatePolicy{
		Cadence: "weekly", Rotate: 4, MinSize: 1, MaxSize: 2, MaxAge: 3, Size: 4, RunsPerDay: 1, Disabled: true, LastRotation: ago(3),
	}}
	broken := wire.LogPolicy{Kind: wire.PolicyLogrotate, Logrotate: &wire.LogrotatePolicy{Cadence: "weekly", Rotate: 4, Broken: true}}
	stanza := retention.Logrotate{
		Cadence: retention.Weekly, Rotate: 4, MinSize: 1, MaxSize: 2, MaxAge: 3, Size: 4, RunsPerDay: 1, Disabled: true, LastRotation: date(t, "2026-11-20"),
	}
	for _, tt := range []struct {
		name    string
		of      []wire.LogPolicy
		want    retention.Policy
		problem string
	}{
		{"none", nil, nil, ""},
		{"a stanza", []wire.LogPolicy{weekly}, stanza, ""},
		{"a broken stanza never rotates", []wire.LogPolicy{broken}, retention.Never{}, ""},
		{"never", []wire.LogPolicy{{Kind: wire.PolicyNever}}, retention.Never{}, ""},
		{"journald", []wire.LogPolicy{{Kind: wire.PolicyJournald, Journald: &wire.JournaldPolicy{
			Volatile: true, MaxUse: -1, MaxFileSize: 2, KeepFree: 3, FilesystemSize: 4, FilesystemFree: 5, Usage: 6, MaxFileSeconds: -1,
			MaxFiles: -1, ActiveFiles: 2, MaxRetentionSeconds: -1, TypicalSpanSeconds: 60, LongestSpanSeconds: 120,
		}}}, retention.Journald{
			Volatile: true, MaxFileSize: 2, KeepFree: 3, FSSize: 4, FSFree: 5, Usage: 6, MaxFileTime: -time.Second, MaxFiles: -1, ActiveFiles: 2,
			TypicalSpan: time.Minute, LongestSpan: 2 * time.Minute,
		}, ""},
		{
			"auditd",
			[]wire.LogPolicy{{Kind: wire.PolicyAuditd, Auditd: &wire.AuditdPolicy{Action: "ROTATE", NumLogs: 5, MaxLogFile: 8, CronDays: 1}}},
			retention.Auditd{Action: "ROTATE", NumLogs: 5, MaxLogFile: 8, CronDays: 1},
			"",
		},
		{
			"files of a size",
			[]wire.LogPolicy{{Kind: wire.PolicyCount, Count: &wire.CountPolicy{Keep: 10, FileBytes: 100, Setting: "max"}}},
			retention.Count{Keep: 10, FileBytes: 100, Setting: "max"},
			"",
		},
		{
			"age",
			[]wire.LogPolicy{{Kind: wire.PolicyAge, Age: &wire.AgePolicy{Days: 90, SpanDays: 1, Setting: "maxDays"}}},
			retention.Age{Days: 90, SpanDays: 1, Setting: "maxDays"},
			"",
		},
		{
			"container",
			[]wire.LogPolicy{{Kind: wire.PolicyContainer, Container: &wire.ContainerLogPolicy{CreatedAt: ago(10).Add(-time.Minute), MaxSize: 1, MaxFile: 2}}},
			retention.Container{LifetimeDays: 10, MaxSize: 1, MaxFile: 2},
			"",
		},
		{"container of unknown age", []wire.LogPolicy{{Kind: wire.PolicyContainer, Container: &wire.ContainerLogPolicy{}}}, retention.Container{}, ""},
		{"several", []wire.LogPolicy{weekly, {Kind: wire.PolicyNever}}, retention.Any{stanza, retention.Never{}}, ""},
		{"not understood", []wire.LogPolicy{{Kind: wire.PolicyUnparsed, Origin: "a:1", Problem: "unknown unit"}, {Kind: wire.PolicyUnparsed}}, nil, "a:1: unknown unit; not understood"},
		{"one of two not understood", []wire.LogPolicy{weekly, {Kind: wire.PolicyUnparsed, Problem: "x"}}, stanza, "x"},
		{"of a newer agent", []wire.LogPolicy{{Kind: "loki", Origin: "l:2"}}, nil, `l:2: a policy of kind "loki", which this collector does not know`},
		{"without its figures", []wire.LogPolicy{{Kind: wire.PolicyAge}}, nil, `a policy of kind "age", which this collector does not know`},
	} {
		got, problem := policies(tt.of, context(t))
		if diff := cmp.Diff(tt.want, got); diff != "" || problem != tt.problem {
			t.Errorf("%s: problem %q; want %q (-want +got):\n%s", tt.name, problem, tt.problem, diff)
		}
	}
}

func TestParty(t *testing.T) {
	for _, tt := range []struct {
		class retention.Class
		site  string
		owner retention.Party
		want  retention.Party
	}{
		{retention.OSAuth, "", "", retention.PartyUnit},
		{retention.OSAuth, "", retention.PartyProvider, retention.PartyProvider},
		{retention.OSAuth, "unit", retention.PartyProvider, retention.PartyUnit},
		{retention.OSAuth, "somebody", retention.PartyUnit, retention.PartyUnit},
		{retention.CloudControlPlane, "", retention.PartyUnit, retention.PartyProvider},
		{retention.SecurityDevice, "unit", "", retention.PartyUnit},
	} {
		if got := Party(tt.class, tt.site, tt.owner); got != tt.want {
			t.Errorf("Party(%s, %q, %q) = %s; want %s", tt.class, tt.site, tt.owner, got, tt.want)
		}
	}
}

func TestWriter(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*wire.LogSource)
		want   retention.Writer
	}{
		{"running", func(*wire.LogSource) {}, retention.Writer{State: retention.WriterRunning}},
		{"of a newer agent", func(s *wire.LogSource) { s.Writer.State = "migrating" }, retention.Writer{}},
		{
			"stopped, unlinked", func(s *wire.LogSource) { s.Writer = wire.LogWriter{State: "stopped", Since: ago(1), Unlinked: true} },
			retention.Writer{State: retention.WriterStopped, Since: ago(1), Unlinked: true},
		},
		{
			"suspends at the rate of the disk", func(s *wire.LogSource) { s.Writer.SuspendAtFreeBytes = 50<<30 - 25<<20 },
			retention.Writer{State: retention.WriterRunning, Suspends: date(t, "2026-11-25")},
		},
		{
			"suspends now", func(s *wire.LogSource) { s.Writer.SuspendAtFreeBytes = 50 << 30 },
			retention.Writer{State: retention.WriterRunning, Suspends: date(t, "2026-11-23")},
		},
		{"nobody knows when", func(s *wire.LogSource) { s.Writer.SuspendAtFreeBytes, s.Rate.Disk = 1, 0 }, retention.Writer{State: retention.WriterRunning}},
		{"too far away", func(s *wire.LogSource) { s.Writer.SuspendAtFreeBytes, s.Rate.Disk = 1, 1e-9 }, retention.Writer{State: retention.WriterRunning}},
		{"no disk", func(s *wire.LogSource) { s.Writer.SuspendAtFreeBytes, s.Disk = 1, wire.LogDisk{} }, retention.Writer{State: retention.WriterRunning}},
	} {
		s := auth()
		tt.change(&s)
		if diff := cmp.Diff(tt.want, writer(s, context(t))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

// TestProgressed: growth moves the live segment, and nothing of the record that it
// continues is changed.
func TestProgressed(t *testing.T) {
	s := auth()
	p := wire.LogProgress{Key: s.Key, Last: now, Bytes: 2 << 20, DiskFree: 40 << 30, LastAppend: now.Add(time.Second)}
	want := auth()
	want.Segments[0].Last, want.Segments[0].Bytes, want.Segments[0].ModTime = now, 2<<20, now.Add(time.Second)
	want.Disk.Free, want.Writer.LastAppend = 40<<30, now.Add(time.Second)
	if diff := cmp.Diff(want, Progressed(s, p)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(auth(), s); diff != "" {
		t.Errorf("the record was changed:\n%s", diff)
	}
	if diff := cmp.Diff(auth(), Progressed(s, wire.LogProgress{Key: s.Key, Last: ago(1)})); diff != "" {
		t.Errorf("an older progress:\n%s", diff)
	}
	s.Segments[0].Live = false
	if diff := cmp.Diff(s.Segments, Progressed(s, p).Segments); diff != "" {
		t.Errorf("without a live segment:\n%s", diff)
	}
	empty := wire.LogSource{Segments: []wire.LogSegment{{Live: true, ModTime: ago(2)}}}
	got := Progressed(empty, p).Segments[0]
	if !got.First.Equal(now) || !got.Last.Equal(now) {
		t.Errorf("the first record of an empty file: %+v", got)
	}
}

// TestDecided: what comes out is what the rule needs for a verdict.
func TestDecided(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*wire.LogSource, *Context)
		want   string
	}{
		{"in order", func(*wire.LogSource, *Context) {}, "compliant"},
		{"no document", func(_ *wire.LogSource, c *Context) { c.LastReport = time.Time{} }, "unknown.stale_agent"},
		{"clock never told", func(_ *wire.LogSource, c *Context) { c.ClockOffsetSeconds = nil }, "unknown.clock_untrusted"},
		{"no policy", func(s *wire.LogSource, _ *Context) { s.Policies = nil }, "unknown.policy_unparsed"},
		{"rotate 4", func(s *wire.LogSource, _ *Context) { s.Policies[0].Logrotate.Rotate = 4 }, "violated.config_would_delete"},
		{"a segment gone", func(s *wire.LogSource, c *Context) {
			c.Events = []wire.LogEvent{{Source: s.Key, Kind: wire.EventGone, At: ago(1), First: ago(9), Last: ago(8), Index: 8}}
		}, "violated.deletion_detected"},
		{"decommissioned and silent", func(_ *wire.LogSource, c *Context) {
			c.End, c.LastReport = date(t, "2026-10-01"), ago(50)
		}, "violated.short_coverage"},
	} {
		s, c := auth(), context(t)
		tt.change(&s, &c)
		if got := retention.Decide(Sources(s, c)[0], now, retention.Period{}); got.Name() != tt.want {
			t.Errorf("%s: %s %v; want %s", tt.name, got.Name(), got.Reasons, tt.want)
		}
	}
}

// FuzzSources: whatever a host says, there is a verdict for every stream.
func FuzzSources(f *testing.F) {
	whole, err := json.Marshal(auth())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole, 0.5)
	f.Add([]byte(`{"streams":[{"class":"x"}],"silence_p999_seconds":9223372036854775807,"policies":[{"kind":"container","container":{"created_at":"0001-01-01T00:00:00Z","max_file":-9}}]}`), 1e300)
	f.Fuzz(func(t *testing.T, data []byte, offset float64) {
		var s wire.LogSource
		if json.Unmarshal(data, &s) != nil {
			return
		}
		c := context(t)
		c.ClockOffsetSeconds = &offset
		c.Events = []wire.LogEvent{{Source: s.Key, Kind: wire.EventGone}}
		found := Sources(Progressed(s, wire.LogProgress{Last: now, Bytes: 1}), c)
		if len(found) != len(s.Streams) {
			t.Fatalf("%d sources for %d streams", len(found), len(s.Streams))
		}
		for _, one := range found {
			if got := retention.Decide(one, now, retention.Period{}); got.Name() == "" {
				t.Error("no verdict")
			}
		}
	})
}
