package rsyslog

import (
	"regexp"
	"slices"
	"strings"
)

// filter is what comes to a statement.
type filter struct {
	selection Selection
	partial   bool
	programs  []string
}

// narrowed is the filter less what a selection leaves out.
func (f filter) narrowed(s Selection) filter {
	f.selection = f.selection.and(s)
	return f
}

// some is a part of the filter that is not known better than by a program's name.
func (f filter) some(programs ...string) filter {
	f.partial = true
	if len(programs) > 0 {
		f.programs = programs
	}
	return f
}

// block reads statements up to a }, if one is to close it, or to the end.
func (s *scanner) block(f filter, braced bool) {
	at := s.origin()
	if s.depth++; s.depth > maxNesting {
		s.p.problem(at, ErrNesting)
		s.pos = len(s.text)
	}
	defer func() { s.depth-- }()
	s.last = f
	for s.space() {
		if s.peek() == '}' {
			s.pos++
			if braced {
				return
			}
			s.p.problem(s.originAt(s.pos-1), ErrUnbalanced)
			continue
		}
		s.statement(f)
	}
	if braced && s.depth <= maxNesting {
		s.p.problem(at, ErrUnbalanced)
	}
}

// statement reads one statement, of which there is a first byte. It always moves on.
func (s *scanner) statement(f filter) {
	at := s.origin()
	switch c := s.peek(); {
	case c == '{':
		s.pos++
		s.block(f, true)
		s.last = f
	case c == '$':
		s.pos++
		s.directive(f, at)
	case c == ':':
		s.property(f, at)
	case c == '&':
		s.pos++
		s.action(s.last)
	case c == '~':
		s.pos++
	case c == ';':
		s.pos++ // left by set x = y;
	case s.depth > 1 && strings.IndexByte("/-@?|^", c) >= 0:
		s.oneLine(s.restOfLine(), f, at) // within braces, actions of the old language stand alone
	case isWord(c) || c == '*':
		s.worded(f, at)
	default:
		s.restOfLine()
		s.p.problem(at, ErrSyntax)
	}
}

// worded reads a statement that begins with a word.
func (s *scanner) worded(f filter, at Origin) {
	start := s.pos
	word := strings.ToLower(s.word())
	// A selector is the only thing with a dot, comma or star right behind a word.
	if c := s.peek(); c == '.' || c == ',' || c == '*' {
		s.pos = start
		s.selected(f, at)
		return
	}
	switch word {
	case "if":
		s.conditional(f, at)
		return
	case "stop", "continue":
		return
	case "set", "unset", "reset", "call_indirect":
		s.semicolon(at)
		return
	case "call":
		s.blanks()
		s.word()
		return
	case "foreach":
		s.loop(f, at)
		return
	}
	mark := s.pos
	if s.space() && s.peek() == '(' {
		s.pos++
		s.object(word, f, at)
		return
	}
	s.pos = mark
	s.restOfLine()
	s.p.problem(at, ErrSyntax)
}

// semicolon passes over a statement that ends with one.
func (s *scanner) semicolon(at Origin) {
	for s.space() {
		switch s.peek() {
		case ';':
			s.pos++
			return
		case '"', '\'':
			if _, ok := s.quoted(); !ok {
				s.p.problem(at, ErrUnbalanced)
				s.restOfLine()
				return
			}
		case '{', '}':
			s.p.problem(at, ErrSyntax)
			return
		default:
			s.pos++
		}
	}
	s.p.problem(at, ErrUnbalanced)
}

// loop passes over the head of a foreach and reads its body.
func (s *scanner) loop(f filter, at Origin) {
	head, _, found := strings.Cut(s.text[s.pos:], "{")
	if !found {
		s.restOfLine()
		s.p.problem(at, ErrSyntax)
		return
	}
	s.pos += len(head) + 1
	s.block(f.some(), true)
}

// selected reads facility.priority and an action.
func (s *scanner) selected(f filter, at Origin) {
	start := s.pos
	for s.pos < len(s.text) && strings.IndexByte(" \t\r\n{", s.text[s.pos]) < 0 {
		s.pos++
	}
	text := s.text[start:s.pos]
	// Selectors may be continued behind a semicolon.
	for strings.HasSuffix(text, `\`) || strings.HasSuffix(text, ";") {
		before := s.pos
		if strings.HasSuffix(text, `\`) {
			s.pos--
			text = strings.TrimSuffix(text, `\`)
		}
		s.blanks()
		begin := s.pos
		for s.pos < len(s.text) && strings.IndexByte(" \t\r\n{", s.text[s.pos]) < 0 {
			s.pos++
		}
		if s.pos <= before {
			s.pos = before
			break
		}
		text += s.text[begin:s.pos]
	}
	selection, ok := selector(text)
	if !ok {
		s.restOfLine()
		s.p.problem(at, ErrSyntax)
		return
	}
	s.last = f.narrowed(selection)
	s.action(s.last)
}

// property reads :property, comparison, "value" and an action.
func (s *scanner) property(f filter, at Origin) {
	line, _, _ := strings.Cut(s.text[s.pos:], "\n")
	m := regexp.MustCompile(`^:\s*([A-Za-z0-9_$!.-]+)\s*,\s*(!?)\s*([a-z]+)\s*,?\s*`).FindStringSubmatch(line)
	if m == nil {
		s.restOfLine()
		s.p.problem(at, ErrSyntax)
		return
	}
	s.pos += len(m[0])
	value := ""
	if s.peek() == '"' {
		var ok bool
		if value, ok = s.quoted(); !ok {
			s.restOfLine()
			s.p.problem(at, ErrUnbalanced)
			return
		}
	} else if m[3] != "isempty" {
		s.restOfLine()
		s.p.problem(at, ErrSyntax)
		return
	}
	s.last = f.some()
	if strings.EqualFold(m[1], "programname") && m[2] == "" && (m[3] == "isequal" || m[3] == "startswith" || m[3] == "contains") {
		s.last = f.some(value)
	}
	s.action(s.last)
}

// conditional reads a condition, what follows from it, and what else.
func (s *scanner) conditional(f filter, at Origin) {
	start := s.pos
	text, ok := s.condition()
	if !ok {
		s.pos = start
		s.restOfLine()
		s.p.problem(at, ErrUnbalanced)
		return
	}
	inner := conditioned(f, text)
	s.branch(inner, at)
	mark := s.pos
	if s.space() {
		if strings.EqualFold(s.word(), "else") {
			s.branch(f.some(), at)
		} else {
			s.pos = mark
		}
	}
	s.last = inner
}

// branch reads what follows then or else: a block, an action or a further condition.
func (s *scanner) branch(f filter, at Origin) {
	if !s.space() {
		s.p.problem(at, ErrUnbalanced)
		return
	}
	if s.depth++; s.depth > maxNesting {
		s.depth--
		s.p.problem(at, ErrNesting)
		s.pos = len(s.text)
		return
	}
	s.action(f)
	s.depth--
}

// conditioned is the filter behind a condition. A test of the facility, or prifilt,
// is understood where it stands alone; anything else lets some part through.
func conditioned(f filter, text string) filter {
	text = strings.TrimSpace(text)
	for wrapped(text) {
		text = strings.TrimSpace(text[1 : len(text)-1])
	}
	facility := regexp.MustCompile(`^\$syslogfacility-text\s*==\s*["']([a-z0-9]+)["']$`).FindStringSubmatch(text)
	if facility != nil {
		if selection, ok := selector(facility[1] + ".*"); ok {
			return f.narrowed(selection)
		}
	}
	if m := regexp.MustCompile(`^prifilt\(\s*["']([^"']+)["']\s*\)$`).FindStringSubmatch(text); m != nil {
		if selection, ok := selector(m[1]); ok {
			return f.narrowed(selection)
		}
	}
	var named Selection
	for _, m := range regexp.MustCompile(`\$syslogfacility-text\s*==\s*["']([a-z0-9]+)["']`).FindAllStringSubmatch(text, 24) {
		if selection, ok := selector(m[1] + ".*"); ok {
			named = named.or(selection)
		}
	}
	var programs []string
	for _, m := range regexp.MustCompile(`\$programname\s*(?:==|startswith|contains)\s*["']([^"']+)["']`).FindAllStringSubmatch(text, 16) {
		programs = append(programs, m[1])
	}
	slices.Sort(programs)
	if !named.Empty() && !strings.Contains(text, " or ") {
		f = f.narrowed(named)
	}
	return f.some(slices.Compact(programs)...)
}

// wrapped reports whether the first parenthesis of a text closes at its end.
func wrapped(text string) bool {
	if !strings.HasPrefix(text, "(") {
		return false
	}
	depth := 0
	for i := range len(text) {
		switch text[i] {
		case '(':
			depth++
		case ')':
			depth--
		}
		if depth == 0 {
			return i == len(text)-1
		}
	}
	return false
}

// directive reads a legacy line that begins with $.
func (s *scanner) directive(f filter, at Origin) {
	name := strings.ToLower(s.word())
	s.blanks()
	if name == "template" {
		s.legacyTemplate(at)
		return
	}
	value := strings.Trim(s.restOfLine(), `"`)
	switch name {
	case "includeconfig":
		if value == "" {
			s.p.problem(at, ErrSyntax)
			return
		}
		s.p.include(value, false, f, at)
	case "outchannel":
		if fields := strings.Split(value, ","); len(fields) >= 2 {
			s.p.channels[strings.TrimSpace(fields[0])] = strings.TrimSpace(fields[1])
		}
	case "actionqueuetype":
		s.p.queue.kind = strings.ToLower(value)
	case "actionqueuefilename":
		s.p.queue.file = value != ""
	case "actionqueuesaveonshutdown":
		s.p.queue.save = strings.EqualFold(value, "on")
	}
}

// legacyTemplate reads $template name,"string", which ends with the string.
func (s *scanner) legacyTemplate(at Origin) {
	line, _, _ := strings.Cut(s.text[s.pos:], "\n")
	name, rest, ok := strings.Cut(line, ",")
	if !ok {
		s.restOfLine()
		s.p.problem(at, ErrSyntax)
		return
	}
	s.pos += len(name) + 1 + len(rest) - len(strings.TrimLeft(rest, " \t"))
	if s.peek() != '"' {
		s.restOfLine() // a function of a module
		return
	}
	value, ok := s.quoted()
	if !ok {
		s.restOfLine()
		s.p.problem(at, ErrUnbalanced)
		return
	}
	s.restOfLine()
	s.p.templates[strings.TrimSpace(name)] = templateParts(value)
}
