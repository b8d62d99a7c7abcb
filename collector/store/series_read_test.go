package store

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestPartsOfAReading holds what is made of a part of a wide reading against what a reading
// of that part alone would give: its slots, and the times off that its own values tell.
func TestPartsOfAReading(t *testing.T) {
	day := time.Date(2026, 6, 1, 0, 0, 0, 0, Zone())
	bucket := func(slot int) int64 { return day.Unix() + int64(slot)*slotSeconds }
	at := func(slot int) time.Time { return time.Unix(bucket(slot), 0) }
	r := &reading{from: at(10), first: 0, last: 29}
	r.values.resize(30) // slots 10 to 39, of which 20 to 29 are a gap that a boot ends
	r.values.forget(0, 30)
	for i := range 30 {
		if i < 10 || i >= 20 {
			r.values.CPU[i], r.values.Observed[i] = int32(i+10), slotSeconds
		}
	}
	r.power = powerTimes{boots: []bootSpan{{1, bucket(10), bucket(19)}, {bucket(30) - 5, bucket(30), bucket(39)}}}
	type part struct {
		CPU    []int32
		Off    []int
		Silent bool
	}
	for _, test := range []struct {
		name     string
		from, to int
		want     part
	}{
		{"before all that is stored", 0, 10, part{CPU: []int32{-1, -1, -1, -1, -1, -1, -1, -1, -1, -1}, Silent: true}},
		{"over the beginning", 8, 12, part{CPU: []int32{-1, -1, 10, 11}}},
		{"over the gap", 18, 32, part{CPU: []int32{18, 19, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1, 30, 31}, Off: []int{20, 21, 22, 23, 24, 25, 26, 27, 28}}},
		{"up to the gap, whose end is not known then", 18, 22, part{CPU: []int32{18, 19, -1, -1}}},
		{"behind all that is stored", 40, 42, part{CPU: []int32{-1, -1}, Silent: true}},
	} {
		var h HostSeries
		r.in(Span{From: at(test.from), To: at(test.to)}, Allocated{}, &h)
		got := part{CPU: h.CPU, Silent: h.silent}
		for i, off := range h.Off {
			if off {
				got.Off = append(got.Off, test.from+i)
			}
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
	if off := r.power.off(Span{From: at(39).Add(32 * 24 * time.Hour), To: at(39).Add(33 * 24 * time.Hour)}); off != nil {
		t.Errorf("boots seen more than 31 days before tell of %v", off)
	}
}
