package central

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/yunjian-io/yunjian/rules/retention"
)

// sqlToken is a word, number, string or sign of a statement. Quoted identifiers are words
// without their quotes.
type sqlToken struct {
	text   string
	quoted bool // a string in single quotes
	depth  int  // of parentheses and brackets around it
}

// is reports whether the token is a keyword or sign.
func (t sqlToken) is(word string) bool { return !t.quoted && strings.EqualFold(t.text, word) }

var tokenForm = regexp.MustCompile("^(?:'(?:[^'\\\\]|\\\\.|'')*'|`(?:[^`\\\\]|\\\\.)*`|\"(?:[^\"\\\\]|\\\\.)*\"|[A-Za-z_][A-Za-z0-9_]*|[0-9]+(?:\\.[0-9]+)?|.)")

// tokens cuts a statement.
func tokens(text string) (out []sqlToken) {
	depth := 0
	for text = strings.TrimSpace(text); text != ""; text = strings.TrimSpace(text) {
		found := tokenForm.FindString(text)
		if found == "" {
			return out // a line break, which TrimSpace has taken away before
		}
		text = text[len(found):]
		t := sqlToken{text: found}
		switch c := found[0]; {
		case c == '\'':
			t.quoted = true
		case (c == '`' || c == '"') && len(found) > 1:
			t.text = found[1 : len(found)-1]
		case c == ')' || c == ']':
			depth--
		}
		t.depth = depth
		if found == "(" || found == "[" {
			depth++
		}
		out = append(out, t)
	}
	return out
}

// errTTL says that what a table removes cannot be told from its TTL.
var errTTL = errors.New("its TTL is not understood: want the column time_field plus an interval")

// ttlPolicy reads from the definition of a table what its TTL deletes. A clause that
// moves or recompresses deletes nothing; one with a condition is taken to delete all; one
// of a column empties the column, which loses the record as well.
func ttlPolicy(create, timeField string) (retention.Policy, error) {
	list := tokens(create)
	var found []retention.Policy
	for i := 0; i < len(list); i++ {
		if !list[i].is("TTL") || list[i].depth > 1 || !clauseAt(list, i) {
			continue
		}
		end := clauseEnd(list, i+1)
		for _, clause := range split(list[i+1:end], list[i].depth) {
			p, err := ttlClause(clause, timeField)
			if err != nil {
				return nil, err
			}
			found = append(found, p)
		}
		i = end - 1
	}
	return policyOfTTL(found), nil
}

// clauseAt reports whether a word TTL begins a clause: it does not name a column.
func clauseAt(list []sqlToken, i int) bool {
	return i+1 < len(list) && i > 0 && !list[i-1].is(",") && !list[i-1].is("(") && !list[i+1].is(",") && !list[i+1].is(")")
}

// clauseEnd finds where the TTL of a table, or of a column, ends.
func clauseEnd(list []sqlToken, from int) int {
	depth := list[from-1].depth
	for i := from; i < len(list); i++ {
		t := list[i]
		switch {
		case t.depth < depth:
			return i
		case t.depth > depth:
		case t.is("SETTINGS") || t.is("COMMENT") || (depth > 0 && t.is(",")):
			return i
		}
	}
	return len(list)
}

// split cuts at the commas of a depth.
func split(list []sqlToken, depth int) (out [][]sqlToken) {
	from := 0
	for i, t := range list {
		if t.is(",") && t.depth == depth {
			out = append(out, list[from:i])
			from = i + 1
		}
	}
	return append(out, list[from:])
}

// ttlClause reads one clause.
func ttlClause(list []sqlToken, timeField string) (retention.Policy, error) {
	if len(list) == 0 {
		return nil, errTTL
	}
	depth := list[0].depth
	end := len(list)
	for i, t := range list {
		if t.depth != depth {
			continue
		}
		if t.is("GROUP") || t.is("SET") {
			return nil, errTTL // it replaces records by sums
		}
		if end == len(list) && (t.is("DELETE") || t.is("TO") || t.is("RECOMPRESS") || t.is("WHERE")) {
			end = i
		}
	}
	if end < len(list) && (list[end].is("TO") || list[end].is("RECOMPRESS")) {
		return retention.Never{}, nil
	}
	return ttlAge(list[:end], timeField)
}

// ttlAge reads a time plus intervals.
func ttlAge(list []sqlToken, timeField string) (retention.Policy, error) {
	terms := sum(list)
	if len(terms) < 2 {
		return nil, errTTL
	}
	span, err := ttlBase(terms[0], timeField)
	if err != nil {
		return nil, err
	}
	days := 0.
	for _, t := range terms[1:] {
		more, err := ttlInterval(t)
		if err != nil {
			return nil, err
		}
		days += more
	}
	return age(days, span, "TTL"), nil
}

// sum cuts a sum at its signs.
func sum(list []sqlToken) (terms [][]string) {
	if len(list) == 0 {
		return nil
	}
	depth, term := list[0].depth, []string(nil)
	for _, t := range list {
		if t.is("+") && t.depth == depth {
			terms, term = append(terms, term), nil
			continue
		}
		term = append(term, t.text)
	}
	return append(terms, term)
}

// ttlBase checks that a time is that of the record and returns by how many days it may be
// cut off.
func ttlBase(term []string, timeField string) (span float64, err error) {
	for len(term) >= 3 && term[1] == "(" && term[len(term)-1] == ")" {
		name := strings.ToLower(term[0])
		inner := term[2 : len(term)-1]
		if i := slices.Index(inner, ","); i >= 0 { // a zone, or digits
			inner = inner[:i]
		}
		switch name {
		case "todatetime", "todatetime64":
		case "todate", "todate32", "tostartofday":
			span = max(span, 1)
		case "tostartofhour":
			span = max(span, 1./24)
		default:
			return 0, errTTL
		}
		term = inner
	}
	if len(term) != 1 || term[0] != timeField {
		return 0, errTTL
	}
	return span, nil
}

// ttlInterval reads toIntervalDay(n) or INTERVAL n DAY, in days.
func ttlInterval(term []string) (float64, error) {
	var number, unit string
	switch {
	case len(term) == 4 && term[1] == "(" && term[3] == ")" && strings.HasPrefix(strings.ToLower(term[0]), "tointerval"):
		number, unit = term[2], term[0][len("toInterval"):]
	case len(term) == 3 && strings.EqualFold(term[0], "INTERVAL"):
		number, unit = strings.Trim(term[1], "'"), term[2]
	default:
		return 0, errTTL
	}
	n, err := strconv.Atoi(number)
	if err != nil || n < 0 || n > 1e9 {
		return 0, errTTL
	}
	switch strings.TrimSuffix(strings.ToLower(unit), "s") {
	case "second":
		return float64(n) / (24 * 3600), nil
	case "minute":
		return float64(n) / (24 * 60), nil
	case "hour":
		return float64(n) / 24, nil
	case "day":
		return float64(n), nil
	case "week":
		return float64(n) * 7, nil
	case "month":
		return months(n), nil
	case "quarter":
		return months(3 * n), nil
	case "year":
		return months(12 * n), nil
	}
	return 0, errTTL
}

// months is the least number of days that so many calendar months have: those that
// include February of a common year.
func months(n int) float64 {
	least := [12]float64{0, 28, 59, 89, 120, 150, 181, 212, 242, 273, 303, 334}
	return float64(n/12)*365 + least[n%12]
}

// parseDistributed returns the table behind one of engine Distributed.
func parseDistributed(create string) (tableName, error) {
	list := tokens(create)
	for i, t := range list {
		if !t.is("Distributed") || i+1 >= len(list) || !list[i+1].is("(") {
			continue
		}
		arguments := split(list[i+2:], list[i+1].depth+1)
		if len(arguments) < 3 {
			break
		}
		name := tableName{literal(arguments[1]), literal(arguments[2])}
		if identifier.MatchString(name.database) && identifier.MatchString(name.table) {
			return name, nil
		}
		break
	}
	return tableName{}, fmt.Errorf("the table behind it is not understood")
}

// literal is the string, or word, that an argument begins with.
func literal(list []sqlToken) string {
	if len(list) == 0 {
		return ""
	}
	return strings.Trim(list[0].text, "'")
}
