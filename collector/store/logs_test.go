package store_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/yunjian-io/yunjian/collector/store"
	"github.com/yunjian-io/yunjian/internal/wire"
)

// logNow is a whole minute, so that every time of a fixture is kept as it is.
func logNow() time.Time { return time.Now().Truncate(time.Minute) }

// logSource is a record with something in every field.
func logSource(now time.Time) wire.LogSource {
	lag := int64(7)
	return wire.LogSource{
		Key: "text:/var/log/auth.log", Streams: []wire.LogStream{{Class: "os-auth", Name: "auth"}, {Class: "priv-op"}}, Family: "text",
		Path: "/var/log/auth.log", Party: "unit", QuietOK: true, Access: wire.LogAccess{Denied: true, Grant: "group adm", Unparsed: true},
		Segments: []wire.LogSegment{
			{Path: "/var/log/auth.log", ID: "aa", First: now.AddDate(0, 0, -2), Last: now, ModTime: now, Bytes: 5, Live: true, LastEstimated: true},
			{Path: "/var/log/auth.log.1", ID: "bb", First: now.AddDate(0, 0, -9), Last: now.AddDate(0, 0, -2), Begin: now.AddDate(0, 0, -10), ModTime: now, Bytes: 6, Index: 1, Sealed: true, HeadUntrusted: true, Implausible: 3},
			{Path: "/var/log/auth.log.2", ModTime: now},
		},
		Policies: []wire.LogPolicy{
			{Kind: wire.PolicyLogrotate, Origin: "a:1", Logrotate: &wire.LogrotatePolicy{Cadence: "weekly", Rotate: 4, MaxAge: 200, RunsPerDay: 1, LastRotation: now}},
			{Kind: wire.PolicyJournald, Journald: &wire.JournaldPolicy{MaxUse: 1 << 30, MaxFiles: -1, MaxRetentionSeconds: 86400 * 100}},
			{Kind: wire.PolicyAuditd, Auditd: &wire.AuditdPolicy{Action: "ROTATE", NumLogs: 5, MaxLogFile: 8}},
			{Kind: wire.PolicyCount, Count: &wire.CountPolicy{Keep: 10, FileBytes: 3, Setting: "max"}},
			{Kind: wire.PolicyAge, Age: &wire.AgePolicy{Days: 90, Setting: "maxDays"}},
			{Kind: wire.PolicyContainer, Container: &wire.ContainerLogPolicy{CreatedAt: now, MaxSize: 10 << 20, MaxFile: 3}},
			{Kind: wire.PolicyUnparsed, Problem: "what is this"},
		},
		Rate: wire.LogRate{P50: 1.5, P95: 2.5, Median7: 3.5, Disk: 4.5, Ratio: 0.1, Days: 28}, Disk: wire.LogDisk{Size: 9, Free: 8, InodesFree: 7},
		Writer:  wire.LogWriter{State: "running", Since: now.AddDate(0, 0, -1), Evidence: "open by pid 1", Unlinked: true, LastAppend: now, SuspendAtFreeBytes: 6},
		Forward: []wire.LogForward{{Target: "h:1", Protocol: "tcp", Queue: "disk", Origin: "b:2", AckLagSeconds: &lag}, {Target: "h:2"}},

		SilenceP999Seconds: 60, Gaps: []wire.LogGap{{Kind: "serial", From: now.AddDate(0, 0, -3), To: now.AddDate(0, 0, -2), Missing: 4, Path: "p"}},
		AttestedSince: now.AddDate(0, -1, 0), Unsealed: 11,
	}
}

func putEvidence(t *testing.T, s *store.Store, received time.Time, documents ...wire.EvidenceRow) {
	t.Helper()
	if err := s.Commit(t.Context(), &wire.Rows{Evidence: documents}, received); err != nil {
		t.Fatal(err)
	}
}

// TestLogState: a source is as its last full record says, brought up to the progress
// behind it, and as of any time.
func TestLogState(t *testing.T) {
	s := rig.Open(t)
	now := logNow()
	const host, other = 7, 8
	source := logSource(now)
	small := wire.LogSource{Key: "utmp:/var/log/wtmp", Streams: []wire.LogStream{{Class: "os-login", Name: "wtmp"}}, Family: "utmp", Path: "/var/log/wtmp"}
	document := func(at time.Time, change func(*wire.LogEvidence)) wire.EvidenceRow {
		d := wire.EvidenceRow{Host: host, LogEvidence: wire.LogEvidence{At: at}}
		change(&d.LogEvidence)
		return d
	}
	hour := func(h int) time.Time { return now.Add(time.Duration(h-10) * time.Hour) }
	progress := func(h int) wire.LogProgress {
		return wire.LogProgress{Key: source.Key, Last: hour(h), Bytes: int64(h), DiskFree: int64(100 - h), LastAppend: hour(h)}
	}
	documents := []wire.EvidenceRow{
		document(hour(1), func(d *wire.LogEvidence) { d.Complete, d.Sources = true, []wire.LogSource{small} }),
		document(hour(2), func(d *wire.LogEvidence) { d.Sources = []wire.LogSource{source} }),
		document(hour(3), func(d *wire.LogEvidence) { d.Progress = []wire.LogProgress{progress(3)} }),
		document(hour(4), func(d *wire.LogEvidence) { d.Progress = []wire.LogProgress{progress(4)} }),
		document(hour(6), func(d *wire.LogEvidence) { d.Complete, d.Sources = true, []wire.LogSource{source} }),
		{Host: other, LogEvidence: wire.LogEvidence{At: hour(5), Complete: true}},
	}
	for i := range 2 { // delivered twice
		putEvidence(t, s, now.Add(time.Duration(i)*time.Minute), documents...)
	}
	p4 := progress(4)
	for _, tt := range []struct {
		name string
		at   time.Time
		want []store.LogState
	}{
		{"before any", hour(0), nil},
		{"the first", hour(1), []store.LogState{{Host: host, At: hour(1), Source: small}}},
		{"grown", hour(5), []store.LogState{
			{Host: host, At: hour(2), Source: source, Progress: &p4, ProgressAt: hour(4)},
			{Host: host, At: hour(1), Source: small},
		}},
		{"gone", hour(7), []store.LogState{
			{Host: host, At: hour(6), Source: source},
			{Host: host, At: hour(1), Source: small, Gone: true},
		}},
	} {
		got, err := s.LogStates(t.Context(), []uint64{host, 9}, tt.at)
		if diff := cmp.Diff(tt.want, got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", tt.name, err, diff)
		}
	}
	var rows, files, days, bytes uint64
	err := s.Each(t.Context(), `SELECT count(), toUInt64(any(policy_files)), toUInt64(any(policy_days)), toUInt64(any(policy_bytes)) FROM log_sources FINAL WHERE policy_files IS NOT NULL`,
		nil, func(scan func(...any) error) error { return scan(&rows, &files, &days, &bytes) })
	if want := [4]uint64{2, 4, 90, 30 << 20}; err != nil || [4]uint64{rows, files, days, bytes} != want {
		t.Errorf("rows, files, days, bytes %d, %d, %d, %d, %v; want %v", rows, files, days, bytes, err, want)
	}
}

func TestLogHosts(t *testing.T) {
	s := rig.Open(t)
	now := logNow()
	offset := 1.5
	putEvidence(
		t, s, now,
		wire.EvidenceRow{Host: 1, LogEvidence: wire.LogEvidence{At: now.Add(-3 * time.Hour), ClockOffsetSeconds: &offset, LedgerEntries: 3}},
		wire.EvidenceRow{Host: 1, LogEvidence: wire.LogEvidence{At: now.Add(-time.Hour), LedgerEntries: 4}},
		wire.EvidenceRow{Host: 1, LogEvidence: wire.LogEvidence{At: now.Add(time.Hour), LedgerEntries: 5}},
		wire.EvidenceRow{Host: 2, LogEvidence: wire.LogEvidence{At: now.Add(-2 * time.Hour)}},
	)
	got, err := s.LogHosts(t.Context(), now)
	if err != nil {
		t.Fatal(err)
	}
	one := got[1]
	if len(got) != 2 || !one.At.Equal(now.Add(-time.Hour)) || one.LedgerEntries != 4 || one.ClockOffsetSeconds == nil || *one.ClockOffsetSeconds != 1.5 || !one.OffsetAt.Equal(now.Add(-3*time.Hour)) {
		t.Errorf("LogHosts() = %+v", got)
	}
	if two := got[2]; two.ClockOffsetSeconds != nil {
		t.Errorf("a host that never told its offset has %v", *two.ClockOffsetSeconds)
	}
}

// TestLogEvents: a ledger is what was received first, however often it is sent.
func TestLogEvents(t *testing.T) {
	s := rig.Open(t)
	now := logNow()
	gone := wire.LogEvent{
		Seq: 2, Ledger: "l", Kind: wire.EventGone, At: now.Add(-time.Hour), Source: "text:/a", Path: "/a.1", ID: "id", Bytes: 5, Hash: "h",
		First: now.AddDate(0, 0, -9), Last: now.AddDate(0, 0, -2), Index: 3, Detail: "d",
	}
	rewritten := gone
	rewritten.Kind, rewritten.Last = wire.EventEdited, now
	later := wire.LogEvent{Seq: 3, Ledger: "l", Kind: wire.EventTruncated, At: now.Add(time.Hour), Source: "text:/a"}
	document := func(events ...wire.LogEvent) wire.EvidenceRow {
		return wire.EvidenceRow{Host: 1, LogEvidence: wire.LogEvidence{At: now, Events: events}}
	}
	putEvidence(t, s, now, document(wire.LogEvent{Seq: 1, Ledger: "l", Kind: wire.EventSealed, At: now.Add(-2 * time.Hour)}, gone))
	putEvidence(t, s, now.Add(time.Minute), document(rewritten, later))
	putEvidence(t, s, now.Add(2*time.Minute), document(gone))
	got, err := s.LogEvents(t.Context(), []uint64{1}, now)
	if diff := cmp.Diff(map[uint64][]wire.LogEvent{1: {gone}}, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

// TestLogDowntimes: claims of the host, of the platform, and silence where it claims.
func TestLogDowntimes(t *testing.T) {
	s := rig.Open(t)
	now := logNow().Truncate(time.Hour)
	begin := now.Add(-24 * time.Hour)
	var rows wire.Rows
	for _, host := range []uint64{1, 2} {
		for at := begin; at.Before(now); at = at.Add(5 * time.Minute) {
			if off := at.Sub(begin); (off >= 4*time.Hour && off < 6*time.Hour) || (off >= 8*time.Hour && off < 8*time.Hour+10*time.Minute) || off >= 20*time.Hour {
				continue
			}
			rows.Usage = append(rows.Usage, minute(host, at, map[int]float64{wire.IntervalSeconds: 300, wire.CPUUsedCores: 1}))
		}
	}
	hour := func(h int) time.Time { return begin.Add(time.Duration(h) * time.Hour) }
	rows.Power = []wire.PowerRow{{Host: 1, OffAt: hour(2), OnAt: hour(3), Source: "platform"}}
	rows.Evidence = []wire.EvidenceRow{{Host: 1, LogEvidence: wire.LogEvidence{At: now, Downtime: []wire.LogDowntime{{From: hour(4), To: hour(6), Clean: true}}}}}
	if err := s.Commit(t.Context(), &rows, now); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Derive(t.Context(), now.Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	got, err := s.LogDowntimes(t.Context(), []uint64{1, 2}, begin.Add(-time.Hour), now)
	want := map[uint64][]store.LogDowntime{1: {
		{Source: store.OffByHost, From: hour(4), To: hour(6)},
		{Source: store.OffByPower, From: hour(2), To: hour(3)},
		{Source: store.OffByUsage, From: hour(4), To: hour(6)},
		{Source: store.OffByUsage, From: hour(20), To: hour(24)},
	}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}
