package store

import (
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
)

// reading is what is stored of one host over a span: before it is said when it was off,
// which depends on the part of the span that is looked at.
type reading struct {
	from        time.Time
	values      HostSeries
	first, last int // slots with a row; first lies behind last where there is none
	power       powerTimes
}

// partSlots bounds a question: hosts times slots. A slot takes 34 bytes in an answer and
// some ten times that in the engine.
const partSlots = 1 << 20

func (s Span) slots() int { return max(0, int(s.To.Unix()-s.From.Unix())/slotSeconds) }

// partHosts is how many hosts are asked for at once.
func (s *Store) partHosts(span Span) int { return max(1, s.partSlots/max(span.slots(), 1)) }

// powerParts is for how many parts the times off are asked at once: there are few, and the
// question costs nearly the same for all of them.
const powerParts = 8

// seriesPart is the answer to the questions about some hosts of one group.
type seriesPart struct {
	group int
	ends  bool  // the group ends with this part
	hosts []int // indices into the fleet
	raw   map[uint64]rawSeries
	power map[uint64]powerTimes
}

// rawSeries are the arrays of one host as the engine writes them. They lie in the memory of
// the answer, which nobody else uses: copies of them would be most of the garbage of a run.
type rawSeries struct {
	slot, observed, network []byte
	columns                 [5][]byte
}

// eachReading reads what is stored of the hosts of each group, in their order, and calls
// done at the end of each. The next two parts are asked for while row and done work on the one
// before. Nothing is asked of the time before the first bucket that is stored.
func (s *Store) eachReading(ctx context.Context, span Span, fleet []Allocated, groups [][]int, row func(int, *reading) error, done func(group int) error) error {
	stored, err := s.storedPart(ctx, span)
	if err != nil {
		return err
	}
	parts := make(chan seriesPart, 1)
	both, ctx := errgroup.WithContext(ctx)
	both.Go(func() error {
		defer close(parts)
		return s.readParts(ctx, span, stored, fleet, groups, parts)
	})
	both.Go(func() error {
		r := &reading{from: stored.From}
		r.values.resize(stored.slots())
		for p := range parts {
			for _, i := range p.hosts {
				r.power = p.power[fleet[i].Key]
				if err := r.fill(p.raw[fleet[i].Key]); err != nil {
					return fmt.Errorf("series of host %q of provider %q: %w", fleet[i].HostID, fleet[i].Provider, err)
				}
				if err := row(i, r); err != nil {
					return err
				}
			}
			if p.ends {
				if err := done(p.group); err != nil {
					return err
				}
			}
		}
		return nil
	})
	return both.Wait()
}

// storedPart is the part of a span from the first stored bucket on.
func (s *Store) storedPart(ctx context.Context, span Span) (Span, error) {
	err := s.Each(ctx, query("series_begin"), nil, func(scan func(...any) error) error {
		var first time.Time
		if err := scan(&first); err != nil {
			return err
		}
		if skip := (first.Unix() - span.From.Unix()) / slotSeconds; skip > 0 {
			span.From = earlier(span.From.Add(time.Duration(skip)*slotSeconds*time.Second), span.To)
		}
		return nil
	})
	return span, err
}

// readParts asks for the groups part by part and sends the answers.
func (s *Store) readParts(ctx context.Context, span, stored Span, fleet []Allocated, groups [][]int, parts chan<- seriesPart) error {
	size := s.partHosts(stored)
	for group, hosts := range groups {
		var power map[uint64]powerTimes
		for first := 0; first == 0 || first < len(hosts); first += size {
			p := seriesPart{group: group, hosts: hosts[first:min(first+size, len(hosts))], ends: first+size >= len(hosts)}
			var err error
			if first%(powerParts*size) == 0 {
				if power, err = s.powerTimes(ctx, span, fleet, hosts[first:min(first+powerParts*size, len(hosts))]); err != nil {
					return err
				}
			}
			p.power = power
			if p.raw, err = s.readPart(ctx, stored, fleet, p.hosts); err != nil {
				return err
			}
			select {
			case parts <- p:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}
	return nil
}

func (s *Store) readPart(ctx context.Context, span Span, fleet []Allocated, hosts []int) (map[uint64]rawSeries, error) {
	if len(hosts) == 0 || span.slots() == 0 {
		return nil, nil
	}
	out := make(map[uint64]rawSeries, len(hosts))
	values := seriesOf(span, fleet, hosts)
	for _, width := range []int{2, 4, 8} {
		values[fmt.Sprintf("bytes%d", width)] = span.stateBytes(width)
	}
	return out, s.Each(ctx, query("series"), values, func(scan func(...any) error) error {
		var key uint64
		var r rawSeries
		c := &r.columns
		err := scan(&key, &r.slot, &r.observed, &c[0], &c[1], &c[2], &c[3], &c[4], &r.network)
		out[key] = r
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

// stateBytes is the length of the state of a groupArray of a value a slot, and more: its
// number of values comes first, as a varint.
func (s Span) stateBytes(width int) int { return binary.MaxVarintLen32 + s.slots()*width }

// fill makes dense series of the arrays.
func (r *reading) fill(raw rawSeries) error {
	h := &r.values
	r.first, r.last = h.Slots(), -1
	slots, err := stored(raw.slot, 4)
	if err != nil {
		return err
	}
	n := len(slots) / 4
	for i := range n {
		slot := word(slots, i)
		if int64(slot) >= int64(h.Slots()) {
			return fmt.Errorf("slot %d lies outside the span of %d", slot, h.Slots())
		}
		r.first, r.last = min(r.first, int(slot)), max(r.last, int(slot))
	}
	if n != h.Slots() { // a host has one row a slot: as many rows as slots leave none out
		h.forget(0, h.Slots())
	}
	for k, c := range h.columns() {
		values, err := storedFor(n, raw.columns[k], 4)
		if err != nil {
			return err
		}
		to := *c
		for i := range n {
			to[word(slots, i)] = int32(word(values, i))
		}
	}
	observed, err := storedFor(n, raw.observed, 2)
	if err != nil {
		return err
	}
	network, err := storedFor(n, raw.network, 8)
	if err != nil {
		return err
	}
	for i := range n {
		slot := word(slots, i)
		h.Observed[slot] = binary.LittleEndian.Uint16(observed[2*i:])
		h.Network[slot] = int64(binary.LittleEndian.Uint64(network[8*i:]))
	}
	return nil
}

// offTime is a time for which a host was off, in seconds.
type offTime struct{ off, on int64 }

// bootSpan is the time in which a boot was seen: its first and last bucket.
type bootSpan struct{ boot, first, last int64 }

// powerTimes is what tells when one host was off.
type powerTimes struct {
	documents []offTime
	boots     []bootSpan // by boot
}

// bootLook is how far before a span, in seconds, a boot still tells of the gap after it.
const bootLook = 31 * 24 * 3600

// off are the times off that power documents and the values of a span tell: a gap between
// the last bucket of a boot and the time of the next one. They may reach beyond the span.
func (p *powerTimes) off(span Span) []offTime {
	out := slices.Clip(p.documents)
	from, to := span.From.Unix()-bootLook, span.To.Unix()
	seen := int64(0)
	for _, b := range p.boots {
		if b.last < from || b.first >= to {
			continue
		}
		if seen > 0 && b.boot > seen+slotSeconds {
			out = append(out, offTime{seen + slotSeconds, b.boot})
		}
		seen = b.last
	}
	return out
}

// powerTimes asks what tells when hosts were off.
func (s *Store) powerTimes(ctx context.Context, span Span, fleet []Allocated, hosts []int) (map[uint64]powerTimes, error) {
	if len(hosts) == 0 {
		return nil, nil
	}
	out := map[uint64]powerTimes{}
	err := s.Each(ctx, query("series_power"), seriesOf(span, fleet, hosts), func(scan func(...any) error) error {
		var key uint64
		var boot int64
		var first, last uint32
		err := scan(&key, &boot, &first, &last)
		p := out[key]
		if boot == 0 {
			p.documents = append(p.documents, offTime{int64(first), int64(last)})
		} else {
			p.boots = append(p.boots, bootSpan{boot, int64(first), int64(last)})
		}
		out[key] = p
		return err
	})
	for _, p := range out {
		slices.SortFunc(p.boots, func(a, b bootSpan) int { return cmp.Compare(a.boot, b.boot) })
	}
	return out, err
}

// word is the i-th little-endian 32-bit word of data.
func word(data []byte, i int) uint32 { return binary.LittleEndian.Uint32(data[4*i:]) }

// stored returns the values in the state of a groupArray, which begins with their number
// as a varint and is filled up with zeros behind them. The empty state has none.
func stored(state []byte, width int) ([]byte, error) {
	if len(state) == 0 {
		return nil, nil
	}
	n, at := binary.Uvarint(state)
	if at <= 0 || n > uint64((len(state)-at)/width) {
		return nil, fmt.Errorf("an array of %d bytes does not hold the %d values it claims", len(state), n)
	}
	return state[at : at+int(n)*width], nil
}

// storedFor is stored for exactly n values.
func storedFor(n int, state []byte, width int) ([]byte, error) {
	values, err := stored(state, width)
	if err == nil && len(values) != n*width {
		err = fmt.Errorf("%d values for %d slots", len(values)/width, n)
	}
	return values, err
}
