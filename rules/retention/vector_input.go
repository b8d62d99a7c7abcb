package retention

import (
	"encoding/json"
	"fmt"
	"math"
	"time"

	"github.com/yunjian-io/yunjian/rules/calendar"
)

// vectorInput is the evidence of a vector.
type vectorInput struct {
	Now        time.Time     `json:"now"`
	ScopeStart calendar.Date `json:"scope_start"`
	ScopeEnd   calendar.Date `json:"scope_end"`
	Required   struct {
		Months int `json:"months"`
		Days   int `json:"days"`
	} `json:"required"`
	Segments []struct {
		First   time.Time `json:"first"`
		Last    time.Time `json:"last"`
		Begin   time.Time `json:"begin"`
		ModTime time.Time `json:"mtime"`
	} `json:"segments"`
	Policy json.RawMessage `json:"policy"`
	Rate   struct {
		P50  float64 `json:"p50"`
		P95  float64 `json:"p95"`
		Disk float64 `json:"disk_p95"`
	} `json:"rate"`
	FS struct {
		Free *float64 `json:"free"`
	} `json:"fs"`
	Writer struct {
		State       WriterState `json:"state"`
		Since       time.Time   `json:"since"`
		SuspendDays *int        `json:"will_suspend_in_days"`
	} `json:"writer"`
	Canary struct {
		IntervalMin int       `json:"interval_min"`
		LastSeen    time.Time `json:"last_seen"`
	} `json:"canary"`
	Forward    vectorForward `json:"forward"`
	Readable   *bool         `json:"readable"`
	Parse      string        `json:"parse"`
	ClockOff   float64       `json:"clock_offset_s"`
	LastReport time.Time     `json:"last_report"`
	QuietOK    bool          `json:"quiet_ok"`
	Gaps       []struct {
		Type GapKind   `json:"type"`
		From time.Time `json:"from"`
		To   time.Time `json:"to"`
	} `json:"gap_evidence"`
	Downtime [][]*time.Time `json:"downtime"`
	Ledger   vectorLedger   `json:"ledger"`
}

// vectorForward is what a vector says about forwarding. A target that is only
// configured proves nothing, so that the key changes nothing.
type vectorForward struct {
	Configured bool          `json:"configured"`
	AckLag     float64       `json:"ack_lag_s"`
	Remote     *vectorRemote `json:"remote"`
}

type vectorRemote struct {
	Reachable     *bool           `json:"reachable"`
	CheckedAt     time.Time       `json:"checked_at"`
	LastProven    time.Time       `json:"last_proven"`
	Oldest        time.Time       `json:"oldest"`
	Newest        time.Time       `json:"newest"`
	MissingDays   []calendar.Date `json:"missing_days"`
	RetentionDays float64         `json:"retention_days_min"`
	Immutable     bool            `json:"immutable"`
}

type vectorLedger struct {
	Since  calendar.Date `json:"attested_since"`
	Events []struct {
		Type         EventKind     `json:"type"`
		At           time.Time     `json:"at"`
		Last         calendar.Date `json:"last"`
		Index        int           `json:"index"`
		CopyAttested bool          `json:"copy_attested"`
	} `json:"events"`
}

// source brings the published form into ours. What a vector leaves out is taken as
// in order, as its reference does: our own zero values mean that nothing is known.
func (v vectorInput) source() Source {
	policy, _ := v.policy() // was read before
	s := Source{
		Scope:      Scope{Start: v.ScopeStart, End: v.ScopeEnd, Mandatory: true},
		Policy:     policy,
		Rate:       Rate{P50: v.Rate.P50, P95: v.Rate.P95, Disk: v.Rate.Disk},
		Writer:     Writer{State: v.Writer.State, Since: v.Writer.Since},
		Canary:     Canary{Interval: time.Duration(v.Canary.IntervalMin) * time.Minute, LastSeen: v.Canary.LastSeen},
		Forward:    Forward{AckLag: ofSeconds(v.Forward.AckLag)},
		Access:     Access{Denied: v.Readable != nil && !*v.Readable, Unparsed: v.Parse == "none"},
		Clock:      Clock{Known: true, Offset: ofSeconds(v.ClockOff)},
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
	if v.Forward.Remote != nil {
		s.Remote = v.Forward.Remote.source()
	}
	return s
}

func (r vectorRemote) source() *Remote {
	out := &Remote{
		Level: Queried, Reachable: r.Reachable == nil || *r.Reachable, CheckedAt: r.CheckedAt, LastProven: r.LastProven,
		Oldest: r.Oldest, Newest: r.Newest, Missing: r.MissingDays, Immutable: r.Immutable,
		Counted: Days{calendar.DateOf(r.Oldest.In(shanghai())), calendar.DateOf(r.Newest.In(shanghai()))},
	}
	if r.RetentionDays > 0 {
		out.Retention = Age{Days: r.RetentionDays, Setting: "retention"}
	}
	return out
}

// ofSeconds is a time of so many seconds, within what a time can hold.
func ofSeconds(s float64) time.Duration {
	const most = float64(math.MaxInt64 / int64(time.Second))
	return time.Duration(max(min(s, most), -most) * float64(time.Second))
}

// vectorPolicy holds the keys of all families.
type vectorPolicy struct {
	Type              string  `json:"type"`
	Criterion         string  `json:"criterion"`
	Runner            string  `json:"runner"`
	Storage           string  `json:"storage"`
	Rotate            int     `json:"rotate"`
	Maxage            int     `json:"maxage"`
	Minutes           int     `json:"minutes"`
	Keep              int     `json:"keep"`
	Threshold         int64   `json:"threshold"`
	Maxsize           int64   `json:"maxsize"`
	Minsize           int64   `json:"minsize"`
	RunsPerDay        float64 `json:"runs_per_day"`
	FSSize            int64   `json:"fs_size"`
	SystemMaxUse      int64   `json:"SystemMaxUse"`
	SystemMaxFileSize int64   `json:"SystemMaxFileSize"`
	SystemMaxFiles    int     `json:"SystemMaxFiles"`
	MaxFileSec        float64 `json:"MaxFileSec"`
	MaxRetentionSec   float64 `json:"MaxRetentionSec"`
	ActiveFiles       int     `json:"active_files"`
	ObservedDays      float64 `json:"observed_file_span_days"`
	Action            string  `json:"max_log_file_action"`
	NumLogs           int     `json:"num_logs"`
	MaxLogFile        int     `json:"max_log_file"`
	CronDays          float64 `json:"cron_rotate_days"`
	Lifetime          float64 `json:"container_lifetime_days"`
	MaxSize           int64   `json:"max_size"`
	MaxFile           int     `json:"max_file"`
	IntervalDays      float64 `json:"interval_days"`
	FileBytes         int64   `json:"file_bytes"`
	Days              float64 `json:"days"`
	SpanDays          float64 `json:"file_span_days"`
	MaxBytes          int64   `json:"max_bytes"`
	Mode              string  `json:"mode"`
	// Policies are the members of type any.
	Policies []vectorPolicy `json:"policies"`
}

// policy reads the policy, which is nil where the vector has none or does not know it.
func (v vectorInput) policy() (Policy, error) {
	if len(v.Policy) == 0 {
		return nil, nil
	}
	var p vectorPolicy
	if err := strictly(v.Policy, &p); err != nil {
		return nil, err
	}
	return p.policy()
}

func (p vectorPolicy) policy() (Policy, error) {
	switch p.Type {
	case "", "unknown":
		return nil, nil
	case "never":
		return Never{}, nil
	case "logrotate":
		if p.RunsPerDay == 0 {
			p.RunsPerDay = 1
		}
		return Logrotate{
			Cadence: Cadence(p.Criterion), Every: p.Minutes, Rotate: p.Rotate, Size: p.Threshold, MinSize: p.Minsize, MaxSize: p.Maxsize,
			MaxAge: p.Maxage, RunsPerDay: p.RunsPerDay, Disabled: p.Runner == "disabled",
		}, nil
	case "journald":
		span := ofSeconds(p.ObservedDays * 86400)
		return Journald{
			Volatile: p.Storage == "volatile", MaxUse: p.SystemMaxUse, MaxFileSize: p.SystemMaxFileSize, FSSize: p.FSSize,
			MaxFileTime: ofSeconds(p.MaxFileSec), MaxFiles: p.SystemMaxFiles, ActiveFiles: p.ActiveFiles,
			MaxRetention: ofSeconds(p.MaxRetentionSec), TypicalSpan: span, LongestSpan: span,
		}, nil
	case "auditd":
		return Auditd{Action: p.Action, NumLogs: p.NumLogs, MaxLogFile: p.MaxLogFile, CronDays: p.CronDays}, nil
	case "container":
		return Container{LifetimeDays: p.Lifetime, MaxSize: p.MaxSize, MaxFile: p.MaxFile}, nil
	case "count":
		return Count{Keep: p.Keep, IntervalDays: p.IntervalDays, FileBytes: p.FileBytes, Setting: "maxHistory"}, nil
	case "age":
		return Age{Days: p.Days, SpanDays: p.SpanDays, Setting: "maxDays"}, nil
	case "evtx":
		return EventLog{MaxBytes: p.MaxBytes, Circular: p.Mode == "" || p.Mode == "circular"}, nil
	case "any":
		var list Any
		for _, member := range p.Policies {
			each, err := member.policy()
			if err != nil {
				return nil, err
			}
			if each != nil {
				list = append(list, each)
			}
		}
		return list, nil
	}
	return nil, fmt.Errorf("unknown type %q: want never, logrotate, journald, auditd, container, count, age, evtx, any or unknown", p.Type)
}
