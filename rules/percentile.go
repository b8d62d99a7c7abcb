package rules

import (
	"cmp"
	"math"
	"slices"
)

// Percentile returns the nearest-rank percentile of values that are sorted in
// ascending order: the value at rank ceil(q·n), without interpolation. The quantile
// is given in thousandths, so 950 is P95: the rank is then computed in integers,
// where ceil(0.95·20) is 19 and no rounding of binary fractions can make it 20.
// A quantile outside 1 to 1000 counts as the nearer bound. It reports false if
// there is no value.
func Percentile[T cmp.Ordered](sorted []T, thousandths int) (T, bool) {
	if len(sorted) == 0 {
		var none T
		return none, false
	}
	q := min(max(thousandths, 1), 1000)
	return sorted[ceilShare(len(sorted), q)-1], true
}

// ceilShare returns the smallest whole number that is at least the given thousandths of n.
func ceilShare(n, thousandths int) int { return (n*thousandths + 999) / 1000 }

// SelectPercentile returns the same value as Percentile for values in any order, of which
// none is NaN. It reorders them, and takes time in proportion to their number.
func SelectPercentile(values []float64, thousandths int) (float64, bool) {
	if len(values) == 0 {
		return 0, false
	}
	return selectRank(narrow(values, ceilShare(len(values), min(max(thousandths, 1), 1000))-1)), true
}

// narrow brings those values together among which the one of a rank is, and returns them
// with its rank among them: between two values of a sample that enclose it in all likelihood
// (Floyd and Rivest, CACM 18, 1975). Most others are told by one comparison whose outcome a
// processor foresees.
func narrow(values []float64, rank int) ([]float64, int) {
	const sampled, margin = 128, 8
	if len(values) < 4*sampled {
		return values, rank
	}
	var sample [sampled]float64
	step := len(values) / sampled
	for i := range sample {
		sample[i] = values[i*step]
	}
	slices.Sort(sample[:])
	low, high, at := math.Inf(-1), math.Inf(1), rank*sampled/len(values)
	if at >= margin {
		low = sample[at-margin]
	}
	if at+margin < sampled {
		high = sample[at+margin]
	}
	below, n := 0, 0
	for i, v := range values {
		if v < low {
			below++
		} else if v <= high {
			values[i], values[n] = values[n], v
			n++
		}
	}
	if rank < below || rank >= below+n { // the sample misled
		return values, rank
	}
	if low == high {
		n, rank = 1, below // they are all the same
	}
	return values[:n], rank - below
}

func selectRank(values []float64, rank int) float64 {
	for low, high := 0, len(values)-1; low < high; {
		pivot := median(values[low], values[low+(high-low)/2], values[high])
		i, j := low, high
		for i <= j {
			for values[i] < pivot {
				i++
			}
			for values[j] > pivot {
				j--
			}
			if i <= j {
				values[i], values[j] = values[j], values[i]
				i, j = i+1, j-1
			}
		}
		switch {
		case rank <= j:
			high = j
		case rank >= i:
			low = i
		default:
			return values[rank]
		}
	}
	return values[rank]
}

func median(a, b, c float64) float64 { return max(min(a, b), min(max(a, b), c)) }
