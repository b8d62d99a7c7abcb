package collector_test

import (
	"math"
	"slices"
	"testing"

	"github.com/yunjian-io/yunjian/collector/report"
)

// TestEveryFigure: every figure that the reports A, B, S and C of the fixture print is claimed by
// an expectation that was computed without the program, and equals it.
func TestEveryFigure(t *testing.T) {
	f := figureMonth(t)
	explained := explanations(t)
	documents := f.documents(t)
	d := &definitions{t: t, done: map[string]*gauged{}}
	all := []*claims{usageClaims(d), securityClaims(d, "B"), securityClaims(d, "S"), securityClaims(d, "BS"), officeClaims(d)}
	for _, u := range figureUnits() {
		all = append(all, noticeClaims(t, d, f, u))
	}
	t.Run("by query", func(t *testing.T) { checkByQuery(t, f, d) })
	t.Run("A2-1 balances", func(t *testing.T) { checkBalance(t, walk("A", documents["A"]...)) })
	if len(documents) != len(all) {
		t.Errorf("%d documents; want those of %d expectations", len(documents), len(all))
	}
	for _, c := range all {
		t.Run(c.document, func(t *testing.T) {
			problems, met := c.problems(walk(c.document, documents[c.document]...), explained)
			slices.Sort(problems)
			for i, p := range problems {
				if i == 80 {
					t.Errorf("and %d more", len(problems)-i)
					break
				}
				t.Error(p)
			}
			t.Logf("%d figures", met)
		})
	}
}

// checkBalance adds the printed lines of A2-1 up: open + new + moved in + scaled up − moved out −
// scaled down − released = close (reports.md E 5).
func checkBalance(t *testing.T, all []shown) {
	signs := map[string]float64{"期初": 1, "新增": 1, "划入": 1, "扩容": 1, "划出": -1, "缩容": -1, "退订": -1, "期末": -1}
	sums, parts := map[string]float64{}, map[string]int{}
	for _, s := range all {
		if sign, ok := signs[s.column]; ok && s.section == "A2" && s.figure.State == report.Known {
			sums[s.row] += sign * s.figure.Value
			parts[s.row]++
		}
	}
	if len(sums) != 4+2*4 { // resources of all, and of two units
		t.Errorf("%d lines have figures; want 12", len(sums))
	}
	for row, sum := range sums {
		if math.Abs(sum) > 1e-12 || parts[row] != len(signs) {
			t.Errorf("%s: %d figures leave %v", row, parts[row], sum)
		}
	}
}
