package probe

import (
	"os"
	"path/filepath"
	"testing"
)

func FuzzFields(f *testing.F) {
	f.Add([]byte("MemTotal:  12 kB\nSwapFree: 0 kB\n"), []byte(" 1 2  3"))
	f.Fuzz(func(t *testing.T, file, line []byte) {
		if _, ok := field(file, "MemTotal:"); ok && len(file) < len("MemTotal:0") {
			t.Errorf("found a number in %q", file)
		}
		var n [4]float64
		if err := numbers(line, n[:]); err == nil && len(line) < 7 {
			t.Errorf("read four numbers from %q", line)
		}
		for _, v := range n {
			if v < 0 {
				t.Errorf("negative number from %q", line)
			}
		}
	})
}

func TestKeptFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "stat")
	var f keptFile
	defer f.close()
	if _, err := f.read(path); err == nil {
		t.Error("a file that is not there was read")
	}
	for _, want := range []string{"first", "second"} {
		if err := os.WriteFile(path, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := f.read(path); err != nil || string(got) != want {
			t.Errorf("read() = %q, %v; want %q", got, err, want)
		}
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	f.close()
	if _, err := f.read(path); err == nil {
		t.Error("a file that is gone was read after close")
	}
}

// A kernel before 3.14 has no MemAvailable; the estimate must be used, not 0.
func TestOldKernel(t *testing.T) {
	m := newMachine(t)
	m.write("proc/meminfo", "MemTotal: 1000 kB\nMemFree: 300 kB\nBuffers: 10 kB\nCached: 200 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n")
	s := m.set()
	s.Begin(t.Context())
	s.Cut(t.Context(), own)
	if got := published(t, s)["memory_available_bytes"]; got != 500<<10 {
		t.Errorf("memory_available_bytes = %v; want free and cached", got)
	}
}
