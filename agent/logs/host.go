package logs

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"path"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// host is read access to the files of a host. Paths are absolute.
type host struct {
	root    string // of the tree in the file system
	fsys    fs.FS
	meter   *meter
	old     bool // the kernel has no statx
	folders map[string]*folder
	// stats counts what was asked of the kernel in the present pass, opens the files
	// that were opened; tests hold them to their bound.
	stats, opens int
}

// stamp tells versions of a file apart without reading it. An edit with a forged
// modification time still moves the time of change.
type stamp struct {
	Device  uint64 `json:"d"`
	Inode   uint64 `json:"i"`
	Size    int64  `json:"s"`
	ModTime int64  `json:"m"` // nanoseconds since 1970
	Changed int64  `json:"c"` // of the inode, nanoseconds since 1970
	// Born is when the inode was made, nanoseconds since 1970; 0 where the file system
	// does not tell. It shows a new file that got the number of a deleted one.
	Born int64 `json:"b,omitempty"`
}

// file is an open file of the host.
type file interface {
	io.Reader
	io.ReaderAt
	io.Closer
}

// errNotSeekable means an fs.FS whose files cannot be read at a position.
var errNotSeekable = errors.New("files of this tree cannot be read at a position")

// rel turns an absolute path into one of the fs.FS.
func rel(name string) string {
	if name = strings.TrimPrefix(path.Clean(name), "/"); name == "" {
		return "."
	}
	return name
}

func stampOf(info fs.FileInfo) stamp {
	s := stamp{Size: info.Size(), ModTime: info.ModTime().UnixNano()}
	if sys, ok := info.Sys().(*syscall.Stat_t); ok {
		s.Device, s.Inode, s.Changed = uint64(sys.Dev), sys.Ino, sys.Ctim.Nano() //nolint:unconvert // the type differs by architecture
	}
	return s
}

// stat asks for the stamp of a file, behind links. The error is one of package fs.
func (h *host) stat(name string) (stamp, error) {
	h.stats++
	if !h.old {
		const mask = unix.STATX_BASIC_STATS | unix.STATX_BTIME
		var x unix.Statx_t
		err := unix.Statx(unix.AT_FDCWD, h.root+name, unix.AT_STATX_DONT_SYNC, mask, &x)
		switch {
		case err == nil:
			s := stamp{
				Device: unix.Mkdev(x.Dev_major, x.Dev_minor), Inode: x.Ino, Size: int64(x.Size),
				ModTime: nanoseconds(x.Mtime), Changed: nanoseconds(x.Ctime),
			}
			if x.Mask&unix.STATX_BTIME != 0 {
				s.Born = nanoseconds(x.Btime)
			}
			return s, nil
		case !errors.Is(err, unix.ENOSYS) && !errors.Is(err, unix.EPERM):
			return stamp{}, &fs.PathError{Op: "statx", Path: name, Err: err}
		}
		h.old = true // Linux before 4.11, or a filter of system calls
	}
	info, err := fs.Stat(h.fsys, rel(name))
	if err != nil {
		return stamp{}, err
	}
	return stampOf(info), nil
}

func nanoseconds(t unix.StatxTimestamp) int64 { return t.Sec*1e9 + int64(t.Nsec) }

func (h *host) open(name string) (file, error) {
	h.opens++
	f, err := h.fsys.Open(rel(name))
	if err != nil {
		return nil, err
	}
	at, ok := f.(file)
	if !ok {
		f.Close()
		return nil, errNotSeekable
	}
	return at, nil
}

// at and all read an open file within the budget.
func (h *host) at(ctx context.Context, f io.ReaderAt) io.ReaderAt {
	return meteredAt{ctx, h.meter, f}
}

func (h *host) all(ctx context.Context, f io.Reader) io.Reader {
	return metered{ctx, h.meter, f}
}

// folder is a listed folder. As long as its own stamp stays, its names do.
type folder struct {
	stamp   stamp
	names   []string // of regular files and links
	folders []string
	err     error
	// unsettled says that the folder changed a moment before it was listed: a further
	// change may carry the same time.
	unsettled bool
}

const settled = 2 * time.Second

// list returns a folder as of the last refresh.
func (h *host) list(name string) *folder {
	if d := h.folders[name]; d != nil {
		return d
	}
	s, err := h.stat(name)
	d := &folder{stamp: s, err: err}
	h.folders[name] = d
	if err != nil {
		return d
	}
	d.unsettled = h.meter.clock().Sub(time.Unix(0, s.ModTime)) < settled
	entries, err := fs.ReadDir(h.fsys, rel(name))
	d.err = err
	for _, e := range entries {
		if e.IsDir() {
			d.folders = append(d.folders, e.Name())
		} else if t := e.Type(); t.IsRegular() || t&fs.ModeSymlink != 0 {
			d.names = append(d.names, e.Name())
		}
	}
	return d
}

// refresh forgets the folders that changed since they were listed, and reports
// whether there are any.
func (h *host) refresh() (changed bool) {
	for name, d := range h.folders {
		s, err := h.stat(name)
		if s != d.stamp || (err == nil) != (d.err == nil) || d.unsettled {
			delete(h.folders, name)
			changed = true
		}
	}
	return changed
}

// glob returns the files that an absolute pattern of path.Match names, in order, and
// the folders that could not be read for want of rights.
func (h *host) glob(pattern string) (found, denied []string) {
	folders := []string{"/"}
	parts := strings.Split(strings.Trim(path.Clean(pattern), "/"), "/")
	for _, part := range parts[:len(parts)-1] {
		var next []string
		for _, f := range folders {
			if !strings.ContainsAny(part, `*?[\`) {
				next = append(next, path.Join(f, part))
				continue
			}
			d := h.list(f)
			if errors.Is(d.err, fs.ErrPermission) {
				denied = append(denied, f)
			}
			for _, name := range d.folders {
				if ok, err := path.Match(part, name); ok && err == nil {
					next = append(next, path.Join(f, name))
				}
			}
		}
		folders = next
	}
	last := parts[len(parts)-1]
	for _, f := range folders {
		d := h.list(f)
		if errors.Is(d.err, fs.ErrPermission) {
			denied = append(denied, f)
		}
		for _, name := range d.names {
			if ok, err := path.Match(last, name); ok && err == nil {
				found = append(found, path.Join(f, name))
			}
		}
	}
	return found, denied
}
