package app

import (
	"io/fs"
	"net"
	"path"
	"regexp"
	"strings"
)

// LoadNginx reads the configuration of nginx where distributions, its own build and the
// panels that are common in China put it, with all that it includes. Access logs with
// variables in their names become patterns.
func LoadNginx(fsys fs.FS) Result {
	r := &reader{fsys: fsys}
	for _, main := range []struct{ name, prefix string }{
		{"etc/nginx/nginx.conf", "/etc/nginx"},
		{"usr/local/nginx/conf/nginx.conf", "/usr/local/nginx"},
		{"usr/local/openresty/nginx/conf/nginx.conf", "/usr/local/openresty/nginx"},
		{"usr/local/tengine/conf/nginx.conf", "/usr/local/tengine"},
		{"opt/nginx/conf/nginx.conf", "/opt/nginx"},
		{"www/server/nginx/conf/nginx.conf", "/www/server/nginx"},
	} {
		if text, ok := r.text(main.name); ok {
			n := &nginx{reader: r, prefix: main.prefix, folder: path.Dir(main.name)}
			n.file(main.name, text, 0)
		}
	}
	return r.Result
}

// nginx reads one instance.
type nginx struct {
	*reader
	prefix string // absolute, of relative logs
	folder string // of relative includes
}

// file goes through statements; blocks matter only in that they balance.
func (n *nginx) file(name, text string, depth int) {
	lex := &braces{text: text}
	open := 0
	for {
		words, end, ok := lex.statement()
		at := Origin{name, lex.start}
		switch {
		case !ok:
			n.problem(at, ErrSyntax)
			return
		case end == '}':
			if open--; open < 0 {
				n.problem(at, ErrSyntax)
				open = 0
			}
		case end == '{':
			if len(words) > 0 && strings.HasSuffix(words[0], "_by_lua_block") {
				if !lex.skipBlock() {
					n.problem(at, ErrSyntax)
					return
				}
				continue
			}
			open++
		case end == ';':
			n.directive(words, at, depth)
		default: // the end of the file
			if open > 0 || len(words) > 0 {
				n.problem(Origin{name, lex.start}, ErrSyntax)
			}
			return
		}
	}
}

func (n *nginx) directive(words []string, at Origin, depth int) {
	if len(words) < 2 {
		return
	}
	switch words[0] {
	case "include":
		if depth >= maxNesting {
			n.problem(at, ErrNesting)
			return
		}
		pattern := words[1]
		if !strings.HasPrefix(pattern, "/") {
			pattern = "/" + path.Join(n.folder, pattern)
		}
		for _, name := range n.glob(pattern, at) {
			if text, ok := n.text(name); ok {
				n.file(name, text, depth+1)
			}
		}
	case "access_log":
		n.log(Access, words[1], at)
	case "error_log":
		n.log(Errors, words[1], at)
	}
}

func (n *nginx) log(role Role, name string, at Origin) {
	switch {
	case name == "off" || name == "stderr" || strings.HasPrefix(name, "memory:") || strings.HasPrefix(name, "/dev/"):
		return
	case strings.HasPrefix(name, "syslog:"):
		for option := range strings.SplitSeq(strings.TrimPrefix(name, "syslog:"), ",") {
			if server, ok := strings.CutPrefix(option, "server="); ok {
				if target := hostPort(server, "514"); target != "" {
					n.add(Log{Program: Nginx, Role: role, Target: target, Origin: at})
				}
			}
		}
		return
	case !strings.HasPrefix(name, "/") && !strings.HasPrefix(name, "$"):
		name = path.Join(n.prefix, name)
	case strings.HasPrefix(name, "$"):
		n.problem(at, ErrRelative)
		return
	}
	name = regexp.MustCompile(`\$(\{\w+\}|\w+)`).ReplaceAllString(name, wild)
	n.add(Log{Program: Nginx, Role: role, Path: stars(path.Clean(name)), Origin: at})
}

// hostPort is the target of a server with or without a port; empty for a local socket
// and for what is no host.
func hostPort(server, port string) string {
	host := server
	if strings.HasPrefix(server, "[") || strings.Count(server, ":") == 1 {
		if h, p, err := net.SplitHostPort(server); err == nil {
			host, port = h, p
		}
	}
	host = strings.Trim(host, "[]")
	if !regexp.MustCompile(`^[A-Za-z0-9._:-]{1,253}$`).MatchString(host) || strings.HasPrefix(host, "unix:") || !regexp.MustCompile(`^[0-9]{1,5}$`).MatchString(port) {
		return ""
	}
	return net.JoinHostPort(host, port)
}

// braces splits a text into statements that end with ; or with a brace.
type braces struct {
	text  string
	pos   int
	line  int // line ends passed
	start int // line of the last statement, from 1
}

func (b *braces) next() (byte, bool) {
	if b.pos >= len(b.text) {
		return 0, false
	}
	c := b.text[b.pos]
	b.pos++
	if c == '\n' {
		b.line++
	}
	return c, true
}

// statement takes words up to ;, { or }, or up to the end, for which end is 0. ok is
// false when a quote is not closed.
func (b *braces) statement() (words []string, end byte, ok bool) {
	b.start = b.line + 1
	for {
		c, more := b.next()
		switch {
		case !more:
			return words, 0, true
		case c == ' ' || c == '\t' || c == '\r' || c == '\n':
		case c == '#':
			for c, more := b.next(); more && c != '\n'; c, more = b.next() {
			}
		case c == ';' || c == '{' || c == '}':
			return words, c, true
		default:
			b.pos--
			if len(words) == 0 {
				b.start = b.line + 1
			}
			word, ok := b.word()
			if !ok {
				return words, 0, false
			}
			words = append(words, word)
		}
	}
}

// word takes a word, of which a part may be in quotes or in ${ }.
func (b *braces) word() (string, bool) {
	var word strings.Builder
	for b.pos < len(b.text) {
		c := b.text[b.pos]
		switch {
		case c == '"' || c == '\'':
			b.pos++
			for {
				d, more := b.next()
				if !more {
					return "", false
				}
				if d == c {
					break
				}
				if d == '\\' {
					if d, more = b.next(); !more {
						return "", false
					}
				}
				word.WriteByte(d)
			}
		case c == '$' && strings.HasPrefix(b.text[b.pos:], "${"):
			length := strings.IndexAny(b.text[b.pos:], "} \n;") + 1
			if length <= 0 {
				length = 2
			}
			word.WriteString(b.text[b.pos : b.pos+length-1])
			b.pos += length - 1
			if b.pos < len(b.text) && b.text[b.pos] == '}' {
				word.WriteByte('}')
				b.pos++
			}
		case c == '\\' && b.pos+1 < len(b.text):
			b.pos++
			d, _ := b.next()
			word.WriteByte(d)
		case strings.IndexByte(" \t\r\n;{}", c) >= 0:
			return word.String(), true
		default:
			word.WriteByte(c)
			b.pos++
		}
	}
	return word.String(), true
}

// skipBlock passes over the rest of a block of another language, in which braces
// balance outside of strings.
func (b *braces) skipBlock() bool {
	for depth := 1; depth > 0; {
		c, more := b.next()
		if !more {
			return false
		}
		switch c {
		case '{':
			depth++
		case '}':
			depth--
		case '"', '\'':
			for d, more := b.next(); more && d != c && d != '\n'; d, more = b.next() {
				if d == '\\' {
					b.next()
				}
			}
		}
	}
	return true
}
