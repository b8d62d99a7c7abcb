package central

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/yunjian-io/yunjian/internal/enginetest"
	"github.com/yunjian-io/yunjian/rules/calendar"
	"github.com/yunjian-io/yunjian/rules/retention"
)

var rig enginetest.Rig

func TestMain(m *testing.M) { os.Exit(enginetest.MainWith(m, &rig)) }

// now is when every test asks.
var now = time.Date(2026, 10, 31, 15, 30, 0, 0, Zone())

// first is the first day of the window.
var first = calendar.Date{Year: 2026, Month: 4, Day: 23}

// record is one line of log in a model of a store.
type record struct {
	host   string
	at     time.Time
	fields map[string]string
}

func daily(host string, from, to time.Time, every time.Duration, fields map[string]string) (out []record) {
	for at := from; !at.After(to); at = at.Add(every) {
		out = append(out, record{host, at, fields})
	}
	return out
}

// summary is what a survey says of a host, in short.
type summary struct {
	Oldest, Newest string
	Days           int // with records
	Records        uint64
	Empty          []string
}

func summarize(s Survey) map[string]summary {
	out := map[string]summary{}
	for _, h := range s.Hosts {
		v := summary{Oldest: h.Oldest.Format(time.DateTime), Newest: h.Newest.Format(time.DateTime)}
		for _, n := range h.Counts {
			v.Records += n
			if n > 0 {
				v.Days++
			}
		}
		for _, d := range h.Empty(s.Window) {
			v.Empty = append(v.Empty, d.String())
		}
		out[h.Name] = v
	}
	return out
}

// fleet are the records on which every kind of store is tried: a host with everything,
// one that lost three days, one that began late, one that stopped, one of whose records
// the filter takes none, one with records at the edges of days in Shanghai.
func fleet() (records []record, want map[string]summary) {
	auth := map[string]string{"event.module": "system", "level": "info"}
	start := first.In(Zone())
	add := func(list []record) { records = append(records, list...) }
	add(daily("full", start, now.Add(-10*time.Minute), 6*time.Hour, auth))
	add([]record{{"full", now.Add(-7 * time.Minute), auth}})
	for _, r := range daily("hole", start.Add(time.Hour), now, 12*time.Hour, auth) {
		if d := calendar.DateOf(r.at.In(Zone())); d.Before(calendar.Date{Year: 2026, Month: 8, Day: 3}) || d.After(calendar.Date{Year: 2026, Month: 8, Day: 5}) {
			add([]record{r})
		}
	}
	add([]record{{"hole", now.Add(-26 * time.Hour), auth}})
	add(daily("late", time.Date(2026, 10, 30, 9, 0, 0, 0, Zone()), now.Add(-time.Minute), time.Hour, auth))
	add(daily("stopped", start, time.Date(2026, 5, 2, 12, 0, 0, 0, Zone()), 24*time.Hour, auth))
	add(daily("other", start, now, 24*time.Hour, map[string]string{"event.module": "kernel", "level": "info"}))
	add([]record{
		{"edge", time.Date(2026, 6, 1, 0, 0, 1, 0, Zone()), auth},    // 31 May in UTC
		{"edge", time.Date(2026, 6, 1, 23, 59, 59, 0, Zone()), auth}, // the same day in Shanghai
		{"edge", now.Add(48 * time.Hour), auth},                      // from the future
		{"edge", start.Add(-time.Hour), auth},                        // before the window
	})
	days := func(from, to string) (out []string) {
		a, _ := calendar.ParseDate(from)
		b, _ := calendar.ParseDate(to)
		for ; !a.After(b); a = a.AddDays(1) {
			out = append(out, a.String())
		}
		return out
	}
	want = map[string]summary{
		"full":    {Oldest: "2026-04-23 00:00:00", Newest: "2026-10-31 15:23:00", Days: 192, Records: 768},
		"hole":    {Oldest: "2026-04-23 01:00:00", Newest: "2026-10-31 13:00:00", Days: 189, Records: 379, Empty: days("2026-08-03", "2026-08-05")},
		"late":    {Oldest: "2026-10-30 09:00:00", Newest: "2026-10-31 15:00:00", Days: 2, Records: 31, Empty: days("2026-04-23", "2026-10-29")},
		"stopped": {Oldest: "2026-04-23 00:00:00", Newest: "2026-05-02 00:00:00", Days: 10, Records: 10, Empty: days("2026-05-03", "2026-10-30")},
		"edge":    {Oldest: "2026-06-01 00:00:01", Newest: "2026-06-01 23:59:59", Days: 1, Records: 2, Empty: append(days("2026-04-23", "2026-05-31"), days("2026-06-02", "2026-10-30")...)},
	}
	return records, want
}

// served starts a model and returns how to reach it.
func served(t *testing.T, handler http.Handler) string {
	t.Helper()
	s := httptest.NewServer(handler)
	t.Cleanup(s.Close)
	return s.URL
}

// prober opens a store of the test.
func prober(t *testing.T, s Store, o Options) *Prober {
	t.Helper()
	s.Name, s.Provider = "site", "p"
	s.Complete()
	if err := Validate([]Store{s}); err != nil {
		t.Fatal(err)
	}
	if o.Wait == nil {
		o.Wait = func(context.Context, time.Duration) error { return nil }
	}
	p, err := New(s, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

// ask asks for the first class of a store.
func ask(t *testing.T, p *Prober) (Survey, error) {
	t.Helper()
	return p.Ask(t.Context(), p.client.store.Classes[0], first, now)
}

// asked is ask where the store has to answer.
func asked(t *testing.T, p *Prober) Survey {
	t.Helper()
	s, err := ask(t, p)
	if err != nil {
		t.Fatal(err)
	}
	want := Survey{
		Store: "site", Kind: p.client.store.Kind, Provider: "p", Class: p.client.store.Classes[0].Class, Stream: p.client.store.Classes[0].Stream, CheckedAt: now,
		Window: retention.Days{From: first, To: calendar.DateOf(now)},
	}
	got := s
	got.Hosts, got.Retention, got.Immutable, got.Reference, got.Note = nil, nil, false, "", ""
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("survey (-want +got):\n%s", diff)
	}
	return s
}

// secretFile writes a file of the test.
func secretFile(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// reply answers every request alike.
func reply(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}
}
