package report

import (
	"fmt"
	"strconv"
	"strings"
)

// number prints a value with so many decimals, never as −0.
func number(v float64, decimals int) string {
	s := strconv.FormatFloat(v, 'f', decimals, 64)
	if strings.HasPrefix(s, "-") && strings.Trim(s, "-0.") == "" {
		return s[1:]
	}
	return s
}

// signed prints a change with its sign; 0 has none.
func signed(v float64, decimals int) string {
	s := number(v, decimals)
	if v > 0 && strings.Trim(s, "0.") != "" {
		return "+" + s
	}
	return s
}

// trimmed prints one decimal, and none where it is 0, as sizes in GiB are printed.
func trimmed(v float64) string { return strings.TrimSuffix(number(v, 1), ".0") }

// figure prints a figure or the word for why it is not there.
func (t text) figure(f Figure, print func(float64) string) string {
	switch f.State {
	case Known:
		return print(f.Value)
	case None:
		return t.None
	}
	return t.Absent
}

func (t text) cell(kind Kind, f Figure, print func(float64) string) Cell {
	return Cell{Kind: kind, Text: t.figure(f, print), Figure: f}
}

// text is a cell of a foreign or of our own string, never a number or formula.
func (t text) text(s string) Cell { return Cell{Text: t.given(s)} }

func (t text) count(f Figure) Cell {
	return t.cell(KindCount, f, func(v float64) string { return number(v, 0) })
}

func (t text) one(f Figure) Cell { return t.cell(KindOne, f, trimmed) }

// score prints one decimal always.
func (t text) score(f Figure) Cell {
	return t.cell(KindOne, f, func(v float64) string { return number(v, 1) })
}

func (t text) two(f Figure) Cell {
	return t.cell(KindTwo, f, func(v float64) string { return number(v, 2) })
}

func percentText(v float64) string { return number(v*100, 1) + "%" }

func (t text) percent(f Figure) Cell { return t.cell(KindPercent, f, percentText) }

// usage prints the ratio by allocation, and the running one in brackets.
func (t text) usage(u Usage) Cell {
	c := t.percent(u.Allocated)
	if u.Allocated.State == Known {
		c.Note = fmt.Sprintf(t.Running, t.figure(u.Running, percentText))
	}
	return c
}

// usageText is usage on one line.
func (t text) usageText(u Usage) string {
	c := t.usage(u)
	return c.Text + c.Note
}

// points prints a difference of ratios in percentage points, without the unit,
// which the head of the column gives.
func (t text) points(f Figure) Cell {
	if f.State == Known {
		f.Value *= 100
	}
	return t.cell(KindPoints, f, func(v float64) string { return signed(v, 1) })
}

// change prints the change of a quantity as a signed percentage.
func (t text) change(f Figure) Cell {
	return t.cell(KindPercent, f, func(v float64) string { return signed(v*100, 1) + "%" })
}

// compared prints a change with its unit.
func (t text) compared(f Figure, points bool) Cell {
	if !points {
		return t.change(f)
	}
	c := t.points(f)
	if f.State == Known {
		c.Text = fmt.Sprintf(t.Points, c.Text)
	}
	return c
}

func (t text) resources(r Resources) string {
	disk := t.Absent
	if r.DiskGiB > 0 {
		disk = fmt.Sprintf(t.DiskValue, trimmed(r.DiskGiB))
	}
	return fmt.Sprintf(t.AllocatedValue, number(r.VCPU, 0), trimmed(r.MemoryGiB), disk)
}
