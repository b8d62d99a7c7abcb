package main

import (
	"encoding/binary"
	"fmt"
	"strings"
	"time"
)

// retention is what the configurations of a host say; the zero value of a field leaves
// that of the healthy host.
type retention struct {
	// rotation are the lines of logrotate.conf and of the stanza of rsyslog's files,
	// such as "daily\nrotate 200".
	rotation string
	// stanza replaces rotation in the stanza.
	stanza string
	// numLogs is num_logs of auditd.conf, with max_log_file 8 and ROTATE.
	numLogs int
}

// base writes a minimal Debian 12 with rsyslog, auditd, cron and logrotate's timer.
// Journald passes everything on to rsyslog and keeps nothing itself.
func (h *host) base(r retention) {
	if r.numLogs == 0 {
		r.numLogs = 99
	}
	if r.stanza == "" {
		r.stanza = r.rotation
	}
	h.system()
	h.file("etc/logrotate.conf", "# see \"man logrotate\" for details\n\n"+r.rotation+"\ncreate\ncompress\ndelaycompress\ninclude /etc/logrotate.d\n")
	h.file("etc/logrotate.d/rsyslog", "/var/log/syslog\n/var/log/auth.log\n{\n\t"+strings.ReplaceAll(r.stanza, "\n", "\n\t")+
		"\n\tmissingok\n\tnotifempty\n\tcompress\n\tdelaycompress\n\tsharedscripts\n\tpostrotate\n\t\t/usr/lib/rsyslog/rsyslog-rotate\n\tendscript\n}\n")
	h.file("etc/rsyslog.conf", `module(load="imuxsock") # provides support for local system logging
module(load="imklog")   # provides kernel logging support
$FileOwner root
$FileGroup adm
$FileCreateMode 0640
$DirCreateMode 0755
$Umask 0022
$IncludeConfig /etc/rsyslog.d/*.conf
auth,authpriv.*			/var/log/auth.log
*.*;auth,authpriv.none		-/var/log/syslog
`)
	h.folder("etc/rsyslog.d")
	h.file("etc/systemd/journald.conf", "[Journal]\n#Storage=auto\n")
	h.file("etc/systemd/journald.conf.d/forward.conf", "[Journal]\nStorage=none\nForwardToSyslog=yes\n")
	h.file("etc/audit/auditd.conf", fmt.Sprintf(`local_events = yes
write_logs = yes
log_file = /var/log/audit/audit.log
log_group = adm
log_format = ENRICHED
flush = INCREMENTAL_ASYNC
freq = 50
max_log_file = 8
num_logs = %d
max_log_file_action = ROTATE
space_left = 75
space_left_action = EMAIL
action_mail_acct = root
admin_space_left = 50
admin_space_left_action = SINGLE
disk_full_action = SINGLE
disk_error_action = SINGLE
`, r.numLogs))
	for _, program := range []string{"usr/sbin/rsyslogd", "usr/sbin/auditd", "usr/sbin/cron", "usr/sbin/logrotate"} {
		h.put(program, nil, 0o755, h.now.AddDate(-1, 0, 0))
	}
	h.packages("cron", "logrotate", "rsyslog", "auditd")
}

// system writes what makes the tree a running Debian 12.
func (h *host) system() {
	h.file("etc/os-release", "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nNAME=\"Debian GNU/Linux\"\nVERSION_ID=\"12\"\nVERSION=\"12 (bookworm)\"\nVERSION_CODENAME=bookworm\nID=debian\n")
	h.file("etc/debian_version", "12.12\n")
	h.file("etc/passwd", "root:x:0:0:root:/root:/bin/bash\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n")
	h.file("etc/group", "root:x:0:\nadm:x:4:\nutmp:x:43:\nnogroup:x:65534:\n")
	h.file("etc/hostname", "gov-app-01\n")
	h.file("etc/machine-id", machineID+"\n")
	h.file("etc/crontab", "SHELL=/bin/sh\nPATH=/usr/sbin:/usr/bin:/sbin:/bin\n25 6 * * * root test -x /usr/sbin/anacron || run-parts --report /etc/cron.daily\n")
	h.put("etc/cron.daily/logrotate", []byte("#!/bin/sh\n\n# skip in favour of systemd timer\nif [ -d /run/systemd/system ]; then\n    exit 0\nfi\n/usr/sbin/logrotate /etc/logrotate.conf\n"), 0o755, h.now.AddDate(-1, 0, 0))
	h.file("usr/lib/systemd/system/logrotate.timer", "[Unit]\nDescription=Daily rotation of log files\n\n[Timer]\nOnCalendar=daily\nRandomizedDelaySec=1h\nAccuracySec=1h\nPersistent=true\n\n[Install]\nWantedBy=timers.target\n")
	h.link("etc/systemd/system/timers.target.wants/logrotate.timer", "/lib/systemd/system/logrotate.timer")
	for _, unit := range []string{"rsyslog", "auditd", "cron"} {
		h.file("usr/lib/systemd/system/"+unit+".service", "[Service]\nExecStart=/usr/sbin/"+unit+"\n\n[Install]\nWantedBy=multi-user.target\n")
		h.link("etc/systemd/system/multi-user.target.wants/"+unit+".service", "/lib/systemd/system/"+unit+".service")
	}
	h.link("lib", "usr/lib")
	h.link("sbin", "usr/sbin")
	h.folder("run/systemd/system")
	h.folder("tmp")
}

const machineID = "5a3b1c9d7e2f40618273645546372819"

// packages writes dpkg's list of what is installed, with linux-base, by which OpenSCAP
// tells a machine from a container, and the tables without which apt's library does not
// start.
func (h *host) packages(names ...string) {
	names = append(names, "base-files", "linux-base", "systemd")
	var text strings.Builder
	for _, name := range names {
		fmt.Fprintf(&text, "Package: %s\nStatus: install ok installed\nPriority: important\nSection: admin\nMaintainer: Debian\nArchitecture: amd64\nVersion: 1.0-1\nDescription: %s\n\n", name, name)
	}
	h.file("var/lib/dpkg/status", text.String())
	h.file("var/lib/dpkg/available", "")
	h.folder("var/lib/dpkg/updates")
	h.folder("var/lib/dpkg/info")
	h.folder("var/lib/apt/lists")
	h.file("usr/share/dpkg/cputable", "# Version=1.0\namd64\t\tx86_64\t\t(amd64|x86_64)\t\t64\tlittle\n")
	h.file("usr/share/dpkg/ostable", "# Version=2.0\nbase-gnu-linux\t\tlinux-gnu\t\tlinux[^-]*(-gnu.*)?\n")
	h.file("usr/share/dpkg/tupletable", "# Version=1.0\nbase-gnu-linux-<cpu>\t\t<cpu>\n")
}

// rotated writes logrotate's memory: it rotated both files last at the given instant.
func (h *host) rotated(last time.Time) {
	at := last.Format("2006-1-2-15:4:5")
	h.file("var/lib/logrotate/status", fmt.Sprintf("logrotate state -- version 2\n\"/var/log/syslog\" %s\n\"/var/log/auth.log\" %s\n", at, at))
}

// files writes auth.log and syslog, both rotated at the same instants.
func (h *host) files(bounds []time.Time) {
	h.write(chain{path: "var/log/auth.log", record: authRecord, every: time.Hour, bounds: bounds})
	h.write(chain{path: "var/log/syslog", record: systemRecord, every: time.Hour, bounds: bounds})
	h.rotated(bounds[0])
}

// quietAudit writes an audit log that has not yet filled its first file.
func (h *host) quietAudit() {
	h.write(chain{path: "var/log/audit/audit.log", record: auditRecord, every: 4 * time.Hour, bounds: []time.Time{h.lastRun().AddDate(0, 0, -201)}, plain: true})
}

// journal writes the header of a journal file that has 100 records a day, as
// journal-def.h of systemd lays it out; nobody reads the records.
func (h *host) journal(name string, from time.Time) {
	const headerBytes, fileBytes = 272, 8 << 20
	data := make([]byte, fileBytes)
	copy(data, "LPKSHHRH")
	data[16] = 1 // online
	for i := range 16 {
		data[24+i], data[40+i], data[56+i], data[72+i] = 1, machineID[i], 3, 4
	}
	last := h.now.Add(-time.Minute)
	entries := uint64(last.Sub(from).Hours()/24*100) + 1
	for at, value := range map[int]uint64{
		88: headerBytes, 96: fileBytes - headerBytes, 144: 3 * entries, 152: entries, 160: entries, 168: 1,
		184: uint64(from.UnixMicro()), 192: uint64(last.UnixMicro()), 200: uint64(last.Sub(from).Microseconds()),
	} {
		binary.LittleEndian.PutUint64(data[at:], value)
	}
	h.put(name, data, 0o640, last)
}
