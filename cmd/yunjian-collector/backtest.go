package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/yunjian-io/yunjian/collector"
	"github.com/yunjian-io/yunjian/rules/rightsize"
	"github.com/yunjian-io/yunjian/rules/rightsize/backtest"
)

func newBacktest(o *options) *cobra.Command {
	var folder, policies, fit string
	cmd := &cobra.Command{
		Use:   "backtest",
		Short: "Hold right-sizing policies against what came, on recorded traces",
		Long: `backtest decides on the first of every month of a trace from what came before, as each
policy would have, freezes the sizes for that month, and counts what was saved and
how often and how far demand went above a size that had been cut. It prints the
policies of other tools, the model of risk (fitted and tuned out of fold), an oracle
that knows the month, the calibration of the predicted risk, rules for idle machines,
the guard that restores memory, and the gates with their targets.

It reads the prepared tables (PREFIX_cpu_mhz.csv.gz and its sisters) and GWA-T-12
folders with one CSV file a machine, needs no database, and prints the same bytes
every time. Lines that cannot be read are skipped and counted on stderr.`,
		Example: `  yunjian-collector backtest --traces traces
  yunjian-collector backtest --traces rnd --policy aws-default,vpa-target --json
  yunjian-collector backtest --traces traces --fit model.json.gz`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			say := func(format string, args ...any) { fmt.Fprintf(cmd.ErrOrStderr(), "backtest: "+format+"\n", args...) }
			if fit != "" {
				return fitModel(folder, fit, say)
			}
			return runBacktest(cmd.OutOrStdout(), o, folder, policies, say)
		},
	}
	cmd.Flags().StringVar(&folder, "traces", "", "folder of the traces")
	cmd.Flags().StringVar(&policies, "policy", "all", "all, or names separated by commas; gates are printed if the model is among them")
	cmd.Flags().StringVar(&fit, "fit", "", "fit the model of risk on all machines and months, write it to this file, and play nothing")
	_ = cmd.MarkFlagRequired("traces") // the flag is defined above
	return cmd
}

// fitModel writes the model of risk that judging uses.
func fitModel(folder, file string, say func(string, ...any)) error {
	say("reading traces in %s", folder)
	read, err := collector.ReadBacktest(folder)
	if err != nil {
		return err
	}
	say("fitting the model of risk")
	m, err := backtest.FitRisk(read.Hosts)
	if err != nil {
		return fmt.Errorf("fit on %q: %w", folder, err)
	}
	var packed bytes.Buffer
	if err := m.Write(&packed); err != nil {
		return err
	}
	if err := os.WriteFile(file, packed.Bytes(), 0o644); err != nil { //nolint:gosec // a model is no secret
		return fmt.Errorf("write the model: %w", err)
	}
	say("wrote %s, %d bytes", file, packed.Len())
	return nil
}

func runBacktest(w io.Writer, o *options, folder, policies string, say func(string, ...any)) error {
	play, err := choosePolicies(policies)
	if err != nil {
		return err
	}
	say("reading traces in %s", folder)
	read, err := collector.ReadBacktest(folder)
	if err != nil {
		return err
	}
	for _, p := range read.Problems {
		say("%s", p)
	}
	s := read.Summary
	say("%d machines, %d machine days: %d values, %d missing, %d off, %d lines skipped", s.VMs, s.Days, s.Known, s.Missing, s.Off, s.SkippedLines)
	play.Report = func(what string) { say("%s", what) }
	result, err := backtest.Play(read.Hosts, play)
	if err != nil {
		return fmt.Errorf("back-test of %q: %w", folder, err)
	}
	if o.json {
		return printJSON(w, result)
	}
	return printBacktest(w, result)
}

// choosePolicies reads --policy.
func choosePolicies(names string) (backtest.Options, error) {
	model := collector.BacktestModel()
	if names == "all" {
		return backtest.Options{Policies: rightsize.Peers(), Model: &model, Idle: rightsize.IdleRules()}, nil
	}
	var play backtest.Options
	peers, known := rightsize.Peers(), []string{model.Name}
	for _, p := range peers {
		known = append(known, p.Name)
	}
	for name := range strings.SplitSeq(names, ",") {
		name = strings.TrimSpace(name)
		at := slices.Index(known, name)
		switch {
		case at < 0:
			return play, fmt.Errorf("--policy %q: want all, or some of %s", name, strings.Join(known, ", "))
		case at == 0:
			play.Model, play.Idle = &model, rightsize.IdleRules()
		case !slices.ContainsFunc(play.Policies, func(p rightsize.Policy) bool { return p.Name == name }):
			play.Policies = append(play.Policies, peers[at-1])
		}
	}
	if play.Model == nil && len(play.Policies) == 0 {
		return play, errors.New("--policy: no policy is named")
	}
	return play, nil
}
