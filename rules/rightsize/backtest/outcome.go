package backtest

import (
	"math"
	"slices"
	"sort"
)

// outcome answers how much of a month lay above a size, by a search in its values.
type outcome struct {
	sorted []float64 // known values, ascending
	above  []float64 // above[i] is the sum of sorted[i:]
}

func newOutcome(series []float64) outcome {
	o := outcome{sorted: make([]float64, 0, len(series))}
	for _, x := range series {
		if !math.IsNaN(x) {
			o.sorted = append(o.sorted, x)
		}
	}
	slices.Sort(o.sorted)
	o.above = make([]float64, len(o.sorted)+1)
	for i := len(o.sorted) - 1; i >= 0; i-- {
		o.above[i] = o.above[i+1] + o.sorted[i]
	}
	return o
}

// rounding is how far above a size, as a share of it, demand is still equal to it:
// a clock divides both, and not both alike to the last bit.
const rounding = 1e-9

// over returns the share of the known slots above a size, and the demand above it
// summed over slots. Both are 0 without any value.
func (o *outcome) over(size float64) (share, unserved float64) {
	n := len(o.sorted)
	limit := size * (1 + rounding)
	i := sort.Search(n, func(i int) bool { return o.sorted[i] > limit })
	if i == n {
		return 0, 0
	}
	return float64(n-i) / float64(n), o.above[i] - float64(n-i)*size
}

// demand is the sum over the known slots.
func (o *outcome) demand() float64 { return o.above[0] }

// rank is the nearest-rank percentile of a quantile in thousandths; NaN without a value.
func (o *outcome) rank(thousandths int) float64 { return o.rankOf(thousandths, 1000) }

// rankOf is the nearest-rank percentile of the quantile q/of.
func (o *outcome) rankOf(q, of int) float64 {
	if len(o.sorted) == 0 {
		return math.NaN()
	}
	k := (len(o.sorted)*q + of - 1) / of
	return o.sorted[max(k, 1)-1]
}

// max is the highest value; NaN without one.
func (o *outcome) max() float64 { return o.rank(1000) }
