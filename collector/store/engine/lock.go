package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// ErrInUse says that another process owns the engine of this folder.
var ErrInUse = errors.New("the engine is in use by another process")

// lookEvery is how often a lock that another process holds is tried again.
const lookEvery = 50 * time.Millisecond

// lockWithin takes the folder as soon as its owner leaves it, within limit.
func lockWithin(ctx context.Context, dir string, limit time.Duration) (*os.File, error) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	end := time.NewTimer(limit)
	defer end.Stop()
	for {
		held, err := lock(dir)
		if !errors.Is(err, ErrInUse) || limit <= 0 {
			return held, err
		}
		select {
		case <-tick.C:
		case <-end.C:
			return nil, err
		case <-ctx.Done():
			return nil, err
		}
	}
}

// lock takes the folder for this process. The kernel frees it when the file is
// closed by all who hold it: this process and the child that inherits it.
func lock(dir string) (*os.File, error) {
	file, err := os.OpenFile(filepath.Join(dir, lockName), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open lock: %w", err)
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		file.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("lock %q: %w", dir, ErrInUse)
		}
		return nil, fmt.Errorf("lock %q: %w", dir, err)
	}
	return file, nil
}
