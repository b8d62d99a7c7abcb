package probe

import (
	"bytes"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// keptFile is a file of /proc that stays open, since looks are most of what the
// agent costs. It is read without telling Go's
// scheduler: each system call that does tell it wakes the runtime's monitor
// thread, which then costs more than the look. These files never block.
type keptFile struct {
	open bool
	fd   uintptr
	data []byte
	cuts int // since it was opened
}

// relist is how many cuts pass until what seldom changes is looked up anew: which file
// a path leads to, and what stands behind the name of a device.
const relist = 5

// cut is called once an interval, so that a file that was replaced is found.
func (f *keptFile) cut() {
	if f.cuts++; f.cuts >= relist {
		f.close()
	}
}

// shortRead is how much a look reads: what it needs stands at the begin of its files.
const shortRead = 2048

// read returns the begin of the file, up to shortRead bytes. It is valid until the
// next read.
func (f *keptFile) read(path string) ([]byte, error) {
	if f.data == nil {
		f.data = make([]byte, shortRead)
	}
	n, err := f.readAt(path, f.data[:shortRead], 0)
	return f.data[:n], err
}

// whole returns all of the file. It is valid until the next read.
func (f *keptFile) whole(path string) ([]byte, error) {
	at := 0
	for {
		f.data = slices.Grow(f.data[:at], shortRead)
		n, err := f.readAt(path, f.data[at:cap(f.data)], at)
		at += n
		if err != nil || n == 0 {
			f.data = f.data[:max(at, shortRead)]
			return f.data[:at], err
		}
	}
}

func (f *keptFile) readAt(path string, into []byte, at int) (int, error) {
	if err := f.reopen(path); err != nil {
		return 0, err
	}
	for {
		n, _, errno := syscall.RawSyscall6(syscall.SYS_PREAD64, f.fd, uintptr(unsafe.Pointer(unsafe.SliceData(into))), uintptr(len(into)), uintptr(at), 0, 0)
		switch errno {
		case 0:
			return int(n), nil
		case syscall.EINTR:
			continue
		}
		f.close()
		return 0, &fs.PathError{Op: "read", Path: path, Err: errno}
	}
}

func (f *keptFile) reopen(path string) error {
	if f.open {
		return nil
	}
	name, err := syscall.BytePtrFromString(path)
	if err != nil {
		return &fs.PathError{Op: "open", Path: path, Err: err}
	}
	here := unix.AT_FDCWD
	fd, _, errno := syscall.RawSyscall6(syscall.SYS_OPENAT, uintptr(here), uintptr(unsafe.Pointer(name)), syscall.O_RDONLY|syscall.O_CLOEXEC, 0, 0, 0)
	if errno != 0 {
		return &fs.PathError{Op: "open", Path: path, Err: errno}
	}
	f.fd, f.open, f.cuts = fd, true, 0
	return nil
}

// close lets the next read open the file anew.
func (f *keptFile) close() {
	if f.open {
		_, _, _ = syscall.RawSyscall(syscall.SYS_CLOSE, f.fd, 0, 0) // it was only read
		f.open = false
	}
}

// field returns the number behind the key at the begin of a line, and whether it
// is there.
func field(data []byte, key string) (uint64, bool) {
	for line := range bytes.Lines(data) {
		rest, ok := bytes.CutPrefix(line, []byte(key))
		if !ok {
			continue
		}
		rest, _, _ = bytes.Cut(bytes.TrimSpace(rest), []byte(" "))
		n, err := strconv.ParseUint(string(rest), 10, 64)
		return n, err == nil
	}
	return 0, false
}

// numbers reads n whole numbers that blanks part. Fewer are an error, more are not.
func numbers(line []byte, into []float64) error {
	for i := range into {
		line = bytes.TrimLeft(line, " ")
		var word []byte
		word, line, _ = bytes.Cut(line, []byte(" "))
		n, err := strconv.ParseUint(string(bytes.TrimSpace(word)), 10, 64)
		if err != nil {
			return fmt.Errorf("column %d is %.20q, no number", i+1, word)
		}
		into[i] = float64(n)
	}
	return nil
}
