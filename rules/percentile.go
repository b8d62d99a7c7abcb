package rules

import "cmp"

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
func SelectPercentile[T cmp.Ordered](values []T, thousandths int) (T, bool) {
	if len(values) == 0 {
		var none T
		return none, false
	}
	rank := ceilShare(len(values), min(max(thousandths, 1), 1000)) - 1
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
			return values[rank], true
		}
	}
	return values[rank], true
}

func median[T cmp.Ordered](a, b, c T) T { return max(min(a, b), min(max(a, b), c)) }
