package collector_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/yunjian-io/yunjian/collector"
	"github.com/yunjian-io/yunjian/collector/report"
	renderhtml "github.com/yunjian-io/yunjian/collector/report/render/html"
	"github.com/yunjian-io/yunjian/rules/calendar"
)

// notices builds what the command prints of the month of a case file.
func (f *caseFile) notices(t *testing.T, unit string, asOf calendar.Date) []collector.Built {
	t.Helper()
	pack, err := collector.LoadRules("")
	if err != nil {
		t.Fatal(err)
	}
	built, err := collector.Builders()[report.KindNotice].Build(t.Context(), collector.BuildAsk{
		DB: f.db, Pack: pack, Month: f.month, Provider: "p", Unit: unit, Day: asOf, Program: "test", Say: quiet,
	})
	if err != nil {
		t.Fatal(err)
	}
	return built
}

func pageOf(t *testing.T, d report.Document) string {
	t.Helper()
	page, err := renderhtml.Render(d)
	if err != nil {
		t.Fatal(err)
	}
	return textOf(page)
}

func checkGolden(t *testing.T, name, got string) {
	t.Helper()
	golden := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("%s (-golden +got):\n%s", name, diff)
	}
}

// TestNotice: the notice after the judgement, and the forms as the steps are recorded.
func TestNotice(t *testing.T) {
	f := newCaseFile(t)
	f.open(t)
	before := f.notices(t, "N-1", calendar.Date{})
	checkGolden(t, "notice.golden.txt", pageOf(t, before[0].Document))
	f.decideCase(t)
	f.implementCase(t)
	built := f.notices(t, "", calendar.Date{})
	checkGolden(t, "notice-office.golden.txt", pageOf(t, built[0].Document))
	checkGolden(t, "notice-implemented.golden.txt", pageOf(t, built[1].Document))
}
