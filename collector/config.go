package collector

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/yunjian-io/yunjian/collector/central"
	"github.com/yunjian-io/yunjian/collector/ingest"
	"github.com/yunjian-io/yunjian/collector/store"
	"github.com/yunjian-io/yunjian/rules/retention"
)

// Config is the configuration file of the collector. Every field may be left
// out; an unknown one is an error.
type Config struct {
	// DataDir holds the embedded engine's data. Default: ./var
	DataDir string `yaml:"data_dir"`
	// Listen is the address of the door for agents and gateways. Default: 127.0.0.1:9920
	Listen string `yaml:"listen"`
	// TLS certificate and key in PEM files; they are read again when they change.
	TLS struct {
		CertFile string `yaml:"cert_file"`
		KeyFile  string `yaml:"key_file"`
	} `yaml:"tls"`
	// AllowPlainHTTP lets the door listen without TLS on an address that is not
	// loopback, for a proxy in front that ends TLS. Default: false
	AllowPlainHTTP bool `yaml:"allow_plain_http"`
	// Providers may send data; the secret signs their tokens (at least 32 bytes).
	Providers []ProviderConfig `yaml:"providers"`
	// API is the door for people's programs: proposals over HTTP. Without a secret_file it is closed.
	API struct {
		// SecretFile holds at least 32 random bytes, which sign the tokens of office, providers
		// and units; `yunjian-collector token secret` makes one.
		SecretFile string `yaml:"secret_file"`
	} `yaml:"api"`
	// ClickHouse is a server; without a dsn the embedded engine is used.
	ClickHouse struct {
		// DSN such as https://yunjian@clickhouse:8443/yunjian (the HTTP protocol)
		DSN string `yaml:"dsn"`
		// PasswordFile holds the password of the DSN's user.
		PasswordFile string `yaml:"password_file"`
	} `yaml:"clickhouse"`
	// Engine is the embedded ClickHouse.
	Engine struct {
		// Library is the path of libchdb.so. Default: what `make deps` fetched, or an installed one
		Library string `yaml:"library"`
		// MaxMemoryBytes bounds one question. Default: a third of the host's memory
		MaxMemoryBytes int64 `yaml:"max_memory_bytes"`
	} `yaml:"engine"`
	// Retention of the tables.
	Retention struct {
		// RawDays keeps raw rows so many days after receipt. Default: 35
		RawDays int `yaml:"raw_days"`
		// FiveMinuteMonths keeps five-minute values so many months. Default: 25
		FiveMinuteMonths int `yaml:"five_minute_months"`
		// TableDays overrides raw_days for single tables: usage, usage_device, samples, quarantine.
		TableDays map[string]int `yaml:"table_days"`
	} `yaml:"retention"`
	// RetentionPeriod is how long logs have to be kept (Art. 31): calendar months such as
	// P6M, or days such as 180d. Every verdict tells which was used. Default: P6M
	RetentionPeriod string `yaml:"retention_period"`
	// CentralStores are the central log stores that are asked what they hold. A store that
	// nobody asks proves nothing.
	CentralStores []central.Store `yaml:"central_stores"`
	// CentralProbeInterval is how often each of them is asked; an answer speaks for 36 h.
	// Default: 6h
	CentralProbeInterval time.Duration `yaml:"central_probe_interval"`
	// GroupCommit is how long rows of several requests are gathered before they are stored. Default: 1s
	GroupCommit time.Duration `yaml:"group_commit"`
	// FontsDir holds the TrueType fonts that letter the PDF and the charts of the DOCX:
	// uming.ttc and ukai.ttc, or others with Chinese. Default: those that the system has
	FontsDir string `yaml:"fonts_dir"`
	// RulesDir holds rule files that replace the built-in ones.
	RulesDir string `yaml:"rules_dir"`
	// Grafana may ask the embedded engine; see GrafanaConfig.
	Grafana GrafanaConfig `yaml:"grafana"`
	// Reports are closed, made and filed each month; see ReportsConfig.
	Reports ReportsConfig `yaml:"reports"`
	// LogLevel is debug, info, warn or error. Default: info
	LogLevel string `yaml:"log_level"`
}

// ProviderConfig is one cloud provider that may send data.
type ProviderConfig struct {
	// ID as in the inventory.
	ID string `yaml:"id"`
	// SecretFile holds at least 32 random bytes; `yunjian-collector token secret` makes one.
	SecretFile string `yaml:"secret_file"`
}

// LoadConfig reads a configuration file; an empty name gives the defaults.
// Relative paths in it are relative to the file.
func LoadConfig(name string) (Config, error) {
	var c Config
	if name != "" {
		text, err := os.ReadFile(name)
		if err != nil {
			return c, fmt.Errorf("read configuration: %w", err)
		}
		d := yaml.NewDecoder(bytes.NewReader(text))
		d.KnownFields(true)
		if err := d.Decode(&c); err != nil && !errors.Is(err, io.EOF) {
			return c, fmt.Errorf("read configuration %s: %w", name, err)
		}
		c.anchor(filepath.Dir(name))
	}
	c.defaults()
	return c, c.validate()
}

// anchor makes relative paths relative to the folder of the file.
func (c *Config) anchor(dir string) {
	paths := []*string{&c.DataDir, &c.TLS.CertFile, &c.TLS.KeyFile, &c.ClickHouse.PasswordFile, &c.Engine.Library, &c.RulesDir, &c.FontsDir, &c.API.SecretFile}
	for i := range c.Providers {
		paths = append(paths, &c.Providers[i].SecretFile)
	}
	for i := range c.CentralStores {
		paths = append(paths, c.CentralStores[i].Paths()...)
	}
	paths = append(paths, c.Reports.paths()...)
	for _, p := range paths {
		if *p != "" && !filepath.IsAbs(*p) {
			*p = filepath.Join(dir, *p)
		}
	}
}

func (c *Config) defaults() {
	r := store.DefaultRetention()
	c.DataDir = or(c.DataDir, "var")
	c.Listen = or(c.Listen, "127.0.0.1:9920")
	c.Retention.RawDays = or(c.Retention.RawDays, r.RawDays)
	c.Retention.FiveMinuteMonths = or(c.Retention.FiveMinuteMonths, r.FiveMinute)
	c.RetentionPeriod = or(c.RetentionPeriod, retention.Period{}.String())
	c.GroupCommit = or(c.GroupCommit, time.Second)
	c.LogLevel = or(c.LogLevel, "info")
	c.CentralProbeInterval = or(c.CentralProbeInterval, 6*time.Hour)
	c.Reports.defaults()
	for i := range c.CentralStores {
		c.CentralStores[i].Complete()
	}
}

func or[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}

func (c *Config) validate() error {
	if (c.TLS.CertFile == "") != (c.TLS.KeyFile == "") {
		return errors.New("configuration: tls needs both cert_file and key_file")
	}
	if err := c.safeAddress("listen", c.Listen); err != nil {
		return err
	}
	if err := c.Grafana.validate(c); err != nil {
		return err
	}
	if c.GroupCommit < 10*time.Millisecond || c.GroupCommit > 30*time.Second {
		return fmt.Errorf("configuration: group_commit %s: want 10ms to 30s", c.GroupCommit)
	}
	if c.CentralProbeInterval < 10*time.Minute || c.CentralProbeInterval > 24*time.Hour {
		return fmt.Errorf("configuration: central_probe_interval %s: want 10m to 24h", c.CentralProbeInterval)
	}
	if err := central.Validate(c.CentralStores); err != nil {
		return fmt.Errorf("configuration: %w", err)
	}
	if err := c.Reports.validate(Builders()); err != nil {
		return fmt.Errorf("configuration: reports: %w", err)
	}
	if _, err := c.LogRules(); err != nil {
		return fmt.Errorf("configuration: retention_period: %w", err)
	}
	seen := map[string]bool{}
	for _, p := range c.Providers {
		if p.ID == "" || p.SecretFile == "" || seen[p.ID] {
			return fmt.Errorf("configuration: provider %q needs an id of its own and a secret_file", p.ID)
		}
		seen[p.ID] = true
	}
	return nil
}

// safeAddress refuses an address that others reach without TLS.
func (c *Config) safeAddress(key, address string) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("configuration: %s %q: want address:port", key, address)
	}
	if ip := net.ParseIP(host); c.TLS.CertFile == "" && !c.AllowPlainHTTP && host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return fmt.Errorf("configuration: %s %q is not loopback and there is no certificate: set tls.cert_file and tls.key_file, or allow_plain_http behind a proxy that ends TLS", key, address)
	}
	return nil
}

// LogRules returns the settings by which logs are judged.
func (c *Config) LogRules() (LogRules, error) {
	period, err := retention.ParsePeriod(c.RetentionPeriod)
	return LogRules{Period: period}, err
}

// Secrets reads the secrets of the providers.
func (c *Config) Secrets() (ingest.Secrets, error) {
	secrets := ingest.Secrets{}
	for _, p := range c.Providers {
		secret, err := readSecret(p.SecretFile)
		if err != nil {
			return nil, fmt.Errorf("provider %q: %w", p.ID, err)
		}
		if len(secret) < ingest.MinSecretBytes {
			return nil, fmt.Errorf("provider %q: secret in %s has %d bytes; want at least %d: make one with `yunjian-collector token secret`", p.ID, p.SecretFile, len(secret), ingest.MinSecretBytes)
		}
		secrets[p.ID] = []byte(secret)
	}
	return secrets, nil
}

// APISecret reads the secret of the API; nil where none is configured.
func (c *Config) APISecret() ([]byte, error) {
	if c.API.SecretFile == "" {
		return nil, nil
	}
	secret, err := readSecret(c.API.SecretFile)
	if err != nil {
		return nil, fmt.Errorf("api: %w", err)
	}
	if len(secret) < ingest.MinSecretBytes {
		return nil, fmt.Errorf("api: secret in %s has %d bytes; want at least %d: make one with `yunjian-collector token secret`", c.API.SecretFile, len(secret), ingest.MinSecretBytes)
	}
	return []byte(secret), nil
}

func readSecret(name string) (string, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return "", fmt.Errorf("read secret: %w", err)
	}
	return strings.TrimSpace(string(text)), nil
}
