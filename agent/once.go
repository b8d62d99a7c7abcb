package agent

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"text/tabwriter"
	"time"

	"github.com/prometheus/common/expfmt"

	"github.com/yunjian-io/yunjian/agent/probe"
	"github.com/yunjian-io/yunjian/internal/wire"
)

// Format is how Once prints.
type Format int

// The formats.
const (
	Table Format = iota
	Prometheus
	JSON
)

// Once measures one interval of one look and prints what Run would send, without
// sending or spooling anything.
func Once(ctx context.Context, o Options, format Format, to io.Writer) error {
	o = o.withDefaults()
	if err := o.Config.validate(); err != nil {
		return err
	}
	probes := probe.New(o.Probes)
	id, err := probes.Identity(ctx, o.Config.HostID)
	if err != nil {
		return err
	}
	id.AgentVersion, id.At = o.Version, o.Wall().UTC().Truncate(time.Second)
	probes.Begin(ctx)
	look := time.Duration(o.Config.LookInterval)
	timer := time.NewTimer(look)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
	}
	states := probes.Cut(ctx, probe.Own{IntervalSeconds: look.Seconds(), AgentTrafficBytes: 0, ClockOffsetSeconds: missing})
	if format == Prometheus {
		return writeText(probes, to)
	}
	all := probes.Values()
	if format == JSON {
		return writeJSON(id, all, to)
	}
	return writeTable(id, all, states, to)
}

func writeText(probes *probe.Set, to io.Writer) error {
	families, err := probes.Gatherer().Gather()
	if err != nil {
		return fmt.Errorf("gather probes: %w", err)
	}
	var page bytes.Buffer
	for _, f := range families {
		if _, err := expfmt.MetricFamilyToText(&page, f); err != nil {
			return fmt.Errorf("write metrics: %w", err)
		}
	}
	_, err = to.Write(page.Bytes())
	return err
}

// writeJSON prints the identity document and the values; null is a missing one.
func writeJSON(id wire.Identity, all []probe.Value, to io.Writer) error {
	type entry struct {
		Name  string            `json:"name"`
		Label map[string]string `json:"label,omitempty"`
		Value *float64          `json:"value"`
	}
	out := struct {
		Identity wire.Identity `json:"identity"`
		Metrics  []entry       `json:"metrics"`
	}{Identity: id}
	for _, v := range all {
		e := entry{Name: v.Name}
		if v.Label.Name != "" {
			e.Label = map[string]string{v.Label.Name: v.Label.Value}
		}
		if !math.IsNaN(v.Number) {
			e.Value = &v.Number
		}
		out.Metrics = append(out.Metrics, e)
	}
	enc := json.NewEncoder(to)
	enc.SetIndent("", "  ")
	return enc.Encode(out)
}

func writeTable(id wire.Identity, all []probe.Value, states []probe.State, to io.Writer) error {
	w := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "host\t%s\t(%s)\n", id.Host, id.HostKind)
	fmt.Fprintf(w, "system\t%s\tkernel %s, %s\n", id.OSName, id.Kernel, id.Architecture)
	units := map[string]string{}
	for _, m := range wire.Totals() {
		units[m.FullName()] = m.Unit
	}
	for _, m := range wire.Devices() {
		units[m.FullName()] = m.Unit
	}
	for _, v := range all {
		name, value := v.Name, "missing"
		if v.Label.Name != "" {
			name = fmt.Sprintf("%s{%s=%q}", v.Name, v.Label.Name, v.Label.Value)
		}
		if !math.IsNaN(v.Number) {
			value = number(v.Number)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\n", name, value, units[v.Name])
	}
	for _, s := range states {
		if s.Err != nil {
			fmt.Fprintf(w, "probe %s fails\t\t%v\n", s.Probe, s.Err)
		}
	}
	return w.Flush()
}

func number(v float64) string {
	if v == math.Trunc(v) && math.Abs(v) < 1<<53 {
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.3f", v)
}
