package journald

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"path"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
)

const machine = "2dc07f7a727e4b46a1927eab9d6cd4b7"

func TestTruthConservation(t *testing.T) {
	files := untar(t, plain(t, truth(t), "journald-run/journald252-10003-entries.tar.zst"))
	whole, err := Scan(files, ".")
	if err != nil {
		t.Fatal(err)
	}
	if len(whole.Epochs) != 1 || len(whole.Unread) != 0 {
		t.Fatalf("want one epoch and nothing unread, got %d and %v", len(whole.Epochs), whole.Unread)
	}
	epoch := whole.Epochs[0]
	type sums struct {
		Files             int
		Entries, Tail     uint64
		Deficit           int64
		Vacuumed, Shared  bool
		Proven, GapsFound uint64
	}
	got := sums{len(epoch.Files), epoch.Entries, epoch.TailSeqnum, epoch.Deficit, epoch.Vacuumed, epoch.Shared, epoch.ProvenDeficit, uint64(len(epoch.Gaps))}
	if diff := cmp.Diff(sums{Files: 22, Entries: 10003, Tail: 10003}, got); diff != "" {
		t.Errorf("whole directory (-want +got):\n%s", diff)
	}

	// Without one archived file, the deficit is its entries.
	for _, file := range epoch.Files {
		if file.Name.Life == Active || file.Header.HeadSeqnum == 1 || file.Header.TailSeqnum == epoch.TailSeqnum {
			continue
		}
		kept := files[file.Path]
		delete(files, file.Path)
		short, err := Scan(files, ".")
		files[file.Path] = kept
		if err != nil {
			t.Fatal(err)
		}
		if got, want := short.Epochs[0].Deficit, int64(file.Header.Entries); got != want {
			t.Errorf("without %s: deficit is %d, want %d", file.Path, got, want)
		}
		if got, want := short.Epochs[0].ProvenDeficit, file.Header.Entries; got != want {
			t.Errorf("without %s: proven deficit is %d, want %d", file.Path, got, want)
		}
		// A hard gap shows as soon as user files cannot fill the hole.
		var lost uint64
		for _, gap := range short.Epochs[0].Gaps {
			lost += gap.Lost()
		}
		if lost > file.Header.Entries {
			t.Errorf("without %s: gaps claim %d entries, it had %d", file.Path, lost, file.Header.Entries)
		}
	}
}

func TestTruthUncleanEnd(t *testing.T) {
	logs := truth(t)
	files := make(fstest.MapFS)
	names, err := fs.Glob(logs, "journal/*.journal*.zst")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		base := strings.TrimSuffix(path.Base(name), ".zst")
		files[path.Join("var/log/journal", machine, base)] = &fstest.MapFile{Data: plain(t, logs, name)}
	}
	inv, err := Scan(files, "var/log/journal")
	if err != nil {
		t.Fatal(err)
	}
	var got [][]string
	for _, epoch := range inv.Epochs {
		var names []string
		for _, file := range epoch.Files {
			names = append(names, file.Name.Family+" "+file.Name.Life.String())
		}
		got = append(got, names)
	}
	want := [][]string{{"system disposed", "user-1000 disposed"}, {"system active", "user-1000 active"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("epochs (-want +got):\n%s", diff)
	}
}

// journal makes a file of which only the header is there.
func journal(id byte, head, tail, entries, from, to uint64) []byte {
	raw := make([]byte, headerMax)
	copy(raw, magic)
	raw[16] = byte(Archived)
	raw[24], raw[72] = id, id
	for at, value := range map[int]uint64{88: headerMax, 152: entries, 160: tail, 168: head, 184: from, 192: to, 200: 7} {
		binary.LittleEndian.PutUint64(raw[at:], value)
	}
	return raw
}

func TestReadHeaderRefuses(t *testing.T) {
	short := journal(1, 1, 1, 1, 1, 1)
	binary.LittleEndian.PutUint64(short[88:], 207)
	for name, data := range map[string][]byte{
		"empty":         nil,
		"text":          []byte(strings.Repeat("not a journal ", 30)),
		"cut":           journal(1, 1, 1, 1, 1, 1)[:headerMin-1],
		"header claims": short,
	} {
		if _, err := ReadHeader(bytes.NewReader(data), int64(len(data))); !errors.Is(err, ErrNotJournal) {
			t.Errorf("%s: want ErrNotJournal, got %v", name, err)
		}
	}
	whole := journal(1, 1, 1, 1, 1, 1)
	if _, err := ReadHeader(bytes.NewReader(whole[:100]), int64(len(whole))); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a file that shrank: want io.ErrUnexpectedEOF, got %v", err)
	}
}

func TestReadHeaderUnknownFlags(t *testing.T) {
	data := journal(1, 3, 9, 7, 1_700_000_000_000_000, 1_700_000_001_000_000)
	binary.LittleEndian.PutUint32(data[12:], 1<<4|1<<30)
	binary.LittleEndian.PutUint32(data[8:], 1|1<<9)
	binary.LittleEndian.PutUint64(data[96:], 4096)
	data[16] = 77
	h, err := ReadHeader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	got := []any{h.Incompatible.String(), h.Compatible.String(), h.State.String(), h.Truncated, h.HeadTime(), h.TailTime().Sub(h.HeadTime())}
	want := []any{"COMPACT 0x40000000", "SEALED 0x200", "0x4d", true, time.Unix(1_700_000_000, 0).UTC(), time.Second}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("header (-want +got):\n%s", diff)
	}
}

func TestParseName(t *testing.T) {
	id, err := ParseID("1e97552bca344be3b1171d8026c4d1e6")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]Name{
		"system.journal":    {Family: System},
		"user-1000.journal": {Family: "user-1000"},
		"system@1e97552bca344be3b1171d8026c4d1e6-0000000000000b58-000660f5cd949e1a.journal": {
			Family: System, Life: ArchivedName, SeqnumID: id, HeadSeqnum: 0xb58, Realtime: 0x660f5cd949e1a,
		},
		"user-1000@0005ebbfe89faec4-a5e890e7b00bedd1.journal~": {Family: "user-1000", Life: Disposed, Realtime: 0x5ebbfe89faec4},
	} {
		got, ok := ParseName(name)
		if diff := cmp.Diff(want, got); !ok || diff != "" {
			t.Errorf("%s: ok %v (-want +got):\n%s", name, ok, diff)
		}
	}
	for _, name := range []string{"", ".journal", "system.journal~", "fss", "system@.journal", "system@1-2.journal", "@0005ebbfe89faec4-a5e890e7b00bedd1.journal~"} {
		if got, ok := ParseName(name); ok {
			t.Errorf("%q: want no journal name, got %+v", name, got)
		}
	}
}

func TestScanListsWhatItCannotRead(t *testing.T) {
	files := fstest.MapFS{
		machine + "/system.journal":       {Data: journal(1, 1, 5, 5, 10, 20)},
		machine + "/user-7.journal":       {Data: []byte("half a file")},
		machine + ".audit/system.journal": {Data: journal(2, 1, 5, 5, 10, 20)},
		"remote/remote-a.journal":         {Data: journal(3, 1, 5, 5, 10, 20)},
		machine + "/fss":                  {Data: []byte("no journal")},
	}
	inv, err := Scan(files, ".")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, file := range inv.Files {
		got = append(got, file.Path+"|"+file.Machine.String()+"|"+file.Namespace)
	}
	want := []string{
		machine + "/system.journal|" + machine + "|",
		machine + ".audit/system.journal|" + machine + "|audit",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	if len(inv.Unread) != 1 || !errors.Is(inv.Unread[0].Err, ErrNotJournal) {
		t.Errorf("want user-7.journal refused, got %v", inv.Unread)
	}
	if _, err := Scan(files, "absent"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("want fs.ErrNotExist, got %v", err)
	}
}

func TestEpochAtTheOldEdge(t *testing.T) {
	// Numbers 1 to 99 expired. The oldest user file reaches further back than
	// the oldest system file, which is legal; 250 to 259 are missing behind both.
	files := fstest.MapFS{
		machine + "/system@00000000000000000000000000000001-00000000000000c8-0000000000000001.journal": {Data: journal(1, 200, 249, 45, 200, 249)},
		machine + "/system.journal":    {Data: journal(1, 260, 300, 41, 260, 300)},
		machine + "/user-1000.journal": {Data: journal(2, 100, 245, 10, 100, 245)},
	}
	inv, err := Scan(files, ".")
	if err != nil {
		t.Fatal(err)
	}
	if len(inv.Epochs) != 1 {
		t.Fatalf("want one epoch, got %d", len(inv.Epochs))
	}
	epoch := inv.Epochs[0]
	got := []any{epoch.Vacuumed, epoch.Deficit, epoch.ProvenDeficit, len(epoch.Gaps)}
	// At most ten of the user's entries lie from 200 on: 101 - 45 - 41 - 10.
	want := []any{true, int64(201 - 96), uint64(5), 1}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("epoch (-want +got):\n%s", diff)
	}
	if lost := epoch.Gaps[0].Lost(); lost != 10 {
		t.Errorf("the gap lost %d entries, want 10", lost)
	}
}

func FuzzReadHeader(f *testing.F) {
	f.Add(journal(1, 1, 5, 5, 10, 20))
	f.Add(journal(1, 1, 5, 5, 10, 20)[:headerMin])
	f.Add([]byte(magic))
	f.Fuzz(func(t *testing.T, data []byte) {
		h, err := ReadHeader(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			return
		}
		if len(data) < headerMin || !bytes.HasPrefix(data, []byte(magic)) {
			t.Error("accepted what is no journal")
		}
		if h.HeadRealtime != 0 && h.HeadRealtime <= 1<<62 && uint64(h.HeadTime().UnixMicro()) != h.HeadRealtime {
			t.Errorf("time of %d is %v", h.HeadRealtime, h.HeadTime())
		}
		files := fstest.MapFS{machine + "/system.journal": {Data: data}, machine + "/user-1.journal": {Data: data}}
		inv, err := Scan(files, ".")
		if err != nil || len(inv.Files) != 2 {
			t.Errorf("scan found %d files: %v", len(inv.Files), err)
		}
	})
}

func FuzzParseName(f *testing.F) {
	f.Add("system@1e97552bca344be3b1171d8026c4d1e6-0000000000000b58-000660f5cd949e1a.journal")
	f.Add("user-1000@0005ebbfe89faec4-a5e890e7b00bedd1.journal~")
	f.Fuzz(func(t *testing.T, name string) {
		n, ok := ParseName(name)
		if ok && (n.Family == "" || !strings.HasPrefix(name, n.Family)) {
			t.Errorf("%q: family %q", name, n.Family)
		}
	})
}
