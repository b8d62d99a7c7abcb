package html

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"slices"
	"strings"

	"github.com/yunjian-io/yunjian/collector/report"
	"github.com/yunjian-io/yunjian/collector/report/chart"
)

//go:embed templates/report.html templates/style.css
var templates embed.FS

// wideColumns is the number of columns from which a table goes on a landscape
// page; tables of at most narrowColumns are not stretched to the width of the page.
const (
	wideColumns   = 10
	narrowColumns = 5
)

func wide(t *report.Table) bool { return len(t.Heads) >= wideColumns }

// Render prints the document. The same document gives the same bytes.
func Render(d report.Document) ([]byte, error) {
	style, err := templates.ReadFile("templates/style.css")
	if err != nil {
		return nil, fmt.Errorf("render HTML report: %w", err)
	}
	functions := template.FuncMap{
		// The drawing escapes every foreign text in it; its own tests hold that.
		"chart": func(c *chart.Chart) template.HTML {
			d := chart.Draw(c)
			return template.HTML(d.SVG(c.Title))
		},
		"numeric": func(k report.Kind) bool { return k != report.KindText },
		"wide":    wide,
		"narrow":  func(t *report.Table) bool { return len(t.Heads) <= narrowColumns },
		"landscape": func(s report.Section) bool {
			return slices.ContainsFunc(s.Blocks, func(b report.Block) bool { return b.Table != nil && wide(b.Table) && len(b.Table.Rows) > 0 })
		},
		"spark": func(c *chart.Chart) bool { return c.Kind == chart.Spark },
		"last":  func(i int, t *report.Table) bool { return t.Total && i == len(t.Rows)-1 },
		"lines": func(s string) []string { return strings.Split(s, "\n") },
		"join":  func(words []string) string { return strings.Join(words, "  ") },
		// The style is a file of this package; no foreign text is in it.
		"style": func() template.CSS { return template.CSS(style) },
	}
	page, err := template.New("report.html").Funcs(functions).ParseFS(templates, "templates/report.html")
	if err != nil {
		return nil, fmt.Errorf("render HTML report: %w", err)
	}
	var b bytes.Buffer
	if err := page.Execute(&b, d); err != nil {
		return nil, fmt.Errorf("render HTML report: %w", err)
	}
	return b.Bytes(), nil
}
