package retention

import (
	"math"
	"time"

	"github.com/yunjian-io/yunjian/rules/calendar"
)

// Cadence is the criterion by which logrotate rotates; the last keyword of a stanza
// wins.
type Cadence string

// The criteria of logrotate. The zero Cadence is BySize, its default.
const (
	Hourly  Cadence = "hourly"
	Minutes Cadence = "minutes"
	Daily   Cadence = "daily"
	Weekly  Cadence = "weekly"
	Monthly Cadence = "monthly"
	Yearly  Cadence = "yearly"
	BySize  Cadence = "size"
)

// Logrotate is one stanza with the program that runs it.
type Logrotate struct {
	Cadence Cadence
	// Every is the interval in minutes of the cadence Minutes.
	Every int
	// Rotate is the number of rotated files kept; 0, the default of the program, keeps
	// none, and a negative number all.
	Rotate int
	// Size is the threshold of BySize in bytes, 1 MiB if zero. MinSize holds a rotation
	// back and MaxSize brings one forward; zero means not set.
	Size, MinSize, MaxSize int64
	// MaxAge removes rotated files older than so many days; zero means not set.
	MaxAge int
	// RunsPerDay is how often the program runs, 0 if unknown. Disabled says that
	// nothing runs it, so that nothing is ever removed.
	RunsPerDay float64
	Disabled   bool
	// LastRotation is the day of the last rotation in the state file, which fixes the
	// day of the week; zero if unknown, and then the earliest possible day is taken.
	LastRotation calendar.Date
}

// bounds returns the shortest and the longest time between two rotations that the
// cadence makes by itself, and whether these follow the calendar.
func (l Logrotate) bounds(rate float64) (shortest, longest float64, known bool) {
	switch l.Cadence {
	case Hourly:
		return 1.0 / 24, 1.0 / 24, true
	case Minutes:
		every := float64(l.Every) / (24 * 60)
		return every, every, l.Every > 0
	case Daily:
		return 1, 1, true
	case Weekly:
		return 7, 7, true
	case Monthly:
		return 28, 31, true
	case Yearly:
		return 365, 366, true
	case BySize, "":
		size := float64(l.Size)
		if size <= 0 {
			size = 1 << 20
		}
		if rate <= 0 {
			return 0, 0, false
		}
		return size / rate, size / rate, true
	}
	return 0, 0, false
}

// interval returns the days that each rotated file holds at least, and whether the
// rotations follow the calendar of the cadence. A maximum size adds rotations to
// those of the calendar, so that their frequencies add up.
func (l Logrotate) interval(rate float64) (days float64, byCalendar, known bool) {
	shortest, longest, known := l.bounds(rate)
	if !known {
		return 0, false, false
	}
	byTime := l.Cadence != BySize && l.Cadence != ""
	byCalendar = byTime && l.Cadence != Hourly && l.Cadence != Minutes
	if byTime && l.MaxSize > 0 {
		if rate <= 0 {
			return 0, false, false
		}
		if filled := float64(l.MaxSize) / rate; filled < longest {
			shortest = 1 / (1/shortest + 1/filled)
			byCalendar = false
		}
	}
	if byTime && l.MinSize > 0 && rate > 0 && float64(l.MinSize)/rate > longest {
		shortest, byCalendar = float64(l.MinSize)/rate, false
	}
	if l.RunsPerDay > 0 && 1/l.RunsPerDay > shortest {
		byCalendar = byCalendar && 1/l.RunsPerDay <= 1
		shortest = 1 / l.RunsPerDay
	}
	return shortest, byCalendar, true
}

func (l Logrotate) window(rate float64) (float64, bool) {
	if l.Disabled {
		return math.Inf(1), true
	}
	if l.Rotate == 0 {
		return 0, true
	}
	days := math.Inf(1)
	if l.Rotate > 0 {
		interval, byCalendar, known := l.interval(rate)
		switch {
		case !known:
			return 0, false
		case byCalendar && l.Cadence == Monthly:
			days = shortestMonths(l.Rotate)
		default:
			days = float64(l.Rotate) * interval
		}
	}
	if l.MaxAge > 0 {
		days = min(days, float64(l.MaxAge))
	}
	return days, true
}

// shortestMonths returns the least sum of the lengths of n months in a row.
func shortestMonths(n int) float64 {
	lengths := [...]int{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}
	least := math.MaxInt
	for from := range lengths {
		sum := 0
		for i := range n % 12 {
			sum += lengths[(from+i)%12]
		}
		least = min(least, sum)
	}
	return float64(n/12)*365 + float64(least)
}

func (l Logrotate) removal(written time.Time, rate float64) (time.Time, bool) {
	if l.Disabled {
		return time.Time{}, false
	}
	interval, byCalendar, known := l.interval(rate)
	if !known && l.Rotate > 0 {
		return time.Time{}, false
	}
	var (
		at   time.Time
		gone bool
	)
	switch {
	case l.Rotate < 0 || l.Rotate > 36500:
	case byCalendar:
		at, gone = afterMidnight(l.counted(calendar.DateOf(written)), written.Location()), true
	default:
		at, gone = after(written, float64(l.Rotate)*interval)
	}
	if l.MaxAge > 0 && l.MaxAge <= 36500 {
		// The file's own time is that of its last record, which may be this one.
		aged := calendar.DateOf(written).AddDays(l.MaxAge + 1)
		if byCalendar {
			aged = l.rotationAfter(aged.AddDays(-1))
		}
		if t := afterMidnight(aged, written.Location()); !gone || t.Before(at) {
			at, gone = t, true
		}
	}
	return at, gone
}

// counted returns the day of the rotation that removes the records of d by number.
func (l Logrotate) counted(d calendar.Date) calendar.Date {
	switch closed := l.rotationAfter(d); l.Cadence {
	case Monthly:
		return closed.AddMonths(l.Rotate)
	case Yearly:
		return closed.AddMonths(12 * l.Rotate)
	case Weekly:
		if l.LastRotation.IsZero() {
			// The rotation that closed the file may have followed on the same day.
			return d.AddDays(7 * l.Rotate)
		}
		return closed.AddDays(7 * l.Rotate)
	default:
		return closed.AddDays(l.Rotate)
	}
}

// rotationAfter returns the first day after d on which a rotation is due. Without a
// state file a week may begin on any day.
func (l Logrotate) rotationAfter(d calendar.Date) calendar.Date {
	switch l.Cadence {
	case Monthly:
		return d.CalendarMonth().Next().First()
	case Yearly:
		return calendar.Date{Year: d.Year + 1, Month: time.January, Day: 1}
	case Weekly:
		if !l.LastRotation.IsZero() {
			ahead := l.LastRotation.DaysUntil(d) % 7
			return d.AddDays(7 - (ahead+7)%7)
		}
	}
	return d.AddDays(1)
}

func (l Logrotate) remedy(want int, rate float64) []Change {
	var changes []Change
	if l.Rotate >= 0 && !l.Disabled {
		interval, byCalendar, known := l.interval(rate)
		if !known || interval <= 0 {
			return nil
		}
		need := math.Ceil(float64(want) / interval)
		if byCalendar && l.Cadence == Monthly {
			for need = 1; shortestMonths(int(need)) < float64(want); need++ {
				continue
			}
		}
		changes = append(changes, whole("rotate", float64(l.Rotate), need)...)
	}
	if l.MaxAge > 0 && !l.Disabled {
		changes = append(changes, whole("maxage", float64(l.MaxAge), float64(want))...)
	}
	return changes
}
