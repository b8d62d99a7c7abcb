package main

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/yunjian-io/yunjian/collector"
)

func newStatus(o *options) *cobra.Command {
	return &cobra.Command{
		Use:     "status",
		Short:   "Show hosts and their last reports, tables and the lag of derivation",
		Example: "  yunjian-collector status\n  yunjian-collector status --json | jq '.hosts[] | select(.in_inventory | not)'",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			db, _, err := o.database(cmd)
			if err != nil {
				return err
			}
			defer func() { err = closeWith(db, err) }()
			now := time.Now()
			s, err := collector.ReadStatus(cmd.Context(), db.Store, now)
			if err != nil {
				return err
			}
			if o.json {
				return printJSON(cmd.OutOrStdout(), s)
			}
			return printStatus(cmd.OutOrStdout(), s, now)
		},
	}
}

// shownHosts is how many hosts are listed before the rest is only counted.
const shownHosts = 40

func printStatus(w io.Writer, s collector.Status, now time.Time) error {
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(t, "PROVIDER\tHOST\tNAME\tLAST REPORT\tIN INVENTORY\tSYSTEM")
	unknown, silent, conflicts := 0, 0, 0
	for i, h := range s.Hosts {
		last := "never"
		if !h.LastReport.IsZero() {
			last = fmt.Sprintf("%s (%s ago)", h.LastReport.Format(time.DateTime), now.Sub(h.LastReport).Round(time.Second))
		}
		if h.LastReport.IsZero() || now.Sub(h.LastReport) > 10*time.Minute {
			silent++
		}
		inInventory := "yes"
		if !h.InInventory {
			inInventory = "NO"
			unknown++
		}
		if h.Conflict {
			conflicts++
			inInventory += " CONFLICT"
		}
		if i < shownHosts {
			fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\n", h.Provider, h.HostID, h.Hostname, last, inInventory, h.System)
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if n := len(s.Hosts) - shownHosts; n > 0 {
		fmt.Fprintf(w, "… and %d more (--json lists all)\n", n)
	}
	fmt.Fprintf(w, "\n%d hosts, %d of them silent for ten minutes, %d not in the inventory\n\n", len(s.Hosts), silent, unknown)
	if conflicts > 0 {
		fmt.Fprintf(w, "%d host ids are used by two machines at once (clones of one image?): give each agent a host_id of its own\n\n", conflicts)
	}
	fmt.Fprintln(t, "TABLE\tROWS\tMB ON DISK\tPARTS")
	for _, table := range s.Tables {
		fmt.Fprintf(t, "%s\t%d\t%.2f\t%d\n", table.Name, table.Rows, float64(table.Bytes)/1e6, table.Parts)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	printLate(w, s.Late)
	fmt.Fprintf(w, "\nderivation: %d group commits wait, the oldest for %.0f s\n", s.WaitingCommits, s.LagSeconds)
	return nil
}

// printLate says what came for months that are closed, and what to do about it.
func printLate(w io.Writer, late []collector.LateData) {
	if len(late) == 0 {
		return
	}
	fmt.Fprintln(w)
	for _, l := range late {
		what := "values of five minutes"
		if l.Kind == "power" {
			what = "times off"
		}
		fmt.Fprintf(w, "%s is closed (version %d): %d %s of %d hosts of %s came later, the last %s\n", l.Month, l.Version, l.Count, what, l.Hosts, l.Provider, l.LastAt.Format(time.DateTime))
	}
	fmt.Fprintln(w, "they are in no report yet; to judge again and issue corrected ones: yunjian-collector close --month MONTH --correct REASON --by NAME")
}
