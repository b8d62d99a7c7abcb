package chart

import (
	"cmp"
	"math"
	"slices"
)

// path draws the known values of a series as lines; what is not known breaks them.
// Marks stand at most about every markStep units.
func (d *Drawing) path(c *Chart, p plot, k, style int, x func(int) float64) {
	var run []XY
	flush := func() {
		if len(run) > 1 {
			d.line(Dark, 1.6, patternOf(style).dash, run...)
		}
		run = nil
	}
	last := math.Inf(-1)
	for i, q := range c.Points {
		if k >= len(q.Values) || !q.Values[k].Known {
			flush()
			continue
		}
		at := XY{x(i), p.y(max(0, q.Values[k].Number))}
		run = append(run, at)
		if at.X-last >= markStep {
			d.dot(at.X, at.Y, style, tip(c, i, k))
			last = at.X
		}
	}
	flush()
}

const markStep = 18

// trend draws a panel a series, each with its own axis.
func trend(c *Chart) Drawing {
	const panel = 118
	d := Drawing{Width: Width, Height: float64(len(c.Series))*panel + 26}
	for k, s := range c.Series {
		top := float64(k)*panel + 26
		p := plot{left: 58, right: Width - 14, top: top, bottom: top + 70}
		d.valueAxis(&p, highest(c, k, false), c.Percent, "", 3)
		d.word(4, top-11, Start, textSize, Black, s)
		step := (p.right - p.left) / float64(max(1, len(c.Points)))
		x := func(i int) float64 { return p.left + step*(float64(i)+0.5) }
		d.path(c, p, k, 0, x)
		for i, q := range c.Points {
			if k < len(q.Values) && q.Values[k].Known && Ems(q.Values[k].Text)*9 < step {
				d.word(x(i), p.y(max(0, q.Values[k].Number))-5, Center, 9, Black, q.Values[k].Text)
			}
		}
		titled := *c
		if k < len(c.Series)-1 {
			titled.X = ""
		}
		d.labels(&titled, p, x)
	}
	return d
}

// curve draws all series on one axis; each keeps its own dash and mark.
func curve(c *Chart) Drawing {
	d := Drawing{Width: Width, Height: 290}
	top := d.legend(c, 14, true)
	p := plot{left: 48, right: Width - 14, top: top + 26, bottom: 252}
	d.valueAxis(&p, highest(c, -1, false), c.Percent, c.Y, 5)
	step := (p.right - p.left) / float64(max(1, len(c.Points)))
	x := func(i int) float64 { return p.left + step*(float64(i)+0.5) }
	for k := range c.Series {
		d.path(c, p, k, k, x)
	}
	d.labels(c, p, x)
	return d
}

// largest is the radius of the largest bubble.
const largest = 22

// bubbles draws circles whose area grows with the third value. The large ones lie
// below, so that none hides another.
func bubbles(c *Chart) Drawing {
	d := Drawing{Width: Width, Height: 400}
	p := plot{left: 48, right: Width - 24, top: 40, bottom: 354}
	topX, topY, size := 0.0, 0.0, 0.0
	var known []int
	for i, q := range c.Points {
		if len(q.Values) < 3 || !q.Values[0].Known || !q.Values[1].Known || !q.Values[2].Known {
			continue
		}
		known = append(known, i)
		topX, topY, size = max(topX, q.Values[0].Number), max(topY, q.Values[1].Number), max(size, q.Values[2].Number)
	}
	if c.Percent {
		topX, topY = max(1, topX), max(1, topY)
	}
	d.valueAxis(&p, topY, c.Percent, c.Y, 5)
	all := ticks(topX, 5)
	p.highX = all[len(all)-1]
	for _, v := range all {
		d.scale(Line, XY{p.x(v), p.top}, XY{p.x(v), p.bottom})
		d.word(p.x(v), p.bottom+15, Center, tickSize, Faint, tickText(v, c.Percent))
	}
	for _, v := range c.Lines {
		d.line(Faint, 0.8, [2]float64{4, 3}, XY{p.x(v), p.top}, XY{p.x(v), p.bottom})
		d.line(Faint, 0.8, [2]float64{4, 3}, XY{p.left, p.y(v)}, XY{p.right, p.y(v)})
	}
	d.word(p.right, p.bottom+32, End, tickSize, Faint, c.X)
	radius := func(v float64) float64 {
		if size <= 0 {
			return 2
		}
		return max(2, largest*math.Sqrt(max(0, v)/size))
	}
	d.place(c, p, known, radius)
	if c.Scale > 0 && c.Scale <= size {
		r := radius(c.Scale)
		x := Width - 20 - Ems(c.Unit)*tickSize
		d.Circles = append(d.Circles, Circle{round(x - r - 6), 22, round(r), None, Dark, ""})
		d.word(x, 25.5, Start, tickSize, Faint, c.Unit)
	}
	return d
}

// place draws the bubbles, the large ones first, and names the largest of them.
func (d *Drawing) place(c *Chart, p plot, known []int, radius func(float64) float64) {
	order := slices.Clone(known)
	slices.SortStableFunc(order, func(x, y int) int {
		return cmp.Compare(c.Points[y].Values[2].Number, c.Points[x].Values[2].Number)
	})
	for _, i := range order {
		v := c.Points[i].Values
		about := c.Points[i].Label + " " + v[0].Text + ", " + v[1].Text + ", " + v[2].Text
		d.Circles = append(d.Circles, Circle{round(p.x(v[0].Number)), round(p.y(v[1].Number)), round(radius(v[2].Number)), None, Dark, about})
	}
	var taken []Word
	for _, i := range order {
		v := c.Points[i].Values
		w := Word{round(p.x(v[0].Number)), round(p.y(v[1].Number) + 3), Center, 8.5, Black, shorten(c.Points[i].Label, 9)}
		if len(taken) < named && free(taken, w, p) {
			taken = append(taken, w)
		}
	}
	d.Words = append(d.Words, taken...)
}

const named = 12 // bubbles that get their name

// free tells whether a word would lie in the plot and touch no other.
func free(taken []Word, w Word, p plot) bool {
	half := Ems(w.Text)*w.Size/2 + 2
	if w.X-half < p.left || w.X+half > p.right {
		return false
	}
	for _, t := range taken {
		if math.Abs(t.X-w.X) < half+Ems(t.Text)*t.Size/2 && math.Abs(t.Y-w.Y) < w.Size*lineStep {
			return false
		}
	}
	return true
}

// spark draws the first series as a line without axes, its last known value behind it.
func spark(c *Chart) Drawing {
	d := Drawing{Width: 160, Height: 28}
	p := plot{left: 4, right: 112, top: 4, bottom: 24, highY: highest(c, 0, false)}
	for _, v := range c.Lines {
		p.highY = max(p.highY, v)
	}
	if p.highY *= 1.1; p.highY <= 0 {
		p.highY = 1
	}
	d.scale(Line, XY{p.left, p.bottom}, XY{p.right, p.bottom})
	for _, v := range c.Lines {
		d.line(Faint, 0.6, [2]float64{2, 2}, XY{p.left, p.y(v)}, XY{p.right, p.y(v)})
	}
	step := (p.right - p.left) / float64(max(1, len(c.Points)-1))
	d.path(c, p, 0, 0, func(i int) float64 { return p.left + step*float64(i) })
	for _, q := range slices.Backward(c.Points) {
		if len(q.Values) > 0 && q.Values[0].Known {
			d.word(118, 18, Start, tickSize, Black, q.Values[0].Text)
			break
		}
	}
	return d
}
