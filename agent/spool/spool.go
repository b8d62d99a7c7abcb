// Package spool is the durable queue of batches that the collector has not yet
// acknowledged, oldest first: one file a batch, and after a long outage one
// segment file for many batches.
//
// It knows nothing of what a batch means, of time or of the network, and holds
// no goroutine; package agent drives it. A Spool is not safe for concurrent use.
package spool

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

const (
	batchSuffix   = ".batch"
	segmentSuffix = ".segment"
	temporary     = ".tmp-" // prefix of what a Put that never returned leaves
	blockSize     = 4096    // the least that a file costs on disk
	keptBytes     = 1 << 16 // the largest file that is kept in memory until it is asked for
)

// ID names one batch of a spool. A newer batch has a greater one.
type ID uint64

// Spool is a folder of batches.
type Spool struct {
	dir   string
	limit int64
	bytes int64  // allocated by files
	next  ID     // of the next Put
	files []file // in order of their batches
	head  []Batch
	done  int // batches of files[0] that were dropped; its file goes with the last one
	spare spare
}

// file is one batch file or one segment file.
type file struct {
	first, last ID
	count       int   // batches inside
	size        int64 // bytes of content
	allocated   int64 // bytes on disk
}

func (f file) segment() bool { return f.first != f.last }

func (f file) name() string {
	if f.segment() {
		return fmt.Sprintf("%020d-%020d%s", f.first, f.last, segmentSuffix)
	}
	return fmt.Sprintf("%020d%s", f.first, batchSuffix)
}

// Open reads the folder dir, which must exist, and takes up where the last
// process stopped. Put keeps the allocated blocks of all batches within limit
// bytes. A file of ours that is not whole is an error that says what to do.
// Files of others are left alone.
func Open(dir string, limit int64) (*Spool, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("open spool: %w", err)
	}
	s := &Spool{dir: dir, limit: limit, next: 1}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), temporary) {
			os.Remove(filepath.Join(dir, e.Name())) // a leftover costs room, nothing else
			continue
		}
		f, ok := parseName(e.Name())
		if !ok || !e.Type().IsRegular() {
			continue
		}
		s.files = append(s.files, f)
	}
	slices.SortFunc(s.files, func(a, b file) int {
		if a.first != b.first {
			return compare(a.first, b.first)
		}
		return compare(b.last, a.last) // the wider one first
	})
	if err := s.removeFolded(); err != nil {
		return nil, fmt.Errorf("open spool: %w", err)
	}
	for i := range s.files {
		if err := s.measure(&s.files[i]); err != nil {
			return nil, fmt.Errorf("open spool: %w", err)
		}
		s.bytes += s.files[i].allocated
		s.next = s.files[i].last + 1
	}
	return s, nil
}

func compare(a, b ID) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// removeFolded deletes files whose batches are all in a segment. A crash
// between writing the segment and deleting its parts leaves them.
func (s *Spool) removeFolded() error {
	kept := s.files[:0]
	for _, f := range s.files {
		if len(kept) > 0 {
			wide := kept[len(kept)-1]
			if f.last <= wide.last {
				if err := os.Remove(s.path(f)); err != nil {
					return err
				}
				continue
			}
			if f.first <= wide.last {
				return s.corrupt(f, fmt.Sprintf("overlaps %s", wide.name()))
			}
		}
		kept = append(kept, f)
	}
	s.files = kept
	return nil
}

// measure takes the sizes of a file and counts its batches by their headers.
func (s *Spool) measure(f *file) error {
	in, err := os.Open(s.path(*f))
	if err != nil {
		return err
	}
	defer in.Close() // only read
	info, err := in.Stat()
	if err != nil {
		return err
	}
	f.size, f.allocated = info.Size(), allocated(info)
	var header [headerSize]byte
	for at := int64(0); at < f.size; f.count++ {
		if _, err := in.ReadAt(header[:], at); err != nil {
			return s.corrupt(*f, "it ends inside a header")
		}
		h, err := parseHeader(header[:])
		if err != nil {
			return s.corrupt(*f, err.Error())
		}
		at += headerSize + int64(h.length)
		if at > f.size {
			return s.corrupt(*f, "it ends inside a batch")
		}
	}
	if f.count == 0 {
		return s.corrupt(*f, "it is empty")
	}
	return nil
}

// ErrTooLarge means that a batch alone is over the limit of the spool.
var ErrTooLarge = errors.New("batch is over the spool limit")

// Put stores a batch durably as the newest. Past the limit it drops the oldest
// ones first and says how many. On an error the batch is not in the spool.
func (s *Spool) Put(b Batch) (dropped int, err error) {
	data := appendBatch(nil, s.next, b)
	need := roundUp(int64(len(data)))
	if need > s.limit {
		return 0, fmt.Errorf("%w: %d bytes on disk, the limit is %d", ErrTooLarge, need, s.limit)
	}
	for len(s.files) > 0 && s.bytes+need > s.limit {
		n := s.files[0].count - s.done
		if err := s.removeHead(); err != nil {
			return dropped, err
		}
		dropped += n
	}
	f := file{first: s.next, last: s.next, count: 1, size: int64(len(data)), allocated: need}
	// Even a failed write may leave the file, so its number is used up.
	s.next++
	if err := s.write(s.path(f), data); err != nil {
		os.Remove(s.path(f)) // it was not acknowledged; a copy that stays is harmless
		return dropped, fmt.Errorf("put batch: %w", err)
	}
	if info, err := os.Lstat(s.path(f)); err == nil {
		f.allocated = allocated(info)
	}
	if len(s.files) == 0 && len(data) <= keptBytes {
		s.head, s.done = []Batch{{b.Kind, data[headerSize:], f.first}}, 0
	}
	s.files = append(s.files, f)
	s.bytes += f.allocated
	return dropped, nil
}

// ErrEmpty means that nothing waits.
var ErrEmpty = errors.New("spool is empty")

// Oldest returns the oldest batch and leaves it in place. Its body is valid
// until the next call that changes the spool.
func (s *Spool) Oldest() (ID, Batch, error) {
	if len(s.files) == 0 {
		return 0, Batch{}, ErrEmpty
	}
	if s.head == nil {
		head, err := s.read(s.files[0])
		if err != nil {
			return 0, Batch{}, fmt.Errorf("read batch: %w", err)
		}
		s.head = head
	}
	b := s.head[s.done]
	return b.id, b, nil
}

// Drop deletes the batch with this id if it is still the oldest; Put may have
// dropped it meanwhile. A crash may bring a dropped batch back, and the
// collector then sees it twice.
func (s *Spool) Drop(id ID) error {
	oldest, _, err := s.Oldest()
	if err != nil || oldest != id {
		return err
	}
	if s.done+1 < s.files[0].count {
		s.done++
		return nil
	}
	return s.removeHead()
}

// removeHead deletes the oldest file with all that is left in it.
func (s *Spool) removeHead() error {
	f := s.files[0]
	if err := s.discard(f); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("drop batch: %w", err)
	}
	s.bytes -= f.allocated
	s.files = s.files[1:]
	s.head, s.done = nil, 0
	return nil
}

// Len returns the number of batches that wait.
func (s *Spool) Len() int {
	n := -s.done
	for _, f := range s.files {
		n += f.count
	}
	return n
}

// Bytes returns what the batches take on disk.
func (s *Spool) Bytes() int64 { return s.bytes }

func (s *Spool) path(f file) string { return filepath.Join(s.dir, f.name()) }

func parseName(name string) (file, bool) {
	if digits, ok := strings.CutSuffix(name, batchSuffix); ok {
		id, ok := parseID(digits)
		return file{first: id, last: id}, ok
	}
	both, ok := strings.CutSuffix(name, segmentSuffix)
	if !ok {
		return file{}, false
	}
	from, to, _ := strings.Cut(both, "-")
	first, ok1 := parseID(from)
	last, ok2 := parseID(to)
	return file{first: first, last: last}, ok1 && ok2 && first < last
}

func parseID(digits string) (ID, bool) {
	if len(digits) != 20 {
		return 0, false
	}
	id, err := strconv.ParseUint(digits, 10, 64)
	return ID(id), err == nil
}
