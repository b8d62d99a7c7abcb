package text

import (
	"bytes"
	"encoding/json"
	"fmt"
)

const (
	// blockSize is the piece of a file of which a Scanner looks at the ends.
	blockSize = 32 << 10
	// lineMax bounds a line; of a longer one the beginning is looked at.
	lineMax = 1 << 20
	// blindBlocks is how many blocks without any known format are searched for one; of
	// those behind, only one in so many is.
	blindBlocks = 16
)

// Scanner reads a whole log as it is written to it, in pieces of any size, and keeps
// what Reading says. It is not safe for concurrent use.
//
// It looks at the first and the last time in each 32 KiB, and at every line where these
// differ by more than a third of the patience, go back, or are not plausible. So it
// finds each silence longer than the patience; it does not see a clock that was set
// forth and back within 32 KiB. With Serials every audit record is looked at.
type Scanner struct {
	options Options
	fixed   bool // the format is that of the options
	format  format
	walk    walk
	serials serials
	block   []byte
	limit   int
	state   scannerState
}

// scannerState is what goes on in a resumed Scanner beside the walk.
type scannerState struct {
	Bytes    int64 `json:"bytes"`              // written in all
	Skipping bool  `json:"skipping,omitempty"` // within a line that is too long
	Blind    int   `json:"blind,omitempty"`    // blocks without a format so far
	W3C      bool  `json:"w3c,omitempty"`      // a header said that times are in UTC
	Blocks   int   `json:"blocks,omitempty"`
}

// NewScanner begins a file. The error is that of a format that is not known.
func NewScanner(o Options) (*Scanner, error) {
	f, w, err := o.begin()
	if err != nil {
		return nil, err
	}
	return &Scanner{options: o, fixed: f.find != nil, format: f, walk: w, limit: blockSize}, nil
}

// Write takes the next piece of the plain content. It never fails.
func (s *Scanner) Write(p []byte) (int, error) {
	size := len(p)
	s.state.Bytes += int64(size)
	for len(p) > 0 {
		if s.state.Skipping {
			end := bytes.IndexByte(p, '\n')
			if end < 0 {
				break
			}
			p, s.state.Skipping = p[end+1:], false
			continue
		}
		n := min(len(p), s.limit-len(s.block))
		s.block = append(s.block, p[:n]...)
		p = p[n:]
		if len(s.block) == s.limit {
			s.full()
		}
	}
	return size, nil
}

// full takes the whole lines of the block, or makes room for a line that is longer.
func (s *Scanner) full() {
	end := bytes.LastIndexByte(s.block, '\n') + 1
	switch {
	case end > 0:
		s.takeLines(end)
	case s.limit < lineMax:
		s.limit *= 2
	default:
		s.take(s.block)
		s.block, s.limit, s.state.Skipping = s.block[:0], blockSize, true
	}
}

func (s *Scanner) takeLines(end int) {
	s.take(s.block[:end])
	s.block = append(s.block[:0], s.block[end:]...)
	s.limit = max(blockSize, 2*len(s.block))
}

// take reads a block of whole lines.
func (s *Scanner) take(block []byte) {
	if len(block) == 0 {
		return
	}
	s.state.Blocks++
	if s.options.Serials {
		s.serials.scan(block)
	}
	if s.fixed {
		s.dated(s.format, block)
		return
	}
	s.state.W3C = s.state.W3C || s.state.Blocks == 1 && w3cBlock(block)
	if s.format.find == nil {
		s.state.Blind++
		if s.state.Blind > blindBlocks && s.state.Blind%blindBlocks != 0 {
			return
		}
		s.format, _ = detect(block)
		if s.format.find == nil {
			return
		}
		s.utc()
	}
	cut, next := s.format.changed(block)
	s.dated(s.format, block[:cut])
	if next.find != nil {
		s.format = next
		s.utc()
		s.dated(next, block[cut:])
	}
}

// utc reads the times of a log with a W3C header as such.
func (s *Scanner) utc() {
	if s.state.W3C && s.format.name == "iso" {
		s.format, _ = formatByName("w3c")
	}
}

// dated looks at the ends of a block of one format, and at all of it where they differ
// by too much.
func (s *Scanner) dated(f format, block []byte) {
	first, from, ok := firstTime(f, block)
	if !ok {
		return
	}
	last, to, ok := lastTime(f, block[from:])
	if !ok || to <= 0 {
		s.walk.observe(&first, 1)
		return
	}
	if !s.walk.Known || !s.walk.close(&first, &last) {
		s.walk.lines(f, block)
		return
	}
	s.walk.observe(&first, 1)
	s.walk.observe(&last, bytes.Count(block[from:from+to], []byte{'\n'}))
}

// close reports whether the ends of a block are so close to each other that no silence
// is between them, and look as if no clock was set.
func (w *walk) close(first, last *stamp) bool {
	probe := *w // observes nothing, so the slices are safe
	a, virtual, _ := probe.place(first)
	if !probe.plausible(a, virtual) || virtual != probe.Virtual {
		return false
	}
	probe.Last = a
	b, alike, _ := probe.place(last)
	d := b - a
	return alike == virtual && probe.plausible(b, alike) && d >= 0 && d <= w.patience/3 && w.EpochHead == 0
}

// firstTime is the first time in a block, and where its line begins.
func firstTime(f format, block []byte) (stamp, int, bool) {
	var s stamp
	for at := 0; at < len(block); {
		end := len(block)
		if n := bytes.IndexByte(block[at:], '\n'); n >= 0 {
			end = at + n + 1
		}
		if f.read(trim(block[at:end]), &s) {
			return s, at, true
		}
		at = end
	}
	return stamp{}, 0, false
}

// lastTime is the last time in a block, and where its line begins.
func lastTime(f format, block []byte) (stamp, int, bool) {
	var s stamp
	for end := len(block); end > 0; {
		at := bytes.LastIndexByte(block[:end-1], '\n') + 1
		if f.read(trim(block[at:end]), &s) {
			return s, at, true
		}
		end = at
	}
	return stamp{}, 0, false
}

// Pending is the number of bytes at the end that belong to a line that is not complete.
// They are not part of the state: who resumes from it writes them again.
func (s *Scanner) Pending() int64 {
	return int64(len(s.block) - bytes.LastIndexByte(s.block, '\n') - 1)
}

// Reading sums up what was written so far, with a last line that is not complete. More
// may be written behind it.
func (s *Scanner) Reading() Reading {
	end := *s
	end.walk, end.serials = s.walk.clone(), s.serials.clone()
	end.take(s.block)
	r := end.walk.reading()
	r.Format, r.Bytes = end.format.name, s.state.Bytes
	r.Unparsed = r.Unparsed && r.Bytes > 0 // what is empty has no time to be understood
	if s.options.Serials {
		r.Gaps = append(r.Gaps, end.serials.gaps()...)
		r.Serial = end.serials.serial()
	}
	return r
}

// saved is the state of a Scanner: times, counts and offsets, nothing that a log says.
type saved struct {
	Version int          `json:"version"`
	Format  string       `json:"format,omitempty"`
	State   scannerState `json:"state"`
	Walk    walk         `json:"walk"`
	Serials serials      `json:"serials"`
}

const savedVersion = 1

// MarshalBinary gives the state behind the last complete line, for ResumeScanner. The
// file goes on at the number of bytes written, less Pending.
func (s *Scanner) MarshalBinary() ([]byte, error) {
	if end := bytes.LastIndexByte(s.block, '\n') + 1; end > 0 {
		s.takeLines(end)
	}
	state := s.state
	state.Bytes -= s.Pending()
	data, err := json.Marshal(saved{savedVersion, s.format.name, state, s.walk, s.serials})
	if err != nil {
		return nil, fmt.Errorf("encode scanner: %w", err)
	}
	return data, nil
}

// ResumeScanner goes on behind a state of MarshalBinary, with options of the present: a
// later ModTime, above all. A format of the options wins over that of the state.
func ResumeScanner(state []byte, o Options) (*Scanner, error) {
	s, err := NewScanner(o)
	if err != nil {
		return nil, err
	}
	var from saved
	if err := json.Unmarshal(state, &from); err != nil {
		return nil, fmt.Errorf("decode scanner: %w", err)
	}
	if from.Version != savedVersion {
		return nil, fmt.Errorf("decode scanner: version is %d, not %d", from.Version, savedVersion)
	}
	if len(from.Serials.Missing) != len(from.Serials.Found) || from.State.Bytes < 0 {
		return nil, fmt.Errorf("decode scanner: the state contradicts itself")
	}
	if !s.fixed && from.Format != "" {
		if s.format, err = formatByName(from.Format); err != nil {
			return nil, fmt.Errorf("decode scanner: %w", err)
		}
	}
	s.walk, s.state, s.serials = from.Walk, from.State, from.Serials
	s.walk.configure(o)
	return s, nil
}
