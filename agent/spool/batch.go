package spool

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"syscall"
)

// Kind says what the body of a batch is. Its number is part of the file format.
type Kind uint8

// The kinds of batch.
const (
	Metrics  Kind = 1 // a remote-write 1.0 request, snappy-compressed
	Document Kind = 2 // a JSON document
)

// Batch is what one request to the collector carries.
type Batch struct {
	Kind Kind
	Body []byte
	id   ID
}

// A batch on disk is a header and the body; a segment is batches in a row.
//
//	offset 0   "YJB" and the format version, 1
//	offset 4   kind
//	offset 5   three zero bytes
//	offset 8   id, 64 bits, big endian like all numbers here
//	offset 16  length of the body, 32 bits
//	offset 20  CRC-32 (Castagnoli) of bytes 0 to 19 and the body
const (
	magic      = "YJB\x01"
	headerSize = 24
	maxBody    = 64 << 20
)

type header struct {
	kind   Kind
	id     ID
	length uint32
	sum    uint32
}

func appendBatch(to []byte, id ID, b Batch) []byte {
	at := len(to)
	to = append(to, magic...)
	to = append(to, byte(b.Kind), 0, 0, 0)
	to = binary.BigEndian.AppendUint64(to, uint64(id))
	to = binary.BigEndian.AppendUint32(to, uint32(len(b.Body)))
	to = binary.BigEndian.AppendUint32(to, checksum(to[at:], b.Body))
	return append(to, b.Body...)
}

func checksum(head, body []byte) uint32 {
	table := crc32.MakeTable(crc32.Castagnoli)
	return crc32.Update(crc32.Checksum(head[:20], table), table, body)
}

func parseHeader(b []byte) (header, error) {
	if len(b) < headerSize {
		return header{}, errors.New("it ends inside a header")
	}
	if string(b[:4]) != magic {
		return header{}, fmt.Errorf("a batch starts with %q, not %q", b[:4], magic)
	}
	h := header{Kind(b[4]), ID(binary.BigEndian.Uint64(b[8:])), binary.BigEndian.Uint32(b[16:]), binary.BigEndian.Uint32(b[20:])}
	if h.length > maxBody {
		return h, fmt.Errorf("a batch claims %d bytes", h.length)
	}
	return h, nil
}

// parseBatches takes the content of a file apart. Bodies point into data.
func parseBatches(data []byte) ([]Batch, error) {
	var all []Batch
	for len(data) > 0 {
		h, err := parseHeader(data)
		if err != nil {
			return nil, err
		}
		end := headerSize + int(h.length)
		if end > len(data) {
			return nil, errors.New("it ends inside a batch")
		}
		body := data[headerSize:end:end]
		if checksum(data, body) != h.sum {
			return nil, fmt.Errorf("the checksum of batch %d is wrong", h.id)
		}
		all = append(all, Batch{h.kind, body, h.id})
		data = data[end:]
	}
	return all, nil
}

// read returns the batches of a file, checked.
func (s *Spool) read(f file) ([]Batch, error) {
	data, err := os.ReadFile(s.path(f))
	if err != nil {
		return nil, err
	}
	all, err := parseBatches(data)
	if err != nil {
		return nil, s.corrupt(f, err.Error())
	}
	if len(all) != f.count || all[0].id != f.first || all[len(all)-1].id != f.last {
		return nil, s.corrupt(f, "its name does not fit its batches")
	}
	for i := 1; i < len(all); i++ {
		if all[i].id <= all[i-1].id {
			return nil, s.corrupt(f, "its batches are out of order")
		}
	}
	return all, nil
}

// ErrCorrupt means that a file of the spool is not what was written. The text
// names the file and what to do.
var ErrCorrupt = errors.New("spool file is damaged")

func (s *Spool) corrupt(f file, why string) error {
	return fmt.Errorf("%w: %s: %s; check the disk, move the file out of the folder (its %s lost) and start again",
		ErrCorrupt, s.path(f), why, map[bool]string{false: "batch is", true: "batches are"}[f.segment()])
}

// allocated is what a file takes on disk. Some file systems say 0 blocks until
// later, so the size rounded up counts at least.
func allocated(info fs.FileInfo) int64 {
	n := roundUp(info.Size())
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		n = max(n, st.Blocks*512)
	}
	return n
}

func roundUp(size int64) int64 {
	return max(1, (size+blockSize-1)/blockSize) * blockSize
}
