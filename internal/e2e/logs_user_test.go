package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// The numbers of Debian's group adm, and of the user nobody with the group nogroup.
const (
	adm    = 4
	nobody = 65534
)

// TestLogsAsNobody runs the agent's look at logs as a user without rights: what it may
// not read is unknown and names the group that would do, and with that group it is
// judged. Neither run writes anything below the root of the host.
func TestLogsAsNobody(t *testing.T) {
	if os.Geteuid() != 0 {
		if os.Getenv("CI") == "true" {
			t.Fatal("needs root, to become nobody")
		}
		t.Skip("needs root, to become nobody")
	}
	// Folders of t.TempDir are closed to other users.
	dir, err := os.MkdirTemp("", "yunjian-nobody") //nolint:usetesting // see above
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	root := filepath.Join(dir, "root")
	now := time.Now()
	for name, text := range map[string]string{
		"etc/os-release":            "ID=debian\nVERSION_ID=12\n",
		"etc/passwd":                "root:x:0:0::/root:/bin/sh\n",
		"etc/group":                 "root:x:0:\nadm:x:4:\n",
		"etc/rsyslog.conf":          "auth,authpriv.* /var/log/auth.log\n",
		"etc/logrotate.conf":        "/var/log/auth.log {\n\tweekly\n\trotate 40\n\tmissingok\n}\n",
		"etc/crontab":               "25 6 * * * root run-parts /etc/cron.daily\n",
		"etc/cron.daily/logrotate":  "#!/bin/sh\n/usr/sbin/logrotate /etc/logrotate.conf\n",
		"etc/systemd/journald.conf": "[Journal]\nStorage=none\n",
		"usr/sbin/cron":             "",
		"run/.keep":                 "",
	} {
		lay(t, root, name, text, 0o755, now)
	}
	for n := range 40 {
		name, end := "var/log/auth.log", now.AddDate(0, 0, -7*n)
		if n > 0 {
			name += fmt.Sprintf(".%d", n)
		}
		var text strings.Builder
		for day := 7; day > 0; day-- {
			fmt.Fprintf(&text, "%s h sshd[1]: session\n", end.AddDate(0, 0, 1-day).Add(-time.Minute).Format(time.RFC3339))
		}
		lay(t, root, name, text.String(), 0o640, end)
		if err := os.Chown(filepath.Join(root, name), 0, adm); err != nil {
			t.Fatal(err)
		}
	}
	config := filepath.Join(dir, "agent.yaml")
	lay(t, dir, "agent.yaml", fmt.Sprintf("host_root: %s\nhost_id: vm-1\nspool_dir: /nonexistent\nlisten: \"off\"\n", root), 0o644, now)
	program := filepath.Join(dir, "yunjian-agent")
	data, err := os.ReadFile(filepath.Join(binaries, "yunjian-agent"))
	if err != nil {
		t.Fatal(err)
	}
	lay(t, dir, "yunjian-agent", string(data), 0o755, now)

	before := listing(t, root)
	type judged struct{ Verdict, Grant string }
	for _, c := range []struct {
		name   string
		groups []uint32
		want   judged
	}{
		{"no group", nil, judged{"unknown.permission_denied", "group adm"}},
		{"group adm", []uint32{adm}, judged{"compliant", ""}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var errOut bytes.Buffer
			cmd := exec.CommandContext(t.Context(), program, "logs", "--json", "--in-service", now.AddDate(-1, 0, 0).Format(time.DateOnly), "--config", config)
			cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody, Groups: c.groups}}
			cmd.Stderr = &errOut
			out, err := cmd.Output()
			if err != nil {
				t.Fatalf("%v: %s", err, errOut.String())
			}
			var report struct {
				Sources []struct {
					Path     string `json:"path"`
					Class    string `json:"class"`
					Verdict  string `json:"verdict"`
					Evidence struct {
						Access struct {
							Grant string `json:"grant"`
						} `json:"access"`
					} `json:"evidence"`
				} `json:"sources"`
			}
			if err := json.Unmarshal(out, &report); err != nil {
				t.Fatal(err)
			}
			got := map[string]judged{}
			for _, s := range report.Sources {
				got[s.Path+" "+s.Class] = judged{s.Verdict, s.Evidence.Access.Grant}
			}
			want := map[string]judged{"/var/log/auth.log os-auth": c.want, "/var/log/auth.log priv-op": c.want}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("verdicts (-want +got):\n%s", d)
			}
		})
	}
	if d := cmp.Diff(before, listing(t, root)); d != "" {
		t.Errorf("the host was changed (-before +after):\n%s", d)
	}
}

// lay writes a file with its mode, whatever the mask is, and its time.
func lay(t *testing.T, root, name, text string, mode os.FileMode, at time.Time) {
	t.Helper()
	path := filepath.Join(root, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(path, at, at); err != nil {
		t.Fatal(err)
	}
}

// listing is every file below root with mode, size and time.
func listing(t *testing.T, root string) (lines []string) {
	t.Helper()
	err := filepath.Walk(root, func(name string, info os.FileInfo, err error) error {
		if err == nil {
			lines = append(lines, fmt.Sprintf("%s %s %d %s", name, info.Mode(), info.Size(), info.ModTime().Format(time.RFC3339Nano)))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return lines
}
