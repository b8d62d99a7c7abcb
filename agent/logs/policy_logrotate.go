package logs

import (
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/yunjian-io/yunjian/agent/logs/logrotate"
	"github.com/yunjian-io/yunjian/internal/wire"
)

const logrotateConf = "etc/logrotate.conf"

// Rotation is what logrotate does on a host: its stanzas, its memory and who runs it.
// The zero value is a host without logrotate.
type Rotation struct {
	config logrotate.Config
	last   map[string]time.Time
	// runs is the mean number of runs a day, 0 if it is not known; disabled says that
	// surely nothing runs it.
	runs     float64
	disabled bool
	// denied is the first configuration that may not be read, and why; empty if all may.
	denied, reason string
	// cut are the stanzas of which a pattern ends at a log of an earlier stanza.
	cut map[logrotate.Origin]bool
}

// Naming is how rotated logs are named and where they go.
type Naming struct {
	// OldDir is the absolute folder of the rotated logs; empty for that of the log.
	OldDir string
	// DateExt says that names end in a date and not in a number. DateFormat is the
	// format of strftime; empty for -%Y%m%d, or -%Y%m%d%H if Hourly.
	DateExt    bool
	DateFormat string
	Hourly     bool
	// Start is the number of the newest rotated log, 1 unless set.
	Start int
	// Extension is kept behind the number or date; AddExtension is put there anew.
	Extension, AddExtension string
	// CompressExt is the suffix of compressed logs, empty if they are not compressed.
	CompressExt string
	// CopyTruncate says that a log is copied and emptied; DelayCompress that the newest
	// rotated one stays as it is.
	CopyTruncate, DelayCompress bool
	// IfEmpty says that a log is rotated even while it is empty, so that no date is left
	// out of the names.
	IfEmpty bool
}

// LoadRotation reads etc/logrotate.conf, the state file and what runs logrotate on the
// host with root fsys. Without logrotate the rotation is empty.
func LoadRotation(fsys fs.FS) (*Rotation, []wire.LogProblem) {
	r := &Rotation{last: make(map[string]time.Time), cut: make(map[logrotate.Origin]bool)}
	var problems []wire.LogProblem
	report := func(file string, line int, err error) {
		if len(problems) < maxProblems {
			problems = append(problems, wire.LogProblem{Origin: origin(file, line), Text: rotationText(err)})
		}
	}
	config, err := logrotate.Load(fsys, logrotateConf, logrotate.Options{})
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			report(logrotateConf, 0, err)
			r.denied, r.reason = logrotateConf, rotationText(err)
		}
		return r, problems
	}
	r.config = config
	for _, problem := range config.Problems {
		report(problem.File, problem.Line, problem.Err)
		switch {
		case errors.Is(problem, fs.ErrPermission) && r.denied == "":
			r.denied, r.reason = problem.File, rotationText(problem.Err)
		case errors.Is(problem, logrotate.ErrDuplicate):
			r.cut[problem.Origin] = true
		}
	}
	runners, unread := logrotate.Runners(fsys)
	for _, problem := range unread {
		report(problem.File, problem.Line, problem.Err)
	}
	runs, ok := logrotate.RunsPerDay(runners)
	enabled := slices.ContainsFunc(runners, func(runner logrotate.Runner) bool { return runner.Enabled })
	if ok {
		r.runs = runs
	}
	// Where a crontab may not be read, an empty list proves nothing.
	r.disabled = !enabled && len(unread) == 0
	for _, name := range logrotate.StateFiles() {
		file, err := fsys.Open(name)
		if err != nil {
			if !errors.Is(err, fs.ErrNotExist) {
				report(name, 0, err)
			}
			continue
		}
		state, err := logrotate.ReadState(file, hostZone(fsys))
		file.Close()
		if err != nil {
			report(name, 0, err)
			continue
		}
		for _, log := range state.Logs {
			if log.Last.After(r.last[log.File]) {
				r.last[log.File] = log.Last
			}
		}
	}
	return r, problems
}

// hostZone is the zone in which the host writes local times, UTC if it does not tell.
func hostZone(fsys fs.FS) *time.Location {
	data, err := fs.ReadFile(fsys, "etc/localtime")
	if err != nil {
		return time.UTC
	}
	zone, err := time.LoadLocationFromTZData("host", data)
	if err != nil {
		return time.UTC
	}
	return zone
}

// rotationText is what a problem of logrotate says, without the values it quotes.
func rotationText(err error) string {
	if errors.Is(err, fs.ErrPermission) {
		return plainText(err)
	}
	for _, kind := range []error{
		logrotate.ErrSyntax, logrotate.ErrUnknownOption, logrotate.ErrArgument, logrotate.ErrValue, logrotate.ErrAccount,
		logrotate.ErrDuplicate, logrotate.ErrPath, logrotate.ErrInclude, logrotate.ErrRefused, logrotate.ErrState,
	} {
		if errors.Is(err, kind) {
			return "logrotate: " + kind.Error()
		}
	}
	return plainText(err)
}

// standing is how a stanza has a log.
type standing uint8

const (
	none    standing = iota
	inForce          // it rotates the log
	skipped          // it would, but the program skips it for an error
	unclear          // a pattern of it matches, and may have ended before the log
)

// stanza finds the stanza of a log by its absolute path. A log that appeared after the
// configuration was read belongs to the first pattern that matches it.
func (r *Rotation) stanza(name string) (*logrotate.Stanza, standing) {
	name = path.Clean(name)
	for i := range r.config.Stanzas {
		if slices.Contains(r.config.Stanzas[i].Files, name) {
			return &r.config.Stanzas[i], inForce
		}
	}
	for i := range r.config.Stanzas {
		stanza := &r.config.Stanzas[i]
		if matchesAny(stanza.Patterns, name) {
			if r.cut[stanza.Origin] {
				return stanza, unclear
			}
			return stanza, inForce
		}
	}
	for i := range r.config.Broken {
		stanza := &r.config.Broken[i]
		if slices.Contains(stanza.Files, name) || matchesAny(stanza.Patterns, name) {
			return stanza, skipped
		}
	}
	return nil, none
}

// matchesAny compares as the shell does: a leading period must be written out.
func matchesAny(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		if pattern == name {
			return true
		}
		if strings.HasPrefix(path.Base(name), ".") && !strings.HasPrefix(path.Base(pattern), ".") {
			return false
		}
		ok, err := path.Match(strings.ReplaceAll(pattern, "[!", "[^"), name)
		return ok && err == nil
	})
}

// Policies are what logrotate does to the log of an absolute path: none if no stanza
// has it. Where a configuration may not be read, a log without a stanza has a policy
// that is not known.
func (r *Rotation) Policies(name string) []wire.LogPolicy {
	stanza, standing := r.stanza(name)
	if standing == none {
		if r.denied == "" {
			return nil
		}
		return []wire.LogPolicy{{Kind: wire.PolicyUnparsed, Origin: origin(r.denied, 0), Problem: r.reason}}
	}
	s := stanza.Settings
	at := stanza.Origin
	if s.Rotate.IsSet() {
		at = s.Rotate.Origin
	}
	if standing == skipped && stanza.Broken != nil {
		at = stanza.Broken.Origin // the line to mend
	}
	if standing == unclear {
		return []wire.LogPolicy{{
			Kind: wire.PolicyUnparsed, Origin: origin(stanza.Origin.File, stanza.Origin.Line),
			Problem: "a pattern of the stanza ends at a log that an earlier stanza has",
		}}
	}
	policy := &wire.LogrotatePolicy{
		Cadence: string(s.Criterion.Value.Every), Rotate: max(s.Rotate.Value, -1),
		MinSize: s.MinSize.Value, MaxSize: s.MaxSize.Value, MaxAge: s.MaxAge.Value,
		RunsPerDay: r.runs, Disabled: r.disabled, Broken: standing == skipped, LastRotation: r.last[path.Clean(name)],
	}
	if s.Criterion.Value.Every == logrotate.BySize {
		policy.Size = s.Criterion.Value.Bytes
	}
	return []wire.LogPolicy{{Kind: wire.PolicyLogrotate, Origin: origin(at.File, at.Line), Logrotate: policy}}
}

// OldDir is the absolute folder into which the log of an absolute path is rotated,
// empty if that is the folder of the log.
func (r *Rotation) OldDir(name string) string { return r.Naming(name).OldDir }

// Naming tells how the rotated files of the log of an absolute path are named; the
// zero value, but for Start, if no stanza has it.
func (r *Rotation) Naming(name string) Naming {
	stanza, standing := r.stanza(name)
	if standing == none {
		return Naming{Start: 1}
	}
	s := stanza.Settings
	naming := Naming{
		OldDir: s.OldDir.Value, DateExt: s.DateExt.Value, DateFormat: s.DateFormat.Value, Hourly: s.Criterion.Value.Every == logrotate.Hourly,
		Start: s.Start.Value, Extension: s.Extension.Value, AddExtension: s.AddExtension.Value,
		CopyTruncate: s.CopyTruncate.Value, DelayCompress: s.DelayCompress.Value, IfEmpty: s.IfEmpty.Value,
	}
	if naming.OldDir != "" && !strings.HasPrefix(naming.OldDir, "/") {
		naming.OldDir = path.Join(path.Dir(name), naming.OldDir)
	}
	if naming.Start < 0 {
		naming.Start = 1
	}
	if s.Compress.Value {
		naming.CompressExt = s.CompressExt.Value
	}
	return naming
}
