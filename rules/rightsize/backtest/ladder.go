package backtest

import (
	"math"

	"github.com/yunjian-io/yunjian/rules/rightsize"
)

// Ladder is what sizes there are, ascending. The zero Ladder has every size: what a
// policy asks for is given to the fraction.
type Ladder struct {
	CPU    []float64 // vCPU
	Memory []float64 // MiB
}

// PowersOfTwo are the flavours of the protocol: 1 to 64 vCPU, 0.5 to 512 GiB.
func PowersOfTwo() Ladder {
	var l Ladder
	for n := 1.0; n <= 64; n *= 2 {
		l.CPU = append(l.CPU, n)
	}
	for mib := 512.0; mib <= 512*1024; mib *= 2 {
		l.Memory = append(l.Memory, mib)
	}
	return l
}

// fit is the smallest step that holds a need, never above the current size; the
// current size where nothing is asked.
func fit(need, current float64, steps []float64, slack float64) float64 {
	if math.IsNaN(need) || need >= current {
		return current
	}
	if steps == nil {
		return need
	}
	for _, step := range steps {
		if step >= need-slack {
			return min(step, current)
		}
	}
	return min(steps[len(steps)-1], current)
}

// Slack by which a need may exceed a step, for the rounding of sums: cores and MiB.
const (
	slackCPU    = 1e-9
	slackMemory = 1e-6
)

// Fit turns a need into a size: never above the current one, rounded up to a step.
func (l Ladder) Fit(n rightsize.Need, current rightsize.Size) rightsize.Size {
	return rightsize.Size{
		VCPU:      fit(n.CPU, current.VCPU, l.CPU, slackCPU),
		MemoryMiB: fit(n.Memory, current.MemoryMiB, l.Memory, slackMemory),
	}
}

// cutTo are the steps below a current size.
func cutTo(steps []float64, current, slack float64) []float64 {
	n := 0
	for n < len(steps) && steps[n] < current-slack {
		n++
	}
	return steps[:n]
}
