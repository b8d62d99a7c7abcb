package spool

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
)

const puts = 4 // by the child

// The child keeps to its first thread, the only one that strace follows. The
// main goroutine is on it for certain only while package variables are made.
var _ = func() bool {
	if os.Getenv("SPOOL_CHILD_DIR") != "" {
		runtime.LockOSThread()
	}
	return true
}()

// TestMain lets the test binary play the agent that dies: it puts batches, folds
// them when asked to, and prints the number of each one that Put has
// acknowledged.
func TestMain(m *testing.M) {
	dir := os.Getenv("SPOOL_CHILD_DIR")
	if dir == "" {
		os.Exit(m.Run())
	}
	s, err := Open(dir, 1<<30)
	if err != nil {
		os.Exit(1)
	}
	if os.Getenv("SPOOL_CHILD_TURNS") != "" {
		takeTurns(s)
		return
	}
	for i := range puts {
		if _, err := s.Put(Batch{Kind: Metrics, Body: bytes.Repeat(fmt.Appendf(nil, "%06d", i), 500)}); err != nil {
			continue // the fault that was injected; the agent would log it and go on
		}
		fmt.Fprintln(os.Stdout, i)
	}
	if os.Getenv("SPOOL_CHILD_FOLD") != "" {
		if n, err := s.Fold(SegmentBytes); err == nil && n != puts {
			os.Exit(1)
		}
	}
}

// tracer returns the path of strace, or skips: the faults come from it.
func tracer(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("takes minutes of system calls under strace")
	}
	if raceDetector {
		t.Skip("the race detector's own calls and time would be injected too; make unit runs it without")
	}
	if runtime.GOARCH != "amd64" {
		t.Skip("under qemu-user strace would see the emulator's calls, not ours")
	}
	strace, err := exec.LookPath("strace")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("needs strace: apt-get install strace")
		}
		t.Skip("needs strace: apt-get install strace")
	}
	return strace
}

// child runs the spool under strace and returns what it acknowledged and the trace.
func child(t *testing.T, strace, dir string, fold bool, args ...string) (acked []byte, trace string) {
	t.Helper()
	extra := ""
	if fold {
		extra = "SPOOL_CHILD_FOLD=1"
	}
	return childWith(t, strace, dir, extra, args...)
}

func childWith(t *testing.T, strace, dir, extra string, args ...string) (acked []byte, trace string) {
	t.Helper()
	log := filepath.Join(t.TempDir(), "trace")
	args = append([]string{"-y", "-o", log}, args...)
	cmd := exec.CommandContext(t.Context(), strace, append(args, os.Args[0])...)
	cmd.Env = append(os.Environ(), "SPOOL_CHILD_DIR="+dir)
	if extra != "" {
		cmd.Env = append(cmd.Env, extra)
	}
	acked, _ = cmd.Output() // it may well have died: that is the test
	out, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	return acked, string(out)
}

// TestPutFaults fails, or kills the process at, every system call that Put makes,
// one at a time. Whatever happens, each acknowledged batch must be there and whole.
func TestPutFaults(t *testing.T) {
	strace := tracer(t)
	dir := t.TempDir()
	_, trace := child(t, strace, dir, false, "-e", "trace=openat,fchmod,write,fsync,renameat,close")
	points := faults(t, strace, dir, false, trace, 2) // the first openat and close are Open's own
	if points < puts*8 {
		t.Fatalf("only %d calls to fail; has the trace changed?", points)
	}
	// A killed process leaves the page cache behind, so only the order of the
	// calls shows that a batch is on disk before Put returns.
	order := regexp.MustCompile(`(?s)fsync\(\d+<[^>]*/\.tmp-.*?renameat\([^)]*\.batch.*?fsync\(\d+<` + regexp.QuoteMeta(dir) + `>\)`)
	if n := len(order.FindAllString(trace, -1)); n != puts {
		t.Errorf("%d times sync, rename, sync folder; want %d", n, puts)
	}
}

// TestFoldFaults does the same to Fold: no batch may be lost, doubled or out of
// order, whichever call was the last.
func TestFoldFaults(t *testing.T) {
	strace := tracer(t)
	dir := t.TempDir()
	_, trace := child(t, strace, dir, true, "-e", "trace=openat,read,fchmod,write,fsync,renameat,unlinkat,close")
	before := 0 // calls in our folder until Fold begins, which reads the first batch
	for line := range strings.Lines(trace) {
		if strings.HasPrefix(line, "openat(") && strings.Contains(line, ".batch") {
			break
		}
		if strings.Contains(line, dir) {
			before++
		}
	}
	points := faults(t, strace, dir, true, trace, before)
	if points < puts*3+6+puts {
		t.Fatalf("only %d calls to fail; has the trace changed?", points)
	}
	order := regexp.MustCompile(`(?s)renameat\([^)]*\.segment.*?fsync\(\d+<` + regexp.QuoteMeta(dir) + `>\).*?unlinkat\([^)]*\.batch`)
	if !order.MatchString(trace) {
		t.Error("a part is deleted before the segment and its name are synced")
	}
}

// faults injects each fault into each call of the trace that touches dir, but
// for the first skip ones, and checks what is left. It returns the number of calls.
func faults(t *testing.T, strace, dir string, fold bool, trace string, skip int) (points int) {
	t.Helper()
	seen := map[string]int{} // calls so far, by name
	for line := range strings.Lines(trace) {
		name, _, _ := strings.Cut(line, "(")
		seen[name]++
		if !strings.Contains(line, dir) {
			continue
		}
		if skip--; skip >= 0 {
			continue
		}
		points++
		for _, fault := range []string{"error=EIO", "error=ENOSPC", "signal=KILL"} {
			inject := fmt.Sprintf("inject=%s:%s:when=%d", name, fault, seen[name])
			t.Run(inject, func(t *testing.T) {
				t.Parallel()
				dir := t.TempDir()
				acked, trace := child(t, strace, dir, fold, "-e", "trace="+name, "-e", inject)
				if !strings.Contains(trace, "INJECTED") && !strings.Contains(trace, "killed by SIGKILL") {
					t.Fatal("the fault did not fire")
				}
				check(t, dir, acked)
				want := puts - 1 // one Put failed
				if fold {
					want = puts
				}
				if n := bytes.Count(acked, []byte("\n")); strings.HasPrefix(fault, "error") && n != want {
					t.Errorf("%d batches acknowledged; want %d", n, want)
				}
			})
		}
	}
	return points
}

func check(t *testing.T, dir string, acked []byte) {
	t.Helper()
	found := map[string]bool{}
	last := ""
	for _, body := range drain(t, open(t, dir, 1<<30)) {
		key := body[:6]
		if len(body) != 3000 || strings.Count(body, key) != 500 {
			t.Errorf("torn batch of %d bytes", len(body))
		}
		if key <= last {
			t.Errorf("batch %s comes after %s", key, last)
		}
		found[key], last = true, key
	}
	for n := range strings.Lines(string(acked)) {
		if key := fmt.Sprintf("%06s", strings.TrimSpace(n)); !found[key] {
			t.Errorf("batch %s was acknowledged and is gone", key)
		}
	}
}
