package text

import "fmt"

// patternReach is how far into a line the time of a pattern is looked for.
const patternReach = 256

// A pattern is compiled to steps, one for each directive or literal byte.
type step struct {
	directive byte // 0 for a literal
	literal   byte
}

// compile makes a format of a pattern in the manner of strftime. Known are
// %Y %y %m %d %e %j-less dates, %b %B %h for English months, %H %k %I %l %M %S, %f and
// %L for the digits of a fraction, %p, %z, %Z, %s for an epoch, %a %A, %T, %F, %D, %R and
// %%. A blank stands for any number of blanks. The pattern has to give a month and a day
// or an epoch, and an hour. It is looked for at the start of a line first, then at each
// byte of its first 256.
func compile(pattern string) (format, error) {
	if len(pattern) > patternReach {
		return format{}, fmt.Errorf("read time format: %d bytes are too many", len(pattern))
	}
	steps, err := expand(pattern)
	if err != nil {
		return format{}, fmt.Errorf("read time format %q: %w", pattern, err)
	}
	given := map[byte]bool{}
	for _, s := range steps {
		given[s.directive] = true
	}
	whole := given['s'] || given['m'] && given['d'] && given['H'] && given['M']
	if !whole {
		return format{}, fmt.Errorf("read time format %q: want month, day, hour and minute, or an epoch", pattern)
	}
	return format{name: pattern, find: func(line []byte, s *stamp) bool {
		for at := range min(len(line), patternReach) {
			if at > 0 && digit(line[at]) && digit(line[at-1]) {
				continue // a number is not cut in two
			}
			var found stamp
			if match(steps, cursor{line: line, at: at}, &found) && found.possible() {
				*s = found
				return true
			}
		}
		return false
	}}, nil
}

func expand(pattern string) ([]step, error) {
	var steps []step
	for i := 0; i < len(pattern); i++ {
		b := pattern[i]
		if b != '%' {
			steps = append(steps, step{literal: b})
			continue
		}
		if i++; i == len(pattern) {
			return nil, fmt.Errorf("it ends with %%")
		}
		if pattern[i] == '-' || pattern[i] == '_' { // the padding flags of GNU
			if i++; i == len(pattern) {
				return nil, fmt.Errorf("it ends within a directive")
			}
		}
		composed := ""
		switch b = pattern[i]; b {
		case '%':
			steps = append(steps, step{literal: '%'})
			continue
		case 'T':
			composed = "%H:%M:%S"
		case 'R':
			composed = "%H:%M"
		case 'F':
			composed = "%Y-%m-%d"
		case 'D':
			composed = "%m/%d/%y"
		case 'b', 'B', 'h':
			steps = append(steps, step{directive: 'b'}, step{directive: 'm'})
			continue
		case 'e':
			b = 'd'
		case 'k', 'l', 'I':
			b = 'H'
		case 'A':
			b = 'a'
		case 'L':
			b = 'f'
		case 'Y', 'y', 'm', 'd', 'H', 'M', 'S', 'f', 'p', 'z', 'Z', 's', 'a':
		default:
			return nil, fmt.Errorf("%%%c is not known", b)
		}
		if composed == "" {
			steps = append(steps, step{directive: b})
			continue
		}
		more, err := expand(composed)
		if err != nil {
			return nil, err
		}
		steps = append(steps, more...)
	}
	return steps, nil
}

// match reads a line by the steps. A month by name leaves the next step, which stands
// for its number, nothing to do.
func match(steps []step, c cursor, s *stamp) bool {
	var half byte
	named := false
	for _, p := range steps {
		var ok bool
		switch p.directive {
		case 0:
			if p.literal == ' ' {
				ok = c.blanks() > 0
			} else {
				ok = c.is(p.literal)
			}
		case 'b':
			ok, named = c.monthName(s), true
			for ok && letter(c.peek()) {
				c.at++
			}
		case 'm':
			if ok = named; !named {
				ok = c.number(&s.month, 1, 2)
			}
			named = false
		case 'a':
			ok = c.weekday()
			for ok && letter(c.peek()) {
				c.at++
			}
		case 'p':
			half = c.half()
			ok = half != 0
		default:
			ok = c.directive(p.directive, s)
		}
		if !ok {
			return false
		}
	}
	switch {
	case half == 'A' && s.hour == 12:
		s.hour = 0
	case half == 'P' && s.hour < 12:
		s.hour += 12
	}
	return !digit(c.peek())
}

func (c *cursor) directive(name byte, s *stamp) bool {
	switch name {
	case 'Y':
		return c.number(&s.year, 4, 4)
	case 'y':
		ok := c.number(&s.year, 2, 2)
		s.year += 2000
		return ok
	case 'd':
		c.blanks()
		return c.number(&s.day, 1, 2)
	case 'H':
		c.blanks()
		return c.number(&s.hour, 1, 2)
	case 'M':
		return c.number(&s.minute, 2, 2)
	case 'S':
		return c.number(&s.second, 2, 2)
	case 'f':
		return c.fractionDigits(s)
	case 's':
		s.instant = true
		return c.seconds(s, 9)
	}
	// A zone, which may touch the clock or be parted from it by the literal before.
	blank := c.at > 0 && c.line[c.at-1] == ' '
	if blank {
		c.at--
	}
	c.zone(s)
	return s.zoned || len(s.zone) > 0
}

func (c *cursor) fractionDigits(s *stamp) bool {
	scale, from := 100_000_000, c.at
	for ; digit(c.peek()); c.at++ {
		s.nanos += int(c.peek()-'0') * scale
		scale /= 10
	}
	return c.at > from
}
