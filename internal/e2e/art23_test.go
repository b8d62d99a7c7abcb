package e2e

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// art23 is a collector with the traces of some machines, twice: three months that are
// judged, and three that follow.
type art23 struct {
	dir string
}

// run runs a command of the collector and returns what it printed.
func (a *art23) run(t *testing.T, args ...string) string {
	t.Helper()
	out, err := a.try(t, args...)
	if err != nil {
		t.Fatalf("%s: %v", strings.Join(args, " "), err)
	}
	return out
}

func (a *art23) try(t *testing.T, args ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), filepath.Join(binaries, "yunjian-collector"), append(args, "--config", filepath.Join(a.dir, "collector.yaml"))...)
	var problems strings.Builder
	cmd.Stderr = &problems
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, problems.String())
	}
	return string(out), nil
}

// someTraces copies the rows of some machines of the shared traces, by their numbers.
func someTraces(t *testing.T, shared, to string, first, last int) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(shared, "data", "traces", "bitbrains_*.csv.gz"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no traces in %s: %v", shared, err)
	}
	for _, name := range files {
		from, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		defer from.Close()
		unpacked, err := gzip.NewReader(from)
		if err != nil {
			t.Fatal(err)
		}
		out, err := os.Create(filepath.Join(to, filepath.Base(name)))
		if err != nil {
			t.Fatal(err)
		}
		packed := gzip.NewWriter(out)
		lines := bufio.NewReader(unpacked)
		for n := 0; ; n++ {
			line, err := lines.ReadString('\n')
			vm, _, _ := strings.Cut(line, ",")
			id, bad := strconv.Atoi(vm)
			if n == 0 || bad == nil && id >= first && id <= last {
				if _, err := packed.Write([]byte(line)); err != nil {
					t.Fatal(err)
				}
			}
			if err != nil {
				break
			}
		}
		if err := packed.Close(); err != nil {
			t.Fatal(err)
		}
		if err := out.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func newArt23(t *testing.T) *art23 {
	t.Helper()
	needEngine(t)
	shared := sharedFolder(t)
	a := &art23{t.TempDir()}
	port, err := freePort()
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"demo.secret":    strings.Repeat("s", 40),
		"collector.yaml": fmt.Sprintf("data_dir: %s/data\nlisten: 127.0.0.1:%s\ngroup_commit: 50ms\nproviders:\n  - {id: demo, secret_file: %s/demo.secret}\n", a.dir, port, a.dir),
	} {
		if err := os.WriteFile(filepath.Join(a.dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	traces := filepath.Join(a.dir, "traces")
	if err := os.Mkdir(traces, 0o755); err != nil {
		t.Fatal(err)
	}
	someTraces(t, shared, traces, 250, 350)
	serve := exec.CommandContext(t.Context(), filepath.Join(binaries, "yunjian-collector"), "serve", "--config", filepath.Join(a.dir, "collector.yaml"))
	serve.Cancel = func() error { return serve.Process.Signal(os.Interrupt) }
	serve.Stderr = os.Stderr
	if err := serve.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = serve.Process.Signal(os.Interrupt) // it may have ended with the test's context
		_ = serve.Wait()
	})
	if err := untilOK(t.Context(), "http://127.0.0.1:"+port+"/healthz"); err != nil {
		t.Fatal(err)
	}
	// The inventory that the first replay makes up holds for the months of the second.
	a.run(t, "replay", "--provider", "demo", "--traces", traces, "--shift-to", "2026-05")
	a.run(t, "replay", "--provider", "demo", "--traces", traces, "--shift-to", "2026-08", "--import-inventory=false")
	return a
}

// proposalView is what the commands print as JSON, as far as the test reads it.
type proposalView struct {
	ID    string `json:"id"`
	State string `json:"state_now"`
	Items []struct {
		Host   string `json:"host"`
		Action string `json:"action"`
	} `json:"items"`
	Events []struct {
		Kind string `json:"kind"`
	} `json:"events"`
	Realised *struct {
		Cores float64 `json:"cores"`
	} `json:"realised"`
}

func (a *art23) show(t *testing.T, id string) (v proposalView) {
	t.Helper()
	if err := json.Unmarshal([]byte(a.run(t, "proposals", "show", id, "--json")), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// downsized is the proposal with the most hosts to be made smaller, and them.
func (a *art23) downsized(t *testing.T) (id string, hosts []string) {
	t.Helper()
	var all []struct {
		ID string `json:"id"`
	}
	if err := json.Unmarshal([]byte(a.run(t, "proposals", "list", "--json")), &all); err != nil {
		t.Fatal(err)
	}
	for _, one := range all {
		v := a.show(t, one.ID)
		var found []string
		for _, i := range v.Items {
			if i.Action == "downsize" {
				found = append(found, i.Host)
			}
		}
		if len(found) > len(hosts) {
			id, hosts = v.ID, found
		}
	}
	if id == "" {
		t.Fatalf("none of %d proposals makes a host smaller", len(all))
	}
	return id, hosts
}

// TestArticle23 leads a proposal on real traces from the judgement of July to the
// verification in September, with every step in what the command shows and in the
// database, and no step counted twice.
func TestArticle23(t *testing.T) {
	a := newArt23(t)
	judged := a.run(t, "judge", "--month", "2026-07", "--as-of", "2026-08-02T10:00:00+08:00")
	if !strings.Contains(judged, "downsize") || !strings.Contains(judged, "low-utilization") {
		t.Fatalf("the judgement recommends nothing:\n%s", judged)
	}
	id, hosts := a.downsized(t)
	steps := [][]string{
		{"notice", id, "--by", "李", "--no", "N-1", "--at", "2026-08-03"},
		{"reply", id, "--by", "王", "--all", "agree", "--at", "2026-08-05"},
		{"review", id, "--by", "张", "--all", "downsize", "--at", "2026-08-10"},
		{"decide", id, "--by", "赵", "--no", "A-1", "--at", "2026-08-11"},
	}
	for _, h := range hosts {
		steps = append(steps, []string{"implement", id, "--by", "钱", "--host", h, "--at", "2026-08-13"})
	}
	steps = append(steps, []string{"verify", id, "--by", "李", "--at", "2026-09-14"})
	if v := a.show(t, id); v.State != "judged" {
		t.Fatalf("%s is %s before the notice", id, v.State)
	}
	kinds := []string{"found"}
	for _, step := range steps {
		a.run(t, append([]string{"proposals"}, step...)...)
		kinds = append(kinds, step[0])
		before := a.show(t, id)
		// The same again, word for word, is taken and changes nothing.
		a.run(t, append([]string{"proposals"}, step...)...)
		if diff := cmp.Diff(before, a.show(t, id)); diff != "" {
			t.Errorf("%s again changes something (-before +after):\n%s", step[0], diff)
		}
		if n := len(before.Events); before.Events[n-1].Kind != step[0] {
			t.Errorf("after %s the last event is %s", step[0], before.Events[n-1].Kind)
		}
	}
	v := a.show(t, id)
	var got []string
	for _, e := range v.Events {
		if e.Kind != "guard" { // the daily guard of serve may have looked meanwhile
			got = append(got, e.Kind)
		}
	}
	if diff := cmp.Diff(kinds, got); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	if v.State != "verified" || v.Realised == nil {
		t.Errorf("state %s, realised %+v; want verified with a saving", v.State, v.Realised)
	}
	if _, err := a.try(t, "proposals", "notice", id, "--by", "李", "--no", "N-2", "--at", "2026-09-15"); err == nil {
		t.Error("another notice is taken after the verification")
	}
}

// sharedFolder is the folder of shared data, which is missing in no CI.
func sharedFolder(t *testing.T) string {
	t.Helper()
	root := os.Getenv("YUNJIAN_SHARED")
	if root == "" {
		root = "../../../shared"
	}
	if _, err := os.Stat(root); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	return root
}
