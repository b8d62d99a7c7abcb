package store

import (
	"context"
	"time"

	"github.com/yunjian-io/yunjian/rules/calendar"
	"github.com/yunjian-io/yunjian/rules/retention"
)

// RetentionFacts are the figures of a month about logs (Art. 31), for the reports of
// providers and units.
type RetentionFacts struct {
	Month    calendar.Month `json:"month"`
	Run      uint64         `json:"run"`
	JudgedAt time.Time      `json:"judged_at"`
	// Open says that the month was not over.
	Open bool `json:"open"`
	// Provider limits the figures to its hosts; empty takes all.
	Provider string `json:"provider,omitempty"`
	// Period is what the verdicts used, such as P6M; empty if there are none.
	Period string `json:"period"`
	// Counts are by responsible party and class; required logs stand before others.
	Counts []RetentionCount `json:"counts"`
	// Breaking are the logs that are complete today and break on a known day, the first
	// day first.
	Breaking []RetentionNamed `json:"breaking"`
	// Undetermined are the logs on which there is no verdict, those never declared included.
	Undetermined []RetentionNamed `json:"undetermined"`
	// AttestedDays of the WindowDays of all counted logs were watched by this system.
	AttestedDays uint64 `json:"attested_days"`
	WindowDays   uint64 `json:"window_days"`
}

// AttestedShare is the part of the days to be kept that this system itself watched
// being written. It is not ok if there are none.
func (f RetentionFacts) AttestedShare() (share float64, ok bool) {
	return portion(f.AttestedDays, f.WindowDays)
}

// RetentionCount counts the logs of one class for which one party answers.
type RetentionCount struct {
	Party string `json:"party"`
	Class string `json:"class"`
	// Mandatory says that the registry or the default requires these logs.
	Mandatory bool `json:"mandatory"`
	// Logs are those in scope.
	Logs uint64 `json:"logs"`
	// Verdicts counts by verdict, out_of_scope as well; Statuses as the report does.
	Verdicts map[string]uint64 `json:"verdicts"`
	Statuses map[string]uint64 `json:"statuses"`
}

// Compliance is F15: compliant logs by all that are neither waived nor too young. It is
// not ok if there are none.
func (c RetentionCount) Compliance() (rate float64, ok bool) {
	due := c.Logs - c.Statuses[retention.StatusWaived.String()] - c.Statuses[retention.StatusAccumulating.String()]
	return portion(c.Statuses[retention.StatusCompliant.String()], due)
}

// Decidable is the part of the logs on which there is a verdict: compliant or not. It is
// not ok if there are no logs.
func (c RetentionCount) Decidable() (rate float64, ok bool) {
	return portion(c.Statuses[retention.StatusCompliant.String()]+c.Statuses[retention.StatusNonCompliant.String()], c.Logs)
}

func portion(part, whole uint64) (float64, bool) {
	if whole == 0 {
		return 0, false
	}
	return float64(part) / float64(whole), true
}

// RetentionNamed is a log that is told by name.
type RetentionNamed struct {
	Provider  string `json:"provider"`
	Unit      string `json:"unit"`
	System    string `json:"system"`
	HostID    string `json:"host"`
	Class     string `json:"class"`
	Stream    string `json:"stream,omitempty"`
	Path      string `json:"path,omitempty"`
	Party     string `json:"party"`
	Mandatory bool   `json:"mandatory"`
	Verdict   string `json:"verdict"`
	Status    string `json:"status"`
	// Why is the code of the first reason.
	Why string `json:"why"`
	// On is the day on which it breaks; zero for one that is undetermined.
	On calendar.Date `json:"on,omitzero"`
}

// RetentionFacts returns the figures of a run, of one provider or of all if it is empty.
func (s *Store) RetentionFacts(ctx context.Context, run JudgeRun, provider string) (RetentionFacts, error) {
	f := RetentionFacts{Month: run.Month, Run: run.Run, JudgedAt: run.JudgedAt.In(Zone()), Open: run.Open, Provider: provider}
	values := map[string]any{"month": run.Month.First().String(), "run": run.Run, "provider": provider}
	err := s.Each(ctx, query("retention_counts"), values, func(scan func(...any) error) error { return f.count(scan) })
	if err != nil {
		return f, err
	}
	err = s.Each(ctx, query("retention_named"), values, func(scan func(...any) error) error {
		var (
			n         RetentionNamed
			mandatory uint8
			code      string
			on        *time.Time
		)
		if err := scan(&n.Provider, &n.Unit, &n.System, &n.HostID, &n.Class, &n.Stream, &n.Path, &n.Party, &mandatory, &n.Verdict, &code, &n.Status, &on, &n.Why); err != nil {
			return err
		}
		n.Mandatory, n.On = mandatory == 1, day(on)
		if n.On.IsZero() {
			f.Undetermined = append(f.Undetermined, n)
		} else {
			f.Breaking = append(f.Breaking, n)
		}
		return nil
	})
	return f, err
}

// count adds one row of retention_counts.
func (f *RetentionFacts) count(scan func(...any) error) error {
	var (
		c                    RetentionCount
		mandatory            uint8
		verdict, status      string
		logs, attested, days uint64
	)
	if err := scan(&c.Party, &c.Class, &mandatory, &verdict, &status, &f.Period, &logs, &attested, &days); err != nil {
		return err
	}
	c.Mandatory = mandatory == 1
	last := len(f.Counts) - 1
	if last < 0 || f.Counts[last].Party != c.Party || f.Counts[last].Class != c.Class || f.Counts[last].Mandatory != c.Mandatory {
		c.Verdicts, c.Statuses = map[string]uint64{}, map[string]uint64{}
		f.Counts = append(f.Counts, c)
		last++
	}
	into := &f.Counts[last]
	into.Verdicts[verdict] += logs
	if status == retention.StatusNotCounted.String() {
		return nil
	}
	into.Statuses[status] += logs
	into.Logs += logs
	f.AttestedDays, f.WindowDays = f.AttestedDays+attested, f.WindowDays+days
	return nil
}
