package main

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime/pprof"

	"github.com/spf13/cobra"

	"github.com/yunjian-io/yunjian/collector"
)

func newServe(o *options) *cobra.Command {
	var profile string
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Receive data from agents and gateways, store and derive it",
		Long: `serve opens the door for agents and gateways (Prometheus remote write and JSON
documents), stores what comes in and derives five-minute values. Without a
clickhouse.dsn in the configuration it runs the embedded ClickHouse in a child
process, with its data in data_dir. With reports.out it also closes each month at its
cut-off and makes the reports. Interrupt or SIGTERM ends it cleanly.`,
		Example: "  yunjian-collector serve --config /etc/yunjian/collector.yaml",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, log, err := o.load(cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			s, err := collector.NewServer(cmd.Context(), c, log)
			if err != nil {
				return err
			}
			p := press{formats: reportFormats(), fontsDir: c.FontsDir, say: func(what string) { log.Info("reports", slog.String("step", what)) }}
			s.PrintReports(p.printer(), version())
			fmt.Fprintln(cmd.OutOrStdout(), "listening on", s.URL())
			return profiled(profile, func() error { return s.Run(cmd.Context()) })
		},
	}
	profileFlag(cmd, &profile)
	return cmd
}

// profileFlag adds the hidden flag by which the benchmark asks for a CPU profile.
func profileFlag(cmd *cobra.Command, name *string) {
	cmd.Flags().StringVar(name, "cpuprofile", "", "write a CPU profile of the whole run to this file")
	_ = cmd.Flags().MarkHidden("cpuprofile") // the flag is defined above
}

// profiled runs the collector and writes what its CPU time went to; without a name of a
// file it only runs it.
func profiled(name string, run func() error) (err error) {
	if name == "" {
		return run()
	}
	f, err := os.Create(name)
	if err != nil {
		return fmt.Errorf("write profile: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if err := pprof.StartCPUProfile(f); err != nil {
		return fmt.Errorf("write profile: %w", err)
	}
	defer pprof.StopCPUProfile()
	return run()
}

// newEngine is the hidden command that the collector runs as its child.
func newEngine() *cobra.Command {
	return &cobra.Command{
		Use:    collector.EngineCommand,
		Hidden: true,
		Args:   cobra.NoArgs,
		RunE:   func(cmd *cobra.Command, _ []string) error { return collector.RunEngine(cmd.Context()) },
	}
}
