package logs

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/yunjian-io/yunjian/agent/logs/journald"
	"github.com/yunjian-io/yunjian/internal/wire"
)

// JournaldPolicy is what journald removes by its configuration and by what its files
// show. fsSize and fsFree are bytes of the file system of the journal, 0 if unknown.
//
// The typical span is the 10th percentile, by nearest rank, of the time between the
// first and the last entry of the archived system files; the longest one also counts
// the file that is being written, up to now. Spans of files whose clock was set are
// left out. The origin is the setting that bounds the journal: the age if there is
// one, else the size, else the number of files.
func JournaldPolicy(conf journald.Conf, inventory journald.Inventory, mode journald.Mode, fsSize, fsFree int64, now time.Time) wire.LogPolicy {
	caps := conf.System
	if mode != journald.Persistent {
		caps = conf.Runtime
	}
	limits := caps.Limits(uint64(max(fsSize, 0)))
	policy := &wire.JournaldPolicy{
		Volatile: mode != journald.Persistent, FilesystemSize: fsSize, FilesystemFree: fsFree, Usage: inventory.Bytes,
		MaxUse:         bounded(caps.MaxUse, limits.MaxUse),
		MaxFileSize:    bounded(caps.MaxFileSize, limits.MaxFileSize),
		KeepFree:       bounded(caps.KeepFree, limits.KeepFree),
		MaxFiles:       int(min(bounded(caps.MaxFiles, limits.MaxFiles), math.MaxInt32)),
		MaxFileSeconds: seconds(conf.MaxFile),
	}
	// An age of nothing or of forever removes nothing, as if it were not set.
	policy.MaxRetentionSeconds = max(seconds(conf.MaxRetention), 0)
	var spans []int64
	for _, file := range inventory.Files {
		if file.Name.Life == journald.Active {
			policy.ActiveFiles++
		}
		if file.Empty() || file.Name.Family != journald.System {
			continue
		}
		switch file.Name.Life {
		case journald.ArchivedName:
			if span, ok := spanSeconds(file.Header.HeadRealtime, file.Header.TailRealtime); ok {
				spans = append(spans, span)
			}
		case journald.Active:
			if span, ok := spanSeconds(file.Header.HeadRealtime, uint64(max(now.UnixMicro(), 0))); ok {
				policy.LongestSpanSeconds = max(policy.LongestSpanSeconds, span)
			}
		}
	}
	if len(spans) > 0 {
		slices.Sort(spans)
		policy.TypicalSpanSeconds = spans[int(math.Ceil(0.1*float64(len(spans))))-1]
		policy.LongestSpanSeconds = max(policy.LongestSpanSeconds, spans[len(spans)-1])
	}
	at := cmp.Or(conf.MaxRetention.Origin, caps.MaxUse.Origin, caps.MaxFiles.Origin, conf.MaxFile.Origin)
	if policy.Volatile && conf.Storage.IsSet() {
		at = conf.Storage.Origin
	}
	return wire.LogPolicy{Kind: wire.PolicyJournald, Origin: origin(at.File, at.Line), Journald: policy}
}

// bounded is a limit that a file sets, as journald applies it: 0 if none is set, and
// negative where 0 or infinity switches it off.
func bounded(setting journald.Setting[uint64], applied uint64) int64 {
	switch {
	case !setting.IsSet():
		return 0
	case setting.Value == 0 || setting.Value == journald.Forever:
		return -1
	}
	return int64(min(applied, math.MaxInt64))
}

// seconds is a time span of journald, rounded down; 0 if none is set, and negative where
// 0 or infinity switches it off.
func seconds(setting journald.Setting[uint64]) int64 {
	switch {
	case !setting.IsSet():
		return 0
	case setting.Value == 0 || setting.Value == journald.Forever:
		return -1
	}
	return int64(max(setting.Value/1e6, 1))
}

// spanSeconds is the time between two entries; ok is false if the clock cannot have
// been right: before 2001, backward, or longer than ten years.
func spanSeconds(head, tail uint64) (span int64, ok bool) {
	const plausible, tenYears = 1_000_000_000_000_000, 315_360_000_000_000
	if head < plausible || tail < head || tail-head > tenYears {
		return 0, false
	}
	return int64((tail - head) / 1e6), true
}
