package backtest

import (
	"fmt"
	"math"
)

// folds is how many parts the blocks are dealt to.
const folds = 5

// foldOf is the fold of a block.
func foldOf(block int) int { return ((block % folds) + folds) % folds }

// Limits bound what an operating point may cost on the cases it is chosen on; all are
// shares, 0 to 1, and an infinite one is none.
type Limits struct {
	Breach, Any, Unserved, Time float64
}

// DefaultLimits are those of the gates: CPU may be breached in 1 % of the VM-months and
// 0.6 % of its demand go unserved; memory may be exceeded in 5 % of them and in 0.01 %
// of the slots.
func DefaultLimits() (cpu, memory Limits) {
	none := math.Inf(1)
	return Limits{Breach: 0.01, Any: none, Unserved: 0.006, Time: none}, Limits{Breach: none, Any: 0.05, Unserved: none, Time: 0.0001}
}

// hold tells whether figures are within limits.
func (l Limits) hold(f Figures) bool {
	return f.Breach <= l.Breach && f.Any <= l.Any && f.Unserved <= l.Unserved && f.Time <= l.Time
}

// dials are what is tried: 0, then from 0.01 to 10 in steps of 2 %.
func dials() []float64 {
	out := []float64{0}
	for t := 1e-2; t < 10; t *= 1.02 {
		out = append(out, t)
	}
	return out
}

// choose is the dial that saves most within limits on past cases; 0 if none does.
func choose(past []curve, l Limits) float64 {
	best, saved := 0.0, -1.0
	for _, t := range dials() {
		if f := total(past, t); l.hold(f) && f.Saved > saved {
			best, saved = t, f.Saved
		}
	}
	return best
}

// Forecasts are the predictions of a model for every case, each by a fit that saw
// neither its fold nor a later month, with dials that were chosen the same way.
type Forecasts struct {
	// CPUDial and MemoryDial are what each case was decided with: see rightsize.Worth.
	CPUDial, MemoryDial []float64

	risks       []Risk
	mean        []capacity
	cpu, memory []curve
}

// OutOfFold fits and tunes a model for each fold and month. A dial is chosen on
// predictions for the training cases that were made out of fold too: a fit on three
// folds predicts the fourth.
func OutOfFold(m Model, months [][]Case, l Ladder, cpuLimits, memoryLimits Limits) (*Forecasts, error) {
	var all []Seen[any]
	var starts []int
	for _, cases := range months {
		starts = append(starts, len(all))
		for i := range cases {
			all = append(all, Seen[any]{Case: &cases[i]})
		}
	}
	each(len(all), func(i int) { all[i].Features = m.look(&all[i].History) })
	n := len(all)
	f := &Forecasts{
		CPUDial: make([]float64, n), MemoryDial: make([]float64, n),
		risks: make([]Risk, n), mean: make([]capacity, n), cpu: make([]curve, n), memory: make([]curve, n),
	}
	for month, start := range starts {
		end := start + len(months[month])
		r := &round{model: m, ladder: l, past: all[:end], start: start, limits: [2]Limits{cpuLimits, memoryLimits}, mean: meanCapacity(months[month]), out: f}
		if err := r.run(); err != nil {
			return nil, fmt.Errorf("decide for %s: %w", all[start].Month, err)
		}
	}
	return f, nil
}

// round decides for the cases of past[start:], of which outcomes may be used of other
// folds only.
type round struct {
	model  Model
	ladder Ladder
	past   []Seen[any]
	start  int
	limits [2]Limits
	mean   capacity
	out    *Forecasts
}

// without are the cases of folds other than the two.
func (r *round) without(a, b int) []Seen[any] {
	var train []Seen[any]
	for _, s := range r.past {
		if f := foldOf(s.Block); f != a && f != b {
			train = append(train, s)
		}
	}
	return train
}

func (r *round) run() error {
	// pair[a][b] predicts for fold a, fitted without a and b; pair[a][a] without a.
	var pair [folds][folds][2][]curve
	var errs [folds * folds]error
	each(folds*folds, func(k int) {
		a, b := k/folds, k%folds
		if a > b {
			return
		}
		predict, err := r.model.fit(r.without(a, b))
		if err != nil {
			errs[k] = err
			return
		}
		for i := range r.past {
			s := &r.past[i]
			switch fold := foldOf(s.Block); {
			case fold != a && fold != b || a == b && i < r.start:
			case a == b:
				r.out.risks[i] = predict(s.Features)
				r.out.cpu[i], r.out.memory[i] = curves(s.Case, r.out.risks[i], r.ladder, r.mean)
			default:
				cpu, memory := curves(s.Case, predict(s.Features), r.ladder, r.mean)
				p := &pair[fold][a+b-fold]
				p[0], p[1] = append(p[0], cpu), append(p[1], memory)
			}
		}
	})
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	each(folds, func(fold int) {
		var past [2][]curve
		for other := range folds {
			if other != fold {
				past[0] = append(past[0], pair[other][fold][0]...)
				past[1] = append(past[1], pair[other][fold][1]...)
			}
		}
		cpu, memory := choose(past[0], r.limits[0]), choose(past[1], r.limits[1])
		for i := r.start; i < len(r.past); i++ {
			if foldOf(r.past[i].Block) == fold {
				r.out.CPUDial[i], r.out.MemoryDial[i], r.out.mean[i] = cpu, memory, r.mean
			}
		}
	})
	return nil
}
