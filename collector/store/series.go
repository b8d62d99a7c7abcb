package store

import (
	"context"
	"slices"
	"time"
)

// slotSeconds is the length of a slot: that of a bucket of usage_5m.
const slotSeconds = 300

// HostSeries is what is known of one allocated host in every five minutes of a span. Slot
// i begins i×5 minutes after From. Values are integers as usage_5m stores them; -1 is one
// that is not known. A slot in which the host is known to be off holds 0.
type HostSeries struct {
	Allocated
	From time.Time
	// Observed seconds of each slot, at most 300 (F1).
	Observed []uint16
	// CPU is the mean use, Peak the highest of any look, in thousandths of a core.
	CPU, Peak []int32
	// Memory used and MemTotal of the guest, and used storage, in MiB.
	Memory, MemoryTotal, Storage []int32
	// Network is bytes received and sent, less those of the agent itself.
	Network []int64
	// Off marks the slots in which the host is known to have been off.
	Off []bool

	// silent says that nothing is known of any slot, steady that no slot is off, blank that
	// every slot is as forget leaves it; they only save work, as does seen, which is what
	// observed said of each allocation.
	silent, steady, blank bool
	seen                  []observation
	buffers               [factBuffers][]float64
}

// observation is the time of an allocation in seconds, observed and known to be off.
type observation struct{ observed, off uint64 }

// Slots is the number of slots.
func (h *HostSeries) Slots() int { return len(h.CPU) }

// bounds are the slots that begin within an allocation.
func (h *HostSeries) bounds(a *Allocation) (from, to int) {
	slot := func(t time.Time) int {
		return min(max(0, int((t.Unix()-h.From.Unix()+slotSeconds-1)/slotSeconds)), h.Slots())
	}
	return slot(a.From), slot(a.To)
}

// EachHistory reads the series of every host that is allocated in the span, by key, and
// calls row for each. The series is valid until row returns. Memory follows the length of
// the span, not the size of the fleet.
func (s *Store) EachHistory(ctx context.Context, span Span, row func(*HostSeries) error) error {
	fleet, err := s.Fleet(ctx, span)
	if err != nil {
		return err
	}
	all := make([]int, len(fleet))
	for i := range all {
		all[i] = i
	}
	return s.eachSeries(ctx, span, fleet, all, func(_ int, h *HostSeries) error { return row(h) })
}

// eachSeries reads the series of some hosts of the fleet in their order.
func (s *Store) eachSeries(ctx context.Context, span Span, fleet []Allocated, hosts []int, row func(int, *HostSeries) error) error {
	var series HostSeries
	return s.eachReading(ctx, span, fleet, [][]int{hosts}, func(i int, r *reading) error {
		r.in(span, fleet[i], &series)
		return row(i, &series)
	}, func(int) error { return nil })
}

// resize makes room for n slots; what they hold is not defined.
func (h *HostSeries) resize(n int) {
	h.Observed, h.Network, h.Off = slices.Grow(h.Observed[:0], n)[:n], slices.Grow(h.Network[:0], n)[:n], slices.Grow(h.Off[:0], n)[:n]
	for _, c := range h.columns() {
		*c = slices.Grow((*c)[:0], n)[:n]
	}
}

// columns are those whose values have 32 bits, in the order of queries/series.sql.
func (h *HostSeries) columns() [5]*[]int32 {
	return [...]*[]int32{&h.CPU, &h.Peak, &h.Memory, &h.MemoryTotal, &h.Storage}
}

// forget makes the slots from first to end ones of which nothing is known.
func (h *HostSeries) forget(first, end int) {
	clear(h.Observed[first:end])
	for _, c := range h.columns() {
		for i := first; i < end; i++ {
			(*c)[i] = -1
		}
	}
	for i := first; i < end; i++ {
		h.Network[i] = -1
	}
}

// in makes the series of a part of what was read, for a host as it is allocated in it. What
// is known of its times off is what the values of that span tell, so that a month has the
// same figures whether it is read alone or with others.
func (r *reading) in(span Span, as Allocated, h *HostSeries) {
	h.Allocated, h.From = as, span.From
	h.seen = h.seen[:0]
	n := span.slots()
	shift := int(span.From.Unix()-r.from.Unix()) / slotSeconds
	first := min(max(0, -shift), n)
	end := max(first, min(n, len(r.values.CPU)-shift))
	if r.last < first+shift || r.first >= end+shift {
		end = first // no row lies in the span
	}
	if first == end && h.blank && h.Slots() == n {
		h.turnAllOff(r.power.off(span))
		return
	}
	h.resize(n)
	h.forget(0, first)
	h.forget(end, n)
	h.blank = first == end
	if first < end {
		copy(h.Observed[first:end], r.values.Observed[first+shift:])
		copy(h.Network[first:end], r.values.Network[first+shift:])
		from := r.values.columns()
		for i, c := range h.columns() {
			copy((*c)[first:end], (*from[i])[first+shift:])
		}
	}
	clear(h.Off)
	h.turnAllOff(r.power.off(span))
}

// turnAllOff marks the times off in a series that has none yet.
func (h *HostSeries) turnAllOff(off []offTime) {
	h.steady = true
	for _, t := range off {
		h.turnOff(t)
	}
	h.silent = h.steady && h.blank
	h.blank = h.silent
}

// turnOff marks a time off. A host counts as off in the buckets that lie whole within it
// and in which no CPU use was measured.
func (h *HostSeries) turnOff(t offTime) {
	begin := h.From.Unix()
	for at := (max(t.off, begin) - begin + slotSeconds - 1) / slotSeconds; at < (t.on-begin)/slotSeconds && at < int64(h.Slots()); at++ {
		if h.CPU[at] < 0 || h.Off[at] {
			h.Off[at], h.CPU[at], h.Peak[at], h.Memory[at], h.MemoryTotal[at], h.Network[at] = true, 0, 0, 0, 1, 0
			h.steady = false
		}
	}
}
