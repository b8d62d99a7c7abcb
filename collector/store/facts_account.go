package store

import (
	"cmp"
	"fmt"
	"slices"
)

// Kinds of parties whose facts are kept with a run of judging, beside its hosts.
const (
	PartySystem   = "information_system"
	PartyUnit     = "unit"
	PartyProvider = "provider"
)

// PartyFacts are the facts of a month of an information system, a using unit or a provider,
// over the hosts of one provider.
type PartyFacts struct {
	Provider, Kind, ID string
	// Facts by name (F3 to F5), of the series summed over all hosts, with the means by hour of
	// DayCurve for units and providers; nil where nothing is known. Hosts of systems that the
	// inventory does not know are under the empty unit.
	Facts    map[string]float64
	Coverage SystemCoverage
}

// DayCurve names the mean use of "cpu" or "memory" in one hour of the day, on working days
// or on rest days: the points of figure A3-2 (reports.md).
func DayCurve(resource string, works bool, hour int) string {
	day := "restday"
	if works {
		day = "workday"
	}
	return fmt.Sprintf("%s_avg_%s_%02dh", resource, day, hour)
}

// partyKey names a party within a provider.
type partyKey struct{ provider, kind, id string }

// accounts add up the series of a fleet by party while its hosts are read one by one. The
// sums of a party are given up when its last host has been counted in, so that memory
// follows the parties that are open at once.
type accounts struct {
	span    Span
	working []bool
	works   []bool // by slot: that it lies on a working day
	gate    float64
	open    map[partyKey]*account
	room    *slotRoom
	done    []PartyFacts
}

// account is one party that still waits for hosts.
type account struct {
	left     int
	sum      *sum
	within   *account // of which it is a part, as a system is of its one unit; nil for a provider
	coverage SystemCoverage
}

func newAccounts(fleet []Allocated, span Span, working []bool, gate float64, room *slotRoom) *accounts {
	a := &accounts{span: span, working: working, works: workdaySlots(span), gate: gate, open: map[partyKey]*account{}, room: room}
	for i := range fleet {
		if h, ok := fleet[i].in(span); ok {
			for _, k := range h.parties() {
				a.account(k).left++
			}
			for n := range h.Allocations {
				al := &h.Allocations[n]
				provider, unit := a.account(partyKey{h.Provider, PartyProvider, h.Provider}), a.account(partyKey{h.Provider, PartyUnit, al.Unit})
				unit.within, a.account(partyKey{h.Provider, PartySystem, al.System}).within = provider, unit
			}
		}
	}
	return a
}

// account is that of a party.
func (a *accounts) account(k partyKey) *account {
	if a.open[k] == nil {
		a.open[k] = &account{sum: &sum{working: a.working, room: a.room}}
	}
	return a.open[k]
}

// parties are those that a host belongs to, each once: systems before their units, those
// before the provider.
func (h *Allocated) parties() []partyKey {
	out := make([]partyKey, 0, 3)
	for _, key := range []func(*Allocation) partyKey{
		func(a *Allocation) partyKey { return partyKey{h.Provider, PartySystem, a.System} },
		func(a *Allocation) partyKey { return partyKey{h.Provider, PartyUnit, a.Unit} },
		func(*Allocation) partyKey { return partyKey{h.Provider, PartyProvider, h.Provider} },
	} {
		for i := range h.Allocations {
			if k := key(&h.Allocations[i]); !slices.Contains(out, k) {
				out = append(out, k)
			}
		}
	}
	return out
}

// holds says whether an allocation is one of the party.
func (k partyKey) holds(a *Allocation) bool {
	switch k.kind {
	case PartySystem:
		return a.System == k.id
	case PartyUnit:
		return a.Unit == k.id
	}
	return true
}

// add counts a host in. Every host of the fleet that is allocated in the span is to be
// counted in once. Slots are added up by system alone: a system that is complete is counted
// in for its unit, and a unit for its provider.
func (a *accounts) add(h *HostSeries) {
	for _, k := range h.parties() {
		to := a.open[k]
		if k.kind == PartySystem {
			for i := range h.Allocations {
				if k.holds(&h.Allocations[i]) {
					to.sum.add(h, &h.Allocations[i])
				}
			}
		}
		to.coverage.addFor(h, k.holds, a.gate)
		if to.left--; to.left > 0 {
			continue
		}
		if to.within != nil {
			to.within.sum.merge(to.sum)
		}
		facts := to.sum.facts()
		if facts != nil && k.kind != PartySystem {
			a.curve(to.sum, facts)
		}
		a.done = append(a.done, PartyFacts{k.provider, k.kind, k.id, facts, to.coverage})
		to.sum.giveBack()
		delete(a.open, k)
	}
}

// take returns the parties that were completed since it was last called.
func (a *accounts) take() []PartyFacts {
	out := a.done
	a.done = nil
	return out
}

// curve adds the means by hour of the day (F3), on working days and others.
func (a *accounts) curve(s *sum, facts map[string]float64) {
	const hours = 24
	type mean struct{ used, of int64 }
	var cpu, memory [2 * hours]mean
	at := func(slot int) int {
		hour := slot * slotSeconds / 3600 % hours // spans begin at midnight
		if a.works[slot] {
			return hour
		}
		return hours + hour
	}
	for i := range s.slots {
		t := &s.slots[i]
		if t.cpuCounts() {
			m := &cpu[at(i)]
			m.used, m.of = m.used+t.cpu, m.of+t.cpuSeen
		}
		if t.memoryCounts() {
			m := &memory[at(i)]
			m.used, m.of = m.used+t.memory, m.of+t.memorySeen
		}
	}
	for i := range cpu {
		if m := cpu[i]; m.of > 0 {
			facts[DayCurve("cpu", i < hours, i%hours)] = float64(m.used) / float64(m.of)
		}
		if m := memory[i]; m.of > 0 {
			facts[DayCurve("memory", i < hours, i%hours)] = float64(m.used) / float64(m.of)
		}
	}
}

// workdaySlots marks the slots of the working days of a span.
func workdaySlots(span Span) []bool {
	out := make([]bool, span.slots())
	for first := 0; first < len(out); first += daySlots {
		if slices.Contains(span.Workdays, span.day(first)) {
			for i := first; i < min(first+daySlots, len(out)); i++ {
				out[i] = true
			}
		}
	}
	return out
}

// byOwner orders parties by the unit of their first host, then by name.
func byOwner(fleet []Allocated) func(a, b party) int {
	unit := func(p party) string {
		for _, a := range fleet[p.hosts[0]].Allocations {
			if a.System == p.name {
				return a.Unit
			}
		}
		return ""
	}
	return func(a, b party) int {
		return cmp.Or(cmp.Compare(unit(a), unit(b)), cmp.Compare(a.name, b.name))
	}
}
