package store

import (
	"context"
	"fmt"
	"time"

	"github.com/yunjian-io/yunjian/rules/calendar"
)

// CalendarYear is an imported version of a year of the working calendar (D5).
type CalendarYear struct {
	calendar.Year
	Import
}

// SaveCalendarYears stores years of one file.
func (s *Store) SaveCalendarYears(ctx context.Context, from Import, years []calendar.Year) error {
	n := len(years)
	texts := make([]string, n)
	for i, y := range years {
		text, err := calendar.FormatYears(y)
		if err != nil {
			return err
		}
		texts[i] = string(text)
	}
	return s.insert(ctx, "calendar_years", []column{
		{"year", "UInt16", collect(years, func(y *calendar.Year) uint16 { return uint16(y.Year) })},
		{"imported_at", typeMicro, repeated(n, from.At)},
		{"imported_by", "String", repeated(n, from.By)},
		{"file", "String", repeated(n, from.File)},
		{"sha256", "String", repeated(n, from.SHA256)},
		{"notices", typeTexts, collect(years, func(y *calendar.Year) []string { return y.Notices })},
		{"holidays", "String", texts},
	})
}

// CalendarYears returns the version of each imported year that counts, in order.
func (s *Store) CalendarYears(ctx context.Context) (out []CalendarYear, err error) {
	err = s.Each(ctx, query("calendar_years"), nil, func(scan func(...any) error) error {
		var (
			number  uint16
			c       CalendarYear
			notices []string
			text    string
			at      time.Time
		)
		if err := scan(&number, &c.By, &at, &c.File, &c.SHA256, &notices, &text); err != nil {
			return err
		}
		years, err := calendar.ParseYears([]byte(text))
		if err != nil || len(years) != 1 || years[0].Year != int(number) {
			return fmt.Errorf("imported calendar of %d: %d years, %w", number, len(years), err)
		}
		c.Year, c.At = years[0], at.In(Zone())
		out = append(out, c)
		return nil
	})
	return out, err
}
