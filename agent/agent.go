// Package agent measures a host and reports to the collector: it looks every few
// seconds, closes an interval every minute, spools it durably, and only then
// sends it, oldest first.
//
// It leaves out how anything is measured (agent/probe), kept (agent/spool) or
// sent (agent/push). One goroutine drives probes and spool; a second one exists
// while a request is under way, so that a slow collector delays no look.
package agent

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/yunjian-io/yunjian/agent/probe"
	"github.com/yunjian-io/yunjian/agent/push"
	"github.com/yunjian-io/yunjian/agent/spool"
	"github.com/yunjian-io/yunjian/internal/sdnotify"
)

// Options are what Run needs. Only Config and Log are not optional.
type Options struct {
	Config  Config
	Log     *slog.Logger
	Version string
	// Notify is systemd's notification socket, $NOTIFY_SOCKET; empty: none.
	Notify string
	// Watchdog is how long systemd waits for a sign of life, $WATCHDOG_USEC; 0: for ever.
	Watchdog time.Duration

	// Guarantee computes what the policies of a log keep; nil: the figure is not there.
	Guarantee Guarantee

	// Alone says that nothing else lives in the process, so that the agent may decide when
	// garbage is collected, and wait for the kernel's clock.
	Alone bool

	// What follows replaces the world in tests.
	Probes    probe.Options
	Transport http.RoundTripper // nil: the network
	Wall      func() time.Time  // the wall clock; nil: the host's
	Random    func(n int64) int64
}

func (o Options) withDefaults() Options {
	o.Config = o.Config.resolved()
	if root := o.Config.HostRoot; root != "" {
		at := func(name string) string { return filepath.Join(root, name) }
		o.Probes.Roots = probe.Roots{Proc: at("proc"), Sys: at("sys"), Etc: at("etc"), Run: at("run"), Var: at("var")}
	}
	if o.Wall == nil {
		o.Wall = func() time.Time { return time.Now().Round(0) }
	}
	if o.Random == nil {
		o.Random = rand.Int64N
	}
	return o
}

// agent is the state of Run. Its fields belong to the goroutine of Run, but for
// self, probes' gatherer and meter, which are safe for all.
type agent struct {
	Options
	look, report time.Duration
	probes       *probe.Set
	meter        *push.Meter
	self         *self
	encode       encoder
	notify       *sdnotify.Notifier

	alarm    alarm
	grid     grid
	identity identity
	states   map[string]bool // whether a probe failed in the last interval
	began    int64           // meter at the start of the interval
	offset   float64         // clock offset in seconds, NaN if not known
	delivery *delivery       // nil without a collector
	logs     *watch          // nil if logs are not watched
	heap     *heap
	// clockOffset is offset for the goroutine of logs, as the bits of the float.
	clockOffset atomic.Uint64
}

// Run measures and reports until ctx is done; it returns nil then. An error
// means that it cannot do its work: what is wrong and what to do.
func Run(ctx context.Context, o Options) error {
	a, err := newAgent(o)
	if err != nil {
		return err
	}
	defer a.close()
	stop, err := a.serve(ctx)
	if err != nil {
		return err
	}
	defer stop()
	return a.run(ctx)
}

func newAgent(o Options) (*agent, error) {
	o = o.withDefaults()
	if err := o.Config.validate(); err != nil {
		return nil, err
	}
	a := &agent{
		Options: o,
		look:    time.Duration(o.Config.LookInterval),
		report:  time.Duration(o.Config.ReportInterval),
		probes:  probe.New(o.Probes),
		meter:   &push.Meter{},
		states:  map[string]bool{},
		offset:  missing,
	}
	a.clockOffset.Store(math.Float64bits(missing))
	a.encode, a.heap = newEncoder(), newHeap(o.Alone)
	a.grid = newGrid(a.look, a.report)
	a.self = newSelf(o.Version, a.meter)
	a.logs = newWatch(a)
	if o.Config.CollectorURL == "" {
		a.alarm = newAlarm(o.Alone, a.look)
		return a, nil
	}
	client, err := push.New(a.pushOptions(), a.meter)
	if err != nil {
		return nil, err
	}
	lock, err := lockFolder(o.Config.SpoolDir)
	if err != nil {
		return nil, err
	}
	queue, err := spool.Open(o.Config.SpoolDir, int64(o.Config.SpoolLimit))
	if err != nil {
		lock.Close()
		return nil, err
	}
	a.delivery = newDelivery(a, client, queue, lock)
	a.alarm = newAlarm(o.Alone, a.look)
	return a, nil
}

func (a *agent) pushOptions() push.Options {
	c := a.Config
	return push.Options{
		URL: c.CollectorURL, TokenFile: c.TokenFile, CAFile: c.CAFile, CertFile: c.CertFile, KeyFile: c.KeyFile,
		AllowPlainHTTP: c.AllowPlainHTTP, Version: a.Version, Transport: a.Transport,
	}
}

func (a *agent) close() {
	a.alarm.stop()
	if a.delivery != nil {
		a.delivery.lock.Close()
	}
}

func (a *agent) run(ctx context.Context) error {
	if err := a.refreshIdentity(ctx, a.Wall()); err != nil {
		return err
	}
	a.note(a.probes.Begin(ctx))
	a.notify = sdnotify.New(a.Notify, a.Watchdog)
	defer a.notify.Close()
	a.notify.Say("READY=1")
	a.Log.Info("agent started", slog.String("version", a.Version), slog.String("host", a.identity.now.Host),
		slog.String("host_kind", string(a.identity.now.HostKind)), slog.String("collector", a.Config.CollectorURL))
	a.delivery.begin()
	defer a.delivery.end()
	if err := a.logs.begin(ctx); err != nil {
		return err
	}
	defer a.logs.end()

	defer context.AfterFunc(ctx, a.alarm.wake)()
	a.alarm.reset(a.grid.start(a.Wall(), time.Now()))
	var err error
	a.alarm.loop(func(woken bool) (more bool) {
		more, err = a.round(ctx, woken)
		return more && err == nil
	})
	return err
}

// round does what is due: after a ring of the alarm what its time has come for, and
// otherwise what other goroutines have said.
func (a *agent) round(ctx context.Context, woken bool) (more bool, err error) {
	if !woken {
		err = a.tick(ctx)
	} else if more, err = a.listen(ctx); err == nil && !more {
		a.notify.Say("STOPPING=1")
		a.Log.Info("agent stops", slog.Int64("spool_batches", a.self.spoolBatches.Load()))
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if err := a.delivery.ring(ctx); err != nil {
		return false, err
	}
	next := a.grid.wait(a.Wall())
	if pause, armed := a.delivery.wait(); armed {
		next = min(next, pause)
	}
	a.alarm.reset(next)
	return true, nil
}

// listen takes what other goroutines have to say, and reports whether the agent is to
// go on.
func (a *agent) listen(ctx context.Context) (more bool, err error) {
	for err == nil {
		select {
		case r := <-a.delivery.answers():
			err = a.delivery.settle(ctx, r)
			if !math.IsNaN(a.offset) {
				a.clockOffset.Store(math.Float64bits(a.offset))
				a.logs.clockKnown()
			}
		case r := <-a.logs.ready():
			err = a.logs.take(r)
		case err = <-a.logs.broken():
		default:
			return ctx.Err() == nil, nil
		}
	}
	return false, err
}

// tick does what is due at one instant of the grid.
func (a *agent) tick(ctx context.Context) error {
	wall := a.Wall()
	what, reason := a.grid.tick(wall, time.Now())
	if reason != "" {
		a.self.dropped(reason).Inc()
		a.Log.Warn("interval dropped", slog.String("reason", reason))
		if reason == reasonStep {
			a.offset = missing // it was taken with the other clock
			a.clockOffset.Store(math.Float64bits(missing))
		}
	}
	a.notify.Alive()
	a.self.ticked()
	switch what {
	case nothing:
		return nil
	case looking:
		a.probes.Look(ctx)
		a.self.looks.Inc()
		return nil
	case beginning:
		a.note(a.probes.Begin(ctx))
		a.began = a.meter.Bytes()
		return nil
	}
	return a.closeInterval(ctx, wall)
}

// closeInterval publishes and spools the interval that just ended.
func (a *agent) closeInterval(ctx context.Context, wall time.Time) error {
	bytes := a.meter.Bytes()
	a.note(a.probes.Cut(ctx, probe.Own{
		IntervalSeconds:    a.report.Seconds(),
		AgentTrafficBytes:  float64(bytes - a.began),
		ClockOffsetSeconds: a.offset,
	}))
	a.began = bytes
	a.self.looks.Inc()
	a.self.reports.Inc()
	a.heap.sweep()
	if a.delivery == nil {
		return nil
	}
	all, err := a.toSend()
	if err != nil {
		return err
	}
	body, err := a.encode.report(all, a.identity.now.Host, a.grid.began())
	if err != nil {
		return err
	}
	a.delivery.put(spool.Batch{Kind: spool.Metrics, Body: body})
	if err := a.refreshIdentity(ctx, wall); err != nil {
		return err
	}
	return a.delivery.fold()
}

// note logs a probe that began or ceased to fail, one line a change.
func (a *agent) note(states []probe.State) {
	for _, s := range states {
		failed := s.Err != nil
		if failed == a.states[s.Probe] {
			continue
		}
		a.states[s.Probe] = failed
		if failed {
			a.Log.Warn("probe fails", slog.String("probe", s.Probe), slog.String("error", s.Err.Error()))
			continue
		}
		a.Log.Info("probe recovered", slog.String("probe", s.Probe))
	}
}

// spread delays each host's requests by its own share of the interval, so that
// the fleet does not report in one instant.
func spread(host string, report time.Duration) time.Duration {
	const most = 10 * time.Second
	return time.Duration(hash(host) % uint64(min(most, report/4)))
}

func errUnusable(what, path string, err error) error {
	return fmt.Errorf("%s %s: %w", what, path, err)
}
