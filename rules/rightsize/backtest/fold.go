package backtest

import "fmt"

// folds is how many parts the blocks are dealt to.
const folds = 5

// foldOf is the fold of a block.
func foldOf(block int) int { return ((block % folds) + folds) % folds }

// Forecasts are the predictions of a model for every case, each by a fit that saw
// neither its fold nor a later month, with operating points chosen the same way.
type Forecasts struct {
	// CPU and Memory are the operating point for each case.
	CPU, Memory []Dial
	// CPUBudgets and MemoryBudgets are those of every budget, by budget and case.
	CPUBudgets, MemoryBudgets [][]Dial

	risks       []Risk
	cpu, memory []curve
}

// OutOfFold fits and tunes a model for each fold and month. An operating point is chosen
// on predictions for the training cases that were made out of fold too: a fit on three
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
		CPU: make([]Dial, n), Memory: make([]Dial, n),
		risks: make([]Risk, n), cpu: make([]curve, n), memory: make([]curve, n),
	}
	for range budgets() {
		f.CPUBudgets, f.MemoryBudgets = append(f.CPUBudgets, make([]Dial, n)), append(f.MemoryBudgets, make([]Dial, n))
	}
	for month, start := range starts {
		end := start + len(months[month])
		r := &round{model: m, ladder: l, past: all[:end], start: start, limits: [2]Limits{cpuLimits, memoryLimits}, out: f}
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
				r.out.cpu[i], r.out.memory[i] = curves(s.Case, r.out.risks[i], r.ladder)
			default:
				cpu, memory := curves(s.Case, predict(s.Features), r.ladder)
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
		cpu, memory := try(past[0], breachCPU), try(past[1], breachMemory)
		r.set(fold, r.out.CPU, choose(cpu, r.limits[0]))
		r.set(fold, r.out.Memory, choose(memory, r.limits[1]))
		for k, b := range budgets() {
			r.set(fold, r.out.CPUBudgets[k], choose(cpu, cpuBudget(b)))
			r.set(fold, r.out.MemoryBudgets[k], choose(memory, memoryBudget(b)))
		}
	})
	return nil
}

// set gives an operating point to the cases of a fold that are decided in this round.
func (r *round) set(fold int, dials []Dial, d Dial) {
	for i := r.start; i < len(r.past); i++ {
		if foldOf(r.past[i].Block) == fold {
			dials[i] = d
		}
	}
}
