package text

import "bytes"

// findRFC3164 reads "Nov  1 10:00:00", with <PRI>, a fraction, and the year before the
// month or behind the day, where a program writes one. yum writes its log so, too.
func findRFC3164(line []byte, s *stamp) bool {
	c := cursor{line: line}
	c.priority()
	if digit(c.peek()) && (!c.number(&s.year, 4, 4) || !c.is(' ')) {
		return false
	}
	if !c.monthName(s) || c.blanks() == 0 || !c.number(&s.day, 1, 2) || c.blanks() == 0 {
		return false
	}
	if s.year == 0 {
		behind := c
		if behind.number(&s.year, 4, 4) && behind.is(' ') {
			c = behind
		} else {
			s.year = 0
		}
	}
	return c.clock(s) && !digit(c.peek())
}

// findCLF reads "[01/Nov/2026:10:00:00 +0800]" anywhere near the beginning of a line.
func findCLF(line []byte, s *stamp) bool {
	text := head(line, 4*isoReach)
	for at := 0; ; {
		bracket := bytes.IndexByte(text[at:], '[')
		if bracket < 0 {
			return false
		}
		at += bracket + 1
		c := cursor{line: text, at: at}
		var found stamp
		if c.number(&found.day, 1, 2) && c.is('/') && c.monthName(&found) && c.is('/') && c.number(&found.year, 4, 4) && c.is(':') && c.clock(&found) {
			c.zone(&found)
			*s = found
			return true
		}
	}
}

// findCtime reads "Sun Dec 04 04:47:44 2005", with brackets, a fraction or a zone
// before the year, as Apache, vsftpd, OpenVPN and Oracle write it.
func findCtime(line []byte, s *stamp) bool {
	c := start(line)
	if !c.weekday() || c.blanks() == 0 || !c.monthName(s) || c.blanks() == 0 || !c.number(&s.day, 1, 2) || c.blanks() == 0 || !c.clock(s) {
		return false
	}
	c.zone(s)
	return c.blanks() > 0 && c.number(&s.year, 4, 4) && c.boundary()
}

// findTomcat reads "01-Nov-2026 10:00:00.123", with a bracket and a zone as PHP writes it.
func findTomcat(line []byte, s *stamp) bool {
	c := start(line)
	if !c.dayMonthYear(s) || c.blanks() == 0 || !c.clock(s) {
		return false
	}
	c.zone(s)
	return true
}

func (c *cursor) dayMonthYear(s *stamp) bool {
	return c.number(&s.day, 1, 2) && c.is('-') && c.monthName(s) && c.is('-') && c.number(&s.year, 4, 4)
}

// findErlang reads "=INFO REPORT==== 1-Nov-2026::10:00:00 ===".
func findErlang(line []byte, s *stamp) bool {
	const key = " REPORT==== "
	at := bytes.Index(head(line, 64), []byte(key))
	if at < 0 || line[0] != '=' {
		return false
	}
	c := cursor{line: line, at: at + len(key)}
	return c.dayMonthYear(s) && c.word("::") && c.clock(s)
}

// findRedis reads "12:M 01 Nov 2026 10:00:00.123" and, of old versions, the same in
// brackets and without a year.
func findRedis(line []byte, s *stamp) bool {
	c := cursor{line: line}
	var pid int
	bracket := c.is('[')
	if !c.number(&pid, 1, 10) {
		return false
	}
	if bracket {
		if !c.is(']') {
			return false
		}
	} else if !c.is(':') || !letter(c.peek()) {
		return false
	} else {
		c.at++
	}
	if !c.is(' ') || !c.number(&s.day, 1, 2) || !c.is(' ') || !c.monthName(s) || !c.is(' ') {
		return false
	}
	behind := c
	if behind.number(&s.year, 4, 4) && behind.is(' ') {
		c = behind
	} else {
		s.year = 0
	}
	return c.clock(s)
}

// findApt reads the two dates of a transaction of apt.
func findApt(line []byte, s *stamp) bool {
	c := cursor{line: line}
	if !c.word("Start-Date: ") && !c.word("End-Date: ") {
		return false
	}
	return c.iso(s)
}

// findMySQLSlow reads "# Time: 2026-11-01T02:00:00.123456Z" and "# Time: 261101  9:00:00".
func findMySQLSlow(line []byte, s *stamp) bool {
	c := cursor{line: line}
	if !c.word("# Time: ") {
		return false
	}
	behind := c
	return c.iso(s) || findCompact(behind.rest(), reset(s))
}

func reset(s *stamp) *stamp {
	*s = stamp{}
	return s
}

// The words of Chinese calendars, escaped because the source of this project is in English.
const (
	hanYear  = "\u5e74"
	hanMonth = "\u6708"
	hanDay   = "\u65e5"
	hanAM    = "\u4e0a\u5348"
	hanPM    = "\u4e0b\u5348"
)

// hanDigits are one to ten; eleven and twelve are ten with one and two.
func hanDigits() []string {
	return []string{"\u4e00", "\u4e8c", "\u4e09", "\u56db", "\u4e94", "\u516d", "\u4e03", "\u516b", "\u4e5d", "\u5341", "\u5341\u4e00", "\u5341\u4e8c"}
}

// findChinese reads year, month and day with the Chinese words behind them and a clock.
func findChinese(line []byte, s *stamp) bool {
	c := start(line)
	if !c.number(&s.year, 4, 4) || !c.word(hanYear) || !c.number(&s.month, 1, 2) || !c.word(hanMonth) || !c.number(&s.day, 1, 2) || !c.word(hanDay) {
		return false
	}
	c.blanks()
	return c.halved(s)
}

// halved takes a clock that may have the half of the day before or behind it.
func (c *cursor) halved(s *stamp) bool {
	half := c.half()
	c.blanks()
	if !c.clock(s) {
		return false
	}
	if half == 0 {
		from := c.at
		c.blanks()
		if half = c.half(); half == 0 {
			c.at = from
		}
	}
	switch {
	case half != 0 && (s.hour < 1 || s.hour > 12):
		// A clock of 24 hours that names the half of the day all the same.
	case half == 'A' && s.hour == 12:
		s.hour = 0
	case half == 'P' && s.hour < 12:
		s.hour += 12
	}
	return true
}

// half takes AM or PM in English or Chinese and gives A, P or 0.
func (c *cursor) half() byte {
	switch {
	case c.word("AM"), c.word("am"), c.word(hanAM):
		return 'A'
	case c.word("PM"), c.word("pm"), c.word(hanPM):
		return 'P'
	}
	return 0
}

// findJUL reads "Nov 01, 2026 10:00:00 AM" of java.util.logging, also with the Chinese
// month names and halves of the day of a Chinese locale, and WebLogic's "####<Nov 1, …".
func findJUL(line []byte, s *stamp) bool {
	c := cursor{line: line}
	c.word("####<")
	if !c.monthName(s) && !c.hanMonthName(s) {
		return false
	}
	if c.blanks() == 0 || !c.number(&s.day, 1, 2) || !c.is(',') || c.blanks() == 0 || !c.number(&s.year, 4, 4) {
		return false
	}
	c.is(',')
	if c.blanks() == 0 || !c.halved(s) {
		return false
	}
	c.zone(s)
	return true
}

func (c *cursor) hanMonthName(s *stamp) bool {
	from := c.at
	if c.number(&s.month, 1, 2) && c.word(hanMonth) {
		return true
	}
	for i, name := range hanDigits() {
		c.at = from
		if c.word(name) && c.word(hanMonth) {
			s.month = i + 1
			return true
		}
	}
	c.at = from
	return false
}
