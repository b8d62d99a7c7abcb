package retention

import (
	"math"
	"time"

	"github.com/yunjian-io/yunjian/rules/calendar"
)

// Policy is a parsed retention policy of one family. The families are the types of
// this package that implement it; a nil Policy is one that was not understood.
type Policy interface {
	// window returns the days of history that are surely left right after any removal
	// that the policy can make, infinity if it removes nothing, and false if a figure
	// is missing, at rate bytes per day (0: unknown).
	window(rate float64) (days float64, known bool)
	// removal returns the earliest instant at which a record written at the given
	// time can be removed, in the zone of that time, and false if it never is.
	removal(written time.Time, rate float64) (time.Time, bool)
	// remedy returns the smallest changes after which the window has want days.
	remedy(want int, rate float64) []Change
}

// Change is one setting to change.
type Change struct {
	// Setting is the keyword of the configuration, such as rotate.
	Setting string
	// From and To are the values as they stand in the configuration; From is empty if
	// the setting is not set.
	From, To string
}

const day = 24 * time.Hour

// after returns the time so many days later, and false for infinity or for a time
// too far away to matter.
func after(t time.Time, days float64) (time.Time, bool) {
	if math.IsNaN(days) || days > 36500 {
		return time.Time{}, false
	}
	return t.Add(time.Duration(max(days, 0) * float64(day))), true
}

// afterMidnight returns the first instant of d at which a rotation has run. Rotations
// are taken to cut at midnight: what a file of the day before may hold of the new day
// is less than an hour with the usual timer.
func afterMidnight(d calendar.Date, zone *time.Location) time.Time {
	return d.In(zone).Add(time.Nanosecond)
}

// byWindow is the removal of a policy that knows ages only, not a calendar.
func byWindow(p Policy, written time.Time, rate float64) (time.Time, bool) {
	days, known := p.window(rate)
	if !known {
		return time.Time{}, false
	}
	return after(written, days)
}

// Never is the policy that removes nothing.
type Never struct{}

func (Never) window(float64) (float64, bool)                       { return math.Inf(1), true }
func (Never) removal(time.Time, float64) (at time.Time, gone bool) { return time.Time{}, false }
func (Never) remedy(int, float64) []Change                         { return nil }

// Count keeps a number of files that each hold a fixed time, as logback's maxHistory,
// or a fixed size, as log4j2's SizeBased policy.
type Count struct {
	// Keep is the number of closed files, IntervalDays the time in each of them.
	Keep         int
	IntervalDays float64
	// FileBytes is the size at which a file is closed; it counts where IntervalDays is 0.
	FileBytes int64
	// Setting is the keyword of the count, for the remedy.
	Setting string
}

// fileDays returns the time that each closed file surely holds, 0 if unknown.
func (c Count) fileDays(rate float64) float64 {
	if c.IntervalDays <= 0 && c.FileBytes > 0 && rate > 0 {
		return float64(c.FileBytes) / rate
	}
	return max(c.IntervalDays, 0)
}

func (c Count) window(rate float64) (float64, bool) {
	if c.Keep <= 0 && c.IntervalDays+float64(c.FileBytes) > 0 {
		return 0, true
	}
	days := c.fileDays(rate)
	return float64(max(c.Keep, 0)) * days, days > 0
}

func (c Count) removal(written time.Time, rate float64) (time.Time, bool) {
	if c.IntervalDays != 1 || c.Keep > 36500 {
		return byWindow(c, written, rate)
	}
	return afterMidnight(calendar.DateOf(written).AddDays(1+max(c.Keep, 0)), written.Location()), true
}

func (c Count) remedy(want int, rate float64) []Change {
	days := c.fileDays(rate)
	if days <= 0 {
		return nil
	}
	return whole(c.Setting, float64(c.Keep), float64(want)/days)
}

// Age removes records, files or indices by their age, as central stores do.
type Age struct {
	// Days is the age, SpanDays how much earlier the oldest record of a unit can be
	// than the time by which the unit is aged.
	Days, SpanDays float64
	// Setting is the keyword of the age, for the remedy.
	Setting string
}

func (a Age) window(float64) (float64, bool) { return max(a.Days-max(a.SpanDays, 0), 0), a.Days > 0 }

func (a Age) removal(written time.Time, rate float64) (time.Time, bool) {
	return byWindow(a, written, rate)
}

func (a Age) remedy(want int, _ float64) []Change {
	return whole(a.Setting, a.Days, float64(want)+max(a.SpanDays, 0))
}

// EventLog is a channel of the Windows event log.
type EventLog struct {
	// MaxBytes is the size of the channel.
	MaxBytes int64
	// Circular says that the oldest records make room; otherwise the channel archives
	// or stops.
	Circular bool
}

func (e EventLog) window(rate float64) (float64, bool) {
	if !e.Circular {
		return math.Inf(1), true
	}
	if rate <= 0 || e.MaxBytes <= 0 {
		return 0, false
	}
	return float64(e.MaxBytes) / rate, true
}

func (e EventLog) removal(written time.Time, rate float64) (time.Time, bool) {
	return byWindow(e, written, rate)
}

func (e EventLog) remedy(want int, rate float64) []Change {
	if !e.Circular || rate <= 0 {
		return nil
	}
	return whole("MaxSize", float64(e.MaxBytes), float64(want)*rate)
}

// Container is the log of a container on its host. It goes with the container, so
// that it can never prove six months by itself.
type Container struct {
	// LifetimeDays is how long this container has lived.
	LifetimeDays float64
	// MaxSize and MaxFile are the rotation options of the log driver; MaxSize 0 means
	// no limit, MaxFile 0 the default of one.
	MaxSize int64
	MaxFile int
}

func (c Container) window(rate float64) (float64, bool) {
	rotated, known := c.rotated(rate)
	return min(max(c.LifetimeDays, 0), rotated), known
}

// rotated is the window of the rotation alone, as long as the container lives.
func (c Container) rotated(rate float64) (float64, bool) {
	if c.MaxSize <= 0 {
		return math.Inf(1), true
	}
	files := float64(max(c.MaxFile, 1) - 1)
	if files == 0 {
		return 0, true
	}
	if rate <= 0 {
		return 0, false
	}
	return files * float64(c.MaxSize) / rate, true
}

func (c Container) removal(written time.Time, rate float64) (time.Time, bool) {
	days, known := c.rotated(rate)
	if !known {
		return time.Time{}, false
	}
	return after(written, days)
}

// remedy changes nothing on the host: only a store outside keeps the records.
func (Container) remedy(int, float64) []Change { return nil }
