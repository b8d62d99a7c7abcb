package collector_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/yunjian-io/yunjian/collector"
	"github.com/yunjian-io/yunjian/collector/ingest"
)

// answer is what the API says, as far as the test looks at it.
type answer struct {
	Status    int              `json:"-"`
	Text      string           `json:"-"`
	State     string           `json:"state_now"`
	Error     string           `json:"error"`
	Expected  any              `json:"expected"`
	Items     []map[string]any `json:"items"`
	Proposals []map[string]any `json:"proposals"`
}

// TestAPI leads a proposal over real HTTP: each sees and does what is its own.
func TestAPI(t *testing.T) {
	f := seededCaseFile(t)
	f.open(t)
	secret := bytes.Repeat([]byte("s"), ingest.MinSecretBytes)
	f.now = time.Date(2026, 11, 3, 10, 0, 0, 0, collector.Zone())
	server := httptest.NewServer(collector.NewAPI(f.db, secret, func(string, string, int) {}, func() time.Time { return f.now }, slog.New(slog.DiscardHandler)))
	t.Cleanup(server.Close)
	token := func(p ingest.Person) string {
		t.Helper()
		token, err := ingest.MintRole(secret, p)
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	office, reader := token(ingest.Person{Role: ingest.RoleOffice}), token(ingest.Person{Role: ingest.RoleOffice, Reader: true})
	unit, stranger := token(ingest.Person{Role: ingest.RoleUnit, Subject: "N-1"}), token(ingest.Person{Role: ingest.RoleUnit, Subject: "N-2"})
	provider, rival := token(ingest.Person{Role: ingest.RoleProvider, Subject: "p"}), token(ingest.Person{Role: ingest.RoleProvider, Subject: "q"})
	host, err := ingest.Mint(secret, ingest.Scope{Provider: "p"})
	if err != nil {
		t.Fatal(err)
	}
	ask := func(token, method, path, body string) answer {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, server.URL+"/api/v1/proposals"+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if token != "" {
			r.Header.Set("Authorization", "Bearer "+token)
		}
		response, err := server.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		var text bytes.Buffer
		if _, err := text.ReadFrom(response.Body); err != nil {
			t.Fatal(err)
		}
		a := answer{Status: response.StatusCode, Text: text.String()}
		if err := json.Unmarshal(text.Bytes(), &a); err != nil && a.Status != http.StatusNotFound {
			t.Fatalf("%s %s: %d %q: %v", method, path, a.Status, a.Text, err)
		}
		return a
	}
	id := "/" + caseID
	reply := `{"by": "王", "reply": {"items": [{"host": "a", "answer": "同意"}, {"host": "p/b", "answer": "disagree", "reason": "即将扩容"}]}}`
	implement := `{"by": "钱", "implement": {"items": [{"host": "p/a"}]}}`
	for i, tt := range []struct {
		who, method, path, body string
		status                  int
		says                    string
	}{
		{"", "GET", "", "", 401, "mint one with"},
		{"yja.x.y.z.w", "GET", "", "", 401, "damaged"},
		{host, "GET", "", "", 401, "no token of the API"},
		{office, "GET", "", "", 200, caseID},
		{reader, "GET", "?state=judged&system=s", "", 200, caseID},
		{office, "GET", "?state=closed", "", 200, `"proposals":[]`},
		{unit, "GET", "", "", 200, caseID},
		{provider, "GET", "", "", 200, caseID},
		{stranger, "GET", "", "", 200, `"proposals":[]`},
		{rival, "GET", "", "", 200, `"proposals":[]`},
		{stranger, "GET", id, "", 404, "no such proposal"},
		{rival, "GET", id, "", 404, "no such proposal"},
		{office, "GET", "/x", "", 404, "no such proposal"},
		{unit, "GET", id, "", 200, `"state_now":"judged"`},
		{unit, "POST", id + "/reply", reply, 409, "expected now: notice by supervisor, office"},
		{unit, "POST", id + "/notice", `{"by": "王", "notice": {}}`, 403, "not for the role unit"},
		{reader, "POST", id + "/notice", `{"by": "李", "notice": {}}`, 403, "may look and not write"},
		{office, "POST", id + "/found", `{"by": "李", "found": {}}`, 403, "not for the role office"},
		{office, "POST", id + "/jump", `{}`, 404, "there is no event"},
		{office, "POST", id + "/notice", `{"by": "李", "notice": {"number": 1}}`, 400, "unknown field"},
		{office, "POST", id + "/notice", `{"by": "李", "notice": {}} {}`, 400, "one JSON object"},
		{office, "POST", id + "/notice", `{"notice": {}}`, 409, "name the person"},
		{office, "POST", id + "/notice", `{"by": "李", "at": "2027-01-01T00:00:00+08:00", "notice": {}}`, 409, "still to come"},
		{office, "POST", id + "/notice", `{"by": "李", "notice": {"no": "N-7"}}`, 201, `"state_now":"noticed"`},
		{office, "POST", id + "/notice", `{"by": "赵", "notice": {"no": "N-7"}}`, 200, `"state_now":"noticed"`},
		{office, "POST", id + "/notice", `{"by": "李", "notice": {"no": "N-8"}}`, 409, "another content"},
		{stranger, "POST", id + "/reply", reply, 404, "no such proposal"},
		{provider, "POST", id + "/reply", reply, 403, "not for the role provider"},
		{unit, "POST", id + "/reply", reply, 201, `"state_now":"replied"`},
		{unit, "POST", id + "/reply", reply, 200, `"state_now":"replied"`},
		{office, "POST", id + "/review", `{"by": "张", "review": {"items": [{"host": "a", "decision": "同意降配"}, {"host": "b", "decision": "维持", "exemption_until": "2027-03-31"}], "approval": {"no": "A-1"}}}`, 201, `"state_now":"decided"`},
		{provider, "POST", id + "/implement", `{"by": "钱", "implement": {"items": [{"host": "a"}]}}`, 403, "write provider/host_id"},
		{rival, "POST", id + "/implement", implement, 403, "not on a platform of q"},
		{unit, "POST", id + "/implement", implement, 403, "not for the role unit"},
		{provider, "POST", id + "/implement", implement, 201, `"state_now":"implemented"`},
		{office, "POST", id + "/verify", `{"by": "李", "verify": {"items": [{"host": "a", "cpu_p95": 0.4}]}}`, 409, "measured until 2026-12-03"},
		{unit, "POST", id + "/dispute", `{"by": "王", "dispute": {"reason": "慢"}}`, 201, `"state_now":"disputed"`},
	} {
		a := ask(tt.who, tt.method, tt.path, tt.body)
		if a.Status != tt.status || !strings.Contains(a.Text, tt.says) {
			t.Errorf("%d: %s %s: %d %s; want %d with %q", i, tt.method, tt.path, a.Status, a.Text, tt.status, tt.says)
		}
	}
	if a := ask(provider, http.MethodGet, id, ""); !strings.Contains(a.Text, `"events":null`) || len(a.Items) != 2 {
		t.Errorf("a provider sees %s", a.Text)
	}
	if a := ask(office, http.MethodPost, id+"/close", `{"by": "李", "close": {"reason": "`+strings.Repeat("x", 2<<20)+`"}}`); a.Status != http.StatusBadRequest {
		t.Errorf("a huge request: %d", a.Status)
	}
}
