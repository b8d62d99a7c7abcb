package html

import (
	"fmt"
	"math"
	"unicode/utf8"

	"github.com/yunjian-io/yunjian/collector/report"
)

// drawing is a chart in the units of its own view box.
type drawing struct {
	Width, Height float64
	Bars          []bar
	Words         []word
	Lines         []line
	Legend        []entry
}

type bar struct {
	X, Y, Width, Height float64
	Series              int
	Title               string
}

type word struct {
	X, Y   float64
	Anchor string // start, middle or end
	Text   string
	Faint  bool
}

type line struct {
	X1, Y1, X2, Y2 float64
	Dashed         bool
}

type entry struct {
	X      float64
	Series int
	Text   string
}

func draw(c *report.Chart) drawing {
	if c.Horizontal {
		return horizontal(c)
	}
	return columns(c)
}

// Sizes of the charts, in units of the view box.
const (
	chartWidth = 760
	rowHeight  = 24
	barHeight  = 14
	labelWidth = 220
	labelRunes = 15 // that fit into labelWidth
	right      = 64 // room for the value behind the longest bar
	plotTop    = 44
	plotHeight = 200
)

func shorten(s string) string {
	if utf8.RuneCountInString(s) <= labelRunes {
		return s
	}
	return string([]rune(s)[:labelRunes-1]) + "…"
}

// horizontal draws one bar a point; ratios run from 0 to 100 %, or to the largest.
func horizontal(c *report.Chart) drawing {
	top := 1.0
	for _, p := range c.Points {
		top = max(top, p.Values[0].Figure.Value)
	}
	d := drawing{Width: chartWidth, Height: float64(len(c.Points))*rowHeight + 34}
	bottom := d.Height - 24
	scale := func(v float64) float64 {
		return labelWidth + round(v/top*(chartWidth-labelWidth-right))
	}
	d.Lines = append(d.Lines, line{labelWidth, 4, labelWidth, bottom, false})
	for _, at := range c.Lines {
		x := scale(at)
		d.Lines = append(d.Lines, line{x, 4, x, bottom, true})
		d.Words = append(d.Words, word{x, bottom + 16, "middle", fmt.Sprintf("%.0f%%", at*100), true})
	}
	for i, p := range c.Points {
		y := 8 + float64(i)*rowHeight
		width := scale(max(0, p.Values[0].Figure.Value)) - labelWidth
		d.Bars = append(d.Bars, bar{labelWidth, y, max(1, width), barHeight, 0, p.Label})
		d.Words = append(d.Words,
			word{labelWidth - 8, y + 12, "end", shorten(p.Label), false},
			word{labelWidth + width + 6, y + 12, "start", p.Values[0].Text, false})
	}
	return d
}

// columns draws groups of columns, one column a series.
func columns(c *report.Chart) drawing {
	top := 1.0
	for _, p := range c.Points {
		for _, v := range p.Values {
			top = max(top, v.Figure.Value)
		}
	}
	d := drawing{Width: chartWidth, Height: plotTop + plotHeight + 30}
	base := float64(plotTop + plotHeight)
	group := float64(chartWidth) / float64(max(1, len(c.Points)))
	width := round(min(40, group*0.7/float64(max(1, len(c.Series)))))
	d.Lines = append(d.Lines, line{0, base, chartWidth, base, false})
	for i, p := range c.Points {
		middle := round(group * (float64(i) + 0.5))
		x := middle - width*float64(len(p.Values))/2
		for k, v := range p.Values {
			height := round(v.Figure.Value / top * (plotHeight - 10))
			d.Bars = append(d.Bars, bar{x, base - height, width - 2, height, k, p.Label + " " + c.Series[k] + " " + v.Text})
			d.Words = append(d.Words, word{x + width/2 - 1, base - height - 5, "middle", v.Text, false})
			x += width
		}
		d.Words = append(d.Words, word{middle, base + 20, "middle", p.Label, false})
	}
	for k, s := range c.Series {
		d.Legend = append(d.Legend, entry{float64(k) * 120, k, s})
	}
	return d
}

// round keeps coordinates short; a tenth of a unit is less than a pixel.
func round(v float64) float64 { return math.Round(v*10) / 10 }
