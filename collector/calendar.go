package collector

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"time"

	"github.com/yunjian-io/yunjian/collector/store"
	"github.com/yunjian-io/yunjian/rules/calendar"
)

// LoadCalendar returns the working calendar: the years built in, and over them the years
// that were imported.
func LoadCalendar(ctx context.Context, db *store.Store) (calendar.Calendar, error) {
	c, err := calendar.Default()
	if err != nil {
		return c, err
	}
	imported, err := db.CalendarYears(ctx)
	if err != nil {
		return c, err
	}
	years := make([]calendar.Year, len(imported))
	for i := range imported {
		years[i] = imported[i].Year
	}
	return c.With(years...)
}

// ImportCalendar adds the years of a file in the form of the built-in holidays.yaml, or
// replaces them, and returns which changed. Each has to name its notice. Importing what
// is known already changes nothing.
func ImportCalendar(ctx context.Context, db *store.Store, f InventoryFile, now time.Time) (changed []int, err error) {
	years, err := calendar.ParseYears(f.Data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.Name, err)
	}
	known, err := LoadCalendar(ctx, db)
	if err != nil {
		return nil, err
	}
	var fresh []calendar.Year
	for _, y := range years {
		if len(y.Notices) == 0 {
			return nil, fmt.Errorf("%s: year %d names no notice: give the address of the State Council's notice under notices", f.Name, y.Year)
		}
		if old, ok := known.Year(y.Year); ok {
			same, err := equalYears(old, y)
			if err != nil {
				return nil, err
			}
			if same {
				continue
			}
		}
		fresh, changed = append(fresh, y), append(changed, y.Year)
	}
	if len(fresh) == 0 {
		return nil, nil
	}
	if _, err := known.With(fresh...); err != nil {
		return nil, fmt.Errorf("%s: %w", f.Name, err)
	}
	sum := sha256.Sum256(f.Data)
	from := store.Import{File: filepath.Base(f.Name), SHA256: hex.EncodeToString(sum[:]), By: f.By, At: now}
	return changed, db.SaveCalendarYears(ctx, from, fresh)
}

func equalYears(a, b calendar.Year) (bool, error) {
	x, err := calendar.FormatYears(a)
	if err != nil {
		return false, err
	}
	y, err := calendar.FormatYears(b)
	return string(x) == string(y), err
}

// CalendarShown is one year of the working calendar, and where it comes from.
type CalendarShown struct {
	Year int `json:"year"`
	// Known says that the notice is known; otherwise weekends alone are counted.
	Known    bool     `json:"known"`
	Notices  []string `json:"notices"`
	Imported bool     `json:"imported"`
	By       string   `json:"imported_by,omitempty"`
	At       string   `json:"imported_at,omitempty"`
	File     string   `json:"file,omitempty"`
	// WorkingDays of the year, MakeUp the Saturdays and Sundays that are worked, Off the
	// other days that are not.
	WorkingDays int      `json:"working_days"`
	MakeUp      []string `json:"make_up"`
	Off         []string `json:"off"`
}

// ShowCalendar returns a year of the working calendar.
func ShowCalendar(ctx context.Context, db *store.Store, year int) (CalendarShown, error) {
	c, err := LoadCalendar(ctx, db)
	if err != nil {
		return CalendarShown{}, err
	}
	imported, err := db.CalendarYears(ctx)
	if err != nil {
		return CalendarShown{}, err
	}
	out := CalendarShown{Year: year, Notices: c.Notices(year)}
	_, out.Known = c.Year(year)
	for _, i := range imported {
		if i.Year.Year == year {
			out.Imported, out.By, out.At, out.File = true, i.By, i.At.Format(time.DateOnly), i.File
		}
	}
	for d := (calendar.Date{Year: year, Month: time.January, Day: 1}); d.Year == year; d = d.AddDays(1) {
		works, _ := c.Working(d)
		weekend := d.Weekday() == time.Saturday || d.Weekday() == time.Sunday
		switch {
		case works && weekend:
			out.MakeUp = append(out.MakeUp, d.String())
		case !works && !weekend:
			out.Off = append(out.Off, d.String())
		}
		if works {
			out.WorkingDays++
		}
	}
	return out, nil
}
