package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/yunjian-io/yunjian/internal/wire"
)

// LogState is what is known about one log as of a time.
type LogState struct {
	Host uint64
	// At is the time of the full record, by the clock of the host.
	At time.Time
	// Gone says that a later complete document did not name the source any more.
	Gone   bool
	Source wire.LogSource
	// Progress is the last one behind the full record, at ProgressAt; nil if there is none.
	Progress   *wire.LogProgress
	ProgressAt time.Time
}

// LogHost is the last document of a host about its logs as of a time.
type LogHost struct {
	Host uint64
	// At is the end of the pass, by the clock of the host.
	At time.Time
	// ReceivedAt is when a document was received last.
	ReceivedAt    time.Time
	LedgerEntries uint64
	// ClockOffsetSeconds is the last that was told, at OffsetAt; nil if none ever was.
	ClockOffsetSeconds *float64
	OffsetAt           time.Time
}

// LogHosts returns the last documents as of a time, by host.
func (s *Store) LogHosts(ctx context.Context, at time.Time) (map[uint64]LogHost, error) {
	out := map[uint64]LogHost{}
	err := s.Each(ctx, query("logs_hosts"), map[string]any{"at": at}, func(scan func(...any) error) error {
		var h LogHost
		if err := scan(&h.Host, &h.At, &h.ReceivedAt, &h.LedgerEntries, &h.OffsetAt, &h.ClockOffsetSeconds); err != nil {
			return err
		}
		out[h.Host] = h
		return nil
	})
	return out, err
}

// LogEvents returns the ledger entries of hosts that speak of loss, as of a time.
func (s *Store) LogEvents(ctx context.Context, hosts []uint64, at time.Time) (map[uint64][]wire.LogEvent, error) {
	out := map[uint64][]wire.LogEvent{}
	kinds := []string{string(wire.EventGone), string(wire.EventTruncated), string(wire.EventEdited)}
	values := map[string]any{"hosts": hosts, "at": at, "kinds": kinds}
	err := s.Each(ctx, query("logs_events"), values, func(scan func(...any) error) error {
		var (
			host, bytes uint64
			kind        string
			first, last *time.Time
			index       int32
			e           wire.LogEvent
		)
		if err := scan(&host, &e.Ledger, &e.Seq, &kind, &e.At, &e.Source, &e.Path, &e.ID, &bytes, &e.Hash, &first, &last, &index, &e.Detail); err != nil {
			return err
		}
		e.Kind, e.Bytes, e.Index, e.First, e.Last = wire.LogEventKind(kind), int64(bytes), int(index), timeOf(first), timeOf(last)
		out[host] = append(out[host], e)
		return nil
	})
	return out, err
}

// Who says that a host was off.
const (
	OffByHost  = "host"  // the host itself: a claim
	OffByPower = "power" // the platform
	OffByUsage = "usage" // nothing was received from it
)

// LogDowntime is a time for which a host was off, or silent, according to Source.
type LogDowntime struct {
	Source   string // OffByHost, OffByPower or OffByUsage
	From, To time.Time
}

// LogDowntimes returns what is known about times off of hosts between two instants.
// Silence is looked for only where a host claims to have been off.
func (s *Store) LogDowntimes(ctx context.Context, hosts []uint64, from, to time.Time) (map[uint64][]LogDowntime, error) {
	out := map[uint64][]LogDowntime{}
	values := map[string]any{"hosts": hosts, "from": from, "to": to}
	err := s.Each(ctx, query("logs_downtime"), values, func(scan func(...any) error) error {
		var host uint64
		var d LogDowntime
		if err := scan(&host, &d.Source, &d.From, &d.To); err != nil {
			return err
		}
		out[host] = append(out[host], d)
		return nil
	})
	return out, err
}

// LogStates returns the logs of hosts as of a time, by host and key.
func (s *Store) LogStates(ctx context.Context, hosts []uint64, at time.Time) (out []LogState, err error) {
	err = s.Each(ctx, query("logs_state"), map[string]any{"hosts": hosts, "at": at}, func(scan func(...any) error) error {
		var r stateRow
		if err := scan(r.targets()...); err != nil {
			return err
		}
		state, err := r.state()
		if err != nil {
			return fmt.Errorf("log %s: %w", r.source.Key, err)
		}
		out = append(out, state)
		return nil
	})
	return out, err
}

// stateRow is one row of logs_state.
type stateRow struct {
	host                                                  uint64
	at, progressAt                                        time.Time
	gone, grown, quiet, denied, unparsed, unlinked        uint8
	source                                                wire.LogSource
	classes, names                                        []string
	segPath, segID                                        []string
	segFirst, segLast, segBegin, segModTime               []*time.Time
	segBytes                                              []uint64
	segIndex, segImplausible                              []int32
	segFlags                                              []uint8
	polKind, polOrigin, polProblem, polSettings           []string
	rateDays                                              uint16
	diskSize, diskFree, inodesFree, suspendAt             uint64
	writerSince, lastAppend, attested, progLast, progGrew *time.Time
	fwdTarget, fwdProtocol, fwdQueue, fwdOrigin           []string
	fwdLag                                                []*int64
	silence, unsealed, progBytes, progFree                uint64
	gapKind, gapPath                                      []string
	gapFrom, gapTo                                        []time.Time
	gapMissing                                            []uint64
}

// targets are where the columns of logs_state go, in their order.
func (r *stateRow) targets() []any {
	s := &r.source
	return []any{
		&r.host, &r.at, &r.gone, &s.Key, &s.Family, &s.Path, &s.Party, &r.classes, &r.names, &r.quiet, &r.denied, &s.Access.Grant, &r.unparsed,
		&r.segPath, &r.segID, &r.segFirst, &r.segLast, &r.segBegin, &r.segModTime, &r.segBytes, &r.segIndex, &r.segImplausible, &r.segFlags,
		&r.polKind, &r.polOrigin, &r.polProblem, &r.polSettings,
		&s.Rate.P50, &s.Rate.P95, &s.Rate.Median7, &s.Rate.Disk, &s.Rate.Ratio, &r.rateDays, &r.diskSize, &r.diskFree, &r.inodesFree,
		&s.Writer.State, &r.writerSince, &s.Writer.Evidence, &r.unlinked, &r.lastAppend, &r.suspendAt,
		&r.fwdTarget, &r.fwdProtocol, &r.fwdQueue, &r.fwdOrigin, &r.fwdLag, &r.silence,
		&r.gapKind, &r.gapFrom, &r.gapTo, &r.gapMissing, &r.gapPath, &r.attested, &r.unsealed,
		&r.grown, &r.progressAt, &r.progLast, &r.progBytes, &r.progFree, &r.progGrew,
	}
}

// state puts the columns together as the document had them.
func (r *stateRow) state() (LogState, error) {
	s := r.source
	s.QuietOK, s.Access.Denied, s.Access.Unparsed = r.quiet == 1, r.denied == 1, r.unparsed == 1
	s.Rate.Days = int(r.rateDays)
	s.Disk = wire.LogDisk{Size: int64(r.diskSize), Free: int64(r.diskFree), InodesFree: int64(r.inodesFree)}
	s.Writer.Since, s.Writer.LastAppend = timeOf(r.writerSince), timeOf(r.lastAppend)
	s.Writer.Unlinked, s.Writer.SuspendAtFreeBytes = r.unlinked == 1, int64(r.suspendAt)
	s.SilenceP999Seconds, s.Unsealed, s.AttestedSince = int64(r.silence), int64(r.unsealed), timeOf(r.attested)
	for i := range r.classes {
		s.Streams = append(s.Streams, wire.LogStream{Class: r.classes[i], Name: r.names[i]})
	}
	for i := range r.segPath {
		s.Segments = append(s.Segments, wire.LogSegment{
			Path: r.segPath[i], ID: r.segID[i], First: timeOf(r.segFirst[i]), Last: timeOf(r.segLast[i]), Begin: timeOf(r.segBegin[i]),
			ModTime: timeOf(r.segModTime[i]), Bytes: int64(r.segBytes[i]), Index: int(r.segIndex[i]), Implausible: int(r.segImplausible[i]),
			Live: r.segFlags[i]&segmentLive != 0, Sealed: r.segFlags[i]&segmentSealed != 0,
			LastEstimated: r.segFlags[i]&segmentLastEstimated != 0, HeadUntrusted: r.segFlags[i]&segmentHeadUntrusted != 0,
		})
	}
	for i := range r.polKind {
		var p wire.LogPolicy
		if err := json.Unmarshal([]byte(r.polSettings[i]), &p); err != nil {
			return LogState{}, fmt.Errorf("read policy: %w", err)
		}
		p.Kind, p.Origin, p.Problem = wire.LogPolicyKind(r.polKind[i]), r.polOrigin[i], r.polProblem[i]
		s.Policies = append(s.Policies, p)
	}
	for i := range r.fwdTarget {
		s.Forward = append(s.Forward, wire.LogForward{
			Target: r.fwdTarget[i], Protocol: r.fwdProtocol[i], Queue: r.fwdQueue[i], Origin: r.fwdOrigin[i], AckLagSeconds: r.fwdLag[i],
		})
	}
	for i := range r.gapKind {
		s.Gaps = append(s.Gaps, wire.LogGap{Kind: r.gapKind[i], From: r.gapFrom[i], To: r.gapTo[i], Missing: r.gapMissing[i], Path: r.gapPath[i]})
	}
	out := LogState{Host: r.host, At: r.at, Gone: r.gone == 1, Source: s}
	if r.grown == 1 {
		out.ProgressAt = r.progressAt
		out.Progress = &wire.LogProgress{
			Key: s.Key, Last: timeOf(r.progLast), Bytes: int64(r.progBytes), DiskFree: int64(r.progFree), LastAppend: timeOf(r.progGrew),
		}
	}
	return out, nil
}

// timeOf returns a time that may not be known, zero if it is not.
func timeOf(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}
