package backtest

import "math"

// Dial is an operating point: how much risk is accepted for how much. It turns the
// budget for a whole population into a rule for one machine: the risk goes where it
// frees most.
type Dial struct {
	// Price is the risk, as a probability, that freeing one MHz or one MiB is worth.
	Price float64 `json:"price"`
	// Cap is the highest risk that any one machine is exposed to, 0 to 1.
	Cap float64 `json:"cap"`
}

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

// budgets are the settings of the dial that are shown: from 0.1 % to 20 % of the
// VM-months breached.
func budgets() []float64 {
	return []float64{
		0.001, 0.002, 0.003, 0.004, 0.005, 0.006, 0.008, 0.010, 0.0125, 0.015, 0.0175, 0.020, 0.0225, 0.025, 0.0275,
		0.030, 0.035, 0.040, 0.045, 0.050, 0.060, 0.070, 0.080, 0.100, 0.125, 0.150, 0.200,
	}
}

// cpuBudget and memoryBudget are the default limits in proportion to a budget: few large
// breaches are no way to save more.
func cpuBudget(b float64) Limits {
	l, _ := DefaultLimits()
	l.Unserved, l.Breach = l.Unserved*b/l.Breach, b
	return l
}

func memoryBudget(b float64) Limits {
	_, l := DefaultLimits()
	l.Time, l.Any = l.Time*b/l.Any, b
	return l
}

// hold tells whether figures are within limits.
func (l Limits) hold(f Figures) bool {
	return f.Breach <= l.Breach && f.Any <= l.Any && f.Unserved <= l.Unserved && f.Time <= l.Time
}

// tried is an operating point and what it would have cost.
type tried struct {
	dial Dial
	Figures
}

// breachCPU and breachMemory are the figures that a predicted risk is one of.
func breachCPU(f *Figures) *float64    { return &f.Breach }
func breachMemory(f *Figures) *float64 { return &f.Any }

// try plays past cases with a grid of operating points: prices from 0.5 % to 20 for the
// mean size of a machine, caps from 5 % to 100 %. What was breached is taken as the mean
// of what was predicted and what came: a budget of 1 % is a handful of months, and those
// that came alone would favour the point that was lucky.
func try(past []curve, breach func(*Figures) *float64) []tried {
	mean := 0.0
	for i := range past {
		mean += past[i].steps[0].part.Current / float64(len(past))
	}
	var all []tried
	for price := 0.005; price < 20; price *= 1.12 {
		for _, most := range []float64{0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 1} {
			t := tried{dial: Dial{Price: price / max(mean, 1e-9), Cap: most}}
			var sum figuresSum
			predicted := 0.0
			for i := range past {
				s := past[i].at(t.dial)
				sum.add(&s.part)
				predicted += s.risk
			}
			t.Figures = sum.figures()
			b := breach(&t.Figures)
			*b = (*b + predicted/max(sum.n, 1)) / 2
			all = append(all, t)
		}
	}
	return all
}

// choose is the operating point that saves most within limits; the zero Dial, which
// keeps everything, if none does.
func choose(all []tried, l Limits) Dial {
	best, saved := Dial{}, 0.0
	for i := range all {
		if t := &all[i]; l.hold(t.Figures) && t.Saved > saved {
			best, saved = t.dial, t.Saved
		}
	}
	return best
}

// total sums up one resource of a population, each case with its own dial.
func total(curves []curve, dials []Dial) Figures {
	var f figuresSum
	for i := range curves {
		f.add(&curves[i].at(dials[i]).part)
	}
	return f.figures()
}
