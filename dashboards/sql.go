package dashboards

import (
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// sqlText are the fragments by name.
type sqlText map[string]string

func loadFragments(fsys fs.FS) (sqlText, error) {
	names, err := fs.Glob(fsys, "fragments/*.sql")
	if err != nil {
		return nil, fmt.Errorf("find fragments: %w", err)
	}
	out := sqlText{}
	for _, name := range names {
		text, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, fmt.Errorf("read fragment: %w", err)
		}
		out[strings.TrimSuffix(path.Base(name), ".sql")] = body(string(text))
	}
	return out, nil
}

// body is a fragment without the comments above it.
func body(text string) string {
	for strings.HasPrefix(text, "--") {
		_, text, _ = strings.Cut(text, "\n")
	}
	return strings.TrimSpace(text)
}

// deepest is how far fragments may stand in fragments.
const deepest = 5

// fill puts the fragments into a question.
func (t sqlText) fill(question string) (string, error) {
	placed := regexp.MustCompile(`\{\{(\w+)\}\}`)
	var unknown string
	for range deepest {
		if !placed.MatchString(question) {
			return strings.TrimSpace(question), nil
		}
		question = placed.ReplaceAllStringFunc(question, func(name string) string {
			text, ok := t[strings.Trim(name, "{}")]
			if !ok {
				unknown = name
			}
			return text
		})
		if unknown != "" {
			return "", fmt.Errorf("no fragment %s", unknown)
		}
	}
	return "", fmt.Errorf("fragments stand in each other more than %d deep", deepest)
}

// fill puts the fragments into a question, and for {{words VOCABULARY COLUMN}} the words
// of a column's codes: for texts of alerts, which know no mappings.
func (s *source) fill(question string) (string, error) {
	var failed error
	question = regexp.MustCompile(`\{\{words (\w+) (\w+)\}\}`).ReplaceAllStringFunc(question, func(text string) string {
		parts := strings.Fields(strings.Trim(text, "{}"))
		words, ok := s.words[parts[1]]
		if !ok {
			failed = fmt.Errorf("no vocabulary %q in words.yaml", parts[1])
		}
		codes, texts := []string{}, []string{}
		for _, code := range slices.Sorted(maps.Keys(words)) {
			codes, texts = append(codes, literal(code)), append(texts, literal(words[code].Text))
		}
		return fmt.Sprintf("transform(toString(%[1]s), [%s], [%s], toString(%[1]s))", parts[2], strings.Join(codes, ", "), strings.Join(texts, ", "))
	})
	if failed != nil {
		return "", failed
	}
	return s.sql.fill(question)
}

func literal(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, "'", `\'`).Replace(s) + "'"
}

// View is what a dashboard shows: a time, the width of a point in it, and the chosen values
// of variables.
type View struct {
	From, To time.Time
	// Interval is the width of a point; less than a second counts as one.
	Interval time.Duration
	// Chosen are the values by variable; a variable without any has all.
	Chosen map[string][]string
}

// Ask returns a question as it reaches the database: with the macros expanded as the
// plugin grafana-clickhouse-datasource 4 does, and the variables as Grafana does.
func (v View) Ask(sql string) (string, error) {
	variables := regexp.MustCompile(`\$\{(\w+):(\w+)\}`)
	var failed error
	sql = variables.ReplaceAllStringFunc(sql, func(text string) string {
		m := variables.FindStringSubmatch(text)
		if m[2] != "singlequote" {
			failed = fmt.Errorf("variable %s: the format %s is not known here", m[1], m[2])
		}
		if len(v.Chosen[m[1]]) == 0 {
			return allValue
		}
		quoted := make([]string, len(v.Chosen[m[1]]))
		for i, value := range v.Chosen[m[1]] {
			quoted[i] = "'" + strings.ReplaceAll(value, "'", `\'`) + "'"
		}
		return strings.Join(quoted, ",")
	})
	if failed != nil {
		return "", failed
	}
	from, to := unix(v.From), unix(v.To)
	seconds := strconv.Itoa(int(max(v.Interval.Seconds(), 1)))
	sql = regexp.MustCompile(`\$__timeFilter\(([^)]*)\)`).ReplaceAllString(sql, "$1 >= "+from+" AND $1 <= "+to)
	sql = regexp.MustCompile(`\$__timeInterval\(([^)]*)\)`).ReplaceAllString(sql, "toStartOfInterval(toDateTime($1), INTERVAL "+seconds+" second)")
	sql = strings.NewReplacer("$__fromTime", from, "$__toTime", to, "$__interval_s", seconds).Replace(sql)
	if at := strings.Index(sql, "$"); at >= 0 {
		return "", fmt.Errorf("%q is no macro that the backend expands", sql[at:min(len(sql), at+30)])
	}
	return sql, nil
}

func unix(t time.Time) string { return fmt.Sprintf("toDateTime(%d)", t.Unix()) }
