package probe

import (
	"bytes"
	"flag"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/prometheus/common/expfmt"

	"github.com/yunjian-io/yunjian/internal/wire"
)

var update = flag.Bool("update", false, "write the golden files anew")

// machine is a copy of a fixture tree that a test may change.
type machine struct {
	t    testing.TB
	root string
}

func newMachine(t testing.TB) machine {
	t.Helper()
	m := machine{t, t.TempDir()}
	m.overlay("testdata/vm")
	return m
}

// overlay copies a tree over the machine.
func (m machine) overlay(dir string) {
	m.t.Helper()
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err == nil {
			m.write(name, string(data))
		}
		return err
	})
	if err != nil {
		m.t.Fatal(err)
	}
}

func (m machine) write(name, text string) {
	m.t.Helper()
	path := filepath.Join(m.root, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		m.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		m.t.Fatal(err)
	}
}

func (m machine) remove(name string) {
	m.t.Helper()
	if err := os.RemoveAll(filepath.Join(m.root, name)); err != nil {
		m.t.Fatal(err)
	}
}

func (m machine) roots() Roots {
	at := func(name string) string { return filepath.Join(m.root, name) }
	return Roots{at("proc"), at("sys"), at("etc"), at("run"), at("var")}
}

func (m machine) set() *Set {
	return New(Options{Roots: m.roots(), Statfs: func(path string) (Space, error) {
		s, ok := map[string]Space{
			"/":                {40 << 30, 30 << 30, 28 << 30, 1000, 400},
			"/data/main store": {100 << 30, 50 << 30, 50 << 30, 2000, 2000},
			"/tank":            {9 << 30, 8 << 30, 8 << 30, 100, 90},
			"/tank/home":       {11 << 30, 8 << 30, 8 << 30, 100, 90},
			"/boot/efi":        {1 << 20, 1 << 19, 1 << 19, 0, 0},
		}[path]
		if !ok {
			return s, fmt.Errorf("asked for the room of %s", path)
		}
		return s, nil
	}})
}

// reopen lets the set see files that were removed: those of /proc never are.
func reopen(s *Set) {
	for _, p := range s.probes {
		switch source := p.source.(type) {
		case *cpu:
			source.file.close()
		case *memory:
			source.file.close()
		case *filesystem:
			source.file.close()
		case *disk:
			source.file.close()
		case *loads:
			source.file.close()
		case *network:
			source.file.close()
		}
	}
}

func failures(states []State) map[string]bool {
	failed := map[string]bool{}
	for _, s := range states {
		if s.Err != nil {
			failed[s.Probe] = true
		}
	}
	return failed
}

// published returns the host totals and labelled values by name.
func published(t testing.TB, s *Set) map[string]float64 {
	t.Helper()
	families, err := s.Gatherer().Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			name := strings.TrimPrefix(f.GetName(), wire.Prefix)
			for _, l := range m.GetLabel() {
				name += " " + l.GetValue()
			}
			got[name] = m.GetGauge().GetValue()
		}
	}
	return got
}

var own = Own{IntervalSeconds: 60, AgentTrafficBytes: 1234, ClockOffsetSeconds: math.NaN()}

// The page after one interval, as the wire and Prometheus see it. The figures
// are worked out by hand from testdata/vm and testdata/later.
func TestGolden(t *testing.T) {
	m := newMachine(t)
	s := m.set()
	if failed := failures(s.Begin(t.Context())); len(failed) != 0 {
		t.Fatalf("failed: %v", failed)
	}
	m.overlay("testdata/later")
	s.Look(t.Context())
	if states := s.Cut(t.Context(), own); len(failures(states)) != 0 {
		t.Fatal(states)
	}
	const golden = "testdata/metrics.golden"
	if *update {
		if err := os.WriteFile(golden, page(t, s), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if err := testutil.GatherAndCompare(s.Gatherer(), bytes.NewReader(want)); err != nil {
		t.Error(err)
	}
	got := published(t, s)
	for i, m := range wire.Totals() {
		if _, ok := got[m.Name]; !ok {
			t.Errorf("total %s is not published: the collector would not make a row", m.Name)
		}
		if v := s.Values()[i]; v.Total != i || v.Name != m.FullName() {
			t.Errorf("value %d is %+v; want %s", i, v, m.Name)
		}
	}
	// The wire carries what the page shows.
	sent := map[string]float64{}
	for _, v := range s.Values() {
		name := strings.TrimPrefix(v.Name, wire.Prefix)
		if v.Label.Value != "" {
			name += " " + v.Label.Value
		}
		sent[name] = v.Number
	}
	for name := range got {
		if strings.HasPrefix(name, "probe_success ") {
			delete(got, name) // the page alone has it
		}
	}
	if diff := cmp.Diff(got, sent, cmpopts.EquateNaNs()); diff != "" {
		t.Errorf("page and wire differ:\n%s", diff)
	}
}

// page is the text format of everything published.
func page(t testing.TB, s *Set) []byte {
	t.Helper()
	families, err := s.Gatherer().Gather()
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	for _, f := range families {
		if _, err := expfmt.MetricFamilyToText(&b, f); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

func TestLint(t *testing.T) {
	m := newMachine(t)
	s := m.set()
	s.Begin(t.Context())
	s.Cut(t.Context(), own)
	problems, err := testutil.GatherAndLint(s.Gatherer())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
}

// A probe that cannot read says so, and its values are missing, never 0.
func TestUnreadable(t *testing.T) {
	tests := []struct {
		file, text, probe string
	}{
		{"proc/stat", "", "cpu"},
		{"proc/stat", "cpu x\n", "cpu"},
		{"proc/stat", "cpu  1 1 1 1 1 1 1 1\n", "cpu"},
		{"proc/meminfo", "", "memory"},
		{"proc/meminfo", "MemTotal: 100 kB\n", "memory"},
		{"proc/meminfo", "MemTotal: many kB\n", "memory"},
		{"proc/meminfo", "MemTotal: 100 kB\nMemAvailable: 50 kB\n", "memory"},
		{"proc/stat", "cpu  1 1 1 1 1 1 1\ncpu0 1\nbtime 5\n", "cpu"},
		{"proc/loadavg", "", "load"},
		{"proc/loadavg", "0.10\n", "load"},
		{"proc/loadavg", "0.10 NaN 0.3 1/2 3\n", "load"},
		{"proc/loadavg", "-1 0.2 0.3 1/2 3\n", "load"},
		{"proc/diskstats", "", "disk"},
		{"proc/diskstats", "vda\n", "disk"},
		{"proc/net/dev", "", "network"},
		{"proc/net/dev", "\n\n eth0: 1\n", "network"},
		{"proc/net/dev", "\n\n    lo: 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1\n", "network"},
		{"proc/1/mountinfo", "", "filesystem"},
		{"proc/1/mountinfo", "21 1\n", "filesystem"},
		{"proc/1/mountinfo", "21 1 254:1 / /unknown rw - ext4 /dev/vdz rw\n", "filesystem"},
	}
	for _, tt := range tests {
		t.Run(tt.probe+" "+tt.text, func(t *testing.T) {
			m := newMachine(t)
			s := m.set()
			s.Begin(t.Context())
			if tt.text == "" {
				m.remove(tt.file)
				reopen(s)
			} else {
				m.write(tt.file, tt.text)
			}
			states := s.Cut(t.Context(), own)
			if diff := cmp.Diff(map[string]bool{tt.probe: true}, failures(states)); diff != "" {
				t.Fatal(diff)
			}
			got := published(t, s)
			if got["probe_failures"] != 1 || got["probe_success "+tt.probe] != 0 {
				t.Errorf("probe_failures %v, probe_success %v", got["probe_failures"], got["probe_success "+tt.probe])
			}
			for _, p := range s.probes {
				if p.name != tt.probe {
					continue
				}
				for _, position := range p.totals {
					name := wire.Totals()[position].Name
					if v, ok := got[name]; !ok || !math.IsNaN(v) {
						t.Errorf("%s = %v, %v; want NaN", name, v, ok)
					}
				}
			}
		})
	}
}

// After a probe recovers, an interval without a reading at its start is missing.
func TestRecovery(t *testing.T) {
	m := newMachine(t)
	s := m.set()
	s.Begin(t.Context())
	m.remove("proc/stat")
	m.remove("proc/net/dev")
	reopen(s)
	s.Cut(t.Context(), own)
	m.overlay("testdata/vm")
	s.Look(t.Context())
	m.overlay("testdata/later")
	s.Cut(t.Context(), own)
	got := published(t, s)
	if got["probe_success cpu"] != 1 || !math.IsNaN(got["cpu_used_cores"]) || !math.IsNaN(got["network_receive_bytes"]) || got["vcpus"] != 2 {
		t.Errorf("first interval after recovery: %v", got)
	}
	m.overlay("testdata/vm")
	m.write("proc/stat", "cpu  5000 100 1000 29000 600 20 80 340 0 0\ncpu0 1 1 1 1 1 1 1 1\ncpu1 1 1 1 1 1 1 1 1\nbtime 1793490000\n")
	s.Cut(t.Context(), own)
	if got := published(t, s)["cpu_used_cores"]; got != 1 {
		t.Errorf("second interval: %v cores; want 1", got)
	}
}

// A counter that goes backwards is missing, neither negative nor huge.
func TestBackwards(t *testing.T) {
	m := newMachine(t)
	m.overlay("testdata/later")
	s := m.set()
	s.Begin(t.Context())
	m.overlay("testdata/vm")
	s.Cut(t.Context(), own)
	got := published(t, s)
	for _, name := range []string{
		"cpu_used_cores", "cpu_used_peak_cores", "cpu_iowait_cores", "cpu_steal_cores", "network_receive_bytes", "disk_read_bytes",
		"device_read_bytes vda", "interface_receive_bytes eth0",
	} {
		if v, ok := got[name]; !ok || !math.IsNaN(v) {
			t.Errorf("%s = %v, %v; want NaN", name, v, ok)
		}
	}
	for name, v := range got {
		if v < 0 || v > 1e12 {
			t.Errorf("%s = %v", name, v)
		}
	}
}

func TestIowaitMayFall(t *testing.T) {
	from := ticks{user: 10, idle: 100, iowait: 5}
	d, sum, ok := ticks{user: 20, idle: 190, iowait: 4}.since(from)
	if !ok || sum != 100 || d.used() != 10 || !math.IsNaN(d.iowait) {
		t.Errorf("since() = %+v, %v, %v; want 10 of 100 used and iowait missing", d, sum, ok)
	}
}

// This very host can be read, as whoever runs the test.
func TestThisHost(t *testing.T) {
	s := New(Options{})
	s.Begin(t.Context())
	s.Look(t.Context())
	for _, st := range s.Cut(t.Context(), own) {
		if st.Err != nil {
			t.Logf("%s: %v", st.Probe, st.Err)
		}
	}
	got := published(t, s)
	if got["vcpus"] < 1 || got["memory_total_bytes"] < 1<<20 {
		t.Errorf("vcpus %v, memory_total_bytes %v", got["vcpus"], got["memory_total_bytes"])
	}
}

func BenchmarkLook(b *testing.B) {
	s := New(Options{})
	s.Begin(b.Context())
	for b.Loop() {
		s.Look(b.Context())
	}
}

func BenchmarkCutAndGather(b *testing.B) {
	s := New(Options{})
	s.Begin(b.Context())
	for b.Loop() {
		s.Cut(b.Context(), own)
		if _, err := s.Gatherer().Gather(); err != nil {
			b.Fatal(err)
		}
	}
}
