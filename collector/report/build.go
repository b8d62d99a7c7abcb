package report

import (
	"cmp"
	"crypto/sha256"
	"encoding"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"
)

// Build computes every figure of the report. It fails only if the input holds a
// number that is not finite.
func Build(in Input) (Month, error) {
	b := builder{in: in, names: map[string]string{}, entries: map[string]Entry{}, judged: map[string]Finding{}, disks: map[string]Volume{}}
	b.out = Month{
		Period: in.Period, Open: in.Open, Through: in.Through, JudgedAt: in.JudgedAt, JudgedBy: in.JudgedBy,
		Program: in.Program, Version: in.Version, Provider: in.Provider, Platforms: in.Platforms,
		Rules: in.Rules, Weights: DraftWeights(),
	}
	for _, u := range in.Units {
		b.names[u.ID] = u.Name
	}
	for _, s := range in.Systems {
		b.entries[s.ID] = s
	}
	for _, v := range in.Volumes {
		b.disks[v.ID] = v
	}
	if in.Unit != "" {
		b.out.Unit = Party{in.Unit, b.names[in.Unit]}
	}
	b.out.unitNames, b.out.systemNames = b.names, map[string]string{}
	for id, e := range b.entries {
		b.out.systemNames[id] = e.Name
	}
	o := operating{set: in.Records, period: in.Period, through: in.Through, calendar: in.Calendar, names: b.names, entries: b.entries, platforms: in.Platforms}
	b.out.Operation = o.figures()
	b.out.Logs = logFigures(in.Logs, in.Period)
	batch, err := batch(in, b.out.Operation.AllOrders)
	if err != nil {
		return Month{}, err
	}
	b.out.Batch = batch
	b.judgeSystems()
	b.systems()
	b.units()
	b.hosts()
	b.capacity()
	b.settlement()
	b.out.Distribution = distribution(atEnd(in.Facts.Hosts))
	b.out.Curve, b.out.Missing = dayCurve(b.whole()), b.missing()
	b.highLoad()
	b.judgements()
	b.volumes()
	b.quality()
	b.summary()
	b.proceedings()
	return b.out, nil
}

// batch names the data that the report is made of: when they were judged, and a
// hash over all of the input but the program that prints it, and over the orders, whose
// deadlines show the working calendar.
func batch(in Input, orders []OrderRow) (string, error) {
	in.Program, in.Version = "", 0
	return batchOf(in.JudgedAt, in, orders)
}

func batchOf(at time.Time, data ...any) (string, error) {
	h := sha256.New()
	for _, d := range data {
		if err := hashJSON(json.NewEncoder(h), reflect.ValueOf(d)); err != nil {
			return "", fmt.Errorf("hash data of the report: %w", err)
		}
	}
	return at.Format("20060102T150405") + "-" + hex.EncodeToString(h.Sum(nil)[:6]), nil
}

// hashJSON encodes a value piece by piece, since the month of a large provider as one text
// takes more memory than all else: structs by field with its name, slices by element after
// their length, all else as JSON.
func hashJSON(e *json.Encoder, v reflect.Value) error {
	if v.Kind() == reflect.Pointer && !v.IsNil() {
		v = v.Elem()
	}
	_, own := reflect.TypeAssert[json.Marshaler](v)
	_, text := reflect.TypeAssert[encoding.TextMarshaler](v)
	if logs, are := reflect.TypeAssert[LogList](v); are { // not as one text
		if err := e.Encode(logs.Len()); err != nil {
			return err
		}
		for _, log := range logs.All() {
			if err := e.Encode(log); err != nil {
				return err
			}
		}
		return nil
	}
	switch {
	case own || text:
	case v.Kind() == reflect.Slice && !v.IsNil():
		if err := e.Encode(v.Len()); err != nil {
			return err
		}
		for i := range v.Len() {
			if err := e.Encode(v.Index(i).Interface()); err != nil {
				return err
			}
		}
		return nil
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			f := v.Type().Field(i)
			if !f.IsExported() || f.Tag.Get("json") == "-" {
				continue
			}
			if err := e.Encode(f.Name); err != nil {
				return err
			}
			if err := hashJSON(e, v.Field(i)); err != nil {
				return err
			}
		}
		return nil
	}
	return e.Encode(v.Interface())
}

type builder struct {
	in      Input
	names   map[string]string // of units
	entries map[string]Entry
	judged  map[string]Finding // of systems, the one that decides
	disks   map[string]Volume  // without a host
	out     Month
}

func (b *builder) unitOf(system string) string { return b.entries[system].Unit }

func atEnd(hosts []HostFacts) []HostFacts {
	return slices.DeleteFunc(slices.Clone(hosts), func(h HostFacts) bool { return !h.AtEnd })
}

func rates(facts map[string]float64) Rates {
	return Rates{
		CPUAvg: MeanCPU(facts), CPUP95: CPUP95(facts), CPUMax: Fact(facts, "cpu_max"),
		CPUP95Work: Fact(facts, "cpu_p95_working_hours"),
		MemoryAvg:  MeanMemory(facts), MemoryP95: MemoryP95(facts), MemoryMax: Fact(facts, "memory_max"),
	}
}

// measure makes the figures of a group of hosts: quantities of those that are
// allocated at the end, ratios of its summed series, F1 over its seconds.
func measure(hosts []HostFacts, facts map[string]float64, seen Observed, w ScoreWeights) Unit {
	hosts = atEnd(hosts)
	u := Unit{Hosts: len(hosts), Rates: rates(facts), Coverage: Coverage(seen.Observed, seen.Allocated, seen.Off)}
	disk, network, told := uint64(0), 0.0, 0
	for i := range hosts {
		u.VCPU += float64(hosts[i].VCPU)
		u.MemoryGiB += float64(hosts[i].MemoryMiB) / 1024
		disk += hosts[i].DiskGiB
		if mbps, ok := hosts[i].Facts["network_avg_mbps"]; ok {
			network, told = network+mbps, told+1
		}
	}
	if disk > 0 {
		u.DiskTiB = Of(float64(disk) / 1024)
	}
	if told > 0 {
		u.NetworkMbps = Of(network / float64(told))
	}
	u.StorageUsed = StorageUsed(hosts)
	u.Score = Score(w, u.CPUP95.Allocated, u.MemoryP95.Allocated, u.StorageUsed)
	return u
}

func (o Observed) plus(p Observed) Observed {
	return Observed{o.Allocated + p.Allocated, o.Observed + p.Observed, o.Off + p.Off, o.Hosts + p.Hosts}
}

// before returns the facts of the month before, of a group.
func before(f *Facts, group func(*Facts) map[string]float64) map[string]float64 {
	if f == nil {
		return nil
	}
	return group(f)
}

func (b *builder) systems() {
	hosts := map[string][]HostFacts{}
	for _, h := range b.in.Facts.Hosts {
		hosts[h.System] = append(hosts[h.System], h)
	}
	ids := slices.Collect(maps.Keys(b.in.Facts.Observed))
	slices.SortFunc(ids, func(x, y string) int {
		return cmp.Or(strings.Compare(b.unitOf(x), b.unitOf(y)), strings.Compare(x, y))
	})
	for _, id := range ids {
		e := b.entries[id]
		s := System{
			Unit:   measure(hosts[id], b.in.Facts.Systems[id], b.in.Facts.Observed[id], b.out.Weights),
			UnitID: e.Unit, UnitName: b.names[e.Unit], Level: e.Level, Cutover: e.Cutover, Status: e.Status,
		}
		s.Party, s.Systems = Party{id, e.Name}, 1
		s.CPUChange = RatioChange(s.CPUAvg.Allocated, MeanCPU(before(b.in.Before, func(f *Facts) map[string]float64 { return f.Systems[id] })).Allocated)
		if f, ok := b.judged[id]; ok {
			s.Judged, s.State, s.Reason = f.Verdict != verdictUnknown && f.State != stateExempted, f.State, f.Reason
		}
		b.out.Systems = append(b.out.Systems, s)
	}
}

func (b *builder) units() {
	hosts, seen, systems := map[string][]HostFacts{}, map[string]Observed{}, map[string]int{}
	all := Observed{}
	for _, h := range b.in.Facts.Hosts {
		hosts[b.unitOf(h.System)] = append(hosts[b.unitOf(h.System)], h)
	}
	for id, o := range b.in.Facts.Observed {
		unit := b.unitOf(id)
		seen[unit], all = seen[unit].plus(o), all.plus(o)
		systems[unit]++
	}
	var scores []Figure
	for _, id := range slices.Sorted(maps.Keys(seen)) {
		u := measure(hosts[id], b.in.Facts.Units[id], seen[id], b.out.Weights)
		u.Party, u.Systems = Party{id, b.names[id]}, systems[id]
		u.CPUChange = RatioChange(u.CPUAvg.Allocated, MeanCPU(before(b.in.Before, func(f *Facts) map[string]float64 { return f.Units[id] })).Allocated)
		b.out.Units = append(b.out.Units, u)
		scores = append(scores, u.Score)
	}
	for i, rank := range Ranks(scores) {
		b.out.Units[i].Rank = rank
		if rank.State == Known {
			b.out.Ranked++
		}
	}
	if p := b.in.Place; p != nil {
		b.out.Ranked = p.Of
		for i := range b.out.Units {
			b.out.Units[i].Rank = p.Rank
		}
	}
	b.out.Total = measure(b.in.Facts.Hosts, b.in.Facts.Provider, all, b.out.Weights)
	b.out.Total.Systems = len(b.in.Facts.Observed)
	b.out.Total.CPUChange = RatioChange(b.out.Total.CPUAvg.Allocated, MeanCPU(before(b.in.Before, func(f *Facts) map[string]float64 { return f.Provider })).Allocated)
}

func (b *builder) hosts() {
	storage := map[string]Storage{}
	for _, s := range b.in.Storage {
		storage[s.Host] = s
	}
	for _, f := range b.in.Facts.Hosts {
		h := Host{
			HostFacts: f, SystemName: b.entries[f.System].Name, UnitName: b.names[b.unitOf(f.System)],
			Rates: rates(f.Facts), CPUPeak: Fact(f.Facts, "cpu_peak"), NetworkMbps: Fact(f.Facts, "network_avg_mbps"),
			Coverage: Coverage(f.ObservedSeconds, f.AllocatedSeconds, f.OffSeconds),
		}
		h.StorageUsed = Fact(f.Facts, factStorageRatio)
		if s, ok := storage[f.ID]; ok {
			h.DailyGrowth = DailyGrowth(s)
			h.DaysToFull = DaysToFull(Of(f.DiskGiB), h.StorageUsed, h.DailyGrowth)
		}
		b.out.Hosts = append(b.out.Hosts, h)
	}
	slices.SortFunc(b.out.Hosts, func(x, y Host) int { return strings.Compare(x.ID, y.ID) })
}

// distribution counts hosts, cores and memory by the class of their P95 (A3-3);
// those without a P95 are the last class.
func distribution(hosts []HostFacts) []Distribution {
	last := len(bounds()) + 1
	out := make([]Distribution, last+1)
	for i := range out {
		out[i].Class = i
	}
	out[last].Class = -1
	class := func(h HostFacts, name string) *Distribution {
		if p95, ok := h.Facts[name]; ok {
			return &out[Class(p95)]
		}
		return &out[last]
	}
	for _, h := range hosts {
		d := class(h, factCPUP95)
		d.CPUHosts, d.CPUVCPU = d.CPUHosts+1, d.CPUVCPU+float64(h.VCPU)
		d = class(h, factMemoryP95)
		d.MemHosts, d.MemoryGiB = d.MemHosts+1, d.MemoryGiB+float64(h.MemoryMiB)/1024
	}
	return out
}

// Identifiers of the rules whose bounds table A3-4 takes: what is above them wants more,
// not less.
const (
	highLoadSystem = "high-load"
	highLoadHost   = "high-load-host"
)

// loadLimits are the parameters of a rule of high load; not provided where no such rule
// is in effect, and then nothing is above them.
func (b *builder) loadLimits(ruleID string) (l LoadLimits) {
	for i := range b.in.Rules {
		if b.in.Rules[i].ID != ruleID {
			continue
		}
		for _, p := range b.in.Rules[i].Parameters {
			switch p.Name {
			case "cpu_p95_min":
				l.CPU = Of(p.Value)
			case "memory_p95_min":
				l.Memory = Of(p.Value)
			case "days_to_full_max":
				l.Days = Of(p.Value)
			}
		}
	}
	return l
}

func (b *builder) highLoad() {
	b.out.LoadLimits = b.loadLimits(highLoadSystem)
	hosts := b.loadLimits(highLoadHost)
	both := func(x, y Figure) bool { return x.State == Known && y.State == Known }
	add := func(l Load, limits LoadLimits) {
		l.Limits = limits
		l.OverCPU = both(l.CPUP95, limits.CPU) && l.CPUP95.Value > limits.CPU.Value
		l.OverMemory = both(l.MemoryP95, limits.Memory) && l.MemoryP95.Value > limits.Memory.Value
		l.FullSoon = both(l.DaysToFull, limits.Days) && l.DaysToFull.Value < limits.Days.Value
		if l.OverCPU || l.OverMemory || l.FullSoon {
			b.out.HighLoad = append(b.out.HighLoad, l)
		}
	}
	for i := range b.out.Systems {
		s := &b.out.Systems[i]
		add(Load{
			Kind: kindSystem, ID: s.ID, Name: s.Name, UnitName: s.UnitName, VCPU: s.VCPU, MemoryGiB: s.MemoryGiB,
			CPUP95: s.CPUP95.Allocated, MemoryP95: s.MemoryP95.Allocated,
		}, b.out.LoadLimits)
	}
	for i := range b.out.Hosts {
		h := &b.out.Hosts[i]
		if h.AtEnd {
			add(Load{
				Kind: kindHost, ID: h.ID, Name: h.SystemName, UnitName: h.UnitName, VCPU: float64(h.VCPU), MemoryGiB: float64(h.MemoryMiB) / 1024,
				CPUP95: h.CPUP95.Allocated, MemoryP95: h.MemoryP95.Allocated, DaysToFull: h.DaysToFull,
			}, hosts)
		}
	}
}
