package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/yunjian-io/yunjian/collector"
	"github.com/yunjian-io/yunjian/rules/calendar"
	"github.com/yunjian-io/yunjian/rules/proposal"
	"github.com/yunjian-io/yunjian/rules/rightsize"
)

func newProposals(o *options) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "proposals",
		Short: "Follow low utilization from the notice to the verified change (Art. 23)",
		Long: `proposals keeps what Art. 23 asks for: a judged system is given notice, its unit replies,
experts review, the office approves, the provider implements and the change is verified
after a month. Every step is recorded with who and when; repeating a step changes nothing,
and nothing here changes a resource.`,
	}
	cmd.AddCommand(newProposalsList(o), newProposalsShow(o), newProposalsOpen(o))
	for _, s := range steps() {
		cmd.AddCommand(s.command(o))
	}
	return cmd
}

func newProposalsList(o *options) *cobra.Command {
	var f collector.ProposalFilter
	var state string
	cmd := &cobra.Command{
		Use: "list", Short: "List proposals with what is expected next", Args: cobra.NoArgs,
		Example: "  yunjian-collector proposals list --state overdue",
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			db, _, err := o.database(cmd)
			if err != nil {
				return err
			}
			defer func() { err = closeWith(db, err) }()
			views, err := db.Proposals(cmd.Context(), f, time.Now())
			if err != nil {
				return err
			}
			list := []collector.ProposalSummary{}
			for _, s := range collector.Summaries(views) {
				if state == "" || state == string(s.State) {
					list = append(list, s)
				}
			}
			if o.json {
				return printJSON(cmd.OutOrStdout(), list)
			}
			return printProposals(cmd.OutOrStdout(), list)
		},
	}
	cmd.Flags().StringVar(&state, "state", "", "only those in this state, such as overdue")
	cmd.Flags().StringVar(&f.System, "system", "", "only those of this information system")
	cmd.Flags().StringVar(&f.Unit, "unit", "", "only those of this using unit")
	cmd.Flags().StringVar(&f.Provider, "provider", "", "only those with hosts of this provider")
	return cmd
}

func newProposalsShow(o *options) *cobra.Command {
	return &cobra.Command{
		Use: "show ID", Short: "Show one proposal: items, timeline, deadlines and who is next", Args: cobra.ExactArgs(1),
		Example: "  yunjian-collector proposals show 2026-10-demo-system",
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			db, _, err := o.database(cmd)
			if err != nil {
				return err
			}
			defer func() { err = closeWith(db, err) }()
			v, err := db.Proposal(cmd.Context(), args[0], collector.Slice{}, time.Now())
			if err != nil {
				return err
			}
			return o.printProposal(cmd.OutOrStdout(), v)
		},
	}
}

func newProposalsOpen(o *options) *cobra.Command {
	var monthText string
	cmd := &cobra.Command{
		Use: "open", Short: "Open proposals for the systems that a judged month names (judge does it too)", Args: cobra.NoArgs,
		Example: "  yunjian-collector proposals open --month 2026-10",
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
			opened, err := collector.OpenProposals(cmd.Context(), db, run, time.Now())
			if err != nil {
				return err
			}
			if o.json {
				return printJSON(cmd.OutOrStdout(), opened)
			}
			printOpened(cmd.OutOrStdout(), run.Open, opened)
			return nil
		},
	}
	cmd.Flags().StringVar(&monthText, "month", "", "judged month, such as 2026-10")
	_ = cmd.MarkFlagRequired("month") // the flag is defined above
	return cmd
}

func printOpened(w io.Writer, open bool, o collector.Opened) {
	if open {
		fmt.Fprintln(w, "proposals: none are opened before the month is over")
		return
	}
	fmt.Fprintf(w, "proposals: %d opened, %d joined, %d unchanged\n", len(o.Opened), len(o.Joined), len(o.Unchanged))
	for _, id := range o.Opened {
		fmt.Fprintln(w, "opened", id)
	}
}

func printProposals(w io.Writer, list []collector.ProposalSummary) error {
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(t, "PROPOSAL\tSYSTEM\tUNIT\tPROVIDERS\tSTATE\tITEMS\tNEXT\tBY\tDUE\tOVERDUE")
	for _, s := range list {
		next, by, due, late := "—", "—", "—", "—"
		if len(s.Expected) > 0 {
			e := s.Expected[0]
			next, by, due = string(e.Kind), string(e.By[0]), orDash(dueText(e.Due))
			if e.OverdueDays > 0 {
				late = fmt.Sprintf("%d working days", e.OverdueDays)
			}
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%d\t%s\t%s\t%s\t%s\n", s.ID, s.System, s.Unit, strings.Join(s.Providers, ","), s.State, s.Items, next, by, due, late)
	}
	return t.Flush()
}

// dueText prints a deadline; one that no notice settles yet says so.
func dueText(d calendar.Day) string {
	if d.Estimated {
		return d.Date.String() + " (estimated)"
	}
	return d.Date.String()
}

func (o *options) printProposal(w io.Writer, v collector.ProposalView) error {
	if o.json {
		return printJSON(w, v)
	}
	texts, err := proposal.LoadTexts()
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "%s  %s (%s)\nsystem %s, unit %s, providers %s\n", v.ID, v.Now, texts.States[v.Now].Chinese, v.System, v.Unit, strings.Join(v.Providers, ", "))
	for _, f := range v.Findings {
		fmt.Fprintf(w, "  %s %s %s: %s\n", f.RuleID, f.Subject, f.State, f.Reason)
	}
	if err := printItems(w, v); err != nil {
		return err
	}
	fmt.Fprintln(w, "\nTIMELINE")
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	stage := 0
	for _, e := range v.Events {
		var reached []string
		for ; stage < len(v.Stages) && v.Stages[stage].At.Equal(e.At) && v.Stages[stage].By == e.By; stage++ {
			reached = append(reached, string(v.Stages[stage].State))
		}
		fmt.Fprintf(t, "%s\t%s\t%s (%s)\t%s\t%s\n", minute(e.At), e.Kind, e.By, e.Role, orDash(strings.Join(reached, ", ")), remarkOf(e))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	return printNext(w, v)
}

// remarkOf is what a line of the timeline says beside its kind.
func remarkOf(e proposal.Event) string {
	switch {
	case e.Found != nil:
		return e.Found.Month.String() + " " + e.Found.State
	case e.Notice != nil:
		return e.Notice.No
	case e.Decide != nil:
		return e.Decide.No
	case e.Dispute != nil:
		return e.Dispute.Reason
	case e.Exempt != nil:
		return e.Exempt.Kind + " until " + e.Exempt.Until.String()
	case e.Guard != nil:
		return e.Guard.Chinese
	case e.Restore != nil:
		return e.Restore.Host
	case e.Close != nil:
		return e.Close.Reason
	}
	return ""
}

func printItems(w io.Writer, v collector.ProposalView) error {
	fmt.Fprintln(w)
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(t, "HOST\tPROPOSED\tNOW\tTARGET\tREPLY\tDECISION\tIMPLEMENTED\tCPU P95 AFTER\tRESTORE BY")
	for _, i := range v.Items {
		reply, decision, after := "—", "—", "—"
		if i.Reply != nil {
			reply = strings.TrimSpace(string(i.Reply.Answer) + " " + string(i.Reply.Why))
		}
		if i.Decision != nil {
			decision = string(i.Decision.Decision)
			if !i.Decision.ExemptionUntil.IsZero() {
				decision += " until " + i.Decision.ExemptionUntil.String()
			}
		}
		if i.Measure != nil && i.Measure.CPUP95 != nil {
			after = percent(*i.Measure.CPUP95, true)
		}
		restore := dueText(i.RestoreDue)
		if i.Restored != nil {
			restore = "restored"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", i.Host, i.Action, sizeText(i.Current), sizeText(i.Target), reply, decision, orDash(i.ChangedOn.String()), after, orDash(restore))
	}
	return t.Flush()
}

func printNext(w io.Writer, v collector.ProposalView) error {
	if v.Realised != nil {
		share := func(s *float64) string {
			if s == nil {
				return "—"
			}
			return percent(*s, true)
		}
		fmt.Fprintf(w, "\nF12: %g of %g cores (%s), %g of %g GiB (%s), %g of %g GiB of disk (%s); rebound: %v\n", v.Realised.Actual.Cores, v.Realised.Approved.Cores, share(v.Realised.Cores),
			v.Realised.Actual.MemoryGiB, v.Realised.Approved.MemoryGiB, share(v.Realised.MemoryGiB),
			v.Realised.Actual.DiskGiB, v.Realised.Approved.DiskGiB, share(v.Realised.DiskGiB), v.Rebound)
	}
	for _, r := range v.Refused {
		fmt.Fprintln(w, "recorded and not counted:", r)
	}
	fmt.Fprintln(w, "\nNEXT")
	if len(v.Expected) == 0 {
		fmt.Fprintln(w, "nothing: the proposal has ended")
	}
	for _, e := range v.Expected {
		roles := make([]string, len(e.By))
		for i, r := range e.By {
			roles[i] = string(r)
		}
		line := fmt.Sprintf("%s by %s", e.Kind, strings.Join(roles, ", "))
		if !e.From.IsZero() {
			line += " from " + e.From.String()
		}
		if !e.Due.Date.IsZero() {
			line += " until " + dueText(e.Due)
		}
		if e.OverdueDays > 0 {
			line += fmt.Sprintf(", %d working days overdue", e.OverdueDays)
		}
		if len(e.Hosts) > 0 {
			line += ": " + strings.Join(e.Hosts, ", ")
		}
		fmt.Fprintln(w, line)
	}
	return nil
}

func sizeText(s rightsize.Size) string {
	if s == (rightsize.Size{}) {
		return "—"
	}
	if s.VCPU == 0 && s.MemoryMiB == 0 { // a cloud disk
		return fmt.Sprintf("disk of %g GiB", s.DiskGiB)
	}
	return fmt.Sprintf("%g vCPU, %g GiB", s.VCPU, s.MemoryMiB/1024)
}
