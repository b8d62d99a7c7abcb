package collector

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/yunjian-io/yunjian/collector/report"
	"github.com/yunjian-io/yunjian/collector/store"
	"github.com/yunjian-io/yunjian/rules/calendar"
	"github.com/yunjian-io/yunjian/rules/filing"
)

// Scheduled is what a look of the schedule did.
type Scheduled struct {
	Closed []store.MonthClose
	// Made are the reports that were written, Sent those that were carried, with recipient.
	Made []string
	Sent []string
}

// Schedule closes the months whose cut-off is over, makes the reports of closed months that
// are not in the ledger yet, and carries signed ones if the settings say so. What is done
// already is left alone, so that it may be cut off anywhere and be run again; one report
// that fails does not keep the others back. logs gives the settings for judging a month.
func (f *Filer) Schedule(ctx context.Context, logs func(context.Context, calendar.Month, time.Time) (LogRules, error)) (done Scheduled, err error) {
	closes, err := f.closeDue(ctx, logs, &done)
	if err != nil {
		return done, err
	}
	providers, err := f.providers(ctx)
	if err != nil {
		return done, err
	}
	filings, err := f.DB.Filings(ctx, store.FilingFilter{})
	if err != nil {
		return done, err
	}
	first, err := f.first(closes, f.today())
	if err != nil {
		return done, err
	}
	latest := map[calendar.Month]int{}
	for _, c := range closes {
		latest[c.Month] = c.Version
	}
	var failures []error
	for _, c := range closes {
		if c.Month.Compare(first) < 0 || latest[c.Month] != c.Version {
			continue
		}
		failures = append(failures, f.makeDue(ctx, c, providers, filings, &done))
	}
	if f.Settings.SendSigned {
		for i := range filings {
			if x := &filings[i]; x.Signed != nil && latest[x.Month] == x.Version {
				failures = append(failures, f.sendDue(ctx, x, &done))
			}
		}
	}
	return done, errors.Join(failures...)
}

// closeDue closes the months that are to be closed and returns all closings.
func (f *Filer) closeDue(ctx context.Context, logs func(context.Context, calendar.Month, time.Time) (LogRules, error), done *Scheduled) ([]store.MonthClose, error) {
	closes, err := f.DB.MonthCloses(ctx, calendar.Month{})
	if err != nil {
		return nil, err
	}
	closed := map[calendar.Month]bool{}
	for _, c := range closes {
		closed[c.Month] = true
	}
	first, err := f.first(closes, f.today())
	if err != nil {
		return nil, err
	}
	for m := first; m.Compare(f.today().CalendarMonth()) < 0; m = m.Next() {
		now := f.Now()
		if closed[m] || now.Before(filing.CutOff(m, f.Settings.CutoffDay, store.Zone())) {
			continue
		}
		rules, err := logs(ctx, m, now)
		if err != nil {
			return nil, err
		}
		f.Say("closing " + m.String())
		c, changed, err := CloseMonth(ctx, f.DB, f.Pack, rules, Closing{Month: m}, now, f.Program, f.Say)
		if err != nil {
			return nil, err
		}
		if changed {
			done.Closed = append(done.Closed, c)
		}
		closes = append(closes, c)
	}
	return closes, nil
}

// makeDue makes the reports of a closing that are not in the ledger.
func (f *Filer) makeDue(ctx context.Context, c store.MonthClose, providers []string, filings []filing.Filing, done *Scheduled) error {
	var failures []error
	for _, provider := range providers {
		for _, kind := range f.Settings.kinds(filing.Made(filings)(provider, c.Month)) {
			var known []filing.Filing
			for i := range filings {
				if x := &filings[i]; x.Month == c.Month && x.Version == c.Version && x.Provider == provider && x.Kind == kind {
					known = append(known, *x)
				}
			}
			if complete(known) {
				continue
			}
			f.Say(fmt.Sprintf("making %s of %s, %s", kind, provider, c.Month))
			made, err := f.Make(ctx, MakeAsk{Month: c.Month, Provider: provider, Kind: kind})
			if err != nil {
				failures = append(failures, fmt.Errorf("make %s of %s, %s: %w", kind, provider, c.Month, err))
				continue
			}
			for i := range made {
				done.Made = append(done.Made, made[i].Edition.FileName())
			}
		}
	}
	return errors.Join(failures...)
}

func (f *Filer) sendDue(ctx context.Context, x *filing.Filing, done *Scheduled) error {
	var failures []error
	for _, r := range f.unsent(*x) {
		_, changed, err := f.Send(ctx, x.ID, r.Name, "", "", f.Now())
		switch {
		case err != nil:
			failures = append(failures, err)
		case changed:
			done.Sent = append(done.Sent, x.ID+" to "+r.Name)
		}
	}
	return errors.Join(failures...)
}

// reportsEvery is how often the schedule of reports looks whether something is due.
const reportsEvery = 5 * time.Minute

// PrintReports tells the server how reports are printed; without it, or without a folder
// for them, it makes none. Call it before Run.
func (s *Server) PrintReports(p Printer, program string) { s.printer, s.program = p, program }

// reportsHandler offers the ledger over HTTP. It prints what is missing in the folder.
func (s *Server) reportsHandler(secret []byte) http.Handler {
	f := &Filer{DB: s.db, Settings: s.config.Reports, Now: time.Now, Say: func(string) {}}
	f.Printer.Print = func(d report.Document, at time.Time) ([]report.File, []string, error) {
		if s.printer.Print == nil {
			return nil, nil, errors.New("this collector does not print reports")
		}
		return s.printer.Print(d, at)
	}
	return NewReportsAPI(f, secret, s.metrics.count, time.Now, s.log)
}

// filer is what files the reports of this server, by the rules of now.
func (s *Server) filer() (*Filer, error) {
	pack, err := LoadRules(s.config.RulesDir)
	if err != nil {
		return nil, err
	}
	logs, err := s.config.LogRules()
	return &Filer{
		DB: s.db, Pack: pack, Settings: s.config.Reports, Period: logs.Period, Builders: Builders(), Printer: s.printer, Program: s.program, Now: time.Now,
		Say: func(what string) { s.log.Info("reports", slog.String("step", what)) },
	}, err
}

// fileReports runs the schedule of reports until ctx ends.
func (s *Server) fileReports(ctx context.Context) {
	if s.config.Reports.Out == "" || s.printer.Print == nil {
		return
	}
	ticker := time.NewTicker(reportsEvery)
	defer ticker.Stop()
	for {
		if err := s.fileOnce(ctx); err != nil && ctx.Err() == nil {
			s.metrics.count("reports", "failed", 1)
			s.log.Error("reports not all filed; it will be tried again", slog.Any("error", err))
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

func (s *Server) fileOnce(ctx context.Context) error {
	f, err := s.filer()
	if err != nil {
		return err
	}
	done, err := f.Schedule(ctx, func(ctx context.Context, m calendar.Month, now time.Time) (LogRules, error) {
		return s.config.LogRulesFor(ctx, s.db.Store, m, now)
	})
	for _, c := range done.Closed {
		s.metrics.count("months", "closed", 1)
		s.log.Info("month closed", slog.String("month", c.Month.String()), slog.Int("version", c.Version), slog.String("data_batch", c.Batch))
	}
	for _, id := range done.Made {
		s.metrics.count("reports", "made", 1)
		s.log.Info("report made", slog.String("report", id))
	}
	for _, id := range done.Sent {
		s.metrics.count("reports", "sent", 1)
		s.log.Info("report sent", slog.String("report", id))
	}
	return errors.Join(err, s.countReports(ctx, f))
}

// countReports updates the figures of the ledger and of late data.
func (s *Server) countReports(ctx context.Context, f *Filer) error {
	rows, err := f.Ledger(ctx, LedgerAsk{}, f.today())
	if err != nil {
		return err
	}
	overdue := 0
	for i := range rows {
		if rows[i].Overdue && rows[i].FirstSentAt.IsZero() {
			overdue++
		}
	}
	late, err := s.db.Late(ctx)
	buckets := uint64(0)
	for _, l := range late {
		buckets += l.Count
	}
	s.overdue.Store(int64(overdue))
	s.late.Store(int64(buckets))
	return err
}
