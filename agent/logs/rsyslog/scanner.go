package rsyslog

import "strings"

// scanner goes through the text of one file.
type scanner struct {
	p    *parser
	name string
	text string
	pos  int

	last  filter // of the statement before, for &
	depth int    // of blocks

	linePos, line int // line is the number of line ends before linePos
}

func (s *scanner) origin() Origin { return s.originAt(s.pos) }

func (s *scanner) originAt(pos int) Origin {
	pos = min(pos, len(s.text))
	if pos < s.linePos {
		s.linePos, s.line = 0, 0
	}
	s.line += strings.Count(s.text[s.linePos:pos], "\n")
	s.linePos = pos
	return Origin{s.name, s.line + 1}
}

func (s *scanner) peek() byte {
	if s.pos < len(s.text) {
		return s.text[s.pos]
	}
	return 0
}

// space passes over blanks, line ends and comments of both kinds. It reports whether
// anything is left.
func (s *scanner) space() bool {
	for s.pos < len(s.text) {
		switch c := s.text[s.pos]; {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v':
			s.pos++
		case c == '#':
			s.restOfLine()
		case strings.HasPrefix(s.text[s.pos:], "/*"):
			end := strings.Index(s.text[s.pos+2:], "*/")
			if end < 0 {
				s.p.problem(s.origin(), ErrUnbalanced)
				s.pos = len(s.text)
				return false
			}
			s.pos += 2 + end + 2
		default:
			return true
		}
	}
	return false
}

// blanks passes over blanks of the line, and over a backslash that continues it.
func (s *scanner) blanks() {
	for s.pos < len(s.text) {
		switch {
		case s.text[s.pos] == ' ' || s.text[s.pos] == '\t' || s.text[s.pos] == '\r':
			s.pos++
		case strings.HasPrefix(s.text[s.pos:], "\\\n"):
			s.pos += 2
		case strings.HasPrefix(s.text[s.pos:], "\\\r\n"):
			s.pos += 3
		default:
			return
		}
	}
}

// restOfLine takes what is left of the line, without a comment at its end.
func (s *scanner) restOfLine() string {
	rest, _, _ := strings.Cut(s.text[s.pos:], "\n")
	s.pos += len(rest)
	for i := 0; i < len(rest); i++ {
		if rest[i] == '#' && (i == 0 || rest[i-1] == ' ' || rest[i-1] == '\t') {
			rest = rest[:i]
			break
		}
	}
	return strings.TrimSpace(rest)
}

// word takes a run of letters, digits and underscores.
func (s *scanner) word() string {
	start := s.pos
	for s.pos < len(s.text) && isWord(s.text[s.pos]) {
		s.pos++
	}
	return s.text[start:s.pos]
}

func isWord(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// quoted takes a string in single or double quotes; the position is on the first.
func (s *scanner) quoted() (string, bool) {
	quote := s.text[s.pos]
	var value strings.Builder
	for i := s.pos + 1; i < min(len(s.text), s.pos+maxText); i++ {
		switch c := s.text[i]; {
		case c == '\\' && i+1 < len(s.text):
			i++
			value.WriteByte(s.text[i])
		case c == quote:
			s.pos = i + 1
			return value.String(), true
		default:
			value.WriteByte(c)
		}
	}
	return "", false
}

// parameters takes key="value" pairs between parentheses; the position is behind the
// first one. Keys are in lower case, and a value is a list if it is one in brackets.
func (s *scanner) parameters() (map[string][]string, bool) {
	start := s.pos
	values := make(map[string][]string)
	for s.space() && s.pos-start < maxText {
		if s.peek() == ')' {
			s.pos++
			return values, true
		}
		begin := s.pos
		for s.pos < len(s.text) && (isWord(s.text[s.pos]) || strings.IndexByte(".-$!", s.text[s.pos]) >= 0) {
			s.pos++
		}
		key := strings.ToLower(s.text[begin:s.pos])
		if key == "" || !s.space() || s.peek() != '=' {
			break
		}
		s.pos++
		if !s.space() {
			break
		}
		list, ok := s.value()
		if !ok {
			break
		}
		values[key] = list
	}
	s.p.problem(s.originAt(start), ErrUnbalanced)
	// Reading goes on behind the line on which the object begins.
	s.pos = start
	s.restOfLine()
	return nil, false
}

func (s *scanner) value() ([]string, bool) {
	switch s.peek() {
	case '"', '\'':
		value, ok := s.quoted()
		return []string{value}, ok
	case '[':
		s.pos++
		var list []string
		for start := s.pos; s.space() && s.pos-start < maxText; {
			switch s.peek() {
			case ']':
				s.pos++
				return list, true
			case ',':
				s.pos++
			case '"', '\'':
				value, ok := s.quoted()
				if !ok {
					return nil, false
				}
				list = append(list, value)
			default:
				return nil, false
			}
		}
		return nil, false
	}
	start := s.pos
	for s.pos < len(s.text) && strings.IndexByte(" \t\r\n()[]{}\"'#", s.text[s.pos]) < 0 {
		s.pos++
	}
	return []string{s.text[start:s.pos]}, s.pos > start
}

// condition takes the text up to the word then, outside of quotes and comments.
func (s *scanner) condition() (string, bool) {
	start := s.pos
	for s.pos < min(len(s.text), start+maxText) {
		switch c := s.text[s.pos]; {
		case c == '"' || c == '\'':
			if _, ok := s.quoted(); !ok {
				return "", false
			}
		case c == '#' || strings.HasPrefix(s.text[s.pos:], "/*"):
			s.space()
		case isWord(c):
			if begin := s.pos; strings.EqualFold(s.word(), "then") {
				return strings.TrimSpace(s.text[start:begin]), true
			}
		default:
			s.pos++
		}
	}
	return "", false
}
