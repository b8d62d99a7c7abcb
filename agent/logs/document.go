package logs

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/yunjian-io/yunjian/agent/logs/liveness"
	"github.com/yunjian-io/yunjian/internal/wire"
)

// Report is the result of one pass.
type Report struct {
	// Document is to be sent: what is new since the last one.
	Document wire.LogEvidence
	// Sources are all sources, for whoever looks at this host alone.
	Sources []wire.LogSource
	// Losses are the recent entries of the ledger that speak of loss.
	Losses []wire.LogEvent

	told []told // to be remembered once sent
	last uint64 // last entry of the ledger in Document
}

// govern finds what removes records of a source.
func (e *engine) govern(s *source) {
	if s.governed.Equal(e.declared) && s.declared.Family != FamilyJournald {
		return
	}
	s.governed, s.touched = e.declared, true
	s.policies = nil
	if s.declared.Family == FamilyJournald {
		s.policies = []wire.LogPolicy{e.journalPolicy(s)}
	} else {
		s.policies = append(s.policies, s.declared.Policies...)
		if e.rotation != nil {
			s.policies = append(s.policies, e.rotation.Policies(s.path)...)
		}
	}
	if len(s.policies) > 1 { // that the writer itself removes nothing decides nothing then
		s.policies = slices.DeleteFunc(s.policies, func(p wire.LogPolicy) bool { return p.Kind == wire.PolicyNever })
	}
	for i := range s.policies {
		s.policies[i] = e.running(s.policies[i])
	}
	steady := slices.Clone(s.policies)
	for i := range steady { // what moves by itself is no change of policy
		steady[i] = settings(steady[i])
	}
	digest := digestOf(steady)
	if s.Policy != "" && s.Policy != digest {
		e.note(wire.LogEvent{Kind: wire.EventPolicy, At: e.now, Source: s.key, Path: s.path, Detail: originOf(s.policies)})
	}
	s.unsaved = s.unsaved || s.Policy != digest
	s.Policy = digest
}

// rotatedLately is for how long a rotation shows that something runs logrotate.
const rotatedLately = 40 * 24 * time.Hour

// running corrects a stanza that nothing seems to run although its state says that it
// rotated of late: there are more ways to start a program than can be known.
func (e *engine) running(p wire.LogPolicy) wire.LogPolicy {
	l := p.Logrotate
	if l == nil || !l.Disabled || l.LastRotation.IsZero() || e.now.Sub(l.LastRotation) > rotatedLately {
		return p
	}
	run := *l
	run.Disabled, run.RunsPerDay = false, 0
	p.Logrotate = &run
	return p
}

// settings is a policy without what was observed.
func settings(p wire.LogPolicy) wire.LogPolicy {
	if p.Journald != nil {
		j := *p.Journald
		j.FilesystemFree, j.Usage, j.ActiveFiles, j.TypicalSpanSeconds, j.LongestSpanSeconds = 0, 0, 0, 0, 0
		p.Journald = &j
	}
	if p.Logrotate != nil {
		l := *p.Logrotate
		l.LastRotation = time.Time{}
		p.Logrotate = &l
	}
	return p
}

func originOf(policies []wire.LogPolicy) string {
	for _, p := range policies {
		if p.Origin != "" {
			return p.Origin
		}
	}
	return ""
}

// write finds out about the writer of a source.
func (e *engine) write(s *source, t liveness.Table) {
	last := time.Time{}
	for _, g := range s.segments {
		if m := time.Unix(0, g.Stamp.ModTime); g.present && m.After(last) {
			last = m
		}
	}
	suspends := max(s.declared.SuspendAtFreeBytes, int64(float64(s.disk.Size)*s.declared.SuspendAtFreePercent/100))
	a := t.Ask(liveness.Query{Processes: s.declared.Processes, Units: s.declared.Units, Path: s.path, LastAppend: last, Now: e.now})
	w := wire.LogWriter{
		State: a.State, Since: a.Since, Evidence: a.Evidence, Unlinked: a.Unlinked, LastAppend: last.UTC(),
		SuspendAtFreeBytes: suspends,
	}
	if last.IsZero() {
		w.LastAppend = time.Time{}
	}
	if suspends > 0 && s.disk.Size > 0 && s.disk.Free < suspends {
		w.State, w.Evidence = "suspended", fmt.Sprintf("%d bytes are free; it stops below %d", s.disk.Free, suspends)
	}
	if w != s.writer {
		s.writer, s.touched = w, true
	}
}

// evidence is a source as it is reported.
func (e *engine) evidence(s *source) wire.LogSource {
	w := wire.LogSource{
		Key: s.key, Streams: s.declared.Streams, Family: s.declared.Family, Path: s.path, Party: s.declared.Party,
		QuietOK: s.declared.QuietOK, Segments: []wire.LogSegment{}, Policies: s.policies, Rate: s.Rate, Disk: s.disk,
		Writer: s.writer, Forward: s.declared.Forward, Gaps: slices.Clone(s.gaps),
	}
	if e.attests || e.readOnly {
		w.AttestedSince = s.Since.UTC().Truncate(time.Second)
		if s.Since.IsZero() {
			w.AttestedSince = time.Time{}
		}
	}
	parsed, unparsed := false, false
	p999 := time.Duration(0)
	for _, g := range s.segments {
		if !g.present || g.Lost != "" {
			continue
		}
		w.Segments = append(w.Segments, g.wire())
		w.Gaps = append(w.Gaps, g.Gaps...)
		w.Access.Denied = w.Access.Denied || g.Denied
		parsed = parsed || !g.First.IsZero()
		unparsed = unparsed || g.Unparsed
		p999 = max(p999, g.P999)
		if !g.Live && !g.Sealed {
			w.Unsealed += g.Stamp.Size
		}
	}
	w.SilenceP999Seconds = int64(p999 / time.Second)
	w.Access.Denied = w.Access.Denied || s.denied
	if w.Access.Denied {
		w.Access.Grant = s.declared.Grant
	}
	w.Access.Unparsed = unparsed && !parsed
	slices.SortFunc(w.Segments, func(a, b wire.LogSegment) int {
		return cmp.Or(a.First.Compare(b.First), a.ModTime.Compare(b.ModTime), cmp.Compare(a.Path, b.Path))
	})
	slices.SortFunc(w.Gaps, func(a, b wire.LogGap) int { return cmp.Or(a.From.Compare(b.From), cmp.Compare(a.Kind, b.Kind)) })
	return w
}

// document makes the report of a pass.
func (e *engine) document(started bool) (*Report, error) {
	r := &Report{}
	r.Document = wire.LogEvidence{
		Schema: wire.SchemaLogEvidence, Host: e.hostID, At: e.now.UTC().Truncate(time.Second),
		Complete: started || e.now.Sub(e.state.Complete) >= completeDay, Downtime: e.down, Problems: e.problems,
	}
	if e.offset != nil {
		if seconds, known := e.offset(); known {
			r.Document.ClockOffsetSeconds = &seconds
		}
	}
	for _, s := range e.sources {
		if s.touched || s.digest == "" {
			s.cached = e.evidence(s)
			s.digest = digestOf(material(s.cached))
			s.touched = false
		}
		s.cached.Disk = s.disk
		p := progressOf(s.cached)
		r.Sources = append(r.Sources, s.cached)
		r.Losses = append(r.Losses, s.Losses...)
		switch {
		case r.Document.Complete || s.digest != s.Digest:
			r.Document.Sources = append(r.Document.Sources, s.cached)
		case !p.equal(s.Progress):
			r.Document.Progress = append(r.Document.Progress, p.LogProgress)
		default:
			continue
		}
		r.told = append(r.told, told{s, s.digest, p})
	}
	if !r.Document.Complete {
		r.Document.Problems = nil // they are told with all sources
	}
	if e.ledger == nil {
		r.Document.Events = r.Losses
		return r, nil
	}
	events, err := e.ledger.Since(e.state.Sent)
	if err != nil {
		return nil, err
	}
	r.Document.Events, r.last = events, e.state.Sent
	if n := len(events); n > 0 {
		r.last = events[n-1].Seq
	}
	r.Document.LedgerEntries = e.ledger.Entries()
	return r, nil
}

// sent remembers what a document has told.
func (e *engine) sent(r *Report) error {
	for _, t := range r.told {
		t.source.Digest, t.source.Progress, t.source.unsaved = t.digest, t.progress, true
	}
	if r.Document.Complete {
		e.state.Complete = r.Document.At
	}
	e.state.Sent = max(e.state.Sent, r.last)
	return e.save()
}

// told is what a document says of a source.
type told struct {
	source   *source
	digest   string
	progress progress
}

// progress is what was last told of the growth of a source.
type progress struct{ wire.LogProgress }

func (p progress) equal(o progress) bool {
	return p.Bytes == o.Bytes && p.DiskFree == o.DiskFree && p.Last.Equal(o.Last) && p.LastAppend.Equal(o.LastAppend)
}

func progressOf(w wire.LogSource) progress {
	p := wire.LogProgress{Key: w.Key, DiskFree: round(w.Disk.Free), LastAppend: w.Writer.LastAppend}
	for _, g := range w.Segments {
		if g.Live {
			p.Bytes = g.Bytes
		}
		if g.Last.After(p.Last) {
			p.Last = g.Last
		}
	}
	return progress{p}
}

// material is a source without what a progress tells, and with figures that move a
// little all the time rounded.
func material(w wire.LogSource) wire.LogSource {
	w.Segments = slices.Clone(w.Segments)
	for i := range w.Segments {
		if g := &w.Segments[i]; g.Live {
			g.Last, g.ModTime, g.Bytes = time.Time{}, time.Time{}, 0
		}
	}
	w.Rate = wire.LogRate{P50: roundFloat(w.Rate.P50), P95: roundFloat(w.Rate.P95), Median7: roundFloat(w.Rate.Median7), Disk: roundFloat(w.Rate.Disk), Ratio: roundFloat(w.Rate.Ratio), Days: w.Rate.Days}
	w.Disk = wire.LogDisk{Size: w.Disk.Size}
	w.Writer.LastAppend = time.Time{}
	w.Unsealed = int64(math.Ceil(float64(w.Unsealed) / (64 << 20)))
	w.SilenceP999Seconds = int64(roundFloat(float64(w.SilenceP999Seconds)))
	w.Policies = slices.Clone(w.Policies)
	for i := range w.Policies {
		w.Policies[i] = settings(w.Policies[i])
	}
	return w
}

// roundFloat keeps one significant digit and a half, so that a figure counts as
// changed once it moved by a good tenth.
func roundFloat(v float64) float64 {
	if v <= 0 {
		return 0
	}
	return math.Round(math.Log(v) * 8)
}

func round(bytes int64) int64 { return bytes &^ (1<<24 - 1) }

func digestOf(v any) string {
	text, err := json.Marshal(v)
	if err != nil { // a value of ours that is not JSON is told every time
		return ""
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:12])
}
