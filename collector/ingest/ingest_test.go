package ingest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/yunjian-io/yunjian/internal/wire"
)

var secret = bytes.Repeat([]byte("s"), MinSecretBytes)

// now is on the minute, so that samples at it are on the grid.
var now = time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC)

// door is a handler whose rows go to a function.
func door(t testing.TB, submit func(context.Context, *wire.Rows) error) *Handler {
	t.Helper()
	return NewHandler(Config{
		Secrets: Secrets{"p": secret}, Limits: wire.DefaultLimits(), Registry: NewRegistry(nil),
		Put: func(rows *wire.Rows) (func(context.Context) error, error) {
			err := submit(t.Context(), rows)
			return func(context.Context) error { return err }, nil
		},
		KeepMonths: 25, Now: func() time.Time { return now }, Log: slog.New(slog.DiscardHandler),
		Alias: func(_, instance string) string {
			if instance == "10.0.0.1:9100" {
				return "i-alias"
			}
			return instance
		},
	})
}

// keep copies rows as the committer does.
func keep(to *wire.Rows) func(context.Context, *wire.Rows) error {
	return func(_ context.Context, rows *wire.Rows) error {
		to.Append(rows)
		return nil
	}
}

func mint(t testing.TB, host string) string {
	t.Helper()
	token, err := Mint(secret, Scope{Provider: "p", Host: host})
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func post(t testing.TB, h http.Handler, path, token string, body []byte) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, bytes.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+token)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// report adds every total of a host at an instant; skip leaves some out.
func report(e *wire.Encoder, host string, at time.Time, interval float64, skip ...int) {
	for i, m := range wire.Totals() {
		v := float64(i)
		if i == wire.IntervalSeconds {
			v = interval
		}
		if i == wire.Load1 {
			v = math.NaN() // the probe could not read it
		}
		left := false
		for _, s := range skip {
			left = left || s == i
		}
		if !left {
			e.Add([]wire.Label{{Name: wire.LabelName, Value: m.FullName()}, {Name: wire.LabelHost, Value: host}}, wire.Sample{Milliseconds: at.UnixMilli(), Value: v})
		}
	}
}

func TestCompleteReportBecomesOneRow(t *testing.T) {
	var got wire.Rows
	h := door(t, keep(&got))
	var e wire.Encoder
	report(&e, "i-1", now, 60)
	e.Add([]wire.Label{{Name: wire.LabelName, Value: "yunjian_filesystem_size_bytes"}, {Name: wire.LabelHost, Value: "i-1"}, {Name: wire.LabelMountpoint, Value: "/"}},
		wire.Sample{Milliseconds: now.UnixMilli(), Value: 1e9})
	e.Add([]wire.Label{{Name: wire.LabelName, Value: "node_load1"}, {Name: wire.LabelHost, Value: "i-1"}, {Name: "job", Value: `a"b`}},
		wire.Sample{Milliseconds: now.UnixMilli() + 1, Value: 2}, wire.Sample{Milliseconds: now.UnixMilli() + 2, Value: math.Float64frombits(0x7ff0000000000002)})
	w := post(t, h, wire.PathWrite, mint(t, "i-1"), e.Bytes())
	if w.Code != http.StatusNoContent || w.Body.Len() != 0 {
		t.Fatalf("status %d %s", w.Code, w.Body)
	}
	if got := w.Header().Get(wire.HeaderTime); got != "1793606400000000000" {
		t.Errorf("%s = %s", wire.HeaderTime, got)
	}
	key := wire.HostKey("p", "i-1")
	row := wire.UsageRow{Host: key, TS: now.Unix()}
	for i, m := range wire.Totals() {
		row.Values[i] = m.Pack(float64(i))
	}
	row.Values[wire.IntervalSeconds], row.Values[wire.Load1] = 60, -1
	want := wire.Rows{
		Hosts:   []wire.Host{{Key: key, Provider: "p", ID: "i-1"}},
		Usage:   []wire.UsageRow{row},
		Devices: []wire.DeviceRow{{Host: key, Name: "filesystem_size_bytes", Label: "/", TS: now.Unix(), Value: 1e9}},
		Samples: []wire.SampleRow{{Host: key, Name: "node_load1", Labels: `job="a\"b"`, Milliseconds: now.UnixMilli() + 1, Value: 2}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	// The host is registered now and is not stored a second time.
	got.Reset()
	report(&e, "i-1", now.Add(time.Minute), 60)
	if w := post(t, h, wire.PathWrite, mint(t, ""), e.Bytes()); w.Code != http.StatusNoContent || len(got.Hosts) != 0 || len(got.Usage) != 1 {
		t.Errorf("second report: status %d, %d hosts, %d rows", w.Code, len(got.Hosts), len(got.Usage))
	}
}

// A stock Prometheus shards a host over requests: half a row must never become one.
func TestPartialReportGoesToSamples(t *testing.T) {
	var got wire.Rows
	h := door(t, keep(&got))
	var e wire.Encoder
	report(&e, "i-1", now, 60, wire.CPUUsedCores, wire.Load5)
	if w := post(t, h, wire.PathWrite, mint(t, "i-1"), e.Bytes()); w.Code != http.StatusNoContent {
		t.Fatalf("status %d %s", w.Code, w.Body)
	}
	if len(got.Usage) != 0 || len(got.Samples) != wire.RowWidth-3 { // two left out, one NaN
		t.Errorf("%d rows, %d samples; want 0 and %d", len(got.Usage), len(got.Samples), wire.RowWidth-3)
	}
}

func TestScopeAndTime(t *testing.T) {
	const ms = 1
	series := func(name string, at time.Time, value float64, labels ...string) func(*wire.Encoder) {
		return func(e *wire.Encoder) {
			l := []wire.Label{{Name: wire.LabelName, Value: name}}
			for i := 0; i < len(labels); i += 2 {
				l = append(l, wire.Label{Name: labels[i], Value: labels[i+1]})
			}
			e.Add(l, wire.Sample{Milliseconds: at.UnixMilli() * ms, Value: value})
		}
	}
	tests := []struct {
		name   string
		host   string // of the token; empty is a gateway's
		add    []func(*wire.Encoder)
		drops  []Dropped
		counts [3]int // samples, quarantine, hosts
	}{
		{"own host", "i-1", []func(*wire.Encoder){series("up", now, 1, "host", "i-1")}, nil, [3]int{1, 0, 1}},
		{"no host label", "i-1", []func(*wire.Encoder){series("up", now, 1)}, nil, [3]int{1, 0, 1}},
		{"foreign host beside own", "i-1", []func(*wire.Encoder){series("up", now, 1, "host", "i-2"), series("up", now, 1, "host", "i-1")}, []Dropped{{`up{}`, ReasonForeignHost}}, [3]int{1, 0, 1}},
		{"gateway, alias", "", []func(*wire.Encoder){series("up", now, 1, "instance", "10.0.0.1:9100")}, nil, [3]int{1, 0, 1}},
		{"gateway, no host", "", []func(*wire.Encoder){series("up", now, 1, "job", "x")}, []Dropped{{`up{job="x"}`, ReasonNoHost}}, [3]int{0, 0, 0}},
		{"future", "", []func(*wire.Encoder){series("up", now.Add(11*time.Minute), 1, "host", "a")}, []Dropped{{"up", ReasonFuture}}, [3]int{0, 1, 1}},
		{"just not future", "", []func(*wire.Encoder){series("up", now.Add(10*time.Minute), 1, "host", "a")}, nil, [3]int{1, 0, 1}},
		{"too old", "", []func(*wire.Encoder){series("up", now.AddDate(0, -26, 0), 1, "host", "a")}, []Dropped{{"up", ReasonTooOld}}, [3]int{0, 1, 1}},
		{"bad name", "", []func(*wire.Encoder){series("9up", now, 1, "host", "a")}, []Dropped{{`9up{}`, ReasonNoName}}, [3]int{0, 0, 0}},
		{"zero byte", "", []func(*wire.Encoder){series("up", now, 1, "host", "a\x00b")}, []Dropped{{`up{}`, ReasonNoHost}}, [3]int{0, 0, 0}},
		{"scraped from our agent", "", []func(*wire.Encoder){series("yunjian_load1", now, 1, "host", "a", "job", "x")}, nil, [3]int{1, 0, 1}},
		{"off the grid", "", []func(*wire.Encoder){func(e *wire.Encoder) { report(e, "a", now.Add(7*time.Second), 60) }}, []Dropped{{"yunjian_interval_seconds", ReasonBadInterval}}, [3]int{0, 1, 1}},
		{"odd interval", "", []func(*wire.Encoder){func(e *wire.Encoder) { report(e, "a", now, 70) }}, []Dropped{{"yunjian_interval_seconds", ReasonBadInterval}}, [3]int{0, 1, 1}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got wire.Rows
			var e wire.Encoder
			for _, add := range tt.add {
				add(&e)
			}
			w := post(t, door(t, keep(&got)), wire.PathWrite, mint(t, tt.host), e.Bytes())
			var answer struct {
				Dropped []Dropped `json:"dropped"`
			}
			if w.Code == http.StatusOK {
				if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
					t.Fatal(err)
				}
			} else if w.Code != http.StatusNoContent {
				t.Fatalf("status %d %s", w.Code, w.Body)
			}
			if diff := cmp.Diff(tt.drops, answer.Dropped); diff != "" {
				t.Error(diff)
			}
			if counts := [3]int{len(got.Samples), len(got.Quarantine), len(got.Hosts)}; counts != tt.counts {
				t.Errorf("samples, quarantine, hosts = %v; want %v", counts, tt.counts)
			}
		})
	}
}

func TestAnswers(t *testing.T) {
	var e wire.Encoder
	e.Add([]wire.Label{{Name: wire.LabelName, Value: "up"}, {Name: wire.LabelHost, Value: "i-1"}}, wire.Sample{Milliseconds: now.UnixMilli(), Value: 1})
	good := e.Bytes()
	stored := func(context.Context, *wire.Rows) error { return nil }
	tests := []struct {
		name, path, token, encoding string
		body                        []byte
		submit                      func(context.Context, *wire.Rows) error
		want                        int
		says                        string
	}{
		{"no token", wire.PathWrite, "", "", good, stored, 401, "token"},
		{"another's token", wire.PathWrite, "yjp.cA.AAAA", "", good, stored, 401, "does not belong"},
		{"unknown provider", wire.PathWrite, "yjp.eA.AAAA", "", good, stored, 401, "does not belong"},
		{"garbage", wire.PathWrite, mint(t, ""), "", []byte("not snappy"), stored, 400, "snappy"},
		{"truncated", wire.PathWrite, mint(t, ""), "", good[:len(good)-3], stored, 400, "decode"},
		{"gzip", wire.PathWrite, mint(t, ""), "gzip", good, stored, 400, "snappy"},
		{"huge", wire.PathWrite, mint(t, ""), "", make([]byte, wire.DefaultLimits().CompressedBytes+1), stored, 413, "limit"},
		{"bomb", wire.PathWrite, mint(t, ""), "", []byte{0xff, 0xff, 0xff, 0xff, 0x0f}, stored, 413, "after snappy"},
		{"busy", wire.PathWrite, mint(t, ""), "", good, func(context.Context, *wire.Rows) error { return ErrBusy }, 503, "try again"},
		{"ClickHouse gone", wire.PathWrite, mint(t, ""), "", good, func(context.Context, *wire.Rows) error { return errors.New("boom") }, 503, "try again"},
		{"unknown document", wire.PathDocuments, mint(t, ""), "", []byte(`{"schema":"x"}`), stored, 400, "unknown document schema"},
		{"another's evidence", wire.PathDocuments, mint(t, "i-2"), "", []byte(`{"schema":"log-evidence/v1","host":"i-1","at":"2026-11-02T08:00:00Z"}`), stored, 400, "belongs to host"},
		{"evidence of nobody", wire.PathDocuments, mint(t, ""), "", []byte(`{"schema":"log-evidence/v1","at":"2026-11-02T08:00:00Z"}`), stored, 400, "host is empty"},
		{"another's document", wire.PathDocuments, mint(t, "i-2"), "", []byte(`{"schema":"power/v1","host":"i-1","source":"x","events":[]}`), stored, 400, "belongs to host"},
		{"elsewhere", "/api/v1/other", mint(t, ""), "", nil, stored, 404, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, tt.path, bytes.NewReader(tt.body))
			if tt.token != "" {
				r.Header.Set("Authorization", "Bearer "+tt.token)
			}
			r.Header.Set("Content-Encoding", tt.encoding)
			w := httptest.NewRecorder()
			door(t, tt.submit).ServeHTTP(w, r)
			if w.Code != tt.want || !strings.Contains(w.Body.String(), tt.says) {
				t.Errorf("status %d %q; want %d with %q", w.Code, w.Body, tt.want, tt.says)
			}
			if (w.Header().Get("Retry-After") != "") != (tt.want == 503) {
				t.Errorf("Retry-After = %q", w.Header().Get("Retry-After"))
			}
		})
	}
}

func TestDocuments(t *testing.T) {
	var got wire.Rows
	h := door(t, keep(&got))
	for _, body := range []string{
		`{"schema":"identity/v1","host":"i-1","host_kind":"dmi","at":"2026-11-02T08:00:00Z","kernel":"6.1"}`,
		`{"schema":"power/v1","host":"i-1","source":"replay","events":[{"off_at":"2026-11-01T00:00:00Z","on_at":"2026-11-01T01:00:00Z"}]}`,
		`{"schema":"log-evidence/v1","host":"i-1","at":"2026-11-02T08:00:00Z","complete":true,"ledger_entries":7}`,
	} {
		if w := post(t, h, wire.PathDocuments, mint(t, "i-1"), []byte(body)); w.Code != http.StatusNoContent {
			t.Fatalf("status %d %s", w.Code, w.Body)
		}
	}
	if len(got.Hosts) != 1 || len(got.Identities) != 1 || got.Identities[0].Kernel != "6.1" || len(got.Power) != 1 || got.Power[0].Source != "replay" ||
		len(got.Evidence) != 1 || got.Evidence[0].Host != wire.HostKey("p", "i-1") || got.Evidence[0].LedgerEntries != 7 {
		t.Errorf("stored %+v", got)
	}
}

func TestTokens(t *testing.T) {
	secrets := Secrets{"p": secret, "q": bytes.Repeat([]byte("q"), MinSecretBytes)}
	for _, scope := range []Scope{{"p", ""}, {"p", "i-1"}, {"q", "主机.1"}, {"p", "provider"}} {
		token, err := Mint(secrets[scope.Provider], scope)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := secrets.Verify(token); err != nil || got != scope {
			t.Errorf("Verify(Mint(%v)) = %v, %v", scope, got, err)
		}
		// A token of one provider must not verify under another, nor any damaged one.
		parts := strings.Split(token, ".")
		for i := range parts {
			damaged := append([]string(nil), parts...)
			damaged[i] = "eHg"
			if got, err := secrets.Verify(strings.Join(damaged, ".")); err == nil {
				t.Errorf("damaged part %d verifies as %v", i, got)
			}
		}
	}
	for _, scope := range []Scope{{"", "x"}, {"p", "\x00provider"}} {
		if _, err := Mint(secret, scope); err == nil {
			t.Errorf("Mint(%q) gave no error", scope)
		}
	}
	if _, err := Mint([]byte("short"), Scope{Provider: "p"}); err == nil {
		t.Error("Mint took a short secret")
	}
}

func FuzzVerify(f *testing.F) {
	token, err := Mint(secret, Scope{"p", "i-1"})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(token)
	f.Add(token[:len(token)-5] + "\n" + token[len(token)-5:])
	f.Add("yjp.cA.")
	f.Fuzz(func(t *testing.T, s string) {
		if scope, err := (Secrets{"p": secret}).Verify(s); err == nil {
			if again, err := Mint(secret, scope); err != nil || again != s {
				t.Errorf("%q verifies as %v, whose token is %q", s, scope, again)
			}
		}
	})
}

func TestHostKeyClash(t *testing.T) {
	key := wire.HostKey("p", "i-1")
	registry := NewRegistry([]wire.Host{{Key: key, Provider: "other", ID: "i-9"}})
	if _, _, ok := registry.key("p", "i-1"); ok {
		t.Error("a host with the key of another was accepted")
	}
	if got, isNew, ok := registry.key("other", "i-9"); !ok || isNew || got != key {
		t.Errorf("known host: %d, %v, %v", got, isNew, ok)
	}
}

func BenchmarkReport(b *testing.B) {
	h := door(b, func(context.Context, *wire.Rows) error { return nil })
	var e wire.Encoder
	report(&e, "i-1", now, 60)
	body, token := e.Bytes(), mint(b, "i-1")
	b.ReportAllocs()
	for b.Loop() {
		r := httptest.NewRequestWithContext(b.Context(), http.MethodPost, wire.PathWrite, bytes.NewReader(body))
		r.Header.Set("Authorization", "Bearer "+token)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if _, err := io.Copy(io.Discard, w.Body); err != nil || w.Code != http.StatusNoContent {
			b.Fatal(w.Code, err)
		}
	}
}
