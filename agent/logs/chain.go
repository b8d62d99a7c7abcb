package logs

import (
	"context"
	"time"

	"github.com/yunjian-io/yunjian/internal/wire"
)

// inline is how much of one segment is read within a pass, in bytes; what is more is
// left to sealing.
const inline = 16 << 20

// member is a file of a source as a pass finds it.
type member struct {
	path  string
	stamp stamp
	index int
	live  bool
	date  time.Time // by the name; zero if it has none
}

// reconcile brings what is remembered of a source into accord with its present files.
// A file keeps its segment by device and inode; what vanished is looked for among the
// files with the same beginning.
func (e *engine) reconcile(ctx context.Context, s *source, files []member) error {
	type inode struct {
		device, number uint64
		born           int64
	}
	of := func(s stamp) inode { return inode{s.Device, s.Inode, s.Born} }
	known := make(map[inode]*segment, len(s.segments))
	for _, g := range s.segments {
		g.present, g.fresh = false, false
		if g.Lost == "" {
			known[of(g.Stamp)] = g
		}
	}
	s.stir(files, func(m stamp) *segment { return known[of(m)] })
	for _, m := range files {
		key := of(m.stamp)
		g := known[key]
		if g == nil || g.present { // a second name of the same file adds nothing
			if g == nil {
				if g, err := e.enter(ctx, s, m); err != nil {
					return err
				} else if g != nil {
					known[key] = g
				}
			}
			continue
		}
		g.present = true
		if err := e.revisit(ctx, s, g, m); err != nil {
			return err
		}
	}
	for _, g := range s.segments {
		if g.present || g.Lost != "" {
			continue
		}
		if s.blind {
			g.present = true // not seen is not gone
			continue
		}
		g.Lost = wire.EventGone
		e.dirty(g)
	}
	return nil
}

// enter begins a segment for a file that was not seen before.
func (e *engine) enter(ctx context.Context, s *source, m member) (*segment, error) {
	g := &segment{Number: e.number(), Source: s.key, Path: m.path, Stamp: m.stamp, Index: m.index, Live: m.live, Seen: e.now, present: true, fresh: true}
	if s.known && m.live {
		g.Begin = e.now // its predecessor was watched until now
	}
	s.segments = append(s.segments, g)
	e.dirty(g)
	if s.declared.Family == FamilyJournald {
		return g, nil // journal.go reads the header
	}
	return g, e.glance(ctx, g, &s.declared)
}

// revisit compares a known file with what it was.
func (e *engine) revisit(ctx context.Context, s *source, g *segment, m member) error {
	was, moved := g.Stamp, g.Path != m.path
	if was == m.stamp && !moved && g.Live == m.live && g.Index == m.index && !g.Denied {
		return nil
	}
	e.dirty(g)
	if g.Live && !m.live {
		r := g.event(wire.EventRotated, e.now)
		r.Detail = m.path
		e.note(r)
	}
	g.Path, g.Index, g.Live, g.Stamp = m.path, m.index, m.live, m.stamp
	touched := m.stamp.ModTime != was.ModTime || m.stamp.Changed != was.Changed && !moved
	switch {
	case s.declared.Family == FamilyJournald:
		g.Verify = g.Verify || g.Sealed && (touched || m.stamp.Size != was.Size)
		return nil
	case g.Denied || g.ID == "" || g.Broken != "" && m.stamp != was:
		return e.glance(ctx, g, &s.declared)
	case g.Compressed:
		if m.stamp.Size != was.Size || touched {
			g.Verify = g.Plain > 0
			if !g.Verify {
				return e.glance(ctx, g, &s.declared)
			}
		}
		return nil
	case m.stamp.Size < max(was.Size, g.Plain):
		return e.emptied(ctx, s, g, was, lossKind(g, m.stamp, moved))
	case m.stamp.Size > was.Size:
		s.appended += m.stamp.Size - was.Size
		g.Sealed = false
		return e.grown(ctx, s, g, was)
	case touched && g.Plain > 0:
		g.Verify = true
	}
	return nil
}

// emptied begins a new segment for a file whose old content is gone from its place.
func (e *engine) emptied(ctx context.Context, s *source, g *segment, was stamp, kind wire.LogEventKind) error {
	e.replace(s, g, was, kind)
	s.appended += g.Stamp.Size
	return e.glance(ctx, g, &s.declared)
}

// replace makes the old content of a file a lost segment, and the file one that is new.
func (e *engine) replace(s *source, g *segment, was stamp, kind wire.LogEventKind) {
	lost := *g
	lost.Lost, lost.present, lost.Stamp, lost.Verify, lost.Claims = kind, false, was, false, 0
	lost.Number = e.number()
	*g = segment{Number: g.Number, Source: s.key, Path: g.Path, Stamp: g.Stamp, Index: g.Index, Live: g.Live, Seen: e.now, Begin: e.now, present: true, fresh: true}
	s.segments = append(s.segments, &lost)
	e.dirty(g)
	e.dirty(&lost)
}

// resolve finds copies of what was lost, and puts into the ledger what has none.
func (e *engine) resolve(ctx context.Context, s *source) error {
	for _, lost := range s.segments {
		if lost.Lost == "" {
			continue
		}
		for {
			copied := e.candidate(ctx, s, lost)
			if copied == nil {
				if !e.waiting(s, lost) {
					e.lose(lost)
				}
				break
			}
			decided, err := e.claim(ctx, s, copied, lost)
			if err != nil {
				return err
			}
			if !decided {
				break // a long one: sealing goes on with it
			}
			if lost.Lost == "" {
				break
			}
		}
	}
	e.drop(s)
	return nil
}

// candidate returns a present segment that begins like a lost one.
func (e *engine) candidate(ctx context.Context, s *source, lost *segment) *segment {
	if lost.HeadBytes == 0 {
		return nil
	}
	for _, g := range s.segments {
		if g.present && g.Lost == "" && g.Number != lost.Number && !lost.tried[g.Number] && g.Claims == 0 &&
			g.HeadBytes >= lost.HeadBytes && e.begins(ctx, g, lost) {
			return g
		}
	}
	return nil
}

// begins reports whether g begins with the fingerprint of lost. Both were usually
// taken of 1,024 bytes; a shorter one is compared with the content of g, which was
// read when g was entered.
func (e *engine) begins(ctx context.Context, g, lost *segment) bool {
	if g.HeadBytes == lost.HeadBytes {
		return g.Head == lost.Head
	}
	f := e.openSegment(g)
	if f == nil {
		return false
	}
	defer f.Close()
	head, err := e.beginning(ctx, f, lost.HeadBytes)
	return err == nil && e.seal.sum(head) == lost.Head
}

// waiting reports whether a present segment is still being compared with a lost one.
func (e *engine) waiting(s *source, lost *segment) bool {
	for _, g := range s.segments {
		if g.Claims == lost.Number && g.present {
			return true
		}
	}
	return false
}

// claim compares a segment with a lost one, at once if it is short.
func (e *engine) claim(ctx context.Context, s *source, g, lost *segment) (decided bool, err error) {
	if g.Sum != "" && g.Plain == lost.Plain && g.Sum == lost.Sum {
		e.found(g, lost)
		return true, nil
	}
	g.Claims = lost.Number
	e.dirty(g)
	if !e.attests || g.Stamp.Size > inline {
		return !e.attests, nil
	}
	return true, e.finish(ctx, s, g)
}

// found notes that g holds all that was attested of lost.
func (e *engine) found(g, lost *segment) {
	kind := wire.EventRotated
	switch {
	case lost.Lost == wire.EventTruncated:
		kind = wire.EventCopied
	case g.Compressed && !lost.Compressed:
		kind = wire.EventCompressed
	}
	r := lost.event(kind, e.now)
	r.Detail = g.Path
	e.note(r)
	e.inherits(g, lost)
}

// inherits gives g the memory of lost, and what g already knows beyond it.
func (e *engine) inherits(g, lost *segment) {
	own := *g
	g.inherit(lost)
	if own.Plain > lost.Plain {
		g.Plain, g.Sum, g.State, g.Scan, g.Scanned, g.facts = own.Plain, own.Sum, own.State, own.Scan, own.Scanned, own.facts
	}
	lost.Lost, lost.present = "", false
	e.dirty(g)
	e.forget(lost)
}

// lose puts the loss of a segment into the ledger. One that never had content, or of
// which nothing was known, is no loss.
func (e *engine) lose(lost *segment) {
	if lost.ID != "" || !lost.First.IsZero() {
		r := lost.event(lost.Lost, e.now)
		if r.Bytes == 0 {
			r.Bytes = lost.Stamp.Size
		}
		e.note(r)
	}
	lost.Lost = ""
	e.forget(lost)
}

// drop takes out what is neither present nor being looked for.
func (e *engine) drop(s *source) {
	kept := s.segments[:0]
	for _, g := range s.segments {
		if g.present || g.Lost != "" {
			kept = append(kept, g)
		}
	}
	clear(s.segments[len(kept):])
	s.segments = kept
}
