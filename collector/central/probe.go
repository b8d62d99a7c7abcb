package central

import (
	"context"
	"fmt"
	"time"

	"github.com/yunjian-io/yunjian/rules/calendar"
	"github.com/yunjian-io/yunjian/rules/retention"
)

// Options are what a prober needs from its surroundings. The zero value will do.
type Options struct {
	// Dial connects to a store; the network if nil.
	Dial dial
	// Wait waits before a repetition; a timer if nil.
	Wait func(context.Context, time.Duration) error
	// MaxAnswer bounds one answer, in bytes. Default: 256 MiB
	MaxAnswer int64
}

// Prober asks one store. It is not safe for concurrent use.
type Prober struct {
	client *client
	asker  asker
}

// asker is what differs between the kinds of stores.
type asker interface {
	// count counts records by host and day.
	count(context.Context, Class, span, *tally) error
	// removes reads what the store removes when, nil if that was not understood, and why.
	removes(context.Context, Class, span) (removal, error)
}

// span is the time that is asked for.
type span struct {
	window retention.Days
	now    time.Time
}

// start is the first instant of the window.
func (s span) start() time.Time { return s.window.From.In(Zone()) }

// removal is what a store removes when.
type removal struct {
	policy    retention.Policy
	immutable bool
	reference string
	// hint is what else was seen.
	hint string
}

// New prepares to ask a completed, valid store. It reads ca_file.
func New(s Store, o Options) (*Prober, error) {
	c, err := newClient(s, o)
	if err != nil {
		return nil, fmt.Errorf("central store %q: %w", s.Name, err)
	}
	p := &Prober{client: c}
	switch s.Kind {
	case Elasticsearch, OpenSearch:
		p.asker = &elastic{c}
	case Loki:
		p.asker = &loki{client: c}
	case ClickHouse:
		p.asker = &clickHouse{c}
	default:
		return nil, fmt.Errorf("central store %q: kind %q is not known", s.Name, s.Kind)
	}
	return p, nil
}

// Close gives the connections back.
func (p *Prober) Close() { p.client.close() }

// Ask asks for a class of all hosts, from the day that is given up to now. An error
// means that nothing is proven; it names the store and what to do. What the store
// removes is no part of the proof: if it cannot be read, the survey has no Retention and
// a Note.
func (p *Prober) Ask(ctx context.Context, class Class, from calendar.Date, now time.Time) (Survey, error) {
	store := p.client.store
	now = now.In(Zone())
	s := Survey{
		Store: store.Name, Kind: store.Kind, Provider: store.Provider, Class: class.Class, Stream: class.Stream, CheckedAt: now,
		Window: retention.Days{From: from, To: calendar.DateOf(now)},
	}
	if from.IsZero() || s.Window.To.Before(from) {
		return s, fmt.Errorf("ask central store %q: the window from %s to %s is empty", store.Name, from, s.Window.To)
	}
	asked := span{s.Window, now}
	p.client.budget = retryBudget
	found := newTally(s.Window)
	if err := p.asker.count(ctx, class, asked, found); err != nil {
		return s, fmt.Errorf("ask central store %q for %s: %w", store.Name, class.Class, err)
	}
	s.Hosts = found.list()
	r, err := p.asker.removes(ctx, class, asked)
	if ctx.Err() != nil {
		return s, fmt.Errorf("ask central store %q for %s: %w", store.Name, class.Class, ctx.Err())
	}
	s.Retention, s.Immutable, s.Reference, s.Note = r.policy, r.immutable, r.reference, r.hint
	if err != nil {
		s.Retention, s.Note = nil, "retention was not read: "+err.Error()
	}
	if store.Immutable {
		s.Immutable, s.Reference = true, store.ImmutableReference
	}
	return s, nil
}
