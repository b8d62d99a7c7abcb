package text

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"

	"github.com/klauspost/compress/gzip"
)

// busyLog is 32 MiB of a day, as a busy host writes it.
func busyLog(b *testing.B, serials bool) []byte {
	b.Helper()
	random := rand.New(rand.NewPCG(1, 1))
	var log bytes.Buffer
	at := date("2026-10-31 00:00:00")
	for i := 0; log.Len() < 32<<20; i++ {
		if serials {
			fmt.Fprintf(&log, "type=SYSCALL msg=audit(%d.%03d:%d): arch=c000003e syscall=%d success=yes exit=0 ppid=%d pid=%d auid=1000 comm=\"sh\" exe=\"/bin/sh\"\n",
				at.Unix()+int64(i/4), i%1000, i, random.IntN(300), random.IntN(30000), random.IntN(30000))
			continue
		}
		fmt.Fprintf(&log, "%s host sshd[%d]: Failed password for root from 10.%d.%d.%d port %d ssh2\n",
			at.Format("2006-01-02T15:04:05.000000+08:00"), random.IntN(30000), random.IntN(250), random.IntN(250), random.IntN(250), random.IntN(60000))
		at = at.Add(200_000_000)
	}
	return log.Bytes()
}

func BenchmarkScanner(b *testing.B) {
	for _, serials := range []bool{false, true} {
		b.Run(fmt.Sprintf("serials=%v", serials), func(b *testing.B) {
			data := busyLog(b, serials)
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				s, err := NewScanner(Options{ModTime: autumn(), Serials: serials})
				if err != nil {
					b.Fatal(err)
				}
				s.Write(data) //nolint:errcheck // it never fails
				if r := s.Reading(); r.Unparsed || len(r.Gaps) != 0 {
					b.Fatalf("%+v", r)
				}
			}
		})
	}
}

// BenchmarkArchive is what the agent does with a rotated file, and its parts.
func BenchmarkArchive(b *testing.B) {
	data := busyLog(b, false)
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	w.Write(data) //nolint:errcheck // into memory
	if err := w.Close(); err != nil {
		b.Fatal(err)
	}
	for _, part := range []string{"gzip", "gzip+scanner", "gzip+scanner+sha256"} {
		b.Run(part, func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				opened, _, err := Open(bytes.NewReader(packed.Bytes()))
				if err != nil {
					b.Fatal(err)
				}
				s, err := NewScanner(Options{ModTime: autumn()})
				if err != nil {
					b.Fatal(err)
				}
				target := io.Discard
				switch part {
				case "gzip+scanner":
					target = s
				case "gzip+scanner+sha256":
					target = io.MultiWriter(s, sha256.New())
				}
				if _, err := io.CopyBuffer(target, opened, make([]byte, 256<<10)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
