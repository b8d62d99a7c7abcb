package rightsize

import (
	"math"
	"slices"
)

// Profile is a history in the form in which the risk of sizes is asked for: the known
// values of each day, sorted. Index 0 is the day before the decision.
type Profile struct {
	cpu, memory series
}

// Look makes the profile of a history.
func Look(h *History) *Profile { return &Profile{cpu: newSeries(h.CPU), memory: newSeries(h.Memory)} }

// series are values of one resource by day, the latest day first, each ascending.
type series struct {
	days  [][]float64
	known int
}

// newSeries sorts the values of each day by their bits, which are in the order of the
// values because demand is never negative: whole numbers sort twice as fast as floats.
func newSeries(values []float64) series {
	n := len(values) / SlotsPerDay
	s := series{days: make([][]float64, n)}
	for _, x := range values {
		if x >= 0 { // not NaN
			s.known++
		}
	}
	flat := make([]float64, 0, s.known)
	var day [SlotsPerDay]uint64
	for d := range n {
		bits := day[:0]
		for _, x := range values[(n-1-d)*SlotsPerDay : (n-d)*SlotsPerDay] {
			if x >= 0 {
				bits = append(bits, math.Float64bits(x+0)) // -0 would sort last
			}
		}
		slices.Sort(bits)
		start := len(flat)
		for _, b := range bits {
			flat = append(flat, math.Float64frombits(b))
		}
		s.days[d] = flat[start:len(flat):len(flat)]
	}
	return s
}

// above counts the values above a size in the days [from, to) before the decision, and
// all known values of these days.
func (s *series) above(size float64, from, to int) (above, known int) {
	for _, day := range s.days[min(from, len(s.days)):min(to, len(s.days))] {
		known += len(day)
		above += len(day) - upTo(day, size)
	}
	return above, known
}

// upTo counts the values of a sorted day that are at most x.
func upTo(day []float64, x float64) int {
	low, high := 0, len(day)
	for low < high {
		if middle := (low + high) / 2; day[middle] <= x {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return low
}

// max is the highest value of the days [from, to); NaN without any.
func (s *series) max(from, to int) float64 {
	highest := math.NaN()
	for _, day := range s.days[min(from, len(s.days)):min(to, len(s.days))] {
		if n := len(day); n > 0 && !(day[n-1] <= highest) {
			highest = day[n-1]
		}
	}
	return highest
}

// mean is the mean of the known values of the days [from, to); NaN without any.
func (s *series) mean(from, to int) float64 {
	sum, n := 0.0, 0
	for _, day := range s.days[min(from, len(s.days)):min(to, len(s.days))] {
		for _, x := range day {
			sum += x
		}
		n += len(day)
	}
	return sum / float64(n)
}

// percentile is the nearest-rank percentile of all days in thousandths; NaN without a
// value. Demand is never negative, so its bits are in the order of its values: they are
// searched for the smallest number with no more values above it than the rank allows,
// which is a value itself, because the count changes at values only.
func (s *series) percentile(thousandths int) float64 {
	if s.known == 0 {
		return math.NaN()
	}
	most := s.known - (s.known*thousandths+999)/1000
	low, high := uint64(0), math.Float64bits(math.MaxFloat64)
	for low < high {
		middle := low + (high-low)/2
		if above, _ := s.above(math.Float64frombits(middle), 0, len(s.days)); above <= most {
			high = middle
		} else {
			low = middle + 1
		}
	}
	return math.Float64frombits(low)
}
