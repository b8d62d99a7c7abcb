package text

import (
	"bytes"
	"slices"
)

const (
	// lateLimit is by how many numbers a record may come late before its number is taken
	// for missing, or for one of a new numbering.
	lateLimit = 1000
	// maxHoles bounds the holes that may still be filled, maxSerialGaps those that were
	// found; further ones join the last.
	maxHoles      = 64
	maxSerialGaps = 256
)

// hole is a run of serial numbers that did not occur, with the times of the records
// around it.
type hole struct {
	Low  uint64 `json:"low"`
	High uint64 `json:"high"`
	From int64  `json:"from"`
	To   int64  `json:"to"`
}

// serials follows the serial numbers of audit records. The records of events that
// happen at once may be mixed, so a number counts as missing only once the numbering is
// well behind it. The records of auditd itself (DAEMON_START and so on) have numbers of
// their own; they only tell that it was started.
type serials struct {
	Known    bool   `json:"known,omitempty"`
	Fresh    bool   `json:"fresh,omitempty"`
	Started  bool   `json:"started,omitempty"` // auditd was started behind the last record
	First    uint64 `json:"first,omitempty"`
	High     uint64 `json:"high,omitempty"`
	HighAt   int64  `json:"high_at,omitempty"`
	Restarts int    `json:"restarts,omitempty"`
	Open     []hole `json:"open,omitempty"`
	Found    []hole `json:"found,omitempty"`
	// Missing counts the numbers behind each entry of Found.
	Missing []uint64 `json:"missing,omitempty"`
}

func (s *serials) clone() serials {
	c := *s
	c.Open, c.Found, c.Missing = slices.Clone(s.Open), slices.Clone(s.Found), slices.Clone(s.Missing)
	return c
}

// scan follows the records of a block of whole lines.
func (s *serials) scan(block []byte) {
	key, newline := []byte("msg=audit("), byte('\n')
	for {
		at := bytes.Index(block, key)
		if at < 0 {
			return
		}
		before, after := block[max(0, at-64):at], block[at+len(key):]
		if number, when, ok := auditStamp(after); ok {
			kind := bytes.LastIndex(before, []byte("type="))
			switch {
			case kind >= 0 && bytes.HasPrefix(before[kind:], []byte("type=DAEMON_")):
				s.Started = s.Started || bytes.HasPrefix(before[kind:], []byte("type=DAEMON_START "))
			default:
				s.observe(number, when)
			}
		}
		// The rest of the line is what the record says.
		end := bytes.IndexByte(after, newline)
		if end < 0 {
			return
		}
		block = after[end+1:]
	}
}

// auditStamp reads "1337845201.174:94983)" to a serial number and nanoseconds.
func auditStamp(text []byte) (number uint64, at int64, ok bool) {
	c := cursor{line: text[:min(len(text), 40)]}
	var s stamp
	var serial int
	if !c.seconds(&s, 1) || !c.part(&s) || !c.is(':') || !c.number(&serial, 1, 12) || !c.is(')') {
		return 0, 0, false
	}
	return uint64(serial), s.seconds*1e9 + int64(s.nanos), true
}

func (s *serials) observe(number uint64, at int64) {
	if !s.Known {
		s.Known, s.First, s.High, s.HighAt, s.Fresh, s.Started = true, number, number, at, s.Started, false
		return
	}
	if s.Started || number+lateLimit < s.High {
		s.settle(0)
		s.Started, s.Restarts, s.High, s.HighAt = false, s.Restarts+1, number, at
		return
	}
	switch {
	case number == s.High:
	case number < s.High:
		s.fill(number)
	case number == s.High+1:
		s.High, s.HighAt = number, at
	default:
		if len(s.Open) >= maxHoles {
			s.close(s.Open[0])
			s.Open = slices.Delete(s.Open, 0, 1)
		}
		s.Open = append(s.Open, hole{s.High + 1, number - 1, s.HighAt, at})
		s.High, s.HighAt = number, at
	}
	if len(s.Open) > 0 && s.Open[0].High+lateLimit < s.High {
		s.settle(s.High - lateLimit)
	}
}

// fill takes a number that came late out of the hole it had left.
func (s *serials) fill(number uint64) {
	for i := range s.Open {
		h := &s.Open[i]
		switch {
		case number < h.Low || number > h.High:
			continue
		case h.Low == h.High:
			s.Open = slices.Delete(s.Open, i, i+1)
		case number == h.Low:
			h.Low++
		case number == h.High:
			h.High--
		default:
			rest := *h
			h.High, rest.Low = number-1, number+1
			if len(s.Open) < maxHoles {
				s.Open = slices.Insert(s.Open, i+1, rest)
			} else {
				s.close(rest)
			}
		}
		return
	}
}

// settle gives up the holes below a number; 0 gives up all.
func (s *serials) settle(below uint64) {
	kept := s.Open[:0]
	for _, h := range s.Open {
		if below != 0 && h.High >= below {
			kept = append(kept, h)
			continue
		}
		s.close(h)
	}
	s.Open = kept
}

func (s *serials) close(h hole) {
	missing := h.High - h.Low + 1
	if n := len(s.Found); n >= maxSerialGaps {
		s.Found[n-1].To = max(s.Found[n-1].To, h.To)
		s.Missing[n-1] += missing
		return
	}
	s.Found, s.Missing = append(s.Found, h), append(s.Missing, missing)
}

// gaps gives up what is still open and lists all holes; it changes the serials.
func (s *serials) gaps() []Gap {
	s.settle(0)
	var gaps []Gap
	for i, h := range s.Found {
		gaps = append(gaps, Gap{Kind: GapSerial, From: moment(h.From), To: moment(h.To), Missing: s.Missing[i]})
	}
	return gaps
}

func (s *serials) serial() Serial {
	if !s.Known {
		return Serial{}
	}
	return Serial{First: s.First, Last: s.High, Restarts: s.Restarts, Fresh: s.Fresh}
}
