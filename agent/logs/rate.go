package logs

import (
	"math"
	"path"
	"slices"
	"time"

	"github.com/yunjian-io/yunjian/internal/wire"
)

const (
	samplesKept = 28 // daily samples of a rate
	week        = 7
)

// daily counts what is added day by day, in bytes.
type daily struct {
	Day     string  `json:"day,omitempty"` // of Today, as 2026-11-27
	Today   int64   `json:"today,omitempty"`
	Samples []int64 `json:"samples,omitempty"` // of whole days, oldest first
}

// add counts n bytes at a time. A day in which the agent did not run is no sample.
func (d *daily) add(day string, n int64) {
	if d.Day != day {
		if d.Day != "" && d.Whole() {
			d.Samples = append(d.Samples, d.Today)
			d.Samples = d.Samples[max(0, len(d.Samples)-samplesKept):]
		}
		d.Day, d.Today = day, 0
	}
	d.Today += n
}

// Whole reports whether the day that ends was watched from its beginning: the first
// day of a memory is not.
func (d *daily) Whole() bool { return d.Samples != nil }

// begin says that from the next day on whole days are counted.
func (d *daily) begin() {
	if d.Samples == nil {
		d.Samples = []int64{}
	}
}

// percentile is the nearest rank of the samples, 0 without any.
func percentile(samples []int64, q float64) float64 {
	if len(samples) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(samples))
	return float64(sorted[max(int(math.Ceil(q*float64(len(sorted))))-1, 0)])
}

// disk is what is known of one file system.
type disk struct {
	daily
	Used int64 `json:"used"` // bytes, when it was last looked at
	pass int
	now  wire.LogDisk
}

// measure brings rate and disk of a source up to date.
func (e *engine) measure(s *source) {
	if s.declared.Family == FamilyJournald {
		e.readJournals(s)
	}
	day := e.now.In(e.zone).Format(time.DateOnly)
	if s.appended != 0 || s.Growth.Day != day {
		s.Growth.add(day, s.appended)
		s.Growth.begin()
		s.unsaved, s.touched = true, true
	}
	if len(s.segments) > 0 {
		s.LastSeen = e.now
	}
	device := uint64(0)
	for _, g := range s.segments {
		if g.present {
			device = g.Stamp.Device
		}
	}
	d := e.disks[device]
	if d == nil {
		d = &disk{}
		e.disks[device] = d
	}
	if d.pass != e.passes {
		d.pass = e.passes
		now, err := e.statfs(e.existing(s.path))
		if err == nil {
			used := now.Size - now.Free
			if d.Used > 0 {
				d.add(day, max(used-d.Used, 0))
				d.begin()
			}
			d.now, d.Used = now, used
		}
	}
	s.disk = d.now
	if s.touched || d.Day == "" {
		s.Rate = e.rate(s, d)
	}
}

// existing is the folder of a path, or the nearest one above that is there.
func (e *engine) existing(name string) string {
	for dir := path.Dir(name); ; dir = path.Dir(dir) {
		if e.host.list(dir).err == nil || dir == "/" {
			return dir
		}
	}
}

// rate is how fast a source grows. Until there are enough days, it is taken from what
// the present files hold.
func (e *engine) rate(s *source, d *disk) wire.LogRate {
	r := wire.LogRate{Days: len(s.Growth.Samples)}
	r.P50, r.P95 = percentile(s.Growth.Samples, 0.5), percentile(s.Growth.Samples, 0.95)
	if n := len(s.Growth.Samples); n >= week {
		r.Median7 = percentile(s.Growth.Samples[n-week:], 0.5)
	}
	raw, packed, rawOfPacked := int64(0), int64(0), int64(0)
	var first, last time.Time
	for _, g := range s.segments {
		if !g.present {
			continue
		}
		switch {
		case !g.Compressed:
			raw += g.Stamp.Size
		case g.Plain > 0:
			packed, rawOfPacked = packed+g.Stamp.Size, rawOfPacked+g.Plain
			raw += g.Plain
		default:
			raw += g.Stamp.Size * typicalRatio
		}
		if !g.First.IsZero() && (first.IsZero() || g.First.Before(first)) {
			first = g.First
		}
		if g.Last.After(last) {
			last = g.Last
		}
	}
	if rawOfPacked > 0 {
		r.Ratio = float64(packed) / float64(rawOfPacked)
	}
	if span := last.Sub(first); len(s.Growth.Samples) < week && span >= time.Hour {
		estimate := float64(raw) / (span.Hours() / 24)
		r.P50, r.P95 = max(r.P50, estimate), max(r.P95, estimate)
	}
	r.Disk = percentile(d.Samples, 0.95)
	if len(d.Samples) < week {
		r.Disk = max(r.Disk, r.P95)
	}
	return r
}

// typicalRatio is how much larger a text is than its archive, where none was read yet.
const typicalRatio = 10
