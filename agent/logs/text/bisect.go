package text

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"
)

// ErrTangled means that bisection would read more than twice what there is of a file,
// since hardly any of its lines has a time: a Scanner has to read it.
var ErrTangled = errors.New("too few times to bisect")

const (
	// leafSize is the piece of a file that is read line by line; probeSize is the first
	// of the growing pieces in which a line with a time is looked for.
	leafSize  = 64 << 10
	probeSize = 4 << 10
	// spareReads is how much more than twice its size may be read of a file.
	spareReads = 1 << 20
)

// Bisect finds the silences longer than the patience in a plain file of size bytes
// without reading it all: times do not decrease, so a stretch whose ends are closer to
// each other than the patience needs no look. It costs some 2 reads of 4 KiB for each
// patience that the file spans, and 20 for each silence.
//
// It does not see a silence in a stretch in which the clock was also set back so far
// that the ends are close to each other, nor holes in serial numbers.
func Bisect(r io.ReaderAt, size int64, o Options) (gaps []Gap, reads int, err error) {
	reading, reads, err := Survey(r, size, o)
	return reading.Gaps, reads, err
}

// Survey is Head, Tail and Bisect in one, with the number of reads. A log without years
// gets them by a walk from its end to its beginning, over however many years. Steps
// counts those that stood in the way. P999 and Serial are left empty.
func Survey(r io.ReaderAt, size int64, o Options) (Reading, int, error) {
	f, w, err := o.begin()
	if err != nil {
		return Reading{}, 0, err
	}
	b := bisection{r: r, size: size, walk: w}
	if f.find != nil {
		b.formats, b.name = []format{f}, f.name
	}
	reading, err := b.survey()
	if err != nil {
		return reading, b.reads, fmt.Errorf("bisect log: %w", err)
	}
	return reading, b.reads, nil
}

type bisection struct {
	r       io.ReaderAt
	size    int64
	formats []format // that of the head, and that of the tail if it is another
	name    string   // of the format of the tail
	walk    walk
	reads   int
	bytes   int64
	gaps    []span // from the last to the first
	steps   int
	looked  int
}

// record is a line with a time, by the offset of its beginning.
type record struct {
	at    int64
	stamp stamp
}

func (b *bisection) survey() (Reading, error) {
	none := Reading{Unparsed: true}
	if len(b.formats) == 0 {
		if err := b.detect(); err != nil || len(b.formats) == 0 {
			return none, err
		}
	}
	last, lastAt, ok, err := b.last()
	if err != nil || !ok {
		none.Bytes = b.bytes
		return none, err
	}
	first, ok, err := b.probe(0, last.at+1)
	if err != nil {
		return none, err
	}
	if !ok {
		first = last
	}
	firstAt, err := b.stretch(first, last.at, lastAt)
	slices.Reverse(b.gaps)
	reading := Reading{
		First: moment(firstAt), Last: moment(lastAt), Format: b.name,
		Steps: b.steps, Records: b.looked, Bytes: b.bytes,
	}
	for _, g := range b.gaps {
		reading.Gaps = append(reading.Gaps, Gap{Kind: GapSilence, From: moment(g.From), To: moment(g.To)})
	}
	return reading, err
}

// read reads a part of the file.
func (b *bisection) read(at, length int64) ([]byte, error) {
	length = min(length, b.size-at)
	if b.bytes > 2*b.size+spareReads {
		return nil, ErrTangled
	}
	return section(b, at, length)
}

// ReadAt implements io.ReaderAt and counts.
func (b *bisection) ReadAt(p []byte, at int64) (int, error) {
	b.reads++
	b.bytes += int64(len(p))
	return b.r.ReadAt(p, at)
}

// detect finds out the formats at both ends.
func (b *bisection) detect() error {
	block, err := b.read(0, window)
	if err != nil {
		return err
	}
	if cut := bytes.LastIndexByte(block, '\n'); cut >= 0 && b.size > window {
		block = block[:cut+1]
	}
	if f, ok := detect(block); ok {
		b.formats, b.name = []format{f}, f.name
	}
	for _, length := range []int64{window, tailMax} {
		at := max(0, b.size-length)
		if block, err = b.read(at, length); err != nil {
			return err
		}
		if at > 0 {
			block = block[bytes.IndexByte(block, '\n')+1:]
		}
		f := detectTail(b, block)
		if cut, next := f.changed(block); next.find != nil && cut < len(block) {
			f = next
		}
		if f.find == nil {
			continue
		}
		b.name = f.name
		switch {
		case len(b.formats) == 0:
			b.formats = []format{f}
		case b.formats[0].name == f.name:
		case f.loose():
			b.formats = append(b.formats, f)
		default: // a loose format would also match the lines of this one
			b.formats = slices.Insert(b.formats, 0, f)
		}
		return nil
	}
	return nil
}

// stampOf reads a line by any of the formats. A time that cannot be is no time.
func (b *bisection) stampOf(line []byte) (stamp, bool) {
	line = trim(line)
	var s stamp
	for _, f := range b.formats {
		if !f.read(line, &s) {
			continue
		}
		b.looked++
		ok := true
		if s.instant || s.year != 0 {
			at, _ := s.resolve(s.year, b.walk.zone, 0, false)
			ok = b.walk.plausible(at, false)
		}
		return s, ok
	}
	return stamp{}, false
}

// last finds the last record and dates it.
func (b *bisection) last() (record, int64, bool, error) {
	for _, length := range []int64{window, tailMax} {
		from := max(0, b.size-length)
		block, err := b.read(from, length)
		if err != nil {
			return record{}, 0, false, err
		}
		for end := len(block); end > 0; {
			at := bytes.LastIndexByte(block[:end-1], '\n') + 1
			if at == 0 && from > 0 {
				break // it began before
			}
			if s, ok := b.stampOf(block[at:end]); ok {
				when, ok := b.date(&s)
				return record{from + int64(at), s}, when, ok, nil
			}
			end = at
		}
	}
	return record{}, 0, false, nil
}

// date dates the last record of the file.
func (b *bisection) date(s *stamp) (int64, bool) {
	year := s.year
	if !s.instant && year == 0 {
		if b.walk.modTime.IsZero() {
			return 0, false
		}
		year = s.yearBefore(b.walk.latest, b.walk.zone)
	}
	at, _ := s.resolve(year, b.walk.zone, 0, false)
	return at, true
}

// probe finds the first record whose line begins at the offset or behind it, but before
// the bound.
func (b *bisection) probe(at, bound int64) (record, bool, error) {
	from, length := max(0, at-1), int64(probeSize)
	inside := at > 0 // a line that began before has to end first
	for from < bound {
		block, err := b.read(from, length)
		if err != nil {
			return record{}, false, err
		}
		whole := from+int64(len(block)) >= b.size
		begin := 0
		for begin < len(block) {
			n := bytes.IndexByte(block[begin:], '\n')
			if n < 0 && !whole {
				break
			}
			end := len(block)
			if n >= 0 {
				end = begin + n + 1
			}
			if !inside {
				start := from + int64(begin)
				if start >= bound {
					return record{}, false, nil
				}
				if s, ok := b.stampOf(block[begin:end]); ok {
					return record{start, s}, true, nil
				}
			}
			inside, begin = false, end
		}
		if whole {
			return record{}, false, nil
		}
		if begin == 0 && length >= lineMax {
			// A line that is too long: go on behind it.
			begin, inside = len(block), true
		}
		from += int64(begin)
		length = min(2*length, lineMax)
	}
	return record{}, false, nil
}

// stretch finds the silences between a record and a later one, which is dated, and dates
// the earlier one. No line between the bound and the later record has a time.
func (b *bisection) stretch(low record, bound, highAt int64) (int64, error) {
	for {
		lowAt := low.stamp.preceding(highAt, b.walk.zone)
		if d := highAt - lowAt; d >= -b.walk.slack && d <= b.walk.patience || low.at >= bound {
			return lowAt, nil
		}
		if bound-low.at <= leafSize {
			return b.leaf(low, bound, highAt)
		}
		middle := low.at + (bound-low.at)/2
		mid, ok, err := b.probe(middle, bound)
		if err != nil {
			return lowAt, err
		}
		if !ok {
			bound = middle
			continue
		}
		midAt, err := b.stretch(mid, bound, highAt)
		if err != nil {
			return lowAt, err
		}
		bound, highAt = mid.at, midAt
	}
}

// leaf reads all lines of a short stretch before a record that is dated.
func (b *bisection) leaf(low record, bound, highAt int64) (int64, error) {
	block, err := b.read(low.at, bound-low.at)
	if err != nil {
		return low.stamp.preceding(highAt, b.walk.zone), err
	}
	var stamps []stamp
	for line := range bytes.Lines(block) {
		if s, ok := b.stampOf(line); ok {
			stamps = append(stamps, s)
		}
	}
	times := []int64{highAt}
	for i := len(stamps) - 1; i >= 0; i-- {
		times = append(times, stamps[i].preceding(times[len(times)-1], b.walk.zone))
	}
	// Forwards, the record before tells the two hours of a clock that is turned back.
	walk := b.walk
	slices.Reverse(times)
	for i, at := range times {
		if i > 0 && i < len(stamps) {
			at, _ = stamps[i].resolve(time.Unix(0, at).In(walk.zone).Year(), walk.zone, times[i-1], true)
			times[i] = at
		}
		walk.accept(at, 1)
	}
	b.steps += walk.Steps
	slices.Reverse(walk.Gaps)
	b.gaps = append(b.gaps, walk.Gaps...)
	return times[0], nil
}
