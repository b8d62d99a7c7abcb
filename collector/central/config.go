package central

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/yunjian-io/yunjian/rules/retention"
)

// Kind is the interface that a store speaks.
type Kind string

// The kinds of stores.
const (
	Elasticsearch Kind = "elasticsearch"
	OpenSearch    Kind = "opensearch"
	Loki          Kind = "loki"
	ClickHouse    Kind = "clickhouse"
)

// Alias is a kind of name of a host.
type Alias string

// The names under which a store may know a host.
const (
	AliasHostID    Alias = "host_id"    // the instance id of the platform
	AliasHostname  Alias = "hostname"   // as the agent reported it, with or without domain
	AliasMachineID Alias = "machine_id" // /etc/machine-id
	AliasInstance  Alias = "instance"   // the label of the inventory
	AliasIP        Alias = "ip"         // the address in that label
)

// Store is a central log store, an entry of central_stores in collector.yaml.
type Store struct {
	// Name as in the column central_store of the registry.
	Name string `yaml:"name"`
	// Kind is elasticsearch, opensearch, loki or clickhouse.
	Kind Kind `yaml:"kind"`
	// URL of the store, http or https, without credentials.
	URL string `yaml:"url"`
	// Provider whose hosts it holds, as in the inventory.
	Provider string `yaml:"provider"`
	// CAFile holds the certificates that may sign the store's, PEM. Default: those of the system
	CAFile string `yaml:"ca_file"`
	// Username and PasswordFile are for basic authentication.
	Username     string `yaml:"username"`
	PasswordFile string `yaml:"password_file"`
	// TokenFile holds a bearer token; it is read again for every request.
	TokenFile string `yaml:"token_file"`
	// Tenant is the X-Scope-OrgID of Loki.
	Tenant string `yaml:"tenant"`
	// Aliases are the kinds of names by which the store knows hosts, in order: host_id,
	// hostname, machine_id, instance, ip. Default: host_id, hostname, instance
	Aliases []Alias `yaml:"aliases"`
	// Immutable says that the site answers for records that cannot be deleted before
	// their time, by ImmutableReference: a contract, a bucket lock, a certificate.
	Immutable          bool   `yaml:"immutable"`
	ImmutableReference string `yaml:"immutable_reference"`
	// Timeout bounds one request. Default: 2m
	Timeout time.Duration `yaml:"timeout"`
	Classes []Class       `yaml:"classes"`
}

// Class is a class of log that a store holds, with where it is.
type Class struct {
	// Class and Stream are those of the registry; an empty stream is any.
	Class  retention.Class `yaml:"class"`
	Stream string          `yaml:"stream"`
	// Index is the index, pattern or data stream (elasticsearch, opensearch).
	Index string `yaml:"index"`
	// Selector is the log selector, with filters if need be (loki).
	Selector string `yaml:"selector"`
	// Table is table or database.table (clickhouse).
	Table string `yaml:"table"`
	// HostField is the field, label or column with the name of the host; a column may be
	// one key of a map, such as ResourceAttributes['host.name']. Default: host.name, host
	// for loki, hostname for clickhouse
	HostField string `yaml:"host_field"`
	// TimeField is the field or column with the time of the record. Default: @timestamp,
	// timestamp for clickhouse; loki has none
	TimeField string `yaml:"time_field"`
	// Query narrows by a query string (elasticsearch, opensearch).
	Query string `yaml:"query"`
	// Filter narrows to records whose fields or columns have these values (not loki).
	Filter map[string]string `yaml:"filter"`
	// QuietOK says that a host may be silent for days: only days on which it is known to
	// have written are missed. Sources of os-login are so by nature.
	QuietOK bool `yaml:"quiet_ok"`
}

// Quiet reports whether hosts may be silent for days.
func (c Class) Quiet() bool { return c.QuietOK || c.Class == retention.OSLogin }

// Complete fills in the defaults.
func (s *Store) Complete() {
	if s.Timeout == 0 {
		s.Timeout = 2 * time.Minute
	}
	if len(s.Aliases) == 0 {
		s.Aliases = []Alias{AliasHostID, AliasHostname, AliasInstance}
	}
	for i := range s.Classes {
		c := &s.Classes[i]
		host, at := "host.name", "@timestamp"
		switch s.Kind {
		case Loki:
			host, at = "host", ""
		case ClickHouse:
			host, at = "hostname", "timestamp"
		}
		if c.HostField == "" {
			c.HostField = host
		}
		if c.TimeField == "" {
			c.TimeField = at
		}
	}
}

// Paths returns the fields that name files, which the caller may anchor.
func (s *Store) Paths() []*string { return []*string{&s.CAFile, &s.PasswordFile, &s.TokenFile} }

// Validate reports what is wrong with completed stores, in words.
func Validate(stores []Store) error {
	seen := map[string]bool{}
	for _, s := range stores {
		if s.Name == "" {
			return errors.New("a central store has no name")
		}
		if seen[s.Name] {
			return fmt.Errorf("central store %q stands there twice", s.Name)
		}
		seen[s.Name] = true
		if err := s.validate(); err != nil {
			return fmt.Errorf("central store %q: %w", s.Name, err)
		}
	}
	return nil
}

func (s *Store) validate() error {
	if !slices.Contains([]Kind{Elasticsearch, OpenSearch, Loki, ClickHouse}, s.Kind) {
		return fmt.Errorf("kind %q: want elasticsearch, opensearch, loki or clickhouse", s.Kind)
	}
	u, err := url.Parse(s.URL)
	switch {
	case err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "":
		return errors.New("url: want an address such as https://store:9200")
	case u.User != nil:
		return errors.New("url holds credentials: use username with password_file, or token_file")
	case u.RawQuery != "" || u.Fragment != "":
		return errors.New("url: want an address without a query")
	case s.Provider == "":
		return errors.New("provider is missing: name the provider whose hosts it holds")
	case (s.Username == "") != (s.PasswordFile == ""):
		return errors.New("username and password_file belong together")
	case s.Username != "" && s.TokenFile != "":
		return errors.New("username and token_file: want one way to authenticate")
	case u.Scheme == "http" && s.CAFile != "":
		return errors.New("ca_file is for https, and the url is http")
	case s.Tenant != "" && s.Kind != Loki:
		return errors.New("tenant is for loki")
	case s.Immutable != (s.ImmutableReference != ""):
		return errors.New("immutable and immutable_reference belong together: say what proves it")
	case s.Timeout < time.Second || s.Timeout > time.Hour:
		return fmt.Errorf("timeout %s: want 1s to 1h", s.Timeout)
	case len(s.Classes) == 0:
		return errors.New("classes are missing: nothing would be asked")
	}
	for _, a := range s.Aliases {
		if !slices.Contains([]Alias{AliasHostID, AliasHostname, AliasMachineID, AliasInstance, AliasIP}, a) {
			return fmt.Errorf("alias %q: want host_id, hostname, machine_id, instance or ip", a)
		}
	}
	type log struct {
		class  retention.Class
		stream string
	}
	seen := map[log]bool{}
	for _, c := range s.Classes {
		if seen[log{c.Class, c.Stream}] {
			return fmt.Errorf("class %q with stream %q stands there twice", c.Class, c.Stream)
		}
		seen[log{c.Class, c.Stream}] = true
		if err := c.validate(s.Kind); err != nil {
			return fmt.Errorf("class %q: %w", c.Class, err)
		}
	}
	return nil
}

var (
	className = regexp.MustCompile(`^[a-z][a-z0-9-]{0,63}$`)
	labelName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	indexName = regexp.MustCompile(`^[^-\s/\\?#"|,][^\s/\\?#"|]*$`)
)

func (c *Class) validate(kind Kind) error {
	if !className.MatchString(string(c.Class)) {
		return errors.New("want the name of a class such as os-auth")
	}
	var err error
	switch kind {
	case Elasticsearch, OpenSearch:
		if !indexName.MatchString(c.Index) {
			err = fmt.Errorf("index %q: want an index, pattern or data stream such as logs-auth-*", c.Index)
		}
	case Loki:
		if !labelName.MatchString(c.HostField) {
			err = fmt.Errorf("host_field %q: want a label", c.HostField)
		} else if _, e := parseSelector(c.Selector); e != nil {
			err = fmt.Errorf("selector %q: %w", c.Selector, e)
		}
	case ClickHouse:
		err = c.validateTable()
	}
	if err != nil {
		return err
	}
	return c.foreign(kind)
}

// validateTable checks all that becomes part of a statement.
func (c *Class) validateTable() error {
	if _, err := parseTable(c.Table); err != nil {
		return fmt.Errorf("table %q: %w", c.Table, err)
	}
	for _, name := range append(slices.Sorted(maps.Keys(c.Filter)), c.HostField, c.TimeField) {
		if _, err := columnSQL(name); err != nil {
			return fmt.Errorf("column %q: %w", name, err)
		}
	}
	return nil
}

// foreign reports a setting that belongs to another kind of store and would be ignored.
func (c *Class) foreign(kind Kind) error {
	search := kind == Elasticsearch || kind == OpenSearch
	for _, f := range []struct {
		name     string
		set, may bool
	}{
		{"index", c.Index != "", search},
		{"query", c.Query != "", search},
		{"selector", c.Selector != "", kind == Loki},
		{"table", c.Table != "", kind == ClickHouse},
		{"time_field", c.TimeField != "", kind != Loki},
		{"filter", len(c.Filter) > 0, kind != Loki},
	} {
		if f.set && !f.may {
			return fmt.Errorf("%s is not for %s", f.name, kind)
		}
	}
	for name, value := range c.Filter {
		if name == "" || strings.TrimSpace(value) == "" {
			return errors.New("filter: want fields with values")
		}
	}
	return nil
}
