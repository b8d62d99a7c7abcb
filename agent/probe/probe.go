// Package probe measures the host: CPU, memory, load, file systems, disks,
// network and identity, one file each.
//
// A Set sees a host in intervals: Begin, a Look every few seconds, and Cut at
// the end of each interval, which publishes its values. Each probe is a
// prometheus.Collector of the values published last, so that the wire and
// /metrics carry the same numbers. What could not be read is NaN and counted,
// never 0. The package holds no goroutine, timer or clock; package agent drives
// it. It starts no process and enumerates no connection, and reads everything
// but statfs under Roots.
package probe

import (
	"context"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/shirou/gopsutil/v3/common"

	"github.com/yunjian-io/yunjian/internal/wire"
)

// Roots are where the host's trees are mounted; an empty one is the host's own
// (/proc, /sys …). Tests point them to fixtures, a container to the host.
type Roots struct{ Proc, Sys, Etc, Run, Var string }

func (r Roots) proc(name string) string { return under(r.Proc, "/proc", name) }
func (r Roots) sys(name string) string  { return under(r.Sys, "/sys", name) }
func (r Roots) etc(name string) string  { return under(r.Etc, "/etc", name) }
func (r Roots) run(name string) string  { return under(r.Run, "/run", name) }
func (r Roots) vars(name string) string { return under(r.Var, "/var", name) }

func under(root, own, name string) string {
	if root == "" {
		root = own
	}
	return filepath.Join(root, name)
}

// env tells gopsutil the roots.
func (r Roots) env() common.EnvMap {
	return common.EnvMap{
		common.HostProcEnvKey: r.proc(""),
		common.HostSysEnvKey:  r.sys(""),
		common.HostEtcEnvKey:  r.etc(""),
		common.HostRunEnvKey:  r.run(""),
		common.HostVarEnvKey:  r.vars(""),
	}
}

// Options say what to measure; the zero value is this host.
type Options struct {
	Roots Roots
	// Statfs asks the kernel for the room of the file system at path. It is a
	// function value because it has no root; nil is the system call.
	Statfs func(path string) (Space, error)
}

// source is the part of a probe that knows a file of /proc. Both methods return
// an error if they could not read it.
type source interface {
	// look reads what must be seen more often than once an interval.
	look(ctx context.Context) error
	// cut ends the interval, puts its values into out and begins the next one.
	// The first call only begins: it puts NaN where it would need an earlier reading.
	cut(ctx context.Context, out *values) error
}

// Set is the probes of one host. Begin, Look and Cut belong to one goroutine;
// the collectors may be gathered from any. It keeps six files of /proc open for as
// long as the process lives.
type Set struct {
	roots  Roots
	env    common.EnvMap
	probes []*probe
	own    *probe
	all    []*probe // probes and own
	reg    *prometheus.Registry
}

// probe is one source with what it last published.
type probe struct {
	name    string
	totals  []int // positions in wire.Totals that it answers for
	source  source
	names   *names
	told    *prometheus.Desc // of success
	failure error            // first one of the running interval

	mu        sync.Mutex
	published []value
	success   float64
}

// New returns the probes, which have read nothing yet.
func New(o Options) *Set {
	if o.Statfs == nil {
		o.Statfs = statfs
	}
	n := newNames()
	s := &Set{roots: o.Roots, env: o.Roots.env(), reg: prometheus.NewRegistry()}
	for _, p := range []*probe{
		{name: "cpu", source: &cpu{roots: o.Roots}, totals: []int{wire.VCPUs, wire.CPUUsedCores, wire.CPUUsedPeakCores, wire.CPUIowaitCores, wire.CPUStealCores, wire.BootTimeSeconds}},
		{name: "memory", source: &memory{roots: o.Roots}, totals: []int{wire.MemoryTotalBytes, wire.MemoryAvailableBytes, wire.MemoryUsedBytes, wire.MemoryUsedPeakBytes, wire.SwapTotalBytes, wire.SwapUsedBytes}},
		{name: "load", source: &loads{roots: o.Roots}, totals: []int{wire.Load1, wire.Load5}},
		{name: "filesystem", source: &filesystem{roots: o.Roots, statfs: o.Statfs}, totals: []int{wire.StorageSizeBytes, wire.StorageUsedBytes}},
		{name: "disk", source: &disk{roots: o.Roots}, totals: []int{wire.DiskReadBytes, wire.DiskWriteBytes}},
		{name: "network", source: &network{roots: o.Roots}, totals: []int{wire.NetworkReceiveBytes, wire.NetworkTransmitBytes}},
	} {
		p.names, p.told, p.success = n, successOf(p.name), math.NaN()
		s.probes = append(s.probes, p)
		s.reg.MustRegister(p)
	}
	s.own = &probe{totals: []int{wire.IntervalSeconds, wire.AgentTrafficBytes, wire.ClockOffsetSeconds, wire.ProbeFailures}, names: n}
	s.reg.MustRegister(s.own)
	s.all = append(slices.Clone(s.probes), s.own)
	return s
}

// Gatherer returns the collectors of all probes, to be gathered for the wire and
// written at /metrics.
func (s *Set) Gatherer() prometheus.Gatherer { return s.reg }

// context tells gopsutil the roots.
func (s *Set) context(ctx context.Context) context.Context {
	return context.WithValue(ctx, common.EnvKey, s.env)
}

// Own is what the agent itself adds to the totals of an interval.
type Own struct {
	IntervalSeconds    float64
	AgentTrafficBytes  float64 // NaN if not known, like the next
	ClockOffsetSeconds float64
}

// State is how a probe did in the interval that Begin or Cut ended.
type State struct {
	Probe string
	Err   error // nil if everything was read
}

// Begin drops what was seen so far and begins an interval. Nothing is published.
func (s *Set) Begin(ctx context.Context) []State {
	for _, p := range s.probes {
		p.failure = nil
	}
	return s.end(ctx, func(p *probe, _ []value) { p.publish(nil) })
}

// Look sees CPU and memory in the middle of an interval.
func (s *Set) Look(ctx context.Context) {
	ctx = s.context(ctx)
	for _, p := range s.probes {
		p.note(guard(func() error { return p.source.look(ctx) }))
	}
}

// Cut ends the interval, publishes its values and begins the next one.
func (s *Set) Cut(ctx context.Context, own Own) []State {
	states := s.end(ctx, (*probe).publish)
	failed := 0
	for _, st := range states {
		if st.Err != nil {
			failed++
		}
	}
	out := values{names: s.own.names}
	out.total(wire.IntervalSeconds, own.IntervalSeconds)
	out.total(wire.AgentTrafficBytes, own.AgentTrafficBytes)
	out.total(wire.ClockOffsetSeconds, own.ClockOffsetSeconds)
	out.total(wire.ProbeFailures, float64(failed))
	s.own.publish(out.all)
	return states
}

func (s *Set) end(ctx context.Context, publish func(*probe, []value)) []State {
	ctx = s.context(ctx)
	states := make([]State, len(s.probes))
	if s.own != nil {
		s.own.publish(nil)
	}
	for i, p := range s.probes {
		out := values{names: p.names}
		p.note(guard(func() error { return p.source.cut(ctx, &out) }))
		if p.failure != nil {
			out.all = out.all[:0]
			for _, position := range p.totals {
				out.total(position, math.NaN())
			}
		}
		states[i] = State{p.name, p.failure}
		publish(p, out.all)
		p.failure = nil
	}
	return states
}

func (p *probe) note(err error) {
	if p.failure == nil {
		p.failure = err
	}
}

func (p *probe) publish(all []value) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.published = all
	p.success = 1
	if p.failure != nil {
		p.success = 0
	}
}

// guard turns a panic into an error: gopsutil's parsers index into lines
// without asking for their length, and a strange kernel must not stop the agent.
func guard(read func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("parse: %v", r)
		}
	}()
	return read()
}

// Describe sends the names that the probe may use.
func (p *probe) Describe(to chan<- *prometheus.Desc) {
	if p.source != nil {
		to <- p.told
	}
	for _, position := range p.totals {
		to <- p.names.totals[position].desc
	}
	for _, d := range p.names.devices[p.name] {
		to <- d.desc
	}
}

// Collect sends what was published last.
func (p *probe) Collect(to chan<- prometheus.Metric) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.source != nil && !math.IsNaN(p.success) {
		to <- prometheus.MustNewConstMetric(p.told, prometheus.GaugeValue, p.success)
	}
	for _, v := range p.published {
		if v.device == "" {
			to <- prometheus.MustNewConstMetric(v.desc, prometheus.GaugeValue, v.number)
			continue
		}
		to <- prometheus.MustNewConstMetric(v.desc, prometheus.GaugeValue, v.number, v.device)
	}
}
