package rightsize

import "math"

// prices are what one unit of a resource is worth in risk: one expected breach pays for
// 1/price units. The same price for all hosts spends the risk that a fleet may run where
// it frees most (the Lagrange condition of freeing as much as possible within a number
// of expected breaches).
type prices struct{ cpu, memory float64 }

// pick is the option of a host that is worth most at the prices; -1 for keeping.
func (a *Advisor) pick(h *Assessment, p prices) int {
	best, most := -1, 0.0
	now := h.host.History.Size
	for i, o := range h.options {
		worth := p.cpu*(now.VCPU-o.flavor.Size.VCPU) - o.risk(o.cpu) + p.memory*(now.MemoryMiB-o.flavor.Size.MemoryMiB) - o.risk(o.memory)
		if worth > most {
			best, most = i, worth
		}
	}
	return best
}

// risk is a risk, or none where the model gave none.
func (o option) risk(p float64) float64 {
	if math.IsNaN(p) {
		return 0
	}
	return p
}

// tolerable tells whether the risk of each resource is within what one host may be
// exposed to. A cut without a forecast is not, but by a policy that needs none.
func (a *Advisor) tolerable(o option, now Size) bool {
	if a.Settings.Policy != RiskPolicy {
		return true
	}
	within := func(cut bool, p float64) bool { return !cut || p <= a.Settings.MaxRisk }
	return within(o.flavor.Size.VCPU < now.VCPU, o.cpu) && within(o.flavor.Size.MemoryMiB < now.MemoryMiB, o.memory)
}

// balance finds the highest prices at which the expected breaches of a fleet stay within
// the budgets. Prices are found by halving, one resource after the other, since a
// flavour ties the two.
func (a *Advisor) balance(fleet []*Assessment) prices {
	n, mean := 0.0, Size{}
	for _, h := range fleet {
		n++
		mean.VCPU += h.host.History.Size.VCPU
		mean.MemoryMiB += h.host.History.Size.MemoryMiB
	}
	if n == 0 || mean.VCPU == 0 || mean.MemoryMiB == 0 {
		return prices{}
	}
	mean.VCPU, mean.MemoryMiB = mean.VCPU/n, mean.MemoryMiB/n
	const dearest, steps, turns = 20.0, 30, 3
	p := prices{dearest / mean.VCPU, dearest / mean.MemoryMiB}
	if a.Settings.Policy != RiskPolicy {
		return p
	}
	within := func(p prices) (cpu, memory bool) {
		var c, m float64
		for _, h := range fleet {
			if i := a.pick(h, p); i >= 0 {
				c, m = c+h.options[i].risk(h.options[i].cpu), m+h.options[i].risk(h.options[i].memory)
			}
		}
		return c <= a.Settings.CPURiskBudget*n, m <= a.Settings.MemoryRiskBudget*n
	}
	search := func(top float64, holds func(x float64) bool) float64 {
		if holds(top) {
			return top
		}
		low, high := 0.0, top
		for range steps {
			if middle := math.Sqrt(max(low, top*1e-9) * high); holds(middle) {
				low = middle
			} else {
				high = middle
			}
		}
		return low
	}
	for range turns {
		p.cpu = search(dearest/mean.VCPU, func(x float64) bool { ok, _ := within(prices{x, p.memory}); return ok })
		p.memory = search(dearest/mean.MemoryMiB, func(x float64) bool { _, ok := within(prices{p.cpu, x}); return ok })
	}
	// The last search may have moved the other resource: give way until both hold.
	for range 200 {
		cpu, memory := within(p)
		if cpu && memory {
			return p
		}
		if !cpu {
			p.cpu *= 0.9
		}
		if !memory {
			p.memory *= 0.9
		}
	}
	return prices{}
}
