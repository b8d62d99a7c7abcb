package engine

import (
	"fmt"
	"io"
	"net/http"
	"time"
)

// A client that stalls holds a session of the pool. It may do so for receiveTime
// while the door waits for data, and for sendTime while it does not take rows:
// longer, because clients read rows only as fast as they use them.
const (
	receiveTime = time.Minute
	sendTime    = 10 * time.Minute
)

// patient reads a request's body and gives up on one that stalls.
type patient struct {
	body    io.Reader
	control *http.ResponseController
	limit   time.Duration
}

// Read implements io.Reader. Once it has returned an error, io.EOF included, no
// deadline is left: the server watches the connection for its end from then on,
// and would take a deadline for that.
func (p *patient) Read(data []byte) (int, error) {
	if err := p.control.SetReadDeadline(time.Now().Add(p.limit)); err != nil {
		return 0, fmt.Errorf("set deadline: %w", err)
	}
	n, err := p.body.Read(data)
	if err != nil {
		if derr := p.control.SetReadDeadline(time.Time{}); derr != nil {
			return n, fmt.Errorf("lift deadline: %w", derr)
		}
	}
	return n, err
}
