package collector_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/yunjian-io/yunjian/collector"
	"github.com/yunjian-io/yunjian/collector/ingest"
	"github.com/yunjian-io/yunjian/collector/query"
	"github.com/yunjian-io/yunjian/collector/store"
)

// doorOwner is whose a planted row is. Every text and number of the row that has room for
// it holds the mark.
type doorOwner struct {
	host                           int
	provider, unit, system, number string
	days                           int // before today
}

// doorOwners are two providers with a unit each, and a host of provider pa that went from
// system sa of unit ua to system sb of unit ub 150 days ago, was with ua again from 60 to
// 30 days ago, and is with ub since.
func doorOwners() []doorOwner {
	return []doorOwner{
		{11, "pa", "ua", "sa", "111111", 200},
		{22, "pb", "ub", "sb", "222222", 200},
		{33, "pa", "ub", "sb", "333333", 100},
		{33, "pa", "ua", "sa", "444444", 200},
		{33, "pa", "ua", "sa", "555555", 45},
	}
}

// doorUsers are the users of the door and the marks of what is theirs.
func doorUsers() map[ingest.Person][]string {
	return map[ingest.Person][]string{
		{Role: ingest.RoleOffice, Reader: true}:                  {"111111", "222222", "333333", "444444", "555555"},
		{Role: ingest.RoleProvider, Subject: "pa", Reader: true}: {"111111", "333333", "444444", "555555"},
		{Role: ingest.RoleProvider, Subject: "pb", Reader: true}: {"222222"},
		{Role: ingest.RoleUnit, Subject: "ua", Reader: true}:     {"111111", "444444", "555555"},
		{Role: ingest.RoleUnit, Subject: "ub", Reader: true}:     {"222222", "333333"},
	}
}

var (
	doorOffice   = ingest.Person{Role: ingest.RoleOffice, Reader: true}
	doorProvider = ingest.Person{Role: ingest.RoleProvider, Subject: "pa", Reader: true}
	doorUnit     = ingest.Person{Role: ingest.RoleUnit, Subject: "ua", Reader: true}
)

// queryDoor is the door over a database with rows of two providers and two units.
type queryDoor struct {
	db     *store.Store
	server *httptest.Server
	secret []byte
	log    *bytes.Buffer
	counts map[string]int
}

// openQueryDoor plants the rows and opens the door.
func openQueryDoor(t *testing.T, limits func(*collector.GrafanaConfig)) *queryDoor {
	t.Helper()
	db := rig.Open(t)
	if rig.Engine() == nil {
		t.Skip("the query door stands before the embedded engine, not before a server")
	}
	d := &queryDoor{db: db, secret: bytes.Repeat([]byte("q"), ingest.MinSecretBytes), log: new(bytes.Buffer), counts: map[string]int{}}
	d.plant(t)
	var config collector.GrafanaConfig
	config.QueryLimits.Burst, config.QueryLimits.PerMinute = 100_000, 100_000
	if limits != nil {
		limits(&config)
	}
	handler := collector.QueryDoor(db, rig.Engine().DialContext, config, d.secret,
		func(event, reason string, n int) { d.counts[event+" "+reason] += n }, func(time.Duration) {}, time.Now, slog.New(slog.NewTextHandler(d.log, nil)))
	d.server = httptest.NewServer(handler)
	t.Cleanup(d.server.Close)
	return d
}

// doorTables are the tables of testdata/query_door.sql.
func doorTables(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile("testdata/query_door.sql")
	if err != nil {
		t.Fatal(err)
	}
	tables := map[string]string{}
	for line := range strings.Lines(string(text)) {
		if table, row, ok := strings.Cut(strings.TrimSpace(line), " ("); ok && !strings.HasPrefix(line, "--") {
			tables[table] = "(" + row
		}
	}
	return tables
}

func (d *queryDoor) plant(t *testing.T) {
	t.Helper()
	day := func(ago int) string { return time.Now().AddDate(0, 0, -ago).Format("2006-01-02") + " 00:00:00" }
	for table, row := range doorTables(t) {
		columns, values, ok := strings.Cut(row, ") ")
		if !ok {
			t.Fatalf("%s %s: want columns and values", table, row)
		}
		for _, o := range doorOwners() {
			mark := "m" + o.number
			d.exec(t, "INSERT INTO "+table+" "+columns+") VALUES ("+strings.NewReplacer(
				"$host", fmt.Sprint(o.host), "$provider", "'"+o.provider+"'", "$unit", "'"+o.unit+"'", "$system", "'"+o.system+"'",
				"$mark", "'"+mark+"'", "$labels", `'a="`+mark+`"'`, "$n", o.number, "$ts", "'"+day(o.days)+"'",
			).Replace(values)+")")
		}
	}
	for _, text := range []string{
		"INSERT INTO hosts (host, provider, host_id, registered_at) VALUES (11, 'pa', 'own', now()), (22, 'pb', 'm222222', now()), (33, 'pa', 'moved', now())",
		"INSERT INTO inventory_imports (seq, imported_at) VALUES (1, now())",
		"INSERT INTO inventory_providers (seq, id, name) VALUES (1, 'pa', 'A'), (1, 'pb', 'B')",
		"INSERT INTO inventory_platforms (seq, id, name, provider) VALUES (1, 'fa', 'A', 'pa'), (1, 'fb', 'B', 'pb')",
		"INSERT INTO inventory_units (seq, code, name) VALUES (1, 'ua', 'A'), (1, 'ub', 'B'), (1, 'uc', 'C')",
		"INSERT INTO inventory_systems (seq, id, name, unit) VALUES (1, 'sa', 'A', 'ua'), (1, 'sb', 'B', 'ub'), (1, 'sc', 'C', 'uc')",
		"INSERT INTO inventory_flavors (seq, id, vcpu) VALUES (1, 'la', 2), (1, 'lb', 4)",
		"INSERT INTO inventory_prices (seq, provider, resource, yuan_month) VALUES (1, 'pa', 'vcpu', 10), (1, 'pb', 'vcpu', 20)",
		"INSERT INTO inventory_exemptions (seq, subject_kind, subject, kind) VALUES (1, 'information_system', 'sa', 'x'), (1, 'information_system', 'sb', 'x'), (1, 'information_system', 'sc', 'x'), (1, 'host', 'own', 'x'), (1, 'host', 'm222222', 'x'), (1, 'volume', 'down', 'x'), (1, 'volume', 'd222222', 'x')",
		"INSERT INTO inventory_volumes (seq, provider, volume_id, system, size_gib, effective_from, state) VALUES (1, 'pa', 'down', 'sa', 1, 86400, 'in_service'), (1, 'pb', 'd222222', 'sc', 2, 86400, 'in_service')",
		"INSERT INTO inventory_log_sources (seq, subject_kind, subject, class) VALUES (1, 'default', '', 'x'), (1, 'information_system', 'sa', 'x'), (1, 'information_system', 'sc', 'x'), (1, 'host', 'own', 'x'), (1, 'host', 'm222222', 'x')",
		"INSERT INTO inventory_hosts (seq, host, provider, host_id, platform, system, flavor, vcpu, effective_from, state) VALUES " +
			"(1, 11, 'pa', 'own', 'fa', 'sa', 'la', 2, '2025-01-01 00:00:00', 'in_service'), (1, 22, 'pb', 'm222222', 'fb', 'sb', 'lb', 4, '2025-01-01 00:00:00', 'in_service'), " +
			"(1, 33, 'pa', 'moved', 'fa', 'sa', 'la', 2, '2025-01-01 00:00:00', 'in_service'), (1, 33, 'pa', 'moved', 'fa', 'sa', 'la', 4, '2025-02-01 00:00:00', 'in_service'), " +
			"(1, 33, 'pa', 'moved', 'fa', 'sb', 'la', 2, '" + day(150) + "', 'in_service'), (1, 33, 'pa', 'moved', 'fa', 'sa', 'la', 2, '" + day(60) + "', 'in_service'), " +
			"(1, 33, 'pa', 'moved', 'fa', 'sb', 'la', 2, '" + day(30) + "', 'in_service')",
		"INSERT INTO judge_runs (run, month, judged_at, findings) VALUES (1, '2026-05-01', now(), 987654)",
		"INSERT INTO month_closes (month, version, closed_at, run, batch, buckets, hosts) VALUES ('2026-05-01', 1, now(), 1, 'x', 987654, 987654)",
		"INSERT INTO filing_documents (filing, stage, stored_at, document) VALUES ('m222222', 'sign', now(), 'm222222')",
		"INSERT INTO calendar_years (year, imported_at) VALUES (2026, now())",
	} {
		d.exec(t, text)
	}
}

func (d *queryDoor) exec(t *testing.T, text string) {
	t.Helper()
	if err := d.db.Exec(t.Context(), text); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
}

func (d *queryDoor) token(t *testing.T, p ingest.Person) string {
	t.Helper()
	token, err := ingest.MintRole(d.secret, p)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// asked is an answer of the door.
type asked struct {
	status int
	body   string
	header http.Header
}

// ask asks as a person; header holds names and values.
func (d *queryDoor) ask(t *testing.T, p ingest.Person, text string, parameters url.Values, header ...string) asked {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, d.server.URL+"/?"+parameters.Encode(), strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	r.SetBasicAuth(query.UserOf(p), d.token(t, p))
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	res, err := d.server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return asked{res.StatusCode, string(body), res.Header}
}

// fingerprint is the state of the database: what was written would change it. Other
// databases are those of other tests, where rows are merged in the background.
func (d *queryDoor) fingerprint(t *testing.T) string {
	t.Helper()
	var out strings.Builder
	for _, text := range []string{
		"SELECT database || '.' || name || ' ' || toString(total_rows) FROM system.tables WHERE database IN (currentDatabase(), 'default') ORDER BY database, name",
		"SELECT name FROM system.functions WHERE origin != 'System' ORDER BY name",
		"SELECT name FROM system.databases ORDER BY name",
	} {
		err := d.db.Each(context.WithoutCancel(t.Context()), text, nil, func(scan func(...any) error) error {
			var line *string
			err := scan(&line)
			if line != nil {
				out.WriteString(*line + "\n")
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return out.String()
}

// marksIn are the marks of rows in a text.
func marksIn(text string) map[string]bool {
	marks := map[string]bool{}
	for _, m := range regexp.MustCompile(`111111|222222|333333|444444|555555|987654`).FindAllString(text, -1) {
		marks[m] = true
	}
	return marks
}
