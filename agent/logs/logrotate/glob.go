package logrotate

import (
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"
	"syscall"
)

// match compares one name with a shell pattern. A leading period must be
// written out. A pattern that is malformed matches only itself.
func match(pattern, name string) bool {
	if strings.HasPrefix(name, ".") && !strings.HasPrefix(pattern, ".") && !strings.HasPrefix(pattern, `\.`) {
		return false
	}
	ok, err := path.Match(strings.ReplaceAll(pattern, "[!", "[^"), name)
	return ok || err != nil && pattern == name
}

// glob lists what a pattern matches, sorted; the pattern itself if nothing.
// The error is that of a folder which cannot be listed.
func (p *parser) glob(pattern string) ([]string, error) {
	if pattern == "~" || strings.HasPrefix(pattern, "~/") {
		pattern = "/root" + pattern[1:]
	}
	if !strings.ContainsAny(pattern, "*?[") {
		return []string{pattern}, nil
	}
	root := ""
	if strings.HasPrefix(pattern, "/") {
		root = "/"
	}
	found := []string{root}
	for part := range strings.SplitSeq(pattern, "/") {
		if part == "" {
			continue
		}
		var next []string
		for _, base := range found {
			names, err := p.matches(base, part)
			if err != nil {
				return nil, err
			}
			next = append(next, names...)
		}
		found = next
	}
	if len(found) == 0 {
		return []string{pattern}, nil
	}
	slices.Sort(found)
	return found, nil
}

func (p *parser) matches(base, part string) ([]string, error) {
	if !strings.ContainsAny(part, "*?[") {
		name := path.Join(base, part)
		if _, err := fs.Lstat(p.fsys, p.inside(name)); err != nil {
			return nil, unlessAbsent(err)
		}
		return []string{name}, nil
	}
	folder := p.inside(base)
	// A plain file on the way matches nothing; so do links that lead nowhere.
	if info, err := fs.Stat(p.fsys, folder); err != nil || !info.IsDir() {
		return nil, unlessAbsent(err)
	}
	entries, err := fs.ReadDir(p.fsys, folder)
	if err != nil {
		return nil, unlessAbsent(err)
	}
	var names []string
	for _, entry := range entries {
		if match(part, entry.Name()) {
			names = append(names, path.Join(base, entry.Name()))
		}
	}
	return names, nil
}

func unlessAbsent(err error) error {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) || errors.Is(err, fs.ErrInvalid) {
		return nil
	}
	return err
}
