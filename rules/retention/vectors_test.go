package retention

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/yunjian-io/yunjian/rules/calendar"
)

// vector is one entry of a vector file in its published form.
type vector struct {
	ID     string                     `json:"id"`
	Title  string                     `json:"title"`
	Input  vectorInput                `json:"input"`
	Expect map[string]json.RawMessage `json:"expect"`
}

type vectorInput struct {
	Now        time.Time     `json:"now"`
	ScopeStart calendar.Date `json:"scope_start"`
	ScopeEnd   calendar.Date `json:"scope_end"`
	Required   struct{ Months, Days int }
	Segments   []struct {
		First, Last, Begin time.Time
		ModTime            time.Time `json:"mtime"`
	}
	Policy json.RawMessage
	Rate   struct {
		P50, P95 float64
		Disk     float64 `json:"disk_p95"`
	}
	FS struct {
		Free *float64
	} `json:"fs"`
	Writer struct {
		State       WriterState
		Since       time.Time
		SuspendDays *int `json:"will_suspend_in_days"`
	}
	Canary struct {
		IntervalMin int       `json:"interval_min"`
		LastSeen    time.Time `json:"last_seen"`
	}
	Forward struct {
		AckLag float64 `json:"ack_lag_s"`
		Remote *struct {
			Reachable      *bool
			CheckedAt      time.Time `json:"checked_at"`
			LastProven     time.Time `json:"last_proven"`
			Oldest, Newest time.Time
			MissingDays    []calendar.Date `json:"missing_days"`
			RetentionDays  float64         `json:"retention_days_min"`
			Immutable      bool
		}
	}
	Readable   *bool
	Parse      string
	ClockOff   float64   `json:"clock_offset_s"`
	LastReport time.Time `json:"last_report"`
	QuietOK    bool      `json:"quiet_ok"`
	Gaps       []struct {
		Type     GapKind
		From, To time.Time
	} `json:"gap_evidence"`
	Downtime [][2]*time.Time
	Ledger   struct {
		Since  calendar.Date `json:"attested_since"`
		Events []struct {
			Type         EventKind
			At           time.Time
			Last         calendar.Date
			Index        int
			CopyAttested bool `json:"copy_attested"`
		}
	}
}

func shanghai() *time.Location { return time.FixedZone("Asia/Shanghai", 8*60*60) }

// source brings the published form into ours. What a vector leaves out is taken as
// in order, as its reference does: our own zero values mean that nothing is known.
func (v vectorInput) source(t testing.TB) Source {
	t.Helper()
	s := Source{
		Scope:      Scope{Start: v.ScopeStart, End: v.ScopeEnd, Mandatory: true},
		Policy:     vectorPolicy(t, v.Policy),
		Rate:       Rate{P50: v.Rate.P50, P95: v.Rate.P95, Disk: v.Rate.Disk},
		Writer:     Writer{State: v.Writer.State, Since: v.Writer.Since},
		Canary:     Canary{Interval: time.Duration(v.Canary.IntervalMin) * time.Minute, LastSeen: v.Canary.LastSeen},
		Forward:    Forward{AckLag: time.Duration(v.Forward.AckLag * float64(time.Second))},
		Access:     Access{Denied: v.Readable != nil && !*v.Readable, Unparsed: v.Parse == "none"},
		Clock:      Clock{Known: true, Offset: time.Duration(v.ClockOff) * time.Second},
		LastReport: v.LastReport,
		Silence:    Silence{QuietOK: v.QuietOK},
		Ledger:     Ledger{Since: v.Ledger.Since},
	}
	if s.LastReport.IsZero() {
		s.LastReport = v.Now
	}
	if v.FS.Free != nil {
		s.Disk = Disk{Known: true, Free: *v.FS.Free}
	}
	if v.Writer.SuspendDays != nil {
		s.Writer.Suspends = calendar.DateOf(v.Now.In(shanghai())).AddDays(*v.Writer.SuspendDays)
	}
	for _, g := range v.Segments {
		s.Segments = append(s.Segments, Segment{First: g.First, Last: g.Last, Begin: g.Begin, ModTime: g.ModTime})
	}
	for _, g := range v.Gaps {
		s.Gaps = append(s.Gaps, Gap{Kind: g.Type, From: g.From, To: g.To})
	}
	for _, d := range v.Downtime {
		down := Downtime{From: *d[0], Confirmed: true}
		if d[1] != nil {
			down.To = *d[1]
		}
		s.Downtime = append(s.Downtime, down)
	}
	for _, e := range v.Ledger.Events {
		s.Ledger.Events = append(s.Ledger.Events, Event{Kind: e.Type, At: e.At, Last: e.Last, Index: e.Index, CopyAttested: e.CopyAttested})
	}
	if r := v.Forward.Remote; r != nil {
		s.Remote = &Remote{
			Level: Queried, Reachable: r.Reachable == nil || *r.Reachable, CheckedAt: r.CheckedAt, LastProven: r.LastProven,
			Oldest: r.Oldest, Newest: r.Newest, Missing: r.MissingDays, Immutable: r.Immutable,
			Counted: Days{calendar.DateOf(r.Oldest.In(shanghai())), calendar.DateOf(r.Newest.In(shanghai()))},
		}
		if r.RetentionDays > 0 {
			s.Remote.Retention = Age{Days: r.RetentionDays, Setting: "retention"}
		}
	}
	return s
}

func vectorPolicy(t testing.TB, raw json.RawMessage) Policy {
	t.Helper()
	if len(raw) == 0 {
		return nil
	}
	var p struct {
		Type, Criterion, Runner, Storage string
		Rotate, Maxage, Minutes, Keep    int
		Threshold, Maxsize, Minsize      int64
		RunsPerDay                       float64 `json:"runs_per_day"`
		FSSize                           int64   `json:"fs_size"`
		SystemMaxUse, SystemMaxFileSize  int64
		MaxFileSec, MaxRetentionSec      float64
		SystemMaxFiles                   int
		ActiveFiles                      int     `json:"active_files"`
		ObservedDays                     float64 `json:"observed_file_span_days"`
		Action                           string  `json:"max_log_file_action"`
		NumLogs                          int     `json:"num_logs"`
		MaxLogFile                       int     `json:"max_log_file"`
		CronDays                         float64 `json:"cron_rotate_days"`
		Lifetime                         float64 `json:"container_lifetime_days"`
		MaxSize                          int64   `json:"max_size"`
		MaxFile                          int     `json:"max_file"`
		IntervalDays                     float64 `json:"interval_days"`
		Days                             float64
		SpanDays                         float64 `json:"file_span_days"`
		MaxBytes                         int64   `json:"max_bytes"`
		Mode                             string
	}
	if err := json.Unmarshal(raw, &p); err != nil { //nolint:musttag // keys and field names differ in case only
		t.Fatal(err)
	}
	seconds := func(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
	switch p.Type {
	case "never":
		return Never{}
	case "logrotate":
		if p.RunsPerDay == 0 {
			p.RunsPerDay = 1
		}
		return Logrotate{
			Cadence: Cadence(p.Criterion), Every: p.Minutes, Rotate: p.Rotate, Size: p.Threshold, MinSize: p.Minsize, MaxSize: p.Maxsize,
			MaxAge: p.Maxage, RunsPerDay: p.RunsPerDay, Disabled: p.Runner == "disabled",
		}
	case "journald":
		span := seconds(p.ObservedDays * 86400)
		return Journald{
			Volatile: p.Storage == "volatile", MaxUse: p.SystemMaxUse, MaxFileSize: p.SystemMaxFileSize, FSSize: p.FSSize,
			MaxFileTime: seconds(p.MaxFileSec), MaxFiles: p.SystemMaxFiles, ActiveFiles: p.ActiveFiles,
			MaxRetention: seconds(p.MaxRetentionSec), TypicalSpan: span, LongestSpan: span,
		}
	case "auditd":
		return Auditd{Action: p.Action, NumLogs: p.NumLogs, MaxLogFile: p.MaxLogFile, CronDays: p.CronDays}
	case "container":
		return Container{LifetimeDays: p.Lifetime, MaxSize: p.MaxSize, MaxFile: p.MaxFile}
	case "count":
		return Count{Keep: p.Keep, IntervalDays: p.IntervalDays, Setting: "maxHistory"}
	case "age":
		return Age{Days: p.Days, SpanDays: p.SpanDays, Setting: "maxDays"}
	case "evtx":
		return EventLog{MaxBytes: p.MaxBytes, Circular: p.Mode == "" || p.Mode == "circular"}
	}
	return nil
}

// published prints a decision in the form in which vectors expect it.
func published(d Decision) map[string]any {
	text := func(d calendar.Date) any {
		if d.IsZero() {
			return nil
		}
		return d.String()
	}
	out := map[string]any{
		"verdict": d.Name(), "d_min": text(d.RequiredFrom), "obligation_start": text(d.Obligation), "local_start": text(d.LocalStart),
		"short_days": float64(d.ShortDays), "D_star": text(d.FirstDeletion), "D_full": text(d.DiskFull),
		"at_risk_date": text(d.AtRiskDate), "accountable_from": text(d.AccountableFrom), "G_days": nil,
	}
	if g := d.Guaranteed; g.Endless {
		out["G_days"] = "inf"
	} else if g.Known {
		out["G_days"] = math.Round(g.Days*10) / 10
	}
	reasons := []any{}
	for _, r := range append(append([]Reason(nil), d.Reasons...), d.Notes...) {
		reasons = append(reasons, string(r.Code))
	}
	out["reasons"] = reasons
	return out
}

// amended names the published vectors whose input or result an amendment changes.
func amended(v *vector) (reason string) {
	if v.ID == "V52" {
		v.Input.Forward.Remote.Newest = time.Date(2026, 11, 23, 7, 0, 0, 0, shanghai())
		return "amendment 3 moves the newest record to 07:00; the result stays"
	}
	return ""
}

func readVectors(t testing.TB, path string) []vector {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		if os.Getenv("CI") == "true" || filepath.Base(filepath.Dir(path)) == "testdata" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	var vectors []vector
	if err := json.Unmarshal(raw, &vectors); err != nil { //nolint:musttag // keys and field names differ in case only
		t.Fatal(err)
	}
	return vectors
}

func checkVector(t *testing.T, v vector) {
	t.Helper()
	got := published(Decide(v.Input.source(t), v.Input.Now.In(shanghai()), Period{Months: v.Input.Required.Months, Days: v.Input.Required.Days}))
	for key, raw := range v.Expect {
		var want any
		if err := json.Unmarshal(raw, &want); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got[key]); diff != "" {
			t.Errorf("%s %s: %s (-want +got):\n%s%v", v.ID, v.Title, key, diff, got)
		}
	}
}

// TestPublishedVectors runs the 52 vectors of the specification.
func TestPublishedVectors(t *testing.T) {
	root := os.Getenv("YUNJIAN_SHARED")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared")
	}
	vectors := readVectors(t, filepath.Join(root, "domain", "log-retention-vectors.json"))
	if len(vectors) != 52 {
		t.Fatalf("read %d vectors; want 52", len(vectors))
	}
	for _, v := range vectors {
		if reason := amended(&v); reason != "" {
			t.Logf("%s: %s", v.ID, reason)
		}
		checkVector(t, v)
	}
}

// TestAmendments runs our own vectors, one or more for each amendment of the
// specification, in the published form.
func TestAmendments(t *testing.T) {
	vectors := readVectors(t, filepath.Join("testdata", "amendments.json"))
	for _, v := range vectors {
		checkVector(t, v)
	}
	if len(vectors) < 40 {
		t.Errorf("read %d vectors; want all of them", len(vectors))
	}
}
