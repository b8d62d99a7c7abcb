package sheet

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/width"

	"github.com/yunjian-io/yunjian/rules/calendar"
)

var (
	ymd      = regexp.MustCompile(`^(\d{4})-(\d{1,2})-(\d{1,2})$`)
	compact  = regexp.MustCompile(`^(\d{4})(\d{2})(\d{2})$`)
	serial   = regexp.MustCompile(`^\d{5}(\.0+)?$`)
	fraction = regexp.MustCompile(`^\d{5}(\.\d+)?$`)
	midnight = regexp.MustCompile(`[ T]0?0:00(:00(\.0+)?)?$`)
	clock    = regexp.MustCompile(`^(.*\S)[ T]+(\d{1,2}):(\d{2})(:(\d{2})(\.0+)?)?$`)
)

// ParseDate reads 2026-01-05, with any of the marks in place of the hyphens, with or
// without leading zeros; 20260105; and the serial number of a spreadsheet, which
// counts days from 1899-12-30 or, in workbooks of the 1904 system, from 1904-01-01. A
// time of midnight, as programs append it, is ignored; any other time is refused.
func ParseDate(s string, marks []string, date1904 bool) (calendar.Date, bool) {
	s = midnight.ReplaceAllString(width.Narrow.String(s), "")
	if serial.MatchString(s) {
		whole, _, _ := strings.Cut(s, ".")
		days, err := strconv.Atoi(whole)
		// Year 2000 to 2100, lest a stray number becomes a date.
		first := calendar.Date{Year: 1899, Month: 12, Day: 30}
		if date1904 {
			first = calendar.Date{Year: 1904, Month: 1, Day: 1}
		}
		d := first.AddDays(days)
		return d, err == nil && d.Year >= 2000 && d.Year <= 2100
	}
	for _, mark := range marks {
		s = strings.ReplaceAll(s, mark, "-")
	}
	s = strings.TrimSuffix(s, "-")
	found := ymd.FindStringSubmatch(s)
	if found == nil {
		found = compact.FindStringSubmatch(s)
	}
	if found == nil {
		return calendar.Date{}, false
	}
	d, err := calendar.ParseDate(fmt.Sprintf("%s-%02s-%02s", found[1], found[2], found[3]))
	return d, err == nil && d.Year >= 1990 && d.Year <= 2199
}

// ParseMoment reads a date as ParseDate does, and behind it a time such as 14:30 or
// 14:30:00; without one it is midnight. The fraction of a serial number is the part of
// the day, to the second.
func ParseMoment(s string, marks []string, date1904 bool, zone *time.Location) (time.Time, bool) {
	s = strings.TrimSpace(width.Narrow.String(s))
	if fraction.MatchString(s) {
		number, err := strconv.ParseFloat(s, 64)
		if err != nil {
			return time.Time{}, false
		}
		days, part := math.Modf(number)
		d, ok := ParseDate(strconv.Itoa(int(days)), marks, date1904)
		return d.In(zone).Add(time.Duration(math.Round(part*86400)) * time.Second), ok
	}
	var hour, minute, second int
	if found := clock.FindStringSubmatch(s); found != nil {
		s = found[1]
		for i, into := range []*int{&hour, &minute, &second} {
			if text := found[[]int{2, 3, 5}[i]]; text != "" {
				*into, _ = strconv.Atoi(text) // digits
			}
		}
		if hour > 23 || minute > 59 || second > 59 {
			return time.Time{}, false
		}
	}
	d, ok := ParseDate(s, marks, date1904)
	if !ok {
		return time.Time{}, false
	}
	of := time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute + time.Duration(second)*time.Second
	return d.In(zone).Add(of), true
}
