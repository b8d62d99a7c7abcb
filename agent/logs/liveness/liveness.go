// Package liveness finds out whether the process that writes a log is alive: by open
// files, processes and control groups under /proc, /sys and /run of a host, without
// rights beyond those of any user and without asking a daemon.
//
// It sees the open files of a process only where the kernel shows them; where it does
// not, the process, the unit's control group and the log's growth have to do. What
// cannot be found out is left unknown. It reads only the fs.FS given to it.
package liveness

import (
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"
	"time"
)

// States of a writer; the zero state is unknown.
const (
	Running  = "running"
	Stopped  = "stopped"
	Disabled = "disabled"
)

// fresh is how lately a log has to have grown for that alone to show a writer.
const fresh = 15 * time.Minute

// Table is what one look at the processes of a host showed.
type Table struct {
	fsys    fs.FS
	byName  map[string][]process
	visible bool // the processes of others can be seen
	systemd bool // systemd is the init system
}

type process struct {
	pid  int
	open []string // paths of open files, with " (deleted)" as the kernel writes it
}

// Scan looks at the processes with one of the names, which are those of
// /proc/PID/comm: 15 bytes at most.
func Scan(fsys fs.FS, names []string) Table {
	t := Table{fsys: fsys, byName: map[string][]process{}}
	for _, n := range names {
		t.byName[comm(n)] = nil
	}
	_, err := fs.Stat(fsys, "run/systemd/system")
	t.systemd = err == nil
	entries, err := fs.ReadDir(fsys, "proc")
	if err != nil {
		return t
	}
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		data, err := fs.ReadFile(fsys, path.Join("proc", e.Name(), "comm"))
		if err != nil {
			continue // it ended
		}
		t.visible = t.visible || pid == 1
		name := strings.TrimSpace(string(data))
		list, wanted := t.byName[name]
		if !wanted {
			continue
		}
		t.byName[name] = append(list, process{pid, t.openFiles(e.Name())})
	}
	return t
}

func comm(name string) string { return name[:min(len(name), 15)] }

func (t Table) openFiles(pid string) (open []string) {
	dir := path.Join("proc", pid, "fd")
	entries, err := fs.ReadDir(t.fsys, dir)
	if err != nil {
		return nil // of another user
	}
	for _, e := range entries {
		if to, err := fs.ReadLink(t.fsys, path.Join(dir, e.Name())); err == nil && strings.HasPrefix(to, "/") {
			open = append(open, to)
		}
	}
	return open
}

// Query asks about the writer of one log.
type Query struct {
	// Processes and Units are the names that the writer may have, units with or without
	// .service.
	Processes, Units []string
	// Path is the live log, LastAppend when it last grew; zero if it is not there.
	Path       string
	LastAppend time.Time
	Now        time.Time
}

// Answer is what is known about a writer.
type Answer struct {
	State string
	// Since is when the state began, as far as it is known.
	Since time.Time
	// Evidence says by what, such as "open by rsyslogd (pid 412)".
	Evidence string
	// Unlinked says that the writer writes into a file that has been deleted.
	Unlinked bool
}

// Ask tells about one writer.
func (t Table) Ask(q Query) Answer {
	if a, found := t.opened(q); found {
		return a
	}
	for _, u := range q.Units {
		if u = strings.TrimSuffix(u, ".service"); t.active(u) {
			return Answer{State: Running, Evidence: "unit " + u + " has processes"}
		}
	}
	for _, name := range q.Processes {
		if list := t.byName[comm(name)]; len(list) > 0 {
			return Answer{State: Running, Evidence: fmt.Sprintf("process %s (pid %d)", name, list[0].pid)}
		}
	}
	if !q.LastAppend.IsZero() && q.Now.Sub(q.LastAppend).Abs() < fresh {
		return Answer{State: Running, Evidence: "the log grew " + q.LastAppend.UTC().Format(time.RFC3339)}
	}
	return t.absent(q)
}

// opened looks for a process that holds the log open.
func (t Table) opened(q Query) (a Answer, found bool) {
	for _, name := range q.Processes {
		for _, p := range t.byName[comm(name)] {
			for _, file := range p.open {
				at, deleted := strings.CutSuffix(file, " (deleted)")
				switch {
				case file == q.Path:
					return Answer{State: Running, Evidence: fmt.Sprintf("open by %s (pid %d)", name, p.pid)}, true
				case deleted && (at == q.Path || rotated(at, q.Path)):
					a = Answer{State: Running, Unlinked: true, Evidence: fmt.Sprintf("%s (pid %d) writes into a deleted file", name, p.pid)}
					found = true
				}
			}
		}
	}
	return a, found
}

// rotated reports whether a name is that of a rotated sibling of a live one.
func rotated(name, live string) bool {
	rest, ok := strings.CutPrefix(name, live)
	return ok && rest != "" && strings.IndexByte(".-", rest[0]) >= 0
}

// active reports whether a unit has processes in its control group, of either layout.
func (t Table) active(unit string) bool {
	for _, root := range []string{"sys/fs/cgroup/system.slice", "sys/fs/cgroup/systemd/system.slice", "sys/fs/cgroup/unified/system.slice"} {
		data, err := fs.ReadFile(t.fsys, path.Join(root, unit+".service", "cgroup.procs"))
		if err == nil && len(strings.TrimSpace(string(data))) > 0 {
			return true
		}
	}
	return false
}

// absent tells about a writer of which no process was found: only where systemd would
// show its processes does that mean anything.
func (t Table) absent(q Query) Answer {
	if !t.systemd || !t.visible && len(q.Processes) > 0 {
		return Answer{}
	}
	for _, u := range q.Units {
		u = strings.TrimSuffix(u, ".service")
		switch exists, masked := t.unit(u); {
		case masked:
			return Answer{State: Disabled, Since: q.LastAppend, Evidence: "unit " + u + " is masked"}
		case exists && !t.wanted(u):
			return Answer{State: Disabled, Since: q.LastAppend, Evidence: "unit " + u + " is not enabled and has no process"}
		case exists:
			return Answer{State: Stopped, Since: q.LastAppend, Evidence: "unit " + u + " has no process"}
		}
	}
	return Answer{}
}

// unit reports whether a unit file exists, and whether it is masked.
func (t Table) unit(unit string) (exists, masked bool) {
	for _, dir := range []string{"etc/systemd/system", "run/systemd/system", "usr/lib/systemd/system", "lib/systemd/system"} {
		name := path.Join(dir, unit+".service")
		if to, err := fs.ReadLink(t.fsys, name); err == nil && to == "/dev/null" {
			return true, true
		}
		if _, err := fs.Lstat(t.fsys, name); err == nil {
			return true, false
		}
	}
	return false, false
}

// wanted reports whether something starts a unit at boot.
func (t Table) wanted(unit string) bool {
	for _, dir := range []string{"etc/systemd/system", "run/systemd/system", "usr/lib/systemd/system", "lib/systemd/system"} {
		entries, err := fs.ReadDir(t.fsys, dir)
		if err != nil {
			continue
		}
		for _, e := range entries {
			if suffix := path.Ext(e.Name()); suffix != ".wants" && suffix != ".requires" {
				continue
			}
			if _, err := fs.Lstat(t.fsys, path.Join(dir, e.Name(), unit+".service")); err == nil {
				return true
			}
		}
	}
	return false
}
