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
}

// at is the smallest step whose risk is within a threshold, or keeping.
func (c *curve) at(threshold float64) *Part {
	part := &c.keep
	for i := range c.steps {
		if !(c.steps[i].risk <= threshold) {
			break
		}
		part = &c.steps[i].part
	}
	return part
}

// curves predicts both resources of a case on a ladder.
func curves(c *Case, r Risk, l Ladder) (cpu, memory curve) {
	now := c.History.Size
	kept := score(c, now)
	cpu, memory = curve{block: c.Block, keep: kept.CPU}, curve{block: c.Block, keep: kept.Mem}
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

// total sums up one resource of a population at one threshold.
func total(curves []curve, threshold float64) Figures {
	var f figuresSum
	for i := range curves {
		f.add(curves[i].at(threshold))
	}
	return f.figures()
}

// size is that of at; current is what keeping means.
func (c *curve) size(threshold, current float64) float64 {
	size := current
	for i := range c.steps {
		if !(c.steps[i].risk <= threshold) {
			break
		}
		size = c.steps[i].size
	}
	return size
}
