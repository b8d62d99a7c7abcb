package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/yunjian-io/yunjian/rules/rightsize/backtest"
)

// openTraces is the folder of the open traces.
func openTraces(t *testing.T) string {
	t.Helper()
	root := os.Getenv("YUNJIAN_SHARED")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared")
	}
	dir := filepath.Join(root, "data", "traces")
	if _, err := os.Stat(dir); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	return dir
}

// TestBacktest runs the real binary twice on the open traces, as text: all that is
// printed is the same to the byte.
func TestBacktest(t *testing.T) {
	dir := openTraces(t)
	program := filepath.Join(t.TempDir(), "yunjian-collector")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", program, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	run := func(procs string, args ...string) (out, progress string) {
		var o, e strings.Builder
		cmd := exec.CommandContext(t.Context(), program, append([]string{"backtest", "--traces", dir}, args...)...)
		cmd.Env = append(os.Environ(), "GOMAXPROCS="+procs)
		cmd.Stdout, cmd.Stderr = &o, &e
		if err := cmd.Run(); err != nil {
			t.Fatalf("%v: %s", err, e.String())
		}
		return o.String(), e.String()
	}
	out, progress := run("2")
	if again, _ := run("1"); again != out {
		t.Error("two runs print different bytes")
	}
	for _, want := range []string{
		"350 machines; eligible in 2013-08 331, 2013-09 343.",
		"aws-default  674      35.47    2.23",
		"oracle  674      34.01    0.00",
		"Policies on fractional, 2013-09",
		"Calibration out of fold, CPU",
		"\nG1 ", "\nG6 ",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("the tables lack %q", want)
		}
	}
	for _, want := range []string{"30030 machine days", "policy aws-default", "0 lines skipped"} {
		if !strings.Contains(progress, want) {
			t.Errorf("the progress lacks %q", want)
		}
	}

	out, _ = run("2", "--json", "--policy", "aws-default,keep")
	var got backtest.Result
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatal(err)
	}
	names := map[string]int{}
	for _, row := range got.Rows {
		names[row.Policy]++
	}
	if diff := cmp.Diff(map[string]int{"aws-default": 6, "keep": 6, "oracle": 6}, names); diff != "" || len(got.Gates) != 0 {
		t.Errorf("%d gates, rows: %s", len(got.Gates), diff)
	}
}

func TestBacktestRefuses(t *testing.T) {
	for _, tt := range []struct {
		name string
		args []string
		err  string
	}{
		{"no traces", nil, `required flag(s) "traces" not set`},
		{"a folder that is not there", []string{"--traces", filepath.Join(t.TempDir(), "none")}, "no such file or directory"},
		{"an empty folder", []string{"--traces", t.TempDir()}, "no traces found"},
		{"an unknown policy", []string{"--traces", ".", "--policy", "aws-default,best"}, `--policy "best": want all, or some of`},
	} {
		code, out, errOut := command(t, append([]string{"backtest"}, tt.args...)...)
		if code != 1 || out != "" || !strings.Contains(errOut, tt.err) {
			t.Errorf("%s: code %d, %q, %q; want %q", tt.name, code, out, errOut, tt.err)
		}
	}
}
