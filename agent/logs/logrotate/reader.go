package logrotate

import (
	"bytes"
	"fmt"
	"strings"
)

// The reader goes through a file byte by byte, and not line by line, because
// that is what decides how much an error takes with it: after one, the program
// swallows the next byte, and then looks for a } in the first column.
type reader struct {
	p    *parser
	name string
	buf  []byte
	pos  int // each step leaves it on the last byte it used up

	mode     mode
	skipping bool      // within a stanza that is in error
	script   bool      // a script that is kept has begun
	globals  *Settings // what new stanzas begin with
	current  *Settings // globals, or those of the open stanza
	open     *Stanza   // nil outside stanzas
	braced   bool      // the { of the open stanza was seen
	globErr  error
	failed   bool

	linePos, line int // line is the number of the line of linePos
}

type mode uint8

const (
	normal     mode = iota
	restOfLine      // ignored up to its end
	inScript
	scriptLine // rest of a line of a script
	afterBrace
	inError // the byte after an error
)

// verdict is how a directive ended.
type verdict uint8

const (
	fine  verdict = iota
	wrong         // the stanza is lost, and outside one the file
	fatal         // the file is lost
)

func (r *reader) at(pos int) byte {
	if pos < len(r.buf) {
		return r.buf[pos]
	}
	return 0
}

// origin is the place of the current byte.
func (r *reader) origin() Origin {
	pos := min(r.pos, len(r.buf))
	if pos < r.linePos {
		r.linePos, r.line = 0, 0
	}
	r.line += bytes.Count(r.buf[r.linePos:pos], []byte("\n"))
	r.linePos = pos
	return Origin{File: r.name, Line: r.line + 1}
}

func (r *reader) report(at Origin, effect Effect, err error) {
	r.p.config.Problems = append(r.p.config.Problems, Problem{Origin: at, Effect: effect, Err: err})
}

// wrong reports an error that costs the stanza, or outside one the file.
func (r *reader) wrong(at Origin, err error) verdict {
	if r.open == nil {
		return r.fatal(at, err)
	}
	r.report(at, LosesStanza, err)
	return wrong
}

func (r *reader) fatal(at Origin, err error) verdict {
	r.report(at, LosesFile, err)
	return fatal
}

// read goes through the file and reports whether the program calls it faulty;
// what the file set globally is then forgotten, its good stanzas are not.
func (r *reader) read() (faulty bool) {
	for r.pos = 0; r.pos < len(r.buf); r.pos++ {
		switch r.step() {
		case wrong:
			r.mode = inError
		case fatal:
			if r.open != nil {
				r.p.drop()
			}
			return true
		}
	}
	if r.script {
		r.pos = len(r.buf)
		r.fatal(Origin{File: r.name}, fmt.Errorf("%w: a script has no endscript", ErrSyntax))
		if r.open != nil {
			r.p.drop()
		}
		return true
	}
	return r.failed
}

func (r *reader) step() verdict {
	c := r.buf[r.pos]
	switch r.mode {
	case restOfLine:
		if c == '\n' {
			r.mode = normal
		}
	case scriptLine:
		if c == '\n' {
			r.mode = inScript
		}
	case inScript:
		switch word := r.word(); {
		case word == "endscript":
			r.mode = normal
			r.script = r.script && r.skipping
		case r.at(r.pos) != '\n':
			r.mode = scriptLine
		}
	case afterBrace:
		if c == '\n' {
			r.mode = normal
		} else if !isBlank(c) {
			r.report(r.origin(), LosesLine, fmt.Errorf("%w: text after }", ErrSyntax))
			r.mode = restOfLine
		}
	case inError:
		r.failed, r.skipping, r.mode = true, true, normal
	case normal:
		if r.skipping {
			r.skip(c)
			return fine
		}
		return r.statement(c)
	}
	return fine
}

// skip passes over a stanza in error. Only a } that no blank precedes ends it.
func (r *reader) skip(c byte) {
	if c == '}' {
		r.p.drop()
		r.skipping, r.open, r.current = false, nil, r.globals
		return
	}
	switch r.word() {
	case "prerotate", "postrotate", "firstaction", "lastaction", "preremove":
		r.mode = inScript
	default:
		if r.at(r.pos) != '\n' {
			r.mode = restOfLine
		}
	}
}

func (r *reader) statement(c byte) verdict {
	switch {
	case isBlank(c) || c == '\n':
		return fine
	case c == '#':
		r.mode = restOfLine
		return fine
	case isAlpha(c):
		at := r.origin()
		word := r.word()
		if sep := r.at(r.pos); !isSpace(sep) && sep != '=' {
			return r.wrong(at, fmt.Errorf("%w: %q is followed by %q, not by a blank", ErrSyntax, shown(word), sep))
		}
		return r.directive(word, at)
	case c == '/' || c == '"' || c == '\'' || c == '~':
		return r.paths(r.origin())
	case c == '}':
		return r.closing(r.origin())
	}
	return r.wrong(r.origin(), fmt.Errorf("%w: a line begins with %q, neither a keyword nor a path", ErrSyntax, c))
}

// word takes the letters behind blanks, and stops at the byte after them.
func (r *reader) word() string {
	for isBlank(r.at(r.pos)) {
		r.pos++
	}
	start := r.pos
	for isAlpha(r.at(r.pos)) {
		r.pos++
	}
	return string(r.buf[start:r.pos])
}

// rest takes the rest of the line and stops at its last byte. Space at its end
// is cut off, but for a last line without a line end.
func (r *reader) rest() string {
	start := min(r.pos, len(r.buf))
	text, _, complete := bytes.Cut(r.buf[start:], []byte("\n"))
	r.pos = start + len(text) - 1
	if complete {
		text = bytes.TrimRight(text, " \t\v\f\r")
		if len(text) == 0 && start > 0 && isSpace(r.buf[start-1]) {
			// Here the program miscounts, and takes all that follows.
			text = r.buf[start:]
		}
	}
	text, _, _ = bytes.Cut(text, []byte{0})
	return string(text)
}

// value takes the argument of a directive, with or without = before it.
func (r *reader) value() (string, bool) {
	pos := r.pos
	for isBlank(r.at(pos)) {
		pos++
	}
	if r.at(pos) == '=' {
		for pos++; isBlank(r.at(pos)); {
			pos++
		}
	}
	if r.at(pos) == '\n' {
		return "", false
	}
	r.pos = pos
	return r.rest(), true
}

// list takes the text between a path and {, less comments on lines of their own.
func (r *reader) list() (string, error) {
	var text strings.Builder
	comment, first := false, true // first: only space so far on the line
	for ; r.pos < len(r.buf) && r.buf[r.pos] != 0; r.pos++ {
		c := r.buf[r.pos]
		switch {
		case first && c == '#':
			comment, first = true, false
		case c == '\n':
			comment, first = false, true
		case !isSpace(c):
			first = false
		}
		if comment {
			continue
		}
		switch c {
		case '{':
			return text.String(), nil
		case '}':
			return "", fmt.Errorf("%w: } without { after a path", ErrSyntax)
		}
		text.WriteByte(c)
	}
	return "", fmt.Errorf("%w: { is missing after a path", ErrSyntax)
}
