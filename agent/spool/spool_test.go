package spool

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func open(t testing.TB, dir string, limit int64) *Spool {
	t.Helper()
	s, err := Open(dir, limit)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func put(t testing.TB, s *Spool, body string) (dropped int) {
	t.Helper()
	dropped, err := s.Put(Batch{Kind: Metrics, Body: []byte(body)})
	if err != nil {
		t.Fatal(err)
	}
	return dropped
}

// drain takes everything out of the spool, oldest first.
func drain(t testing.TB, s *Spool) (bodies []string) {
	t.Helper()
	for {
		id, b, err := s.Oldest()
		if errors.Is(err, ErrEmpty) {
			return bodies
		}
		if err != nil {
			t.Fatal(err)
		}
		bodies = append(bodies, string(b.Body))
		if err := s.Drop(id); err != nil {
			t.Fatal(err)
		}
	}
}

func numbered(from, to int) (bodies []string) {
	for i := from; i < to; i++ {
		bodies = append(bodies, fmt.Sprintf("batch %d", i))
	}
	return bodies
}

func TestOrderSurvivesReopen(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, 1<<20)
	for _, b := range numbered(0, 12) {
		put(t, s, b)
	}
	id, _, err := s.Oldest()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Drop(id); err != nil {
		t.Fatal(err)
	}
	s = open(t, dir, 1<<20)
	if diff := cmp.Diff(numbered(1, 12), drain(t, s)); diff != "" {
		t.Error(diff)
	}
	if s.Len() != 0 || s.Bytes() != 0 {
		t.Errorf("drained spool has Len %d, Bytes %d; want 0, 0", s.Len(), s.Bytes())
	}
}

func TestKind(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, 1<<20)
	want := Batch{Kind: Document, Body: []byte(`{"schema":"identity/v1"}`)}
	if _, err := s.Put(want); err != nil {
		t.Fatal(err)
	}
	_, got, err := open(t, dir, 1<<20).Oldest()
	if err != nil || got.Kind != want.Kind || !bytes.Equal(got.Body, want.Body) {
		t.Errorf("Oldest() = %v, %v; want %v", got, err, want)
	}
}

// Small batches must be charged the block that they really take.
func TestLimitCountsBlocks(t *testing.T) {
	s := open(t, t.TempDir(), 3*blockSize)
	var dropped int
	for _, b := range numbered(0, 5) {
		dropped += put(t, s, b)
	}
	if dropped != 2 || s.Len() != 3 || s.Bytes() != 3*blockSize {
		t.Errorf("dropped %d, Len %d, Bytes %d; want 2, 3, %d", dropped, s.Len(), s.Bytes(), 3*blockSize)
	}
	if diff := cmp.Diff(numbered(2, 5), drain(t, s)); diff != "" {
		t.Error(diff)
	}
	if _, err := s.Put(Batch{Body: make([]byte, 4*blockSize)}); !errors.Is(err, ErrTooLarge) {
		t.Errorf("Put of a batch over the limit: %v; want ErrTooLarge", err)
	}
}

// An answer may come for a batch that Put has dropped meanwhile.
func TestDropOfForgottenBatch(t *testing.T) {
	s := open(t, t.TempDir(), 2*blockSize)
	put(t, s, "batch 0")
	id, _, err := s.Oldest()
	if err != nil {
		t.Fatal(err)
	}
	put(t, s, "batch 1")
	put(t, s, "batch 2") // drops batch 0
	if err := s.Drop(id); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(numbered(1, 3), drain(t, s)); diff != "" {
		t.Error(diff)
	}
}

func foldAll(t *testing.T, s *Spool, size int64) {
	t.Helper()
	for n := 1; n > 0; {
		var err error
		if n, err = s.Fold(size); err != nil {
			t.Fatal(err)
		}
	}
}

func TestFold(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, 1<<20)
	const perSegment = 10
	size := int64(perSegment * (headerSize + len("batch 10")))
	for _, b := range numbered(0, 35) {
		put(t, s, b)
	}
	foldAll(t, s, size)
	names, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	if len(names) != 4 || s.Len() != 35 || s.Bytes() != 4*blockSize {
		t.Errorf("folded to %d files, Len %d, Bytes %d; want 4, 35, %d", len(names), s.Len(), s.Bytes(), 4*blockSize)
	}
	for _, name := range names {
		if info, err := os.Stat(name); err != nil || info.Size() > size {
			t.Errorf("segment %s: %v, %v; want at most %d bytes", name, info.Size(), err, size)
		}
	}
	s = open(t, dir, 1<<20)
	for i := range 3 { // the head segment is half delivered
		id, _, err := s.Oldest()
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Drop(id); err != nil {
			t.Fatal(i, err)
		}
	}
	for _, b := range numbered(35, 40) {
		put(t, s, b)
	}
	foldAll(t, s, size)
	if diff := cmp.Diff(numbered(3, 40), drain(t, s)); diff != "" {
		t.Error(diff)
	}
}

// A full spool gives up a whole segment at once and counts what was in it.
func TestLimitDropsSegment(t *testing.T) {
	s := open(t, t.TempDir(), 3*blockSize)
	put(t, s, "batch 0")
	put(t, s, "batch 1")
	put(t, s, "batch 2")
	foldAll(t, s, SegmentBytes)
	id, _, err := s.Oldest()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Drop(id); err != nil {
		t.Fatal(err)
	}
	var dropped int
	for _, b := range numbered(3, 6) {
		dropped += put(t, s, b)
	}
	if dropped != 2 {
		t.Errorf("dropped %d; want the 2 that were left in the segment", dropped)
	}
	if diff := cmp.Diff(numbered(3, 6), drain(t, s)); diff != "" {
		t.Error(diff)
	}
}

// A crash between writing a segment and deleting its parts leaves both.
func TestOpenRemovesFoldedParts(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, 1<<20)
	for _, b := range numbered(0, 6) {
		put(t, s, b)
	}
	saved := map[string][]byte{}
	for _, f := range s.files {
		data, err := os.ReadFile(s.path(f))
		if err != nil {
			t.Fatal(err)
		}
		saved[s.path(f)] = data
	}
	foldAll(t, s, SegmentBytes)
	put(t, s, "batch 6")
	for name, data := range saved {
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s = open(t, dir, 1<<20)
	if s.Len() != 7 {
		t.Errorf("Len() = %d; want 7", s.Len())
	}
	if diff := cmp.Diff(numbered(0, 7), drain(t, s)); diff != "" {
		t.Error(diff)
	}
	if left := waiting(t, dir); len(left) != 0 {
		t.Errorf("%q are left; want none", left)
	}
}

// waiting returns the names of the files that are no spares.
func waiting(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), temporary) {
			names = append(names, e.Name())
		}
	}
	return names
}

// At rest two files take turns; a restart, and somebody who deletes them, do no harm.
func TestSparesTakeTurns(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, 1<<20)
	for i, body := range numbered(0, 20) {
		if i == 9 {
			for _, e := range []string{s.spare.ready, s.spare.waiting} {
				if e == "" {
					t.Fatal("there is no spare at rest")
				}
				os.Remove(e)
			}
		}
		if i == 15 {
			s = open(t, dir, 1<<20)
		}
		put(t, s, body+strings.Repeat(".", (i%4)*1000))
		if got := drain(t, s); len(got) != 1 || !strings.HasPrefix(got[0], body) || len(got[0]) != len(body)+(i%4)*1000 {
			t.Fatalf("turn %d: took out %.40q", i, got)
		}
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		if len(entries) > 2 || len(waiting(t, dir)) > 0 {
			t.Errorf("turn %d: %d files are left, %q of them wait", i, len(entries), waiting(t, dir))
		}
	}
	put(t, s, strings.Repeat("x", spareBytes))
	drain(t, s)
	if s.spare.ready == "" || s.spare.waiting == "" {
		t.Errorf("spares after a large batch are %+v; want those before it", s.spare)
	}
	if s.Bytes() != 0 {
		t.Errorf("Bytes() = %d; want 0", s.Bytes())
	}
}

func TestForeignAndDamagedFiles(t *testing.T) {
	good := appendBatch(nil, 7, Batch{Kind: Metrics, Body: []byte("hello")})
	flipped := bytes.Clone(good)
	flipped[len(flipped)-1] ^= 1
	name := fmt.Sprintf("%020d.batch", 7)
	tests := []struct {
		name, file string
		data       []byte
		wantErr    string // "" means that the file is left alone or read
		wantGone   bool
	}{
		{"whole", name, good, "", false},
		{"leftover", ".tmp-123", good[:3], "", true},
		{"foreign", "README", []byte("x"), "", false},
		{"foreign suffix", "x.batch", []byte("x"), "", false},
		{"empty", name, nil, "it is empty", false},
		{"torn header", name, good[:10], "inside a header", false},
		{"torn body", name, good[:len(good)-1], "inside a batch", false},
		{"other format", name, bytes.Repeat([]byte("x"), 40), `starts with "xxxx"`, false},
		{"flipped bit", name, flipped, "checksum of batch 7", false},
		{"wrong name", fmt.Sprintf("%020d.batch", 8), good, "name does not fit", false},
		{"wrong segment", fmt.Sprintf("%020d-%020d.segment", 6, 7), good, "name does not fit", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, tt.file)
			if err := os.WriteFile(path, tt.data, 0o600); err != nil {
				t.Fatal(err)
			}
			s, err := Open(dir, 1<<20)
			if err == nil && s.Len() > 0 {
				_, _, err = s.Oldest()
			}
			if tt.wantErr == "" && err != nil {
				t.Error(err)
			}
			if tt.wantErr != "" {
				if !errors.Is(err, ErrCorrupt) || !strings.Contains(err.Error(), tt.wantErr) || !strings.Contains(err.Error(), path) {
					t.Errorf("error %v; want ErrCorrupt with %q and the path", err, tt.wantErr)
				}
			}
			if _, err := os.Stat(path); (err != nil) != tt.wantGone {
				t.Errorf("file after Open: %v; want gone = %v", err, tt.wantGone)
			}
		})
	}
}

func FuzzParseBatches(f *testing.F) {
	f.Add(appendBatch(appendBatch(nil, 1, Batch{Metrics, []byte("a"), 0}), 2, Batch{Document, nil, 0}))
	f.Add([]byte(magic + "\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff\xff\xff\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		all, err := parseBatches(data)
		if err != nil {
			return
		}
		var again []byte
		for _, b := range all {
			again = appendBatch(again, b.id, b)
		}
		if back, err := parseBatches(again); err != nil || len(back) != len(all) {
			t.Errorf("%d batches, written again and read: %d, %v", len(all), len(back), err)
		}
	})
}

func BenchmarkPut(b *testing.B) {
	s := open(b, b.TempDir(), 1<<40)
	data := bytes.Repeat([]byte("x"), 1<<10)
	for b.Loop() {
		if _, err := s.Put(Batch{Kind: Metrics, Body: data}); err != nil {
			b.Fatal(err)
		}
	}
}
