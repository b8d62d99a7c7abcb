package chart

import "strconv"

// Draw lays a chart out.
func Draw(c *Chart) Drawing {
	switch c.Kind {
	case Rows:
		return rows(c)
	case Trend:
		return trend(c)
	case Curve:
		return curve(c)
	case Bubbles:
		return bubbles(c)
	case Stacked:
		return columns(c, true)
	case Spark:
		return spark(c)
	}
	return columns(c, false)
}

// plot is the area between the axes and the values that its edges stand for.
type plot struct {
	left, top, right, bottom float64
	highX, highY             float64
}

func (p plot) x(v float64) float64 { return p.left + v/p.highX*(p.right-p.left) }
func (p plot) y(v float64) float64 { return p.bottom - v/p.highY*(p.bottom-p.top) }

func tickText(v float64, percent bool) string {
	if percent {
		return strconv.FormatFloat(round(v*100), 'f', -1, 64) + "%"
	}
	return strconv.FormatFloat(round(v), 'f', -1, 64)
}

// highest is the largest known value, or the sum of a point's values.
func highest(c *Chart, series int, sum bool) (top float64) {
	for _, p := range c.Points {
		total := 0.0
		for k, v := range p.Values {
			if v.Known && (series < 0 || k == series) {
				top = max(top, v.Number)
				total += v.Number
			}
		}
		if sum {
			top = max(top, total)
		}
	}
	return top
}

// valueAxis draws ticks and lines of the y axis and sets its upper end.
func (d *Drawing) valueAxis(p *plot, top float64, percent bool, title string, count int) {
	all := ticks(top, count)
	p.highY = all[len(all)-1]
	for _, v := range all {
		ink := Line
		if v == 0 {
			ink = Faint
		}
		d.scale(ink, XY{p.left, p.y(v)}, XY{p.right, p.y(v)})
		d.word(p.left-5, p.y(v)+3.5, End, tickSize, Faint, tickText(v, percent))
	}
	d.word(4, p.top-9, Start, tickSize, Faint, title)
}

// legend draws the names of the series from the left at the given height, over as
// many lines as they take, and returns the height below it.
func (d *Drawing) legend(c *Chart, y float64, lines bool) float64 {
	x := 4.0
	for k, s := range c.Series {
		width := 26 + Ems(s)*textSize + 16
		if x+width > Width && x > 4 {
			x, y = 4, y+textSize*1.5
		}
		if lines {
			d.line(Dark, 1.5, patternOf(k).dash, XY{x, y - 4}, XY{x + 22, y - 4})
			d.dot(x+11, y-4, k, "")
		} else {
			d.bar(x+4, y-10, 14, 11, k, "")
		}
		d.word(x+26, y, Start, textSize, Black, s)
		x += width
	}
	return y + textSize
}

// labels draws the labels of the points below the plot; every so many are left
// out where they would touch each other.
func (d *Drawing) labels(c *Chart, p plot, x func(int) float64) {
	if len(c.Points) == 0 {
		return
	}
	width := 0.0
	for _, q := range c.Points {
		width = max(width, Ems(q.Label)*tickSize+8)
	}
	room := (p.right - p.left) / float64(len(c.Points))
	every := 1
	for float64(every)*room < width {
		every++
	}
	for i, q := range c.Points {
		if i%every == 0 {
			d.word(x(i), p.bottom+15, Center, tickSize, Black, q.Label)
		}
	}
	d.word(p.right, p.bottom+30, End, tickSize, Faint, c.X)
}

// tip is what a bar or mark says of itself.
func tip(c *Chart, i, k int) string {
	s := c.Points[i].Label
	if k < len(c.Series) {
		s += " " + c.Series[k]
	}
	return s + " " + c.Points[i].Values[k].Text
}

// columns draws groups of columns, or columns of stacked parts.
func columns(c *Chart, stacked bool) Drawing {
	d := Drawing{Width: Width, Height: 300}
	top := 12.0
	if len(c.Series) > 1 {
		top = d.legend(c, 14, false) + 4
	}
	p := plot{left: 48, right: Width - 6, top: top + 22, bottom: 262}
	d.valueAxis(&p, highest(c, -1, stacked), c.Percent, c.Y, 5)
	group := (p.right - p.left) / float64(max(1, len(c.Points)))
	middle := func(i int) float64 { return p.left + group*(float64(i)+0.5) }
	width := min(34, group*0.72/float64(max(1, len(c.Series))))
	if stacked {
		width = min(38, group*0.66)
	}
	for i, q := range c.Points {
		if stacked {
			d.stack(c, p, i, middle(i)-width/2, width)
			continue
		}
		x := middle(i) - width*float64(len(q.Values))/2
		for k, v := range q.Values {
			if v.Known {
				d.bar(x+1, p.y(v.Number), width-2, p.bottom-p.y(v.Number), k, tip(c, i, k))
			}
			if Ems(v.Text)*tickSize <= max(width, group*0.9/float64(len(q.Values))) {
				d.word(x+width/2, p.y(max(0, v.Number))-4, Center, tickSize, Black, v.Text)
			}
			x += width
		}
	}
	d.labels(c, p, middle)
	return d
}

// stack draws the parts of one point on each other, the first at the bottom, with
// their values inside where there is room.
func (d *Drawing) stack(c *Chart, p plot, i int, x, width float64) {
	sum := 0.0
	for k, v := range c.Points[i].Values {
		if !v.Known || v.Number <= 0 {
			continue
		}
		low, high := p.y(sum), p.y(sum+v.Number)
		d.bar(x, high, width, low-high, k, tip(c, i, k))
		if room := Ems(v.Text) * tickSize; low-high >= tickSize+3 && room+4 <= width {
			at := (low+high)/2 + 3.5
			d.Plates = append(d.Plates, Area{round(x + width/2 - room/2 - 2), round(at - tickSize + 1), round(room + 4), tickSize + 1, White, None, ""})
			d.word(x+width/2, at, Center, tickSize, Black, v.Text)
		}
		sum += v.Number
	}
}

// Sizes of horizontal bars.
const (
	rowStep   = 19
	rowHeight = 11
	rowLabels = 170
)

// rows draws one bar a point; ratios run from 0 to 100 %, or to the largest.
func rows(c *Chart) Drawing {
	d := Drawing{Width: Width, Height: float64(len(c.Points))*rowStep + 44}
	p := plot{left: rowLabels, right: Width - 52, top: 4, bottom: float64(len(c.Points))*rowStep + 8}
	p.highX = highest(c, 0, false)
	if c.Percent {
		p.highX = max(1, p.highX)
	}
	if p.highX <= 0 {
		p.highX = 1
	}
	for _, at := range c.Lines {
		if at < p.highX {
			d.line(Faint, 0.7, [2]float64{3, 3}, XY{p.x(at), p.top}, XY{p.x(at), p.bottom})
			d.word(p.x(at), p.bottom+14, Center, tickSize, Faint, tickText(at, c.Percent))
		}
	}
	d.line(Faint, 0.8, [2]float64{}, XY{p.left, p.top}, XY{p.left, p.bottom})
	for i, q := range c.Points {
		y := p.top + 5 + float64(i)*rowStep
		d.word(p.left-6, y+9.5, End, textSize, Black, shorten(q.Label, (rowLabels-10)/textSize))
		if len(q.Values) == 0 {
			continue
		}
		v, x := q.Values[0], p.left
		if v.Known {
			x = p.x(max(0, v.Number))
			d.bar(p.left, y, max(0.6, x-p.left), rowHeight, 0, tip(c, i, 0))
		}
		d.word(x+5, y+9.5, Start, tickSize, Black, v.Text)
	}
	d.word(p.right, p.bottom+30, End, tickSize, Faint, c.X)
	return d
}
