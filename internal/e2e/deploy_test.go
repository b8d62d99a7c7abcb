package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
)

// TestUnitScores holds the systemd units to an exposure of at most 2.0.
func TestUnitScores(t *testing.T) {
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	units, err := filepath.Glob("../../deploy/systemd/*.service")
	if err != nil || len(units) != 2 {
		t.Fatalf("%d units, %v; want agent and collector", len(units), err)
	}
	level := regexp.MustCompile(`exposure level for \S+: ([0-9.]+)`)
	for _, unit := range units {
		path, err := filepath.Abs(unit)
		if err != nil {
			t.Fatal(err)
		}
		out, err := exec.CommandContext(t.Context(), analyze, "security", "--offline=true", path).CombinedOutput()
		found := level.FindSubmatch(out)
		if found == nil {
			t.Fatalf("%s: %v\n%s", unit, err, out)
		}
		score, err := strconv.ParseFloat(string(found[1]), 64)
		if err != nil || score > 2.0 {
			t.Errorf("%s: exposure %v, %v; want at most 2.0", unit, score, err)
		}
		t.Logf("%s: exposure %.1f", filepath.Base(unit), score)
	}
}
