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
	var h holding
	for _, g := range s.segments {
		if g.present {
			h.add(g)
		}
	}
	if h.rawOfPacked > 0 {
		r.Ratio = float64(h.packed) / float64(h.rawOfPacked)
	}
	if estimate, known := h.perDay(); known && len(s.Growth.Samples) < week {
		r.P50, r.P95 = max(r.P50, estimate), max(r.P95, estimate)
	}
	r.Disk = percentile(d.Samples, 0.95)
	if len(d.Samples) < week {
		r.Disk = max(r.Disk, r.P95)
	}
	return r
}

// typicalRatio is how much larger a text is than its archive, where neither an archive
// of the log was read yet nor a rotated file of it is plain.
const typicalRatio = 10

// holding is what the present files of a log hold.
type holding struct {
	plain               extent // files that are no archives
	all                 extent // with the archives that were read
	packed, rawOfPacked int64  // of archives that were read
	unread              int64  // of those that were not
	rotated             bool   // a plain file is a rotated one
}

// extent is plain bytes and the times of their records.
type extent struct {
	bytes       int64
	first, last time.Time
}

func (x *extent) add(bytes int64, first, last time.Time) {
	x.bytes += bytes
	if !first.IsZero() && (x.first.IsZero() || first.Before(x.first)) {
		x.first = first
	}
	if last.After(x.last) {
		x.last = last
	}
}

// perDay is how many bytes a day the extent holds, false if it spans less than an hour.
func (x extent) perDay() (bytes float64, known bool) {
	span := x.last.Sub(x.first)
	if x.first.IsZero() || span < time.Hour {
		return 0, false
	}
	return float64(x.bytes) / (span.Hours() / 24), true
}

func (h *holding) add(g *segment) {
	switch {
	case !g.Compressed:
		h.plain.add(g.Stamp.Size, g.First, g.Last)
		h.all.add(g.Stamp.Size, g.First, g.Last)
		h.rotated = h.rotated || !g.Live && !g.First.IsZero()
	case g.Plain > 0:
		h.packed, h.rawOfPacked = h.packed+g.Stamp.Size, h.rawOfPacked+g.Plain
		h.all.add(g.Plain, g.First, g.Last)
	default:
		h.unread += g.Stamp.Size
		h.all.add(0, g.First, g.Last)
	}
}

// perDay is how fast the log grew over its files. What archives hold that were not read
// is taken from the ratio of those that were; without any, what counts is the plain
// files alone, if one of them is whole.
func (h *holding) perDay() (bytes float64, known bool) {
	ratio := float64(typicalRatio)
	switch {
	case h.unread == 0:
	case h.packed > 0:
		ratio = float64(h.rawOfPacked) / float64(h.packed)
	case h.rotated:
		if bytes, known := h.plain.perDay(); known {
			return bytes, true
		}
	}
	x := h.all
	x.bytes += int64(float64(h.unread) * ratio)
	return x.perDay()
}
