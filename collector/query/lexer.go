package query

import (
	"strings"
	"unicode/utf8"
)

// kind is what a token is.
type kind int

const (
	word   kind = iota // unquoted: a name, a keyword or a number
	name               // a name in double quotes or backquotes
	text               // a string
	symbol             // one other sign
)

// token is a piece of a statement.
type token struct {
	kind kind
	text string // of a name, without its quotes; else as written
	at   int    // offset in bytes
}

// upper is the text of an unquoted word in upper case, "" of anything else.
func (t token) upper() string {
	if t.kind != word {
		return ""
	}
	return strings.ToUpper(t.text)
}

func (t token) is(sign string) bool { return t.kind == symbol && t.text == sign }

// MaxStatement bounds a statement in bytes, as ClickHouse's max_query_size does.
const MaxStatement = 256 << 10

// scan takes a statement apart. clean is the statement with a blank for each comment.
//
// It knows less than ClickHouse's lexer, on purpose: outside of quotes there is ASCII
// only, no heredoc, no brace, no sign with which ClickHouse begins anything special.
func scan(statement string) (tokens []token, clean string, err error) {
	if len(statement) > MaxStatement {
		return nil, "", refuse(62, "SYNTAX_ERROR", 413, "The statement has %d bytes and may have %d", len(statement), MaxStatement)
	}
	if !utf8.ValidString(statement) {
		return nil, "", malformed("The statement is not UTF-8")
	}
	s := scanner{text: statement}
	for {
		t, ok, err := s.next()
		if err != nil {
			return nil, "", err
		}
		if !ok {
			return tokens, s.clean.String(), nil
		}
		tokens = append(tokens, t)
	}
}

type scanner struct {
	text  string
	at    int
	clean strings.Builder
}

func (s *scanner) next() (token, bool, error) {
	if err := s.blanks(); err != nil || s.at >= len(s.text) {
		return token{}, false, err
	}
	t := token{at: s.at}
	var err error
	switch c := s.text[s.at]; {
	case c == '\'':
		t.kind, t.text, err = text, "", s.quoted(c)
	case c == '"' || c == '`':
		t.kind, err = name, s.quoted(c)
		if err == nil {
			t.text, err = nameIn(s.text[t.at:s.at], t.at)
		}
	case wordByte(c):
		for s.at < len(s.text) && wordByte(s.text[s.at]) {
			s.at++
		}
		t.kind, t.text = word, s.text[t.at:s.at]
	case strings.IndexByte("()[],.;+-*/%=<>!|:?", c) >= 0:
		s.at++
		t.kind, t.text = symbol, string(c)
	default:
		r, _ := utf8.DecodeRuneInString(s.text[s.at:])
		return t, false, malformed("Character %q at position %d is not taken outside of quotes: write names and aliases in double quotes, texts in single quotes, and values in place of parameters", r, s.at+1)
	}
	if err != nil {
		return t, false, err
	}
	s.clean.WriteString(s.text[t.at:s.at])
	return t, true, nil
}

// blanks passes over white space, which stays, and comments, for each of which a blank does.
func (s *scanner) blanks() error {
	for s.at < len(s.text) {
		rest := s.text[s.at:]
		switch {
		case strings.IndexByte(" \t\r\n", rest[0]) >= 0:
			s.clean.WriteByte(rest[0])
			s.at++
			continue
		case strings.HasPrefix(rest, "--"):
			if end := strings.IndexByte(rest, '\n'); end >= 0 {
				s.at += end
			} else {
				s.at = len(s.text)
			}
		case strings.HasPrefix(rest, "/*"):
			end := strings.Index(rest[2:], "*/")
			if end < 0 {
				return malformed("The comment at position %d does not end", s.at+1)
			}
			if strings.Contains(rest[2:2+end], "/*") {
				return malformed("The comment at position %d holds another one", s.at+1)
			}
			s.at += 2 + end + 2
		default:
			return nil
		}
		s.clean.WriteByte(' ')
	}
	return nil
}

// quoted moves behind the closing quote. A doubled quote does not close, nor does one
// behind a backslash.
func (s *scanner) quoted(quote byte) error {
	begin := s.at
	for s.at++; s.at < len(s.text); s.at++ {
		switch s.text[s.at] {
		case 0:
			return malformed("The text at position %d holds a zero byte", begin+1)
		case '\\':
			s.at++
		case quote:
			s.at++
			if s.at >= len(s.text) || s.text[s.at] != quote {
				return nil
			}
		}
	}
	return malformed("The quote at position %d is not closed", begin+1)
}

// nameIn is the name inside quotes. One with escapes is refused: the engine's tree has one
// line for each node, and a name must not make lines of its own.
func nameIn(quoted string, at int) (string, error) {
	inside := quoted[1 : len(quoted)-1]
	if strings.ContainsAny(inside, "\\\"`") || strings.ContainsFunc(inside, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return "", malformed("The name %s at position %d holds a quote, a backslash or a line end; choose a plainer one", quoted, at+1)
	}
	if inside == "" {
		return "", malformed("The name at position %d is empty", at+1)
	}
	return inside, nil
}

func wordByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}
