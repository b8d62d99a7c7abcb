package main

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// tree is one host of the comparison.
type tree struct {
	name string
	// title is what is particular of the host.
	title string
	// kept says whether its logs are and stay completely kept for six months.
	kept bool
	// want is the verdict of yunjian-agent that the specification asks for.
	want  string
	build func(h *host)
	// tamper is done to the tree after an agent has seen and sealed it; nil for nothing.
	tamper func(root string) error
}

// trees are the hosts of the comparison. Each deviates from the first in one thing.
func trees() []tree {
	return []tree{
		{
			name: "healthy", title: "daily, rotate 200; 201 days are there", kept: true, want: "compliant",
			build: func(h *host) { h.steady("daily\nrotate 200", h.daily(200)) },
		},
		{
			name: "distribution", title: "weekly, rotate 4, as Debian ships it; 28 to 34 days are there", want: "violated.short_coverage",
			build: func(h *host) { h.steady("weekly\nrotate 4", h.weekly(4)) },
		},
		{
			name: "180-days", title: "daily, rotate 180; 180 days are not six months", want: "violated.short_coverage",
			build: func(h *host) { h.steady("daily\nrotate 180", h.daily(180)) },
		},
		{
			name: "daily-4", title: "daily, rotate 4; 4 days are there", want: "violated.short_coverage",
			build: func(h *host) { h.steady("daily\nrotate 4", h.daily(4)) },
		},
		{
			name: "weekly-27", title: "weekly, rotate 27; at least 189 days are there", kept: true, want: "compliant",
			build: func(h *host) { h.steady("weekly\nrotate 27", h.weekly(27)) },
		},
		{
			name: "gap", title: "auth.log.57.gz is missing between its neighbours", want: "violated.gap",
			build: func(h *host) {
				h.steady("daily\nrotate 200", h.daily(200))
				h.keep(os.Remove(filepath.Join(h.root, "var/log/auth.log.57.gz")))
			},
		},
		{
			name: "edited", title: "another user was put into auth.log.30.gz after it was sealed, and its time set back", want: "violated.edited",
			build:  func(h *host) { h.steady("daily\nrotate 200", h.daily(200)) },
			tamper: func(root string) error { return forge(filepath.Join(root, "var/log/auth.log.30.gz")) },
		},
		{
			name: "changed", title: "201 days are there, and rotate 4 was set today", want: "violated.config_would_delete",
			build: func(h *host) { h.steady("daily\nrotate 4", h.daily(200)) },
		},
		{
			name: "volatile", title: "journald alone, Storage=volatile; booted 12 days ago", want: "violated.short_coverage",
			build: volatile,
		},
		{
			name: "audit", title: "auditd as it ships, 8 MiB × 5 with ROTATE, at 1.5 MiB a day; 21 to 26 days are there", want: "violated.short_coverage",
			build: func(h *host) {
				h.base(retention{rotation: "daily\nrotate 200", numLogs: 5})
				h.files(h.daily(200))
				h.busyAudit()
			},
		},
		{
			name: "baseline", title: "openEuler's baseline: size 4096k, rotate 30, maxage 365, at 2 MiB of syslog a day; 60 days are there", want: "violated.short_coverage",
			build: baseline,
		},
	}
}

// steady is a host whose files were rotated at the given instants.
func (h *host) steady(rotation string, bounds []time.Time) {
	h.base(retention{rotation: rotation})
	h.files(bounds)
	h.quietAudit()
}

// volatile has no rsyslog. Its journal lies in /run and began with the boot.
func volatile(h *host) {
	h.base(retention{rotation: "daily\nrotate 200"})
	h.quietAudit()
	for _, name := range []string{"usr/sbin/rsyslogd", "etc/rsyslog.conf", "etc/logrotate.d/rsyslog", "usr/lib/systemd/system/rsyslog.service", "etc/systemd/system/multi-user.target.wants/rsyslog.service"} {
		h.keep(os.Remove(filepath.Join(h.root, name)))
	}
	h.packages("cron", "logrotate", "auditd")
	h.file("etc/systemd/journald.conf.d/forward.conf", "[Journal]\nStorage=volatile\n")
	h.put("usr/lib/systemd/systemd-journald", nil, 0o755, h.now.AddDate(-1, 0, 0))
	h.journal("run/log/journal/"+machineID+"/system.journal", h.lastRun().AddDate(0, 0, -12))
}

// busyAudit fills files of 8 MiB at 1.5 MiB a day; four of them are closed.
func (h *host) busyAudit() {
	const size, perDay = 8 << 20, 1.5 * (1 << 20)
	record := padded(auditRecord, 2048)
	length := len(record(h.now, 1_000_000))
	every := pace(length, perDay)
	span := every * time.Duration(size/length)
	bounds := []time.Time{h.lastRun()}
	for range 4 {
		bounds = append(bounds, bounds[len(bounds)-1].Add(-span))
	}
	h.write(chain{path: "var/log/audit/audit.log", record: record, every: every, bounds: bounds, plain: true})
}

// baseline fills 4 MiB of syslog in two days.
func baseline(h *host) {
	const perDay = 2 << 20
	h.base(retention{rotation: "daily\nrotate 30", stanza: "size 4096k\nrotate 30\nmaxage 365"})
	h.write(chain{path: "var/log/auth.log", record: authRecord, every: time.Hour, bounds: []time.Time{h.lastRun().AddDate(0, 0, -201)}})
	record := padded(systemRecord, 8192)
	length := len(record(h.now, 1_000_000))
	every := pace(length, perDay)
	h.write(chain{path: "var/log/syslog", record: record, every: every, bounds: back(h.lastRun(), 30, 2)})
	h.quietAudit()
	h.rotated(h.lastRun())
}

// pace is the whole number of seconds between records of so many bytes that makes about
// so many bytes a day.
func pace(length int, perDay float64) time.Duration {
	return time.Duration(24 * float64(time.Hour) * float64(length) / perDay).Truncate(time.Second)
}

// forge puts another user into the records of a compressed log, which stays as long as
// it was, and sets its time back.
func forge(name string) error {
	before, err := os.Stat(name)
	if err != nil {
		return fmt.Errorf("forge records: %w", err)
	}
	packed, err := os.ReadFile(name)
	if err != nil {
		return fmt.Errorf("forge records: %w", err)
	}
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return fmt.Errorf("forge records of %s: %w", name, err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		return fmt.Errorf("forge records of %s: %w", name, err)
	}
	forged := bytes.ReplaceAll(text, []byte(" for ops from "), []byte(" for bob from "))
	if bytes.Equal(text, forged) {
		return fmt.Errorf("forge records of %s: it names no user", name)
	}
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, err = w.Write(forged)
	if err := errors.Join(err, w.Close(), os.WriteFile(name, out.Bytes(), before.Mode().Perm()), os.Chtimes(name, before.ModTime(), before.ModTime())); err != nil {
		return fmt.Errorf("forge records: %w", err)
	}
	return nil
}

// plant builds a tree below a folder and returns its root.
func plant(t tree, dir string, now time.Time) (root string, err error) {
	root = filepath.Join(dir, t.name)
	h := &host{root: root, now: now.In(zone())}
	t.build(h)
	if h.err != nil {
		return "", fmt.Errorf("build tree %s: %w", t.name, h.err)
	}
	return root, nil
}
