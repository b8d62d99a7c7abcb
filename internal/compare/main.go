package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"

	"github.com/yunjian-io/yunjian/internal/durable"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	out := flag.String("o", "docs/comparison.md", "file to write")
	flag.Parse()
	err := compare(ctx, *out, time.Now(), os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "compare:", err)
		os.Exit(1)
	}
}

// compare builds all trees, runs the programs on each and writes the page.
func compare(ctx context.Context, out string, now time.Time, progress io.Writer) (err error) {
	if err := ready(); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "yunjian-compare")
	if err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	binary, err := buildAgent(ctx, ".", dir)
	if err != nil {
		return err
	}
	scap, err := newScanner(ctx, dir)
	if err != nil {
		return err
	}
	var rows []row
	for i, t := range trees() {
		fmt.Fprintln(progress, t.name)
		r, err := run(ctx, binary, scap, t, dir, now)
		if err != nil {
			return fmt.Errorf("%s: %w", t.name, err)
		}
		r.number = i + 1
		rows = append(rows, r)
	}
	beside(rows)
	v, err := ask(ctx, scap)
	if err != nil {
		return err
	}
	var text bytes.Buffer
	if err := page(&text, rows, v, now.In(zone())); err != nil {
		return fmt.Errorf("write page: %w", err)
	}
	return durable.WriteFile(out, text.Bytes(), 0o644)
}

// ready says what is missing for the programs of others.
func ready() error {
	var missing []string
	for _, program := range []string{"lynis", "oscap-chroot", "logrotate", "lsof", "unshare", "apt-get"} {
		if _, err := exec.LookPath(program); err != nil {
			missing = append(missing, program)
		}
	}
	switch {
	case len(missing) > 0:
		return fmt.Errorf("%s not found: apt-get install lynis openscap-scanner openscap-utils logrotate lsof util-linux", strings.Join(missing, ", "))
	case os.Geteuid() != 0:
		return errors.New("root is needed to make a chroot")
	}
	return nil
}

// buildAgent builds the agent of the module in a folder and returns its path.
func buildAgent(ctx context.Context, module, dir string) (string, error) {
	binary := filepath.Join(dir, "yunjian-agent")
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", binary, "./cmd/yunjian-agent")
	build.Dir, build.Env = module, append(os.Environ(), "CGO_ENABLED=0")
	if text, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build yunjian-agent: %w: %s", err, text)
	}
	return binary, nil
}

// run builds one tree and lets all three programs look at it. Ours comes first: it
// brings about what is to be found.
func run(ctx context.Context, binary string, scap *scanner, t tree, dir string, now time.Time) (row, error) {
	r := row{tree: t}
	root, err := plant(t, dir, now)
	if err != nil {
		return r, err
	}
	if r.agent, err = ours(ctx, binary, t, root, now); err != nil {
		return r, err
	}
	if r.lynis, err = lynis(ctx, root); err != nil {
		return r, err
	}
	r.openscap, err = scap.scan(ctx, root)
	return r, err
}

// beside judges what the other programs say by what they say of the first host.
func beside(rows []row) {
	for i := range rows {
		rows[i].lynis = judgeLynis(rows[i].lynis, rows[0].lynis)
		rows[i].openscap = judgeScap(rows[i].openscap, rows[0].openscap)
	}
}

// ask asks the programs for their versions.
func ask(ctx context.Context, scap *scanner) (versions, error) {
	var failed error
	first := func(pattern, name string, args ...string) string {
		text, err := exec.CommandContext(ctx, name, args...).CombinedOutput()
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("ask %s for its version: %w", name, err))
			return ""
		}
		return firstMatch(pattern, text)
	}
	v := versions{
		lynis:     first(`^(\S+)`, "lynis", "--version"),
		openscap:  first(`\(oscap\) (\S+)`, "oscap", "--version"),
		logrotate: first(`logrotate (\S+)`, "logrotate", "--version"),
	}
	content, err := os.ReadFile(scap.content)
	failed = errors.Join(failed, err)
	v.content = firstMatch(`<(?:[\w.-]+:)?version [^>]*ComplianceAsCode[^>]*>([^<]+)<`, content)
	system, err := os.ReadFile("/etc/os-release")
	failed = errors.Join(failed, err)
	v.system = firstMatch(`PRETTY_NAME="([^"]+)"`, system)
	return v, failed
}

func firstMatch(pattern string, text []byte) string {
	if m := regexp.MustCompile(pattern).FindSubmatch(text); m != nil {
		return string(m[1])
	}
	return "of unknown version"
}
