package dashboards_test

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/go-cmp/cmp"

	"github.com/yunjian-io/yunjian/collector/store"
	"github.com/yunjian-io/yunjian/dashboards"
)

// answer is what a question returned.
type answer struct {
	names []string
	kinds []string // types of ClickHouse
	rows  [][]any
}

// asker asks as the plugin does: clickhouse-go over HTTP, one statement without parameters.
type asker struct{ conn driver.Conn }

// newAsker opens a connection to a migrated database of its own.
func newAsker(t *testing.T) (asker, *store.Store) {
	t.Helper()
	o := rig.Options(t)
	s, err := store.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	if _, err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	options := &clickhouse.Options{Protocol: clickhouse.HTTP, Addr: []string{"engine:8123"}, DialContext: o.Dial}
	if o.DSN != "" {
		if options, err = clickhouse.ParseDSN(o.DSN); err != nil {
			t.Fatal(err)
		}
	}
	if o.Database != "" {
		options.Auth.Database = o.Database
	}
	conn, err := clickhouse.Open(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return asker{conn}, s
}

func (a asker) ask(t *testing.T, sql string) (out answer, err error) {
	t.Helper()
	rows, err := a.conn.Query(t.Context(), sql)
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	types := rows.ColumnTypes()
	for _, c := range types {
		out.names, out.kinds = append(out.names, c.Name()), append(out.kinds, c.DatabaseTypeName())
	}
	for rows.Next() {
		into := make([]any, len(types))
		for i, c := range types {
			into[i] = newValue(c)
		}
		if err := rows.Scan(into...); err != nil {
			return out, err
		}
		out.rows = append(out.rows, into)
	}
	return out, rows.Err()
}

// view is a month up to the given time, with everything chosen.
func view(to time.Time) dashboards.View {
	return dashboards.View{From: to.AddDate(0, -1, 0), To: to, Interval: time.Hour}
}

// narrowed is the same with one value chosen of every variable.
func narrowed(v dashboards.View) dashboards.View {
	v.Chosen = map[string][]string{
		"provider": {"p", "o'brien"}, "unit": {"u"}, "system": {"s"}, "host": {"p/h"}, "log_source": {"text:/var/log/a"},
	}
	return v
}

var (
	word   = regexp.MustCompile(`^(Nullable|LowCardinality)\((.*)\)$`)
	number = regexp.MustCompile(`^(U?Int\d+|Float\d+|Decimal.*)$`)
	timely = regexp.MustCompile(`^DateTime`)
)

// plain is a type without Nullable and LowCardinality.
func plain(kind string) string {
	for word.MatchString(kind) {
		kind = word.FindStringSubmatch(kind)[2]
	}
	return kind
}

// checkAnswer says what is wrong with the columns of an answer for its panel.
func checkAnswer(p *boardPanel, a *answer) (problems []string) {
	numbers := 0
	for i, kind := range a.kinds {
		switch k := plain(kind); {
		case number.MatchString(k):
			numbers++
		case k == "String" || timely.MatchString(k):
		default:
			problems = append(problems, fmt.Sprintf("column %q is %s, which the plugin does not draw as number, text or time", a.names[i], kind))
		}
	}
	switch p.Type {
	case "stat":
		if len(a.names) != 1 || numbers != 1 || len(a.rows) > 1 {
			problems = append(problems, fmt.Sprintf("a stat has columns %v and %d rows; want one number", a.names, len(a.rows)))
		}
	case "timeseries", "heatmap":
		if a.names[0] != "time" || plain(a.kinds[0]) == "String" || numbers == 0 {
			problems = append(problems, fmt.Sprintf("a series has columns %v %v; want a time first, and numbers", a.names, a.kinds))
		}
		if p.Targets[0].Format != 0 {
			problems = append(problems, "a series that is not asked for in format 0")
		}
	case "barchart", "bargauge":
		if plain(a.kinds[0]) != "String" || numbers != len(a.names)-1 || numbers == 0 {
			problems = append(problems, fmt.Sprintf("bars have columns %v %v; want a text first, then numbers", a.names, a.kinds))
		}
	}
	if p.Type != "timeseries" && p.Type != "heatmap" {
		if p.Targets[0].Format != 1 {
			problems = append(problems, "a table that is not asked for in format 1")
		}
		for i, kind := range a.kinds {
			if timely.MatchString(plain(kind)) {
				problems = append(problems, fmt.Sprintf("column %q is a time: write it as text in the zone of the regulation", a.names[i]))
			}
		}
	}
	for _, o := range p.FieldConfig.Overrides {
		if !slices.Contains(a.names, o.Matcher.Options) {
			problems = append(problems, fmt.Sprintf("an override is for column %q; there are %v", o.Matcher.Options, a.names))
		}
	}
	return problems
}

// checkOrder says whether a series is ordered by time.
func checkOrder(a *answer) string {
	var last time.Time
	for _, row := range a.rows {
		at, ok := row[0].(*time.Time)
		if !ok {
			return fmt.Sprintf("the time is a %T", row[0])
		}
		if at.Before(last) {
			return fmt.Sprintf("%s comes after %s", at, last)
		}
		last = *at
	}
	return ""
}

// everyQuestion asks all panels, variables and alert rules and returns the answers by name.
func everyQuestion(t *testing.T, a asker, v dashboards.View) map[string]answer {
	t.Helper()
	out := map[string]answer{}
	for _, b := range boards(t) {
		for _, p := range b.panels() {
			name := b.UID + ": " + p.Title
			for out[name].names != nil {
				name += "'"
			}
			got, err := askOf(t, a, v, p.Targets[0].RawSQL)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			for _, problem := range checkAnswer(&p, &got) {
				t.Errorf("%s: %s", name, problem)
			}
			if p.Type == "timeseries" || p.Type == "heatmap" {
				if problem := checkOrder(&got); problem != "" {
					t.Errorf("%s: not ordered by time: %s", name, problem)
				}
			}
			out[name] = got
		}
		for _, variable := range b.Templating.List {
			if variable.Type != "query" {
				continue
			}
			got, err := askOf(t, a, v, variable.Query)
			if err != nil {
				t.Errorf("%s: variable %s: %v", b.UID, variable.Name, err)
			} else if n := len(got.names); n < 1 || n > 2 {
				t.Errorf("%s: variable %s has columns %v; want the value, or the value and its text", b.UID, variable.Name, got.names)
			}
			out[b.UID+" $"+variable.Name] = got
		}
	}
	groups, err := dashboards.Alerts()
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range groups {
		for _, r := range g.Rules {
			if strings.Contains(r.SQL, "${") {
				t.Errorf("%s: an alert rule has no variables", r.UID)
				continue
			}
			got, err := askOf(t, a, v, r.SQL)
			if err != nil {
				t.Errorf("%s: %v", r.UID, err)
				continue
			}
			numbers := 0
			for i, kind := range got.kinds {
				switch {
				case number.MatchString(plain(kind)):
					numbers++
				case kind != "String" && kind != "LowCardinality(String)":
					t.Errorf("%s: column %q is %s; labels are String", r.UID, got.names[i], kind)
				}
			}
			if numbers != 1 {
				t.Errorf("%s: %d numeric columns in %v; want 1", r.UID, numbers, got.names)
			}
			out[r.UID] = got
		}
	}
	return out
}

func askOf(t *testing.T, a asker, v dashboards.View, sql string) (answer, error) {
	t.Helper()
	text, err := v.Ask(sql)
	if err != nil {
		return answer{}, err
	}

	got, err := a.ask(t, text)
	if err != nil {
		return answer{}, fmt.Errorf("%w\n%s", err, text)
	}
	return got, nil
}

// Every question is understood and has the columns its drawing needs where nothing is
// stored yet, whatever is chosen.
func TestEmptyDatabase(t *testing.T) {
	a, _ := newAsker(t)
	now := time.Now()
	for name, v := range map[string]dashboards.View{"all": view(now), "narrowed": narrowed(view(now))} {
		t.Run(name, func(t *testing.T) {
			for name, got := range everyQuestion(t, a, v) {
				if strings.HasPrefix(name, "yunjian-") && !strings.Contains(name, ": ") && len(got.rows) > 0 {
					t.Errorf("%s: %d rows of an empty database", name, len(got.rows))
				}
			}
		})
	}
}

// Macros are expanded as the plugin's own are, which was read from its source.
func TestAsk(t *testing.T) {
	v := dashboards.View{From: time.Unix(100, 0), To: time.Unix(200, 0), Interval: 90 * time.Second, Chosen: map[string][]string{"unit": {"a", "b'c"}}}
	got, err := v.Ask("SELECT $__timeInterval(ts), $__interval_s FROM t WHERE $__timeFilter(ts) AND x > $__fromTime AND x < $__toTime AND u IN (${unit:singlequote}) AND p IN (${provider:singlequote})")
	if err != nil {
		t.Fatal(err)
	}
	want := `SELECT toStartOfInterval(toDateTime(ts), INTERVAL 90 second), 90 FROM t WHERE ts >= toDateTime(100) AND ts <= toDateTime(200) AND x > toDateTime(100) AND x < toDateTime(200) AND u IN ('a','b\'c') AND p IN ('*')`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, bad := range []string{"SELECT $__dateFilter(day)", "SELECT ${unit}", "SELECT ${unit:csv}", "SELECT $__conditionalAll(a, $b)"} {
		if got, err := v.Ask(bad); err == nil {
			t.Errorf("%s became %s; want an error", bad, got)
		}
	}
}
