package logs

import (
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/yunjian-io/yunjian/agent/logs/journald"
	"github.com/yunjian-io/yunjian/agent/logs/logrotate"
	"github.com/yunjian-io/yunjian/internal/wire"
)

// known makes every account known, so that no stanza is broken for the want of one.
func known(files ...string) fstest.MapFS {
	return tree(append(files, "etc/nsswitch.conf", "passwd: files ldap\ngroup: files ldap\n")...)
}

func TestRotation(t *testing.T) {
	fsys := known(
		"etc/logrotate.conf", "weekly\nrotate 4\ncompress\ninclude /etc/logrotate.d\n",
		"etc/logrotate.d/a", `/var/log/auth.log /var/log/nginx/*.log {
	daily
	maxsize 100M
	minsize 1k
	maxage 365
	rotate 184
	olddir old
	dateext
	dateformat .%Y%m%d
	extension .log
}
`,
		"etc/logrotate.d/b", "/var/log/size.log {\n size 10M\n}\n",
		"etc/logrotate.d/c", "/var/log/broken.log {\n rotate many\n daily\n}\n",
		"etc/logrotate.d/d", "/var/log/dup*.log {\n rotate -1\n monthly\n}\n/var/log/dup1.log {\n}\n",
		"etc/logrotate.d/e", "/var/log/hourly.log {\n hourly\n rotate 0\n start 5\n nocompress\n copytruncate\n}\n",
		"var/log/dup1.log", "", "var/log/auth.log", "", "var/log/nginx/access.log", "", "var/log/nginx/old/x", "", "var/log/old/x", "",
		"var/lib/logrotate/status", "logrotate state -- version 2\n\"/var/log/auth.log\" 2026-8-31-6:25:1\n",
		"usr/sbin/cron", "", "etc/crontab", "17 */12 * * * root /usr/sbin/logrotate /etc/logrotate.conf\n",
	)
	rotation, problems := LoadRotation(fsys)
	var gotProblems []string
	for _, problem := range problems {
		gotProblems = append(gotProblems, problem.Origin+" "+problem.Text)
	}
	wantProblems := []string{"/etc/logrotate.d/c:2 logrotate: bad value", "/etc/logrotate.d/d:5 logrotate: the log is in an earlier stanza"}
	if diff := cmp.Diff(wantProblems, gotProblems); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
	daily := wire.LogrotatePolicy{Cadence: "daily", Rotate: 184, MinSize: 1024, MaxSize: 100 << 20, MaxAge: 365, RunsPerDay: 2}
	rotated := daily
	rotated.LastRotation = time.Date(2026, 8, 31, 6, 25, 1, 0, time.UTC)
	for _, test := range []struct {
		name   string
		origin string
		want   *wire.LogrotatePolicy
	}{
		{"/var/log/auth.log", "/etc/logrotate.d/a:6", &rotated},
		{"/var/log/nginx/access.log", "/etc/logrotate.d/a:6", &daily},
		{"/var/log/nginx/later.log", "/etc/logrotate.d/a:6", &daily},
		{"/var/log/size.log", "/etc/logrotate.conf:2", &wire.LogrotatePolicy{Cadence: "size", Rotate: 4, Size: 10 << 20, RunsPerDay: 2}},
		{"/var/log/broken.log", "/etc/logrotate.d/c:2", &wire.LogrotatePolicy{Cadence: "weekly", RunsPerDay: 2, Broken: true}},
		{"/var/log/dup1.log", "/etc/logrotate.d/d:2", &wire.LogrotatePolicy{Cadence: "monthly", Rotate: -1, RunsPerDay: 2}},
		{"/var/log/hourly.log", "/etc/logrotate.d/e:3", &wire.LogrotatePolicy{Cadence: "hourly", RunsPerDay: 2}},
	} {
		want := []wire.LogPolicy{{Kind: wire.PolicyLogrotate, Origin: test.origin, Logrotate: test.want}}
		if diff := cmp.Diff(want, rotation.Policies(test.name)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
	for _, name := range []string{"/var/log/none.log", "/var/log/nginx/.hidden.log", "/var/log/nginx/deep/x.log"} {
		if got := rotation.Policies(name); got != nil {
			t.Errorf("%s: want no policy, got %+v", name, got)
		}
	}
	for name, want := range map[string]Naming{
		"/var/log/nginx/later.log": {OldDir: "/var/log/nginx/old", DateExt: true, DateFormat: ".%Y%m%d", Start: 1, Extension: ".log", CompressExt: ".gz", IfEmpty: true},
		"/var/log/hourly.log":      {Hourly: true, Start: 5, CopyTruncate: true, IfEmpty: true},
		"/var/log/none.log":        {Start: 1},
	} {
		if diff := cmp.Diff(want, rotation.Naming(name)); diff != "" {
			t.Errorf("naming of %s (-want +got):\n%s", name, diff)
		}
	}
	if diff := cmp.Diff("/var/log/nginx/old", rotation.OldDir("/var/log/nginx/later.log")); diff != "" {
		t.Errorf("olddir (-want +got):\n%s", diff)
	}
}

// TestRotationAfterDuplicate has a pattern that ends at a log of another stanza: what
// else it matches is not rotated, or only by chance.
func TestRotationAfterDuplicate(t *testing.T) {
	rotation, _ := LoadRotation(known(
		"etc/logrotate.conf", "/var/log/a.log {\n}\n/var/log/*.log {\n rotate 9\n}\n", "var/log/a.log", "", "var/log/z.log", "",
	))
	got := rotation.Policies("/var/log/z.log")
	if len(got) != 1 || got[0].Kind != wire.PolicyUnparsed || got[0].Problem == "" {
		t.Errorf("want an unparsed policy, got %+v", got)
	}
}

func TestRotationRunners(t *testing.T) {
	const stanza = "/var/log/a.log {\n rotate 3\n daily\n}\n"
	for _, test := range []struct {
		name string
		fsys fs.FS
		want []wire.LogPolicy
	}{
		{"no logrotate", fstest.MapFS{}, nil},
		{
			"nothing runs it", known("etc/logrotate.conf", stanza),
			[]wire.LogPolicy{{Kind: wire.PolicyLogrotate, Origin: "/etc/logrotate.conf:2", Logrotate: &wire.LogrotatePolicy{Cadence: "daily", Rotate: 3, Disabled: true}}},
		},
		{
			"a crontab is closed",
			denied{known("etc/logrotate.conf", stanza, "var/spool/cron/root", ""), []string{"var/spool/cron"}},
			[]wire.LogPolicy{{Kind: wire.PolicyLogrotate, Origin: "/etc/logrotate.conf:2", Logrotate: &wire.LogrotatePolicy{Cadence: "daily", Rotate: 3}}},
		},
		{
			"the configuration is closed",
			denied{known("etc/logrotate.conf", stanza), []string{"etc/logrotate.conf"}},
			[]wire.LogPolicy{{Kind: wire.PolicyUnparsed, Origin: "/etc/logrotate.conf", Problem: "the agent has no right to read it"}},
		},
		{
			"an included folder is closed",
			denied{known("etc/logrotate.conf", "include /etc/logrotate.d\n", "etc/logrotate.d/a", stanza), []string{"etc/logrotate.d/a"}},
			[]wire.LogPolicy{{Kind: wire.PolicyUnparsed, Origin: "/etc/logrotate.d/a", Problem: "the agent has no right to read it"}},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			rotation, _ := LoadRotation(test.fsys)
			if diff := cmp.Diff(test.want, rotation.Policies("/var/log/a.log")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// guaranteed is the least number of days that a stanza keeps, whatever is written
// (§4.3 of the specification). A bound by size guarantees nothing.
func guaranteed(p *wire.LogrotatePolicy) float64 {
	if p.Rotate < 0 {
		return math.Inf(1)
	}
	if p.Cadence == "size" || p.MaxSize > 0 {
		return 0
	}
	days := map[string]float64{"hourly": 1.0 / 24, "daily": 1, "weekly": 7, "monthly": 30, "yearly": 365}[p.Cadence] * float64(p.Rotate)
	if p.MaxAge > 0 {
		days = min(days, float64(p.MaxAge))
	}
	return days
}

// TestTruthLogrotate looks up the stock stanzas of Debian 12: four keep 184 days.
func TestTruthLogrotate(t *testing.T) {
	shared := os.Getenv("YUNJIAN_SHARED")
	if shared == "" {
		shared = "../../../shared"
	}
	dir := filepath.Join(shared, "data/logs/logrotate-debian12")
	entries, err := os.ReadDir(dir)
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("the real configurations are not here: %v; set YUNJIAN_SHARED", err)
		}
		t.Skipf("the real configurations are not here: %v", err)
	}
	stanzas, long := 0, []string{}
	for _, entry := range entries {
		text, err := os.ReadFile(filepath.Join(dir, entry.Name()))
		if err != nil {
			t.Fatal(err)
		}
		rotation, problems := LoadRotation(known("etc/logrotate.conf", string(text)))
		for _, problem := range problems {
			t.Errorf("%s: %+v", entry.Name(), problem)
		}
		for _, stanza := range rotation.config.Stanzas {
			stanzas++
			log := strings.NewReplacer("*", "x", "?", "x").Replace(stanza.Patterns[0])
			got := rotation.Policies(log)
			if len(got) != 1 || got[0].Logrotate == nil || !strings.HasPrefix(got[0].Origin, "/etc/logrotate.conf:") {
				t.Errorf("%s: %s: want a policy, got %+v", entry.Name(), log, got)
				continue
			}
			if guaranteed(got[0].Logrotate) >= 184 {
				long = append(long, log)
			}
		}
	}
	want := []string{"/var/log/apt/term.log", "/var/log/apt/history.log", "/var/log/alternatives.log", "/var/log/dpkg.log"}
	if diff := cmp.Diff(want, long); diff != "" {
		t.Errorf("long enough (-want +got):\n%s", diff)
	}
	// Of the 34 stanzas of the distribution the folder has those of 22 files.
	if stanzas < 23 {
		t.Errorf("want at least 23 stanzas, got %d", stanzas)
	}
}

func journalFile(family string, life journald.Life, head, tail time.Time) journald.File {
	file := journald.File{Name: journald.Name{Family: family, Life: life}}
	file.Header.Entries, file.Header.HeadRealtime, file.Header.TailRealtime = 1, uint64(head.UnixMicro()), uint64(tail.UnixMicro())
	return file
}

func TestJournaldPolicy(t *testing.T) {
	now := time.Date(2026, 9, 30, 0, 0, 0, 0, time.UTC)
	ago := func(days int) time.Time { return now.AddDate(0, 0, -days) }
	inventory := journald.Inventory{Bytes: 1 << 30}
	for day := range 20 {
		inventory.Files = append(inventory.Files, journalFile(journald.System, journald.ArchivedName, ago(100+day*10), ago(100+day*10-day-1)))
	}
	inventory.Files = append(
		inventory.Files,
		journalFile(journald.System, journald.ArchivedName, time.Unix(0, 0), ago(3)),         // no clock yet
		journalFile(journald.System, journald.ArchivedName, ago(3), ago(5)),                  // set back
		journalFile(journald.System, journald.Active, ago(30), ago(0)),                       // being written
		journalFile("user-1000", journald.Active, ago(300), ago(0)),                          // of a user
		journalFile("user-1000", journald.ArchivedName, ago(300), ago(299)),                  // of a user
		journald.File{Name: journald.Name{Family: journald.System, Life: journald.Disposed}}, // empty
	)
	conf := func(text string) journald.Conf {
		return journald.LoadConf(tree("etc/systemd/journald.conf", "[Journal]\n"+text), "")
	}
	const day = 86400
	base := wire.JournaldPolicy{
		FilesystemSize: 100 << 30, FilesystemFree: 50 << 30, Usage: 1 << 30, ActiveFiles: 2,
		TypicalSpanSeconds: 2 * day, LongestSpanSeconds: 30 * day,
	}
	for _, test := range []struct {
		name   string
		text   string
		mode   journald.Mode
		origin string
		change func(*wire.JournaldPolicy)
	}{
		{"defaults", "", journald.Persistent, "", func(*wire.JournaldPolicy) {}},
		{
			"all is set", "SystemMaxUse=8G\nSystemMaxFileSize=64M\nSystemKeepFree=1G\nSystemMaxFiles=500\nMaxFileSec=1day\nMaxRetentionSec=200day\n", journald.Persistent, "/etc/systemd/journald.conf:7",
			func(p *wire.JournaldPolicy) {
				p.MaxUse, p.MaxFileSize, p.KeepFree, p.MaxFiles = 8<<30, 64<<20, 1<<30, 500
				p.MaxFileSeconds, p.MaxRetentionSeconds = day, 200*day
			},
		},
		{
			"switched off", "SystemMaxFiles=0\nMaxFileSec=0\nMaxRetentionSec=0\n", journald.Persistent, "/etc/systemd/journald.conf:4",
			func(p *wire.JournaldPolicy) { p.MaxFiles, p.MaxFileSeconds = -1, -1 },
		},
		{
			"volatile", "Storage=volatile\nRuntimeMaxUse=100M\nSystemMaxUse=8G\n", journald.Volatile, "/etc/systemd/journald.conf:2",
			func(p *wire.JournaldPolicy) { p.Volatile, p.MaxUse = true, 100<<20 },
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			want := base
			test.change(&want)
			got := JournaldPolicy(conf(test.text), inventory, test.mode, 100<<30, 50<<30, now)
			if diff := cmp.Diff(wire.LogPolicy{Kind: wire.PolicyJournald, Origin: test.origin, Journald: &want}, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	empty := JournaldPolicy(conf(""), journald.Inventory{}, journald.Persistent, 0, 0, now)
	if diff := cmp.Diff(&wire.JournaldPolicy{}, empty.Journald); diff != "" {
		t.Errorf("empty (-want +got):\n%s", diff)
	}
}

func TestValidate(t *testing.T) {
	good := SiteSource{Paths: []string{"/data/logs/*/info.log"}, Archives: []string{"/data/logs/*/info.*.log"}, Class: "app-run", Party: "unit", Format: "auto"}
	if err := good.Validate(); err != nil {
		t.Errorf("want no error, got %v", err)
	}
	for _, test := range []struct {
		name   string
		change func(*SiteSource)
		want   string
	}{
		{"no path", func(s *SiteSource) { s.Paths = nil }, "paths: name at least one file"},
		{"relative", func(s *SiteSource) { s.Paths = []string{"a.log"} }, "begin it with /"},
		{"unclean", func(s *SiteSource) { s.Archives = []string{"/a/../b"} }, "archives: \"/a/../b\": write the path without"},
		{"bracket", func(s *SiteSource) { s.Paths = []string{"/a/[b"} }, "bracket"},
		{"stars", func(s *SiteSource) { s.Paths = []string{"/a/**/b.log"} }, "** is not known"},
		{"class", func(s *SiteSource) { s.Class = "app" }, "class: \"app\" is none of os-auth"},
		{"party", func(s *SiteSource) { s.Party = "agency" }, "neither unit nor provider"},
		{"stream", func(s *SiteSource) { s.Stream = "a b" }, "stream:"},
		{"format", func(s *SiteSource) { s.Format = "%Y\n" }, "format:"},
	} {
		source := good
		test.change(&source)
		if err := source.Validate(); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: want %q, got %v", test.name, test.want, err)
		}
	}
}

func TestPlainText(t *testing.T) {
	for _, test := range []struct {
		err  error
		want string
	}{
		{fs.ErrPermission, "the agent has no right to read it"},
		{logrotate.ErrSyntax, "syntax"},
	} {
		if diff := cmp.Diff(test.want, plainText(test.err)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
	conf := journald.LoadConf(tree("etc/systemd/journald.conf", "[Journal]\nSystemMaxUse=pass\"word\n"), "")
	if got := plainText(conf.Problems[0].Err); strings.Contains(got, "pass") || !strings.HasPrefix(got, "SystemMaxUse") {
		t.Errorf("want the key and no value, got %q", got)
	}
}

// FuzzSite gives any pattern to Declare, which must neither crash nor declare what is
// not valid.
func FuzzSite(f *testing.F) {
	f.Add("/data/*.log", "app-run", "/var/log/auth.log {\n rotate 3\n}\n")
	f.Add("[", "x", "/var/log/*.log {\n daily\n olddir old\n}\n")
	f.Add("/a\\", "os-login", "include /etc/logrotate.conf")
	f.Fuzz(func(t *testing.T, pattern, class, conf string) {
		source := SiteSource{Paths: []string{pattern}, Class: class}
		fsys := known("etc/logrotate.conf", conf, "data/a.log", "")
		declarations, problems := Declare(fsys, []SiteSource{source})
		if (source.Validate() == nil) != (len(declarations) == 1) {
			t.Errorf("%q: %+v, %+v", pattern, declarations, problems)
		}
		rotation, _ := LoadRotation(fsys)
		for _, policy := range rotation.Policies(pattern) {
			if policy.Kind == "" || policy.Logrotate != nil && policy.Logrotate.Rotate < -1 {
				t.Errorf("%q: %+v", pattern, policy)
			}
		}
		rotation.Naming(pattern)
	})
}
