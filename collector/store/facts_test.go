package store_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/yunjian-io/yunjian/collector/store"
	"github.com/yunjian-io/yunjian/internal/wire"
	"github.com/yunjian-io/yunjian/rules"
)

// span is an allocation of a host in the test fleet, in buckets of two days.
type span struct {
	from, to       int
	system         string
	vcpu, memoryMB int
}

// testHost is one host of the test fleet: what happened in every bucket.
type testHost struct {
	id       string
	spans    []span
	cpu, mem []int // stored values; -1 is missing, -2 is off
}

const buckets2d = 2 * 288

func testFleet() []testHost {
	random := rand.New(rand.NewPCG(1, 2))
	fleet := []testHost{
		{id: "a1", spans: []span{{0, buckets2d, "A", 4, 8192}}},
		{id: "a2", spans: []span{{0, 300, "A", 2, 4096}, {300, buckets2d, "A", 8, 16384}}}, // resized
		{id: "a3", spans: []span{{0, 200, "A", 16, 32768}, {200, buckets2d, "B", 16, 32768}}},
		{id: "b1", spans: []span{{100, 500, "B", 1, 2048}}}, // came late, released early
		{id: "b2", spans: []span{{0, buckets2d, "B", 2, 4096}}},
		{id: "silent", spans: []span{{0, buckets2d, "C", 2, 4096}}},
	}
	for i := range fleet {
		h := &fleet[i]
		h.cpu, h.mem = make([]int, buckets2d), make([]int, buckets2d)
		for b := range buckets2d {
			h.cpu[b], h.mem[b] = random.IntN(2500), 100+random.IntN(3000)
			switch {
			case h.id == "silent", h.id == "a1" && b%10 == 3, h.id == "a3" && b > 400 && b < 450:
				h.cpu[b], h.mem[b] = -1, -1
			case h.id == "b2" && b >= 120 && b < 180:
				h.cpu[b], h.mem[b] = -2, -2
			}
		}
	}
	return fleet
}

// systemOracle computes F1, F3 and F4 of a system by their definitions.
func systemOracle(fleet []testHost, system string) map[string]float64 {
	var ratios, memRatios []float64
	var used, alloc, memUsed, memAlloc int
	for b := range buckets2d {
		var u, a, all, mu, ma, mall int
		for _, h := range fleet {
			for _, s := range h.spans {
				if s.system != system || b < s.from || b >= s.to {
					continue
				}
				all += s.vcpu * 1000
				mall += s.memoryMB
				if h.cpu[b] != -1 {
					u += max(0, h.cpu[b])
					a += s.vcpu * 1000
					mu += max(0, h.mem[b])
					ma += s.memoryMB
				}
			}
		}
		if a > 0 && 10*a >= 9*all {
			ratios = append(ratios, float64(u)/float64(a))
			used, alloc = used+u, alloc+a
		}
		if ma > 0 && 10*ma >= 9*mall {
			memRatios = append(memRatios, float64(mu)/float64(ma))
			memUsed, memAlloc = memUsed+mu, memAlloc+ma
		}
	}
	facts := map[string]float64{}
	if len(ratios) > 0 {
		slices.Sort(ratios)
		slices.Sort(memRatios)
		facts["cpu_avg"] = float64(used) / float64(alloc)
		facts["cpu_p95"], _ = rules.Percentile(ratios, 950)
		facts["cpu_max"] = ratios[len(ratios)-1]
		facts["memory_avg"] = float64(memUsed) / float64(memAlloc)
		facts["memory_p95"], _ = rules.Percentile(memRatios, 950)
		facts["memory_max"] = memRatios[len(memRatios)-1]
	}
	return facts
}

func store2days(t *testing.T, s *store.Store, fleet []testHost, start, now time.Time) {
	t.Helper()
	at := func(b int) time.Time { return start.Add(time.Duration(b) * 5 * time.Minute) }
	var rows wire.Rows
	values := ""
	for _, h := range fleet {
		key := wire.HostKey("p", h.id)
		for b := range buckets2d {
			if h.cpu[b] >= 0 {
				rows.Usage = append(rows.Usage, minute(key, at(b), map[int]float64{
					wire.IntervalSeconds: 300, wire.CPUUsedCores: float64(h.cpu[b]) / 1000, wire.MemoryUsedBytes: float64(h.mem[b]) * (1 << 20),
					wire.NetworkReceiveBytes: 1000, wire.NetworkTransmitBytes: 500, wire.AgentTrafficBytes: 200,
				}))
			}
			if h.cpu[b] == -2 && h.cpu[b-1] != -2 {
				rows.Power = append(rows.Power, wire.PowerRow{Host: key, OffAt: at(b), OnAt: at(180), Source: "test"})
			}
		}
		for i, sp := range h.spans {
			values += fmt.Sprintf("(1, %d, 'p', '%s', '%s', %d, %d, 100, %d, 'in_service'),", key, h.id, sp.system, sp.vcpu, sp.memoryMB, at(sp.from).Unix())
			if i == len(h.spans)-1 && sp.to < buckets2d {
				values += fmt.Sprintf("(1, %d, 'p', '%s', '%s', %d, %d, 100, %d, 'released'),", key, h.id, sp.system, sp.vcpu, sp.memoryMB, at(sp.to).Unix())
			}
		}
	}
	for _, statement := range []string{
		"INSERT INTO inventory_hosts (seq, host, provider, host_id, system, vcpu, memory_mib, disk_gib, effective_from, state) VALUES " + values[:len(values)-1],
		"INSERT INTO inventory_imports (seq) VALUES (1)",
		// A later import that never completed must not be seen.
		"INSERT INTO inventory_hosts (seq, host, provider, host_id, system, vcpu, memory_mib, effective_from, state) SELECT 2, host, provider, host_id, 'X', 64, 64, effective_from, state FROM inventory_hosts",
	} {
		if err := s.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Commit(t.Context(), &rows, now); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Derive(t.Context(), now.Add(time.Second)); err != nil {
		t.Fatal(err)
	}
}

func TestFactsAgainstTheirDefinitions(t *testing.T) {
	s := rig.Open(t)
	now := time.Now()
	start := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, store.Zone()).AddDate(0, -1, 0)
	fleet := testFleet()
	store2days(t, s, fleet, start, now)
	ask := store.Span{From: start, To: start.AddDate(0, 0, 2), Workdays: []string{start.Format(time.DateOnly)}}

	systems, err := s.SystemFacts(t.Context(), ask)
	if err != nil {
		t.Fatal(err)
	}
	onlyOracle := cmpopts.IgnoreMapEntries(func(k string, _ float64) bool {
		return k == "cpu_p95_working_hours" || k == "memory_p95_working_hours" || k == "cpu_avg_running" || k == "cpu_p95_running" || k == "memory_avg_running" || k == "memory_p95_running"
	})
	for _, system := range []string{"A", "B"} {
		if diff := cmp.Diff(systemOracle(fleet, system), systems[system], onlyOracle, cmpopts.EquateApprox(1e-12, 0)); diff != "" {
			t.Errorf("system %s (-definition +SQL):\n%s", system, diff)
		}
	}
	if facts, seen := systems["C"]; seen {
		t.Errorf("system C, whose host is silent, has facts %v; want none", facts)
	}

	hosts, err := s.HostFacts(t.Context(), ask)
	if err != nil {
		t.Fatal(err)
	}
	byID := map[string]store.HostFacts{}
	for _, h := range hosts {
		byID[h.HostID] = h
	}
	if len(hosts) != len(fleet) {
		t.Fatalf("%d hosts; want %d", len(hosts), len(fleet))
	}
	if h := byID["silent"]; len(h.Facts) != 0 || h.ObservedSeconds != 0 {
		t.Errorf("silent host has facts %v", h.Facts)
	}
	off := byID["b2"]
	if off.OffSeconds != 60*300 {
		t.Errorf("b2 off for %d s; want %d", off.OffSeconds, 60*300)
	}
	if ratio, ok := off.Coverage(); !ok || ratio != 1 {
		t.Errorf("coverage of b2, off for five hours and else complete = %v, %v; want 1", ratio, ok)
	}
	if off.Facts["cpu_avg_running"] <= off.Facts["cpu_avg"] {
		t.Errorf("b2: running mean %v is not above the allocated mean %v", off.Facts["cpu_avg_running"], off.Facts["cpu_avg"])
	}
	late := byID["b1"]
	if late.AllocatedSeconds != 400*300 || late.ObservedSeconds != 400*300 {
		t.Errorf("b1 allocated %d s, observed %d s; want %d", late.AllocatedSeconds, late.ObservedSeconds, 400*300)
	}
	if ratio, _ := new(byID["a1"]).Coverage(); math.Abs(ratio-0.9) > 0.002 {
		t.Errorf("coverage of a1, which misses every tenth bucket = %v", ratio)
	}

	covered, err := s.Coverage(t.Context(), ask, 0.9)
	if err != nil {
		t.Fatal(err)
	}
	if c := covered["C"]; c == nil || c.Observed != 0 || c.CoveredVCPUSeconds != 0 || c.Hosts != 1 {
		t.Errorf("coverage of C = %+v; want one host, nothing observed", c)
	}

	days, err := s.DayFacts(t.Context(), ask)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, d := range days {
		if d.HostID == "a2" {
			n++
			if got, want := d.Facts["network_bytes"], 288*1300.0; got != want {
				t.Errorf("a2 on %s: %v bytes; want %v", d.Day.Format(time.DateOnly), got, want)
			}
		}
	}
	if n != 2 {
		t.Errorf("a2 has %d days; want 2", n)
	}
}

// A gap that a later boot ends is known to be off time; any other gap is not.
func TestOffFromBootTime(t *testing.T) {
	s := rig.Open(t)
	now := time.Now()
	start := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, store.Zone()).AddDate(0, -1, 0)
	var rows wire.Rows
	values := ""
	for _, id := range []string{"rebooted", "unplugged"} {
		key := wire.HostKey("p", id)
		boot := start.Add(-time.Hour)
		for b := range 288 {
			if b >= 100 && b < 150 {
				continue
			}
			if b == 150 && id == "rebooted" {
				boot = start.Add(150*5*time.Minute - 10*time.Second)
			}
			rows.Usage = append(rows.Usage, minute(key, start.Add(time.Duration(b)*5*time.Minute), map[int]float64{
				wire.IntervalSeconds: 300, wire.CPUUsedCores: 1, wire.BootTimeSeconds: float64(boot.Unix()),
			}))
		}
		values += fmt.Sprintf("(1, %d, 'p', '%s', 'S', 2, 4096, %d, 'in_service'),", key, id, start.Unix())
	}
	for _, statement := range []string{
		"INSERT INTO inventory_hosts (seq, host, provider, host_id, system, vcpu, memory_mib, effective_from, state) VALUES " + values[:len(values)-1],
		"INSERT INTO inventory_imports (seq) VALUES (1)",
	} {
		if err := s.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Commit(t.Context(), &rows, now); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Derive(t.Context(), now.Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	hosts, err := s.HostFacts(t.Context(), store.Span{From: start, To: start.AddDate(0, 0, 1), Workdays: []string{}})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]uint64{}
	for _, h := range hosts {
		got[h.HostID] = h.OffSeconds
	}
	if diff := cmp.Diff(map[string]uint64{"rebooted": 49 * 300, "unplugged": 0}, got); diff != "" {
		t.Error(diff)
	}
}
