package main

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/yunjian-io/yunjian/collector"
)

func newStores(o *options) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "stores",
		Short: "Ask the central log stores what they hold (Art. 31)",
		Long: `A central log store proves that logs are kept only if it is asked: by host and by day,
over the period. serve asks the stores of central_stores every central_probe_interval;
these commands ask at once, and show what was answered.`,
	}
	cmd.AddCommand(newStoresProbe(o), newStoresList(o))
	return cmd
}

func newStoresProbe(o *options) *cobra.Command {
	var name string
	cmd := &cobra.Command{
		Use:   "probe",
		Short: "Ask the central stores now and keep what they answer",
		Long: `probe asks each class of each store of the configuration, prints what was answered
and keeps it for judge. The exit code is 1 if a store did not answer.`,
		Example: "  yunjian-collector stores probe --store es-gov",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			db, c, err := o.database(cmd)
			if err != nil {
				return err
			}
			defer func() { err = closeWith(db, err) }()
			stores, err := chosen(c.CentralStores, name)
			if err != nil {
				return err
			}
			rules, err := c.LogRules()
			if err != nil {
				return err
			}
			probes, failed := []collector.CentralProbe{}, false
			for _, s := range stores {
				fmt.Fprintln(cmd.ErrOrStderr(), "stores: asking", s.Name)
				err := collector.ProbeStore(cmd.Context(), db.Store, s, rules.Period, time.Now, func(p collector.CentralProbe) {
					probes = append(probes, p)
					failed = failed || p.Error != ""
				})
				if err != nil {
					return err
				}
			}
			if o.json {
				err = printJSON(cmd.OutOrStdout(), probes)
			} else {
				err = printProbes(cmd.OutOrStdout(), probes)
			}
			if err == nil && failed {
				return errSilent
			}
			return err
		},
	}
	cmd.Flags().StringVar(&name, "store", "", "name of one store; all if not given")
	return cmd
}

// chosen returns the store of a name, or all if it is empty.
func chosen(stores []collector.CentralStore, name string) ([]collector.CentralStore, error) {
	if len(stores) == 0 {
		return nil, fmt.Errorf("the configuration has no central_stores")
	}
	if name == "" {
		return stores, nil
	}
	for _, s := range stores {
		if s.Name == name {
			return []collector.CentralStore{s}, nil
		}
	}
	return nil, fmt.Errorf("the configuration has no central store %q", name)
}

func printProbes(w io.Writer, probes []collector.CentralProbe) error {
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(t, "STORE\tCLASS\tSTREAM\tHOSTS\tOLDEST\tNEWEST\tRETENTION\tIMMUTABLE\tERROR OR NOTE")
	for _, p := range probes {
		fmt.Fprintf(t, "%s\t%s\t%s\t%d\t%s\t%s\t%s\t%s\t%s\n", p.Store, p.Class, orDash(p.Stream), p.Hosts, minute(p.Oldest), minute(p.Newest), p.Removes,
			immutable(p.CentralSurvey), remark(p.CentralSurvey))
	}
	return t.Flush()
}

func newStoresList(o *options) *cobra.Command {
	return &cobra.Command{
		Use:     "list",
		Short:   "Show the central stores of the configuration and what they answered last",
		Example: "  yunjian-collector stores list",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			db, c, err := o.database(cmd)
			if err != nil {
				return err
			}
			defer func() { err = closeWith(db, err) }()
			known, err := db.CentralSurveys(cmd.Context(), time.Now())
			if err != nil {
				return err
			}
			states := collector.CentralStates(c.CentralStores, known)
			if o.json {
				return printJSON(cmd.OutOrStdout(), states)
			}
			return printStates(cmd.OutOrStdout(), states)
		},
	}
}

func printStates(w io.Writer, states []collector.CentralState) error {
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(t, "STORE\tKIND\tPROVIDER\tCLASS\tSTREAM\tASKED\tANSWERED\tHOSTS\tRETENTION\tIMMUTABLE\tERROR OR NOTE")
	for _, s := range states {
		removes, fixed := "—", "—"
		if !s.Answered.IsZero() {
			removes, fixed = s.Removes, immutable(s.Last)
		}
		note := s.Error
		if note == "" {
			note = s.Last.Note
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%d\t%s\t%s\t%s\n", s.Store, s.Kind, s.Provider, s.Class, orDash(s.Stream), minute(s.Asked), minute(s.Answered),
			s.Last.Hosts, removes, fixed, note)
	}
	return t.Flush()
}

// minute prints a time, or a dash for none.
func minute(t time.Time) string {
	if t.IsZero() {
		return "—"
	}
	return t.In(collector.Zone()).Format("2006-01-02 15:04")
}

func orDash(text string) string {
	if text == "" {
		return "—"
	}
	return text
}

func immutable(s collector.CentralSurvey) string {
	switch {
	case s.Error != "":
		return "—"
	case s.Immutable:
		return "yes: " + s.Reference
	}
	return "no"
}

func remark(s collector.CentralSurvey) string {
	if s.Error != "" {
		return s.Error
	}
	return s.Note
}
