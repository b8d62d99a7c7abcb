package probe

import (
	"math"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/yunjian-io/yunjian/internal/wire"
)

// names are the descriptions of all metrics, made from the table in wire.
type names struct {
	totals  [wire.RowWidth]*prometheus.Desc
	device  map[string]*prometheus.Desc   // by name without prefix
	devices map[string][]*prometheus.Desc // by probe
}

func newNames() *names {
	n := &names{device: map[string]*prometheus.Desc{}, devices: map[string][]*prometheus.Desc{}}
	for i, m := range wire.Totals() {
		n.totals[i] = prometheus.NewDesc(m.FullName(), m.Help, nil, nil)
	}
	owners := map[string]string{"filesystem": "filesystem", "device": "disk", "interface": "network"}
	for _, m := range wire.Devices() {
		d := prometheus.NewDesc(m.FullName(), m.Help, []string{m.Label}, nil)
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

// value is one number of a published interval; label is empty for a host total.
type value struct {
	desc   *prometheus.Desc
	label  string
	number float64
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
