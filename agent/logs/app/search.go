package app

import (
	"errors"
	"io"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
)

// The bounds of the search for configurations of Java programs.
const (
	searchDepth   = 7    // folders below a root
	searchFolders = 3000 // in all
	searchEntries = 2000 // of one folder
	searchFound   = 200  // files
)

// found are the names of the configuration files of Java programs.
type found struct {
	logback, log4j2, tomcat []string
}

// roots are where sites put Java programs. The folders of distributions are named by
// the program.
func roots(fsys fs.FS) []string {
	names := []string{"opt", "srv", "app", "apps", "data", "home", "usr/local", "www", "var/www"}
	for _, pattern := range []string{"etc/tomcat*", "usr/share/tomcat*", "var/lib/tomcat*"} {
		matches, err := fs.Glob(fsys, pattern)
		if err == nil {
			names = append(names, matches...)
		}
	}
	return names
}

// search walks the usual places of Java programs, breadth first and in the order of
// names: /opt, /srv, /app, /apps, /data, /home, /usr/local, /www, /var/www, and the
// folders tomcat* of /etc, /usr/share and /var/lib. It goes at most 7 folders deep,
// looks at 3000 folders of at most 2000 entries, and stops at 200 files. It follows
// no links but those at the start, and passes over folders of packages, versions,
// containers and logs. A configuration within a .jar is not seen.
func (r *reader) search() found {
	var result found
	type folder struct {
		name  string
		depth int
	}
	var queue []folder
	for _, root := range roots(r.fsys) {
		queue = append(queue, folder{root, 0})
	}
	isLogback := regexp.MustCompile(`^logback(-[\w.-]+)?\.xml$`)
	isLog4j2 := regexp.MustCompile(`^log4j2(-[\w.-]+)?\.(xml|properties)$`)
	looked, files := 0, 0
	for len(queue) > 0 {
		next := queue[0]
		queue = queue[1:]
		if looked++; looked > searchFolders || files >= searchFound {
			r.problem(Origin{File: next.name}, ErrSearch)
			return result
		}
		entries, err := list(r.fsys, next.name, searchEntries+1)
		if err != nil {
			continue // what is closed to us has nothing that we could read
		}
		if len(entries) > searchEntries {
			r.problem(Origin{File: next.name}, ErrSearch)
			entries = entries[:searchEntries]
		}
		for _, entry := range entries {
			name := path.Join(next.name, entry.Name())
			switch {
			case entry.IsDir():
				if next.depth < searchDepth && !passedOver(entry.Name()) {
					queue = append(queue, folder{name, next.depth + 1})
				}
			case !entry.Type().IsRegular():
			case isLogback.MatchString(entry.Name()):
				result.logback = append(result.logback, name)
				files++
			case isLog4j2.MatchString(entry.Name()):
				result.log4j2 = append(result.log4j2, name)
				files++
			case entry.Name() == "server.xml" || entry.Name() == "logging.properties":
				if base := path.Base(next.name); base == "conf" || strings.HasPrefix(base, "tomcat") {
					if !slices.Contains(result.tomcat, next.name) {
						result.tomcat = append(result.tomcat, next.name)
						files++
					}
				}
			}
		}
	}
	return result
}

// list takes at most so many entries of a folder, in the order of names: a folder of a
// million files must not fill the memory.
func list(fsys fs.FS, name string, most int) ([]fs.DirEntry, error) {
	file, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	folder, ok := file.(fs.ReadDirFile)
	if !ok {
		return nil, fs.ErrInvalid
	}
	entries, err := folder.ReadDir(most)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return entries, nil
}

// passedOver tells folders that hold no configuration that is in force.
func passedOver(name string) bool {
	switch name {
	case "node_modules", "logs", "log", "tmp", "temp", "work", "overlay2", "containers", "docker", "src", "target", "test", "docs", "doc", "include", "share", "mysql", "pgsql":
		return true
	}
	return strings.HasPrefix(name, ".")
}

// LoadJava searches for Tomcat, logback and log4j2, within the bounds of search, and
// reads what they log.
func LoadJava(fsys fs.FS) Result {
	r := &reader{fsys: fsys}
	found := r.search()
	for _, conf := range found.tomcat {
		r.tomcat(conf)
	}
	for _, name := range found.logback {
		if root, ok := r.document(name); ok {
			l := &logback{reader: r, name: name, properties: variables(name)}
			l.read(root)
		}
	}
	for _, name := range found.log4j2 {
		root, ok := r.document(name)
		if ok {
			l := &log4j2{reader: r, name: name, properties: variables(name)}
			l.read(root)
		}
	}
	return r.Result
}

// document reads XML, or properties as if they were XML.
func (r *reader) document(name string) (*node, bool) {
	text, ok := r.text(name)
	if !ok {
		return nil, false
	}
	if strings.HasSuffix(name, ".properties") {
		return propertyTree(text), true
	}
	root, err := parseXML(text)
	if err != nil {
		r.problem(Origin{File: name}, ErrSyntax)
		return nil, false
	}
	return root, true
}

// resolve makes a path of a program absolute. A relative one begins at the working
// directory of the program, which no configuration tells: it is looked for beside the
// configuration and in the folders above.
func (r *reader) resolve(name, conf string) (string, bool) {
	if strings.HasPrefix(name, "/") {
		return path.Clean(name), true
	}
	if name == "" || strings.HasPrefix(name, wild) || strings.HasPrefix(name, "~") {
		return "", false
	}
	dir := path.Dir("/" + conf)
	for range 4 {
		candidate := path.Join(dir, name)
		// What is variable may hold a folder: the folder of the constant part counts.
		constant, _, _ := strings.Cut(candidate, wild)
		if folder := path.Dir(constant + "x"); folder != dir && exists(r.fsys, folder) {
			return candidate, true
		}
		if !strings.ContainsAny(name, wild) && exists(r.fsys, candidate) {
			return candidate, true
		}
		if dir == "/" {
			break
		}
		dir = path.Dir(dir)
	}
	return "", false
}
