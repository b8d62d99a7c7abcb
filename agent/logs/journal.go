package logs

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"path"
	"slices"
	"time"

	"github.com/yunjian-io/yunjian/agent/logs/journald"
	"github.com/yunjian-io/yunjian/internal/wire"
)

// headers is the tree of a host in which the head of a journal file that did not
// change is not read again.
type headers struct {
	fsys  fs.FS
	host  *host
	known map[string]header // by name in the fs.FS
}

type header struct {
	stamp stamp
	data  []byte
}

const journalHeader = 512 // more than any header has, in bytes

// Open opens a file, or what is remembered of its first bytes.
func (h *headers) Open(name string) (fs.File, error) {
	s, err := h.host.stat("/" + name)
	if err != nil {
		return nil, err
	}
	k, known := h.known[name]
	if !known || k.stamp != s {
		f, err := h.host.open("/" + name)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		data := make([]byte, min(s.Size, journalHeader))
		n, err := f.ReadAt(data, 0)
		h.host.meter.read += int64(n)
		if n < len(data) && err != nil {
			return nil, err
		}
		k = header{stamp: s, data: data}
	}
	h.known[name] = k
	return &headFile{name: path.Base(name), stamp: s, Reader: bytes.NewReader(k.data)}, nil
}

// ReadDir lists a folder.
func (h *headers) ReadDir(name string) ([]fs.DirEntry, error) { return fs.ReadDir(h.fsys, name) }

// headFile is the first bytes of a file.
type headFile struct {
	*bytes.Reader
	name  string
	stamp stamp
}

// Stat tells about the whole file.
func (f *headFile) Stat() (fs.FileInfo, error) { return f, nil }

// Name is the name of the file in its folder.
func (f *headFile) Name() string { return f.name }

// Size is that of the whole file.
func (f *headFile) Size() int64 { return f.stamp.Size }

// Mode is that of a file which can be read.
func (f *headFile) Mode() fs.FileMode { return 0o444 }

// ModTime is when the file was last written.
func (f *headFile) ModTime() time.Time { return time.Unix(0, f.stamp.ModTime) }

// IsDir reports that it is none.
func (f *headFile) IsDir() bool { return false }

// Sys is nothing.
func (f *headFile) Sys() any { return nil }

// Close does nothing.
func (f *headFile) Close() error { return nil }

// journals scans a journal folder: the system's own files become segments, all of
// them the arithmetic that shows missing ones.
func (e *engine) journals(ctx context.Context, s *source) ([]member, error) {
	inv, err := journald.Scan(e.headers, rel(s.path))
	if err != nil {
		s.journal = nil
		s.blind = !errors.Is(err, fs.ErrNotExist)
		s.denied = errors.Is(err, fs.ErrPermission)
		return nil, ctx.Err()
	}
	s.journal = &inv
	for _, u := range inv.Unread {
		s.blind = s.blind || !errors.Is(u.Err, journald.ErrNotJournal)
		s.denied = s.denied || errors.Is(u.Err, fs.ErrPermission)
	}
	files := make([]member, 0, len(inv.Files))
	for _, f := range inv.Files {
		if f.Name.Family != journald.System || f.Namespace != "" {
			continue
		}
		files = append(files, member{
			path: "/" + f.Path, stamp: e.headers.known[f.Path].stamp, live: f.Name.Life == journald.Active,
		})
	}
	return files, ctx.Err()
}

// readJournals takes the facts of the segments from the headers.
func (e *engine) readJournals(s *source) {
	if s.journal == nil {
		return
	}
	byPath := map[string]*segment{}
	for _, g := range s.segments {
		if g.present {
			byPath[g.Path] = g
		}
	}
	for _, f := range s.journal.Files {
		g := byPath["/"+f.Path]
		if g == nil {
			continue
		}
		if g.Entries == f.Header.Entries && !g.fresh && g.Last.Equal(f.Header.TailTime()) {
			continue
		}
		if f.Header.Entries < g.Entries {
			r := g.event(wire.EventTruncated, e.now) // journald never takes an entry back
			r.Detail = "entries"
			e.note(r)
		}
		g.Entries = f.Header.Entries
		g.First, g.Last, g.Format = f.Header.HeadTime(), f.Header.TailTime(), FamilyJournald
		if g.ID == "" {
			g.ID = e.seal.sum(f.Header.FileID[:])[:idHex]
		}
		e.dirty(g)
	}
	e.journalGaps(s)
}

// journalGaps are the holes in the sequence numbers. Entries that are missing without
// a place have to be so in two passes: the head of a file that is being written may
// be one entry behind.
func (e *engine) journalGaps(s *source) {
	s.gaps = nil
	missing := uint64(0)
	var widest wire.LogGap
	for _, epoch := range s.journal.Epochs {
		if !slices.ContainsFunc(epoch.Files, func(f journald.File) bool { return f.Name.Family == journald.System && f.Namespace == "" }) {
			continue
		}
		placed := uint64(0)
		for _, g := range epoch.Gaps {
			if g.Lost() == 0 {
				continue
			}
			placed += g.Lost()
			s.gaps = append(s.gaps, wire.LogGap{Kind: "seq", From: micro(g.FromRealtime), To: micro(g.ToRealtime), Missing: g.Lost(), Path: "/" + g.Before})
		}
		if epoch.ProvenDeficit > placed && len(s.journal.Unread) == 0 {
			missing += epoch.ProvenDeficit - placed
			widest = wire.LogGap{Kind: "seq", Missing: missing, Path: s.path}
			for i, f := range epoch.Files {
				if head := f.Header.HeadTime(); i == 0 || head.Before(widest.From) {
					widest.From = head
				}
				if tail := f.Header.TailTime(); tail.After(widest.To) {
					widest.To = tail
				}
			}
		}
	}
	if missing > 0 && s.deficit > 0 {
		s.gaps = append(s.gaps, widest)
	}
	s.deficit = missing
}

func micro(us uint64) time.Time { return time.UnixMicro(int64(us)).UTC() }

// journalPolicy is what journald.conf and the files say about removal.
func (e *engine) journalPolicy(s *source) wire.LogPolicy {
	mode := journald.Persistent
	if path.Dir(s.path) == "/run/log" {
		mode = journald.Volatile
	}
	inv := journald.Inventory{}
	if s.journal != nil {
		inv = *s.journal
	}
	return JournaldPolicy(e.journal, inv, mode, s.disk.Size, s.disk.Free, e.now)
}
