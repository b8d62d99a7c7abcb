package text

import "time"

// Times without a year are kept on a calendar of their own until the record behind them,
// or the end of the file, tells the year: nanoseconds in years of 366 days, the first of
// which is virtualYear. The order and, but for a day behind a February and an hour at a
// change of the clock, the distances are those of the true times.
const (
	virtualYear = 20
	// lastVirtualYear ends the count: 292 years of nanoseconds fit in a number.
	lastVirtualYear = 280
	day             = int64(24 * time.Hour)
	yearLength      = 366 * day
	// turnLimit is how far a date without a year may go back before it is taken for one
	// of the next year.
	turnLimit = 31 * day
	// glitchLimit is how far a record may be late over the turn of a year.
	glitchLimit = day
)

// withinYear is the place of a stamp in a year of 366 days.
func (s *stamp) withinYear() int64 {
	const leapYear = 2000
	return s.civil(leapYear) - time.Date(leapYear, 1, 1, 0, 0, 0, 0, time.UTC).UnixNano()
}

// virtual places a stamp behind the one before on the calendar without years: in the
// same year, unless the date went back by more than 31 days, as it does from December
// to January, or forward over nearly a whole year, as a record of December does that
// is written just behind one of January.
func (s *stamp) virtual(before int64, known bool) int64 {
	year := int64(virtualYear)
	in := s.withinYear()
	if known {
		year = before / yearLength
		switch d := year*yearLength + in - before; {
		case d < -turnLimit:
			year++
		case d > yearLength-glitchLimit:
			year--
		}
	}
	return min(max(year, 0), lastVirtualYear)*yearLength + in
}

// stampOf turns a place on the calendar without years back to a stamp and its year there.
func stampOf(virtual int64) (stamp, int) {
	const leapYear = 2000
	t := time.Date(leapYear, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(virtual % yearLength))
	return stamp{
		month: int(t.Month()), day: t.Day(), hour: t.Hour(), minute: t.Minute(), second: t.Second(), nanos: t.Nanosecond(),
	}, int(virtual / yearLength)
}

// yearBefore gives the largest year in which the stamp is not behind the anchor, both in
// nanoseconds; a February 29th needs a leap year.
func (s *stamp) yearBefore(anchor int64, zone *time.Location) int {
	year := time.Unix(0, anchor).In(zone).Year() + 1
	for range 10 {
		if daysIn(s.month, year) >= s.day {
			if at, _ := s.resolve(year, zone, 0, false); at <= anchor {
				return year
			}
		}
		year--
	}
	return year
}

// following gives the stamp without a year the time that follows the one before, by the
// rule of virtual.
func (s *stamp) following(before int64, zone *time.Location) (at int64, foreign bool) {
	year := time.Unix(0, before).In(zone).Year()
	at, foreign = s.resolve(year, zone, before, true)
	switch d := at - before; {
	case d < -turnLimit:
		year++
	case d > yearLength-glitchLimit:
		year--
	default:
		return at, foreign
	}
	return s.resolve(year, zone, before, true)
}

// epochHead is how long a clock without a battery that starts at 1970 is supposed to run
// before it is set.
const epochHead = int64(time.Hour)

// atEpoch reports whether a stamp without a year shows what a clock that was never set
// shows in the first hour behind its start.
func (s *stamp) atEpoch(zone *time.Location) bool {
	start := time.Unix(0, 0).In(zone)
	origin := stamp{month: int(start.Month()), day: start.Day(), hour: start.Hour(), minute: start.Minute(), second: start.Second()}
	d := s.withinYear() - origin.withinYear()
	return d >= 0 && d < epochHead
}

// preceding gives the stamp the time that the one behind follows; it is the rule of
// following, walked backwards.
func (s *stamp) preceding(behind int64, zone *time.Location) int64 {
	if s.instant || s.year != 0 {
		at, _ := s.resolve(s.year, zone, 0, false)
		return at
	}
	year := time.Unix(0, behind).In(zone).Year()
	at, _ := s.resolve(year, zone, 0, false)
	switch d := behind - at; {
	case d < -turnLimit:
		year--
	case d > yearLength-glitchLimit:
		year++
	default:
		return at
	}
	at, _ = s.resolve(year, zone, 0, false)
	return at
}
