package store_test

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/yunjian-io/yunjian/collector/store"
)

// However the fleet is cut into parts, the answers are the same to the last bit.
func TestSplitting(t *testing.T) {
	options := rig.Options(t)
	now := time.Now()
	start := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, store.Zone()).AddDate(0, -1, 0)
	ask := store.Span{From: start, To: start.AddDate(0, 0, 2), Workdays: []string{start.Format(time.DateOnly)}}
	type answers struct {
		Hosts                     []store.HostFacts
		Systems, Units, Providers map[string]map[string]float64
		Coverage                  map[string]*store.SystemCoverage
		Days                      []store.DayFacts
		Storage                   []store.StorageGrowth
	}
	all := func(slots int) (a answers) {
		t.Helper()
		options.PartSlots = slots
		s, err := store.Open(t.Context(), options)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		if slots == 0 {
			if _, err := s.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			store2days(t, s, testFleet(), start, now)
		}
		for _, question := range []func() (err error){
			func() (err error) { a.Hosts, err = s.HostFacts(t.Context(), ask); return err },
			func() (err error) { a.Systems, err = s.SystemFacts(t.Context(), ask); return err },
			func() (err error) { a.Units, err = s.UnitFacts(t.Context(), ask); return err },
			func() (err error) { a.Providers, err = s.ProviderFacts(t.Context(), ask); return err },
			func() (err error) { a.Coverage, err = s.Coverage(t.Context(), ask, 0.9); return err },
			func() (err error) { a.Days, err = s.DayFacts(t.Context(), ask); return err },
			func() (err error) { a.Storage, err = s.StorageGrowth(t.Context(), ask); return err },
		} {
			if err := question(); err != nil {
				t.Fatal(err)
			}
		}
		return a
	}
	whole := all(0)
	if len(whole.Hosts) != 6 || len(whole.Systems) != 2 || len(whole.Coverage) != 3 || len(whole.Days) == 0 {
		t.Fatalf("%d hosts, %d systems, %d coverages, %d days; want 6, 2, 3 and some", len(whole.Hosts), len(whole.Systems), len(whole.Coverage), len(whole.Days))
	}
	for _, slots := range []int{1, 2 * buckets2d, 3 * buckets2d, 5 * buckets2d} {
		if diff := cmp.Diff(whole, all(slots)); diff != "" {
			t.Errorf("in parts of %d slots (-whole +parts):\n%s", slots, diff)
		}
	}
}

func TestEachHistory(t *testing.T) {
	s := rig.Open(t)
	now := time.Now()
	start := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, store.Zone()).AddDate(0, -1, 0)
	fleet := testFleet()
	store2days(t, s, fleet, start, now)
	byID := map[string]testHost{}
	for _, h := range fleet {
		byID[h.id] = h
	}
	seen := 0
	last := uint64(0)
	err := s.EachHistory(t.Context(), store.Span{From: start, To: start.AddDate(0, 0, 2)}, func(h *store.HostSeries) error {
		seen++
		if h.Key < last {
			t.Errorf("host %s comes out of the order of keys", h.HostID)
		}
		last = h.Key
		want := byID[h.HostID]
		for b := range buckets2d {
			cpu, off := int32(want.cpu[b]), want.cpu[b] == -2
			if off {
				cpu = 0
			}
			if h.CPU[b] != cpu || h.Off[b] != off || h.Memory[b] != int32(max(want.mem[b], -1)) && !off {
				t.Fatalf("%s, slot %d: CPU %d, memory %d, off %v; want %d, %d, %v", h.HostID, b, h.CPU[b], h.Memory[b], h.Off[b], cpu, want.mem[b], off)
			}
		}
		for i, a := range h.Allocations {
			sp := want.spans[i]
			got := span{int(a.From.Sub(start) / (5 * time.Minute)), int(a.To.Sub(start) / (5 * time.Minute)), a.System, int(a.VCPU), int(a.MemoryMiB)}
			if got != sp {
				t.Errorf("%s: allocation %v; want %v", h.HostID, got, sp)
			}
		}
		if since := h.Since.Sub(start) / (5 * time.Minute); h.HostID == "a2" && since != 300 || h.HostID == "a3" && since != 0 {
			t.Errorf("%s has had its size from slot %d", h.HostID, since)
		}
		return nil
	})
	if err != nil || seen != len(fleet) {
		t.Errorf("%d hosts, %v; want %d", seen, err, len(fleet))
	}
}

func TestGrowth(t *testing.T) {
	at := time.Date(2026, 6, 1, 0, 0, 0, 0, store.Zone())
	g := store.StorageGrowth{FirstAt: at, FirstMiB: 1024, LastAt: at.AddDate(0, 0, 2), LastMiB: 3 * 1024}
	if got, ok := g.PerDay(); !ok || got != 1 {
		t.Errorf("PerDay() = %v, %v; want 1 GiB", got, ok)
	}
	g.LastAt = at.Add(23 * time.Hour)
	if _, ok := g.PerDay(); ok {
		t.Error("less than a day gives a growth")
	}
	for _, test := range []struct {
		growth, want float64
		known        bool
	}{{1, 20, true}, {0, math.NaN(), true}, {-1, math.NaN(), true}, {1, math.NaN(), false}} {
		facts := map[string]float64{}
		store.AddGrowth(facts, 100, 0.8, test.growth, test.known)
		days, ok := facts["days_to_full"]
		if _, grows := facts["storage_growth_gib_day"]; grows != test.known || ok != !math.IsNaN(test.want) || ok && math.Abs(days-test.want) > 1e-9 {
			t.Errorf("growth %v, known %v: %v", test.growth, test.known, facts)
		}
	}
}
