package app

import (
	"path"
	"regexp"
	"strconv"
	"strings"
)

// logback reads one logback.xml. Profiles and conditions are taken to hold, all of
// them: each appender that something refers to is a log.
type logback struct {
	*reader
	name       string
	properties map[string]string
}

func (l *logback) read(root *node) {
	used := make(map[string]bool)
	root.walk(func(n *node) {
		switch n.name {
		case "property", "variable", "substitutionproperty":
			if key := n.attrs["name"]; key != "" {
				l.properties[key] = n.attrs["value"]
			}
		case "springproperty":
			if value, ok := n.attrs["defaultvalue"]; ok && n.attrs["name"] != "" {
				l.properties[n.attrs["name"]] = value
			}
		case "contextname":
			l.properties["CONTEXT_NAME"] = strings.TrimSpace(n.text)
		case "appender-ref":
			used[n.attrs["ref"]] = true
		}
	})
	root.walk(func(n *node) {
		if n.name == "appender" && used[n.attrs["name"]] {
			l.appender(n)
		}
	})
}

func (l *logback) value(n *node) string { return expand(strings.TrimSpace(n.text), l.properties) }

func (l *logback) appender(n *node) {
	class := n.attrs["class"]
	at := Origin{l.name, n.line}
	switch class[strings.LastIndexByte(class, '.')+1:] {
	case "FileAppender":
		l.log(l.value(n.child("file")), "", nil, at)
	case "RollingFileAppender":
		policy := n.child("rollingpolicy")
		patternNode := policy.child("filenamepattern")
		if l.value(patternNode) == "" {
			l.problem(at, ErrSyntax)
			return
		}
		l.log(l.value(n.child("file")), l.value(patternNode), l.removals(n, policy), at)
	}
}

// log adds a log with a live file, or, if there is none, with names by date.
func (l *logback) log(file, pattern string, removals []Removal, at Origin) {
	log := Log{Program: Logback, Origin: at, Removals: removals}
	archive := ""
	if pattern != "" {
		name, ok := l.resolve(conversions(pattern), l.name)
		if !ok {
			l.problem(at, ErrRelative)
			return
		}
		archive = stars(name)
	}
	if file == "" {
		log.Path, log.Single = archive, true
	} else {
		name, ok := l.resolve(file, l.name)
		if !ok {
			l.problem(at, ErrRelative)
			return
		}
		log.Path = stars(name)
		if archive != "" && archive != log.Path {
			log.Archives = []string{archive}
		}
	}
	if log.Path == "" {
		l.problem(at, ErrSyntax)
		return
	}
	log.Role = roleOf(log.Path)
	l.add(log)
}

// roleOf tells logs of what users did, which Chinese frameworks name so, from others.
func roleOf(name string) Role {
	base := strings.ToLower(path.Base(name))
	for _, word := range []string{"operation", "operate", "oper-", "oper_", "operlog", "audit", "sys-user", "behavior"} {
		if strings.Contains(base, word) {
			return Operation
		}
	}
	if strings.Contains(base, "access") {
		return Access
	}
	return Messages
}

// conversions makes %d{…} and %i of a pattern wild; %d{…, aux} as well.
func conversions(pattern string) string {
	return regexp.MustCompile(`%-?[0-9]*(d(ate)?(\{[^}]*\})?(\{[^}]*\})?|i)`).ReplaceAllString(pattern, wild)
}

// removals are what a rolling policy removes. Its count is one of periods, whatever
// the number of files in each.
func (l *logback) removals(appender, policy *node) []Removal {
	class := policy.attrs["class"]
	pattern := l.value(policy.child("filenamepattern"))
	history := policy.child("maxhistory")
	at := Origin{l.name, history.line}
	size := int64(0)
	for _, n := range []*node{policy.child("maxfilesize"), policy.child("timebasedfilenamingandtriggeringpolicy").child("maxfilesize"), appender.child("triggeringpolicy").child("maxfilesize")} {
		if text := l.value(n); text != "" {
			size, _ = javaSize(text)
		}
	}
	if strings.HasSuffix(class, "FixedWindowRollingPolicy") {
		return l.window(policy, size)
	}
	text := l.value(history)
	keep, err := strconv.Atoi(text)
	limit := policy.child("totalsizecap")
	switch {
	case text == "":
		keep = 0
	case err != nil:
		return []Removal{{Kind: Unknown, Setting: "maxHistory", Origin: at, Reason: ErrNumber.Error()}}
	}
	if keep <= 0 {
		if l.value(limit) != "" {
			l.problem(Origin{l.name, limit.line}, ErrIgnored) // logback says so itself
		}
		return nil
	}
	removals := []Removal{{Kind: ByCount, Keep: keep, IntervalDays: period(pattern), Setting: "maxHistory", Origin: at}}
	if text := l.value(limit); text != "" && text != "0" {
		removal := Removal{Kind: ByCount, Keep: 1, Setting: "totalSizeCap", Origin: Origin{l.name, limit.line}}
		total, ok := javaSize(text)
		switch {
		case !ok:
			removal.Kind, removal.Reason = Unknown, ErrNumber.Error()
		case total == 0:
			return removals
		default:
			// The file that crosses the cap goes as a whole.
			if removal.FileBytes = total; size > 0 && size < total {
				removal.FileBytes = total - size
			}
		}
		removals = append(removals, removal)
	}
	return removals
}

// window is FixedWindowRollingPolicy: files 1 to 7 of 10 MB unless set, and no more
// than 21 files.
func (l *logback) window(policy *node, size int64) []Removal {
	first, last := 1, 7
	at := Origin{l.name, policy.child("maxindex").line}
	for _, one := range []struct {
		node *node
		to   *int
	}{{policy.child("minindex"), &first}, {policy.child("maxindex"), &last}} {
		if text := l.value(one.node); text != "" {
			n, err := strconv.Atoi(text)
			if err != nil {
				return []Removal{{Kind: Unknown, Setting: "maxIndex", Origin: at, Reason: ErrNumber.Error()}}
			}
			*one.to = n
		}
	}
	if size == 0 {
		size = 10 << 20
	}
	return []Removal{{Kind: ByCount, Keep: min(max(last-first+1, 1), 21), FileBytes: size, Setting: "maxIndex", Origin: at}}
}

// period is the time in days that one file of a pattern holds at least: the finest unit
// of its date that is not marked aux. A month counts as 28 days. Without a format the
// unit is the day.
func period(pattern string) float64 {
	days := 0.0
	for _, m := range regexp.MustCompile(`%-?[0-9]*d(?:ate)?(?:\{([^}]*)\})?`).FindAllStringSubmatch(pattern, 8) {
		format, options, _ := strings.Cut(m[1], ",")
		if strings.Contains(options, "aux") {
			continue
		}
		// Text in quotes is no unit.
		format = regexp.MustCompile(`'[^']*'`).ReplaceAllString(format, "")
		unit := 1.0
		for _, one := range []struct {
			letters string
			days    float64
		}{{"Ss", 1.0 / 86400}, {"m", 1.0 / 1440}, {"HhkK", 1.0 / 24}, {"a", 0.5}, {"dDEeFu", 1}, {"wW", 7}, {"ML", 28}, {"yYx", 365}} {
			if strings.ContainsAny(format, one.letters) {
				unit = one.days
				break
			}
		}
		if days == 0 || unit < days {
			days = unit
		}
	}
	return days
}

// javaSize reads a size such as 100MB, 1 GB or 1000.
func javaSize(text string) (int64, bool) {
	m := regexp.MustCompile(`(?i)^([0-9]{1,12})(?:\.[0-9]+)?\s*(|k|m|g|t)b?$`).FindStringSubmatch(strings.TrimSpace(text))
	if m == nil {
		return 0, false
	}
	n, err := strconv.ParseInt(m[1], 10, 64)
	if m[2] != "" {
		n <<= 10 * (strings.Index("kmgt", strings.ToLower(m[2])) + 1)
	}
	return n, err == nil && n >= 0
}
