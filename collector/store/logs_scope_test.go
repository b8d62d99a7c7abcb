package store_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/yunjian-io/yunjian/collector/inventory"
	"github.com/yunjian-io/yunjian/collector/store"
	"github.com/yunjian-io/yunjian/internal/wire"
	"github.com/yunjian-io/yunjian/rules/calendar"
)

func date(t *testing.T, s string) calendar.Date {
	t.Helper()
	d, err := calendar.ParseDate(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestLogScopes: delivery, cut-over, release and retirement bound the duty of a host.
func TestLogScopes(t *testing.T) {
	s := rig.Open(t)
	day := func(text string) calendar.Date { return date(t, text) }
	host := func(id, system, from, state string) inventory.Host {
		return inventory.Host{ID: id, System: system, Provider: "p", VCPU: 1, MemoryGiB: 1, EffectiveFrom: day(from), State: state, Owner: "unit"}
	}
	system := func(id, status string) inventory.System {
		return inventory.System{ID: id, Name: id, Unit: "N-1", Level: 3, Cutover: day("2025-03-01"), Status: status}
	}
	delivered := host("b-delivered", "s", "2026-02-01", "in_service")
	delivered.InService = day("2024-05-01")
	imports := []struct {
		at    string
		batch inventory.Batch
	}{
		{"2026-01-10", inventory.Batch{
			Systems: []inventory.System{system("s", "running"), system("old", "retired"), system("back", "retired"), system("fading", "running")},
			Hosts: []inventory.Host{
				host("a-early", "s", "2025-01-01", "in_service"), delivered, host("c-late", "s", "2025-06-01", "in_service"),
				host("d-released", "s", "2025-01-01", "in_service"), host("d-released", "s", "2026-04-05", "released"), host("d-released", "s", "2026-05-05", "released"),
				host("e-again", "s", "2025-01-01", "released"), host("e-again", "s", "2025-02-01", "in_service"),
				host("f-retired", "old", "2025-01-01", "in_service"), host("g-back", "back", "2025-01-01", "in_service"),
				host("h-fading", "fading", "2025-01-01", "in_service"), host("i-future", "s", "2027-01-01", "in_service"),
			},
		}},
		{"2026-02-10", inventory.Batch{Systems: []inventory.System{system("back", "running"), system("fading", "retired")}}},
		{"2026-03-10", inventory.Batch{Systems: []inventory.System{system("fading", "retired"), system("old", "retired")}}},
	}
	for _, i := range imports {
		if err := s.SaveInventory(t.Context(), store.Import{File: "f", At: day(i.at).In(store.Zone())}, i.batch); err != nil {
			t.Fatal(err)
		}
	}
	got, err := s.LogScopes(t.Context(), day("2026-06-01").In(store.Zone()))
	if err != nil {
		t.Fatal(err)
	}
	type bounds struct{ Start, End string }
	have := map[string]bounds{}
	for _, l := range got {
		if l.Host != wire.HostKey("p", l.HostID) || l.Unit != "N-1" || l.Level != 3 || l.Owner != "unit" || l.Provider != "p" {
			t.Errorf("%+v", l)
		}
		have[l.HostID] = bounds{l.Start().String(), l.End().String()}
	}
	none := calendar.Date{}.String()
	want := map[string]bounds{
		"a-early":     {"2025-03-01", none},
		"b-delivered": {"2024-05-01", none},
		"c-late":      {none, none}, // later than the cut-over, and nobody knows when
		"d-released":  {"2025-03-01", "2026-04-05"},
		"e-again":     {"2025-03-01", none},
		"f-retired":   {"2025-03-01", "2026-01-10"},
		"g-back":      {"2025-03-01", none},
		"h-fading":    {"2025-03-01", "2026-02-10"},
	}
	if diff := cmp.Diff(want, have); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestLogRegistry: rows of the registry come back as they were, and a later import
// wins over an earlier one.
func TestLogRegistry(t *testing.T) {
	s := rig.Open(t)
	now := time.Now()
	row := inventory.LogSource{SubjectKind: "default", Level: 3, Status: "running", Class: "os-audit", Stream: "x"}
	own := inventory.LogSource{SubjectKind: "host", Subject: "h", Class: "site-vpn", Party: "provider", CentralStore: "es"}
	withdrawn := own
	withdrawn.Expires, withdrawn.Party = date(t, "2026-01-01"), "unit"
	for i, rows := range [][]inventory.LogSource{{row, own}, {withdrawn}} {
		if err := s.SaveInventory(t.Context(), store.Import{At: now.Add(time.Duration(i) * time.Second)}, inventory.Batch{LogSources: rows}); err != nil {
			t.Fatal(err)
		}
	}
	got, err := s.Inventory(t.Context())
	if diff := cmp.Diff([]inventory.LogSource{row, withdrawn}, got.LogSources); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}
