package store

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

//go:embed slices.yaml
var slicesText []byte

// Reading is how one table or view may be read by a party through the query door.
type Reading struct {
	// Named says that a statement may name it.
	Named bool
	// Filter is the condition on its rows, SQL; empty for all of them. It holds also
	// where the table may not be named.
	Filter string
	// Barrier says that Filter stands above a view.
	Barrier bool
	// Hidden are columns that the party may not read.
	Hidden []string
}

// sliceRule is one entry of slices.yaml.
type sliceRule struct {
	Provider string   `yaml:"provider"`
	Unit     string   `yaml:"unit"`
	Hidden   []string `yaml:"hidden"`
}

// Words of slices.yaml that are no conditions.
const (
	sliceAll     = "all"
	sliceBeneath = "beneath"
	nothing      = "0" // the condition that no row fulfils
)

func sliceRules() (map[string]sliceRule, error) {
	var rules map[string]sliceRule
	d := yaml.NewDecoder(bytes.NewReader(slicesText))
	d.KnownFields(true)
	if err := d.Decode(&rules); err != nil {
		return nil, fmt.Errorf("read slices.yaml: %w", err)
	}
	return rules, nil
}

// Readings says how each table and view of the database may be read by whom a slice is
// for; the empty slice reads everything. A table that slices.yaml does not know is closed
// to all but the office.
func (s *Store) Readings(ctx context.Context, of Slice) (map[string]Reading, error) {
	rules, err := sliceRules()
	if err != nil {
		return nil, err
	}
	held := holding{unit: of.Unit}
	if of.Unit != "" {
		if held, err = s.holding(ctx, of.Unit); err != nil {
			return nil, err
		}
	}
	out := map[string]Reading{}
	err = s.Each(ctx, query("tables"), nil, func(scan func(...any) error) error {
		var table string
		err := scan(&table)
		out[table] = s.reading(table, rules[table], of, held)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list tables: %w", err)
	}
	return out, nil
}

func (s *Store) reading(table string, rule sliceRule, of Slice, held holding) Reading {
	condition := rule.Unit
	switch {
	case of == Slice{}:
		return Reading{Named: true}
	case of.Provider != "":
		condition = rule.Provider
	}
	switch condition {
	case "":
		return Reading{Filter: nothing}
	case sliceBeneath:
		return Reading{}
	case sliceAll:
		return Reading{Named: true, Hidden: rule.Hidden}
	}
	return Reading{Named: true, Filter: s.condition(condition, of, held), Hidden: rule.Hidden, Barrier: of.Unit != "" && isView(table)}
}

// isView says whether a name of slices.yaml is that of a view over the inventory.
func isView(table string) bool {
	return slices.Contains([]string{"allocations", "exemptions", "flavors", "information_systems", "log_requirements", "platforms", "providers", "units", "volume_allocations"}, table)
}

// condition puts the party into a condition of slices.yaml.
func (s *Store) condition(text string, of Slice, held holding) string {
	text = regexp.MustCompile(`\$held\((\w+)\)`).ReplaceAllStringFunc(text, func(match string) string {
		return held.during(strings.TrimSuffix(strings.TrimPrefix(match, "$held("), ")"))
	})
	// One pass, so that nothing within a value is taken for a placeholder.
	return strings.NewReplacer(
		"$providers", list(held.providers), "$platforms", list(held.platforms), "$flavors", list(held.flavors),
		"$systems", list(held.systems), "$names", list(held.names), "$volumes", list(held.volumes), "$hosts", held.list(),
		"$provider", quoted(of.Provider), "$unit", quoted(of.Unit), "$db", quoteName(s.database),
	).Replace(text)
}

// holding is what a unit holds, and when it held it.
type holding struct {
	unit                                                   string
	systems, names, volumes, providers, platforms, flavors []string
	always                                                 []uint64 // hosts that never were another's
	sometimes                                              []interval
}

// interval is a time in which a host was the unit's, [from, to) in seconds since 1970.
type interval struct {
	host     uint64
	from, to int64
}

// holding reads what a unit holds.
func (s *Store) holding(ctx context.Context, unit string) (holding, error) {
	h := holding{unit: unit}
	// A parameter is read as a field of TabSeparated.
	values := map[string]any{"unit": strings.NewReplacer(`\`, `\\`, "\t", `\t`, "\n", `\n`).Replace(unit)}
	err := s.Each(ctx, query("slice_systems"), values, func(scan func(...any) error) error {
		var id string
		err := scan(&id)
		h.systems = append(h.systems, id)
		return err
	})
	if err != nil {
		return h, fmt.Errorf("read systems of unit %q: %w", unit, err)
	}
	err = s.Each(ctx, query("slice_volumes"), values, func(scan func(...any) error) error {
		var id string
		err := scan(&id)
		h.volumes = append(h.volumes, id)
		return err
	})
	if err != nil {
		return h, fmt.Errorf("read disks of unit %q: %w", unit, err)
	}
	var mine []interval
	foreign := map[uint64]bool{}
	err = s.Each(ctx, query("slice_hosts"), values, func(scan func(...any) error) error {
		var i interval
		var name, provider, platform, flavor string
		var own uint8
		if err := scan(&i.host, &name, &provider, &platform, &flavor, &own, &i.from, &i.to); err != nil {
			return err
		}
		if own == 0 {
			foreign[i.host] = true
			return nil
		}
		mine = append(mine, i)
		h.names, h.providers = append(h.names, name), append(h.providers, provider)
		h.platforms, h.flavors = append(h.platforms, platform), append(h.flavors, flavor)
		return nil
	})
	if err != nil {
		return h, fmt.Errorf("read hosts of unit %q: %w", unit, err)
	}
	for _, i := range mine {
		last := len(h.sometimes) - 1
		switch {
		case !foreign[i.host]:
			h.always = append(h.always, i.host)
		case last >= 0 && h.sometimes[last].host == i.host && h.sometimes[last].to == i.from:
			h.sometimes[last].to = i.to // another size of the same holding
		default:
			h.sometimes = append(h.sometimes, i)
		}
	}
	h.always = slices.Compact(h.always) // they come by host
	for _, names := range []*[]string{&h.names, &h.providers, &h.platforms, &h.flavors} {
		slices.Sort(*names)
		*names = slices.Compact(*names)
	}
	return h, nil
}

// during is the condition that a row is of a host, and of a time, that is the unit's. A
// host that was only ever the unit's counts for all times. Of a host that was another's
// too, the first time is looked up by host, which costs the same for many hosts; further
// ones, of a host that came back, are written out.
func (h holding) during(column string) string {
	condition := "host IN " + h.list()
	if len(h.sometimes) == 0 {
		return condition
	}
	at := "toInt64(toUnixTimestamp(" + column + "))"
	var hosts, begins, ends, further []string
	for n, i := range h.sometimes {
		if n > 0 && h.sometimes[n-1].host == i.host {
			further = append(further, fmt.Sprintf("host = %d AND %s >= %d AND %s < %d", i.host, at, i.from, at, i.to))
			continue
		}
		hosts = append(hosts, strconv.FormatUint(i.host, 10))
		begins, ends = append(begins, strconv.FormatInt(i.from, 10)), append(ends, strconv.FormatInt(i.to, 10))
	}
	bound := func(values []string, otherwise int64) string {
		return fmt.Sprintf("transform(host, CAST([%s], 'Array(UInt64)'), CAST([%s], 'Array(Int64)'), toInt64(%d))", strings.Join(hosts, ", "), strings.Join(values, ", "), otherwise)
	}
	condition += " AND " + at + " >= " + bound(begins, math.MinInt64+1) + " AND " + at + " < " + bound(ends, math.MaxInt64)
	if len(further) > 0 {
		condition += " OR " + strings.Join(further, " OR ")
	}
	return condition
}

// list are all hosts that are or were the unit's.
func (h holding) list() string {
	all := slices.Clone(h.always)
	for _, i := range h.sometimes {
		all = append(all, i.host)
	}
	slices.Sort(all)
	return numbers(slices.Compact(all))
}

// numbers writes numbers as the right side of IN.
func numbers(values []uint64) string {
	if len(values) == 0 {
		return "(SELECT toUInt64(0) WHERE 0)" // a list may not be empty
	}
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = strconv.FormatUint(v, 10)
	}
	return "(" + strings.Join(out, ", ") + ")"
}

// list writes texts as the right side of IN.
func list(values []string) string {
	if len(values) == 0 {
		return "(SELECT '' WHERE 0)"
	}
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = quoted(v)
	}
	return "(" + strings.Join(out, ", ") + ")"
}

// quoted writes a text as SQL.
func quoted(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
}

// SlicedTables are the tables and views of slices.yaml, sorted.
func (s *Store) SlicedTables() ([]string, error) {
	rules, err := sliceRules()
	return slices.Sorted(maps.Keys(rules)), err
}
