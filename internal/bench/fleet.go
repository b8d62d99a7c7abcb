package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/yunjian-io/yunjian/internal/wire"
)

// fleet makes up hosts whose values move as those of real ones do: a level of
// their own, noise, bursts, slow drift. The same seed gives the same values, so
// that all receivers store the same.
type fleet struct {
	hosts  []host
	totals [wire.RowWidth]wire.Metric
	device []wire.Metric
	enc    wire.Encoder
}

type host struct {
	id      string
	random  *rand.Rand
	vcpu    float64
	memory  float64 // MiB
	swap    float64 // MiB
	storage float64 // MiB
	level   float64 // CPU share around which it moves
	network float64 // bytes a minute around which it moves
	boot    float64

	cpu, used, load5, stored, swapped float64
}

// values are what one host measured in one minute.
type values struct {
	totals  [wire.RowWidth]float64
	devices [11]float64 // in the order of minutely: one file system, disk and interface
}

// minutely are the metrics of devices that every report holds; those of logs
// come once a pass over the logs.
func minutely() []wire.Metric {
	return slices.DeleteFunc(wire.Devices(), func(m wire.Metric) bool { return m.Label == wire.LabelLogSource })
}

func newFleet(n int, name string) *fleet {
	f := &fleet{totals: wire.Totals(), device: minutely(), hosts: make([]host, n)}
	for i := range f.hosts {
		r := rand.New(rand.NewPCG(20_260_801, uint64(i)))
		h := host{id: fmt.Sprintf("i-%s%08x", name, i*2654435761), random: r}
		h.vcpu = float64(int(2) << r.IntN(4))
		h.memory = h.vcpu*1024*float64(int(2)<<r.IntN(2)) - float64(r.IntN(300))
		h.swap = float64(r.IntN(2)) * 4096
		h.storage = float64(40+20*r.IntN(20)) * 1024
		h.level = math.Min(0.9, math.Exp(-3+r.NormFloat64()))
		h.network = math.Exp(12 + 1.5*r.NormFloat64())
		h.boot = float64(1_780_000_000 + r.IntN(5_000_000))
		h.cpu, h.used = h.level, h.memory*(0.2+0.6*r.Float64())
		h.load5, h.stored = h.cpu*h.vcpu, h.storage*(0.1+0.7*r.Float64())
		h.swapped = h.swap * 0.1 * r.Float64()
		f.hosts[i] = h
	}
	return f
}

// next moves a host on by a minute. Values have the precision that our tables
// keep, which is in favour of receivers that store floating point.
func (f *fleet) next(i int) values {
	h := &f.hosts[i]
	r := h.random
	h.cpu = clamp(h.level+0.8*(h.cpu-h.level)+h.level*0.15*r.NormFloat64(), 0.002, 1)
	if r.IntN(200) == 0 {
		h.cpu = clamp(h.cpu+0.5*r.Float64(), 0, 1)
	}
	h.used = clamp(h.used+h.memory*0.001*r.NormFloat64(), h.memory*0.05, h.memory*0.97)
	load1 := h.cpu * h.vcpu * (0.8 + 0.4*r.Float64())
	h.load5 += (load1 - h.load5) * 0.18
	h.stored = clamp(h.stored+math.Max(0, 2*r.NormFloat64()), 0, h.storage)
	read, written := 0.0, 4096*math.Round(60*math.Exp(0.8*r.NormFloat64()))
	if r.IntN(4) == 0 {
		read = 4096 * math.Round(20*math.Exp(r.NormFloat64()))
	}
	received, sent := math.Round(h.network*math.Exp(0.5*r.NormFloat64())), math.Round(0.6*h.network*math.Exp(0.5*r.NormFloat64()))
	var v values
	v.totals = [wire.RowWidth]float64{
		wire.IntervalSeconds: 60, wire.VCPUs: h.vcpu,
		wire.CPUUsedCores: h.cpu * h.vcpu, wire.CPUUsedPeakCores: math.Min(1, h.cpu*(1.1+r.Float64())) * h.vcpu,
		wire.CPUIowaitCores: math.Max(0, 0.01*(r.Float64()-0.7)) * h.vcpu, wire.CPUStealCores: math.Max(0, 0.005*(r.NormFloat64()-2)),
		wire.MemoryTotalBytes: h.memory * mib, wire.MemoryAvailableBytes: (h.memory - math.Round(h.used)) * mib,
		wire.MemoryUsedBytes: math.Round(h.used) * mib, wire.MemoryUsedPeakBytes: math.Round(math.Min(h.memory, h.used*(1+0.004*r.Float64()))) * mib,
		wire.SwapTotalBytes: h.swap * mib, wire.SwapUsedBytes: h.swapped * mib,
		wire.Load1: load1, wire.Load5: h.load5,
		wire.NetworkReceiveBytes: received, wire.NetworkTransmitBytes: sent, wire.AgentTrafficBytes: float64(1500 + r.IntN(40)),
		wire.DiskReadBytes: read, wire.DiskWriteBytes: written,
		wire.StorageSizeBytes: h.storage * mib, wire.StorageUsedBytes: h.stored * mib,
		wire.BootTimeSeconds: h.boot, wire.ClockOffsetSeconds: 0.002 * r.NormFloat64(),
	}
	for j, m := range f.totals {
		v.totals[j] = m.Unpack(m.Pack(v.totals[j]))
	}
	inodes := h.storage * 64
	used := v.totals[wire.StorageUsedBytes]
	v.devices = [...]float64{
		h.storage * mib, used, h.storage*mib*0.95 - used, inodes, math.Round(h.stored * 3),
		read, written, math.Round(read / 16384), math.Round(written / 12288), received, sent,
	}
	return v
}

const mib = 1 << 20

func clamp(v, low, high float64) float64 { return math.Min(math.Max(v, low), high) }

// add appends one host-minute to the request that is being made, as the agent
// writes it.
func (f *fleet) add(i int, ms int64, v *values, devices bool) {
	id := wire.Label{Name: wire.LabelHost, Value: f.hosts[i].id}
	for j, m := range f.totals {
		f.enc.Add([]wire.Label{{Name: wire.LabelName, Value: m.FullName()}, id}, wire.Sample{Milliseconds: ms, Value: v.totals[j]})
	}
	if !devices {
		return
	}
	for j, m := range f.device {
		label := "/"
		switch {
		case j >= 9:
			label = "eth0"
		case j >= 5:
			label = "vda"
		}
		labels := []wire.Label{{Name: wire.LabelName, Value: m.FullName()}, id, {Name: m.Label, Value: label}}
		wire.SortLabels(labels)
		f.enc.Add(labels, wire.Sample{Milliseconds: ms, Value: v.devices[j]})
	}
}

// series is a request with many minutes of one host, as a spool or a gateway
// sends it.
func (f *fleet) series(i int, from int64, steps []values) []byte {
	id := wire.Label{Name: wire.LabelHost, Value: f.hosts[i].id}
	samples := make([]wire.Sample, len(steps))
	for j, m := range f.totals {
		for k := range steps {
			samples[k] = wire.Sample{Milliseconds: (from + int64(k)*60) * 1000, Value: steps[k].totals[j]}
		}
		f.enc.Add([]wire.Label{{Name: wire.LabelName, Value: m.FullName()}, id}, samples...)
	}
	return f.enc.Bytes()
}

// bodies are the requests of every minute and host, made before anything is
// measured.
func (f *fleet) bodies(minutes int, from int64, devices bool) [][][]byte {
	out := make([][][]byte, minutes)
	for m := range out {
		out[m] = make([][]byte, len(f.hosts))
		for i := range f.hosts {
			v := f.next(i)
			f.add(i, (from+int64(m)*60)*1000, &v, devices)
			out[m][i] = f.enc.Bytes()
		}
	}
	return out
}
