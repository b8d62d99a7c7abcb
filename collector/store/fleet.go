package store

import (
	"cmp"
	"context"
	"slices"
	"time"
)

// Allocation is what a host was allotted for a time.
type Allocation struct {
	// From and To bound the part of the time that lies in the span asked for.
	From, To time.Time
	// Since is when the host got the vCPUs and memory that it has in it; it may lie before
	// the span.
	Since time.Time
	// System is the information system, Unit its using unit; empty where the inventory
	// does not know the system.
	System, Unit string
	// Platform is the cloud platform that the host is on; empty where it is not given.
	Platform           string
	VCPU               uint32
	MemoryMiB, DiskGiB uint64
	Standby            bool
}

// measured says that usage can be compared with the allocation.
func (a *Allocation) measured() bool { return a.VCPU > 0 && a.MemoryMiB > 0 }

// Allocated is a host with its allocations in a span, by time.
type Allocated struct {
	Key              uint64
	Provider, HostID string
	Allocations      []Allocation
	// Since is that of the last allocation.
	Since time.Time
}

// last is the allocation that holds at the end.
func (h *Allocated) last() *Allocation { return &h.Allocations[len(h.Allocations)-1] }

// in returns the host as it is allocated in a narrower span; ok is false where it is not.
func (h *Allocated) in(span Span) (out Allocated, ok bool) {
	out = *h
	out.Allocations = nil
	for _, a := range h.Allocations {
		if a.overlaps(span) {
			a.From, a.To = later(a.From, span.From), earlier(a.To, span.To)
			out.Allocations, out.Since = append(out.Allocations, a), a.Since
		}
	}
	return out, len(out.Allocations) > 0
}

func (a *Allocation) overlaps(span Span) bool { return a.From.Before(span.To) && a.To.After(span.From) }

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// Fleet returns every host that is allocated in the span, by key. It holds some 300
// bytes a host and is what the questions about series are split by.
func (s *Store) Fleet(ctx context.Context, span Span) (out []Allocated, err error) {
	names := map[string]string{} // one copy of each
	one := func(text *string) {
		if _, seen := names[*text]; !seen {
			names[*text] = *text
		}
		*text = names[*text]
	}
	var h Allocated
	var size [2]uint64
	var since time.Time
	flush := func() {
		if len(h.Allocations) > 0 {
			out = append(out, h)
		}
	}
	values := map[string]any{"to": span.To, "provider": span.Provider}
	err = s.Each(ctx, query("allocations"), values, func(scan func(...any) error) error {
		var a Allocation
		var key uint64
		var provider, id string
		var standby, serving uint8
		if err := scan(&key, &provider, &id, &a.Platform, &a.System, &a.Unit, &a.VCPU, &a.MemoryMiB, &a.DiskGiB, &standby, &serving, &a.From, &a.To); err != nil {
			return err
		}
		one(&provider)
		one(&a.Platform)
		one(&a.System)
		one(&a.Unit)
		if key != h.Key || provider != h.Provider {
			flush()
			h, size = Allocated{Key: key, Provider: provider, HostID: id}, [2]uint64{}
		}
		if serving == 0 {
			size = [2]uint64{}
			return nil
		}
		if now := [2]uint64{uint64(a.VCPU), a.MemoryMiB}; now != size {
			size, since = now, a.From
		}
		a.Since = since
		a.Standby = standby == 1
		a.From, a.To = later(a.From, span.From), earlier(a.To, span.To)
		if a.From.Before(a.To) {
			h.Allocations, h.Since = append(h.Allocations, a), a.Since
		}
		return nil
	})
	flush()
	return out, err
}

// party is a group of hosts whose series are added up.
type party struct {
	name  string
	hosts []int // indices into the fleet, by key
}

// parties groups the hosts of a fleet by what of gives for their allocations in a span, by
// name. A host that changed hands in the span belongs to several.
func parties(fleet []Allocated, span Span, of func(*Allocated, *Allocation) string) []party {
	at := map[string]int{}
	var out []party
	for i := range fleet {
		h := &fleet[i]
		for j := range h.Allocations {
			if !h.Allocations[j].overlaps(span) {
				continue
			}
			name := of(h, &h.Allocations[j])
			n, seen := at[name]
			if !seen {
				n = len(out)
				at[name] = n
				out = append(out, party{name: name})
			}
			if hosts := out[n].hosts; len(hosts) == 0 || hosts[len(hosts)-1] != i {
				out[n].hosts = append(hosts, i)
			}
		}
	}
	slices.SortFunc(out, func(a, b party) int { return cmp.Compare(a.name, b.name) })
	return out
}

// groups cuts parties into runs that have at least size hosts, but for the last.
func groups(all []party, size int) (out [][]party) {
	first, n := 0, 0
	for i := range all {
		if n += len(all[i].hosts); n >= size || i == len(all)-1 {
			out, first, n = append(out, all[first:i+1]), i+1, 0
		}
	}
	return out
}

func bySystem(_ *Allocated, a *Allocation) string { return a.System }
