package rightsize

import (
	"cmp"
	"math"
	"slices"

	"github.com/yunjian-io/yunjian/rules"
)

// peerValues are the known values of a window, in no order.
type peerValues []float64

// peerWindow copies the known values of the last days of a series; all of it where the
// window is longer.
func peerWindow(series []float64, days int) peerValues {
	from := max(0, len(series)-days*SlotsPerDay)
	values := make(peerValues, 0, len(series)-from)
	for _, x := range series[from:] {
		if !math.IsNaN(x) {
			values = append(values, x)
		}
	}
	return values
}

// blocks returns the maximum of each run of n slots of a series that has a value, and
// leaves out the others. A run that is cut off at the end counts.
func blocks(series []float64, n int) peerValues {
	values := make(peerValues, 0, len(series)/n+1)
	for run := range slices.Chunk(series, n) {
		if top := peerWindow(run, everything).max(); !math.IsNaN(top) {
			values = append(values, top)
		}
	}
	return values
}

// max is NaN without a value.
func (v peerValues) max() float64 {
	if len(v) == 0 {
		return math.NaN()
	}
	return slices.Max(v)
}

// rank is the nearest-rank percentile, ceil(q·n), of a quantile in thousandths; NaN
// without a value. It moves the values about.
func (v peerValues) rank(thousandths int) float64 {
	if x, ok := rules.SelectPercentile(v, thousandths); ok {
		return x
	}
	return math.NaN()
}

// weighted is a value that counts as much as its weight.
type weighted struct{ value, weight float64 }

// leastLoad in cores stands for no load at all, so that a machine that slept for days
// still has a percentile: a billionth of a MHz on a core of 2.5 GHz.
const leastLoad = 4e-13

// decayed weighs the known values of the last days by age: half for every halfLife
// days. load multiplies the weight by the value itself, as Autopilot does.
func decayed(series []float64, days int, halfLife float64, load bool) []weighted {
	from := max(0, len(series)-days*SlotsPerDay)
	values := make([]weighted, 0, len(series)-from)
	for i, x := range series[from:] {
		if math.IsNaN(x) {
			continue
		}
		age := float64(len(series)-from-i) / SlotsPerDay
		w := math.Exp2(-age / halfLife)
		if load {
			w *= max(x, leastLoad)
		}
		values = append(values, weighted{x, w})
	}
	return values
}

// weightedRank is the smallest value at which the weights of all values up to it reach
// the share q of their sum; NaN without a value.
func weightedRank(values []weighted, q float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	slices.SortFunc(values, func(a, b weighted) int { return cmp.Compare(a.value, b.value) })
	total := 0.0
	for _, x := range values {
		total += x.weight
	}
	sum := 0.0
	for _, x := range values {
		if sum += x.weight; sum >= q*total-1e-12 {
			return x.value
		}
	}
	return values[len(values)-1].value
}
