package retention

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/yunjian-io/yunjian/rules/calendar"
)

// TestDecide holds edges that no published vector touches.
func TestDecide(t *testing.T) {
	const today = "2026-11-23"
	now := at(t, today)
	hole := Gap{Kind: "seq", From: at(t, "2026-08-01"), To: at(t, "2026-08-03")}
	off := Downtime{From: hole.From, To: hole.To, Confirmed: true}
	for _, tt := range []struct {
		name   string
		change func(*Source)
		want   string
	}{
		{"as it is", func(*Source) {}, "compliant"},
		{"nothing known", func(s *Source) { *s = Source{} }, "unknown.stale_agent"},
		{"evidence of just under a day", func(s *Source) { s.LastReport = now.Add(-23 * time.Hour) }, "compliant"},
		{"evidence of just over a day", func(s *Source) { s.LastReport = now.Add(-25 * time.Hour) }, "unknown.stale_agent"},
		{"offset never measured", func(s *Source) { s.Clock = Clock{} }, "unknown.clock_untrusted"},
		{"offset at the limit", func(s *Source) { s.Clock.Offset = -300 * time.Second }, "compliant"},
		{"open file deleted", func(s *Source) { s.Writer.Unlinked = true }, "violated.logging_stopped"},
		{"stopped a moment ago", func(s *Source) { s.Writer = Writer{State: WriterStopped, Since: now.Add(-15 * time.Minute)} }, "compliant"},
		{"stopped, nobody knows since when", func(s *Source) { s.Writer.State = WriterDisabled; s.Segments[0].Last = now.Add(-time.Hour) }, "violated.logging_stopped"},
		{"hole while the platform was off", func(s *Source) { s.Gaps, s.Downtime = []Gap{hole}, []Downtime{off} }, "compliant"},
		{"hole while the host says it was off", func(s *Source) {
			s.Gaps, s.Downtime = []Gap{hole}, []Downtime{{From: off.From, To: off.To}}
		}, "unknown.silence_unexplained"},
		{"hole a quarter of an hour longer than the downtime", func(s *Source) {
			s.Gaps, s.Downtime = []Gap{hole}, []Downtime{{From: off.From.Add(15 * time.Minute), To: off.To, Confirmed: true}}
		}, "compliant"},
		{"hole longer than that", func(s *Source) {
			s.Gaps, s.Downtime = []Gap{hole}, []Downtime{{From: off.From.Add(16 * time.Minute), To: off.To, Confirmed: true}}
		}, "violated.gap"},
		{"serial jump in one instant", func(s *Source) { s.Gaps = []Gap{{Kind: "serial", From: hole.From, To: hole.From}} }, "violated.gap"},
		{"hole of a host of unknown age", func(s *Source) { s.Gaps, s.Scope.Start = []Gap{hole}, calendar.Date{} }, "violated.gap"},
		{"complete for the period, age unknown", func(s *Source) { s.Scope.Start = calendar.Date{} }, "compliant"},
		{"silent for a day and more", func(s *Source) { s.Segments[0].Last = now.Add(-24*time.Hour - time.Second) }, "unknown.silence_unexplained"},
		{"silent for no more than a day", func(s *Source) { s.Segments[0].Last = now.Add(-24 * time.Hour) }, "compliant"},
		{"silent as it has been before", func(s *Source) { s.Segments[0].Last = now.Add(-70 * time.Hour); s.Silence.P999 = 24 * time.Hour }, "compliant"},
		{"silent only since the report", func(s *Source) {
			s.LastReport = now.Add(-20 * time.Hour)
			s.Segments[0].Last = now.Add(-40 * time.Hour)
		}, "compliant"},
		{"attested empty file", func(s *Source) {
			s.Segments, s.Silence.QuietOK = []Segment{{Begin: now.AddDate(-1, 0, 0)}}, true
		}, "compliant"},
		{"empty file that is no quiet log", func(s *Source) { s.Segments = []Segment{{Begin: now.AddDate(-1, 0, 0)}} }, "violated.short_coverage"},
		{"head from before the battery", func(s *Source) { s.Segments[0].First = time.Unix(12, 0) }, "violated.short_coverage"},
		{"head stepped over by the clock", func(s *Source) { s.Segments[0].HeadUntrusted = true }, "violated.short_coverage"},
		{"tail from the future, bounded by the file", func(s *Source) {
			s.Segments[0].Last, s.Segments[0].ModTime = now.AddDate(0, 1, 0), now.Add(-time.Minute)
		}, "compliant"},
		{"tail from the future, unbounded", func(s *Source) { s.Segments[0].Last = now.AddDate(0, 1, 0) }, "unknown.silence_unexplained"},
		{"last before first", func(s *Source) { s.Segments[0].Last = s.Segments[0].First.Add(-time.Hour) }, "violated.short_coverage"},
		{"truncated long ago", func(s *Source) {
			s.Ledger.Events = []Event{{Kind: EventTruncated, At: at(t, "2026-03-01"), Last: date(t, "2026-02-20")}}
		}, "compliant"},
		{"removed on its last day, found the day after", func(s *Source) {
			s.Ledger.Events = []Event{{Kind: EventGone, At: at(t, "2026-11-22"), Last: date(t, "2026-05-22")}}
		}, "violated.deletion_detected"},
		{"edited, but its time is over", func(s *Source) {
			s.Ledger.Events = []Event{{Kind: EventEdited, At: at(t, "2026-11-22"), Last: date(t, "2026-05-22")}}
		}, "compliant"},
		{"removed more than a period ago", func(s *Source) {
			s.Ledger.Events = []Event{{Kind: EventGone, At: at(t, "2026-05-20"), Last: date(t, "2026-05-01")}}
		}, "compliant"},
		{"expired early, but its time is over", func(s *Source) {
			s.Policy = Logrotate{Cadence: Daily, Rotate: 200}
			s.Ledger.Events = []Event{{Kind: EventGone, At: at(t, "2026-11-22"), Last: date(t, "2026-05-22"), Index: 200}}
		}, "compliant"},
		{"host began late and keeps, the store that has the rest does not", func(s *Source) {
			s.Segments[0].First, s.Remote = at(t, "2026-10-24"), store(now)
			s.Remote.Retention = Age{Days: 184}
		}, "violated.config_would_delete"},
		{"nothing on the host, store keeps too little", func(s *Source) {
			s.Segments, s.Remote = nil, store(now)
			s.Remote.Retention = Age{Days: 184}
		}, "violated.config_would_delete"},
		{"store keeps little, but the host keeps all", func(s *Source) {
			s.Remote = store(now)
			s.Remote.Retention = Age{Days: 184}
		}, "compliant"},
		{"gone, and nobody knows the policy", func(s *Source) {
			s.Policy = nil
			s.Ledger.Events = []Event{{Kind: EventGone, At: now, Last: date(t, "2026-10-20")}}
		}, "violated.short_coverage"},
		{"will suspend in time", func(s *Source) { s.Writer.Suspends = date(t, "2027-01-01") }, "at_risk"},
		{"not yet in service", func(s *Source) { s.Scope.Start = date(t, "2026-12-01") }, "not_yet_accountable"},
		{"decommissioned, host silent, no archive", func(s *Source) {
			s.Scope.End, s.LastReport = date(t, "2026-08-01"), at(t, "2026-08-01")
		}, "violated.short_coverage"},
		{"decommissioned, host still answers", func(s *Source) {
			s.Scope.End, s.Segments[0].Last = date(t, "2026-08-01"), at(t, "2026-08-01")
		}, "compliant"},
		{"only configured to forward", func(s *Source) { s.Segments = nil; s.Remote = store(now); s.Remote.Level = Acknowledged }, "violated.short_coverage"},
		{"store counted fewer days than it spans", func(s *Source) {
			s.Segments = nil
			s.Remote = store(now)
			s.Remote.Counted.From = s.Remote.Counted.From.AddDays(1)
		}, "violated.short_coverage"},
		{"log in memory, store keeps up", func(s *Source) {
			s.Policy, s.Remote, s.Forward.AckLag = Journald{Volatile: true}, store(now), 20*time.Second
		}, "compliant"},
		{"log in memory, store too slow for it", func(s *Source) {
			s.Policy, s.Remote, s.Forward.AckLag = Journald{Volatile: true}, store(now), 16*time.Minute
		}, "violated.config_would_delete"},
		{"two days on the host, store a day behind", func(s *Source) {
			s.Policy, s.Remote, s.Forward.AckLag = Logrotate{Cadence: Daily, Rotate: 2}, store(now), 25*time.Hour
		}, "violated.config_would_delete"},
		{"store keeps too little, host too", func(s *Source) {
			s.Policy, s.Remote = Logrotate{Cadence: Daily, Rotate: 30}, store(now)
			s.Remote.Retention = Age{Days: 184}
		}, "violated.config_would_delete"},
		{"store of unknown retention", func(s *Source) {
			s.Policy, s.Remote = Logrotate{Cadence: Daily, Rotate: 30}, store(now)
			s.Remote.Retention = nil
		}, "violated.config_would_delete"},
		{"store that may be changed", func(s *Source) { s.Segments = nil; s.Remote = store(now); s.Remote.Immutable = false }, "compliant_by_forward"},
		{"decommissioned, last day of the obligation", func(s *Source) { s.Scope.End, s.Segments = date(t, "2026-05-23"), nil }, "violated.short_coverage"},
		{"decommissioned, the day after", func(s *Source) { s.Scope.End, s.Segments = date(t, "2026-05-22"), nil }, "out_of_scope"},
		{"store counted days before its oldest record", func(s *Source) {
			s.Segments, s.Remote = nil, store(now)
			s.Remote.Oldest = s.Remote.Oldest.AddDate(0, 0, 1)
		}, "violated.short_coverage"},
		{"store ends before the host begins", func(s *Source) {
			s.Segments[0].First, s.Remote = at(t, "2026-10-01"), store(now)
			s.Remote.Newest = at(t, "2026-10-01").Add(-time.Minute)
		}, "violated.short_coverage"},
		{"store proven 35 days ago", func(s *Source) {
			s.Segments, s.Remote = nil, store(now)
			s.Remote.Reachable, s.Remote.LastProven = false, now.Add(-35*24*time.Hour)
		}, "unknown.remote_unreachable"},
		{"store proven a minute earlier", func(s *Source) {
			s.Segments, s.Remote = nil, store(now)
			s.Remote.Reachable, s.Remote.LastProven = false, now.Add(-35*24*time.Hour-time.Minute)
		}, "violated.short_coverage"},
		{"age unknown, and the policy does not decide", func(s *Source) {
			s.Scope.Start, s.Policy, s.Segments[0].First = calendar.Date{}, nil, at(t, "2026-10-01")
		}, "unknown.no_age_evidence"},
		{"disk lasts until rotation makes room", func(s *Source) {
			s.Policy, s.Segments[0].First = Logrotate{Cadence: Daily, Rotate: 190}, at(t, "2026-05-20")
			s.Disk, s.Rate.Disk = Disk{Known: true, Free: 4}, 1
		}, "compliant"},
		{"disk is full before", func(s *Source) {
			s.Policy, s.Segments[0].First = Logrotate{Cadence: Daily, Rotate: 200}, at(t, "2026-05-20")
			s.Disk, s.Rate.Disk = Disk{Known: true, Free: 4}, 1
		}, "at_risk"},
		{"disk full, but the store keeps all", func(s *Source) {
			s.Disk, s.Rate.Disk, s.Remote = Disk{Known: true}, 1, store(now)
		}, "compliant"},
		{"store asked 30 hours ago, up to date then", func(s *Source) {
			s.Segments, s.Remote = nil, store(now)
			s.Remote.CheckedAt = now.Add(-30 * time.Hour)
			s.Remote.Newest = s.Remote.CheckedAt.Add(-time.Minute)
		}, "compliant_by_forward"},
		{"no rights, but the store has all", func(s *Source) { s.Access.Denied = true; s.Remote = store(now) }, "compliant_by_forward"},
	} {
		src := complete(t, today)
		tt.change(&src)
		if got := Decide(src, now, Period{}); got.Name() != tt.want {
			t.Errorf("%s: %s, %v; want %s", tt.name, got.Name(), got.Reasons, tt.want)
		}
	}
}

// TestEveryReasonIsKept: the first by precedence gives the verdict, the others stay.
func TestEveryReasonIsKept(t *testing.T) {
	now := at(t, "2026-11-23")
	src := complete(t, "2026-11-23")
	src.Segments = []Segment{
		{First: at(t, "2026-06-23"), Last: at(t, "2026-09-01")},
		{First: at(t, "2026-09-05"), Last: now},
	}
	src.Policy = Logrotate{Cadence: Weekly, Rotate: 4}
	src.Writer = Writer{State: WriterStopped, Since: at(t, "2026-11-22")}
	src.Gaps = []Gap{{Kind: "seq", From: at(t, "2026-10-01"), To: at(t, "2026-10-02")}}
	src.Ledger = Ledger{Since: date(t, "2026-09-15"), Events: []Event{{Kind: EventEdited, At: now, Last: date(t, "2026-10-20")}}}
	src.Disk, src.Rate.Disk = Disk{Known: true, Free: 10}, 5
	src.Policy = Never{}
	got := Decide(src, now, Period{})
	var codes []string
	for _, r := range got.Reasons {
		codes = append(codes, string(r.Code))
	}
	want := "edited logging_stopped gap short_coverage silence_unexplained disk_full"
	if diff := cmp.Diff(want, strings.Join(codes, " ")); diff != "" {
		t.Errorf("reasons (-want +got):\n%s", diff)
	}
	if got.Name() != "violated.edited" || got.AttestedDays != 70 || got.ShortDays != 31 {
		t.Errorf("%s, attested %d, short %d; want violated.edited, 70, 31", got.Name(), got.AttestedDays, got.ShortDays)
	}
	wantMissing := []Days{{date(t, "2026-05-23"), date(t, "2026-06-22")}, {date(t, "2026-10-01"), date(t, "2026-10-02")}}
	if diff := cmp.Diff(wantMissing, got.Missing); diff != "" {
		t.Errorf("missing (-want +got):\n%s", diff)
	}
}

// TestExplain shows what people read.
func TestExplain(t *testing.T) {
	catalog, err := LoadCatalog()
	if err != nil {
		t.Fatal(err)
	}
	now := at(t, "2026-11-23")
	src := complete(t, "2026-11-23")
	src.Segments[0].First = at(t, "2026-10-20")
	src.Policy = Logrotate{Cadence: Weekly, Rotate: 4}
	denied := complete(t, "2026-11-23")
	denied.Access = Access{Denied: true, Grant: "adm {path}"}
	for _, tt := range []struct {
		src  Source
		lang Lang
		want string
	}{
		{
			src, English, "Not compliant: the records due since 2026-05-23 are not kept as required (period P6M); " +
				"records from 2026-05-23 to 2026-10-19 are missing, 150 days; " +
				"the present policy removes records that must be kept from 2026-11-23 on, in 0 days; " +
				"Change the configuration of the host: rotate 4 → rotate 27",
		},
		{
			src, Chinese, "不合规:自2026-05-23起应保存的记录不符合要求(保存期P6M);缺少2026-05-23至2026-10-19的记录,共150天;" +
				"按现行策略,2026-11-23(还有0天)起将删除仍须保存的记录;请修改本机配置:rotate 4 → rotate 27",
		},
		{
			denied, English, "Undetermined: the evidence does not prove the records since 2026-05-23 (period P6M); " +
				"the agent may not read /var/log/auth.log; this would do: adm {path}; Let the agent read the log: adm {path}",
		},
		{complete(t, "2026-11-23"), Chinese, "合规:自2026-05-23起的记录完整可查(保存期P6M)"},
	} {
		if diff := cmp.Diff(tt.want, catalog.Explain(Decide(tt.src, now, Period{}), tt.lang)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.lang, diff)
		}
	}
}

// TestTwoPlaces: a record is lost with its last copy, and the remedy is for the place
// that holds it longest.
func TestTwoPlaces(t *testing.T) {
	now := at(t, "2026-11-23")
	young := func() Source {
		s := complete(t, "2026-11-23")
		s.Scope.Start = date(t, "2026-10-24")
		s.Segments[0].First = s.Scope.Start.In(shanghai())
		s.Policy = Logrotate{Cadence: Daily, Rotate: 30}
		s.Remote = store(now)
		s.Remote.Oldest = s.Scope.Start.In(shanghai())
		s.Remote.Retention = Age{Days: 100, Setting: "retention_days"}
		return s
	}
	longer := young()
	longer.Policy = Logrotate{Cadence: Daily, Rotate: 150}
	container := young()
	container.Policy = Container{LifetimeDays: 30}
	ended := complete(t, "2026-03-10")
	ended.Scope.End, ended.Segments, ended.Remote = date(t, "2025-12-01"), nil, store(at(t, "2026-03-10"))
	ended.Remote.Retention = Age{Days: 183} // enough for autumn days, too little for those of March
	for _, tt := range []struct {
		name   string
		src    Source
		now    time.Time
		want   string
		first  string
		remedy Remedy
	}{
		{
			"the store holds longer", young(), now, "at_risk", "2027-01-31",
			Remedy{Action: ActionStore, Changes: []Change{{"retention_days", "100", "185"}}},
		},
		{"the host holds longer", longer, now, "at_risk", "2027-03-24", Remedy{Action: ActionPolicy, Changes: []Change{{"rotate", "150", "185"}}}},
		{
			"a container holds nothing", container, now, "at_risk", "2027-01-31",
			Remedy{Action: ActionStore, Changes: []Change{{"retention_days", "100", "185"}}},
		},
		{"a decommissioned system writes no more", ended, at(t, "2026-03-10"), "compliant_by_forward", "", Remedy{}},
	} {
		got := Decide(tt.src, tt.now, Period{})
		if got.Name() != tt.want || got.FirstDeletion.String() != tt.first {
			t.Errorf("%s: %s, first deletion %s; want %s, %s", tt.name, got.Name(), got.FirstDeletion, tt.want, tt.first)
		}
		if diff := cmp.Diff(tt.remedy, got.Remedy); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}
