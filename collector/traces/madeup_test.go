package traces_test

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/yunjian-io/yunjian/collector/traces"
	"github.com/yunjian-io/yunjian/rules/calendar"
)

// digest is a hash over all values.
func digest(vms []traces.VM) string {
	h := fnv.New64a()
	for _, v := range vms {
		for i := range v.Days {
			d := &v.Days[i]
			for _, series := range [][]float32{d.CPU, d.Memory, d.Receive, d.Transmit} {
				_ = binary.Write(h, binary.LittleEndian, series) // into a hash
			}
			fmt.Fprintln(h, v.ID, d.Date, d.Cores, d.MemoryMiB, d.Below)
		}
	}
	return fmt.Sprintf("%x", h.Sum64())
}

func TestMadeUp(t *testing.T) {
	first := calendar.Month{Year: 2026, Month: time.August}
	vms := traces.MadeUp(1, 20, first, 3)
	if digest(vms) != digest(traces.MadeUp(1, 20, first, 3)) {
		t.Error("the same seed gives other values")
	}
	if digest(vms[:1]) == digest(traces.MadeUp(2, 1, first, 3)) {
		t.Error("another seed gives the same values")
	}
	type machine struct{ Days, Missing, Off int }
	got := map[string]machine{}
	for _, v := range vms {
		m := machine{Days: len(v.Days)}
		for i := range v.Days {
			d := &v.Days[i]
			_, missing, off := d.Count()
			m.Missing, m.Off = m.Missing+missing, m.Off+off
			for slot := range traces.Slots {
				if cpu := traces.At(d.CPU, slot); cpu > d.CPUMHz || traces.At(d.Memory, slot) > d.MemoryMiB {
					t.Fatalf("%s %s uses more than it has", v.ID, d.Date)
				}
			}
		}
		if m != (machine{Days: 92}) {
			got[v.ID] = m
		}
	}
	want := map[string]machine{"made-up-008": {Days: 87}, "made-up-013": {Days: 92, Off: 17 * traces.Slots}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("machines with gaps or off (-want +got):\n%s", diff)
	}
}
