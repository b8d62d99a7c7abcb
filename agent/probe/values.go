package probe

import (
	"math"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/yunjian-io/yunjian/internal/wire"
)

// names are the descriptions of all metrics, made from the table in wire.
type names struct {
	totals  [wire.RowWidth]*described
	device  map[string]*described   // by name without prefix
	devices map[string][]*described // by probe
}

// described is one metric as the page and as the wire know it.
type described struct {
	desc  *prometheus.Desc
	total int // position in wire.Totals; wire.RowWidth for a labelled metric
	name  string
	label string
}

func newNames() *names {
	n := &names{device: map[string]*described{}, devices: map[string][]*described{}}
	for i, m := range wire.Totals() {
		n.totals[i] = &described{prometheus.NewDesc(m.FullName(), m.Help, nil, nil), i, m.FullName(), ""}
	}
	owners := map[string]string{"filesystem": "filesystem", "device": "disk", "interface": "network"}
	for _, m := range wire.Devices() {
		d := &described{prometheus.NewDesc(m.FullName(), m.Help, []string{m.Label}, nil), wire.RowWidth, m.FullName(), m.Label}
		n.device[m.Name] = d
		kind, _, _ := strings.Cut(m.Name, "_")
		n.devices[owners[kind]] = append(n.devices[owners[kind]], d)
	}
	return n
}

// successOf describes whether the named probe could read. The name is part of
// the description, since each probe is a collector of its own.
func successOf(probe string) *prometheus.Desc {
	return prometheus.NewDesc(wire.Prefix+"probe_success", "Whether the probe could read its sources in the last interval (1) or not (0).", nil, prometheus.Labels{"probe": probe})
}

// value is one number of a published interval; device is empty for a host total.
type value struct {
	*described
	device string
	number float64
}

// Value is one number that a probe published.
type Value struct {
	Total  int    // position in wire.Totals; wire.RowWidth if the metric has a label
	Name   string // in full, as on the wire
	Label  wire.Label
	Number float64 // NaN if it is missing
}

// Values returns what was published last, the numbers of Gatherer without the detour
// through its messages: the agent sends them every minute. Host totals come first, in
// the order of wire.Totals.
func (s *Set) Values() []Value {
	all := make([]Value, wire.RowWidth, 2*wire.RowWidth)
	totals := 0
	for _, p := range s.all {
		p.mu.Lock()
		for _, v := range p.published {
			out := Value{v.total, v.name, wire.Label{Name: v.label, Value: v.device}, v.number}
			if v.total == wire.RowWidth {
				all = append(all, out)
				continue
			}
			all[v.total] = out
			totals++
		}
		p.mu.Unlock()
	}
	if totals < wire.RowWidth {
		return nil // nothing was published yet
	}
	return all
}

// values collects what a probe publishes.
type values struct {
	names *names
	all   []value
}

func (v *values) total(position int, number float64) {
	v.all = append(v.all, value{v.names.totals[position], "", number})
}

// maxDevices bounds the labelled series of one probe: a host with thousands of
// mounts must not flood the collector. Totals count all of them.
const maxDevices = 128

// row is the labelled values of one device, in the order of the probe's names.
type row struct {
	label   string
	numbers []float64
}

// devices adds the rows in their order. Of two with one label, the first stays.
func (v *values) devices(metrics []string, rows []row) {
	seen := map[string]bool{}
	for _, r := range rows {
		label := strings.ToValidUTF8(r.label, "\uFFFD")
		if label == "" || seen[label] || len(seen) >= maxDevices {
			continue
		}
		seen[label] = true
		for i, name := range metrics {
			v.all = append(v.all, value{v.names.device[name], label, r.numbers[i]})
		}
	}
}

// increase is how far a counter went up; NaN if it went down, as after a wrap
// or when a device came back: the true figure is not known then.
func increase(from, to uint64) float64 {
	if to < from {
		return math.NaN()
	}
	return float64(to - from)
}
