package collector_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/yunjian-io/yunjian/collector"
	"github.com/yunjian-io/yunjian/collector/ingest"
	"github.com/yunjian-io/yunjian/collector/store"
	"github.com/yunjian-io/yunjian/internal/wire"
	"github.com/yunjian-io/yunjian/rules/calendar"
)

// logFleet is a fleet whose documents go through the door that agents use.
type logFleet struct {
	db     *store.Store
	secret []byte
	door   http.Handler
	// month is the last full month, at its last second, received when documents come.
	month    calendar.Month
	at       time.Time
	received time.Time
}

func newLogFleet(t *testing.T) *logFleet {
	t.Helper()
	f := &logFleet{db: rig.Open(t), secret: bytes.Repeat([]byte("s"), ingest.MinSecretBytes), received: time.Now()}
	f.month = calendar.DateOf(f.received.In(store.Zone())).CalendarMonth().Prev()
	f.at = f.month.End(store.Zone()).Add(-time.Second)
	f.door = ingest.NewHandler(ingest.Config{
		Secrets: ingest.Secrets{"p": f.secret, "q": f.secret}, Limits: wire.DefaultLimits(), Registry: ingest.NewRegistry(nil), KeepMonths: 25,
		Put: func(rows *wire.Rows) (func(context.Context) error, error) {
			err := f.db.Commit(t.Context(), rows, f.received)
			return func(context.Context) error { return err }, nil
		},
		Now: func() time.Time { return f.received }, Log: slog.New(slog.DiscardHandler),
	})
	return f
}

// ago is so many days before the end of the month.
func (f *logFleet) ago(days int) time.Time { return f.at.AddDate(0, 0, -days).Truncate(time.Second) }

func (f *logFleet) date(days int) string { return calendar.DateOf(f.ago(days)).String() }

// send posts one document of a host of provider p.
func (f *logFleet) send(t *testing.T, host string, document any) {
	t.Helper()
	token, err := ingest.Mint(f.secret, ingest.Scope{Provider: "p", Host: host})
	if err != nil {
		t.Fatal(err)
	}
	body, err := json.Marshal(document)
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, wire.PathDocuments, bytes.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+token)
	w := httptest.NewRecorder()
	f.door.ServeHTTP(w, r)
	if w.Code != http.StatusNoContent {
		t.Fatalf("document of %s: status %d %s", host, w.Code, w.Body)
	}
}

// source is a log with records of so many days up to a moment before at, which nothing
// removes.
func (f *logFleet) source(at time.Time, days int, class, stream, path string) wire.LogSource {
	last := at.Add(-time.Minute)
	return wire.LogSource{
		Key: "text:" + path, Family: "text", Path: path, Streams: []wire.LogStream{{Class: class, Name: stream}},
		Segments:      []wire.LogSegment{{Path: path, ID: "id" + path, First: at.AddDate(0, 0, -days), Last: last, ModTime: last, Bytes: 1 << 20, Live: true}},
		Policies:      []wire.LogPolicy{{Kind: wire.PolicyNever}},
		Rate:          wire.LogRate{P50: 1 << 10, P95: 1 << 10, Median7: 1 << 10, Disk: 1 << 20, Days: 28},
		Disk:          wire.LogDisk{Size: 1 << 40, Free: 1 << 40},
		Writer:        wire.LogWriter{State: "running"},
		AttestedSince: at.AddDate(0, 0, -9),
	}
}

// standard are complete logs of the default classes of a system of level 3.
func (f *logFleet) standard(at time.Time) []wire.LogSource {
	return []wire.LogSource{
		f.source(at, 200, "os-auth", "auth", "/var/log/auth.log"),
		f.source(at, 200, "os-system", "syslog", "/var/log/syslog"),
		f.source(at, 200, "os-login", "wtmp", "/var/log/wtmp"),
		f.source(at, 200, "os-audit", "audit", "/var/log/audit/audit.log"),
		f.source(at, 200, "os-cron", "cron", "/var/log/cron.log"),
		f.source(at, 200, "priv-op", "sudo", "/var/log/sudo.log"),
	}
}

// document is the complete report of a host at a time.
func (f *logFleet) document(host string, at time.Time, sources []wire.LogSource) wire.LogEvidence {
	offset := 0.2
	return wire.LogEvidence{Schema: wire.SchemaLogEvidence, Host: host, At: at, Complete: true, ClockOffsetSeconds: &offset, Sources: sources, LedgerEntries: 1}
}

// load imports an inventory file.
func (f *logFleet) load(t *testing.T, name, text string) {
	t.Helper()
	f.received = f.received.Add(time.Microsecond) // imports are numbered by time
	done, err := collector.ImportInventory(t.Context(), f.db, collector.InventoryFile{Name: name, Data: []byte(text)}, f.received)
	if err != nil || len(done.Problems) > 0 {
		t.Fatalf("%s: %v %v", name, done.Problems, err)
	}
}

// parties imports a provider, a platform, a unit and a system of level 3 and one of
// level 2.
func (f *logFleet) parties(t *testing.T) {
	t.Helper()
	f.load(t, "providers.csv", "provider_id,provider_name\np,P\n")
	f.load(t, "platforms.csv", "platform_id,platform_name,platform_kind,provider_id\nc,C,provider,p\n")
	f.load(t, "units.csv", "unit_code,unit_name\nN-1,U\n")
	f.load(t, "systems.csv", "system_id,system_name,unit_code,platform_id,djbh_level,cutover_date,status\ns,S,N-1,c,3,2020-01-01,running\nlow,L,N-1,c,2,2020-01-01,running\n")
}

// hosts imports hosts of system s that have been in service since 2020.
func (f *logFleet) hosts(t *testing.T, ids ...string) {
	t.Helper()
	text := hostHeads
	for _, id := range ids {
		text += id + ",s,c,p,4,8,2020-01-01,2020-01-01,in_service,unit\n"
	}
	f.load(t, "hosts.csv", text)
}

const hostHeads = "host_id,system_id,platform_id,provider_id,vcpu,memory_gib,in_service_date,effective_from,state,owner\n"

// judge judges the month and returns what was stored, by host, class and stream.
func (f *logFleet) judge(t *testing.T, now time.Time, rules collector.LogRules) []store.RetentionVerdict {
	t.Helper()
	pack, err := collector.LoadRules("")
	if err != nil {
		t.Fatal(err)
	}
	j, err := collector.Judge(t.Context(), &collector.Database{Store: f.db}, pack, rules, f.month, now, "test", func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	run, ok, err := f.db.LastRun(t.Context(), f.month)
	if err != nil || !ok || run.Run != j.Run.Run {
		t.Fatalf("LastRun() = %+v, %v, %v; want %d", run, ok, err, j.Run.Run)
	}
	stored, err := f.db.Retention(t.Context(), run, "")
	counted := map[string]int{}
	for i := range stored {
		counted[stored[i].Name()]++
	}
	if diff := cmp.Diff(counted, j.Logs); err != nil || diff != "" {
		t.Fatalf("verdicts stored and counted: %v\n%s", err, diff)
	}
	return stored
}

// names are the verdicts by host and class.
func names(verdicts []store.RetentionVerdict) map[string]string {
	out := map[string]string{}
	for _, v := range verdicts {
		out[v.HostID+" "+v.Class] = v.Name()
	}
	return out
}
