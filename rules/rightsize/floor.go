package rightsize

import (
	"math"
	"slices"

	"github.com/yunjian-io/yunjian/rules/calendar"
)

// recurring is the level that a host may not be cut below, because demand reached it at
// the same calendar position in two observed months or more, for at least 1 % of a
// month's slots: a closing of accounts, a monthly report. Positions are days counted from
// the first of the month, and days counted from its end. It is 0 where nothing recurs.
// decided is the day after the last of the series.
func (s *series) recurring(decided calendar.Date) float64 {
	var months []monthDays
	var current calendar.Month
	for i, day := range slices.Backward(s.days) {
		date := decided.AddDays(-1 - i)
		if m := date.CalendarMonth(); m != current {
			current = m
			months = append(months, make(monthDays, m.Days()))
		}
		months[len(months)-1][date.Day-1] = day
	}
	level := 0.0
	for i := range months {
		for j := range i {
			level = max(level, shared(months[i], months[j], false, level), shared(months[i], months[j], true, level))
		}
	}
	return level
}

// monthDays are the known values of each day of one month, ascending; days outside the
// history are empty.
type monthDays [][]float64

// shared is the highest level that both months reach in at least 1 % of the slots of a
// month, counting for each position the lesser of the two; known if none is higher.
func shared(a, b monthDays, fromEnd bool, known float64) float64 {
	slots := int(math.Ceil(0.01 * float64(max(len(a), len(b))*SlotsPerDay)))
	reach := func(level float64) bool {
		n := 0
		below := math.Nextafter(level, -1)
		for d := range min(len(a), len(b)) {
			x, y := a[d], b[d]
			if fromEnd {
				x, y = a[len(a)-1-d], b[len(b)-1-d]
			}
			n += min(len(x)-upTo(x, below), len(y)-upTo(y, below))
		}
		return n >= slots
	}
	if !reach(math.Nextafter(known, math.Inf(1))) {
		return known
	}
	// Demand is never negative, so its bits are in the order of its values.
	low, high := math.Float64bits(known), math.Float64bits(math.MaxFloat64)
	for high-low > 1 { // low is reached, high is not
		if middle := low + (high-low)/2; reach(math.Float64frombits(middle)) {
			low = middle
		} else {
			high = middle
		}
	}
	return math.Float64frombits(low)
}
