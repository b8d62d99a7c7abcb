package spool

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const turns = 6

// takeTurns puts batches and drops each once the next is there, as at rest, and prints
// the number of each batch that was acknowledged, and with a minus of each that is about
// to be dropped.
func takeTurns(s *Spool) {
	for i := range turns {
		if _, err := s.Put(Batch{Kind: Metrics, Body: bytes.Repeat(fmt.Appendf(nil, "%06d", i), 100+i)}); err != nil {
			continue // the fault that was injected
		}
		fmt.Fprintln(os.Stdout, i)
		if i%3 == 2 {
			continue // now and then two wait
		}
		id, _, err := s.Oldest()
		if err != nil {
			os.Exit(1)
		}
		fmt.Fprintln(os.Stdout, -int(id))
		if err := s.Drop(id); err != nil {
			continue
		}
	}
}

// TestTurnFaults fails, or kills the process at, every system call of puts and drops
// that write over files of earlier batches.
func TestTurnFaults(t *testing.T) {
	strace := tracer(t)
	dir := t.TempDir()
	const calls = "trace=openat,ftruncate,fchmod,write,fsync,renameat,unlinkat,close"
	_, trace := childWith(t, strace, dir, "SPOOL_CHILD_TURNS=1", "-e", calls)
	overSynced(t, trace, dir)
	seen, points := map[string]int{}, 0
	for line := range strings.Lines(trace) {
		name, _, _ := strings.Cut(line, "(")
		seen[name]++
		if !strings.Contains(line, dir) {
			continue
		}
		if points++; points <= 2 {
			continue // Open's own
		}
		for _, fault := range []string{"error=EIO", "error=ENOSPC", "signal=KILL"} {
			inject := fmt.Sprintf("inject=%s:%s:when=%d", name, fault, seen[name])
			t.Run(inject, func(t *testing.T) {
				t.Parallel()
				dir := t.TempDir()
				said, trace := childWith(t, strace, dir, "SPOOL_CHILD_TURNS=1", "-e", "trace="+name, "-e", inject)
				if !strings.Contains(trace, "INJECTED") && !strings.Contains(trace, "killed by SIGKILL") {
					t.Fatal("the fault did not fire")
				}
				checkTurns(t, dir, string(said))
			})
		}
	}
	if points < turns*6 {
		t.Fatalf("only %d calls to fail; has the trace changed?", points)
	}
}

// checkTurns opens what is left: each batch that was acknowledged and not dropped is
// there once, whole, and in order.
func checkTurns(t *testing.T, dir, said string) {
	t.Helper()
	s := open(t, dir, 1<<30)
	found := map[string]bool{}
	last := ""
	for _, body := range drain(t, s) {
		key := body[:6]
		if strings.Count(body, key) != len(body)/6 || len(body)%6 != 0 || key <= last {
			t.Errorf("torn or misplaced batch %s of %d bytes", key, len(body))
		}
		found[key], last = true, key
	}
	var acked []string // in the order of their ids, dropped from the front
	for n := range strings.Lines(said) {
		n = strings.TrimSpace(n)
		if strings.HasPrefix(n, "-") {
			acked = acked[1:]
			continue
		}
		acked = append(acked, n)
	}
	for _, n := range acked {
		if key := fmt.Sprintf("%06s", n); !found[key] {
			t.Errorf("batch %s was acknowledged and is gone", key)
		}
	}
}

// overSynced looks for files that are written over: between their last renaming and
// that, the folder must have been synced.
func overSynced(t *testing.T, trace, dir string) {
	t.Helper()
	rename := regexp.MustCompile(`renameat\(.*"([^"]+)"\)`)
	reopen := regexp.MustCompile(`openat\([^"]*"([^"]+)", O_WRONLY`)
	folder := regexp.MustCompile(`fsync\(\d+<` + regexp.QuoteMeta(dir) + `>\)`)
	loose := map[string]bool{} // renamed, and the folder not synced since
	over := 0
	for line := range strings.Lines(trace) {
		switch {
		case folder.MatchString(line):
			clear(loose)
		case rename.MatchString(line):
			loose[filepath.Base(rename.FindStringSubmatch(line)[1])] = true
		case reopen.MatchString(line):
			over++
			if name := filepath.Base(reopen.FindStringSubmatch(line)[1]); loose[name] {
				t.Errorf("%s is written over before its name is on disk", name)
			}
		}
	}
	if over < 2 {
		t.Fatalf("%d files were written over; want some", over)
	}
}
