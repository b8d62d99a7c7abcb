package collector_test

import (
	"slices"
	"testing"
)

// TestEveryFigure: every figure that the reports A, B, S and C of the fixture print is claimed by
// an expectation that was computed without the program, and equals it.
func TestEveryFigure(t *testing.T) {
	f := figureMonth(t)
	explained := explanations(t)
	documents := f.documents(t)
	d := &definitions{done: map[string]*gauged{}}
	all := []*claims{usageClaims(d), securityClaims(d), officeClaims(d)}
	for _, u := range figureUnits() {
		all = append(all, noticeClaims(t, d, f, u))
	}
	t.Run("by query", func(t *testing.T) { checkByQuery(t, f, d) })
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
