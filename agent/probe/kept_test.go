package probe

import (
	"bytes"
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

func FuzzDisk(f *testing.F) {
	f.Add([]byte(" 254  0 vda 10 0 80 5 20 0 160 9 0 14 14\n"))
	f.Add([]byte("8 1 sda1 1 2 3 4 5 6"))
	f.Fuzz(func(t *testing.T, line []byte) {
		name, got, err := parseDisk(line)
		words := bytes.Fields(line)
		if ok := err == nil; ok && (len(words) < 10 || !bytes.Equal(name, words[2])) {
			t.Errorf("%q was read as %q, %v", line, name, got)
		}
		if err != nil && got != (traffic{}) {
			t.Errorf("%q gave %v and an error", line, got)
		}
	})
}

func FuzzInterfaces(f *testing.F) {
	f.Add([]byte("heads\nheads\n  eth0: 1 2 3 4 5 6 7 8 9 10\n eth0:1: 1 2 3 4 5 6 7 8 9\n"))
	f.Add([]byte("\n\nlo:"))
	f.Fuzz(func(t *testing.T, data []byte) {
		all, err := parseInterfaces(data)
		if lines := bytes.Count(data, []byte("\n")) + 1; err == nil && len(all) > max(0, lines-2) {
			t.Errorf("%d interfaces in %d lines", len(all), lines)
		}
	})
}

// A file that was replaced is found after a few cuts.
func TestReplacedFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "stat")
	var f keptFile
	defer f.close()
	for _, want := range []string{"first", "second"} {
		if err := os.WriteFile(path+".new", []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(path+".new", path); err != nil {
			t.Fatal(err)
		}
		for range relist {
			f.cut()
		}
		if got, err := f.whole(path); err != nil || string(got) != want {
			t.Errorf("whole() = %q, %v; want %q", got, err, want)
		}
	}
}

// A file of any size is read whole, and again after it has shrunk.
func TestWholeFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "stat")
	var f keptFile
	defer f.close()
	for _, size := range []int{0, 1, shortRead - 1, shortRead, shortRead + 1, 10*shortRead + 7, 3} {
		want := bytes.Repeat([]byte("x"), size)
		if err := os.WriteFile(path, want, 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := f.whole(path); err != nil || !bytes.Equal(got, want) {
			t.Errorf("of %d bytes it read %d, %v", size, len(got), err)
		}
		if got, err := f.read(path); err != nil || len(got) != min(size, shortRead) {
			t.Errorf("read() gave %d bytes of %d, %v", len(got), size, err)
		}
	}
}
