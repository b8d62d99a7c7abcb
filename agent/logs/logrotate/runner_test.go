package logrotate

import (
	"errors"
	"io/fs"
	"math"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestReadState(t *testing.T) {
	zone := time.FixedZone("CST", 8*3600)
	got, err := ReadState(strings.NewReader(`logrotate state -- version 2
"/var/log/syslog" 2026-8-31-6:25:1
"/var/log/with \"quotes\" and blank" 2026-11-3-0:0:0

"/var/log/old" 1900-1-1-0:0:0
/var/log/plain 2025-12-1
`), zone)
	if err != nil {
		t.Fatal(err)
	}
	want := State{Version: 2, Logs: []Rotated{
		{"/var/log/syslog", time.Date(2026, 8, 31, 6, 25, 1, 0, zone)},
		{`/var/log/with "quotes" and blank`, time.Date(2026, 11, 3, 0, 0, 0, 0, zone)},
		{File: "/var/log/old"},
		{"/var/log/plain", time.Date(2025, 12, 1, 0, 0, 0, 0, zone)},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("state (-want +got):\n%s", diff)
	}
	if got, err := ReadState(strings.NewReader("logrotate state -- version 1\n/a 2026-8-31\n"), zone); err != nil || got.Version != 1 || len(got.Logs) != 1 {
		t.Errorf("version 1: %+v, %v", got, err)
	}
	for _, text := range []string{
		"state", "logrotate state -- version 3\n", "logrotate state -- version 2\n\"/a\"\n", "logrotate state -- version 2\n/a 2026-13-1\n",
		"logrotate state -- version 2\n/a 2026-1\n", "logrotate state -- version 2\n/a 2026-1-1-5\n", "logrotate state -- version 2\n/a 1969-1-1\n",
		"logrotate state -- version 2\n/a b 2026-1-1\n",
	} {
		if got, err := ReadState(strings.NewReader(text), zone); !errors.Is(err, ErrState) {
			t.Errorf("%q: want ErrState, got %+v, %v", text, got, err)
		}
	}
}

func TestRunsPerDayOfAnEvent(t *testing.T) {
	for event, want := range map[string]float64{
		"daily": 1, "hourly": 24, "weekly": 1.0 / 7, "*-*-* 06:00:00": 1, "*:0/15": 96, "0/6:00": 4, "Mon..Fri 06:30": 5.0 / 7,
		"Sat,Sun *-*-* 1,13:00": 4.0 / 7, "*-*-01 00:00:00": 1 / monthDays, "Mon *-01,07-* 02:00 Asia/Shanghai": 1.0 / 7 / 6, "Sat..Sun": 2.0 / 7,
	} {
		got, err := runsPerDay(event)
		if err != nil || math.Abs(got-want) > 1e-9 {
			t.Errorf("%q: want %g, got %g, %v", event, want, got, err)
		}
	}
	for _, event := range []string{"", "often", "25:00", "2026-01-01 00:00", "*:0/0", "1:2:3:4", "*-13-* 00:00"} {
		if got, err := runsPerDay(event); err == nil {
			t.Errorf("%q: want an error, got %g", event, got)
		}
	}
}

func TestRunsPerDayOfACrontabLine(t *testing.T) {
	for line, want := range map[string]float64{
		"25 6 * * * root x": 1, "*/15 * * * * x": 96, "0 2 * * 0 x": 1.0 / 7, "0 0 1 * * x": 1 / monthDays, "@daily x": 1, "@midnight x": 1,
		"0 0-11/4 * jan-jun mon,fri x": 3.0 * 2 / 7 / 2, "0 0 1 * 1 x": 1/monthDays + 1.0/7 - 1/monthDays/7,
	} {
		got, _, err := cronRunsPerDay(line)
		if err != nil || math.Abs(got-want) > 1e-9 {
			t.Errorf("%q: want %g, got %g, %v", line, want, got, err)
		}
	}
	for _, line := range []string{"", "MAILTO=x", "@reboot x", "60 * * * * x", "1 2 3 4 5"} {
		if got, _, err := cronRunsPerDay(line); err == nil {
			t.Errorf("%q: want an error, got %g", line, got)
		}
	}
}

const script = "#!/bin/sh\nif [ -d /run/systemd/system ]; then\n exit 0\nfi\n/usr/sbin/logrotate /etc/logrotate.conf\n"

func TestRunners(t *testing.T) {
	timer := "[Unit]\nDescription=x\n[Timer]\nOnCalendar=daily\nRandomizedDelaySec=1h\n"
	lib, cron := "usr/lib/systemd/system/logrotate.timer", "etc/cron.daily/logrotate"
	link := &fstest.MapFile{Data: []byte("/lib/systemd/system/logrotate.timer"), Mode: fs.ModeSymlink}
	for name, test := range map[string]struct {
		host fstest.MapFS
		want []Runner
		runs float64
	}{
		"debian": {fstest.MapFS{
			lib: conf(timer), "etc/systemd/system/timers.target.wants/logrotate.timer": link, "run/systemd/system": {Mode: fs.ModeDir},
			cron: {Data: []byte(script), Mode: 0o755}, "usr/sbin/cron": {},
		}, []Runner{
			{Origin: Origin{lib, 4}, Timer: true, Enabled: true, RunsPerDay: 1},
			{Origin: Origin{File: cron}, RunsPerDay: 1, Reason: "the script leaves the work to the systemd timer"},
		}, 1},
		"hourly by drop-in": {fstest.MapFS{
			lib: conf(timer), "etc/systemd/system/timers.target.wants/logrotate.timer": link, "run/systemd/system": {Mode: fs.ModeDir},
			"etc/systemd/system/logrotate.timer.d/often.conf": conf("[Timer]\nOnCalendar=\nOnCalendar=hourly\n"),
		}, []Runner{{Origin: Origin{"etc/systemd/system/logrotate.timer.d/often.conf", 3}, Timer: true, Enabled: true, RunsPerDay: 24}}, 24},
		"not enabled": {fstest.MapFS{
			lib: conf(timer), "run/systemd/system": {Mode: fs.ModeDir}, "usr/lib/systemd/system-preset/90.preset": conf("enable logrotate.*\ndisable *\n"),
		}, []Runner{{Origin: Origin{lib, 4}, Timer: true, RunsPerDay: 1, Reason: "the timer is not enabled, although the preset of the vendor would enable it"}}, 0},
		"masked": {fstest.MapFS{
			lib: conf(timer), "run/systemd/system": {Mode: fs.ModeDir},
			"etc/systemd/system/logrotate.timer": {Data: []byte("/dev/null"), Mode: fs.ModeSymlink},
		}, []Runner{{Origin: Origin{File: "etc/systemd/system/logrotate.timer"}, Timer: true, Reason: "the timer is masked"}}, 0},
		"no systemd": {fstest.MapFS{lib: conf(timer), cron: {Data: []byte(script), Mode: 0o755}, "usr/sbin/crond": {}}, []Runner{
			{Origin: Origin{lib, 4}, Timer: true, RunsPerDay: 1, Reason: "systemd does not run"},
			{Origin: Origin{File: cron}, Enabled: true, RunsPerDay: 1},
		}, 1},
		"no cron":        {fstest.MapFS{cron: {Data: []byte(script), Mode: 0o755}}, []Runner{{Origin: Origin{File: cron}, RunsPerDay: 1, Reason: "no cron is installed"}}, 0},
		"not executable": {fstest.MapFS{cron: {Data: []byte(script), Mode: 0o644}, "usr/sbin/cron": {}}, []Runner{{Origin: Origin{File: cron}, RunsPerDay: 1, Reason: "the script is not executable"}}, 0},
		"crontab": {fstest.MapFS{
			"usr/sbin/crond": {}, "etc/cron.d/rotate": conf("# logrotate\nMAILTO=logrotate\n\n*/30 * * * * root /usr/sbin/logrotate /etc/big.conf\n0 0 * * * root rm /tmp/logrotate.x\n"),
			"etc/cron.d/rotate.dpkg-old": conf("* * * * * root logrotate x\n"),
		}, []Runner{{Origin: Origin{"etc/cron.d/rotate", 4}, Enabled: true, RunsPerDay: 48}}, 48},
		"nothing": {fstest.MapFS{}, nil, 0},
	} {
		got, problems := Runners(test.host)
		if diff := cmp.Diff(test.want, got); diff != "" || len(problems) != 0 {
			t.Errorf("%s: problems %v (-want +got):\n%s", name, problems, diff)
		}
		if runs, ok := RunsPerDay(got); runs != test.runs || ok != (test.runs > 0) {
			t.Errorf("%s: want %g runs, got %g, %v", name, test.runs, runs, ok)
		}
	}
	if _, problems := Runners(denied{fstest.MapFS{"var/spool/cron/root": conf("")}, []string{"var/spool/cron/root"}}); len(problems) != 1 || !errors.Is(problems[0], fs.ErrPermission) {
		t.Errorf("problems: %v", problems)
	}
}

func FuzzReadState(f *testing.F) {
	f.Add("logrotate state -- version 2\n\"/a\" 2026-8-31-6:25:1\n")
	f.Add("logrotate state -- version 1\n/a 2026-8-31\n")
	f.Fuzz(func(t *testing.T, text string) {
		state, err := ReadState(strings.NewReader(text), time.UTC)
		if err != nil {
			return
		}
		for _, log := range state.Logs {
			if year := log.Last.Year(); !log.Last.IsZero() && (year < 1969 || year > 2101) {
				t.Errorf("year %d", year)
			}
		}
	})
}

func FuzzSchedules(f *testing.F) {
	f.Add("Mon..Fri *-*-* 0/6:00:00 Asia/Shanghai")
	f.Add("*/15 1-5 * jan mon,fri root logrotate")
	f.Add("@daily root logrotate")
	f.Fuzz(func(t *testing.T, text string) {
		if runs, err := runsPerDay(text); err == nil && (runs <= 0 || math.IsNaN(runs)) {
			t.Errorf("event %q: %g", text, runs)
		}
		if runs, _, err := cronRunsPerDay(text); err == nil && (runs <= 0 || runs > 1440) {
			t.Errorf("crontab %q: %g", text, runs)
		}
	})
}
