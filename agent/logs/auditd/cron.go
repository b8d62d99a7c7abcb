package auditd

import (
	"errors"
	"io/fs"
	"path"
	"regexp"
	"strconv"
	"strings"
)

// monthDays is the mean length of a month.
const monthDays = 30.4375

var errSchedule = errors.New("the schedule of a job that rotates the audit log cannot be read")

// Job is a cron job that makes the daemon rotate its log.
type Job struct {
	Origin     Origin
	RunsPerDay float64
}

// Jobs lists the cron jobs of the host with root fsys that rotate the audit log,
// whatever its size: by auditctl --signal rotate, by service auditd rotate, or by the
// signal USR1. Problems are the places that could not be read.
func Jobs(fsys fs.FS) (jobs []Job, problems []Problem) {
	refuse := func(name string, err error) {
		if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, errKind) {
			problems = append(problems, Problem{Origin{File: name}, err})
		}
	}
	for _, folder := range []struct {
		name string
		runs float64
	}{{"etc/cron.hourly", 24}, {"etc/cron.daily", 1}, {"etc/cron.weekly", 1.0 / 7}, {"etc/cron.monthly", 1 / monthDays}} {
		entries, err := fs.ReadDir(fsys, folder.name)
		refuse(folder.name, err)
		for _, entry := range entries {
			name := path.Join(folder.name, entry.Name())
			info, err := fs.Stat(fsys, name)
			// run-parts passes over names with a period and over what is not executable.
			if err != nil || !info.Mode().IsRegular() || info.Mode().Perm()&0o111 == 0 || strings.Contains(entry.Name(), ".") {
				continue
			}
			text, err := read(fsys, name)
			refuse(name, err)
			if line := rotatingLine(text); line > 0 {
				jobs = append(jobs, Job{Origin{name, line}, folder.runs})
			}
		}
	}
	tabs := []string{"etc/crontab", "var/spool/cron/crontabs/root", "var/spool/cron/root"}
	entries, err := fs.ReadDir(fsys, "etc/cron.d")
	refuse("etc/cron.d", err)
	for _, entry := range entries {
		if !entry.IsDir() && !strings.Contains(entry.Name(), ".") {
			tabs = append(tabs, path.Join("etc/cron.d", entry.Name()))
		}
	}
	for _, name := range tabs {
		text, err := read(fsys, name)
		refuse(name, err)
		number := 0
		for line := range strings.Lines(text) {
			number++
			if line = strings.TrimSpace(line); strings.HasPrefix(line, "#") || !rotates(line) {
				continue
			}
			runs, ok := runsPerDay(line)
			if !ok {
				problems = append(problems, Problem{Origin{name, number}, errSchedule})
				continue
			}
			jobs = append(jobs, Job{Origin{name, number}, runs})
		}
	}
	return jobs, problems
}

// IntervalDays is the mean number of days between two rotations by the jobs, 0 if
// there are none.
func IntervalDays(jobs []Job) float64 {
	runs := 0.0
	for _, job := range jobs {
		runs += job.RunsPerDay
	}
	if runs <= 0 {
		return 0
	}
	return 1 / runs
}

// rotatingLine is the number of the first line of a script that rotates, 0 if none does.
func rotatingLine(text string) int {
	number := 0
	for line := range strings.Lines(text) {
		number++
		if line = strings.TrimSpace(line); !strings.HasPrefix(line, "#") && rotates(line) {
			return number
		}
	}
	return 0
}

// rotates reports whether a command line makes the daemon rotate.
func rotates(line string) bool {
	line, _, _ = strings.Cut(line, " #")
	if strings.Contains(line, "auditctl") && strings.Contains(line, "--signal") {
		return regexp.MustCompile(`--signal[ =]+(rotate|SIGUSR1|USR1)\b`).MatchString(line)
	}
	if !strings.Contains(line, "auditd") {
		return false
	}
	return regexp.MustCompile(`\bservice\s+auditd\s+rotate\b|/auditd/rotate\b|/init\.d/auditd\s+rotate\b|\bp?kill(all)?\b.*\s-(s\s*|-signal[ =])?(SIG)?(USR1|10)\b`).MatchString(line)
}

// runsPerDay is the mean number of runs of a crontab line a day.
func runsPerDay(line string) (float64, bool) {
	words := strings.Fields(line)
	if len(words) < 2 {
		return 0, false
	}
	switch words[0] {
	case "@hourly":
		return 24, true
	case "@daily", "@midnight":
		return 1, true
	case "@weekly":
		return 1.0 / 7, true
	case "@monthly":
		return 1 / monthDays, true
	case "@yearly", "@annually":
		return 1 / (12 * monthDays), true
	}
	if len(words) < 6 {
		return 0, false
	}
	var counts [5]float64
	for i, limits := range [5][2]int{{0, 59}, {0, 23}, {1, 31}, {1, 12}, {0, 7}} {
		n, ok := values(words[i], limits[0], limits[1])
		if !ok {
			return 0, false
		}
		counts[i] = float64(n)
	}
	inMonth, inWeek := min(1, counts[2]/monthDays), min(1, counts[4]/7)
	days := inMonth * inWeek
	if words[2] != "*" && words[4] != "*" {
		days = min(1, inMonth+inWeek) // cron runs when either day matches
	}
	return counts[0] * counts[1] * days * counts[3] / 12, true
}

// values counts what a field of a crontab line names. Names of months and weekdays
// each count as one.
func values(field string, low, high int) (int, bool) {
	chosen := make(map[int]bool)
	named := 0
	for item := range strings.SplitSeq(field, ",") {
		span, stepText, stepped := strings.Cut(item, "/")
		step := 1
		if stepped {
			var err error
			if step, err = strconv.Atoi(stepText); err != nil || step < 1 || step > high {
				return 0, false
			}
		}
		first, last := low, high
		if span != "*" {
			from, to, ranged := strings.Cut(span, "-")
			if len(from) == 3 && !ranged && strings.Trim(strings.ToLower(from), "abcdefghijklmnopqrstuvwxyz") == "" {
				named++
				continue
			}
			var err error
			if first, err = strconv.Atoi(from); err != nil {
				return 0, false
			}
			if ranged {
				if last, err = strconv.Atoi(to); err != nil {
					return 0, false
				}
			} else if !stepped {
				last = first
			}
		}
		if first < low || last > high {
			return 0, false
		}
		for ; first <= last; first += step {
			chosen[first] = true
		}
	}
	count := len(chosen) + named
	return count, count > 0
}
