package logrotate

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// Runner is one way in which logrotate may be started on a host.
type Runner struct {
	Origin  Origin // the unit or the crontab line
	Timer   bool   // a systemd timer; otherwise cron
	Enabled bool
	// RunsPerDay is the mean number of runs; 0 when it is not known.
	RunsPerDay float64
	// Reason says why it is not enabled, or why the number is not known.
	Reason string
}

// Runners lists what may start logrotate on the host with root fsys, which must
// include /run: whether systemd is the init system shows there. Problems are
// the places that could not be read; with any of them, an empty list proves
// nothing.
func Runners(fsys fs.FS) (runners []Runner, problems []Problem) {
	s := search{fsys: fsys}
	_, err := fs.Stat(fsys, "run/systemd/system")
	s.systemd = err == nil
	for _, name := range []string{"usr/sbin/cron", "usr/sbin/crond", "usr/sbin/anacron", "usr/sbin/fcron", "usr/bin/crond", "sbin/crond"} {
		if _, err := fs.Stat(fsys, name); err == nil {
			s.cron = true
		}
	}
	s.timer()
	s.scripts()
	for _, name := range []string{"etc/crontab", "var/spool/cron/crontabs/root", "var/spool/cron/root"} {
		s.crontab(name)
	}
	for _, entry := range s.list("etc/cron.d") {
		// cron passes over names with a period, such as those of dpkg.
		if !entry.IsDir() && !strings.Contains(entry.Name(), ".") {
			s.crontab(path.Join("etc/cron.d", entry.Name()))
		}
	}
	return s.runners, s.problems
}

// RunsPerDay adds up the enabled runners. ok is false when there is none, or
// when the number of one is not known.
func RunsPerDay(runners []Runner) (runs float64, ok bool) {
	for _, runner := range runners {
		if !runner.Enabled {
			continue
		}
		if runner.RunsPerDay == 0 {
			return 0, false
		}
		runs += runner.RunsPerDay
	}
	return runs, runs > 0
}

type search struct {
	fsys          fs.FS
	systemd, cron bool
	runners       []Runner
	problems      []Problem
}

func (s *search) refuse(name string, err error) {
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		s.problems = append(s.problems, Problem{Origin: Origin{File: name}, Effect: LosesFile, Err: err})
	}
}

func (s *search) list(name string) []fs.DirEntry {
	entries, err := fs.ReadDir(s.fsys, name)
	s.refuse(name, err)
	return entries
}

func (s *search) read(name string) (string, bool) {
	text, err := fs.ReadFile(s.fsys, name)
	s.refuse(name, err)
	return string(text), err == nil
}

// unitDirs are where systemd looks for units, the strongest first.
func unitDirs() []string {
	return []string{"etc/systemd/system", "run/systemd/system", "usr/local/lib/systemd/system", "usr/lib/systemd/system", "lib/systemd/system"}
}

const unit = "logrotate.timer"

func (s *search) timer() {
	for _, dir := range unitDirs() {
		name := path.Join(dir, unit)
		info, err := fs.Lstat(s.fsys, name)
		if err != nil {
			s.refuse(name, err)
			continue
		}
		runner := Runner{Origin: Origin{File: name}, Timer: true}
		target, err := fs.ReadLink(s.fsys, name)
		if err == nil && target == "/dev/null" || info.Mode().IsRegular() && info.Size() == 0 {
			runner.Reason = "the timer is masked"
			s.runners = append(s.runners, runner)
			return
		}
		text, err := fs.ReadFile(s.fsys, name)
		if err != nil {
			// A link out of this root; the unit itself lies further down.
			s.refuse(name, err)
			continue
		}
		s.schedule(&runner, string(text))
		switch {
		case !s.systemd:
			runner.Reason = "systemd does not run"
		case !s.wanted():
			runner.Reason = "the timer is not enabled"
			if s.preset() {
				runner.Reason += ", although the preset of the vendor would enable it"
			}
		default:
			runner.Enabled = true
		}
		s.runners = append(s.runners, runner)
		return
	}
}

// schedule takes OnCalendar from the unit and its drop-ins; an empty value
// takes back those before it.
func (s *search) schedule(runner *Runner, text string) {
	dropins := make(map[string]string)
	for _, dir := range unitDirs() {
		dir = path.Join(dir, unit+".d")
		for _, entry := range s.list(dir) {
			if name := entry.Name(); strings.HasSuffix(name, ".conf") && dropins[name] == "" {
				dropins[name] = path.Join(dir, name)
			}
		}
	}
	var names []string
	for name := range dropins {
		names = append(names, name)
	}
	slices.Sort(names)
	events, origin := onCalendar(nil, text, runner.Origin)
	for _, name := range names {
		if text, ok := s.read(dropins[name]); ok {
			var at Origin
			if events, at = onCalendar(events, text, Origin{File: dropins[name]}); at.Line > 0 {
				origin = at
			}
		}
	}
	runner.Origin = origin
	for _, event := range events {
		runs, err := runsPerDay(event)
		if err != nil {
			runner.RunsPerDay, runner.Reason = 0, err.Error()
			return
		}
		runner.RunsPerDay += runs
	}
	if len(events) == 0 {
		runner.Reason = "the timer has no OnCalendar"
	}
}

// onCalendar applies one file to the events so far; the origin is that of its
// last setting, or as given.
func onCalendar(events []string, text string, origin Origin) ([]string, Origin) {
	section, number := "", 0
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "[") {
			section = line
		}
		key, value, ok := strings.Cut(line, "=")
		if !ok || section != "[Timer]" || strings.TrimSpace(key) != "OnCalendar" {
			continue
		}
		origin.Line = number
		if value = strings.TrimSpace(value); value == "" {
			events = nil
		} else {
			events = append(events, value)
		}
	}
	return events, origin
}

// wanted reports whether a target pulls the timer in.
func (s *search) wanted() bool {
	for _, dir := range unitDirs() {
		for _, entry := range s.list(dir) {
			name := entry.Name()
			if !strings.HasSuffix(name, ".target.wants") && !strings.HasSuffix(name, ".target.requires") {
				continue
			}
			if _, err := fs.Lstat(s.fsys, path.Join(dir, name, unit)); err == nil {
				return true
			}
		}
	}
	return false
}

// preset reports what the presets say; without a word of them, that is enable.
// They take effect when a package is installed, not later.
func (s *search) preset() bool {
	files := make(map[string]string)
	for _, dir := range []string{"etc/systemd/system-preset", "run/systemd/system-preset", "usr/local/lib/systemd/system-preset", "usr/lib/systemd/system-preset", "lib/systemd/system-preset"} {
		for _, entry := range s.list(dir) {
			if name := entry.Name(); strings.HasSuffix(name, ".preset") && files[name] == "" {
				files[name] = path.Join(dir, name)
			}
		}
	}
	var names []string
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		text, _ := s.read(files[name])
		for line := range strings.Lines(text) {
			words := strings.Fields(line)
			if len(words) >= 2 && (words[0] == "enable" || words[0] == "disable") && match(words[1], unit) {
				return words[0] == "enable"
			}
		}
	}
	return true
}

// scripts looks into the folders whose files cron runs.
func (s *search) scripts() {
	for _, folder := range []struct {
		name string
		runs float64
	}{{"etc/cron.hourly", 24}, {"etc/cron.daily", 1}, {"etc/cron.weekly", 1.0 / 7}, {"etc/cron.monthly", 1 / monthDays}} {
		name := path.Join(folder.name, "logrotate")
		info, err := fs.Stat(s.fsys, name)
		if err != nil {
			s.refuse(name, err)
			continue
		}
		runner := Runner{Origin: Origin{File: name}, RunsPerDay: folder.runs}
		text, readable := s.read(name)
		switch {
		case info.Mode().Perm()&0o111 == 0:
			runner.Reason = "the script is not executable"
		case !s.cron:
			runner.Reason = "no cron is installed"
		case readable && s.systemd && strings.Contains(text, "/run/systemd/system"):
			runner.Reason = "the script leaves the work to the systemd timer"
		default:
			runner.Enabled = true
		}
		s.runners = append(s.runners, runner)
	}
}

// crontab looks for lines that name logrotate.
func (s *search) crontab(name string) {
	text, ok := s.read(name)
	if !ok {
		return
	}
	number := 0
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "#") || !strings.Contains(line, "logrotate") {
			continue
		}
		runs, rest, err := cronRunsPerDay(line)
		if err == nil && !slices.ContainsFunc(rest, func(word string) bool { return path.Base(word) == "logrotate" }) {
			continue // a file or variable that only has it in its name
		}
		if err != nil && len(rest) == 0 {
			continue // an assignment
		}
		runner := Runner{Origin: Origin{name, number}, RunsPerDay: runs, Enabled: err == nil && s.cron}
		switch {
		case err != nil:
			runner.Reason = fmt.Sprintf("crontab line: %v", err)
		case !s.cron:
			runner.Reason = "no cron is installed"
		}
		s.runners = append(s.runners, runner)
	}
}
