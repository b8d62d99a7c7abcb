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
const partSlots = 1 << 19

func (s Span) slots() int { return max(0, int(s.To.Unix()-s.From.Unix())/slotSeconds) }

// partHosts is how many hosts are asked for at once.
func (s *Store) partHosts(span Span) int { return max(1, s.partSlots/max(span.slots(), 1)) }

// powerParts is for how many parts the times off are asked at once: there are few, and the
// question costs nearly the same for all of them.
const powerParts = 16

// seriesQuestions is how many questions about series the engine answers at once. One keeps
// one of its threads busy.
const seriesQuestions = 2

// seriesPart is what one question is about, and the answers about it.
type seriesPart struct {
	steps []seriesStep
	raw   *asked[map[uint64]rawSeries]
	power *asked[map[uint64]powerTimes] // of this part and others
}

// seriesStep are hosts of one group that are read one after the other.
type seriesStep struct {
	group int
	ends  bool  // the group ends with them
	hosts []int // indices into the fleet
}

// seriesParts cuts groups into parts of size hosts each, but for the last. A part may hold
// the end of one group and the beginning of the next.
func seriesParts(groups [][]int, size int) (parts []seriesPart) {
	room := 0
	for group, hosts := range groups {
		for first := true; first || len(hosts) > 0; first = false {
			if room == 0 && len(hosts) > 0 || len(parts) == 0 {
				parts, room = append(parts, seriesPart{}), size
			}
			n := min(room, len(hosts))
			p := &parts[len(parts)-1]
			p.steps = append(p.steps, seriesStep{group: group, ends: n == len(hosts), hosts: hosts[:n]})
			hosts, room = hosts[n:], room-n
		}
	}
	return parts
}

func hostsOf(parts []seriesPart) (hosts []int) {
	for _, p := range parts {
		for _, s := range p.steps {
			hosts = append(hosts, s.hosts...)
		}
	}
	return hosts
}

// asked is the answer to a question that may still be asked.
type asked[T any] struct {
	done  chan struct{}
	value T
}

// ask asks a question beside others, as soon as there is a free place for it.
func ask[T any](ctx context.Context, work *errgroup.Group, places chan struct{}, question func() (T, error)) (*asked[T], error) {
	select {
	case places <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	a := &asked[T]{done: make(chan struct{})}
	work.Go(func() (err error) {
		defer func() { <-places }()
		if a.value, err = question(); err == nil {
			close(a.done) // an answer that failed ends the context
		}
		return err
	})
	return a, nil
}

func (a *asked[T]) wait(ctx context.Context) (T, error) {
	select {
	case <-a.done:
		return a.value, nil
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}

// rawSeries are the arrays of one host as the engine writes them. They lie in the memory of
// the answer, which nobody else uses: copies of them would be most of the garbage of a run.
type rawSeries struct {
	slot, observed, network []byte
	columns                 [5][]byte
}

// eachReading reads what is stored of the hosts of each group, in their order, and calls
// done at the end of each. The next parts are asked for while row and done work on the one
// before; at most three are held. Nothing is asked of the time before the first bucket that
// is stored.
func (s *Store) eachReading(ctx context.Context, span Span, fleet []Allocated, groups [][]int, row func(int, *reading) error, done func(group int) error) error {
	stored, err := s.storedPart(ctx, span)
	if err != nil {
		return err
	}
	parts := make(chan seriesPart, 1)
	work, ctx := errgroup.WithContext(ctx)
	work.Go(func() error {
		defer close(parts)
		return s.askParts(ctx, work, span, stored, fleet, groups, parts)
	})
	work.Go(func() error {
		r := &reading{from: stored.From}
		r.values.resize(stored.slots())
		for p := range parts {
			if err := r.part(ctx, p, fleet, row, done); err != nil {
				return err
			}
		}
		return nil
	})
	return work.Wait()
}

// part reads the hosts of a part.
func (r *reading) part(ctx context.Context, p seriesPart, fleet []Allocated, row func(int, *reading) error, done func(group int) error) error {
	power, err := p.power.wait(ctx)
	if err != nil {
		return err
	}
	raw, err := p.raw.wait(ctx)
	if err != nil {
		return err
	}
	for _, step := range p.steps {
		for _, i := range step.hosts {
			r.power = power[fleet[i].Key]
			if err := r.fill(raw[fleet[i].Key]); err != nil {
				return fmt.Errorf("series of host %q of provider %q: %w", fleet[i].HostID, fleet[i].Provider, err)
			}
			if err := row(i, r); err != nil {
				return err
			}
		}
		if step.ends {
			if err := done(step.group); err != nil {
				return err
			}
		}
	}
	return nil
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

// askParts asks for the groups part by part and sends them while they are being answered.
func (s *Store) askParts(ctx context.Context, work *errgroup.Group, span, stored Span, fleet []Allocated, groups [][]int, out chan<- seriesPart) (err error) {
	places := make(chan struct{}, seriesQuestions)
	parts := seriesParts(groups, s.partHosts(stored))
	var power *asked[map[uint64]powerTimes]
	for n, p := range parts {
		if n%powerParts == 0 {
			hosts := hostsOf(parts[n:min(n+powerParts, len(parts))])
			power, err = ask(ctx, work, places, func() (map[uint64]powerTimes, error) { return s.powerTimes(ctx, span, fleet, hosts) })
			if err != nil {
				return err
			}
		}
		p.power = power
		hosts := hostsOf(parts[n : n+1])
		p.raw, err = ask(ctx, work, places, func() (map[uint64]rawSeries, error) { return s.readPart(ctx, stored, fleet, hosts) })
		if err != nil {
			return err
		}
		select {
		case out <- p:
		case <-ctx.Done():
			return ctx.Err()
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
	next, inOrder := 0, true // the engine writes the slots in their order, but need not
	for i := range n {
		slot := int(word(slots, i))
		if slot >= h.Slots() {
			return fmt.Errorf("slot %d lies outside the span of %d", slot, h.Slots())
		}
		r.first, r.last = min(r.first, slot), max(r.last, slot)
		if slot > next {
			h.forget(next, slot)
		}
		inOrder = inOrder && slot >= next
		next = slot + 1
	}
	if !inOrder {
		next = 0
	}
	h.forget(next, h.Slots())
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
