package collector

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/yunjian-io/yunjian/collector/ingest"
	"github.com/yunjian-io/yunjian/collector/query"
	"github.com/yunjian-io/yunjian/collector/store"
	"github.com/yunjian-io/yunjian/collector/store/engine"
)

// rulesKept is how long what a person may see is kept before it is asked for again: a host
// that moved to another unit is not shown to the old one for longer.
const rulesKept = time.Minute

// QueryDoor is what Grafana asks. It reads db through the door for guests of the engine
// that dial connects to.
func QueryDoor(db *store.Store, dial func(context.Context, string) (net.Conn, error), c GrafanaConfig, secret []byte, count func(event, reason string, n int), answered func(time.Duration), now func() time.Time, log *slog.Logger) http.Handler {
	rules := &ruleBook{db: db, now: now, of: map[ingest.Person]keptRules{}}
	transport := &http.Transport{
		DialContext:         func(ctx context.Context, _, _ string) (net.Conn, error) { return dial(ctx, "") },
		DisableCompression:  true,
		MaxIdleConnsPerHost: 8,
		IdleConnTimeout:     time.Minute,
	}
	return query.NewHandler(query.Config{
		Secret: secret, Rules: rules.read, Database: db.Name(), Engine: transport, Target: "http://engine" + engine.GuestPath,
		Limits: c.limits(), Count: count, Answered: answered, Now: now, Log: log,
	})
}

// ruleBook keeps what persons may see for a while.
type ruleBook struct {
	db  *store.Store
	now func() time.Time

	mu sync.Mutex
	of map[ingest.Person]keptRules
}

type keptRules struct {
	rules query.Rules
	at    time.Time
}

func (b *ruleBook) read(ctx context.Context, p ingest.Person) (query.Rules, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if kept, ok := b.of[p]; ok && b.now().Sub(kept.at) < rulesKept {
		return kept.rules, nil
	}
	rules, err := QueryRules(ctx, b.db, p)
	if err != nil {
		return query.Rules{}, err
	}
	b.of[p] = keptRules{rules, b.now()}
	return rules, nil
}

// QueryRules are what a person may read: the tables of the database, cut to the person's
// slice, and of ClickHouse's own tables what Grafana's query builder asks for.
func QueryRules(ctx context.Context, db *store.Store, p ingest.Person) (query.Rules, error) {
	readings, err := db.Readings(ctx, slice(p))
	if err != nil {
		return query.Rules{}, fmt.Errorf("read what %s may see: %w", query.UserOf(p), err)
	}
	rules := query.Rules{Database: db.Name(), Tables: map[string]query.Table{}, Scoped: p.Role != ingest.RoleOffice}
	for name, r := range readings {
		t := query.Table{Filter: r.Filter, Barrier: r.Barrier, Hidden: r.Hidden}
		if !r.Named {
			t.Refused = "it is for the office alone, or read through the views over it"
		}
		rules.Tables[name] = t
	}
	for _, whole := range []string{"system.functions", "system.one", "system.numbers"} {
		rules.Tables[whole] = query.Table{}
	}
	for name, columns := range shownOfSystem() {
		if !rules.Scoped {
			columns = nil
		}
		rules.Tables[name] = query.Table{Only: columns}
	}
	return rules, nil
}

// shownOfSystem are the columns of ClickHouse's own tables that a provider or unit may
// read; the others count rows and bytes of all, or name folders.
func shownOfSystem() map[string][]string {
	return map[string][]string{
		"system.columns": {
			"database", "table", "name", "type", "position", "default_kind", "default_expression", "comment",
			"is_in_partition_key", "is_in_sorting_key", "is_in_primary_key", "is_in_sampling_key",
		},
		"system.databases": {"name", "engine", "comment"},
		"system.tables":    {"database", "name", "table", "engine", "comment", "primary_key", "sorting_key", "partition_key"},
	}
}
