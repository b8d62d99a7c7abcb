package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/yunjian-io/yunjian/rules/rightsize/backtest"
)

// printBacktest writes the tables of a back-test; all shares are in per cent.
func printBacktest(w io.Writer, r *backtest.Result) error {
	var eligible []string
	for i, m := range r.Months {
		eligible = append(eligible, fmt.Sprintf("%s %d", m, r.Eligible[i]))
	}
	fmt.Fprintf(w, "%d machines; eligible in %s. All figures in per cent.\n", r.Hosts, strings.Join(eligible, ", "))
	fmt.Fprintln(w, "saved: of what there is, by capacity; breach: VM-months with more than 1 % of slots above a size that was cut;")
	fmt.Fprintln(w, "any: with at least one slot above; time: mean share of slots above; unserved: demand above, of all demand; cut: VM-months made smaller.")
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	for _, ladder := range []string{"flavours", "fractional"} {
		for _, month := range append([]string{"all"}, r.Months...) {
			printPolicies(t, r, ladder, month)
		}
	}
	printAgainst(t, r)
	printCalibration(t, "CPU: more than 1 % of slots above", r.CPUCalibration)
	printCalibration(t, "memory: any slot above", r.MemoryCalibration)
	printIdle(t, r)
	printGuard(t, r)
	printDial(t, "CPU (breach)", r.CPUDial)
	printDial(t, "memory (any)", r.MemoryDial)
	printGates(t, r)
	return t.Flush()
}

// head begins a table: flushing ends the columns of the one before.
func head(t *tabwriter.Writer, format string, args ...any) {
	t.Flush()
	fmt.Fprintf(t, "\n"+format+"\n", args...)
	t.Flush()
}

func pc(x float64) string  { return fmt.Sprintf("%.2f", 100*x) }
func pc3(x float64) string { return fmt.Sprintf("%.3f", 100*x) }

func interval(i backtest.Interval) string {
	return fmt.Sprintf("%+.2f [%+.2f, %+.2f]", 100*i.Value, 100*i.Low, 100*i.High)
}

// columns writes a row, a tab behind each cell.
func columns(t *tabwriter.Writer, cells ...string) {
	fmt.Fprintln(t, strings.Join(cells, "\t")+"\t")
}

func printPolicies(t *tabwriter.Writer, r *backtest.Result, ladder, month string) {
	head(t, "Policies on %s, %s", ladder, month)
	columns(t, "policy", "n", "CPU saved", "breach", "time", "unserved", "any", "cut", "memory saved", "any", "time", "unserved", "breach", "cut")
	for _, p := range r.Rows {
		if p.Ladder != ladder || p.Month != month {
			continue
		}
		columns(t, p.Policy, fmt.Sprint(p.N), pc(p.CPU.Saved), pc(p.CPU.Breach), pc3(p.CPU.Time), pc(p.CPU.Unserved), pc(p.CPU.Any), pc(p.CPU.Cut),
			pc(p.Memory.Saved), pc(p.Memory.Any), pc3(p.Memory.Time), pc3(p.Memory.Unserved), pc(p.Memory.Breach), pc(p.Memory.Cut))
	}
}

func printAgainst(t *tabwriter.Writer, r *backtest.Result) {
	if len(r.Against) == 0 {
		return
	}
	head(t, "The model less each policy, in points, with the 95 %% interval of the paired bootstrap over blocks (2,000 draws)")
	columns(t, "policy", "CPU saved", "CPU breach", "memory saved", "memory any")
	for _, a := range r.Against {
		columns(t, a.Policy, interval(a.CPUSaved), interval(a.CPUBreach), interval(a.MemorySaved), interval(a.MemoryAny))
	}
}

func printCalibration(t *tabwriter.Writer, what string, c backtest.Calibration) {
	if c.Pairs == 0 {
		return
	}
	head(t, "Calibration out of fold, %s: %d pairs, base rate %s, ECE %s, largest deviation %s, Brier skill %.3f",
		what, c.Pairs, pc(c.Base), pc(c.ECE), pc(c.Deviation), c.Skill)
	columns(t, "bin", "pairs", "predicted", "observed", "low", "high")
	for i, b := range c.Bins {
		columns(t, fmt.Sprint(i+1), fmt.Sprint(b.Pairs), pc(b.Predicted), pc(b.Observed.Value), pc(b.Observed.Low), pc(b.Observed.High))
	}
}

func printIdle(t *tabwriter.Writer, r *backtest.Result) {
	if len(r.Idle) == 0 {
		return
	}
	head(t, "Idle rules: flagged of all VM-months; woke: of the flagged, an hour above 20 %% CPU in the month that followed")
	columns(t, "rule", "n", "unjudged", "flagged", "woke")
	for _, i := range r.Idle {
		columns(t, i.Name, fmt.Sprint(i.N), fmt.Sprint(i.Unjudged), pc(i.Flagged), pc(i.Woke))
	}
}

func printGuard(t *tabwriter.Writer, r *backtest.Result) {
	if len(r.Guard) == 0 {
		return
	}
	head(t, "Guard on memory: the first day with a slot above restores a flavour that covers the peak")
	columns(t, "policy", "working days", "time", "guarded", "saved", "guarded", "restored")
	for _, g := range r.Guard {
		columns(t, g.Policy, fmt.Sprint(g.Days), fmt.Sprintf("%.4f", 100*g.TimeBefore), fmt.Sprintf("%.4f", 100*g.TimeAfter), pc(g.SavedBefore), pc(g.SavedAfter), fmt.Sprint(g.Restored))
	}
}

func printDial(t *tabwriter.Writer, what string, points []backtest.Point) {
	if len(points) == 0 {
		return
	}
	head(t, "The dial for %s: operating points chosen on the other folds for a budget", what)
	columns(t, "budget", "saved", "breach", "any", "time", "unserved")
	for _, p := range points {
		columns(t, pc(p.Budget), pc(p.Saved), pc(p.Breach), pc(p.Any), pc3(p.Time), pc(p.Unserved))
	}
}

func printGates(t *tabwriter.Writer, r *backtest.Result) {
	if len(r.Gates) == 0 {
		return
	}
	head(t, "Gates")
	for _, g := range r.Gates {
		reached := "missed "
		if g.Reached {
			reached = "reached"
		}
		fmt.Fprintf(t, "%s %s  %s; target %s\n           %s\n", g.Name, reached, g.Title, g.Target, g.Figure)
	}
	fmt.Fprintln(t, "G7          two runs print the same bytes, in at most 60 s on 2 cores: compare them with cmp(1) and time(1)")
}
