// Package utmp reads wtmp and btmp: the times of the first and the last record, and of
// the boots, shutdowns and clock changes between them, from which downtime follows.
//
// Both layouts of glibc are known, and found out from the content: 384 bytes with times
// of 32 bits, as on x86-64, and 400 bytes with times of 64 bits, as on aarch64. Nothing
// is kept of who logged in and from where. lastlog, which is overwritten in place and
// proves nothing about the past, is left out. The package reads only what is passed to
// it and asks no clock.
package utmp

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"
)

// Layout is the form of the records.
type Layout string

// The layouts. Empty stands for a file without a whole record.
const (
	Layout384 Layout = "384" // int32 seconds at 340, microseconds at 344
	Layout400 Layout = "400" // int64 seconds at 344, microseconds at 352
)

// ErrNotUTMP means that the records are of neither layout.
var ErrNotUTMP = errors.New("not a utmp file")

// Kind is what an event says about the host.
type Kind string

// The kinds of events.
const (
	Boot     Kind = "boot"
	Shutdown Kind = "shutdown"
	// OldTime and NewTime stand before and behind a change of the clock.
	OldTime Kind = "old_time"
	NewTime Kind = "new_time"
)

// Event is a record about the host itself.
type Event struct {
	Kind Kind      `json:"kind"`
	At   time.Time `json:"at"` // UTC
	// Previous is the time of the plausible record before, of any type; zero if there
	// is none.
	Previous time.Time `json:"previous,omitzero"`
}

// Reading is what is known of a file.
type Reading struct {
	Layout Layout
	// First and Last are the times of the first and the last record that can be
	// believed, in the order of the file, in UTC; zero if there is none.
	First, Last time.Time
	Records     int // whole ones, empty ones included
	// Partial is the number of bytes behind the last whole record.
	Partial int
	// Implausible counts the records whose times lie before 2000 or after 2200. Whether
	// a time lies in the future the caller has to see.
	Implausible int
	// Empty counts the records of type EMPTY without a time, which say nothing.
	Empty int
	// Backward counts the records that lie more than five minutes before the one before
	// them. btmp and wtmp are appended to, so the clock was set back there.
	Backward int
	// Events are the boots, shutdowns and clock changes in the order of the file, at
	// most 4096; of more the latest are kept, and Dropped counts the others.
	Events  []Event
	Dropped int
}

// The types of records of utmp.h that are about the host.
const (
	typeEmpty    = 0
	typeRunLevel = 1
	typeBoot     = 2
	typeNewTime  = 3
	typeOldTime  = 4
	typeLast     = 9 // ACCOUNTING
)

const (
	maxEvents     = 4096
	firstTrueYear = 2000
	lastTrueYear  = 2200
	stepLimit     = 5 * time.Minute
	sampleRecords = 16
)

// record is what is read of one entry.
type record struct {
	kind     int
	user     []byte // of the buffer, not to be kept
	seconds  int64
	microsec int64
}

// fields of the two layouts; type and user stand at the same places in both.
func (l Layout) size() int {
	if l == Layout400 {
		return 400
	}
	return 384
}

func (l Layout) parse(raw []byte) record {
	user := raw[44:76]
	if end := bytes.IndexByte(user, 0); end >= 0 {
		user = user[:end]
	}
	r := record{kind: int(int16(binary.LittleEndian.Uint16(raw))), user: user}
	if l == Layout400 {
		r.seconds = int64(binary.LittleEndian.Uint64(raw[344:]))
		r.microsec = int64(binary.LittleEndian.Uint64(raw[352:]))
		return r
	}
	// 32 bits without a sign reach to 2106, and glibc will read them so.
	r.seconds = int64(binary.LittleEndian.Uint32(raw[340:]))
	r.microsec = int64(int32(binary.LittleEndian.Uint32(raw[344:])))
	return r
}

// time gives the time of a record, zero if no host can have written it.
func (r record) time() time.Time {
	if r.seconds <= 0 || r.seconds > 1<<33 {
		return time.Time{}
	}
	micro := r.microsec
	if micro < 0 || micro >= 1e6 {
		micro = 0
	}
	t := time.Unix(r.seconds, micro*1000).UTC()
	if t.Year() < firstTrueYear || t.Year() > lastTrueYear {
		return time.Time{}
	}
	return t
}

// Read reads a file of size bytes from its beginning. It keeps one record at a time. The
// error is ErrNotUTMP where the records are of no known layout, otherwise that of r,
// with the reading of what came before.
func Read(r io.Reader, size int64) (Reading, error) {
	in := bufio.NewReaderSize(io.LimitReader(r, size), 64<<10)
	sample, err := in.Peek(int(max(0, min(size, sampleRecords*400))))
	if err != nil && !errors.Is(err, io.EOF) {
		return Reading{}, fmt.Errorf("read utmp: %w", err)
	}
	var reading Reading
	if len(sample) < Layout384.size() {
		reading.Partial = len(sample)
		return reading, nil
	}
	if reading.Layout = detect(sample, size); reading.Layout == "" {
		return Reading{}, fmt.Errorf("read utmp: %w", ErrNotUTMP)
	}
	raw := make([]byte, reading.Layout.size())
	for {
		n, err := io.ReadFull(in, raw)
		if err != nil {
			reading.drop()
			reading.Partial = n
			if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
				return reading, nil
			}
			return reading, fmt.Errorf("read utmp: %w", err)
		}
		reading.take(reading.Layout.parse(raw))
	}
}

// detect chooses the layout by which more of the first records have a known type and a
// time that can be; where they are alike, the size of the file decides, and then the
// older layout. It is empty where less than half of the records make sense.
func detect(sample []byte, size int64) Layout {
	sense := func(l Layout) (good, all int) {
		for at := 0; at+l.size() <= len(sample); at += l.size() {
			r := l.parse(sample[at:])
			all++
			if r.kind >= typeEmpty && r.kind <= typeLast && (!r.time().IsZero() || r.seconds >= 0 && r.seconds < 1<<30) {
				good++
			}
			if r.kind > typeEmpty && r.kind <= typeLast && !r.time().IsZero() {
				good++ // counts twice: zeros make sense in any layout
			}
		}
		return good, 2 * all
	}
	small, smallAll := sense(Layout384)
	large, largeAll := sense(Layout400)
	if 4*small < smallAll && (largeAll == 0 || 4*large < largeAll) {
		return ""
	}
	smallShare, largeShare := small*max(largeAll, 1), large*smallAll
	switch {
	case largeAll == 0 || smallShare > largeShare:
		return Layout384
	case largeShare > smallShare:
		return Layout400
	case size%int64(Layout400.size()) == 0 && size%int64(Layout384.size()) != 0:
		return Layout400
	}
	return Layout384
}

// take adds a record.
func (g *Reading) take(r record) {
	g.Records++
	if r.kind == typeEmpty && r.seconds == 0 {
		g.Empty++
		return
	}
	at := r.time()
	if at.IsZero() {
		g.Implausible++
		return
	}
	previous := g.Last
	if g.First.IsZero() {
		g.First = at
	} else if at.Before(previous.Add(-stepLimit)) {
		g.Backward++
	}
	g.Last = at
	var kind Kind
	switch {
	case r.kind == typeBoot:
		kind = Boot
	case r.kind == typeRunLevel && string(r.user) == "shutdown":
		kind = Shutdown
	case r.kind == typeOldTime:
		kind = OldTime
	case r.kind == typeNewTime:
		kind = NewTime
	default:
		return
	}
	g.Events = append(g.Events, Event{kind, at, previous})
	if len(g.Events) >= 2*maxEvents {
		g.drop()
	}
}

// drop forgets the oldest events.
func (g *Reading) drop() {
	if surplus := len(g.Events) - maxEvents; surplus > 0 {
		g.Events = slices.Delete(g.Events, 0, surplus)
		g.Dropped += surplus
	}
}

// Down is a time in which the host was off, by its own account.
type Down struct {
	From, To time.Time
	// Clean says that a shutdown was recorded; otherwise From is the last record of the
	// boot before, and the host may have run on behind it without a login.
	Clean bool
}

// Downtime derives the times off from the events of a file, or of several, in order:
// from a shutdown to the next boot, or, without one, from the record before the boot. A
// boot with a time before that of the shutdown is left out, since the clock was wrong at
// one of them, and so is one before which nothing is known: who joins the events of
// rotated files sets Previous of such a boot to Last of the file before.
func Downtime(events []Event) []Down {
	var downs []Down
	var off time.Time // the last shutdown that no boot followed
	for _, e := range events {
		switch e.Kind {
		case Shutdown:
			off = e.At
		case Boot:
			down := Down{From: off, To: e.At, Clean: !off.IsZero()}
			if off.IsZero() {
				down.From = e.Previous
			}
			off = time.Time{}
			if !down.From.IsZero() && down.From.Before(down.To) {
				downs = append(downs, down)
			}
		case OldTime, NewTime:
		}
	}
	return downs
}
