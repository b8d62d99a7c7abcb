package e2e

import (
	"bufio"
	"compress/gzip"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/yunjian-io/yunjian/agent/logs"
	"github.com/yunjian-io/yunjian/internal/evidence"
	"github.com/yunjian-io/yunjian/internal/wire"
	"github.com/yunjian-io/yunjian/rules/calendar"
	"github.com/yunjian-io/yunjian/rules/retention"
)

// rotations are stanzas of logrotate with the bytes that are written in a day. Exact
// ones guarantee just what the worst day of a year has, to the day.
func rotations() []rotation {
	return []rotation{
		{"daily-180", "daily\nrotate 180", 24 << 10, true},
		{"daily-184", "daily\nrotate 184", 24 << 10, true},
		{"weekly-4", "weekly\nrotate 4", 24 << 10, true},
		{"weekly-26", "weekly\nrotate 26", 24 << 10, true},
		{"weekly-27-dateext", "weekly\nrotate 27\ndateext", 24 << 10, true},
		{"weekly-3-saturday", "weekly 6\nrotate 3", 24 << 10, true},
		{"weekly-5-minsize", "weekly\nrotate 5\nminsize 500k", 24 << 10, false},
		{"monthly-6", "monthly\nrotate 6", 24 << 10, true},
		{"monthly-1-minsize", "monthly\nrotate 1\nminsize 1M", 40 << 10, true},
		{"daily-365-maxage-180", "daily\nrotate 365\nmaxage 180", 24 << 10, true},
		{"weekly-52-maxage-180", "weekly\nrotate 52\nmaxage 180", 24 << 10, false},
		{"daily-all-maxage-40", "daily\nrotate -1\nmaxage 40\ncompress", 24 << 10, true},
		{"daily-nothing-kept", "daily", 24 << 10, true},
		{"daily-60-compressed", "daily\nrotate 60\ncompress\ndelaycompress", 24 << 10, true},
		{"daily-30-dateext", "daily\nrotate 30\ncompress\ndateext\ndateformat -%Y%m%d", 24 << 10, true},
		{"hourly-48-by-daily-cron", "hourly\nrotate 48", 24 << 10, true},
		{"size-last-wins", "daily\nrotate 5\nsize 100k", 24 << 10, false},
		{"daily-last-wins", "size 1k\nrotate 40\ndaily", 24 << 10, true},
		{"size-fast", "size 10k\nrotate 50", 24 << 10, true},
		{"daily-20-copytruncate", "daily\nrotate 20\ncopytruncate", 24 << 10, true},
		{"monthly-6-maxsize", "monthly\nrotate 6\nmaxsize 300k", 24 << 10, false},
		{"weekly-10-olddir", "weekly\nrotate 10\nolddir old", 24 << 10, true},
	}
}

type rotation struct {
	name, stanza string
	perDay       int // bytes
	exact        bool
}

// TestSimulatedYear lets the real logrotate run once a day under libfaketime, and holds
// the window that we guarantee against what was there on the worst day of a year. All
// stanzas are of one host, so that one run a day does for all of them.
func TestSimulatedYear(t *testing.T) {
	if testing.Short() {
		t.Skip("runs logrotate hundreds of times")
	}
	const warm, days = 215, 215 + 366 // the deepest window fills, and then a year passes
	y := newYear(t, rotations(), faketimeLibrary(t))
	least := make([]float64, len(y.logs))
	for i := range least {
		least[i] = math.Inf(1)
	}
	for d := range days {
		run := y.day(d)
		for i, log := range y.logs {
			if d >= warm {
				least[i] = min(least[i], y.kept(log, run))
			}
		}
	}
	promise, problems := logs.LoadRotation(os.DirFS(y.root))
	if diff := cmp.Diff([]wire.LogProblem(nil), problems); diff != "" {
		t.Fatalf("problems of the configuration (-want +got):\n%s", diff)
	}
	for i, log := range y.logs {
		t.Run(log.rotation.name, func(t *testing.T) {
			got := guaranteed(t, promise, log)
			t.Logf("guaranteed %.1f days, kept at least %.1f", got, least[i])
			if got > least[i] {
				t.Errorf("%.2f days are guaranteed; on the worst day %.2f were there", got, least[i])
			}
			if log.rotation.exact && got < math.Floor(least[i]) {
				t.Errorf("only %.2f days are guaranteed; %.2f were there even on the worst day", got, least[i])
			}
		})
	}
}

func faketimeLibrary(t *testing.T) string {
	t.Helper()
	found, _ := filepath.Glob("/usr/lib/*/faketime/libfaketime.so.1") // the pattern is right
	_, err := exec.LookPath("logrotate")
	if len(found) > 0 && err == nil {
		return found[0]
	}
	if os.Getenv("CI") == "true" {
		t.Fatal("needs logrotate and libfaketime: apt-get install logrotate faketime")
	}
	t.Skip("needs logrotate and libfaketime: apt-get install logrotate faketime")
	return ""
}

// year is a host whose logs are written all day and rotated once.
type year struct {
	t                            *testing.T
	root, config, state, library string
	logs                         []rotatedLog
	firsts                       map[identity]time.Time
}

// rotatedLog is a log of that host: its path there, and in the file system.
type rotatedLog struct {
	rotation     rotation
	path, actual string
}

func chinaTime() *time.Location { return time.FixedZone("Asia/Shanghai", 8*60*60) }

func newYear(t *testing.T, rotations []rotation, library string) *year {
	t.Helper()
	root := t.TempDir()
	y := &year{t: t, root: root, config: filepath.Join(root, "actual.conf"), state: filepath.Join(root, "state"), library: library, firsts: make(map[identity]time.Time)}
	files := map[string]string{
		"etc/crontab":              "25 6 * * * root run-parts /etc/cron.daily\n",
		"etc/cron.daily/logrotate": "#!/bin/sh\n/usr/sbin/logrotate /etc/logrotate.conf\n",
		"etc/passwd":               "root:x:0:0::/:/bin/sh\n",
		"etc/group":                "root:x:0:\n",
		"usr/sbin/cron":            "", // without a cron nothing would run logrotate
	}
	stanza := func(log, text string) string { return log + " {\nmissingok\n" + text + "\n}\n" }
	for _, r := range rotations {
		path := "/var/log/" + r.name + "/app.log"
		log := rotatedLog{rotation: r, path: path, actual: filepath.Join(root, path)}
		y.logs = append(y.logs, log)
		files["etc/logrotate.conf"] += stanza(log.path, r.stanza)
		files["actual.conf"] += stanza(log.actual, r.stanza)
		files["var/log/"+r.name+"/old/.keep"] = ""
	}
	for name, text := range files {
		at := filepath.Join(root, name)
		mode := os.FileMode(0o644)
		if strings.HasPrefix(text, "#!") || strings.HasPrefix(name, "usr/sbin") {
			mode = 0o755
		}
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
	}
	return y
}

// day writes the records of a day up to the run of logrotate, runs it, and returns the
// instant of the run.
func (y *year) day(d int) (run time.Time) {
	y.t.Helper()
	run = time.Date(2026, 1, 1, 6, 25, 0, 0, chinaTime()).AddDate(0, 0, d)
	for _, log := range y.logs {
		log.write(y.t, run)
	}
	cmd := exec.CommandContext(y.t.Context(), "logrotate", "--state", y.state, y.config)
	// Files keep their true times under NO_FAKE_STAT: write sets them.
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "TZ=" + fixedZone, "LD_PRELOAD=" + y.library, "FAKETIME=@" + run.Format(time.DateTime), "NO_FAKE_STAT=1"}
	if out, err := cmd.CombinedOutput(); err != nil {
		y.t.Fatalf("day %d: %v\n%s", d, err, out)
	}
	return run
}

// fixedZone is +08:00 for programs that may lack the names of zones.
const fixedZone = "CST-8"

// write appends a record an hour, of the day that ends with the run.
func (l rotatedLog) write(t *testing.T, run time.Time) {
	t.Helper()
	f, err := os.OpenFile(l.actual, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	w := bufio.NewWriter(f)
	for hour := range 24 {
		at := run.Add(time.Duration(hour-24) * time.Hour)
		line := at.Format(time.RFC3339) + " app: "
		fmt.Fprintln(w, line+strings.Repeat("x", l.rotation.perDay/24-len(line)-1))
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(l.actual, run, run.Add(-time.Second)); err != nil {
		t.Fatal(err)
	}
}

// kept is how many days of records are left right after a run. The first record of a
// file that keeps its identity is read once.
func (y *year) kept(l rotatedLog, run time.Time) float64 {
	y.t.Helper()
	oldest := run
	for _, dir := range []string{filepath.Dir(l.actual), filepath.Join(filepath.Dir(l.actual), "old")} {
		entries, err := os.ReadDir(dir)
		if err != nil {
			y.t.Fatal(err)
		}
		for _, entry := range entries {
			if !strings.HasPrefix(entry.Name(), "app.log") {
				continue
			}
			info, err := entry.Info()
			if err != nil {
				y.t.Fatal(err)
			}
			status, ok := info.Sys().(*syscall.Stat_t)
			if !ok {
				y.t.Fatalf("no inode number of %s", entry.Name())
			}
			file := identity{status.Ino, info.Size(), info.ModTime()}
			first, known := y.firsts[file]
			if !known {
				first = firstRecord(y.t, filepath.Join(dir, entry.Name()))
				y.firsts[file] = first
			}
			if !first.IsZero() && first.Before(oldest) {
				oldest = first
			}
		}
	}
	return run.Sub(oldest).Hours() / 24
}

// identity tells a file from another that has its inode number later.
type identity struct {
	inode uint64
	size  int64
	mtime time.Time
}

// firstRecord is the time of the first record of a file, zero if it is empty.
func firstRecord(t *testing.T, name string) time.Time {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var r io.Reader = f
	if strings.HasSuffix(name, ".gz") {
		if r, err = gzip.NewReader(f); err != nil {
			t.Fatal(err)
		}
	}
	line, err := bufio.NewReader(r).ReadString(' ')
	if err != nil {
		return time.Time{}
	}
	at, err := time.Parse(time.RFC3339, strings.TrimSpace(line))
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// guaranteed is what our own reading of the configuration promises.
func guaranteed(t *testing.T, promise *logs.Rotation, log rotatedLog) float64 {
	t.Helper()
	s := wire.LogSource{
		Key: "text:" + log.path, Family: logs.FamilyText, Path: log.path, Streams: []wire.LogStream{{Class: "app-run"}},
		Policies: promise.Policies(log.path), Rate: wire.LogRate{P50: float64(log.rotation.perDay), P95: float64(log.rotation.perDay)},
	}
	now := time.Date(2026, 11, 23, 10, 0, 0, 0, chinaTime())
	sources := evidence.Sources(s, evidence.Context{Host: "h", Start: calendar.Date{Year: 2024, Month: 1, Day: 10}, Zone: chinaTime(), LastReport: now, TakenAt: now})
	if len(sources) != 1 {
		t.Fatalf("%d sources", len(sources))
	}
	w := retention.Decide(sources[0], now, retention.Period{}).Guaranteed
	if !w.Known || w.Endless {
		t.Fatalf("window %+v of %+v", w, s.Policies)
	}
	return w.Days
}
