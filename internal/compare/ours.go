package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// answer is what a program says of one host.
type answer struct {
	// verdict is the program's own word, or ours for one that has none.
	verdict string
	// sentence is what yunjian-agent prints about it.
	sentence string
	// results are the outcome of each of its rules, by identifier, and titles what it
	// prints about them.
	results, titles map[string]string
	// found are the rules with a finding that the healthy host does not have; silent says
	// that there is none.
	found  []string
	silent bool
}

// logsReport is the part of what `yunjian-agent logs --json` prints that is read here.
type logsReport struct {
	Sources []logVerdict `json:"sources"`
}

type logVerdict struct {
	Path     string   `json:"path"`
	Class    string   `json:"class"`
	Verdict  string   `json:"verdict"`
	Reasons  []string `json:"reasons"`
	Remedy   string   `json:"remedy"`
	Evidence struct {
		Unsealed int64 `json:"unsealed_bytes"`
		Segments []struct {
			Live   bool `json:"live"`
			Sealed bool `json:"sealed"`
		} `json:"segments"`
	} `json:"evidence"`
}

// worst orders verdicts as the specification does, the worst first.
func worst() []string {
	return []string{
		"violated.edited", "violated.deletion_detected", "violated.logging_stopped", "violated.gap", "violated.short_coverage",
		"violated.config_would_delete", "unknown", "at_risk", "not_yet_accountable", "compliant",
	}
}

func badness(verdict string) int {
	for i, name := range worst() {
		if strings.HasPrefix(verdict, name) {
			return i
		}
	}
	return -1 // a verdict that is not known here must stand out
}

// ours runs yunjian-agent on a tree and returns its worst verdict about any log.
func ours(ctx context.Context, binary string, t tree, root string, now time.Time) (answer, error) {
	work := root + ".agent"
	if err := os.MkdirAll(work, 0o755); err != nil {
		return answer{}, fmt.Errorf("make folder of the agent: %w", err)
	}
	config := filepath.Join(work, "agent.yaml")
	text := fmt.Sprintf("host_id: %s\nhost_root: %s\nspool_dir: %s\nlisten: \"off\"\nlogs: {interval: 1s, read_limit: 1GiB, cpu_percent: 100}\n", t.name, root, filepath.Join(work, "spool"))
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		return answer{}, fmt.Errorf("write configuration: %w", err)
	}
	look := func() (logsReport, error) {
		var report logsReport
		cmd := exec.CommandContext(ctx, binary, "logs", "--json", "--in-service", inService(now), "--config", config)
		var problems bytes.Buffer
		cmd.Stderr = &problems
		out, err := cmd.Output()
		if err != nil {
			return report, fmt.Errorf("run yunjian-agent logs: %w: %s", err, problems.Bytes())
		}
		if err := json.Unmarshal(out, &report); err != nil {
			return report, fmt.Errorf("read report of yunjian-agent: %w", err)
		}
		return report, nil
	}
	if t.tamper != nil {
		return watched(ctx, binary, config, look, func() error { return t.tamper(root) }, t.want)
	}
	report, err := look()
	if err != nil {
		return answer{}, err
	}
	return report.answer()
}

// inService is the day on which the hosts went into service: two years ago.
func inService(now time.Time) string { return now.In(zone()).AddDate(-2, 0, 0).Format(time.DateOnly) }

// watched lets an agent see and seal all files, and then something happen to them. It
// asks until the verdict is there, or for a minute.
func watched(ctx context.Context, binary, config string, look func() (logsReport, error), tamper func() error, want string) (result answer, err error) {
	agent := exec.CommandContext(ctx, binary, "run", "--config", config)
	agent.Cancel = func() error { return agent.Process.Signal(syscall.SIGTERM) }
	var output bytes.Buffer
	agent.Stderr = &output
	if err := agent.Start(); err != nil {
		return answer{}, fmt.Errorf("start yunjian-agent: %w", err)
	}
	defer func() {
		if stop := agent.Process.Signal(syscall.SIGTERM); stop != nil {
			err = errors.Join(err, fmt.Errorf("stop yunjian-agent: %w: %s", stop, output.Bytes()))
		}
		if wait := agent.Wait(); wait != nil {
			err = errors.Join(err, fmt.Errorf("run yunjian-agent: %w: %s", wait, output.Bytes()))
		}
	}()
	sealed := func() (bool, error) {
		report, err := look()
		return err == nil && report.sealed(), err
	}
	if err := until(ctx, sealed); err != nil {
		return answer{}, fmt.Errorf("wait until all is sealed: %w", err)
	}
	if err := tamper(); err != nil {
		return answer{}, err
	}
	err = until(ctx, func() (bool, error) {
		report, err := look()
		if err != nil {
			return false, err
		}
		result, err = report.answer()
		return err == nil && result.verdict == want, err
	})
	if errors.Is(err, errLate) {
		err = nil // the verdict that it has then is its answer
	}
	return result, err
}

var errLate = errors.New("it did not happen within a minute")

func until(ctx context.Context, done func() (bool, error)) error {
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	for range 120 {
		if ok, err := done(); ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
	return errLate
}

// sealed reports whether every rotated file has been hashed.
func (r logsReport) sealed() bool {
	closed := 0
	for _, source := range r.Sources {
		for _, segment := range source.Evidence.Segments {
			if !segment.Live && !segment.Sealed {
				return false
			}
			if !segment.Live {
				closed++
			}
		}
	}
	return closed > 0
}

// answer is the worst that is said of any log.
func (r logsReport) answer() (answer, error) {
	if len(r.Sources) == 0 {
		return answer{}, errors.New("yunjian-agent found no log")
	}
	results := map[string]string{}
	for _, source := range r.Sources {
		results[source.Path+" ("+source.Class+")"] = source.Verdict
	}
	bad := slices.MinFunc(r.Sources, func(a, b logVerdict) int {
		return cmp.Or(cmp.Compare(badness(a.Verdict), badness(b.Verdict)), cmp.Compare(a.Path, b.Path), cmp.Compare(a.Class, b.Class))
	})
	sentence := "nothing to report"
	if len(bad.Reasons) > 0 {
		sentence = bad.Path + ": " + bad.Reasons[0]
	}
	if bad.Remedy != "" {
		sentence += ". " + bad.Remedy
	}
	return answer{verdict: bad.Verdict, sentence: sentence, results: results, silent: bad.Verdict == "compliant"}, nil
}
