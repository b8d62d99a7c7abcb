package store

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

//go:embed migrations/*.sql
var migrations embed.FS

//go:embed queries/*.sql
var queries embed.FS

// Options say where ClickHouse is.
type Options struct {
	// DSN of a ClickHouse server, such as http://user@host:8123/yunjian or
	// https://…; empty for the embedded engine, which Dial reaches.
	DSN string
	// Password for the DSN, read from a file by the caller; empty keeps the DSN's.
	Password string
	// Database, when the DSN names none; default "yunjian".
	Database string
	// Dial connects to the embedded engine.
	Dial func(ctx context.Context, addr string) (net.Conn, error)
	// Connections is the most that are open at once; default 8.
	Connections int
	// PartSlots is the most host slots of five minutes that one question about series
	// reads, which bounds the memory of engine and caller; default 524,288.
	PartSlots int
}

// Store is an open database. It is safe for concurrent use.
type Store struct {
	conn      driver.Conn
	database  string
	partSlots int
}

// Zone is the zone of every time column and of every calendar day (Asia/Shanghai).
func Zone() *time.Location {
	return time.FixedZone("Asia/Shanghai", 8*3600) // no daylight saving since 1991
}

// Open connects, creates the database if it is missing and does not migrate.
func Open(ctx context.Context, o Options) (*Store, error) {
	options := &clickhouse.Options{Protocol: clickhouse.HTTP, Addr: []string{"engine:8123"}, DialContext: o.Dial}
	if o.DSN != "" {
		parsed, err := clickhouse.ParseDSN(o.DSN)
		if err != nil {
			return nil, fmt.Errorf("read DSN: %w", err)
		}
		if parsed.Protocol != clickhouse.HTTP {
			return nil, errors.New("read DSN: give the HTTP port of ClickHouse (http://host:8123/database or https://host:8443/database)")
		}
		options = parsed
		if options.Settings == nil {
			options.Settings = clickhouse.Settings{}
		}
		// On a cluster: subqueries see all shards, and an insert is answered only when the shards have it.
		options.Settings["distributed_product_mode"] = "global"
		options.Settings["distributed_foreground_insert"] = 1
	}
	if o.Password != "" {
		options.Auth.Password = o.Password
	}
	database := first(options.Auth.Database, o.Database, "yunjian")
	options.Auth.Database = "default"
	options.MaxOpenConns = max(o.Connections, 8)
	options.MaxIdleConns = options.MaxOpenConns
	options.ConnMaxLifetime = time.Hour
	options.DialTimeout = 10 * time.Second
	options.ReadTimeout = 10 * time.Minute
	if options.Compression == nil { // the engine's socket needs none; a DSN may ask for it
		options.Compression = &clickhouse.Compression{Method: clickhouse.CompressionNone}
	}
	if err := createDatabase(ctx, options, database); err != nil {
		return nil, err
	}
	options.Auth.Database = database
	conn, err := clickhouse.Open(options)
	if err != nil {
		return nil, fmt.Errorf("open ClickHouse: %w", err)
	}
	if o.PartSlots <= 0 {
		o.PartSlots = partSlots
	}
	return &Store{conn: conn, database: database, partSlots: o.PartSlots}, nil
}

func createDatabase(ctx context.Context, options *clickhouse.Options, database string) error {
	conn, err := clickhouse.Open(options)
	if err != nil {
		return fmt.Errorf("open ClickHouse: %w", err)
	}
	if err := conn.Exec(ctx, "CREATE DATABASE IF NOT EXISTS "+quoteName(database)); err != nil {
		return errors.Join(fmt.Errorf("create database %q: %w", database, err), conn.Close())
	}
	return conn.Close()
}

func first(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

func quoteName(name string) string {
	return "`" + strings.NewReplacer("\\", "\\\\", "`", "\\`").Replace(name) + "`"
}

// Name is the name of the database.
func (s *Store) Name() string { return s.database }

// Close gives the connections back.
func (s *Store) Close() error { return s.conn.Close() }

// Ping asks ClickHouse for a sign of life.
func (s *Store) Ping(ctx context.Context) error { return s.conn.Ping(ctx) }

// query returns the text of queries/NAME.sql.
func query(name string) string {
	text, err := queries.ReadFile("queries/" + name + ".sql")
	if err != nil {
		panic(err) // a name that is not embedded is a mistake in this package
	}
	return string(text)
}

// parameters binds {name:Type} placeholders of one query.
func parameters(ctx context.Context, values map[string]string) context.Context {
	return clickhouse.Context(ctx, clickhouse.WithParameters(clickhouse.Parameters(values)))
}

// seconds prints a time as a parameter of type DateTime.
func seconds(t time.Time) string { return fmt.Sprint(t.Unix()) }
