package wire

import (
	"errors"
	"fmt"
	"slices"
)

// Limits of a log-evidence document. They are far above what a host has, and keep one
// document from filling tables.
const (
	maxLogSources  = 5000
	maxLogSegments = 100_000 // in all sources together
	maxLogEvents   = 100_000
	maxLogEntries  = 20_000 // of any other list of a document
	maxLogParts    = 64     // streams, policies and targets of one source
	maxLogGaps     = 2000   // of one source
	maxLogClass    = 64     // bytes of a class, a family, a kind
	maxLogPath     = 4096 + 64
	maxLogDetail   = 2 * maxLogPath
)

// validate refuses a document that nobody could judge: one without names and times, or
// over a limit. What a newer agent may say is kept as it stands, since the rules treat
// a state, a kind of policy or a cadence that they do not know as unknown.
func (d *LogEvidence) validate() error {
	if err := d.head(); err != nil {
		return fmt.Errorf("log evidence: %w", err)
	}
	keys, segments := make(map[string]bool, len(d.Sources)), 0
	for i := range d.Sources {
		s := &d.Sources[i]
		if keys[s.Key] {
			return fmt.Errorf("log evidence: source %.80q is there twice", s.Key)
		}
		keys[s.Key] = true
		if err := s.validate(); err != nil {
			return fmt.Errorf("log evidence: source %.80q: %w", s.Key, err)
		}
		if segments += len(s.Segments); segments > maxLogSegments {
			return fmt.Errorf("log evidence: more than %d segments", maxLogSegments)
		}
	}
	for i := range d.Progress {
		p := &d.Progress[i]
		if keys[p.Key] {
			return fmt.Errorf("log evidence: source %.80q is there twice", p.Key)
		}
		keys[p.Key] = true
		if err := errors.Join(text("key", p.Key, maxLogPath, true), natural("bytes", p.Bytes, p.DiskFree)); err != nil {
			return fmt.Errorf("log evidence: progress: %w", err)
		}
	}
	for i := range d.Events {
		if err := d.Events[i].validate(); err != nil {
			return fmt.Errorf("log evidence: event %d: %w", i+1, err)
		}
	}
	return nil
}

// head checks what stands beside sources and events.
func (d *LogEvidence) head() error {
	if d.At.IsZero() {
		return errors.New("it has no time (at)")
	}
	if len(d.Events) > maxLogEvents {
		return fmt.Errorf("it has %d events; the limit is %d", len(d.Events), maxLogEvents)
	}
	err := errors.Join(
		text("host", d.Host, maxDocumentText, true),
		count("sources", len(d.Sources), maxLogSources), count("progress", len(d.Progress), maxLogEntries),
		count("downtime", len(d.Downtime), maxLogEntries), count("problems", len(d.Problems), maxLogEntries),
	)
	for _, p := range d.Problems {
		err = errors.Join(err, text("origin", p.Origin, maxLogPath, false), text("text of a problem", p.Text, maxLogDetail, false))
	}
	return err
}

func (s *LogSource) validate() error {
	if len(s.Streams) == 0 {
		return errors.New("it has no streams")
	}
	err := errors.Join(
		text("key", s.Key, maxLogPath, true), text("path", s.Path, maxLogPath, true), text("family", s.Family, maxLogClass, true),
		text("party", s.Party, maxLogClass, false), text("grant", s.Access.Grant, maxDocumentText, false),
		text("state of the writer", s.Writer.State, maxLogClass, false), text("evidence of the writer", s.Writer.Evidence, maxLogPath, false),
		count("streams", len(s.Streams), maxLogParts), count("policies", len(s.Policies), maxLogParts),
		count("targets", len(s.Forward), maxLogParts), count("gaps", len(s.Gaps), maxLogGaps),
		natural("size of the disk", s.Disk.Size, s.Disk.Free, s.Disk.InodesFree),
		natural("silence or unsealed bytes", s.SilenceP999Seconds, s.Unsealed),
	)
	for _, rate := range []float64{s.Rate.P50, s.Rate.P95, s.Rate.Median7, s.Rate.Disk, s.Rate.Ratio} {
		if rate < 0 {
			err = errors.Join(err, fmt.Errorf("rate %g is negative", rate))
		}
	}
	for _, stream := range s.Streams {
		err = errors.Join(err, text("class", stream.Class, maxLogClass, true), text("stream", stream.Name, maxDocumentText, false))
	}
	for i := range s.Segments {
		g := &s.Segments[i]
		err = errors.Join(err, text("path of a segment", g.Path, maxLogPath, true), text("id of a segment", g.ID, maxDocumentText, false),
			natural("bytes of a segment", g.Bytes))
		if err != nil {
			return err // one is enough to tell
		}
	}
	for i := range s.Policies {
		err = errors.Join(err, s.Policies[i].validate())
	}
	for _, f := range s.Forward {
		err = errors.Join(err, text("target", f.Target, maxDocumentText, false), text("protocol", f.Protocol, maxLogClass, false),
			text("queue", f.Queue, maxLogClass, false), text("origin", f.Origin, maxLogPath, false))
	}
	for _, g := range s.Gaps {
		err = errors.Join(err, text("kind of a gap", g.Kind, maxLogClass, false), text("path of a gap", g.Path, maxLogPath, false))
	}
	return err
}

func (p *LogPolicy) validate() error {
	err := errors.Join(
		text("kind of a policy", string(p.Kind), maxLogClass, true), text("origin of a policy", p.Origin, maxLogPath, false),
		text("problem of a policy", p.Problem, maxLogDetail, false),
	)
	if p.Logrotate != nil {
		err = errors.Join(err, text("cadence", p.Logrotate.Cadence, maxLogClass, false))
	}
	if p.Auditd != nil {
		err = errors.Join(err, text("action", p.Auditd.Action, maxLogClass, false))
	}
	if p.Count != nil {
		err = errors.Join(err, text("setting", p.Count.Setting, maxLogClass, false))
	}
	if p.Age != nil {
		err = errors.Join(err, text("setting", p.Age.Setting, maxLogClass, false))
	}
	return err
}

func (e *LogEvent) validate() error {
	switch {
	case e.Seq == 0:
		return errors.New("it has no number (seq)")
	case e.At.IsZero():
		return errors.New("it has no time (at)")
	}
	return errors.Join(
		text("ledger", e.Ledger, maxDocumentText, true), text("kind", string(e.Kind), maxLogClass, true),
		text("source", e.Source, maxLogPath, false), text("path", e.Path, maxLogPath, false), text("id", e.ID, maxDocumentText, false),
		text("hash", e.Hash, maxDocumentText, false), text("detail", e.Detail, maxLogDetail, false), natural("bytes", e.Bytes),
	)
}

func text(name, value string, limit int, needed bool) error {
	switch {
	case needed && value == "":
		return fmt.Errorf("the %s is empty", name)
	case len(value) > limit:
		return fmt.Errorf("the %s has %d bytes; the limit is %d", name, len(value), limit)
	}
	return nil
}

func count(name string, n, limit int) error {
	if n > limit {
		return fmt.Errorf("it has %d %s; the limit is %d", n, name, limit)
	}
	return nil
}

func natural(name string, values ...int64) error {
	if least := slices.Min(values); least < 0 {
		return fmt.Errorf("the %s is %d", name, least)
	}
	return nil
}
