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
func Look(h *History) *Profile {
	p := &Profile{}
	p.cpu.fill(h.CPU)
	p.memory.fill(h.Memory)
	return p
}

// series are values of one resource by day, the latest day first, each ascending.
type series struct {
	days  [][]float64
	known int
	flat  []float64 // what the days are parts of
}

// fill sorts the values of each day by their bits, which are in the order of the values
// because demand is never negative. It uses the room of the values before.
func (s *series) fill(values []float64) {
	n := len(values) / SlotsPerDay
	s.days, s.known = slices.Grow(s.days[:0], n)[:n], 0
	for _, x := range values {
		if x >= 0 { // not NaN
			s.known++
		}
	}
	flat := slices.Grow(s.flat[:0], s.known)
	var day, spare [SlotsPerDay]uint64
	for d := range n {
		bits := day[:0]
		for _, x := range values[(n-1-d)*SlotsPerDay : (n-d)*SlotsPerDay] {
			if x >= 0 {
				bits = append(bits, math.Float64bits(x+0)) // -0 would sort last
			}
		}
		start := len(flat)
		for _, b := range sortDay(bits, spare[:len(bits)]) {
			flat = append(flat, math.Float64frombits(b))
		}
		s.days[d] = flat[start:len(flat):len(flat)]
	}
	s.flat = flat
}

// sortDay sorts numbers, using the space of spare, which must be as long, and returns the
// one of both that holds them. It orders them byte by byte by their upper half, which holds
// the exponent and six digits, and moves the few that only the lower half tells apart: a
// third of the time that comparing takes, which is most of what looking at a host costs.
func sortDay(bits, spare []uint64) []uint64 {
	var counts [4][256]uint16
	for _, b := range bits {
		counts[0][b>>32&0xff]++
		counts[1][b>>40&0xff]++
		counts[2][b>>48&0xff]++
		counts[3][b>>56]++
	}
	for k := range counts {
		shift := 32 + 8*k
		if len(bits) > 0 && int(counts[k][bits[0]>>shift&0xff]) == len(bits) {
			continue // all have the same byte
		}
		at := uint16(0)
		for i, n := range counts[k] {
			counts[k][i], at = at, at+n
		}
		for _, b := range bits {
			to := &counts[k][b>>shift&0xff]
			spare[*to] = b
			*to++
		}
		bits, spare = spare, bits
	}
	for i := 1; i < len(bits); i++ {
		b := bits[i]
		j := i
		for ; j > 0 && bits[j-1] > b; j-- {
			bits[j] = bits[j-1]
		}
		bits[j] = b
	}
	return bits
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
