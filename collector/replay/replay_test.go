package replay

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/yunjian-io/yunjian/collector/traces"
	"github.com/yunjian-io/yunjian/internal/wire"
	"github.com/yunjian-io/yunjian/rules/calendar"
)

func date(year, month, day int) calendar.Date {
	return calendar.Date{Year: year, Month: time.Month(month), Day: day}
}

func month(year, m int) calendar.Month { return calendar.Month{Year: year, Month: time.Month(m)} }

func TestShift(t *testing.T) {
	vms := []traces.VM{{ID: "1", Days: []traces.Day{{Date: date(2013, 7, 1)}, {Date: date(2013, 9, 29)}}}, {ID: "2"}}
	zone := time.FixedZone("CST", 8*3600)
	now := time.Date(2026, 10, 31, 17, 0, 0, 0, time.UTC) // 1 November in China
	s, err := NewShift(vms, calendar.Month{}, now, zone)
	if err != nil {
		t.Fatal(err)
	}
	if got, ok := s.Date(date(2013, 9, 29)); !ok || got != date(2026, 10, 29) {
		t.Errorf("by default the last month moves to %v, %v; want the last whole one", got, ok)
	}
	s, err = NewShift(vms, month(2026, 12), now, zone)
	if err != nil {
		t.Fatal(err)
	}
	if got, ok := s.Date(date(2013, 9, 28)); !ok || got != date(2027, 2, 28) {
		t.Errorf("Date() = %v, %v", got, ok)
	}
	if got, ok := s.Date(date(2013, 9, 29)); ok {
		t.Errorf("29 September moved to %v; February 2027 has no such day", got)
	}
	if _, err := NewShift(nil, calendar.Month{}, now, zone); !errors.Is(err, ErrNoTraces) {
		t.Errorf("NewShift(nothing) = %v", err)
	}
}

// The 31st is dropped in a month of 30 days, and what touches then is one time off.
func TestTimeOffOverDroppedDay(t *testing.T) {
	v := traces.VM{ID: "x"}
	for _, d := range []calendar.Date{date(2013, 7, 30), date(2013, 7, 31), date(2013, 8, 1)} {
		day := machine("x", 0).Days[0]
		day.Date = d
		v.Days = append(v.Days, day)
	}
	days, dropped := timeline([]traces.VM{v}, Shift{2}, time.UTC)
	now := date(2013, 10, 1).In(time.UTC).Add(7 * time.Minute)
	documents := powerDocuments(days, now)
	if dropped != 1 || len(documents) != 1 || documents[0].Host != "vm-x" {
		t.Fatalf("%d days dropped, documents %+v", dropped, documents)
	}
	want := []wire.PowerEvent{{OffAt: date(2013, 9, 30).In(time.UTC), OnAt: now.Add(-2 * time.Minute)}}
	if diff := cmp.Diff(want, documents[0].Events); diff != "" {
		t.Error(diff)
	}
}

// machine makes a trace of whole days that are measured from slot 0 on.
func machine(id string, days ...int) traces.VM {
	v := traces.VM{ID: id}
	for i, slots := range days {
		d := traces.Day{Date: date(2026, 3, i+1), Cores: 1, CPUMHz: 1000, MemoryMiB: 1024, CPU: make([]float32, traces.Slots)}
		for slot := slots; slot < traces.Slots; slot++ {
			d.CPU[slot] = traces.Off
		}
		v.Days = append(v.Days, d)
	}
	return v
}

func TestBatches(t *testing.T) {
	vms := []traces.VM{machine("1", 288), machine("2", 0, 100), machine("3", 288, 288), machine("4", 10)}
	days, _ := timeline(vms, Shift{}, time.UTC)
	type cut struct {
		Date           string
		From, To, Rows int
		Hosts          string
	}
	list := func(most, stretch int, now time.Time) (out []cut) {
		for b := range batches(days, most, stretch, now) {
			var hosts []string
			for _, h := range b.hosts {
				hosts = append(hosts, h.host)
			}
			out = append(out, cut{b.day.date.String(), b.from, b.to, b.rows, strings.Join(hosts, " ")})
		}
		return out
	}
	later := date(2026, 4, 1).In(time.UTC)
	want := []cut{
		{"2026-03-01", 0, 288, 288, "vm-0001"},
		{"2026-03-01", 0, 288, 298, "vm-0003 vm-0004"},
		{"2026-03-02", 0, 288, 388, "vm-0002 vm-0003"},
	}
	if diff := cmp.Diff(want, list(400, 288, later)); diff != "" {
		t.Error(diff)
	}
	want = []cut{{"2026-03-01", 0, 2, 6, "vm-0001 vm-0003 vm-0004"}, {"2026-03-01", 2, 3, 3, "vm-0001 vm-0003 vm-0004"}}
	if diff := cmp.Diff(want, list(400, 2, date(2026, 3, 1).In(time.UTC).Add(16*time.Minute))); diff != "" {
		t.Errorf("what is not over was cut wrongly:\n%s", diff)
	}
}

func TestHalves(t *testing.T) {
	days, _ := timeline([]traces.VM{machine("1", 3), machine("2", 288)}, Shift{}, time.UTC)
	b := batch{day: &days[0], from: 0, to: 288, hosts: days[0].hosts, rows: 291}
	one, two, ok := b.halves()
	if !ok || one.rows != 3 || two.rows != 288 || len(one.hosts) != 1 {
		t.Errorf("halves of two hosts: %d and %d rows, %v", one.rows, two.rows, ok)
	}
	one, two, ok = two.halves()
	if !ok || one.rows != 144 || two.rows != 144 || one.to != two.from {
		t.Errorf("halves of a day: %d and %d rows, %v", one.rows, two.rows, ok)
	}
	single := batch{day: &days[0], from: 5, to: 6, hosts: days[0].hosts[1:], rows: 1}
	if _, _, ok := single.halves(); ok {
		t.Error("a single row was halved")
	}
}

// answers serves one answer after the other and repeats the last.
func answers(t *testing.T, list ...func(http.ResponseWriter)) (*sender, *atomic.Int64) {
	t.Helper()
	var n atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		list[min(int(n.Add(1)), len(list))-1](w)
	}))
	t.Cleanup(server.Close)
	return &sender{url: server.URL, client: server.Client(), patience: time.Minute}, &n
}

func status(code int, body string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) { http.Error(w, body, code) }
}

func TestPost(t *testing.T) {
	s, n := answers(t, status(503, "busy"), func(w http.ResponseWriter) { _, _ = w.Write([]byte(`{"dropped":[{"series":"a","reason":"too_old"}]}`)) })
	refused, err := s.post(t.Context(), "/", "", nil)
	if diff := cmp.Diff([]refusal{{"a", "too_old"}}, refused); diff != "" || err != nil || n.Load() != 2 || s.retries.Load() != 1 {
		t.Errorf("after 503: %v, %v, %d requests", refused, err, n.Load())
	}
	for code, says := range map[int]string{
		400: "refuses the request (HTTP 400): why", 401: "does not take the token", 403: "does not take the token", 413: "too large", 404: "HTTP 404",
	} {
		s, n := answers(t, status(code, "why"))
		if _, err := s.post(t.Context(), "/", "", nil); err == nil || !strings.Contains(err.Error(), says) || n.Load() != 1 {
			t.Errorf("HTTP %d: %v after %d requests; want %q at once", code, err, n.Load(), says)
		}
	}
	s, _ = answers(t, status(503, "busy"))
	s.patience = -1
	if _, err := s.post(t.Context(), "/", "", nil); err == nil || !strings.Contains(err.Error(), "give up") {
		t.Errorf("without patience: %v", err)
	}
	s, _ = answers(t, status(200, "<html>"))
	if _, err := s.post(t.Context(), "/", "", nil); err == nil {
		t.Error("a page that is no answer was taken for one")
	}
}

// A replay that is refused says where to go on.
func TestRunCutOff(t *testing.T) {
	s, _ := answers(t, status(401, "no"))
	c := Config{
		VMs: []traces.VM{machine("1", 288, 288, 0)}, URL: s.url, Client: s.client, Zone: time.UTC,
		Now: date(2026, 5, 1).In(time.UTC), From: date(2026, 3, 2),
	}
	done, err := Run(context.Background(), c)
	if err == nil || done.UnfinishedDay != date(2026, 3, 2) || done.Rows != 0 {
		t.Errorf("Run() = %+v, %v; want to go on with 2 March", done, err)
	}
	c.From = date(2027, 1, 1)
	if _, err := Run(context.Background(), c); !errors.Is(err, ErrNoTraces) {
		t.Errorf("Run() from behind the end = %v", err)
	}
}

func TestBar(t *testing.T) {
	var out bytes.Buffer
	steps := []Progress{
		{Rows: 100, Total: 1000, Elapsed: time.Second, Day: date(2026, 8, 1)},
		{Rows: 150, Total: 1000, Elapsed: 1100 * time.Millisecond, Day: date(2026, 8, 1)},
		{Rows: 1000, Total: 1000, Elapsed: 2 * time.Second, Day: date(2026, 8, 9)},
	}
	for _, terminal := range []bool{false, true} {
		b := NewBar(&out, terminal)
		for _, p := range steps {
			b.Show(p)
		}
		b.End()
	}
	first := " 10.0 %  2026-08-01  100 of 1000 rows  100 rows/s  9s left"
	last := "100.0 %  2026-08-09  1000 of 1000 rows  500 rows/s  0s left"
	want := first + "\n" + last + "\n\r[###...........................] " + first + "\r[" + strings.Repeat("#", 30) + "] " + last + "\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}

func TestChanges(t *testing.T) {
	v := traces.VM{ID: "1"}
	for i, mib := range []float64{8026, 8192, 8192, 12000, 16384, 16384, 0, 4096} {
		d := traces.Day{Date: date(2013, 7, i+1), Cores: 2, CPUMHz: 5200, MemoryMiB: mib}
		v.Days = append(v.Days, d)
	}
	var got []string
	for _, c := range changes(&v, Shift{1}) {
		got = append(got, c.date.String()+" "+c.size.id())
	}
	want := []string{"2013-08-01 replay-2C8G", "2013-08-05 replay-2C16G", "2013-08-08 replay-2C4G"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func BenchmarkEncode(b *testing.B) {
	days, _ := timeline([]traces.VM{machine("1", 288)}, Shift{}, time.UTC)
	whole := batch{day: &days[0], to: 288, hosts: days[0].hosts, rows: 288}
	e := newEncoder()
	for b.Loop() {
		e.encode(&whole)
	}
	b.ReportMetric(float64(whole.rows*b.N)/b.Elapsed().Seconds(), "rows/s")
}
