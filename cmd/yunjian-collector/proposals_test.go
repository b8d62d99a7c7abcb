package main

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/yunjian-io/yunjian/collector"
	"github.com/yunjian-io/yunjian/collector/store"
	"github.com/yunjian-io/yunjian/collector/store/engine"
	"github.com/yunjian-io/yunjian/rules"
	"github.com/yunjian-io/yunjian/rules/calendar"
	"github.com/yunjian-io/yunjian/rules/rightsize"
)

// desk runs commands against one database.
type desk struct {
	config string
	dir    string
	db     *collector.Database
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	if _, err := engine.Find(""); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	dir, err := os.MkdirTemp("", "yjcli") //nolint:usetesting // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	d := &desk{dir: dir, config: filepath.Join(dir, "collector.yaml")}
	d.write(t, "secret", strings.Repeat("s", 40))
	d.write(t, "collector.yaml", "data_dir: data\nlog_level: error\nproviders: [{id: p, secret_file: secret}]\napi: {secret_file: secret}\n")
	c, err := collector.LoadConfig(d.config)
	if err != nil {
		t.Fatal(err)
	}
	// Commands join the engine that the test holds.
	if d.db, err = collector.OpenDatabase(t.Context(), c, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.db.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

func (d *desk) write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(d.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// run runs a command, which has to end with the status.
func (d *desk) run(t *testing.T, status int, args ...string) (out, errOut string) {
	t.Helper()
	var o, e bytes.Buffer
	if got := run(append([]string{"--config", d.config}, args...), strings.NewReader(""), &o, &e); got != status {
		t.Fatalf("%v: status %d; want %d\n%s%s", args, got, status, o.String(), e.String())
	}
	return o.String(), e.String()
}

// TestProposalsCommands leads a proposal from the judged month to the file.
func TestProposalsCommands(t *testing.T) {
	d := newDesk(t)
	now := time.Now()
	// So long ago that the month of verification has passed.
	month := calendar.DateOf(now.In(store.Zone())).CalendarMonth().Add(-4)
	for i, f := range []struct{ name, text string }{
		{"providers.csv", "provider_id,provider_name\np,P\n"},
		{"platforms.csv", "platform_id,platform_name,platform_kind,provider_id\nc,C,provider,p\n"},
		{"units.csv", "unit_code,unit_name\nN-1,U\n"},
		{"systems.csv", "system_id,system_name,unit_code,platform_id,status\ns,S,N-1,c,running\n"},
		{"hosts.csv", "host_id,system_id,platform_id,provider_id,vcpu,memory_gib,effective_from,state,owner\na,s,c,p,8,16,2020-01-01,in_service,unit\nb,s,c,p,4,8,2020-01-01,in_service,unit\n"},
		{"volumes.csv", "volume_id,system_id,platform_id,size_gib,host_id,effective_from,state\nd,s,c,500,,2020-01-01,in_service\n"},
	} {
		done, err := collector.ImportInventory(t.Context(), d.db.Store, collector.InventoryFile{Name: f.name, Data: []byte(f.text)}, now.Add(time.Duration(i)*time.Microsecond))
		if err != nil || len(done.Problems) > 0 {
			t.Fatal(err, done.Problems)
		}
	}
	judged := store.JudgeRun{Run: 7, Month: month, JudgedAt: month.End(store.Zone()).Add(time.Hour)}
	found := func(rule, kind, subject, proposes string) store.Finding {
		return store.Finding{Provider: "p", Unit: "N-1", Finding: rules.Finding{
			RuleID: rule, Subject: rules.Subject{Kind: kind, ID: subject}, Month: month, Verdict: rules.Fail, State: rules.Judged, PeriodsMet: 3, Window: 3, Proposal: proposes, Reason: "低",
		}}
	}
	err := d.db.SaveRecommendations(t.Context(), judged, []rightsize.Recommendation{{
		Provider: "p", HostID: "a", System: "s", Unit: "N-1", Action: rightsize.Downsize, Current: rightsize.Size{VCPU: 8, MemoryMiB: 16384}, Target: rightsize.Size{VCPU: 4, MemoryMiB: 8192},
	}})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.db.AddFindings(t.Context(), judged, []store.Finding{found("low-utilization", rules.InformationSystem, "s", "downsize"), found("idle-host", rules.Host, "p/b", "reclaim"), found("unattached-volume", rules.Volume, "p/d", "reclaim")}); err != nil {
		t.Fatal(err)
	}
	if err := d.db.SaveRun(t.Context(), judged); err != nil {
		t.Fatal(err)
	}
	id := month.String() + "-s"
	day := func(n int) string { return month.Next().First().AddDays(n - 1).String() }
	replies := d.write(t, "reply.csv", "\ufeffhost,answer,target_vcpu,target_memory_gib,reason,note\na,部分同意,6,12,,\n,,,,,\np/b,同意,,,,\np/d,同意,,,,\n")
	review := d.write(t, "review.yaml", "mode: meeting\nexperts: [{name: 陈, opinion: 同意}]\nitems:\n  - {host: a, decision: 调整后实施, final_target: {vcpu: 6, memory_gib: 12}, implement_by: "+day(20)+"}\n  - {host: b, decision: 同意回收}\n  - {host: d, decision: 同意回收}\n")
	logs := month.Next().First().AddMonths(-6).String() + ".." + day(18)
	for _, tt := range []struct {
		status int
		args   string
		says   string
	}{
		{0, "proposals open --month " + month.String(), "opened " + id},
		{0, "proposals open --month " + month.String(), "0 opened, 0 joined, 1 unchanged"},
		{1, "proposals open --month 2020-01", "month 2020-01 was not judged"},
		{0, "proposals list", "notice"},
		{0, "proposals list --state closed", "PROPOSAL"},
		{1, "proposals show x", "no such proposal"},
		{1, "proposals notice " + id, `required flag(s) "by" not set`},
		{1, "proposals reply " + id + " --by 王 --all agree", "expected now: notice by supervisor, office"},
		{0, "proposals notice " + id + " --by 李 --no N-7 --at " + day(3), "noticed"},
		{0, "proposals notice " + id + " --by 赵 --no N-7", "nothing changed"},
		{1, "proposals notice " + id + " --by 李 --no N-8", "another content"},
		{1, "proposals notice " + id + " --by 李 --at yesterday", "want a day such as"},
		{1, "proposals reply " + id + " --by 王", "give --host, or --all, or --file"},
		{1, "proposals reply " + id + " --by 王 --host a --answer partly --target 4 --at " + day(5), "want cores and GiB"},
		{0, "proposals reply " + id + " --by 王 --file " + replies + " --at " + day(5), "replied"},
		{0, "proposals review " + id + " --by 张 --file " + review + " --at " + day(9), "decide by office"},
		{0, "proposals decide " + id + " --by 赵 --no A-1 --at " + day(10), "implement by provider, supervisor, office until"},
		{0, "proposals implement " + id + " --by 钱 --host a --at " + day(12), "decided"},
		{1, "proposals implement " + id + " --by 钱 --host d --backup B-2 --at " + day(13), "the data were erased is missing"},
		{0, "proposals implement " + id + " --by 钱 --host d --backup B-2 --wipe W-2 --at " + day(13), "decided"},
		{1, "proposals implement " + id + " --by 钱 --host b --at " + day(19), "log hand-over"},
		{0, "proposals implement " + id + " --by 钱 --host b --backup B-1 --wipe W-1 --logs " + logs + " --logs-reference L-1 --at " + day(19), "implemented"},
		{1, "proposals verify " + id + " --by 李", "cpu_p95 is not known"},
		{0, "proposals verify " + id + " --by 李 --host a --cpu-p95 0.41", "41.0 %"},
		{0, "proposals close " + id + " --by 李", "nothing: the proposal has ended"},
		{0, "proposals show " + id, "F12: 6 of 6 cores (100.0 %), 12 of 12 GiB (100.0 %), 500 of 500 GiB of disk (100.0 %); rebound: false"},
	} {
		out, errOut := d.run(t, tt.status, strings.Fields(tt.args)...)
		if !strings.Contains(out+errOut, tt.says) {
			t.Errorf("%s does not say %q:\n%s%s", tt.args, tt.says, out, errOut)
		}
	}
	shown, _ := d.run(t, 0, "proposals", "show", id)
	for _, want := range []string{
		"notice     李 (supervisor)", "reply      王 (unit)", "review     张 (office)", "decide     赵 (office)", "implement  钱 (provider)", "verify     李 (supervisor)", "close      李 (supervisor)",
		"已办结", day(3), day(19), "partly", "p/b   reclaim", "p/d   reclaim   disk of 500 GiB",
	} {
		if !strings.Contains(shown, want) {
			t.Errorf("show does not say %q:\n%s", want, shown)
		}
	}
	out, _ := d.run(t, 0, "--json", "proposals", "list")
	var list []collector.ProposalSummary
	if err := json.Unmarshal([]byte(out), &list); err != nil || len(list) != 1 || list[0].State != "closed" || list[0].ID != id {
		t.Errorf("--json list: %v\n%s", err, out)
	}
}

// TestCalendarCommands: an imported year counts, with who imported it from where.
func TestCalendarCommands(t *testing.T) {
	d := newDesk(t)
	year := d.write(t, "2031.yaml", "years: [{year: 2031, notices: ['https://www.gov.cn/a'], holidays: [{name: 元旦, off: [2031-01-01..2031-01-03], work: [2031-01-04]}, {name: 劳动节, off: [2031-05-01]}, {name: 国庆节, off: [2031-10-01..2031-10-07]}]}]")
	silent := d.write(t, "silent.yaml", "years: [{year: 2032, holidays: [{name: a, off: [2032-01-01, 2032-05-01, 2032-10-01]}]}]")
	for _, tt := range []struct {
		status     int
		args, says string
	}{
		{0, "calendar show 2026", "2026: built in"},
		{0, "calendar show 2031", "2031: no notice known; computed by weekends"},
		{0, "calendar import " + year + " --by 李", "2031 imported"},
		{0, "calendar import " + year + " --by 王", "nothing new"},
		{0, "calendar show 2031", "2031: imported from 2031.yaml by 李"},
		{0, "calendar show 2031", "made up       2031-01-04"},
		{1, "calendar import " + silent, "names no notice"},
		{1, "calendar import " + d.config, "data_dir"},
		{1, "calendar show soon", "want one from 2000"},
	} {
		out, errOut := d.run(t, tt.status, strings.Fields(tt.args)...)
		if !strings.Contains(out+errOut, tt.says) {
			t.Errorf("%s does not say %q:\n%s%s", tt.args, tt.says, out, errOut)
		}
	}
	c, err := collector.LoadCalendar(t.Context(), d.db.Store)
	if err != nil {
		t.Fatal(err)
	}
	got := c.AddWorkingDays(calendar.Date{Year: 2030, Month: 12, Day: 31}, 1)
	if want := (calendar.Day{Date: calendar.Date{Year: 2031, Month: 1, Day: 4}}); got != want {
		t.Errorf("the first working day of 2031 is %+v; want %+v", got, want)
	}
}

func TestRoleTokenCommand(t *testing.T) {
	dir := t.TempDir()
	secret := filepath.Join(dir, "secret")
	if err := os.WriteFile(secret, bytes.Repeat([]byte("s"), 40), 0o600); err != nil {
		t.Fatal(err)
	}
	with, without := filepath.Join(dir, "with.yaml"), filepath.Join(dir, "without.yaml")
	for name, text := range map[string]string{with: "api: {secret_file: secret}\n", without: "providers: [{id: p, secret_file: secret}]\n"} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		status       int
		config, args string
		says         string
	}{
		{0, with, "token --role office", "yja."},
		{0, with, "token --role unit --unit N-1 --read-only --json", `"read_only": true`},
		{0, with, "token --role provider --provider p", "yja."},
		{0, without, "token --provider p", "yjp."},
		{1, without, "token --role office", "no api.secret_file"},
		{1, with, "token --role unit", "names the unit"},
		{1, with, "token --role unit --provider p", "want --role office"},
		{1, with, "token --role office --host h", "want --role office"},
		{1, with, "token --role king", "want office, provider or unit"},
		{1, with, "token", "give --provider, or --role"},
	} {
		var out bytes.Buffer
		status := run(append([]string{"--config", tt.config}, strings.Fields(tt.args)...), strings.NewReader(""), &out, &out)
		if status != tt.status || !strings.Contains(out.String(), tt.says) {
			t.Errorf("%s: status %d, %s; want %d with %q", tt.args, status, out.String(), tt.status, tt.says)
		}
	}
}
