package collector

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/yunjian-io/yunjian/collector/ingest"
	"github.com/yunjian-io/yunjian/collector/store"
	"github.com/yunjian-io/yunjian/rules/proposal"
)

// apiPath is where proposals are offered over HTTP.
const apiPath = "/api/v1/proposals"

// maxAPIBody bounds the body of a request: a reply about a thousand hosts has a quarter of it.
const maxAPIBody = 1 << 20

// API offers proposals over HTTP, to each its own:
//
//	GET  /api/v1/proposals               those that the token may see
//	GET  /api/v1/proposals/{id}          one, with its timeline and what is expected next
//	POST /api/v1/proposals/{id}/{event}  a step: {"by": "…", "at": "…", and what the event says}
//
// The answer to a step is 201 with the proposal, or 200 if it was recorded already; 409 says
// what is expected instead.
type API struct {
	db     *Database
	secret []byte
	count  func(event, reason string, n int)
	now    func() time.Time
	log    *slog.Logger
	texts  proposal.Texts
	mux    *http.ServeMux
	// basic takes tokens as the password of Basic, which is for reading alone: a browser
	// sends it along with whatever another site lets it ask.
	basic bool
}

// NewAPI makes the handler. Without a secret it lets nobody in.
func NewAPI(db *Database, secret []byte, count func(event, reason string, n int), now func() time.Time, log *slog.Logger) http.Handler {
	a := &API{db: db, secret: secret, count: count, now: now, log: log, mux: http.NewServeMux()}
	var err error
	if a.texts, err = proposal.LoadTexts(); err != nil {
		log.Error("texts of the workflow not read; only codes are taken", slog.Any("error", err))
	}
	a.mux.HandleFunc("GET "+apiPath, a.as(a.list))
	a.mux.HandleFunc("GET "+apiPath+"/{id}", a.as(a.show))
	a.mux.HandleFunc("POST "+apiPath+"/{id}/{event}", a.as(a.record))
	return a.mux
}

// as lets in whoever has a token, and answers with what the handler returns.
func (a *API) as(handle func(http.ResponseWriter, *http.Request, ingest.Person) (int, any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if !ok && a.basic {
			_, token, ok = r.BasicAuth()
		}
		err := fmt.Errorf("%w: send the token as Authorization: Bearer …; mint one with: yunjian-collector token --role office", ingest.ErrUnauthorized)
		var person ingest.Person
		if ok {
			person, err = ingest.VerifyRole(a.secret, strings.TrimSpace(token))
		}
		status, answer := http.StatusUnauthorized, any(nil)
		if err == nil {
			status, answer, err = handle(w, r, person)
		}
		a.count("api_requests", strings.ReplaceAll(strings.ToLower(http.StatusText(status)), " ", "_"), 1)
		if err != nil {
			answer = refusal(err)
			if status >= http.StatusInternalServerError {
				a.log.Error("request not answered", slog.String("path", r.URL.Path), slog.Any("error", err))
				answer = map[string]any{"error": "the collector could not do it; try again"}
			}
		}
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		if status == http.StatusUnauthorized {
			w.Header().Set("WWW-Authenticate", `Bearer realm="yunjian"`)
			if a.basic {
				w.Header().Add("WWW-Authenticate", `Basic realm="yunjian", charset="UTF-8"`)
			}
		}
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(answer) // the asker may be gone; what was recorded stands
	}
}

// refusal is an error as a program reads it.
func refusal(err error) map[string]any {
	out := map[string]any{"error": err.Error()}
	if e, ok := errors.AsType[*proposal.RefusedError](err); ok {
		out["state"], out["expected"] = e.State, e.Expected
	}
	return out
}

// slice is what a person may see.
func slice(p ingest.Person) store.Slice {
	switch p.Role {
	case ingest.RoleUnit:
		return store.Slice{Unit: p.Subject}
	case ingest.RoleProvider:
		return store.Slice{Provider: p.Subject}
	}
	return store.Slice{}
}

// ProposalSummary is a proposal in a list.
type ProposalSummary struct {
	proposal.Head
	State    State           `json:"state_now"`
	Items    int             `json:"items"`
	Expected []proposal.Step `json:"expected"`
}

// Summaries shortens proposals for a list.
func Summaries(views []ProposalView) []ProposalSummary {
	out := make([]ProposalSummary, len(views))
	for i, v := range views {
		out[i] = ProposalSummary{Head: v.Head, State: v.Now, Items: len(v.Items), Expected: v.Expected}
	}
	return out
}

func (a *API) list(_ http.ResponseWriter, r *http.Request, p ingest.Person) (int, any, error) {
	views, err := a.db.Proposals(r.Context(), store.ProposalFilter{System: r.URL.Query().Get("system"), Slice: slice(p)}, a.now())
	if err != nil {
		return http.StatusServiceUnavailable, nil, err
	}
	if state := r.URL.Query().Get("state"); state != "" {
		views = slices.DeleteFunc(views, func(v ProposalView) bool { return string(v.Now) != state })
	}
	return http.StatusOK, map[string]any{"proposals": Summaries(views)}, nil
}

func (a *API) show(_ http.ResponseWriter, r *http.Request, p ingest.Person) (int, any, error) {
	v, err := a.db.Proposal(r.Context(), r.PathValue("id"), slice(p), a.now())
	return statusOf(err, http.StatusOK), v, err
}

// statusOf is the status of an answer with an error, or of a good one.
func statusOf(err error, good int) int {
	switch _, refused := errors.AsType[*proposal.RefusedError](err); {
	case err == nil:
		return good
	case errors.Is(err, ErrNoProposal):
		return http.StatusNotFound
	case refused:
		return http.StatusConflict
	}
	return http.StatusServiceUnavailable
}

// step is the body of a request that records an event.
type step struct {
	By string    `json:"by"`
	At time.Time `json:"at"`
	proposal.Data
}

func (a *API) record(w http.ResponseWriter, r *http.Request, p ingest.Person) (int, any, error) {
	kind, role := proposal.Kind(r.PathValue("event")), proposal.Role(p.Role)
	switch {
	case kind.May() == nil:
		return http.StatusNotFound, nil, fmt.Errorf("there is no event %q", kind)
	case p.Reader:
		return http.StatusForbidden, nil, errors.New("the token may look and not write")
	case !slices.Contains(kind.May(), role):
		return http.StatusForbidden, nil, fmt.Errorf("%s is not for the role %s", kind, role)
	}
	var body step
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxAPIBody))
	d.DisallowUnknownFields()
	if err := d.Decode(&body); err != nil {
		return http.StatusBadRequest, nil, fmt.Errorf("read the request: %w", err)
	}
	if err := d.Decode(&struct{}{}); !errors.Is(err, io.EOF) {
		return http.StatusBadRequest, nil, errors.New("read the request: one JSON object is expected")
	}
	now := a.now()
	if p.Role != ingest.RoleOffice && !body.At.IsZero() {
		return http.StatusForbidden, nil, errors.New("only the office may say that it happened earlier: leave out at")
	}
	if body.At.IsZero() {
		body.At = now
	}
	if other := own(body.Data, p); other != "" {
		return http.StatusForbidden, nil, fmt.Errorf("host %q is not on a platform of %s: write provider/host_id", other, p.Subject)
	}
	e := proposal.Event{Kind: kind, At: body.At, By: body.By, Role: role, Data: a.texts.Codes(body.Data)}
	v, changed, err := a.db.RecordEvent(r.Context(), r.PathValue("id"), slice(p), e, now)
	if changed {
		return statusOf(err, http.StatusCreated), v, err
	}
	return statusOf(err, http.StatusOK), v, err
}

// own names the first host that a provider speaks of and that is not its own.
func own(d proposal.Data, p ingest.Person) string {
	if p.Role != ingest.RoleProvider {
		return ""
	}
	var hosts []string
	if d.Implement != nil {
		for _, i := range d.Implement.Items {
			hosts = append(hosts, i.Host)
		}
	}
	if d.Restore != nil {
		hosts = append(hosts, d.Restore.Host)
	}
	for _, h := range hosts {
		if !strings.HasPrefix(h, p.Subject+"/") {
			return h
		}
	}
	return ""
}
