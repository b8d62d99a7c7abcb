package logs

import (
	"errors"
	"io/fs"
	"slices"
	"strings"
)

// ConfigFiles lists the files and folders, as names of the fs.FS, on which the results
// of Declare without a site, and of LoadRotation, depend: every configuration that was
// read, every folder that was listed, and every name whose presence was asked for,
// absent ones included. As long as the time, size and presence of all of them are
// the same, so are the declarations. The logs themselves are not among them.
func ConfigFiles(fsys fs.FS) []string {
	r := &recorder{fsys: fsys, opened: make(map[string]bool), listed: make(map[string]bool), asked: make(map[string]bool)}
	Declare(r, nil)
	LoadRotation(r)
	return r.names()
}

// recorder passes everything on to a file system and notes what it was asked.
type recorder struct {
	fsys                  fs.FS
	opened, listed, asked map[string]bool
}

// Open implements fs.FS.
func (r *recorder) Open(name string) (fs.File, error) {
	r.opened[name] = true
	return r.fsys.Open(name)
}

// ReadDir implements fs.ReadDirFS.
func (r *recorder) ReadDir(name string) ([]fs.DirEntry, error) {
	r.listed[name] = true
	return fs.ReadDir(r.fsys, name)
}

// Stat implements fs.StatFS.
func (r *recorder) Stat(name string) (fs.FileInfo, error) {
	r.asked[name] = true
	return fs.Stat(r.fsys, name)
}

// Lstat implements fs.ReadLinkFS.
func (r *recorder) Lstat(name string) (fs.FileInfo, error) {
	r.asked[name] = true
	return fs.Lstat(r.fsys, name)
}

// ReadLink implements fs.ReadLinkFS.
func (r *recorder) ReadLink(name string) (string, error) {
	r.asked[name] = true
	return fs.ReadLink(r.fsys, name)
}

func (r *recorder) names() []string {
	var names []string
	for name := range r.listed {
		names = append(names, name)
	}
	for name := range r.opened {
		names = append(names, name)
	}
	for name := range r.asked {
		if r.listed[name] || r.opened[name] {
			continue
		}
		info, err := fs.Stat(r.fsys, name)
		switch {
		case err == nil && info.IsDir():
			// Its presence was the question; its contents change for reasons of their own.
			continue
		case strings.HasPrefix(name, "var/log/"), strings.HasPrefix(name, "run/log/"):
			continue // the log itself; its folder is listed
		case err == nil && !slices.ContainsFunc([]string{"etc/", "usr/", "lib/", "sbin/", "bin/"}, func(dir string) bool { return strings.HasPrefix(name, dir) }):
			continue // a log elsewhere
		case err != nil && !errors.Is(err, fs.ErrNotExist):
			continue
		}
		names = append(names, name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}
