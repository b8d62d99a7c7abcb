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

// TestDemoReport makes all kinds of reports from this host's logs and a small made-up
// fleet: no page may be taken for a real one.
func TestDemoReport(t *testing.T) {
	needEngine(t)
	if testing.Short() {
		t.Skip("takes a minute")
	}
	dir := t.TempDir()
	cmd := exec.CommandContext(t.Context(), "../../deploy/demo/report.sh", dir)
	cmd.Env = append(os.Environ(), "YUNJIAN_BIN="+binaries, "YUNJIAN_PORT=29940", "MACHINES=8")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, kind := range []string{"usage", "security-operation", "security-situation", "notice"} {
		for _, format := range []string{"html", "docx", "xlsx", "pdf", "manifest.json"} {
			files, err := filepath.Glob(filepath.Join(dir, "reports", "demo-*-"+kind+"-*."+format))
			if err != nil || len(files) == 0 {
				t.Errorf("there is no %s of kind %s: %v\n%s", format, kind, err, out)
				continue
			}
			for _, name := range files {
				checkMark(t, name)
			}
		}
	}
}

// checkMark looks for the mark of made-up data on every page of a file.
func checkMark(t *testing.T, name string) {
	t.Helper()
	const mark = "模拟数据"
	var pages []string
	switch filepath.Ext(name) {
	case ".html":
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		pages = []string{string(text)}
	case ".pdf":
		text, err := exec.CommandContext(t.Context(), "pdftotext", "-raw", name, "-").Output()
		if err != nil {
			t.Fatal(err)
		}
		pages = strings.Split(strings.TrimSuffix(string(text), "\f"), "\f")
	}
	for i, page := range pages {
		if !strings.Contains(strings.Join(strings.Fields(page), ""), mark) {
			t.Errorf("page %d of %s does not say that its data are made up", i+1, filepath.Base(name))
		}
	}
}
