package store

import (
	"context"
	"time"

	"github.com/yunjian-io/yunjian/rules/calendar"
	"github.com/yunjian-io/yunjian/rules/retention"
)

// CentralLog names a class of log in a central store. An empty stream is any.
type CentralLog struct {
	Store    string `json:"store"`
	Provider string `json:"provider"`
	Class    string `json:"class"`
	Stream   string `json:"stream,omitempty"`
}

// CentralSurvey is what a central store answered about a class of log, for all hosts.
type CentralSurvey struct {
	CentralLog
	Kind string `json:"kind"`
	// CheckedAt is when it was asked, to the second.
	CheckedAt time.Time `json:"checked_at"`
	// Error says why it did not answer. Nothing but the names and the time counts then.
	Error string `json:"error,omitempty"`
	// Hosts is the number of hosts of which it holds records.
	Hosts int `json:"hosts"`
	// From and To are the days whose records were counted.
	From calendar.Date `json:"counted_from"`
	To   calendar.Date `json:"counted_to"`
	// Retention is what it removes when: Age, Never, or nil if that is not known.
	Retention retention.Policy `json:"-"`
	Immutable bool             `json:"immutable"`
	Reference string           `json:"reference,omitempty"`
	Note      string           `json:"note,omitempty"`
	QuietOK   bool             `json:"quiet_ok,omitempty"`
	// Aliases are the kinds of names by which the store knows hosts.
	Aliases []string `json:"aliases"`
}

// CentralHost is what a central store holds of one host.
type CentralHost struct {
	// Name is that of the host in the store.
	Name           string
	Oldest, Newest time.Time
	// Records are the records of each counted day.
	Records []uint64
}

// CentralHeld is what is read back of it for judging.
type CentralHeld struct {
	Name           string
	Oldest, Newest time.Time
	// Empty are the counted days without records, but for the last, which was not over.
	Empty []calendar.Date
}

// The kinds of retention, as they are stored.
const (
	retentionAge     = "age"
	retentionNever   = "never"
	retentionUnknown = "unknown"
)

// SaveCentral stores a survey. Its hosts go first, so that they count only once the
// survey itself is there.
func (s *Store) SaveCentral(ctx context.Context, survey CentralSurvey, hosts []CentralHost) error {
	log, n, at := survey.CentralLog, len(hosts), clampSeconds(survey.CheckedAt)
	if n > 0 && survey.Error == "" {
		ends := func(name string, value func(*CentralHost) time.Time) column {
			return column{name, typeMilli, collect(hosts, func(h *CentralHost) time.Time { return milli(value(h)) })}
		}
		err := s.insert(ctx, "log_store_hosts", []column{
			{"store", typeLow, repeated(n, log.Store)},
			{"provider", typeLow, repeated(n, log.Provider)},
			{"class", typeLow, repeated(n, log.Class)},
			{"stream", "String", repeated(n, log.Stream)},
			{"checked_at", typeTime, repeated(n, at)},
			texts("name", hosts, func(h *CentralHost) string { return h.Name }),
			ends("oldest", func(h *CentralHost) time.Time { return h.Oldest }),
			ends("newest", func(h *CentralHost) time.Time { return h.Newest }),
			{"records", "Array(UInt64)", collect(hosts, func(h *CentralHost) []uint64 { return h.Records })},
		})
		if err != nil {
			return err
		}
	}
	level := retention.Queried
	if survey.Error != "" {
		level, n = retention.Configured, 0
	}
	kind, age := retentionOf(survey.Retention)
	return s.insert(ctx, "log_store_surveys", []column{
		{"store", typeLow, []string{log.Store}},
		{"provider", typeLow, []string{log.Provider}},
		{"class", typeLow, []string{log.Class}},
		{"stream", "String", []string{log.Stream}},
		{"checked_at", typeTime, []int64{at}},
		{"kind", typeLow, []string{survey.Kind}},
		{"level", typeLow, []string{levelName(level)}},
		{"error", "String", []string{survey.Error}},
		{"hosts", "UInt32", []uint32{uint32(n)}},
		{"counted_from", "Date", []time.Time{dateOf(survey.From)}},
		{"counted_to", "Date", []time.Time{dateOf(survey.To)}},
		{"retention_kind", typeLow, []string{kind}},
		{"retention_days", "Float64", []float64{age.Days}},
		{"retention_span_days", "Float64", []float64{age.SpanDays}},
		{"retention_setting", typeLow, []string{age.Setting}},
		{"immutable", "UInt8", []uint8{flag(survey.Immutable)}},
		{"reference", "String", []string{survey.Reference}},
		{"note", "String", []string{survey.Note}},
		{"quiet_ok", "UInt8", []uint8{flag(survey.QuietOK)}},
		{"aliases", typeLows, [][]string{survey.Aliases}},
	})
}

// levelName is how a level of proof is stored.
func levelName(l retention.Level) string {
	if l >= retention.Queried {
		return "queried"
	}
	return "configured"
}

func retentionOf(p retention.Policy) (kind string, age retention.Age) {
	switch p := p.(type) {
	case retention.Age:
		return retentionAge, p
	case retention.Never:
		return retentionNever, age
	}
	return retentionUnknown, age
}

// CentralSurveys returns, for each class of each store as of a time, when it was asked
// last and, if it did not answer then, when it last did. They are in the order of their
// names and times.
func (s *Store) CentralSurveys(ctx context.Context, at time.Time) (out []CentralSurvey, err error) {
	err = s.Each(ctx, query("central_surveys"), map[string]any{"at": at}, func(scan func(...any) error) error {
		var (
			v                CentralSurvey
			hosts            uint32
			from, to         time.Time
			kind             string
			age              retention.Age
			immutable, quiet uint8
		)
		if err := scan(&v.Store, &v.Provider, &v.Class, &v.Stream, &v.CheckedAt, &v.Kind, &v.Error, &hosts, &from, &to, &kind, &age.Days,
			&age.SpanDays, &age.Setting, &immutable, &v.Reference, &v.Note, &quiet, &v.Aliases); err != nil {
			return err
		}
		v.Hosts, v.From, v.To, v.Immutable, v.QuietOK = int(hosts), calendar.DateOf(from), calendar.DateOf(to), immutable == 1, quiet == 1
		switch kind {
		case retentionAge:
			v.Retention = age
		case retentionNever:
			v.Retention = retention.Never{}
		}
		out = append(out, v)
		return nil
	})
	return out, err
}

// CentralHosts returns what a store held of each host at a survey.
func (s *Store) CentralHosts(ctx context.Context, survey CentralSurvey) (out []CentralHeld, err error) {
	values := map[string]any{
		"store": survey.Store, "provider": survey.Provider, "class": survey.Class, "stream": survey.Stream, "at": survey.CheckedAt,
	}
	err = s.Each(ctx, query("central_hosts"), values, func(scan func(...any) error) error {
		var (
			h      CentralHeld
			places []uint16
		)
		if err := scan(&h.Name, &h.Oldest, &h.Newest, &places); err != nil {
			return err
		}
		for _, p := range places {
			h.Empty = append(h.Empty, survey.From.AddDays(int(p)))
		}
		out = append(out, h)
		return nil
	})
	return out, err
}

// HostName is one name of a host.
type HostName struct {
	Provider, HostID string
	// Kind is host_id, machine_id, instance or hostname.
	Kind, Name string
}

// HostNames returns the names of all hosts, as of a time.
func (s *Store) HostNames(ctx context.Context, at time.Time) (out []HostName, err error) {
	err = s.Each(ctx, query("central_names"), map[string]any{"at": at}, func(scan func(...any) error) error {
		var n HostName
		err := scan(&n.Provider, &n.HostID, &n.Kind, &n.Name)
		out = append(out, n)
		return err
	})
	return out, err
}

// LogWritten are days on which a host is known to have written a stream.
type LogWritten struct {
	Provider, HostID, Stream string
	Days                     []calendar.Date
}

// LogWritten returns the days from a time on, as of another, on which hosts are known to
// have written a class of log: their agents saw a record of that day. It knows of some
// days only.
func (s *Store) LogWritten(ctx context.Context, class string, from, at time.Time) (out []LogWritten, err error) {
	values := map[string]any{"class": class, "from": from, "at": at}
	err = s.Each(ctx, query("central_written"), values, func(scan func(...any) error) error {
		var (
			w    LogWritten
			days []time.Time
		)
		err := scan(&w.Provider, &w.HostID, &w.Stream, &days)
		w.Days = collect(days, func(t *time.Time) calendar.Date { return calendar.DateOf(*t) })
		out = append(out, w)
		return err
	})
	return out, err
}
