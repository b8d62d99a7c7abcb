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

// group are the blocks of a section that have printed pages of their own, and all others.
type group struct {
	// Page names the pages, Head is the text in the head of each; both are empty for others.
	Page, Head string
	Landscape  bool
	Blocks     []report.Block
}

// groups divides a section where a heading wants pages of its own. Text before the first one
// stays with it.
func groups(s report.Section) []group {
	out := []group{{Landscape: landscape(s)}}
	level := 0
	for i, b := range s.Blocks {
		now := &out[len(out)-1]
		h := b.Heading
		switch {
		case h != nil && h.Page:
			level = h.Level
			opening := len(out) == 1 && !slices.ContainsFunc(s.Blocks[:i], func(b report.Block) bool { return b.Paragraph == "" })
			if !opening {
				out = append(out, group{})
				now = &out[len(out)-1]
			}
			now.Page, now.Head, now.Landscape = fmt.Sprintf("own-%s-%d", s.ID, len(out)), h.Text, out[0].Landscape
		case h != nil && h.Level <= level:
			level = 0
			out = append(out, group{Landscape: out[0].Landscape})
			now = &out[len(out)-1]
		}
		now.Blocks = append(now.Blocks, b)
	}
	return out
}

// own are the groups of all sections that have pages of their own.
func own(sections []report.Section) (out []group) {
	for _, s := range sections {
		for _, g := range groups(s) {
			if g.Page != "" {
				out = append(out, g)
			}
		}
	}
	return out
}

// landscape reports whether a section has a wide table, and so lies on paper.
func landscape(s report.Section) bool {
	return slices.ContainsFunc(s.Blocks, func(b report.Block) bool { return b.Table != nil && wide(b.Table) && len(b.Table.Rows) > 0 })
}

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
		"numeric":   func(k report.Kind) bool { return k != report.KindText },
		"wide":      wide,
		"narrow":    func(t *report.Table) bool { return len(t.Heads) <= narrowColumns },
		"landscape": landscape,
		"groups":    groups,
		"own":       own,
		"paged":     func(s report.Section) bool { return groups(s)[0].Page != "" },
		"spark":     func(c *chart.Chart) bool { return c.Kind == chart.Spark },
		"last":      func(i int, t *report.Table) bool { return t.Total && i == len(t.Rows)-1 },
		"lines":     func(s string) []string { return strings.Split(s, "\n") },
		"join":      func(words []string) string { return strings.Join(words, "  ") },
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
