package logs

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/yunjian-io/yunjian/agent/logs/utmp"
	"github.com/yunjian-io/yunjian/internal/wire"
)

const (
	loginBlock = 384 * 400 // bytes read at once: whole records of either layout
	maxBoots   = 256       // boots and shutdowns kept of one file
)

// loginScanner reads wtmp and btmp in blocks of whole records.
type loginScanner struct {
	loginState
	rest []byte
}

// loginState is what is known of the records so far.
type loginState struct {
	First       time.Time    `json:"first,omitzero"`
	Last        time.Time    `json:"last,omitzero"`
	Implausible int          `json:"implausible,omitempty"`
	Events      []utmp.Event `json:"events,omitempty"`
	Layout      utmp.Layout  `json:"layout,omitempty"`
	Foreign     bool         `json:"foreign,omitempty"` // records of no known layout
}

func resumeLogins(state []byte) *loginScanner {
	s := &loginScanner{}
	if json.Unmarshal(state, &s.loginState) != nil {
		return &loginScanner{}
	}
	return s
}

// Write takes the next piece. It never fails.
func (s *loginScanner) Write(p []byte) (int, error) {
	n := len(p)
	for len(s.rest)+len(p) >= loginBlock {
		fill := loginBlock - len(s.rest)
		s.rest = append(s.rest, p[:fill]...)
		s.read(s.rest)
		s.rest, p = s.rest[:0], p[fill:]
	}
	s.rest = append(s.rest, p...)
	return n, nil
}

// read takes whole records, and what may be a part of one at the end.
func (s *loginScanner) read(records []byte) {
	if len(records) == 0 {
		return
	}
	r, err := utmp.Read(bytes.NewReader(records), int64(len(records)))
	if err != nil {
		s.Foreign = s.Foreign || errors.Is(err, utmp.ErrNotUTMP)
		return
	}
	if len(r.Events) > 0 && r.Events[0].Previous.IsZero() {
		r.Events[0].Previous = s.Last
	}
	if s.First.IsZero() {
		s.First = r.First
	}
	if !r.Last.IsZero() {
		s.Last = r.Last
	}
	if r.Layout != "" {
		s.Layout = r.Layout
	}
	s.Implausible += r.Implausible
	s.Events = append(s.Events, r.Events...)
	s.Events = s.Events[max(0, len(s.Events)-maxBoots):]
}

// whole is the number of bytes at the beginning of rest that are whole records.
func (s *loginScanner) whole() int {
	size := 384
	if s.Layout == utmp.Layout400 {
		size = 400
	} else if s.Layout == "" && len(s.rest) > 0 {
		if r, err := utmp.Read(bytes.NewReader(s.rest), int64(len(s.rest))); err == nil && r.Layout == utmp.Layout400 {
			size = 400
		}
	}
	return len(s.rest) / size * size
}

// all is s with the records that are not in a block yet.
func (s *loginScanner) all() *loginScanner {
	c := &loginScanner{loginState: s.loginState}
	c.Events = slices.Clone(c.Events)
	c.read(s.rest[:s.whole()])
	return c
}

func (s *loginScanner) facts() facts {
	a := s.all()
	return facts{First: a.First, Last: a.Last, Format: FamilyUTMP, Unparsed: a.Foreign && a.First.IsZero(), Implausible: a.Implausible, Events: a.Events}
}

func (s *loginScanner) pending() int64 { return int64(len(s.rest) - s.whole()) }

func (s *loginScanner) state() ([]byte, error) { return json.Marshal(s.all().loginState) }

// glanceLogins reads a file that was not seen before, if it is small; otherwise the
// first records, and the rest when its content is hashed.
func (e *engine) glanceLogins(ctx context.Context, g *segment, plain io.Reader) error {
	s := &loginScanner{}
	n, err := io.CopyN(s, plain, inline)
	if err != nil && !errors.Is(err, io.EOF) {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		g.Broken = err.Error()
	}
	g.facts = s.facts()
	if n == inline {
		g.Last, g.LastEstimated = time.Unix(0, g.Stamp.ModTime).UTC(), true
	}
	return nil
}

// downtime is what wtmp says of the times when the host was off.
func (e *engine) downtime() (down []wire.LogDowntime) {
	for _, s := range e.sources {
		if s.declared.Family != FamilyUTMP || !strings.HasPrefix(path.Base(s.path), "wtmp") {
			continue
		}
		var files []*segment
		for _, g := range s.segments {
			if g.present && g.Lost == "" {
				files = append(files, g)
			}
		}
		slices.SortFunc(files, func(a, b *segment) int { return a.Last.Compare(b.Last) })
		var events []utmp.Event
		var last time.Time
		for _, g := range files {
			of := slices.Clone(g.Events)
			if len(of) > 0 && of[0].Previous.IsZero() {
				of[0].Previous = last
			}
			events = append(events, of...)
			last = g.Last
		}
		for _, d := range utmp.Downtime(events) {
			if !d.From.IsZero() && d.To.After(d.From) {
				down = append(down, wire.LogDowntime{From: d.From.UTC(), To: d.To.UTC(), Clean: d.Clean})
			}
		}
	}
	return down[max(0, len(down)-maxBoots):]
}
