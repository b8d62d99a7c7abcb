// Package auditd reads what decides how long the records of the Linux audit daemon
// are kept: auditd.conf, and the cron jobs that rotate its log by time.
//
// It leaves out the rules of the audit subsystem, the plugins and the network. It
// reads only the fs.FS given to it, asks no clock, and starts nothing.
package auditd

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"path"
	"strconv"
	"strings"
)

// ConfName is where the daemon reads its configuration, as a name of the fs.FS.
const ConfName = "etc/audit/auditd.conf"

const maxConfig = 1 << 20 // bytes of one file

// Origin is where a setting was made, so that a remedy can name the line.
type Origin struct {
	File string // name in the fs.FS; empty for the built-in default
	Line int    // from 1
}

// Setting is a value and where it comes from.
type Setting[T any] struct {
	Value  T
	Origin Origin
}

// IsSet reports whether a file sets the value.
func (s Setting[T]) IsSet() bool { return s.Origin.File != "" }

// Action is what the daemon does in a case of trouble, in capitals.
type Action string

// The actions that decide about retention. There are further ones, such as EMAIL,
// that only tell someone.
const (
	Ignore   Action = "IGNORE"
	Syslog   Action = "SYSLOG"
	Rotate   Action = "ROTATE"
	KeepLogs Action = "KEEP_LOGS"
	Suspend  Action = "SUSPEND"
	Single   Action = "SINGLE"
	Halt     Action = "HALT"
)

// Stops reports whether the daemon writes nothing any more after the action.
func (a Action) Stops() bool { return a == Suspend || a == Single || a == Halt }

// Space is an amount of free space: MiB, or a share of the file system where
// Percent is not 0.
type Space struct {
	MiB     int64
	Percent int
}

// Conf is auditd.conf, as far as it concerns retention. Settings that no line makes
// have the values with which the daemon starts, which are not those of the file that
// distributions ship: nothing rotates.
type Conf struct {
	LogFile   Setting[string] // absolute, /var/log/audit/audit.log unless set
	LogGroup  Setting[string] // group that may read the logs, root unless set
	WriteLogs Setting[bool]   // whether records go to the file at all

	NumLogs          Setting[int] // all files with the live one; below 2 there is no rotation
	MaxLogFile       Setting[int] // MiB
	MaxLogFileAction Setting[Action]

	SpaceLeft            Setting[Space]
	SpaceLeftAction      Setting[Action] // ROTATE deletes the oldest log to make room
	AdminSpaceLeft       Setting[Space]
	AdminSpaceLeftAction Setting[Action]
	DiskFullAction       Setting[Action]
	DiskErrorAction      Setting[Action]

	Problems []Problem
}

// Problem is a line, or with Line 0 a file, that does not count. Its text quotes no
// value.
type Problem struct {
	Origin
	Err error // wraps fs.ErrPermission when rights are missing
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

var (
	errLine   = errors.New("the line is not keyword = value; auditd does not start with it")
	errNumber = errors.New("the value is not a number in range; auditd does not start with it")
	errAction = errors.New("the action is unknown; auditd does not start with it")
	errAnswer = errors.New("the value is neither yes nor no; auditd does not start with it")
	errPath   = errors.New("the value is not an absolute path; auditd does not start with it")
	errLarge  = errors.New("the file is too large for a configuration file")
	errKind   = errors.New("it is not a regular file")
)

func defaults() Conf {
	var c Conf
	c.LogFile.Value = "/var/log/audit/audit.log"
	c.LogGroup.Value = "root"
	c.WriteLogs.Value = true
	for _, action := range []*Setting[Action]{&c.MaxLogFileAction, &c.SpaceLeftAction, &c.AdminSpaceLeftAction, &c.DiskFullAction} {
		action.Value = Ignore
	}
	c.DiskErrorAction.Value = Syslog
	return c
}

// Load reads the configuration of the host with root fsys. Bad lines are in
// Problems and leave the value before them. An error means that nothing was read: it
// wraps fs.ErrNotExist where there is no configuration, and fs.ErrPermission where
// rights are missing.
func Load(fsys fs.FS) (Conf, error) {
	text, err := read(fsys, ConfName)
	if err != nil {
		return Conf{}, fmt.Errorf("read auditd configuration: %w", err)
	}
	return parse(ConfName, text), nil
}

// read takes a whole file, if it is of a sensible kind and size.
func read(fsys fs.FS, name string) (string, error) {
	// The kind is asked before opening, because opening a pipe would block.
	info, err := fs.Stat(fsys, name)
	if err != nil {
		return "", err
	}
	if !info.Mode().IsRegular() {
		return "", errKind
	}
	file, err := fsys.Open(name)
	if err != nil {
		return "", err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxConfig+1))
	if err != nil {
		return "", err
	}
	if len(text) > maxConfig {
		return "", errLarge
	}
	return string(text), nil
}

func parse(name, text string) Conf {
	c := defaults()
	number := 0
	for line := range strings.Lines(text) {
		number++
		origin := Origin{File: name, Line: number}
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		key, value, ok := strings.Cut(line, "=")
		key = strings.ToLower(strings.TrimSpace(key))
		// The daemon splits at blanks, and what follows the value is an option of it.
		words := strings.Fields(value)
		err := errLine
		if ok && key != "" && len(words) > 0 {
			err = c.set(key, words[0], origin)
		}
		if err != nil {
			c.Problems = append(c.Problems, Problem{origin, err})
		}
	}
	return c
}

func (c *Conf) set(key, value string, at Origin) error {
	switch key {
	case "log_file":
		if !strings.HasPrefix(value, "/") {
			return errPath
		}
		c.LogFile = Setting[string]{path.Clean(value), at}
	case "log_group":
		c.LogGroup = Setting[string]{value, at}
	case "write_logs":
		switch strings.ToLower(value) {
		case "yes":
			c.WriteLogs = Setting[bool]{true, at}
		case "no":
			c.WriteLogs = Setting[bool]{false, at}
		default:
			return errAnswer
		}
	case "log_format":
		// The old way to say that nothing is written.
		if strings.EqualFold(value, "nolog") {
			c.WriteLogs = Setting[bool]{false, at}
		}
	case "num_logs":
		return setNumber(&c.NumLogs, value, 999, at)
	case "max_log_file":
		return setNumber(&c.MaxLogFile, value, math.MaxInt32, at)
	case "max_log_file_action":
		return setAction(&c.MaxLogFileAction, value, at)
	case "space_left":
		return setSpace(&c.SpaceLeft, value, at)
	case "space_left_action":
		return setAction(&c.SpaceLeftAction, value, at)
	case "admin_space_left":
		return setSpace(&c.AdminSpaceLeft, value, at)
	case "admin_space_left_action":
		return setAction(&c.AdminSpaceLeftAction, value, at)
	case "disk_full_action":
		return setAction(&c.DiskFullAction, value, at)
	case "disk_error_action":
		return setAction(&c.DiskErrorAction, value, at)
	}
	return nil // another setting does not concern retention
}

func setNumber(to *Setting[int], value string, most int64, at Origin) error {
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil || n < 0 || n > most {
		return errNumber
	}
	*to = Setting[int]{int(n), at}
	return nil
}

func setSpace(to *Setting[Space], value string, at Origin) error {
	digits, percent := strings.CutSuffix(value, "%")
	n, err := strconv.ParseInt(digits, 10, 64)
	switch {
	case err != nil || n < 0 || n > math.MaxInt32:
		return errNumber
	case percent && (n < 1 || n > 99):
		return errNumber
	case percent:
		*to = Setting[Space]{Space{Percent: int(n)}, at}
	default:
		*to = Setting[Space]{Space{MiB: n}, at}
	}
	return nil
}

func setAction(to *Setting[Action], value string, at Origin) error {
	switch action := Action(strings.ToUpper(value)); action {
	case Ignore, Syslog, Rotate, KeepLogs, Suspend, Single, Halt, "EMAIL", "EXEC":
		*to = Setting[Action]{action, at}
		return nil
	}
	return errAction
}
