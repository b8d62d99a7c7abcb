package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/yunjian-io/yunjian/collector"
)

func newServe(o *options) *cobra.Command {
	return &cobra.Command{
		Use:   "serve",
		Short: "Receive data from agents and gateways, store and derive it",
		Long: `serve opens the door for agents and gateways (Prometheus remote write and JSON
documents), stores what comes in and derives five-minute values. Without a
clickhouse.dsn in the configuration it runs the embedded ClickHouse in a child
process, with its data in data_dir. Interrupt or SIGTERM ends it cleanly.`,
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
			fmt.Fprintln(cmd.OutOrStdout(), "listening on", s.URL())
			return s.Run(cmd.Context())
		},
	}
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
