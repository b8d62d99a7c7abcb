package logs

import (
	"context"
	"time"

	"github.com/yunjian-io/yunjian/internal/wire"
)

const (
	// young is how much time a log has to span before growth alone is taken for growth:
	// it is many passes, so that to be emptied and to outgrow itself between two of them
	// a log would have to grow many times as fast as it did.
	young = 6 * time.Hour
	// leap is the part of a file, one in so many, that may be new without a doubt.
	leap = 4
)

// stir says whether a file of the source appeared, vanished, was renamed, or changed
// although nothing writes to it any more: then a rotation is under way, and the live
// file may have been copied and emptied.
func (s *source) stir(files []member, known func(stamp) *segment) {
	seen, before := 0, 0
	for _, g := range s.segments {
		if g.Lost == "" {
			before++
		}
	}
	s.stirred = false
	for _, m := range files {
		g := known(m.stamp)
		if g == nil || g.Path != m.path || !m.live && g.Stamp != m.stamp {
			s.stirred = true
			return
		}
		seen++
	}
	s.stirred = seen != before
}

// doubtful reports whether the attested end of a file that grew has to be read again to
// know that what stands before it is what was attested. No stamp tells a file that was
// emptied and outgrew itself from one that grew; but in the ordinary case, that of a log
// that was watched since hours, has no company of new files and grew a little, this
// would need a burst, a deletion without a copy, and lines of equal lengths: what was
// appended has to begin as a record. What slips through is found by the daily audit.
func (e *engine) doubtful(s *source, g *segment) bool {
	switch {
	case g.Plain == 0, g.Format == "", s.declared.Family == FamilyUTMP: // their records begin alike everywhere
		return true
	case e.passes <= 1: // it grew while nobody watched
		return true
	case !g.Live || s.stirred:
		return true
	case g.Stamp.Changed != g.Stamp.ModTime: // something beside an append: appending sets both
		return true
	}
	return e.now.Sub(g.First) < young || g.First.IsZero() || (g.Stamp.Size-g.Plain)*leap > g.Plain
}

// audited compares the beginning of a file that grew with its fingerprint: once a day,
// and where the kept end is too short to tell. It returns false if they differ.
func (e *engine) audited(ctx context.Context, g *segment, compare bool) (bool, error) {
	due := e.now.Sub(g.Checkpoint) >= completeDay || compare && g.TailBytes < tailBytes
	if g.Plain < headBytes || g.HeadBytes < headBytes || !due {
		return true, nil // a shorter file is read from its beginning anyway
	}
	f := e.openSegment(g)
	if f == nil {
		return true, nil
	}
	defer f.Close()
	head := make([]byte, g.HeadBytes)
	if _, err := e.host.at(ctx, f).ReadAt(head, 0); err != nil {
		return true, ctx.Err() // it shrank meanwhile, or cannot be read: extending says so
	}
	return e.seal.sum(head) == g.Head, nil
}

// grown reads what was appended, or only the end of it where much is still unread.
func (e *engine) grown(ctx context.Context, s *source, g *segment, was stamp) error {
	if !e.attests || g.Stamp.Size-g.Plain > inline {
		return e.ending(ctx, g, &s.declared)
	}
	if g.Plain > 0 && len(g.State) == 0 {
		g.Verify = true // it had been sealed: the whole is read again
		return nil
	}
	compare := e.doubtful(s, g)
	same, err := e.audited(ctx, g, compare)
	if err == nil && same {
		same, err = e.extend(ctx, g, &s.declared, inline, compare)
	}
	if err == nil && !same {
		return e.emptied(ctx, s, g, was, lossKind(g, g.Stamp, false))
	}
	return err
}

// lossKind is what became of the old content of a file that holds another one now.
// Where the file system does not tell when a file was made, a rotated one with another
// content is taken for a new file with an old number.
func lossKind(g *segment, now stamp, moved bool) wire.LogEventKind {
	if now.Born == 0 && (moved || !g.Live) {
		return wire.EventGone
	}
	return wire.EventTruncated
}
