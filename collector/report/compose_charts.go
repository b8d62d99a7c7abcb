package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/yunjian-io/yunjian/collector/report/chart"
)

// value is a cell as a chart reads it: what is missing is not known there either.
func value(c Cell) chart.Value {
	return chart.Value{Known: c.Figure.State == Known, Number: c.Figure.Value, Text: c.Text}
}

func (c *composer) distributionChart() *chart.Chart {
	t := c.t
	out := &chart.Chart{
		ID: "distribution", Title: t.Charts.Distribution.Title, Note: t.Charts.Distribution.Note,
		X: t.word("columns", t.Columns, "class"), Y: t.word("columns", t.Columns, "hosts"),
		Series: []string{t.word("series", t.Series, "cpu"), t.word("series", t.Series, "memory")},
	}
	for _, d := range c.m.Distribution {
		out.Points = append(out.Points, chart.Point{
			Label: t.label("class", fmt.Sprint(d.Class)), Values: []chart.Value{value(t.count(Of(d.CPUHosts))), value(t.count(Of(d.MemHosts)))},
		})
	}
	return out
}

// curve is figure A3-2, or says that there is none.
func (c *composer) curve() Block {
	if len(c.m.Curve) == 0 {
		return Block{NotProvided: &Pair{Label: c.t.NotProvided["curve"][0], Value: c.t.Absent}}
	}
	return Block{Chart: c.curveChart()}
}

// curveChart shows the day by hours, working day against rest day (A3-2).
func (c *composer) curveChart() *chart.Chart {
	t := c.t
	out := &chart.Chart{ID: "curve", Title: t.Charts.Curve.Title, Note: t.Charts.Curve.Note, Kind: chart.Curve, Percent: true, X: t.word("columns", t.Columns, "hour")}
	for _, name := range []string{"cpu_workday", "cpu_restday", "memory_workday", "memory_restday"} {
		out.Series = append(out.Series, t.word("columns", t.Columns, name))
	}
	for i := range c.m.Curve {
		h := &c.m.Curve[i]
		p := chart.Point{Label: clock(h.Hour)}
		for _, f := range []Figure{h.CPUWorkday, h.CPURestday, h.MemoryWorkday, h.MemoryRestday} {
			p.Values = append(p.Values, value(t.percent(f)))
		}
		out.Points = append(out.Points, p)
	}
	return out
}

// systemChart shows the CPU P95 of the systems, the highest first; of many, both ends.
func (c *composer) systemChart() *chart.Chart {
	t := c.t
	systems := slices.DeleteFunc(slices.Clone(c.m.Systems), func(s System) bool { return s.CPUP95.Allocated.State != Known })
	slices.SortStableFunc(systems, func(x, y System) int {
		switch {
		case x.CPUP95.Allocated.Value > y.CPUP95.Allocated.Value:
			return -1
		case x.CPUP95.Allocated.Value < y.CPUP95.Allocated.Value:
			return 1
		}
		return strings.Compare(x.ID, y.ID)
	})
	out := &chart.Chart{
		ID: "systems", Title: t.Charts.Systems.Title, Note: t.Charts.Systems.Note, Kind: chart.Rows, Percent: true,
		X:      t.word("series", t.Series, "cpu"),
		Series: []string{t.word("series", t.Series, "cpu")}, Lines: []float64{0.2, 0.4, 0.7},
	}
	if n := len(systems); n > 2*chartRows {
		systems = slices.Delete(systems, chartRows, n-chartRows)
		out.Note += fmt.Sprintf(t.Charts.SystemsCut, n, chartRows)
	}
	for i := range systems {
		out.Points = append(out.Points, chart.Point{Label: t.given(systems[i].Name), Values: []chart.Value{value(t.percent(systems[i].CPUP95.Allocated))}})
	}
	return out
}

// bubbleScale is the number of cores of the sample bubble.
const bubbleScale = 64

// bubbleChart shows the systems by CPU and memory P95, the area by their cores (A3-3).
func (c *composer) bubbleChart() *chart.Chart {
	t := c.t
	out := &chart.Chart{
		ID: "bubbles", Title: t.Charts.Bubbles.Title, Note: t.Charts.Bubbles.Note, Kind: chart.Bubbles, Percent: true,
		X: t.word("series", t.Series, "cpu"), Y: t.word("series", t.Series, "memory"),
		Series: []string{t.word("series", t.Series, "cpu"), t.word("series", t.Series, "memory"), t.word("columns", t.Columns, "vcpu")},
		Lines:  []float64{0.2, 0.4}, Scale: bubbleScale, Unit: fmt.Sprintf(t.Charts.BubbleScale, bubbleScale),
	}
	unknown := 0
	for i := range c.m.Systems {
		s := &c.m.Systems[i]
		if s.CPUP95.Allocated.State != Known || s.MemoryP95.Allocated.State != Known {
			unknown++
			continue
		}
		out.Points = append(out.Points, chart.Point{Label: t.given(s.Name), Values: []chart.Value{
			value(t.percent(s.CPUP95.Allocated)), value(t.percent(s.MemoryP95.Allocated)), value(t.count(Of(s.VCPU))),
		}})
	}
	if unknown > 0 {
		out.Note += fmt.Sprintf(t.Charts.BubblesUnknown, unknown)
	}
	return out
}
