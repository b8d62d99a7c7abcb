package pdf

import (
	"github.com/yunjian-io/yunjian/collector/report/chart"
	"github.com/yunjian-io/yunjian/collector/report/render/page"
)

// scale is how many mm a unit of a drawing takes: the width of an upright page,
// less if the drawing would be too high.
func (s *sheets) scale(d *chart.Drawing) float64 {
	const words = 20 // mm, for title and note
	high := s.frame.Height - s.frame.Top - s.frame.Bottom - words
	return min(page.FrameOf(false).Inner()/chart.Width, high/d.Height)
}

func (s *sheets) chartHeight(c *chart.Chart) float64 {
	d := chart.Draw(c)
	return 2*gap + d.Height*s.scale(&d) + pitch(page.SizeSmallFour, smallMid)
}

// chart draws the primitives as vectors, and the title below.
func (s *sheets) chart(c *chart.Chart) {
	d := chart.Draw(c)
	scale := s.scale(&d)
	s.y += gap
	p := pen{s, s.frame.Left + (s.frame.Inner()-d.Width*scale)/2, s.y, scale}
	p.strokes(d.Ground)
	p.areas(d.Areas)
	p.strokes(d.Strokes)
	for _, o := range d.Circles {
		if style := p.paint(o.Fill, o.Edge); style != "" {
			s.Circle(p.left+o.X*scale, p.top+o.Y*scale, o.Radius*scale, style)
		}
	}
	p.areas(d.Plates)
	for _, w := range d.Words {
		p.word(w)
	}
	s.SetTextColor(0, 0, 0)
	s.y += d.Height*scale + gap/2
	s.bold(page.SizeSmallFour, func() { s.text(c.Title, s.body, page.SizeSmallFour, smallMid) })
	if c.Note != "" {
		s.text(c.Note, s.body, page.SizeFive, small)
	}
	s.y += gap
}

// pen draws at a place and a scale.
type pen struct {
	*sheets
	left, top, scale float64
}

func parts(i chart.Ink) (r, g, b int) {
	x, y, z := i.RGB()
	return int(x), int(y), int(z)
}

// paint sets the inks of a figure and returns how it is drawn.
func (p *pen) paint(fill, edge chart.Ink) (style string) {
	if fill != chart.None {
		p.SetFillColor(parts(fill))
		style = "F"
	}
	if edge != chart.None {
		p.SetDrawColor(parts(edge))
		p.SetLineWidth(0.8 * p.scale)
		style += "D"
	}
	return style
}

func (p *pen) areas(all []chart.Area) {
	for _, a := range all {
		if style := p.paint(a.Fill, a.Edge); style != "" {
			p.Rect(p.left+a.X*p.scale, p.top+a.Y*p.scale, a.Width*p.scale, a.Height*p.scale, style)
		}
	}
}

func (p *pen) strokes(all []chart.Stroke) {
	for _, k := range all {
		p.SetDrawColor(parts(k.Ink))
		p.SetLineWidth(k.Width * p.scale)
		if k.Dash[0] > 0 {
			p.SetDashPattern([]float64{k.Dash[0] * p.scale, k.Dash[1] * p.scale}, 0)
		}
		for i, at := range k.Points {
			x, y := p.left+at.X*p.scale, p.top+at.Y*p.scale
			if i == 0 {
				p.MoveTo(x, y)
			} else {
				p.LineTo(x, y)
			}
		}
		p.DrawPath("D")
		if k.Dash[0] > 0 {
			p.SetDashPattern(nil, 0)
		}
	}
}

func (p *pen) word(w chart.Word) {
	size := w.Size * p.scale * page.PointsPerMM
	text := p.clean(p.body, w.Text)
	x := p.left + w.X*p.scale - mm(p.width(p.body, text)*size)*float64(w.Anchor)/2
	p.use(p.body, size)
	p.SetTextColor(parts(w.Ink))
	p.Text(x, p.top+w.Y*p.scale, text)
}
