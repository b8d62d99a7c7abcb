package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/yunjian-io/yunjian/collector"
	"github.com/yunjian-io/yunjian/rules/calendar"
	"github.com/yunjian-io/yunjian/rules/retention"
)

func newRetention(o *options) *cobra.Command {
	var monthText, provider string
	cmd := &cobra.Command{
		Use:   "retention",
		Short: "Show the figures of a judged month about logs (Art. 31)",
		Long: `retention reads the latest run of judging of a month and shows, by responsible party
and class, how many logs are kept for the period, which of them break on a known day,
which are undetermined, and how much of the time this system itself has watched.`,
		Example: "  yunjian-collector retention --month 2026-10 --provider sichuan-cloud",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			month, err := calendar.ParseMonth(monthText)
			if err != nil {
				return err
			}
			db, _, err := o.database(cmd)
			if err != nil {
				return err
			}
			defer func() { err = closeWith(db, err) }()
			run, judged, err := db.LastRun(cmd.Context(), month)
			if err != nil {
				return err
			}
			if !judged {
				return fmt.Errorf("month %s was not judged: run yunjian-collector judge --month %s", month, month)
			}
			facts, err := db.RetentionFacts(cmd.Context(), run, provider)
			if err != nil {
				return err
			}
			if o.json {
				return printJSON(cmd.OutOrStdout(), facts)
			}
			return printRetentionFacts(cmd.OutOrStdout(), facts)
		},
	}
	cmd.Flags().StringVar(&monthText, "month", "", "judged month, such as 2026-10")
	cmd.Flags().StringVar(&provider, "provider", "", "id of one provider; all if not given")
	_ = cmd.MarkFlagRequired("month") // the flag is defined above
	return cmd
}

// printRetention prints how many logs have each verdict.
func printRetention(w io.Writer, counts map[string]int, period string) error {
	all := 0
	for _, n := range counts {
		all += n
	}
	fmt.Fprintf(w, "\n%d logs judged (Art. 31)%s\n\n", all, inPeriod(period))
	if all == 0 {
		return nil
	}
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(t, "VERDICT\tLOGS")
	for _, name := range slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	}) {
		fmt.Fprintf(t, "%s\t%d\n", name, counts[name])
	}
	return t.Flush()
}

func inPeriod(period string) string {
	if period == "" {
		return ""
	}
	return ", period " + period
}

// shownLogs is how many logs are listed by name before the rest is only counted.
const shownLogs = 20

// printRetentionFacts prints the figures of a month about logs.
func printRetentionFacts(w io.Writer, f collector.RetentionFacts) error {
	open := ""
	if f.Open {
		open = " (month not over: judged up to now)"
	}
	fmt.Fprintf(w, "\n%s: logs by responsible party and class%s%s\n\n", f.Month, inPeriod(f.Period), open)
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(t, "PARTY\tCLASS\tREQUIRED\tLOGS\tCOMPLIANT\tBY FORWARD\tAT RISK\tACCUMULATING\tUNKNOWN\tVIOLATED\tWAIVED\tF15\tDECIDABLE")
	for _, c := range f.Counts {
		required := "no"
		if c.Mandatory {
			required = "yes"
		}
		number := func(v retention.Verdict) uint64 { return c.Verdicts[v.String()] }
		fmt.Fprintf(t, "%s\t%s\t%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%s\t%s\n", c.Party, c.Class, required, c.Logs,
			number(retention.Compliant), number(retention.CompliantByForward), number(retention.AtRisk), number(retention.NotYetAccountable),
			number(retention.Unknown), number(retention.Violated), c.Statuses[retention.StatusWaived.String()], percent(c.Compliance()), percent(c.Decidable()))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(w, "\nattested by this system: %s of the days to be kept\n", percent(f.AttestedShare()))
	if err := printNamed(w, "break on a known day", f.Breaking); err != nil {
		return err
	}
	return printNamed(w, "are undetermined", f.Undetermined)
}

func printNamed(w io.Writer, what string, logs []collector.RetentionNamed) error {
	if len(logs) == 0 {
		return nil
	}
	fmt.Fprintf(w, "\n%d logs %s:\n", len(logs), what)
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(t, "ON\tPROVIDER\tSYSTEM\tHOST\tCLASS\tSTREAM\tPARTY\tWHY\tPATH")
	for _, n := range logs[:min(len(logs), shownLogs)] {
		on := "—"
		if !n.On.IsZero() {
			on = n.On.String()
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", on, n.Provider, n.System, n.HostID, n.Class, n.Stream, n.Party, n.Why, n.Path)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if more := len(logs) - shownLogs; more > 0 {
		fmt.Fprintf(w, "… and %d more (--json lists all)\n", more)
	}
	return nil
}

// percent prints a share, or a dash where there is nothing to share.
func percent(share float64, ok bool) string {
	if !ok {
		return "—"
	}
	return fmt.Sprintf("%.1f %%", 100*share)
}
