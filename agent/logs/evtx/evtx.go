// Package evtx reads the headers of Windows event logs: the numbers and times of the
// oldest and the newest record, and the holes in the numbering. It needs no Windows.
//
// A file is a header of 4 KiB and chunks of 64 KiB, each of which says the numbers of
// its first and last record. The chunks are used in a circle, so the oldest may be in
// the middle. The header of a file that is open lags behind (the dirty flag), so the
// chunks are believed. The records themselves are left out, but for number and time of
// the first and the last of a chunk. The package reads only what is passed to it, and
// asks no clock. (The layout is that of libyal's libevtx documentation.)
package evtx

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"
)

const (
	fileMagic   = "ElfFile\x00"
	chunkMagic  = "ElfChnk\x00"
	recordMagic = "**\x00\x00"
	headerSize  = 4096
	chunkSize   = 64 << 10
	firstRecord = 512 // of a chunk
	recordHead  = 24  // magic, size, number, time

	firstTrueYear = 2000
	lastTrueYear  = 2200
	// maxGaps bounds the memory; further holes join the last.
	maxGaps = 1024
)

// ErrNotEVTX means that the bytes are not the header of an event log.
var ErrNotEVTX = errors.New("not an event log")

// Gap is a run of record numbers that are in no chunk.
type Gap struct {
	// From and To are the times of the records before and behind it, zero if not known.
	From, To time.Time
	Missing  uint64 // records
}

// Reading is what is known of a file.
type Reading struct {
	// First and Last are the times of the records with the lowest and the highest number,
	// in UTC; zero if there is none whose time can be believed.
	First, Last time.Time
	// FirstID and LastID are those numbers; both 0 in an empty log.
	FirstID, LastID uint64
	// NextID is the number of the next record by the header of the file, which lags in a
	// dirty one.
	NextID uint64
	// Dirty says that the file is open, or was not closed; Full that a log which is not
	// overwritten takes no more records.
	Dirty, Full bool
	// Chunks counts those with records, Damaged those whose header contradicts itself.
	Chunks, Damaged int
	// Implausible counts the times looked at that lie before 2000 or after 2200.
	Implausible int
	// Gaps are the holes in the numbers, in order, at most 1024: of more the last one
	// holds the rest.
	Gaps []Gap
}

// chunk is what one says of its records.
type chunk struct {
	first, last     uint64
	firstAt, lastAt time.Time
}

// Read reads the headers of a file of size bytes: some 600 bytes a chunk. The error is
// ErrNotEVTX where the signature is wrong, otherwise that of r.
func Read(r io.ReaderAt, size int64) (Reading, error) {
	var header [128]byte
	if size < headerSize {
		return Reading{}, fmt.Errorf("read event log: %d bytes: %w", size, ErrNotEVTX)
	}
	if err := readFull(r, header[:], 0); err != nil {
		return Reading{}, fmt.Errorf("read event log: %w", err)
	}
	if string(header[:8]) != fileMagic {
		return Reading{}, fmt.Errorf("read event log: signature is %q: %w", header[:8], ErrNotEVTX)
	}
	flags := binary.LittleEndian.Uint32(header[120:])
	reading := Reading{
		NextID: binary.LittleEndian.Uint64(header[24:]),
		Dirty:  flags&1 != 0,
		Full:   flags&2 != 0,
	}
	end := size
	if count := int64(binary.LittleEndian.Uint16(header[42:])); !reading.Dirty && count > 0 {
		// What lies behind was left there when the log was cleared.
		end = min(end, headerSize+count*chunkSize)
	}
	var chunks []chunk
	for at := int64(headerSize); at+firstRecord+recordHead <= end; at += chunkSize {
		c, ok, err := reading.chunk(r, at, min(chunkSize, size-at))
		if err != nil {
			return Reading{}, fmt.Errorf("read event log: chunk at %d: %w", at, err)
		}
		if ok {
			chunks = append(chunks, c)
		}
	}
	reading.join(chunks)
	return reading, nil
}

// chunk reads the header of a chunk of length bytes, and its first and last record.
func (g *Reading) chunk(r io.ReaderAt, at, length int64) (chunk, bool, error) {
	var raw [firstRecord + recordHead]byte
	if err := readFull(r, raw[:], at); err != nil {
		return chunk{}, false, err
	}
	if string(raw[:8]) != chunkMagic {
		if !bytes.Equal(raw[:8], make([]byte, 8)) { // else it was never used
			g.Damaged++
		}
		return chunk{}, false, nil
	}
	c := chunk{first: binary.LittleEndian.Uint64(raw[24:]), last: binary.LittleEndian.Uint64(raw[32:])}
	if c.first == ^uint64(0) || c.last == ^uint64(0) {
		return chunk{}, false, nil // begun, but without a record yet
	}
	lastAt := int64(binary.LittleEndian.Uint32(raw[44:]))
	// The smallest record has 28 bytes, so no chunk holds more than this.
	const most = chunkSize / 28
	if c.last < c.first || c.last-c.first > most || c.last == 0 || lastAt < firstRecord || lastAt+recordHead > length {
		g.Damaged++
		return chunk{}, false, nil
	}
	var last [recordHead]byte
	if err := readFull(r, last[:], at+lastAt); err != nil {
		return chunk{}, false, err
	}
	c.firstAt = g.record(raw[firstRecord:], c.first)
	c.lastAt = g.record(last[:], c.last)
	g.Chunks++
	return c, true, nil
}

// record gives the time of a record, zero if it is not the one expected.
func (g *Reading) record(raw []byte, id uint64) time.Time {
	if string(raw[:4]) != recordMagic || binary.LittleEndian.Uint64(raw[8:]) != id {
		return time.Time{}
	}
	t := fileTime(binary.LittleEndian.Uint64(raw[16:]))
	if t.IsZero() {
		g.Implausible++
	}
	return t
}

// fileTime turns tenths of microseconds since 1601 to a time, zero if it cannot be.
func fileTime(ticks uint64) time.Time {
	const epoch = 116_444_736_000_000_000 // 1970 in such ticks
	if ticks < epoch || ticks-epoch > 1<<58 {
		return time.Time{}
	}
	since := int64(ticks - epoch)
	t := time.Unix(since/1e7, since%1e7*100).UTC()
	if t.Year() < firstTrueYear || t.Year() > lastTrueYear {
		return time.Time{}
	}
	return t
}

// join orders the chunks by their numbers and finds the holes between them.
func (g *Reading) join(chunks []chunk) {
	slices.SortFunc(chunks, func(a, b chunk) int { return cmp.Or(cmp.Compare(a.first, b.first), cmp.Compare(a.last, b.last)) })
	var lastAt time.Time
	for i, c := range chunks {
		if i == 0 {
			g.FirstID = c.first
		} else if c.first > g.LastID+1 {
			g.gap(Gap{lastAt, c.firstAt, c.first - g.LastID - 1})
		}
		for _, at := range []time.Time{c.firstAt, c.lastAt} {
			if at.IsZero() {
				continue
			}
			if g.First.IsZero() {
				g.First = at
			}
			if c.last >= g.LastID {
				g.Last = at
			}
		}
		if c.last >= g.LastID {
			g.LastID, lastAt = c.last, c.lastAt
		}
	}
}

func (g *Reading) gap(hole Gap) {
	if n := len(g.Gaps); n == maxGaps {
		g.Gaps[n-1].To = hole.To
		g.Gaps[n-1].Missing += hole.Missing
		return
	}
	g.Gaps = append(g.Gaps, hole)
}

func readFull(r io.ReaderAt, p []byte, at int64) error {
	n, err := r.ReadAt(p, at)
	if n == len(p) {
		return nil
	}
	if err == nil || errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return err
}
