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
