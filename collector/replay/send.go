package replay

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/yunjian-io/yunjian/internal/wire"
)

// errTooLarge means that the collector wants smaller requests.
var errTooLarge = errors.New("the request is too large")

// maxAnswer bounds what is read of an answer.
const maxAnswer = 64 << 10

// sender posts requests until the collector has stored them.
type sender struct {
	url      string
	token    string
	client   *http.Client
	patience time.Duration

	requests, retries, bytes atomic.Int64
}

// refusal is one series that the collector did not store, with its reason.
type refusal struct {
	Series string `json:"series"`
	Reason string `json:"reason"`
}

// post sends a body until it is stored. It comes back after a broken connection and
// after 429 and 5xx, as the answer asks, for as long as patience lasts; any other
// status is an error at once, 413 being errTooLarge.
func (s *sender) post(ctx context.Context, path, contentType string, body []byte) ([]refusal, error) {
	var since time.Time
	for wait := 500 * time.Millisecond; ; wait = min(2*wait, 5*time.Second) {
		refused, asked, err := s.once(ctx, path, contentType, body)
		var again errAgain
		if !errors.As(err, &again) {
			return refused, err
		}
		if since.IsZero() {
			since = time.Now()
		}
		if time.Since(since) > s.patience {
			return nil, fmt.Errorf("give up after %s: %w", s.patience, again.error)
		}
		s.retries.Add(1)
		timer := time.NewTimer(max(wait, asked))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return nil, context.Cause(ctx)
		}
	}
}

// errAgain marks what may succeed later.
type errAgain struct{ error }

func (s *sender) once(ctx context.Context, path, contentType string, body []byte) (refused []refusal, wait time.Duration, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+path, bytes.NewReader(body))
	if err != nil {
		return nil, 0, fmt.Errorf("make request: %w", err)
	}
	request.Header.Set("Authorization", "Bearer "+s.token)
	request.Header.Set("Content-Type", contentType)
	if path == wire.PathWrite {
		request.Header.Set("Content-Encoding", "snappy")
		request.Header.Set("X-Prometheus-Remote-Write-Version", "0.1.0")
	}
	s.requests.Add(1)
	s.bytes.Add(int64(len(body)))
	answer, err := s.client.Do(request)
	if err != nil {
		if ctx.Err() != nil {
			return nil, 0, context.Cause(ctx)
		}
		return nil, 0, errAgain{fmt.Errorf("reach the collector: %w", err)}
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	if err != nil {
		return nil, 0, errAgain{fmt.Errorf("read the answer: %w", err)}
	}
	if seconds, err := strconv.Atoi(answer.Header.Get("Retry-After")); err == nil {
		wait = min(time.Duration(max(seconds, 0))*time.Second, time.Minute)
	}
	refused, err = verdict(answer.StatusCode, text)
	return refused, wait, err
}

// verdict reads the collector's answer.
func verdict(status int, text []byte) ([]refusal, error) {
	said := strings.TrimSpace(string(text[:min(len(text), 300)]))
	switch {
	case status == http.StatusOK && len(text) > 0:
		var answer struct {
			Dropped []refusal `json:"dropped"`
		}
		if err := json.Unmarshal(text, &answer); err != nil {
			return nil, fmt.Errorf("the answer is no collector's: %.60q", text)
		}
		return answer.Dropped, nil
	case status/100 == 2:
		return nil, nil
	case status == http.StatusRequestEntityTooLarge:
		return nil, fmt.Errorf("%w: %s", errTooLarge, said)
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return nil, fmt.Errorf("the collector does not take the token (HTTP %d): %s", status, said)
	case status == http.StatusTooManyRequests || status/100 == 5:
		return nil, errAgain{fmt.Errorf("the collector answers HTTP %d: %s", status, said)}
	}
	return nil, fmt.Errorf("the collector refuses the request (HTTP %d): %s", status, said)
}
