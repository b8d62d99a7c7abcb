package spool

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/yunjian-io/yunjian/internal/durable"
)

// SegmentBytes is the usual size of a segment (contract: Doors).
const SegmentBytes = 256 << 10

// Fold merges the oldest run of files that fit into one segment of at most
// maxBytes, and returns how many files went into it: 0 when there is nothing to
// merge. The segment is on disk before its parts are deleted; after a crash in
// between, Open deletes them. Ids and order stay the same.
func (s *Spool) Fold(maxBytes int64) (files int, err error) {
	from, to := s.foldable(maxBytes)
	if to-from < 2 {
		return 0, nil
	}
	parts := s.files[from:to]
	var data []byte
	merged := file{first: parts[0].first, last: parts[len(parts)-1].last}
	for _, f := range parts {
		batches, err := s.read(f)
		if err != nil {
			return 0, fmt.Errorf("fold batches: %w", err)
		}
		for _, b := range batches {
			data = appendBatch(data, b.id, b)
		}
		merged.count += f.count
	}
	merged.size = int64(len(data))
	if err := durable.WriteFile(s.path(merged), data, 0o600); err != nil {
		return 0, fmt.Errorf("fold batches: %w", err)
	}
	merged.allocated = roundUp(merged.size)
	if info, err := os.Lstat(s.path(merged)); err == nil {
		merged.allocated = allocated(info)
	}
	names := make([]string, len(parts))
	for i, f := range parts {
		names[i] = f.name()
		s.bytes -= f.allocated
	}
	s.bytes += merged.allocated
	s.files = append(s.files[:from], append([]file{merged}, s.files[to:]...)...)
	s.head = nil
	for _, name := range names {
		if err := os.Remove(filepath.Join(s.dir, name)); err != nil {
			return len(names), fmt.Errorf("fold batches: %w", err)
		}
	}
	return len(names), nil
}

// foldable finds the oldest run of at least two files that fit into maxBytes,
// beginning behind a segment of which batches were already delivered.
func (s *Spool) foldable(maxBytes int64) (from, to int) {
	if s.done > 0 {
		from = 1
	}
	for from < len(s.files) {
		size := int64(0)
		to = from
		for to < len(s.files) && size+s.files[to].size <= maxBytes {
			size += s.files[to].size
			to++
		}
		if to-from >= 2 {
			return from, to
		}
		from++
	}
	return 0, 0
}
