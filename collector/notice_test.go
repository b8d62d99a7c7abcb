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
	return buildAll(t, report.KindNotice, collector.BuildAsk{
		DB: f.db, Pack: pack, Month: f.month, Provider: "p", Unit: unit, AsOf: asOf, Program: "test", Say: quiet,
	})
}

// buildAll makes all reports of a kind.
func buildAll(t *testing.T, kind string, ask collector.BuildAsk) (out []collector.Built) {
	t.Helper()
	parts, err := collector.Builders()[kind].Build(t.Context(), ask)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range parts {
		built, err := part()
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, built)
	}
	return out
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
	places := tagsOf(t, before[0].Document)
	f.decideCase(t)
	f.implementCase(t)
	built := f.notices(t, "", calendar.Date{})
	checkGolden(t, "notice-office.golden.txt", pageOf(t, built[0].Document))
	checkGolden(t, "notice-implemented.golden.txt", pageOf(t, built[1].Document))
	// The places of what is not recorded yet are those of the first draft; the sheets of C6 have
	// come with the approval.
	left := 0
	for tag := range tagsOf(t, built[1].Document) {
		if places[tag] {
			left++
		} else if !strings.HasPrefix(tag, "c6.") {
			t.Errorf("the place %s was not in the first draft", tag)
		}
	}
	if left < 20 || len(places) <= left {
		t.Errorf("%d of %d places are left", left, len(places))
	}
}

// tagsOf are the places of a document that people write in, each of which stands there once.
func tagsOf(t *testing.T, d report.Document) map[string]bool {
	t.Helper()
	out := map[string]bool{}
	add := func(tag string) {
		if tag == "" {
			return
		}
		if out[tag] || len(tag) > 64 { // more is cut off by Word
			t.Errorf("the tag %q stands there twice, or is too long", tag)
		}
		out[tag] = true
	}
	for _, p := range d.Cover {
		add(p.Tag)
	}
	for _, s := range d.Sections {
		for _, b := range s.Blocks {
			if b.Blank != nil {
				add(b.Blank.Tag)
			}
			if b.Table == nil {
				continue
			}
			for _, row := range b.Table.Rows {
				for _, c := range row {
					add(c.Tag)
				}
			}
		}
	}
	return out
}
