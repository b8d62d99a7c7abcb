package rightsize

import (
	"cmp"
	"math"
	"slices"
)

// Flavor is one size that can be ordered.
type Flavor struct {
	ID     string `json:"id"`
	Family string `json:"family,omitempty"`
	Size   Size   `json:"size"`
	// Yuan is the price a month; nil where the catalogue gives none.
	Yuan *float64 `json:"yuan_month,omitempty"`
}

// Catalog is what can be ordered, in an order that does not depend on the import.
type Catalog []Flavor

// NewCatalog sorts flavours by size, price and name.
func NewCatalog(flavors []Flavor) Catalog {
	c := slices.Clone(flavors)
	slices.SortFunc(c, func(a, b Flavor) int {
		return cmp.Or(cmp.Compare(a.Size.VCPU, b.Size.VCPU), cmp.Compare(a.Size.MemoryMiB, b.Size.MemoryMiB), cmp.Compare(a.price(), b.price()), cmp.Compare(a.ID, b.ID))
	})
	return c
}

func (f Flavor) price() float64 {
	if f.Yuan == nil {
		return math.Inf(1)
	}
	return *f.Yuan
}

// Of is the flavour that a host has: the one it names, else the cheapest of its size.
func (c Catalog) Of(id string, size Size) (Flavor, bool) {
	for _, f := range c {
		if id != "" && f.ID == id {
			return f, true
		}
	}
	for _, f := range c {
		if f.Size.VCPU == size.VCPU && f.Size.MemoryMiB == size.MemoryMiB {
			return f, true
		}
	}
	return Flavor{}, false
}

// Fitting is the smallest flavour that holds a need: the cheapest where all that fit
// have prices, else the one with the fewest vCPU and then the least memory. A family
// that is not empty limits the choice.
func (c Catalog) Fitting(need Size, family string) (Flavor, bool) {
	var fit []Flavor
	for _, f := range c {
		if f.Size.VCPU >= need.VCPU && f.Size.MemoryMiB >= need.MemoryMiB && (family == "" || f.Family == family) {
			fit = append(fit, f)
		}
	}
	if len(fit) == 0 {
		return Flavor{}, false
	}
	if !slices.ContainsFunc(fit, func(f Flavor) bool { return f.Yuan == nil }) {
		return slices.MinFunc(fit, func(a, b Flavor) int { return cmp.Compare(a.price(), b.price()) }), true
	}
	return fit[0], true
}

// smaller are the flavours of the family that are no larger in any resource and smaller
// in one. Without a catalogue the sizes are powers of two, so that a site which has
// imported none is told quantities all the same.
func (c Catalog) smaller(now Size, family string) []Flavor {
	all := c
	if len(c) == 0 {
		all = powersBelow(now)
	}
	var out []Flavor
	for _, f := range all {
		if family != "" && f.Family != family || f.Size.VCPU > now.VCPU || f.Size.MemoryMiB > now.MemoryMiB {
			continue
		}
		if f.Size.VCPU < now.VCPU || f.Size.MemoryMiB < now.MemoryMiB {
			out = append(out, f)
		}
	}
	return out
}

func powersBelow(now Size) Catalog {
	var out Catalog
	steps := func(top, first float64) []float64 {
		var s []float64
		for x := first; x < top; x *= 2 {
			s = append(s, x)
		}
		return append(s, top)
	}
	for _, cpu := range steps(now.VCPU, 1) {
		for _, memory := range steps(now.MemoryMiB, 512) {
			out = append(out, Flavor{Size: Size{VCPU: cpu, MemoryMiB: memory}})
		}
	}
	return out
}
