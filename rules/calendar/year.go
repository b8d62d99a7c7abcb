package calendar

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// Year holds what the notices for one year say.
type Year struct {
	// Year is the year of the notice. Some of its days may lie in the last week of
	// the year before: the notice of 2019 moved a working day to 2018-12-29.
	Year int `yaml:"year"`
	// Notices are the addresses of the State Council's notices, as evidence.
	Notices []string `yaml:"notices"`
	// Holidays are the holidays in the order of the notice.
	Holidays []Holiday `yaml:"holidays"`
}

// Holiday is one holiday with the working days that make up for it.
type Holiday struct {
	// Name is the name of the holiday, for people.
	Name string `yaml:"name"`
	// Off are the days off; weekend days inside a range may be named or left out.
	Off []Span `yaml:"off"`
	// Work are Saturdays and Sundays that are worked.
	Work []Date `yaml:"work,omitempty"`
}

// Span is a run of days, both ends inclusive, written 2026-02-15..2026-02-23 or,
// for one day, 2026-02-15.
type Span struct{ From, To Date }

// MarshalText prints s in the form that UnmarshalText reads.
func (s Span) MarshalText() ([]byte, error) {
	if s.From == s.To {
		return s.From.MarshalText()
	}
	return []byte(s.From.String() + ".." + s.To.String()), nil
}

// UnmarshalText reads one day or two days joined by two dots. A span that ends
// before it begins, or lasts longer than a month, is an error.
func (s *Span) UnmarshalText(text []byte) error {
	from, to, ranged := strings.Cut(string(text), "..")
	first, err := ParseDate(from)
	if err != nil {
		return err
	}
	last := first
	if ranged {
		if last, err = ParseDate(to); err != nil {
			return err
		}
	}
	if n := first.DaysUntil(last); n < 0 || n > 31 {
		return fmt.Errorf("parse days %q: the end must follow the beginning within a month", text)
	}
	*s = Span{From: first, To: last}
	return nil
}

//go:embed holidays.yaml
var embedded []byte

// ParseYears reads a file of notice years: a list under the key years, in the form
// of the embedded holidays.yaml. Unknown keys, a year given twice and days that
// cannot be right are errors; a valid file of no year is one too.
func ParseYears(data []byte) ([]Year, error) {
	var file struct {
		Years []Year `yaml:"years"`
	}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	dec.KnownFields(true)
	if err := dec.Decode(&file); err != nil {
		return nil, fmt.Errorf("parse holidays: %w", err)
	}
	if err := dec.Decode(&struct{}{}); !errors.Is(err, io.EOF) {
		return nil, errors.New("parse holidays: one document is expected in the file")
	}
	if len(file.Years) == 0 {
		return nil, errors.New("parse holidays: the list years is empty")
	}
	seen := make(map[int]bool, len(file.Years))
	for _, y := range file.Years {
		if seen[y.Year] {
			return nil, fmt.Errorf("parse holidays: year %d is given twice", y.Year)
		}
		seen[y.Year] = true
		if _, err := y.days(); err != nil {
			return nil, fmt.Errorf("parse holidays: %w", err)
		}
	}
	return file.Years, nil
}

// FormatYears writes years as ParseYears reads them.
func FormatYears(years ...Year) ([]byte, error) {
	text, err := yaml.Marshal(map[string][]Year{"years": years})
	if err != nil {
		return nil, fmt.Errorf("write holidays: %w", err)
	}
	return text, nil
}

// days returns every day that the notice speaks of, true for a working day.
func (y Year) days() (map[Date]bool, error) {
	if y.Year < 2000 || y.Year > 2199 {
		return nil, fmt.Errorf("year %d: want a year from 2000 to 2199", y.Year)
	}
	days := make(map[Date]bool)
	put := func(d Date, works bool) error {
		if d.Year != y.Year && !settledBy(d, y.Year) {
			return fmt.Errorf("year %d: %s lies outside the year and outside the last week before it", y.Year, d)
		}
		if works && !weekend(d) {
			return fmt.Errorf("year %d: make-up day %s is no Saturday or Sunday", y.Year, d)
		}
		if _, twice := days[d]; twice {
			return fmt.Errorf("year %d: %s is given twice", y.Year, d)
		}
		days[d] = works
		return nil
	}
	for _, h := range y.Holidays {
		if len(h.Off) == 0 {
			return nil, fmt.Errorf("year %d: holiday %q has no day off", y.Year, h.Name)
		}
		for _, s := range h.Off {
			for d := s.From; !d.After(s.To); d = d.AddDays(1) {
				if err := put(d, false); err != nil {
					return nil, err
				}
			}
		}
		for _, d := range h.Work {
			if err := put(d, true); err != nil {
				return nil, err
			}
		}
	}
	// These three are off in every year by the State Council's rules on public
	// holidays; a table without them is a fragment.
	for _, d := range []Date{{y.Year, time.January, 1}, {y.Year, time.May, 1}, {y.Year, time.October, 1}} {
		if works, given := days[d]; !given || works {
			return nil, fmt.Errorf("year %d: %s must be a day off; is the table complete?", y.Year, d)
		}
	}
	return days, nil
}

// settledBy reports whether the notice of the year may still change d, a day of
// the last week of the year before.
func settledBy(d Date, year int) bool {
	return d.Year == year-1 && d.Month == time.December && d.Day >= 25
}

func weekend(d Date) bool {
	w := d.Weekday()
	return w == time.Saturday || w == time.Sunday
}
