package app

import (
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// LoadRedis reads the log file of redis. Its configuration also holds its password,
// and is often closed to others: then there is a Problem.
func LoadRedis(fsys fs.FS) Result {
	r := &reader{fsys: fsys}
	names := []string{"etc/redis.conf", "usr/local/redis/redis.conf", "usr/local/redis/etc/redis.conf", "usr/local/etc/redis.conf", "opt/redis/redis.conf", "www/server/redis/redis.conf"}
	names = append(r.glob("etc/redis/*.conf", Origin{File: "etc/redis"}), names...)
	for _, name := range names {
		folder := ""
		r.redis(name, 0, &folder)
	}
	return r.Result
}

// redis reads one file; folder is the working directory as set so far.
func (r *reader) redis(name string, depth int, folder *string) {
	text, ok := r.text(name)
	if !ok {
		return
	}
	var file Setting
	number := 0
	for line := range strings.Lines(text) {
		number++
		words, ok := apacheWords(strings.TrimSpace(line))
		if !ok || len(words) < 2 || strings.HasPrefix(words[0], "#") {
			continue
		}
		at := Origin{name, number}
		switch strings.ToLower(words[0]) {
		case "include":
			if depth >= maxNesting {
				r.problem(at, ErrNesting)
				continue
			}
			for _, other := range r.glob(words[1], at) {
				r.redis(other, depth+1, folder)
			}
		case "dir":
			*folder = words[1]
		case "logfile":
			file = Setting{words[1], at}
		}
	}
	switch log := file.Value; {
	case log == "" || log == "stdout" || strings.HasPrefix(log, "/dev/"):
	case strings.HasPrefix(log, "/"):
		r.add(Log{Program: Redis, Role: Messages, Path: escape(path.Clean(log)), Origin: file.Origin})
	case strings.HasPrefix(*folder, "/"):
		r.add(Log{Program: Redis, Role: Messages, Path: escape(path.Join(*folder, log)), Origin: file.Origin})
	default:
		r.problem(file.Origin, ErrRelative)
	}
}

// Setting is a value of a configuration file and where it stands.
type Setting struct {
	Value  string
	Origin Origin
}

// LoadMySQL reads the option files of MySQL and MariaDB: error log, slow and general
// log, and the logs of the audit plugins with what these remove.
func LoadMySQL(fsys fs.FS) Result {
	r := &reader{fsys: fsys}
	values := make(map[string]Setting)
	found := false
	for _, name := range []string{"etc/my.cnf", "etc/mysql/my.cnf", "usr/local/mysql/etc/my.cnf", "usr/local/mysql/my.cnf", "usr/local/etc/my.cnf"} {
		found = r.optionFile(name, values, 0) || found
	}
	if found {
		r.mysqlLogs(values)
	}
	return r.Result
}

// wanted are the settings that are kept; others may be secrets.
func wanted() []string {
	return strings.Fields(`datadir log_error slow_query_log slow_query_log_file log_slow_query log_slow_query_file general_log general_log_file
		server_audit server_audit_logging server_audit_output_type server_audit_file_path server_audit_file_rotate_size server_audit_file_rotations
		plugin_load plugin_load_add audit_log audit_log_file audit_log_handler audit_log_rotate_on_size audit_log_rotations audit_log_prune_seconds
		audit_log_max_size audit_log_filter.file`)
}

// optionFile reads one option file, and reports whether there is one with a group of
// the server.
func (r *reader) optionFile(name string, values map[string]Setting, depth int) (found bool) {
	text, ok := r.text(name)
	if !ok {
		return false
	}
	number, group := 0, ""
	server := regexp.MustCompile(`^(server|mysqld|mariadbd?|mysqld_safe|mysqld[0-9]+|(mysqld|mariadbd?)-[0-9.]+)$`)
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimSpace(line)
		at := Origin{name, number}
		switch {
		case line == "" || line[0] == '#' || line[0] == ';':
		case strings.HasPrefix(line, "!includedir"):
			dir := strings.TrimSpace(strings.TrimPrefix(line, "!includedir"))
			for _, other := range r.glob(path.Join(dir, "*.cnf"), at) {
				found = r.deeper(other, values, depth, at) || found
			}
		case strings.HasPrefix(line, "!include"):
			found = r.deeper(inside(strings.TrimSpace(strings.TrimPrefix(line, "!include"))), values, depth, at) || found
		case line[0] == '[':
			group = strings.ToLower(strings.Trim(line, "[] "))
			found = found || server.MatchString(group)
		case server.MatchString(group):
			key, value, _ := strings.Cut(line, "=")
			key = strings.ReplaceAll(strings.ToLower(strings.TrimSpace(key)), "-", "_")
			key = strings.TrimPrefix(key, "loose_")
			if slices.Contains(wanted(), key) {
				value, _, _ = strings.Cut(strings.TrimSpace(value), " #")
				values[key] = Setting{strings.Trim(strings.TrimSpace(value), `"'`), at}
			}
		}
	}
	return found
}

func (r *reader) deeper(name string, values map[string]Setting, depth int, at Origin) bool {
	if depth >= maxNesting {
		r.problem(at, ErrNesting)
		return false
	}
	return r.optionFile(name, values, depth+1)
}

// on reports whether a switch is set, and not to off.
func on(s Setting) bool {
	if s.Origin.File == "" {
		return false
	}
	switch strings.ToLower(s.Value) {
	case "0", "off", "false":
		return false
	}
	return true
}

func (r *reader) mysqlLogs(values map[string]Setting) {
	folder := values["datadir"].Value
	if !strings.HasPrefix(folder, "/") {
		folder = "/var/lib/mysql"
	}
	file := func(s Setting, otherwise string) string {
		name := s.Value
		if name == "" {
			name = otherwise
		}
		if !strings.HasPrefix(name, "/") {
			return path.Join(escape(folder), name)
		}
		return escape(path.Clean(name))
	}
	first := func(keys ...string) Setting {
		for _, key := range keys {
			if s := values[key]; s.Origin.File != "" {
				return s
			}
		}
		return Setting{}
	}
	if s := first("log_error"); s.Origin.File != "" {
		name := file(s, "*.err")
		if !strings.HasSuffix(name, "*.err") && path.Ext(name) == "" {
			name += ".err"
		}
		r.add(Log{Program: MySQL, Role: Errors, Path: name, Origin: s.Origin})
	}
	if enabled := first("slow_query_log", "log_slow_query"); on(enabled) {
		s := first("slow_query_log_file", "log_slow_query_file")
		r.add(Log{Program: MySQL, Role: Slow, Path: file(s, "*-slow.log"), Origin: originOf(s, enabled)})
	}
	if enabled := first("general_log"); on(enabled) {
		s := first("general_log_file")
		r.add(Log{Program: MySQL, Role: Queries, Path: file(s, "*.log"), Origin: originOf(s, enabled)})
	}
	r.serverAudit(values, file)
	r.auditLog(values, file)
}

func originOf(settings ...Setting) Origin {
	for _, s := range settings {
		if s.Origin.File != "" {
			return s.Origin
		}
	}
	return Origin{}
}

// serverAudit is the audit plugin of MariaDB: nine files of a megabyte unless set.
func (r *reader) serverAudit(values map[string]Setting, file func(Setting, string) string) {
	enabled := values["server_audit_logging"]
	if !on(enabled) || values["server_audit_output_type"].Value != "" && !strings.EqualFold(values["server_audit_output_type"].Value, "file") {
		return
	}
	s := values["server_audit_file_path"]
	log := Log{Program: MySQL, Role: Audit, Path: file(s, "server_audit.log"), Origin: originOf(s, enabled)}
	rotations, size := values["server_audit_file_rotations"], values["server_audit_file_rotate_size"]
	keep, ok := r.number(rotations, 9)
	bytes, ok2 := r.number(size, 1000000)
	switch {
	case !ok || !ok2:
		log.Removals = []Removal{{Kind: Unknown, Setting: "server_audit_file_rotations", Origin: originOf(rotations, size), Reason: ErrNumber.Error()}}
	case keep > 0:
		log.Removals = []Removal{{Kind: ByCount, Keep: int(keep), FileBytes: bytes, Setting: "server_audit_file_rotations", Origin: originOf(rotations, size, enabled)}}
	}
	r.add(log)
}

// auditLog is the audit_log plugin of MySQL Enterprise and Percona.
func (r *reader) auditLog(values map[string]Setting, file func(Setting, string) string) {
	s := values["audit_log_file"]
	loaded := values["audit_log"]
	if strings.Contains(values["plugin_load"].Value+values["plugin_load_add"].Value, "audit_log") {
		loaded = Setting{"ON", originOf(values["plugin_load"], values["plugin_load_add"])}
	}
	if s.Origin.File == "" && !on(loaded) || strings.EqualFold(values["audit_log_handler"].Value, "syslog") {
		return
	}
	log := Log{Program: MySQL, Role: Audit, Path: file(s, "audit.log"), Origin: originOf(s, loaded)}
	if ext := path.Ext(log.Path); ext != "" {
		log.Archives = []string{strings.TrimSuffix(log.Path, ext) + ".*" + ext + "*"}
	}
	size, rotations, seconds, total := values["audit_log_rotate_on_size"], values["audit_log_rotations"], values["audit_log_prune_seconds"], values["audit_log_max_size"]
	for _, one := range []struct {
		setting Setting
		name    string
		removal func(n, bytes int64) Removal
	}{
		{rotations, "audit_log_rotations", func(n, bytes int64) Removal { return Removal{Kind: ByCount, Keep: int(n), FileBytes: bytes} }},
		{seconds, "audit_log_prune_seconds", func(n, _ int64) Removal { return Removal{Kind: ByAge, Days: float64(n) / 86400} }},
		{total, "audit_log_max_size", func(n, _ int64) Removal { return Removal{Kind: ByCount, Keep: 1, FileBytes: n} }},
	} {
		n, ok := r.number(one.setting, 0)
		bytes, ok2 := r.number(size, 0)
		if ok && ok2 && (n <= 0 || bytes <= 0) {
			continue // without rotation by size nothing is removed
		}
		removal := Removal{Kind: Unknown, Reason: ErrNumber.Error()}
		if ok && ok2 {
			removal = one.removal(min(n, 1<<31-1), bytes)
			if one.name == "audit_log_max_size" {
				removal.FileBytes = n
			}
		}
		removal.Setting, removal.Origin = one.name, one.setting.Origin
		log.Removals = append(log.Removals, removal)
	}
	r.add(log)
}

// number reads a whole number with a unit of K, M or G.
func (r *reader) number(s Setting, otherwise int64) (int64, bool) {
	if s.Origin.File == "" {
		return otherwise, true
	}
	m := regexp.MustCompile(`^([0-9]{1,15})([kKmMgG]?)$`).FindStringSubmatch(s.Value)
	if m == nil {
		r.problem(s.Origin, ErrNumber)
		return 0, false
	}
	n, _ := strconv.ParseInt(m[1], 10, 64)
	if m[2] != "" {
		n <<= 10 * (strings.Index("kmg", strings.ToLower(m[2])) + 1)
	}
	return n, n >= 0
}
