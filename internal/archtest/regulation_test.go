package archtest

import (
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestRegulationNamesTests: every test that docs/regulation.md names exists, and each formula has a
// row that names one.
func TestRegulationNamesTests(t *testing.T) {
	root := os.DirFS("../..")
	text, err := fs.ReadFile(root, "docs/regulation.md")
	if err != nil {
		t.Fatal(err)
	}
	there := map[string]bool{}
	declared := regexp.MustCompile(`(?m)^func (Test\w+)\(`)
	err = fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(name, "_test.go") {
			return err
		}
		code, err := fs.ReadFile(root, name)
		for _, match := range declared.FindAllSubmatch(code, -1) {
			there[string(match[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile("`(Test\\w+)")
	found := named.FindAllSubmatch(text, -1)
	if len(found) == 0 {
		t.Fatal("docs/regulation.md names no test")
	}
	for _, match := range found {
		if name := string(match[1]); !there[name] {
			t.Errorf("docs/regulation.md names %s, and no package has it", name)
		}
	}
	rows := map[string]bool{}
	_, formulas, _ := strings.Cut(string(text), "## Formulas")
	for line := range strings.Lines(formulas) {
		cells := strings.Split(line, "|")
		if len(cells) < 6 || !regexp.MustCompile(`^ F\d+ $`).MatchString(cells[1]) {
			continue
		}
		formula, printed, tests := strings.TrimSpace(cells[1]), strings.TrimSpace(cells[4]), cells[5]
		if rows[formula] || printed == "" || !named.MatchString(tests) && strings.TrimSpace(tests) != "同上" {
			t.Errorf("%s has two rows, or one without where it is printed and by what it is tested: %s", formula, line)
		}
		rows[formula] = true
	}
	for i := range 17 {
		if name := fmt.Sprintf("F%d", i+1); !rows[name] {
			t.Errorf("docs/regulation.md has no row for %s", name)
		}
	}
}
