package backtest

import (
	"math"
	"slices"

	"github.com/yunjian-io/yunjian/rules/rightsize"
)

// step is a size of one resource, the predicted risk of it, and what came of it.
type step struct {
	size float64
	risk float64 // that this step, or one above it, is breached: never falls with a cut
	raw  float64 // as predicted; NaN for the current size
	part Part
}

// curve are the sizes of one case from its current one down.
type curve struct {
	block int
	steps []step
}

// at is the step that a dial chooses: of those within its cap, the one for which what
// is freed at its price exceeds the risk by most. Keeping is the first step, and free.
func (c *curve) at(d Dial) *step {
	best, most := &c.steps[0], 0.0
	for i := 1; i < len(c.steps); i++ {
		s := &c.steps[i]
		if !(s.risk <= d.Cap) {
			break
		}
		if u := d.Price*(s.part.Current-s.part.Size) - s.risk; u > most {
			best, most = s, u
		}
	}
	return best
}

// curves predicts both resources of a case on a ladder.
func curves(c *Case, r Risk, l Ladder) (cpu, memory curve) {
	now := c.History.Size
	cpu = curve{c.Block, descend(now.VCPU, cutTo(l.CPU, now.VCPU, slackCPU), r.CPU, func(size float64) Part {
		return score(c, rightsize.Size{VCPU: size, MemoryMiB: now.MemoryMiB}).CPU
	})}
	memory = curve{c.Block, descend(now.MemoryMiB, cutTo(l.Memory, now.MemoryMiB, slackMemory), r.Memory, func(size float64) Part {
		return score(c, rightsize.Size{VCPU: now.VCPU, MemoryMiB: size}).Mem
	})}
	return cpu, memory
}

func descend(current float64, sizes []float64, risk func(float64) float64, part func(float64) Part) []step {
	steps := append(make([]step, 0, len(sizes)+1), step{size: current, raw: math.NaN(), part: part(current)})
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

// fractions are sizes below a current one, ascending, in parts of a hundredth.
func fractions(current float64) []float64 {
	const parts = 100
	sizes := make([]float64, 0, parts-1)
	for i := 1; i < parts; i++ {
		sizes = append(sizes, current*float64(i)/parts)
	}
	return sizes
}
