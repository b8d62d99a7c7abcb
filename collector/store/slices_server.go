package store

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// serverHead is what all users of Grafana on a ClickHouse server share.
const serverHead = `-- Users with which Grafana asks a ClickHouse server. Made from collector/store/slices.yaml by
-- ` + "`make docs`" + `; run the parts that you need as an administrator, with database yunjian in place.
-- The embedded engine needs none of this: there the collector's query door does it.
--
-- Put passwords in the place of CHANGE_ME. A table with a policy shows all its rows to those
-- for whom it has none, the collector included, only where users_without_row_policies_can_read_rows
-- is true in access_control_improvements, as it is in ClickHouse's own configuration. On a cluster
-- add ON CLUSTER '{cluster}' to each statement, and name NAME_local in policies and grants too.

-- Part 1: what all of them share. Reading only, within limits that a client may tighten and not widen.
CREATE SETTINGS PROFILE IF NOT EXISTS yunjian_grafana SETTINGS
    readonly = 2,
    max_execution_time = 30 MIN 1 MAX 60,
    max_result_rows = 200000 MAX 200000,
    max_result_bytes = 33554432 MAX 33554432,
    max_memory_usage = 1073741824 MAX 1073741824,
    max_threads = 2 MAX 4,
    max_concurrent_queries_for_user = 20 MAX 20,
    allow_introspection_functions = 0 CONST,
    additional_table_filters = '{}' CONST,
    add_http_cors_header = 0 CONST;

CREATE QUOTA IF NOT EXISTS yunjian_grafana KEYED BY user_name
    FOR INTERVAL 1 minute MAX queries = 3000, FOR INTERVAL 1 hour MAX execution_time = 3600
    TO yunjian_grafana_office;

-- Part 2: the office sees all tables.
CREATE USER IF NOT EXISTS yunjian_grafana_office IDENTIFIED WITH sha256_password BY 'CHANGE_ME' SETTINGS PROFILE 'yunjian_grafana';

GRANT SELECT ON yunjian.* TO yunjian_grafana_office;

`

// ServerSQL is deploy/clickhouse/grafana.sql: users, profile, quota and row policies for
// Grafana on a ClickHouse server. A provider's policies are the conditions of slices.yaml.
// Policies do not reach views with another owner's rows beneath, so a unit gets the tables
// that name it, and those of hosts for the days on which allocation_daily names it.
func (s *Store) ServerSQL(ctx context.Context) (string, error) {
	rules, err := sliceRules()
	if err != nil {
		return "", err
	}
	columns := map[string][]string{}
	err = s.Each(ctx, "SELECT table, name FROM system.columns WHERE database = currentDatabase() ORDER BY table, position", nil, func(scan func(...any) error) error {
		var table, column string
		err := scan(&table, &column)
		columns[table] = append(columns[table], column)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("list columns: %w", err)
	}
	var b strings.Builder
	b.WriteString(serverHead)
	for _, party := range []struct{ part, role, mark, explain string }{
		{"3", "provider", "PROVIDER", "write the id of the provider, as in the inventory, for PROVIDER"},
		{"4", "unit", "UNIT", "write the code of the unit for UNIT; history from before the collector was started is not shown, and a host that moves within a day is shown to both that day"},
	} {
		user := "yunjian_grafana_" + party.role + "_" + party.mark
		fmt.Fprintf(&b, "-- Part %s: once for each %s; %s.\n", party.part, party.role, party.explain)
		fmt.Fprintf(&b, "CREATE USER IF NOT EXISTS %s IDENTIFIED WITH sha256_password BY 'CHANGE_ME' SETTINGS PROFILE 'yunjian_grafana';\n\n", quoteName(user))
		fmt.Fprintf(&b, "ALTER QUOTA yunjian_grafana TO yunjian_grafana_office, %s;\n\n", quoteName(user))
		for _, table := range slices.Sorted(maps.Keys(rules)) {
			b.WriteString(serverTable(table, rules[table], party.role, party.mark, quoteName(user), columns[table]))
		}
	}
	return b.String(), nil
}

// serverTable grants a table and cuts it, or gives nothing for one that stays closed.
func serverTable(table string, rule sliceRule, role, mark, user string, columns []string) string {
	condition := rule.Provider
	if role == "unit" {
		condition = serverUnit(rule.Unit)
	}
	grant := "SELECT"
	switch {
	case condition == "":
		return ""
	case condition == sliceBeneath:
		grant = "SELECT(seq)" // inventory_imports: the views ask for no more
	case len(rule.Hidden) > 0:
		shown := slices.DeleteFunc(slices.Clone(columns), func(c string) bool { return slices.Contains(rule.Hidden, c) })
		grant = "SELECT(" + strings.Join(shown, ", ") + ")"
	}
	out := fmt.Sprintf("GRANT %s ON yunjian.%s TO %s;\n\n", grant, table, user)
	if condition == sliceAll || condition == sliceBeneath {
		return out
	}
	condition = strings.NewReplacer("$provider", quoted(mark), "$unit", quoted(mark), "$db", "yunjian").Replace(condition)
	return out + fmt.Sprintf("CREATE ROW POLICY IF NOT EXISTS %s ON yunjian.%s FOR SELECT USING %s TO %s;\n\n", user, table, condition, user)
}

// serverUnit is the condition of a unit as a policy can have it; empty for what needs the
// lists that only the query door has.
func serverUnit(condition string) string {
	const own = "(SELECT host FROM $db.allocation_daily WHERE unit = $unit)"
	condition = strings.ReplaceAll(condition, "$hosts", own)
	condition = regexp.MustCompile(`\$held\((\w+)\)`).ReplaceAllString(condition, "(host, toDate($1, 'Asia/Shanghai')) IN (SELECT host, day FROM $$db.allocation_daily WHERE unit = $$unit)")
	if condition == sliceBeneath || regexp.MustCompile(`\$(systems|names|volumes|providers|platforms|flavors)`).MatchString(condition) {
		return ""
	}
	if condition == "code = $unit" {
		return "" // a view
	}
	return condition
}
