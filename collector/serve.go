package collector

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/yunjian-io/yunjian/collector/ingest"
	"github.com/yunjian-io/yunjian/collector/store"
	"github.com/yunjian-io/yunjian/collector/store/engine"
	"github.com/yunjian-io/yunjian/internal/sdnotify"
	"github.com/yunjian-io/yunjian/internal/wire"
	"github.com/yunjian-io/yunjian/rules/calendar"
)

// Server is the collector as a service.
type Server struct {
	config   Config
	log      *slog.Logger
	db       *Database
	metrics  *metrics
	commits  *ingest.Committer
	registry *ingest.Registry
	aliases  atomic.Pointer[store.Aliases]
	listener net.Listener
	http     *http.Server
	printer  Printer
	program  string
	overdue  atomic.Int64 // reports that should have been sent
	late     atomic.Int64 // values that came after their month was closed
}

// NewServer opens the database and the door. Ready for requests when it returns;
// Run answers them.
func NewServer(ctx context.Context, c Config, log *slog.Logger) (_ *Server, err error) {
	secrets, err := c.Secrets()
	if err != nil {
		return nil, err
	}
	if len(secrets) == 0 {
		log.Warn("no providers configured: nobody can send data")
	}
	s := &Server{config: c, log: log, metrics: newMetrics()}
	if s.db, err = openDatabase(ctx, c, log, engine.Start); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.db.Close())
		}
	}()
	retention := store.Retention{RawDays: c.Retention.RawDays, FiveMinute: c.Retention.FiveMinuteMonths, Days: c.Retention.TableDays}
	var hosts []wire.Host
	err = steadily(ctx, log, "read what is known", func() (err error) {
		if err = s.db.SetRetention(ctx, retention); err != nil {
			return err
		}
		if hosts, err = s.db.Hosts(ctx); err != nil {
			return err
		}
		return s.reloadAliases(ctx)
	})
	if err != nil {
		return nil, err
	}
	s.registry = ingest.NewRegistry(hosts)
	s.metrics.gauge("known_hosts", func() float64 { return float64(s.registry.Len()) })
	s.metrics.gauge("engine_restarts", func() float64 { return float64(s.db.Restarts()) })
	s.commits = ingest.NewCommitter(ingest.CommitterConfig{
		Window: c.GroupCommit, Commit: s.db.Commit, Committed: s.metrics.committed,
		Failed: func(err error) {
			s.metrics.count("commits", "failed", 1)
			log.Error("rows not stored; their senders keep them", slog.Any("error", err))
		},
	})
	s.metrics.gauge("reports_overdue", func() float64 { return float64(s.overdue.Load()) })
	s.metrics.gauge("late_buckets", func() float64 { return float64(s.late.Load()) })
	s.metrics.gauge("rows_waiting", func() float64 { return float64(s.commits.Waiting()) })
	door := ingest.NewHandler(ingest.Config{
		Secrets: secrets, Limits: wire.DefaultLimits(), Registry: s.registry, Put: s.commits.Put,
		Alias: s.resolve, KeepMonths: retention.FiveMinute, Count: s.metrics.count, Now: time.Now, Log: log,
	})
	secret, err := c.APISecret()
	if err != nil {
		return nil, err
	}
	if err := s.listen(ctx, s.routes(door, secret)); err != nil {
		return nil, err
	}
	return s, nil
}

func (s *Server) routes(door http.Handler, secret []byte) http.Handler {
	mux := http.NewServeMux()
	api := NewAPI(s.db, secret, s.metrics.count, time.Now, s.log)
	mux.Handle(apiPath, api)
	mux.Handle(apiPath+"/", api)
	reports := s.reportsHandler(secret)
	mux.Handle(reportsPath, reports)
	mux.Handle(reportsPath+"/", reports)
	mux.Handle(wire.PathWrite, door)
	mux.Handle(wire.PathDocuments, door)
	mux.Handle("GET /metrics", s.metrics)
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), 5*time.Second)
		defer cancel()
		if err := s.db.Ping(ctx); err != nil {
			http.Error(w, "ClickHouse does not answer: "+err.Error(), http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ok")
	})
	return mux
}

func (s *Server) listen(ctx context.Context, handler http.Handler) error {
	s.http = &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       2 * time.Minute,
		IdleTimeout:       3 * time.Minute, // longer than an agent's report interval
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
	var err error
	if s.listener, err = (&net.ListenConfig{}).Listen(ctx, "tcp", s.config.Listen); err != nil {
		return fmt.Errorf("open the door: %w", err)
	}
	if s.config.TLS.CertFile == "" {
		return nil
	}
	certificate, err := loadCertificate(s.config.TLS.CertFile, s.config.TLS.KeyFile, time.Now, func(err error) {
		s.log.Error("certificate not renewed; the old one stays in use", slog.Any("error", err))
	})
	if err != nil {
		return errors.Join(err, s.listener.Close())
	}
	s.listener = tls.NewListener(s.listener, &tls.Config{
		GetCertificate: certificate.get, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"},
	})
	return nil
}

// Addr is where the door listens.
func (s *Server) Addr() net.Addr { return s.listener.Addr() }

// URL is the address that agents are given.
func (s *Server) URL() string {
	scheme := "http"
	if s.config.TLS.CertFile != "" {
		scheme = "https"
	}
	return scheme + "://" + s.Addr().String()
}

// drain is how long requests under way may take after the end was asked for.
const drain = 20 * time.Second

// gcPercent makes the collector collect garbage more often than Go does by itself:
// with thousands of connections its live memory is large and changes little, and a
// heap of twice that would cost a host more than the CPU time costs. GOGC overrides it.
const gcPercent = 40

// Run serves until ctx ends, then answers what is under way, stores it and
// closes the database.
func (s *Server) Run(ctx context.Context) error {
	if os.Getenv("GOGC") == "" {
		defer debug.SetGCPercent(debug.SetGCPercent(gcPercent))
	}
	notify := sdnotify.New(sdnotify.FromEnvironment(os.Getenv))
	defer notify.Close()
	notify.Say("READY=1")
	s.log.Info("collector ready", slog.String("listen", s.Addr().String()), slog.Int("known_hosts", s.registry.Len()))
	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	var group sync.WaitGroup
	group.Go(func() { s.commits.Run(work) })
	group.Go(func() { s.schedule(work) })
	group.Go(func() { s.watch(work, notify) })
	group.Go(func() { s.probeStores(ctx) })
	group.Go(func() { s.fileReports(ctx) })
	group.Go(func() { s.tell(ctx) })
	served := make(chan error, 1)
	go func() { served <- s.http.Serve(s.listener) }()
	var err error
	select {
	case err = <-served:
	case <-ctx.Done():
		s.log.Info("collector stops")
		notify.Say("STOPPING=1")
		bound, cancel := context.WithTimeout(work, drain)
		err = errors.Join(s.http.Shutdown(bound), ignoreClosed(<-served))
		cancel()
	}
	stop()
	group.Wait()
	return errors.Join(err, s.db.Close())
}

// ignoreClosed drops the error with which a server says that it was shut down.
func ignoreClosed(err error) error {
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// watchEvery is how often ClickHouse is asked for a sign of life, and how long it
// may take; systemd's watchdog is fed with the answer.
const watchEvery = 20 * time.Second

// watch feeds systemd's watchdog as long as ClickHouse answers.
func (s *Server) watch(ctx context.Context, notify *sdnotify.Notifier) {
	ticker := time.NewTicker(watchEvery)
	defer ticker.Stop()
	for {
		bound, cancel := context.WithTimeout(ctx, watchEvery)
		if s.db.Ping(bound) == nil {
			notify.Alive()
		}
		cancel()
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

// scheduleEvery is how often the schedule looks whether something is due.
const scheduleEvery = 15 * time.Second

// schedule derives settled buckets and reloads aliases, and once an hour tidies
// up and takes the daily snapshot of what is allocated; once a day it compares changed
// hosts with their sizes. What fails is tried again the next time.
func (s *Server) schedule(ctx context.Context) {
	ticker := time.NewTicker(scheduleEvery)
	defer ticker.Stop()
	var hourly time.Time
	var guarded calendar.Date
	for {
		now := time.Now()
		if _, err := s.db.Derive(ctx, store.Settled(now)); err != nil && ctx.Err() == nil {
			s.metrics.count("derivations", "failed", 1)
			s.log.Error("derivation failed; it will be tried again", slog.Any("error", err))
		}
		if err := s.reloadAliases(ctx); err != nil && ctx.Err() == nil {
			s.log.Error("aliases not reloaded; the old ones stay in use", slog.Any("error", err))
		}
		if now.Sub(hourly) >= time.Hour {
			hourly = now
			if err := s.hourly(ctx, now); err != nil && ctx.Err() == nil {
				s.log.Error("hourly work failed; it will be tried again", slog.Any("error", err))
			}
			var err error
			if guarded, err = s.guardDaily(ctx, guarded, now); err != nil && ctx.Err() == nil {
				s.log.Error("changed hosts not compared with their sizes; it will be tried again", slog.Any("error", err))
			}
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

// reloadAliases takes over what inventory imports have said since.
func (s *Server) reloadAliases(ctx context.Context) error {
	aliases, err := s.db.Aliases(ctx)
	if err != nil {
		return fmt.Errorf("read aliases: %w", err)
	}
	s.aliases.Store(&aliases)
	return nil
}

func (s *Server) resolve(provider, instance string) string {
	return s.aliases.Load().Resolve(provider, instance)
}

func (s *Server) hourly(ctx context.Context, now time.Time) error {
	return errors.Join(s.db.TidyDerived(ctx, now), s.db.SnapshotAllocation(ctx, now))
}
