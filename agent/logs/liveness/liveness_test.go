package liveness

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func now() time.Time { return time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC) }

// tree builds a host: a name that ends in / is a folder, one with -> a link.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, content := range files {
		at := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			t.Fatal(err)
		}
		var err error
		if content != "" && content[0] == '>' {
			err = os.Symlink(content[1:], at)
		} else {
			err = os.WriteFile(at, []byte(content), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func TestAsk(t *testing.T) {
	const log = "/var/log/auth.log"
	systemd := map[string]string{
		"run/systemd/system/.keep":               "",
		"proc/1/comm":                            "systemd\n",
		"usr/lib/systemd/system/rsyslog.service": "[Unit]",
		"etc/systemd/system/multi-user.target.wants/rsyslog.service":       ">/usr/lib/systemd/system/rsyslog.service",
		"sys/fs/cgroup/system.slice/systemd-journald.service/cgroup.procs": "300\n",
		"proc/300/comm": "systemd-journal\n",
	}
	with := func(more map[string]string) map[string]string {
		all := map[string]string{}
		for _, m := range []map[string]string{systemd, more} {
			maps.Copy(all, m)
		}
		return all
	}
	old := now().Add(-48 * time.Hour)
	query := Query{Processes: []string{"rsyslogd"}, Units: []string{"rsyslog.service"}, Path: log, LastAppend: old, Now: now()}
	tests := []struct {
		name  string
		files map[string]string
		query Query
		want  Answer
	}{
		{"its file is open", with(map[string]string{"proc/412/comm": "rsyslogd\n", "proc/412/fd/7": ">" + log}), query, Answer{State: Running, Evidence: "open by rsyslogd (pid 412)"}},
		{"its open file was deleted", with(map[string]string{"proc/412/comm": "rsyslogd\n", "proc/412/fd/7": ">" + log + ".1 (deleted)"}), query, Answer{State: Running, Unlinked: true, Evidence: "rsyslogd (pid 412) writes into a deleted file"}},
		{"deleted, and open again", with(map[string]string{"proc/412/comm": "rsyslogd\n", "proc/412/fd/7": ">" + log + " (deleted)", "proc/412/fd/8": ">" + log}), query, Answer{State: Running, Evidence: "open by rsyslogd (pid 412)"}},
		{"its files cannot be seen", with(map[string]string{"proc/412/comm": "rsyslogd\n"}), query, Answer{State: Running, Evidence: "process rsyslogd (pid 412)"}},
		{"its control group has processes", with(map[string]string{"sys/fs/cgroup/system.slice/rsyslog.service/cgroup.procs": "9\n"}), query, Answer{State: Running, Evidence: "unit rsyslog has processes"}},
		{"an empty control group", with(map[string]string{"sys/fs/cgroup/system.slice/rsyslog.service/cgroup.procs": "\n"}), query, Answer{State: Stopped, Since: old, Evidence: "unit rsyslog has no process"}},
		{"an old layout of control groups", with(map[string]string{"sys/fs/cgroup/systemd/system.slice/rsyslog.service/cgroup.procs": "9\n"}), query, Answer{State: Running, Evidence: "unit rsyslog has processes"}},
		{"a process name longer than the kernel keeps", with(nil), Query{Processes: []string{"systemd-journald"}, Now: now()}, Answer{State: Running, Evidence: "process systemd-journald (pid 300)"}},
		{"stopped", with(nil), query, Answer{State: Stopped, Since: old, Evidence: "unit rsyslog has no process"}},
		{"it grew a moment ago", with(nil), Query{Processes: query.Processes, Units: query.Units, Path: log, LastAppend: now().Add(-time.Minute), Now: now()}, Answer{State: Running, Evidence: "the log grew 2026-11-23T09:59:00Z"}},
		{"masked", with(map[string]string{"etc/systemd/system/rsyslog.service": ">/dev/null"}), query, Answer{State: Disabled, Since: old, Evidence: "unit rsyslog is masked"}},
		{"not enabled", map[string]string{"run/systemd/system/.keep": "", "proc/1/comm": "systemd\n", "lib/systemd/system/rsyslog.service": "[Unit]"}, query, Answer{State: Disabled, Since: old, Evidence: "unit rsyslog is not enabled and has no process"}},
		{"no systemd", map[string]string{"proc/1/comm": "bash\n", "usr/lib/systemd/system/rsyslog.service": "[Unit]"}, query, Answer{}},
		{"processes of others are hidden", map[string]string{"run/systemd/system/.keep": "", "proc/77/comm": "self\n", "usr/lib/systemd/system/rsyslog.service": "[Unit]"}, query, Answer{}},
		{"no such unit", map[string]string{"run/systemd/system/.keep": "", "proc/1/comm": "systemd\n"}, query, Answer{}},
		{"nothing declared", with(nil), Query{Path: log, LastAppend: old, Now: now()}, Answer{}},
		{"no proc at all", nil, query, Answer{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			fsys := os.DirFS(tree(t, tt.files))
			got := Scan(fsys, tt.query.Processes).Ask(tt.query)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("answer (-want +got):\n%s", diff)
			}
		})
	}
}

// The kernel itself: this test holds a file open, deletes it, and is found out.
func TestThisProcess(t *testing.T) {
	data, err := os.ReadFile("/proc/self/comm")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip("no /proc here")
	}
	f, err := os.Create(filepath.Join(t.TempDir(), "app.log"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	name := string(data[:len(data)-1])
	q := Query{Processes: []string{name}, Path: f.Name(), Now: now()}
	want := Answer{State: Running, Evidence: fmt.Sprintf("open by %s (pid %d)", name, os.Getpid())}
	if diff := cmp.Diff(want, Scan(os.DirFS("/"), q.Processes).Ask(q)); diff != "" {
		t.Errorf("while it is there (-want +got):\n%s", diff)
	}
	if err := os.Remove(f.Name()); err != nil {
		t.Fatal(err)
	}
	want = Answer{State: Running, Unlinked: true, Evidence: fmt.Sprintf("%s (pid %d) writes into a deleted file", name, os.Getpid())}
	if diff := cmp.Diff(want, Scan(os.DirFS("/"), q.Processes).Ask(q)); diff != "" {
		t.Errorf("once it is deleted (-want +got):\n%s", diff)
	}
}
