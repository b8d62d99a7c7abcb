package engine

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// GuestPath is where statements of others are run, such as those of Grafana: in
// sessions of their own, so that they never make inserts or judging wait, each new and
// read-only (readonly = 1), so that no setting of the request can be changed by its
// text and nothing outlives it. It is the engine's own wall behind that of the caller,
// who has to keep out what reads files from within an expression.
const GuestPath = "/guest"

// answerGuest runs the statement of one request for a guest. The answer is held whole
// before it is sent, so that a guest gets all of it or an error; bound it with
// max_result_bytes.
func (d *door) answerGuest(w http.ResponseWriter, r *http.Request) {
	q, err := read(r, &patient{r.Body, http.NewResponseController(w), receiveTime})
	if err == nil {
		err = guestMay(q.statement)
	}
	if err != nil {
		d.fail(w, http.StatusBadRequest, err)
		return
	}
	q.settings["readonly"], q.guest = "1", true
	out := &reply{w: w, q: q}
	worker, err := d.guests.take(r.Context(), q.database, q.settings)
	if err != nil {
		d.fail(w, http.StatusInternalServerError, err)
		return
	}
	worker.broken = true // never used again: readonly cannot be lifted
	defer d.guests.give(worker)
	out.zone = worker.settings["session_timezone"]
	if err := d.guarded(r.Context(), worker, q, out); err != nil {
		d.failOpen(out, err)
	}
}

// guestMay refuses what a read-only session of the library would still do: it writes
// the answer to a file, drops what is not there, and ends statements of others.
func guestMay(st statement) error {
	words := scanner{text: st.text}
	first, _ := words.next()
	switch strings.ToUpper(first.text) {
	case "SELECT", "WITH", "(", "SHOW", "DESC", "DESCRIBE", "EXPLAIN":
	default:
		return refuse(codeReadonly, "Guests may SELECT, SHOW, DESCRIBE and EXPLAIN only")
	}
	// Anywhere, even in a string: where a string ends must not be a matter of opinion.
	if strings.Contains(strings.ToUpper(st.text), "OUTFILE") {
		return refuse(codeReadonly, "Guests may not write INTO OUTFILE, nor use the word")
	}
	return nil
}

// limit is a number among the settings of a question; 0 means none.
func (q *question) limit(name string) (uint64, error) {
	text, ok := q.settings[name]
	if !ok {
		return 0, nil
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return 0, refuse(codeBadArguments, fmt.Sprintf("%s is %q: want a whole number", name, text))
	}
	return n, nil
}

// gather runs a statement of a guest and holds its answer. The library does not apply
// max_result_rows and max_result_bytes; here they end the statement.
func (d *door) gather(ctx context.Context, w *worker, q *question, out *reply) error {
	if q.statement.kind != reading {
		return whole(w, q, out)
	}
	maxRows, err := q.limit("max_result_rows")
	if err != nil {
		return err
	}
	maxBytes, err := q.limit("max_result_bytes")
	if err != nil {
		return err
	}
	s := w.stream(q.statement.text, q.format, q.params)
	defer s.free()
	if err := s.err(); err != nil {
		return err
	}
	var data []byte
	var sum progress
	for {
		if data, err = takeChunk(w, s, data, &sum); err != nil {
			return err
		}
		if !sum.more {
			break
		}
		switch {
		case maxRows > 0 && sum.resultRows > maxRows:
			err = refuse(codeTooManyRows, fmt.Sprintf("Limit for result exceeded, max rows: %d, current rows: %d; aggregate, or add a LIMIT", maxRows, sum.resultRows))
		case maxBytes > 0 && uint64(len(data)) > maxBytes:
			err = refuse(codeTooManyRows, fmt.Sprintf("Limit for result exceeded, max bytes: %d, current bytes: %d; aggregate, or add a LIMIT", maxBytes, len(data)))
		case ctx.Err() != nil:
			err = refuse(codeQueryCancelled, "The client went away")
		}
		if err != nil {
			w.cancel(s)
			return err
		}
	}
	if len(data) == 0 && strings.EqualFold(q.answerFormat(), "Native") {
		data = columnsOf(w, q)
	}
	out.summary = sum.String()
	return out.all(data)
}

// progress sums the chunks of an answer up.
type progress struct {
	more                                         bool
	readRows, readBytes, resultRows, resultBytes uint64
}

// String is the progress as X-ClickHouse-Summary has it.
func (p progress) String() string {
	return fmt.Sprintf(`{"read_rows":"%d","read_bytes":"%d","written_rows":"0","written_bytes":"0","result_rows":"%d","result_bytes":"%d"}`,
		p.readRows, p.readBytes, p.resultRows, p.resultBytes)
}

// takeChunk appends the next piece of a stream to data.
func takeChunk(w *worker, s result, data []byte, sum *progress) ([]byte, error) {
	c := w.fetch(s)
	defer c.free()
	if err := c.err(); err != nil {
		return nil, err
	}
	rows, piece := c.lib.rowsRead(c.ptr), c.bytes()
	sum.more = rows > 0 || len(piece) > 0
	sum.resultRows += rows
	sum.resultBytes += uint64(len(piece))
	sum.readRows = max(sum.readRows, c.lib.storageRowsRead(c.ptr))
	sum.readBytes = max(sum.readBytes, c.lib.storageBytesRead(c.ptr))
	return append(data, piece...), nil
}
