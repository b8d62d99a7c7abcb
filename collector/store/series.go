package store

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"
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
	// StorageSizeMiB is the size of its file systems at the end; 0 if it was never told.
	StorageSizeMiB int64
}

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

// partSlots bounds a question: hosts times slots. A slot takes 34 bytes in an answer and
// some ten times that in the engine.
const partSlots = 1 << 20

func (s Span) slots() int { return int(s.To.Unix()-s.From.Unix()) / slotSeconds }

// partHosts is how many hosts are asked for at once.
func (s *Store) partHosts(span Span) int { return max(1, s.partSlots/max(span.slots(), 1)) }

// offParts is for how many parts the times off are asked at once: there are few, and the
// question costs nearly the same for all of them.
const offParts = 8

// seriesPart is the answer to the questions about some hosts.
type seriesPart struct {
	hosts []int // indices into the fleet
	raw   map[uint64]rawSeries
	off   map[uint64][]offTime
}

type rawSeries struct {
	slot, observed, cpu, peak, memory, memoryTotal, storage, network string

	size int64
}

type offTime struct{ off, on int64 }

// eachSeries reads the series of some hosts of the fleet in their order. The next part
// is asked for while row works on the one before.
func (s *Store) eachSeries(ctx context.Context, span Span, fleet []Allocated, hosts []int, row func(int, *HostSeries) error) error {
	slots, size := span.slots(), s.partHosts(span)
	parts := make(chan seriesPart)
	both, ctx := errgroup.WithContext(ctx)
	both.Go(func() error {
		defer close(parts)
		var off map[uint64][]offTime
		for first := 0; first < len(hosts); first += size {
			if first%(offParts*size) == 0 {
				var err error
				if off, err = s.offTimes(ctx, span, fleet, hosts[first:min(first+offParts*size, len(hosts))]); err != nil {
					return err
				}
			}
			p, err := s.readPart(ctx, span, fleet, hosts[first:min(first+size, len(hosts))])
			p.off = off
			if err != nil {
				return err
			}
			select {
			case parts <- p:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	})
	both.Go(func() error {
		series := newSeries(slots)
		for p := range parts {
			for _, i := range p.hosts {
				series.Allocated, series.From = fleet[i], span.From
				if err := series.fill(p.raw[fleet[i].Key], p.off[fleet[i].Key]); err != nil {
					return fmt.Errorf("series of host %q of provider %q: %w", fleet[i].HostID, fleet[i].Provider, err)
				}
				if err := row(i, series); err != nil {
					return err
				}
			}
		}
		return nil
	})
	return both.Wait()
}

func newSeries(slots int) *HostSeries {
	return &HostSeries{
		Observed: make([]uint16, slots), CPU: make([]int32, slots), Peak: make([]int32, slots), Memory: make([]int32, slots),
		MemoryTotal: make([]int32, slots), Storage: make([]int32, slots), Network: make([]int64, slots), Off: make([]bool, slots),
	}
}

func (s *Store) readPart(ctx context.Context, span Span, fleet []Allocated, hosts []int) (seriesPart, error) {
	p := seriesPart{hosts: hosts, raw: make(map[uint64]rawSeries, len(hosts))}
	return p, s.Each(ctx, query("series"), seriesOf(span, fleet, hosts), func(scan func(...any) error) error {
		var key uint64
		var r rawSeries
		err := scan(&key, &r.slot, &r.observed, &r.cpu, &r.peak, &r.memory, &r.memoryTotal, &r.storage, &r.network, &r.size)
		p.raw[key] = r
		return err
	})
}

// offTimes asks when hosts are known to have been off.
func (s *Store) offTimes(ctx context.Context, span Span, fleet []Allocated, hosts []int) (map[uint64][]offTime, error) {
	out := map[uint64][]offTime{}
	return out, s.Each(ctx, query("series_off"), seriesOf(span, fleet, hosts), func(scan func(...any) error) error {
		var key uint64
		var off, on time.Time
		err := scan(&key, &off, &on)
		out[key] = append(out[key], offTime{off.Unix(), on.Unix()})
		return err
	})
}

// seriesOf are the parameters of the questions about hosts.
func seriesOf(span Span, fleet []Allocated, hosts []int) map[string]any {
	keys := make([]uint64, len(hosts))
	for i, h := range hosts {
		keys[i] = fleet[h].Key
	}
	return map[string]any{"from": span.From, "to": span.To, "hosts": keys}
}

// fill makes the dense series. A host counts as off in the buckets that lie whole within a
// time off and in which no CPU use was measured.
func (h *HostSeries) fill(r rawSeries, off []offTime) error {
	h.StorageSizeMiB = r.size
	for i := range h.CPU {
		h.Observed[i], h.CPU[i], h.Peak[i], h.Memory[i], h.MemoryTotal[i], h.Storage[i], h.Network[i], h.Off[i] = 0, -1, -1, -1, -1, -1, -1, false
	}
	slots, err := stored(r.slot, 4)
	if err != nil {
		return err
	}
	n := len(slots) / 4
	for i := range n {
		if slot := word(slots, i); int64(slot) >= int64(h.Slots()) {
			return fmt.Errorf("slot %d lies outside the span of %d", slot, h.Slots())
		}
	}
	for _, c := range []struct {
		to    []int32
		state string
	}{{h.CPU, r.cpu}, {h.Peak, r.peak}, {h.Memory, r.memory}, {h.MemoryTotal, r.memoryTotal}, {h.Storage, r.storage}} {
		values, err := storedFor(n, c.state, 4)
		if err != nil {
			return err
		}
		for i := range n {
			c.to[word(slots, i)] = int32(word(values, i))
		}
	}
	observed, err := storedFor(n, r.observed, 2)
	if err != nil {
		return err
	}
	network, err := storedFor(n, r.network, 8)
	if err != nil {
		return err
	}
	for i := range n {
		slot := word(slots, i)
		h.Observed[slot] = uint16(observed[2*i]) | uint16(observed[2*i+1])<<8
		h.Network[slot] = int64(uint64(word(network, 2*i)) | uint64(word(network, 2*i+1))<<32)
	}
	begin := h.From.Unix()
	for _, t := range off {
		for at := (max(t.off, begin) - begin + slotSeconds - 1) / slotSeconds; at < (t.on-begin)/slotSeconds && at < int64(h.Slots()); at++ {
			if h.CPU[at] < 0 || h.Off[at] {
				h.Off[at], h.CPU[at], h.Peak[at], h.Memory[at], h.MemoryTotal[at], h.Network[at] = true, 0, 0, 0, 1, 0
			}
		}
	}
	return nil
}

// word is the i-th little-endian 32-bit word of data.
func word(data string, i int) uint32 {
	w := data[4*i : 4*i+4]
	return uint32(w[0]) | uint32(w[1])<<8 | uint32(w[2])<<16 | uint32(w[3])<<24
}

// stored returns the values in the state of a groupArray, which begins with their number
// as a varint. The empty state has none.
func stored(state string, width int) (string, error) {
	n, at, shift := uint64(0), 0, 0
	for ; at < len(state) && shift < 63; at, shift = at+1, shift+7 {
		n |= uint64(state[at]&0x7f) << shift
		if state[at] < 0x80 {
			break
		}
	}
	if at == len(state) && at > 0 || len(state) > 0 && (n > uint64(len(state)) || int(n)*width != len(state)-at-1) {
		return "", fmt.Errorf("an array of %d bytes does not hold the %d values it claims", len(state), n)
	}
	return state[min(at+1, len(state)):], nil
}

// storedFor is stored for exactly n values.
func storedFor(n int, state string, width int) (string, error) {
	values, err := stored(state, width)
	if err == nil && len(values) != n*width {
		err = fmt.Errorf("%d values for %d slots", len(values)/width, n)
	}
	return values, err
}
