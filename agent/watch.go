package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/yunjian-io/yunjian/agent/logs"
	"github.com/yunjian-io/yunjian/agent/probe"
	"github.com/yunjian-io/yunjian/agent/spool"
	"github.com/yunjian-io/yunjian/internal/wire"
)

// Guarantee tells how many days of a log its policies surely keep; known is false if
// that cannot be told, and days is infinite if nothing removes records.
type Guarantee func(s wire.LogSource, now time.Time) (days float64, known bool)

// watch observes the logs of the host. Its goroutine reads within the budget of the
// logs and never holds up a look at the host; reports reach the agent's own
// goroutine, which alone owns the spool. Neither waits for the other to take what it
// has said: at the end either may be gone.
type watch struct {
	a        *agent
	observer *logs.Observer
	every    time.Duration
	reports  chan *logs.Report
	spooled  chan bool // whether the report given last is in the spool
	failed   chan error
	done     chan struct{}
	asks     bool          // there is a collector whose clock will be known
	clock    chan struct{} // has a value once the collector's clock is known
	stop     context.CancelFunc
	state    string // of what was logged last
	gauges   *logGauges
}

// newWatch returns nil if logs are not to be watched.
func newWatch(a *agent) *watch {
	c := a.Config
	if c.Logs.Disabled {
		return nil
	}
	return &watch{
		a: a, every: time.Duration(c.Logs.Interval), reports: make(chan *logs.Report, 1), spooled: make(chan bool, 1),
		failed: make(chan error, 1), done: make(chan struct{}), clock: make(chan struct{}, 1), gauges: newLogGauges(),
	}
}

// begin starts to watch. host is known by now.
func (w *watch) begin(ctx context.Context) error {
	if w == nil {
		return nil
	}
	o := w.a.logOptions()
	if o.StateDir != "" {
		if err := os.MkdirAll(o.StateDir, 0o700); err != nil {
			return fmt.Errorf("make the folder of the log memory: %w; set logs.state_dir to one that the agent may write", err)
		}
	}
	observer, err := logs.New(o)
	if err != nil {
		return err
	}
	w.observer = observer
	w.asks = w.a.delivery != nil && !w.a.Config.MetricsOnly
	ctx, w.stop = context.WithCancel(ctx)
	go w.run(ctx)
	return nil
}

// end waits until the goroutine has saved what it knows.
func (w *watch) end() {
	if w == nil || w.observer == nil {
		return
	}
	w.stop()
	<-w.done
	if err := w.observer.Close(); err != nil {
		w.a.Log.Warn("log memory cannot be closed", slog.String("error", err.Error()))
	}
}

// logOptions are those of the log watch by the configuration.
func (a *agent) logOptions() logs.Options {
	o := observerOptions(a.Options)
	o.Host = a.identity.now.Host
	o.ClockOffset = func() (float64, bool) {
		offset := math.Float64frombits(a.clockOffset.Load())
		return offset, !math.IsNaN(offset)
	}
	return o
}

func observerOptions(o Options) logs.Options {
	c := o.Config
	root := c.HostRoot
	if root == "" {
		root = "/"
	}
	return logs.Options{
		Root: root, StateDir: c.Logs.StateDir, Sites: c.Logs.Sources, Clock: o.Wall,
		Budget: logs.Budget{BytesPerSecond: int64(c.Logs.ReadLimit), CPUShare: c.Logs.CPUPercent / 100},
	}
}

// run does passes, and between them what they left to be read.
func (w *watch) run(ctx context.Context) {
	defer close(w.done)
	// The budget counts the CPU time of the thread.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	w.awaitClock(ctx)
	defer w.a.heap.work()
	for next := time.Now(); ; {
		next = next.Add(w.every)
		w.a.heap.work()
		err := w.pass(ctx)
		if err == nil {
			err = w.seal(ctx, next)
		}
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			w.failed <- err
			w.a.alarm.wake()
			return
		}
		w.a.heap.rest()
		if now := time.Now(); next.Before(now) {
			next = now // a pass took longer than the interval
		}
		timer := time.NewTimer(time.Until(next))
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
	}
}

// clockPatience is how long the first pass waits for the collector's clock: evidence
// under a clock that nobody compared proves nothing.
const clockPatience = time.Minute

// awaitClock waits until an answer of the collector has told its clock, or for a while.
func (w *watch) awaitClock(ctx context.Context) {
	if !w.asks {
		return
	}
	timer := time.NewTimer(clockPatience)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-w.clock:
	case <-timer.C:
	}
}

// clockKnown says that the collector's clock is known.
func (w *watch) clockKnown() {
	if w == nil {
		return
	}
	select {
	case w.clock <- struct{}{}:
	default: // it was said already
	}
}

func (w *watch) pass(ctx context.Context) error {
	report, err := w.observer.Pass(ctx)
	if err != nil {
		return err
	}
	w.reports <- report // the one before was taken, or its answer would not have come
	w.a.alarm.wake()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case kept := <-w.spooled:
		if !kept {
			return nil // the next document tells it again
		}
		return w.observer.Sent(report)
	}
}

func (w *watch) seal(ctx context.Context, until time.Time) error {
	ctx, cancel := context.WithDeadline(ctx, until)
	defer cancel()
	_, err := w.observer.Seal(ctx)
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

func (w *watch) ready() <-chan *logs.Report {
	if w == nil {
		return nil
	}
	return w.reports
}

func (w *watch) broken() <-chan error {
	if w == nil {
		return nil
	}
	return w.failed
}

// take spools the document of a report and publishes its figures.
func (w *watch) take(r *logs.Report) error {
	a := w.a
	a.self.logPasses.Inc()
	a.self.logSources.Store(int64(len(r.Sources)))
	a.self.logReadBytes.Store(w.observer.Usage().ReadBytes)
	w.gauges.set(r, a.Guarantee, a.Wall())
	w.say(r)
	kept := true
	if a.delivery != nil && !a.Config.MetricsOnly {
		body, err := json.Marshal(r.Document)
		if err != nil {
			return fmt.Errorf("encode log evidence: %w", err)
		}
		kept = a.delivery.put(spool.Batch{Kind: spool.Document, Body: body})
	}
	w.spooled <- kept
	return nil
}

// say logs how much is watched, once until it changes, and each loss.
func (w *watch) say(r *logs.Report) {
	denied := 0
	for _, s := range r.Sources {
		if s.Access.Denied {
			denied++
		}
	}
	if state := fmt.Sprint(len(r.Sources), denied); state != w.state {
		w.state = state
		w.a.Log.Info("logs are watched", slog.Int("sources", len(r.Sources)), slog.Int("not_readable", denied))
	}
	for _, e := range r.Document.Events {
		switch e.Kind {
		case wire.EventGone, wire.EventTruncated, wire.EventEdited:
			w.a.Log.Warn("log records are lost", slog.String("what", string(e.Kind)), slog.String("path", e.Path))
		}
	}
}

// logGauges are the figures of each log source on the page and on the wire.
type logGauges struct {
	registry        *prometheus.Registry
	lock            sync.Mutex
	age, kept, rate *prometheus.GaugeVec
	pending         bool // they changed since they were sent
}

func newLogGauges() *logGauges {
	vector := func(name string) *prometheus.GaugeVec {
		for _, m := range wire.Devices() {
			if m.Name == name {
				return prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: m.FullName(), Help: m.Help}, []string{m.Label})
			}
		}
		panic("no such metric: " + name) // a slip of ours, found by the first test
	}
	g := &logGauges{
		registry: prometheus.NewRegistry(),
		age:      vector("log_oldest_record_age_seconds"), kept: vector("log_guaranteed_seconds"), rate: vector("log_bytes_per_day"),
	}
	g.registry.MustRegister(g)
	return g
}

// set publishes a report. A figure that is not known is not there.
func (g *logGauges) set(r *logs.Report, guarantee Guarantee, now time.Time) {
	g.lock.Lock()
	defer g.lock.Unlock()
	g.pending = true
	for _, v := range []*prometheus.GaugeVec{g.age, g.kept, g.rate} {
		v.Reset()
	}
	for _, s := range r.Sources {
		var oldest time.Time
		for _, segment := range s.Segments {
			if at := segment.First; !at.IsZero() && (oldest.IsZero() || at.Before(oldest)) {
				oldest = at
			}
		}
		if !oldest.IsZero() && oldest.Before(now) {
			g.age.WithLabelValues(s.Key).Set(math.Floor(now.Sub(oldest).Seconds()))
		}
		if s.Rate.P50 > 0 {
			g.rate.WithLabelValues(s.Key).Set(math.Round(s.Rate.P50))
		}
		if guarantee == nil {
			continue
		}
		if days, known := guarantee(s, now); known {
			g.kept.WithLabelValues(s.Key).Set(min(math.Floor(days*secondsADay), endless))
		}
	}
}

const (
	secondsADay = 24 * 60 * 60
	// endless stands for a policy that removes nothing: a hundred years.
	endless = 36525 * secondsADay
)

// Describe implements prometheus.Collector.
func (g *logGauges) Describe(to chan<- *prometheus.Desc) {
	for _, v := range []*prometheus.GaugeVec{g.age, g.kept, g.rate} {
		v.Describe(to)
	}
}

// Collect implements prometheus.Collector.
func (g *logGauges) Collect(to chan<- prometheus.Metric) {
	g.lock.Lock()
	defer g.lock.Unlock()
	for _, v := range []*prometheus.GaugeVec{g.age, g.kept, g.rate} {
		v.Collect(to)
	}
}

// stateFolder is where the memory of the logs is by default.
func stateFolder(spoolDir string) string { return filepath.Join(spoolDir, "logs") }

// gatherer is what the page shows: the host, and its logs.
func (a *agent) gatherer() prometheus.Gatherer {
	if a.logs == nil {
		return a.probes.Gatherer()
	}
	return prometheus.Gatherers{a.probes.Gatherer(), a.logs.gauges.registry}
}

// toSend is what the next report carries: the figures of the logs once after each pass.
func (a *agent) toSend() ([]probe.Value, error) {
	all := a.probes.Values()
	if a.logs == nil || !a.logs.gauges.due() {
		return all, nil
	}
	figures, err := a.encode.gather(a.logs.gauges.registry)
	return append(all, figures...), err
}

// due reports whether the figures are to be sent, and takes it that they are.
func (g *logGauges) due() bool {
	g.lock.Lock()
	defer g.lock.Unlock()
	was := g.pending
	g.pending = false
	return was
}
