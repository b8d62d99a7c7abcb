package logrotate

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"syscall"
)

const (
	maxNesting = 16
	maxConfig  = 1<<24 - 1 // bytes of one file
)

// Options are what the parser needs to know of the host beyond its files.
type Options struct {
	// User and Group tell whether a name, or a number as text, is known; a
	// create or su directive with an unknown one breaks its stanza. Nil stands
	// for what Accounts finds.
	User, Group func(name string) bool
	// Owner gives the user id that a file belongs to; Device the device it is
	// on. Nil stands for what the kernel says, where the fs.FS passes it on.
	Owner  func(fs.FileInfo) (uid uint32, ok bool)
	Device func(fs.FileInfo) (device uint64, ok bool)
}

func stat(info fs.FileInfo) (*syscall.Stat_t, bool) {
	s, ok := info.Sys().(*syscall.Stat_t)
	return s, ok
}

// Load reads the configuration that begins with the file or directory name, such
// as etc/logrotate.conf, of the host with root fsys, as the program run by root
// does. Directories are read in the order of bytes, as in the C locale. What is
// wrong in the files is in the result; only what the caller could mend by
// another name is an error: it wraps fs.ErrNotExist when nothing is there.
func Load(fsys fs.FS, name string, options Options) (Config, error) {
	if _, err := fs.Stat(fsys, name); err != nil {
		return Config{}, fmt.Errorf("find configuration: %w", err)
	}
	if options.User == nil || options.Group == nil {
		accounts := Accounts(fsys)
		if options.User == nil {
			options.User = accounts.User
		}
		if options.Group == nil {
			options.Group = accounts.Group
		}
	}
	if options.Owner == nil {
		options.Owner = func(info fs.FileInfo) (uint32, bool) {
			if s, ok := stat(info); ok {
				return s.Uid, true
			}
			return 0, false
		}
	}
	if options.Device == nil {
		options.Device = func(info fs.FileInfo) (uint64, bool) {
			if s, ok := stat(info); ok {
				return s.Dev, true
			}
			return 0, false
		}
	}
	p := &parser{fsys: fsys, options: options, owners: make(map[string]*Stanza), folder: "/"}
	for _, suffix := range []string{
		",v", ".bak", ".cfsaved", ".disabled", ".dpkg-bak", ".dpkg-del", ".dpkg-dist", ".dpkg-new", ".dpkg-old", ".dpkg-tmp",
		".rhn-cfg-tmp-*", ".rpmnew", ".rpmorig", ".rpmsave", ".swp", ".ucf-dist", ".ucf-new", ".ucf-old", "~",
	} {
		p.taboo = append(p.taboo, "*"+suffix)
	}
	globals := defaults()
	p.include("/"+name, &globals, Origin{File: name})
	for _, stanza := range p.stanzas {
		p.config.Stanzas = append(p.config.Stanzas, *stanza)
	}
	return p.config, nil
}

type parser struct {
	fsys    fs.FS
	options Options
	config  Config
	stanzas []*Stanza
	owners  map[string]*Stanza // which stanza a log belongs to
	taboo   []string
	depth   int
	folder  string // absolute, that relative paths start from
}

// inside turns an absolute path, or one relative to folder, into a name of the fs.FS.
func (p *parser) inside(name string) string {
	if !strings.HasPrefix(name, "/") {
		name = path.Join(p.folder, name)
	}
	if name = strings.TrimPrefix(path.Clean(name), "/"); name == "" {
		return "."
	}
	return name
}

// drop removes the last stanza. That is the one in error, unless it included a
// file with stanzas: then the program removes the wrong one, and so do we.
func (p *parser) drop() {
	last := len(p.stanzas) - 1
	if last < 0 {
		return
	}
	stanza := p.stanzas[last]
	p.stanzas = p.stanzas[:last]
	for _, name := range stanza.Files {
		if p.owners[name] == stanza {
			delete(p.owners, name)
		}
	}
	if n := len(p.config.Problems); n > 0 {
		problem := p.config.Problems[n-1]
		stanza.Broken = &problem
	}
	p.config.Broken = append(p.config.Broken, *stanza)
}

// include reads a file, or the files of a directory. A faulty file leaves no
// trace in globals.
func (p *parser) include(name string, globals *Settings, at Origin) (faulty bool) {
	inside := p.inside(name)
	info, err := fs.Stat(p.fsys, inside)
	if err != nil {
		p.refuse(at, LosesLine, fmt.Errorf("%w %q: %w", ErrInclude, name, err))
		return true
	}
	if !info.IsDir() {
		backup := *globals
		if faulty = p.file(inside, globals); faulty {
			*globals = backup
		}
		return faulty
	}
	entries, err := fs.ReadDir(p.fsys, inside)
	if err != nil {
		p.refuse(at, LosesLine, fmt.Errorf("%w %q: %w", ErrInclude, name, err))
		return true
	}
	before := p.folder
	p.folder = "/" + inside
	for _, entry := range entries {
		if slices.ContainsFunc(p.taboo, func(pattern string) bool { return match(pattern, entry.Name()) }) {
			continue
		}
		backup := *globals
		if p.file(path.Join(inside, entry.Name()), globals) {
			*globals = backup
			faulty = true
		}
	}
	p.folder = before
	return faulty
}

func (p *parser) refuse(at Origin, effect Effect, err error) {
	p.config.Problems = append(p.config.Problems, Problem{Origin: at, Effect: effect, Err: err})
}

func (p *parser) file(name string, globals *Settings) (faulty bool) {
	at := Origin{File: name}
	info, err := fs.Stat(p.fsys, name)
	if err != nil {
		p.refuse(at, LosesFile, fmt.Errorf("%w: %w", ErrInclude, err))
		return true
	}
	// The kind is asked before opening, because opening a pipe would block.
	if !info.Mode().IsRegular() {
		return false
	}
	uid, known := p.options.Owner(info)
	switch {
	case info.Mode().Perm()&0o022 != 0:
		p.refuse(at, LosesFile, fmt.Errorf("%w: group or others may write it (mode %#o)", ErrRefused, info.Mode().Perm()))
		return false
	case known && uid != 0:
		p.refuse(at, LosesFile, fmt.Errorf("%w: it belongs to user %d", ErrRefused, uid))
		return false
	case info.Size() > maxConfig:
		p.refuse(at, LosesFile, fmt.Errorf("%w: it is too large for a configuration file", ErrInclude))
		return true
	}
	text, err := fs.ReadFile(p.fsys, name)
	if err != nil {
		p.refuse(at, LosesFile, fmt.Errorf("%w: %w", ErrInclude, err))
		return true
	}
	p.config.Files = append(p.config.Files, name)
	r := &reader{p: p, name: name, buf: text, globals: globals, current: globals}
	return r.read()
}

func (r *reader) include(at Origin) verdict {
	name, ok := r.value()
	if !ok {
		return r.wrong(at, fmt.Errorf("include: %w", ErrArgument))
	}
	if below, ok := strings.CutPrefix(name, "~/"); ok {
		name = "/root/" + below
	}
	if r.p.depth >= maxNesting {
		r.report(at, LosesLine, fmt.Errorf("%w: nested more than %d deep", ErrInclude, maxNesting))
		r.failed = true
		return fine
	}
	r.p.depth++
	if r.p.include(name, r.current, at) {
		r.failed = true
	}
	r.p.depth--
	return fine
}

// paths opens a stanza.
func (r *reader) paths(at Origin) verdict {
	r.braced = false
	if r.open != nil {
		return r.wrong(at, fmt.Errorf("%w: a path within a stanza", ErrSyntax))
	}
	stanza := &Stanza{Origin: at, Settings: *r.globals}
	// The program forgets to hand this one down.
	stanza.Settings.AddExtension = Setting[string]{}
	if !stanza.Settings.CompressExt.IsSet() {
		stanza.Settings.CompressExt.Value = ".gz"
	}
	r.p.stanzas = append(r.p.stanzas, stanza)
	r.open, r.current, r.globErr = stanza, &stanza.Settings, nil
	list, err := r.list()
	if err != nil {
		return r.fatal(at, err)
	}
	r.braced = true
	if stanza.Patterns, err = splitWords(list); err != nil || len(stanza.Patterns) == 0 {
		return r.fatal(at, fmt.Errorf("%w: the paths cannot be read", ErrSyntax))
	}
	for _, pattern := range stanza.Patterns {
		r.claim(pattern, at)
	}
	return fine
}

// claim gives the logs that match a pattern to the open stanza. One that is
// taken already ends the pattern, and only the pattern.
func (r *reader) claim(pattern string, at Origin) {
	names, err := r.p.glob(pattern)
	if r.globErr = nil; err != nil {
		if errors.Is(err, fs.ErrPermission) {
			r.open.Unlisted = append(r.open.Unlisted, pattern)
		} else if !r.open.Settings.MissingOK.Value {
			r.globErr = fmt.Errorf("%w %q: %w", ErrPath, pattern, err)
		}
		return
	}
	for _, name := range names {
		if info, err := fs.Lstat(r.p.fsys, r.p.inside(name)); err == nil && info.IsDir() {
			continue
		}
		if owner := r.p.owners[name]; owner != nil {
			if owner.Settings.IgnoreDuplicates.Value {
				continue
			}
			r.report(at, LosesLine, fmt.Errorf("%w: %q, see %s:%d", ErrDuplicate, name, owner.Origin.File, owner.Origin.Line))
			r.failed = true
			return
		}
		r.p.owners[name] = r.open
		r.open.Files = append(r.open.Files, name)
	}
}

// closing ends a stanza, if its paths are in order.
func (r *reader) closing(at Origin) verdict {
	if r.open == nil || !r.braced {
		return r.fatal(at, fmt.Errorf("%w: } without {", ErrSyntax))
	}
	r.braced = false
	if r.globErr != nil {
		err := r.globErr
		if r.globErr = nil; !r.open.Settings.MissingOK.Value {
			return r.fatal(at, err)
		}
	}
	if r.open.Settings.OldDir.Value != "" {
		for _, name := range r.open.Files {
			if err := r.oldDir(name); err != nil {
				return r.fatal(at, err)
			}
		}
	}
	r.open, r.current, r.mode = nil, r.globals, afterBrace
	return fine
}

// oldDir checks that the old logs of one log can be moved. What we may not look
// at is taken to be in order, because root may.
func (r *reader) oldDir(name string) error {
	s := &r.open.Settings
	folder := path.Dir(name)
	from, err := fs.Stat(r.p.fsys, r.p.inside(folder))
	if err != nil {
		if s.MissingOK.Value || errors.Is(err, fs.ErrPermission) {
			return nil
		}
		return fmt.Errorf("%w: folder %q of the log: %w", ErrPath, folder, err)
	}
	old := s.OldDir.Value
	if !strings.HasPrefix(old, "/") {
		old = path.Join(folder, old)
	}
	to, err := fs.Stat(r.p.fsys, r.p.inside(old))
	if err != nil {
		if errors.Is(err, fs.ErrPermission) || s.CreateOldDir.Value && errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return fmt.Errorf("%w: olddir %q: %w", ErrPath, old, err)
	}
	device, known := r.p.options.Device(from)
	other, knownToo := r.p.options.Device(to)
	if known && knownToo && device != other && !s.CopyTruncate.Value && !s.Copy.Value && !s.RenameCopy.Value {
		return fmt.Errorf("%w: olddir %q is on another device than the log", ErrPath, old)
	}
	return nil
}
