package store

import (
	"fmt"
	"regexp"
	"strings"
)

// shardMark is the comment that names a table's sharding key; everywhere marks a
// table that every replica holds whole.
const (
	shardMark  = "-- shard: "
	everywhere = "everywhere"
)

var (
	createTable = regexp.MustCompile(`(?m)^CREATE TABLE (\w+) \(`)
	createView  = regexp.MustCompile(`(?m)^CREATE VIEW (\w+) AS`)
	engineName  = regexp.MustCompile(`(?m)^\) ENGINE = (\w*MergeTree)(\(([^)]*)\))?`)
	shardKey    = regexp.MustCompile(`(?m)^` + shardMark + `(.+)$`)
)

// ClusterStatements turns the statements of a step into those of a cluster: a
// replicated local table and a distributed one over it for each table that is
// sharded, a replicated table alone for each that is held everywhere. The macros
// cluster, shard and replica come from the servers' configuration.
func ClusterStatements(m Migration) ([]string, error) {
	var out []string
	for _, statement := range m.Statements {
		if view := createView.FindStringSubmatch(statement); view != nil {
			out = append(out, createView.ReplaceAllString(statement, "CREATE VIEW "+view[1]+" ON CLUSTER '{cluster}' AS"))
			continue
		}
		table, key := createTable.FindStringSubmatch(statement), shardKey.FindStringSubmatch(statement)
		if table == nil || key == nil || !engineName.MatchString(statement) {
			return nil, fmt.Errorf("migration %04d_%s: a statement has no cluster form: want CREATE VIEW, or CREATE TABLE with a line %q before it: %.80s", m.Number, m.Name, shardMark+"…", statement)
		}
		name, local, shard := table[1], table[1], ""
		if key[1] != everywhere {
			local, shard = name+"_local", "/{shard}"
		}
		create := createTable.ReplaceAllString(statement, "CREATE TABLE "+local+" ON CLUSTER '{cluster}' (")
		create = shardKey.ReplaceAllString(create, "-- "+name)
		create = engineName.ReplaceAllStringFunc(create, func(clause string) string {
			parts := engineName.FindStringSubmatch(clause)
			arguments := fmt.Sprintf("'/clickhouse/tables/{cluster}%s/{database}/%s', '{replica}'", shard, name)
			if parts[3] != "" {
				arguments += ", " + parts[3]
			}
			return ") ENGINE = Replicated" + parts[1] + "(" + arguments + ")"
		})
		create = strings.ReplaceAll(create, "non_replicated_deduplication_window = 0", "replicated_deduplication_window = 0")
		out = append(out, create)
		if local != name {
			out = append(out, fmt.Sprintf("CREATE TABLE %s ON CLUSTER '{cluster}' AS %s\nENGINE = Distributed('{cluster}', currentDatabase(), '%s', %s)", name, local, local, key[1]))
		}
	}
	return out, nil
}

// ClusterSQL is the file with which an administrator makes step m on a cluster.
func ClusterSQL(m Migration) (string, error) {
	statements, err := ClusterStatements(m)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "-- Step %04d_%s for a cluster, made from the same step of the collector. Run it once on any\n-- server, in the collector's database; the macros cluster, shard and replica must be configured.\n\n", m.Number, m.Name)
	if m.Number == 1 {
		ledger := strings.Replace(schemaLedger, "CREATE TABLE IF NOT EXISTS schema_migrations", "CREATE TABLE IF NOT EXISTS schema_migrations ON CLUSTER '{cluster}'", 1)
		ledger = strings.Replace(ledger, "ENGINE = MergeTree", "ENGINE = ReplicatedMergeTree('/clickhouse/tables/{cluster}/{database}/schema_migrations', '{replica}')", 1)
		statements = append([]string{strings.ReplaceAll(ledger, "non_replicated_", "replicated_")}, statements...)
	}
	statements = append(statements, m.record())
	for _, s := range statements {
		b.WriteString(s + ";\n\n")
	}
	return b.String(), nil
}
