package query

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/yunjian-io/yunjian/collector/ingest"
)

// Config is what the door needs.
type Config struct {
	// Secret is the API's, under which the tokens are signed that serve as passwords.
	Secret []byte
	// Rules says what a person may read.
	Rules func(context.Context, ingest.Person) (Rules, error)
	// Database is the collector's.
	Database string
	// Engine reaches the engine, whose GuestPath Target names.
	Engine http.RoundTripper
	// Target is the URL of the engine's door for guests.
	Target string
	// Limits of each user.
	Limits Limits
	// Count counts queries by their outcome.
	Count func(event, reason string, n int)
	// Answered is told how long an answer took.
	Answered func(time.Duration)
	// Now is the clock.
	Now func() time.Time
	// Log gets a line for each question.
	Log *slog.Logger
}

// Handler answers ClickHouse's HTTP protocol. It is safe for concurrent use.
type Handler struct {
	cfg   Config
	judge *Judge
	gates gates
}

// NewHandler makes the door.
func NewHandler(c Config) *Handler {
	c.Limits = c.Limits.fill()
	return &Handler{cfg: c, judge: NewJudge(), gates: gates{limits: c.Limits, of: map[string]*gate{}}}
}

// UserOf is the name under which a person logs in: office, provider/ID or unit/CODE. The
// password is the person's token.
func UserOf(p ingest.Person) string {
	if p.Subject == "" {
		return string(p.Role)
	}
	return string(p.Role) + "/" + p.Subject
}

// ServeHTTP implements http.Handler: GET /ping says that the door is open, POST / takes a
// question.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/ping" && r.Method == http.MethodGet {
		_, _ = io.WriteString(w, "Ok.\n") // the client is gone if this fails
		return
	}
	begun := h.cfg.Now()
	a := &account{user: "-", outcome: "answered"}
	out, err := h.serve(w, r, a)
	took := h.cfg.Now().Sub(begun)
	var refusal *RefusedError
	if err != nil {
		refusal = h.refusal(err, a)
	} else {
		h.cfg.Answered(took)
	}
	h.audit(r, a, took)
	if refusal != nil {
		refusal.send(w)
		return
	}
	out.send(w, r)
}

// audit writes down a question and what became of it, before the asker gets it.
func (h *Handler) audit(r *http.Request, a *account, took time.Duration) {
	h.cfg.Count("queries", a.outcome, 1)
	attrs := append([]any{
		slog.String("user", bounded(a.user, auditItem)), slog.String("outcome", a.outcome), slog.Int64("milliseconds", took.Milliseconds()),
		slog.Uint64("rows", a.rows), slog.Int("bytes", a.bytes), slog.String("statement", bounded(a.statement, auditText)), slog.String("digest", digest(a.statement)),
		slog.String("remote", r.RemoteAddr),
	}, agent(r.UserAgent())...)
	if a.reason != "" {
		attrs = append(attrs, slog.String("reason", bounded(a.reason, auditText)))
	}
	h.cfg.Log.Info("query", attrs...)
}

// account is what is logged of a question.
type account struct {
	user, statement, outcome, reason string
	rows                             uint64
	bytes                            int
}

// serve answers one question, or says why not.
func (h *Handler) serve(w http.ResponseWriter, r *http.Request, a *account) (*answer, error) {
	if r.URL.Path != "/" || r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		return nil, unsupported("Questions are taken by POST / only, not by %s %s", r.Method, bounded(r.URL.Path, auditItem))
	}
	person, err := h.login(r, a)
	if err != nil {
		return nil, err
	}
	q, err := readRequest(r, h.cfg.Limits, h.cfg.Database)
	if err != nil {
		return nil, err
	}
	a.statement = q.statement
	leave, err := h.gates.get(a.user, h.cfg.Now()).enter(r.Context(), h.cfg.Now())
	if err != nil {
		return nil, err
	}
	defer leave()
	rules, err := h.cfg.Rules(r.Context(), person)
	if err != nil {
		return nil, fmt.Errorf("read what the user may see: %w", err)
	}
	ctx, cancel := context.WithTimeout(r.Context(), q.limits.Time+grace)
	defer cancel()
	out, err := h.answer(ctx, &q, rules)
	if err != nil {
		return nil, err
	}
	a.rows, a.bytes = out.rows, len(out.data)
	return out, nil
}

// grace is how much longer than its own limit a question may take to be answered: it is
// judged before it runs, and waits for a free session of the engine.
const grace = 20 * time.Second

// login finds out who asks. The account has the name that was given, right or not.
func (h *Handler) login(r *http.Request, a *account) (ingest.Person, error) {
	user, password, err := credentials(r)
	if err != nil {
		return ingest.Person{}, err
	}
	a.user = user
	p, err := ingest.VerifyRole(h.cfg.Secret, password)
	if err != nil {
		return ingest.Person{}, authentication("The password is not right: it is a token made with `yunjian-collector token --role office --read-only`")
	}
	if want := UserOf(p); user != want {
		return ingest.Person{}, authentication("The token is not of this user: the name belongs to the token, such as office, provider/ID or unit/CODE")
	}
	if !p.Reader {
		return ingest.Person{}, authentication("The token may write: give Grafana one that may only read, made with --read-only")
	}
	return p, nil
}

// answer judges a question twice and has it run.
func (h *Handler) answer(ctx context.Context, q *request, rules Rules) (*answer, error) {
	judged, err := h.judge.First(q.statement, rules)
	if err != nil {
		return nil, err
	}
	var tables []string
	if judged.Select != "" && judged.Text != Hello {
		tree := *q
		tree.format, tree.protocol, tree.id = "TabSeparatedRaw", "", ""
		got, err := h.run(ctx, tree.ask(h.cfg.Target, "", Rules{Database: rules.Database}, nil), "EXPLAIN AST "+judged.Select, rules)
		if err != nil {
			return nil, err
		}
		if tables, err = h.judge.Check(string(got.data), judged, rules); err != nil {
			return nil, err
		}
	}
	out, err := h.run(ctx, q.ask(h.cfg.Target, judged.Text, rules, tables), judged.Text, rules)
	if err == nil && rules.Scoped {
		out.header.Del("X-ClickHouse-Summary") // it counts the rows that were read, those of others included
	}
	return out, err
}

// answer is what the engine said.
type answer struct {
	header http.Header
	data   []byte
	rows   uint64
}

// run sends a statement to the engine. Errors of ClickHouse come back as RefusedError.
func (h *Handler) run(ctx context.Context, target, statement string, rules Rules) (*answer, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, target, strings.NewReader(statement))
	if err != nil {
		return nil, fmt.Errorf("ask the engine: %w", err)
	}
	res, err := h.cfg.Engine.RoundTrip(r)
	if err != nil {
		return nil, fmt.Errorf("ask the engine: %w", err)
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, fmt.Errorf("read the engine's answer: %w", err)
	}
	if res.StatusCode != http.StatusOK {
		return nil, engineError(res, string(data), rules)
	}
	out := &answer{header: res.Header, data: data}
	var summary struct {
		Rows uint64 `json:"result_rows,string"`
	}
	if json.Unmarshal([]byte(res.Header.Get("X-ClickHouse-Summary")), &summary) == nil { // absent for the hello
		out.rows = summary.Rows
	}
	return out, nil
}

// send passes an answer on. Half an answer is none: the connection then ends.
func (a *answer) send(w http.ResponseWriter, r *http.Request) {
	for _, key := range []string{"Content-Type", "X-ClickHouse-Format", "X-ClickHouse-Timezone", "X-ClickHouse-Query-Id", "X-ClickHouse-Server-Display-Name", "X-ClickHouse-Summary"} {
		if v := a.header.Get(key); v != "" {
			w.Header().Set(key, v)
		}
	}
	const worthIt = 1 << 10
	if len(a.data) < worthIt || !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		w.Header().Set("Content-Length", strconv.Itoa(len(a.data)))
		_, _ = w.Write(a.data) // the client is gone if this fails
		return
	}
	w.Header().Set("Content-Encoding", "gzip")
	z, err := gzip.NewWriterLevel(w, gzip.BestSpeed)
	if err == nil {
		_, err = z.Write(a.data)
		err = errors.Join(err, z.Close())
	}
	if err != nil {
		panic(http.ErrAbortHandler)
	}
}

// refusal is an error as it is answered; the account gets outcome and reason.
func (h *Handler) refusal(err error, a *account) *RefusedError {
	e, ok := errors.AsType[*RefusedError](err)
	if !ok {
		h.cfg.Log.Error("question not answered", slog.Any("error", err))
		e = refuse(210, "NETWORK_ERROR", http.StatusServiceUnavailable, "The engine does not answer; try again")
	}
	a.reason = e.Error()
	switch {
	case e.Code == 516:
		a.outcome = "unauthorized"
	case e.Code == 201 || e.Code == 202:
		a.outcome = "limited"
	case e.Status >= http.StatusInternalServerError:
		a.outcome = "failed"
	default:
		a.outcome = "refused"
	}
	return e
}
