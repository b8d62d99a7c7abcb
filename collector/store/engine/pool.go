package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// worker is a session of a pool, with what its connection is set to.
type worker struct {
	*session
	tag      string            // unique; the first word of log_comment, by which a running statement is found
	database string            // of the last USE
	settings map[string]string // set on the connection, base included
	broken   bool              // unknown state: to be replaced, not reused
}

// pool is a fixed number of workers. Statements on one connection queue behind
// each other, so inserts and questions have pools of their own.
type pool struct {
	base   map[string]string
	dial   func() (*session, error)
	serial *atomic.Uint64
	idle   chan *worker
	size   int
}

// newPool opens size sessions that are set to base.
func newPool(size int, base map[string]string, serial *atomic.Uint64, dial func() (*session, error)) (*pool, error) {
	p := &pool{base: base, dial: dial, serial: serial, idle: make(chan *worker, size), size: size}
	for range size {
		w, err := p.open()
		if err != nil {
			p.close()
			return nil, err
		}
		p.idle <- w
	}
	return p, nil
}

func (p *pool) open() (*worker, error) {
	s, err := p.dial()
	if err != nil {
		return nil, err
	}
	w := &worker{session: s, tag: fmt.Sprintf("worker-%d", p.serial.Add(1)), database: "default", settings: map[string]string{}}
	if err := w.apply("default", p.base); err != nil {
		s.close()
		return nil, fmt.Errorf("apply settings: %w", err)
	}
	return w, nil
}

// take waits for a free worker and sets it to the database and the settings of
// one question. The caller gives it back.
func (p *pool) take(ctx context.Context, database string, settings map[string]string) (*worker, error) {
	var w *worker
	select {
	case w = <-p.idle:
	case <-ctx.Done():
		return nil, refuse(codeQueryCancelled, "The client went away while its query waited for a free session")
	}
	if w.session == nil {
		fresh, err := p.open()
		if err != nil {
			p.idle <- w
			return nil, err
		}
		w = fresh
	}
	want := p.base
	if len(settings) > 0 {
		want = maps.Clone(p.base)
		maps.Copy(want, settings)
	}
	if database == "" {
		database = "default"
	}
	if err := w.apply(database, want); err != nil {
		w.broken = true
		p.give(w)
		return nil, err
	}
	return w, nil
}

// give puts a worker back; a broken one leaves an empty place that the next take fills.
func (p *pool) give(w *worker) {
	if w.broken {
		w.close()
		w = &worker{}
	}
	p.idle <- w
}

// close ends all sessions. All workers must have been given back.
func (p *pool) close() {
	for len(p.idle) > 0 {
		if w := <-p.idle; w.session != nil {
			w.close()
		}
	}
}

// apply changes what differs from the last question and nothing else, so that
// clients which always send the same settings cost no statement. A setting of the
// last question goes back to ClickHouse's own default.
func (w *worker) apply(database string, want map[string]string) error {
	want = w.tagged(want)
	var changes []string
	for _, name := range slices.Sorted(maps.Keys(w.settings)) {
		if _, keep := want[name]; !keep {
			changes = append(changes, name+"=DEFAULT")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if had, ok := w.settings[name]; !ok || had != want[name] {
			changes = append(changes, name+"="+literal(want[name]))
		}
	}
	if len(changes) > 0 {
		if err := w.exec("SET " + strings.Join(changes, ", ")); err != nil {
			return err
		}
		w.settings = want
	}
	if database != w.database {
		if err := w.exec("USE " + quotedName(database)); err != nil {
			return err
		}
		w.database = database
	}
	return nil
}

func (w *worker) tagged(settings map[string]string) map[string]string {
	settings = maps.Clone(settings)
	settings["log_comment"] = strings.TrimSpace(w.tag + " " + settings["log_comment"])
	return settings
}

// literal writes a string as SQL.
func literal(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
}

// quotedName writes the name of a database as SQL.
func quotedName(s string) string {
	return "`" + strings.NewReplacer(`\`, `\\`, "`", "\\`").Replace(s) + "`"
}

// killer ends statements of other sessions: the library has no call that ends one
// that has not answered yet, but KILL QUERY from a second connection does.
type killer struct {
	mu      sync.Mutex
	session *session
}

func (k *killer) kill(tag string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.session.exec("KILL QUERY WHERE splitByChar(' ', Settings['log_comment'])[1] = " + literal(tag) + " ASYNC")
}

// killEvery is how often a statement that should end is killed again: the first
// time may come before the engine knows it.
const killEvery = 50 * time.Millisecond

// guard kills what w runs once ctx ends, until release is called. After release
// nothing is killed any more, so the worker may be given back.
func (k *killer) guard(ctx context.Context, w *worker) (release func() error) {
	done, finished := make(chan struct{}), make(chan error, 1)
	go func() {
		select {
		case <-done:
			finished <- nil
			return
		case <-ctx.Done():
		}
		tick := time.NewTicker(killEvery)
		defer tick.Stop()
		var failures []error
		for {
			if err := k.kill(w.tag); err != nil && len(failures) == 0 {
				failures = append(failures, fmt.Errorf("kill query: %w", err))
			}
			select {
			case <-done:
				finished <- errors.Join(failures...)
				return
			case <-tick.C:
			}
		}
	}()
	return func() error {
		close(done)
		return <-finished
	}
}
