package backtest

import (
	"cmp"
	"math"
	"slices"
)

// bins of a calibration.
const bins = 10

// Bin is a tenth of all pairs of a case and a smaller size, in order of the prediction.
type Bin struct {
	Pairs     int      `json:"pairs"`
	Predicted float64  `json:"predicted"` // mean probability
	Observed  Interval `json:"observed"`  // share that was breached
}

// Calibration holds predictions against what came.
type Calibration struct {
	Pairs int     `json:"pairs"`
	Base  float64 `json:"base_rate"` // share of all pairs that was breached
	Bins  []Bin   `json:"bins"`
	// ECE is the mean of the bins' |observed - predicted|, Deviation the largest.
	ECE       float64 `json:"ece"`
	Deviation float64 `json:"largest_deviation"`
	// Skill is 1 - Brier score over that of always saying the base rate.
	Skill float64 `json:"brier_skill"`
}

// pair is a prediction and what came.
type pair struct {
	p     float64
	hit   bool
	block int
}

// calibrate looks at every step of every curve. Steps without a forecast are left out.
func calibrate(curves []curve, breached func(*Part) bool, r *resample) Calibration {
	var pairs []pair
	for i := range curves {
		for j := range curves[i].steps {
			s := &curves[i].steps[j]
			if !math.IsNaN(s.raw) {
				pairs = append(pairs, pair{s.raw, breached(&s.part), r.index[curves[i].block]})
			}
		}
	}
	slices.SortStableFunc(pairs, func(a, b pair) int { return cmp.Compare(a.p, b.p) })
	c := Calibration{Pairs: len(pairs)}
	if len(pairs) == 0 {
		return c
	}
	brier := 0.0
	for _, x := range pairs {
		c.Base += count(x.hit) / float64(len(pairs))
		brier += (x.p - count(x.hit)) * (x.p - count(x.hit)) / float64(len(pairs))
	}
	c.Skill = 1 - ratio(brier, c.Base*(1-c.Base), 1)
	for k := range bins {
		part := pairs[k*len(pairs)/bins : (k+1)*len(pairs)/bins]
		if len(part) == 0 {
			continue
		}
		b := binOf(part, r)
		off := math.Abs(b.Observed.Value - b.Predicted)
		c.ECE += off * float64(b.Pairs) / float64(len(pairs))
		c.Deviation = max(c.Deviation, off)
		c.Bins = append(c.Bins, b)
	}
	return c
}

func binOf(part []pair, r *resample) Bin {
	b := Bin{Pairs: len(part)}
	sums := r.sums(2)
	for _, x := range part {
		b.Predicted += x.p / float64(len(part))
		sums[0][x.block]++
		sums[1][x.block] += count(x.hit)
	}
	b.Observed = r.interval(sums, func(t []float64) float64 { return t[1] / t[0] })
	return b
}
