package ledger

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/yunjian-io/yunjian/internal/wire"
)

func at(n int) time.Time { return time.Date(2026, 11, 1, 0, 0, n, 0, time.UTC) }

func event(n int) wire.LogEvent {
	return wire.LogEvent{Kind: wire.EventSealed, At: at(n), Source: "text:/var/log/auth.log", Path: fmt.Sprintf("/var/log/auth.log.%d", n), Bytes: int64(n)}
}

func numbered(l *Ledger, from, to int) (events []wire.LogEvent) {
	for n := from; n <= to; n++ {
		e := event(n)
		e.Seq, e.Ledger = uint64(n), l.ID()
		events = append(events, e)
	}
	return events
}

func opened(t *testing.T, dir string) *Ledger {
	t.Helper()
	l, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func add(t *testing.T, l *Ledger, from, to int) {
	t.Helper()
	for n := from; n <= to; n++ {
		if err := l.Append([]wire.LogEvent{event(n)}); err != nil {
			t.Fatal(err)
		}
	}
}

func since(t *testing.T, l *Ledger, seq uint64) []wire.LogEvent {
	t.Helper()
	events, err := l.Since(seq)
	if err != nil {
		t.Fatal(err)
	}
	return events
}

func TestLedger(t *testing.T) {
	dir := t.TempDir()
	l := opened(t, dir)
	add(t, l, 1, 3)
	if err := l.Append([]wire.LogEvent{event(4), event(5)}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(numbered(l, 3, 5), since(t, l, 2)); diff != "" {
		t.Errorf("entries behind 2 (-want +got):\n%s", diff)
	}
	again := opened(t, dir)
	if again.ID() != l.ID() || again.Entries() != 5 {
		t.Errorf("opened again: id %s with %d entries; want %s with 5", again.ID(), again.Entries(), l.ID())
	}
	add(t, again, 6, 6)
	if diff := cmp.Diff(numbered(l, 1, 6), since(t, again, 0)); diff != "" {
		t.Errorf("all entries (-want +got):\n%s", diff)
	}
	if got := since(t, again, 6); len(got) != 0 {
		t.Errorf("entries behind the last: %v", got)
	}
}

// A crash may cut a write anywhere: what was acknowledged before it must be there, in
// order, and the next entry must follow without a hole.
func TestCutAnywhere(t *testing.T) {
	dir := t.TempDir()
	l := opened(t, dir)
	add(t, l, 1, 2)
	acknowledged := l.size
	add(t, l, 3, 3)
	name := l.parts[0].name
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for cut := acknowledged; cut < int64(len(data)); cut++ {
		if err := os.WriteFile(name, data[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		l := opened(t, dir)
		if l.Entries() != 2 {
			t.Fatalf("cut at byte %d: %d entries; want 2", cut, l.Entries())
		}
		add(t, l, 3, 3)
		if diff := cmp.Diff(numbered(l, 1, 3), since(t, l, 0)); diff != "" {
			t.Fatalf("cut at byte %d (-want +got):\n%s", cut, diff)
		}
	}
}

func TestDamageStops(t *testing.T) {
	dir := t.TempDir()
	l := opened(t, dir)
	add(t, l, 1, 3)
	name := l.parts[0].name
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range []int{0, 8, 20, len(data) / 2} {
		bad := append([]byte(nil), data...)
		bad[at] ^= 1
		if err := os.WriteFile(name, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(dir); !errors.Is(err, ErrCorrupt) {
			t.Errorf("bit flipped at %d: error %v; want ErrCorrupt", at, err)
		}
	}
	// A line taken out whole leaves every checksum right.
	end := l.size / 3
	if err := os.WriteFile(name, data[end:], 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir); !errors.Is(err, ErrCorrupt) {
		t.Errorf("first line taken out: error %v; want ErrCorrupt", err)
	}
}

func TestParts(t *testing.T) {
	dir := t.TempDir()
	l := opened(t, dir)
	for n := 1; n <= 7; n++ {
		if n%2 == 0 {
			l.size = maxPart // as if so much had been written
		}
		add(t, l, n, n)
	}
	if len(l.parts) != 4 {
		t.Fatalf("%d parts; want 4", len(l.parts))
	}
	again := opened(t, dir)
	for seq := range uint64(8) {
		if diff := cmp.Diff(numbered(l, int(seq)+1, 7), since(t, again, seq)); diff != "" {
			t.Errorf("entries behind %d (-want +got):\n%s", seq, diff)
		}
	}
	if err := again.Prune(at(3)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(numbered(l, 2, 7), since(t, again, 0)); diff != "" {
		t.Errorf("after pruning what ended before 3 (-want +got):\n%s", diff)
	}
	if err := again.Prune(at(100)); err != nil {
		t.Fatal(err)
	}
	last := opened(t, dir)
	if diff := cmp.Diff(numbered(l, 6, 7), since(t, last, 0)); diff != "" {
		t.Errorf("the part that is being written stays (-want +got):\n%s", diff)
	}
}

func TestAppendAfterError(t *testing.T) {
	l := opened(t, t.TempDir())
	add(t, l, 1, 1)
	l.file.Close()
	if err := l.Append([]wire.LogEvent{event(2)}); err == nil {
		t.Fatal("an entry was acknowledged that is not on disk")
	}
	l.file, _ = os.Open(os.DevNull)
	if err := l.Append([]wire.LogEvent{event(2)}); err == nil || l.Entries() != 1 {
		t.Errorf("after an error: %v with %d entries; want an error and 1", err, l.Entries())
	}
}

type state struct{ N int }

func memory(t *testing.T, name string) (*Memory, map[string]string) {
	t.Helper()
	m, raw, err := OpenMemory(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	values := map[string]string{}
	for k, v := range raw {
		values[k] = string(v)
	}
	return m, values
}

func TestMemory(t *testing.T) {
	name := filepath.Join(t.TempDir(), "memory")
	m, _ := memory(t, name)
	none := maps.All(map[string]any{})
	for i := range 3 {
		if err := errors.Join(m.Put("a", state{i}), m.Put(fmt.Sprint("b", i), state{i}), m.Save(none)); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(m.Forget("b1"), m.Save(none), m.Put("never", state{9})); err != nil {
		t.Fatal(err)
	}
	_, got := memory(t, name)
	want := map[string]string{"a": `{"N":2}`, "b0": `{"N":0}`, "b2": `{"N":2}`}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("after opening again (-want +got):\n%s", diff)
	}
}

func TestMemoryIsCompacted(t *testing.T) {
	name := filepath.Join(t.TempDir(), "memory")
	m, _ := memory(t, name)
	values := map[string]any{}
	largest := int64(0)
	for i := range 400 {
		key := fmt.Sprint("key", i%10)
		values[key] = state{i}
		for range 200 {
			if err := m.Put(key, values[key]); err != nil {
				t.Fatal(err)
			}
		}
		if err := m.Save(maps.All(values)); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		largest = max(largest, info.Size())
	}
	if largest <= minCompact/2 || largest > minCompact*2 {
		t.Errorf("the file grew to %d bytes; want about %d", largest, minCompact)
	}
	_, got := memory(t, name)
	for key, value := range values {
		if want := fmt.Sprintf(`{"N":%d}`, value.(state).N); got[key] != want {
			t.Errorf("%s is %s; want %s", key, got[key], want)
		}
	}
}

func TestMemoryCutAnywhere(t *testing.T) {
	name := filepath.Join(t.TempDir(), "memory")
	m, _ := memory(t, name)
	none := maps.All(map[string]any{})
	if err := errors.Join(m.Put("a", state{1}), m.Save(none)); err != nil {
		t.Fatal(err)
	}
	saved := m.size
	if err := errors.Join(m.Put("a", state{2}), m.Save(none)); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for cut := saved; cut < int64(len(data)); cut++ {
		if err := os.WriteFile(name, data[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		if _, got := memory(t, name); got["a"] != `{"N":1}` {
			t.Fatalf("cut at byte %d: %v; want what was saved before", cut, got)
		}
	}
	data[3] ^= 1
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := OpenMemory(name); !errors.Is(err, ErrCorrupt) {
		t.Errorf("bit flipped: error %v; want ErrCorrupt", err)
	}
}

// Whatever is on disk, opening gives what is whole or says that it is damaged.
func FuzzLines(f *testing.F) {
	line, err := appendLine(nil, pair{"a", []byte(`{"N":1}`)})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(line)
	f.Add(append(line, line[:9]...))
	f.Add([]byte("00000000 \n\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		count := 0
		whole, err := lines("x", data, func([]byte) error { count++; return nil })
		if err == nil && count > 0 && data[whole-1] != '\n' {
			t.Errorf("the whole part of %q ends inside a line", data)
		}
		again := 0
		if _, err := lines("x", data[:whole], func([]byte) error { again++; return nil }); err != nil || again != count {
			t.Errorf("the whole part of %q has %d lines, then %d, %v", data, count, again, err)
		}
	})
}
