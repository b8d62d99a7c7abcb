package rightsize

import "math"

// tradeoff says what a fleet's risk costs. A cut is worth the share of a mean host's
// cores that it frees, and of its memory, less the expected breaches of each resource
// times what one costs. The same cost for all hosts spends the risk that a fleet may
// run where it frees most: it is the Lagrange condition of freeing as much as possible
// within two numbers of expected breaches.
type tradeoff struct {
	mean        Size    // of the fleet
	cpu, memory float64 // cost of one breach, in capacities of a mean host
}

// pick is the option of a host that is worth most; -1 for keeping.
func (t *tradeoff) pick(h *Assessment) int {
	best, most := -1, 0.0
	now := h.host.History.Size
	for i := range h.options {
		o := &h.options[i]
		worth := (now.VCPU-o.flavor.Size.VCPU)/t.mean.VCPU + (now.MemoryMiB-o.flavor.Size.MemoryMiB)/t.mean.MemoryMiB -
			t.cpu*o.risk(o.cpu) - t.memory*o.risk(o.memory)
		if worth > most {
			best, most = i, worth
		}
	}
	return best
}

// risk is a risk, or none where the model gave none.
func (o *option) risk(p float64) float64 {
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

// balance finds the lowest costs at which the expected breaches of a fleet stay within
// its budgets, one resource after the other, since a flavour ties the two. A breach
// that costs enough is never risked, so there always are such costs.
func (a *Advisor) balance(fleet []*Assessment) *tradeoff {
	t := &tradeoff{}
	n := float64(len(fleet))
	for _, h := range fleet {
		t.mean.VCPU += h.host.History.Size.VCPU / n
		t.mean.MemoryMiB += h.host.History.Size.MemoryMiB / n
	}
	if a.Settings.Policy != RiskPolicy {
		return t // the policy has its own margins
	}
	within := func() (cpu, memory bool) {
		var c, m float64
		for _, h := range fleet {
			if i := t.pick(h); i >= 0 {
				c, m = c+h.options[i].risk(h.options[i].cpu), m+h.options[i].risk(h.options[i].memory)
			}
		}
		return c <= a.Settings.CPURiskBudget*n, m <= a.Settings.MemoryRiskBudget*n
	}
	const turns = 4
	for range turns {
		t.cpu = lowest(func(cost float64) bool { t.cpu = cost; ok, _ := within(); return ok })
		t.memory = lowest(func(cost float64) bool { t.memory = cost; _, ok := within(); return ok })
	}
	// The last search may have moved the other resource.
	for {
		cpu, memory := within()
		if cpu && memory || t.cpu > dearest && t.memory > dearest {
			return t
		}
		if !cpu {
			t.cpu = t.cpu*1.1 + cheapest
		}
		if !memory {
			t.memory = t.memory*1.1 + cheapest
		}
	}
}

// Costs that are tried: at the dearest a risk of one in a million outweighs a thousand
// mean hosts.
const (
	cheapest = 1e-3
	dearest  = 1e9
)

// lowest is the lowest cost that holds, 0 if that does, to a part in a thousand.
func lowest(holds func(cost float64) bool) float64 {
	if holds(0) {
		return 0
	}
	low, high := cheapest, dearest
	for high > low*1.001 {
		if middle := math.Sqrt(low * high); holds(middle) {
			high = middle
		} else {
			low = middle
		}
	}
	return high
}
