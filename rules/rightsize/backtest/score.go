package backtest

import "github.com/yunjian-io/yunjian/rules/rightsize"

// Score is what became of one size in one case.
type Score struct {
	Block int
	CPU   Part
	Mem   Part
}

// Part is a Score of one resource. CPU is weighed by the clock: MHz and MHz·slots.
type Part struct {
	Current, Size    float64
	Cut              bool
	Time             float64 // share of the month's known slots above the size, 0 to 1
	Unserved, Demand float64 // summed over slots; Unserved above the size
}

// Above this share of slots a month counts as breached.
const breachTime = 0.01

// score counts a size against what came. What was not cut is not charged.
func score(c *Case, size rightsize.Size) Score {
	s := Score{
		Block: c.Block,
		CPU:   Part{Current: c.History.Size.VCPU * c.Clock, Size: size.VCPU * c.Clock, Demand: c.cpu.demand() * c.Clock},
		Mem:   Part{Current: c.History.Size.MemoryMiB, Size: size.MemoryMiB, Demand: c.memory.demand()},
	}
	if s.CPU.Cut = size.VCPU < c.History.Size.VCPU-slackCPU; s.CPU.Cut {
		s.CPU.Time, s.CPU.Unserved = c.cpu.over(size.VCPU)
		s.CPU.Unserved *= c.Clock
	}
	if s.Mem.Cut = size.MemoryMiB < c.History.Size.MemoryMiB-slackMemory; s.Mem.Cut {
		s.Mem.Time, s.Mem.Unserved = c.memory.over(size.MemoryMiB)
	}
	return s
}

// Figures sum up scores of one resource; all are shares, 0 to 1.
type Figures struct {
	Saved     float64 `json:"saved"`       // of what there is, weighed by capacity
	SavedMean float64 `json:"saved_mean"`  // mean over machines
	Breach    float64 `json:"breach"`      // of VM-months with more than 1 % of slots above
	Breach5   float64 `json:"breach_5pct"` // with more than 5 %
	Any       float64 `json:"any"`         // with at least one slot above
	Time      float64 `json:"time"`        // mean share of slots above
	Unserved  float64 `json:"unserved"`    // demand above, of all demand
	Cut       float64 `json:"cut"`         // of VM-months with a smaller size
}

// Row is a policy on a population.
type Row struct {
	N      int     `json:"n"`
	CPU    Figures `json:"cpu"`
	Memory Figures `json:"memory"`
}

// Summarize sums up the scores of a population.
func Summarize(scores []Score) Row {
	return Row{
		N:      len(scores),
		CPU:    figures(scores, func(s *Score) *Part { return &s.CPU }),
		Memory: figures(scores, func(s *Score) *Part { return &s.Mem }),
	}
}

func figures(scores []Score, of func(*Score) *Part) Figures {
	var f figuresSum
	for i := range scores {
		f.add(of(&scores[i]))
	}
	return f.figures()
}

// figuresSum adds up parts.
type figuresSum struct {
	n                                  float64
	size, current, unserved, demand    float64
	mean, time, breach, five, any, cut float64
}

func (f *figuresSum) add(p *Part) {
	f.n++
	f.size, f.current = f.size+p.Size, f.current+p.Current
	f.unserved, f.demand = f.unserved+p.Unserved, f.demand+p.Demand
	f.mean += 1 - p.Size/p.Current
	f.time += p.Time
	f.breach += count(p.Time > breachTime)
	f.five += count(p.Time > 0.05)
	f.any += count(p.Time > 0)
	f.cut += count(p.Cut)
}

func (f *figuresSum) figures() Figures {
	n := max(f.n, 1)
	return Figures{
		Saved: 1 - ratio(f.size, f.current, 1), SavedMean: f.mean / n, Breach: f.breach / n, Breach5: f.five / n,
		Any: f.any / n, Time: f.time / n, Unserved: ratio(f.unserved, f.demand, 0), Cut: f.cut / n,
	}
}

func count(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}

// ratio is a/b, or what it is to be where there is nothing to divide by.
func ratio(a, b, none float64) float64 {
	if b == 0 {
		return none
	}
	return a / b
}
