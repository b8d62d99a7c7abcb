package collector

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/yunjian-io/yunjian/collector/report"
	"github.com/yunjian-io/yunjian/collector/store"
	"github.com/yunjian-io/yunjian/internal/evidence"
	"github.com/yunjian-io/yunjian/internal/wire"
	"github.com/yunjian-io/yunjian/rules/calendar"
	"github.com/yunjian-io/yunjian/rules/retention"
)

// pastMonths is how many months before the present one reports on logs look at.
const pastMonths = 11

// logWant is which logs a report lists, beside their counts.
type logWant int

const (
	logsCounted logWant = iota // none
	logsBroken                 // the required ones that are not compliant
	logsAll                    // all, with what hosts last told of those that are not compliant
)

// logs reads the verdicts on logs of the month, and the counts of the months before.
func (g *gathering) logs(ctx context.Context, want logWant) (in report.LogInput, err error) {
	g.say("verdicts on logs")
	categories, err := retention.LoadCategories()
	if err != nil {
		return in, err
	}
	catalog, err := retention.LoadCatalog()
	if err != nil {
		return in, err
	}
	var runs []store.JudgeRun
	for back := pastMonths; back > 0; back-- {
		run, judged, err := g.db.LastRun(ctx, g.month.Add(-back))
		if err != nil {
			return in, err
		}
		if judged {
			runs, in.Judged = append(runs, run), append(in.Judged, run.Month)
		}
	}
	past, broken, err := g.db.RetentionPast(ctx, runs, g.provider)
	if err != nil {
		return in, err
	}
	in.Past = pastLogs(past, categories)
	found := firstFound(g.month, in.Judged, broken)
	counted := map[[2]string]*report.LogMonth{} // by unit and party
	err = g.db.EachRetention(ctx, g.run, g.provider, func(v store.RetentionVerdict) {
		bad := v.Status == retention.StatusNonCompliant.String()
		if v.Mandatory && want != logsAll {
			key := [2]string{v.Unit, v.Party}
			if counted[key] == nil {
				counted[key] = &report.LogMonth{Month: g.month, Unit: v.Unit, Party: v.Party}
			}
			counted[key].Count.Count(v.Status, 1)
		}
		if want == logsCounted || want == logsBroken && (!bad || !v.Mandatory) {
			return
		}
		l := reportLog(&v, categories, catalog)
		if bad {
			l.FirstFound = found(store.RetentionBroken{JudgedOn: l.JudgedOn, HostID: l.Host, System: l.System, Class: l.Class, Name: l.Stream})
		}
		if in.Logs == nil {
			in.Logs = &report.LogList{}
		}
		in.Logs.Add(l)
	})
	if err != nil {
		return in, err
	}
	for _, key := range slices.SortedFunc(maps.Keys(counted), func(a, b [2]string) int { return slices.Compare(a[:], b[:]) }) {
		in.Now = append(in.Now, *counted[key])
	}
	if want == logsAll {
		err = g.tell(ctx, in.Logs)
	}
	return in, err
}

// reportLog turns a stored verdict into what the report tells.
func reportLog(v *store.RetentionVerdict, categories retention.Categories, catalog retention.Catalog) report.Log {
	category := categories.Of(retention.Class(v.Class))
	l := report.Log{
		Unit: v.Unit, System: v.System, Host: v.HostID, Class: v.Class, ClassTitle: catalog.Class(retention.Class(v.Class), retention.Chinese),
		Category: category.ID, CategoryTitle: category.Chinese, Stream: v.Stream, Path: v.Path, Party: v.Party, Mandatory: v.Mandatory,
		Order:   slices.IndexFunc(categories, func(c retention.Category) bool { return c.ID == category.ID }),
		Verdict: v.Verdict, Status: v.Status, JudgedOn: v.JudgedOn, RequiredFrom: v.RequiredFrom, Obligation: v.Obligation, Earliest: v.LocalStart,
		ProjectedDays: v.GuaranteedDays, Endless: v.GuaranteedEndless, FirstDeletion: v.FirstDeletion, DiskFull: v.DiskFull, AtRiskFrom: v.AtRiskDate,
		AccountableFrom: v.AccountableFrom, AttestedDays: int(v.AttestedDays), WindowDays: int(v.WindowDays), Reasons: v.Reasons,
		Reason: v.ReasonZH, WaivedBy: v.WaivedBy, WaivedUntil: v.WaivedUntil,
	}
	for _, m := range v.Missing {
		l.Gaps = append(l.Gaps, report.Gap{From: m.From, To: m.To})
	}
	if v.Status == retention.StatusNonCompliant.String() || v.Status == retention.StatusUndetermined.String() {
		l.Remedy = v.RemedyZH // no table has that of others
	}
	if v.Verdict == retention.AtRisk.String() {
		l.Foreseen, _ = retention.Foreseen(v.JudgedOn, v.FirstDeletion, v.DiskFull)
	}
	return l
}

// pastLogs sums counts of classes up to those of categories.
func pastLogs(past []store.RetentionPast, categories retention.Categories) (out []report.LogMonth) {
	type key struct {
		month                 calendar.Month
		unit, party, category string
	}
	at := map[key]int{}
	for _, p := range past {
		k := key{p.Month, p.Unit, p.Party, categories.Of(retention.Class(p.Class)).ID}
		i, known := at[k]
		if !known {
			i = len(out)
			at[k] = i
			out = append(out, report.LogMonth{Month: k.month, Unit: k.unit, Party: k.party, Category: k.category})
		}
		out[i].Count.Count(p.Status, int(p.Logs))
	}
	return out
}

// firstFound returns the day for which a log was first judged not compliant: that of the
// present month, or of the earliest of the judged months right before it in which it was
// not compliant either. Months that were not judged are passed over: what nobody looked
// at heals nothing.
func firstFound(month calendar.Month, judged []calendar.Month, broken []store.RetentionBroken) func(store.RetentionBroken) calendar.Date {
	days := map[store.RetentionBroken]calendar.Date{}
	for _, b := range broken {
		on := b.JudgedOn
		b.JudgedOn = calendar.Date{}
		days[b] = on
	}
	return func(b store.RetentionBroken) calendar.Date {
		first := b.JudgedOn
		b.JudgedOn = calendar.Date{}
		for _, m := range slices.Backward(judged) {
			b.Month = m
			on, was := days[b]
			if !was || m.Compare(month) >= 0 {
				break
			}
			first = on
		}
		return first
	}
}

// tell adds what hosts told last to those logs that are not compliant, or that will not
// be for long.
func (g *gathering) tell(ctx context.Context, logs *report.LogList) error {
	wanted := map[uint64][]int{} // places of logs, by host
	for i, l := range logs.All() {
		if l.Host != "" && (l.Status == retention.StatusNonCompliant.String() || l.Verdict == retention.AtRisk.String()) {
			key := wire.HostKey(g.provider, l.Host)
			wanted[key] = append(wanted[key], i)
		}
	}
	keys := slices.Sorted(maps.Keys(wanted))
	for chunk := range slices.Chunk(keys, hostsAtOnce) {
		states, err := g.db.LogStates(ctx, chunk, judgedAt(g.month, g.run.JudgedAt))
		if err != nil {
			return err
		}
		for k := range states {
			log := states[k].Source
			if states[k].Progress != nil {
				log = evidence.Progressed(log, *states[k].Progress)
			}
			for _, i := range wanted[states[k].Host] {
				l := logs.At(i)
				if l.Path != log.Path {
					continue
				}
				l.Latest, l.Policy = latestOf(log), policies(log.Policies)
				logs.Set(i, l)
			}
		}
	}
	return nil
}

// latestOf is the day of the last record of a log; zero where it has none.
func latestOf(log wire.LogSource) calendar.Date {
	var latest time.Time
	for _, segment := range log.Segments {
		if segment.Last.After(latest) {
			latest = segment.Last
		}
	}
	if latest.IsZero() {
		return calendar.Date{}
	}
	return calendar.DateOf(latest.In(store.Zone()))
}

// policies tells what removes a log in the words of its configuration.
func policies(all []wire.LogPolicy) string {
	words := make([]string, len(all))
	for i, p := range all {
		words[i] = policyText(p)
		if p.Origin != "" {
			words[i] += " (" + p.Origin + ")"
		}
	}
	return strings.Join(words, "; ")
}

func policyText(p wire.LogPolicy) string {
	switch {
	case p.Logrotate != nil:
		text := fmt.Sprintf("logrotate: %s, rotate %d", p.Logrotate.Cadence, p.Logrotate.Rotate)
		if p.Logrotate.MaxAge > 0 {
			text += fmt.Sprintf(", maxage %d", p.Logrotate.MaxAge)
		}
		if p.Logrotate.Disabled {
			text += ", not run"
		}
		return text
	case p.Journald != nil:
		return fmt.Sprintf("journald: SystemMaxUse %s, MaxRetentionSec %s", setting(p.Journald.MaxUse), setting(p.Journald.MaxRetentionSeconds))
	case p.Auditd != nil:
		return fmt.Sprintf("auditd: max_log_file_action %s, num_logs %d, max_log_file %d", p.Auditd.Action, p.Auditd.NumLogs, p.Auditd.MaxLogFile)
	case p.Count != nil:
		return fmt.Sprintf("%s %d", p.Count.Setting, p.Count.Keep)
	case p.Age != nil:
		return fmt.Sprintf("%s %v d", p.Age.Setting, p.Age.Days)
	case p.Container != nil:
		return fmt.Sprintf("container: max-size %s, max-file %d", setting(p.Container.MaxSize), max(1, p.Container.MaxFile))
	}
	return string(p.Kind)
}

// setting prints a setting of journald or of a container, whose zero is the default.
func setting(v int64) string {
	switch {
	case v == 0:
		return "default"
	case v < 0:
		return "off"
	}
	return fmt.Sprint(v)
}
