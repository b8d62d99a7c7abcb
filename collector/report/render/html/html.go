package html

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"strings"

	"github.com/yunjian-io/yunjian/collector/report"
)

//go:embed templates/report.html templates/style.css
var templates embed.FS

// wideColumns is the number of columns from which a table goes on a landscape page.
const wideColumns = 10

// Render prints the document. The same document gives the same bytes.
func Render(d report.Document) ([]byte, error) {
	style, err := templates.ReadFile("templates/style.css")
	if err != nil {
		return nil, fmt.Errorf("render HTML report: %w", err)
	}
	functions := template.FuncMap{
		"chart":   draw,
		"numeric": func(k report.Kind) bool { return k != report.KindText },
		"wide":    func(t *report.Table) bool { return len(t.Heads) >= wideColumns },
		"last":    func(i int, t *report.Table) bool { return t.Total && i == len(t.Rows)-1 },
		"join":    func(words []string) string { return strings.Join(words, "  ") },
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
