package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/yunjian-io/yunjian/collector"
	"github.com/yunjian-io/yunjian/rules/calendar"
)

func newRecords(o *options) *cobra.Command {
	cmd := &cobra.Command{Use: "records", Short: "Import what was done and what happened: incidents, scans, orders, backups (Art. 30, 36)"}
	cmd.AddCommand(newRecordsImport(o), newRecordsTemplate())
	return cmd
}

func newRecordsImport(o *options) *cobra.Command {
	var kind, provider, month, to string
	cmd := &cobra.Command{
		Use:   "import FILE...",
		Short: "Import CSV or XLSX files of one kind, each whole or not at all",
		Long: `import reads records of one kind. A row that is wrong is named with file, sheet, row,
column, value and what is wanted, and then nothing of that file is stored. Importing the
same file again changes nothing; a row of a later file replaces the one with its key.

--month, and --to for several, state the months that the file covers completely: a month
that is covered and has no row is reported as a real 0, one that is not covered as not
provided. Import a file with heads only to state that there was nothing. Registers
(services, protection, handovers, settlement_baselines) state no month.

docs/imports.md lists kinds and columns.`,
		Example: `  yunjian-collector records import --kind incidents --provider sichuan-cloud --month 2026-10 incidents.xlsx
  yunjian-collector records import --kind work --provider sichuan-cloud --month 2026-07 --to 2026-09 work.csv`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			f := collector.RecordFile{Kind: kind, Provider: provider, By: userName()}
			if f.From, f.To, err = statedMonths(kind, month, to); err != nil {
				return err
			}
			db, _, err := o.database(cmd)
			if err != nil {
				return err
			}
			defer func() { err = closeWith(db, err) }()
			out, refused := []collector.RecordsImported{}, error(nil)
			for _, name := range args {
				f.Name = name
				if f.Data, err = os.ReadFile(name); err != nil {
					return fmt.Errorf("read records: %w", err)
				}
				done, err := collector.ImportRecords(cmd.Context(), db.Store, f, time.Now())
				if err != nil {
					return err
				}
				out = append(out, done)
				for _, p := range done.Problems {
					fmt.Fprintln(cmd.ErrOrStderr(), p)
				}
				if n := len(done.Problems); n > 0 {
					refused = errors.Join(refused, fmt.Errorf("%s: %d problems, nothing of it was imported", name, n))
				}
			}
			if o.json {
				return errors.Join(printJSON(cmd.OutOrStdout(), out), refused)
			}
			for i, done := range out {
				switch {
				case len(done.Problems) > 0:
				case done.Known:
					fmt.Fprintf(cmd.OutOrStdout(), "%s: imported before, nothing changed\n", args[i])
				default:
					fmt.Fprintf(cmd.OutOrStdout(), "%s: %d rows imported\n", args[i], done.Rows)
				}
			}
			return refused
		},
	}
	cmd.Flags().StringVar(&kind, "kind", "", "kind of the records: "+kindsText())
	cmd.Flags().StringVar(&provider, "provider", "", "id of the provider of whose platforms they tell")
	cmd.Flags().StringVar(&month, "month", "", "month that the file states completely, such as 2026-10")
	cmd.Flags().StringVar(&to, "to", "", "last month that it states; --month if not given")
	for _, name := range []string{"kind", "provider"} {
		_ = cmd.MarkFlagRequired(name) // the flags are defined above
	}
	return cmd
}

// statedMonths reads the months that a file of a kind states.
func statedMonths(kind, from, to string) (first, last calendar.Month, err error) {
	monthly, err := collector.RecordsMonthly(kind)
	switch {
	case err != nil:
		return first, last, err
	case !monthly && from+to != "":
		return first, last, fmt.Errorf("records of kind %q are a register: leave --month and --to out", kind)
	case !monthly:
		return first, last, nil
	case from == "":
		return first, last, fmt.Errorf("records of kind %q state months: give --month, and --to for several", kind)
	}
	if first, err = calendar.ParseMonth(from); err != nil {
		return first, last, err
	}
	if to == "" {
		return first, first, nil
	}
	last, err = calendar.ParseMonth(to)
	if err == nil && last.Compare(first) < 0 {
		err = fmt.Errorf("--to %s is before --month %s", last, first)
	}
	return first, last, err
}

func kindsText() string {
	kinds, err := collector.RecordKinds()
	if err != nil {
		return err.Error()
	}
	return strings.Join(kinds, ", ")
}

func newRecordsTemplate() *cobra.Command {
	var kind string
	cmd := &cobra.Command{
		Use:     "template [FILE.csv]",
		Short:   "Write the heads of a kind of records; to standard output without a file",
		Example: "  yunjian-collector records template --kind incidents incidents.csv",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			data, err := collector.RecordTemplate(kind)
			if err != nil {
				return err
			}
			if len(args) == 0 {
				_, err = cmd.OutOrStdout().Write(data)
				return err
			}
			if err := os.WriteFile(args[0], data, 0o644); err != nil {
				return fmt.Errorf("write template: %w", err)
			}
			fmt.Fprintln(cmd.OutOrStdout(), "written:", args[0])
			return nil
		},
	}
	cmd.Flags().StringVar(&kind, "kind", "", "kind of the records: "+kindsText())
	_ = cmd.MarkFlagRequired("kind") // the flag is defined above
	return cmd
}
