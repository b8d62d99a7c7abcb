package agent

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/yunjian-io/yunjian/internal/wire"
)

// missing is the value of what is not known.
var missing = math.NaN()

// encoder turns what the probes published into a remote-write request.
type encoder struct {
	table *wire.Table
	enc   *wire.Encoder
}

func newEncoder() encoder { return encoder{wire.NewTable(), &wire.Encoder{}} }

// series is one line of a report.
type series struct {
	order  int // position of a host total, RowWidth for a labelled series
	name   string
	device wire.Label
	value  float64
}

// gather returns the canonical series of the probes, host totals first.
func (e encoder) gather(g prometheus.Gatherer) ([]series, error) {
	families, err := g.Gather()
	if err != nil {
		return nil, fmt.Errorf("gather probes: %w", err)
	}
	var all []series
	for _, f := range families {
		s := series{order: wire.RowWidth, name: f.GetName()}
		position, total := e.table.Total([]byte(s.name))
		device, labelled := e.table.Device([]byte(s.name))
		if !total && !labelled {
			continue // whether probes succeeded; the wire has their number
		}
		if total {
			s.order = position
		}
		for _, m := range f.GetMetric() {
			for _, l := range m.GetLabel() {
				s.device = wire.Label{Name: device.Label, Value: l.GetValue()}
			}
			s.value = m.GetGauge().GetValue()
			all = append(all, s)
		}
	}
	slices.SortStableFunc(all, func(a, b series) int { return cmp.Compare(a.order, b.order) })
	return all, nil
}

// report encodes the interval that began at ts. Every host total is in it, since
// the collector makes a row of nothing less.
func (e encoder) report(g prometheus.Gatherer, host string, ts time.Time) ([]byte, error) {
	all, err := e.gather(g)
	if err != nil {
		return nil, err
	}
	if len(all) < wire.RowWidth || all[wire.RowWidth-1].order != wire.RowWidth-1 {
		return nil, errors.New("encode report: a host total was not published")
	}
	for _, s := range all {
		labels := []wire.Label{{Name: wire.LabelName, Value: s.name}, {Name: wire.LabelHost, Value: host}}
		if s.order == wire.RowWidth {
			labels = append(labels, s.device)
			wire.SortLabels(labels)
		}
		e.enc.Add(labels, wire.Sample{Milliseconds: ts.UnixMilli(), Value: s.value})
	}
	return e.enc.Bytes(), nil
}

// errWhole means that a request cannot be made smaller.
var errWhole = errors.New("request is one row already")

// split takes a request apart into two that are smaller. Host totals stay
// together: the collector makes a row only of all of them.
func (e encoder) split(body []byte) (first, second []byte, err error) {
	type part struct {
		labels  []wire.Label
		samples []wire.Sample
	}
	var totals, rest []part
	d := wire.Decoder{Limits: wire.DefaultLimits()}
	err = d.Decode(body, wire.RemoteWrite1, func(s *wire.Series) error {
		p := part{samples: slices.Clone(s.Samples)}
		for _, l := range s.Labels {
			p.labels = append(p.labels, wire.Label{Name: string(l.Name), Value: string(l.Value)})
		}
		if _, ok := e.table.Total(s.Name); ok {
			totals = append(totals, p)
		} else {
			rest = append(rest, p)
		}
		return nil
	})
	if err != nil {
		return nil, nil, fmt.Errorf("split batch: %w", err)
	}
	a, b := totals, rest
	if len(totals) == 0 {
		a, b = rest[:len(rest)/2], rest[len(rest)/2:]
	}
	if len(a) == 0 || len(b) == 0 {
		return nil, nil, fmt.Errorf("split batch: %w", errWhole)
	}
	for _, p := range a {
		e.enc.Add(p.labels, p.samples...)
	}
	first = e.enc.Bytes()
	for _, p := range b {
		e.enc.Add(p.labels, p.samples...)
	}
	return first, e.enc.Bytes(), nil
}
