package spool

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/yunjian-io/yunjian/internal/durable"
)

// spare are files of batches that were dropped, kept to be written over: at rest a
// batch comes and goes each minute, and to make and delete a file for each costs more
// than to write it. Their names are those of leftovers, which Open deletes.
//
// A file may be written over only once its name as a spare is on disk. Otherwise a
// power loss could bring back the name that it had, with another batch behind it. So a
// file that was dropped waits for the sync of the folder that ends the next Put, and
// two files take turns.
type spare struct {
	ready   string // name is on disk; "" for none
	waiting string // name is not on disk yet
}

const (
	spareBytes = 2 * blockSize // the largest file that is kept, on disk
	spareNames = temporary + "spare-"
)

// write makes data durable at name.
func (s *Spool) write(name string, data []byte) error {
	err := fs.ErrNotExist
	if old := s.spare.ready; old != "" && len(data) <= spareBytes {
		s.spare.ready = "" // whatever becomes of it
		err = durable.Reuse(old, name, data)
	}
	if errors.Is(err, fs.ErrNotExist) {
		err = durable.WriteFile(name, data, 0o600)
	}
	if err == nil && s.spare.ready == "" {
		s.spare.ready, s.spare.waiting = s.spare.waiting, ""
	}
	return err
}

// discard deletes the file of a batch, or keeps it as a spare.
func (s *Spool) discard(f file) error {
	if f.allocated > spareBytes || s.spare.waiting != "" {
		return os.Remove(s.path(f))
	}
	name := filepath.Join(s.dir, spareNames+strings.TrimSuffix(f.name(), batchSuffix))
	if err := durable.Rename(s.path(f), name); err != nil {
		return err
	}
	s.spare.waiting = name
	return nil
}
