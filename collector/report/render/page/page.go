package page

import (
	"github.com/yunjian-io/yunjian/collector/report"
	"github.com/yunjian-io/yunjian/collector/report/chart"
)

// The page, in mm: A4 with the margins and the grid of GB/T 9704 (22 lines of 28
// characters in 156 × 225).
const (
	Width  = 210.0
	Height = 297.0
	Top    = 37.0
	Bottom = 35.0
	Left   = 28.0
	Right  = 26.0

	// Pitch is the distance of the lines, in points.
	Pitch = 28.95
	// Lines of a page, and Characters of a line.
	Lines      = 22
	Characters = 28
	// Shrink is what a character gives up so that 28 stand in a line, in points. The
	// customary -0.2 would take 442.4 of 442.2 points; formats that count in twentieths
	// take -0.25, and lines are justified.
	Shrink = -0.25

	// PointsPerMM converts a length.
	PointsPerMM = 72 / 25.4
)

// The sizes of type, in points, by the names of Chinese typography.
const (
	SizeTwo       = 22.0 // titles
	SizeThree     = 16.0 // text and headings
	SizeFour      = 14.0 // page numbers
	SizeSmallFour = 12.0 // titles of tables and charts
	SizeFive      = 10.5 // tables
	SizeSmallFive = 9.0  // wide tables
)

// Frame is the printed area of an upright or lying page, in mm. A page is laid down
// so that its binding edge becomes the upper one.
type Frame struct{ Width, Height, Top, Bottom, Left, Right float64 }

// FrameOf is the frame of a page.
func FrameOf(lying bool) Frame {
	if lying {
		return Frame{Height, Width, Left, Right, Bottom, Top}
	}
	return Frame{Width, Height, Top, Bottom, Left, Right}
}

// Inner is the width between the margins.
func (f Frame) Inner() float64 { return f.Width - f.Left - f.Right }

// Item is one thing on the pages; one of Heading, Block and Part is set.
type Item struct {
	// Heading with its level; that of a section is 1. ID is that of the section.
	Heading *report.Heading
	ID      string
	Block   *report.Block
	Part    *Part
	// Lying says that it stands on a page laid down.
	Lying bool
	// NewPage says that it begins a page. Running is the text in the head of its page.
	NewPage bool
	Running string

	set bool // that Lying follows from its own size
}

// Items puts the sections of a document into sequence and decides which lie.
func Items(d *report.Document) []Item {
	var out []Item
	for i := range d.Sections {
		s := &d.Sections[i]
		out = append(out, Item{Heading: &report.Heading{Level: 1, Text: s.Heading}, ID: s.ID})
		for k := range s.Blocks {
			b := &s.Blocks[k]
			switch {
			case b.Heading != nil:
				out = append(out, Item{Heading: b.Heading})
			case b.Table != nil:
				for _, p := range Parts(b.Table) {
					out = append(out, Item{Part: &p, Lying: p.Lying, set: len(b.Table.Rows) > 0})
				}
			case b.Chart != nil && len(b.Chart.Points) == 0: // nothing to draw
			default: // a small line has room on any page
				out = append(out, Item{Block: b, set: b.Chart != nil && b.Chart.Kind != chart.Spark})
			}
		}
	}
	settle(out)
	turn(out)
	return out
}

// between is how many small items may lie between two wide tables.
const between = 6

// settle decides for the items that fit either way: they stand, but headings go
// with the wide table that they head, and a few items between two wide tables lie
// with them, so that no page is left half empty.
func settle(items []Item) {
	for i := 0; i < len(items); {
		if items[i].set {
			i++
			continue
		}
		end := i
		for end < len(items) && !items[end].set {
			end++
		}
		before, after := i > 0 && items[i-1].Lying, end < len(items) && items[end].Lying
		first := end
		switch {
		case before && after && end-i <= between:
			first = i
		case after:
			for first > i && items[first-1].Heading != nil {
				first--
			}
		}
		for ; first < end; first++ {
			items[first].Lying = true
		}
		i = end
	}
}
