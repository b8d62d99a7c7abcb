package evidence

import (
	"fmt"
	"strings"

	"github.com/yunjian-io/yunjian/internal/wire"
	"github.com/yunjian-io/yunjian/rules/retention"
)

// policies joins all that removes records. Of several the first removal counts; what
// was not understood is told as the problem, with its place.
func policies(list []wire.LogPolicy, c Context) (retention.Policy, string) {
	var (
		all      retention.Any
		problems []string
	)
	for _, p := range list {
		policy, problem := policyOf(p, c)
		if problem != "" {
			problems = append(problems, strings.TrimPrefix(p.Origin+": "+problem, ": "))
			continue
		}
		all = append(all, policy)
	}
	problem := strings.Join(problems, "; ")
	switch len(all) {
	case 0:
		return nil, problem
	case 1:
		return all[0], problem
	}
	return all, problem
}

// policyOf returns one policy, or what was not understood about it.
func policyOf(p wire.LogPolicy, c Context) (retention.Policy, string) {
	switch {
	case p.Kind == wire.PolicyNever:
		return retention.Never{}, ""
	case p.Kind == wire.PolicyLogrotate && p.Logrotate != nil:
		return logrotate(*p.Logrotate, c), ""
	case p.Kind == wire.PolicyJournald && p.Journald != nil:
		return journald(*p.Journald), ""
	case p.Kind == wire.PolicyAuditd && p.Auditd != nil:
		a := p.Auditd
		return retention.Auditd{Action: a.Action, NumLogs: a.NumLogs, MaxLogFile: a.MaxLogFile, CronDays: a.CronDays}, ""
	case p.Kind == wire.PolicyCount && p.Count != nil:
		n := p.Count
		return retention.Count{Keep: n.Keep, IntervalDays: n.IntervalDays, FileBytes: n.FileBytes, Setting: n.Setting}, ""
	case p.Kind == wire.PolicyAge && p.Age != nil:
		a := p.Age
		return retention.Age{Days: a.Days, SpanDays: a.SpanDays, Setting: a.Setting}, ""
	case p.Kind == wire.PolicyContainer && p.Container != nil:
		return container(*p.Container, c), ""
	case p.Problem != "":
		return nil, p.Problem
	case p.Kind == wire.PolicyUnparsed:
		return nil, "not understood"
	}
	return nil, fmt.Sprintf("a policy of kind %q, which this collector does not know", p.Kind)
}

// logrotate translates a stanza. One that the program skips for an error removes
// nothing: the log only grows.
func logrotate(l wire.LogrotatePolicy, c Context) retention.Policy {
	if l.Broken {
		return retention.Never{}
	}
	return retention.Logrotate{
		Cadence: retention.Cadence(l.Cadence), Rotate: l.Rotate, Size: l.Size, MinSize: l.MinSize, MaxSize: l.MaxSize,
		MaxAge: l.MaxAge, RunsPerDay: l.RunsPerDay, Disabled: l.Disabled, LastRotation: c.date(l.LastRotation),
	}
}

// journald translates the settings; a size or an age that is switched off limits
// nothing, for which the bound of the default is the safe answer.
func journald(j wire.JournaldPolicy) retention.Policy {
	return retention.Journald{
		Volatile: j.Volatile, MaxUse: max(j.MaxUse, 0), MaxFileSize: max(j.MaxFileSize, 0), KeepFree: max(j.KeepFree, 0),
		FSSize: j.FilesystemSize, FSFree: j.FilesystemFree, Usage: j.Usage,
		MaxFileTime: seconds(j.MaxFileSeconds), MaxFiles: j.MaxFiles, ActiveFiles: j.ActiveFiles,
		MaxRetention: seconds(max(j.MaxRetentionSeconds, 0)),
		TypicalSpan:  seconds(j.TypicalSpanSeconds), LongestSpan: seconds(j.LongestSpanSeconds),
	}
}

// container takes the age of the container when the evidence was taken; one of unknown
// age counts as new.
func container(p wire.ContainerLogPolicy, c Context) retention.Policy {
	out := retention.Container{MaxSize: p.MaxSize, MaxFile: p.MaxFile}
	if !p.CreatedAt.IsZero() && c.TakenAt.After(p.CreatedAt) {
		out.LifetimeDays = c.TakenAt.Sub(p.CreatedAt).Hours() / 24
	}
	return out
}
