package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

// door answers ClickHouse's HTTP protocol on one listener.
type door struct {
	queries *pool
	inserts *pool
	guests  *pool
	killer  *killer
	display string // displayName() of the hello
	version string // version() of the hello
	buffers *sync.Pool
	log     *slog.Logger
}

// appendSize is how much of an insert is handed to the library at once, in bytes.
const appendSize = 1 << 20

func newDoor(queries, inserts, guests *pool, killer *killer, version string, log *slog.Logger) *door {
	return &door{
		queries: queries, inserts: inserts, guests: guests, killer: killer, display: "yunjian", version: version, log: log,
		buffers: &sync.Pool{New: func() any { b := make([]byte, appendSize); return &b }},
	}
}

// ServeHTTP implements http.Handler: GET /ping and GET / say that the engine
// lives, POST / runs one statement, POST /guest one that may only read.
func (d *door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.URL.Path != "/" && r.URL.Path != "/ping" && r.URL.Path != GuestPath:
		http.Error(w, "There is no handle "+strconv.Quote(r.URL.Path)+": send statements to POST /, or ask GET /ping", http.StatusNotFound)
	case r.Method == http.MethodGet && (r.URL.Path == "/ping" || r.URL.RawQuery == ""):
		_, _ = io.WriteString(w, "Ok.\n") // the client is gone if this fails
	case r.Method != http.MethodPost:
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "Statements are taken by POST only", http.StatusMethodNotAllowed)
	case r.URL.Path == GuestPath:
		d.answerGuest(w, r)
	default:
		d.answer(w, r)
	}
}

// answer runs the statement of one request.
func (d *door) answer(w http.ResponseWriter, r *http.Request) {
	q, err := read(r, &patient{r.Body, http.NewResponseController(w), receiveTime})
	if err != nil {
		d.fail(w, http.StatusBadRequest, err)
		return
	}
	out := &reply{w: w, q: q}
	pool := d.queries
	if q.statement.kind == filling {
		pool = d.inserts
	}
	worker, err := pool.take(r.Context(), q.database, q.settings)
	if err != nil {
		d.fail(w, http.StatusInternalServerError, err)
		return
	}
	defer pool.give(worker)
	out.zone = worker.settings["session_timezone"]
	if err := d.guarded(r.Context(), worker, q, out); err != nil {
		d.failOpen(out, err)
	}
}

// guarded runs the statement, which is killed when the client goes away.
func (d *door) guarded(ctx context.Context, w *worker, q *question, out *reply) error {
	release := d.killer.guard(ctx, w)
	defer func() {
		if err := release(); err != nil {
			d.log.Warn("cancelled query could not be killed", slog.String("query_id", q.id), slog.Any("error", err))
		}
	}()
	return d.run(ctx, w, q, out)
}

func (d *door) run(ctx context.Context, w *worker, q *question, out *reply) error {
	switch {
	case q.asksHello():
		return d.hello(w, q, out)
	case q.guest:
		return d.gather(ctx, w, q, out)
	case q.statement.kind == filling:
		return d.fill(ctx, w, q, out)
	case q.statement.kind == reading:
		return d.stream(ctx, w, q, out)
	}
	w.broken = w.broken || q.statement.kind == tuning
	return whole(w, q, out)
}

// hello answers what clients ask first on a connection.
func (d *door) hello(w *worker, q *question, out *reply) error {
	zone := w.run("SELECT timezone()", "TabSeparatedRaw", nil)
	defer zone.free()
	if err := zone.err(); err != nil {
		return err
	}
	q.format = "Native"
	return out.all(helloBlock(q.protocol, d.display, d.version, strings.TrimSpace(string(zone.bytes()))))
}

// whole runs a statement whose answer is held in memory.
func whole(w *worker, q *question, out *reply) error {
	r := w.run(q.statement.text, q.format, q.params)
	defer r.free()
	if err := r.err(); err != nil {
		return err
	}
	out.summarize(r)
	return out.all(r.bytes())
}

// notStreamable is how the library refuses, before it runs anything, a statement
// that begins like a SELECT and is none, such as WITH … INSERT.
const notStreamable = "Streaming query is not supported"

// stream runs a SELECT chunk by chunk.
func (d *door) stream(ctx context.Context, w *worker, q *question, out *reply) error {
	s := w.stream(q.statement.text, q.format, q.params)
	defer s.free()
	if err := s.err(); err != nil {
		if e, ok := errors.AsType[*exception](err); ok && e.Code == codeBadArguments && strings.HasPrefix(e.Message, notStreamable) {
			return whole(w, q, out)
		}
		return err
	}
	for {
		more, err := d.chunk(w, s, out)
		switch {
		case err != nil:
			if !isException(err) { // the client went away, the stream is still open
				w.cancel(s)
			}
			return err
		case !more && out.sent == 0 && strings.EqualFold(q.answerFormat(), "Native"):
			return out.all(columnsOf(w, q))
		case !more:
			return out.all(nil)
		case ctx.Err() != nil:
			w.cancel(s)
			return refuse(codeQueryCancelled, "The client went away")
		}
	}
}

// chunk passes one piece of a stream on; more is false at its end.
func (d *door) chunk(w *worker, s result, out *reply) (more bool, err error) {
	c := w.fetch(s)
	defer c.free()
	if err := c.err(); err != nil {
		return false, err
	}
	data := c.bytes()
	if c.lib.rowsRead(c.ptr) == 0 && len(data) == 0 {
		return false, nil
	}
	if out.sent == 0 {
		out.summarize(c)
	}
	return true, out.write(data)
}

// columnsOf makes the block with no rows that a server sends for an empty result;
// the library sends nothing. Without it clients would not learn the columns. If
// the engine cannot describe the statement, the answer stays empty.
func columnsOf(w *worker, q *question) []byte {
	r := w.run("DESCRIBE TABLE ("+q.statement.text+"\n)", "TabSeparatedRaw", q.params)
	defer r.free()
	if r.err() != nil {
		return nil
	}
	var columns []column
	for line := range strings.Lines(string(r.bytes())) {
		fields := strings.SplitN(line, "\t", 3)
		if len(fields) < 3 {
			return nil
		}
		columns = append(columns, column{fields[0], fields[1]})
	}
	return block(0, 0, columns, nil)
}

// fill streams the data of an INSERT into the engine. Unless all of it was
// received and taken, it is cancelled.
func (d *door) fill(ctx context.Context, w *worker, q *question, out *reply) error {
	in, err := w.insert(q.statement.text, q.statement.format, q.params)
	defer in.free()
	if err != nil {
		drain(q.data)
		return err
	}
	held := d.buffers.Get().(*[]byte)
	defer d.buffers.Put(held)
	buffer := *held
	for {
		n, err := fillBuffer(q.data, buffer)
		if err != nil && !errors.Is(err, io.EOF) {
			in.cancel()
			return refuse(codeNetwork, "The insert ended early, nothing was stored: "+err.Error())
		}
		if aerr := in.append(buffer[:n]); aerr != nil {
			drain(q.data)
			return aerr
		}
		if err != nil {
			break
		}
	}
	if ctx.Err() != nil {
		in.cancel()
		return refuse(codeQueryCancelled, "The client went away, nothing was stored")
	}
	r := in.done()
	defer r.free()
	if err := r.err(); err != nil {
		return err
	}
	out.summarize(r)
	return out.all(nil)
}

// fillBuffer reads until the buffer is full. Unlike io.ReadFull it passes the
// reader's own error on: io.EOF is a whole body, io.ErrUnexpectedEOF a torn one.
func fillBuffer(from io.Reader, buffer []byte) (n int, err error) {
	for n < len(buffer) && err == nil {
		var more int
		more, err = from.Read(buffer[n:])
		n += more
	}
	return n, err
}

// maxDrain bounds what is read of an insert that has failed already, in bytes.
const maxDrain = 1 << 30

// drain reads what the client still sends: one that is cut off while it writes
// sees a broken pipe and not the reason.
func drain(data io.Reader) {
	_, _ = io.CopyN(io.Discard, data, maxDrain) // the client learns of the first error only
}

// fail answers a request that was not run.
func (d *door) fail(w http.ResponseWriter, status int, err error) {
	out := &reply{w: w, q: new(question)}
	out.exception(status, asException(err))
}

// failOpen answers a request that went wrong, in the body if rows were sent already.
func (d *door) failOpen(out *reply, err error) {
	e := asException(err)
	if out.sent == 0 {
		out.exception(http.StatusInternalServerError, e)
		return
	}
	out.late(e)
}

func asException(err error) *exception {
	if e, ok := errors.AsType[*exception](err); ok {
		return e
	}
	return refuse(codeLogical, fmt.Sprint(err))
}

func isException(err error) bool {
	_, ok := errors.AsType[*exception](err)
	return ok
}
