package probe

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	gopsutil "github.com/shirou/gopsutil/v3/disk"

	"github.com/yunjian-io/yunjian/internal/wire"
)

// disk reads /proc/diskstats for whole disks, so that partitions and what is
// stacked on a disk (device mapper, RAID) do not count its bytes again.
type disk struct {
	roots Roots
	last  map[string]traffic
}

// stacked are block devices that live on others or in memory.
func stacked(name string) bool {
	for _, prefix := range []string{"loop", "ram", "zram", "dm-", "md", "sr", "fd"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// whole returns the names of the disks: those with hardware behind them, and if
// there are none, as for network block devices, whatever is not stacked.
func (d *disk) whole() ([]string, error) {
	entries, err := os.ReadDir(d.roots.sys("block"))
	if err != nil {
		return nil, err
	}
	var hardware, other []string
	for _, e := range entries {
		if stacked(e.Name()) {
			continue
		}
		name := strings.ReplaceAll(e.Name(), "!", "/") // as in cciss!c0d0
		if _, err := os.Stat(d.roots.sys("block/" + e.Name() + "/device")); err == nil {
			hardware = append(hardware, name)
		} else {
			other = append(other, name)
		}
	}
	if len(hardware) > 0 {
		return hardware, nil
	}
	if len(other) > 0 {
		return other, nil
	}
	return nil, fmt.Errorf("%s has no disk", d.roots.sys("block"))
}

func (*disk) look(context.Context) error { return nil }

func (d *disk) cut(ctx context.Context, out *values) error {
	last := d.last
	d.last = nil
	now, err := d.read(ctx)
	if err != nil {
		return fmt.Errorf("read disks: %w", err)
	}
	d.last = now
	rows, sum := increases(last, now)
	out.total(wire.DiskReadBytes, sum[0])
	out.total(wire.DiskWriteBytes, sum[1])
	out.devices([]string{"device_read_bytes", "device_write_bytes", "device_read_operations", "device_write_operations"}, rows)
	return nil
}

func (d *disk) read(ctx context.Context) (map[string]traffic, error) {
	names, err := d.whole()
	if err != nil {
		return nil, err
	}
	var only []string // gopsutil compares with base names
	if !slices.ContainsFunc(names, func(n string) bool { return strings.Contains(n, "/") }) {
		only = slices.Clone(names)
	}
	all, err := gopsutil.IOCountersWithContext(ctx, only...)
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		// It leaves out disks that were never used; that all of them were not is
		// no more likely than a file in another format.
		return nil, errors.New(d.roots.proc("diskstats") + " has counts of no disk")
	}
	now := make(map[string]traffic, len(names))
	for _, name := range names {
		c := all[name] // a disk that was never used is left out: all zero
		now[name] = traffic{c.ReadBytes, c.WriteBytes, c.ReadCount, c.WriteCount}
	}
	return now, nil
}
