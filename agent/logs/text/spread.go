package text

import (
	"math/bits"
	"time"
)

// spread counts durations in buckets of a logarithmic scale, eight for each doubling
// above 8 ms, so that a percentile is right within an eighth in a few hundred numbers.
type spread struct {
	Counts []uint64      `json:"counts,omitempty"`
	Total  uint64        `json:"total,omitempty"`
	Max    time.Duration `json:"max,omitempty"`
}

const spreadBuckets = 350

// bucket is the place of a duration on the scale.
func bucket(d time.Duration) int {
	v := uint64(max(d, 0) / time.Millisecond)
	if v < 8 {
		return int(v)
	}
	e := bits.Len64(v) - 1
	return (e-2)*8 + int(v>>(e-3)&7)
}

// ceiling is the greatest duration of a bucket.
func ceiling(i int) time.Duration {
	next := i + 1
	if next < 8 {
		return time.Duration(next) * time.Millisecond
	}
	e := next/8 + 2
	return time.Duration(uint64(8+next%8)<<(e-3)) * time.Millisecond
}

// add counts n equal durations.
func (s *spread) add(d time.Duration, n uint64) {
	i := min(bucket(d), spreadBuckets-1)
	for len(s.Counts) <= i {
		s.Counts = append(s.Counts, 0)
	}
	s.Counts[i] += n
	s.Total += n
	s.Max = max(s.Max, d)
}

// p999 is the 99.9th percentile by nearest rank, rounded up to the end of its bucket;
// 0 if nothing was counted.
func (s *spread) p999() time.Duration {
	rank := s.Total - s.Total/1000 // ceil(0.999 n)
	var seen uint64
	for i, n := range s.Counts {
		if seen += n; n > 0 && seen >= rank {
			return min(ceiling(i), s.Max)
		}
	}
	return 0
}
