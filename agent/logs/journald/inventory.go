package journald

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Life is what the name of a journal file says about it.
type Life uint8

// Active files are written to and never vacuumed; archived ones were rotated in
// order; disposed ones (journal~) were set aside after an unclean end.
const (
	Active Life = iota
	ArchivedName
	Disposed
)

// String names the life for a person.
func (l Life) String() string {
	switch l {
	case Active:
		return "active"
	case ArchivedName:
		return "archived"
	case Disposed:
		return "disposed"
	}
	return fmt.Sprintf("life(%d)", uint8(l))
}

// System is the family of the files that hold what the system logged.
const System = "system"

// Name is a parsed journal file name.
type Name struct {
	// Family is "system", "user-" and a uid, or what a remote receiver chose.
	Family string
	Life   Life
	// SeqnumID and HeadSeqnum are set in archived names only.
	SeqnumID   ID
	HeadSeqnum uint64
	// Realtime, in µs since 1970, is that of the first entry in an archived
	// name, and of the setting aside in a disposed one. journald deletes
	// archived files in the order of it.
	Realtime uint64
}

// User reports whether the family is that of one user.
func (n Name) User() bool { return strings.HasPrefix(n.Family, "user-") }

// ParseName reads a file name; ok is false for names that journald does not use.
func ParseName(name string) (n Name, ok bool) {
	stem, disposed := strings.CutSuffix(name, ".journal~")
	if !disposed {
		if stem, ok = strings.CutSuffix(name, ".journal"); !ok {
			return Name{}, false
		}
	}
	family, rest, rotated := strings.Cut(stem, "@")
	if family == "" || rotated == (rest == "") || disposed && !rotated {
		return Name{}, false
	}
	n.Family = family
	parts := strings.Split(rest, "-")
	var err error
	switch {
	case !rotated:
		return n, true
	case disposed && len(parts) == 2:
		n.Life = Disposed
		n.Realtime, err = strconv.ParseUint(parts[0], 16, 64)
		return n, err == nil
	case !disposed && len(parts) == 3:
		n.Life = ArchivedName
		if n.SeqnumID, err = ParseID(parts[0]); err != nil {
			return Name{}, false
		}
		if n.HeadSeqnum, err = strconv.ParseUint(parts[1], 16, 64); err != nil {
			return Name{}, false
		}
		n.Realtime, err = strconv.ParseUint(parts[2], 16, 64)
		return n, err == nil
	}
	return Name{}, false
}

// File is one journal file.
type File struct {
	Path      string // in the fs.FS
	Folder    string // the folder below the scanned directory, "." for itself
	Machine   ID     // from the folder name; zero when it is not a machine id
	Namespace string // of the journal, "" for the default one
	Name      Name
	Size      int64 // bytes
	Modified  time.Time
	Header    Header
}

// Empty reports whether the file never got an entry.
func (f File) Empty() bool { return f.Header.Entries == 0 }

// Unread is a file or folder that could not be taken into account. Any of them
// makes the count of the others incomplete.
type Unread struct {
	Path string
	Err  error // wraps fs.ErrPermission when rights are missing, ErrNotJournal for foreign content
}

// Inventory is what a journal directory holds.
type Inventory struct {
	Files  []File // by folder, family and first sequence number
	Unread []Unread
	Bytes  int64 // all files read, which is what SystemMaxUse limits
	Epochs []Epoch
}

// Scan reads the header of every journal file in dir, such as var/log/journal,
// and in the per-machine folders below it; 272 bytes a file. A file that cannot
// be read is listed and does not stop the others. The error wraps
// fs.ErrNotExist when dir is absent, as it is on a host with volatile journals.
func Scan(fsys fs.FS, dir string) (Inventory, error) {
	entries, err := fs.ReadDir(fsys, dir)
	if err != nil {
		return Inventory{}, fmt.Errorf("list journal directory: %w", err)
	}
	var inv Inventory
	inv.folder(fsys, dir, ".", entries)
	for _, entry := range entries {
		if !entry.IsDir() {
			continue
		}
		if _, _, ok := parseFolder(entry.Name()); !ok {
			continue
		}
		below, err := fs.ReadDir(fsys, path.Join(dir, entry.Name()))
		if err != nil {
			inv.Unread = append(inv.Unread, Unread{path.Join(dir, entry.Name()), fmt.Errorf("list folder: %w", err)})
		}
		inv.folder(fsys, dir, entry.Name(), below)
	}
	slices.SortFunc(inv.Files, func(a, b File) int {
		return cmp.Or(
			cmp.Compare(a.Folder, b.Folder),
			cmp.Compare(a.Name.Family, b.Name.Family),
			bytes.Compare(a.Header.SeqnumID[:], b.Header.SeqnumID[:]),
			cmp.Compare(a.Header.HeadSeqnum, b.Header.HeadSeqnum),
			cmp.Compare(a.Path, b.Path))
	})
	inv.Epochs = epochs(inv.Files)
	return inv, nil
}

func parseFolder(name string) (machine ID, namespace string, ok bool) {
	id, namespace, _ := strings.Cut(name, ".")
	machine, err := ParseID(id)
	return machine, namespace, err == nil
}

func (inv *Inventory) folder(fsys fs.FS, dir, folder string, entries []fs.DirEntry) {
	machine, namespace, _ := parseFolder(folder)
	for _, entry := range entries {
		name, ok := ParseName(entry.Name())
		// Opening a pipe would block, so the kind is asked before.
		if !ok || !entry.Type().IsRegular() {
			continue
		}
		file := File{Path: path.Join(dir, folder, entry.Name()), Folder: folder, Machine: machine, Namespace: namespace, Name: name}
		if err := file.read(fsys); err != nil {
			// journald deletes files while we look; one that is gone is no finding.
			if !errors.Is(err, fs.ErrNotExist) {
				inv.Unread = append(inv.Unread, Unread{file.Path, err})
			}
			continue
		}
		inv.Files = append(inv.Files, file)
		inv.Bytes += file.Size
	}
}

func (f *File) read(fsys fs.FS) error {
	file, err := fsys.Open(f.Path)
	if err != nil {
		return fmt.Errorf("open journal: %w", err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return fmt.Errorf("stat journal: %w", err)
	}
	f.Size, f.Modified = info.Size(), info.ModTime()
	raw := make([]byte, min(f.Size, headerMax))
	if _, err := io.ReadFull(file, raw); err != nil {
		return fmt.Errorf("read header: %w", err)
	}
	f.Header, err = ReadHeader(bytes.NewReader(raw), f.Size)
	return err
}
