package ledger

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/yunjian-io/yunjian/internal/durable"
	"github.com/yunjian-io/yunjian/internal/wire"
)

const (
	suffix      = ".ledger"
	maxPart     = 8 << 20 // bytes after which a new file is begun
	identifier  = "id"
	idBytes     = 8
	entriesOnce = 2000 // most entries that Since returns
)

// Ledger is the ordered list of what was attested. Its files hold runs of entries,
// each named by the number of its first one.
type Ledger struct {
	dir   string
	id    string
	parts []part
	file  *os.File // the last part
	size  int64
	next  uint64
	bad   error // an append that failed: the end of the file is not known any more
}

type part struct {
	first uint64
	name  string
}

// Open opens the ledger in the folder dir, which must exist, or begins one there. An
// error that wraps ErrCorrupt says what to do.
func Open(dir string) (*Ledger, error) {
	l, err := open(dir)
	if err != nil {
		return nil, fmt.Errorf("open ledger: %w", err)
	}
	return l, nil
}

func open(dir string) (*Ledger, error) {
	id, err := identify(filepath.Join(dir, identifier))
	if err != nil {
		return nil, err
	}
	l := &Ledger{dir: dir, id: id, next: 1}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		base, ours := strings.CutSuffix(e.Name(), suffix)
		first, err := strconv.ParseUint(base, 10, 64)
		if !ours || err != nil {
			continue
		}
		l.parts = append(l.parts, part{first, filepath.Join(dir, e.Name())})
	}
	slices.SortFunc(l.parts, func(a, b part) int { return strings.Compare(a.name, b.name) })
	if len(l.parts) == 0 {
		return l, l.begin()
	}
	last := l.parts[len(l.parts)-1]
	l.next = last.first
	data, err := os.ReadFile(last.name)
	if err != nil {
		return nil, err
	}
	whole, err := l.read(last, data, func(e wire.LogEvent) { l.next = e.Seq + 1 })
	if err != nil {
		return nil, err
	}
	l.size = int64(whole)
	l.file, err = openAppend(last.name, l.size)
	return l, err
}

// identify reads or makes the identity of a ledger.
func identify(name string) (string, error) {
	data, err := os.ReadFile(name)
	if err == nil {
		id := strings.TrimSpace(string(data))
		if raw, err := hex.DecodeString(id); err != nil || len(raw) != idBytes {
			return "", fmt.Errorf("%s: %w; keep the file as evidence and move the folder away", name, ErrCorrupt)
		}
		return id, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	id := make([]byte, idBytes)
	rand.Read(id) // never fails
	return hex.EncodeToString(id), durable.WriteFile(name, []byte(hex.EncodeToString(id)+"\n"), 0o600)
}

// begin starts a new part.
func (l *Ledger) begin() error {
	p := part{l.next, filepath.Join(l.dir, fmt.Sprintf("%020d%s", l.next, suffix))}
	f, err := openAppend(p.name, 0)
	if err != nil {
		return err
	}
	if err := syncFolder(l.dir); err != nil {
		f.Close()
		return err
	}
	if l.file != nil {
		if err := l.file.Close(); err != nil {
			f.Close()
			return err
		}
	}
	l.file, l.size, l.parts = f, 0, append(l.parts, p)
	return nil
}

// read calls each for the entries of a part.
func (l *Ledger) read(p part, data []byte, each func(wire.LogEvent)) (whole int, err error) {
	seq := p.first
	return lines(p.name, data, func(text []byte) error {
		var e wire.LogEvent
		if err := json.Unmarshal(text, &e); err != nil {
			return errors.Join(ErrCorrupt, err)
		}
		if e.Seq != seq {
			return fmt.Errorf("%w: entry %d stands where %d belongs", ErrCorrupt, e.Seq, seq)
		}
		seq++
		each(e)
		return nil
	})
}

// ID is the identity of the ledger, 16 hex digits. Another one means that an earlier
// memory was lost or taken away.
func (l *Ledger) ID() string { return l.id }

// Entries is the number of entries ever made, which is the number of the last one.
func (l *Ledger) Entries() uint64 { return l.next - 1 }

// Append numbers the events, gives them the identity of the ledger, and adds them;
// once it returns nil they are on disk. After an error the ledger takes nothing more
// until it is opened again.
func (l *Ledger) Append(events []wire.LogEvent) error {
	if len(events) == 0 {
		return nil
	}
	if l.bad != nil {
		return fmt.Errorf("append to ledger: after an earlier error: %w", l.bad)
	}
	if err := l.append(events); err != nil {
		l.bad = err
		return fmt.Errorf("append to ledger: %w", err)
	}
	return nil
}

func (l *Ledger) append(events []wire.LogEvent) error {
	if l.size >= maxPart {
		if err := l.begin(); err != nil {
			return err
		}
	}
	var (
		text []byte
		err  error
	)
	for i := range events {
		events[i].Seq, events[i].Ledger = l.next+uint64(i), l.id
		if text, err = appendLine(text, events[i]); err != nil {
			return err
		}
	}
	if _, err := l.file.Write(text); err != nil {
		return err
	}
	if err := l.file.Sync(); err != nil {
		return err
	}
	l.size += int64(len(text))
	l.next += uint64(len(events))
	return nil
}

// Since returns the entries behind number seq in order, a few thousand at most.
func (l *Ledger) Since(seq uint64) ([]wire.LogEvent, error) {
	var found []wire.LogEvent
	for i, p := range l.parts {
		if seq+1 >= l.next || i+1 < len(l.parts) && l.parts[i+1].first <= seq+1 {
			continue
		}
		data, err := os.ReadFile(p.name)
		if err != nil {
			return nil, fmt.Errorf("read ledger: %w", err)
		}
		_, err = l.read(p, data, func(e wire.LogEvent) {
			if e.Seq > seq && len(found) < entriesOnce {
				found = append(found, e)
			}
		})
		if err != nil {
			return nil, fmt.Errorf("read ledger: %w", err)
		}
		if len(found) >= entriesOnce {
			break
		}
	}
	return found, nil
}

// Prune deletes the parts whose last entry is older than before. The part that is
// being written stays.
func (l *Ledger) Prune(before time.Time) error {
	for len(l.parts) > 1 {
		data, err := os.ReadFile(l.parts[0].name)
		if err != nil {
			return fmt.Errorf("prune ledger: %w", err)
		}
		var last time.Time
		if _, err := l.read(l.parts[0], data, func(e wire.LogEvent) { last = e.At }); err != nil {
			return fmt.Errorf("prune ledger: %w", err)
		}
		if !last.Before(before) {
			return nil
		}
		if err := os.Remove(l.parts[0].name); err != nil {
			return fmt.Errorf("prune ledger: %w", err)
		}
		l.parts = l.parts[1:]
	}
	return nil
}

// Close closes the file. What was appended is on disk already.
func (l *Ledger) Close() error { return l.file.Close() }
