package evidence

import (
	"slices"
	"time"

	"github.com/yunjian-io/yunjian/internal/wire"
)

// Progressed returns a full record of a source brought up to a later progress: the
// live segment has grown, and the disk is as full as it was then. The record itself is
// not changed.
func Progressed(s wire.LogSource, p wire.LogProgress) wire.LogSource {
	s.Segments = slices.Clone(s.Segments)
	if live := liveSegment(s); live >= 0 {
		grown := &s.Segments[live]
		if p.Last.After(grown.Last) || grown.LastEstimated {
			if !p.Last.IsZero() {
				grown.Last, grown.LastEstimated = p.Last, false
			}
			if grown.First.IsZero() {
				grown.First = p.Last // its first record, for all that is known
			}
		}
		if p.Bytes > 0 {
			grown.Bytes = p.Bytes
		}
		for _, t := range []time.Time{p.LastAppend, p.Last} {
			if t.After(grown.ModTime) {
				grown.ModTime = t
			}
		}
	}
	if p.DiskFree > 0 {
		s.Disk.Free = p.DiskFree
	}
	if p.LastAppend.After(s.Writer.LastAppend) {
		s.Writer.LastAppend = p.LastAppend
	}
	return s
}

// liveSegment is the segment that is being written: that of the source's own path, or
// the newest live one, such as a user's journal; -1 if there is none.
func liveSegment(s wire.LogSource) int {
	found := -1
	for i, segment := range s.Segments {
		switch {
		case !segment.Live:
		case segment.Path == s.Path:
			return i
		case found < 0 || segment.Last.After(s.Segments[found].Last):
			found = i
		}
	}
	return found
}
