package query

import (
	"slices"
	"strings"
)

// Judge looks at statements. It is safe for concurrent use.
type Judge struct {
	functions functions
}

// NewJudge makes one.
func NewJudge() *Judge { return &Judge{functions: readFunctions()} }

// Judged is a statement that has passed the first judge.
type Judged struct {
	// Text is the statement as the engine may run it, without comments.
	Text string
	// Select is the question inside whose tree has to be checked before Text is run; empty
	// where Text is made of checked names only.
	Select string

	named map[string]bool // what WITH … AS (…) names
}

// Hello is what clients ask first on a connection; the engine answers it itself.
const Hello = "SELECT displayName(), version(), revision(), timezone()"

// First looks at a statement as an asker has written it. The error is a RefusedError.
func (j *Judge) First(statement string, rules Rules) (Judged, error) {
	tokens, clean, err := scan(statement)
	if err != nil {
		return Judged{}, err
	}
	if tokens, clean, err = single(tokens, clean); err != nil {
		return Judged{}, err
	}
	switch head := tokens[0].upper(); head {
	case "SELECT", "WITH":
		return j.question(tokens, clean, "", "")
	case "EXPLAIN":
		return j.explain(tokens, clean, rules)
	case "DESC", "DESCRIBE":
		return j.describe(tokens, clean, rules)
	case "SHOW":
		return show(tokens, rules)
	default:
		if tokens[0].is("(") {
			return j.question(tokens, clean, "", "")
		}
		return Judged{}, readonly("%q is not answered here: this door is for SELECT, WITH, SHOW, DESC and EXPLAIN", tokens[0].text)
	}
}

// single takes the semicolon at the end away and refuses any other.
func single(tokens []token, clean string) ([]token, string, error) {
	for len(tokens) > 0 && tokens[len(tokens)-1].is(";") {
		tokens, clean = tokens[:len(tokens)-1], clean[:strings.LastIndexByte(clean, ';')]
	}
	if len(tokens) == 0 {
		return nil, "", malformed("Empty query")
	}
	if i := slices.IndexFunc(tokens, func(t token) bool { return t.is(";") }); i >= 0 {
		return nil, "", malformed("Multi-statements are not allowed: there is a second one behind position %d", tokens[i].at+1)
	}
	return tokens, strings.TrimSpace(clean), nil
}

// question judges a SELECT, and puts what it is for around it.
func (j *Judge) question(tokens []token, clean, before, after string) (Judged, error) {
	if err := clauses(tokens); err != nil {
		return Judged{}, err
	}
	if err := j.calls(tokens); err != nil {
		return Judged{}, err
	}
	// In a string, too: the engine would write a file, and where a string ends must not be
	// a matter of opinion.
	if strings.Contains(strings.ToUpper(clean), "OUTFILE") {
		return Judged{}, readonly("INTO OUTFILE would write a file; the word is not taken here, not even in a text")
	}
	return Judged{Text: before + clean + after, Select: clean, named: withNames(tokens)}, nil
}

// clauses refuses the words with which a SELECT does more than read, and those under which
// functions or columns hide. All of them are taken in quotes, as names.
func clauses(tokens []token) error {
	for i, t := range tokens {
		switch t.upper() {
		case "INTO":
			return readonly("INTO at position %d would write: this door only reads", t.at+1)
		case "FORMAT":
			return refuse(73, "UNKNOWN_FORMAT", 400, "FORMAT at position %d: leave the clause out, the client asks for the format that it reads", t.at+1)
		case "SETTINGS":
			return denied("SETTINGS at position %d: settings are not taken in the statement", t.at+1)
		case "APPLY", "NATURAL", "PARALLEL", "EXECUTE", "EXPLAIN", "OUTFILE", "INFILE":
			return denied("%s at position %d is not allowed here", t.upper(), t.at+1)
		case "VALUES":
			if i+1 < len(tokens) && tokens[i+1].is("(") {
				return denied("VALUES at position %d: table functions are not allowed", t.at+1)
			}
		}
	}
	return nil
}

// calls refuses every call of a function that is not on the list.
func (j *Judge) calls(tokens []token) error {
	for i, t := range tokens {
		if i+1 >= len(tokens) || !tokens[i+1].is("(") || t.kind == symbol || t.kind == text {
			continue
		}
		if t.kind == name {
			return denied("Call of %q at position %d: names of functions are written without quotes here", t.text, t.at+1)
		}
		if i > 0 && tokens[i-1].is(".") {
			return denied("Call of %q at position %d: functions have no database", t.text, t.at+1)
		}
		if !slices.Contains(beforeBracket(), t.upper()) && !slices.Contains(types(), strings.ToLower(t.text)) && !j.functions.may(t.text) {
			return denied("Function %q at position %d is not on the list of functions that may be called here; table functions are never", t.text, t.at+1)
		}
	}
	return nil
}

// beforeBracket are the keywords in front of a bracket that is no call.
func beforeBracket() []string {
	return []string{
		"AS", "IN", "FROM", "SELECT", "DISTINCT", "ON", "USING", "WHERE", "PREWHERE", "HAVING", "QUALIFY", "AND", "OR", "NOT", "XOR", "BY", "OVER", "JOIN",
		"UNION", "ALL", "EXCEPT", "INTERSECT", "REPLACE", "WHEN", "THEN", "ELSE", "CASE", "BETWEEN", "LIKE", "ILIKE", "REGEXP", "EXISTS", "INTERVAL", "LIMIT", "OFFSET", "ANY",
		"DIV", "MOD", "COLUMNS", "FILTER", "FILL", "TO", "STEP", "SETS", "ROLLUP", "CUBE", "INTERPOLATE", "WITH", "GLOBAL", "ARRAY", "EXTRACT", "CAST",
	}
}

// types are the data types that are written with a bracket, in lower case.
func types() []string {
	return []string{
		"array", "nullable", "lowcardinality", "tuple", "map", "decimal", "decimal32", "decimal64", "decimal128", "datetime", "datetime64", "fixedstring",
		"enum8", "enum16", "numeric", "varchar", "char",
	}
}

// withNames are the names that WITH gives to questions: NAME AS (.
func withNames(tokens []token) map[string]bool {
	names := map[string]bool{}
	for i := 2; i < len(tokens); i++ {
		if tokens[i].is("(") && tokens[i-1].upper() == "AS" && (tokens[i-2].kind == word || tokens[i-2].kind == name) {
			names[tokens[i-2].text] = true
		}
	}
	return names
}

// explain judges EXPLAIN [kind] SELECT …. A plan tells how much there is to read, rows of
// others included.
func (j *Judge) explain(tokens []token, clean string, rules Rules) (Judged, error) {
	kinds := [][]string{{"AST"}, {"SYNTAX"}, {"PLAN"}, {"PIPELINE"}, {"QUERY", "TREE"}}
	if rules.Scoped {
		kinds = kinds[:2]
	}
	before, rest := "EXPLAIN ", tokens[1:]
	for _, k := range kinds {
		if len(rest) > len(k) && matches(rest, k) {
			before, rest = "EXPLAIN "+strings.Join(k, " ")+" ", rest[len(k):]
			break
		}
	}
	if rules.Scoped && before == "EXPLAIN " {
		return Judged{}, denied("EXPLAIN takes AST or SYNTAX with this user, and a SELECT")
	}
	if len(rest) == 0 || !begins(rest[0]) {
		return Judged{}, denied("EXPLAIN takes AST, SYNTAX, PLAN, PIPELINE or QUERY TREE here, no settings, and a SELECT")
	}
	return j.question(rest, behind(tokens, rest, clean), before, "")
}

// begins says that a token may begin a question.
func begins(t token) bool { return t.upper() == "SELECT" || t.upper() == "WITH" || t.is("(") }

func matches(tokens []token, words []string) bool {
	for i, w := range words {
		if i >= len(tokens) || tokens[i].upper() != w {
			return false
		}
	}
	return true
}

// behind is the part of a statement that the last tokens make up: as many words of clean
// are left out at its beginning as tokens are.
func behind(tokens, rest []token, clean string) string {
	for range len(tokens) - len(rest) {
		clean = strings.TrimLeft(clean, " \t\r\n")
		end := 0
		for end < len(clean) && wordByte(clean[end]) {
			end++
		}
		clean = clean[end:]
	}
	return strings.TrimSpace(clean)
}

// describe judges DESC [TABLE] name, and DESC [TABLE] (SELECT …).
func (j *Judge) describe(tokens []token, clean string, rules Rules) (Judged, error) {
	rest := tokens[1:]
	if len(rest) > 1 && rest[0].upper() == "TABLE" {
		rest = rest[1:]
	}
	if len(rest) > 0 && rest[0].is("(") {
		return j.question(rest, behind(tokens, rest, clean), "DESCRIBE TABLE (", "\n)")
	}
	table, err := tableIn(rest, rules)
	return Judged{Text: "DESCRIBE TABLE " + table}, err
}
