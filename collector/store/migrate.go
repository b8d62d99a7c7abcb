package store

import (
	"context"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
)

// Migration is one forward step of the schema.
type Migration struct {
	Number     int
	Name       string
	Statements []string
}

// Migrations returns the embedded steps in order.
func Migrations() ([]Migration, error) { return readMigrations(migrations) }

func readMigrations(fsys fs.FS) ([]Migration, error) {
	names, err := fs.Glob(fsys, "migrations/*.sql") // sorted
	if err != nil {
		return nil, fmt.Errorf("list migrations: %w", err)
	}
	var out []Migration
	for i, name := range names {
		text, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, fmt.Errorf("read migration: %w", err)
		}
		base := strings.TrimSuffix(strings.TrimPrefix(name, "migrations/"), ".sql")
		digits, rest, _ := strings.Cut(base, "_")
		number, err := strconv.Atoi(digits)
		if err != nil || number != i+1 || len(digits) != 4 {
			return nil, fmt.Errorf("migration %q: want the number %04d", name, i+1)
		}
		out = append(out, Migration{number, rest, splitStatements(string(text))})
	}
	return out, nil
}

// splitStatements cuts at semicolons that end a line; our files hold no other.
func splitStatements(text string) []string {
	var out []string
	for part := range strings.SplitSeq(text, ";\n") {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
	}
	return out
}

// record is the statement that marks the step as applied.
func (m Migration) record() string {
	return fmt.Sprintf("INSERT INTO schema_migrations (number, name) VALUES (%d, '%s')", m.Number, m.Name)
}

// schemaLedger creates the table of applied steps.
const schemaLedger = `CREATE TABLE IF NOT EXISTS schema_migrations (
    number UInt32 COMMENT 'Number of the step.',
    name String COMMENT 'Name of the step.',
    applied_at DateTime('Asia/Shanghai') DEFAULT now() COMMENT 'When it was applied.'
) ENGINE = MergeTree ORDER BY number
SETTINGS non_replicated_deduplication_window = 0, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'Steps of the schema that this database has.'`

// Migrate applies the steps that the database lacks. It only goes forward: a
// database newer than this program is an error. CREATE statements are written
// with IF NOT EXISTS on the way, so that a step cut off by a crash can be
// repeated; any other statement of a step must bear repetition too.
func (s *Store) Migrate(ctx context.Context) (applied []string, err error) {
	steps, err := Migrations()
	if err != nil {
		return nil, err
	}
	if err := s.conn.Exec(ctx, schemaLedger); err != nil {
		return nil, fmt.Errorf("create schema_migrations: %w", err)
	}
	var have uint32
	if err := s.conn.QueryRow(ctx, "SELECT max(number) FROM schema_migrations").Scan(&have); err != nil {
		return nil, fmt.Errorf("read schema_migrations: %w", err)
	}
	if int(have) > len(steps) {
		return nil, fmt.Errorf("the database has schema step %d and this program knows %d: use the newer program", have, len(steps))
	}
	for _, step := range steps[have:] {
		for i, statement := range step.Statements {
			if err := s.conn.Exec(ctx, repeatable(statement)); err != nil {
				return applied, fmt.Errorf("migration %04d_%s, statement %d: %w", step.Number, step.Name, i+1, err)
			}
		}
		if err := s.conn.Exec(ctx, step.record()); err != nil {
			return applied, fmt.Errorf("record migration %04d: %w", step.Number, err)
		}
		applied = append(applied, step.Name)
	}
	return applied, nil
}

// repeatable turns CREATE into CREATE IF NOT EXISTS; a leading comment stays in front.
func repeatable(statement string) string {
	for _, kind := range []string{"TABLE", "VIEW"} {
		statement = strings.Replace(statement, "\nCREATE "+kind+" ", "\nCREATE "+kind+" IF NOT EXISTS ", 1)
		if rest, ok := strings.CutPrefix(statement, "CREATE "+kind+" "); ok {
			statement = "CREATE " + kind + " IF NOT EXISTS " + rest
		}
	}
	return statement
}

// Retention is how long each table keeps its rows.
type Retention struct {
	RawDays    int // after receipt; usage, usage_device, samples, quarantine
	FiveMinute int // months of usage_5m
	// Days overrides RawDays for single tables, such as {"samples": 14}.
	Days map[string]int
}

// rawTables are the tables whose rows are kept for days after their receipt.
func rawTables() []string { return []string{"usage", "usage_device", "samples", "quarantine"} }

// DefaultRetention keeps raw rows 35 days after receipt and five-minute values
// 25 months: two full years for year-on-year figures, and the month being judged.
func DefaultRetention() Retention { return Retention{RawDays: 35, FiveMinute: 25} }

// SetRetention makes the tables keep what r says; tables that do so already are
// left alone. A shorter time takes effect with later merges.
func (s *Store) SetRetention(ctx context.Context, r Retention) error {
	if r.RawDays < 1 || r.FiveMinute < 1 {
		return fmt.Errorf("retention of %d days and %d months: both must be at least 1", r.RawDays, r.FiveMinute)
	}
	want := map[string]string{"usage_5m": fmt.Sprintf("bucket + toIntervalMonth(%d)", r.FiveMinute)}
	for _, table := range rawTables() {
		want[table] = fmt.Sprintf("received_at + toIntervalDay(%d)", r.RawDays)
	}
	for table, days := range r.Days {
		if !slices.Contains(rawTables(), table) || days < 1 {
			return fmt.Errorf("retention of table %q for %d days: want at least 1 day and one of %s", table, days, strings.Join(rawTables(), ", "))
		}
		want[table] = fmt.Sprintf("received_at + toIntervalDay(%d)", days)
	}
	for table, ttl := range want {
		target, create, err := s.storage(ctx, table)
		if err != nil {
			return err
		}
		if strings.Contains(create, "TTL "+ttl) {
			continue
		}
		if err := s.conn.Exec(ctx, "ALTER TABLE "+target+" MODIFY TTL "+ttl+" SETTINGS materialize_ttl_after_modify = 0"); err != nil {
			return fmt.Errorf("set retention of %s: %w", table, err)
		}
	}
	return nil
}

// storage returns what an ALTER of a table must name, and how the table that
// holds the rows was created. On a cluster that is the local table, everywhere.
func (s *Store) storage(ctx context.Context, table string) (target, create string, err error) {
	const definition = "SELECT engine, create_table_query FROM system.tables WHERE database = currentDatabase() AND name = '%s'"
	var kind string
	if err := s.conn.QueryRow(ctx, fmt.Sprintf(definition, table)).Scan(&kind, &create); err != nil {
		return "", "", fmt.Errorf("read definition of %s: %w", table, err)
	}
	if kind != "Distributed" {
		return table, create, nil
	}
	if err := s.conn.QueryRow(ctx, fmt.Sprintf(definition, table+"_local")).Scan(&kind, &create); err != nil {
		return "", "", fmt.Errorf("read definition of %s_local: %w", table, err)
	}
	return table + "_local ON CLUSTER '{cluster}'", create, nil
}
