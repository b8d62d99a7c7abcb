package replay

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/yunjian-io/yunjian/collector/traces"
	"github.com/yunjian-io/yunjian/internal/wire"
	"github.com/yunjian-io/yunjian/rules/calendar"
)

// Config of a replay. VMs, URL, Token, Client, Zone and Now are needed.
type Config struct {
	VMs []traces.VM
	// URL of the collector without a path, and a provider's token for it.
	URL, Token string
	Client     *http.Client
	Shift      Shift
	// Zone is the wall clock of the replayed days.
	Zone *time.Location
	// Now ends the replay: what would be measured later is not sent.
	Now time.Time
	// From leaves out the rows of earlier days, to go on where a replay stopped.
	From calendar.Date
	// Speed is how many times faster than real time to send; 0 is as fast as possible.
	Speed float64
	// PerHost sends every row in a request of its own, as agents do.
	PerHost bool
	// Rows is the most host-rows of a request; default 10,000.
	Rows int
	// InFlight is how many requests wait for their answer at once; default 8, per host 2,000.
	InFlight int
	// Limit ends the replay after so many rows or a few more; 0 is no limit.
	Limit int64
	// Patience is how long a request is tried again when the collector is not there
	// or busy; default 5 minutes.
	Patience time.Duration
	// Report is told how far the replay is, by one goroutine at a time; may be nil.
	Report func(Progress)
}

// Progress of a replay.
type Progress struct {
	Rows, Total int64 // stored, and to be stored
	Elapsed     time.Duration
	Day         calendar.Date // the newest day that has rows stored
}

// Summary of a replay.
type Summary struct {
	Hosts       int           `json:"hosts"`
	FirstDay    calendar.Date `json:"first_day"`
	LastDay     calendar.Date `json:"last_day"`
	Rows        int64         `json:"rows_sent"`
	Missing     int64         `json:"slots_missing"` // of days that the traces have; nothing is sent for them
	Off         int64         `json:"slots_off"`     // sent as power/v1 documents
	Documents   int           `json:"power_documents"`
	DroppedDays int           `json:"vm_days_dropped"` // surplus days of longer months
	Requests    int64         `json:"requests"`
	Retries     int64         `json:"retries"`
	Bytes       int64         `json:"bytes_sent"`
	// Refused counts requests in which the collector did not store something, by
	// its reason.
	Refused map[string]int `json:"refused,omitempty"`
	// UnfinishedDay is the first day that is not wholly stored after a replay was
	// cut off; zero after a whole one.
	UnfinishedDay calendar.Date `json:"unfinished_day,omitzero"`
	Seconds       float64       `json:"seconds"`
	RowsPerSecond float64       `json:"rows_per_second"`
}

// Run replays the traces and returns when everything is stored, or the first error
// that no repetition mends. The summary is of what was done in either case.
func Run(ctx context.Context, c Config) (Summary, error) {
	r, err := newRun(c)
	if err != nil {
		return Summary{}, err
	}
	r.started = time.Now()
	group, bound := errgroup.WithContext(ctx)
	group.Go(func() error { return r.sendDocuments(bound) })
	work := make(chan batch)
	group.Go(func() error {
		defer close(work)
		return r.produce(bound, work)
	})
	for range r.InFlight {
		group.Go(func() error { return r.consume(bound, work) })
	}
	err = group.Wait()
	if errors.Is(err, context.Canceled) && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return r.summary(err), err
}

// run is a replay under way.
type run struct {
	Config
	sender    *sender
	days      []today
	documents []wire.Power
	total     int64
	started   time.Time

	mu       sync.Mutex
	rows     int64
	newest   calendar.Date
	open     map[calendar.Date]int // batches made and not stored
	produced calendar.Date         // day of the last batch made
	refused  map[string]int
	result   Summary
}

func newRun(c Config) (*run, error) {
	if c.Rows == 0 {
		c.Rows = 10_000
	}
	if c.InFlight == 0 {
		c.InFlight = 8
		if c.PerHost {
			c.InFlight = 2000
		}
	}
	if c.PerHost {
		c.Rows = 1
	}
	if c.Patience == 0 {
		c.Patience = 5 * time.Minute
	}
	if c.Speed < 0 || c.Rows < 1 || c.InFlight < 1 {
		return nil, fmt.Errorf("replay: speed %v, %d rows and %d requests in flight are not all positive", c.Speed, c.Rows, c.InFlight)
	}
	r := &run{Config: c, open: map[calendar.Date]int{}, refused: map[string]int{}}
	r.sender = &sender{url: c.URL, token: c.Token, client: c.Client, patience: c.Patience}
	days, dropped := timeline(c.VMs, c.Shift, c.Zone)
	r.documents = powerDocuments(days, c.Now)
	for len(days) > 0 && days[0].date.Before(c.From) {
		days = days[1:]
	}
	if len(days) == 0 {
		return nil, ErrNoTraces
	}
	r.days = days
	r.result = Summary{Hosts: len(c.VMs), FirstDay: days[0].date, LastDay: days[len(days)-1].date, Documents: len(r.documents), DroppedDays: dropped}
	for _, t := range days {
		for _, h := range t.hosts {
			known, missing, off := h.day.Count()
			r.total += int64(known)
			r.result.Missing += int64(missing)
			r.result.Off += int64(off)
		}
	}
	if c.Limit > 0 {
		r.total = min(r.total, c.Limit)
	}
	return r, nil
}

// documentsInFlight is how many power documents wait for their answer at once: they
// are small, and each waits for a group commit.
const documentsInFlight = 32

func (r *run) sendDocuments(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(documentsInFlight)
	for i := range r.documents {
		body, err := json.Marshal(&r.documents[i])
		if err != nil {
			return fmt.Errorf("encode power document: %w", err)
		}
		group.Go(func() error {
			_, err := r.sender.post(ctx, wire.PathDocuments, "application/json", body)
			return err
		})
	}
	return group.Wait()
}

// stretch is how many slots a request spans: whole days, or about a second's worth at
// a given speed.
func (r *run) stretch() int {
	if r.Speed == 0 {
		return traces.Slots
	}
	return min(max(int(r.Speed/traces.SlotSeconds), 1), traces.Slots)
}

// produce makes the batches, at the speed that is asked for.
func (r *run) produce(ctx context.Context, work chan<- batch) error {
	made := int64(0)
	for b := range batches(r.days, r.Rows, r.stretch(), r.Now) {
		if r.Speed > 0 {
			due := time.Duration(float64(b.end().Sub(r.days[0].start)) / r.Speed)
			if err := pause(ctx, due-time.Since(r.started)); err != nil {
				return err
			}
		}
		r.mu.Lock()
		r.open[b.day.date]++
		r.produced = b.day.date
		r.mu.Unlock()
		select {
		case work <- b:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		if made += int64(b.rows); r.Limit > 0 && made >= r.Limit {
			break
		}
	}
	return nil
}

// pause waits, or returns why it must not.
func pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (r *run) consume(ctx context.Context, work <-chan batch) error {
	e := newEncoder()
	for b := range work {
		if err := r.send(ctx, e, &b); err != nil {
			return err
		}
		r.stored(&b)
	}
	return nil
}

// send delivers a batch, in parts if the collector wants smaller ones.
func (r *run) send(ctx context.Context, e *encoder, b *batch) error {
	refused, err := r.sender.post(ctx, wire.PathWrite, "application/x-protobuf", e.encode(b))
	if errors.Is(err, errTooLarge) {
		first, second, ok := b.halves()
		if !ok {
			return err
		}
		if err := r.send(ctx, e, &first); err != nil {
			return err
		}
		return r.send(ctx, e, &second)
	}
	if err != nil {
		return fmt.Errorf("send %s: %w", b.day.date, err)
	}
	r.refuse(refused)
	return nil
}

func (r *run) refuse(refused []refusal) {
	r.mu.Lock()
	defer r.mu.Unlock()
	seen := map[string]bool{}
	for _, f := range refused {
		if !seen[f.Reason] {
			r.refused[f.Reason]++
		}
		seen[f.Reason] = true
	}
}

func (r *run) stored(b *batch) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.rows += int64(b.rows)
	if r.open[b.day.date]--; r.open[b.day.date] == 0 {
		delete(r.open, b.day.date)
	}
	if b.day.date.After(r.newest) {
		r.newest = b.day.date
	}
	if r.Report != nil {
		r.Report(Progress{Rows: r.rows, Total: r.total, Elapsed: time.Since(r.started), Day: r.newest})
	}
}

func (r *run) summary(err error) Summary {
	s := r.result
	s.Rows, s.Refused = r.rows, r.refused
	s.Requests, s.Retries, s.Bytes = r.sender.requests.Load(), r.sender.retries.Load(), r.sender.bytes.Load()
	s.Seconds = time.Since(r.started).Seconds()
	if s.Seconds > 0 {
		s.RowsPerSecond = float64(s.Rows) / s.Seconds
	}
	if r.Limit > 0 && !r.newest.IsZero() {
		s.LastDay = r.newest
	}
	if err != nil {
		s.UnfinishedDay = r.produced
		if r.produced.IsZero() {
			s.UnfinishedDay = s.FirstDay
		}
		for date := range r.open {
			if date.Before(s.UnfinishedDay) {
				s.UnfinishedDay = date
			}
		}
	}
	return s
}
