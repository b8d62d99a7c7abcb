package rsyslog

import (
	"path"
	"strconv"
	"strings"
)

// object reads what is between the parentheses of an object, and a block behind it.
func (s *scanner) object(name string, f filter, at Origin) {
	values, ok := s.parameters()
	if !ok {
		return
	}
	first := func(key string) string {
		if list := values[key]; len(list) > 0 {
			return list[0]
		}
		return ""
	}
	switch name {
	case "action":
		s.p.actionObject(values, first, f, at)
	case "include":
		if file := first("file"); file != "" {
			s.p.include(file, strings.EqualFold(first("mode"), "optional"), f, at)
		}
	case "template":
		s.templateObject(first)
	case "ruleset":
		// Other messages come to a ruleset than to the rules outside.
		mark := s.pos
		if s.space() && s.peek() == '{' {
			s.pos++
			s.block(filter{selection: All(), partial: true}, true)
			s.last = f
		} else {
			s.pos = mark
		}
	case "module", "input", "global", "main_queue", "parser", "timezone", "lookup_table", "dyn_stats", "percentile_stats", "ratelimit":
	default:
		s.p.problem(at, ErrSyntax)
	}
}

// actionObject takes an action in the new language. What other modules than these do
// is no log of a kind that is kept.
func (p *parser) actionObject(values map[string][]string, first func(string) string, f filter, at Origin) {
	q := queue{strings.ToLower(first("queue.type")), first("queue.filename") != "", strings.EqualFold(first("queue.saveonshutdown"), "on")}
	forward := Forward{Queue: q.queue(), Origin: at}
	or := func(value, otherwise string) string {
		if value == "" {
			return otherwise
		}
		return value
	}
	switch strings.ToLower(first("type")) {
	case "omfile":
		limit, _ := strconv.ParseInt(first("rotation.sizelimit"), 10, 64)
		file := File{Limited: limit > 0, Origin: at}
		if template := first("dynafile"); template != "" {
			p.dynamicOutput(template, file, f)
			return
		}
		name := first("file")
		if !strings.HasPrefix(name, "/") {
			p.problem(at, ErrSyntax)
			return
		}
		file.Path, file.Parts = escape(path.Clean(name)), []Part{{Text, path.Clean(name)}}
		p.output(file, f)
	case "omfwd":
		forward.Protocol = strings.ToLower(or(first("protocol"), "udp"))
		if forward.Protocol != "tcp" && forward.Protocol != "udp" {
			p.problem(at, ErrSyntax)
			return
		}
		p.targets(values["target"], or(first("port"), "514"), forward, f)
	case "omrelp":
		forward.Protocol = "relp"
		p.targets(values["target"], or(first("port"), "514"), forward, f)
	case "omkafka":
		forward.Protocol = "kafka"
		p.targets(values["broker"], "9092", forward, f)
	case "omelasticsearch":
		forward.Protocol = "elasticsearch"
		p.targets(values["server"], or(first("serverport"), "9200"), forward, f)
	case "omhttp":
		forward.Protocol = "http"
		p.targets(values["server"], or(first("serverport"), "443"), forward, f)
	case "":
		p.problem(at, ErrSyntax)
	}
}

func (p *parser) targets(list []string, port string, forward Forward, f filter) {
	if len(list) == 0 {
		p.problem(forward.Origin, ErrTarget)
	}
	for _, text := range list {
		for target := range strings.SplitSeq(text, ",") {
			p.forward(splitTarget(target, port), forward, f)
		}
	}
}

// templateObject keeps the pieces of a template, of which some are names of files.
func (s *scanner) templateObject(first func(string) string) {
	name := first("name")
	switch strings.ToLower(first("type")) {
	case "string":
		s.p.templates[name] = templateParts(first("string"))
		return
	case "list":
	default:
		return
	}
	if !s.space() || s.peek() != '{' {
		return
	}
	s.pos++
	var parts []Part
	for s.space() {
		if s.peek() == '}' {
			s.pos++
			s.p.templates[name] = parts
			return
		}
		at := s.origin()
		word := strings.ToLower(s.word())
		if word == "" || !s.space() || s.peek() != '(' {
			s.p.problem(at, ErrSyntax)
			s.restOfLine()
			return
		}
		s.pos++
		values, ok := s.parameters()
		if !ok {
			return
		}
		switch {
		case word == "constant" && len(values["value"]) > 0:
			parts = append(parts, Part{Text, values["value"][0]})
		case word == "property" && len(values["name"]) > 0:
			parts = append(parts, Part{Kind: propertyKind(values["name"][0])})
		}
	}
	s.p.problem(s.origin(), ErrUnbalanced)
}

// templateParts splits a template at its %properties%.
func templateParts(text string) []Part {
	var parts []Part
	for text != "" {
		before, after, found := strings.Cut(text, "%")
		if before != "" {
			parts = append(parts, Part{Text, before})
		}
		if !found {
			break
		}
		name, rest, closed := strings.Cut(after, "%")
		if !closed {
			break
		}
		if name == "" { // %% is a percent sign
			parts = append(parts, Part{Text, "%"})
		} else {
			parts = append(parts, Part{Kind: propertyKind(name)})
		}
		text = rest
	}
	return parts
}

// propertyKind tells properties of time from all the others.
func propertyKind(name string) PartKind {
	name, _, _ = strings.Cut(name, ":")
	switch name = strings.ToLower(strings.TrimSpace(name)); {
	case strings.HasPrefix(name, "time"),
		strings.HasPrefix(name, "$now"), strings.HasPrefix(name, "$year"), strings.HasPrefix(name, "$month"),
		strings.HasPrefix(name, "$day"), strings.HasPrefix(name, "$hour"), strings.HasPrefix(name, "$hhour"),
		strings.HasPrefix(name, "$qhour"), strings.HasPrefix(name, "$minute"), strings.HasPrefix(name, "$wday"):
		return Date
	}
	return Property
}

// pattern joins pieces to a pattern of path.Match.
func pattern(parts []Part) string {
	var text strings.Builder
	star := false
	for _, part := range parts {
		if part.Kind == Text {
			text.WriteString(escape(part.Text))
			star = part.Text == "" && star
			continue
		}
		if !star {
			text.WriteByte('*')
		}
		star = true
	}
	return path.Clean(text.String())
}

// escape makes a name a pattern that matches it alone.
func escape(name string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(name)
}
