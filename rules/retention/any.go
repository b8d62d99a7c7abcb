package retention

import (
	"math"
	"slices"
	"time"
)

// Any is the policy of a source from which several things remove records, such as
// logrotate beside the writer's own limit: each acts by itself, so that the first
// removal counts. An empty list says that nothing is known.
type Any []Policy

// least returns the smallest window of the list, and false if one of them is not
// known: that one could be smaller still. Nothing is smaller than none at all.
func (a Any) least(window func(Policy) (float64, bool)) (float64, bool) {
	least, all := math.Inf(1), len(a) > 0
	for _, p := range a {
		days, known := window(p)
		all = all && known
		if known {
			least = min(least, days)
		}
	}
	if least <= 0 {
		return 0, true
	}
	if !all {
		return 0, false
	}
	return least, true
}

func (a Any) window(rate float64) (float64, bool) {
	return a.least(func(p Policy) (float64, bool) { return p.window(rate) })
}

func (a Any) removal(written time.Time, rate float64) (first time.Time, gone bool) {
	for _, p := range a {
		if at, removes := p.removal(written, rate); removes && (!gone || at.Before(first)) {
			first, gone = at, true
		}
	}
	return first, gone
}

// remedy changes those policies that keep too little; the others stay as they are.
func (a Any) remedy(want int, rate float64) (changes []Change) {
	for _, p := range a {
		if days, known := p.window(rate); known && days >= float64(want) {
			continue
		}
		changes = append(changes, p.remedy(want, rate)...)
	}
	return changes
}

// isContainer reports whether the log goes with a container, whatever else removes
// from it.
func isContainer(p Policy) bool {
	switch p := p.(type) {
	case Container:
		return true
	case Any:
		return slices.ContainsFunc(p, isContainer)
	}
	return false
}

// lasting returns the window of p for as long as a container lives.
func lasting(p Policy, rate float64) (float64, bool) {
	switch p := p.(type) {
	case nil:
		return 0, false
	case Container:
		return p.rotated(rate)
	case Any:
		return p.least(func(each Policy) (float64, bool) { return lasting(each, rate) })
	}
	return p.window(rate)
}
