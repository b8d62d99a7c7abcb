package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// logHost is a host in a folder, with logs that are kept for 200 days, a collector
// with its engine, and an agent that watches them.
type logHost struct {
	t         *testing.T
	root, dir string
	collector []string // its flags
	agent     *process
}

// newLogHost lays out logs whose records began 199 days ago.
func newLogHost(t *testing.T) *logHost {
	t.Helper()
	needEngine(t)
	h := &logHost{t: t, root: t.TempDir(), dir: t.TempDir()}
	h.file("etc/os-release", "ID=debian\nVERSION_ID=12\n", time.Time{})
	h.file("etc/machine-id", "0123456789abcdef0123456789abcdef\n", time.Time{})
	h.file("etc/logrotate.conf", "include /etc/logrotate.d\n", time.Time{})
	h.file("etc/logrotate.d/rsyslog", "/var/log/auth.log /var/log/syslog /var/log/cron.log {\n\tdaily\n\trotate 200\n\tmissingok\n}\n", time.Time{})
	h.file("etc/crontab", "25 6 * * * root run-parts /etc/cron.daily\n", time.Time{})
	h.file("etc/cron.daily/logrotate", "#!/bin/sh\n/usr/sbin/logrotate /etc/logrotate.conf\n", time.Time{})
	if err := os.Chmod(filepath.Join(h.root, "etc/cron.daily/logrotate"), 0o755); err != nil {
		t.Fatal(err)
	}
	h.file("usr/sbin/cron", "", time.Time{})
	for _, name := range []string{"proc/1", "run", "sys/block"} {
		if err := os.MkdirAll(filepath.Join(h.root, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	copyProc(t, h.root)
	now := time.Now()
	for _, log := range []string{"auth.log", "syslog", "cron.log"} {
		for n := range 200 {
			name := "var/log/" + log
			if n > 0 {
				name += fmt.Sprintf(".%d", n)
			}
			end := now.AddDate(0, 0, -n).Add(-time.Minute)
			var text strings.Builder
			for hour := 23; hour >= 0; hour-- {
				fmt.Fprintf(&text, "%s h sshd[%d]: session of %s\n", end.Add(-time.Duration(hour)*time.Hour).Format(time.RFC3339), n, log)
			}
			h.file(name, text.String(), end)
		}
	}
	port, err := freePort()
	if err != nil {
		t.Fatal(err)
	}
	config := write(t, h.dir, "collector.yaml", fmt.Sprintf("data_dir: data\nlisten: 127.0.0.1:%s\nproviders:\n  - {id: demo, secret_file: demo.secret}\n", port))
	h.collector = []string{"yunjian-collector", "--config", config}
	write(t, h.dir, "demo.secret", output(t, "yunjian-collector", "token", "secret"))
	start(t, "collector.log", append(h.collector, "serve")...)
	if err := untilOK(t.Context(), "http://127.0.0.1:"+port+"/healthz"); err != nil {
		t.Fatal(err)
	}
	h.inventory()
	write(t, h.dir, "token", output(t, append(h.collector, "token", "--provider", "demo", "--host", "vm-1")...))
	if err := os.MkdirAll(filepath.Join(h.dir, "spool"), 0o700); err != nil {
		t.Fatal(err)
	}
	agent := write(t, h.dir, "agent.yaml", fmt.Sprintf("collector_url: http://127.0.0.1:%s\ntoken_file: %s\nhost_id: vm-1\nspool_dir: %s\nhost_root: %s\nlook_interval: 1s\nreport_interval: 10s\nlisten: \"off\"\nlogs:\n  interval: 2s\n",
		port, filepath.Join(h.dir, "token"), filepath.Join(h.dir, "spool"), h.root))
	h.agent = start(t, "agent.log", "yunjian-agent", "run", "--config", agent)
	return h
}

// copyProc gives the host the files of /proc that the probes of usage read.
func copyProc(t *testing.T, root string) {
	t.Helper()
	for _, name := range []string{"stat", "meminfo", "loadavg", "diskstats", "net/dev", "mounts", "self/mounts", "self/mountinfo", "cpuinfo", "uptime", "sys/kernel/random/boot_id", "sys/kernel/osrelease", "vmstat"} {
		data, err := os.ReadFile(filepath.Join("/proc", name))
		if err != nil {
			continue // not every kernel has all of them
		}
		at := filepath.Join(root, "proc", name)
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func (h *logHost) file(name, text string, at time.Time) {
	h.t.Helper()
	path := filepath.Join(h.root, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		h.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		h.t.Fatal(err)
	}
	if !at.IsZero() {
		if err := os.Chtimes(path, at, at); err != nil {
			h.t.Fatal(err)
		}
	}
}

func (h *logHost) inventory() {
	h.t.Helper()
	from := time.Now().AddDate(-1, 0, 0).Format(time.DateOnly)
	for i, text := range []string{
		"provider_id,provider_name\ndemo,Demo\n",
		"platform_id,platform_name,platform_kind,provider_id\ncloud,Cloud,provider,demo\n",
		"unit_code,unit_name\nN-1,Unit\n",
		"system_id,system_name,unit_code,platform_id,djbh_level,cutover_date,status\ns-1,System,N-1,cloud,2," + from + ",running\n",
		"host_id,system_id,platform_id,vcpu,memory_gib,disk_gib,in_service_date,effective_from,state,owner\nvm-1,s-1,cloud,2,4,50," + from + "," + from + ",in_service,unit\n",
	} {
		file := write(h.t, h.dir, fmt.Sprintf("%d-%s.csv", i+1, []string{"providers", "platforms", "units", "systems", "hosts"}[i]), text)
		output(h.t, append(h.collector, "inventory", "import", file)...)
	}
}

// verdicts are what the collector now says of the logs, by path.
func (h *logHost) verdicts() map[string]string {
	h.t.Helper()
	zone := time.FixedZone("Asia/Shanghai", 8*60*60)
	month := time.Now().In(zone).Format("2006-01")
	var judged struct {
		Retention []struct {
			Path    string `json:"path"`
			Class   string `json:"class"`
			Verdict string `json:"verdict"`
			Code    string `json:"code"`
		} `json:"retention"`
	}
	decode(h.t, output(h.t, append(h.collector, "judge", "--month", month, "--json")...), &judged)
	found := map[string]string{}
	for _, v := range judged.Retention {
		if v.Path == "" {
			continue
		}
		name := v.Verdict
		if v.Code != "" {
			name += "." + v.Code
		}
		found[filepath.Base(v.Path)+" "+v.Class] = name
	}
	return found
}

// await judges until the logs have the verdicts.
func (h *logHost) await(want map[string]string) {
	h.t.Helper()
	deadline := time.Now().Add(time.Minute)
	tick := time.NewTicker(2 * time.Second)
	defer tick.Stop()
	for {
		got := map[string]string{}
		for key, verdict := range h.verdicts() {
			if _, asked := want[key]; asked {
				got[key] = verdict
			}
		}
		diff := cmp.Diff(want, got)
		if diff == "" {
			return
		}
		if time.Now().After(deadline) {
			h.t.Fatalf("verdicts (-want +got):\n%s", diff)
		}
		<-tick.C
	}
}

// A deleted archive, a truncated log and a changed configuration each change the
// verdict in the next report, through the real agent, collector and engine.
func TestLogs(t *testing.T) {
	if testing.Short() {
		t.Skip("runs for a minute")
	}
	h := newLogHost(t)
	h.await(map[string]string{
		"auth.log os-auth": "compliant", "auth.log priv-op": "compliant", "syslog os-system": "compliant", "cron.log os-cron": "compliant",
	})
	h.sealed()

	if err := os.Remove(filepath.Join(h.root, "var/log/auth.log.57")); err != nil {
		t.Fatal(err)
	}
	h.await(map[string]string{
		"auth.log os-auth": "violated.deletion_detected", "auth.log priv-op": "violated.deletion_detected", "syslog os-system": "compliant",
	})

	if err := os.Truncate(filepath.Join(h.root, "var/log/syslog"), 0); err != nil {
		t.Fatal(err)
	}
	h.await(map[string]string{"syslog os-system": "violated.deletion_detected", "cron.log os-cron": "compliant"})

	// What the agent remembers outlives it: a file that goes while it is dead is missed.
	h.agent.signal(syscall.SIGKILL)
	h.agent.wait()
	if err := os.Remove(filepath.Join(h.root, "var/log/syslog.100")); err != nil {
		t.Fatal(err)
	}
	h.agent.again()
	h.await(map[string]string{"auth.log os-auth": "violated.deletion_detected", "cron.log os-cron": "compliant"})
	h.told("/var/log/syslog.100")

	h.file("etc/logrotate.d/rsyslog", "/var/log/auth.log /var/log/syslog /var/log/cron.log {\n\tdaily\n\trotate 4\n\tmissingok\n}\n", time.Time{})
	h.await(map[string]string{"cron.log os-cron": "violated.config_would_delete"})
}

// told waits until the agent has logged the loss of a file.
func (h *logHost) told(path string) {
	h.t.Helper()
	deadline := time.Now().Add(time.Minute)
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		log, err := os.ReadFile(h.agent.log.Name())
		if err == nil && strings.Contains(string(log), "path="+path) {
			return
		}
		if time.Now().After(deadline) {
			h.t.Fatalf("the loss of %s was not told: %v", path, err)
		}
		<-tick.C
	}
}

// sealed waits until the agent has nothing left to hash: it seals a file only some
// time after its last change, which those of this test have long behind them.
func (h *logHost) sealed() {
	h.t.Helper()
	memory := filepath.Join(h.dir, "spool/logs/segments")
	deadline := time.Now().Add(time.Minute)
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		data, err := os.ReadFile(memory)
		if err == nil && strings.Count(string(data), `"sealed":true`) >= 3*199 {
			return
		}
		if time.Now().After(deadline) {
			h.t.Fatalf("the agent has not sealed all files: %v", err)
		}
		<-tick.C
	}
}
