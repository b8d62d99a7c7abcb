package query

import (
	"slices"
	"strings"
)

// Rules are what one asker may read.
type Rules struct {
	// Database is the one of the collector; a name without a database is in it.
	Database string
	// Tables by name, those of Database without it, others such as system.columns with it.
	// What is not here may not be read.
	Tables map[string]Table
	// Scoped says that the asker sees a part of the rows only. Errors that might quote a
	// value are then told without it.
	Scoped bool
}

// Table is how one table or view may be read.
type Table struct {
	// Refused says why it may not be named; empty if it may.
	Refused string
	// Filter is the condition that the engine adds; empty for the whole table. It is added
	// also where the table is reached through a view, so it counts for tables that may not
	// be named too.
	Filter string
	// Barrier says that Filter stands above a view: the engine then must not evaluate a
	// condition of the asker before it.
	Barrier bool
	// Hidden columns may not be named, nor may all columns be asked for with an asterisk.
	Hidden []string
	// Only, if it is not empty, names all columns that a statement with this table may
	// name, those of other tables included.
	Only []string
}

// resolve finds the table that a statement names, with or without the database.
func (r Rules) resolve(named string) (key string, t Table, ok bool) {
	key = strings.TrimPrefix(named, r.Database+".")
	t, ok = r.Tables[key]
	return key, t, ok
}

// may says whether a statement may name a table.
func (r Rules) may(named string) (key string, err error) {
	key, t, ok := r.resolve(named)
	switch {
	case !ok && strings.Contains(key, "."):
		return "", denied("Table %q may not be read here: there are the tables of database %s, and %s", named, r.Database, strings.Join(r.others(), ", "))
	case !ok:
		return "", denied("Table %q may not be read here: SHOW TABLES lists those that may", named)
	case t.Refused != "":
		return "", denied("Table %q may not be read with this user: %s", named, t.Refused)
	}
	return key, nil
}

// others are the tables outside of the database.
func (r Rules) others() (out []string) {
	for key, t := range r.Tables {
		if strings.Contains(key, ".") && t.Refused == "" {
			out = append(out, key)
		}
	}
	slices.Sort(out)
	return out
}

// own are the tables of the database that may be named.
func (r Rules) own() (out []string) {
	for key, t := range r.Tables {
		if !strings.Contains(key, ".") && t.Refused == "" {
			out = append(out, key)
		}
	}
	slices.Sort(out)
	return out
}

// Filters is ClickHouse's additional_table_filters: conditions by table.
func (r Rules) Filters() string {
	var parts []string
	for key, t := range r.Tables {
		if t.Filter == "" {
			continue
		}
		if !strings.Contains(key, ".") {
			key = r.Database + "." + key
		}
		parts = append(parts, quote(key)+":"+quote(t.Filter))
	}
	slices.Sort(parts)
	return "{" + strings.Join(parts, ",") + "}"
}

// quote writes a text as SQL.
func quote(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
}

// quoteName writes a name as SQL.
func quoteName(s string) string {
	return "`" + strings.NewReplacer(`\`, `\\`, "`", "\\`").Replace(s) + "`"
}
