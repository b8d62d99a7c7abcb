package dashboards

import (
	"context"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/yunjian-io/yunjian/internal/grafanatest"
)

// TestAddresses: what would send the token astray is refused before anything is sent.
func TestAddresses(t *testing.T) {
	for _, test := range []struct {
		g    Grafana
		want string // of the error, empty for none
	}{
		{Grafana{URL: "https://grafana.example.cn/grafana/", Token: "t"}, ""},
		{Grafana{URL: "http://127.0.0.1:3000", Token: "t"}, ""},
		{Grafana{URL: "http://[::1]:3000", Token: "t"}, ""},
		{Grafana{URL: "http://localhost:3000", Token: "t"}, ""},
		{Grafana{URL: "http://grafana.example.cn", Token: "t"}, "over plain http"},
		{Grafana{URL: "http://grafana.example.cn", Token: "t", AllowPlainHTTP: true}, ""},
		{Grafana{URL: "grafana.example.cn", Token: "t"}, "want http(s)://"},
		{Grafana{URL: "https://admin:admin@grafana.example.cn", Token: "t"}, "without a user"},
		{Grafana{URL: "https://grafana.example.cn"}, "the token is empty"},
		{Grafana{URL: "https://grafana.example.cn", Token: "t", CA: []byte("no")}, "no certificate"},
	} {
		_, err := open(test.g)
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("open(%+v) = %v; want %q", test.g, err, test.want)
		}
	}
}

// TestBehindProxy: Grafana under a path, behind TLS of a CA of the site's own.
func TestBehindProxy(t *testing.T) {
	s := grafanatest.Start(t)
	behind, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httptest.NewTLSServer(http.StripPrefix("/grafana", httputil.NewSingleHostReverseProxy(behind)))
	defer proxy.Close()
	g := site(s)
	g.URL = proxy.URL + "/grafana"
	if _, err := Publish(t.Context(), g, sample()); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("without the CA: %v", err)
	}
	g.CA = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: proxy.Certificate().Raw})
	dry := sample()
	dry.DryRun = true
	if report := publish(t, g, dry); report.Pending() != 7 || s.Validated() != 2 {
		t.Errorf("dry run: %q, %d validated", actions(report), s.Validated())
	}
	if report := publish(t, g, sample()); report.Count(Created) != 7 {
		t.Errorf("changes: %q", actions(report))
	}
}

// TestNotGrafana: what answers instead of Grafana is named.
func TestNotGrafana(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the token went elsewhere") }))
	defer elsewhere.Close()
	for name, test := range map[string]struct {
		serve http.HandlerFunc
		want  string
	}{
		"login page": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			_, _ = w.Write([]byte("<html>login</html>"))
		}, "is not one of Grafana's API"},
		"error page": {func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusNotFound)
			_, _ = w.Write([]byte("<html>nginx</html>"))
		}, "404: a web page"},
		"redirect": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere.URL, http.StatusFound)
		}, "status 302"},
		"text": {func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no such\nhost", http.StatusBadRequest) }, "400: no such host"},
	} {
		t.Run(name, func(t *testing.T) {
			other := httptest.NewServer(test.serve)
			defer other.Close()
			if _, err := Publish(t.Context(), Grafana{URL: other.URL, Token: "t"}, sample()); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error = %v; want %q", err, test.want)
			}
		})
	}
}

// TestPauses: a server's Retry-After is kept to within reason, nobody waits after a cancel.
func TestPauses(t *testing.T) {
	for after, want := range map[string]time.Duration{"7": 7 * time.Second, "3600": patience, "soon": time.Second, "": time.Second} {
		synctest.Test(t, func(t *testing.T) {
			answers := []int{http.StatusTooManyRequests, http.StatusOK}
			c := &courier{wait: sleep, next: trip(func() *http.Response {
				w := httptest.NewRecorder()
				w.Header().Set("Retry-After", after)
				w.WriteHeader(answers[0])
				answers = answers[1:]
				return w.Result()
			})}
			began := time.Now()
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://grafana/", nil)
			response, err := c.RoundTrip(r)
			if err != nil || response.StatusCode != http.StatusOK || time.Since(began) != want {
				t.Errorf("Retry-After %q: waited %v, %v; want %v", after, time.Since(began), err, want)
			}
			_ = response.Body.Close()
			answers = []int{http.StatusBadGateway, http.StatusOK}
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			if response, err := c.RoundTrip(r.WithContext(ctx)); err == nil || len(answers) != 1 {
				t.Errorf("cancelled: %v, %d answers left", err, len(answers))
				_ = response.Body.Close()
			}
		})
	}
}

type trip func() *http.Response

func (f trip) RoundTrip(*http.Request) (*http.Response, error) { return f(), nil }

func TestDifferences(t *testing.T) {
	there := object{"a": 1, "b": object{"c": nil, "extra": true}, "list": []any{object{"id": 2, "x": 1}, object{"id": 1}}, "plain": []any{1, 2}, "empty": []any{}}
	want := object{"a": 1.0, "b": object{}, "list": []any{object{"id": 1}, object{"id": 2, "x": "<2>"}}, "plain": []any{1}, "new": "值"}
	var got []string
	for _, d := range differences(there, want, false) {
		got = append(got, d.Text())
	}
	wanted := []string{
		`list[]: "id=2, id=1" → "id=1, id=2"`, `list[id=2].x: 1 → "<2>"`, `new: nothing → "值"`, `plain[]: "0, 1" → "0"`,
	}
	if diff := cmp.Diff(wanted, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := differences(there, want, true); len(got) != len(wanted)+2 {
		t.Errorf("with extras: %v", got)
	}
	if got := paths(personal(object{"a": 1, "b": 1}, object{"a": 2, "b": 2, "c": 3}, object{"a": 2, "b": 3})); !cmp.Equal(got, []string{"b", "c"}) {
		t.Errorf("personal = %q; want b and c", got)
	}
}

// TestEndpoints: what the plugin is told of an endpoint.
func TestEndpoints(t *testing.T) {
	for endpoint, want := range map[string]string{
		"https://ch.example.cn":            "ch.example.cn:8443 secure ",
		"http://ch.example.cn/":            "ch.example.cn:8123 plain ",
		"https://[2001:db8::1]:443/door/q": "2001:db8::1:443 secure door/q",
		"tcp://ch.example.cn:9000":         "", "ch.example.cn:8123": "", "http://u:p@ch.example.cn": "", "http://ch.example.cn:0": "", "http://ch.example.cn:70000": "",
	} {
		s := Source{Endpoint: endpoint}
		settings, err := s.settings()
		if (err != nil) != (want == "") {
			t.Errorf("%s: %v", endpoint, err)
		}
		if err != nil {
			continue
		}
		form := map[any]string{true: "secure", false: "plain"}[settings["secure"]]
		if got := settings["host"].(string) + ":" + short(settings["port"]) + " " + form + " " + settings["path"].(string); got != want {
			t.Errorf("%s: %s; want %s", endpoint, got, want)
		}
	}
	if _, err := (&Source{Endpoint: "http://ch.example.cn", CA: []byte("x")}).settings(); err == nil {
		t.Error("a CA for plain http is no error")
	}
}

// TestSecrets: the data source is written when a secret changes, and only then; what viewers
// can read of it gives no password away.
func TestSecrets(t *testing.T) {
	s := grafanatest.Start(t)
	publish(t, site(s), sample())
	s.Writes()
	other := sample()
	other.Source.Password = ""
	if publish(t, site(s), other); len(s.Writes()) > 0 {
		t.Error("without a password the data source was written")
	}
	if publish(t, site(s), sample()); len(s.Writes()) > 0 {
		t.Error("with the same password the data source was written")
	}
	other.Source.Database = "yunjian2"
	publish(t, site(s), other)
	other.Source.Password = "secret"
	s.Writes()
	if publish(t, site(s), other); len(s.Writes()) > 0 {
		t.Error("after an update without a password, the same password was written")
	}
	other.Source.Password = "other"
	if got := outcome(t, publish(t, site(s), other), DataSourceUID); got.Action != Updated || !cmp.Equal(paths(got.Diff), []string{"secrets"}) {
		t.Errorf("with another password: %+v", got)
	}
	source, secrets := s.Source(DataSourceUID)
	if secrets["password"] != "other" || strings.Contains(fmt.Sprint(source), "other") {
		t.Errorf("password %q, data source %v", secrets["password"], source)
	}
	if a, b := seal(secrets, "token"), seal(secrets, "another"); a == b || a == "" {
		t.Errorf("seals under two tokens: %q, %q", a, b)
	}
}
