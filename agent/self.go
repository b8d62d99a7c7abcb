package agent

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/prometheus/common/expfmt"

	"github.com/yunjian-io/yunjian/agent/push"
	"github.com/yunjian-io/yunjian/internal/selfmetrics"
)

// self is what the agent says of itself at /metrics. It is safe for all goroutines.
type self struct {
	set                                                      *selfmetrics.Set
	looks, reports, overflow, spoolErrors, rejected, batches selfmetrics.Counter
	step, late                                               selfmetrics.Counter
	requests                                                 [push.Unauthorized + 1]selfmetrics.Counter
	took                                                     selfmetrics.Seconds
	spoolBatches, spoolBytes                                 atomic.Int64
	logPasses                                                selfmetrics.Counter
	logSources, logReadBytes                                 atomic.Int64
	lastDelivery                                             atomic.Int64 // seconds since 1970
	start                                                    time.Time
	lastTick                                                 atomic.Int64 // nanoseconds since start, by the monotonic clock
}

func newSelf(version string, meter *push.Meter) *self {
	set := selfmetrics.New(MetricsPrefix, Metrics())
	s := &self{
		set:         set,
		start:       time.Now(),
		looks:       set.Counter("looks_total"),
		reports:     set.Counter("reports_total"),
		overflow:    set.Counter("spool_overflow_batches_total"),
		spoolErrors: set.Counter("spool_errors_total"),
		rejected:    set.Counter("batches_rejected_total"),
		batches:     set.Counter("batches_delivered_total"),
		step:        set.Counter("intervals_dropped_total", selfmetrics.Label{Name: "reason", Value: reasonStep}),
		late:        set.Counter("intervals_dropped_total", selfmetrics.Label{Name: "reason", Value: reasonLate}),
		took:        set.Seconds("request_seconds_total"),
		logPasses:   set.Counter("log_passes_total"),
	}
	for o := range s.requests {
		s.requests[o] = set.Counter("requests_total", selfmetrics.Label{Name: "outcome", Value: push.Outcome(o).String()})
	}
	set.Gauge("spool_batches", func() float64 { return float64(s.spoolBatches.Load()) })
	set.Gauge("spool_bytes", func() float64 { return float64(s.spoolBytes.Load()) })
	set.Gauge("last_delivery_timestamp_seconds", func() float64 { return float64(s.lastDelivery.Load()) })
	set.Gauge("log_sources", func() float64 { return float64(s.logSources.Load()) })
	set.Gauge("log_read_bytes", func() float64 { return float64(s.logReadBytes.Load()) })
	set.Gauge("connection_bytes", func() float64 { return float64(meter.Bytes()) })
	set.Gauge("build_info", func() float64 { return 1 }, selfmetrics.Label{Name: "version", Value: version})
	return s
}

func (s *self) dropped(reason string) selfmetrics.Counter {
	if reason == reasonStep {
		return s.step
	}
	return s.late
}

func (s *self) request(o push.Outcome, took time.Duration) {
	s.requests[o].Inc()
	s.took.Add(took)
}

func (s *self) delivered(at time.Time) {
	s.batches.Inc()
	s.lastDelivery.Store(at.Unix())
}

func (s *self) ticked() { s.lastTick.Store(int64(time.Since(s.start))) }

// silent is the time since the last tick, whatever was done to the wall clock.
func (s *self) silent() time.Duration { return time.Since(s.start) - time.Duration(s.lastTick.Load()) }

// handler serves the host's and the agent's metrics, and whether it is alive.
func (a *agent) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, _ *http.Request) {
		var page bytes.Buffer
		families, err := a.gatherer().Gather()
		for _, f := range families {
			if err == nil {
				_, err = expfmt.MetricFamilyToText(&page, f)
			}
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		a.self.set.WritePrometheus(&page)
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		_, _ = w.Write(page.Bytes()) // a scraper that went away is its own affair
	})
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		if silent := a.self.silent(); silent > 3*a.look+time.Second {
			http.Error(w, fmt.Sprintf("no look for %s", silent.Round(time.Second)), http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ok")
	})
	return mux
}

// serve opens the listener, if one is configured, and returns how to close it.
func (a *agent) serve(ctx context.Context) (stop func(), err error) {
	if a.Config.Listen == "off" {
		return func() {}, nil
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", a.Config.Listen)
	if err != nil {
		return nil, errUnusable("listen on", a.Config.Listen, err)
	}
	a.self.ticked()
	server := &http.Server{Handler: a.handler(), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 16 << 10}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := server.Serve(a.meter.Listener(l)); !errors.Is(err, http.ErrServerClosed) {
			a.Log.Error("metrics page stopped", slog.String("error", err.Error()))
		}
	}()
	return func() {
		server.Close()
		<-done
	}, nil
}
