package query

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func testRules() Rules {
	return Rules{Database: "db", Tables: map[string]Table{
		"usage": {}, "hosts": {Filter: "provider = 'p'"}, "secret": {Refused: "it is for the office"}, "system.columns": {Only: []string{"name"}}, "runs": {Hidden: []string{"rows"}},
	}}
}

func TestFirst(t *testing.T) {
	for _, test := range []struct {
		text, want string // text of the judged statement
		tree       string // what its tree is made of
	}{
		{"SELECT 1", "SELECT 1", "SELECT 1"},
		{" SELECT 1 ; -- done", "SELECT 1", "SELECT 1"},
		{"SELECT/* a */1--x\n+2", "SELECT 1 \n+2", "SELECT 1 \n+2"},
		{"SELECT '/* a */ -- b', \"c--d\"", "SELECT '/* a */ -- b', \"c--d\"", "SELECT '/* a */ -- b', \"c--d\""},
		{"SELECT -/**/-1", "SELECT - -1", "SELECT - -1"},
		{"explain /**/ query tree SELECT 1", "EXPLAIN QUERY TREE SELECT 1", "SELECT 1"},
		{"EXPLAIN SELECT 1", "EXPLAIN SELECT 1", "SELECT 1"},
		{"DESC TABLE (SELECT 1)", "DESCRIBE TABLE ((SELECT 1)\n)", "(SELECT 1)"},
		{"desc \"db\".`usage`", "DESCRIBE TABLE `db`.`usage`", ""},
		{"DESC table", "", ""},
		{"SHOW CREATE TABLE usage", "SHOW CREATE TABLE `db`.`usage`", ""},
		{"SHOW DATABASES", "SELECT name FROM system.databases WHERE name = 'db'", ""},
		{"SHOW TABLES FROM db", "SELECT name FROM system.tables WHERE database = 'db' AND name IN ('', 'hosts', 'runs', 'usage') ORDER BY name", ""},
	} {
		got, err := NewJudge().First(test.text, testRules())
		if err != nil {
			if test.want != "" {
				t.Errorf("%q: %v", test.text, err)
			}
			continue
		}
		if diff := cmp.Diff([]string{test.want, test.tree}, []string{got.Text, got.Select}); diff != "" {
			t.Errorf("%q (-want +got):\n%s", test.text, diff)
		}
	}
}

func TestCheck(t *testing.T) {
	const head = "SelectWithUnionQuery (children 1)\n ExpressionList (children 1)\n  SelectQuery (children 2)\n"
	for _, test := range []struct {
		name, tree, text string
		want             string // part of the error
		tables           []string
	}{
		{"plain", head + "   ExpressionList (children 1)\n    Function sum (alias x) (children 1)\n     ExpressionList (children 1)\n      Identifier y\n   TablesInSelectQuery (children 1)\n    TablesInSelectQueryElement (children 1)\n     TableExpression (children 1)\n      TableIdentifier db.usage (alias u)\n", "SELECT 1", "", []string{"usage"}},
		{"two roots", head + "SelectWithUnionQuery (children 1)\n", "SELECT 1", "cannot be read", nil},
		{"gap", head + "     Literal 1\n", "SELECT 1", "cannot be read", nil},
		{"nothing", "", "SELECT 1", "no tree", nil},
		{"insert", "InsertQuery\n", "SELECT 1", "not one question alone", nil},
		{"with format", "SelectWithUnionQuery (children 2)\n ExpressionList\n Identifier JSON\n", "SELECT 1", "not one question alone", nil},
		{"settings", head + "   ExpressionList\n   Set\n", "SELECT 1", "holds a Set", nil},
		{"unknown node", head + "   DropQuery\n", "SELECT 1", "holds a DropQuery", nil},
		{"function", head + "   Function file (children 1)\n", "SELECT 1", `"file"`, nil},
		{"function with an alias like one that is listed", head + "   Function file (alias sum) (children 1)\n", "SELECT 1", `"file"`, nil},
		{"table function", head + "   TableExpression (children 1)\n    Function upper (children 1)\n", "SELECT 1", "table functions", nil},
		{"table", head + "   TableIdentifier secret\n", "SELECT 1", "for the office", nil},
		{"named in WITH", head + "   TableIdentifier c\n", "WITH c AS (SELECT 1) SELECT 1", "", []string{}},
		{"not named in WITH", head + "   TableIdentifier d\n", "WITH c AS (SELECT 1) SELECT 1", "may not be read", nil},
		{"behind IN", head + "   Function notIn (children 1)\n    ExpressionList (children 2)\n     Identifier x\n     Identifier secret\n", "SELECT 1", "for the office", nil},
		{"alias behind IN", head + "   Function in (children 1)\n    ExpressionList (children 2)\n     Identifier x\n     Identifier ids\n", "SELECT 1", "", []string{}},
		{"bare function", head + "   Function arrayMap (children 1)\n    ExpressionList (children 2)\n     Identifier file\n     Identifier x\n", "SELECT 1", "name for that of a function", nil},
		{"column", head + "   Identifier c.bytes\n   TablesInSelectQuery (children 1)\n    TableIdentifier system.columns\n", "SELECT 1", `"bytes"`, nil},
		{"asterisk", head + "   ExpressionList (children 1)\n    Asterisk\n   TablesInSelectQuery (children 1)\n    TableIdentifier runs\n", "SELECT 1", "All columns", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			j := NewJudge()
			judged, err := j.First(test.text, testRules())
			if err != nil {
				t.Fatal(err)
			}
			got, err := j.Check(test.tree, judged, testRules())
			if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
				t.Fatalf("got error %v, want %q", err, test.want)
			}
			if diff := cmp.Diff(test.tables, got); diff != "" {
				t.Errorf("tables (-want +got):\n%s", diff)
			}
		})
	}
}

func TestFilters(t *testing.T) {
	rules := testRules()
	rules.Tables["runs"] = Table{Filter: `a = 'it''s \'`}
	want := `{'db.hosts':'provider = \'p\'','db.runs':'a = \'it\'\'s \\\''}`
	if diff := cmp.Diff(want, rules.Filters()); diff != "" {
		t.Errorf("filters (-want +got):\n%s", diff)
	}
}

func TestAgent(t *testing.T) {
	got := agent("grafana/12 (X-Grafana-User:alice; dashboardUid:d; panel:7; os:linux; rule:) x")
	want := []any{"grafana_user=alice", "grafana_dashboard=d", "grafana_panel=7", "user_agent=grafana/12 (X-Grafana-User:alice; dashboardUid:d; panel:7; os:linux; rule:) x"}
	texts := make([]any, len(got))
	for i, a := range got {
		texts[i] = a.(interface{ String() string }).String()
	}
	if diff := cmp.Diff(want, texts); diff != "" {
		t.Errorf("attributes (-want +got):\n%s", diff)
	}
}

// FuzzFirst holds what passes against what must be true of it, whatever came in.
func FuzzFirst(f *testing.F) {
	for _, text := range []string{
		"SELECT 1", "WITH a AS (SELECT 1) SELECT * FROM a -- x", "EXPLAIN QUERY TREE SELECT sum(x) FROM usage", "DESC (SELECT 'a''b')", "SHOW TABLES FROM db",
		"SELECT file('/etc/passwd')", "SELECT 1 INTO OUTFILE 'x'", "SELECT 1; DROP TABLE x", "SELECT/**/\"a\"", "SELECT $$x$$", "SELECT - -1 /* */ FORMAT JSON", "(SELECT 1)",
		"SELECT `a`.`b`(1)", "SELECT sumIf(x, y) OVER (PARTITION BY z)", "SELECT x IN hosts SETTINGS a = 1", "SELECT '\\'' , 1 -- '", "SELECT 1;;;", "SELECT CAST(x AS Array(String))",
	} {
		f.Add(text)
	}
	j, rules := NewJudge(), testRules()
	f.Fuzz(func(t *testing.T, statement string) {
		got, err := j.First(statement, rules)
		if err != nil {
			if _, ok := errors.AsType[*RefusedError](err); !ok {
				t.Fatalf("%q: %v is no refusal", statement, err)
			}
			return
		}
		tokens, clean, err := scan(got.Text)
		if err != nil || clean != got.Text {
			t.Fatalf("%q became %q, which is not clean: %v", statement, got.Text, err)
		}
		if got.Select == "" {
			return
		}
		if !strings.Contains(got.Text, got.Select) {
			t.Fatalf("%q: %q is not what was judged, %q", statement, got.Text, got.Select)
		}
		again, err := j.First(got.Select, rules)
		if err != nil || again.Select != got.Select {
			t.Fatalf("%q: %q does not pass again: %q, %v", statement, got.Select, again.Select, err)
		}
		for i, tok := range tokens {
			switch upper := tok.upper(); {
			case slices.Contains([]string{"INTO", "OUTFILE", "SETTINGS", "FORMAT", "APPLY", "PARALLEL"}, upper), tok.is(";"), tok.is("{"), tok.is("$"):
				t.Fatalf("%q: %q passed", statement, tok.text)
			case tok.kind != symbol && tok.kind != text && i+1 < len(tokens) && tokens[i+1].is("(") && strings.EqualFold(tok.text, "file"):
				t.Fatalf("%q: a call of file passed", statement)
			}
		}
	})
}

// FuzzCheck reads whatever tree.
func FuzzCheck(f *testing.F) {
	f.Add("SelectWithUnionQuery (children 1)\n ExpressionList (children 1)\n  SelectQuery (children 1)\n   Function in (children 1)\n    ExpressionList (children 2)\n     Identifier a\n     Identifier b\n")
	f.Add("Asterisk\n")
	f.Add("SelectWithUnionQuery (children 1)\n Asterisk\n")
	j, rules := NewJudge(), testRules()
	f.Fuzz(func(t *testing.T, tree string) {
		tables, err := j.Check(tree, Judged{}, rules)
		if err != nil {
			if _, ok := errors.AsType[*RefusedError](err); !ok {
				t.Fatalf("%v is no refusal", err)
			}
			return
		}
		for _, table := range tables {
			if known, ok := rules.Tables[table]; !ok || known.Refused != "" {
				t.Fatalf("table %q passed", table)
			}
		}
		for line := range strings.Lines(tree) {
			name, ok := strings.CutPrefix(strings.TrimSpace(line), "Function ")
			if ok && strings.HasPrefix(name+" ", "file ") {
				t.Fatalf("file passed: %q", tree)
			}
		}
	})
}
