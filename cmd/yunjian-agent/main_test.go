package main

import (
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/yunjian-io/yunjian/internal/wire"
)

// TestMain lets the test binary play the agent itself.
func TestMain(m *testing.M) {
	if os.Getenv("YUNJIAN_AGENT_IS_MAIN") != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// sandbox is a folder that the user nobody owns, with the agent's binary in it.
type sandbox struct {
	dir, binary string
	credential  *syscall.Credential // nil if we are not root: then we are nobody enough
}

func newSandbox(t *testing.T) sandbox {
	t.Helper()
	dir := t.TempDir()
	s := sandbox{dir: dir, binary: filepath.Join(dir, "yunjian-agent")}
	data, err := os.ReadFile(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(s.binary, data, 0o755); err != nil {
		t.Fatal(err)
	}
	if os.Getuid() != 0 {
		return s
	}
	nobody, err := user.Lookup("nobody")
	if err != nil {
		t.Fatal(err)
	}
	uid, err1 := strconv.ParseUint(nobody.Uid, 10, 32)
	gid, err2 := strconv.ParseUint(nobody.Gid, 10, 32)
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	s.credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	if err := os.Chown(dir, int(uid), int(gid)); err != nil {
		t.Fatal(err)
	}
	for d := filepath.Dir(dir); strings.HasPrefix(d, os.TempDir()) && d != os.TempDir(); d = filepath.Dir(d) {
		if err := os.Chmod(d, 0o755); err != nil { // TempDir keeps others out
			t.Fatal(err)
		}
	}
	return s
}

func (s sandbox) write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(s.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func (s sandbox) command(ctx context.Context, program string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env = []string{"YUNJIAN_AGENT_IS_MAIN=1", "PATH=" + os.Getenv("PATH")}
	cmd.Dir = s.dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.credential, Pdeathsig: syscall.SIGKILL}
	return cmd
}

// received is a fake collector over TLS; rows gets a value for each row.
func received(t testing.TB, rows chan<- time.Time) *httptest.Server {
	t.Helper()
	table := wire.NewTable()
	return httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer secret" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.Header().Set(wire.HeaderTime, strconv.FormatInt(time.Now().UnixNano(), 10))
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return // the agent was stopped while it sent
		}
		if r.URL.Path == wire.PathDocuments {
			if _, err := wire.DecodeDocument(body); err != nil {
				t.Error(err)
			}
			return
		}
		totals := 0
		var ts time.Time
		err = (&wire.Decoder{Limits: wire.DefaultLimits()}).Decode(body, wire.RemoteWrite1, func(s *wire.Series) error {
			if _, ok := table.Total(s.Name); ok {
				totals++
				ts = time.UnixMilli(s.Samples[0].Milliseconds)
			}
			return nil
		})
		if err != nil || totals != wire.RowWidth && totals != 0 {
			t.Errorf("request with %d host totals, %v", totals, err)
		}
		if totals > 0 {
			rows <- ts
		}
	}))
}

// TestRun runs the real agent as nobody against a collector with TLS, under
// strace: it must start no process, reach the collector, serve its page and stop
// cleanly.
func TestRun(t *testing.T) {
	if testing.Short() {
		t.Skip("runs for seconds")
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
	s := newSandbox(t)
	rows := make(chan time.Time, 100)
	server := received(t, rows)
	defer server.Close()
	listen := freeAddress(t)
	s.write(t, "token", "secret\n")
	s.write(t, "ca.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})))
	config := s.write(t, "agent.yaml", fmt.Sprintf("collector_url: %s\ntoken_file: token\nca_file: ca.pem\nspool_dir: spool\nlook_interval: 1s\nreport_interval: 2s\nlisten: %s\n", server.URL, listen))

	trace := filepath.Join(s.dir, "trace")
	cmd := s.command(t.Context(), strace, "-f", "-o", trace, "-e", "trace=execve,execveat,fork,vfork,clone,clone3", s.binary, "run", "--config", config)
	var log strings.Builder
	cmd.Stderr = &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var got []time.Time
	for len(got) < 3 {
		select {
		case ts := <-rows:
			got = append(got, ts)
		case <-time.After(30 * time.Second):
			t.Fatalf("%d rows arrived; log:\n%s", len(got), log.String())
		}
	}
	for i, ts := range got {
		if ts.Unix()%2 != 0 || i > 0 && ts.Sub(got[i-1]) != 2*time.Second {
			t.Errorf("rows at %v; want one every 2 s on the grid", got)
		}
	}
	page := scrape(t, "http://"+listen+"/metrics")
	for _, want := range []string{"yunjian_vcpus ", "yunjian_agent_batches_delivered_total ", "process_resident_memory_bytes "} {
		if !strings.Contains(page, want) {
			t.Errorf("page lacks %q", want)
		}
	}
	stopChild(t, cmd.Process.Pid)
	if err := cmd.Wait(); err != nil {
		t.Errorf("agent ended with %v; log:\n%s", err, log.String())
	}
	calls, err := os.ReadFile(trace)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(regexp.MustCompile(`(?m)^\d+ +execve`).FindAll(calls, -1)); n != 1 {
		t.Errorf("%d calls of execve; want the start itself alone:\n%s", n, calls)
	}
	for line := range strings.Lines(string(calls)) {
		if strings.Contains(line, "fork(") || strings.Contains(line, "clone") && strings.Contains(line, "(") && !strings.Contains(line, "CLONE_THREAD") && !strings.Contains(line, "resumed") {
			t.Errorf("a process was started: %s", line)
		}
	}
	left, err := filepath.Glob(filepath.Join(s.dir, "spool", "*.batch"))
	if err != nil || len(left) > 2 {
		t.Errorf("left in the spool: %v, %v", left, err)
	}
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func scrape(t *testing.T, url string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	page, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(page)
}

// stopChild sends SIGTERM to the one child of a process, which is the agent.
func stopChild(t *testing.T, pid int) {
	t.Helper()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	if err != nil {
		t.Fatal(err)
	}
	child, err := strconv.Atoi(strings.TrimSpace(string(data)))
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(child, syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
}

// The commands say what is wrong in words and with the exit code.
func TestCommands(t *testing.T) {
	s := newSandbox(t)
	if err := s.command(t.Context(), s.binary, "--version").Run(); errors.Is(err, syscall.ENOEXEC) {
		t.Skip("this kernel runs the test itself under qemu-user, but not what it starts")
	}
	s.write(t, "typo.yaml", "host_id: vm-1\ncolector_url: x\n")
	s.write(t, "plain.yaml", "collector_url: http://collector.example\nspool_dir: spool\n")
	s.write(t, "alone.yaml", "host_id: vm-1\nlook_interval: 1s\n")
	tests := []struct {
		args string
		code int
		want string
	}{
		{"--help", 0, "yunjian-agent check"},
		{"run --help", 0, "Examples:"},
		{"completion bash", 0, "complete"},
		{"--version", 0, "yunjian-agent version"},
		{"frobnicate", 1, `unknown command "frobnicate"`},
		{"check --config typo.yaml", 1, "typo.yaml:2: unknown key colector_url"},
		{"run --config typo.yaml", 1, "typo.yaml:2: unknown key colector_url"},
		{"check --json --config plain.yaml", 1, "plain HTTP would show the token"},
		{"run --config missing.yaml", 1, "missing.yaml: no such file"},
		{"check --config alone.yaml", 0, "ok  host id           vm-1 (configured)"},
		{"once --config alone.yaml --prometheus", 0, "\nyunjian_interval_seconds 1\n"},
		{"once --json --prometheus", 1, "none of the others can be"},
	}
	for _, tt := range tests {
		t.Run(tt.args, func(t *testing.T) {
			t.Parallel()
			cmd := s.command(t.Context(), s.binary, strings.Fields(tt.args)...)
			out, _ := cmd.CombinedOutput() // the code says it
			if code := cmd.ProcessState.ExitCode(); code != tt.code || !strings.Contains(string(out), tt.want) {
				t.Errorf("exit code %d; want %d and %q:\n%s", code, tt.code, tt.want, out)
			}
		})
	}
}
