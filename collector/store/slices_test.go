package store_test

import (
	"strings"
	"testing"

	"github.com/yunjian-io/yunjian/collector/store"
)

func TestServerSQL(t *testing.T) {
	s := rig.Open(t)
	text, err := s.ServerSQL(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "../../deploy/clickhouse/grafana.sql", text)
	parsed := 0
	for statement := range strings.SplitSeq(text, ";\n\n") {
		if strings.TrimSpace(statement) == "" {
			continue
		}
		parsed++
		lines := 0
		err := s.Each(t.Context(), "EXPLAIN AST "+statement, nil, func(scan func(...any) error) error {
			lines++
			var line string
			return scan(&line)
		})
		if err != nil || lines == 0 {
			t.Errorf("the engine does not parse it: %v\n%s", err, statement)
		}
	}
	if parsed < 80 {
		t.Errorf("only %d statements; has the splitting changed?", parsed)
	}
	if strings.Contains(text, "$") {
		t.Error("a placeholder is left")
	}
	// What the office alone may read is granted to nobody else.
	_, parties, _ := strings.Cut(text, "-- Part 3")
	for _, table := range []string{"filing_documents", "schema_migrations", "derive_pending"} {
		if strings.Contains(parties, table) {
			t.Errorf("%s is granted to a provider or unit", table)
		}
	}
}

// A name of a party goes into conditions as a text, whatever it holds.
func TestReadingsQuoteNames(t *testing.T) {
	s := rig.Open(t)
	for _, name := range []string{`x' OR 1 = 1 --`, `\`, `$unit $held(at)`} {
		readings, err := s.Readings(t.Context(), store.Slice{Unit: name})
		if err != nil {
			t.Fatal(err)
		}
		want := "unit = '" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(name) + "'"
		if got := readings["findings"].Filter; got != want {
			t.Errorf("condition for %q: got %s, want %s", name, got, want)
		}
		if got := readings["usage"].Filter; got != "host IN (SELECT toUInt64(0) WHERE 0)" {
			t.Errorf("a unit without hosts has the condition %s", got)
		}
	}
}
