package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/yunjian-io/yunjian/collector/inventory"
	"github.com/yunjian-io/yunjian/collector/store"
	"github.com/yunjian-io/yunjian/rules/calendar"
)

// Of a disk every row counts, of two for one day the later import's; rows of an import that
// was cut off do not exist. The view makes intervals of them.
func TestInventoryVolumes(t *testing.T) {
	s := rig.Open(t)
	date := func(month, day int) calendar.Date {
		return calendar.Date{Year: 2026, Month: time.Month(month), Day: day}
	}
	row := func(id, host, state string, size int, from calendar.Date) inventory.Volume {
		return inventory.Volume{ID: id, Provider: "p", Platform: "c", System: "s", SizeGiB: size, Host: host, EffectiveFrom: from, State: state}
	}
	first := []inventory.Volume{row("d1", "h", "in_service", 100, date(1, 5)), row("d1", "", "in_service", 100, date(3, 1)), row("d2", "", "in_service", 7, date(2, 1))}
	prices := []inventory.Price{{Provider: "p", Resource: "disk_gib", YuanMonth: 0.3, EffectiveFrom: date(1, 1)}}
	second := []inventory.Volume{row("d1", "", "in_service", 200, date(3, 1)), row("d1", "", "released", 200, date(6, 1))}
	dearer := []inventory.Price{{Provider: "p", Resource: "disk_gib", YuanMonth: 0.3505, EffectiveFrom: date(1, 1)}, {Provider: "p", Resource: "vcpu", YuanMonth: 50, EffectiveFrom: date(2, 1)}}
	now := time.Now()
	for i, b := range []inventory.Batch{{Volumes: first, Prices: prices}, {Volumes: second, Prices: dearer}} {
		if err := s.SaveInventory(t.Context(), store.Import{At: now.Add(time.Duration(i) * time.Second)}, b); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Exec(t.Context(), "INSERT INTO inventory_volumes (seq, provider, volume_id, effective_from, state) VALUES (9, 'p', 'cut off', 1, 'in_service')"); err != nil {
		t.Fatal(err)
	}
	got, err := s.Inventory(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := inventory.Batch{
		Volumes: []inventory.Volume{first[0], second[0], second[1], first[2]},
		Prices:  dearer,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	var spans []string
	err = s.Each(t.Context(), "SELECT volume_id, host_id, size_gib, state, toString(valid_from), toString(valid_to) FROM volume_allocations ORDER BY volume_id, valid_from", nil,
		func(scan func(...any) error) error {
			var id, host, state, from, to string
			var size uint64
			err := scan(&id, &host, &size, &state, &from, &to)
			spans = append(spans, fmt.Sprintf("%s on %q %d %s %s %s", id, host, size, state, from[:10], to[:10]))
			return err
		})
	wantSpans := []string{
		`d1 on "h" 100 in_service 2026-01-05 2026-03-01`, `d1 on "" 200 in_service 2026-03-01 2026-06-01`,
		`d1 on "" 200 released 2026-06-01 2106-02-07`, `d2 on "" 7 in_service 2026-02-01 2106-02-07`,
	}
	if diff := cmp.Diff(wantSpans, spans); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}
