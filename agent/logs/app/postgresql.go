package app

import (
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// LoadPostgreSQL reads every cluster of the layouts of Debian and of openEuler, with the
// settings of ALTER SYSTEM where the data folder may be read.
func LoadPostgreSQL(fsys fs.FS) Result {
	r := &reader{fsys: fsys}
	var names []string
	for _, pattern := range []string{"etc/postgresql/*/*/postgresql.conf", "var/lib/pgsql/*/data/postgresql.conf", "usr/local/pgsql/*/postgresql.conf"} {
		names = append(names, r.glob(pattern, Origin{File: path.Dir(pattern)})...)
	}
	names = append(names, "var/lib/pgsql/data/postgresql.conf", "var/lib/postgresql/data/postgresql.conf", "data/pgsql/postgresql.conf")
	for _, name := range names {
		values := make(map[string]Setting)
		if !r.postgresFile(name, values, 0) {
			continue
		}
		data := values["data_directory"].Value
		if !strings.HasPrefix(data, "/") {
			data = "/" + path.Dir(name)
		}
		r.postgresFile(inside(path.Join(data, "postgresql.auto.conf")), values, 0)
		r.postgresLog(name, path.Clean(data), values)
	}
	return r.Result
}

func (r *reader) postgresFile(name string, values map[string]Setting, depth int) bool {
	text, ok := r.text(name)
	if !ok {
		return false
	}
	if depth > maxNesting {
		r.problem(Origin{File: name}, ErrNesting)
		return false
	}
	keys := strings.Fields("data_directory logging_collector log_destination log_directory log_filename log_rotation_age log_rotation_size log_truncate_on_rotation")
	setting := regexp.MustCompile(`^\s*([A-Za-z_.0-9]+)\s*=?\s*(?:'((?:[^']|'')*)'|([^\s#']*))`)
	number := 0
	for line := range strings.Lines(text) {
		number++
		m := setting.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		at := Origin{name, number}
		key, value := strings.ToLower(m[1]), m[3]
		if value == "" {
			value = strings.ReplaceAll(m[2], "''", "'")
		}
		relative := func() string {
			if strings.HasPrefix(value, "/") {
				return value
			}
			return "/" + path.Join(path.Dir(name), value)
		}
		switch {
		case (key == "include" || key == "include_if_exists") && value != "":
			r.postgresFile(inside(relative()), values, depth+1)
		case key == "include_dir" && value != "":
			for _, other := range r.glob(path.Join(relative(), "*.conf"), at) {
				r.postgresFile(other, values, depth+1)
			}
		case slices.Contains(keys, key):
			values[key] = Setting{value, at}
		}
	}
	return true
}

func (r *reader) postgresLog(conf, data string, values map[string]Setting) {
	if s := values["logging_collector"]; !truth(s.Value) {
		// What goes to standard error is put into a file by Debian's pg_ctlcluster.
		if m := regexp.MustCompile(`^etc/postgresql/([^/]+)/([^/]+)/postgresql\.conf$`).FindStringSubmatch(conf); m != nil {
			r.add(Log{Program: PostgreSQL, Role: ForAll, Path: "/var/log/postgresql/" + escape("postgresql-"+m[1]+"-"+m[2]+".log"), Origin: Origin{File: conf}})
		}
		return
	}
	value := func(key, otherwise string) string {
		if s := values[key]; s.Origin.File != "" {
			return s.Value
		}
		return otherwise
	}
	folder := value("log_directory", "log")
	if !strings.HasPrefix(folder, "/") {
		folder = path.Join(data, folder)
	}
	name := value("log_filename", "postgresql-%Y-%m-%d_%H%M%S.log")
	at := originOf(values["log_filename"], values["logging_collector"])
	full := path.Join(folder, name)
	var removals []Removal
	if days, repeats := cycle(name); repeats && truth(value("log_truncate_on_rotation", "off")) {
		// A file is emptied when its name comes again by the clock: what is left then are
		// the closed files of the cycle but for that one.
		interval, ok := minutes(value("log_rotation_age", "1440"))
		interval /= 1440
		removal := Removal{Kind: ByCount, IntervalDays: interval, Setting: "log_filename", Origin: at}
		switch {
		case ok && interval == 0: // no rotation by time, no truncation
			removal.Setting = ""
		case !ok || interval > days:
			removal = Removal{Kind: Unknown, Setting: "log_filename", Origin: at, Reason: ErrNumber.Error()}
		default:
			removal.Keep = int(days/interval+1e-6) - 1
		}
		if removal.Setting != "" {
			removals = []Removal{removal}
		}
	}
	for destination := range strings.SplitSeq(strings.ToLower(value("log_destination", "stderr")), ",") {
		path := full
		switch strings.TrimSpace(destination) {
		case "stderr":
		case "csvlog":
			path = strings.TrimSuffix(full, ".log") + ".csv"
		case "jsonlog":
			path = strings.TrimSuffix(full, ".log") + ".json"
		default:
			continue // syslog has its own files
		}
		pattern := stars(dated(path))
		r.add(Log{Program: PostgreSQL, Role: ForAll, Path: pattern, Single: strings.Contains(pattern, "*"), Removals: removals, Origin: at})
	}
}

func truth(value string) bool {
	switch strings.ToLower(value) {
	case "on", "true", "yes", "1", "t", "y":
		return true
	}
	return false
}

// minutes reads a time of PostgreSQL, of which the unit is the minute unless named.
func minutes(value string) (float64, bool) {
	m := regexp.MustCompile(`^([0-9]{1,9})\s*(us|ms|s|min|h|d|)$`).FindStringSubmatch(strings.TrimSpace(value))
	if m == nil {
		return 0, false
	}
	n, err := strconv.ParseFloat(m[1], 64)
	switch m[2] {
	case "us":
		n /= 60e6
	case "ms":
		n /= 60e3
	case "s":
		n /= 60
	case "h":
		n *= 60
	case "d":
		n *= 1440
	}
	return n, err == nil
}
