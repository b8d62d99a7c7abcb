package collector_test

import (
	"math/rand/v2"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/yunjian-io/yunjian/collector"
	"github.com/yunjian-io/yunjian/collector/query"
)

// listed are the functions of a section of collector/query/functions.txt.
func listed(t *testing.T, section string) map[string]bool {
	t.Helper()
	text, err := os.ReadFile("query/functions.txt")
	if err != nil {
		t.Fatal(err)
	}
	names, in := map[string]bool{}, false
	for line := range strings.Lines(string(text)) {
		switch line = strings.TrimSpace(line); {
		case strings.HasPrefix(line, "["):
			in = line == "["+section+"]"
		case in && !strings.HasPrefix(line, "#"):
			for name := range strings.FieldsSeq(line) {
				names[name] = true
			}
		}
	}
	return names
}

// The list of functions is held against the engine's own: all are there, all that take a
// lambda are known to, and no name is on the list by its letters alone.
func (d *queryDoor) knowsTheFunctions(t *testing.T) {
	ordinary, aggregate, lambda := listed(t, "ordinary"), listed(t, "aggregate"), listed(t, "lambda")
	lower := map[string]string{}
	for _, section := range []map[string]bool{ordinary, aggregate} {
		for name := range section {
			lower[strings.ToLower(name)] = name
		}
	}
	known := map[string]bool{"lambda": true, "exists": true} // parts of the syntax
	err := d.db.Each(t.Context(), "SELECT name, ifNull(toString(higher_order), '0') = '1', toUInt8(is_aggregate), alias_to, toUInt8(case_insensitive) FROM system.functions", nil, func(scan func(...any) error) error {
		var name, alias string
		var higher, isAggregate, insensitive uint8
		if err := scan(&name, &higher, &isAggregate, &alias, &insensitive); err != nil {
			return err
		}
		known[name] = true
		if higher == 1 && ordinary[name] && !lambda[name] {
			t.Errorf("%s takes a lambda, or the name of any function, and is not in [lambda]", name)
		}
		if isAggregate == 1 != aggregate[name] && (ordinary[name] || aggregate[name]) {
			t.Errorf("%s is in the wrong section", name)
		}
		if same, ok := lower[strings.ToLower(name)]; ok && !ordinary[name] && !aggregate[name] && !ordinary[alias] && !strings.EqualFold(alias, same) {
			t.Errorf("%s (alias of %q) is let in by the letters of %s", name, alias, same)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range lower {
		if !known[name] {
			t.Errorf("the engine has no function %s", name)
		}
	}
	for _, name := range []string{"file", "sleep", "throwIf", "dictGet", "joinGet", "getSetting", "catboostEvaluate", "chdb", "hostName", "arrayReduce", "initializeAggregation", "evalMLMethod", "aiGenerate", "logTrace", "format", "numbers", "url", "eval", "rand"} {
		if _, ok := lower[strings.ToLower(name)]; ok {
			t.Errorf("%s is on the list", name)
		}
	}
}

// What the first judge lets pass is put before the engine's parser: its tree holds no
// function that is not on the list and is one question. The texts are those of the panels
// and of the attacks, and what comes of cutting them up and putting them together.
func TestQueryDoorJudgeAgreesWithTheEngine(t *testing.T) {
	d := openQueryDoor(t, nil)
	rules, err := collector.QueryRules(t.Context(), d.db, doorOffice)
	if err != nil {
		t.Fatal(err)
	}
	texts := panels()
	for _, attacks := range [][]attack{writingAttacks(), reachingAttacks(), tableAttacks(), clauseAttacks()} {
		for _, a := range attacks {
			texts = append(texts, a.text)
		}
	}
	random := rand.New(rand.NewPCG(6, 22))
	glue := []string{" ", "/**/", "--\n", "'", "\"", "`", "(", ")", ",", " UNION ALL ", " AS ", ".", "\\", ";", " IN ", " FROM "}
	for range 3000 {
		a, b := texts[random.IntN(len(texts))], texts[random.IntN(len(texts))]
		if len(a) > 2000 || len(b) > 2000 || len(a) == 0 || len(b) == 0 {
			continue
		}
		texts = append(texts, a[:random.IntN(len(a))]+glue[random.IntN(len(glue))]+b[random.IntN(len(b)):])
	}
	judge, passed, parsed := query.NewJudge(), 0, 0
	for _, text := range texts {
		judged, err := judge.First(strings.ReplaceAll(text, "DB", d.db.Name()), rules)
		if err != nil || judged.Select == "" {
			continue
		}
		passed++
		var tree strings.Builder
		err = d.db.Each(t.Context(), "EXPLAIN AST "+judged.Select, nil, func(scan func(...any) error) error {
			var line string
			err := scan(&line)
			tree.WriteString(line + "\n")
			return err
		})
		if err != nil {
			continue // no statement at all
		}
		parsed++
		if bad := strayFunctions(t, tree.String()); bad != "" {
			t.Errorf("the first judge lets %s pass: %s\n%s", bad, text, tree.String())
		}
		if _, err := judge.Check(tree.String(), judged, rules); err == nil && !strings.HasPrefix(tree.String(), "SelectWithUnionQuery (children 1)\n") {
			t.Errorf("the second judge lets pass: %s\n%s", text, tree.String())
		}
	}
	t.Logf("%d texts, %d passed the first judge, %d of them are statements", len(texts), passed, parsed)
	if parsed < len(panels())/2 {
		t.Errorf("only %d statements were compared", parsed)
	}
}

// strayFunctions finds functions that are not listed, in a way of its own.
func strayFunctions(t *testing.T, tree string) string {
	t.Helper()
	allowed := map[string]bool{}
	for _, section := range []string{"ordinary", "aggregate"} {
		for name := range listed(t, section) {
			allowed[strings.ToLower(name)] = true
		}
	}
	ending := regexp.MustCompile(`(if|array|map|foreach|distinct|ordefault|ornull|argmin|argmax|resample|tuple)$`)
	for _, m := range regexp.MustCompile(`(?m)^ *Function (.+?)( \(alias .*)?( \(children \d+\))?$`).FindAllStringSubmatch(tree, -1) {
		name := strings.ToLower(m[1])
		for !allowed[name] && ending.MatchString(name) {
			name = ending.ReplaceAllString(name, "")
		}
		if !allowed[name] {
			return m[1]
		}
	}
	return ""
}
