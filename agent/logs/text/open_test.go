package text

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"
)

// pack runs a program of compression, which is the oracle for what it writes.
func pack(t testing.TB, data []byte, command string, args ...string) []byte {
	t.Helper()
	if _, err := exec.LookPath(command); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%v: install it", err)
		}
		t.Skip(err)
	}
	cmd := exec.CommandContext(t.Context(), command, args...)
	cmd.Stdin = bytes.NewReader(data)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v", command, err)
	}
	return out
}

func TestOpen(t *testing.T) {
	zone := location(t, "Asia/Shanghai")
	random := rand.New(rand.NewPCG(4, 4))
	data, gaps := generate(random, layouts["iso"], 700<<10, autumn(), zone)
	o := Options{Zone: zone, ModTime: autumn()}
	want := scan(t, data, o, random)
	if diff := cmp.Diff(gaps, want.Gaps); diff != "" {
		t.Fatalf("gaps (-want +got):\n%s", diff)
	}
	for _, test := range []struct {
		codec   Codec
		command []string
		fine    bool // a cut archive gives most of what is before the cut
	}{
		{Plain, []string{"cat"}, false},
		{Gzip, []string{"gzip", "-c"}, true},
		{XZ, []string{"xz", "-c"}, false},
		{XZ, []string{"xz", "-c", "-0", "--check=none"}, true},
		{XZ, []string{"xz", "-c", "--check=crc32"}, false},
		{XZ, []string{"xz", "-c", "--check=sha256", "-9"}, false},
		{XZ, []string{"xz", "-c", "--block-size=65536", "-T2"}, true},
		{Bzip2, []string{"bzip2", "-c", "-1"}, true},
		{Zstd, []string{"zstd", "-c", "-q"}, true},
		{Zstd, []string{"zstd", "-c", "-q", "-19", "--long=26"}, true},
	} {
		packed := pack(t, data, test.command[0], test.command[1:]...)
		for _, twice := range []bool{false, true} {
			want, packed := data, packed
			if twice { // as after >>
				want, packed = append(bytes.Clone(data), data...), append(bytes.Clone(packed), packed...)
			}
			opened, codec, err := Open(bytes.NewReader(packed))
			if err != nil {
				t.Fatalf("%v: %v", test.command, err)
			}
			got, err := io.ReadAll(opened)
			if err != nil || codec != test.codec || !bytes.Equal(want, got) {
				t.Errorf("%v, twice %v: want %d bytes of %s, got %d of %s, %v", test.command, twice, len(want), test.codec, len(got), codec, err)
			}
			if err := opened.Close(); err != nil {
				t.Errorf("%v: close: %v", test.command, err)
			}
		}
		opened, _, err := Open(bytes.NewReader(packed))
		if err != nil {
			t.Fatal(err)
		}
		s, err := NewScanner(o)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.CopyBuffer(s, opened, make([]byte, 10_007)); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, s.Reading()); diff != "" {
			t.Errorf("%v (-want +got):\n%s", test.command, diff)
		}
		opened.Close()
		if test.codec != Plain {
			truncated(t, test.codec, packed, data, test.fine)
		}
	}
	opened, codec, err := Open(bytes.NewReader(nil))
	if err != nil || codec != Plain {
		t.Fatalf("empty: %s, %v", codec, err)
	}
	if got, err := io.ReadAll(opened); err != nil || len(got) != 0 {
		t.Errorf("empty: %q, %v", got, err)
	}
}

// truncated cuts an archive at many places.
func truncated(t *testing.T, codec Codec, packed, data []byte, fine bool) {
	t.Helper()
	most := 0
	for cut := 6; cut < len(packed)-16; cut += 1 + len(packed)/23 {
		opened, _, err := Open(bytes.NewReader(packed[:cut]))
		var got []byte
		if err == nil {
			got, err = io.ReadAll(opened)
			opened.Close()
		}
		if !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%s cut at %d of %d: want an unexpected end, got %v", codec, cut, len(packed), err)
		}
		if !bytes.HasPrefix(data, got) {
			t.Errorf("%s cut at %d: what was read is not the beginning", codec, cut)
		}
		most = max(most, len(got))
	}
	if fine && most < len(data)/2 {
		t.Errorf("%s: want more than half of %d bytes before a cut, got %d", codec, len(data), most)
	}
}

func TestDamagedArchives(t *testing.T) {
	data := bytes.Repeat([]byte("2026-11-01 10:00:00 what\n"), 5000)
	var b bytes.Buffer
	w, err := xz.NewWriter(&b)
	if err != nil {
		t.Fatal(err)
	}
	w.Write(data) //nolint:errcheck // into memory
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	read := func(packed []byte) ([]byte, error) {
		opened, _, err := Open(bytes.NewReader(packed))
		if err != nil {
			return nil, err
		}
		defer opened.Close()
		return io.ReadAll(opened)
	}
	if _, err := read(b.Bytes()); err != nil {
		t.Fatal(err)
	}
	for at := 6; at < b.Len(); at++ {
		damaged := bytes.Clone(b.Bytes())
		damaged[at] ^= 0x21
		// Sizes that the decoder does not need are not compared; the content is.
		if got, err := read(damaged); err == nil && !bytes.Equal(data, got) {
			t.Errorf("byte %d of %d damaged: want an error or the content", at, b.Len())
		}
	}
	// A block that demands 4 GiB, with a true checksum.
	greedy := bytes.Clone(b.Bytes())
	header := greedy[12 : 12+(int(greedy[12])+1)*4]
	at := bytes.IndexByte(header[2:], lzma2Filter) + 4
	header[at] = 40
	binary.LittleEndian.PutUint32(header[len(header)-4:], crc32.ChecksumIEEE(header[:len(header)-4]))
	if _, err := read(greedy); !errors.Is(err, ErrDictionary) {
		t.Errorf("xz of 4 GiB: want %v, got %v", ErrDictionary, err)
	}
	wide := pack(t, bytes.Repeat(data, 1600), "zstd", "-c", "-q", "--long=28", "--stream-size=200000000")
	if _, err := read(wide); !errors.Is(err, ErrDictionary) {
		t.Errorf("zstd of 256 MiB: want %v, got %v", ErrDictionary, err)
	}
}

func FuzzOpen(f *testing.F) {
	plain := []byte("2026-11-01 10:00:00 what\n")
	f.Add(plain)
	f.Add([]byte("BZh91AY&SY"))
	var b bytes.Buffer
	g := gzip.NewWriter(&b)
	g.Write(plain) //nolint:errcheck // into memory
	g.Close()
	f.Add(b.Bytes())
	encoder, err := zstd.NewWriter(nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(encoder.EncodeAll(plain, nil))
	b.Reset()
	x, err := xz.NewWriter(&b)
	if err != nil {
		f.Fatal(err)
	}
	x.Write(plain) //nolint:errcheck // into memory
	x.Close()
	f.Add(b.Bytes())
	f.Fuzz(func(t *testing.T, data []byte) {
		opened, codec, err := Open(bytes.NewReader(data))
		if err != nil {
			return
		}
		got, err := io.ReadAll(io.LimitReader(opened, 1<<20))
		if codec == Plain && (err != nil || !bytes.Equal(data, got)) {
			t.Errorf("plain: want what was put in, got %q, %v", got, err)
		}
		opened.Close()
	})
}
