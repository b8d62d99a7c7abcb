package probe

import (
	"bytes"
	"fmt"
	"io/fs"
	"strconv"
	"syscall"
	"unsafe"
)

// keptFile is a file of /proc that stays open from one cut to the next, since
// looks are most of what the agent costs. It is read without telling Go's
// scheduler: each system call that does tell it wakes the runtime's monitor
// thread, which then costs more than the look. These files never block.
type keptFile struct {
	open bool
	fd   int
	data [2048]byte
}

// read returns the begin of the file, up to the size of the buffer. It is valid
// until the next read.
func (f *keptFile) read(path string) ([]byte, error) {
	if !f.open {
		fd, err := syscall.Open(path, syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
		if err != nil {
			return nil, &fs.PathError{Op: "open", Path: path, Err: err}
		}
		f.fd, f.open = fd, true
	}
	for {
		n, _, errno := syscall.RawSyscall6(syscall.SYS_PREAD64, uintptr(f.fd), uintptr(unsafe.Pointer(&f.data)), uintptr(len(f.data)), 0, 0, 0)
		switch errno {
		case 0:
			return f.data[:n], nil
		case syscall.EINTR:
			continue
		}
		f.close()
		return nil, &fs.PathError{Op: "read", Path: path, Err: errno}
	}
}

// close lets the next read open the file anew.
func (f *keptFile) close() {
	if f.open {
		syscall.Close(f.fd)
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
