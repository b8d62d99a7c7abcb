package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/yunjian-io/yunjian/collector"
	"github.com/yunjian-io/yunjian/rules/calendar"
)

func newClose(o *options) *cobra.Command {
	var monthText string
	var ask collector.Closing
	cmd := &cobra.Command{
		Use:   "close",
		Short: "Judge a month and close it, so that its reports can be filed",
		Long: `close judges a month that is over and closes it: its reports are made from that run, and
data that come later are flagged (status counts them) and get into no report by
themselves. Closing again changes nothing. With --correct a closed month is judged once
more and gets the next version: its reports are then marked as corrections and give the reason.

serve does it by itself at the end of the day reports.cutoff_day of the next month.`,
		Example: `  yunjian-collector close --month 2026-10 --by li
  yunjian-collector close --month 2026-10 --correct "data of three hosts came late" --by li`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if ask.Month, err = calendar.ParseMonth(monthText); err != nil {
				return err
			}
			if cmd.Flags().Changed("correct") && ask.Correct == "" {
				return fmt.Errorf("--correct: give the reason, which stands on the cover of the corrected reports")
			}
			db, c, err := o.database(cmd)
			if err != nil {
				return err
			}
			defer func() { err = closeWith(db, err) }()
			pack, err := collector.LoadRules(c.RulesDir)
			if err != nil {
				return err
			}
			now := time.Now()
			logs, err := c.LogRulesFor(cmd.Context(), db.Store, ask.Month, now)
			if err != nil {
				return err
			}
			say := func(what string) { fmt.Fprintln(cmd.ErrOrStderr(), "close:", what) }
			closed, changed, err := collector.CloseMonth(cmd.Context(), db, pack, logs, ask, now, version(), say)
			if err != nil {
				return err
			}
			if o.json {
				return printJSON(cmd.OutOrStdout(), closed)
			}
			if !changed {
				fmt.Fprint(cmd.OutOrStdout(), "closed already: ")
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s version %d, closed %s: %d values of %d hosts, data batch %s\n",
				closed.Month, closed.Version, closed.ClosedAt.Format(time.DateTime), closed.Buckets, closed.Hosts, closed.Batch)
			return nil
		},
	}
	cmd.Flags().StringVar(&monthText, "month", "", "month to close, such as 2026-10")
	cmd.Flags().StringVar(&ask.By, "by", "", "person who closes it; needed for a correction")
	cmd.Flags().StringVar(&ask.Correct, "correct", "", "reason for judging a closed month again")
	_ = cmd.MarkFlagRequired("month") // the flag is defined above
	return cmd
}
