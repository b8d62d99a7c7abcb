package collector

import (
	"math"
	"slices"

	"github.com/yunjian-io/yunjian/collector/store"
	"github.com/yunjian-io/yunjian/rules/calendar"
	"github.com/yunjian-io/yunjian/rules/rightsize"
)

// fillHistory makes the demand of a host as rightsize reads it, in the room of an earlier
// one: cores, and the guest's share of its own MemTotal as MiB of the allocated memory
// (F5), NaN where nothing was measured or the host was off. The series begins at midnight.
func fillHistory(out *rightsize.History, h *store.HostSeries) {
	last, n := h.Allocations[len(h.Allocations)-1], h.Slots()
	*out = rightsize.History{
		From: calendar.DateOf(h.From.In(store.Zone())),
		CPU:  slices.Grow(out.CPU[:0], n)[:n], Peak: slices.Grow(out.Peak[:0], n)[:n], Memory: slices.Grow(out.Memory[:0], n)[:n], Off: slices.Grow(out.Off[:0], n)[:n],
		Size: rightsize.Size{VCPU: float64(last.VCPU), MemoryMiB: float64(last.MemoryMiB), DiskGiB: float64(last.DiskGiB)},
	}
	if h.Since.After(h.From) {
		out.Since = calendar.DateOf(h.Since.In(store.Zone()))
	}
	copy(out.Off, h.Off)
	for i := range out.CPU {
		out.CPU[i], out.Peak[i], out.Memory[i] = math.NaN(), math.NaN(), math.NaN()
		if h.Off[i] {
			continue
		}
		if v := h.CPU[i]; v >= 0 {
			out.CPU[i] = float64(v) / 1000
		}
		if v := h.Peak[i]; v >= 0 {
			out.Peak[i] = float64(v) / 1000
		}
		if v := h.Memory[i]; v >= 0 {
			out.Memory[i] = float64(v)
			if total := h.MemoryTotal[i]; total > 0 {
				out.Memory[i] *= out.Size.MemoryMiB / float64(total)
			}
		}
	}
}
