// Package rsyslog reads the configuration of rsyslogd, in all of its languages: which
// files it writes, what goes into them, and whither it forwards.
//
// It leaves out inputs, parsers and what messages look like. A statement that stops
// the processing of a message is not followed: what a later file takes is stated as if
// every message came that far. It reads only the fs.FS given to it, asks no clock, and
// of a target keeps host and port, never credentials.
package rsyslog

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// ConfName is the main configuration, as a name of the fs.FS.
const ConfName = "etc/rsyslog.conf"

// What is read at most of one host; beyond it there are Problems.
const (
	maxNesting  = 16      // includes within includes, and blocks within blocks
	maxFiles    = 512     // configuration files
	maxConfig   = 1 << 18 // bytes of one file
	maxText     = 1 << 14 // bytes of one string, condition or object
	maxProblems = 200
	maxActions  = 4096
)

// Origin is where something is configured, so that a remedy can name the line.
type Origin struct {
	File string // name in the fs.FS
	Line int    // from 1
}

// File is a file, or a family of files by a template, that rsyslogd writes.
type File struct {
	// Path is absolute; in it, Parts that are no text are stars of path.Match.
	Path string
	// Parts are the pieces of a path that a template makes; one piece of text otherwise.
	Parts []Part
	// Selection is what the file takes.
	Selection Selection
	// Filtered says that a condition lets only a part of the Selection through.
	Filtered bool
	// Programs are the program names that the condition asks for, if it does.
	Programs []string
	// Limited says that a size limit runs a command of the site, which may do anything.
	Limited bool
	Origin  Origin
}

// PartKind says what makes a piece of a path.
type PartKind uint8

// The kinds of pieces: text as it stands, something of the date, and any other
// property of a message, such as the host that sent it.
const (
	Text PartKind = iota
	Date
	Property
)

// Part is one piece of a path.
type Part struct {
	Kind PartKind
	Text string // for Text only
}

// Queue is what happens to messages while the target of an action is away.
type Queue string

// The queues. Without one, messages wait for two seconds and are lost. A queue on
// disk counts only if it also survives a restart.
const (
	QueueNone   Queue = "none"
	QueueMemory Queue = "memory"
	QueueDisk   Queue = "disk"
)

// Forward is a target to which rsyslogd sends.
type Forward struct {
	Target    string // host:port
	Protocol  string // udp, tcp, relp, kafka, elasticsearch, http
	Queue     Queue
	Selection Selection
	Filtered  bool // as in File
	Origin    Origin
}

// Conf is what the configuration says.
type Conf struct {
	Outputs  []File
	Forwards []Forward
	Files    []string // configuration files read, in order
	Problems []Problem
}

// Problem is a statement, or with Line 0 a file, that does not count. Its text quotes
// no value.
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
	ErrSyntax     = errors.New("the statement is not understood")
	ErrUnbalanced = errors.New("a bracket or quote is not closed")
	ErrNesting    = errors.New("nested too deep, or too many statements or files")
	ErrTemplate   = errors.New("the template of the file name is not defined")
	ErrTarget     = errors.New("the target is not a host")
	ErrInclude    = errors.New("the included file is not there")
	errLarge      = errors.New("the file is too large for a configuration file")
	errKind       = errors.New("it is not a regular file")
)

// Load reads the configuration of the host with root fsys. What is wrong in the files
// is in Problems. An error means that nothing was read: it wraps fs.ErrNotExist where
// there is no configuration, and fs.ErrPermission where rights are missing.
func Load(fsys fs.FS) (Conf, error) {
	text, err := read(fsys, ConfName)
	if err != nil {
		return Conf{}, fmt.Errorf("read rsyslog configuration: %w", err)
	}
	p := &parser{fsys: fsys, templates: make(map[string][]Part), channels: make(map[string]string)}
	p.run(ConfName, text)
	return p.finish(), nil
}

type parser struct {
	fsys      fs.FS
	conf      Conf
	templates map[string][]Part
	channels  map[string]string // outchannels and their files
	dynamic   []dynamic
	queue     queue // legacy directives ahead of an action
	depth     int
}

// dynamic is an output whose template may be defined later.
type dynamic struct {
	index int // in conf.Outputs
	name  string
}

func (p *parser) problem(at Origin, err error) {
	if len(p.conf.Problems) < maxProblems {
		p.conf.Problems = append(p.conf.Problems, Problem{at, err})
	}
}

// run parses one file with all messages coming in.
func (p *parser) run(name, text string) {
	p.conf.Files = append(p.conf.Files, name)
	s := &scanner{p: p, name: name, text: text}
	s.block(filter{selection: All()}, false)
}

// finish puts the paths of the templates into the outputs that name them.
func (p *parser) finish() Conf {
	drop := make(map[int]bool)
	for _, d := range p.dynamic {
		output := &p.conf.Outputs[d.index]
		parts, ok := p.templates[d.name]
		if !ok || len(parts) == 0 {
			p.problem(output.Origin, ErrTemplate)
			drop[d.index] = true
			continue
		}
		output.Parts, output.Path = parts, pattern(parts)
	}
	outputs := p.conf.Outputs[:0:0]
	for i, output := range p.conf.Outputs {
		if !drop[i] && strings.HasPrefix(output.Path, "/") {
			outputs = append(outputs, output)
		}
	}
	p.conf.Outputs = outputs
	return p.conf
}

// include reads what a pattern names, with the filter of the place.
func (p *parser) include(name string, optional bool, f filter, at Origin) {
	if p.depth >= maxNesting {
		p.problem(at, ErrNesting)
		return
	}
	inside := strings.TrimPrefix(path.Clean("/"+name), "/")
	names := []string{inside}
	if strings.ContainsAny(name, "*?[") {
		var err error
		if names, err = p.glob(inside); err != nil {
			p.problem(at, err)
		}
		optional = true
	} else if info, err := fs.Stat(p.fsys, inside); err == nil && info.IsDir() {
		entries, err := fs.ReadDir(p.fsys, inside)
		if err != nil {
			p.problem(at, err)
		}
		names = names[:0]
		for _, entry := range entries {
			if !entry.IsDir() && !strings.HasPrefix(entry.Name(), ".") {
				names = append(names, path.Join(inside, entry.Name()))
			}
		}
	}
	p.depth++
	defer func() { p.depth-- }()
	for _, name := range names {
		if len(p.conf.Files) >= maxFiles {
			p.problem(at, ErrNesting)
			return
		}
		text, err := read(p.fsys, name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			if !optional {
				p.problem(at, ErrInclude)
			}
		case err != nil:
			p.problem(Origin{File: name}, err)
		default:
			p.conf.Files = append(p.conf.Files, name)
			s := &scanner{p: p, name: name, text: text}
			s.block(f, false)
		}
	}
}

// glob matches in the last element only as fs.Glob does, but says when a folder
// cannot be listed.
func (p *parser) glob(pattern string) ([]string, error) {
	dir, _ := path.Split(pattern)
	if dir = path.Clean(dir); !strings.ContainsAny(dir, "*?[") {
		if _, err := fs.ReadDir(p.fsys, dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	names, err := fs.Glob(p.fsys, pattern)
	if err != nil {
		return nil, ErrSyntax
	}
	names = slices.DeleteFunc(names, func(name string) bool { return strings.HasPrefix(path.Base(name), ".") })
	slices.Sort(names)
	return names, nil
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
