package logs

import (
	"cmp"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/yunjian-io/yunjian/internal/wire"
)

const (
	// forgetAfter is how long a source without any file is still reported: longer than
	// any record of it had to be kept.
	forgetAfter = 200 * 24 * time.Hour
	// keepLedger is how long entries are kept on the host.
	keepLedger = 400 * 24 * time.Hour
	// maxLosses bounds the losses that are repeated for the host's own table.
	maxLosses = 50
)

// state is what is remembered of the host as a whole.
type state struct {
	Ledger   string    `json:"ledger,omitempty"`
	Sent     uint64    `json:"sent,omitempty"`   // entries that documents have told
	Number   uint64    `json:"number,omitempty"` // of the last segment
	Complete time.Time `json:"complete,omitzero"`
	Pruned   time.Time `json:"pruned,omitzero"`
}

// sourceState is what is remembered of a source beside its segments.
type sourceState struct {
	Path     string           `json:"path,omitempty"`
	Family   string           `json:"family,omitempty"`
	Streams  []wire.LogStream `json:"streams,omitempty"`
	Party    string           `json:"party,omitempty"`
	QuietOK  bool             `json:"quiet_ok,omitempty"`
	Since    time.Time        `json:"since,omitzero"`
	LastSeen time.Time        `json:"last_seen,omitzero"`
	Growth   daily            `json:"growth"`
	Rate     wire.LogRate     `json:"-"`
	Policy   string           `json:"policy,omitempty"` // digest of the policies
	// Digest is that of the last full record, Progress of the last short one.
	Digest   string          `json:"digest,omitempty"`
	Progress progress        `json:"progress"`
	Losses   []wire.LogEvent `json:"losses,omitempty"`
}

// describe keeps what is needed to report the source when nothing declares it any more.
func (s *sourceState) describe(d Declaration) {
	s.Family, s.Streams, s.Party, s.QuietOK = d.Family, d.Streams, d.Party, d.QuietOK
}

// Keys of the memory.
const (
	keyState   = "host"
	keySegment = "segment "
	keySource  = "source "
	keyDisk    = "disk "
)

// recall takes up what was saved.
func (e *engine) recall(values map[string]json.RawMessage) error {
	segments := map[string][]*segment{}
	for key, raw := range values {
		var err error
		switch {
		case key == keyState:
			err = json.Unmarshal(raw, &e.state)
		case strings.HasPrefix(key, keySegment):
			g := &segment{}
			if err = json.Unmarshal(raw, g); err == nil {
				segments[g.Source] = append(segments[g.Source], g)
			}
		case strings.HasPrefix(key, keySource):
			s := &source{key: strings.TrimPrefix(key, keySource), known: true}
			if err = json.Unmarshal(raw, &s.sourceState); err == nil {
				s.path = s.Path
				s.declared = Declaration{Family: s.Family, Streams: s.Streams, Party: s.Party, QuietOK: s.QuietOK, Paths: []string{s.path}}
				e.byKey[s.key] = s
			}
		case strings.HasPrefix(key, keyDisk):
			d := &disk{}
			device, numErr := strconv.ParseUint(strings.TrimPrefix(key, keyDisk), 10, 64)
			if err = json.Unmarshal(raw, d); err == nil && numErr == nil {
				e.disks[device] = d
			}
		}
		if err != nil {
			return fmt.Errorf("%s of the memory: %w", key, err)
		}
	}
	for key, list := range segments {
		if s := e.byKey[key]; s != nil {
			slices.SortFunc(list, func(a, b *segment) int { return cmp.Compare(a.Number, b.Number) })
			s.segments = list
		}
	}
	return nil
}

func (e *engine) number() uint64 {
	e.state.Number++
	return e.state.Number
}

// dirty says that a segment has to be saved.
func (e *engine) dirty(g *segment) { e.changed[g] = true }

// forget says that a segment is no more.
func (e *engine) forget(g *segment) {
	delete(e.changed, g)
	if g.Number != 0 {
		e.gone = append(e.gone, g.Number)
	}
}

// note adds an entry to the ledger, at the next save.
func (e *engine) note(event wire.LogEvent) {
	if !e.attests {
		return
	}
	e.events = append(e.events, event)
	s := e.byKey[event.Source]
	if s == nil {
		return
	}
	switch event.Kind {
	case wire.EventGone, wire.EventTruncated, wire.EventEdited:
		s.Losses = append(s.Losses, event)
		s.Losses = s.Losses[max(0, len(s.Losses)-maxLosses):]
		s.unsaved = true
	}
}

// save makes the ledger and then the memory durable. A crash in between repeats an
// entry, it never loses one.
func (e *engine) save() error {
	if !e.attests {
		clear(e.changed)
		e.events, e.gone = nil, nil
		return nil
	}
	for i := range e.events {
		e.events[i].At = e.events[i].At.UTC().Truncate(time.Second)
	}
	if err := e.ledger.Append(e.events); err != nil {
		return err
	}
	e.events = e.events[:0]
	for g := range e.changed {
		if err := e.memory.Put(segmentKey(g.Number), g); err != nil {
			return err
		}
	}
	clear(e.changed)
	for _, number := range e.gone {
		if err := e.memory.Forget(segmentKey(number)); err != nil {
			return err
		}
	}
	e.gone = e.gone[:0]
	for _, s := range e.sources {
		if err := e.saveSource(s); err != nil {
			return err
		}
	}
	if err := e.saveHost(); err != nil {
		return err
	}
	return e.memory.Save(e.everything())
}

func segmentKey(number uint64) string { return keySegment + strconv.FormatUint(number, 10) }

// saveSource notes the state of a source if it changed, and the time it was last seen
// at once a day.
func (e *engine) saveSource(s *source) error {
	if !s.unsaved && s.LastSeen.Sub(s.savedSeen) < completeDay {
		return nil
	}
	s.Path, s.unsaved, s.savedSeen = s.path, false, s.LastSeen
	return e.memory.Put(keySource+s.key, &s.sourceState)
}

func (e *engine) saveHost() error {
	if e.now.Sub(e.state.Pruned) >= completeDay {
		e.state.Pruned = e.now
		if err := e.ledger.Prune(e.now.Add(-keepLedger)); err != nil {
			return err
		}
		for device, d := range e.disks {
			if err := e.memory.Put(keyDisk+strconv.FormatUint(device, 10), d); err != nil {
				return err
			}
		}
	}
	if e.state != e.savedState {
		e.savedState = e.state
		return e.memory.Put(keyState, e.state)
	}
	return nil
}

// everything is the whole memory, for when its file is written anew.
func (e *engine) everything() iter.Seq2[string, any] {
	return func(yield func(string, any) bool) {
		if !yield(keyState, e.state) {
			return
		}
		for device, d := range e.disks {
			if !yield(keyDisk+strconv.FormatUint(device, 10), d) {
				return
			}
		}
		for key, s := range e.byKey {
			if s.known && !yield(keySource+key, &s.sourceState) {
				return
			}
			for _, g := range s.segments {
				if !yield(segmentKey(g.Number), g) {
					return
				}
			}
		}
	}
}
