package text

import "bytes"

// start is a cursor behind what may stand before the time of a line: the priority of
// syslog, an opening bracket.
func start(line []byte) cursor {
	c := cursor{line: line}
	c.priority()
	c.is('[')
	return c
}

// priority takes <PRI>, if it is there, and says so.
func (c *cursor) priority() bool {
	from := c.at
	var value int
	if c.is('<') && c.number(&value, 1, 3) && c.is('>') && value <= 191 {
		return true
	}
	c.at = from
	return false
}

// findRFC5424 reads "<PRI>1 2026-11-01T10:00:00.123456+08:00 host …".
func findRFC5424(line []byte, s *stamp) bool {
	c := cursor{line: line}
	return c.priority() && c.word("1 ") && c.iso(s) && s.zoned
}

// findISO reads ISO 8601 at the beginning of a line.
func findISO(line []byte, s *stamp) bool {
	c := start(line)
	return c.iso(s)
}

// findW3C reads the date and time columns of the W3C extended format, which are UTC.
func findW3C(line []byte, s *stamp) bool {
	c := cursor{line: line}
	if !c.date(s, '-') || c.blanks() == 0 || !c.clock(s) || !c.boundary() {
		return false
	}
	s.zoned, s.offset = true, 0
	return true
}

// iso takes a date and a time with T or blanks between them, a fraction behind a point
// or comma, and a zone, if it is there.
func (c *cursor) iso(s *stamp) bool {
	if !c.date(s, '-') || !c.is('T') && c.blanks() == 0 {
		return false
	}
	if !c.clock(s) || digit(c.peek()) {
		return false
	}
	c.zone(s)
	return true
}

// isoReach is how far into a line the time is looked for; a longer way would rather
// find times that a record speaks of.
const isoReach = 512

// findISOInside reads the first ISO 8601 time that does not begin its line, as with a
// level, a file name or JSON before it.
func findISOInside(line []byte, s *stamp) bool {
	text := head(line, isoReach)
	for at := 0; ; {
		dash := bytes.IndexByte(text[at:], '-')
		if dash < 0 {
			return false
		}
		from := at + dash - 4
		at += dash + 1
		if from < 0 || !digit(text[from]) || from > 0 && digit(text[from-1]) {
			continue
		}
		var found stamp
		c := cursor{line: text, at: from}
		if c.iso(&found) && found.possible() {
			*s = found
			return true
		}
	}
}

// findDocker reads the last "time" of a line of docker's json-file driver. A zone may be
// missing there and then is UTC.
func findDocker(line []byte, s *stamp) bool {
	if line[0] != '{' {
		return false
	}
	const key = `"time":"`
	at := bytes.LastIndex(line, []byte(key))
	if at < 0 || len(line)-at > 100 || !bytes.Contains(head(line, 16), []byte(`"log":`)) {
		return false
	}
	c := cursor{line: line, at: at + len(key)}
	if !c.iso(s) {
		return false
	}
	s.zoned = true
	return true
}

// findSlash reads "2026/11/01 10:00:00", as nginx, Go and Samba write it.
func findSlash(line []byte, s *stamp) bool {
	c := start(line)
	if !c.date(s, '/') || c.blanks() == 0 || !c.clock(s) {
		return false
	}
	c.zone(s)
	return true
}

// findSuricata reads "11/01/2026-10:00:00.123456".
func findSuricata(line []byte, s *stamp) bool {
	c := cursor{line: line}
	return c.number(&s.month, 2, 2) && c.is('/') && c.number(&s.day, 2, 2) && c.is('/') && c.number(&s.year, 4, 4) && c.is('-') && c.clock(s)
}

// findShort reads "26/11/01 10:00:00" and snort's "26/11/01-10:00:00.123456".
func findShort(line []byte, s *stamp) bool {
	c := start(line)
	if !c.number(&s.year, 2, 2) || !c.is('/') || !c.number(&s.month, 2, 2) || !c.is('/') || !c.number(&s.day, 2, 2) {
		return false
	}
	s.year += 2000
	return (c.is('-') || c.blanks() > 0) && c.clock(s)
}

// findCompact reads dates without separators: "261101 100000", MySQL's "261101  9:00:00",
// "20261101 10:00:00" and "20261101T100000Z".
func findCompact(line []byte, s *stamp) bool {
	c := start(line)
	var digits int
	for c.at+digits < len(line) && digit(line[c.at+digits]) {
		digits++
	}
	switch digits {
	case 6:
		c.number(&s.year, 2, 2)
		s.year += 2000
	case 8:
		c.number(&s.year, 4, 4)
	default:
		return false
	}
	if !c.number(&s.month, 2, 2) || !c.number(&s.day, 2, 2) || !c.is('T') && c.blanks() == 0 {
		return false
	}
	plain := c
	if !c.clock(s) {
		c = plain
		if !c.number(&s.hour, 2, 2) || !c.number(&s.minute, 2, 2) || !c.number(&s.second, 2, 2) {
			return false
		}
		c.fraction(s)
	}
	if !c.boundary() && c.peek() != 'Z' {
		return false
	}
	c.zone(s)
	return true
}

// findHealth reads "20261101-9:5:3:7", year to millisecond, with numbers of any width.
func findHealth(line []byte, s *stamp) bool {
	c := cursor{line: line}
	var millis int
	if !c.number(&s.year, 4, 4) || !c.number(&s.month, 2, 2) || !c.number(&s.day, 2, 2) || !c.is('-') ||
		!c.number(&s.hour, 1, 2) || !c.is(':') || !c.number(&s.minute, 1, 2) || !c.is(':') || !c.number(&s.second, 1, 2) {
		return false
	}
	if c.is(':') && c.number(&millis, 1, 3) {
		s.nanos = millis * 1_000_000
	}
	return c.boundary()
}

// findMonthDay reads "11-01 10:00:00.123", without a year.
func findMonthDay(line []byte, s *stamp) bool {
	c := start(line)
	return c.number(&s.month, 2, 2) && c.is('-') && c.number(&s.day, 2, 2) && c.blanks() > 0 && c.clock(s)
}

// findKlog reads "I1101 10:00:00.123456", as the parts of Kubernetes write it.
func findKlog(line []byte, s *stamp) bool {
	switch line[0] {
	case 'I', 'W', 'E', 'F':
	default:
		return false
	}
	c := cursor{line: line, at: 1}
	return c.number(&s.month, 2, 2) && c.number(&s.day, 2, 2) && c.is(' ') && c.clock(s)
}

// findAudit reads the epoch of "msg=audit(1337845201.174:94983)".
func findAudit(line []byte, s *stamp) bool {
	const key = "msg=audit("
	at := bytes.Index(head(line, isoReach), []byte(key))
	if at < 0 {
		return false
	}
	c := cursor{line: line, at: at + len(key)}
	var serial int
	s.instant = true
	return c.seconds(s, 1) && c.peek() == '.' && c.part(s) && c.is(':') && c.number(&serial, 1, 10)
}

// seconds takes the whole seconds of an epoch.
func (c *cursor) seconds(s *stamp, low int) bool {
	var value int
	ok := c.number(&value, low, 10)
	s.seconds = int64(value)
	return ok && !digit(c.peek())
}

// part takes a fraction that has to be there.
func (c *cursor) part(s *stamp) bool {
	from := c.at
	c.fraction(s)
	return c.at > from
}

// findEpoch reads 10 digits of seconds, 13 of milliseconds or 16 of microseconds since
// 1970 at the beginning of a line, with or without a fraction.
func findEpoch(line []byte, s *stamp) bool {
	c := start(line)
	return c.epoch(s)
}

// findBGL reads the second column as an epoch, behind the label of an alert or "-".
func findBGL(line []byte, s *stamp) bool {
	blank := bytes.IndexByte(head(line, 64), ' ')
	if blank < 1 {
		return false
	}
	c := cursor{line: line, at: blank + 1}
	return c.epoch(s) && c.peek() == ' '
}

// findEpochJSON reads "ts", "time", "timestamp" or "@timestamp" of a JSON line as an epoch.
func findEpochJSON(line []byte, s *stamp) bool {
	if line[0] != '{' {
		return false
	}
	for _, key := range []string{`"ts":`, `"time":`, `"timestamp":`, `"@timestamp":`} {
		at := bytes.Index(line, []byte(key))
		if at < 0 {
			continue
		}
		c := cursor{line: line, at: at + len(key)}
		c.blanks()
		if c.epoch(s) {
			return true
		}
	}
	return false
}

func (c *cursor) epoch(s *stamp) bool {
	from := c.at
	var value int
	if !c.number(&value, 10, 16) || c.line[from] == '0' {
		return false
	}
	s.instant = true
	switch c.at - from {
	case 10:
		s.seconds = int64(value)
		c.fraction(s)
	case 13:
		s.seconds, s.nanos = int64(value/1000), value%1000*1_000_000
	case 16:
		s.seconds, s.nanos = int64(value/1_000_000), value%1_000_000*1000
	default:
		return false
	}
	return c.boundary()
}
