package rightsize

import (
	"math"
	"slices"
)

// Windows over which features look back, in days.
const (
	week      = 7
	month     = 31
	weekLeast = 500 // values without which a week says nothing
	dayLeast  = 100 // and a day
)

// cpuFeatures of the risk that more than 1 % of the next month's slots exceed a size.
// All are about how often and how regularly the past exceeded it:
//
//   - the share of slots above it, in all of the history, in the last 31 days, and in
//     the worst week, as log-odds against the 1 % that makes a breach;
//   - the share of days with any slot above it;
//   - how short the history is;
//   - whether use has been growing: the mean of two weeks against what came before.
const cpuFeatures = 6

func cpuRises() []bool { return []bool{true, true, true, true, false, false} }

// cpuAt computes the features for a size in cores.
func (p *Profile) cpuAt(size float64) []float64 {
	s := &p.cpu
	above, known := s.above(size, 0, len(s.days))
	all := excess(above, known)
	recent := all
	if above, known := s.above(size, 0, month); known > 0 {
		recent = excess(above, known)
	}
	worst := math.Inf(-1)
	for from := 0; from < len(s.days); from += week {
		if above, known := s.above(size, from, from+week); known >= weekLeast {
			worst = max(worst, excess(above, known))
		}
	}
	if math.IsInf(worst, -1) {
		worst = all
	}
	days, exceeded := 0, 0
	for _, day := range s.days {
		if len(day) >= dayLeast {
			days++
			if day[len(day)-1] > size {
				exceeded++
			}
		}
	}
	share := 0.0
	if days > 0 {
		share = float64(exceeded) / float64(days)
	}
	return []float64{all, recent, worst, math.Log(share + 0.01), shortness(known), s.growth()}
}

// growth is the logarithm of the mean of the last two weeks over that of the weeks
// before, up to 60 days back; 0 where either has no value. A hundredth of a core, which
// is nothing, is added to both.
func (s *series) growth() float64 {
	const fortnight, back, nothing = 14, 60, 0.01
	recent, before := s.mean(0, fortnight), s.mean(fortnight, back)
	if math.IsNaN(recent) || math.IsNaN(before) {
		return 0
	}
	return math.Log((recent + nothing) / (before + nothing))
}

// excess is the logarithm of the share above a size over the 1 % that makes a breach;
// half a slot is added so that none above is a number that falls with more data.
func excess(above, known int) float64 {
	return math.Log((float64(above) + 0.5) / float64(known+1) / 0.01)
}

// shortness is 1/√days: the standard error of what a history says, up to a factor.
func shortness(known int) float64 {
	return 1 / math.Sqrt(max(float64(known)/SlotsPerDay, 1))
}

// memoryFeatures of the risk that any slot of the next month exceeds a size: how far
// past maxima stay below it, over all of the history, 31 and 7 days, by week, and what
// P99 and the median leave; how much weekly maxima vary, whether use has been growing,
// how close it has come to what the host has, and how short the history is.
const memoryFeatures = 12

func memoryRises() []bool {
	rises := make([]bool, memoryFeatures)
	for i := range 7 {
		rises[i] = true
	}
	return rises
}

// shape is what memory features take from a history whatever the size.
type shape struct {
	max, max31, max7, p99, median float64
	weekSecond, weekMiddle        float64
	spread, growth, short         float64
}

func (p *Profile) memoryShape() shape {
	s := &p.memory
	n := len(s.days)
	out := shape{
		max: s.max(0, n), max31: s.max(0, month), max7: s.max(0, week),
		p99: s.percentile(990), median: s.percentile(500), short: shortness(s.known),
	}
	var weeks []float64
	for from := 0; from < n; from += week {
		if x := s.max(from, from+week); !math.IsNaN(x) {
			weeks = append(weeks, x)
		}
	}
	slices.Sort(weeks)
	if k := len(weeks); k > 0 {
		out.weekSecond, out.weekMiddle = weeks[max(k-2, 0)], weeks[k/2]
		out.spread = deviation(weeks)
	}
	// A week or month without a value is taken for the whole.
	if math.IsNaN(out.max31) {
		out.max31 = out.max
	}
	if math.IsNaN(out.max7) {
		out.max7 = out.max31
	}
	if recent, before := s.mean(0, week), s.mean(0, month); recent > 0 && before > 0 {
		out.growth = math.Log(recent / before)
	}
	return out
}

// deviation is the standard deviation of the logarithms.
func deviation(values []float64) float64 {
	var sum, squares float64
	for _, x := range values {
		l := math.Log(x + 1)
		sum, squares = sum+l, squares+l*l
	}
	n := float64(len(values))
	return math.Sqrt(max(squares/n-sum/n*sum/n, 0))
}

// at computes the features for a size in MiB of a host that has current.
func (m *shape) at(size, current float64) []float64 {
	ratio := func(x float64) float64 { return math.Log(x/size + 1e-3) }
	return []float64{
		ratio(m.max), ratio(m.max31), ratio(m.max7), ratio(m.p99), ratio(m.weekMiddle), ratio(m.weekSecond), ratio(m.median),
		math.Log(current / size), math.Log(m.max/current + 1e-3), m.spread, m.growth, m.short,
	}
}
