package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestMakeRun is the newcomer's first command, twice: the second run goes on
// where the first one stopped.
func TestMakeRun(t *testing.T) {
	needEngine(t)
	if testing.Short() {
		t.Skip("takes a minute")
	}
	dir := t.TempDir()
	for run := range 2 {
		cmd := exec.CommandContext(t.Context(), "../../deploy/demo/run.sh", dir)
		cmd.Env = append(os.Environ(), "YUNJIAN_RUN_ONCE=1", "YUNJIAN_BIN="+binaries, "YUNJIAN_PORT=29920", "YUNJIAN_AGENT_PORT=29911")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("run %d: %v\n%s", run+1, err, out)
		}
		for _, want := range []string{" there\n", "low-utilization", "demo-system", "stopped; `make run` goes on from here"} {
			if !strings.Contains(string(out), want) {
				t.Errorf("run %d does not say %q:\n%s", run+1, want, out)
			}
		}
	}
	pages, err := filepath.Glob(filepath.Join(dir, "reports", "*.html"))
	if err != nil || len(pages) == 0 {
		t.Fatalf("no HTML report in %s, %v", dir, err)
	}
	page, err := os.ReadFile(pages[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"未封账", "未提供", "示例信息系统"} {
		if !strings.Contains(string(page), want) {
			t.Errorf("the report does not contain %q", want)
		}
	}
}
