package main

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/yunjian-io/yunjian/collector"
	"github.com/yunjian-io/yunjian/rules/calendar"
	"github.com/yunjian-io/yunjian/rules/filing"
)

func newFiling(o *options) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "filing",
		Short: "Keep the ledger of reports: reviewed, signed, sent, received (Art. 30, 36)",
		Long: `filing keeps the ledger D1: which report of which provider and month is due with whom by
when, who signed it, when it was sent and received, and how many working days late. Every
step is recorded with who and when; repeating a step changes nothing. A report is in the
ledger once its month is closed (see close) and it was made (see report).`,
	}
	cmd.AddCommand(newFilingList(o), newFilingShow(o), newFilingReview(o), newFilingSign(o), newFilingSend(o), newFilingReceipt(o))
	return cmd
}

// filed runs a command of the ledger with the database open.
func (o *options) filed(cmd *cobra.Command, do func(*collector.Filer) error) (err error) {
	f, err := o.filer(cmd, press{formats: reportFormats()}, "filing:")
	if err != nil {
		return err
	}
	defer func() { err = closeWith(f.DB, err) }()
	return do(f)
}

func newFilingList(o *options) *cobra.Command {
	var from, to, state string
	var ask collector.LedgerAsk
	cmd := &cobra.Command{
		Use: "list", Short: "List what is due, made, sent and missing", Args: cobra.NoArgs,
		Example: "  yunjian-collector filing list --state missing\n  yunjian-collector filing list --from 2026-01 --json",
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			for text, month := range map[*string]*calendar.Month{&from: &ask.From, &to: &ask.To} {
				if *text != "" {
					if *month, err = calendar.ParseMonth(*text); err != nil {
						return err
					}
				}
			}
			return o.filed(cmd, func(f *collector.Filer) error {
				all, err := f.Ledger(cmd.Context(), ask, calendar.DateOf(time.Now().In(collector.Zone())))
				if err != nil {
					return err
				}
				rows := []filing.Row{}
				for i := range all {
					if state == "" || string(all[i].State) == state {
						rows = append(rows, all[i])
					}
				}
				if o.json {
					return printJSON(cmd.OutOrStdout(), rows)
				}
				return printLedger(cmd.OutOrStdout(), rows)
			})
		},
	}
	cmd.Flags().StringVar(&from, "from", "", "first month, such as 2026-01")
	cmd.Flags().StringVar(&to, "to", "", "last month")
	cmd.Flags().StringVar(&ask.Provider, "provider", "", "only those about this provider")
	cmd.Flags().StringVar(&ask.Kind, "kind", "", "only those of this kind")
	cmd.Flags().StringVar(&state, "state", "", "only those in this state: pending, missing, prepared, reviewed, signed, sent or received")
	return cmd
}

func printLedger(w io.Writer, rows []filing.Row) error {
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(t, "MONTH\tPROVIDER\tKIND\tUNIT\tRECIPIENT\tDUE\tSTATE\tREPORT\tBY\tSENT\tRECEIPT\tLATE")
	dash := func(s string) string {
		if s == "" {
			return "-"
		}
		return s
	}
	for i := range rows {
		r := &rows[i]
		state, late, sent := string(r.State), "-", "-"
		if r.State == filing.Missing {
			state = "MISSING"
		}
		if r.Overdue {
			late = strconv.Itoa(r.LateWorkdays) + " working days"
		}
		if !r.SentAt.IsZero() {
			sent = minute(r.SentAt)
		}
		due := r.Due.Date.String()
		if r.Due.Estimated {
			due += "?"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", r.Month, dash(r.Provider), r.Kind, dash(r.Unit), dash(r.Recipient), due, state, dash(r.ID), dash(r.By), sent, dash(r.Receipt), late)
	}
	return t.Flush()
}

func newFilingShow(o *options) *cobra.Command {
	return &cobra.Command{
		Use: "show ID", Short: "Show one report: files with SHA-256, and every step", Args: cobra.ExactArgs(1),
		Example: "  yunjian-collector filing show sichuan-cloud-202610-usage-v1",
		RunE: func(cmd *cobra.Command, args []string) error {
			return o.filed(cmd, func(f *collector.Filer) error {
				x, err := f.Filing(cmd.Context(), args[0])
				if err != nil {
					return err
				}
				return o.printFiling(cmd.OutOrStdout(), x)
			})
		},
	}
}

func (o *options) printFiling(w io.Writer, x filing.Filing) error {
	if o.json {
		return printJSON(w, x)
	}
	fmt.Fprintf(w, "%s  %s %s %s  version %d  data batch %s\n", x.ID, x.Provider, x.Month, x.Kind, x.Version, x.Batch)
	if x.Issuer.Name != "" {
		fmt.Fprintf(w, "issued by %s (%s)\n", x.Issuer.Name, x.Issuer.Type)
	}
	fmt.Fprintln(w)
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(t, "FILE\tBYTES\tSHA-256")
	for _, f := range x.Files {
		fmt.Fprintf(t, "%s\t%d\t%s\n", f.Name, f.Bytes, f.SHA256)
	}
	fmt.Fprintln(t, "\t\t\nSTEP\tWHEN\tWHO, TO WHOM, HOW")
	for _, e := range x.Events {
		who := e.By
		if who == "" {
			who = "(schedule)"
		}
		how := ""
		if e.Parts > 0 && e.Kind == filing.Part {
			how = fmt.Sprintf("mail %d of %d, <%s>", e.Part, e.Parts, e.MessageID)
		}
		fmt.Fprintf(t, "%s\t%s\t%s %s %s %s %s %s\n", e.Kind, minute(e.At), who, e.Recipient, e.Way, how, e.Receipt, e.Note)
	}
	return t.Flush()
}

// filingStep are the flags of a step.
type filingStep struct{ by, at, note, to, way, receipt, out string }

// when reads --at.
func (s *filingStep) when() (time.Time, error) { return parseAt(s.at, time.Now()) }

func (s *filingStep) flags(cmd *cobra.Command) {
	flag(cmd, &s.by, "by", "person who does it")
	flag(cmd, &s.at, "at", "when it was done, such as 2026-11-03 or 2026-11-03T10:00:00+08:00 (default now)")
	_ = cmd.MarkFlagRequired("by") // the flag is defined above
}

func newFilingReview(o *options) *cobra.Command {
	var s filingStep
	cmd := &cobra.Command{
		Use: "review ID", Short: "Record that a report was reviewed", Args: cobra.ExactArgs(1),
		Example: "  yunjian-collector filing review sichuan-cloud-202610-usage-v1 --by wang",
		RunE: func(cmd *cobra.Command, args []string) error {
			at, err := s.when()
			if err != nil {
				return err
			}
			return o.filed(cmd, func(f *collector.Filer) error {
				x, err := f.Review(cmd.Context(), args[0], s.by, s.note, at)
				if err != nil {
					return err
				}
				return o.printFiling(cmd.OutOrStdout(), x)
			})
		},
	}
	s.flags(cmd)
	flag(cmd, &s.note, "note", "remark")
	return cmd
}

func newFilingSign(o *options) *cobra.Command {
	var s filingStep
	cmd := &cobra.Command{
		Use: "sign ID", Short: "Sign a report off: it is printed without the mark of a draft", Args: cobra.ExactArgs(1),
		Long: `sign records who signs a report off and prints it without the mark of a draft, from the
data that were kept when it was made and with what persons wrote into the DOCX that lies
in the folder. From then on it does not change; what is wrong needs a correction (see
close). Only the latest version of a closed month can be signed.`,
		Example: "  yunjian-collector filing sign sichuan-cloud-202610-usage-v1 --by zhang",
		RunE: func(cmd *cobra.Command, args []string) error {
			at, err := s.when()
			if err != nil {
				return err
			}
			return o.filed(cmd, func(f *collector.Filer) error {
				if s.out == "" && f.Settings.Out == "" {
					return errors.New("name the folder of the report with --out, or set reports.out in the configuration")
				}
				made, err := f.Sign(cmd.Context(), args[0], s.by, s.out, at)
				if err != nil {
					return err
				}
				return o.printMade(cmd, []collector.Made{made})
			})
		},
	}
	s.flags(cmd)
	flag(cmd, &s.out, "out", "folder of the report (default reports.out/MONTH of the configuration)")
	return cmd
}

func newFilingSend(o *options) *cobra.Command {
	var s filingStep
	cmd := &cobra.Command{
		Use: "send ID", Short: "Carry a signed report to a recipient, or record that it was", Args: cobra.ExactArgs(1),
		Long: `send puts a signed report into the folder of a recipient and sends it to his mail
addresses, as the configuration says, and records it once all of it was taken. What was
taken is not sent again. With --way nothing is carried: it records how a person did.`,
		Example: `  yunjian-collector filing send sichuan-cloud-202610-usage-v1 --to office --by li
  yunjian-collector filing send sichuan-cloud-202610-usage-v1 --to office --way courier --at 2026-11-05 --by li`,
		RunE: func(cmd *cobra.Command, args []string) error {
			at, err := s.when()
			if err != nil {
				return err
			}
			if s.at != "" && s.way == "" {
				return errors.New("--at goes with --way: what the program carries is dated by its clock")
			}
			return o.filed(cmd, func(f *collector.Filer) error {
				x, changed, err := f.Send(cmd.Context(), args[0], s.to, s.way, s.by, at)
				if err != nil {
					return err
				}
				if !changed {
					f.Say("it was sent to " + s.to + " already")
				}
				return o.printFiling(cmd.OutOrStdout(), x)
			})
		},
	}
	s.flags(cmd)
	flag(cmd, &s.to, "to", "name of the recipient, as in the configuration")
	flag(cmd, &s.way, "way", "how a person has brought it there")
	_ = cmd.MarkFlagRequired("to") // the flag is defined above
	return cmd
}

func newFilingReceipt(o *options) *cobra.Command {
	var s filingStep
	cmd := &cobra.Command{
		Use: "receipt ID", Short: "Record the receipt of a recipient", Args: cobra.ExactArgs(1),
		Example: "  yunjian-collector filing receipt sichuan-cloud-202610-usage-v1 --from office --no 2026-31 --by li",
		RunE: func(cmd *cobra.Command, args []string) error {
			at, err := s.when()
			if err != nil {
				return err
			}
			return o.filed(cmd, func(f *collector.Filer) error {
				x, err := f.Receipt(cmd.Context(), args[0], s.to, s.by, s.receipt, s.note, at)
				if err != nil {
					return err
				}
				return o.printFiling(cmd.OutOrStdout(), x)
			})
		},
	}
	s.flags(cmd)
	flag(cmd, &s.to, "from", "name of the recipient")
	flag(cmd, &s.receipt, "no", "number or words of the receipt")
	flag(cmd, &s.note, "note", "remark")
	for _, name := range []string{"from", "no"} {
		_ = cmd.MarkFlagRequired(name) // the flags are defined above
	}
	return cmd
}
