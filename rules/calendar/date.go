package calendar

import (
	"cmp"
	"fmt"
	"strings"
	"time"
)

// Date is a civil date without a zone. The zero Date is no date at all.
type Date struct {
	Year  int        `json:"year"`
	Month time.Month `json:"month"`
	Day   int        `json:"day"`
}

// ParseDate reads a date in the form 2026-10-31. A day that the month does not
// have is an error, and so is any other form.
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return Date{}, fmt.Errorf("parse date %q: want a day such as 2026-10-31", s)
	}
	return DateOf(t), nil
}

// DateOf returns the civil date of t in t's own zone.
func DateOf(t time.Time) Date {
	year, month, day := t.Date()
	return Date{Year: year, Month: month, Day: day}
}

// IsZero reports whether d is the zero Date.
func (d Date) IsZero() bool { return d == Date{} }

// String prints d as 2026-10-31, and the zero Date as the empty string.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day)
}

// MarshalText prints d as String does.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what MarshalText prints.
func (d *Date) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*d = Date{}
		return nil
	}
	parsed, err := ParseDate(string(text))
	if err != nil {
		return err
	}
	*d = parsed
	return nil
}

// In returns the first instant of d in the zone loc.
func (d Date) In(loc *time.Location) time.Time {
	return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, loc)
}

// CalendarMonth returns the month that holds d.
func (d Date) CalendarMonth() Month { return Month{Year: d.Year, Month: d.Month} }

// Weekday returns the day of the week.
func (d Date) Weekday() time.Weekday { return d.In(time.UTC).Weekday() }

// Compare is negative if d is before o, zero if both are the same day, and
// positive if d is after o.
func (d Date) Compare(o Date) int {
	return cmp.Or(cmp.Compare(d.Year, o.Year), cmp.Compare(d.Month, o.Month), cmp.Compare(d.Day, o.Day))
}

// Before reports whether d is an earlier day than o.
func (d Date) Before(o Date) bool { return d.Compare(o) < 0 }

// After reports whether d is a later day than o.
func (d Date) After(o Date) bool { return d.Compare(o) > 0 }

// AddDays returns the date n days later, or earlier for a negative n.
func (d Date) AddDays(n int) Date {
	return DateOf(time.Date(d.Year, d.Month, d.Day+n, 0, 0, 0, 0, time.UTC))
}

// DaysUntil returns the number of days from d to o, negative if o is earlier.
func (d Date) DaysUntil(o Date) int {
	return int(o.In(time.UTC).Sub(d.In(time.UTC)) / (24 * time.Hour))
}

// AddMonths returns the day of the same number n months later, or the last day of
// that month if it has no such day (Civil Code, Art. 202). time.Time.AddDate runs
// over into the following month instead and must not be used for periods of law.
func (d Date) AddMonths(n int) Date {
	m := d.CalendarMonth().Add(n)
	return Date{Year: m.Year, Month: m.Month, Day: min(d.Day, m.Days())}
}

// Month is a calendar month, the period of every report and verdict.
type Month struct {
	Year  int
	Month time.Month
}

// ParseMonth reads a month in the form 2026-10.
func ParseMonth(s string) (Month, error) {
	t, err := time.Parse("2006-01", s)
	if err != nil {
		return Month{}, fmt.Errorf("parse month %q: want a month such as 2026-10", s)
	}
	return Month{Year: t.Year(), Month: t.Month()}, nil
}

// IsZero reports whether m is the zero Month, which is no month at all.
func (m Month) IsZero() bool { return m == Month{} }

// String prints m as 2026-10, and the zero Month as the empty string.
func (m Month) String() string {
	if m.IsZero() {
		return ""
	}
	return fmt.Sprintf("%04d-%02d", m.Year, m.Month)
}

// MarshalText prints m as String does.
func (m Month) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText reads what MarshalText prints.
func (m *Month) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*m = Month{}
		return nil
	}
	parsed, err := ParseMonth(strings.TrimSpace(string(text)))
	if err != nil {
		return err
	}
	*m = parsed
	return nil
}

// Compare is negative if m is before o, zero if both are the same month, and
// positive if m is after o.
func (m Month) Compare(o Month) int {
	return cmp.Or(cmp.Compare(m.Year, o.Year), cmp.Compare(m.Month, o.Month))
}

// Add returns the month n months later, or earlier for a negative n.
func (m Month) Add(n int) Month {
	t := time.Date(m.Year, m.Month+time.Month(n), 1, 0, 0, 0, 0, time.UTC)
	return Month{Year: t.Year(), Month: t.Month()}
}

// Next returns the following month.
func (m Month) Next() Month { return m.Add(1) }

// Prev returns the preceding month.
func (m Month) Prev() Month { return m.Add(-1) }

// First returns the first day of m.
func (m Month) First() Date { return Date{Year: m.Year, Month: m.Month, Day: 1} }

// Last returns the last day of m.
func (m Month) Last() Date { return m.Next().First().AddDays(-1) }

// Days returns the number of days of m, 28 to 31.
func (m Month) Days() int { return m.Last().Day }

// Start returns the first instant of m in the zone loc.
func (m Month) Start(loc *time.Location) time.Time { return m.First().In(loc) }

// End returns the first instant after m in the zone loc: a month is [Start, End).
func (m Month) End(loc *time.Location) time.Time { return m.Next().First().In(loc) }

// Contains reports whether d lies in m.
func (m Month) Contains(d Date) bool { return d.CalendarMonth() == m }
