package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/yunjian-io/yunjian/collector"
)

// defaultConfig is read when no --config is given and it is there.
const defaultConfig = "/etc/yunjian/collector.yaml"

// options are the flags of every command.
type options struct {
	config string
	json   bool
}

func newRoot() *cobra.Command {
	o := &options{}
	root := &cobra.Command{
		Use:           "yunjian-collector",
		Short:         "Collector of Yunjian: usage and log-retention of government clouds, judged and reported",
		SilenceUsage:  true,
		SilenceErrors: true,
		Version:       version(),
	}
	root.PersistentFlags().StringVar(&o.config, "config", "", "configuration file (default "+defaultConfig+", if it is there)")
	root.PersistentFlags().BoolVar(&o.json, "json", false, "print JSON for scripts")
	root.AddCommand(
		newServe(o), newEngine(), newToken(o), newInventory(o), newRules(o), newJudge(o), newRetention(o), newProposals(o), newCalendar(o), newRecords(o), newReport(o), newClose(o), newFiling(o), newStatus(o), newStores(o), newReplay(o), newBacktest(o), newDashboards(o),
	)
	return root
}

// version is what the linker was told, the module's version, or the commit it
// was built from.
func version() string {
	if buildVersion != "" {
		return buildVersion
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	if info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return s.Value
		}
	}
	return "devel"
}

// load reads the configuration and makes the logger.
func (o *options) load(errOut io.Writer) (collector.Config, *slog.Logger, error) {
	name := o.config
	if name == "" {
		if _, err := os.Stat(defaultConfig); err == nil {
			name = defaultConfig
		}
	}
	c, err := collector.LoadConfig(name)
	if err != nil {
		return c, nil, err
	}
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.LogLevel)); err != nil {
		return c, nil, fmt.Errorf("configuration: log_level %q: want debug, info, warn or error", c.LogLevel)
	}
	return c, slog.New(slog.NewTextHandler(errOut, &slog.HandlerOptions{Level: level})), nil
}

// database opens the configured database for one command.
func (o *options) database(cmd *cobra.Command) (*collector.Database, collector.Config, error) {
	c, log, err := o.load(cmd.ErrOrStderr())
	if err != nil {
		return nil, c, err
	}
	db, err := collector.OpenDatabase(cmd.Context(), c, log)
	return db, c, err
}

// printJSON writes v as indented JSON.
func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
