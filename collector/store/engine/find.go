package engine

import (
	"fmt"
	"os"
	"path/filepath"
)

// LibraryEnv names the environment variable that gives the path of libchdb.so.
const LibraryEnv = "YUNJIAN_LIBCHDB"

const libraryName = "libchdb.so"

// Find gives the path of libchdb: explicit if it is not empty, else the
// environment variable YUNJIAN_LIBCHDB, else the user's cache folder (where `make
// deps` puts it), else the places of an installation. A path that was given and
// is not a file is an error; the next place is not tried then.
func Find(explicit string) (string, error) {
	for _, given := range []struct{ what, path string }{
		{"the configured path", explicit},
		{LibraryEnv, os.Getenv(LibraryEnv)},
	} {
		if given.path == "" {
			continue
		}
		if !isFile(given.path) {
			return "", fmt.Errorf("find libchdb: %s gives %q, which is not a file; correct it, or run `make deps` and leave it out", given.what, given.path)
		}
		return filepath.Abs(given.path)
	}
	for _, place := range places() {
		if isFile(place) {
			return place, nil
		}
	}
	return "", fmt.Errorf("find libchdb: no %s in the cache folder or in %v; run `make deps`, or give its path in %s", libraryName, installed(), LibraryEnv)
}

func places() []string {
	var list []string
	if cache, err := os.UserCacheDir(); err == nil {
		list = append(list, filepath.Join(cache, "yunjian", "libchdb", Version, libraryName))
	}
	for _, dir := range installed() {
		list = append(list, filepath.Join(dir, libraryName))
	}
	return list
}

func installed() []string {
	return []string{"/usr/lib/yunjian", "/usr/local/lib", "/usr/lib"}
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}
