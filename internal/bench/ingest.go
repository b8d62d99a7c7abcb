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

func ingestSection(ctx context.Context, b *bench) error {
	hosts, minutes := b.hosts, ingestMinutes
	if b.quick {
		hosts, minutes = min(hosts, 1000), 3
	}
	ours := func(secure bool, profile string) func(context.Context) (*receiver, error) {
		return func(ctx context.Context) (*receiver, error) {
			return b.startCollector(ctx, collectorOptions{secure: secure, profile: profile})
		}
	}
	file := func(name string) string { return filepath.Join(b.profiles, name) }
	runs := []*ingestRun{
		{name: "body of the agent", start: ours(false, file("plain.cpu")), devices: true, profile: file("plain.cpu")},
		{name: "body of the agent, TLS", start: ours(true, file("tls.cpu")), devices: true, profile: file("tls.cpu")},
		{name: "24 totals only", start: ours(false, file("totals.cpu")), profile: file("totals.cpu")},
		{name: "24 totals only, TLS", start: ours(true, file("totals-tls.cpu")), profile: file("totals-tls.cpu")},
		{name: "VictoriaMetrics, body of the agent", start: b.startVictoria, devices: true},
		{name: "VictoriaMetrics, 24 totals", start: b.startVictoria},
		{name: "Prometheus, body of the agent", start: b.startPrometheus, devices: true},
		{name: "Prometheus, 24 totals", start: b.startPrometheus},
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
	b.say("%s: %s µs of CPU per report, %s reports a minute, %d B a body, load generator %.1f µs per report, %d sent again, settled %v",
		r.name, number(r.perReport()), number(r.perMinute()), r.bytes/r.reports,
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
		with := peer(4+i/2*1, 6+i/2)
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
	for i := range limits {
		r := runs[i]
		own := fmt.Sprintf("VictoriaMetrics %s; load generator took %.0f %% of 2 cores", number(runs[4+i/2].perMinute()), 50*r.own.Seconds()/r.took.Seconds())
		b.least("reports a minute, "+r.name, "", r.perMinute(), 1e6, own)
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
