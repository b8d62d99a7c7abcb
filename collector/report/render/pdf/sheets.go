package pdf

import (
	"fmt"
	"math"
	"strings"

	"codeberg.org/go-pdf/fpdf"

	"github.com/yunjian-io/yunjian/collector/report"
	"github.com/yunjian-io/yunjian/collector/report/render/page"
)

// sheets prints items one below the other and turns pages.
type sheets struct {
	*press
	words
	marks string

	running string // in the head of the page
	frame   page.Frame
	lying   bool
	open    bool
	y       float64 // of the next thing, in mm from the top of the page
	level   int     // of the last bookmark
}

// mm converts points.
func mm(points float64) float64 { return points / page.PointsPerMM }

// bottom is where the printed area ends.
func (s *sheets) bottom() float64 { return s.frame.Height - s.frame.Bottom }

// left is what is left of the page, in mm.
func (s *sheets) left() float64 { return s.bottom() - s.y }

// turn goes on upright or lying; on the same page if it is so already.
func (s *sheets) turn(lying bool) {
	if !s.open || lying != s.lying {
		s.lying = lying
		s.next()
	}
}

// room turns the page if less is left of it.
func (s *sheets) room(height float64) {
	if s.left() < height-slack && s.y > s.frame.Top+slack {
		s.next()
	}
}

// next begins a page with its watermark and its number.
func (s *sheets) next() {
	orientation := "P"
	if s.lying {
		orientation = "L"
	}
	s.AddPageFormat(orientation, fpdf.SizeType{Wd: page.Width, Ht: page.Height})
	s.frame, s.open = page.FrameOf(s.lying), true
	s.y = s.frame.Top
	s.now = nil // the page begins with the font of the last one; say it again
	s.watermark()
	s.number()
	s.runningHead()
	s.SetTextColor(0, 0, 0)
}

// watermark lies below everything that follows.
func (s *sheets) watermark() {
	text := s.clean(s.body, s.marks)
	if text == "" {
		return
	}
	ems := s.width(s.body, text)
	size := min(110, 180*page.PointsPerMM/ems)
	s.use(s.body, size)
	s.SetTextColor(226, 226, 226)
	x, y := s.frame.Width/2, s.frame.Height/2
	s.TransformBegin()
	s.TransformRotate(45, x, y)
	s.Text(x-mm(ems*size)/2, y+mm(size)*0.35, text)
	s.TransformEnd()
}

// footBelow is how far below the printed area the dashes of the page number stand, in mm.
const footBelow = 7

// number prints the page number: right on odd pages, left on even ones, one empty
// character from the edge.
func (s *sheets) number() {
	s.use(s.body, page.SizeFour)
	s.SetTextColor(0, 0, 0)
	text := fmt.Sprintf("%s %d %s", s.Dash, s.PageNo(), s.Dash)
	x := s.frame.Left + mm(page.SizeFour)
	if s.PageNo()%2 == 1 {
		x = s.frame.Width - s.frame.Right - mm(page.SizeFour) - mm(s.width(s.body, text)*page.SizeFour)
	}
	s.use(s.body, page.SizeFour)
	s.Text(x, s.bottom()+footBelow+mm(page.SizeFour)*0.35, text)
}

// headAbove is how far above the printed area the head of a page stands, in mm.
const headAbove = 8

// runningHead prints the text that runs over several pages.
func (s *sheets) runningHead() {
	text := s.clean(s.body, s.running)
	if text == "" {
		return
	}
	s.use(s.body, page.SizeFive)
	s.Text((s.frame.Width-mm(s.width(s.body, text)*page.SizeFive))/2, s.frame.Top-headAbove, text)
}

// manner is how a paragraph is set.
type manner uint8

const (
	plain    manner = iota // first line indented by two characters, full lines
	centered               // each line in the middle
	heading                // first line indented, lines as they are
	small                  // no indent, closer lines
	smallMid               // the same in the middle
)

// pitch is the distance of lines, in mm.
func pitch(size float64, m manner) float64 {
	if m == small || m == smallMid {
		return mm(size * 1.35)
	}
	return mm(page.Pitch)
}

// broken are the lines of a paragraph.
func (s *sheets) broken(text string, f *font, size float64, m manner) []string {
	width := s.frame.Inner() * page.PointsPerMM
	shrink := 0.0
	if m == plain || m == heading {
		shrink = page.Shrink
		text = strings.ReplaceAll("\u3000\u3000"+text, "\n", "\n\u3000\u3000")
	}
	return wrap(text, width, func(r rune) float64 { return s.measure(f, r)*size + shrink })
}

// text prints a paragraph.
func (s *sheets) text(text string, f *font, size float64, m manner) {
	text = s.clean(f, text)
	lines := s.broken(text, f, size, m)
	step := pitch(size, m)
	for i, line := range lines {
		s.room(step)
		s.line(line, f, size, m, i == len(lines)-1)
		s.y += step
	}
}

// most is how much a justified line may be opened at each character, in ems.
const most = 0.12

func (s *sheets) line(line string, f *font, size float64, m manner, last bool) {
	base := s.y + pitch(size, m)/2 + mm(size)*0.36
	x, space := s.frame.Left, 0.0
	wide := s.width(f, line) * size
	n := float64(len([]rune(line)))
	inner := s.frame.Inner() * page.PointsPerMM
	switch m {
	case centered, smallMid:
		x += (s.frame.Inner() - mm(wide)) / 2
	case plain:
		space = page.Shrink
		if gap := (inner - wide) / max(1, n-1); !last && gap < most*size {
			space = gap
		}
	case heading:
		space = page.Shrink
	}
	s.use(f, size)
	if space != 0 {
		s.RawWriteStr(fmt.Sprintf("%.4f Tc", space))
	}
	s.Text(x, base, line)
	if space != 0 {
		s.RawWriteStr("0 Tc")
	}
}

// bold prints with a fine outline: the fonts have no heavier face.
func (s *sheets) bold(size float64, print func()) {
	s.SetDrawColor(0, 0, 0)
	s.SetLineWidth(mm(size * 0.028))
	s.SetTextRenderingMode(2)
	print()
	s.SetTextRenderingMode(0)
}

func (s *sheets) title(d *report.Document) {
	s.text(d.Provider, s.script, page.SizeThree, centered)
	s.bold(page.SizeTwo, func() { s.text(d.Title, s.body, page.SizeTwo, centered) })
	s.text(d.Period, s.script, page.SizeThree, centered)
	s.y += mm(page.Pitch)
	for _, n := range d.Notices {
		s.text(n, s.body, page.SizeThree, plain)
	}
	if len(d.Cover) == 0 {
		return
	}
	const label = 48
	g := s.grid([]float64{label, s.frame.Inner() - label})
	for _, p := range d.Cover {
		g.row([]cell{{texts: []sized{{p.Label, page.SizeSmallFour}}}, {texts: []sized{{p.Value, page.SizeSmallFour}}}})
	}
	g.end()
	s.y += mm(page.Pitch) / 2
}

// items prints what is on the pages; a heading is not left behind by what it heads.
func (s *sheets) items(all []page.Item) {
	for i := range all {
		it := &all[i]
		s.running = it.Running
		if it.NewPage {
			s.lying = it.Lying
			s.next()
		}
		s.turn(it.Lying)
		s.room(min(s.needed(all[i:]), s.frame.Height-s.frame.Top-s.frame.Bottom))
		switch {
		case it.Heading != nil:
			s.heading(it.Heading)
		case it.Part != nil:
			s.table(it.Part)
		default:
			s.block(it.Block)
		}
	}
}

// needed is the height that the first of the items must have to begin on a page.
func (s *sheets) needed(items []page.Item) float64 {
	const textLines = 2
	line := mm(page.Pitch)
	if len(items) == 0 {
		return 0
	}
	switch it := &items[0]; {
	case it.Heading != nil:
		return line + s.needed(items[1:])
	case it.Part != nil:
		return s.tableHead(it.Part)
	case it.Block.Chart != nil:
		return s.chartHeight(it.Block.Chart)
	case it.Block.Blank != nil:
		return textLines * line
	}
	return line
}

func (s *sheets) heading(h *report.Heading) {
	level := min(h.Level-1, s.level+1)
	s.level = level
	f := s.body
	if h.Level == 2 {
		f = s.script
	}
	s.use(f, page.SizeThree)
	s.Bookmark(s.clean(f, h.Text), level, s.y)
	if h.Level == 1 {
		s.bold(page.SizeThree, func() { s.text(h.Text, f, page.SizeThree, heading) })
		return
	}
	s.text(h.Text, f, page.SizeThree, heading)
}

func (s *sheets) block(b *report.Block) {
	switch {
	case b.Cards != nil:
		s.cards(b.Cards)
	case b.Chart != nil:
		s.chart(b.Chart)
	case b.Blank != nil:
		s.text(b.Blank.Label, s.script, page.SizeThree, heading)
		text := b.Blank.Text
		if text == "" {
			text = b.Blank.Absent
		}
		s.text(text, s.body, page.SizeThree, plain)
	case b.NotProvided != nil:
		s.text(b.NotProvided.Label+" "+s.Dash+" "+b.NotProvided.Value, s.body, page.SizeThree, plain)
	default:
		s.text(b.Paragraph, s.body, page.SizeThree, plain)
	}
}

// cards are small boxes, four beside each other.
func (s *sheets) cards(cards []report.Card) {
	const beside = 4
	widths := make([]float64, beside)
	for k := range widths {
		widths[k] = s.frame.Inner() / beside
	}
	g := s.grid(widths)
	for i := 0; i < len(cards); i += beside {
		row := make([]cell, beside)
		for k := range min(beside, len(cards)-i) {
			c := cards[i+k]
			row[k].texts = []sized{{c.Label, page.SizeSmallFive}, {c.Value, page.SizeFour}}
			if c.Note != "" {
				row[k].texts = append(row[k].texts, sized{c.Note, page.SizeSmallFive})
			}
		}
		g.row(row)
	}
	g.end()
	s.y += math.Min(3, max(0, s.left()))
}
