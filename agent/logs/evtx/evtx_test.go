package evtx

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func hour(n int) time.Time {
	return time.Date(2026, 10, 1, 0, 0, 0, 123_456_700, time.UTC).Add(time.Duration(n) * time.Hour)
}

// file writes an event log of chunks in the given order, without their records between
// the first and the last.
func file(dirty bool, chunks ...chunk) []byte {
	out := make([]byte, headerSize)
	copy(out, fileMagic)
	if dirty {
		out[120] = 1
	}
	binary.LittleEndian.PutUint16(out[42:], uint16(len(chunks)))
	for _, c := range chunks {
		raw := make([]byte, chunkSize)
		copy(raw, chunkMagic)
		binary.LittleEndian.PutUint64(raw[24:], c.first)
		binary.LittleEndian.PutUint64(raw[32:], c.last)
		last := firstRecord
		if c.last != c.first {
			last = 60_000
		}
		binary.LittleEndian.PutUint32(raw[44:], uint32(last))
		for at, id := range map[int]uint64{firstRecord: c.first, last: c.last} {
			copy(raw[at:], recordMagic)
			binary.LittleEndian.PutUint64(raw[at+8:], id)
			when := c.firstAt
			if id == c.last {
				when = c.lastAt
			}
			binary.LittleEndian.PutUint64(raw[at+16:], uint64(when.UnixNano()/100)+116_444_736_000_000_000)
		}
		out = append(out, raw...)
	}
	return out
}

func TestRead(t *testing.T) {
	one, two, three := chunk{100, 180, hour(0), hour(5)}, chunk{181, 250, hour(6), hour(9)}, chunk{251, 251, hour(10), hour(10)}
	far := chunk{300, 310, hour(20), hour(21)}
	for _, test := range []struct {
		name string
		data []byte
		want Reading
	}{
		{"empty", file(false), Reading{}},
		{"in order", file(true, one, two, three), Reading{First: hour(0), Last: hour(10), FirstID: 100, LastID: 251, Dirty: true, Chunks: 3}},
		{"in a circle", file(true, three, one, two), Reading{First: hour(0), Last: hour(10), FirstID: 100, LastID: 251, Dirty: true, Chunks: 3}},
		{"a chunk is missing", file(true, one, three), Reading{
			First: hour(0), Last: hour(10), FirstID: 100, LastID: 251, Dirty: true, Chunks: 2,
			Gaps: []Gap{{hour(5), hour(10), 70}},
		}},
		{"two holes", file(true, far, one, three), Reading{
			First: hour(0), Last: hour(21), FirstID: 100, LastID: 310, Dirty: true, Chunks: 3,
			Gaps: []Gap{{hour(5), hour(10), 70}, {hour(10), hour(20), 48}},
		}},
		{"the same twice", file(true, one, one, two), Reading{First: hour(0), Last: hour(9), FirstID: 100, LastID: 250, Dirty: true, Chunks: 3}},
		{"an impossible time", file(true, chunk{100, 180, time.Unix(0, 0), hour(5)}, two), Reading{
			First: hour(5), Last: hour(9), FirstID: 100, LastID: 250, Dirty: true, Chunks: 2, Implausible: 1,
		}},
		{"numbers the wrong way", file(true, chunk{180, 100, hour(0), hour(5)}, two), Reading{
			First: hour(6), Last: hour(9), FirstID: 181, LastID: 250, Dirty: true, Chunks: 1, Damaged: 1,
		}},
		{"too many numbers", file(true, chunk{1, 1 << 40, hour(0), hour(5)}), Reading{Dirty: true, Damaged: 1}},
		{"no record yet", file(true, one, chunk{^uint64(0), ^uint64(0), hour(0), hour(0)}), Reading{First: hour(0), Last: hour(5), FirstID: 100, LastID: 180, Dirty: true, Chunks: 1}},
	} {
		got, err := Read(bytes.NewReader(test.data), int64(len(test.data)))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}

// TestLeftChunks are what a clean log holds behind its count: only a dirty one, whose
// count lags, is read to its end.
func TestLeftChunks(t *testing.T) {
	for dirty, want := range map[bool]uint64{false: 180, true: 250} {
		data := file(dirty, chunk{100, 180, hour(0), hour(5)}, chunk{181, 250, hour(6), hour(9)})
		binary.LittleEndian.PutUint16(data[42:], 1)
		got, err := Read(bytes.NewReader(data), int64(len(data)))
		if err != nil || got.LastID != want {
			t.Errorf("dirty %v: want %d, got %d, %v", dirty, want, got.LastID, err)
		}
	}
}

func TestErrors(t *testing.T) {
	if _, err := Read(bytes.NewReader(nil), 0); !errors.Is(err, ErrNotEVTX) {
		t.Errorf("empty: %v", err)
	}
	if _, err := Read(bytes.NewReader(make([]byte, 1<<16)), 1<<16); !errors.Is(err, ErrNotEVTX) {
		t.Errorf("zeros: %v", err)
	}
	data := file(true, chunk{100, 180, hour(0), hour(5)})
	if _, err := Read(bytes.NewReader(data[:5000]), int64(len(data))); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a file that became shorter: %v", err)
	}
	// A file that was cut says what is still there.
	got, err := Read(bytes.NewReader(data[:headerSize+1000]), headerSize+1000)
	if err != nil || got.Damaged != 1 {
		t.Errorf("cut: %+v, %v", got, err)
	}
}

// TestRealFiles reads the samples of velociraptor; what is wanted was read from their
// chunk headers with another program.
func TestRealFiles(t *testing.T) {
	shared := os.Getenv("YUNJIAN_SHARED")
	if shared == "" {
		shared = "../../../../shared"
	}
	dir := filepath.Join(shared, "data", "logs", "evtx")
	files, err := filepath.Glob(filepath.Join(dir, "*.evtx"))
	if err != nil || len(files) == 0 {
		if os.Getenv("CI") == "true" {
			t.Fatalf("no event logs in %s: %v; set YUNJIAN_SHARED", dir, err)
		}
		t.Skipf("no event logs in %s: %v", dir, err)
	}
	at := func(text string) time.Time {
		when, err := time.Parse("2006-01-02 15:04:05.9999999", text)
		if err != nil {
			t.Fatal(err)
		}
		return when
	}
	want := map[string]Reading{
		"DE_104_system_log_cleared.evtx":             {FirstID: 1, LastID: 1, NextID: 2, Chunks: 1, Implausible: 2}, // its time is zero
		"EID4104_PowershellScriptblock.evtx":         {First: at("2019-12-02 11:39:33.7351246"), Last: at("2019-12-02 11:39:38.1726825"), FirstID: 1, LastID: 2, NextID: 3, Chunks: 1},
		"Microsoft-Windows-Sysmon_4Operational.evtx": {First: at("2020-05-24 01:13:48.8475343"), Last: at("2020-05-24 01:14:19.0052597"), FirstID: 1, LastID: 7, NextID: 8, Chunks: 1},
		"RDPAuth_LocalSessionManager.evtx":           {First: at("2021-02-12 12:32:43.3403792"), Last: at("2021-02-12 12:34:41.1463972"), FirstID: 164, LastID: 180, NextID: 166, Dirty: true, Chunks: 1},
		"RDPAuth_System.evtx":                        {First: at("2021-02-12 12:32:31.0354251"), Last: at("2021-02-12 12:34:41.4893281"), FirstID: 15392, LastID: 15577, NextID: 15426, Dirty: true, Chunks: 2},
		"Security_1_record.evtx":                     {First: at("2019-02-09 17:05:24.6727578"), Last: at("2019-02-09 17:05:24.6727578"), FirstID: 33072, LastID: 33072, NextID: 33072, Dirty: true, Chunks: 1},
	}
	if len(files) != len(want) {
		t.Errorf("want %d files, got %d", len(want), len(files))
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Read(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(want[filepath.Base(name)], got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(file(true, chunk{100, 180, hour(0), hour(5)})[:headerSize+600])
	f.Add(file(false)[:headerSize])
	f.Add(append(file(true), chunkMagic...))
	f.Fuzz(func(t *testing.T, data []byte) {
		// Most of a file is zeros: the data is the header and then the chunk.
		whole := make([]byte, headerSize+2*chunkSize)
		copy(whole, fileMagic)
		copy(whole[headerSize:], chunkMagic)
		n := copy(whole[8:128], data)
		copy(whole[headerSize+8:], data[n:])
		got, err := Read(bytes.NewReader(whole), int64(len(whole)))
		if err != nil {
			t.Fatal(err)
		}
		if got.LastID < got.FirstID || got.Chunks > 2 {
			t.Errorf("%+v", got)
		}
		if _, err := Read(bytes.NewReader(data), int64(len(data))); err != nil && !errors.Is(err, ErrNotEVTX) {
			t.Error(err)
		}
	})
}
