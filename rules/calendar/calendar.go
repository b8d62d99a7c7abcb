package calendar

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// Calendar tells working days from days off. It is a value that nobody changes:
// With returns another one. The zero Calendar knows weekends only.
type Calendar struct {
	years map[int]Year
	days  map[Date]bool // true for a make-up working day, false for a day off
}

// Day is a date that was counted to.
type Day struct {
	Date Date `json:"date"`
	// Estimated says that a day on the way lies where no notice is known, so that
	// weekends alone were counted and the date may change with the notice.
	Estimated bool `json:"estimated,omitempty"`
}

// Hours are the working hours of one day. Start and End are zero on a day off.
type Hours struct {
	Start, End time.Time
	// Works tells a working day from a day off.
	Works bool
	// Estimated says that no notice is known for the day.
	Estimated bool
}

// Default returns the calendar of the embedded notices, 2016 to 2026. An error
// means that the embedded table is broken.
func Default() (Calendar, error) {
	years, err := ParseYears(embedded)
	if err != nil {
		return Calendar{}, fmt.Errorf("read embedded holidays: %w", err)
	}
	return Calendar{}.With(years...)
}

// With returns a calendar that also knows the given years. A year that c knows
// already is replaced as a whole, since notices have been amended in mid-year.
// It fails if a year is invalid or two years contradict each other over one day.
func (c Calendar) With(years ...Year) (Calendar, error) {
	next := Calendar{years: maps.Clone(c.years), days: make(map[Date]bool)}
	if next.years == nil {
		next.years = make(map[int]Year)
	}
	for _, y := range years {
		next.years[y.Year] = y
	}
	for _, number := range next.Years() {
		days, err := next.years[number].days()
		if err != nil {
			return Calendar{}, fmt.Errorf("add holidays: %w", err)
		}
		for d, works := range days {
			if earlier, given := next.days[d]; given && earlier != works {
				return Calendar{}, fmt.Errorf("add holidays: the notices of %d and %d contradict each other over %s", number-1, number, d)
			}
			next.days[d] = works
		}
	}
	return next, nil
}

// Years returns the years whose notices c knows, in order.
func (c Calendar) Years() []int { return slices.Sorted(maps.Keys(c.years)) }

// Notices returns the notices of one year, and none for a year without.
func (c Calendar) Notices(year int) []string { return slices.Clone(c.years[year].Notices) }

// Year returns what is known of a year; false for one whose notice is not known.
func (c Calendar) Year(number int) (Year, bool) {
	y, known := c.years[number]
	return y, known
}

// Working reports whether d is a working day, and whether that is estimated: no
// notice is known for the year of d, or d lies in the last week of a year, which
// the notice of the next year may still rearrange, and that one is not known.
func (c Calendar) Working(d Date) (works, estimated bool) {
	if works, given := c.days[d]; given {
		return works, false
	}
	_, known := c.years[d.Year]
	if known && settledBy(d, d.Year+1) {
		_, known = c.years[d.Year+1]
	}
	return !weekend(d), !known
}

// AddWorkingDays returns the n-th working day after d. The day of the event does
// not count (Civil Code, Art. 201). For n of zero or less it returns d.
func (c Calendar) AddWorkingDays(d Date, n int) Day {
	day := Day{Date: d}
	for n > 0 {
		day.Date = day.Date.AddDays(1)
		works, estimated := c.Working(day.Date)
		day.Estimated = day.Estimated || estimated
		if works {
			n--
		}
	}
	return day
}

// WorkingDays counts the working days after one date up to and including another,
// as for days overdue; it is zero if until is not after the first date.
func (c Calendar) WorkingDays(after, until Date) (n int, estimated bool) {
	for d := after.AddDays(1); !d.After(until); d = d.AddDays(1) {
		works, guess := c.Working(d)
		estimated = estimated || guess
		if works {
			n++
		}
	}
	return n, estimated
}

// Deadline returns the last day of a period of months that begins with an event on
// d: the day of the same number, or the last of the month (Civil Code, Art. 202),
// moved to the next working day if it is a day off (Art. 203). Use AddMonths for a
// lower bound, which does not move.
func (c Calendar) Deadline(d Date, months int) Day {
	day := Day{Date: d.AddMonths(months)}
	for {
		works, estimated := c.Working(day.Date)
		day.Estimated = day.Estimated || estimated
		if works {
			return day
		}
		day.Date = day.Date.AddDays(1)
	}
}

// WorkingHours returns 9:00 to 18:00 of d in the zone loc if d is a working day.
func (c Calendar) WorkingHours(d Date, loc *time.Location) Hours {
	works, estimated := c.Working(d)
	if !works {
		return Hours{Estimated: estimated}
	}
	return Hours{
		Start: time.Date(d.Year, d.Month, d.Day, 9, 0, 0, 0, loc),
		End:   time.Date(d.Year, d.Month, d.Day, 18, 0, 0, 0, loc),
		Works: true, Estimated: estimated,
	}
}
