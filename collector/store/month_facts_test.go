package store_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/yunjian-io/yunjian/collector/store"
	"github.com/yunjian-io/yunjian/internal/wire"
	"github.com/yunjian-io/yunjian/rules/calendar"
)

// What a run of judging keeps of a provider is what the series give, question by question: of
// systems that two providers share, of hosts that moved between systems and units, in however
// many parts they are read.
func TestMonthFacts(t *testing.T) {
	options := rig.Options(t)
	now := time.Now()
	start := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, store.Zone()).AddDate(0, -1, 0)
	whole := open(t, options)
	if _, err := whole.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	store2days(t, whole, testFleet(), start, now)
	other, from := wire.HostKey("q", "q1"), wire.HostKey("p", "b2")
	for _, statement := range []string{
		"INSERT INTO inventory_systems (seq, id, unit) VALUES (1, 'A', 'U'), (1, 'B', 'V'), (1, 'C', 'V')",
		fmt.Sprintf("INSERT INTO inventory_hosts (seq, host, provider, host_id, system, vcpu, memory_mib, effective_from, state) VALUES (1, %d, 'q', 'q1', 'A', 2, 4096, %d, 'in_service')", other, start.Unix()),
		fmt.Sprintf("INSERT INTO usage_5m SELECT * REPLACE (%d AS host) FROM (SELECT * FROM usage_5m WHERE host = %d)", other, from),
	} {
		if err := whole.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	ask := store.Span{From: start, To: start.AddDate(0, 0, 2), Workdays: []string{start.Format(time.DateOnly)}}
	run := store.JudgeRun{Run: 1, Month: calendar.Month{Year: start.Year(), Month: start.Month()}, JudgedAt: now}
	for _, slots := range []int{0, 1, 3 * buckets2d} {
		options.PartSlots = slots
		s := open(t, options)
		run.Run++
		err := s.EachGroup(t.Context(), store.GroupAsk{Months: []store.Span{ask}, Gate: 0.9}, nil, func(g store.GroupFacts) error {
			var facts store.RunFacts
			facts.Add(&g)
			return s.SaveFacts(t.Context(), run, facts)
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, provider := range []string{"p", "q"} {
			span := ask
			span.Provider = provider
			want := asked(t, s, span)
			got, err := s.ProviderMonth(t.Context(), span, 0.9)
			if err != nil {
				t.Fatal(err)
			}
			curves(t, s, span, got)
			if got.ReadAt.Before(now.Add(-time.Minute)) {
				t.Errorf("read at %s; want about %s", got.ReadAt, now)
			}
			want.ReadAt = got.ReadAt
			if diff := cmp.Diff(want, got, noCurves()); diff != "" {
				t.Errorf("provider %s in parts of %d slots (-question by question +in one reading):\n%s", provider, slots, diff)
			}
			saved, ok, err := s.SavedMonth(t.Context(), run, provider)
			if err != nil || !ok {
				t.Fatalf("read what the run kept: %v, %v", ok, err)
			}
			zone := cmp.Transformer("instant", func(at time.Time) int64 { return at.Unix() })
			saved.ReadAt = got.ReadAt // of the run, a moment before
			if diff := cmp.Diff(got, saved, cmpopts.EquateEmpty(), zone); diff != "" {
				t.Errorf("provider %s (-computed +kept):\n%s", provider, diff)
			}
		}
	}
	if _, ok, err := whole.SavedMonth(t.Context(), store.JudgeRun{Run: 99, Month: run.Month}, "p"); ok || err != nil {
		t.Errorf("a run that kept nothing: %v, %v; want false", ok, err)
	}
	if err := whole.Exec(t.Context(), "DELETE FROM month_facts WHERE subject = 'a1'"); err != nil {
		t.Fatal(err)
	}
	if _, _, err := whole.SavedMonth(t.Context(), run, "p"); err == nil {
		t.Error("a run that lost a host gives no error")
	}
}

func open(t *testing.T, options store.Options) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// asked asks for each kind of facts alone.
func asked(t *testing.T, s *store.Store, span store.Span) *store.ProviderMonth {
	t.Helper()
	out := &store.ProviderMonth{}
	var providers map[string]map[string]float64
	for _, question := range []func() (err error){
		func() (err error) { out.Hosts, err = s.HostFacts(t.Context(), span); return err },
		func() (err error) { out.Systems, err = s.SystemFacts(t.Context(), span); return err },
		func() (err error) { out.Units, err = s.UnitFacts(t.Context(), span); return err },
		func() (err error) { providers, err = s.ProviderFacts(t.Context(), span); return err },
		func() (err error) { out.Coverage, err = s.Coverage(t.Context(), span, 0.9); return err },
	} {
		if err := question(); err != nil {
			t.Fatal(err)
		}
	}
	out.Provider = providers[span.Provider]
	return out
}

// isCurve says that a fact is a point of the curve over the day.
func isCurve(name string) bool {
	for hour := range 24 {
		for _, works := range []bool{true, false} {
			if name == store.DayCurve("cpu", works, hour) || name == store.DayCurve("memory", works, hour) {
				return true
			}
		}
	}
	return false
}

func noCurves() cmp.Option {
	return cmpopts.IgnoreMapEntries(func(name string, _ float64) bool { return isCurve(name) })
}

// curves compares the curve of the provider with the series of its hosts: the first day is a
// working day, the second is not.
func curves(t *testing.T, s *store.Store, span store.Span, got *store.ProviderMonth) {
	t.Helper()
	var used, seen, all [buckets2d]float64
	err := s.EachHistory(t.Context(), span, func(h *store.HostSeries) error {
		for _, a := range h.Allocations {
			for i := range h.Slots() {
				if at := h.At(i); at.Before(a.From) || !at.Before(a.To) {
					continue
				}
				all[i] += float64(a.VCPU) * 1000
				if h.CPU[i] >= 0 {
					used[i], seen[i] = used[i]+float64(h.CPU[i]), seen[i]+float64(a.VCPU)*1000
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	points := 0
	for hour := range 48 {
		u, of := 0.0, 0.0
		for i := hour * 12; i < hour*12+12; i++ {
			if seen[i] > 0 && seen[i] >= 0.9*all[i] {
				u, of = u+used[i], of+seen[i]
			}
		}
		have, known := got.Provider[store.DayCurve("cpu", hour < 24, hour%24)]
		if known != (of > 0) || known && math.Abs(have-u/of) > 1e-12 {
			t.Errorf("provider %s, hour %d: %v, %v; want %v", span.Provider, hour, have, known, u/of)
		}
		if known {
			points++
		}
	}
	if points < 10 {
		t.Errorf("provider %s: %d points of the curve are known; want some", span.Provider, points)
	}
}
