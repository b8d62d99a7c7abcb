package probe

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"slices"
	"strings"
	"syscall"

	gopsutil "github.com/shirou/gopsutil/v3/disk"

	"github.com/yunjian-io/yunjian/internal/wire"
)

// Space is the room of one file system, in bytes and inodes.
type Space struct {
	SizeBytes, FreeBytes, AvailableBytes uint64
	Inodes, InodesFree                   uint64
}

func statfs(path string) (Space, error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(path, &s); err != nil {
		return Space{}, &fs.PathError{Op: "statfs", Path: path, Err: err}
	}
	unit := uint64(s.Frsize)
	if unit == 0 {
		unit = uint64(s.Bsize)
	}
	return Space{s.Blocks * unit, s.Bfree * unit, s.Bavail * unit, s.Files, s.Ffree}, nil
}

// filesystem asks for the room of local file systems on real storage. Remote
// ones are left out, since they belong to another host and may hang.
type filesystem struct {
	roots  Roots
	statfs func(string) (Space, error)

	file    keptFile
	table   []byte // the kernel's mount table that mounted was made of
	mounted []gopsutil.PartitionStat
}

func local(fstype, mountpoint string) bool {
	switch fstype {
	case "ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "f2fs", "vfat", "exfat", "ntfs3", "jfs", "reiserfs", "nilfs2", "bcachefs":
		return true
	case "overlay": // the root of a container or of a live system
		return mountpoint == "/"
	}
	return false
}

// mounts returns the mounts to ask, and takes the mount table apart only if it is not
// what it was: it seldom changes.
func (f *filesystem) mounts(ctx context.Context) ([]gopsutil.PartitionStat, error) {
	f.file.cut()
	table, err := f.file.whole(f.roots.proc("1/mountinfo"))
	if err == nil && len(table) > 0 && bytes.Equal(table, f.table) {
		return f.mounted, nil
	}
	f.table = append(f.table[:0], table...)
	if err != nil {
		f.table = nil // gopsutil knows of other places
	}
	all, err := f.chosen(ctx)
	if err != nil {
		f.table = nil
	}
	f.mounted = all
	return all, err
}

// chosen returns one mount for each device, sorted by mount point: not a bind
// mount if there is another, and the shortest path.
func (f *filesystem) chosen(ctx context.Context) ([]gopsutil.PartitionStat, error) {
	all, err := gopsutil.PartitionsWithContext(ctx, true)
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(p gopsutil.PartitionStat) bool { return !local(p.Fstype, p.Mountpoint) })
	slices.SortStableFunc(all, func(a, b gopsutil.PartitionStat) int {
		return cmp.Or(
			strings.Compare(a.Device, b.Device),
			cmp.Compare(bound(a), bound(b)),
			cmp.Compare(len(a.Mountpoint), len(b.Mountpoint)),
			strings.Compare(a.Mountpoint, b.Mountpoint),
		)
	})
	all = slices.CompactFunc(all, func(a, b gopsutil.PartitionStat) bool { return a.Device == b.Device })
	slices.SortFunc(all, func(a, b gopsutil.PartitionStat) int { return strings.Compare(a.Mountpoint, b.Mountpoint) })
	return all, nil
}

func bound(p gopsutil.PartitionStat) int {
	// Every subvolume of btrfs looks like a bind mount; the path decides there.
	if p.Fstype != "btrfs" && slices.Contains(p.Opts, "bind") {
		return 1
	}
	return 0
}

func (*filesystem) look(context.Context) error { return nil }

func (f *filesystem) cut(ctx context.Context, out *values) error {
	mounts, err := f.mounts(ctx)
	if err != nil {
		return fmt.Errorf("read file systems: %w", err)
	}
	var rows []row
	var size, used float64
	pools := map[string]float64{} // room that the datasets of a ZFS pool share
	for _, m := range mounts {
		s, err := f.statfs(m.Mountpoint)
		if errors.Is(err, fs.ErrNotExist) {
			continue // unmounted since the table was read, or outside our name space
		}
		if err != nil {
			return fmt.Errorf("read file systems: %w", err)
		}
		if s.SizeBytes == 0 || s.FreeBytes > s.SizeBytes {
			return fmt.Errorf("read file systems: %s has size %d and %d free", m.Mountpoint, s.SizeBytes, s.FreeBytes)
		}
		inodes, inodesUsed := float64(s.Inodes), float64(s.Inodes)-float64(s.InodesFree)
		if s.Inodes == 0 || inodesUsed < 0 { // btrfs and vfat have no table of inodes
			inodes, inodesUsed = math.NaN(), math.NaN()
		}
		taken := float64(s.SizeBytes - s.FreeBytes)
		rows = append(rows, row{m.Mountpoint, []float64{float64(s.SizeBytes), taken, float64(s.AvailableBytes), inodes, inodesUsed}})
		used += taken
		if m.Fstype == "zfs" {
			pool, _, _ := strings.Cut(m.Device, "/")
			size += taken
			pools[pool] = max(pools[pool], float64(s.FreeBytes))
			continue
		}
		size += float64(s.SizeBytes)
	}
	if len(rows) == 0 {
		return errors.New("read file systems: there is no local one in " + f.roots.proc("1/mountinfo"))
	}
	for _, free := range pools {
		size += free
	}
	out.total(wire.StorageSizeBytes, size)
	out.total(wire.StorageUsedBytes, used)
	out.devices([]string{"filesystem_size_bytes", "filesystem_used_bytes", "filesystem_available_bytes", "filesystem_inodes", "filesystem_inodes_used"}, rows)
	return nil
}
