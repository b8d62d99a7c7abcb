package app

import (
	"io/fs"
	"path"
	"regexp"
	"strconv"
	"strings"
)

// LoadApache reads the configuration of the Apache HTTP Server in the layouts of Debian,
// of openEuler and of its own build. Sections that depend on modules or definitions are
// taken to hold. Logs piped into rotatelogs or cronolog are followed.
func LoadApache(fsys fs.FS) Result {
	r := &reader{fsys: fsys}
	for _, main := range []struct{ name, root string }{
		{"etc/apache2/apache2.conf", "/etc/apache2"},
		{"etc/httpd/conf/httpd.conf", "/etc/httpd"},
		{"usr/local/apache2/conf/httpd.conf", "/usr/local/apache2"},
		{"www/server/apache/conf/httpd.conf", "/www/server/apache"},
	} {
		if text, ok := r.text(main.name); ok {
			a := &apache{reader: r, root: main.root, variables: make(map[string]string)}
			if main.root == "/etc/apache2" {
				a.environment("etc/apache2/envvars")
			}
			a.file(main.name, text, 0)
		}
	}
	return r.Result
}

// apache reads one instance.
type apache struct {
	*reader
	root      string // ServerRoot, absolute
	variables map[string]string
}

// environment takes the assignments of a shell script, as far as they are plain.
func (a *apache) environment(name string) {
	text, ok := a.text(name)
	if !ok {
		return
	}
	assignment := regexp.MustCompile(`^(?:export\s+)?([A-Z_]+)=["']?([^"'\s]*)["']?$`)
	for line := range strings.Lines(text) {
		if m := assignment.FindStringSubmatch(strings.TrimSpace(line)); m != nil {
			// $SUFFIX is empty but for a second instance.
			value := regexp.MustCompile(`\$\{?SUFFIX\}?`).ReplaceAllString(m[2], "")
			if !strings.Contains(value, "$") {
				a.variables[m[1]] = value
			}
		}
	}
}

func (a *apache) file(name, text string, depth int) {
	number, joined, begin := 0, "", 0
	for line := range strings.Lines(text) {
		number++
		if joined == "" {
			begin = number
		}
		line = strings.TrimRight(line, "\r\n")
		if before, ok := strings.CutSuffix(line, `\`); ok {
			joined += before + " "
			continue
		}
		line, joined = strings.TrimSpace(joined+line), ""
		if line == "" || line[0] == '#' || line[0] == '<' {
			continue
		}
		words, ok := apacheWords(line)
		if !ok {
			a.problem(Origin{name, begin}, ErrSyntax)
			continue
		}
		a.directive(words, Origin{name, begin}, depth)
	}
}

// apacheWords splits a line at blanks; quotes keep blanks, and a backslash quotes.
func apacheWords(line string) (words []string, ok bool) {
	for line = strings.TrimLeft(line, " \t"); line != ""; line = strings.TrimLeft(line, " \t") {
		var word strings.Builder
		quote := byte(0)
		if line[0] == '"' || line[0] == '\'' {
			quote = line[0]
			line = line[1:]
		}
		i := 0
		for ; i < len(line); i++ {
			c := line[i]
			if c == quote && quote != 0 || quote == 0 && (c == ' ' || c == '\t') {
				break
			}
			if c == '\\' && i+1 < len(line) && (line[i+1] == '"' || line[i+1] == '\'' || line[i+1] == '\\') {
				i++
				c = line[i]
			}
			word.WriteByte(c)
		}
		if quote != 0 {
			if i == len(line) {
				return nil, false
			}
			i++
		}
		words = append(words, word.String())
		line = line[i:]
	}
	return words, true
}

func (a *apache) directive(words []string, at Origin, depth int) {
	if len(words) < 2 {
		return
	}
	value, known := a.expand(words[1])
	switch strings.ToLower(words[0]) {
	case "define":
		if len(words) > 2 {
			if value, ok := a.expand(words[2]); ok {
				a.variables[words[1]] = value
			}
		}
	case "serverroot":
		if known && strings.HasPrefix(value, "/") {
			a.root = path.Clean(value)
		}
	case "include", "includeoptional":
		if depth >= maxNesting || !known {
			a.problem(at, ErrNesting)
			return
		}
		a.include(a.absolute(value), at, depth)
	case "customlog", "transferlog", "globallog", "forensiclog":
		a.log(Access, value, known, at)
	case "errorlog":
		a.log(Errors, value, known, at)
	}
}

func (a *apache) include(pattern string, at Origin, depth int) {
	for _, name := range a.glob(pattern, at) {
		if info, err := fs.Stat(a.fsys, name); err == nil && info.IsDir() {
			a.include("/"+escape(name)+"/*", at, depth+1)
			continue
		}
		if text, ok := a.text(name); ok {
			a.file(name, text, depth+1)
		}
	}
}

// expand puts variables into a value; ok is false when one of them is not known.
func (a *apache) expand(value string) (expanded string, ok bool) {
	ok = true
	expanded = regexp.MustCompile(`\$\{[^}]*\}`).ReplaceAllStringFunc(value, func(name string) string {
		value, known := a.variables[name[2:len(name)-1]]
		ok = ok && known
		return value
	})
	return expanded, ok
}

func (a *apache) absolute(name string) string {
	if strings.HasPrefix(name, "/") {
		return path.Clean(name)
	}
	return path.Join(a.root, name)
}

func (a *apache) log(role Role, value string, known bool, at Origin) {
	log := Log{Program: Apache, Role: role, Origin: at}
	switch {
	case !known:
		a.problem(at, ErrRelative)
		return
	case strings.HasPrefix(value, "|"):
		if !a.piped(&log, strings.TrimLeft(value, "|$ "), at) {
			a.problem(at, ErrPipe)
			return
		}
	case strings.HasPrefix(value, "syslog"), strings.HasPrefix(value, "/dev/"), strings.HasPrefix(value, "journald"):
		return
	default:
		log.Path = escape(follow(a.fsys, a.absolute(value)))
	}
	a.add(log)
}

// follow replaces the folder of a file by what it is a link to, as with the logs of
// /etc/httpd, which are in /var/log/httpd.
func follow(fsys fs.FS, name string) string {
	dir := path.Dir(name)
	target, err := fs.ReadLink(fsys, inside(dir))
	if err != nil {
		return name
	}
	if !strings.HasPrefix(target, "/") {
		target = path.Join(path.Dir(dir), target)
	}
	return path.Join(path.Clean(target), path.Base(name))
}

// piped understands the two programs that are usual for rotation.
func (a *apache) piped(log *Log, command string, at Origin) bool {
	words, ok := apacheWords(command)
	if !ok || len(words) < 2 {
		return false
	}
	switch path.Base(words[0]) {
	case "cronolog":
		for i := 1; i < len(words); i++ {
			if name := words[i]; strings.HasPrefix(name, "/") && strings.Contains(name, "%") {
				log.Path, log.Single = stars(dated(name)), true
				return true
			}
		}
	case "rotatelogs":
		return a.rotatelogs(log, words[1:], at)
	}
	return false
}

// rotatelogs reads its arguments: options, the file, and seconds or a size.
func (a *apache) rotatelogs(log *Log, words []string, at Origin) bool {
	keep, truncate := 0, false
	for len(words) > 0 && strings.HasPrefix(words[0], "-") {
		option := words[0]
		words = words[1:]
		switch option {
		case "-L", "-p", "-n", "-m":
			if len(words) == 0 {
				return false
			}
			if option == "-n" {
				n, err := strconv.Atoi(words[0])
				if err != nil || n < 1 {
					return false
				}
				keep = n
			}
			words = words[1:]
		case "-t":
			truncate = true
		}
	}
	if len(words) < 2 {
		return false
	}
	name := a.absolute(words[0])
	var seconds, bytes int64
	if m := regexp.MustCompile(`^([0-9]{1,9})([BKMG]?)$`).FindStringSubmatch(words[1]); m != nil {
		n, _ := strconv.ParseInt(m[1], 10, 64)
		if m[2] == "" {
			seconds = n
		} else {
			bytes = n << (10 * strings.Index("BKMG", m[2]))
		}
	} else {
		seconds = 86400 // a time of day
	}
	removal := Removal{Kind: ByCount, Setting: "rotatelogs", IntervalDays: float64(seconds) / 86400, FileBytes: bytes, Origin: at}
	switch {
	case truncate:
		log.Path = escape(name)
		log.Removals = []Removal{removal}
	case keep > 0:
		// The files name, name.1, name.2 … are used in turn.
		log.Path, log.Archives, log.Single = escape(name), []string{escape(name) + ".*"}, true
		removal.Keep, removal.Setting = keep-1, "rotatelogs -n"
		log.Removals = []Removal{removal}
	case strings.Contains(name, "%"):
		log.Path, log.Single = stars(dated(name)), true
		if days, repeats := cycle(name); repeats {
			removal.Kind, removal.Reason = Unknown, "names repeat"
			if removal.IntervalDays > 0 && days >= removal.IntervalDays {
				removal.Kind, removal.Reason, removal.Keep = ByCount, "", int(days/removal.IntervalDays)-1
			}
			log.Removals = []Removal{removal}
		}
	default:
		log.Path, log.Single = escape(name)+".*", true
	}
	return true
}

// dated replaces the directives of strftime by wild.
func dated(name string) string {
	return regexp.MustCompile(`%[-_0^#EO]*[A-Za-z%]`).ReplaceAllString(name, wild)
}

// cycle is the number of days after which a name made by strftime comes again; repeats
// is false if it never does, or if it is always the same.
func cycle(name string) (days float64, repeats bool) {
	var all strings.Builder
	for _, m := range regexp.MustCompile(`%[-_0^#EO]*([A-Za-z])`).FindAllStringSubmatch(name, -1) {
		all.WriteString(m[1])
	}
	directives := all.String()
	switch {
	case directives == "" || strings.ContainsAny(directives, "YyGgCcDFxsv+"):
		return 0, false
	case strings.ContainsAny(directives, "mbBhjUVW"):
		return 365, true
	case strings.ContainsAny(directives, "de"):
		return 28, true
	case strings.ContainsAny(directives, "aAuw"):
		return 7, true
	case strings.ContainsAny(directives, "HIklTRXrp"):
		return 1, true
	}
	return 1.0 / 24, true
}
