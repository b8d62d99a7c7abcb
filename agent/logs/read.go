package logs

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"time"

	"github.com/yunjian-io/yunjian/agent/logs/text"
)

// options are how the times of a segment are read.
func (e *engine) options(g *segment, d *Declaration) text.Options {
	return text.Options{
		Zone: e.zone, ModTime: time.Unix(0, g.Stamp.ModTime), Format: d.Format, Serials: d.Family == FamilyAudit,
	}
}

// glance looks at a file that was not seen before: its fingerprint, its first record,
// and its last one where that costs one read. What it says of the middle of a plain
// text comes from bisection.
func (e *engine) glance(ctx context.Context, g *segment, d *Declaration) error {
	f := e.openSegment(g)
	if f == nil {
		return nil
	}
	defer f.Close()
	plain, codec, err := text.Open(e.host.all(ctx, f))
	if err != nil {
		g.Broken = err.Error()
		return ctx.Err()
	}
	defer plain.Close()
	g.Compressed = codec != text.Plain
	head := make([]byte, headBytes)
	n, err := io.ReadFull(plain, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		g.Broken = err.Error()
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	g.fingerprint(e.seal, head[:n])
	switch {
	case n == 0:
		return nil
	case d.Family == FamilyUTMP:
		return e.glanceLogins(ctx, g, io.MultiReader(bytes.NewReader(head[:n]), plain))
	case !g.Compressed:
		r, _, err := text.Survey(e.host.at(ctx, f), g.Stamp.Size, e.options(g, d))
		if err == nil || errors.Is(err, text.ErrTangled) {
			g.facts = factsOf(r, g.Path)
		}
		return ctx.Err()
	}
	o := e.options(g, d)
	first, err := text.Head(io.MultiReader(bytes.NewReader(head[:n]), plain), o)
	if err != nil {
		g.Broken = err.Error()
	}
	g.facts = factsOf(first, g.Path)
	if g.First.IsZero() {
		g.Last = time.Time{}
	} else {
		g.Last, g.LastEstimated = o.ModTime.UTC(), true // until the whole is read
	}
	return ctx.Err()
}

// ending reads the newest record of a file of which much is still unread.
func (e *engine) ending(ctx context.Context, g *segment, d *Declaration) error {
	f := e.openSegment(g)
	if f == nil {
		return nil
	}
	defer f.Close()
	if d.Family == FamilyUTMP {
		g.Last, g.LastEstimated = time.Unix(0, g.Stamp.ModTime).UTC(), true
		return nil
	}
	last, err := text.Tail(e.host.at(ctx, f), g.Stamp.Size, e.options(g, d))
	if err == nil && !last.Last.IsZero() {
		g.Last, g.LastEstimated = last.Last, false
		if g.First.IsZero() {
			g.First, g.Format, g.Unparsed = last.First, last.Format, false
		}
	}
	return ctx.Err()
}

// beginning reads the first n plain bytes of an open file.
func (e *engine) beginning(ctx context.Context, f io.Reader, n int64) ([]byte, error) {
	plain, _, err := text.Open(e.host.all(ctx, f))
	if err != nil {
		return nil, err
	}
	defer plain.Close()
	head := make([]byte, n)
	_, err = io.ReadFull(plain, head)
	return head, err
}

// openSegment opens the file of a segment. A file that may not be opened, or that is
// gone by now, is no error: it is noted, and the result is nil.
func (e *engine) openSegment(g *segment) file {
	f, err := e.host.open(g.Path)
	switch {
	case err == nil:
		g.Denied, g.Broken = false, ""
		return f
	case errors.Is(err, fs.ErrPermission):
		g.Denied = true
	case !errors.Is(err, fs.ErrNotExist):
		g.Broken = err.Error()
	}
	return nil
}

// extend reads what was appended to a plain file behind its attested part, at most
// limit bytes. With compare the end of that part is read as well, and held against what
// it was; without, it is only if what was appended does not begin as a record does. It
// returns false if the file is not what it was: emptied and written again, or edited
// just before its old end.
func (e *engine) extend(ctx context.Context, g *segment, d *Declaration, limit int64, compare bool) (same bool, err error) {
	f := e.openSegment(g)
	if f == nil {
		return true, nil
	}
	defer f.Close()
	w, err := e.extension(ctx, f, g, d, limit, compare)
	if errors.Is(err, errDoubtful) {
		w, err = e.extension(ctx, f, g, d, limit, true)
	}
	if errors.Is(err, errReplaced) {
		return false, nil
	}
	if err != nil {
		if ctx.Err() != nil {
			return true, ctx.Err()
		}
		g.Broken = err.Error()
		return true, nil
	}
	return true, w.close()
}

// extension reads behind the attested part of an open file, or from before its end.
func (e *engine) extension(ctx context.Context, f file, g *segment, d *Declaration, limit int64, compare bool) (*extension, error) {
	sum, known := g.resume()
	if !known {
		g.Plain, g.Scanned, g.Scan = 0, 0, nil
	}
	w := &extension{g: g, seal: e.seal, sum: sum, scan: e.scanner(g, d), until: min(g.Stamp.Size, g.Plain+limit)}
	switch {
	case g.HeadBytes < headBytes:
		w.at = 0 // to complete the fingerprint
		w.scan, g.Scanned = e.freshScanner(g, d), 0
	case compare || g.Scanned < g.Plain: // or in the middle of a record
		w.at = max(min(g.Plain-g.TailBytes, g.Scanned), 0)
	default:
		w.at, w.old, w.begins = g.Plain, true, g.Format
	}
	_, err := io.CopyBuffer(w, io.NewSectionReader(e.host.at(ctx, f), w.at, w.until-w.at), e.buffer)
	return w, err
}

// errReplaced means that the bytes before the attested end are others than they were,
// errDoubtful that they have to be compared.
var (
	errReplaced = errors.New("content was replaced")
	errDoubtful = errors.New("what was appended does not begin as a record")
)

// extension takes the bytes of a file from at on: those before g.Plain are compared,
// those behind are hashed, and those behind g.Scanned are scanned.
type extension struct {
	g      *segment
	seal   sealer
	sum    hash.Hash
	scan   scanner
	at     int64
	until  int64
	head   []byte // the first bytes of the file, if at began with 0
	tail   []byte // the last bytes so far
	old    bool   // whether the comparison is done
	begins string // format in which the first bytes have to be dated; empty: they need not be
}

func (w *extension) Write(p []byte) (int, error) {
	if w.begins != "" && !text.Dated(p, w.begins) {
		return 0, errDoubtful
	}
	w.begins = ""
	begin, end := w.at, w.at+int64(len(p))
	if begin == int64(len(w.head)) && begin < headBytes {
		w.head = append(w.head, p[:min(int64(len(p)), headBytes-begin)]...)
	}
	if begin < w.g.Plain {
		w.keep(p[:min(int64(len(p)), w.g.Plain-begin)])
	}
	if !w.old && end >= w.g.Plain {
		w.old = true
		if w.g.Tail != "" && w.seal.sum(w.last(w.g.TailBytes)) != w.g.Tail {
			return 0, errReplaced
		}
	}
	if end > w.g.Plain {
		fresh := p[max(w.g.Plain-begin, 0):]
		w.keep(fresh)
		w.sum.Write(fresh)
	}
	if end > w.g.Scanned {
		if _, err := w.scan.Write(p[max(w.g.Scanned-begin, 0):]); err != nil {
			return 0, err
		}
	}
	w.at = end
	return len(p), nil
}

func (w *extension) keep(p []byte) {
	w.tail = append(w.tail, p[max(0, len(p)-tailBytes):]...)
	w.tail = append(w.tail[:0], w.tail[max(0, len(w.tail)-tailBytes):]...)
}

func (w *extension) last(n int64) []byte { return w.tail[max(0, int64(len(w.tail))-n):] }

// close notes in the segment what was read.
func (w *extension) close() error {
	g := w.g
	if w.at < g.Plain {
		return nil // the file shrank meanwhile; the next pass sees it
	}
	if err := g.attested(w.seal, w.sum, w.at); err != nil {
		return err
	}
	g.fingerprint(w.seal, w.head)
	g.Tail, g.TailBytes = w.seal.sum(w.tail), int64(len(w.tail))
	return g.scanned(w.scan, w.at, w.at >= g.Stamp.Size)
}

// scanned notes what a scanner found in the first n plain bytes.
func (g *segment) scanned(s scanner, n int64, whole bool) error {
	state, err := s.state()
	if err != nil {
		return fmt.Errorf("keep scan: %w", err)
	}
	g.Scan, g.Scanned = state, n-s.pending()
	if whole {
		g.facts = s.facts()
		for i := range g.Gaps {
			g.Gaps[i].Path = g.Path
		}
	}
	return nil
}

// contentHash is the hash of plain content.
func contentHash() hash.Hash { return sha256.New() }
