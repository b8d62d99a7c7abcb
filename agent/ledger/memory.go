package ledger

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"

	"github.com/yunjian-io/yunjian/internal/durable"
)

// minCompact is the size below which a memory is never rewritten, in bytes.
const minCompact = 1 << 20

// Memory keeps the last value of each key. Changes are appended; once most of the
// file is outdated it is written anew.
type Memory struct {
	name  string
	file  *os.File
	size  int64
	fresh int64 // size after the last rewriting
	text  []byte
	bad   error
}

// pair is one line: without a value the key is forgotten.
type pair struct {
	Key   string          `json:"k"`
	Value json.RawMessage `json:"v,omitempty"`
}

// OpenMemory opens the file name or begins it, and returns its last values. What is
// wrong is an error that wraps ErrCorrupt and says what to do.
func OpenMemory(name string) (*Memory, map[string]json.RawMessage, error) {
	values, whole, err := readMemory(name)
	if err != nil {
		return nil, nil, fmt.Errorf("open memory: %w", err)
	}
	f, err := openAppend(name, int64(whole))
	if err != nil {
		return nil, nil, fmt.Errorf("open memory: %w", err)
	}
	m := &Memory{name: name, file: f, size: int64(whole)}
	for k, v := range values {
		m.fresh += int64(len(k) + len(v))
	}
	return m, values, nil
}

// Put notes a value; Save makes it durable.
func (m *Memory) Put(key string, value any) error {
	raw, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("put %q in memory: %w", key, err)
	}
	m.text, err = appendLine(m.text, pair{key, raw})
	return err
}

// Forget notes that a key has no value any more.
func (m *Memory) Forget(key string) error {
	text, err := appendLine(m.text, pair{Key: key})
	m.text = text
	return err
}

// Save makes all that was noted durable. all gives every present key and value, with
// which the file is written anew if most of it is outdated. After an error nothing
// more is taken until the memory is opened again.
func (m *Memory) Save(all iter.Seq2[string, any]) error {
	if m.bad != nil {
		return fmt.Errorf("save memory: after an earlier error: %w", m.bad)
	}
	if len(m.text) == 0 {
		return nil
	}
	err := m.flush()
	if err == nil && m.size > max(minCompact, 3*m.fresh) {
		err = m.compact(all)
	}
	if err != nil {
		m.bad = err
		return fmt.Errorf("save memory: %w", err)
	}
	return nil
}

func (m *Memory) flush() error {
	if _, err := m.file.Write(m.text); err != nil {
		return err
	}
	if err := m.file.Sync(); err != nil {
		return err
	}
	m.size += int64(len(m.text))
	m.text = m.text[:0]
	return nil
}

func (m *Memory) compact(all iter.Seq2[string, any]) error {
	var text []byte
	for key, value := range all {
		raw, err := json.Marshal(value)
		if err != nil {
			return err
		}
		if text, err = appendLine(text, pair{key, raw}); err != nil {
			return err
		}
	}
	if err := durable.WriteFile(m.name, text, 0o600); err != nil {
		return err
	}
	f, err := openAppend(m.name, int64(len(text)))
	if err != nil {
		return err
	}
	old := m.file
	m.file, m.size, m.fresh = f, int64(len(text)), int64(len(text))
	return old.Close()
}

// Close closes the file. What was saved is on disk already.
func (m *Memory) Close() error { return m.file.Close() }

// ReadMemory returns the last values of a file that may belong to another process, and
// changes nothing.
func ReadMemory(name string) (map[string]json.RawMessage, error) {
	values, _, err := readMemory(name)
	if err != nil {
		return nil, fmt.Errorf("read memory: %w", err)
	}
	return values, nil
}

func readMemory(name string) (values map[string]json.RawMessage, whole int, err error) {
	values = map[string]json.RawMessage{}
	data, err := os.ReadFile(name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, 0, err
	}
	whole, err = lines(name, data, func(text []byte) error {
		var p pair
		if err := json.Unmarshal(text, &p); err != nil {
			return errors.Join(ErrCorrupt, err)
		}
		if p.Value == nil {
			delete(values, p.Key)
			return nil
		}
		values[p.Key] = p.Value
		return nil
	})
	return values, whole, err
}
