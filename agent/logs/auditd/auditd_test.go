package auditd

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

func host(files map[string]string) fstest.MapFS {
	fsys := make(fstest.MapFS)
	for name, text := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(text), Mode: 0o755}
	}
	return fsys
}

func TestLoad(t *testing.T) {
	at := func(line int) Origin { return Origin{ConfName, line} }
	set := defaults()
	set.LogFile = Setting[string]{"/data/audit/audit.log", at(2)}
	set.LogGroup = Setting[string]{"adm", at(3)}
	set.NumLogs = Setting[int]{99, at(4)}
	set.MaxLogFile = Setting[int]{50, at(5)}
	set.MaxLogFileAction = Setting[Action]{KeepLogs, at(6)}
	set.SpaceLeft = Setting[Space]{Space{Percent: 25}, at(7)}
	set.SpaceLeftAction = Setting[Action]{"EXEC", at(8)}
	set.AdminSpaceLeft = Setting[Space]{Space{MiB: 50}, at(9)}
	set.AdminSpaceLeftAction = Setting[Action]{Suspend, at(10)}
	set.DiskFullAction = Setting[Action]{Halt, at(11)}
	set.DiskErrorAction = Setting[Action]{Single, at(12)}
	bad := defaults()
	bad.Problems = []Problem{
		{at(1), errLine},
		{at(2), errNumber},
		{at(3), errNumber},
		{at(4), errAction},
		{at(5), errAnswer},
		{at(6), errPath},
		{at(7), errNumber},
		{at(8), errLine},
	}
	silent := defaults()
	silent.WriteLogs = Setting[bool]{false, at(1)}
	for _, test := range []struct {
		name, text string
		want       Conf
	}{
		{"nothing is set", "# max_log_file_action = ROTATE\n\n##num_logs = 5\nlocal_events = yes\n", defaults()},
		{
			"all is set",
			"#\nlog_file = /data/audit//audit.log\nlog_group=adm\nNUM_LOGS = 99\nmax_log_file =50\nmax_log_file_action = keep_logs\n" +
				"space_left = 25%\nspace_left_action = exec /usr/local/bin/alarm\nadmin_space_left = 50\nadmin_space_left_action = suspend\n" +
				"disk_full_action = Halt\ndisk_error_action = SINGLE", set,
		},
		{
			"bad lines",
			"log_file\nnum_logs = 1000\nmax_log_file = -1\nmax_log_file_action = DELETE\nwrite_logs = maybe\nlog_file = audit.log\nspace_left = 100%\nnum_logs =\n", bad,
		},
		{"nothing is written", "log_format = NOLOG\n", silent},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := Load(host(map[string]string{ConfName: test.text}))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got, cmp.Comparer(func(a, b error) bool { return errors.Is(a, b) })); diff != "" {
				t.Errorf("configuration (-want +got):\n%s", diff)
			}
		})
	}
}

func TestLoadAbsent(t *testing.T) {
	if _, err := Load(fstest.MapFS{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error: want fs.ErrNotExist, got %v", err)
	}
}

// TestTruth reads the file that audit-userspace ships.
func TestTruth(t *testing.T) {
	shared := os.Getenv("YUNJIAN_SHARED")
	if shared == "" {
		shared = "../../../../shared"
	}
	text, err := os.ReadFile(filepath.Join(shared, "data/logs/auditd/auditd.conf"))
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("the real configuration is not here: %v; set YUNJIAN_SHARED", err)
		}
		t.Skipf("the real configuration is not here: %v", err)
	}
	got, err := Load(host(map[string]string{ConfName: string(text)}))
	if err != nil {
		t.Fatal(err)
	}
	at := func(line int) Origin { return Origin{ConfName, line} }
	want := Conf{
		LogFile:              Setting[string]{"/var/log/audit/audit.log", at(7)},
		LogGroup:             Setting[string]{"root", at(8)},
		WriteLogs:            Setting[bool]{true, at(6)},
		NumLogs:              Setting[int]{5, at(13)},
		MaxLogFile:           Setting[int]{8, at(12)},
		MaxLogFileAction:     Setting[Action]{Rotate, at(17)},
		SpaceLeft:            Setting[Space]{Space{MiB: 75}, at(18)},
		SpaceLeftAction:      Setting[Action]{Syslog, at(19)},
		AdminSpaceLeft:       Setting[Space]{Space{MiB: 50}, at(22)},
		AdminSpaceLeftAction: Setting[Action]{Suspend, at(23)},
		DiskFullAction:       Setting[Action]{Suspend, at(24)},
		DiskErrorAction:      Setting[Action]{Suspend, at(25)},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("configuration (-want +got):\n%s", diff)
	}
}

func TestJobs(t *testing.T) {
	fsys := host(map[string]string{
		"etc/cron.daily/auditd":      "#!/bin/sh\n# service auditd rotate\n/sbin/service auditd rotate\n",
		"etc/cron.daily/other":       "#!/bin/sh\nauditctl -l\n",
		"etc/cron.daily/ignored.sh":  "service auditd rotate\n",
		"etc/cron.weekly/plain":      "service auditd rotate\n",
		"etc/crontab":                "# 0 0 * * * root auditctl --signal rotate\nMAILTO=root\n0 0,12 * * * root /usr/sbin/auditctl --signal rotate\n",
		"etc/cron.d/audit":           "*/30 8-9 * * mon root pkill -USR1 -x auditd\n0 3 1 * * root kill -s USR1 $(pidof auditd)\n61 3 * * * root service auditd rotate\n",
		"etc/cron.d/audit.disabled":  "0 3 * * * root service auditd rotate\n",
		"var/spool/cron/root":        "@hourly killall -10 auditd\n0 4 1 1 * kill -USR1 `cat /run/auditd.pid`\n5 5 * * * systemctl kill -s USR1 rsyslog\n",
		"etc/cron.monthly/.hidden":   "service auditd rotate\n",
		"etc/cron.hourly/subfolder/": "",
	})
	delete(fsys, "etc/cron.hourly/subfolder/")
	fsys["etc/cron.weekly/plain"].Mode = 0o644
	jobs, problems := Jobs(fsys)
	want := []Job{
		{Origin{"etc/cron.daily/auditd", 3}, 1},
		{Origin{"etc/crontab", 3}, 2},
		{Origin{"var/spool/cron/root", 1}, 24},
		{Origin{"var/spool/cron/root", 2}, 1 / monthDays / 12},
		{Origin{"etc/cron.d/audit", 1}, 2 * 2.0 / 7},
		{Origin{"etc/cron.d/audit", 2}, 1 / monthDays},
	}
	approximate := cmp.Comparer(func(a, b float64) bool { return a-b < 1e-9 && b-a < 1e-9 })
	if diff := cmp.Diff(want, jobs, approximate); diff != "" {
		t.Errorf("jobs (-want +got):\n%s", diff)
	}
	wantProblems := []string{"etc/cron.d/audit:3: " + errSchedule.Error()}
	var got []string
	for _, problem := range problems {
		got = append(got, problem.Error())
	}
	if diff := cmp.Diff(wantProblems, got); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(0.5, IntervalDays([]Job{{RunsPerDay: 1}, {RunsPerDay: 1}})); diff != "" {
		t.Errorf("interval (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(0.0, IntervalDays(nil)); diff != "" {
		t.Errorf("interval of no job (-want +got):\n%s", diff)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("num_logs = 5\nmax_log_file = 8\nmax_log_file_action = ROTATE\n")
	f.Add("admin_space_left = 10%\nadmin_space_left_action = halt\nlog_file = /a/b\n")
	f.Add("= \n==\nspace_left_action = exec /x\x00\n")
	f.Fuzz(func(t *testing.T, text string) {
		c := parse("a", text)
		if c.LogFile.Value[0] != '/' || c.NumLogs.Value < 0 || c.NumLogs.Value > 999 || c.MaxLogFile.Value < 0 {
			t.Errorf("out of range: %+v", c)
		}
		for _, problem := range c.Problems {
			if problem.Line < 1 {
				t.Errorf("a problem without a line: %v", problem)
			}
		}
	})
}

func FuzzCron(f *testing.F) {
	f.Add("0 0,12 * * * root /usr/sbin/auditctl --signal rotate")
	f.Add("@daily service auditd rotate")
	f.Add("*/5 1-9/2 1,15 jan mon root kill -USR1 auditd")
	f.Fuzz(func(t *testing.T, line string) {
		rotates(line)
		if runs, ok := runsPerDay(line); ok && (runs <= 0 || runs > 1440) {
			t.Errorf("%q runs %v times a day", line, runs)
		}
	})
}
