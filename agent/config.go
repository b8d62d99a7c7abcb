package agent

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/yunjian-io/yunjian/agent/logs"
	"github.com/yunjian-io/yunjian/internal/wire"
)

// Config is the agent's YAML file. Every key may be left out; an unknown one is
// an error. Durations are written like 5s or 5m, sizes like 256MiB.
type Config struct {
	// CollectorURL is where to report, such as https://collector.example:8443.
	// Empty: measure and serve /metrics only.
	CollectorURL string `yaml:"collector_url"`
	// MetricsOnly says that collector_url is another receiver of remote write, such
	// as Prometheus or VictoriaMetrics, which takes no identity documents.
	MetricsOnly bool `yaml:"metrics_only"`
	// TokenFile holds this host's token, as `yunjian-collector token` prints it.
	// It is read again when it changes. Empty: the systemd credential "token" if
	// there is one.
	TokenFile string `yaml:"token_file"`
	// CAFile holds the PEM certificates that sign the collector's. Empty: those
	// of the system.
	CAFile string `yaml:"ca_file"`
	// CertFile and KeyFile are a PEM client certificate, if the collector or a
	// proxy in front of it asks for one.
	CertFile string `yaml:"cert_file"`
	KeyFile  string `yaml:"key_file"`
	// AllowPlainHTTP lets an http:// collector_url name a host other than
	// loopback. Token and figures then travel in the clear.
	AllowPlainHTTP bool `yaml:"allow_plain_http"`
	// HostID overrides the id that the platform gave to this host. It must be the
	// host_id of the inventory.
	HostID string `yaml:"host_id"`
	// SpoolDir keeps what the collector has not yet acknowledged. Empty: the
	// systemd state folder, or /var/lib/yunjian-agent.
	SpoolDir string `yaml:"spool_dir"`
	// SpoolLimit bounds the room of the spool on disk, in blocks as allocated;
	// past it the oldest data go. 0: 256MiB.
	SpoolLimit Size `yaml:"spool_limit"`
	// LookInterval is how often CPU and memory are seen; it divides
	// report_interval. 0: 5s.
	LookInterval Duration `yaml:"look_interval"`
	// ReportInterval is the length of one measured interval; it divides 5m.
	// 0: 60s.
	ReportInterval Duration `yaml:"report_interval"`
	// Listen is the address of /metrics and /healthz. "off": none; empty:
	// 127.0.0.1:9911.
	Listen string `yaml:"listen"`
	// LogLevel is debug, info, warn or error. Empty: info.
	LogLevel string `yaml:"log_level"`
	// Logs is about the evidence that this host's logs are kept.
	Logs LogsConfig `yaml:"logs"`
	// HostRoot is where the trees of the host are mounted, if the agent runs in a
	// container: /proc, /sys, /etc, /run and /var are read below it.
	HostRoot string `yaml:"host_root"`
}

// LogsConfig says how the logs of the host are watched (Art. 31).
type LogsConfig struct {
	// Disabled turns it off: the host's logs are then reported as unknown.
	Disabled bool `yaml:"disabled"`
	// Interval is how often all sources are looked at. 0: 15m.
	Interval Duration `yaml:"interval"`
	// StateDir keeps the memory of what was attested. Empty: the folder logs in spool_dir.
	// Losing it means that deletions before it are not found out.
	StateDir string `yaml:"state_dir"`
	// ReadLimit is how much may be read in a second. 0: 4MiB.
	ReadLimit Size `yaml:"read_limit"`
	// CPUPercent is the part of one core that may be used. 0: 5.
	CPUPercent float64 `yaml:"cpu_percent"`
	// Sources are logs that are not found by themselves.
	Sources []logs.SiteSource `yaml:"sources"`
}

// Duration is a time.Duration that YAML writes like 5s.
type Duration time.Duration

// UnmarshalYAML reads text that time.ParseDuration understands.
func (d *Duration) UnmarshalYAML(n *yaml.Node) error {
	v, err := time.ParseDuration(n.Value)
	if err != nil {
		return fmt.Errorf("line %d: %q is not a duration such as 5s or 5m", n.Line, n.Value)
	}
	*d = Duration(v)
	return nil
}

// Size is a number of bytes that YAML writes like 256MiB.
type Size int64

// UnmarshalYAML reads a whole number with the unit KiB, MiB, GiB or none.
func (s *Size) UnmarshalYAML(n *yaml.Node) error {
	text, unit := n.Value, int64(1)
	for i, suffix := range []string{"KiB", "MiB", "GiB"} {
		if number, ok := strings.CutSuffix(text, suffix); ok {
			text, unit = strings.TrimSpace(number), 1<<(10*(i+1))
		}
	}
	v, err := strconv.ParseInt(text, 10, 32)
	if unit == 1 && err != nil {
		v, err = strconv.ParseInt(text, 10, 64)
	}
	if err != nil || v < 0 {
		return fmt.Errorf("line %d: %q is not a size such as 256MiB", n.Line, n.Value)
	}
	*s = Size(v * unit)
	return nil
}

// Defaults of Config.
const (
	DefaultConfigFile = "/etc/yunjian/agent.yaml"
	DefaultListen     = "127.0.0.1:9911"

	defaultSpoolDir   = "/var/lib/yunjian-agent"
	defaultSpoolLimit = 256 << 20
	minSpoolLimit     = 64 << 10
	defaultLook       = 5 * time.Second
	defaultReport     = time.Minute
	maxHostID         = 256

	defaultLogInterval = 15 * time.Minute
	defaultReadLimit   = 4 << 20
	defaultCPUPercent  = 5
	minReadLimit       = 64 << 10
)

// LoadConfig reads the file at path, strictly. A missing file at
// DefaultConfigFile is the zero Config.
func LoadConfig(path string) (Config, error) {
	var c Config
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) && path == DefaultConfigFile {
		return c, nil
	}
	if err != nil {
		return c, fmt.Errorf("read configuration: %w", err)
	}
	if err := parseConfig(path, data, &c); err != nil {
		return c, err
	}
	if err := c.resolved().validate(); err != nil {
		return c, fmt.Errorf("%s: %w", path, err)
	}
	return c, nil
}

func parseConfig(path string, data []byte, c *Config) error {
	d := yaml.NewDecoder(bytes.NewReader(data))
	d.KnownFields(true)
	if err := d.Decode(c); err != nil && !errors.Is(err, io.EOF) {
		return located(path, err)
	}
	if err := d.Decode(&struct{}{}); !errors.Is(err, io.EOF) {
		return fmt.Errorf("%s: more than one YAML document", path)
	}
	return nil
}

// located turns the parser's "line 3: …" into "file:3: …", one line a mistake.
func located(path string, err error) error {
	text := err.Error()
	if e, ok := errors.AsType[*yaml.TypeError](err); ok {
		text = strings.Join(e.Errors, "\n")
	}
	text = regexp.MustCompile(`field (\S+) not found in type \S+`).ReplaceAllString(text, "unknown key $1")
	text = regexp.MustCompile(`(?m)^(?:yaml: )?(?:line (\d+): )?`).ReplaceAllString(text, path+":$1: ")
	return errors.New(strings.ReplaceAll(text, path+":: ", path+": "))
}

// resolved returns the configuration with defaults in place of what is empty.
func (c Config) resolved() Config {
	set := func(to *string, value string) {
		if *to == "" {
			*to = value
		}
	}
	state, _, _ := strings.Cut(os.Getenv("STATE_DIRECTORY"), ":")
	set(&c.SpoolDir, state)
	set(&c.SpoolDir, defaultSpoolDir)
	set(&c.Listen, DefaultListen)
	set(&c.LogLevel, "info")
	if dir := os.Getenv("CREDENTIALS_DIRECTORY"); c.TokenFile == "" && dir != "" {
		if name := filepath.Join(dir, "token"); exists(name) {
			c.TokenFile = name
		}
	}
	set(&c.Logs.StateDir, stateFolder(c.SpoolDir))
	if c.Logs.Interval == 0 {
		c.Logs.Interval = Duration(defaultLogInterval)
	}
	if c.Logs.ReadLimit == 0 {
		c.Logs.ReadLimit = defaultReadLimit
	}
	if c.Logs.CPUPercent == 0 {
		c.Logs.CPUPercent = defaultCPUPercent
	}
	if c.SpoolLimit == 0 {
		c.SpoolLimit = defaultSpoolLimit
	}
	if c.LookInterval == 0 {
		c.LookInterval = Duration(defaultLook)
	}
	if c.ReportInterval == 0 {
		c.ReportInterval = Duration(defaultReport)
	}
	return c
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}

func (c Config) validate() error {
	look, report := time.Duration(c.LookInterval), time.Duration(c.ReportInterval)
	const longest = wire.MaxIntervalSeconds * time.Second
	switch {
	case report < time.Second || report > longest || report%time.Second != 0 || longest%report != 0:
		return fmt.Errorf("report_interval %s: want whole seconds that divide %s", report, longest)
	case look < time.Second || look > report || look%time.Second != 0 || report%look != 0:
		return fmt.Errorf("look_interval %s: want whole seconds that divide report_interval %s", look, report)
	case c.SpoolLimit < minSpoolLimit:
		return fmt.Errorf("spool_limit of %d bytes: want at least 64KiB", c.SpoolLimit)
	case len(c.HostID) > maxHostID || strings.ContainsFunc(c.HostID, func(r rune) bool { return r <= ' ' || r == 0x7f || r == '\uFFFD' }):
		return fmt.Errorf("host_id %.60q: want at most %d bytes without blanks", c.HostID, maxHostID)
	case time.Duration(c.Logs.Interval) < time.Second || time.Duration(c.Logs.Interval) > 24*time.Hour:
		return fmt.Errorf("logs.interval %s: want between 1s and 24h", time.Duration(c.Logs.Interval))
	case c.Logs.ReadLimit < minReadLimit:
		return fmt.Errorf("logs.read_limit of %d bytes: want at least 64KiB", c.Logs.ReadLimit)
	case c.Logs.CPUPercent < 0.1 || c.Logs.CPUPercent > 100:
		return fmt.Errorf("logs.cpu_percent %g: want between 0.1 and 100", c.Logs.CPUPercent)
	}
	for i, s := range c.Logs.Sources {
		if err := s.Validate(); err != nil {
			return fmt.Errorf("logs.sources[%d]: %w", i, err)
		}
	}
	_, err := c.level()
	return err
}
