package agent

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/yunjian-io/yunjian/agent/probe"
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

// gather returns the labelled series of the wire that a page has.
func (e encoder) gather(g prometheus.Gatherer) ([]probe.Value, error) {
	families, err := g.Gather()
	if err != nil {
		return nil, fmt.Errorf("gather figures: %w", err)
	}
	var all []probe.Value
	for _, f := range families {
		device, ok := e.table.Device([]byte(f.GetName()))
		if !ok {
			continue
		}
		for _, m := range f.GetMetric() {
			for _, l := range m.GetLabel() {
				all = append(all, probe.Value{Total: wire.RowWidth, Name: f.GetName(), Label: wire.Label{Name: device.Label, Value: l.GetValue()}, Number: m.GetGauge().GetValue()})
			}
		}
	}
	return all, nil
}

// report encodes the interval that began at ts: host totals, and then labelled series.
// Every host total is in it, since the collector makes a row of nothing less.
func (e encoder) report(all []probe.Value, host string, ts time.Time) ([]byte, error) {
	if len(all) < wire.RowWidth || all[wire.RowWidth-1].Total != wire.RowWidth-1 {
		return nil, errors.New("encode report: a host total was not published")
	}
	var labels [3]wire.Label
	for _, v := range all {
		of := append(labels[:0], wire.Label{Name: wire.LabelName, Value: v.Name}, wire.Label{Name: wire.LabelHost, Value: host})
		if v.Total == wire.RowWidth {
			of = append(of, v.Label)
			wire.SortLabels(of)
		}
		e.enc.Add(of, wire.Sample{Milliseconds: ts.UnixMilli(), Value: v.Number})
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
