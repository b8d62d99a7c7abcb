package logs

import (
	"errors"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/yunjian-io/yunjian/agent/logs/auditd"
	"github.com/yunjian-io/yunjian/agent/logs/journald"
	"github.com/yunjian-io/yunjian/agent/logs/rsyslog"
	"github.com/yunjian-io/yunjian/internal/wire"
)

// never is the policy of a writer that removes nothing by itself.
func never() []wire.LogPolicy { return []wire.LogPolicy{{Kind: wire.PolicyNever}} }

func authStreams() []wire.LogStream {
	return []wire.LogStream{{Class: "os-auth", Name: "auth"}, {Class: "priv-op", Name: "privileged"}}
}

func systemStream() wire.LogStream { return wire.LogStream{Class: "os-system", Name: "system"} }
func cronStream() wire.LogStream   { return wire.LogStream{Class: "os-cron", Name: "cron"} }

// rsyslog declares the files that rsyslogd writes.
func (d *declarer) rsyslog() {
	conf, err := rsyslog.Load(d.fsys)
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			d.problem(rsyslog.ConfName, 0, plainText(err))
		}
		return
	}
	for _, problem := range conf.Problems {
		d.problem(problem.File, problem.Line, plainText(problem.Err))
	}
	installed := d.installed("rsyslogd")
	if !installed {
		conf.Forwards = nil // what is left of a package that was removed sends nothing
	}
	declarations := make([]Declaration, len(conf.Outputs))
	for i, output := range conf.Outputs {
		streams := outputStreams(output)
		named := slices.ContainsFunc(streams, func(s wire.LogStream) bool { return s.Name != "" && !strings.HasPrefix(s.Name, "syslog:") })
		declarations[i] = Declaration{
			Streams: streams, Family: FamilyText, Paths: []string{output.Path}, Policies: never(),
			Units: []string{"rsyslog.service"}, Processes: []string{"rsyslogd"}, Origin: origin(output.Origin.File, output.Origin.Line),
			// A file of one facility appears with its first message.
			Expected: installed && named, QuietOK: !named, Grant: d.grant(output.Path, "adm"),
		}
		if output.Limited {
			declarations[i].Policies = []wire.LogPolicy{{
				Kind: wire.PolicyUnparsed, Origin: origin(output.Origin.File, output.Origin.Line), Problem: "rsyslogd runs a command of the site when the file reaches a size",
			}}
		}
		for _, forward := range conf.Forwards {
			if !forward.Filtered && forward.Selection.Covers(output.Selection) {
				declarations[i].Forward = append(declarations[i].Forward, forwardOf(forward))
			}
		}
	}
	d.share(conf.Outputs, declarations)
	for _, forward := range conf.Forwards {
		if s := forward.Selection; !forward.Filtered && takesAuth(s) && takesSystem(s) && takesCron(s) {
			d.forwards = append(d.forwards, forwardOf(forward))
		}
	}
	for i, declaration := range declarations {
		for _, one := range d.byHost(conf.Outputs[i], declaration) {
			d.add(one, fromConfiguration)
		}
	}
}

// share gives the stream of a file that takes only some of the messages to every file
// that takes them all as well, for that is a copy of it.
func (d *declarer) share(outputs []rsyslog.File, declarations []Declaration) {
	for i, output := range outputs {
		for _, stream := range declarations[i].Streams {
			if !strings.HasPrefix(stream.Name, "syslog:") {
				continue
			}
			d.partial = union(d.partial, []wire.LogStream{stream})
			for j, other := range outputs {
				if i != j && !other.Filtered && other.Selection.Covers(output.Selection) {
					declarations[j].Streams = union(declarations[j].Streams, []wire.LogStream{stream})
				}
			}
		}
	}
}

func takesAuth(s rsyslog.Selection) bool { return s.Takes("authpriv", rsyslog.SeverityInfo) }
func takesCron(s rsyslog.Selection) bool { return s.Takes("cron", rsyslog.SeverityInfo) }

func takesSystem(s rsyslog.Selection) bool {
	return s.Takes("daemon", rsyslog.SeverityInfo) && s.Takes("kern", rsyslog.SeverityInfo) && s.Takes("user", rsyslog.SeverityInfo)
}

// outputStreams are what a file of rsyslogd records. The streams by which it is a copy
// of the journal are those of what it takes as a whole.
func outputStreams(output rsyslog.File) []wire.LogStream {
	if slices.ContainsFunc(output.Parts, func(part rsyslog.Part) bool { return part.Kind == rsyslog.Property }) {
		// Names by sender: a host that receives the messages of others.
		return []wire.LogStream{{Class: "security-device"}}
	}
	if output.Filtered {
		return []wire.LogStream{{Class: classByName(append(slices.Clone(output.Programs), path.Base(output.Path)))}}
	}
	var streams []wire.LogStream
	s := output.Selection
	if takesAuth(s) {
		streams = append(streams, authStreams()...)
	}
	if takesSystem(s) {
		streams = append(streams, systemStream())
	}
	if takesCron(s) {
		streams = append(streams, cronStream())
	}
	if len(streams) > 0 {
		return streams
	}
	class := "os-system"
	within := func(names ...string) bool {
		return !slices.ContainsFunc(s.Facilities(), func(name string) bool { return !slices.Contains(names, name) })
	}
	switch {
	case within("auth", "authpriv"):
		class = "os-auth"
	case within("cron"):
		class = "os-cron"
	case within("local0", "local1", "local2", "local3", "local4", "local5", "local6"):
		class = "app-run"
	}
	return []wire.LogStream{{Class: class, Name: "syslog:" + s.String()}}
}

// classByName tells a class by the names of programs or of a file.
func classByName(names []string) string {
	for _, name := range names {
		for _, one := range []struct{ pattern, class string }{
			{`sudo|^su$`, "priv-op"},
			{`sshd|auth|secure|login`, "os-auth"},
			{`cron`, "os-cron"},
			{`haproxy|access`, "web-access"},
			{`oper|audit`, "app-operation"},
		} {
			if regexp.MustCompile(one.pattern).MatchString(name) {
				return one.class
			}
		}
	}
	return "os-system"
}

// maxSenders bounds the sources that one template of file names makes.
const maxSenders = 500

// byHost makes of a template with a date one source for each value of its other
// properties: the files of one sender are one log, those of two are two.
func (d *declarer) byHost(output rsyslog.File, declaration Declaration) []Declaration {
	dates, others := 0, 0
	var expression strings.Builder
	for _, part := range output.Parts {
		switch part.Kind {
		case rsyslog.Text:
			expression.WriteString(regexp.QuoteMeta(part.Text))
		case rsyslog.Date:
			dates++
			expression.WriteString(`[^/]*?`)
		case rsyslog.Property:
			others++
			expression.WriteString(`([^/]*?)`)
		}
	}
	if dates == 0 {
		return []Declaration{declaration}
	}
	declaration.Single, declaration.Expected = true, false
	if others == 0 {
		return []Declaration{declaration}
	}
	names, err := fs.Glob(d.fsys, inside(output.Path))
	matcher, matcherErr := regexp.Compile("^" + expression.String() + `(\.gz)?$`)
	if err != nil || matcherErr != nil {
		return []Declaration{declaration}
	}
	var result []Declaration
	seen := make(map[string]bool)
	for _, name := range names {
		values := matcher.FindStringSubmatch("/" + name)
		if values == nil {
			continue
		}
		pattern := ""
		next := 1
		for _, part := range output.Parts {
			switch part.Kind {
			case rsyslog.Text:
				pattern += quoted(part.Text)
			case rsyslog.Date:
				pattern = strings.TrimSuffix(pattern, "*") + "*"
			case rsyslog.Property:
				pattern += quoted(values[next])
				next++
			}
		}
		if seen[pattern] {
			continue
		}
		seen[pattern] = true
		if len(result) >= maxSenders {
			d.problem(output.Origin.File, output.Origin.Line, "there are more senders than are looked at")
			break
		}
		one := declaration
		one.Paths = []string{pattern}
		result = append(result, one)
	}
	return result
}

func forwardOf(f rsyslog.Forward) wire.LogForward {
	return wire.LogForward{Target: f.Target, Protocol: f.Protocol, Queue: string(f.Queue), Origin: origin(f.Origin.File, f.Origin.Line)}
}

// auditd declares the audit log.
func (d *declarer) auditd() {
	installed := d.installed("auditd")
	declaration := Declaration{
		Streams: []wire.LogStream{{Class: "os-audit"}}, Family: FamilyAudit,
		Units: []string{"auditd.service"}, Processes: []string{"auditd"}, Expected: installed,
	}
	conf, err := auditd.Load(d.fsys)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return
	case err != nil:
		if !installed {
			return
		}
		declaration.Paths = []string{"/var/log/audit/audit.log"}
		declaration.Origin = origin(auditd.ConfName, 0)
		declaration.Policies = []wire.LogPolicy{{Kind: wire.PolicyUnparsed, Origin: declaration.Origin, Problem: plainText(err)}}
		declaration.Grant = d.grant(declaration.Paths[0], "adm")
		d.problem(auditd.ConfName, 0, plainText(err))
		d.add(declaration, fromConfiguration)
		return
	}
	jobs, problems := auditd.Jobs(d.fsys)
	for _, problem := range slices.Concat(conf.Problems, problems) {
		d.problem(problem.File, problem.Line, plainText(problem.Err))
	}
	if !conf.WriteLogs.Value {
		d.problem(conf.WriteLogs.Origin.File, conf.WriteLogs.Origin.Line, "auditd writes no log")
		declaration.Expected = false
	}
	if conf.SpaceLeftAction.Value == auditd.Rotate {
		at := conf.SpaceLeftAction.Origin
		d.problem(at.File, at.Line, "auditd deletes its oldest log when the disk runs short of space")
	}
	declaration.Paths = []string{quoted(conf.LogFile.Value)}
	declaration.Origin = origin(auditd.ConfName, conf.LogFile.Origin.Line)
	declaration.Policies = auditPolicies(conf, jobs)
	if conf.AdminSpaceLeftAction.Value.Stops() {
		declaration.SuspendAtFreeBytes = conf.AdminSpaceLeft.Value.MiB << 20
		declaration.SuspendAtFreePercent = float64(conf.AdminSpaceLeft.Value.Percent)
	}
	// auditd sets the group of its files itself.
	declaration.Grant = grantText(declaration.Paths[0], conf.LogGroup.Value)
	d.add(declaration, fromConfiguration)
}

// auditPolicies are the rotation by size, and that by cron, which removes as well where
// both are in force.
func auditPolicies(conf auditd.Conf, jobs []auditd.Job) []wire.LogPolicy {
	at := conf.MaxLogFileAction.Origin
	action := conf.MaxLogFileAction.Value
	if action == auditd.Rotate && conf.NumLogs.IsSet() {
		at = conf.NumLogs.Origin
	}
	where := origin(at.File, at.Line)
	days := auditd.IntervalDays(jobs)
	switch action {
	case auditd.Rotate, auditd.KeepLogs, auditd.Ignore, auditd.Syslog, auditd.Suspend:
	default:
		return []wire.LogPolicy{{Kind: wire.PolicyUnparsed, Origin: where, Problem: "max_log_file_action is none that auditd knows"}}
	}
	policies := []wire.LogPolicy{{Kind: wire.PolicyAuditd, Origin: where, Auditd: &wire.AuditdPolicy{
		Action: string(action), NumLogs: conf.NumLogs.Value, MaxLogFile: conf.MaxLogFile.Value, CronDays: days,
	}}}
	if action == auditd.Rotate && days > 0 && conf.NumLogs.Value >= 2 {
		policies = append(policies, wire.LogPolicy{Kind: wire.PolicyCount, Origin: origin(jobs[0].Origin.File, jobs[0].Origin.Line), Count: &wire.CountPolicy{
			Keep: conf.NumLogs.Value - 1, IntervalDays: days, Setting: "num_logs",
		}})
	}
	return policies
}

// journals declares the journal of systemd, which records all that goes to syslog.
func (d *declarer) journals() {
	running := false
	for _, name := range []string{"usr/lib/systemd/systemd-journald", "lib/systemd/systemd-journald", "run/systemd/journal"} {
		if _, err := fs.Stat(d.fsys, name); err == nil {
			running = true
		}
	}
	conf := journald.LoadConf(d.fsys, "")
	for _, problem := range conf.Problems {
		d.problem(problem.File, problem.Line, plainText(problem.Err))
	}
	mode, err := conf.Mode(d.fsys)
	if err != nil {
		d.problem("var/log", 0, plainText(err))
		return
	}
	name := "/var/log/journal"
	at := conf.Storage.Origin
	switch mode {
	case journald.Volatile:
		name = "/run/log/journal"
	case journald.Discarded:
		if running {
			d.problem(at.File, at.Line, "journald keeps nothing")
		}
		return
	}
	d.add(Declaration{
		Streams: slices.Concat([]wire.LogStream{systemStream()}, authStreams(), []wire.LogStream{cronStream()}, d.partial),
		Family:  FamilyJournald, Paths: []string{name}, Expected: running,
		Units: []string{"systemd-journald.service"}, Processes: []string{"systemd-journald", "systemd-journal"},
		Forward: d.forwards, Grant: "group systemd-journal", Origin: origin(at.File, at.Line),
	}, fromConfiguration)
}
