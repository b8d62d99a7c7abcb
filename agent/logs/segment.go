package logs

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding"
	"encoding/hex"
	"fmt"
	"hash"
	"time"

	"github.com/yunjian-io/yunjian/agent/logs/utmp"
	"github.com/yunjian-io/yunjian/internal/wire"
)

const (
	headBytes = 1024 // plain bytes behind a fingerprint
	tailBytes = 256  // bytes compared before what was appended is read
	idHex     = 24   // hex digits of an ID
)

// segment is what is remembered of one file of a source. Its content is described by
// the plain bytes, so that it is found again under another name or compressed.
type segment struct {
	Number uint64 `json:"n"`
	Source string `json:"source"`
	Path   string `json:"path"`
	Stamp  stamp  `json:"stamp"`
	// ID is made from the fingerprint when the segment first had content.
	ID string `json:"id,omitempty"`
	// Head is the keyed hash of the first HeadBytes plain bytes.
	Head      string `json:"head,omitempty"`
	HeadBytes int64  `json:"head_bytes,omitempty"`
	// Sum is the keyed hash of the first Plain bytes, State the hash to go on with.
	Plain int64  `json:"plain,omitempty"`
	Sum   string `json:"sum,omitempty"`
	State []byte `json:"state,omitempty"`
	// Tail is the keyed hash of the TailBytes before Plain, for files that grow.
	Tail      string `json:"tail,omitempty"`
	TailBytes int64  `json:"tail_bytes,omitempty"`
	// Scan is the state of the reader of times, Scanned how far it came.
	Scan    []byte `json:"scan,omitempty"`
	Scanned int64  `json:"scanned,omitempty"`

	Compressed bool      `json:"compressed,omitempty"`
	Live       bool      `json:"live,omitempty"`
	Sealed     bool      `json:"sealed,omitempty"`
	Index      int       `json:"index,omitempty"`
	Seen       time.Time `json:"seen"`
	Begin      time.Time `json:"begin,omitzero"`
	Checkpoint time.Time `json:"checkpoint,omitzero"`
	// Verify says that the stamp changed in a way that may be an edit, and that the
	// content is to be read again.
	Verify bool `json:"verify,omitempty"`
	// Claims is the number of a vanished segment whose copy this one may be.
	Claims uint64 `json:"claims,omitempty"`
	// Denied says that the file could not be opened, Broken that it ends early or is
	// no archive of its kind.
	Denied bool   `json:"denied,omitempty"`
	Broken string `json:"broken,omitempty"`
	// Lost says that the content is no longer where it was: segment_gone or truncated. It
	// stays so until a copy is found or the loss is in the ledger.
	Lost wire.LogEventKind `json:"lost,omitempty"`
	// Entries is the number of records that a journal's header counts.
	Entries uint64 `json:"entries,omitempty"`
	facts

	present bool            // in this pass
	fresh   bool            // not seen before this pass
	tried   map[uint64]bool // for a lost one: segments that turned out to be something else
}

// facts is what reading a segment told.
type facts struct {
	First         time.Time     `json:"first,omitzero"`
	Last          time.Time     `json:"last,omitzero"`
	LastEstimated bool          `json:"last_estimated,omitempty"`
	Format        string        `json:"format,omitempty"`
	Unparsed      bool          `json:"unparsed,omitempty"`
	Implausible   int           `json:"implausible,omitempty"`
	P999          time.Duration `json:"p999,omitempty"`
	Gaps          []wire.LogGap `json:"gaps,omitempty"`
	Events        []utmp.Event  `json:"events,omitempty"` // boots and shutdowns in wtmp
}

// sealer makes keyed hashes: a plain hash of a short log could be guessed.
type sealer struct{ key []byte }

func (s sealer) sum(data []byte) string {
	m := hmac.New(sha256.New, s.key)
	m.Write(data)
	return hex.EncodeToString(m.Sum(nil))
}

// of is the keyed hash of what h has hashed.
func (s sealer) of(h hash.Hash) string { return s.sum(h.Sum(nil)) }

// resume returns the hash of the first Plain bytes, to go on with, and false if it was
// not kept.
func (g *segment) resume() (hash.Hash, bool) {
	h := sha256.New()
	if g.Plain == 0 {
		return h, true
	}
	if len(g.State) == 0 || h.(encoding.BinaryUnmarshaler).UnmarshalBinary(g.State) != nil {
		return sha256.New(), false
	}
	return h, true
}

// attested notes that the first n plain bytes have been hashed into h.
func (g *segment) attested(s sealer, h hash.Hash, n int64) error {
	state, err := h.(encoding.BinaryMarshaler).MarshalBinary()
	if err != nil {
		return fmt.Errorf("keep hash: %w", err)
	}
	g.Plain, g.State, g.Sum = n, state, s.of(h)
	return nil
}

// fingerprint notes the first plain bytes, which are all there are if fewer than
// headBytes.
func (g *segment) fingerprint(s sealer, head []byte) {
	if len(head) == 0 || int64(len(head)) <= g.HeadBytes {
		return
	}
	g.Head, g.HeadBytes = s.sum(head), int64(len(head))
	if g.ID == "" {
		g.ID = s.sum(fmt.Appendf(nil, "%s %d", g.Head, g.Number))[:idHex]
	}
}

// event is a ledger entry about the segment.
func (g *segment) event(kind wire.LogEventKind, at time.Time) wire.LogEvent {
	return wire.LogEvent{
		Kind: kind, At: at, Source: g.Source, Path: g.Path, ID: g.ID, Bytes: g.Plain, Hash: g.Sum,
		First: g.First, Last: g.Last, Index: g.Index,
	}
}

// inherit takes over what was attested about the same content under another name.
func (g *segment) inherit(from *segment) {
	path, s, index, live, compressed, number := g.Path, g.Stamp, g.Index, g.Live, g.Compressed, g.Number
	*g = *from
	g.Path, g.Stamp, g.Index, g.Live, g.Compressed, g.Number = path, s, index, live, compressed, number
	g.Claims, g.Verify, g.Lost, g.present = 0, false, "", true
	if compressed {
		g.Tail, g.TailBytes = "", 0
	}
}

// wire is the segment as it is reported.
func (g *segment) wire() wire.LogSegment {
	w := wire.LogSegment{
		Path: g.Path, ID: g.ID, First: g.First, Last: g.Last, LastEstimated: g.LastEstimated, Begin: g.Begin,
		ModTime: time.Unix(0, g.Stamp.ModTime).UTC(), Bytes: g.Stamp.Size,
		Index: g.Index, Live: g.Live, Sealed: g.Sealed, Implausible: g.Implausible,
	}
	return w
}
