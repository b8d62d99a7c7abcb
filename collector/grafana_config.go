package collector

import (
	"errors"
	"fmt"
	"time"

	"github.com/yunjian-io/yunjian/collector/query"
)

// GrafanaConfig is the door through which Grafana asks the embedded engine.
type GrafanaConfig struct {
	// QueryListen is the address of the door, such as 127.0.0.1:9921; empty keeps it
	// closed. It speaks ClickHouse's HTTP protocol and only reads. Users are office,
	// provider/ID and unit/CODE; their passwords are tokens under api.secret_file, made
	// with `yunjian-collector token --role … --read-only`. Certificate and allow_plain_http
	// are those of the main door.
	QueryListen string `yaml:"query_listen"`
	// QueryLimits bound each user.
	QueryLimits struct {
		// MaxTime is the longest that a question runs. Default: 30s
		MaxTime time.Duration `yaml:"max_time"`
		// MaxResultRows is the most rows of an answer. Default: 200000
		MaxResultRows uint64 `yaml:"max_result_rows"`
		// MaxResultBytes is the most bytes of an answer. Default: 32 MiB
		MaxResultBytes uint64 `yaml:"max_result_bytes"`
		// MaxMemoryBytes is the most memory of the engine for a question. Default: 1 GiB
		MaxMemoryBytes uint64 `yaml:"max_memory_bytes"`
		// PerMinute is how many questions of one user are taken in a minute. Default: 3000
		PerMinute int `yaml:"per_minute"`
		// Burst is how many of them may come at once. Default: 300
		Burst int `yaml:"burst"`
		// AtOnce is how many of them run at once; the others wait. Default: 4
		AtOnce int `yaml:"at_once"`
	} `yaml:"query_limits"`
}

// validate checks what concerns the door alone; the whole configuration says the rest.
func (g GrafanaConfig) validate(c *Config) error {
	if g.QueryListen == "" {
		return nil
	}
	if err := c.safeAddress("grafana.query_listen", g.QueryListen); err != nil {
		return err
	}
	if c.API.SecretFile == "" {
		return errors.New("configuration: grafana.query_listen needs api.secret_file, under which the passwords of its users are signed: make one with `yunjian-collector token secret`")
	}
	if c.ClickHouse.DSN != "" {
		return errors.New("configuration: grafana.query_listen is for the embedded engine; with clickhouse.dsn let Grafana ask the server itself, as the user of deploy/clickhouse/grafana.sql")
	}
	l := g.QueryLimits
	if l.MaxTime < 0 || l.PerMinute < 0 || l.Burst < 0 || l.AtOnce < 0 {
		return fmt.Errorf("configuration: grafana.query_limits: a limit is negative; leave it out for its default")
	}
	return nil
}

// limits are the configured ones; the door replaces those that are missing.
func (g GrafanaConfig) limits() query.Limits {
	l := g.QueryLimits
	return query.Limits{
		Time: l.MaxTime, ResultRows: l.MaxResultRows, ResultBytes: l.MaxResultBytes, MemoryBytes: l.MaxMemoryBytes,
		PerMinute: l.PerMinute, Burst: l.Burst, AtOnce: l.AtOnce,
	}
}
