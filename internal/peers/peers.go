// Package peers brings Debian's packages of other programs to tests and
// benchmarks: unpacked into the user's cache folder, never installed.
package peers

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Binary returns the path of a program of a Debian package, such as
// Binary(ctx, "prometheus", "usr/bin/prometheus"). It fetches the package with
// apt-get when the cache does not hold it yet.
func Binary(ctx context.Context, pkg, program string) (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find cache folder: %w", err)
	}
	root := filepath.Join(cache, "yunjian", "peers", pkg)
	path := filepath.Join(root, program)
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	if err := fetch(ctx, pkg, root); err != nil {
		return "", fmt.Errorf("unpack Debian package %s: %w", pkg, err)
	}
	if _, err := os.Stat(path); err != nil {
		return "", fmt.Errorf("unpack Debian package %s: it has no %s", pkg, program)
	}
	return path, nil
}

func fetch(ctx context.Context, pkg, root string) error {
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
	if err := run(ctx, work, "apt-get", "download", pkg); err != nil {
		if e := run(ctx, work, "apt-get", "update"); e != nil {
			return fmt.Errorf("%w (and apt-get update: %w)", err, e)
		}
		if err := run(ctx, work, "apt-get", "download", pkg); err != nil {
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
