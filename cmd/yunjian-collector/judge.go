package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"runtime/debug"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/yunjian-io/yunjian/collector"
	"github.com/yunjian-io/yunjian/rules"
	"github.com/yunjian-io/yunjian/rules/calendar"
)

func newJudge(o *options) *cobra.Command {
	var monthText, asOf, profile string
	cmd := &cobra.Command{
		Use:   "judge",
		Short: "Judge a month by the rules and store the findings",
		Long: `judge derives what is pending, reads the facts of the month and of the months its
rules look back on, and stores a finding for every rule and subject: pass, fail or
unknown. The logs are judged by Art. 31 as of the last day of the month. A month that
is not over is judged up to now. Judging again gives the same findings from the same data.
A month that is over opens a proposal for every system that it names (see proposals).
A month that is closed is not judged again, unless close --correct gives a reason.`,
		Example: `  yunjian-collector judge --month 2026-10
  yunjian-collector judge --month 2026-07 --as-of 2026-08-02`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			month, err := calendar.ParseMonth(monthText)
			if err != nil {
				return err
			}
			db, c, err := o.database(cmd)
			if err != nil {
				return err
			}
			defer func() { err = closeWith(db, err) }()
			if err := collector.CheckOpen(cmd.Context(), db.Store, month); err != nil {
				return err
			}
			pack, err := collector.LoadRules(c.RulesDir)
			if err != nil {
				return err
			}
			say := func(what string) { fmt.Fprintln(cmd.ErrOrStderr(), "judge:", what) }
			now, err := judgedAt(cmd.Context(), db, month, asOf)
			if err != nil {
				return err
			}
			logs, err := c.LogRulesFor(cmd.Context(), db.Store, month, now)
			if err != nil {
				return err
			}
			spareCollections()
			var j *collector.Judgement
			var opened collector.Opened
			if err := profiled(profile, func() (err error) {
				if j, err = collector.Judge(cmd.Context(), db, pack, logs, month, now, version(), say); err != nil {
					return err
				}
				if opened, err = collector.OpenProposals(cmd.Context(), db, j.Run, now); err != nil {
					return err
				}
				return collector.SnapshotProposals(cmd.Context(), db, time.Now())
			}); err != nil {
				return err
			}
			if o.json {
				logs, err := db.Retention(cmd.Context(), j.Run, "")
				if err != nil {
					return err
				}
				return printJSON(cmd.OutOrStdout(), judged{j, logs})
			}
			if err := printJudgement(cmd.OutOrStdout(), j); err != nil {
				return err
			}
			if err := printRetention(cmd.OutOrStdout(), j.Logs, j.LogPeriod); err != nil {
				return err
			}
			facts, err := db.RetentionFacts(cmd.Context(), j.Run, "")
			if err != nil {
				return err
			}
			if err := printRetentionFacts(cmd.OutOrStdout(), facts); err != nil {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout())
			printOpened(cmd.OutOrStdout(), j.Run.Open, opened)
			return nil
		},
	}
	cmd.Flags().StringVar(&asOf, "as-of", "", "judge as it was at this time, such as 2026-11-02 or 2026-11-02T10:00:00+08:00, for a month that is judged late (default now)")
	cmd.Flags().StringVar(&monthText, "month", "", "month to judge, such as 2026-10")
	_ = cmd.MarkFlagRequired("month") // the flag is defined above
	profileFlag(cmd, &profile)
	cmd.AddCommand(newVectors(o))
	return cmd
}

// spareCollections lets memory grow further between two collections of garbage, up to a
// limit, unless the environment says what is wanted: judging makes much of it and keeps
// little.
func spareCollections() {
	const percent, limit = 300, 1 << 30
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(percent)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(limit)
	}
}

// judged is what --json prints.
type judged struct {
	*collector.Judgement
	// Retention are the verdicts on logs (Art. 31).
	Retention []collector.RetentionVerdict `json:"retention"`
}

// judgedAt is the instant as of which a month is judged. The latest run of a month
// counts, so one that is dated before it would never be seen.
func judgedAt(ctx context.Context, db *collector.Database, month calendar.Month, asOf string) (time.Time, error) {
	now := time.Now()
	if asOf == "" {
		return now, nil
	}
	at, err := parseAt(asOf, now)
	switch {
	case err != nil:
		return now, fmt.Errorf("--as-of: %w", err)
	case at.After(now):
		return now, fmt.Errorf("--as-of %s is still to come", asOf)
	}
	// What came in since then is derived by the clock of today.
	if _, err := db.Derive(ctx, now); err != nil {
		return now, err
	}
	run, found, err := db.LastRun(ctx, month)
	if err != nil {
		return now, err
	}
	if found && !run.JudgedAt.Before(at) {
		return now, fmt.Errorf("--as-of %s: %s was judged as of %s, and the latest run counts", asOf, month, minute(run.JudgedAt))
	}
	return at, nil
}

// closeWith closes c and returns the first of the two errors.
func closeWith(c io.Closer, err error) error {
	if e := c.Close(); err == nil {
		return e
	}
	return err
}

func printJudgement(w io.Writer, j *collector.Judgement) error {
	open := ""
	if j.Run.Open {
		open = " (month not over: judged up to now)"
	}
	fmt.Fprintf(w, "%s: %d findings%s\n\n", j.Run.Month, j.Run.Findings, open)
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(t, "RULE\tVERDICT\tSTATE\tSUBJECTS")
	for _, c := range j.Counts {
		fmt.Fprintf(t, "%s\t%s\t%s\t%d\n", c.RuleID, c.Verdict, c.State, c.Subjects)
	}
	if len(j.Actions) > 0 {
		fmt.Fprintln(t, "\nRECOMMENDED\tHOSTS")
		for _, a := range slices.Sorted(maps.Keys(j.Actions)) {
			fmt.Fprintf(t, "%s\t%d\n", a, j.Actions[a])
		}
	}
	return t.Flush()
}

func newRules(o *options) *cobra.Command {
	cmd := &cobra.Command{Use: "rules", Short: "Check and test rule files"}
	load := func(cmd *cobra.Command, args []string) (rules.Pack, error) {
		if len(args) == 1 {
			return rules.Load(os.DirFS(args[0]))
		}
		c, _, err := o.load(cmd.ErrOrStderr())
		if err != nil {
			return rules.Pack{}, err
		}
		return collector.LoadRules(c.RulesDir)
	}
	cmd.AddCommand(
		&cobra.Command{
			Use: "check [FOLDER]", Short: "Read the rule files and list the rules", Args: cobra.MaximumNArgs(1),
			Example: "  yunjian-collector rules check /etc/yunjian/rules",
			RunE: func(cmd *cobra.Command, args []string) error {
				pack, err := load(cmd, args)
				if err != nil {
					return err
				}
				if o.json {
					return printJSON(cmd.OutOrStdout(), pack.All())
				}
				t := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 8, 2, ' ', 0)
				fmt.Fprintln(t, "RULE\tVERSION\tFROM\tSUBJECT\tWINDOW\tHASH\tTITLE")
				for _, r := range pack.All() {
					fmt.Fprintf(t, "%s\t%d\t%s\t%s\t%d %s\t%.12s\t%s\n", r.ID, r.Version, r.EffectiveFrom, r.Subject, r.Window, r.Period, r.Hash, r.Title)
				}
				return t.Flush()
			},
		},
		&cobra.Command{
			Use: "test [FOLDER]", Short: "Run the tests that the rule files carry", Args: cobra.MaximumNArgs(1),
			Example: "  yunjian-collector rules test",
			RunE: func(cmd *cobra.Command, args []string) error {
				pack, err := load(cmd, args)
				if err != nil {
					return err
				}
				return printTests(cmd.OutOrStdout(), rules.Test(pack))
			},
		})
	return cmd
}

func printTests(w io.Writer, results []rules.TestResult) error {
	failed := 0
	for _, r := range results {
		if r.OK() {
			fmt.Fprintf(w, "ok    %s: %s\n", r.RuleID, r.Name)
			continue
		}
		failed++
		fmt.Fprintf(w, "FAIL  %s: %s\n", r.RuleID, r.Name)
		for _, p := range r.Problems {
			fmt.Fprintln(w, "      "+p)
		}
	}
	fmt.Fprintf(w, "%d tests, %d failed\n", len(results), failed)
	if failed > 0 || len(results) == 0 {
		return errSilent
	}
	return nil
}
