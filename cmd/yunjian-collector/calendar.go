package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/yunjian-io/yunjian/collector"
)

func newCalendar(o *options) *cobra.Command {
	cmd := &cobra.Command{Use: "calendar", Short: "Show the working calendar and import the notice of a year"}
	var by string
	load := &cobra.Command{
		Use:   "import FILE",
		Short: "Import the days off and make-up working days of a year",
		Long: `import reads a YAML file of one or more years in the form of the built-in calendar and
stores it with file, importer and day. Judging and deadlines use it from then on; a year
without a notice is computed by weekends, and every date that depends on it says so.

  years:
    - year: 2027
      notices: [https://www.gov.cn/…]
      holidays:
        - {name: …, off: [2027-01-01..2027-01-03], work: [2027-01-09]}`,
		Example: "  yunjian-collector calendar import 2027.yaml",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			data, err := os.ReadFile(args[0])
			if err != nil {
				return fmt.Errorf("read calendar: %w", err)
			}
			db, _, err := o.database(cmd)
			if err != nil {
				return err
			}
			defer func() { err = closeWith(db, err) }()
			changed, err := collector.ImportCalendar(cmd.Context(), db.Store, collector.InventoryFile{Name: args[0], Data: data, By: by}, time.Now())
			if err != nil {
				return err
			}
			if o.json {
				return printJSON(cmd.OutOrStdout(), map[string][]int{"changed": changed})
			}
			if len(changed) == 0 {
				fmt.Fprintln(cmd.OutOrStdout(), "nothing new: these years are known already")
			}
			for _, year := range changed {
				fmt.Fprintf(cmd.OutOrStdout(), "%d imported\n", year)
			}
			return nil
		},
	}
	load.Flags().StringVar(&by, "by", userName(), "who imports it")
	cmd.AddCommand(load, &cobra.Command{
		Use: "show YEAR", Short: "Show a year: notices, days off, make-up working days", Args: cobra.ExactArgs(1),
		Example: "  yunjian-collector calendar show 2026",
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			year, err := strconv.Atoi(args[0])
			if err != nil || year < 2000 || year > 2199 {
				return fmt.Errorf("year %q: want one from 2000 to 2199", args[0])
			}
			db, _, err := o.database(cmd)
			if err != nil {
				return err
			}
			defer func() { err = closeWith(db, err) }()
			c, err := collector.ShowCalendar(cmd.Context(), db.Store, year)
			if err != nil {
				return err
			}
			if o.json {
				return printJSON(cmd.OutOrStdout(), c)
			}
			w := cmd.OutOrStdout()
			switch {
			case !c.Known:
				fmt.Fprintf(w, "%d: no notice known; computed by weekends (calendar import adds it)\n", c.Year)
			case c.Imported:
				fmt.Fprintf(w, "%d: imported from %s by %s on %s\n", c.Year, c.File, c.By, c.At)
			default:
				fmt.Fprintf(w, "%d: built in\n", c.Year)
			}
			for _, n := range c.Notices {
				fmt.Fprintln(w, "notice       ", n)
			}
			fmt.Fprintln(w, "working days ", c.WorkingDays)
			fmt.Fprintln(w, "days off     ", orDash(strings.Join(c.Off, " ")))
			fmt.Fprintln(w, "made up      ", orDash(strings.Join(c.MakeUp, " ")))
			return nil
		},
	})
	return cmd
}
