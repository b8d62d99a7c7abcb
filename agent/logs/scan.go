package logs

import (
	"io"

	"github.com/yunjian-io/yunjian/agent/logs/text"
	"github.com/yunjian-io/yunjian/internal/wire"
)

// scanner takes the plain content of a segment in order and tells its times.
type scanner interface {
	io.Writer
	facts() facts
	// pending is how many of the bytes at the end belong to an unfinished record.
	pending() int64
	// state is what another scanner needs to go on behind all but the pending bytes.
	state() ([]byte, error)
}

// scanner returns the scanner that goes on where the segment was left.
func (e *engine) scanner(g *segment, d *Declaration) scanner {
	if len(g.Scan) == 0 {
		g.Scanned = 0
		return e.freshScanner(g, d)
	}
	if d.Family == FamilyUTMP {
		return resumeLogins(g.Scan)
	}
	s, err := text.ResumeScanner(g.Scan, e.options(g, d))
	if err != nil { // of an earlier version: the file is read once more
		g.Scanned = 0
		return e.freshScanner(g, d)
	}
	return textScanner{s, g.Path}
}

func (e *engine) freshScanner(g *segment, d *Declaration) scanner {
	if d.Family == FamilyUTMP {
		return &loginScanner{}
	}
	s, err := text.NewScanner(e.options(g, d))
	if err != nil { // the format was checked with the configuration
		o := e.options(g, d)
		o.Format = ""
		s, _ = text.NewScanner(o) // without a format there is no error
	}
	return textScanner{s, g.Path}
}

// textScanner reads text.
type textScanner struct {
	*text.Scanner
	path string
}

func (s textScanner) facts() facts { return factsOf(s.Reading(), s.path) }

// factsOf are the facts of a reading. Its First is one that can be believed, so that
// what stands before it only counts as implausible.
func factsOf(r text.Reading, path string) facts {
	return facts{
		First: r.First, Last: r.Last, Format: r.Format, Unparsed: r.Unparsed, Implausible: r.Implausible,
		P999: r.P999, Gaps: wireGaps(r.Gaps, path),
	}
}

func (s textScanner) pending() int64 { return s.Pending() }

func (s textScanner) state() ([]byte, error) { return s.MarshalBinary() }

func wireGaps(gaps []text.Gap, path string) (out []wire.LogGap) {
	for _, g := range gaps {
		out = append(out, wire.LogGap{Kind: g.Kind, From: g.From, To: g.To, Missing: g.Missing, Path: path})
	}
	return out
}

// noScanner reads nothing: a journal's times are in its header.
type noScanner struct{}

func (noScanner) Write(p []byte) (int, error) { return len(p), nil }
func (noScanner) facts() facts                { return facts{} }
func (noScanner) pending() int64              { return 0 }
func (noScanner) state() ([]byte, error)      { return nil, nil }
