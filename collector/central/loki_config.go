package central

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/yunjian-io/yunjian/rules/retention"
)

// lokiLimits are the settings of a tenant that matter.
type lokiLimits struct {
	Retention *string    `yaml:"retention_period"`
	Streams   []lokiRule `yaml:"retention_stream"`
}

// lokiRule is a period for some streams.
type lokiRule struct {
	Selector string `yaml:"selector"`
	Priority int    `yaml:"priority"`
	Period   string `yaml:"period"`
}

// lokiConfig is what /config tells.
type lokiConfig struct {
	Limits    *lokiLimits `yaml:"limits_config"`
	Compactor struct {
		Retention bool `yaml:"retention_enabled"`
	} `yaml:"compactor"`
	Tables struct {
		Deletes bool   `yaml:"retention_deletes_enabled"`
		Period  string `yaml:"retention_period"`
	} `yaml:"table_manager"`
	Runtime struct {
		File any `yaml:"file"`
	} `yaml:"runtime_config"`
}

// overridden reports whether limits of single tenants may differ.
func (c lokiConfig) overridden() bool {
	switch file := c.Runtime.File.(type) {
	case nil:
		return false
	case string:
		return file != ""
	case []any:
		return len(file) > 0
	}
	return true
}

// removes reads the running configuration. What the object store behind Loki deletes by
// its own rules is not told there.
func (l *loki) removes(ctx context.Context, class Class, _ span) (removal, error) {
	answer, err := l.do(ctx, request{method: http.MethodGet, path: []string{"config"}, what: "/config"})
	if err != nil {
		return removal{}, err
	}
	c, err := parseLokiConfig(answer)
	if err != nil {
		return removal{}, err
	}
	limits := *c.Limits
	if c.overridden() {
		answer, err := l.do(ctx, request{method: http.MethodGet, path: []string{"runtime_config"}, what: "/runtime_config"})
		if err != nil {
			return removal{}, err
		}
		if limits, err = parseOverrides(answer, cmp.Or(l.store.Tenant, "fake"), limits); err != nil {
			return removal{}, err
		}
	}
	selector, err := parseSelector(class.Selector)
	if err != nil {
		return removal{}, err
	}
	p, err := c.policy(limits, selector)
	return removal{policy: p, hint: "rules of the object store behind Loki are not seen"}, err
}

// parseLokiConfig reads /config.
func parseLokiConfig(text []byte) (c lokiConfig, err error) {
	if err := yaml.Unmarshal(text, &c); err != nil {
		return c, errors.New("read /config: it is no YAML")
	}
	if c.Limits == nil {
		return c, errors.New("read /config: it has no limits_config")
	}
	return c, nil
}

// parseOverrides reads /runtime_config, in which the limits of a tenant replace those of
// all. A store without tenants calls its only one fake.
func parseOverrides(text []byte, tenant string, limits lokiLimits) (lokiLimits, error) {
	var told struct {
		Overrides map[string]lokiLimits `yaml:"overrides"`
	}
	if err := yaml.Unmarshal(text, &told); err != nil {
		return limits, errors.New("read /runtime_config: it is no YAML")
	}
	own := told.Overrides[tenant]
	if own.Retention != nil {
		limits.Retention = own.Retention
	}
	if own.Streams != nil {
		limits.Streams = own.Streams
	}
	return limits, nil
}

// policy is what the configuration removes of the streams of a selector. Without the
// compactor's retention or the table manager's nothing is removed. A rule for streams
// counts unless it surely speaks of others, and hides those of lower priority only if it
// surely speaks of all.
func (c lokiConfig) policy(limits lokiLimits, s selector) (retention.Policy, error) {
	var found []retention.Policy
	if c.Tables.Deletes {
		p, err := lokiPeriod(c.Tables.Period, "retention_period")
		if err != nil {
			return nil, err
		}
		found = append(found, p)
	}
	if !c.Compactor.Retention {
		return shortest(append(found, retention.Never{})), nil
	}
	rules := slices.Clone(limits.Streams)
	slices.SortStableFunc(rules, func(a, b lokiRule) int { return cmp.Compare(b.Priority, a.Priority) })
	covered, least := false, 0
	for _, r := range rules {
		if covered && r.Priority < least {
			break
		}
		rule, err := parseSelector(r.Selector)
		if err != nil {
			return nil, fmt.Errorf("read retention_stream: selector %q: %w", shorten(r.Selector, nil), err)
		}
		if rule.apart(s) {
			continue
		}
		p, err := lokiPeriod(r.Period, "retention_stream.period")
		if err != nil {
			return nil, err
		}
		found = append(found, p)
		covered, least = covered || rule.holds(s), r.Priority
	}
	if covered {
		return shortest(found), nil
	}
	if limits.Retention == nil {
		return nil, errors.New("read /config: retention is enabled without a retention_period")
	}
	p, err := lokiPeriod(*limits.Retention, "retention_period")
	if err != nil {
		return nil, err
	}
	return shortest(append(found, p)), nil
}

// lokiPeriod reads a period; 0 removes nothing.
func lokiPeriod(text, setting string) (retention.Policy, error) {
	days, err := parseLokiDuration(text)
	switch {
	case err != nil:
		return nil, fmt.Errorf("read %s: %w", setting, err)
	case days == 0:
		return retention.Never{}, nil
	}
	return age(days, 0, setting), nil
}

// apart reports whether two selectors surely have no stream in common.
func (s selector) apart(o selector) bool {
	for _, m := range s.matchers {
		for _, n := range o.matchers {
			if m.label != n.label {
				continue
			}
			same := m.value == n.value
			if m.op == "=" && n.op == "=" && !same || same && (m.op == "=" && n.op == "!=" || m.op == "!=" && n.op == "=") {
				return true
			}
		}
	}
	return false
}

// holds reports whether all streams of o surely match s.
func (s selector) holds(o selector) bool {
	for _, m := range s.matchers {
		if !slices.Contains(o.matchers, m) {
			return false
		}
	}
	return true
}
