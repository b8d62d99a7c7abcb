package logs

import (
	"archive/tar"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"

	"github.com/yunjian-io/yunjian/internal/wire"
)

// journals unpacks the journals that a real journald wrote into the fixture.
func (f *fixture) journals() (files []string) {
	f.t.Helper()
	shared := os.Getenv("YUNJIAN_SHARED")
	if shared == "" {
		shared = "../../../shared"
	}
	packed, err := os.Open(filepath.Join(shared, "data/logs/journald-run/journald252-10003-entries.tar.zst"))
	if err != nil {
		if os.Getenv("CI") == "true" {
			f.t.Fatalf("the real journals are not here: %v; set YUNJIAN_SHARED", err)
		}
		f.t.Skipf("the real journals are not here: %v", err)
	}
	defer packed.Close()
	plain, err := zstd.NewReader(packed)
	f.must(err)
	defer plain.Close()
	for r := tar.NewReader(plain); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		f.must(err)
		if h.Typeflag != tar.TypeReg {
			continue
		}
		name := filepath.Join("/var/log/journal", h.Name)
		data, err := io.ReadAll(r)
		f.must(err)
		f.write(name, string(data))
		if strings.Contains(name, "/system@") {
			files = append(files, name)
		}
	}
}

func (f *fixture) journal(r *Report) wire.LogSource {
	f.t.Helper()
	for _, s := range r.Sources {
		if s.Family == FamilyJournald {
			return s
		}
	}
	f.t.Fatal("no journal")
	return wire.LogSource{}
}

func missing(s wire.LogSource) (entries []uint64) {
	for _, g := range s.Gaps {
		if g.Kind == "seq" {
			entries = append(entries, g.Missing)
		}
	}
	return entries
}

func TestJournal(t *testing.T) {
	f := newFixture(t)
	archived := f.journals()
	f.pass(0)
	f.pass(quarter)
	r := f.pass(quarter) // what was sealed in between
	s := f.journal(r)
	if len(s.Segments) != len(archived)+1 || len(missing(s)) > 0 || s.Access.Denied {
		t.Fatalf("%d segments of %d files, gaps %v", len(s.Segments), len(archived)+1, s.Gaps)
	}
	for i, g := range s.Segments {
		if g.First.IsZero() || g.Last.Before(g.First) || g.Live == g.Sealed || i > 0 && g.First.Before(s.Segments[i-1].First) {
			t.Errorf("segment %+v", g)
		}
	}
	var classes []string
	for _, stream := range s.Streams {
		classes = append(classes, stream.Class)
	}
	if diff := cmp.Diff([]string{"os-auth", "os-cron", "os-system", "priv-op"}, slices.Sorted(slices.Values(classes))); diff != "" {
		t.Errorf("classes (-want +got):\n%s", diff)
	}
	if len(s.Policies) != 1 || s.Policies[0].Journald == nil || s.Policies[0].Journald.Usage == 0 {
		t.Errorf("policies %+v", s.Policies)
	}

	// Nothing changed: no header is read again.
	before := f.observer.Usage().ReadBytes
	f.pass(quarter)
	if read := f.observer.Usage().ReadBytes - before; read != 0 {
		t.Errorf("%d bytes were read of journals that did not change", read)
	}

	// A file in the middle is deleted: the ledger knows it, and the numbers show it.
	middle := archived[0]
	for _, name := range archived {
		if strings.Contains(name, "-00000000000016bb-") {
			middle = name
		}
	}
	f.remove(middle)
	r = f.pass(quarter)
	if diff := cmp.Diff([]string{"segment_gone " + filepath.Base(middle)}, f.told(r)); diff != "" {
		t.Errorf("ledger (-want +got):\n%s", diff)
	}
	if got := missing(f.journal(r)); len(got) != 1 || got[0] < 400 {
		t.Errorf("missing entries %v; want about 500 in one hole", got)
	}

	// An archived file is altered behind its header.
	edited := archived[len(archived)-1]
	data := f.read(edited)
	data[len(data)-500] ^= 1
	f.write(edited, string(data))
	r = f.pass(quarter)
	if diff := cmp.Diff([]string{"edited " + filepath.Base(edited)}, f.told(r)); diff != "" {
		t.Errorf("ledger (-want +got):\n%s", diff)
	}
}
