package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/yunjian-io/yunjian/collector"
	"github.com/yunjian-io/yunjian/rules/calendar"
)

// replayFlags are the flags of replay as they are given.
type replayFlags struct {
	collector.ReplayOptions
	speed, shiftTo, from    string
	tokenFile, provider     string
	importInventory         bool
	inventory, inventoryDir string
}

func newReplay(o *options) *cobra.Command {
	f := &replayFlags{}
	cmd := &cobra.Command{
		Use:   "replay",
		Short: "Send recorded traces to a collector as if agents reported them",
		Long: `replay reads real traces of virtual machines, moves them to recent months and sends
them through the collector's door: remote write for what was measured, power/v1
documents for time powered off, and nothing for what is missing. It reads the
prepared tables (PREFIX_cpu_mhz.csv.gz and its sisters) and GWA-T-12 folders with
one CSV file a machine. Sending again changes nothing, so a replay that was cut off
can simply be run again, or go on with --from.

Without traces, --made-up sends a made-up fleet, for demonstrations: reports of it should
say so on every page (reports.mark in the configuration).

The machines need an inventory to be judged. Unless --import-inventory=false is
given, replay makes up an example (information systems and units by stable hashing,
flavours of the recorded sizes), writes it as CSV files to --inventory-dir and
imports it; --inventory imports a workbook or a folder of CSV files instead.`,
		Example: `  yunjian-collector replay --traces traces --provider chuanyun
  yunjian-collector replay --made-up 48 --provider demo
  yunjian-collector replay --traces rnd --shift-to 2026-07 --token-file token --url https://collector:9920 --import-inventory=false`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !cmd.Flags().Changed("import-inventory") {
				f.importInventory = !f.PerHost
			}
			return f.run(cmd, o)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.Traces, "traces", "", "folder of the traces")
	flags.IntVar(&f.MadeUp, "made-up", 0, "number of machines of a made-up fleet, instead of traces: three months and the present one up to now")
	flags.Uint64Var(&f.Seed, "seed", 1, "seed of a made-up fleet; the same seed gives the same values")
	flags.StringVar(&f.URL, "url", "", "collector to send to (default: the one of the configuration)")
	flags.StringVar(&f.CAFile, "ca-file", "", "PEM file with the certificates that the collector's is checked by")
	flags.StringVar(&f.tokenFile, "token-file", "", "file with a provider's token")
	flags.StringVar(&f.provider, "provider", "", "provider for which to mint a token with the configured secret, instead of --token-file")
	flags.StringVar(&f.shiftTo, "shift-to", "", "month for the first month of the traces (default: such that the last one is the last month that is over)")
	flags.StringVar(&f.from, "from", "", "leave out the days before this one, such as 2026-09-14")
	flags.StringVar(&f.speed, "speed", "max", "max, or how many times faster than real time")
	flags.BoolVar(&f.PerHost, "per-host", false, "one request for every machine and instant, as agents send them; for measuring")
	flags.IntVar(&f.InFlight, "in-flight", 0, "requests that wait for their answer at once (default 8, with --per-host 2000)")
	flags.Int64Var(&f.Limit, "limit", 0, "stop after so many rows (default: send all)")
	flags.BoolVar(&f.importInventory, "import-inventory", true, "import an inventory for the machines (default false with --per-host)")
	flags.StringVar(&f.inventory, "inventory", "", "workbook or folder of CSV files to import instead of a made-up inventory")
	flags.StringVar(&f.inventoryDir, "inventory-dir", "", "folder for the made-up inventory (default: replay-inventory in data_dir)")
	cmd.MarkFlagsMutuallyExclusive("traces", "made-up")
	cmd.MarkFlagsOneRequired("traces", "made-up")
	cmd.MarkFlagsMutuallyExclusive("token-file", "provider")
	cmd.MarkFlagsOneRequired("token-file", "provider")
	return cmd
}

func (f *replayFlags) run(cmd *cobra.Command, o *options) error {
	c, _, err := o.load(cmd.ErrOrStderr())
	if err != nil {
		return err
	}
	if err := f.read(c); err != nil {
		return err
	}
	say := func(format string, args ...any) { fmt.Fprintf(cmd.ErrOrStderr(), "replay: "+format+"\n", args...) }
	if f.MadeUp > 0 {
		say("making up %d machines", f.MadeUp)
	} else {
		say("reading traces in %s", f.Traces)
	}
	f.Progress, f.Terminal = cmd.ErrOrStderr(), isTerminal(cmd.ErrOrStderr())
	r, err := collector.NewReplay(f.ReplayOptions, time.Now())
	if err != nil {
		return err
	}
	for _, p := range r.Problems {
		say("%s", p)
	}
	if n := r.Traces.SkippedLines; n > 0 {
		say("%d lines skipped", n)
	}
	if f.importInventory {
		if err := f.importAll(cmd, o, r, say); err != nil {
			return err
		}
	}
	t := r.Traces
	say("%d machines, %d machine days: %d values, %d missing, %d off; months move by %d", t.VMs, t.Days, t.Known, t.Missing, t.Off, r.Shift.Months)
	return sendReplay(cmd, o, r, say)
}

// read turns flags into options.
func (f *replayFlags) read(c collector.Config) (err error) {
	if f.URL == "" {
		f.URL = c.URL()
	}
	if f.speed != "max" {
		if f.Speed, err = strconv.ParseFloat(f.speed, 64); err != nil || !(f.Speed > 0 && f.Speed < 1e9) {
			return fmt.Errorf("--speed %q: want max, or a number above 0 such as 60", f.speed)
		}
	}
	if f.shiftTo != "" {
		if f.ShiftTo, err = calendar.ParseMonth(f.shiftTo); err != nil {
			return fmt.Errorf("--shift-to: %w", err)
		}
	}
	if f.from != "" {
		if f.From, err = calendar.ParseDate(f.from); err != nil {
			return fmt.Errorf("--from: %w", err)
		}
	}
	if f.inventoryDir == "" {
		f.inventoryDir = filepath.Join(c.DataDir, "replay-inventory")
	}
	return f.readToken(c)
}

func (f *replayFlags) readToken(c collector.Config) (err error) {
	if f.provider != "" {
		f.Token, err = collector.MintToken(c, f.provider, "")
		return err
	}
	token, err := os.ReadFile(f.tokenFile)
	if err != nil {
		return fmt.Errorf("read token: %w", err)
	}
	f.Token = strings.TrimSpace(string(token))
	if f.provider, err = collector.TokenProvider(f.Token); err != nil {
		return fmt.Errorf("%s: %w", f.tokenFile, err)
	}
	return nil
}

// importAll imports the given inventory, or makes one up.
func (f *replayFlags) importAll(cmd *cobra.Command, o *options, r *collector.Replay, say func(string, ...any)) (err error) {
	names := []string{f.inventory}
	if f.inventory == "" {
		if names, err = r.Inventory(f.inventoryDir, f.provider); err != nil {
			return err
		}
		say("inventory of example units and systems written to %s", f.inventoryDir)
	} else if info, err := os.Stat(f.inventory); err == nil && info.IsDir() {
		if names, err = filepath.Glob(filepath.Join(f.inventory, "*.csv")); err != nil || len(names) == 0 {
			return fmt.Errorf("import inventory: %q holds no CSV file", f.inventory)
		}
	}
	db, _, err := o.database(cmd)
	if err != nil {
		return fmt.Errorf("import inventory (leave it out with --import-inventory=false): %w", err)
	}
	defer func() { err = closeWith(db, err) }()
	rows := 0
	for _, name := range names {
		n, err := importFile(cmd.Context(), cmd.ErrOrStderr(), db, name, "")
		if err != nil {
			return err
		}
		rows += n
	}
	say("%d rows of inventory imported", rows)
	return nil
}

func sendReplay(cmd *cobra.Command, o *options, r *collector.Replay, say func(string, ...any)) error {
	done, err := r.Send(cmd.Context())
	for _, reason := range slices.Sorted(maps.Keys(done.Refused)) {
		say("the collector did not store everything of %d requests: %s", done.Refused[reason], reason)
	}
	if err != nil {
		if day := done.UnfinishedDay; !day.IsZero() {
			say("stopped; run it again, or go on with --from %s: what was sent already changes nothing", day)
		}
		if errors.Is(err, context.Canceled) {
			return errSilent
		}
		return err
	}
	if o.json {
		return printJSON(cmd.OutOrStdout(), map[string]any{"traces": r.Traces, "replay": done})
	}
	fmt.Fprintf(cmd.OutOrStdout(), "%d rows of %d hosts from %s to %s in %.1f s: %.0f rows/s (%d requests, %d retries, %.1f MB, %d hosts with time off)\n",
		done.Rows, done.Hosts, done.FirstDay, done.LastDay, done.Seconds, done.RowsPerSecond, done.Requests, done.Retries, float64(done.Bytes)/1e6, done.Documents)
	return nil
}

// isTerminal tells whether w is a terminal that can draw a line again.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok || os.Getenv("TERM") == "dumb" || os.Getenv("TERM") == "" {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
