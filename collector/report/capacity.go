package report

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/yunjian-io/yunjian/rules/calendar"
)

// Allocation is what a host was allotted in [From, To), as the inventory says. Whether it runs
// does not matter.
type Allocation struct {
	Interval
	Host     string `json:"host"`
	Platform string `json:"platform"` // empty where not given
	System   string `json:"system"`
	Amount
}

// Amount counts hosts and what they were allotted. All are whole numbers, so that a
// balance closes exactly.
type Amount struct {
	Hosts     int64 `json:"hosts"`
	VCPU      int64 `json:"vcpu"`
	MemoryMiB int64 `json:"memory_mib"`
	DiskGiB   int64 `json:"disk_gib"` // 0 of a host whose disk is not given
}

func (a Amount) add(b Amount, factor int64) Amount {
	return Amount{a.Hosts + factor*b.Hosts, a.VCPU + factor*b.VCPU, a.MemoryMiB + factor*b.MemoryMiB, a.DiskGiB + factor*b.DiskGiB}
}

// beyond is what a has more than b, resource by resource.
func (a Amount) beyond(b Amount) Amount {
	d := a.add(b, -1)
	return Amount{max(0, d.Hosts), max(0, d.VCPU), max(0, d.MemoryMiB), max(0, d.DiskGiB)}
}

// Flow is what became of the allocations of a party in the period (table A2-1).
type Flow struct {
	Party
	// Open is what was allotted just before the period begins, Close just before it ends.
	Open        Amount `json:"open"`
	New         Amount `json:"new"`
	TransferIn  Amount `json:"transfer_in"`
	ScaleUp     Amount `json:"scale_up"`
	TransferOut Amount `json:"transfer_out"`
	ScaleDown   Amount `json:"scale_down"`
	Released    Amount `json:"released"`
	Close       Amount `json:"close"`
}

// Gap is open + new + transfer_in + scale_up − transfer_out − scale_down − released − close
// (reports.md E 5); nothing where the balance closes.
func (f *Flow) Gap() Amount {
	sum := f.Open.add(f.New, 1).add(f.TransferIn, 1).add(f.ScaleUp, 1)
	return sum.add(f.TransferOut, -1).add(f.ScaleDown, -1).add(f.Released, -1).add(f.Close, -1)
}

// Change is a change of an allocation: a row of annex 5.
type Change struct {
	At   time.Time `json:"at"`
	Host string    `json:"host"`
	// Kinds are new, released, transfer, scale_up and scale_down, as they apply.
	Kinds []string `json:"kinds"`
	// Before and After are what the host had; nil before it was new and after its release.
	Before *Allocation `json:"before"`
	After  *Allocation `json:"after"`
}

// AllocationChanges are the changes at instants of [From, To) of a span, by time and host. A
// host that comes back after a pause was released and is new. Allocations are by host and time.
func AllocationChanges(span Interval, all []Allocation) (out []Change) {
	within := func(at time.Time) bool { return !at.Before(span.From) && at.Before(span.To) }
	joined := func(i int) bool { // allocation i goes on where the one before it ends
		return i > 0 && i < len(all) && all[i-1].Host == all[i].Host && all[i-1].To.Equal(all[i].From)
	}
	for i := range all {
		a := &all[i]
		if within(a.From) {
			c := Change{At: a.From, Host: a.Host, After: a, Kinds: []string{"new"}}
			if joined(i) {
				c.Before = &all[i-1]
				c.Kinds = changeKinds(c.Before, a)
			}
			if len(c.Kinds) > 0 {
				out = append(out, c)
			}
		}
		if within(a.To) && !joined(i+1) {
			out = append(out, Change{At: a.To, Host: a.Host, Before: a, Kinds: []string{"released"}})
		}
	}
	slices.SortStableFunc(out, func(x, y Change) int { return cmp.Or(x.At.Compare(y.At), strings.Compare(x.Host, y.Host)) })
	return out
}

func changeKinds(before, after *Allocation) (kinds []string) {
	if before.System != after.System || before.Platform != after.Platform {
		kinds = append(kinds, "transfer")
	}
	if after.beyond(before.Amount) != (Amount{}) {
		kinds = append(kinds, "scale_up")
	}
	if before.beyond(after.Amount) != (Amount{}) {
		kinds = append(kinds, "scale_down")
	}
	return kinds
}

// Flows are the balances of the groups that of gives for allocations, by name. A host that moves
// between groups leaves the one with what it had and enters the other with it; what it
// has more or less afterwards is a change of size there. Open and Close are counted from
// the allocations, not from the changes, so that the balance is a check.
func Flows(span Interval, all []Allocation, of func(*Allocation) string) []Flow {
	flows := map[string]*Flow{}
	at := func(a *Allocation) *Flow {
		id := of(a)
		if flows[id] == nil {
			flows[id] = &Flow{Party: Party{ID: id}}
		}
		return flows[id]
	}
	add := func(to *Amount, a Amount) { *to = to.add(a, 1) }
	for i := range all {
		a := &all[i]
		if holdsBefore(a, span.From) {
			add(&at(a).Open, a.Amount)
		}
		if holdsBefore(a, span.To) {
			add(&at(a).Close, a.Amount)
		}
	}
	for _, c := range AllocationChanges(span, all) {
		switch {
		case c.Before == nil:
			add(&at(c.After).New, c.After.Amount)
		case c.After == nil:
			add(&at(c.Before).Released, c.Before.Amount)
		default:
			from, to := at(c.Before), at(c.After)
			if from != to {
				add(&from.TransferOut, c.Before.Amount)
				add(&to.TransferIn, c.Before.Amount)
			}
			add(&to.ScaleUp, c.After.beyond(c.Before.Amount))
			add(&to.ScaleDown, c.Before.beyond(c.After.Amount))
		}
	}
	out := make([]Flow, 0, len(flows))
	for _, id := range slices.Sorted(maps.Keys(flows)) {
		out = append(out, *flows[id])
	}
	return out
}

// holdsBefore reports whether an allocation holds just before an instant.
func holdsBefore(a *Allocation, at time.Time) bool { return a.From.Before(at) && !a.To.Before(at) }

// Capacity is section A2.
type Capacity struct {
	// Since is the first instant of the twelve months at which the inventory has an allocation; zero
	// where it has none: then nothing is known. Times before it are not known.
	Since time.Time `json:"since"`
	Total Flow      `json:"total"`
	// Platforms are there if the hosts are on several.
	Platforms []Flow   `json:"platforms"`
	Units     []Flow   `json:"units"`
	Changes   []Change `json:"changes"`
	// Pools are those of the month; PoolsGiven says whether an import covers it.
	Pools      []PoolRow `json:"pools"`
	PoolsGiven bool      `json:"pools_given"`
	// Trend is the allocation at the ends of twelve months, the period last.
	Trend []Allotted `json:"trend"`
}

// Allotted is what was allotted at the end of a month.
type Allotted struct {
	Month     calendar.Month `json:"month"`
	VCPU      Figure         `json:"vcpu"`
	MemoryGiB Figure         `json:"memory_gib"`
}

// Trend is what was allotted just before the end of each of twelve months, the last cut at
// through. Months that end before the first known allocation are Absent, not 0.
func Trend(last calendar.Month, through, since time.Time, all []Allocation) (out []Allotted) {
	for i := -11; i <= 0; i++ {
		a := Allotted{Month: last.Add(i)}
		end := a.Month.End(through.Location())
		if end.After(through) {
			end = through
		}
		if !since.IsZero() && since.Before(end) {
			sum := Amount{}
			for k := range all {
				if holdsBefore(&all[k], end) {
					sum = sum.add(all[k].Amount, 1)
				}
			}
			a.VCPU, a.MemoryGiB = Of(sum.VCPU), Of(float64(sum.MemoryMiB)/1024)
		}
		out = append(out, a)
	}
	return out
}

// knownSince is the first instant of which an allocation is known.
func knownSince(all []Allocation) (since time.Time) {
	for i := range all {
		if since.IsZero() || all[i].From.Before(since) {
			since = all[i].From
		}
	}
	return since
}

// ownCapacity is the section of an extract: the unit's balance takes the place of the
// provider's, and pools, which all share, are left out.
func (b *builder) ownCapacity(span Interval) {
	c, own := &b.out.Capacity, b.in.Unit
	c.Units = slices.DeleteFunc(c.Units, func(f Flow) bool { return f.ID != own })
	c.Total = Flow{}
	for _, f := range c.Units {
		c.Total = f
	}
	c.Total.Party = b.out.Unit
	for i := range c.Units {
		c.Units[i].Party = b.out.Unit
	}
	ours := slices.DeleteFunc(slices.Clone(b.in.Allocations), func(a Allocation) bool { return b.unitOf(a.System) != own })
	c.Since = b.in.Place.Since
	c.Trend = Trend(b.in.Period, b.in.Through, c.Since, ours)
	touches := func(a *Allocation) bool { return a != nil && b.unitOf(a.System) == own }
	c.Changes = slices.DeleteFunc(AllocationChanges(span, b.in.Allocations), func(x Change) bool { return !touches(x.Before) && !touches(x.After) })
}

func (b *builder) capacity() {
	all := b.in.Allocations
	c := &b.out.Capacity
	span := Interval{b.in.Period.Start(b.in.Through.Location()), b.in.Through}
	c.Since = knownSince(all)
	c.Trend = Trend(b.in.Period, b.in.Through, c.Since, all)
	for _, f := range Flows(span, all, func(*Allocation) string { return b.in.Provider.ID }) {
		c.Total = f
	}
	c.Total.Party = b.in.Provider
	c.Units = Flows(span, all, func(a *Allocation) string { return b.unitOf(a.System) })
	if b.in.Unit != "" {
		b.ownCapacity(span)
		return
	}
	for i := range c.Units {
		c.Units[i].Name = b.names[c.Units[i].ID]
	}
	names := map[string]string{}
	for _, p := range b.in.Platforms {
		names[p.ID] = p.Name
	}
	if platforms := Flows(span, all, func(a *Allocation) string { return a.Platform }); len(platforms) > 1 {
		c.Platforms = platforms
	}
	for i := range c.Platforms {
		c.Platforms[i].Name = names[c.Platforms[i].ID]
	}
	c.Changes = AllocationChanges(span, all)
	c.Pools, c.PoolsGiven = b.pools()
}
