package central

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/yunjian-io/yunjian/rules/calendar"
	"github.com/yunjian-io/yunjian/rules/retention"
)

// clickHouse asks a table of ClickHouse over HTTP. What a site configures becomes part of
// a statement only as a quoted identifier or as a bound parameter. No setting is changed,
// so that an account with readonly=1 will do.
type clickHouse struct{ *client }

// tableName is a table, in a database if that is not empty.
type tableName struct{ database, table string }

var (
	identifier = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	mapColumn  = regexp.MustCompile(`^([A-Za-z_][A-Za-z0-9_]*)\['([A-Za-z0-9_.:/ -]+)'\]$`)
)

// parseTable reads table or database.table.
func parseTable(text string) (tableName, error) {
	database, table, both := strings.Cut(text, ".")
	if !both {
		database, table = "", text
	}
	if !identifier.MatchString(table) || both && !identifier.MatchString(database) {
		return tableName{}, errors.New("want table or database.table, of letters, digits and underscores")
	}
	return tableName{database, table}, nil
}

// sql quotes the table.
func (t tableName) sql() string {
	if t.database == "" {
		return "`" + t.table + "`"
	}
	return "`" + t.database + "`.`" + t.table + "`"
}

// columnSQL quotes a column, or one key of a column that is a map.
func columnSQL(name string) (string, error) {
	if identifier.MatchString(name) {
		return "`" + name + "`", nil
	}
	if found := mapColumn.FindStringSubmatch(name); found != nil {
		return "`" + found[1] + "`['" + found[2] + "']", nil
	}
	return "", errors.New("want a column such as hostname, or a key of a map such as ResourceAttributes['host.name']")
}

// statement counts records by host and day, one row a host.
func (c Class) statement(s span) (text string, parameters url.Values, err error) {
	table, err := parseTable(c.Table)
	if err != nil {
		return "", nil, err
	}
	host, err := columnSQL(c.HostField)
	if err != nil {
		return "", nil, err
	}
	at, err := columnSQL(c.TimeField)
	if err != nil {
		return "", nil, err
	}
	parameters = url.Values{"param_from": {strconv.FormatInt(s.start().Unix(), 10)}, "param_to": {strconv.FormatInt(s.now.Unix(), 10)}}
	var filters strings.Builder
	for i, name := range slices.Sorted(maps.Keys(c.Filter)) {
		column, err := columnSQL(name)
		if err != nil {
			return "", nil, err
		}
		fmt.Fprintf(&filters, " AND toString(%s) = {filter%d:String}", column, i)
		parameters.Set(fmt.Sprintf("param_filter%d", i), escape(c.Filter[name]))
	}
	return fmt.Sprintf(`SELECT yj_host, toFloat64(min(yj_oldest)), toFloat64(max(yj_newest)), groupArray(yj_day), groupArray(yj_count)
FROM (
    SELECT toString(%[1]s) AS yj_host, toUInt32(toUInt16(toDate(%[2]s, 'Asia/Shanghai'))) AS yj_day,
        toUInt32(least(count(), 4294967295)) AS yj_count,
        toUnixTimestamp64Milli(toDateTime64(min(%[2]s), 3)) AS yj_oldest, toUnixTimestamp64Milli(toDateTime64(max(%[2]s), 3)) AS yj_newest
    FROM %[3]s
    WHERE %[2]s >= toDateTime({from:UInt32}) AND %[2]s <= toDateTime({to:UInt32})%[4]s
    GROUP BY yj_host, yj_day
)
GROUP BY yj_host
FORMAT JSONCompactEachRow`, host, at, table.sql(), filters.String()), parameters, nil
}

// escape prints a value as ClickHouse reads a parameter of type String.
func escape(text string) string {
	return strings.NewReplacer(`\`, `\\`, "\t", `\t`, "\n", `\n`, "\r", `\r`, "\x00", `\0`).Replace(text)
}

// run sends a statement.
func (c *clickHouse) run(ctx context.Context, what, text string, parameters url.Values) ([]byte, error) {
	return c.do(ctx, request{method: http.MethodPost, query: parameters, kind: "text/plain; charset=utf-8", body: []byte(text), what: what})
}

func (c *clickHouse) count(ctx context.Context, class Class, s span, found *tally) error {
	text, parameters, err := class.statement(s)
	if err != nil {
		return err
	}
	if err := c.whole(ctx); err != nil {
		return err
	}
	answer, err := c.run(ctx, "table "+class.Table, text, parameters)
	if err != nil {
		return err
	}
	return parseCounts(answer, found)
}

// whole refuses to ask with settings of the account under which ClickHouse cuts an answer
// off, or leaves out shards, without a word.
func (c *clickHouse) whole(ctx context.Context) error {
	answer, err := c.run(ctx, "system.settings", `SELECT arrayStringConcat(arraySort(groupArray(name || ' = ' || value)), ', ') FROM system.settings
WHERE (match(name, '_overflow_mode(_leaf)?$') AND value IN ('break', 'any')) OR (name = 'skip_unavailable_shards' AND value IN ('1', 'true'))
FORMAT JSONCompactEachRow`, nil)
	if err != nil {
		return err
	}
	var row []string
	if err := json.Unmarshal(answer, &row); err != nil || len(row) != 1 {
		return errors.New("read system.settings: the answer is none of ClickHouse")
	}
	if row[0] != "" {
		return fmt.Errorf("its answers may be cut off without a word: change the settings of the account: %s", shorten(row[0], nil))
	}
	return nil
}

// parseCounts reads one line of JSON a host. An exception that comes after the first rows
// stands in the answer as text, and is an error.
func parseCounts(answer []byte, found *tally) error {
	lines := bufio.NewScanner(bytes.NewReader(answer))
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		if err := parseCount(lines.Bytes(), found); err != nil {
			return err
		}
	}
	return lines.Err()
}

func parseCount(line []byte, found *tally) error {
	var (
		name           string
		oldest, newest float64
		days           []int
		counts         []uint64
		parts          []json.RawMessage
	)
	err := json.Unmarshal(line, &parts)
	if err != nil || len(parts) != 5 {
		return fmt.Errorf("the answer is none of ClickHouse, or ends in an error: %s", shorten(string(line), nil))
	}
	for i, into := range []any{&name, &oldest, &newest, &days, &counts} {
		if err := json.Unmarshal(parts[i], into); err != nil {
			return fmt.Errorf("read counts: %w", err)
		}
	}
	if len(days) != len(counts) {
		return errors.New("read counts: days and counts differ in number")
	}
	first, known := end{&oldest}.time()
	last, also := end{&newest}.time()
	if !known || !also {
		return fmt.Errorf("read counts: the times of %q cannot be", shorten(name, nil))
	}
	epoch := calendar.Date{Year: 1970, Month: time.January, Day: 1}
	for i, d := range days {
		if d < 0 || d > 1<<16 {
			return fmt.Errorf("read counts: %d is no day", d)
		}
		found.add(name, epoch.AddDays(d), counts[i], first, last)
	}
	return nil
}

// tableDefinition is what system.tables tells of a table.
type tableDefinition struct{ engine, create, policy, database string }

// removes reads the definition of the table. Behind a distributed table it is that of the
// local one on the server that answers.
func (c *clickHouse) removes(ctx context.Context, class Class, _ span) (removal, error) {
	table, err := parseTable(class.Table)
	if err != nil {
		return removal{}, err
	}
	d, err := c.definition(ctx, table)
	if err != nil {
		return removal{}, err
	}
	var r removal
	if d.engine == "Distributed" {
		if table, err = parseDistributed(d.create); err != nil {
			return r, err
		}
		if d, err = c.definition(ctx, table); err != nil {
			return r, err
		}
		r.hint = "the definition is that of " + table.sql() + " on one server of the cluster"
	}
	if !strings.HasSuffix(d.engine, "MergeTree") {
		return r, fmt.Errorf("what a table of engine %q removes is not known", d.engine)
	}
	if r.policy, err = ttlPolicy(d.create, class.TimeField); err != nil {
		return r, err
	}
	if writeOnce, err := c.writeOnce(ctx, d.policy); err == nil && writeOnce && isNever(r.policy) {
		r.immutable, r.reference = true, fmt.Sprintf("every disk of storage policy %q is read-only or write-once", d.policy)
	}
	return r, nil
}

func (c *clickHouse) definition(ctx context.Context, t tableName) (d tableDefinition, err error) {
	parameters := url.Values{"param_table": {t.table}, "param_database": {t.database}}
	answer, err := c.run(ctx, "system.tables", `SELECT engine, create_table_query, storage_policy, database FROM system.tables
WHERE name = {table:String} AND database = if({database:String} = '', currentDatabase(), {database:String}) FORMAT JSONCompactEachRow`, parameters)
	if err != nil {
		return d, err
	}
	var row []string
	if len(bytes.TrimSpace(answer)) == 0 {
		return d, fmt.Errorf("system.tables does not show %s: grant SHOW TABLES on it", t.sql())
	}
	if err := json.Unmarshal(answer, &row); err != nil || len(row) != 4 {
		return d, errors.New("read system.tables: the answer is none of ClickHouse")
	}
	return tableDefinition{row[0], row[1], row[2], row[3]}, nil
}

// writeOnce reports whether nothing can be deleted from any disk of a storage policy.
// An account that may not read them, or a version that does not tell, is no proof.
func (c *clickHouse) writeOnce(ctx context.Context, policy string) (bool, error) {
	answer, err := c.run(ctx, "system.disks", `SELECT toString(count() > 0 AND min(d.is_read_only OR d.is_write_once))
FROM (SELECT arrayJoin(disks) AS disk FROM system.storage_policies WHERE policy_name = {policy:String}) AS p
LEFT JOIN system.disks AS d ON d.name = p.disk FORMAT JSONCompactEachRow`, url.Values{"param_policy": {escape(policy)}})
	if err != nil {
		return false, err
	}
	var row []string
	if err := json.Unmarshal(answer, &row); err != nil || len(row) != 1 {
		return false, errors.New("read system.disks: the answer is none of ClickHouse")
	}
	return row[0] == "1" || row[0] == "true", nil
}

// policyOfTTL joins what single TTL clauses remove.
func policyOfTTL(found []retention.Policy) retention.Policy {
	return shortest(append(found, retention.Never{}))
}
