package engine

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// reply writes an answer the way a ClickHouse server does.
type reply struct {
	w       http.ResponseWriter
	q       *question
	tag     string // announces what a late exception will be framed with
	zone    string // of the session
	summary string
	sent    int64 // bytes of rows
}

// summarize keeps the progress that goes into X-ClickHouse-Summary.
func (o *reply) summarize(r result) {
	o.summary = fmt.Sprintf(`{"read_rows":"%d","read_bytes":"%d","written_rows":"%d","written_bytes":"%d","result_rows":"%d","result_bytes":"%d"}`,
		r.lib.storageRowsRead(r.ptr), r.lib.storageBytesRead(r.ptr), r.lib.rowsWritten(r.ptr), r.lib.bytesWritten(r.ptr), r.lib.rowsRead(r.ptr), r.lib.bytesRead(r.ptr))
}

// answerFormat is the format of the rows: the statement's own, else the client's default.
func (q *question) answerFormat() string {
	if q.statement.kind != filling && q.statement.format != "" {
		return q.statement.format
	}
	return q.format
}

func (o *reply) header() {
	h := o.w.Header()
	h.Set("X-ClickHouse-Server-Display-Name", "yunjian")
	if o.q.id != "" {
		h.Set("X-ClickHouse-Query-Id", o.q.id)
	}
	if o.zone != "" {
		h.Set("X-ClickHouse-Timezone", o.zone)
	}
	if o.summary != "" {
		h.Set("X-ClickHouse-Summary", o.summary)
	}
}

func (o *reply) rows() {
	o.header()
	var random [8]byte
	_, _ = rand.Read(random[:]) // never fails: crypto/rand ends the process instead
	o.tag = hex.EncodeToString(random[:])
	h := o.w.Header()
	h.Set("X-ClickHouse-Exception-Tag", o.tag)
	h.Set("X-ClickHouse-Format", o.q.answerFormat())
	h.Set("Content-Type", contentType(o.q.answerFormat()))
}

func contentType(format string) string {
	switch format {
	case "Native", "RowBinary":
		return "application/octet-stream"
	case "JSON", "JSONCompact":
		return "application/json; charset=UTF-8"
	default:
		return "text/plain; charset=UTF-8"
	}
}

// write sends a piece of the rows.
func (o *reply) write(data []byte) error {
	if o.sent == 0 {
		o.rows()
	}
	control := http.NewResponseController(o.w)
	if err := control.SetWriteDeadline(time.Now().Add(sendTime)); err != nil {
		return fmt.Errorf("set deadline: %w", err)
	}
	n, err := o.w.Write(data)
	o.sent += int64(n)
	if err != nil {
		return fmt.Errorf("send rows: %w", err)
	}
	// The server would keep the deadline for the next request on this connection.
	if err := control.SetWriteDeadline(time.Time{}); err != nil {
		return fmt.Errorf("lift deadline: %w", err)
	}
	return nil
}

// all sends the last of the rows, or an empty answer if there were none.
func (o *reply) all(data []byte) error {
	if o.sent == 0 {
		o.rows()
		o.w.Header().Set("Content-Length", strconv.Itoa(len(data)))
	}
	n, err := o.w.Write(data)
	o.sent += int64(n)
	if err != nil {
		return fmt.Errorf("send answer: %w", err)
	}
	return nil
}

// exception answers with an error before any row was sent.
func (o *reply) exception(status int, e *exception) {
	o.header()
	h := o.w.Header()
	h.Del("Content-Length")
	h.Set("X-ClickHouse-Exception-Code", strconv.Itoa(e.Code))
	h.Set("Content-Type", "text/plain; charset=UTF-8")
	o.w.WriteHeader(status)
	_, _ = fmt.Fprintln(o.w, e.Error()) // the client is gone if this fails
}

// late ends a body in the middle, framed as ClickHouse frames it, and closes the
// connection, so that no client takes the rows before it for the whole answer.
func (o *reply) late(e *exception) {
	text := e.Error()
	_, err := fmt.Fprintf(o.w, "\r\n__exception__\r\n%s\r\n%s\n%d %s\r\n__exception__\r\n", o.tag, text, len(text)+1, o.tag)
	if err == nil {
		err = http.NewResponseController(o.w).Flush()
	}
	if err != nil {
		return // the client is gone
	}
	panic(http.ErrAbortHandler)
}
