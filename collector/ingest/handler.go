package ingest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/yunjian-io/yunjian/internal/wire"
)

// Config of the door. All fields but Alias and Count are needed.
type Config struct {
	Secrets  Secrets
	Limits   wire.Limits
	Registry *Registry
	// Put takes rows to be stored, and returns what waits until they are: Committer.Put.
	Put func(rows *wire.Rows) (stored func(context.Context) error, err error)
	// Alias finds a foreign sender's host; nil takes the instance label as it is.
	Alias Resolver
	// KeepMonths is how far back samples are taken, in months.
	KeepMonths int
	// Count counts events by name and reason; nil counts nothing.
	Count func(event, reason string, n int)
	Now   func() time.Time
	Log   *slog.Logger
	// Decoders is how many requests are decoded at once; default 8.
	Decoders int
}

// retryAfter is what senders are asked to wait when ClickHouse does not answer or too much waits.
const retryAfter = 5 * time.Second

// Handler answers wire.PathWrite and wire.PathDocuments.
type Handler struct {
	Config
	table   *wire.Table
	decoder sync.Pool // *work
	slots   chan struct{}
}

// work is what decoding one request needs.
type work struct {
	body      bytes.Buffer
	decoder   wire.Decoder
	assembler *assembler
}

// NewHandler returns the door for a Config.
func NewHandler(c Config) *Handler {
	if c.Alias == nil {
		c.Alias = func(_, instance string) string { return instance }
	}
	if c.Count == nil {
		c.Count = func(string, string, int) {}
	}
	if c.Decoders == 0 {
		c.Decoders = 8
	}
	h := &Handler{Config: c, table: wire.NewTable(), slots: make(chan struct{}, c.Decoders)}
	h.decoder.New = func() any {
		return &work{decoder: wire.Decoder{Limits: c.Limits}, assembler: newAssembler(h.table)}
	}
	return h
}

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set(wire.HeaderTime, strconv.FormatInt(h.Now().UnixNano(), 10))
	scope, err := h.authorize(r)
	if err != nil {
		h.Count("requests", "unauthorized", 1)
		w.Header().Set("WWW-Authenticate", `Bearer realm="yunjian"`)
		http.Error(w, err.Error(), http.StatusUnauthorized)
		return
	}
	if r.Method != http.MethodPost {
		if r.Method == http.MethodHead || r.Method == http.MethodGet {
			w.WriteHeader(http.StatusNoContent) // "is my token good?"
			return
		}
		w.Header().Set("Allow", "POST, HEAD")
		http.Error(w, "send it with POST", http.StatusMethodNotAllowed)
		return
	}
	var dropped []Dropped
	switch r.URL.Path {
	case wire.PathWrite:
		dropped, err = h.write(r, scope)
	case wire.PathDocuments:
		err = h.document(r, scope)
	default:
		http.NotFound(w, r)
		return
	}
	h.answer(w, scope, dropped, err)
}

func (h *Handler) authorize(r *http.Request) (Scope, error) {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		return Scope{}, fmt.Errorf("%w: send the token as Authorization: Bearer …; mint one with: yunjian-collector token", ErrUnauthorized)
	}
	return h.Secrets.Verify(strings.TrimSpace(token))
}

// errBadRequest marks what will never be valid, however often it is sent.
type errBadRequest struct{ error }

func (h *Handler) answer(w http.ResponseWriter, scope Scope, dropped []Dropped, err error) {
	var bad errBadRequest
	switch {
	case err == nil && len(dropped) == 0:
		h.Count("requests", "stored", 1)
		w.WriteHeader(http.StatusNoContent)
	case err == nil:
		h.Count("requests", "stored", 1)
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{"dropped": dropped}) // the sender may be gone; the rows are stored
	case errors.Is(err, wire.ErrTooLarge):
		h.Count("requests", "too_large", 1)
		http.Error(w, err.Error(), http.StatusRequestEntityTooLarge)
	case errors.As(err, &bad):
		h.Count("requests", "malformed", 1)
		h.Log.Warn("malformed request", slog.String("provider", scope.Provider), slog.String("host", scope.Host), slog.Any("error", err))
		http.Error(w, err.Error(), http.StatusBadRequest)
	default:
		h.Count("requests", "not_stored", 1)
		w.Header().Set("Retry-After", strconv.Itoa(int(retryAfter.Seconds())))
		http.Error(w, "not stored; keep it and try again", http.StatusServiceUnavailable)
	}
}

// read takes the body into work, within the limit.
func (h *Handler) read(r *http.Request, to *bytes.Buffer) error {
	limit := int64(h.Limits.CompressedBytes)
	if r.ContentLength > limit {
		return fmt.Errorf("%w: body has %d bytes; the limit is %d", wire.ErrTooLarge, r.ContentLength, limit)
	}
	to.Reset()
	n, err := to.ReadFrom(io.LimitReader(r.Body, limit+1))
	if err != nil {
		return errBadRequest{fmt.Errorf("read body: %w", err)}
	}
	if n > limit {
		return fmt.Errorf("%w: body is over the limit of %d bytes", wire.ErrTooLarge, limit)
	}
	return nil
}

func (h *Handler) write(r *http.Request, scope Scope) ([]Dropped, error) {
	if e := r.Header.Get("Content-Encoding"); e != "" && e != "snappy" {
		return nil, errBadRequest{fmt.Errorf("content encoding %.30q: remote write uses snappy", e)}
	}
	version := wire.RemoteWrite1
	if strings.Contains(r.Header.Get("Content-Type"), "io.prometheus.write.v2.Request") {
		version = wire.RemoteWrite2
	}
	t, err := h.take(r, version, scope)
	if err != nil {
		return nil, err
	}
	if err := t.stored(r.Context()); err != nil {
		return nil, err
	}
	h.Registry.stored(t.hosts)
	h.Count("samples", "stored", t.samples)
	for reason, n := range t.counts {
		h.Count("samples", reason, n)
	}
	return t.dropped, nil
}

// taken is what is left to say of a request once its rows wait to be stored.
type taken struct {
	stored  func(context.Context) error
	hosts   []wire.Host // not registered before
	samples int
	counts  map[string]int // not stored, by reason
	dropped []Dropped
}

// take decodes a request and puts its rows into the open group. Its work space is
// free then: thousands of requests wait for one commit, and a few are decoded.
func (h *Handler) take(r *http.Request, version wire.Version, scope Scope) (t taken, err error) {
	k := h.decoder.Get().(*work)
	defer h.decoder.Put(k)
	if err := h.read(r, &k.body); err != nil {
		return t, err
	}
	if err := h.decode(k, version, scope); err != nil {
		return t, err
	}
	a := k.assembler
	if t.stored, err = h.Put(&a.rows); err != nil {
		return t, err
	}
	t.hosts, t.samples, t.dropped = slices.Clone(a.rows.Hosts), a.samples, append([]Dropped(nil), a.dropped...)
	if len(a.counts) > 0 {
		t.counts = maps.Clone(a.counts)
	}
	return t, nil
}

func (h *Handler) decode(k *work, version wire.Version, scope Scope) error {
	h.slots <- struct{}{}
	defer func() { <-h.slots }()
	a := k.assembler
	a.reset()
	a.scope, a.resolve, a.register = scope, h.Alias, h.Registry.key
	now := h.Now()
	a.oldest, a.latest = now.AddDate(0, -h.KeepMonths, 0).UnixMilli(), now.Add(wire.MaxFuture).UnixMilli()
	if err := k.decoder.Decode(k.body.Bytes(), version, a.add); err != nil {
		if errors.Is(err, wire.ErrTooLarge) {
			return err
		}
		return errBadRequest{err}
	}
	a.finish()
	return nil
}

func (h *Handler) document(r *http.Request, scope Scope) error {
	var body bytes.Buffer
	if err := h.read(r, &body); err != nil {
		return err
	}
	document, err := wire.DecodeDocument(body.Bytes())
	if err != nil {
		return errBadRequest{err}
	}
	rows := &wire.Rows{}
	key := func(host string) (uint64, error) {
		if scope.Host != "" && host != scope.Host {
			return 0, errBadRequest{fmt.Errorf("the token belongs to host %q, the document to %q", scope.Host, host)}
		}
		key, isNew, ok := h.Registry.key(scope.Provider, host)
		if !ok {
			return 0, errBadRequest{fmt.Errorf("host %q has the key of another host", host)}
		}
		if isNew {
			rows.Hosts = append(rows.Hosts, wire.Host{Key: key, Provider: scope.Provider, ID: host})
		}
		return key, nil
	}
	switch d := document.(type) {
	case *wire.Identity:
		k, err := key(d.Host)
		if err != nil {
			return err
		}
		rows.Identities = append(rows.Identities, wire.IdentityRow{Host: k, Identity: *d})
	case *wire.Power:
		k, err := key(d.Host)
		if err != nil {
			return err
		}
		for _, e := range d.Events {
			rows.Power = append(rows.Power, wire.PowerRow{Host: k, OffAt: e.OffAt, OnAt: e.OnAt, Source: d.Source})
		}
	case *wire.LogEvidence:
		k, err := key(d.Host)
		if err != nil {
			return err
		}
		rows.Evidence = append(rows.Evidence, wire.EvidenceRow{Host: k, LogEvidence: *d})
	}
	stored, err := h.Put(rows)
	if err != nil {
		return err
	}
	if err := stored(r.Context()); err != nil {
		return err
	}
	h.Registry.stored(rows.Hosts)
	h.Count("documents", "stored", 1)
	return nil
}
