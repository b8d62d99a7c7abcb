package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// options are the flags.
type options struct {
	only     string
	quick    bool
	json     string
	bin      string
	profiles string
	hosts    int
	kills    int
	sockets  int
	percent  int
	judged   int
	fleets   string
	reported int
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// section is one part of the run.
type section struct {
	name, about string
	run         func(context.Context, *bench) error
}

func sections() []section {
	return []section{
		{"agent", "the agent beside node_exporter, with nothing else busy; about 5 minutes", agentSection},
		{"logs", "a pass over the logs of a host with 20 GB, and the first scan of archives; about 4 minutes", logsSection},
		{"ingest", "CPU per host report and reports a minute; about 5 minutes", ingestSection},
		{"memory", "peak memory with 10,000 connections; about 3 minutes", memorySection},
		{"disk", "bytes per host-minute after merge; about 2 minutes", diskSection},
		{"percentiles", "month percentiles of all hosts; about 10 minutes", percentileSection},
		{"judge", "judging a month and recommending sizes for up to 100,000 hosts; about 75 minutes, most of it to make the month", judgeSection},
		{"report", "the monthly report A of 2,000 systems and 20,000 hosts in all formats; about 15 minutes, most of it to make the month", reportSection},
		{"panels", "the slowest panel of each dashboard over three months of 1,000 hosts; about 8 minutes", panelSection},
		{"codecs", "bytes per value of each column and of other codecs; about 1 minute", codecSection},
		{"crash", "kill -9 loop; about 3 minutes for 100 kills", crashSection},
	}
}

func parse(args []string, errOut io.Writer) (options, []section, error) {
	var o options
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.SetOutput(errOut)
	f.StringVar(&o.only, "only", "", "sections to run, separated by commas; all if empty")
	f.BoolVar(&o.quick, "quick", false, "small sizes, for a look whether everything works")
	f.StringVar(&o.json, "json", "", "write the table to this file as JSON, too")
	f.StringVar(&o.bin, "bin", "bin", "folder with yunjian-collector and yunjian-agent")
	f.StringVar(&o.profiles, "profiles", filepath.Join("bin", "bench"), "folder for CPU profiles of the collector")
	f.IntVar(&o.hosts, "hosts", 10_000, "hosts that report, each over a connection of its own")
	f.IntVar(&o.kills, "kills", 100, "kills of section crash")
	f.IntVar(&o.sockets, "sockets", 0, "section agent measures a second time with so many open sockets")
	f.IntVar(&o.percent, "percentile-hosts", 100_000, "most hosts of section percentiles")
	f.IntVar(&o.judged, "judge-hosts", 100_000, "most hosts of section judge, which also runs the smaller of 1,000, 4,000 and 10,000")
	f.IntVar(&o.reported, "report-hosts", reportHosts, "hosts of section report, ten in a system")
	f.StringVar(&o.fleets, "judge-data", "", "keep the fleets of sections judge and report in this folder and use those that are there; made and removed if empty")
	f.Usage = func() {
		fmt.Fprintln(errOut, "usage: go run ./internal/bench [flags]   (after make build deps)")
		f.PrintDefaults()
		for _, s := range sections() {
			fmt.Fprintf(errOut, "section %-12s %s\n", s.name, s.about)
		}
	}
	if err := f.Parse(args); err != nil {
		return o, nil, err
	}
	all := sections()
	if o.only == "" {
		return o, all, nil
	}
	var chosen []section
	for name := range strings.SplitSeq(o.only, ",") {
		i := slices.IndexFunc(all, func(s section) bool { return s.name == name })
		if i < 0 {
			return o, nil, fmt.Errorf("no section %q; see -help", name)
		}
		chosen = append(chosen, all[i])
	}
	return o, chosen, nil
}

func run(ctx context.Context, args []string, out, errOut io.Writer) (err error) {
	o, chosen, err := parse(args, errOut)
	if err != nil {
		return err
	}
	b, err := newBench(o, errOut)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(b.dir)) }()
	var failed error
	for _, s := range chosen {
		b.section = s.name
		b.say("%s: %s", s.name, s.about)
		begin := time.Now()
		load := loadAverage()
		if err := s.run(ctx, b); err != nil {
			failed = errors.Join(failed, fmt.Errorf("section %s: %w", s.name, err))
			b.say("%s did not finish: %v", s.name, err)
		}
		b.report.Sections = append(b.report.Sections, sectionRun{s.name, time.Since(begin).Round(time.Second).String(), load, loadAverage()})
		if ctx.Err() != nil {
			break
		}
	}
	b.report.print(out)
	if o.json != "" {
		text, err := json.MarshalIndent(b.report, "", "  ")
		if err != nil {
			return fmt.Errorf("write table: %w", err)
		}
		if err := os.WriteFile(o.json, append(text, '\n'), 0o644); err != nil {
			return fmt.Errorf("write table: %w", err)
		}
	}
	return failed
}
