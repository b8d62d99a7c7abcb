package chart

import "strings"

// Kind says how a chart is drawn.
type Kind uint8

// The kinds of charts.
const (
	// Columns are groups of columns, one a series, with their values above.
	Columns Kind = iota
	// Rows are horizontal bars of one series with a label each.
	Rows
	// Trend has a panel for each series over the same months, each with its own
	// axis, so that quantities of different units are not put on one.
	Trend
	// Curve has all series on one axis, such as working day and rest day by hour.
	Curve
	// Bubbles has three values a point: x, y, and what the area of the circle says.
	Bubbles
	// Stacked columns add the series of a point up.
	Stacked
	// Spark is a line without axes, as high as a line of text, with its last value.
	Spark
)

// Value is a number that may not be known.
type Value struct {
	Known  bool
	Number float64
	// Text is the number as the report prints it.
	Text string
}

// Point is one place on the axis of labels, with a value for each series.
type Point struct {
	Label  string
	Values []Value
}

// Chart is a chart as values. Words are those of the report; the package has none.
type Chart struct {
	ID, Title, Note string
	Kind            Kind
	// X and Y are the titles of the axes, units included.
	X, Y string
	// Percent says that the values are ratios; ticks are printed as percentages.
	Percent bool
	Series  []string
	Points  []Point
	// Lines are values at which a line is drawn; on Bubbles on both axes.
	Lines []float64
	// Scale is the value for whose size a sample bubble is drawn, with Unit behind it; 0: none.
	Scale float64
	Unit  string
}

// altRunes bounds the description of a chart.
const altRunes = 600

// Alt describes the chart in one paragraph, for those who cannot see it.
func (c *Chart) Alt() string {
	parts := []string{c.Title}
	for _, p := range c.Points {
		var values []string
		for k, v := range p.Values {
			text := v.Text
			if len(c.Series) > 1 && k < len(c.Series) {
				text = c.Series[k] + " " + text
			}
			values = append(values, text)
		}
		parts = append(parts, strings.TrimSpace(p.Label+" "+strings.Join(values, ", ")))
	}
	all := []rune(strings.Join(parts, "; "))
	if len(all) > altRunes {
		all = append(all[:altRunes-1], '…')
	}
	return string(all)
}
