package text

import (
	"bytes"
	"time"
)

// stamp is a time as it is written in a line, before a zone or a year is supposed.
type stamp struct {
	year                        int // 0 if it is not written
	month, day                  int
	hour, minute, second, nanos int
	offset                      int    // seconds east of Greenwich, if zoned
	zoned                       bool   // the line says the offset
	zone                        []byte // a zone that the line names; a part of the line, not to be kept
	instant                     bool   // seconds and nanos count from 1970; the rest is unset
	seconds                     int64
}

// possible reports whether a calendar and a clock can show the stamp.
func (s *stamp) possible() bool {
	if s.instant {
		return s.seconds >= 0 && s.seconds < 1<<33
	}
	return s.month >= 1 && s.month <= 12 && s.day >= 1 && s.day <= daysIn(s.month, s.year) &&
		s.hour < 24 && s.minute < 60 && s.second <= 60 && s.year < 2200
}

// daysIn is the length of a month; February has 29 days where the year is not known.
func daysIn(month, year int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year != 0 && !leap(year) {
			return 28
		}
		return 29
	}
	return 31
}

func leap(year int) bool { return year%4 == 0 && (year%100 != 0 || year%400 == 0) }

// cursor reads a line from left to right. Each of its methods says whether it found
// what it looks for; where it did not, the position is of no further use.
type cursor struct {
	line []byte
	at   int
}

func (c *cursor) rest() []byte { return c.line[c.at:] }

func (c *cursor) end() bool { return c.at >= len(c.line) }

func (c *cursor) peek() byte {
	if c.at < len(c.line) {
		return c.line[c.at]
	}
	return 0
}

// is takes one byte if it is the given one.
func (c *cursor) is(want byte) bool {
	if c.at < len(c.line) && c.line[c.at] == want {
		c.at++
		return true
	}
	return false
}

// word takes a fixed text.
func (c *cursor) word(want string) bool {
	if len(c.line)-c.at < len(want) || string(c.line[c.at:c.at+len(want)]) != want {
		return false
	}
	c.at += len(want)
	return true
}

// blanks takes spaces and tabs and gives their number.
func (c *cursor) blanks() int {
	from := c.at
	for c.at < len(c.line) && (c.line[c.at] == ' ' || c.line[c.at] == '\t') {
		c.at++
	}
	return c.at - from
}

// number takes at least low and at most high digits.
func (c *cursor) number(value *int, low, high int) bool {
	n, from := 0, c.at
	for c.at < len(c.line) && c.at-from < high && digit(c.line[c.at]) {
		n = n*10 + int(c.line[c.at]-'0')
		c.at++
	}
	*value = n
	return c.at-from >= low
}

func digit(b byte) bool { return b >= '0' && b <= '9' }

func letter(b byte) bool { return b|0x20 >= 'a' && b|0x20 <= 'z' }

// boundary reports whether no letter or digit follows, so that a number or a word is
// not cut in two.
func (c *cursor) boundary() bool {
	return c.end() || !digit(c.line[c.at]) && !letter(c.line[c.at])
}

// date takes year, month and day in this order with the given separator.
func (c *cursor) date(s *stamp, separator byte) bool {
	return c.number(&s.year, 4, 4) && c.is(separator) && c.number(&s.month, 2, 2) && c.is(separator) && c.number(&s.day, 2, 2)
}

// clock takes H:MM:SS or HH:MM:SS and a fraction, if there is one.
func (c *cursor) clock(s *stamp) bool {
	if !c.number(&s.hour, 1, 2) || !c.is(':') || !c.number(&s.minute, 2, 2) || !c.is(':') || !c.number(&s.second, 2, 2) {
		return false
	}
	c.fraction(s)
	return true
}

// fraction takes a point, comma or colon with digits behind it. It need not be there.
func (c *cursor) fraction(s *stamp) {
	b := c.peek()
	if (b != '.' && b != ',' && b != ':') || c.at+1 >= len(c.line) || !digit(c.line[c.at+1]) {
		return
	}
	c.at++
	scale := 100_000_000
	for c.at < len(c.line) && digit(c.line[c.at]) {
		s.nanos += int(c.line[c.at]-'0') * scale
		scale /= 10
		c.at++
	}
}

// monthName takes the first three letters of an English month.
func (c *cursor) monthName(s *stamp) bool {
	if len(c.line)-c.at < 3 {
		return false
	}
	const names = "janfebmaraprmayjunjulaugsepoctnovdec"
	a, b, d := c.line[c.at]|0x20, c.line[c.at+1]|0x20, c.line[c.at+2]|0x20
	for i := 0; i < len(names); i += 3 {
		if names[i] == a && names[i+1] == b && names[i+2] == d {
			s.month = i/3 + 1
			c.at += 3
			return true
		}
	}
	return false
}

// weekday takes the first three letters of an English day.
func (c *cursor) weekday() bool {
	if len(c.line)-c.at < 3 {
		return false
	}
	switch string(c.line[c.at : c.at+3]) {
	case "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun":
		c.at += 3
		return true
	}
	return false
}

// zone takes what may follow a clock: Z, +08, +0800, +08:00, the latter two also
// behind a blank, or a blank and the name of a zone. It need not be there; where it is
// something else, the position stays.
func (c *cursor) zone(s *stamp) {
	from := c.at
	spaced := c.is(' ')
	switch b := c.peek(); {
	case b == 'Z':
		c.at++
		if c.boundary() {
			s.zoned, s.offset = true, 0
			return
		}
	case b == '+' || b == '-':
		if c.offset(s, b == '-', spaced) {
			return
		}
	case spaced && b >= 'A' && b <= 'Z':
		start := c.at
		for c.at < len(c.line) && (letter(c.line[c.at]) || c.line[c.at] == '/' || c.line[c.at] == '_') {
			c.at++
		}
		if name := c.line[start:c.at]; c.boundary() && zoneName(name) {
			s.zone = name
			return
		}
	}
	c.at = from
}

func (c *cursor) offset(s *stamp, negative, spaced bool) bool {
	c.at++
	var hours, minutes int
	if !c.number(&hours, 2, 2) {
		return false
	}
	switch {
	case c.peek() == ':':
		c.at++
		if !c.number(&minutes, 2, 2) {
			return false
		}
	case digit(c.peek()):
		if !c.number(&minutes, 2, 2) {
			return false
		}
	case spaced:
		return false // "10:00:00 -08" is more likely a dash and a number
	}
	if hours > 14 || minutes%15 != 0 || minutes > 45 || !c.boundary() {
		return false
	}
	s.zoned, s.offset = true, hours*3600+minutes*60
	if negative {
		s.offset = -s.offset
	}
	return true
}

// zoneName reports whether a word behind a clock is a zone and not a level such as
// INFO: the names that the tz database abbreviates with letters, and its long names.
func zoneName(word []byte) bool {
	switch string(word) {
	case "UTC", "GMT", "CST", "CDT", "EST", "EDT", "MST", "MDT", "PST", "PDT", "AKST", "AKDT", "HST", "AST", "ADT",
		"NST", "NDT", "WET", "WEST", "CET", "CEST", "EET", "EEST", "MSK", "BST", "IST", "IDT", "PKT", "WIB", "WITA",
		"WIT", "HKT", "SGT", "PHT", "JST", "KST", "AWST", "ACST", "ACDT", "AEST", "AEDT", "NZST", "NZDT", "SAST",
		"EAT", "CAT", "WAT":
		return true
	}
	slash := bytes.IndexByte(word, '/')
	return slash > 1 && slash < len(word)-1
}

// civil is the wall clock of the stamp as nanoseconds since 1970, as if it were UTC.
func (s *stamp) civil(year int) int64 {
	return time.Date(year, time.Month(s.month), s.day, s.hour, s.minute, s.second, s.nanos, time.UTC).UnixNano()
}

// resolve gives the stamp of a year in nanoseconds since 1970, and whether it names a
// zone that is not that of the host and was read as if it were.
//
// Where a clock was turned back, a wall-clock time stands for two instants. The zone
// named by the line decides, else the earlier one, unless that lies before the record
// before (near, if known) and the later one does not.
func (s *stamp) resolve(year int, host *time.Location, near int64, known bool) (at int64, foreign bool) {
	if s.instant {
		return s.seconds*int64(time.Second) + int64(s.nanos), false
	}
	if year < 1970 || year > 2200 {
		return 0, false // nothing that is kept was written then
	}
	wall := s.civil(year)
	if s.zoned {
		return wall - int64(s.offset)*int64(time.Second), false
	}
	if name := string(s.zone); name == "UTC" || name == "GMT" || host == time.UTC && name == "" {
		return wall, false
	}
	early, late := wallTimes(wall, host)
	if len(s.zone) > 0 {
		switch {
		case abbreviation(early, host, s.zone):
			return early, false
		case abbreviation(late, host, s.zone):
			return late, false
		}
		return early, host.String() != string(s.zone)
	}
	if known && early != late && early < near-int64(stepLimit) && late >= near-int64(stepLimit) {
		return late, false
	}
	return early, false
}

func abbreviation(at int64, host *time.Location, name []byte) bool {
	got, _ := time.Unix(0, at).In(host).Zone()
	return got == string(name)
}

// wallTimes gives the instants at which a clock of the zone shows the wall-clock time;
// they differ only where the clock was turned back. A time that was jumped over is read
// with the offset before the jump.
func wallTimes(wall int64, zone *time.Location) (early, late int64) {
	offset := func(at int64) int64 {
		_, seconds := time.Unix(0, at).In(zone).Zone()
		return int64(seconds) * int64(time.Second)
	}
	const day = int64(24 * time.Hour)
	before, after := offset(wall-day), offset(wall+day)
	first, second := wall-before, wall-after
	if before == after {
		return first, first
	}
	firstHolds, secondHolds := offset(first) == before, offset(second) == after
	switch {
	case firstHolds && secondHolds:
		return min(first, second), max(first, second)
	case secondHolds:
		return second, second
	}
	return first, first
}
