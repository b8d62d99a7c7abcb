package agent

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"time"

	"github.com/yunjian-io/yunjian/agent/push"
	"github.com/yunjian-io/yunjian/agent/spool"
)

const (
	minPause = time.Second
	maxPause = 5 * time.Minute
	// foldAfter is the outage after which waiting batches are folded, and the
	// pause between two foldings.
	foldAfter = 10 * time.Minute
)

// delivery brings batches from the spool to the collector, one at a time, oldest
// first. All methods may be called on a nil delivery, which has no collector.
type delivery struct {
	a      *agent
	client *push.Client
	queue  *spool.Spool
	lock   *os.File

	armed    bool
	at       time.Time // of the next request, if armed
	sending  bool
	answer   chan answer
	cancel   context.CancelFunc
	failures int
	outage   time.Time // since when nothing was delivered; zero: no outage
	foldAt   time.Time
	state    string // of what was said last, so that it is said once
	putFails bool

	// parts of the oldest batch that are still to be sent after a 413.
	partsOf spool.ID
	parts   [][]byte
}

// answer is what became of one request.
type answer struct {
	id      spool.ID
	verdict push.Verdict
	stopped bool // our own context was done before an answer came
	took    time.Duration
}

func newDelivery(a *agent, client *push.Client, queue *spool.Spool, lock *os.File) *delivery {
	d := &delivery{a: a, client: client, queue: queue, lock: lock, answer: make(chan answer, 1)}
	d.count()
	return d
}

// begin sees to what an earlier process left.
func (d *delivery) begin() {
	if d != nil && !d.armed && d.queue.Len() > 0 {
		d.arm(spread(d.a.identity.now.Host, d.a.report))
	}
}

// end waits for the request that is under way, whose context is done.
func (d *delivery) end() {
	if d == nil {
		return
	}
	if d.sending {
		d.cancel()
		<-d.answer
	}
}

// wait is how long to wait for the next request, if one is to be made.
func (d *delivery) wait() (pause time.Duration, armed bool) {
	if d == nil || !d.armed {
		return 0, false
	}
	return max(time.Until(d.at), 0), true
}

// ring sends what is due.
func (d *delivery) ring(ctx context.Context) error {
	if pause, armed := d.wait(); !armed || pause > 0 {
		return nil
	}
	return d.send(ctx)
}

func (d *delivery) answers() <-chan answer {
	if d == nil {
		return nil
	}
	return d.answer
}

func (d *delivery) count() {
	d.a.self.spoolBatches.Store(int64(d.queue.Len()))
	d.a.self.spoolBytes.Store(d.queue.Bytes())
}

// put spools a batch, sees to it that it will be sent, and reports whether it is kept.
func (d *delivery) put(b spool.Batch) (kept bool) {
	if d == nil {
		return false
	}
	dropped, err := d.queue.Put(b)
	d.a.self.overflow.Add(dropped)
	if err != nil {
		d.a.self.spoolErrors.Inc()
	}
	if failed := err != nil; failed != d.putFails {
		d.putFails = failed
		if failed {
			d.a.Log.Error("spool cannot be written, the newest data are lost", slog.String("error", err.Error()))
		} else {
			d.a.Log.Info("spool can be written again")
		}
	}
	d.count()
	if !d.armed && !d.sending {
		d.arm(spread(d.a.identity.now.Host, d.a.report))
	}
	return err == nil
}

func (d *delivery) arm(pause time.Duration) {
	d.at = time.Now().Add(pause)
	d.armed = true
}

// send starts the request for the oldest batch, or for the next part of it.
func (d *delivery) send(ctx context.Context) error {
	d.armed = false
	id, batch, err := d.queue.Oldest()
	if errors.Is(err, spool.ErrEmpty) {
		return nil
	}
	if err != nil {
		return err
	}
	if d.partsOf != id {
		d.partsOf, d.parts = id, nil
	}
	body, content := batch.Body, push.Metrics()
	if len(d.parts) > 0 {
		body = d.parts[0]
	}
	if batch.Kind == spool.Document {
		content = push.Document()
	}
	ctx, d.cancel = context.WithCancel(ctx)
	d.sending = true
	go func() {
		begin := time.Now()
		v, err := d.client.Send(ctx, content, body)
		d.answer <- answer{id, v, err != nil, time.Since(begin)}
		d.a.alarm.wake()
	}()
	return nil
}

// settle acts on an answer.
func (d *delivery) settle(ctx context.Context, r answer) error {
	d.sending = false
	d.cancel()
	if r.stopped {
		return nil
	}
	v := r.verdict
	d.a.self.request(v.Outcome, r.took)
	if v.ClockKnown {
		d.a.offset = v.ClockOffset.Seconds()
	}
	switch v.Outcome {
	case push.Delivered:
		d.say(ctx, slog.LevelInfo, "collector takes batches", v)
		return d.forget(ctx, r.id)
	case push.Rejected:
		d.a.self.rejected.Inc()
		d.say(ctx, slog.LevelError, "collector rejects a batch as invalid, it is dropped", v)
		return d.forget(ctx, r.id)
	case push.Split:
		return d.divide(ctx, r)
	case push.Unauthorized:
		d.say(ctx, slog.LevelError, "collector refuses the token, batches are kept; check token_file and the clock of this host", v)
		d.pause(max(v.RetryAfter, maxPause/2+d.random(maxPause/2)))
	default:
		d.say(ctx, slog.LevelWarn, "collector cannot take batches, they are kept", v)
		d.pause(d.backOff(v.RetryAfter))
	}
	return nil
}

// forget deletes the batch, or the part of it, that was answered for good, and
// goes on with the next at once.
func (d *delivery) forget(ctx context.Context, id spool.ID) error {
	d.failures, d.outage, d.foldAt = 0, time.Time{}, time.Time{}
	if d.partsOf == id && len(d.parts) > 1 {
		d.parts = d.parts[1:]
		return d.send(ctx)
	}
	d.parts = nil
	if err := d.queue.Drop(id); err != nil {
		return err
	}
	d.a.self.delivered(time.Now())
	d.count()
	return d.send(ctx)
}

// divide replaces a batch that is too large by two parts. One that cannot be
// divided will never be taken, and would hold up all others.
func (d *delivery) divide(ctx context.Context, r answer) error {
	id, batch, err := d.queue.Oldest()
	if err != nil || id != r.id { // dropped meanwhile, the spool is full
		return d.send(ctx)
	}
	whole := batch.Body
	if len(d.parts) > 0 {
		whole = d.parts[0]
	}
	err = errWhole
	var first, second []byte
	if batch.Kind == spool.Metrics {
		first, second, err = d.a.encode.split(whole)
	}
	if err != nil {
		d.a.self.rejected.Inc()
		d.say(ctx, slog.LevelError, "collector finds a batch too large that cannot be divided, it is dropped", r.verdict)
		return d.forget(ctx, id)
	}
	rest := d.parts
	if len(rest) > 0 {
		rest = rest[1:]
	}
	d.parts = append([][]byte{first, second}, rest...)
	return d.send(ctx)
}

// backOff is a random time up to a limit that doubles with every failure; at
// least what the collector asks for, and a little more, differently on every host.
func (d *delivery) backOff(retryAfter time.Duration) time.Duration {
	limit := maxPause
	if d.failures < 9 { // 1 s doubled nine times is over five minutes
		limit = min(minPause<<d.failures, maxPause)
	}
	d.failures++
	if retryAfter > 0 {
		return retryAfter + d.random(min(retryAfter, 10*time.Second))
	}
	return max(minPause, d.random(limit))
}

func (d *delivery) random(most time.Duration) time.Duration {
	return time.Duration(d.a.Random(int64(most) + 1))
}

func (d *delivery) pause(pause time.Duration) {
	if d.outage.IsZero() {
		d.outage = time.Now()
		d.foldAt = d.outage.Add(foldAfter)
	}
	d.arm(pause)
}

// fold merges waiting batches into segments during a long outage, one segment a
// report, so that a report is not held up.
func (d *delivery) fold() error {
	if d == nil || d.foldAt.IsZero() || time.Now().Before(d.foldAt) {
		return nil
	}
	n, err := d.queue.Fold(spool.SegmentBytes)
	d.count()
	if errors.Is(err, spool.ErrCorrupt) {
		return err
	}
	if err != nil {
		d.a.self.spoolErrors.Inc()
		d.a.Log.Warn("spool cannot be folded", slog.String("error", err.Error()))
	}
	if n == 0 {
		d.foldAt = time.Now().Add(foldAfter)
	}
	return nil
}

// say logs what the collector said, once until it says something else.
func (d *delivery) say(ctx context.Context, level slog.Level, what string, v push.Verdict) {
	if d.state == what+v.Detail {
		return
	}
	d.state = what + v.Detail
	attrs := []slog.Attr{slog.String("state", what), slog.Int("status", v.Status)}
	if v.Detail != "" {
		attrs = append(attrs, slog.String("answer", v.Detail))
	}
	d.a.Log.LogAttrs(ctx, level, "delivery changed", attrs...)
}
