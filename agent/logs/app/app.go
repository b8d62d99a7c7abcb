// Package app reads the configurations of web servers, databases and Java programs, as
// far as they say which logs are written and what the program itself removes of them.
//
// It leaves out logrotate, levels and formats. It reads only the fs.FS given to it, asks
// no clock, and keeps nothing but paths, numbers and the host and port of targets:
// the same files hold passwords.
package app

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// What is read at most of one program; beyond it there are Problems.
const (
	maxConfig   = 1 << 20 // bytes of one file
	maxNesting  = 16      // includes within includes
	maxFiles    = 512     // configuration files of one program
	maxLogs     = 2000
	maxProblems = 200
)

// Origin is where something is configured, so that a remedy can name the line.
type Origin struct {
	File string // name in the fs.FS; empty for a built-in default
	Line int    // from 1; 0 for the whole file
}

// Program names a program, or the library of a program, that writes logs.
type Program string

// The programs whose configurations are understood.
const (
	Nginx      Program = "nginx"
	Apache     Program = "apache"
	MySQL      Program = "mysql"
	PostgreSQL Program = "postgresql"
	Redis      Program = "redis"
	Tomcat     Program = "tomcat"
	Logback    Program = "logback"
	Log4j2     Program = "log4j2"
)

// Role is what a log is for.
type Role string

// The roles of logs.
const (
	Access    Role = "access"
	Errors    Role = "error"
	Audit     Role = "audit" // who did what, in a database or an application
	Slow      Role = "slow"
	Queries   Role = "general"
	Messages  Role = "run" // what the program says about itself
	ForAll    Role = "all" // of a program that has but one log
	Operation Role = "operation"
)

// Log is one log of a program.
type Log struct {
	Program Program
	Role    Role
	// Path is an absolute pattern of path.Match for the live file.
	Path string
	// Archives are patterns of closed files which the program names in its own way.
	Archives []string
	// Single says that all files of Path and Archives are one log, the newest the live
	// one.
	Single bool
	// Removals are what the program removes by itself, each alone; none means that it
	// removes nothing.
	Removals []Removal
	// Target is a syslog server, host:port, that gets the records instead of a file.
	Target string
	Origin Origin
}

// RemovalKind says by what a program removes.
type RemovalKind uint8

// The kinds of removals: by the number of closed files, by age, and in a way that is
// not understood.
const (
	ByCount RemovalKind = iota
	ByAge
	Unknown
)

// Removal is one way in which a program removes its own records.
type Removal struct {
	Kind RemovalKind
	// Keep is the number of closed files of IntervalDays each, or, if that is 0, of
	// FileBytes each.
	Keep         int
	IntervalDays float64
	FileBytes    int64
	// Days is the age, for ByAge.
	Days float64
	// Setting is the keyword that decides.
	Setting string
	Origin  Origin
	// Reason says what is not understood, for Unknown.
	Reason string
}

// Result is what was found of one program.
type Result struct {
	Logs     []Log
	Problems []Problem
}

// Problem is a setting, or with Line 0 a file, that does not count. Its text quotes no
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

// The kinds of problems.
var (
	ErrSyntax   = errors.New("the configuration is not understood")
	ErrNesting  = errors.New("nested too deep, or too much of it")
	ErrRelative = errors.New("the path depends on a folder or variable that is not known")
	ErrPipe     = errors.New("the log is piped into a program that is not understood")
	ErrNumber   = errors.New("the value is not understood")
	ErrIgnored  = errors.New("the setting has no effect")
	ErrPeriod   = errors.New("more files in one period than the strategy allows are overwritten")
	ErrSearch   = errors.New("there are more folders than are searched")
	errLarge    = errors.New("the file is too large for a configuration file")
	errKind     = errors.New("it is not a regular file")
)

// reader collects the result of one program.
type reader struct {
	fsys  fs.FS
	files int
	Result
}

func (r *reader) problem(at Origin, err error) {
	if len(r.Problems) < maxProblems {
		r.Problems = append(r.Problems, Problem{at, err})
	}
}

// add takes a log, and unites it with one of the same path and role.
func (r *reader) add(log Log) {
	for i := range r.Logs {
		if other := &r.Logs[i]; log.Path != "" && other.Path == log.Path && other.Program == log.Program {
			for _, removal := range log.Removals {
				if !slices.Contains(other.Removals, removal) {
					other.Removals = append(other.Removals, removal)
				}
			}
			return
		}
	}
	if len(r.Logs) >= maxLogs {
		r.problem(log.Origin, ErrNesting)
		return
	}
	r.Logs = append(r.Logs, log)
}

// text reads one configuration file. A missing one is no problem.
func (r *reader) text(name string) (string, bool) {
	if r.files++; r.files > maxFiles {
		r.problem(Origin{File: name}, ErrNesting)
		return "", false
	}
	text, err := read(r.fsys, name)
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			r.problem(Origin{File: name}, err)
		}
		return "", false
	}
	// The byte that stands for what is variable is in no name.
	return strings.ReplaceAll(text, wild, ""), true
}

// glob lists what a pattern matches, in the order of bytes, and says what of it cannot
// be listed.
func (r *reader) glob(pattern string, at Origin) []string {
	pattern = strings.TrimPrefix(pattern, "/")
	if !strings.ContainsAny(pattern, "*?[") {
		return []string{pattern}
	}
	dir := path.Dir(pattern)
	if !strings.ContainsAny(dir, "*?[") {
		if _, err := fs.ReadDir(r.fsys, dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
			r.problem(at, err)
			return nil
		}
	}
	names, err := fs.Glob(r.fsys, pattern)
	if err != nil {
		r.problem(at, ErrSyntax)
		return nil
	}
	slices.Sort(names)
	return names
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

// exists reports whether there is something of that absolute path.
func exists(fsys fs.FS, name string) bool {
	_, err := fs.Stat(fsys, inside(name))
	return err == nil
}

// inside turns an absolute path into a name of the fs.FS.
func inside(name string) string {
	if name = strings.TrimPrefix(path.Clean("/"+name), "/"); name == "" {
		return "."
	}
	return name
}

// escape makes a name a pattern that matches it alone.
func escape(name string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(name)
}

// stars makes a pattern of a name in which wild stands where anything may be.
func stars(name string) string {
	name = strings.ReplaceAll(escape(name), wild, "*")
	for strings.Contains(name, "**") {
		name = strings.ReplaceAll(name, "**", "*")
	}
	return name
}

// wild stands for a variable part of a name until the name becomes a pattern.
const wild = "\x00"
