package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// TestOurVerdicts runs the real agent on every tree.
func TestOurVerdicts(t *testing.T) {
	dir := t.TempDir()
	binary := filepath.Join(dir, "yunjian-agent")
	build := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-o", binary, "../../cmd/yunjian-agent")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	now := time.Now()
	for _, host := range trees() {
		t.Run(host.name, func(t *testing.T) {
			root, err := plant(host, dir, now)
			if err != nil {
				t.Fatal(err)
			}
			got, err := ours(t.Context(), binary, host, root, now)
			if err != nil {
				t.Fatal(err)
			}
			if got.verdict != host.want {
				t.Errorf("verdict %s, want %s\n%s\n%v", got.verdict, host.want, got.sentence, got.results)
			}
			t.Log(got.verdict, got.sentence)
			t.Log(got.results)
		})
	}
}
