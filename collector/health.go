package collector

import (
	"context"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/yunjian-io/yunjian/collector/store"
)

// selfLook looks at the collector itself and remembers the counters of the look before.
type selfLook struct {
	server *Server
	start  time.Time
	name   string
	before store.Health
}

func newLook(s *Server, start time.Time) *selfLook {
	name, err := os.Hostname()
	if err != nil {
		name = "collector"
	}
	l := &selfLook{server: s, start: start, name: name}
	l.before = l.counters()
	return l
}

// counters are those since the start.
func (l *selfLook) counters() store.Health {
	m := l.server.metrics
	return store.Health{
		RowsStored: m.stored(), Accepted: m.total("requests", func(outcome string) bool { return outcome == "stored" }),
		Refused:       m.total("requests", func(outcome string) bool { return outcome != "stored" }),
		CommitsFailed: m.total("commits", func(string) bool { return true }),
	}
}

// save stores one look. What is not stored counts in the next.
func (l *selfLook) save(ctx context.Context, now time.Time) error {
	s := l.server
	lag, waiting, err := s.db.Lag(ctx, now)
	if err != nil {
		return err
	}
	tables, err := s.db.TableStatus(ctx)
	if err != nil {
		return err
	}
	all := l.counters()
	h := store.Health{
		At: now, Collector: l.name, Program: s.program, Uptime: now.Sub(l.start), MemoryBytes: residentMemory(),
		Lag: lag, CommitsToDerive: waiting, RowsWaiting: uint64(s.commits.Waiting()),
		RowsStored: all.RowsStored - l.before.RowsStored, Accepted: all.Accepted - l.before.Accepted,
		Refused: all.Refused - l.before.Refused, CommitsFailed: all.CommitsFailed - l.before.CommitsFailed,
		EngineRestarts: s.db.Restarts(), KnownHosts: uint64(s.registry.Len()),
	}
	for _, t := range tables {
		h.DatabaseBytes += t.Bytes
	}
	var disk syscall.Statfs_t
	if syscall.Statfs(s.config.DataDir, &disk) == nil { // 0 says that it was not readable
		h.DiskFreeBytes, h.DiskSizeBytes = disk.Bavail*uint64(disk.Bsize), disk.Blocks*uint64(disk.Bsize)
	}
	if err := s.db.SaveHealth(ctx, &h); err != nil {
		return err
	}
	l.before = all
	return nil
}

// residentMemory is that of this process in bytes; 0 where it was not readable.
func residentMemory() uint64 {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(text))
	if len(fields) < 2 {
		return 0
	}
	pages, err := strconv.ParseUint(fields[1], 10, 64)
	if err != nil {
		return 0
	}
	return pages * uint64(os.Getpagesize())
}
