package backtest

import (
	"math"
	"slices"

	"github.com/yunjian-io/yunjian/rules/rightsize"
)

// step is a smaller size of one resource, the predicted risk of it, and what came of it.
type step struct {
	size float64
	risk float64 // that this step, or one above it, is breached: never falls with a cut
	raw  float64 // as predicted
	part Part
}

// curve are the steps of one case below its current size, descending, beside keeping.
type curve struct {
	block int
	keep  Part
	steps []step
	scale float64 // mean capacity of a machine in the month of the decision
}

// best is the step that gains most when one expected breach costs 1/dial times the
// capacity of a mean machine (see rightsize.Worth); -1 for keeping.
func (c *curve) best(dial float64) int {
	best, most := -1, 0.0
	for i := range c.steps {
		if gain := rightsize.Worth((c.keep.Size-c.steps[i].part.Size)/c.scale, c.steps[i].risk, dial); gain > most {
			best, most = i, gain
		}
	}
	return best
}

// at is what became of the choice of a dial.
func (c *curve) at(dial float64) *Part {
	if i := c.best(dial); i >= 0 {
		return &c.steps[i].part
	}
	return &c.keep
}

// capacity is the mean of what machines have, MHz and MiB.
type capacity struct{ cpu, memory float64 }

func meanCapacity(cases []Case) capacity {
	var m capacity
	for i := range cases {
		now := cases[i].History.Size
		m.cpu, m.memory = m.cpu+now.VCPU*cases[i].Clock, m.memory+now.MemoryMiB
	}
	n := float64(max(len(cases), 1))
	return capacity{m.cpu / n, m.memory / n}
}

// curves predicts both resources of a case on a ladder.
func curves(c *Case, r Risk, l Ladder, mean capacity) (cpu, memory curve) {
	now := c.History.Size
	kept := score(c, now)
	cpu = curve{block: c.Block, keep: kept.CPU, scale: mean.cpu}
	memory = curve{block: c.Block, keep: kept.Mem, scale: mean.memory}
	cpu.steps = descend(cutTo(l.CPU, now.VCPU, slackCPU), r.CPU, func(size float64) Part {
		return score(c, rightsize.Size{VCPU: size, MemoryMiB: now.MemoryMiB}).CPU
	})
	memory.steps = descend(cutTo(l.Memory, now.MemoryMiB, slackMemory), r.Memory, func(size float64) Part {
		return score(c, rightsize.Size{VCPU: now.VCPU, MemoryMiB: size}).Mem
	})
	return cpu, memory
}

func descend(sizes []float64, risk func(float64) float64, part func(float64) Part) []step {
	steps := make([]step, 0, len(sizes))
	highest := 0.0
	for _, size := range slices.Backward(sizes) {
		p := math.NaN()
		if risk != nil {
			p = risk(size)
		}
		highest = max(highest, p) // NaN stays
		steps = append(steps, step{size: size, risk: highest, raw: p, part: part(size)})
	}
	return steps
}

// total sums up one resource of a population at one dial.
func total(curves []curve, dial float64) Figures {
	var f figuresSum
	for i := range curves {
		f.add(curves[i].at(dial))
	}
	return f.figures()
}

// size is that of at; current is what keeping means.
func (c *curve) size(dial, current float64) float64 {
	if i := c.best(dial); i >= 0 {
		return c.steps[i].size
	}
	return current
}
