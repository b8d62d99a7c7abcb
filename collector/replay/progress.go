package replay

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// Bar shows the progress of a replay on a terminal in one line that is drawn again, or
// anywhere else as a line every few seconds.
type Bar struct {
	out      io.Writer
	terminal bool
	next     time.Duration // elapsed time before which nothing is drawn
	width    int           // of the last line drawn
}

// NewBar returns a bar that writes to out.
func NewBar(out io.Writer, terminal bool) *Bar { return &Bar{out: out, terminal: terminal} }

const (
	drawEvery  = 200 * time.Millisecond
	printEvery = 5 * time.Second
	cells      = 30
)

// Show draws the progress if it is time to. The last one is always drawn.
func (b *Bar) Show(p Progress) {
	done := p.Rows >= p.Total
	if p.Elapsed < b.next && !done {
		return
	}
	line := text(p)
	if !b.terminal {
		b.next = p.Elapsed + printEvery
		fmt.Fprintln(b.out, line)
		return
	}
	b.next = p.Elapsed + drawEvery
	full := int(cells * share(p))
	line = "[" + strings.Repeat("#", full) + strings.Repeat(".", cells-full) + "] " + line
	fmt.Fprintf(b.out, "\r%-*s", b.width, line)
	b.width = len(line)
}

// End ends the line that was drawn last.
func (b *Bar) End() {
	if b.terminal && b.width > 0 {
		fmt.Fprintln(b.out)
	}
}

func share(p Progress) float64 {
	if p.Total <= 0 {
		return 1
	}
	return min(1, float64(p.Rows)/float64(p.Total))
}

func text(p Progress) string {
	rate := 0.0
	if s := p.Elapsed.Seconds(); s > 0 {
		rate = float64(p.Rows) / s
	}
	left := "?"
	if rate > 0 {
		left = time.Duration(float64(max(0, p.Total-p.Rows)) / rate * float64(time.Second)).Round(time.Second).String()
	}
	return fmt.Sprintf("%5.1f %%  %s  %d of %d rows  %.0f rows/s  %s left", 100*share(p), p.Day, p.Rows, p.Total, rate, left)
}
