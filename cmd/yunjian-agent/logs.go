package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/yunjian-io/yunjian/agent"
	"github.com/yunjian-io/yunjian/agent/logs"
	"github.com/yunjian-io/yunjian/internal/evidence"
	"github.com/yunjian-io/yunjian/internal/wire"
	"github.com/yunjian-io/yunjian/rules/calendar"
	"github.com/yunjian-io/yunjian/rules/retention"
)

// zone is the zone of calendar days; Shanghai has had no daylight saving since 1991.
func zone() *time.Location { return time.FixedZone("Asia/Shanghai", 8*60*60) }

// guarantee is how many days of a log its policies surely keep.
func guarantee(s wire.LogSource, now time.Time) (days float64, known bool) {
	sources := evidence.Sources(s, evidence.Context{Zone: zone(), TakenAt: now, LastReport: now})
	if len(sources) == 0 {
		return 0, false
	}
	w := retention.Guarantee(sources[0]) // the streams of a log share its policies
	if w.Endless {
		return math.Inf(1), true
	}
	return w.Days, w.Known
}

func logsCommand(config *string) *cobra.Command {
	var (
		asJSON, all     bool
		language, since string
	)
	cmd := &cobra.Command{
		Use:   "logs",
		Short: "Look at the logs of this host: since when, how long, and what to change",
		Long: `Look once at every log of this host and say, as far as the host alone can tell, whether
its records are kept for six months (Art. 31), and the exact setting to change if not.
Nothing is changed or sent. With the memory of a running agent (readable by its user)
deletions and edits are told too. Central stores are known to the collector only.`,
		Example: "  yunjian-agent logs\n  yunjian-agent logs --in-service 2025-03-01 --lang zh\n  yunjian-agent logs --json | jq '.sources[] | select(.verdict != \"compliant\") | .path'",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			lang := retention.Lang(language)
			if lang != retention.English && lang != retention.Chinese {
				return fmt.Errorf("--lang %q: want en or zh", language)
			}
			var start calendar.Date
			if since != "" {
				var err error
				if start, err = calendar.ParseDate(since); err != nil {
					return fmt.Errorf("--in-service: %w", err)
				}
			}
			o, err := options(cmd, *config)
			if err != nil {
				return err
			}
			report, remembered, err := agent.LookAtLogs(cmd.Context(), o)
			if err != nil {
				return err
			}
			host, err := judgeLogs(report, start)
			if err != nil {
				return err
			}
			host.Remembered = remembered
			if asJSON {
				enc := json.NewEncoder(cmd.OutOrStdout())
				enc.SetIndent("", "  ")
				return enc.Encode(host)
			}
			return host.print(cmd.OutOrStdout(), lang, all)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON, with all evidence")
	cmd.Flags().BoolVar(&all, "all", false, "explain the compliant ones too")
	cmd.Flags().StringVar(&language, "lang", "en", "language of the explanations: en or zh")
	cmd.Flags().StringVar(&since, "in-service", "", "day on which the system went into service, such as 2025-03-01")
	_ = cmd.RegisterFlagCompletionFunc("lang", cobra.FixedCompletions([]string{"en", "zh"}, cobra.ShellCompDirectiveNoFileComp)) // the flag exists
	return cmd
}

// hostLogs is what a host alone can say of its logs.
type hostLogs struct {
	Host       string            `json:"host"`
	At         time.Time         `json:"at"`
	Period     string            `json:"period"`
	Remembered bool              `json:"remembered"` // the memory of an agent was read
	Sources    []hostLog         `json:"sources"`
	Problems   []wire.LogProblem `json:"problems"`

	texts retention.Catalog
}

// hostLog is one class of one source.
type hostLog struct {
	Key            string         `json:"key"`
	Path           string         `json:"path"`
	Class          string         `json:"class"`
	Verdict        string         `json:"verdict"` // with its code, such as violated.short_coverage
	RequiredFrom   string         `json:"required_from"`
	Oldest         string         `json:"oldest,omitempty"` // day
	ShortDays      int            `json:"short_days"`
	GuaranteedDays *float64       `json:"guaranteed_days"` // null: not known, or nothing removes records
	Endless        bool           `json:"endless"`         // nothing removes records
	FirstDeletion  string         `json:"first_deletion,omitempty"`
	BytesPerDay    float64        `json:"bytes_per_day,omitempty"`
	Reasons        []string       `json:"reasons"`
	Remedy         string         `json:"remedy,omitempty"`
	RemedyChinese  string         `json:"remedy_zh,omitempty"`
	Evidence       wire.LogSource `json:"evidence"`

	decision retention.Decision
}

// judgeLogs judges each source by itself; the period begins with the day on which the
// system went into service, if that is known.
func judgeLogs(r *logs.Report, start calendar.Date) (*hostLogs, error) {
	texts, err := retention.LoadCatalog()
	if err != nil {
		return nil, err
	}
	d := r.Document
	now := d.At.In(zone())
	offset := 0.0 // the clock is that of the person who asks
	host := &hostLogs{Host: d.Host, At: d.At, Period: retention.Period{}.String(), Problems: d.Problems, texts: texts}
	for _, s := range r.Sources {
		c := evidence.Context{
			Host: d.Host, Start: start, Zone: zone(), TakenAt: d.At, LastReport: d.At, ClockOffsetSeconds: &offset, Events: r.Losses,
			Mandatory: func(retention.Class, string) bool { return true },
		}
		for _, down := range d.Downtime {
			c.Downtime = append(c.Downtime, retention.Downtime{From: down.From, To: down.To})
		}
		for _, source := range evidence.Sources(s, c) {
			host.Sources = append(host.Sources, newHostLog(s, retention.Decide(source, now, retention.Period{}), texts))
		}
	}
	return host, nil
}

func newHostLog(s wire.LogSource, d retention.Decision, texts retention.Catalog) hostLog {
	l := hostLog{
		Key: s.Key, Path: s.Path, Class: string(d.Source.Class), Verdict: d.Name(), RequiredFrom: d.RequiredFrom.String(), ShortDays: d.ShortDays,
		BytesPerDay: s.Rate.P50, Evidence: s, decision: d, Reasons: []string{},
		Remedy: texts.Remedy(d.Remedy, retention.English), RemedyChinese: texts.Remedy(d.Remedy, retention.Chinese),
	}
	if !d.LocalStart.IsZero() {
		l.Oldest = d.LocalStart.String()
	}
	if !d.FirstDeletion.IsZero() {
		l.FirstDeletion = d.FirstDeletion.String()
	}
	l.Endless = d.Guaranteed.Endless
	if d.Guaranteed.Known && !d.Guaranteed.Endless {
		l.GuaranteedDays = &d.Guaranteed.Days
	}
	for _, r := range d.Reasons {
		l.Reasons = append(l.Reasons, texts.Reason(d, r, retention.English))
	}
	return l
}

// print writes a line a source, and then what to do about those that need it. The
// classes of a source that share a verdict share its line.
func (h *hostLogs) print(w io.Writer, lang retention.Lang, all bool) error {
	type line struct {
		hostLog
		classes []string
	}
	var lines []line
	for _, l := range h.Sources {
		class := h.texts.Class(retention.Class(l.Class), lang)
		i := slices.IndexFunc(lines, func(o line) bool { return o.Key == l.Key && o.Verdict == l.Verdict })
		if i >= 0 {
			lines[i].classes = append(lines[i].classes, class)
			continue
		}
		lines = append(lines, line{l, []string{class}})
	}
	var rows [][]string
	var header []string
	for _, name := range []string{"log", "oldest", "keeps", "per_day", "verdict", "class"} {
		header = append(header, h.texts.Word(name, 0, lang))
	}
	rows = append(rows, header)
	for _, l := range lines {
		oldest := l.Oldest
		if oldest == "" {
			oldest = "-"
		}
		rows = append(rows, []string{l.Path, oldest, h.keeps(l.hostLog, lang), size(l.BytesPerDay), l.Verdict, strings.Join(l.classes, ", ")})
	}
	if err := writeColumns(w, rows); err != nil {
		return err
	}
	for _, l := range lines {
		if l.Verdict == retention.Compliant.String() && !all {
			continue
		}
		fmt.Fprintf(w, "\n%s (%s)\n", l.Path, strings.Join(l.classes, ", "))
		h.explain(w, l.hostLog, lang)
	}
	for _, p := range h.Problems {
		fmt.Fprintf(w, "\n%s: %s\n", p.Origin, h.texts.Problem(p.Text, lang))
	}
	if !h.Remembered {
		fmt.Fprintf(w, "\n%s\n", h.texts.Word("no_memory", 0, lang))
	}
	return nil
}

// explain writes the verdict, each reason on a line of its own, and what to change where.
func (h *hostLogs) explain(w io.Writer, l hostLog, lang retention.Lang) {
	verdict := l.decision
	verdict.Reasons, verdict.Notes, verdict.Remedy = nil, nil, retention.Remedy{}
	fmt.Fprintf(w, "  %s\n", h.texts.Explain(verdict, lang))
	for _, r := range slices.Concat(l.decision.Reasons, l.decision.Notes) {
		fmt.Fprintf(w, "  - %s\n", h.texts.Reason(l.decision, r, lang))
	}
	if l.decision.Remedy.Action == retention.ActionNone {
		return
	}
	fmt.Fprintf(w, "  => %s\n", h.texts.Remedy(l.decision.Remedy, lang))
	for _, p := range l.Evidence.Policies {
		if p.Origin != "" && len(l.decision.Remedy.Changes) > 0 {
			fmt.Fprintf(w, "     %s\n", p.Origin)
		}
	}
}

func (h *hostLogs) keeps(l hostLog, lang retention.Lang) string {
	switch {
	case l.Endless:
		return h.texts.Word("all", 0, lang)
	case l.GuaranteedDays == nil:
		return "?"
	}
	return h.texts.Word("days", int(math.Floor(*l.GuaranteedDays)), lang)
}

// size prints bytes in the unit that suits them.
func size(bytes float64) string {
	if bytes <= 0 {
		return "?"
	}
	unit := 0
	for bytes >= 1024 && unit < 3 {
		bytes, unit = bytes/1024, unit+1
	}
	return fmt.Sprintf("%.1f %s", bytes, []string{"B", "KiB", "MiB", "GiB"}[unit])
}
