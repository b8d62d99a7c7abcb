package journald

import (
	"fmt"
	"io/fs"
)

const (
	page            = 4096
	mebibyte        = 1 << 20
	gibibyte        = 1 << 30
	fileSizeMin     = 512 << 10
	defaultMaxFiles = 100
)

// Limits are the limits that journald really applies, in bytes and files.
type Limits struct {
	MaxUse      uint64
	KeepFree    uint64
	MaxFileSize uint64
	MaxFiles    uint64
}

// Limits completes the caps for a file system of size bytes: at most a tenth of
// it and 4 GiB in all, a twentieth and at most 4 GiB kept free, an eighth of
// the whole and at most 128 MiB for a file. Those are the values in the code of
// journald; the 15 % free of its manual page is not what it does. A size of 0
// means that it is unknown. Without room KeepFree lowers MaxUse further, down
// to what is used; that depends on the moment and is left to the caller.
func (c Caps) Limits(size uint64) Limits {
	l := Limits{MaxFiles: c.MaxFiles.Value}
	if c.MaxUse.IsSet() {
		if l.MaxUse = aligned(c.MaxUse.Value); l.MaxUse != 0 {
			l.MaxUse = max(l.MaxUse, 2*fileSizeMin)
		}
	} else {
		l.MaxUse = min(max(aligned(size/10), mebibyte), 4*gibibyte)
	}
	if c.MaxFileSize.IsSet() {
		l.MaxFileSize = aligned(c.MaxFileSize.Value)
	} else {
		l.MaxFileSize = min(aligned(l.MaxUse/8), 128*mebibyte)
	}
	if l.MaxFileSize != 0 {
		l.MaxFileSize = max(l.MaxFileSize, fileSizeMin)
		if l.MaxUse != 0 && l.MaxFileSize > l.MaxUse/2 && l.MaxFileSize < 1<<62 {
			l.MaxUse = 2 * l.MaxFileSize
		}
	}
	if c.KeepFree.IsSet() {
		l.KeepFree = aligned(c.KeepFree.Value)
	} else {
		l.KeepFree = min(max(aligned(size/20), mebibyte), 4*gibibyte)
	}
	return l
}

// aligned rounds up to whole pages, as journald does, and leaves alone what
// would overflow.
func aligned(bytes uint64) uint64 {
	if bytes > 1<<62 {
		return bytes
	}
	return (bytes + page - 1) / page * page
}

// Mode is where entries end up.
type Mode string

// The modes: volatile journals are lost at the next boot, discarded entries at once.
const (
	Persistent Mode = "persistent"
	Volatile   Mode = "volatile"
	Discarded  Mode = "none"
)

// Mode tells where entries end up on the host with root fsys: Storage=auto is
// persistent only if /var/log/journal exists. The error says that its existence
// could not be learned.
func (c Conf) Mode(fsys fs.FS) (Mode, error) {
	switch c.Storage.Value {
	case StoragePersistent:
		return Persistent, nil
	case StorageVolatile:
		return Volatile, nil
	case StorageNone:
		return Discarded, nil
	}
	entries, err := fs.ReadDir(fsys, "var/log")
	if err != nil {
		return "", fmt.Errorf("look for the journal directory: %w", err)
	}
	for _, entry := range entries {
		if entry.Name() != "journal" {
			continue
		}
		if entry.IsDir() || entry.Type()&fs.ModeSymlink != 0 {
			return Persistent, nil
		}
	}
	return Volatile, nil
}
