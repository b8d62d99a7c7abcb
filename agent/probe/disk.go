package probe

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/yunjian-io/yunjian/internal/wire"
)

// disk reads /proc/diskstats for whole disks, so that partitions and what is
// stacked on a disk (device mapper, RAID) do not count its bytes again.
type disk struct {
	roots Roots
	file  keptFile
	last  map[string]traffic

	listed []string // names in /proc/diskstats that disks was chosen from
	disks  []string
	fresh  int // for how many cuts more they hold
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

func (d *disk) cut(_ context.Context, out *values) error {
	last := d.last
	d.last = nil
	now, err := d.read()
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

// sectorBytes is the unit of /proc/diskstats, whatever the disk's own is.
const sectorBytes = 512

func (d *disk) read() (map[string]traffic, error) {
	d.file.cut()
	name := d.roots.proc("diskstats")
	data, err := d.file.whole(name)
	if err != nil {
		return nil, err
	}
	all := make(map[string]traffic, len(d.listed))
	same, n := true, 0
	for line := range bytes.Lines(data) {
		disk, t, err := parseDisk(line)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		all[string(disk)] = t
		if same = same && n < len(d.listed) && d.listed[n] == string(disk); !same {
			d.listed = append(d.listed[:n], string(disk))
		}
		n++
	}
	same = same && n == len(d.listed)
	d.listed = d.listed[:n]
	if d.fresh--; !same || d.fresh <= 0 {
		if d.disks, err = d.whole(); err != nil {
			return nil, err
		}
		d.fresh = relist
	}
	now := make(map[string]traffic, len(d.disks))
	for _, disk := range d.disks {
		if t, ok := all[disk]; ok {
			now[disk] = t
		}
	}
	if len(now) == 0 {
		return nil, errors.New(name + " has counts of no disk")
	}
	return now, nil
}

// parseDisk takes a line of /proc/diskstats apart.
func parseDisk(line []byte) (name []byte, t traffic, err error) {
	// Behind the name: reads, merged, sectors, ms, writes, merged, sectors.
	var n [7]uint64
	at := 0
	for word := range bytes.FieldsSeq(line) {
		switch {
		case at == 2:
			name = word
		case at > 2 && at < 3+len(n):
			if n[at-3], err = strconv.ParseUint(string(word), 10, 64); err != nil {
				return nil, t, fmt.Errorf("column %d is %.20q, no number", at+1, word)
			}
		}
		at++
	}
	if at < 3+len(n) {
		return nil, t, fmt.Errorf("a line has %d columns", at)
	}
	return name, traffic{n[2] * sectorBytes, n[6] * sectorBytes, n[0], n[4]}, nil
}
