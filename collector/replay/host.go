package replay

import (
	"fmt"
	"strconv"
	"time"

	"github.com/yunjian-io/yunjian/collector/traces"
	"github.com/yunjian-io/yunjian/internal/wire"
)

// Source is who says in power/v1 documents that a machine was off.
const Source = "replay"

// HostID is the identifier under which a machine of the traces reports: vm-0007 for
// machine 7.
func HostID(vm string) string {
	if n, err := strconv.Atoi(vm); err == nil && n >= 0 {
		return fmt.Sprintf("vm-%04d", n)
	}
	return "vm-" + vm
}

const mebibyte = 1 << 20

// values fills the host totals of one measured slot in natural units. What the trace
// does not tell stays NaN, so that the row is complete and the value missing. Rates
// of the trace are in bytes a second: its files are named bps, but the hourly means
// times 3600 add up to the daily bytes that stand beside them.
func values(d *traces.Day, slot int, v *[wire.RowWidth]float64) {
	v[wire.IntervalSeconds] = traces.SlotSeconds
	if d.Cores > 0 {
		v[wire.VCPUs] = float64(d.Cores)
	}
	if cpu := traces.At(d.CPU, slot); cpu >= 0 {
		v[wire.CPUUsedCores] = cpu / d.MHzPerCore()
	}
	if d.MemoryMiB > 0 {
		v[wire.MemoryTotalBytes] = d.MemoryMiB * mebibyte
	}
	if used := traces.At(d.Memory, slot); used >= 0 {
		v[wire.MemoryUsedBytes] = used * mebibyte
	}
	v[wire.NetworkReceiveBytes] = traces.At(d.Receive, slot) * traces.SlotSeconds
	v[wire.NetworkTransmitBytes] = traces.At(d.Transmit, slot) * traces.SlotSeconds
	v[wire.DiskReadBytes] = traces.At(d.DiskRead, slot) * traces.SlotSeconds
	v[wire.DiskWriteBytes] = traces.At(d.DiskWrite, slot) * traces.SlotSeconds
}

// powerDocuments tells for every machine when it was off, up to now: slots that touch
// are one time off, across midnight and the ends of months.
func powerDocuments(days []today, now time.Time) []wire.Power {
	var out []wire.Power
	at := map[string]int{}
	for _, t := range days {
		for _, h := range t.hosts {
			for slot := range traces.Slots {
				if h.day.State(slot) != traces.PoweredOff {
					continue
				}
				off := t.start.Add(time.Duration(slot) * traces.SlotSeconds * time.Second)
				on := off.Add(traces.SlotSeconds * time.Second)
				if on.After(now) {
					break
				}
				i, known := at[h.host]
				if !known {
					i = len(out)
					at[h.host] = i
					out = append(out, wire.Power{Schema: wire.SchemaPower, Host: h.host, Source: Source})
				}
				events := out[i].Events
				if n := len(events); n > 0 && events[n-1].OnAt.Equal(off) {
					events[n-1].OnAt = on
					continue
				}
				out[i].Events = append(events, wire.PowerEvent{OffAt: off, OnAt: on})
			}
		}
	}
	return out
}
