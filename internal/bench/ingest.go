package main

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/yunjian-io/yunjian/collector/store"
)

// ingestRun is one receiver of section ingest.
type ingestRun struct {
	name    string
	start   func(context.Context) (*receiver, error)
	devices bool // the body of the agent, with its labelled series; else host totals only
	profile string
	outcome
	cpu, derive time.Duration
	settled     bool
	server      time.Duration // CPU of the first process alone, without the engine
}

// perReport is the CPU that the receiver took for one report, in microseconds.
func (r *ingestRun) perReport() float64 {
	return float64(r.cpu.Microseconds()) / float64(r.reports)
}

// ingestMinutes stays below wire.MaxFuture: the times of the reports go ahead of
// the clock, since they are sent faster than they would come.
const ingestMinutes = 8

// loopWindow is the group commit of the runs that measure reports a minute.
const loopWindow = 200 * time.Millisecond

func ingestSection(ctx context.Context, b *bench) error {
	hosts, minutes := b.hosts, ingestMinutes
	if b.quick {
		hosts, minutes = min(hosts, 1000), 3
	}
	ours := func(name, profile string, devices bool, o collectorOptions) *ingestRun {
		o.profile = filepath.Join(b.profiles, profile)
		return &ingestRun{name: name, devices: devices, profile: o.profile, start: func(ctx context.Context) (*receiver, error) {
			return b.startCollector(ctx, o)
		}}
	}
	runs := []*ingestRun{
		ours("body of the agent", "plain.cpu", true, collectorOptions{}),
		ours("body of the agent, TLS", "tls.cpu", true, collectorOptions{secure: true}),
		ours("24 totals only", "totals.cpu", false, collectorOptions{}),
		ours("24 totals only, TLS", "totals-tls.cpu", false, collectorOptions{secure: true}),
		{name: "VictoriaMetrics, body of the agent", start: b.startVictoria, devices: true},
		{name: "VictoriaMetrics, 24 totals", start: b.startVictoria},
		{name: "Prometheus, body of the agent", start: b.startPrometheus, devices: true},
		{name: "Prometheus, 24 totals", start: b.startPrometheus},
		// All connections wait for the same group commit, so that its window bounds a
		// closed loop of so many hosts, not the cores: a shorter one shows what they can do.
		ours("body of the agent, group_commit 200ms", "fast.cpu", true, collectorOptions{window: loopWindow}),
		ours("24 totals only, group_commit 200ms", "fast-totals.cpu", false, collectorOptions{window: loopWindow}),
	}
	for _, r := range runs {
		if err := b.ingest(ctx, r, hosts, minutes); err != nil {
			return fmt.Errorf("%s: %w", r.name, err)
		}
	}
	return b.ingestTable(runs)
}

// ingest measures one receiver: a minute of all hosts to make them known, then
// the others as fast as the loop goes, until the merges have settled.
func (b *bench) ingest(ctx context.Context, r *ingestRun, hosts, minutes int) error {
	f := newFleet(hosts, "")
	if r.profile != "" {
		if err := b.awaitQuiet(ctx); err != nil {
			return err
		}
	}
	bodies := f.bodies(minutes+1, time.Now().Truncate(time.Minute).Unix(), r.devices)
	to, err := r.start(ctx)
	if err != nil {
		return err
	}
	defer to.remove()
	load, err := to.load(f)
	if err != nil {
		return err
	}
	defer load.close()
	if _, err := load.send(ctx, bodies[:1], 0); err != nil {
		return err
	}
	to.settle(ctx, time.Minute)
	before, alone := to.cpu(), alone(to.process)
	if r.outcome, err = load.send(ctx, bodies[1:], 0); err != nil {
		return err
	}
	r.settled = to.settle(ctx, time.Minute)
	r.cpu, r.server = to.cpu()-before, aloneSince(to.process, alone)
	if r.profile != "" {
		if err := derived(ctx, to, r); err != nil {
			return err
		}
	}
	b.say("%s: %s µs of CPU per report (%.1f without the engine), %s reports a minute, %d B a body, load generator %.1f µs per report, %d sent again, settled %v",
		r.name, number(r.perReport()), float64(r.server.Microseconds())/float64(r.reports), number(r.perMinute()), r.bytes/r.reports,
		float64(r.own.Microseconds())/float64(r.reports), r.again, r.settled)
	return nil
}

// alone is the CPU of the program without its children.
func alone(p *process) time.Duration {
	d, err := runTime(p.pid())
	if err != nil {
		return 0
	}
	return d
}

func aloneSince(p *process, before time.Duration) time.Duration { return alone(p) - before }

// derived measures the five-minute values of all that was stored, which a
// collector derives once a bucket has settled.
func derived(ctx context.Context, to *receiver, r *ingestRun) error {
	s, err := to.guest(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	before := to.cpu()
	if _, err := s.Derive(ctx, time.Now().Add(time.Hour)); err != nil {
		return err
	}
	to.settle(ctx, 30*time.Second)
	r.derive = to.cpu() - before
	return nil
}

// awaitQuiet waits while a collector would start a derivation in the next half
// minute, so that a run measures none or all of it.
func (b *bench) awaitQuiet(ctx context.Context) error {
	const length = 40 * time.Second
	for {
		now := time.Now()
		if store.Settled(now.Add(length)).Equal(store.Settled(now.Add(-20 * time.Second))) {
			return nil
		}
		if err := until(ctx, now.Add(2*time.Second)); err != nil {
			return err
		}
	}
}

func (b *bench) ingestTable(runs []*ingestRun) error {
	peer := func(i, j int) string {
		return fmt.Sprintf("VictoriaMetrics %s, Prometheus %s", number(runs[i].perReport()), number(runs[j].perReport()))
	}
	limits := []float64{60, 90, 60, 90}
	for i, limit := range limits {
		r := runs[i]
		with := peer(4+i/2, 6+i/2)
		if b.most("CPU per host report, "+r.name, "µs", r.perReport(), limit, with) {
			continue
		}
		b.note("%s: %s µs are %s in the collector itself and the rest in the engine; profile %s\n%s", r.name,
			number(r.perReport()), number(float64(r.server.Microseconds())/float64(r.reports)), r.profile, top(r.profile))
	}
	for i := range limits {
		r := runs[i]
		b.most("  with the five-minute derivation, "+r.name, "µs", float64((r.cpu+r.derive).Microseconds())/float64(r.reports), 0, "")
	}
	for i, r := range runs {
		limit, beside := 0.0, ""
		if i >= 8 {
			limit, beside = 1e6, fmt.Sprintf("VictoriaMetrics %s; %s µs of CPU per report; ", number(runs[i-4].perMinute()), number(r.perReport()))
		}
		if i >= 8 || i < 4 {
			b.least("reports a minute, "+r.name, "", r.perMinute(), limit, fmt.Sprintf("%sload generator took %.0f %% of a core", beside, 100*r.own.Seconds()/r.took.Seconds()))
		}
	}
	b.note("bodies of %d and %d B in %d and 24 series; equal values to all, at the precision we store; Prometheus without the compaction of its head",
		runs[0].bytes/runs[0].reports, runs[2].bytes/runs[2].reports, 24+len(values{}.devices))
	for _, r := range runs {
		if !r.settled {
			b.note("%s: still merging when its minute of grace ended; the figure is too low", r.name)
		}
	}
	return nil
}

// top is the short form of a CPU profile.
func top(profile string) string {
	out, err := exec.Command("go", "tool", "pprof", "-top", "-nodecount=12", profile).Output() //nolint:noctx // ends in a second
	if err != nil {
		return "profile not readable: " + err.Error()
	}
	return strings.TrimSpace(string(out))
}
