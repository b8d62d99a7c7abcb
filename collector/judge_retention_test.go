package collector_test

import (
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/yunjian-io/yunjian/collector"
	"github.com/yunjian-io/yunjian/collector/store"
	"github.com/yunjian-io/yunjian/internal/wire"
	"github.com/yunjian-io/yunjian/rules/retention"
)

// all gives the default classes of a host one verdict, but for some.
func all(host, verdict string, but map[string]string) map[string]string {
	out := map[string]string{}
	for _, class := range []string{"os-auth", "os-system", "os-login", "os-audit", "os-cron", "priv-op"} {
		out[host+" "+class] = verdict
	}
	for class, verdict := range but {
		out[host+" "+class] = verdict
	}
	return out
}

// sendFleet is the whole fixture: hosts in every state in which a log can be.
func sendFleet(t *testing.T, f *logFleet) map[string]string {
	t.Helper()
	report := f.ago(0).Add(-10 * time.Minute)
	want := map[string]string{}
	add := func(verdicts map[string]string) { maps.Copy(want, verdicts) }
	one := func(host string, change func(*wire.LogEvidence)) {
		d := f.document(host, report, f.standard(report))
		change(&d)
		f.send(t, host, d)
	}

	one("healthy", func(*wire.LogEvidence) {})
	add(all("healthy", "compliant", nil))

	one("short", func(d *wire.LogEvidence) {
		d.Sources[0] = f.source(report, 30, "os-auth", "auth", "/var/log/auth.log")
		d.Sources[0].Policies = []wire.LogPolicy{{Kind: wire.PolicyLogrotate, Logrotate: &wire.LogrotatePolicy{Cadence: "weekly", Rotate: 4, RunsPerDay: 1}}}
	})
	add(all("short", "compliant", map[string]string{"os-auth": "violated.short_coverage"}))

	one("gap", func(d *wire.LogEvidence) {
		d.Sources[3].Gaps = []wire.LogGap{{Kind: "serial", From: f.ago(60), To: f.ago(58), Missing: 9}}
		d.Sources[1].Gaps = []wire.LogGap{{Kind: "seq", From: f.ago(40), To: f.ago(38)}} // while the platform had it off
		d.Sources[4].Gaps = []wire.LogGap{{Kind: "seq", From: f.ago(30), To: f.ago(29)}} // only the host says it was off
		d.Downtime = []wire.LogDowntime{{From: f.ago(30), To: f.ago(29)}}
	})
	f.send(t, "gap", wire.Power{Schema: wire.SchemaPower, Host: "gap", Source: "platform", Events: []wire.PowerEvent{{OffAt: f.ago(40), OnAt: f.ago(38)}}})
	add(all("gap", "compliant", map[string]string{"os-audit": "violated.gap", "os-cron": "unknown.silence_unexplained"}))

	f.send(t, "stale", f.document("stale", f.ago(3), f.standard(f.ago(3))))
	add(all("stale", "unknown.stale_agent", nil))

	one("partly", func(d *wire.LogEvidence) { d.Sources = d.Sources[:1] })
	add(all("partly", "unknown.not_declared", map[string]string{"os-auth": "compliant"}))
	add(all("silent", "unknown.not_declared", nil))

	// Two copies of a stream: journald keeps a month, rsyslog everything.
	one("copies", func(d *wire.LogEvidence) {
		journal := f.source(report, 30, "os-auth", "auth", "/var/log/journal")
		journal.Streams = append(journal.Streams, wire.LogStream{Class: "os-cron", Name: "cron"})
		d.Sources = append(d.Sources, journal)
	})
	add(all("copies", "compliant", nil))

	// A source that the next complete document does not name: declared, not reported. One
	// that the ledger saw vanish stays a finding.
	f.send(t, "vanished", f.document("vanished", f.ago(2), f.standard(f.ago(2))))
	one("vanished", func(d *wire.LogEvidence) {
		d.Sources = d.Sources[2:]
		d.Events = []wire.LogEvent{{
			Seq: 1, Ledger: "l", Kind: wire.EventGone, At: f.ago(1), Source: "text:/var/log/syslog", Path: "/var/log/syslog",
			First: f.ago(200), Last: f.ago(2),
		}}
	})
	add(all("vanished", "compliant", map[string]string{"os-auth": "unknown.not_reported", "os-system": "violated.deletion_detected"}))

	// Grown since its full record, so that it is not silent.
	f.send(t, "grown", f.document("grown", f.ago(5), f.standard(f.ago(5))))
	d := f.document("grown", report, nil)
	d.Complete = false
	for _, s := range f.standard(report)[:4] {
		d.Progress = append(d.Progress, wire.LogProgress{Key: s.Key, Last: report, Bytes: 2 << 20, DiskFree: 1 << 30, LastAppend: report})
	}
	f.send(t, "grown", d)
	add(all("grown", "compliant", map[string]string{"os-cron": "unknown.silence_unexplained", "priv-op": "unknown.silence_unexplained"}))

	// Released 40 days ago: its records have to be somewhere for six months more.
	f.send(t, "released", f.document("released", f.ago(41), f.standard(f.ago(41))))
	add(all("released", "violated.short_coverage", nil))
	f.send(t, "over", f.document("over", f.ago(230), f.standard(f.ago(230))))
	add(all("over", "out_of_scope", nil))

	// A young host that has kept everything, and one that nobody has in the inventory.
	one("young", func(d *wire.LogEvidence) {
		for i := range d.Sources {
			d.Sources[i].Segments[0].First = f.ago(60)
		}
	})
	add(all("young", "not_yet_accountable", nil))
	one("stranger", func(d *wire.LogEvidence) { d.Sources = d.Sources[:1] })
	add(map[string]string{"stranger os-auth": "compliant"})
	return want
}

// fleetInventory imports the hosts of sendFleet.
func fleetInventory(t *testing.T, f *logFleet) {
	t.Helper()
	f.parties(t)
	f.hosts(t, "healthy", "short", "gap", "stale", "partly", "silent", "copies", "vanished", "grown")
	row := func(id, inService, from, state string) string {
		return id + ",s,c,p,4,8," + inService + "," + from + "," + state + ",unit\n"
	}
	f.load(t, "hosts.csv", hostHeads+
		row("released", "2020-01-01", "2020-01-01", "in_service")+row("released", "2020-01-01", f.date(40), "released")+
		row("over", "2020-01-01", "2020-01-01", "in_service")+row("over", "2020-01-01", f.date(229), "released")+
		row("ended", "2020-01-01", "2020-01-01", "in_service")+row("ended", "2020-01-01", f.date(229), "released")+
		row("young", f.date(60), f.date(60), "in_service"))
}

// TestJudgeRetention judges a fleet that has come through the door. Documents delivered
// twice and a second run change nothing.
func TestJudgeRetention(t *testing.T) {
	f := newLogFleet(t)
	fleetInventory(t, f)
	want := sendFleet(t, f)
	now := f.received.Add(time.Hour)
	first := f.judge(t, now, collector.LogRules{})
	if diff := cmp.Diff(want, names(first)); diff != "" {
		t.Errorf("verdicts (-want +got):\n%s", diff)
	}
	for _, v := range first {
		if v.Period != "P6M" || v.JudgedOn != f.month.Last() || v.ReasonZH == "" || v.ReasonEN == "" || v.Party != "unit" || v.Provider != "p" {
			t.Errorf("incomplete: %+v", v)
		}
		if known := v.HostID != "stranger"; known && (v.System != "s" || v.Unit != "N-1") || v.Mandatory != (known && v.HostID != "over") {
			t.Errorf("system %q, unit %q, mandatory %v of %s", v.System, v.Unit, v.Mandatory, v.HostID)
		}
		if v.Status == "non_compliant" && v.RemedyZH == "" {
			t.Errorf("%s %s: %s without a remedy", v.HostID, v.Class, v.Name())
		}
		switch v.HostID + " " + v.Class {
		case "copies os-auth":
			want := []store.RetentionCopy{{Path: "/var/log/journal", Verdict: "violated.short_coverage"}}
			if diff := cmp.Diff(want, v.Copies); diff != "" || v.Path != "/var/log/auth.log" {
				t.Errorf("copies of %s (-want +got):\n%s", v.Path, diff)
			}
		case "short os-auth":
			if v.LocalStart.String() != f.date(30) || len(v.Missing) != 1 || v.Missing[0].From != v.Obligation || v.GuaranteedDays == nil || *v.GuaranteedDays != 28 ||
				!strings.Contains(v.RemedyEN, "rotate 4 → rotate 27") {
				t.Errorf("%+v", v)
			}
		case "healthy os-auth":
			if v.AttestedDays != 10 || v.WindowDays < 181 || !v.GuaranteedEndless || !v.EvidenceAt.Equal(f.ago(0).Add(-10*time.Minute)) {
				t.Errorf("%+v", v)
			}
		}
	}
	f.received = f.received.Add(2 * time.Hour)
	sendFleet(t, f)
	again := f.judge(t, now.Add(3*time.Hour), collector.LogRules{})
	if diff := cmp.Diff(first, again, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("redelivered and judged again (-first +again):\n%s", diff)
	}
}

// TestJudgeRetentionPeriod: 180 days are fewer than six months, and the verdict says
// which was used.
func TestJudgeRetentionPeriod(t *testing.T) {
	f := newLogFleet(t)
	f.parties(t)
	f.hosts(t, "h")
	report := f.ago(0).Add(-time.Minute)
	f.send(t, "h", f.document("h", report, []wire.LogSource{f.source(report, 180, "os-auth", "auth", "/a")}))
	c := collector.Config{RetentionPeriod: "180d"}
	rules, err := c.LogRules()
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		rules        collector.LogRules
		period, want string
	}{{collector.LogRules{}, "P6M", "violated.short_coverage"}, {rules, "180d", "compliant"}} {
		f.received = f.received.Add(time.Hour)
		for _, v := range f.judge(t, f.received, tt.rules) {
			if v.Class == "os-auth" && (v.Name() != tt.want || v.Period != tt.period) {
				t.Errorf("%s by %s; want %s by %s", v.Name(), v.Period, tt.want, tt.period)
			}
		}
	}
}

// TestConfirmedDowntime: a hole is explained by a claim of the host only where nothing
// was received from it meanwhile.
func TestConfirmedDowntime(t *testing.T) {
	f := newLogFleet(t)
	f.parties(t)
	f.hosts(t, "off", "on")
	report := f.ago(0).Add(-10 * time.Minute).Truncate(5 * time.Minute)
	off, on := f.ago(3).Truncate(time.Hour), f.ago(2).Truncate(time.Hour)
	var rows wire.Rows
	for _, id := range []string{"off", "on"} {
		for at := f.ago(5).Truncate(time.Hour); at.Before(report); at = at.Add(5 * time.Minute) {
			if id == "off" && at.After(off.Add(4*time.Minute)) && at.Before(on) {
				continue
			}
			row := wire.UsageRow{Host: wire.HostKey("p", id), TS: at.Unix()}
			for i, m := range wire.Totals() {
				row.Values[i] = m.Missing
			}
			row.Values[wire.IntervalSeconds], row.Values[wire.CPUUsedCores] = 300, 40
			rows.Usage = append(rows.Usage, row)
		}
		d := f.document(id, report, f.standard(report))
		d.Sources[3].Gaps = []wire.LogGap{{Kind: "serial", From: off.Add(time.Minute), To: on.Add(-time.Minute)}}
		d.Downtime = []wire.LogDowntime{{From: off, To: on}}
		f.send(t, id, d)
	}
	if err := f.db.Commit(t.Context(), &rows, f.received); err != nil {
		t.Fatal(err)
	}
	want := all("off", "compliant", nil)
	maps.Copy(want, all("on", "compliant", map[string]string{"os-audit": "unknown.silence_unexplained"}))
	if diff := cmp.Diff(want, names(f.judge(t, f.received.Add(time.Hour), collector.LogRules{}))); diff != "" {
		t.Errorf("verdicts (-want +got):\n%s", diff)
	}
}

// TestLogRegistryJudged: the registry adds to the default, names parties and stores,
// and its own defaults replace the built-in ones.
func TestLogRegistryJudged(t *testing.T) {
	f := newLogFleet(t)
	f.parties(t)
	f.hosts(t, "a", "b")
	f.load(t, "hosts.csv", hostHeads+"c,low,c,p,4,8,2020-01-01,2020-01-01,in_service,provider\n")
	report := f.ago(0).Add(-time.Minute)
	f.send(t, "a", f.document("a", report, append(f.standard(report), f.source(report, 200, "app-operation", "orders", "/srv/orders.log"))))
	heads := "log_subject_kind,subject,djbh_level,class,stream,party,central_store,log_expires\n"
	f.load(t, "log_sources.csv", heads+
		"information_system,s,,app-operation,orders,provider,,\n"+ // any host of the system: a has it
		"information_system,s,,db-audit,,,,\n"+ // nobody has it
		"host,b,,web-access,access,,es,\n"+
		"host,b,,web-error,,,,"+f.date(5)+"\n") // no longer required
	party := func(verdicts []store.RetentionVerdict) map[string]string {
		out := map[string]string{}
		for _, v := range verdicts {
			if v.HostID != "a" || v.Class == "app-operation" {
				out[v.HostID+" "+v.Class+" "+v.Stream] = v.Name() + " " + v.Party
			}
		}
		return out
	}
	want := map[string]string{
		"a app-operation orders": "compliant provider",
		" db-audit ":             "unknown.not_reported unit",
		"b web-access access":    "unknown.not_reported unit",
	}
	for class, verdict := range all("b", "unknown.not_declared unit", nil) {
		want[class+" "] = verdict
	}
	for class, verdict := range all("c", "unknown.not_declared provider", nil) { // level 2 needs no audit log
		if class != "c os-audit" {
			want[class+" "] = verdict
		}
	}
	now := f.received.Add(time.Hour)
	if diff := cmp.Diff(want, party(f.judge(t, now, collector.LogRules{}))); diff != "" {
		t.Errorf("with the built-in defaults (-want +got):\n%s", diff)
	}

	f.load(t, "log_sources.csv", heads+"default,,3,os-audit,,,,\ndefault,,,site-vpn,,provider,,\n")
	want = map[string]string{
		"a app-operation orders": "compliant provider",
		" db-audit ":             "unknown.not_reported unit", "b web-access access": "unknown.not_reported unit",
		"b os-audit ": "unknown.not_declared unit", "b site-vpn ": "unknown.not_declared provider", "c site-vpn ": "unknown.not_declared provider",
	}
	if diff := cmp.Diff(want, party(f.judge(t, now.Add(time.Hour), collector.LogRules{}))); diff != "" {
		t.Errorf("with defaults of the registry (-want +got):\n%s", diff)
	}

	// A store that holds what the host does not tell, as far as it was asked.
	var asked []collector.RemoteLog
	rules := collector.LogRules{Remote: func(log collector.RemoteLog) *retention.Remote {
		if log.Class != retention.WebAccess {
			return nil
		}
		asked = append(asked, log)
		from := retention.Period{}.RequiredFrom(f.month.Last())
		return &retention.Remote{
			Level: retention.Queried, Reachable: true, CheckedAt: f.at.Add(-time.Hour), Oldest: from.In(store.Zone()), Newest: f.at.Add(-time.Hour),
			Counted: retention.Days{From: from, To: f.month.Last()}, Retention: retention.Never{}, Immutable: true,
		}
	}}
	got := names(f.judge(t, now.Add(2*time.Hour), rules))
	wantAsked := []collector.RemoteLog{{Provider: "p", System: "s", Host: "b", Class: retention.WebAccess, Stream: "access", Store: "es"}}
	if diff := cmp.Diff(wantAsked, asked); diff != "" || got["b web-access"] != "compliant_by_forward" {
		t.Errorf("%s by the store; asked (-want +got):\n%s", got["b web-access"], diff)
	}
}

// TestWaivedLogs: an exemption with approver and day lies over any verdict.
func TestWaivedLogs(t *testing.T) {
	f := newLogFleet(t)
	f.parties(t)
	f.hosts(t, "a", "b")
	f.load(t, "exemptions.csv", "subject_kind,subject,kind,reason,approver,expires\n"+
		"host,a,log_retention,改造中,办公室,"+f.date(-3)+"\nhost,b,log_retention,改造中,办公室,"+f.date(3)+"\nhost,b,standby,备机,办公室,"+f.date(-3)+"\n")
	for _, v := range f.judge(t, f.received.Add(time.Hour), collector.LogRules{}) {
		status, by := "undetermined", ""
		if v.HostID == "a" {
			status, by = "waived", "办公室"
		}
		if v.Status != status || v.WaivedBy != by || v.Name() != "unknown.not_declared" {
			t.Errorf("%s %s: %s by %q, %s", v.HostID, v.Class, v.Status, v.WaivedBy, v.Name())
		}
	}
}
