package logs

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/yunjian-io/yunjian/internal/wire"
)

// tree makes a host of names and texts.
func tree(files ...string) fstest.MapFS {
	fsys := make(fstest.MapFS)
	for i := 0; i+1 < len(files); i += 2 {
		fsys[files[i]] = &fstest.MapFile{Data: []byte(files[i+1]), Mode: 0o644, ModTime: time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC)}
	}
	return fsys
}

// policyText puts a policy in words.
func policyText(p wire.LogPolicy) string {
	text := string(p.Kind)
	switch {
	case p.Logrotate != nil:
		text += fmt.Sprintf(" %s %d", p.Logrotate.Cadence, p.Logrotate.Rotate)
	case p.Auditd != nil:
		text += fmt.Sprintf(" %s %d×%dMiB cron %gd", p.Auditd.Action, p.Auditd.NumLogs, p.Auditd.MaxLogFile, p.Auditd.CronDays)
	case p.Count != nil:
		text += fmt.Sprintf(" %s %d×(%gd,%dB)", p.Count.Setting, p.Count.Keep, p.Count.IntervalDays, p.Count.FileBytes)
	case p.Age != nil:
		text += fmt.Sprintf(" %s %gd", p.Age.Setting, p.Age.Days)
	case p.Container != nil:
		text += fmt.Sprintf(" %d×%dB since %s", p.Container.MaxFile, p.Container.MaxSize, p.Container.CreatedAt.Format(time.DateOnly))
	}
	if p.Problem != "" {
		text += " (" + p.Problem + ")"
	}
	if p.Origin != "" {
		text += " @" + p.Origin
	}
	return text
}

// declared puts a declaration in words, without the parts that other tests look at.
func declared(d Declaration) string {
	var words []string
	for _, s := range d.Streams {
		words = append(words, strings.TrimSuffix(s.Class+"/"+s.Name, "/"))
	}
	text := d.Family + " " + strings.Join(d.Paths, ",") + " [" + strings.Join(words, " ") + "]"
	for _, mark := range []struct {
		set  bool
		text string
	}{{d.Single, " single"}, {d.Expected, " expected"}, {d.QuietOK, " quiet"}, {d.Party != "", " " + d.Party}, {d.Format != "", " format " + d.Format}} {
		if mark.set {
			text += mark.text
		}
	}
	for _, p := range d.Policies {
		text += "; " + policyText(p)
	}
	for _, f := range d.Forward {
		text += fmt.Sprintf("; to %s %s %s", f.Protocol, f.Target, f.Queue)
	}
	if d.SuspendAtFreeBytes > 0 {
		text += fmt.Sprintf("; stops at %d bytes", d.SuspendAtFreeBytes)
	}
	if d.SuspendAtFreePercent > 0 {
		text += fmt.Sprintf("; stops at %g%%", d.SuspendAtFreePercent)
	}
	return text
}

func check(t *testing.T, fsys fs.FS, site []SiteSource, want, wantProblems []string) []Declaration {
	t.Helper()
	declarations, problems := Declare(fsys, site)
	var got, gotProblems []string
	for _, d := range declarations {
		got = append(got, declared(d))
	}
	for _, p := range problems {
		gotProblems = append(gotProblems, p.Origin+" "+p.Text)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("declarations (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(wantProblems, gotProblems); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
	return declarations
}

func debianHost() fstest.MapFS {
	return tree(
		"etc/os-release", "ID=debian\n", "usr/sbin/rsyslogd", "", "usr/sbin/auditd", "", "usr/lib/systemd/systemd-journald", "", "usr/sbin/nginx", "",
		"etc/rsyslog.conf", `*.*;auth,authpriv.none -/var/log/syslog
auth,authpriv.* /var/log/auth.log
cron.* -/var/log/cron.log
kern.* -/var/log/kern.log
mail.* -/var/log/mail.log
*.* action(type="omfwd" target="10.0.0.9" port="6514" protocol="tcp" queue.type="linkedlist" queue.filename="f" queue.saveOnShutdown="on")
`,
		"etc/audit/auditd.conf", "log_file = /var/log/audit/audit.log\nlog_group = adm\nnum_logs = 5\nmax_log_file = 8\nmax_log_file_action = ROTATE\nadmin_space_left = 50\nadmin_space_left_action = SUSPEND\n",
		"etc/crontab", "25 6 * * * root service auditd rotate\n",
		"etc/nginx/nginx.conf", "http { access_log /var/log/nginx/access.log; error_log /var/log/nginx/error.log; }\n",
		"var/log/syslog", "", "var/log/auth.log", "", "var/log/kern.log.1", "", "var/log/wtmp", "", "var/log/btmp", "", "var/log/lastlog", "",
		"var/log/dpkg.log", "", "var/log/nginx/access.log", "", "var/log/nginx/portal-access.log", "", "var/log/nginx/access.log.1", "",
		"var/log/journal/0123456789abcdef0123456789abcdef/system.journal", "", "root/.bash_history", "",
		"var/log/audit/audit.log", "",
	)
}

func TestDebianHost(t *testing.T) {
	const forward = "; to tcp 10.0.0.9:6514 disk"
	got := check(t, debianHost(), nil, []string{
		"audit /var/log/audit/audit.log [os-audit] expected; auditd ROTATE 5×8MiB cron 1d @/etc/audit/auditd.conf:3; count num_logs 4×(1d,0B) @/etc/crontab:1; stops at 52428800 bytes",
		"text /var/log/auth.log [os-auth/auth priv-op/privileged] expected; never" + forward,
		"utmp /var/log/btmp [os-login] quiet; never",
		"text /var/log/cron.log [os-cron/cron] expected; never" + forward,
		"text /var/log/dpkg.log [os-system] quiet; never",
		"journald /var/log/journal [os-system/system os-auth/auth priv-op/privileged os-cron/cron os-system/syslog:kern os-system/syslog:mail] expected" + forward,
		"text /var/log/kern.log [os-system/syslog:kern] quiet; never" + forward,
		"text /var/log/nginx/access.log [web-access] expected; never",
		"text /var/log/nginx/error.log [web-error] expected quiet; never",
		"text /var/log/nginx/portal-access.log [web-access]; never",
		"text /var/log/syslog [os-system/system os-cron/cron os-system/syslog:kern os-system/syslog:mail] expected; never" + forward,
		"utmp /var/log/wtmp [os-login] quiet; never",
	}, nil)
	grants := make(map[string]string)
	for _, d := range got {
		grants[path.Base(d.Paths[0])] = d.Grant
	}
	want := map[string]string{
		"audit.log": "group adm", "auth.log": "group adm", "btmp": "group utmp", "cron.log": "group adm", "dpkg.log": "group adm", "journal": "group systemd-journal",
		"kern.log": "group adm", "access.log": "group adm", "error.log": "group adm", "portal-access.log": "group adm", "syslog": "group adm", "wtmp": "group utmp",
	}
	if diff := cmp.Diff(want, grants); diff != "" {
		t.Errorf("grants (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff("/etc/rsyslog.conf:2", got[1].Origin); diff != "" {
		t.Errorf("origin (-want +got):\n%s", diff)
	}
}

func openEulerHost() fstest.MapFS {
	return tree(
		"etc/os-release", "ID=\"openEuler\"\n", "usr/sbin/rsyslogd", "", "usr/sbin/auditd", "", "usr/lib/systemd/systemd-journald", "",
		"etc/rsyslog.conf", `*.info;mail.none;authpriv.none;cron.none /var/log/messages
authpriv.* /var/log/secure
mail.* -/var/log/maillog
cron.* /var/log/cron
uucp,news.crit /var/log/spooler
local7.* /var/log/boot.log
$template Dev,"/data/syslog/%fromhost-ip%/%$year%-%$month%-%$day%.log"
local4.* ?Dev
`,
		"etc/audit/auditd.conf", "num_logs = 5\nmax_log_file_action = keep_logs\nspace_left_action = ROTATE\nadmin_space_left = 5%\nadmin_space_left_action = halt\n",
		"etc/my.cnf", "[mysqld]\nslow_query_log=1\nslow_query_log_file=/var/log/mysql/slow.log\nserver_audit_logging=on\n",
		"var/lib/mysql/server_audit.log", "", "var/log/mysql/slow.log", "",
		"var/log/messages-20260901.gz", "", "var/log/maillog", "", "var/log/dnf.log", "", "var/log/boot.log-20260901", "",
		"data/syslog/10.0.0.1/2026-09-01.log", "", "data/syslog/10.0.0.1/2026-09-02.log", "", "data/syslog/10.0.0.2/2026-09-02.log", "",
		"var/log/nova/nova-api.log", "", "var/log/nova/nova-api-20260901.log", "", "var/log/nova/nova-api.log.1", "", "run/systemd/journal/socket", "",
	)
}

func TestOpenEulerHost(t *testing.T) {
	got := check(t, openEulerHost(), nil, []string{
		"journald /run/log/journal [os-system/system os-auth/auth priv-op/privileged os-cron/cron os-system/syslog:mail os-system/syslog:news,uucp.crit os-system/syslog:local7] expected",
		"text /var/lib/mysql/server_audit.log [db-audit]; count server_audit_file_rotations 9×(0d,1000000B) @/etc/my.cnf:4",
		"audit /var/log/audit/audit.log [os-audit] expected; auditd KEEP_LOGS 5×0MiB cron 0d @/etc/audit/auditd.conf:2; stops at 5%",
		"text /var/log/boot.log [os-system/syslog:local7] quiet; never",
		"text /var/log/cron [os-cron/cron] expected; never",
		"text /var/log/dnf.log [os-system] quiet; never",
		"text /var/log/maillog [os-system/syslog:mail] quiet; never",
		"text /var/log/messages [os-system/system os-system/syslog:news,uucp.crit] expected; never",
		"text /var/log/mysql/slow.log [db-audit] quiet; never",
		"text /var/log/nova/nova-api.log [cloud-control-plane] provider; never",
		"text /var/log/secure [os-auth/auth priv-op/privileged] expected; never",
		"text /data/syslog/10.0.0.1/*-*-*.log [security-device] single quiet; never",
		"text /data/syslog/10.0.0.2/*-*-*.log [security-device] single quiet; never",
	}, []string{"/etc/audit/auditd.conf:3 auditd deletes its oldest log when the disk runs short of space"})
	i := slices.IndexFunc(got, func(d Declaration) bool { return d.Paths[0] == "/var/log/secure" })
	if diff := cmp.Diff("setfacl -m u:yunjian:r /var/log/secure", got[i].Grant); diff != "" {
		t.Errorf("grant (-want +got):\n%s", diff)
	}
}

func TestJavaHost(t *testing.T) {
	fsys := tree(
		"opt/gov/config/logback.xml", `<configuration><appender name="a" class="x.RollingFileAppender"><file>/data/logs/gov/info.log</file>
<rollingPolicy class="x.TimeBasedRollingPolicy"><fileNamePattern>/data/logs/gov/info.%d{yyyy-MM-dd}.log</fileNamePattern>
<maxHistory>60</maxHistory></rollingPolicy></appender><root><appender-ref ref="a"/></root></configuration>`,
		"data/logs/gov/info.log", "", "data/logs/gov/other.log", "",
		"opt/tomcat/conf/server.xml", `<Server><Valve className="x.AccessLogValve" prefix="access." suffix=".log" maxDays="30"/></Server>`,
		"opt/tomcat/logs/access.2026-09-01.log", "", "opt/tomcat/logs/catalina.out", "",
		"etc/systemd/journald.conf", "[Journal]\nStorage=none\n", "usr/lib/systemd/systemd-journald", "",
	)
	site := []SiteSource{
		{Paths: []string{"/data/logs/gov/*.log"}, Class: "app-operation", Stream: "portal", Format: "iso", Party: "unit"},
		{Paths: []string{"/data/absent.log"}, Class: "app-run", Format: "auto", QuietOK: true},
		{Paths: []string{"relative.log"}, Class: "secret-class"},
	}
	check(t, fsys, site, []string{
		"text /data/absent.log [app-run] expected quiet",
		"text /data/logs/gov/info.log [app-operation/portal] unit format iso; count maxHistory 60×(1d,0B) @/opt/gov/config/logback.xml:3",
		"text /opt/tomcat/logs/catalina.out [middleware] quiet; never",
		"text /data/logs/gov/*.log [app-operation/portal] unit format iso",
		"text /opt/tomcat/logs/access.*.log [web-access] single; age maxDays 30d @/opt/tomcat/conf/server.xml:1",
	}, []string{
		" a log source of the site does not count: paths: …: begin it with /; class: … is none of " + strings.Join(classes(), ", "),
		"/etc/systemd/journald.conf:2 journald keeps nothing",
	})
}

func TestKubernetesNode(t *testing.T) {
	fsys := tree(
		"var/lib/kubelet/config.yaml", "containerLogMaxSize: 50Mi\ncontainerLogMaxFiles: 10\n",
		"var/log/pods/default_web_1/nginx/0.log", "", "var/log/pods/default_web_1/nginx/0.log.20260901-000000.gz", "",
		"var/lib/docker/containers/aa/hostconfig.json", `{"LogConfig":{"Type":"json-file","Config":{"max-size":"10m","max-file":"3"}}}`,
		"var/lib/docker/containers/aa/aa-json.log", "",
		"var/lib/docker/containers/bb/hostconfig.json", `{"LogConfig":{"Type":"gelf","Config":{"gelf-address":"udp://log.example:12201"}}}`,
	)
	got := check(t, fsys, nil, []string{
		"text /var/lib/docker/containers/aa/aa-json.log [container-stdout] quiet; container 3×10485760B since 2026-09-01 @/var/lib/docker/containers/aa/hostconfig.json",
		"text /var/log/pods/default_web_1/nginx/*.log [container-stdout] single quiet; container 10×52428800B since 2026-09-01 @/var/lib/kubelet/config.yaml:2",
	}, []string{"/var/lib/docker/containers/bb/hostconfig.json the container sends its log to log.example:12201; nothing of it is kept here"})
	if diff := cmp.Diff([]string{"/var/log/pods/default_web_1/nginx/*.log.*"}, got[1].Archives); diff != "" {
		t.Errorf("archives (-want +got):\n%s", diff)
	}
}

// denied refuses to open or list some names.
type denied struct {
	fs.FS
	names []string
}

func (d denied) Open(name string) (fs.File, error) {
	for _, closed := range d.names {
		if name == closed || strings.HasPrefix(name, closed+"/") {
			return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrPermission}
		}
	}
	return d.FS.Open(name)
}

func TestWithoutRights(t *testing.T) {
	host := denied{
		tree(
			"usr/sbin/auditd", "", "usr/sbin/nginx", "", "etc/nginx/nginx.conf", "", "etc/rsyslog.conf", "",
			"etc/httpd/conf/httpd.conf", "ErrorLog /var/log/httpd/error_log\n", "var/log/httpd/x", "",
		),
		[]string{"etc/audit", "etc/nginx", "etc/rsyslog.conf", "var/log/httpd"},
	}
	check(t, host, nil, []string{
		"audit /var/log/audit/audit.log [os-audit] expected; unparsed (the agent has no right to read it) @/etc/audit/auditd.conf",
		"text /var/log/httpd/error_log [web-error] quiet; never",
		"text /var/log/httpd/*access_log [web-access]; never",
	}, []string{
		"/etc/rsyslog.conf the agent has no right to read it",
		"/etc/audit/auditd.conf the agent has no right to read it",
		"/etc/nginx/nginx.conf the agent has no right to read it",
	})
}

// TestSiteSpeaks has a site that names what configurations name as well.
func TestSiteSpeaks(t *testing.T) {
	appender := func(history string) string {
		return `<configuration><appender name="a" class="x.RollingFileAppender"><file>/data/a/info.log</file><rollingPolicy class="x.TimeBasedRollingPolicy"><fileNamePattern>/data/a/info.%d.log</fileNamePattern>` +
			"<maxHistory>" + history + `</maxHistory></rollingPolicy></appender><root><appender-ref ref="a"/></root></configuration>`
	}
	fsys := tree("opt/a/logback.xml", appender("7"), "opt/b/logback.xml", appender("9"), "data/a/info.log", "", "data/a/x.log", "", "var/log/wtmp", "")
	const policies = "; count maxHistory 7×(1d,0B) @/opt/a/logback.xml:1; count maxHistory 9×(1d,0B) @/opt/b/logback.xml:1"
	for _, test := range []struct {
		name string
		site []SiteSource
		want []string
	}{
		{"by name and by pattern", []SiteSource{{Paths: []string{"/data/a/*.log", "/data/a/info.log"}, Class: "app-operation"}}, []string{
			"text /data/a/info.log [app-operation] expected" + policies, "utmp /var/log/wtmp [os-login] quiet; never", "text /data/a/*.log [app-operation]",
		}},
		{"by pattern", []SiteSource{{Paths: []string{"/data/a/*.log"}, Class: "app-operation"}}, []string{
			"text /data/a/info.log [app-operation]" + policies, "utmp /var/log/wtmp [os-login] quiet; never", "text /data/a/*.log [app-operation]",
		}},
		{"as one log", []SiteSource{{Paths: []string{"/data/a/*.log"}, Class: "app-operation", Single: true}}, []string{
			"utmp /var/log/wtmp [os-login] quiet; never", "text /data/a/*.log [app-operation] single" + policies,
		}},
		{"what the catalogue has", []SiteSource{{Paths: []string{"/var/log/wtmp"}, Class: "os-login", Party: "provider"}}, []string{
			"text /data/a/info.log [app-run] quiet" + policies, "utmp /var/log/wtmp [os-login] expected provider; never",
		}},
	} {
		t.Run(test.name, func(t *testing.T) { check(t, fsys, test.site, test.want, nil) })
	}
}

func TestCatalog(t *testing.T) {
	entries, err := catalog()
	if err != nil {
		t.Fatal(err)
	}
	seen := make(map[string]bool)
	for _, entry := range entries {
		for _, pattern := range entry.Paths {
			if err := validPattern(pattern); err != nil || seen[pattern] {
				t.Errorf("%s: %v, seen before: %v", pattern, err, seen[pattern])
			}
			seen[pattern] = true
			for _, word := range []string{"lastlog", "history"} {
				if strings.Contains(path.Base(pattern), word) && !strings.HasPrefix(pattern, "/var/log/apt/") {
					t.Errorf("%s is no evidence", pattern)
				}
			}
		}
		for _, stream := range entry.Streams {
			if !slices.Contains(classes(), stream.Class) {
				t.Errorf("%v: class %q is not known", entry.Paths, stream.Class)
			}
		}
		if len(entry.Streams) == 0 {
			t.Errorf("%v: no stream", entry.Paths)
		}
	}
}

func TestConfigFiles(t *testing.T) {
	fsys := debianHost()
	got := ConfigFiles(fsys)
	for _, name := range []string{"etc/rsyslog.conf", "etc/audit/auditd.conf", "etc/nginx/nginx.conf", "etc/logrotate.conf", "usr/sbin/rsyslogd", "var/log", "etc/cron.d", "etc/crontab", "var/lib/logrotate/status"} {
		if name == "var/lib/logrotate/status" {
			continue // without logrotate.conf nobody asks for it
		}
		if !slices.Contains(got, name) {
			t.Errorf("%s is missing", name)
		}
	}
	for _, name := range []string{"var/log/syslog", "var/log/nginx/access.log", "root/.bash_history"} {
		if slices.Contains(got, name) {
			t.Errorf("%s is no configuration", name)
		}
	}
	for _, name := range got {
		if !fs.ValidPath(name) {
			t.Errorf("%q is no name of an fs.FS", name)
		}
	}
}

// TestThisHost reads the real machine: nothing must crash, and every problem must have
// a place and words.
func TestThisHost(t *testing.T) {
	root := os.DirFS("/")
	declarations, problems := Declare(root, nil)
	rotation, more := LoadRotation(root)
	for _, problem := range append(problems, more...) {
		if !strings.HasPrefix(problem.Origin, "/") || problem.Text == "" || strings.Contains(problem.Text, `"`) {
			t.Errorf("problem %+v", problem)
		}
		t.Logf("problem %s: %s", problem.Origin, problem.Text)
	}
	for _, d := range declarations {
		if len(d.Streams) == 0 || len(d.Paths) == 0 || d.Grant == "" || d.Family == "" {
			t.Errorf("declaration %+v", d)
		}
		text := declared(d)
		for _, p := range rotation.Policies(d.Paths[0]) {
			text += "; " + policyText(p)
		}
		t.Log(text)
	}
	if len(ConfigFiles(root)) == 0 {
		t.Error("no configuration file")
	}
}
