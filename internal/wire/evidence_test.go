package wire

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// evidence is a document that says something in every list.
func evidence() LogEvidence {
	at := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	offset, lag := 0.25, int64(3)
	return LogEvidence{
		Schema: SchemaLogEvidence, Host: "i-1", At: at, Complete: true, ClockOffsetSeconds: &offset,
		Downtime: []LogDowntime{{From: at.Add(-time.Hour), To: at, Clean: true}},
		Sources: []LogSource{{
			Key: "text:/var/log/auth.log", Streams: []LogStream{{Class: "os-auth", Name: "auth"}}, Family: "text", Path: "/var/log/auth.log",
			Segments: []LogSegment{{Path: "/var/log/auth.log", ID: "aa", First: at, Last: at, ModTime: at, Bytes: 9, Live: true}},
			Policies: []LogPolicy{{Kind: PolicyLogrotate, Origin: "/etc/logrotate.d/rsyslog:3", Logrotate: &LogrotatePolicy{Cadence: "weekly", Rotate: 4}}},
			Rate:     LogRate{P95: 1.5}, Disk: LogDisk{Size: 10, Free: 5}, Writer: LogWriter{State: "running"},
			Forward: []LogForward{{Target: "log.example:6514", Protocol: "tcp", AckLagSeconds: &lag}},
			Gaps:    []LogGap{{Kind: "serial", From: at, To: at, Missing: 2}},
		}},
		Progress:      []LogProgress{{Key: "text:/var/log/syslog", Last: at, Bytes: 4}},
		Events:        []LogEvent{{Seq: 1, Ledger: "l", Kind: EventSealed, At: at, Source: "text:/var/log/auth.log"}},
		LedgerEntries: 1,
		Problems:      []LogProblem{{Origin: "/etc/rsyslog.conf:12", Text: "a template was not understood"}},
	}
}

func body(t testing.TB, d LogEvidence) []byte {
	t.Helper()
	out, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestLogEvidence(t *testing.T) {
	want := evidence()
	got, err := DecodeDocument(body(t, want))
	if diff := cmp.Diff(any(&want), got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

// TestLogEvidenceOfNewerAgent: words that this collector does not know are kept.
func TestLogEvidenceOfNewerAgent(t *testing.T) {
	want := evidence()
	s := &want.Sources[0]
	s.Family, s.Party, s.Writer.State = "etl", "auditor", "migrating"
	s.Policies = append(s.Policies, LogPolicy{Kind: "loki"}, LogPolicy{Kind: PolicyAge})
	s.Policies[0].Logrotate.Cadence, s.Gaps[0].Kind = "fortnightly", "canary"
	want.Events[0].Kind = "notarised"
	got, err := DecodeDocument([]byte(strings.Replace(string(body(t, want)), `{"schema"`, `{"mood":"good","schema"`, 1)))
	if diff := cmp.Diff(any(&want), got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

func TestLogEvidenceRefused(t *testing.T) {
	long := strings.Repeat("x", maxLogDetail+1)
	for _, tt := range []struct {
		change func(*LogEvidence)
		want   string
	}{
		{func(d *LogEvidence) { d.Host = "" }, "the host is empty"},
		{func(d *LogEvidence) { d.Host = long }, "the host has"},
		{func(d *LogEvidence) { d.At = time.Time{} }, "no time"},
		{func(d *LogEvidence) { d.Sources = append(d.Sources, d.Sources[0]) }, "there twice"},
		{func(d *LogEvidence) { d.Progress[0].Key = d.Sources[0].Key }, "there twice"},
		{func(d *LogEvidence) { d.Progress[0].Key = "" }, "the key is empty"},
		{func(d *LogEvidence) { d.Progress[0].Bytes = -1 }, "the bytes is -1"},
		{func(d *LogEvidence) { d.Sources[0].Key = "" }, "the key is empty"},
		{func(d *LogEvidence) { d.Sources[0].Path = long }, "the path has"},
		{func(d *LogEvidence) { d.Sources[0].Streams = nil }, "no streams"},
		{func(d *LogEvidence) { d.Sources[0].Streams[0].Class = "" }, "the class is empty"},
		{func(d *LogEvidence) { d.Sources[0].Streams = make([]LogStream, maxLogParts+1) }, "65 streams"},
		{func(d *LogEvidence) { d.Sources[0].Segments = make([]LogSegment, 1) }, "path of a segment is empty"},
		{func(d *LogEvidence) { d.Sources[0].Segments[0].Bytes = -5 }, "bytes of a segment is -5"},
		{func(d *LogEvidence) { d.Sources[0].Disk.Free = -1 }, "size of the disk is -1"},
		{func(d *LogEvidence) { d.Sources[0].Rate.P95 = -1 }, "rate -1 is negative"},
		{func(d *LogEvidence) { d.Sources[0].Policies[0].Kind = "" }, "kind of a policy is empty"},
		{func(d *LogEvidence) { d.Sources[0].Policies[0].Problem = long }, "problem of a policy has"},
		{func(d *LogEvidence) { d.Sources[0].Policies[0].Logrotate.Cadence = long }, "cadence has"},
		{func(d *LogEvidence) { d.Sources[0].Policies[0].Auditd = &AuditdPolicy{Action: long} }, "action has"},
		{func(d *LogEvidence) { d.Sources[0].Policies[0].Count = &CountPolicy{Setting: long} }, "setting has"},
		{func(d *LogEvidence) { d.Sources[0].Policies[0].Age = &AgePolicy{Setting: long} }, "setting has"},
		{func(d *LogEvidence) { d.Sources[0].Forward[0].Target = long }, "target has"},
		{func(d *LogEvidence) { d.Sources[0].Gaps = make([]LogGap, maxLogGaps+1) }, "2001 gaps"},
		{func(d *LogEvidence) { d.Sources[0].Gaps[0].Path = long }, "path of a gap has"},
		{func(d *LogEvidence) { d.Events[0].Seq = 0 }, "event 1: it has no number"},
		{func(d *LogEvidence) { d.Events[0].At = time.Time{} }, "event 1: it has no time"},
		{func(d *LogEvidence) { d.Events[0].Ledger = "" }, "the ledger is empty"},
		{func(d *LogEvidence) { d.Events[0].Detail = long }, "the detail has"},
		{func(d *LogEvidence) { d.Downtime = make([]LogDowntime, maxLogEntries+1) }, "20001 downtime"},
		{func(d *LogEvidence) { d.Problems[0].Text = long }, "text of a problem has"},
	} {
		d := evidence()
		tt.change(&d)
		if err := d.validate(); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("error %v; want %q", err, tt.want)
		}
	}
}

// TestLogEvidenceSegmentsAreBounded: the limit counts those of all sources.
func TestLogEvidenceSegmentsAreBounded(t *testing.T) {
	d := evidence()
	one := d.Sources[0]
	one.Segments = make([]LogSegment, maxLogSegments/2+1)
	for i := range one.Segments {
		one.Segments[i].Path = "p"
	}
	d.Sources = nil
	for i := range 2 {
		one.Key = fmt.Sprint(i)
		d.Sources = append(d.Sources, one)
	}
	if err := d.validate(); err == nil || !strings.Contains(err.Error(), "more than 100000 segments") {
		t.Errorf("error %v", err)
	}
}

func TestRowsOfEvidence(t *testing.T) {
	var rows Rows
	rows.Append(&Rows{Evidence: []EvidenceRow{{Host: 1, LogEvidence: evidence()}}})
	rows.Append(&Rows{Evidence: []EvidenceRow{{Host: 2}}})
	if got := rows.Len(); got != 7 {
		t.Errorf("Len() = %d; want 6 rows of the document and one of an empty one", got)
	}
	rows.Reset()
	if rows.Len() != 0 || rows.Evidence[:1][0].Host != 0 {
		t.Errorf("after Reset %d rows, %+v", rows.Len(), rows.Evidence[:1])
	}
}

func FuzzLogEvidence(f *testing.F) {
	f.Add(body(f, evidence()))
	f.Add([]byte(`{"schema":"log-evidence/v1","host":"i","at":"2026-11-01T00:00:00+08:00","complete":true,"ledger_entries":18446744073709551615}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		got, err := DecodeDocument(raw)
		d, ok := got.(*LogEvidence)
		if !ok || err != nil {
			return
		}
		if d.Host == "" || d.At.IsZero() || len(d.Sources) > maxLogSources {
			t.Errorf("accepted %+v", d)
		}
		for _, s := range d.Sources {
			if s.Key == "" || len(s.Streams) == 0 {
				t.Errorf("accepted source %+v", s)
			}
		}
	})
}
