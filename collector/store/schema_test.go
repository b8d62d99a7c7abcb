package store_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/yunjian-io/yunjian/collector/store"
	"github.com/yunjian-io/yunjian/internal/wire"
)

var update = flag.Bool("update", false, "write the generated files")

// golden compares text with a file of the repository, or writes it with -update.
func golden(t *testing.T, name, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s is not what the schema says; run `make docs` and read the change:\n%s", name, diff)
	}
}

func TestSchemaDoc(t *testing.T) {
	s := rig.Open(t)
	doc, err := s.SchemaDoc(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "../../docs/schema.md", doc)
	err = s.Each(t.Context(), "SELECT table, name FROM system.columns WHERE database = currentDatabase() AND comment = '' AND table IN (SELECT name FROM system.tables WHERE database = currentDatabase() AND engine != 'View')",
		nil, func(scan func(...any) error) error {
			var table, column string
			err := scan(&table, &column)
			t.Errorf("%s.%s has no comment", table, column)
			return err
		})
	if err != nil {
		t.Fatal(err)
	}
}

// Every host total has its stored column and its alias in usage and usage_5m, as
// internal/wire says.
func TestColumnsAreThoseOfWire(t *testing.T) {
	s := rig.Open(t)
	for _, table := range []string{"usage", "usage_5m"} {
		got := map[string]string{}
		err := s.Each(t.Context(), "SELECT name, type || ' ' || default_expression FROM system.columns WHERE database = currentDatabase() AND table = {table:String}",
			map[string]any{"table": table}, func(scan func(...any) error) error {
				var name, kind string
				err := scan(&name, &kind)
				got[name] = kind
				return err
			})
		if err != nil {
			t.Fatal(err)
		}
		for i, m := range wire.Totals() {
			if table == "usage_5m" && i == wire.IntervalSeconds {
				continue
			}
			if want := fmt.Sprintf("Int%d ", m.Bits); got[m.Stored] != want {
				t.Errorf("%s.%s is %q; want %q", table, m.Stored, got[m.Stored], want)
			}
			if m.Aliased() && !strings.Contains(got[m.Name], "Nullable(") {
				t.Errorf("%s.%s is %q; want a Nullable alias", table, m.Name, got[m.Name])
			}
			if m.Aliased() && !strings.HasSuffix(got[m.Name], " "+m.NaturalSQL()) {
				t.Errorf("%s.%s is %q; want the alias %q", table, m.Name, got[m.Name], m.NaturalSQL())
			}
		}
	}
}

func TestClusterSQL(t *testing.T) {
	s := rig.Open(t)
	steps, err := store.Migrations()
	if err != nil {
		t.Fatal(err)
	}
	parsed := 0
	for _, m := range steps {
		text, err := store.ClusterSQL(m)
		if err != nil {
			t.Fatal(err)
		}
		golden(t, fmt.Sprintf("../../deploy/clickhouse/cluster/%04d_%s.sql", m.Number, m.Name), text)
		for statement := range strings.SplitSeq(text, ";\n") {
			if statement = strings.TrimSpace(statement); statement == "" {
				continue
			}
			parsed++
			ast := ""
			err := s.Each(t.Context(), "EXPLAIN AST "+statement, nil, func(scan func(...any) error) error {
				var line string
				err := scan(&line)
				ast += line + "\n"
				return err
			})
			if err != nil || ast == "" {
				t.Errorf("the engine does not parse it: %v\n%s", err, statement)
			}
		}
	}
	if parsed < 30 {
		t.Errorf("only %d statements; has the splitting changed?", parsed)
	}
	for _, wrong := range []string{"CREATE TABLE x (\n a Int8\n) ENGINE = MergeTree", "DROP TABLE x"} {
		if _, err := store.ClusterStatements(store.Migration{Statements: []string{wrong}}); err == nil {
			t.Errorf("%q has a cluster form", wrong)
		}
	}
}
