package main

import (
	"bufio"
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

//go:embed lynis.sh
var lynisScript string

// Outcomes of a test of Lynis, which has no word for one that passed.
const (
	noFinding = "none"
	skipped   = "skipped"
)

// lynis runs Lynis on a tree. Its results are the findings of the tests LOGG and ACCT.
func lynis(ctx context.Context, root string) (answer, error) {
	chroot, out := root+".chroot", root+".lynis"
	for _, dir := range []string{chroot, out} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return answer{}, fmt.Errorf("make folder for Lynis: %w", err)
		}
	}
	cmd := exec.CommandContext(ctx, "unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-s", root, chroot, out)
	cmd.Stdin = strings.NewReader(lynisScript)
	if text, err := cmd.CombinedOutput(); err != nil {
		return answer{}, fmt.Errorf("run Lynis: %w: %s", err, bytes.TrimSpace(text))
	}
	report, err := os.Open(filepath.Join(out, "report.dat"))
	if err != nil {
		return answer{}, fmt.Errorf("read report of Lynis: %w", err)
	}
	defer report.Close()
	results, err := parseLynis(report)
	if err != nil {
		return answer{}, fmt.Errorf("read report of Lynis: %w", err)
	}
	return answer{results: results, titles: results}, nil
}

// parseLynis reads a report of Lynis. Foreign lines are passed over; a report without
// any test of logging is an error, for then it tested nothing.
func parseLynis(r io.Reader) (map[string]string, error) {
	results := map[string]string{}
	var executed, left, findings []string
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		key, value, _ := strings.Cut(lines.Text(), "=")
		switch key {
		case "tests_executed":
			executed = strings.Split(value, "|")
		case "tests_skipped":
			left = strings.Split(value, "|")
		case "warning[]", "suggestion[]":
			findings = append(findings, strings.TrimSuffix(key, "[]")+"|"+value)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, err
	}
	put := func(test, result string) {
		if strings.HasPrefix(test, "LOGG-") || strings.HasPrefix(test, "ACCT-") {
			results[test] = result
		}
	}
	for _, test := range executed {
		put(test, noFinding)
	}
	if len(results) == 0 {
		return nil, errors.New("no test about logs was executed")
	}
	for _, test := range left {
		put(test, skipped)
	}
	for _, finding := range findings {
		parts := strings.Split(finding, "|")
		if len(parts) < 3 {
			continue
		}
		text := parts[0] + ": " + parts[2]
		if was := results[parts[1]]; was != "" && was != noFinding && was != skipped {
			text = was + "; " + text
		}
		put(parts[1], text)
	}
	return results, nil
}

// judgeLynis says whether Lynis finds something here that it does not find on the
// healthy host.
func judgeLynis(here, healthy answer) answer {
	var found []string
	for test, result := range here.results {
		if result != noFinding && result != skipped && result != healthy.results[test] {
			found = append(found, test)
		}
	}
	return judged(here, found)
}

// judged fills in the verdict by the rules that found something beyond the healthy host.
func judged(a answer, rules []string) answer {
	slices.Sort(rules)
	a.found, a.silent, a.verdict = rules, len(rules) == 0, "fails"
	if a.silent {
		a.verdict = "passes"
	}
	return a
}
