package pdf

import (
	"github.com/yunjian-io/yunjian/collector/report"
	"github.com/yunjian-io/yunjian/collector/report/render/page"
)

// sized is text of a size.
type sized struct {
	text string
	size float64
}

// cell is a cell of a grid.
type cell struct {
	texts  []sized // below each other
	right  bool    // as numbers stand
	middle bool
	bold   bool
	fill   bool
}

// grid is a table in the making. Its head is printed again on every page.
type grid struct {
	*sheets
	widths []float64
	x      float64
	head   []cell
	top    float64 // of what is on this page
	begun  bool
}

func (s *sheets) grid(widths []float64) *grid {
	total := 0.0
	for _, w := range widths {
		total += w
	}
	return &grid{sheets: s, widths: widths, x: s.frame.Left + max(0, (s.frame.Inner()-total)/2)}
}

const (
	cellLine = 1.22 // distance of lines, of the size of the type
	cellEdge = 0.7  // kept free above and below, in mm
)

// set breaks the texts of a cell into the lines of its column.
func (g *grid) set(c *cell, k int) (lines []sized) {
	width := (g.widths[k] - 2*page.Padding) * page.PointsPerMM
	for _, t := range c.texts {
		text := g.clean(g.body, t.text)
		for _, line := range wrap(text, width, func(r rune) float64 { return g.measure(g.body, r) * t.size }) {
			lines = append(lines, sized{line, t.size})
		}
	}
	return lines
}

// lay breaks the cells of a row and returns its height.
func (g *grid) lay(row []cell) (lines [][]sized, height float64) {
	lines = make([][]sized, len(row))
	for k := range row {
		lines[k] = g.set(&row[k], k)
		height = max(height, high(lines[k]))
	}
	return lines, height + 2*cellEdge
}

func high(lines []sized) (height float64) {
	for _, l := range lines {
		height += mm(l.size * cellLine)
	}
	return height
}

// row prints a row whole; one that no page takes is divided between lines.
func (g *grid) row(row []cell) {
	lines, height := g.lay(row)
	if !g.begun {
		g.begin()
	}
	fits := height <= g.bottom()-g.fresh()+slack // else it is divided from here on
	if height > g.left()+slack && (fits || g.left() < few) {
		g.over()
	}
	for height > g.left()+slack {
		now := make([][]sized, len(lines))
		taken := false
		for k := range lines {
			n, used := 0, 2*cellEdge
			for n < len(lines[k]) && used+mm(lines[k][n].size*cellLine) <= g.left()+slack {
				used += mm(lines[k][n].size * cellLine)
				n++
			}
			now[k], lines[k] = lines[k][:n], lines[k][n:]
			taken = taken || n > 0
		}
		if !taken { // the head leaves no room: print it anyway
			break
		}
		g.put(row, now, g.left())
		g.over()
		height = 2 * cellEdge
		for k := range lines {
			height = max(height, high(lines[k])+2*cellEdge)
		}
	}
	g.put(row, lines, height)
}

// few is the height under which no row begins that has to be divided, in mm.
const few = 20

// fresh is where the first row stands on a page that has nothing above it.
func (g *grid) fresh() float64 {
	if g.head == nil {
		return g.frame.Top
	}
	_, height := g.lay(g.head)
	return g.frame.Top + height
}

func (g *grid) begin() {
	g.begun, g.top = true, g.y
	if g.head != nil {
		lines, height := g.lay(g.head)
		g.put(g.head, lines, height)
	}
}

// over goes on with the table on the next page.
func (g *grid) over() {
	g.end()
	g.next()
	g.begin()
}

// put prints a row of lines that are broken already.
func (g *grid) put(row []cell, lines [][]sized, height float64) {
	x := g.x
	for k := range row {
		if row[k].fill {
			g.SetFillColor(236, 236, 236)
			g.Rect(x, g.y, g.widths[k], height, "F")
		}
		y := g.y + cellEdge
		if row[k].middle {
			y = g.y + (height-high(lines[k]))/2
		}
		for _, l := range lines[k] {
			at := x + page.Padding
			free := g.widths[k] - 2*page.Padding - mm(g.width(g.body, l.text)*l.size)
			switch {
			case row[k].right:
				at += free
			case row[k].middle:
				at += free / 2
			}
			base := y + mm(l.size*cellLine)/2 + mm(l.size)*0.36
			print := func() {
				g.use(g.body, l.size)
				g.Text(at, base, l.text)
			}
			if row[k].bold {
				g.bold(l.size, print)
			} else {
				print()
			}
			y += mm(l.size * cellLine)
		}
		x += g.widths[k]
	}
	g.y += height
	g.rule(g.y, 0.15, 130)
}

func (g *grid) rule(y, width float64, grey int) {
	total := 0.0
	for _, w := range g.widths {
		total += w
	}
	g.SetDrawColor(grey, grey, grey)
	g.SetLineWidth(width)
	g.Line(g.x, y, g.x+total, y)
}

// end draws what holds the rows of a page together.
func (g *grid) end() {
	if !g.begun {
		return
	}
	x := g.x
	g.SetDrawColor(130, 130, 130)
	g.SetLineWidth(0.15)
	for _, w := range g.widths[:len(g.widths)-1] {
		x += w
		g.Line(x, g.top, x, g.y)
	}
	g.rule(g.top, 0.35, 0)
	g.rule(g.y, 0.35, 0)
}

func (s *sheets) head(p *page.Part) []cell {
	head := make([]cell, len(p.Heads))
	for k, h := range p.Heads {
		head[k] = cell{texts: []sized{{h.Text, p.Size}}, middle: true, bold: true, fill: true}
	}
	return head
}

func cells(p *page.Part, i int) []cell {
	row := make([]cell, len(p.Heads))
	for k, c := range p.Rows[i] {
		row[k] = cell{texts: []sized{{c.Text, p.Size}}, right: p.Heads[k].Kind != report.KindText, bold: p.Total && i == len(p.Rows)-1}
		if c.Note != "" {
			row[k].texts = append(row[k].texts, sized{c.Note, p.Notes})
		}
	}
	return row
}

// gap is kept free above titles and below tables, in mm.
const gap = 3

// tableHead is the height of a table's title, note, head and first row.
func (s *sheets) tableHead(p *page.Part) float64 {
	height := gap + pitch(page.SizeSmallFour, smallMid)
	if p.Note != "" {
		lines := s.broken(s.clean(s.body, p.Note), s.body, page.SizeFive, small)
		height += float64(len(lines)) * pitch(page.SizeFive, small)
	}
	if len(p.Rows) == 0 {
		return height + mm(page.Pitch)
	}
	g := s.grid(p.Widths)
	_, head := g.lay(s.head(p))
	_, first := g.lay(cells(p, 0))
	if most := s.frame.Height - s.frame.Top - s.frame.Bottom - height - head; first > most {
		first = few
	}
	return height + head + first
}

func (s *sheets) table(p *page.Part) {
	if s.y > s.frame.Top {
		s.y += gap
	}
	s.bold(page.SizeSmallFour, func() { s.text(p.Title, s.body, page.SizeSmallFour, smallMid) })
	if p.Note != "" {
		s.text(p.Note, s.body, page.SizeFive, small)
	}
	if len(p.Rows) == 0 {
		s.text(p.Empty, s.body, page.SizeThree, plain)
		return
	}
	g := s.grid(p.Widths)
	g.head = s.head(p)
	for i := range p.Rows {
		g.row(cells(p, i))
	}
	g.end()
	if p.More != "" {
		s.text(p.More, s.body, page.SizeFive, small)
	}
	s.y += gap
}
