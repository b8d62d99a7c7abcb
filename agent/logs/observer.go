package logs

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/yunjian-io/yunjian/agent/ledger"
	"github.com/yunjian-io/yunjian/internal/durable"
	"github.com/yunjian-io/yunjian/internal/wire"
)

// Options are what an Observer needs. Root is the only one without a default.
type Options struct {
	// Root is the folder in which the tree of the host is found, "/" on the host itself.
	Root string
	// Host is the identifier of the host in documents.
	Host string
	// StateDir is the folder of the memory, which must exist. Empty: nothing is
	// remembered, and so nothing is attested.
	StateDir string
	// ReadOnly looks at the memory of StateDir and changes nothing, so that it may
	// belong to an agent that is running.
	ReadOnly bool
	Sites    []SiteSource
	Budget   Budget
	// Clock is the wall clock; nil: that of the host.
	Clock func() time.Time
	// Statfs tells about the file system of an absolute path; nil asks the kernel.
	Statfs func(path string) (wire.LogDisk, error)
	// ClockOffset is the clock of the host less that of the collector in seconds, false
	// while it is not known; nil: it never is.
	ClockOffset func() (seconds float64, known bool)
}

// Observer watches the logs of one host. It is not safe for concurrent use, and its
// calls belong on one thread where CPU time is to be bounded.
type Observer struct{ engine *engine }

// Usage is what observing has cost so far.
type Usage struct {
	ReadBytes int64
	// Waited is the time in which the budget held it back.
	Waited time.Duration
	// Passes counts passes, Stats and Opens what the last of them asked of the kernel.
	Passes, Stats, Opens int
}

// files of the memory in StateDir.
const (
	memoryFile = "segments"
	keyFile    = "key"
	keyBytes   = 32
)

// New opens the memory, or begins one. The error says what is wrong with it and what
// to do.
func New(o Options) (*Observer, error) {
	e := newEngine(o)
	if o.StateDir == "" {
		return &Observer{e}, nil
	}
	if err := e.remember(o); err != nil {
		return nil, fmt.Errorf("open the memory of logs: %w", err)
	}
	return &Observer{e}, nil
}

// Close closes the memory. What was observed is on disk already.
func (o *Observer) Close() error {
	e := o.engine
	e.end()
	if e.memory == nil {
		return nil
	}
	return errors.Join(e.memory.Close(), e.ledger.Close())
}

// Usage tells what observing has cost.
func (o *Observer) Usage() Usage {
	e := o.engine
	return Usage{ReadBytes: e.host.meter.read, Waited: e.host.meter.waited, Passes: e.passes, Stats: e.host.stats, Opens: e.host.opens}
}

func newEngine(o Options) *engine {
	e := &engine{
		hostID: o.Host, sites: o.Sites, clock: o.Clock, statfs: o.Statfs, offset: o.ClockOffset,
		byKey: map[string]*source{}, changed: map[*segment]bool{}, settle: settleTime, buffer: make([]byte, chunk), disks: map[uint64]*disk{}, readOnly: o.ReadOnly,
		host: &host{root: strings.TrimSuffix(o.Root, "/"), fsys: os.DirFS(o.Root), meter: newMeter(o.Budget), folders: map[string]*folder{}},
	}
	if e.clock == nil {
		e.clock = func() time.Time { return time.Now().Round(0) }
	}
	if e.statfs == nil {
		e.statfs = func(path string) (wire.LogDisk, error) { return statfs(filepath.Join(o.Root, path)) }
	}
	e.headers = &headers{fsys: e.host.fsys, host: e.host, known: map[string]header{}}
	e.zone = hostZone(e.host.fsys)
	e.seal.key = make([]byte, keyBytes)
	rand.Read(e.seal.key) // never fails
	return e
}

func statfs(path string) (wire.LogDisk, error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(path, &s); err != nil {
		return wire.LogDisk{}, fmt.Errorf("statfs %s: %w", path, err)
	}
	block := s.Frsize
	if block == 0 {
		block = s.Bsize
	}
	return wire.LogDisk{Size: int64(s.Blocks) * block, Free: int64(s.Bavail) * block, InodesFree: int64(s.Ffree)}, nil
}

// remember opens what earlier processes left.
func (e *engine) remember(o Options) error {
	key, err := hostKey(filepath.Join(o.StateDir, keyFile), o.ReadOnly)
	if err != nil {
		return err
	}
	e.seal.key = key
	var values map[string]json.RawMessage
	name := filepath.Join(o.StateDir, memoryFile)
	if o.ReadOnly {
		values, err = ledger.ReadMemory(name)
	} else {
		e.memory, values, err = ledger.OpenMemory(name)
	}
	if err != nil {
		return err
	}
	if err := e.recall(values); err != nil {
		return err
	}
	if o.ReadOnly {
		return nil
	}
	e.attests = true
	if e.ledger, err = ledger.Open(o.StateDir); err != nil {
		e.memory.Close()
		return err
	}
	if e.state.Ledger != e.ledger.ID() {
		e.state.Ledger, e.state.Sent = e.ledger.ID(), 0
	}
	return nil
}

// hostKey reads or makes the key of the host's fingerprints, which never leaves it.
func hostKey(name string, readOnly bool) ([]byte, error) {
	key, err := os.ReadFile(name)
	if err == nil {
		if len(key) != keyBytes {
			return nil, fmt.Errorf("%s: %w; keep the folder as evidence and move it away, the agent then begins a new memory", name, ledger.ErrCorrupt)
		}
		return key, nil
	}
	if !errors.Is(err, fs.ErrNotExist) || readOnly {
		return nil, err
	}
	key = make([]byte, keyBytes)
	rand.Read(key) // never fails
	return key, durable.WriteFile(name, key, 0o600)
}

// Pass looks at all sources once and returns the document to be sent. What it found
// is durable when it returns; call Sent once the document is.
func (o *Observer) Pass(ctx context.Context) (*Report, error) {
	return o.engine.observe(ctx)
}

// Sent says that the document of the last Pass is in safe hands. Without it the next
// one tells the same again.
func (o *Observer) Sent(r *Report) error { return o.engine.sent(r) }
