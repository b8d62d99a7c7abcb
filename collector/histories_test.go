package collector

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/yunjian-io/yunjian/collector/inventory"
	"github.com/yunjian-io/yunjian/collector/store"
	"github.com/yunjian-io/yunjian/rules"
	"github.com/yunjian-io/yunjian/rules/calendar"
	"github.com/yunjian-io/yunjian/rules/rightsize"
)

func TestHistory(t *testing.T) {
	from := time.Date(2026, 6, 1, 0, 0, 0, 0, store.Zone())
	got := rightsize.History{CPU: make([]float64, 7)} // the room of a longer one
	fillHistory(&got, &store.HostSeries{
		Allocated: store.Allocated{Since: from.AddDate(0, 0, 2), Allocations: []store.Allocation{{VCPU: 2}, {VCPU: 4, MemoryMiB: 8192, DiskGiB: 50}}},
		From:      from, CPU: []int32{1500, -1, 0}, Peak: []int32{1800, -1, 0}, Memory: []int32{1000, -1, 0}, MemoryTotal: []int32{8000, 8000, 0}, Off: []bool{false, false, true},
	})
	nan := math.NaN()
	want := rightsize.History{
		From: calendar.Date{Year: 2026, Month: 6, Day: 1}, Since: calendar.Date{Year: 2026, Month: 6, Day: 3},
		CPU: []float64{1.5, nan, nan}, Peak: []float64{1.8, nan, nan}, Memory: []float64{1024, nan, nan}, Off: []bool{false, false, true},
		Size: rightsize.Size{VCPU: 4, MemoryMiB: 8192, DiskGiB: 50},
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateNaNs()); diff != "" {
		t.Errorf("History() (-want +got):\n%s", diff)
	}
}

// Two providers may have a host of one id; an exemption of one must not reach the other.
func TestExemptionsByProvider(t *testing.T) {
	known := inventory.Batch{
		Hosts: []inventory.Host{{ID: "x", Provider: "a"}, {ID: "x", Provider: "b"}, {ID: "y", Provider: "a"}},
		Exemptions: []inventory.Exemption{
			{SubjectKind: rules.Host, Subject: "x", Kind: "both"},
			{SubjectKind: rules.Host, Subject: "b/x", Kind: "one"},
			{SubjectKind: rules.Host, Subject: "y", Kind: "alone"},
		},
	}
	var said []string
	e := newExemptions(known, func(text string) { said = append(said, text) })
	got := map[string][]string{}
	for _, of := range [][2]string{{"a", "x"}, {"b", "x"}, {"a", "y"}, {"b", "y"}} {
		for _, x := range e.of(rules.Host, of[0], of[1]) {
			got[of[0]+"/"+of[1]] = append(got[of[0]+"/"+of[1]], x.Kind)
		}
	}
	if diff := cmp.Diff(map[string][]string{"b/x": {"one"}, "a/y": {"alone"}}, got); diff != "" {
		t.Errorf("exemptions (-want +got):\n%s", diff)
	}
	if len(said) != 1 || !strings.Contains(said[0], "providers a, b") {
		t.Errorf("said %q; want the one that is not applied", said)
	}
}
