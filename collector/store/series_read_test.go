package store

import (
	"encoding/binary"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
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

// TestFill holds that a slot without a row is one of which nothing is known, in whatever order
// the rows come, and that nothing is left of the host before.
func TestFill(t *testing.T) {
	state := func(width int, values ...int) []byte {
		out := binary.AppendUvarint(nil, uint64(len(values)))
		for _, v := range values {
			out = append(out, binary.LittleEndian.AppendUint64(nil, uint64(v))[:width]...)
		}
		return append(out, 0, 0, 0) // as the engine fills up
	}
	for _, test := range []struct {
		name        string
		slots, want []int
		first, last int
	}{
		{"all", []int{0, 1, 2, 3, 4}, []int{10, 11, 12, 13, 14}, 0, 4},
		{"gaps at the ends and between", []int{1, 3}, []int{-1, 11, -1, 13, -1}, 1, 3},
		{"in no order", []int{3, 1}, []int{-1, 11, -1, 13, -1}, 1, 3},
		{"the first one last", []int{1, 2, 3, 0}, []int{10, 11, 12, 13, -1}, 0, 3},
		{"none", nil, []int{-1, -1, -1, -1, -1}, 5, -1},
	} {
		var r reading
		r.values.resize(5)
		for _, c := range r.values.columns() {
			copy(*c, []int32{91, 92, 93, 94, 95}) // of another host
		}
		copy(r.values.Network, []int64{91, 92, 93, 94, 95})
		copy(r.values.Observed, []uint16{91, 92, 93, 94, 95})
		values := make([]int, len(test.slots))
		for i, slot := range test.slots {
			values[i] = 10 + slot
		}
		raw := rawSeries{slot: state(4, test.slots...), observed: state(2, values...), network: state(8, values...)}
		for k := range raw.columns {
			raw.columns[k] = state(4, values...)
		}
		if err := r.fill(raw); err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		if r.first != test.first || r.last != test.last {
			t.Errorf("%s: rows from slot %d to %d; want %d to %d", test.name, r.first, r.last, test.first, test.last)
		}
		for i, want := range test.want {
			for k, c := range r.values.columns() {
				if got := int((*c)[i]); got != want {
					t.Errorf("%s: slot %d of column %d is %d; want %d", test.name, i, k, got, want)
				}
			}
			if got := int(r.values.Network[i]); got != want {
				t.Errorf("%s: slot %d of the network is %d; want %d", test.name, i, got, want)
			}
			if got := int(r.values.Observed[i]); got != max(want, 0) {
				t.Errorf("%s: slot %d was observed for %d; want %d", test.name, i, got, max(want, 0))
			}
		}
	}
	var r reading
	r.values.resize(5)
	if err := r.fill(rawSeries{slot: state(4, 5)}); err == nil || !strings.Contains(err.Error(), "slot 5 lies outside the span of 5") {
		t.Errorf("a slot behind the end: %v", err)
	}
}

// TestSeriesParts holds that every host of every group is read once and in order, that every
// group ends once, and that no part but the last leaves room for a host that is in the next.
func TestSeriesParts(t *testing.T) {
	var groups [][]int
	for i, n := range []int{0, 3, 1, 0, 0, 9, 4, 0, 7, 0} {
		group := make([]int, n)
		for k := range group {
			group[k] = 100*i + k
		}
		groups = append(groups, group)
	}
	for size := 1; size < 30; size++ {
		got, ended := make([][]int, len(groups)), []int{}
		parts := seriesParts(groups, size)
		for n, p := range parts {
			hosts := hostsOf([]seriesPart{p})
			if len(hosts) > size || len(hosts) < size && n < len(parts)-1 {
				t.Errorf("part %d of %d has %d hosts; want %d", n, len(parts), len(hosts), size)
			}
			for _, s := range p.steps {
				got[s.group] = append(got[s.group], s.hosts...)
				if s.group != len(ended) {
					t.Errorf("group %d is read when %v have ended", s.group, ended)
				}
				if s.ends {
					ended = append(ended, s.group)
				}
			}
		}
		if diff := cmp.Diff(groups, got, cmpopts.EquateEmpty()); diff != "" || len(ended) != len(groups) {
			t.Errorf("parts of %d: %d groups end (-want +got):\n%s", size, len(ended), diff)
		}
	}
	if got := seriesParts(nil, 5); got != nil {
		t.Errorf("parts of nothing: %v", got)
	}
}
