package logs

import (
	"cmp"
	"context"
	"errors"
	"hash"
	"io"
	"slices"
	"time"

	"github.com/yunjian-io/yunjian/agent/logs/text"
	"github.com/yunjian-io/yunjian/internal/wire"
)

// quiet is how long a rotated file has to be unchanged before it is sealed: a writer
// keeps its old file open for a while.
const quiet = 10 * time.Minute

// job reads one segment from its beginning: to compare it with what was attested, to
// seal it, or both. It may be left and taken up again between two passes.
type job struct {
	source *source
	g      *segment
	stamp  stamp
	file   file
	plain  io.ReadCloser
	sum    hash.Hash
	scan   scanner
	n      int64 // plain bytes read
	buffer []byte
	head   []byte
	tail   []byte
	// until is where the content is compared with want, the keyed hash of all before.
	until int64
	want  string
	lost  *segment // whose copy this may be, nil otherwise
	same  bool     // the comparison came out equal
	apart bool     // it did not
}

// begin opens a segment for a job; nil if it cannot be read.
func (e *engine) begin(ctx context.Context, s *source, g *segment) (*job, error) {
	f := e.openSegment(g)
	if f == nil {
		return nil, nil
	}
	j := &job{source: s, g: g, stamp: g.Stamp, file: f, sum: contentHash(), buffer: e.buffer}
	j.plain = io.NopCloser(e.host.all(ctx, f))
	if s.declared.Family == FamilyJournald {
		j.scan = noScanner{}
	} else {
		var codec text.Codec
		var err error
		if j.plain, codec, err = text.Open(e.host.all(ctx, f)); err != nil {
			f.Close()
			g.Broken = err.Error()
			e.dirty(g)
			return nil, ctx.Err()
		}
		g.Compressed = codec != text.Plain
		j.scan = e.freshScanner(g, &s.declared)
	}
	j.until, j.want = -1, ""
	if g.Claims != 0 {
		if j.lost = s.segment(g.Claims); j.lost != nil {
			j.until, j.want = j.lost.Plain, j.lost.Sum
		}
	} else if g.Plain > 0 {
		j.until, j.want = g.Plain, g.Sum
	}
	if j.until == 0 {
		j.same = true // nothing was attested: the beginning alone has to agree
	}
	return j, nil
}

func (j *job) close() {
	j.plain.Close()
	j.file.Close()
}

// step reads on for at most limit plain bytes, and reports whether the job is done.
func (j *job) step(seal sealer, limit int64) (done bool, err error) {
	for end := j.n + limit; j.n < end; {
		p := j.buffer
		if j.n < j.until {
			p = p[:min(int64(len(p)), j.until-j.n)]
		}
		n, err := j.plain.Read(p)
		j.take(p[:n])
		if j.n == j.until && n > 0 {
			j.same = seal.of(j.sum) == j.want
			j.apart = !j.same
		}
		if j.apart && j.lost != nil {
			return true, nil // something else that begins alike
		}
		if errors.Is(err, io.EOF) {
			return true, nil
		}
		if err != nil {
			return true, err
		}
	}
	return false, nil
}

func (j *job) take(p []byte) {
	j.n += int64(len(p))
	j.sum.Write(p)
	_, _ = j.scan.Write(p) // it takes everything
	if len(j.head) < headBytes {
		j.head = append(j.head, p[:min(len(p), headBytes-len(j.head))]...)
	}
	j.tail = append(j.tail, p[max(0, len(p)-tailBytes):]...)
	j.tail = append(j.tail[:0], j.tail[max(0, len(j.tail)-tailBytes):]...)
}

// finish does a short job at once.
func (e *engine) finish(ctx context.Context, s *source, g *segment) error {
	j, err := e.begin(ctx, s, g)
	if j == nil {
		return e.abandon(s, g, err)
	}
	defer j.close()
	for {
		done, err := j.step(e.seal, inline)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if done {
			return e.conclude(ctx, j, err)
		}
	}
}

// abandon gives up a comparison with a file that cannot be read.
func (e *engine) abandon(s *source, g *segment, err error) error {
	if lost := s.segment(g.Claims); lost != nil {
		lost.try(g)
	}
	g.Claims, g.Verify = 0, false
	e.dirty(g)
	return err
}

// try notes that g is no copy of a lost segment.
func (g *segment) try(other *segment) {
	if g.tried == nil {
		g.tried = map[uint64]bool{}
	}
	g.tried[other.Number] = true
}

// conclude draws the consequences of a job that read to the end, or as far as the
// content is readable.
func (e *engine) conclude(ctx context.Context, j *job, failed error) error {
	g, s, replaced := j.g, j.source, false
	e.dirty(g)
	s.touched = true
	whole := failed == nil && j.n >= max(j.until, 0)
	switch {
	case j.lost != nil && (!j.same || !whole || !j.lost.Compressed && j.n < j.lost.Stamp.Size && j.lost.Plain < j.lost.Stamp.Size):
		j.lost.try(g)
		g.Claims = 0
		return nil
	case j.lost != nil:
		e.found(g, j.lost)
	case failed != nil && g.Plain == 0:
		// An archive that ends early: what it has counts, and it is told.
		g.Broken = failed.Error()
	case j.until > 0 && (!j.same || !whole):
		kind := wire.EventEdited
		switch {
		case g.Stamp.Born == 0 && g.Head != e.seal.sum(j.head[:min(int64(len(j.head)), g.HeadBytes)]):
			kind = wire.EventGone // a new file with an old number
		case j.n < j.until:
			kind = wire.EventTruncated
		}
		e.replace(s, g, g.Stamp, kind)
		replaced = true
	}
	if err := g.attested(e.seal, j.sum, j.n); err != nil {
		return err
	}
	if s.declared.Family != FamilyJournald {
		g.fingerprint(e.seal, j.head)
		if err := g.scanned(j.scan, j.n, true); err != nil {
			return err
		}
	}
	if !g.Compressed {
		g.Tail, g.TailBytes = e.seal.sum(j.tail), int64(len(j.tail))
	}
	g.Verify, g.Claims = false, 0
	e.close(s, g)
	if replaced {
		return e.resolve(ctx, s) // the old content may be elsewhere
	}
	return nil
}

// close seals a rotated segment whose content is hashed to its end.
func (e *engine) close(s *source, g *segment) {
	if g.Sealed || g.Live || e.now.Sub(time.Unix(0, g.Stamp.ModTime)) < quiet || g.Plain == 0 {
		return
	}
	g.Sealed, s.touched = true, true
	g.Scan, g.State = nil, nil // it is never continued
	e.note(g.event(wire.EventSealed, e.now))
	e.dirty(g)
}

// work names what is left to do about a segment, in the order of urgency; 0 is nothing.
func (e *engine) work(s *source, g *segment) int {
	switch {
	case !g.present || g.Lost != "" || g.Denied || g.Broken != "":
		return 0
	case g.Claims != 0:
		return 4
	case g.Verify:
		return 3
	case s.declared.Family == FamilyJournald && g.Live, g.Stamp.Size == 0:
		return 0
	case !g.Compressed && s.declared.Family != FamilyJournald && g.Plain < g.Stamp.Size:
		return 2
	case !g.Live && !g.Sealed && e.now.Sub(time.Unix(0, g.Stamp.ModTime)) >= quiet:
		return 1
	}
	return 0
}

// task is a segment to be read.
type task struct {
	s *source
	g *segment
}

// next returns the most urgent segment to be read, nil if all is done. Newer files
// come first: they have to be kept longest.
func (e *engine) next() (s *source, g *segment) {
	for range 2 {
		for len(e.tasks) > 0 {
			t := e.tasks[len(e.tasks)-1]
			e.tasks = e.tasks[:len(e.tasks)-1]
			if e.work(t.s, t.g) > 0 {
				return t.s, t.g
			}
		}
		for _, s := range e.sources {
			for _, g := range s.segments {
				if e.work(s, g) > 0 {
					e.tasks = append(e.tasks, task{s, g})
				}
			}
		}
		slices.SortFunc(e.tasks, func(a, b task) int {
			return cmp.Or(cmp.Compare(e.work(a.s, a.g), e.work(b.s, b.g)), cmp.Compare(a.g.Stamp.ModTime, b.g.Stamp.ModTime))
		})
	}
	return nil, nil
}

// Seal reads what passes left: it compares changed files with what was attested and
// hashes rotated ones once, within the budget, until all is done or ctx ends. It says
// whether anything is left. Where it stops, the next call goes on.
func (o *Observer) Seal(ctx context.Context) (left bool, err error) {
	return o.engine.sealing(ctx)
}

func (e *engine) sealing(ctx context.Context) (left bool, err error) {
	if !e.attests {
		return false, nil
	}
	e.tasks = e.tasks[:0]
	for ctx.Err() == nil {
		e.now = e.clock()
		if e.job != nil {
			if err := e.proceed(ctx); err != nil {
				return true, e.interrupted(ctx, err)
			}
			continue
		}
		s, g := e.next()
		if g == nil {
			return false, e.save()
		}
		if err := e.take(ctx, s, g); err != nil {
			return true, e.interrupted(ctx, err)
		}
	}
	return true, e.interrupted(ctx, ctx.Err())
}

// interrupted keeps what was reached when a budget or a pass ends the work.
func (e *engine) interrupted(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return e.save()
	}
	return err
}

// take does the next piece of work: it continues a growing file, or begins a job.
func (e *engine) take(ctx context.Context, s *source, g *segment) error {
	if e.work(s, g) == 2 {
		e.dirty(g)
		s.touched = true
		same, err := e.extend(ctx, g, &s.declared, inline, true)
		if err == nil && !same {
			return e.emptied(ctx, s, g, g.Stamp, lossKind(g, g.Stamp, false))
		}
		if err == nil && g.Plain >= g.Stamp.Size {
			e.close(s, g)
		}
		return err
	}
	if !g.Compressed && g.Plain == g.Stamp.Size && !g.Verify && g.Claims == 0 && s.declared.Family != FamilyJournald {
		e.close(s, g) // its bytes were hashed as they were appended
		return nil
	}
	j, err := e.begin(context.WithoutCancel(ctx), s, g)
	if j == nil {
		return e.abandon(s, g, err)
	}
	e.job = j
	return nil
}

// proceed reads on in the open job. A job outlives the call: its reader does not know
// of ctx, so that the pieces are short.
func (e *engine) proceed(ctx context.Context) error {
	j := e.job
	if j.g.Stamp != j.stamp || !j.g.present || j.g.Lost != "" {
		e.end() // the file changed since: the next pass has said what it is now
		return nil
	}
	done, err := j.step(e.seal, 1<<20)
	if !done {
		return ctx.Err()
	}
	defer e.end()
	return e.conclude(ctx, j, err)
}

// end closes the open job.
func (e *engine) end() {
	if e.job != nil {
		e.job.close()
		e.job = nil
	}
}
