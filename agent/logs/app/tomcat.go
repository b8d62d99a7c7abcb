package app

import (
	"io/fs"
	"path"
	"strconv"
	"strings"
)

// tomcat reads one folder of configuration: access logs in server.xml, the handlers of
// logging.properties, and catalina.out, into which scripts put standard output.
func (r *reader) tomcat(conf string) {
	base := r.catalinaBase(conf)
	r.accessValves(path.Join(conf, "server.xml"), base)
	r.handlers(path.Join(conf, "logging.properties"), base)
	out := follow(r.fsys, path.Join(base, "logs/catalina.out"))
	if exists(r.fsys, out) {
		r.add(Log{Program: Tomcat, Role: Messages, Path: escape(out), Origin: Origin{File: path.Join(conf, "server.xml")}})
	}
}

// catalinaBase is the folder whose logs folder is written.
func (r *reader) catalinaBase(conf string) string {
	if path.Base(conf) == "conf" {
		return "/" + path.Dir(conf)
	}
	for _, parent := range []string{"/var/lib", "/usr/share"} {
		if base := path.Join(parent, path.Base(conf)); exists(r.fsys, path.Join(base, "logs")) {
			return base
		}
		// The folder of the logs may be a link that leads nowhere from here.
		base := path.Join(parent, path.Base(conf))
		if _, err := fs.ReadLink(r.fsys, inside(path.Join(base, "logs"))); err == nil {
			return base
		}
	}
	return "/usr/share/" + path.Base(conf)
}

func (r *reader) accessValves(name, base string) {
	root, ok := r.document(name)
	if !ok {
		return
	}
	values := map[string]string{"catalina.base": base, "catalina.home": base}
	root.walk(func(n *node) {
		class := n.attrs["classname"]
		if n.name != "valve" || !strings.HasSuffix(class, "AccessLogValve") {
			return
		}
		attr := func(key, otherwise string) string {
			if value, ok := n.attrs[strings.ToLower(key)]; ok {
				return expand(value, values)
			}
			return otherwise
		}
		at := Origin{name, n.line}
		r.dailyLog(dailyLog{
			role: Access, folder: attr("directory", "logs"), prefix: attr("prefix", "access_log"), suffix: attr("suffix", ""),
			rotatable: attr("rotatable", "true") != "false", renamed: attr("renameOnRotate", "false") == "true",
			days: attr("maxDays", "-1"), base: base, at: at,
		})
	})
}

// dailyLog is a log of which every day has its file: prefix, date, suffix.
type dailyLog struct {
	role                   Role
	folder, prefix, suffix string
	rotatable, renamed     bool
	days                   string // maxDays, of which a number below 1 removes nothing
	base                   string
	at                     Origin
}

func (r *reader) dailyLog(d dailyLog) {
	folder := d.folder
	if !strings.HasPrefix(folder, "/") {
		folder = path.Join(d.base, folder)
	}
	if strings.Contains(folder, wild) {
		r.problem(d.at, ErrRelative)
		return
	}
	file := func(middle string) string {
		name := follow(r.fsys, path.Join(folder, "x"))
		return path.Join(path.Dir(name), d.prefix+middle+d.suffix)
	}
	log := Log{Program: Tomcat, Role: d.role, Origin: d.at}
	switch {
	case !d.rotatable:
		log.Path = stars(file(""))
		r.add(log)
		return
	case d.renamed:
		log.Path, log.Archives = stars(file("")), []string{stars(file(wild))}
	default:
		log.Path = stars(file(wild))
	}
	log.Single = true
	switch days, err := strconv.Atoi(strings.TrimSpace(d.days)); {
	case err != nil:
		log.Removals = []Removal{{Kind: Unknown, Setting: "maxDays", Origin: d.at, Reason: ErrNumber.Error()}}
	case days > 0:
		log.Removals = []Removal{{Kind: ByAge, Days: float64(days), Setting: "maxDays", Origin: d.at}}
	}
	r.add(log)
}

// handlers reads the file handlers of JULI.
func (r *reader) handlers(name, base string) {
	text, ok := r.text(name)
	if !ok {
		return
	}
	type setting struct {
		value string
		line  int
	}
	values := make(map[string]setting)
	var order []string
	number := 0
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' || line[0] == '!' {
			continue
		}
		key, value, ok := strings.Cut(line, "=")
		if !ok {
			continue
		}
		key, value = strings.TrimSpace(key), strings.TrimSpace(value)
		if key == "handlers" || strings.HasSuffix(key, ".handlers") {
			for handler := range strings.SplitSeq(value, ",") {
				order = append(order, strings.TrimSpace(handler))
			}
			continue
		}
		values[key] = setting{expand(value, map[string]string{"catalina.base": base, "catalina.home": base}), number}
	}
	seen := make(map[string]bool)
	for _, handler := range order {
		if seen[handler] || !strings.HasSuffix(handler, "org.apache.juli.FileHandler") && !strings.HasSuffix(handler, "org.apache.juli.AsyncFileHandler") {
			continue
		}
		seen[handler] = true
		line := 0
		get := func(key, otherwise string) string {
			s, ok := values[handler+"."+key]
			if !ok {
				return otherwise
			}
			line = s.line // the last one asked for is the number of days
			return s.value
		}
		d := dailyLog{
			role: Messages, folder: get("directory", "logs"), prefix: get("prefix", "juli."), suffix: get("suffix", ".log"),
			rotatable: get("rotatable", "true") != "false", base: base,
		}
		d.days = get("maxDays", "-1")
		d.at = Origin{name, line}
		r.dailyLog(d)
	}
}
