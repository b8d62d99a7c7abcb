package backtest

import (
	"math"

	"github.com/yunjian-io/yunjian/rules/rightsize"
)

// margin is what the margin model knows of a machine: P99 of its CPU and the maximum
// of its memory, over all its history.
type margin struct{ cpu, memory float64 }

// MarginModel predicts the risk from one number alone, the logarithm of the size over
// P99 of past CPU or over the maximum of past memory, by logistic regression. It is the
// least that a model of risk has to beat.
func MarginModel() Model {
	return NewModel("margin", "logistic of size over past P99 (memory: maximum)", lookMargin, fitMargin)
}

func lookMargin(h *rightsize.History) margin {
	cpu, memory := newOutcome(h.CPU), newOutcome(h.Memory)
	return margin{cpu.rank(990), memory.max()}
}

// Floors below which past demand is as good as none: cores and MiB.
const (
	leastCores = 0.01
	leastMiB   = 16
)

func fitMargin(train []Seen[margin]) (func(margin) Risk, error) {
	l := PowersOfTwo()
	var cpu, memory []observed
	for _, s := range train {
		for _, size := range cutTo(l.CPU, s.History.Size.VCPU, slackCPU) {
			cpu = append(cpu, observed{math.Log(size / max(s.Features.cpu, leastCores)), s.CPUBreached(size)})
		}
		for _, size := range cutTo(l.Memory, s.History.Size.MemoryMiB, slackMemory) {
			memory = append(memory, observed{math.Log(size / max(s.Features.memory, leastMiB)), s.MemoryBreached(size)})
		}
	}
	c, m := fitLogistic(cpu), fitLogistic(memory)
	return func(f margin) Risk {
		return Risk{
			CPU:    func(cores float64) float64 { return c.predict(math.Log(cores / max(f.cpu, leastCores))) },
			Memory: func(mib float64) float64 { return m.predict(math.Log(mib / max(f.memory, leastMiB))) },
		}
	}, nil
}

// observed is a past size, as the logarithm of its margin, and whether it was breached.
type observed struct {
	x   float64
	hit bool
}

// logistic is 1/(1+exp(-(a+bx))); NaN where it could not be fitted.
type logistic struct{ a, b float64 }

func (l logistic) predict(x float64) float64 { return 1 / (1 + math.Exp(-(l.a + l.b*x))) }

// fitLogistic maximises the likelihood with a weak prior about 0, which keeps separable
// observations finite, by Newton's method.
func fitLogistic(data []observed) logistic {
	const prior = 1e-3
	if len(data) == 0 {
		return logistic{math.NaN(), math.NaN()}
	}
	var l logistic
	for range 50 {
		ga, gb := -prior*l.a, -prior*l.b
		aa, ab, bb := prior, 0.0, prior
		for _, d := range data {
			p := l.predict(d.x)
			e, w := count(d.hit)-p, p*(1-p)
			ga, gb = ga+e, gb+e*d.x
			aa, ab, bb = aa+w, ab+w*d.x, bb+w*d.x*d.x
		}
		det := aa*bb - ab*ab
		da, db := (bb*ga-ab*gb)/det, (aa*gb-ab*ga)/det
		if most := max(math.Abs(da), math.Abs(db)); most > 4 { // a long step may overshoot
			da, db = da*4/most, db*4/most
		}
		l.a, l.b = l.a+da, l.b+db
		if math.Abs(da)+math.Abs(db) < 1e-10 {
			break
		}
	}
	return l
}
