package collector

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/yunjian-io/yunjian/collector/central"
	"github.com/yunjian-io/yunjian/collector/store"
	"github.com/yunjian-io/yunjian/rules/calendar"
	"github.com/yunjian-io/yunjian/rules/retention"
)

// CentralStore is a central log store of the configuration, and CentralSurvey what one
// answered, under the names by which commands speak of them.
type (
	CentralStore  = central.Store
	CentralSurvey = store.CentralSurvey
)

// CentralProbe is a survey with what is shown of it.
type CentralProbe struct {
	CentralSurvey
	// Oldest and Newest are those of all hosts; zero if there are none.
	Oldest time.Time `json:"oldest,omitzero"`
	Newest time.Time `json:"newest,omitzero"`
	// Removes says what the store removes when, such as "after 200 d", never or unknown.
	Removes string `json:"retention"`
}

// surveyMargin is by how many days more than the window is asked for, so that an answer
// of yesterday still speaks for the whole window of today.
const surveyMargin = 7

// ProbeStore asks a store for its classes, one after the other, keeps every answer and
// passes it on. A store that does not answer is an answer as well; the error is that of
// the database or of the context.
func ProbeStore(ctx context.Context, db *store.Store, s CentralStore, period retention.Period, now func() time.Time, each func(CentralProbe)) error {
	return probeStore(ctx, db, s, central.Options{}, period, now, each)
}

func probeStore(ctx context.Context, db *store.Store, s CentralStore, o central.Options, period retention.Period, now func() time.Time, each func(CentralProbe)) error {
	prober, failed := central.New(s, o)
	if failed == nil {
		defer prober.Close()
	}
	for _, class := range s.Classes {
		at := now().In(store.Zone()).Truncate(time.Second)
		from := period.RequiredFrom(calendar.DateOf(at)).AddDays(-surveyMargin)
		answer, err := central.Survey{Window: retention.Days{From: from, To: calendar.DateOf(at)}}, failed
		if err == nil {
			answer, err = prober.Ask(ctx, class, from, at)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		survey, hosts := surveyOf(s, class, at, answer, err)
		if err := db.SaveCentral(ctx, survey, hosts); err != nil {
			return fmt.Errorf("keep what store %q answered: %w", s.Name, err)
		}
		shown := CentralProbe{CentralSurvey: survey, Removes: removes(survey)}
		for _, h := range hosts {
			if shown.Oldest.IsZero() || h.Oldest.Before(shown.Oldest) {
				shown.Oldest = h.Oldest
			}
			if h.Newest.After(shown.Newest) {
				shown.Newest = h.Newest
			}
		}
		each(shown)
	}
	return nil
}

// surveyOf is an answer in the form in which it is kept.
func surveyOf(s CentralStore, class central.Class, at time.Time, answer central.Survey, failed error) (CentralSurvey, []store.CentralHost) {
	survey := CentralSurvey{
		CentralLog: store.CentralLog{Store: s.Name, Provider: s.Provider, Class: string(class.Class), Stream: class.Stream},
		Kind:       string(s.Kind), CheckedAt: at, From: answer.Window.From, To: answer.Window.To, QuietOK: class.Quiet(),
	}
	for _, a := range s.Aliases {
		survey.Aliases = append(survey.Aliases, string(a))
	}
	if failed != nil {
		survey.Error = failed.Error()
		return survey, nil
	}
	survey.Hosts = len(answer.Hosts)
	survey.Retention, survey.Immutable, survey.Reference, survey.Note = answer.Retention, answer.Immutable, answer.Reference, answer.Note
	hosts := make([]store.CentralHost, len(answer.Hosts))
	for i, h := range answer.Hosts {
		hosts[i] = store.CentralHost{Name: h.Name, Oldest: h.Oldest, Newest: h.Newest, Records: h.Counts}
	}
	return survey, hosts
}

// removes says in words what a store removes when.
func removes(s CentralSurvey) string {
	switch p := s.Retention.(type) {
	case retention.Never:
		return "never"
	case retention.Age:
		if p.SpanDays > 0 {
			return fmt.Sprintf("after %.4g d, less %.4g d", p.Days, p.SpanDays)
		}
		return fmt.Sprintf("after %.4g d", p.Days)
	}
	return "unknown"
}

// probeLook is how often serve looks whether a store is due.
const probeLook = time.Minute

// probeStores asks the configured stores at their interval, one at a time, until ctx
// ends. When a store was asked last is read from the database, so that a restart, a
// command and a second collector do not ask it again.
func (s *Server) probeStores(ctx context.Context) {
	if len(s.config.CentralStores) == 0 {
		return
	}
	intervals := map[string]time.Duration{}
	ticker := time.NewTicker(probeLook)
	defer ticker.Stop()
	for {
		for _, c := range s.config.CentralStores {
			if intervals[c.Name] == 0 {
				intervals[c.Name] = jittered(s.config.CentralProbeInterval)
			}
			asked, err := s.probeDue(ctx, c, intervals[c.Name])
			if err != nil && ctx.Err() == nil {
				s.log.Error("central store not probed; it will be tried again", slog.String("store", c.Name), slog.Any("error", err))
			}
			if asked {
				delete(intervals, c.Name)
			}
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

// jittered is a duration that differs by up to a tenth, so that stores and collectors do
// not keep step.
func jittered(d time.Duration) time.Duration {
	return d - d/10 + rand.N(d/5+1)
}

// probeDue asks a store if it was not asked for so long.
func (s *Server) probeDue(ctx context.Context, c CentralStore, interval time.Duration) (asked bool, err error) {
	now := time.Now()
	known, err := s.db.CentralSurveys(ctx, now)
	if err != nil {
		return false, err
	}
	last := map[store.CentralLog]time.Time{}
	for _, k := range known {
		last[k.CentralLog] = k.CheckedAt
	}
	due := slices.ContainsFunc(c.Classes, func(class central.Class) bool {
		at := last[store.CentralLog{Store: c.Name, Provider: c.Provider, Class: string(class.Class), Stream: class.Stream}]
		return now.Sub(at) >= interval
	})
	if !due {
		return false, nil
	}
	rules, err := s.config.LogRules()
	if err != nil {
		return false, err
	}
	return true, ProbeStore(ctx, s.db.Store, c, rules.Period, time.Now, func(p CentralProbe) {
		log := s.log.With(slog.String("store", p.Store), slog.String("class", p.Class), slog.String("stream", p.Stream))
		if p.Error != "" {
			s.metrics.count("central_probes", "failed", 1)
			log.Error("central store did not answer; its logs are not proven", slog.String("error", p.Error))
			return
		}
		s.metrics.count("central_probes", "answered", 1)
		log.Info("central store answered", slog.Int("hosts", p.Hosts), slog.String("retention", p.Removes), slog.Bool("immutable", p.Immutable))
	})
}
