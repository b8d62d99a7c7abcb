// Package peers brings Debian's packages of other programs to tests and
// benchmarks: unpacked into the user's cache folder, never installed.
package peers

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// Binary returns the path of a program of a Debian package, such as
// Binary(ctx, "prometheus", "usr/bin/prometheus"). It fetches the package with
// apt-get when the cache does not hold it yet.
func Binary(ctx context.Context, pkg, program string) (string, error) {
	return unpacked(ctx, pkg, program, "")
}

// Release is like Binary, but takes the package of another release of Debian, such as
// Release(ctx, "trixie", "ssg-debian", "usr/share/…/ssg-debian12-ds.xml"). Only packages
// that depend on nothing are of use. The sources of the machine stay as they are.
func Release(ctx context.Context, release, pkg, file string) (string, error) {
	return unpacked(ctx, pkg, file, release)
}

func unpacked(ctx context.Context, pkg, file, release string) (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find cache folder: %w", err)
	}
	name := pkg
	if release != "" {
		name += "-" + release
	}
	root := filepath.Join(cache, "yunjian", "peers", name)
	path := filepath.Join(root, file)
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	if err := fetch(ctx, pkg, root, release); err != nil {
		return "", fmt.Errorf("unpack Debian package %s: %w", pkg, err)
	}
	if _, err := os.Stat(path); err != nil {
		return "", fmt.Errorf("unpack Debian package %s: it has no %s", pkg, file)
	}
	return path, nil
}

// aside returns the options that make apt-get use one release and lists of its own, in
// a folder.
func aside(dir, release string) ([]string, error) {
	const keys = "/usr/share/keyrings/debian-archive-keyring.gpg"
	lists := filepath.Join(dir, "lists")
	if err := os.MkdirAll(filepath.Join(lists, "partial"), 0o755); err != nil {
		return nil, err
	}
	list := filepath.Join(dir, "sources.list")
	text := fmt.Sprintf("deb [signed-by=%s] http://deb.debian.org/debian %s main\n", keys, release)
	if err := os.WriteFile(list, []byte(text), 0o644); err != nil {
		return nil, err
	}
	return []string{
		"-o", "Dir::Etc::sourcelist=" + list, "-o", "Dir::Etc::sourceparts=/dev/null", "-o", "Dir::State::lists=" + lists,
		"-o", "Dir::Cache::pkgcache=", "-o", "Dir::Cache::srcpkgcache=",
	}, nil
}

func fetch(ctx context.Context, pkg, root, release string) error {
	if err := os.MkdirAll(filepath.Dir(root), 0o755); err != nil {
		return err
	}
	work, err := os.MkdirTemp(filepath.Dir(root), ".fetch-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	// apt drops to user _apt, who must reach the folder it downloads into.
	if err := os.Chmod(work, 0o777); err != nil {
		return err
	}
	var options []string
	if release != "" {
		if options, err = aside(work, release); err != nil {
			return err
		}
	}
	download := func() error {
		return run(ctx, work, "apt-get", slices.Concat(options, []string{"download", pkg})...)
	}
	if err := download(); err != nil {
		if e := run(ctx, work, "apt-get", slices.Concat(options, []string{"update"})...); e != nil {
			return fmt.Errorf("%w (and apt-get update: %w)", err, e)
		}
		if err := download(); err != nil {
			return err
		}
	}
	files, err := filepath.Glob(filepath.Join(work, pkg+"_*.deb"))
	if err != nil || len(files) != 1 {
		return fmt.Errorf("apt-get download left %d packages", len(files))
	}
	out := filepath.Join(work, "root")
	if err := run(ctx, work, "dpkg", "-x", files[0], out); err != nil {
		return err
	}
	if err := os.Rename(out, root); err != nil && !os.IsExist(err) {
		return err
	}
	return nil
}

func run(ctx context.Context, dir, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, strings.TrimSpace(string(out)))
	}
	return nil
}
