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
	"testing"
	"time"

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
		{"monthly-6", "monthly\nrotate 6", 24 << 10, true},
		{"monthly-1-minsize", "monthly\nrotate 1\nminsize 1M", 40 << 10, false},
		{"daily-365-maxage-180", "daily\nrotate 365\nmaxage 180", 24 << 10, true},
		{"weekly-52-maxage-180", "weekly\nrotate 52\nmaxage 180", 24 << 10, false},
		{"daily-nothing-kept", "daily", 24 << 10, true},
		{"daily-60-compressed", "daily\nrotate 60\ncompress\ndelaycompress", 24 << 10, true},
		{"daily-30-dateext", "daily\nrotate 30\ncompress\ndateext\ndateformat -%Y%m%d", 24 << 10, true},
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
	perDay       int
	exact        bool
}

// TestSimulatedYear lets the real logrotate run for more than a year of days under
// libfaketime, and holds the window that we guarantee against what was there on the
// worst of them.
func TestSimulatedYear(t *testing.T) {
	if testing.Short() {
		t.Skip("runs logrotate thousands of times")
	}
	library := faketimeLibrary(t)
	for _, r := range rotations() {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			root := t.TempDir()
			y := newYear(t, root, r, library)
			least := math.Inf(1)
			const days, warm = 420, 215
			for d := range days {
				kept := y.day(d)
				if d >= warm && kept < least {
					least = kept
				}
			}
			got := guaranteed(t, root, r)
			t.Logf("guaranteed %.1f days, kept at least %.1f", got, least)
			if got > least {
				t.Errorf("%.2f days are guaranteed; on the worst day %.2f were there", got, least)
			}
			if r.exact && got < math.Floor(least) {
				t.Errorf("%.2f days are guaranteed; %.2f were there even on the worst day", got, least)
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

// year is a host on which one log is written and rotated once a day.
type year struct {
	t       *testing.T
	root    string
	log     string
	state   string
	config  string
	library string
	perDay  int
}

func chinaTime() *time.Location { return time.FixedZone("Asia/Shanghai", 8*60*60) }

func newYear(t *testing.T, root string, r rotation, library string) *year {
	t.Helper()
	y := &year{
		t: t, root: root, log: filepath.Join(root, "var/log/app.log"), state: filepath.Join(root, "state"),
		config: filepath.Join(root, "real.conf"), library: library, perDay: r.perDay,
	}
	stanza := func(log string) string { return log + " {\nmissingok\n" + r.stanza + "\n}\n" }
	for name, text := range map[string]string{
		"etc/logrotate.conf":       stanza("/var/log/app.log"),
		"real.conf":                stanza(y.log),
		"etc/crontab":              "25 6 * * * root run-parts /etc/cron.daily\n",
		"etc/cron.daily/logrotate": "#!/bin/sh\n/usr/sbin/logrotate /etc/logrotate.conf\n",
		"etc/passwd":               "root:x:0:0::/:/bin/sh\n",
		"etc/group":                "root:x:0:\n",
		"var/log/old/.keep":        "",
		"run/.keep":                "",
	} {
		at := filepath.Join(root, name)
		mode := os.FileMode(0o644)
		if strings.HasPrefix(text, "#!") {
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

// day writes the records of a day up to the run of logrotate, and returns how many
// days of records are left right after it.
func (y *year) day(d int) (kept float64) {
	y.t.Helper()
	run := time.Date(2026, 1, 1, 6, 25, 0, 0, chinaTime()).AddDate(0, 0, d)
	f, err := os.OpenFile(y.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		y.t.Fatal(err)
	}
	w := bufio.NewWriter(f)
	for hour := range 24 {
		at := run.Add(time.Duration(hour-24) * time.Hour)
		line := at.Format(time.RFC3339) + " app: "
		fmt.Fprintln(w, line+strings.Repeat("x", y.perDay/24-len(line)-1))
	}
	if err := w.Flush(); err != nil {
		y.t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		y.t.Fatal(err)
	}
	if err := os.Chtimes(y.log, run, run.Add(-time.Second)); err != nil {
		y.t.Fatal(err)
	}
	cmd := exec.CommandContext(y.t.Context(), "logrotate", "--state", y.state, y.config)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "TZ=Asia/Shanghai", "LD_PRELOAD=" + y.library, "FAKETIME=@" + run.Format(time.DateTime), "NO_FAKE_STAT=1"}
	if out, err := cmd.CombinedOutput(); err != nil {
		y.t.Fatalf("day %d: %v\n%s", d, err, out)
	}
	return run.Sub(y.oldest(run)).Hours() / 24
}

// oldest is the time of the oldest record that is left.
func (y *year) oldest(run time.Time) time.Time {
	y.t.Helper()
	oldest := run
	for _, pattern := range []string{"var/log/app.log*", "var/log/old/app.log*"} {
		names, err := filepath.Glob(filepath.Join(y.root, pattern))
		if err != nil {
			y.t.Fatal(err)
		}
		for _, name := range names {
			if at, ok := firstRecord(y.t, name); ok && at.Before(oldest) {
				oldest = at
			}
		}
	}
	return oldest
}

func firstRecord(t *testing.T, name string) (time.Time, bool) {
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
		return time.Time{}, false // empty
	}
	at, err := time.Parse(time.RFC3339, strings.TrimSpace(line))
	if err != nil {
		t.Fatal(err)
	}
	return at, true
}

// guaranteed is what our own reading of the configuration promises.
func guaranteed(t *testing.T, root string, r rotation) float64 {
	t.Helper()
	rotation, problems := logs.LoadRotation(os.DirFS(root))
	if len(problems) > 0 {
		t.Fatalf("problems: %v", problems)
	}
	s := wire.LogSource{
		Key: "text:/var/log/app.log", Family: logs.FamilyText, Path: "/var/log/app.log", Streams: []wire.LogStream{{Class: "app-run"}},
		Policies: rotation.Policies("/var/log/app.log"), Rate: wire.LogRate{P50: float64(r.perDay), P95: float64(r.perDay)},
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
