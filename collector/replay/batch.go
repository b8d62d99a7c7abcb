package replay

import (
	"iter"
	"math"
	"time"

	"github.com/yunjian-io/yunjian/collector/traces"
	"github.com/yunjian-io/yunjian/internal/wire"
)

// batch is what one request holds: a stretch of slots of one day of some machines.
type batch struct {
	day      *today
	from, to int // slots, to exclusive
	hosts    []hostDay
	rows     int
}

// end is the instant at which the last row of the batch has been measured.
func (b *batch) end() time.Time {
	return b.day.start.Add(time.Duration(b.to) * traces.SlotSeconds * time.Second)
}

// batches cuts the days into batches of at most most rows and stretch slots, in the
// order of time. Slots that are not over at now are left out.
func batches(days []today, most, stretch int, now time.Time) iter.Seq[batch] {
	stretch = min(stretch, most)
	return func(yield func(batch) bool) {
		for i := range days {
			t := &days[i]
			over := min(traces.Slots, int(now.Sub(t.start)/(traces.SlotSeconds*time.Second)))
			for from := 0; from < over; from += stretch {
				open := batch{day: t, from: from, to: min(from+stretch, over)}
				for j := range t.hosts {
					n := measured(t.hosts[j].day, open.from, open.to)
					if open.rows > 0 && open.rows+n > most {
						if !yield(open) {
							return
						}
						open.hosts, open.rows = nil, 0
					}
					if n > 0 {
						open.hosts, open.rows = append(open.hosts, t.hosts[j]), open.rows+n
					}
				}
				if open.rows > 0 && !yield(open) {
					return
				}
			}
		}
	}
}

// measured is the number of slots from from to to that have a row.
func measured(d *traces.Day, from, to int) (n int) {
	for slot := from; slot < to; slot++ {
		if d.State(slot) == traces.Known {
			n++
		}
	}
	return n
}

// halves splits a batch, by machines or, with a single one, by time. It is not ok for
// a single row.
func (b *batch) halves() (first, second batch, ok bool) {
	first, second = *b, *b
	switch n := len(b.hosts); {
	case n > 1:
		first.hosts, second.hosts = b.hosts[:n/2], b.hosts[n/2:]
	case b.to-b.from > 1:
		first.to = b.from + (b.to-b.from)/2
		second.from = first.to
	default:
		return first, second, false
	}
	for _, half := range []*batch{&first, &second} {
		half.rows = 0
		for _, h := range half.hosts {
			half.rows += measured(h.day, half.from, half.to)
		}
	}
	return first, second, true
}

// encoder turns batches into remote-write requests and keeps its buffers.
type encoder struct {
	wire    wire.Encoder
	names   [wire.RowWidth]string
	samples [wire.RowWidth][]wire.Sample
}

func newEncoder() *encoder {
	e := &encoder{}
	for i, m := range wire.Totals() {
		e.names[i] = m.FullName()
	}
	return e
}

// encode returns the request of a batch: one series a machine and metric.
func (e *encoder) encode(b *batch) []byte {
	for _, h := range b.hosts {
		for i := range e.samples {
			e.samples[i] = e.samples[i][:0]
		}
		for slot := b.from; slot < b.to; slot++ {
			if h.day.State(slot) == traces.Known {
				e.row(h.day, slot, b.day.start.UnixMilli()+int64(slot)*traces.SlotSeconds*1000)
			}
		}
		if len(e.samples[0]) == 0 {
			continue
		}
		for i, name := range e.names {
			e.wire.Add([]wire.Label{{Name: wire.LabelName, Value: name}, {Name: wire.LabelHost, Value: h.host}}, e.samples[i]...)
		}
	}
	return e.wire.Bytes()
}

func (e *encoder) row(d *traces.Day, slot int, ms int64) {
	var v [wire.RowWidth]float64
	for i := range v {
		v[i] = math.NaN()
	}
	values(d, slot, &v)
	for i := range v {
		e.samples[i] = append(e.samples[i], wire.Sample{Milliseconds: ms, Value: v[i]})
	}
}
