package query

import (
	"strings"
)

// tableIn reads a table's name that makes up all of the tokens, and writes it with its
// database, quoted.
func tableIn(tokens []token, rules Rules) (string, error) {
	named, ok := dotted(tokens)
	if !ok {
		return "", denied("The name of one table is expected; table functions are not allowed")
	}
	key, err := rules.may(named)
	if err != nil {
		return "", err
	}
	if database, table, other := strings.Cut(key, "."); other {
		return quoteName(database) + "." + quoteName(table), nil
	}
	return quoteName(rules.Database) + "." + quoteName(key), nil
}

// dotted reads name or name.name.
func dotted(tokens []token) (string, bool) {
	isName := func(i int) bool {
		return tokens[i].kind == name && !strings.Contains(tokens[i].text, ".") || tokens[i].kind == word
	}
	switch {
	case len(tokens) == 1 && isName(0):
		return tokens[0].text, true
	case len(tokens) == 3 && isName(0) && tokens[1].is(".") && isName(2):
		return tokens[0].text + "." + tokens[2].text, true
	}
	return "", false
}

// show answers the forms of SHOW that Grafana and people use, as questions of our own, so
// that nobody sees names of what may not be read.
func show(tokens []token, rules Rules) (Judged, error) {
	rest := tokens[1:]
	switch {
	case matches(rest, []string{"DATABASES"}) && len(rest) == 1:
		return Judged{Text: "SELECT name FROM system.databases WHERE name = " + quote(rules.Database)}, nil
	case matches(rest, []string{"TABLES"}):
		return showTables(rest[1:], rules)
	case matches(rest, []string{"CREATE", "TABLE"}), matches(rest, []string{"CREATE", "VIEW"}):
		table, err := tableIn(rest[2:], rules)
		return Judged{Text: "SHOW CREATE TABLE " + table}, err
	}
	return Judged{}, denied("SHOW takes DATABASES, TABLES [FROM database] and CREATE TABLE name here")
}

func showTables(rest []token, rules Rules) (Judged, error) {
	if len(rest) == 2 && (rest[0].upper() == "FROM" || rest[0].upper() == "IN") {
		database, ok := dotted(rest[1:])
		if !ok || database != rules.Database && database != "system" {
			return Judged{}, denied("SHOW TABLES: there is no database %q here, but %q", rest[1].text, rules.Database)
		}
		names := rules.own()
		if database == "system" {
			names = nil
			for _, other := range rules.others() {
				names = append(names, strings.TrimPrefix(other, "system."))
			}
		}
		return tableList(database, names), nil
	}
	if len(rest) > 0 {
		return Judged{}, denied("SHOW TABLES takes FROM and a database here, and no more")
	}
	return tableList(rules.Database, rules.own()), nil
}

func tableList(database string, names []string) Judged {
	quoted := []string{"''"} // never empty
	for _, n := range names {
		quoted = append(quoted, quote(n))
	}
	return Judged{Text: "SELECT name FROM system.tables WHERE database = " + quote(database) + " AND name IN (" + strings.Join(quoted, ", ") + ") ORDER BY name"}
}
