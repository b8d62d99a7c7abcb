package chart

import "math"

// Ink is a colour of a drawing, as 0xRRGGBB; None draws nothing.
type Ink int32

// The inks. They differ in lightness, so that grey print keeps them apart.
const (
	None   Ink = -1
	Black  Ink = 0x1b1f24
	Faint  Ink = 0x5c6670
	Line   Ink = 0xc9d1d9
	White  Ink = 0xffffff
	Dark   Ink = 0x1f4e79
	Sand   Ink = 0xf0cf9f
	Pale   Ink = 0xdbe5ee
	Middle Ink = 0x8aa4bd
)

// RGB returns the parts of the ink.
func (i Ink) RGB() (r, g, b uint8) { return uint8(i >> 16), uint8(i >> 8), uint8(i) }

// XY is a place in the units of the drawing, y downwards.
type XY struct{ X, Y float64 }

// Area is a rectangle. Tip is what a pointing reader is told.
type Area struct {
	X, Y, Width, Height float64
	Fill, Edge          Ink
	Tip                 string
}

// Stroke is a line through points; Dash is dash and gap, 0 for a whole line.
type Stroke struct {
	Points []XY
	Ink    Ink
	Width  float64
	Dash   [2]float64
}

// Circle is a circle. Tip is what a pointing reader is told.
type Circle struct {
	X, Y, Radius float64
	Fill, Edge   Ink
	Tip          string
}

// Anchor is the side of a word that lies at its place.
type Anchor uint8

// The anchors.
const (
	Start Anchor = iota
	Center
	End
)

// Word is a line of text; Y is its base line, Size the size of its type.
type Word struct {
	X, Y   float64
	Anchor Anchor
	Size   float64
	Ink    Ink
	Text   string
}

// Drawing is a chart as primitives, each kind over the ones before.
type Drawing struct {
	Width, Height float64
	// Ground are the lines of the scales, below everything else.
	Ground  []Stroke
	Areas   []Area
	Strokes []Stroke
	Circles []Circle
	// Plates keep what lies below from running through a word.
	Plates []Area
	Words  []Word
}

// Sizes, in units of the drawing; a drawing is Width wide unless it is a spark.
const (
	Width    = 560
	textSize = 11.5
	tickSize = 10
	lineStep = 1.25 // of the size of the type
)

// Ems is the width of text in ems: 1 for what is not ASCII, about half for what is.
func Ems(s string) (n float64) {
	for _, r := range s {
		if r <= '~' {
			n += 0.52
		} else {
			n++
		}
	}
	return n
}

// shorten cuts text to a width in ems.
func shorten(s string, ems float64) string {
	if Ems(s) <= ems {
		return s
	}
	n := 1.0
	for i, r := range s {
		n += Ems(string(r))
		if n > ems {
			return s[:i] + "…"
		}
	}
	return s
}

func (d *Drawing) word(x, y float64, at Anchor, size float64, ink Ink, text string) {
	if text != "" {
		d.Words = append(d.Words, Word{round(x), round(y), at, size, ink, text})
	}
}

func (d *Drawing) line(ink Ink, width float64, dash [2]float64, points ...XY) {
	d.Strokes = append(d.Strokes, stroke(ink, width, dash, points))
}

// scale draws a line of a scale, below the values.
func (d *Drawing) scale(ink Ink, points ...XY) {
	d.Ground = append(d.Ground, stroke(ink, 0.7, [2]float64{}, points))
}

func stroke(ink Ink, width float64, dash [2]float64, points []XY) Stroke {
	for i := range points {
		points[i] = XY{round(points[i].X), round(points[i].Y)}
	}
	return Stroke{points, ink, width, dash}
}

// pattern is how a series is told from the others without its colour.
type pattern struct {
	fill  Ink
	slope float64 // of the hatching, 0 for none
	cross bool
	dash  [2]float64
	mark  byte // of lines: disc, ring or square
}

func patternOf(series int) pattern {
	all := [...]pattern{
		{fill: Dark, mark: 'd'},
		{fill: Sand, slope: 1, mark: 'r', dash: [2]float64{6, 3}},
		{fill: Pale, mark: 's', dash: [2]float64{2, 2}},
		{fill: Middle, slope: -1, mark: 'd', dash: [2]float64{8, 2}},
		{fill: White, slope: 1, cross: true, mark: 'r'},
		{fill: White, mark: 's', dash: [2]float64{1, 3}},
	}
	return all[series%len(all)]
}

const hatchStep = 4.5

// bar draws a rectangle in the pattern of a series.
func (d *Drawing) bar(x, y, width, height float64, series int, tip string) {
	p := patternOf(series)
	x, y, width, height = round(x), round(y), round(width), round(height)
	d.Areas = append(d.Areas, Area{x, y, width, height, p.fill, Dark, tip})
	if p.slope != 0 {
		d.hatch(x, y, width, height, p.slope)
		if p.cross {
			d.hatch(x, y, width, height, -p.slope)
		}
	}
}

// hatch draws the lines x ± y = n·step inside of a rectangle, so that neighbours
// have the same ones.
func (d *Drawing) hatch(x, y, width, height, slope float64) {
	at := func(c float64) (XY, XY, bool) { // where x + slope·y = c crosses the rectangle
		from, to := max(x, min(c-slope*y, c-slope*(y+height))), min(x+width, max(c-slope*y, c-slope*(y+height)))
		return XY{from, (c - from) / slope}, XY{to, (c - to) / slope}, to-from > 0.2
	}
	low := min(x+slope*y, x+slope*(y+height))
	for c := math.Ceil(low/hatchStep) * hatchStep; c < low+width+height; c += hatchStep {
		if a, b, ok := at(c); ok {
			d.line(Dark, 0.5, [2]float64{}, a, b)
		}
	}
}

// dot draws the mark of a series at a point of its line.
func (d *Drawing) dot(x, y float64, series int, tip string) {
	const r = 2.4
	switch patternOf(series).mark {
	case 'd':
		d.Circles = append(d.Circles, Circle{round(x), round(y), r, Dark, Dark, tip})
	case 'r':
		d.Circles = append(d.Circles, Circle{round(x), round(y), r, White, Dark, tip})
	default:
		d.Areas = append(d.Areas, Area{round(x - r), round(y - r), 2 * r, 2 * r, Pale, Dark, tip})
	}
}

// ticks returns up to about count round values that cover 0 to top.
func ticks(top float64, count int) []float64 {
	if !(top > 0) || math.IsInf(top, 1) {
		top = 1
	}
	raw := top / float64(count)
	step := math.Pow(10, math.Floor(math.Log10(raw)))
	for _, f := range []float64{1, 2, 2.5, 5, 10} {
		if step*f >= raw*0.999 {
			step *= f
			break
		}
	}
	var out []float64
	for i := 0; ; i++ {
		v := float64(i) * step
		out = append(out, v)
		if v >= top*0.999 {
			return out
		}
	}
}

// round keeps coordinates short; a hundredth of a unit is not seen.
func round(v float64) float64 { return math.Round(v*100) / 100 }
