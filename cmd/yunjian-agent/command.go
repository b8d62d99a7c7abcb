package main

import (
	"os"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/yunjian-io/yunjian/agent"
	"github.com/yunjian-io/yunjian/internal/sdnotify"
)

func command() *cobra.Command {
	root := &cobra.Command{
		Use:           "yunjian-agent",
		Short:         "Measure this host and report to a Yunjian collector",
		Version:       version(),
		SilenceUsage:  true,
		SilenceErrors: true,
		Example: `  yunjian-agent check                     is everything as it should be?
  yunjian-agent once                      print what would be sent
  yunjian-agent logs                      are the logs kept for six months?
  yunjian-agent run --config agent.yaml   measure and report until stopped`,
	}
	config := root.PersistentFlags().StringP("config", "c", agent.DefaultConfigFile, "configuration file (YAML)")
	_ = root.MarkPersistentFlagFilename("config", "yaml", "yml") // the flag exists
	root.AddCommand(runCommand(config), onceCommand(config), checkCommand(config), logsCommand(config))
	return root
}

// version is what the linker was told, or the module version that the binary was built from.
func version() string {
	if buildVersion != "" {
		return buildVersion
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "devel"
}

func options(cmd *cobra.Command, path string) (agent.Options, error) {
	c, err := agent.LoadConfig(path)
	if err != nil {
		return agent.Options{}, err
	}
	log, err := c.Logger(cmd.ErrOrStderr())
	if err != nil {
		return agent.Options{}, err
	}
	socket, watchdog := sdnotify.FromEnvironment(os.Getenv)
	return agent.Options{
		Config: c, Log: log, Version: version(), Guarantee: guarantee,
		Notify: socket, Watchdog: watchdog,
	}, nil
}

func runCommand(config *string) *cobra.Command {
	return &cobra.Command{
		Use:     "run",
		Short:   "Measure and report until stopped",
		Long:    "Measure and report until stopped. Every interval is on disk before it is sent, and is\nkept until the collector has it. SIGTERM or Ctrl-C stops it cleanly.",
		Example: "  yunjian-agent run\n  yunjian-agent run --config ./agent.yaml",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o, err := options(cmd, *config)
			if err != nil {
				return err
			}
			o.Alone = true
			return agent.Run(cmd.Context(), o)
		},
	}
}

func onceCommand(config *string) *cobra.Command {
	var text, asJSON bool
	cmd := &cobra.Command{
		Use:     "once",
		Short:   "Measure once and print what would be sent",
		Long:    "Look twice, one look_interval apart, and print what would be sent. Nothing is sent or kept.",
		Example: "  yunjian-agent once\n  yunjian-agent once --json | jq .identity\n  yunjian-agent once --prometheus",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o, err := options(cmd, *config)
			if err != nil {
				return err
			}
			format := agent.Table
			switch {
			case text:
				format = agent.Prometheus
			case asJSON:
				format = agent.JSON
			}
			return agent.Once(cmd.Context(), o, format, cmd.OutOrStdout())
		},
	}
	cmd.Flags().BoolVar(&text, "prometheus", false, "print Prometheus text format")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON; null is a missing value")
	cmd.MarkFlagsMutuallyExclusive("prometheus", "json")
	return cmd
}

func checkCommand(config *string) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "check",
		Short:   "Try the configuration, every probe, the spool and the collector",
		Long:    "Try the configuration, every probe, the spool folder and the collector, and say in plain\nwords what is broken. Exit code 1 if something is. Run it as the user of the agent.",
		Example: "  yunjian-agent check\n  yunjian-agent check --json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o, err := options(cmd, *config)
			var findings []agent.Finding
			if err != nil {
				findings = []agent.Finding{{Item: "configuration", OK: false, Detail: err.Error()}}
			} else {
				findings = agent.Check(cmd.Context(), o)
			}
			return agent.WriteFindings(cmd.OutOrStdout(), findings, asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}
