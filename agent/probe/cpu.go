package probe

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"strconv"

	"github.com/yunjian-io/yunjian/internal/wire"
)

// cpu reads /proc/stat. A mean is the share of all CPU time between the first
// and the last look, times the online CPUs: a look that comes late, or a virtual
// machine that stood still, does not distort it. The time of the last boot stands
// in the same file.
type cpu struct {
	roots       Roots
	file        keptFile
	began, last ticks // of the interval
	whole       bool  // began was read when the interval began
	have        bool  // last was read
	peak        float64
}

// ticks is CPU time since boot, of all CPUs together, in the kernel's unit: only
// shares matter. Linux counts
// the time of guests inside user and nice, so it is not added again.
type ticks struct{ user, nice, system, irq, softirq, steal, idle, iowait float64 }

func (t ticks) used() float64 { return t.user + t.nice + t.system + t.irq + t.softirq }

// since returns the time since an earlier reading. ok is false if a counter
// went backwards. Only iowait may do that on a healthy kernel (proc(5)); it is
// NaN then, and counts as nothing in the sum.
func (t ticks) since(from ticks) (d ticks, sum float64, ok bool) {
	d = ticks{
		t.user - from.user, t.nice - from.nice, t.system - from.system, t.irq - from.irq,
		t.softirq - from.softirq, t.steal - from.steal, t.idle - from.idle, t.iowait - from.iowait,
	}
	sum = d.used() + d.steal + d.idle + max(d.iowait, 0)
	ok = min(d.user, d.nice, d.system, d.irq, d.softirq, d.steal, d.idle) >= 0 && sum > 0
	if d.iowait < 0 {
		d.iowait = math.NaN()
	}
	return d, sum, ok
}

// read takes the first line of /proc/stat.
func (c *cpu) read() (ticks, error) {
	name := c.roots.proc("stat")
	data, err := c.file.read(name)
	if err != nil {
		return ticks{}, err
	}
	return parseTicks(name, data)
}

func parseTicks(name string, data []byte) (t ticks, err error) {
	first, ok := bytes.CutPrefix(data, []byte("cpu "))
	if !ok {
		return t, fmt.Errorf("%s does not begin with cpu times", name)
	}
	first, _, _ = bytes.Cut(first, []byte("\n"))
	var n [8]float64
	if err := numbers(first, n[:]); err != nil {
		return t, fmt.Errorf("%s: %w", name, err)
	}
	return ticks{user: n[0], nice: n[1], system: n[2], idle: n[3], iowait: n[4], irq: n[5], softirq: n[6], steal: n[7]}, nil
}

func (c *cpu) look(context.Context) error {
	now, err := c.read()
	return c.see(now, err)
}

// see takes a reading up into the running interval.
func (c *cpu) see(now ticks, err error) error {
	if err != nil {
		c.have = false
		return fmt.Errorf("read cpu times: %w", err)
	}
	if !c.have {
		c.last, c.have, c.peak = now, true, math.NaN()
		return nil
	}
	if d, sum, ok := now.since(c.last); ok {
		if share := d.used() / sum; math.IsNaN(c.peak) || share > c.peak {
			c.peak = share
		}
	}
	c.last = now
	return nil
}

func (c *cpu) cut(_ context.Context, out *values) error {
	// Once an interval the file is read to its end.
	c.file.cut()
	name := c.roots.proc("stat")
	data, err := c.file.whole(name)
	var now ticks
	if err == nil {
		now, err = parseTicks(name, data)
	}
	err = c.see(now, err)
	began, last, whole, peak := c.began, c.last, c.whole, c.peak
	c.began, c.whole, c.peak = c.last, err == nil, math.NaN()
	if err != nil {
		return err
	}
	online, boot, err := parseStat(name, data)
	if err != nil {
		return err
	}
	cores := float64(online)
	d, sum, ok := last.since(began)
	if !ok || !whole {
		d, sum, peak = ticks{user: math.NaN(), iowait: math.NaN(), steal: math.NaN()}, 1, math.NaN()
	}
	out.total(wire.VCPUs, cores)
	out.total(wire.CPUUsedCores, d.used()/sum*cores)
	out.total(wire.CPUUsedPeakCores, peak*cores)
	out.total(wire.CPUIowaitCores, d.iowait/sum*cores)
	out.total(wire.CPUStealCores, d.steal/sum*cores)
	out.total(wire.BootTimeSeconds, float64(boot))
	return nil
}

// parseStat returns the number of online CPUs and the time of boot in seconds since
// 1970. gopsutil's own boot time is now less the uptime, and so trembles by a second.
func parseStat(name string, data []byte) (online int, boot int64, err error) {
	for line := range bytes.Lines(data) {
		if rest, ok := bytes.CutPrefix(line, []byte("cpu")); ok && len(rest) > 0 && rest[0] >= '0' && rest[0] <= '9' {
			online++
		}
		if rest, ok := bytes.CutPrefix(line, []byte("btime ")); ok {
			boot, _ = strconv.ParseInt(string(bytes.TrimSpace(rest)), 10, 64)
		}
	}
	if online == 0 || boot <= 0 {
		return 0, 0, fmt.Errorf("read cpu count: %s has %d cpu lines and boot time %d", name, online, boot)
	}
	return online, boot, nil
}
