package report

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestHighLoad: table A3-4 follows the bounds of the rule file, and is empty without one.
func TestHighLoad(t *testing.T) {
	rule := func(cpu float64) []Rule {
		return []Rule{{ID: highLoadSystem, Parameters: []Parameter{{Name: "cpu_p95_min", Value: cpu}, {Name: "days_to_full_max", Value: 45}}}}
	}
	words, err := loadText()
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name  string
		rules []Rule
		want  []string
		note  string
	}{
		{"below", rule(0.7), nil, "CPU P95 超过 70%，或内存 P95 超过 未提供，或预计不足 45 日满额。"},
		{"above", rule(0.555), []string{"CPU P95 超过 55.5%"}, "CPU P95 超过 55.5%，或内存 P95 超过 未提供，或预计不足 45 日满额。"},
		{"no rule", nil, nil, "CPU P95 超过 未提供，或内存 P95 超过 未提供，或预计不足 未提供 日满额。"},
	} {
		b := builder{in: Input{Rules: test.rules}}
		// Memory has no bound here, so that no use of it is too much.
		b.out.Systems = make([]System, 1)
		b.out.Systems[0].CPUP95.Allocated, b.out.Systems[0].MemoryP95.Allocated = Of(0.6), Of(0.99)
		b.highLoad()
		table := loadTable(words, &b.out, 0)
		var got []string
		for _, row := range table.Rows {
			got = append(got, row[len(row)-1].Text)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
		if !strings.Contains(table.Note, test.note) {
			t.Errorf("%s: note %q; want %q", test.name, table.Note, test.note)
		}
	}
}
