package journald

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// Origin is where a setting was made, so that a remedy can name the line.
type Origin struct {
	File string // path in the fs.FS; empty when the value is the built-in default
	Line int    // from 1
}

// Setting is a value and where it comes from.
type Setting[T any] struct {
	Value  T
	Origin Origin
}

// IsSet reports whether a file sets the value.
func (s Setting[T]) IsSet() bool { return s.Origin.File != "" }

// Storage is where journald writes.
type Storage string

// The values of Storage=. Auto means persistent if the journal directory exists.
const (
	StorageVolatile   Storage = "volatile"
	StoragePersistent Storage = "persistent"
	StorageAuto       Storage = "auto"
	StorageNone       Storage = "none"
)

// Caps are the size limits of one journal directory. A value that no file sets
// depends on the file system; Limits computes it.
type Caps struct {
	MaxUse      Setting[uint64] // bytes of all journal files together
	KeepFree    Setting[uint64] // bytes left free on the file system
	MaxFileSize Setting[uint64] // bytes at which a file is rotated
	MaxFiles    Setting[uint64] // number of files, default 100
}

// Conf is the merged journald.conf, as far as it concerns retention.
type Conf struct {
	Storage      Setting[Storage]
	System       Caps            // of /var/log/journal
	Runtime      Caps            // of /run/log/journal
	MaxRetention Setting[uint64] // µs after which archived files are deleted, 0 for never
	MaxFile      Setting[uint64] // µs after which a file is rotated, default one month, 0 for never

	// Files are the files read, in the order of application.
	Files []string
	// Problems are the lines that journald ignores, and the files we could not read.
	Problems []Problem
}

// Problem is a line, or with Line 0 a file, that does not count.
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

// LoadConf merges the configuration of journald in fsys, the root of a host, in
// the order of systemd: the first of /etc, /run, /usr/local/lib and /usr/lib
// that has journald.conf, and then the drop-ins of all of them by file name, a
// name in an earlier directory masking the same name in a later one. namespace
// is empty for the default journal. Bad lines are ignored, as journald does,
// and reported in Problems.
func LoadConf(fsys fs.FS, namespace string) Conf {
	name, storage := "journald.conf", StorageAuto
	if namespace != "" {
		name, storage = "journald@"+namespace+".conf", StoragePersistent
	}
	conf := Conf{
		Storage: Setting[Storage]{Value: storage},
		MaxFile: Setting[uint64]{Value: Month},
	}
	conf.System.MaxFiles.Value = defaultMaxFiles
	conf.Runtime.MaxFiles.Value = defaultMaxFiles

	dirs := [...]string{"etc/systemd", "run/systemd", "usr/local/lib/systemd", "usr/lib/systemd"}
	for _, dir := range dirs {
		if conf.load(fsys, path.Join(dir, name)) {
			break
		}
	}
	dropins := make(map[string]string) // base name to path
	for _, dir := range dirs {
		dir = path.Join(dir, name+".d")
		entries, err := fs.ReadDir(fsys, dir)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			conf.Problems = append(conf.Problems, Problem{Origin{File: dir}, fmt.Errorf("list drop-ins: %w", err)})
		}
		for _, entry := range entries {
			base := entry.Name()
			if _, masked := dropins[base]; !masked && strings.HasSuffix(base, ".conf") && !strings.HasPrefix(base, ".") && !entry.IsDir() {
				dropins[base] = path.Join(dir, base)
			}
		}
	}
	var bases []string
	for base := range dropins {
		bases = append(bases, base)
	}
	slices.Sort(bases)
	for _, base := range bases {
		// A link to /dev/null only masks the name.
		if target, err := fs.ReadLink(fsys, dropins[base]); err != nil || target != "/dev/null" {
			conf.load(fsys, dropins[base])
		}
	}
	return conf
}

// load applies one file, and reports whether there is such a file.
func (c *Conf) load(fsys fs.FS, name string) bool {
	text, err := fs.ReadFile(fsys, name)
	if errors.Is(err, fs.ErrNotExist) {
		return false
	}
	if err != nil {
		c.Problems = append(c.Problems, Problem{Origin{File: name}, fmt.Errorf("read configuration: %w", err)})
		return true
	}
	c.Files = append(c.Files, name)
	c.apply(name, string(text))
	return true
}

// apply follows the line grammar of systemd: comments begin with # or ;, a
// backslash at the end joins the next line, comments in between are left out.
func (c *Conf) apply(name, text string) {
	text = strings.TrimPrefix(text, "\ufeff")
	var section, joined string
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimLeft(strings.TrimSuffix(line, "\r"), " \t\r")
		if line != "" && (line[0] == '#' || line[0] == ';') {
			continue
		}
		if before, ok := cutContinuation(line); ok {
			joined += before + " "
			continue
		}
		line, joined = strings.TrimSpace(joined+line), ""
		if line == "" {
			continue
		}
		origin := Origin{File: name, Line: i + 1}
		if line[0] == '[' {
			if line[len(line)-1] != ']' {
				c.Problems = append(c.Problems, Problem{origin, errors.New("section header without ]")})
				return // systemd gives up on the file
			}
			section = line[1 : len(line)-1]
			continue
		}
		key, value, ok := strings.Cut(line, "=")
		switch {
		case section != "Journal":
		case !ok:
			c.Problems = append(c.Problems, Problem{origin, errors.New("line without =")})
		default:
			if err := c.set(strings.TrimSpace(key), strings.TrimSpace(value), origin); err != nil {
				c.Problems = append(c.Problems, Problem{origin, err})
			}
		}
	}
}

// cutContinuation reports whether an odd number of backslashes ends the line.
func cutContinuation(line string) (string, bool) {
	count := len(line) - len(strings.TrimRight(line, `\`))
	if count%2 == 0 {
		return line, false
	}
	return line[:len(line)-1], true
}

func (c *Conf) set(key, value string, origin Origin) error {
	switch key {
	case "Storage":
		switch s := Storage(value); s {
		case StorageVolatile, StoragePersistent, StorageAuto, StorageNone:
			c.Storage = Setting[Storage]{s, origin}
			return nil
		}
		return fmt.Errorf("Storage %q is none of volatile, persistent, auto and none", value)
	case "MaxRetentionSec":
		return setTo(&c.MaxRetention, parseTimeSpan, key, value, origin)
	case "MaxFileSec":
		return setTo(&c.MaxFile, parseTimeSpan, key, value, origin)
	}
	caps, rest := &c.System, strings.TrimPrefix(key, "System")
	if rest == key {
		if caps, rest = &c.Runtime, strings.TrimPrefix(key, "Runtime"); rest == key {
			return nil // a setting that does not concern retention
		}
	}
	switch rest {
	case "MaxUse":
		return setTo(&caps.MaxUse, parseSize, key, value, origin)
	case "KeepFree":
		return setTo(&caps.KeepFree, parseSize, key, value, origin)
	case "MaxFileSize":
		return setTo(&caps.MaxFileSize, parseSize, key, value, origin)
	case "MaxFiles":
		return setTo(&caps.MaxFiles, parseCount, key, value, origin)
	}
	return nil
}

func setTo(to *Setting[uint64], parse func(string) (uint64, error), key, value string, origin Origin) error {
	number, err := parse(value)
	if err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	*to = Setting[uint64]{number, origin}
	return nil
}
