package probe

import (
	"context"
	"fmt"
	"math"

	"github.com/shirou/gopsutil/v3/mem"

	"github.com/yunjian-io/yunjian/internal/wire"
)

// memory reads /proc/meminfo at every look: mean and peak of what is used, which
// is MemTotal less MemAvailable.
type memory struct {
	roots     Roots
	file      keptFile
	looks     int
	available float64 // sums over the looks
	used      float64
	peak      float64
	last      room
}

// room is what /proc/meminfo says, in bytes.
type room struct{ total, available, swapTotal, swapFree uint64 }

func (m *memory) read(ctx context.Context) (r room, err error) {
	name := m.roots.proc("meminfo")
	data, err := m.file.read(name)
	if err != nil {
		return r, err
	}
	for _, f := range []struct {
		key string
		to  *uint64
	}{{"MemTotal:", &r.total}, {"SwapTotal:", &r.swapTotal}, {"SwapFree:", &r.swapFree}} {
		n, ok := field(data, f.key)
		if !ok {
			return r, fmt.Errorf("%s has no %s", name, f.key)
		}
		*f.to = n << 10
	}
	if n, ok := field(data, "MemAvailable:"); ok {
		r.available = n << 10
	} else if old, err := mem.VirtualMemoryWithContext(ctx); err == nil {
		r.available = old.Available // kernels before 3.14 do not say: gopsutil estimates it
	}
	if r.total == 0 || r.available == 0 || r.available > r.total || r.swapFree > r.swapTotal {
		return r, fmt.Errorf("%s makes no sense: %+v", name, r)
	}
	return r, nil
}

func (m *memory) look(ctx context.Context) error {
	now, err := m.read(ctx)
	if err != nil {
		return fmt.Errorf("read memory: %w", err)
	}
	used := float64(now.total - now.available)
	m.looks++
	m.available += float64(now.available)
	m.used += used
	m.peak = max(m.peak, used)
	m.last = now
	return nil
}

func (m *memory) cut(ctx context.Context, out *values) error {
	// The look at the start belongs to the interval before: each instant counts once.
	m.file.cut()
	err := m.look(ctx)
	n, last := float64(m.looks), m.last
	available, used, peak := m.available/n, m.used/n, m.peak
	m.looks, m.available, m.used, m.peak = 0, 0, 0, math.Inf(-1)
	if err != nil {
		return err
	}
	out.total(wire.MemoryTotalBytes, float64(last.total))
	out.total(wire.MemoryAvailableBytes, available)
	out.total(wire.MemoryUsedBytes, used)
	out.total(wire.MemoryUsedPeakBytes, peak)
	out.total(wire.SwapTotalBytes, float64(last.swapTotal))
	out.total(wire.SwapUsedBytes, float64(last.swapTotal-last.swapFree))
	return nil
}
