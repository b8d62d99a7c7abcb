package e2e

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/yunjian-io/yunjian/collector/store/engine"
)

// binaries is the folder of the built programs.
var binaries string

// sealedEnv makes this binary replace itself by its arguments, with memory that is
// writable and executable refused, as systemd's MemoryDenyWriteExecute does.
const sealedEnv = "YUNJIAN_E2E_SEALED"

// The numbers of prctl's PR_SET_MDWE and PR_MDWE_REFUSE_EXEC_GAIN (Linux 6.3).
const (
	setMDWE        = 65
	refuseExecGain = 1
)

// sealed runs a program as the systemd units do; it does not return.
func sealed() error {
	_, _, errno := syscall.RawSyscall6(syscall.SYS_PRCTL, setMDWE, refuseExecGain, 0, 0, 0, 0)
	if errno != 0 && errno != syscall.EINVAL { // an older kernel does not know it
		return errno
	}
	return syscall.Exec(os.Args[1], os.Args[1:], os.Environ())
}

func TestMain(m *testing.M) {
	os.Exit(func() int {
		if os.Getenv(sealedEnv) != "" {
			os.Unsetenv(sealedEnv)
			fmt.Fprintln(os.Stderr, sealed())
			return 1
		}
		dir, err := os.MkdirTemp("", "yje2e")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(dir)
		build := exec.CommandContext(context.Background(), "go", "build", "-trimpath", "-o", dir, "../../cmd/...")
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := build.CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "build: %v\n%s", err, out)
			return 1
		}
		binaries = dir
		return m.Run()
	}())
}

// needEngine skips a test without libchdb, and fails it in CI.
func needEngine(t testing.TB) {
	t.Helper()
	if _, err := engine.Find(""); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
}

func TestScripts(t *testing.T) {
	needEngine(t)
	home, err := os.UserHomeDir()
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			env.Setenv("PATH", binaries+string(os.PathListSeparator)+os.Getenv("PATH"))
			env.Setenv("HOME", home) // the cache with libchdb is there
			port, err := freePort()
			env.Setenv("PORT", port)
			return err
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"waitfor": waitFor},
	})
}

// freePort returns a loopback port that nobody listens on.
func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // a test helper without a context
	if err != nil {
		return "", err
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, err
}

// waitFor is the script command "waitfor URL": it waits until it answers 200.
func waitFor(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: waitfor URL")
	}
	ts.Check(untilOK(context.Background(), args[0]))
}

func untilOK(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		if answer, err := http.DefaultClient.Do(request); err == nil {
			_, err = io.Copy(io.Discard, answer.Body)
			answer.Body.Close()
			if err == nil && answer.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("%s did not answer 200: %w", url, ctx.Err())
		}
	}
}

// process is a program under test that may be killed and started again.
type process struct {
	t    *testing.T
	args []string
	log  *os.File

	mu  sync.Mutex
	cmd *exec.Cmd
}

// start runs a built program; its output goes to a file in the test's folder.
func start(t *testing.T, logName string, args ...string) *process {
	t.Helper()
	log, err := os.Create(filepath.Join(t.TempDir(), logName))
	if err != nil {
		t.Fatal(err)
	}
	p := &process{t: t, args: args, log: log}
	p.again()
	t.Cleanup(func() {
		p.signal(syscall.SIGTERM)
		p.wait()
		if t.Failed() {
			tail(t, log.Name())
		}
		log.Close()
	})
	return p
}

func tail(t *testing.T, name string) {
	f, err := os.Open(name)
	if err != nil {
		t.Log(err)
		return
	}
	defer f.Close()
	var lines []string
	for sc := bufio.NewScanner(f); sc.Scan(); {
		lines = append(lines, sc.Text())
	}
	t.Logf("%s:\n%s", filepath.Base(name), strings.Join(lines[max(0, len(lines)-30):], "\n"))
}

// again starts the program, which must not be running.
func (p *process) again() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if name := p.args[0]; filepath.IsAbs(name) {
		p.cmd = exec.Command(name, p.args[1:]...) //nolint:noctx // ended by the test's cleanup
	} else { // one of ours, under the unit's seal
		args := append([]string{filepath.Join(binaries, name)}, p.args[1:]...)
		p.cmd = exec.Command(os.Args[0], args...) //nolint:noctx // ended by the test's cleanup
		p.cmd.Env = append(os.Environ(), sealedEnv+"=1")
	}
	p.cmd.Stdout, p.cmd.Stderr = p.log, p.log
	if err := p.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
}

func (p *process) signal(s syscall.Signal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	_ = p.cmd.Process.Signal(s) // it may be gone already
}

// wait waits for the end of the program.
func (p *process) wait() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cmd.ProcessState == nil {
		_ = p.cmd.Wait() // killed programs have an error
	}
}

func (p *process) pid() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.cmd.Process.Pid
}

// output runs a built program to its end and returns what it prints.
func output(t *testing.T, args ...string) string {
	t.Helper()
	var errOut strings.Builder
	cmd := exec.CommandContext(t.Context(), filepath.Join(binaries, args[0]), args[1:]...)
	cmd.Stderr = &errOut
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s%s", strings.Join(args, " "), err, out, errOut.String())
	}
	return string(out)
}

// write makes a file in dir.
func write(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func decode(t *testing.T, text string, to any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), to); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
}
