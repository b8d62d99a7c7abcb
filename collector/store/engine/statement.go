package engine

import (
	"strings"
)

// kind says by which function of the library a statement is run.
type kind int

const (
	other   kind = iota // one answer, held whole: DDL, SHOW, INSERT … SELECT, INSERT … VALUES (…)
	reading             // SELECT: the answer is streamed
	filling             // INSERT with data behind it: the data are streamed
	tuning              // SET, USE, temporary tables: would outlive the request on its session
)

// statement is one SQL statement, looked at only as far as the door needs to know.
type statement struct {
	kind   kind
	text   string // for filling: without FORMAT clause and data
	format string // of the FORMAT clause, or "" without one
	data   string // for filling: what followed the FORMAT clause
}

// split looks at a statement: what kind it is, and where its FORMAT clause and
// data are. inline says that no data follow elsewhere, so that VALUES without rows
// is left to the engine to judge. More than one statement is refused, because the
// engine would run them all.
func split(text string, inline bool) (statement, error) {
	words := scanner{text: text}
	first, ok := words.next()
	if !ok || first.text == ";" {
		return statement{}, refuse(codeSyntax, "Empty query")
	}
	st := statement{kind: other, text: text}
	switch strings.ToUpper(first.text) {
	case "INSERT":
		return splitInsert(words, inline)
	case "SELECT", "WITH", "FROM", "(":
		st.kind = reading
	case "SET", "USE", "BEGIN", "COMMIT", "ROLLBACK":
		st.kind = tuning
	}
	creates := strings.EqualFold(first.text, "CREATE")
	for {
		word, more := words.next()
		switch {
		case !more:
			return st, nil
		case word.text == ";":
			st.text = text[:word.start]
			return st, words.nothing()
		case word.depth > 0:
		case creates && strings.EqualFold(word.text, "TEMPORARY"):
			st.kind = tuning
		case strings.EqualFold(word.text, "FORMAT"):
			if name, ok := words.clause(); ok {
				st.format = name
			}
		}
	}
}

// clause looks ahead whether the FORMAT just read is a clause, and not a name as
// in SELECT 1 AS format FROM t: a name and the end, or SETTINGS, must follow.
func (s scanner) clause() (name string, ok bool) {
	word, more := s.next()
	if !more || !isWord(word.text) {
		return "", false
	}
	after, more := s.next()
	return word.text, !more || after.text == ";" || strings.EqualFold(after.text, "SETTINGS")
}

// splitInsert goes on behind the word INSERT.
func splitInsert(words scanner, inline bool) (statement, error) {
	text := words.text
	previous := ""
	for {
		word, ok := words.next()
		if !ok {
			return statement{kind: other, text: text}, nil
		}
		upper := strings.ToUpper(word.text)
		isName := previous == "INTO" || previous == "TABLE" || previous == "."
		previous = upper
		if word.depth > 0 || isName && upper != "TABLE" && upper != "FUNCTION" {
			continue
		}
		switch upper {
		case ";":
			return statement{kind: other, text: text[:word.start]}, words.nothing()
		case "VALUES":
			rest := words
			if _, rows := rest.next(); rows || inline {
				continue
			}
			return statement{kind: filling, text: strings.TrimSpace(text[:word.start]), format: "Values"}, nil
		case "FORMAT":
			name, ok := words.next()
			if !ok || !isWord(name.text) {
				return statement{}, refuse(codeSyntax, "Syntax error: INSERT … FORMAT needs the name of a format")
			}
			return statement{kind: filling, text: strings.TrimSpace(text[:word.start]), format: name.text, data: inlineData(text[name.end:])}, nil
		}
	}
}

// inlineData is what ClickHouse takes as data behind FORMAT Name: blanks and one line end are no part of it.
func inlineData(rest string) string {
	rest = strings.TrimLeft(rest, " \t\r")
	return strings.TrimPrefix(rest, "\n")
}

func isWord(s string) bool { return s != "" && wordByte(s[0]) }

// token is a word or a single sign, with its place and how many brackets are open around it.
type token struct {
	text       string
	start, end int
	depth      int
}

// scanner walks over SQL the way ClickHouse's lexer does: strings, quoted names
// and heredocs are one token each, comments and blanks none.
type scanner struct {
	text  string
	at    int
	depth int
}

// nothing refuses a second statement behind the semicolon just read.
func (s scanner) nothing() error {
	if _, more := s.next(); more {
		return refuse(codeSyntax, "Multi-statements are not allowed: send one statement per request")
	}
	return nil
}

func (s *scanner) next() (token, bool) {
	s.blanks()
	if s.at >= len(s.text) {
		return token{}, false
	}
	start, depth := s.at, s.depth
	switch c := s.text[s.at]; {
	case c == '\'' || c == '"' || c == '`':
		s.quoted(c)
	case c == '$' && s.heredoc():
	case wordByte(c):
		for s.at < len(s.text) && wordByte(s.text[s.at]) {
			s.at++
		}
	default:
		s.at++
		switch c {
		case '(', '[', '{':
			s.depth++
		case ')', ']', '}':
			s.depth = max(s.depth-1, 0)
			depth = s.depth
		}
	}
	return token{s.text[start:s.at], start, s.at, depth}, true
}

func (s *scanner) blanks() {
	for s.at < len(s.text) {
		rest := s.text[s.at:]
		switch {
		case strings.IndexByte(" \t\r\n\f\v", rest[0]) >= 0:
			s.at++
		case strings.HasPrefix(rest, "--"), strings.HasPrefix(rest, "#!"), strings.HasPrefix(rest, "# "):
			s.past("\n")
		case strings.HasPrefix(rest, "/*"):
			s.at += 2
			s.past("*/")
		default:
			return
		}
	}
}

// past moves behind the next end, or to the end of the text.
func (s *scanner) past(end string) {
	if i := strings.Index(s.text[s.at:], end); i >= 0 {
		s.at += i + len(end)
	} else {
		s.at = len(s.text)
	}
}

// quoted moves behind the closing quote; a doubled quote or one behind a backslash does not close.
func (s *scanner) quoted(quote byte) {
	for s.at++; s.at < len(s.text); s.at++ {
		switch s.text[s.at] {
		case '\\':
			s.at++
		case quote:
			s.at++
			if s.at >= len(s.text) || s.text[s.at] != quote {
				return
			}
		}
	}
	s.at = len(s.text)
}

// heredoc moves behind $tag$ … $tag$, if one starts here and is closed.
func (s *scanner) heredoc() bool {
	rest := s.text[s.at:]
	i := 1
	for i < len(rest) && rest[i] != '$' && wordByte(rest[i]) {
		i++
	}
	if i >= len(rest) || rest[i] != '$' {
		return false
	}
	tag := rest[:i+1]
	j := strings.Index(rest[len(tag):], tag)
	if j < 0 {
		return false
	}
	s.at += len(tag) + j + len(tag)
	return true
}

func wordByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}
