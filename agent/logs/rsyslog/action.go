package rsyslog

import (
	"net"
	"path"
	"regexp"
	"strconv"
	"strings"
)

// queue is what an action says about its queue.
type queue struct {
	kind string // in lower case
	file bool
	save bool
}

func (q queue) queue() Queue {
	switch q.kind {
	case "disk":
		return QueueDisk
	case "linkedlist", "fixedarray":
		// The part in memory is lost at a restart unless it is saved.
		if q.file && q.save {
			return QueueDisk
		}
		return QueueMemory
	}
	return QueueNone
}

// action reads what a filter leads to.
func (s *scanner) action(f filter) {
	s.blanks()
	at := s.origin()
	c := s.peek()
	switch {
	case c == '\n' || c == 0 || c == '#' || strings.HasPrefix(s.text[s.pos:], "/*"):
		// The action stands on a further line, which only an object or a block can.
		if s.space() && (s.peek() == '{' || s.begins()) {
			s.statement(f)
			return
		}
		s.p.problem(at, ErrSyntax)
		return
	case c == '{':
		s.statement(f)
		return
	case isWord(c):
		if s.begins() {
			s.statement(f)
			return
		}
		s.restOfLine() // users who are told
		return
	}
	s.oneLine(s.restOfLine(), f, at)
}

// begins reports whether an object or a statement of the script language stands here.
func (s *scanner) begins() bool {
	mark := s.pos
	defer func() { s.pos = mark }()
	word := strings.ToLower(s.word())
	s.blanks()
	switch word {
	case "":
		return false
	case "if", "call", "stop", "set", "unset", "reset", "foreach", "continue":
		return true
	}
	return s.peek() == '('
}

// oneLine takes an action in one line, in the old language.
func (s *scanner) oneLine(text string, f filter, at Origin) {
	q := s.p.queue
	s.p.queue = queue{}
	text, _, _ = strings.Cut(text, ";") // a template
	text = strings.TrimSpace(text)
	plain := strings.TrimPrefix(text, "-")
	switch {
	case strings.HasPrefix(plain, "/"):
		s.p.output(File{Path: escape(path.Clean(plain)), Parts: []Part{{Text, path.Clean(plain)}}, Origin: at}, f)
	case strings.HasPrefix(plain, "?"):
		s.p.dynamicOutput(plain[1:], File{Origin: at}, f)
	case strings.HasPrefix(text, "@@"):
		s.p.forward(splitTarget(options(text[2:]), "514"), Forward{Protocol: "tcp", Queue: q.queue(), Origin: at}, f)
	case strings.HasPrefix(text, "@"):
		s.p.forward(splitTarget(options(text[1:]), "514"), Forward{Protocol: "udp", Queue: q.queue(), Origin: at}, f)
	case strings.HasPrefix(text, ":omrelp:"):
		s.p.forward(splitTarget(strings.TrimPrefix(text, ":omrelp:"), "514"), Forward{Protocol: "relp", Queue: q.queue(), Origin: at}, f)
	case strings.HasPrefix(text, ":omfile:$"), strings.HasPrefix(text, "$"):
		name := strings.TrimPrefix(strings.TrimPrefix(text, ":omfile:"), "$")
		file, ok := s.p.channels[name]
		if !ok || !strings.HasPrefix(file, "/") {
			s.p.problem(at, ErrSyntax)
			return
		}
		s.p.output(File{Path: escape(path.Clean(file)), Parts: []Part{{Text, path.Clean(file)}}, Limited: true, Origin: at}, f)
	case strings.HasPrefix(text, ":"), strings.HasPrefix(text, "|"), strings.HasPrefix(text, "^"), text == "*", text == "~":
		// Other modules, pipes, programs, every user, and nobody: no log of rsyslogd.
	default:
		s.p.problem(at, ErrSyntax)
	}
}

// options cuts (z9,o) off the start of a target.
func options(text string) string {
	if rest, ok := strings.CutPrefix(text, "("); ok {
		if _, after, ok := strings.Cut(rest, ")"); ok {
			return after
		}
	}
	return text
}

func (p *parser) output(file File, f filter) {
	if f.selection.Empty() {
		return
	}
	if len(p.conf.Outputs) >= maxActions {
		p.problem(file.Origin, ErrNesting)
		return
	}
	if strings.HasPrefix(file.Path, "/dev/") {
		return // a console
	}
	file.Selection, file.Filtered, file.Programs = f.selection, f.partial, f.programs
	p.conf.Outputs = append(p.conf.Outputs, file)
}

func (p *parser) dynamicOutput(template string, file File, f filter) {
	before := len(p.conf.Outputs)
	if p.output(file, f); len(p.conf.Outputs) > before {
		p.dynamic = append(p.dynamic, dynamic{before, strings.TrimSpace(template)})
	}
}

func (p *parser) forward(target string, forward Forward, f filter) {
	switch {
	case f.selection.Empty():
		return
	case len(p.conf.Forwards) >= maxActions:
		p.problem(forward.Origin, ErrNesting)
		return
	case target == "":
		p.problem(forward.Origin, ErrTarget)
		return
	}
	forward.Target, forward.Selection, forward.Filtered = target, f.selection, f.partial
	p.conf.Forwards = append(p.conf.Forwards, forward)
}

// splitTarget makes host:port of a target with or without a port. A scheme, credentials
// and a path are left out; what is then no host gives an empty text.
func splitTarget(text, port string) string {
	text = strings.TrimSpace(text)
	if _, rest, ok := strings.Cut(text, "://"); ok {
		text = rest
	}
	text, _, _ = strings.Cut(text, "/")
	if i := strings.LastIndexByte(text, '@'); i >= 0 {
		text = text[i+1:]
	}
	host := text
	if strings.HasPrefix(text, "[") || strings.Count(text, ":") == 1 {
		if h, p, err := net.SplitHostPort(text); err == nil {
			host, port = h, p
		}
	}
	return joinTarget(strings.Trim(host, "[]"), port)
}

func joinTarget(host, port string) string {
	if host == "" || len(host) > 253 || !regexp.MustCompile(`^[A-Za-z0-9_.:%-]+$`).MatchString(host) {
		return ""
	}
	if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
		return ""
	}
	return net.JoinHostPort(host, port)
}
