// Package logrotate reads the configuration of logrotate the way version 3.21
// of the program does, errors included: it tells which stanza stands in which
// line, which settings are in force, and which stanzas the program skips, so
// that their logs never rotate. It also reads the state file, and finds who
// runs the program and how often.
//
// It leaves out what the program does at run time, and every judgement. It
// reads only the fs.FS given to it, asks no clock, and keeps neither comments
// nor scripts nor mail addresses.
package logrotate

import (
	"errors"
	"fmt"
)

// Origin is where a setting was made, so that a remedy can name the line.
type Origin struct {
	File string // path in the fs.FS; empty for a built-in default
	Line int    // from 1
}

// Setting is a value and where it comes from.
type Setting[T any] struct {
	Value  T
	Origin Origin
}

// IsSet reports whether a file sets the value.
func (s Setting[T]) IsSet() bool { return s.Origin.File != "" }

// Every names the test that makes a log due.
type Every string

// The tests. The last one named in a stanza wins, or before it among the globals.
const (
	BySize  Every = "size"
	Hourly  Every = "hourly"
	Daily   Every = "daily"
	Weekly  Every = "weekly"
	Monthly Every = "monthly"
	Yearly  Every = "yearly"
)

// Criterion makes a log due for rotation; it is tested only when logrotate runs.
type Criterion struct {
	Every   Every
	Bytes   int64 // for BySize: due from this size on
	Weekday int   // for Weekly: 0 is Sunday, 7 every seventh day
}

// String puts the criterion as logrotate -d does.
func (c Criterion) String() string {
	switch c.Every {
	case BySize:
		return fmt.Sprintf("%d bytes", c.Bytes)
	case Daily:
		return "after 1 days"
	}
	return string(c.Every)
}

// Settings are what one stanza, or the globals so far, ask for.
type Settings struct {
	Criterion Setting[Criterion] // default: 1 MiB
	Rotate    Setting[int]       // old logs kept; 0 deletes at rotation, -1 keeps all but for MaxAge; less only after an error in a last line
	MaxAge    Setting[int]       // days after which a rotation deletes old logs, 0 for never
	MinAge    Setting[int]       // days before which a log does not rotate
	Start     Setting[int]       // number of the newest old log, -1 stands for 1
	MinSize   Setting[int64]     // bytes below which a due log does not rotate
	MaxSize   Setting[int64]     // bytes from which a log rotates before it is due, 0 for never

	Compress      Setting[bool]
	DelayCompress Setting[bool]
	CompressExt   Setting[string] // suffix of compressed logs, ".gz" unless set

	DateExt       Setting[bool]
	DateFormat    Setting[string] // empty for -%Y%m%d, and -%Y%m%d%H with hourly
	DateYesterday Setting[bool]
	DateHourAgo   Setting[bool]
	Extension     Setting[string]
	AddExtension  Setting[string]

	Copy         Setting[bool]
	CopyTruncate Setting[bool]
	RenameCopy   Setting[bool]
	Create       Setting[bool]

	OldDir       Setting[string]
	CreateOldDir Setting[bool]

	IfEmpty          Setting[bool] // default true
	MissingOK        Setting[bool]
	AllowHardLink    Setting[bool]
	IgnoreDuplicates Setting[bool]
	SharedScripts    Setting[bool]
	Shred            Setting[bool]
	Su               Setting[bool]
	Mail             Setting[bool] // whether old logs are mailed before they are deleted
	MailFirst        Setting[bool]

	PreRotate   Setting[bool] // whether there is such a script, as for the next four
	PostRotate  Setting[bool]
	FirstAction Setting[bool]
	LastAction  Setting[bool]
	PreRemove   Setting[bool]
}

func defaults() Settings {
	var s Settings
	s.Criterion.Value = Criterion{Every: BySize, Bytes: 1 << 20}
	s.Start.Value = -1
	s.IfEmpty.Value = true
	return s
}

// Stanza is one { } block.
type Stanza struct {
	Origin   Origin   // of its first path
	Patterns []string // the paths and globs as written, without quotes
	// Files are the absolute paths that the patterns matched, less those of
	// earlier stanzas. A pattern that matches nothing stands for itself.
	Files []string
	// Unlisted are patterns that could not be tried for want of rights.
	Unlisted []string
	Settings Settings
	// Broken is why the program skips the stanza, so that its logs never
	// rotate; nil in a stanza that is in force.
	Broken *Problem
}

// Effect is how much of the configuration a problem takes out of force.
type Effect string

// The effects, by weight.
const (
	LosesLine   Effect = "line"   // the line, or one path of a stanza
	LosesStanza Effect = "stanza" // the stanza
	LosesFile   Effect = "file"   // the file from here on, or all of it
)

// The kinds of problems.
var (
	ErrSyntax        = errors.New("syntax")
	ErrUnknownOption = errors.New("unknown option")
	ErrArgument      = errors.New("an argument is missing")
	ErrValue         = errors.New("bad value")
	ErrAccount       = errors.New("unknown user or group")
	ErrDuplicate     = errors.New("the log is in an earlier stanza")
	ErrPath          = errors.New("cannot verify a path")
	ErrInclude       = errors.New("cannot include")
	ErrRefused       = errors.New("the file is refused when run as root")
)

// Problem is an error that the program reports, or would if it ran.
type Problem struct {
	Origin
	Effect Effect
	Err    error // wraps one of the kinds above, or fs.ErrPermission when we lack rights the program has
}

// Error states file, line and reason.
func (p Problem) Error() string {
	if p.Line == 0 {
		return fmt.Sprintf("%s: %v", p.File, p.Err)
	}
	return fmt.Sprintf("%s:%d: %v", p.File, p.Line, p.Err)
}

// Unwrap gives the reason.
func (p Problem) Unwrap() error { return p.Err }

// Config is what logrotate would work with.
type Config struct {
	Stanzas  []Stanza // in force, in the order of reading
	Broken   []Stanza // skipped
	Files    []string // configuration files read
	Problems []Problem
}
