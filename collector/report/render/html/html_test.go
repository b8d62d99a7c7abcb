package html_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/yunjian-io/yunjian/collector/report"
	"github.com/yunjian-io/yunjian/collector/report/chart"
	"github.com/yunjian-io/yunjian/collector/report/render/html"
)

const hostile = `"</style><script>alert('1')</script>&{{.}}` + "\x00"

func document() report.Document {
	cell := func(v float64) report.Cell {
		return report.Cell{Kind: report.KindPercent, Text: "1%", Note: hostile, Figure: report.Of(v)}
	}
	value := func(v float64) chart.Value { return chart.Value{Known: true, Number: v, Text: hostile} }
	name := report.Cell{Text: hostile}
	return report.Document{
		Title: hostile, Provider: hostile, Period: hostile, Marks: []string{hostile}, Notices: []string{hostile},
		Cover: []report.Pair{{Label: hostile, Value: hostile}},
		Sections: []report.Section{{ID: "A1", Heading: hostile, Blocks: []report.Block{
			{Paragraph: hostile},
			{Cards: []report.Card{{Label: hostile, Value: hostile, Note: hostile}}},
			{Heading: &report.Heading{Level: 2, Text: hostile}},
			{Blank: &report.Blank{Tag: "a", Label: hostile, Absent: hostile}},
			{Blank: &report.Blank{Tag: "b", Label: hostile, Text: hostile + "\n" + hostile}},
			{NotProvided: &report.Pair{Label: hostile, Value: hostile}},
			{Table: &report.Table{Title: hostile, Note: hostile, More: hostile, Heads: []report.Head{{Text: hostile}, {Text: hostile, Kind: report.KindPercent}}, Rows: [][]report.Cell{{name, cell(0.1)}, {name, cell(0.2)}}, Total: true}},
			{Table: &report.Table{Title: "empty", Empty: hostile}},
			{Chart: &chart.Chart{Title: hostile, Note: hostile, Kind: chart.Rows, Percent: true, Series: []string{hostile}, Lines: []float64{0.2}, Points: []chart.Point{{Label: strings.Repeat(hostile, 3), Values: []chart.Value{value(0.5)}}}}},
			{Chart: &chart.Chart{Title: hostile, Series: []string{hostile, "b"}, Points: []chart.Point{{Label: hostile, Values: []chart.Value{value(3), value(0)}}}}},
			{Chart: &chart.Chart{Title: "without points"}},
		}}},
	}
}

// No foreign text becomes markup, style or script, wherever it stands.
func TestHostileTextStaysText(t *testing.T) {
	page, err := html.Render(document())
	if err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(page, []byte("</style>")); n != 1 {
		t.Errorf("the style ends %d times; want once", n)
	}
	if bytes.Contains(bytes.ToLower(page), []byte("<script")) {
		t.Error("a name became a script")
	}
	again, err := html.Render(document())
	if err != nil || !bytes.Equal(page, again) {
		t.Errorf("the same document differs the second time: %v", err)
	}
}

// The drawing is well-formed and stays inside its view box.
func TestChartsAreWellFormed(t *testing.T) {
	page, err := html.Render(document())
	if err != nil {
		t.Fatal(err)
	}
	drawings := regexp.MustCompile(`(?s)<svg.*?</svg>`).FindAll(page, -1)
	if len(drawings) != 2 {
		t.Fatalf("%d drawings; want 2: a chart without points draws nothing", len(drawings))
	}
	for _, svg := range drawings {
		d := xml.NewDecoder(bytes.NewReader(svg))
		d.Entity = xml.HTMLEntity
		for {
			if _, err := d.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Errorf("drawing is not well-formed: %v\n%s", err, svg)
				break
			}
		}
		for _, number := range regexp.MustCompile(`(?:x|y|width|height)="([^"]*)"`).FindAllSubmatch(svg, -1) {
			if bytes.HasPrefix(number[1], []byte("-")) || bytes.ContainsAny(number[1], "NI") {
				t.Errorf("coordinate %s is outside", number[0])
			}
		}
	}
}
