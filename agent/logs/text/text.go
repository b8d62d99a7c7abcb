// Package text finds the oldest and the newest record, and the holes between them, in
// logs that are lines of text: by the times in the lines, of which it knows the formats
// that the programs of a host write, and in whatever compression rotation left them.
//
// It looks at nothing in a line but its time and, of audit records, type and serial
// number, and keeps neither lines nor parts of them. It leaves out which files there are
// and when they are read, which the parent package decides, and whether six months are
// kept, which is decided elsewhere. It asks no clock: a log without years is dated from
// the time of its file.
package text

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"time"
)

// Options are what is known about a file before it is read.
type Options struct {
	// Zone is that of the host, for times that name none; nil is UTC.
	Zone *time.Location
	// ModTime is when the content last changed. It dates logs without years, and
	// records more than a day behind it are not believed. Where it is zero, logs
	// without years count as not understood.
	ModTime time.Time
	// Format is one of Formats or a pattern with %; empty to find out.
	Format string
	// Patience is the smallest silence that is reported; 0 is 24 hours.
	Patience time.Duration
	// Serials says that the serial numbers of audit records are followed.
	Serials bool
}

func (o Options) patience() time.Duration {
	if o.Patience <= 0 {
		return 24 * time.Hour
	}
	return o.Patience
}

// The kinds of gaps: a silence proves nothing by itself, missing serial numbers prove
// that records are missing.
const (
	GapSilence = "silence"
	GapSerial  = "serial"
)

// Gap is a time between two neighbouring records.
type Gap struct {
	Kind     string    // silence or serial
	From, To time.Time // of the records before and behind it
	Missing  uint64    // audit events that are missing, for serial
}

// Serial is what the serial numbers of audit records say. They are consecutive within
// one run of the kernel.
type Serial struct {
	First, Last uint64 // of the first and the last record; both 0 without any
	// Restarts counts the starts of auditd and of the numbering between First and Last.
	// Numbers are not compared over them.
	Restarts int
	// Fresh says that such a start stands before First, so that nothing follows about
	// the file before.
	Fresh bool
}

// Reading is what is known of a file, or of the part of it that was read.
type Reading struct {
	// First and Last are the times of the first and the last record that can be
	// believed, in UTC, by their order in the file; zero if there is none.
	First, Last time.Time
	// Format is the format that the last record was read with, empty if none was found.
	Format string
	// Unparsed says that there is content and no time of it was understood.
	Unparsed bool
	// HeadUntrusted says that records with impossible times stand before First, as
	// those of a host that starts at 1970 until its clock is set. They are counted in
	// Implausible.
	HeadUntrusted bool
	// ForeignZone says that a record names a time zone that is not that of the host and
	// was read as if it were.
	ForeignZone bool
	// Implausible counts the records looked at whose times lie before 2000 or more than
	// a day behind ModTime, Steps the jumps back by more than five minutes, and Records
	// the records looked at, which are not all.
	Implausible, Steps, Records int
	// Gaps are the silences longer than the patience, and the holes in the serial
	// numbers, each kind in order. Of more than 1024 silences the longest are kept.
	Gaps []Gap
	// P999 is the 99.9th percentile of the time between two records, an estimate; 0 if
	// there are fewer than two.
	P999 time.Duration
	// Bytes is the number of plain bytes read.
	Bytes  int64
	Serial Serial
}

const (
	// window is how much is read at either end of a file, tailMax how much at its end if
	// no time is in that.
	window  = 64 << 10
	tailMax = 1 << 20
)

// Head reads at most 64 KiB of plain content, for the first record and the format.
//
// A log without years gets the latest years that fit: only one that spans more than a
// year is older than that, which Survey and Scanner find. An error of r is returned with
// the reading of what came before it.
func Head(r io.Reader, o Options) (Reading, error) {
	f, w, err := o.begin()
	if err != nil {
		return Reading{}, err
	}
	data, readErr := io.ReadAll(io.LimitReader(r, window))
	block := data
	if cut := bytes.LastIndexByte(data, '\n'); len(data) == window && cut >= 0 {
		block = data[:cut+1] // the line behind may be cut within its time
	}
	if f.find == nil {
		f, _ = detect(block)
	}
	w.lines(f, block)
	reading := w.reading()
	reading.Format, reading.Bytes = f.name, int64(len(data))
	if readErr != nil {
		return reading, fmt.Errorf("read head of log: %w", readErr)
	}
	return reading, nil
}

// begin gives the format that the options name, none if it is to be found out, and a
// walk.
func (o Options) begin() (format, walk, error) {
	var f format
	var w walk
	w.configure(o)
	if o.Format == "" {
		return f, w, nil
	}
	f, err := formatByName(o.Format)
	return f, w, err
}

// lines walks over the lines of a block.
func (w *walk) lines(f format, block []byte) {
	if f.find == nil {
		return
	}
	var s stamp
	for line := range bytes.Lines(block) {
		if f.read(trim(line), &s) {
			w.observe(&s, 1)
		}
	}
}

// Tail reads the last 64 KiB of a plain file of size bytes, and the last 1 MiB if no
// time is in those, for the newest record. A last line without an end counts. First is
// that of the part read.
func Tail(r io.ReaderAt, size int64, o Options) (Reading, error) {
	f, w, err := o.begin()
	if err != nil {
		return Reading{}, err
	}
	for _, length := range []int64{min(size, window), min(size, tailMax)} {
		block, err := section(r, size-length, length)
		if err != nil {
			return Reading{}, fmt.Errorf("read tail of log: %w", err)
		}
		read := int64(len(block))
		if length < size {
			block = block[bytes.IndexByte(block, '\n')+1:] // the rest of a line that began before
		}
		found := f
		if f.find == nil {
			found = detectTail(r, block)
		}
		end := w.clone()
		if reading, ok := end.tail(found, f.find == nil, block); ok {
			reading.Bytes = read
			return reading, nil
		}
		if length == size || length == tailMax {
			return Reading{Unparsed: true, Format: f.name, Bytes: read}, nil
		}
	}
	return Reading{Unparsed: true, Format: f.name}, nil
}

// tail walks over the end of a file, whose last lines may have another format.
func (w *walk) tail(f format, free bool, block []byte) (Reading, bool) {
	cut, next := len(block), format{}
	if free {
		cut, next = f.changed(block)
	}
	w.lines(f, block[:cut])
	w.lines(next, block[cut:])
	known := w.Known
	reading := w.reading()
	reading.Format = f.name
	if next.find != nil {
		reading.Format = next.name
	}
	return reading, known
}

// detectTail finds out the format of the end of a file. Whether its times are in UTC as
// those of the W3C extended format is said at its beginning.
func detectTail(r io.ReaderAt, block []byte) format {
	last := block
	for range sampleLines {
		cut := bytes.LastIndexByte(bytes.TrimRight(block[:len(block)-len(last)], "\n"), '\n')
		if last = block[cut+1:]; cut < 0 {
			break
		}
	}
	f, _ := detect(last)
	if f.name == "iso" {
		top := make([]byte, 1024)
		if n, _ := r.ReadAt(top, 0); w3cBlock(top[:n]) {
			f, _ = formatByName("w3c")
		}
	}
	return f
}

// section reads length bytes at an offset. A file that became shorter is an error.
func section(r io.ReaderAt, at, length int64) ([]byte, error) {
	block := make([]byte, length)
	n, err := r.ReadAt(block, at)
	if n == len(block) {
		return block, nil
	}
	if err == nil || errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return nil, err
}
