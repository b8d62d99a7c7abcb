package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/yunjian-io/yunjian/collector/store"
	"github.com/yunjian-io/yunjian/internal/wire"
)

// Percentiles of a unit and of a provider are of the series summed over all
// their hosts, never of the systems' percentiles.
func TestPartyFactsAgainstTheirDefinitions(t *testing.T) {
	s := rig.Open(t)
	now := time.Now()
	start := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, store.Zone()).AddDate(0, -1, 0)
	fleet := testFleet()
	store2days(t, s, fleet, start, now)
	insert := "INSERT INTO inventory_systems (seq, id, unit) VALUES (1, 'A', 'U'), (1, 'B', 'U'), (1, 'C', 'V')"
	if err := s.Exec(t.Context(), insert); err != nil {
		t.Fatal(err)
	}
	ask := store.Span{From: start, To: start.AddDate(0, 0, 2), Workdays: []string{}}
	inUnit, inProvider := regroup(fleet, map[string]string{"A": "U", "B": "U", "C": "V"}), regroup(fleet, map[string]string{"A": "p", "B": "p", "C": "p"})
	units, err := s.UnitFacts(t.Context(), ask)
	if err != nil {
		t.Fatal(err)
	}
	providers, err := s.ProviderFacts(t.Context(), ask)
	if err != nil {
		t.Fatal(err)
	}
	oracled := cmpopts.IgnoreMapEntries(func(k string, _ float64) bool {
		return k == "cpu_avg_running" || k == "cpu_p95_running" || k == "memory_avg_running" || k == "memory_p95_running"
	})
	if diff := cmp.Diff(systemOracle(inUnit, "U"), units["U"], oracled, cmpopts.EquateApprox(1e-12, 0)); diff != "" {
		t.Errorf("unit (-definition +SQL):\n%s", diff)
	}
	if facts, seen := units["V"]; seen {
		t.Errorf("unit V, whose only host is silent, has facts %v; want none", facts)
	}
	if diff := cmp.Diff(systemOracle(inProvider, "p"), providers["p"], oracled, cmpopts.EquateApprox(1e-12, 0)); diff != "" {
		t.Errorf("provider (-definition +SQL):\n%s", diff)
	}
}

// regroup returns the fleet with every system replaced by the party it belongs to.
func regroup(fleet []testHost, party map[string]string) []testHost {
	out := make([]testHost, len(fleet))
	for i, h := range fleet {
		out[i] = h
		out[i].spans = nil
		for _, sp := range h.spans {
			sp.system = party[sp.system]
			out[i].spans = append(out[i].spans, sp)
		}
	}
	return out
}

func TestSendersAndStorage(t *testing.T) {
	s := rig.Open(t)
	now := time.Now()
	start := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, store.Zone()).AddDate(0, -1, 0)
	rows := wire.Rows{}
	put := func(id string, bucket int, values map[int]float64) {
		values[wire.IntervalSeconds] = 300
		rows.Usage = append(rows.Usage, minute(wire.HostKey("p", id), start.Add(time.Duration(bucket)*5*time.Minute), values))
	}
	put("known", 0, map[int]float64{wire.StorageUsedBytes: 10 << 30, wire.ClockOffsetSeconds: -2.5})
	put("known", 288, map[int]float64{wire.StorageUsedBytes: 12 << 30, wire.ClockOffsetSeconds: 1})
	put("unknown", 7, map[int]float64{wire.StorageUsedBytes: 1 << 30})
	for _, statement := range []string{
		fmt.Sprintf("INSERT INTO inventory_hosts (seq, host, provider, host_id, system, vcpu, memory_mib, effective_from, state) VALUES (1, %d, 'p', 'known', 'S', 2, 4096, %d, 'in_service')", wire.HostKey("p", "known"), start.Unix()),
		"INSERT INTO inventory_imports (seq) VALUES (1)",
		fmt.Sprintf("INSERT INTO hosts (host, provider, host_id) VALUES (%d, 'p', 'known'), (%d, 'p', 'unknown')", wire.HostKey("p", "known"), wire.HostKey("p", "unknown")),
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
	ask := store.Span{From: start, To: start.AddDate(0, 0, 2), Provider: "p", Workdays: []string{}}
	senders, err := s.Senders(t.Context(), ask)
	if err != nil {
		t.Fatal(err)
	}
	instants := cmpopts.EquateApproxTime(0)
	for i := range senders {
		if senders[i].DerivedAt.Before(now.Add(-time.Minute)) {
			t.Errorf("%s derived at %s; want about %s", senders[i].HostID, senders[i].DerivedAt, now)
		}
		senders[i].DerivedAt = time.Time{}
	}
	want := []store.Sender{
		{Provider: "p", HostID: "known", ObservedSeconds: 600, FirstAt: start, LastAt: start.Add(24*time.Hour + 5*time.Minute), ClockOffset: new(2500 * time.Millisecond), Allocated: true},
		{Provider: "p", HostID: "unknown", ObservedSeconds: 300, FirstAt: start.Add(35 * time.Minute), LastAt: start.Add(40 * time.Minute)},
	}
	if diff := cmp.Diff(want, senders, instants); diff != "" {
		t.Error(diff)
	}
	growth, err := s.StorageGrowth(t.Context(), ask)
	if err != nil {
		t.Fatal(err)
	}
	wantGrowth := []store.StorageGrowth{{Provider: "p", HostID: "known", FirstAt: start, LastAt: start.Add(24 * time.Hour), FirstMiB: 10240, LastMiB: 12288}}
	if diff := cmp.Diff(wantGrowth, growth, instants); diff != "" {
		t.Error(diff)
	}
	ask.Provider = "other"
	if senders, err = s.Senders(t.Context(), ask); err != nil || len(senders) != 0 {
		t.Errorf("Senders() of another provider = %v, %v; want none", senders, err)
	}
}
