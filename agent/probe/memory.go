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
	looks     int
	available float64 // sums over the looks
	used      float64
	peak      float64
	last      mem.VirtualMemoryStat
}

func (m *memory) look(ctx context.Context) error {
	now, err := mem.VirtualMemoryWithContext(ctx)
	if err != nil {
		return fmt.Errorf("read memory: %w", err)
	}
	// gopsutil returns zeros, and no error, for a file that it could not read.
	if now.Total == 0 || now.Available == 0 || now.Available > now.Total || now.SwapFree > now.SwapTotal {
		return fmt.Errorf("read memory: %s has MemTotal %d, MemAvailable %d, SwapTotal %d, SwapFree %d", m.roots.proc("meminfo"), now.Total, now.Available, now.SwapTotal, now.SwapFree)
	}
	used := float64(now.Total - now.Available)
	m.looks++
	m.available += float64(now.Available)
	m.used += used
	m.peak = max(m.peak, used)
	m.last = *now
	return nil
}

func (m *memory) cut(ctx context.Context, out *values) error {
	// The look at the start belongs to the interval before: each instant counts once.
	err := m.look(ctx)
	n, last := float64(m.looks), m.last
	available, used, peak := m.available/n, m.used/n, m.peak
	m.looks, m.available, m.used, m.peak = 0, 0, 0, math.Inf(-1)
	if err != nil {
		return err
	}
	out.total(wire.MemoryTotalBytes, float64(last.Total))
	out.total(wire.MemoryAvailableBytes, available)
	out.total(wire.MemoryUsedBytes, used)
	out.total(wire.MemoryUsedPeakBytes, peak)
	out.total(wire.SwapTotalBytes, float64(last.SwapTotal))
	out.total(wire.SwapUsedBytes, float64(last.SwapTotal-last.SwapFree))
	return nil
}
