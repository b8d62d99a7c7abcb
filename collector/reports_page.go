package collector

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/yunjian-io/yunjian/rules/calendar"
	"github.com/yunjian-io/yunjian/rules/filing"
)

//go:embed reports_page.html
var reportsPage string

// pageText is every word of the page of reports.
type pageText struct {
	Title  string                  `yaml:"title"`
	Month  string                  `yaml:"month"`
	About  string                  `yaml:"about"`
	Unit   string                  `yaml:"unit"`
	Size   string                  `yaml:"size"`
	None   string                  `yaml:"none"`
	States map[filing.State]string `yaml:"states"`
}

// pageMonth are the reports of a month on the page.
type pageMonth struct {
	Month   calendar.Month
	Reports []pageReport
}

type pageReport struct {
	filing.Head
	Kind, State string
	Files       []pageFile
}

type pageFile struct {
	filing.File
	Href string
}

// wantsPage says that a browser asks, which prefers a page to JSON.
func wantsPage(r *http.Request) bool {
	return strings.HasPrefix(strings.TrimSpace(r.Header.Get("Accept")), "text/html")
}

// pageOf lists reports for persons, the latest month first.
func pageOf(reports []filedReport) ([]byte, error) {
	w, err := loadDeliveryText()
	if err != nil {
		return nil, err
	}
	var months []pageMonth
	for i := range reports {
		x := &reports[i]
		n := slices.IndexFunc(months, func(m pageMonth) bool { return m.Month == x.Month })
		if n < 0 {
			n = len(months)
			months = append(months, pageMonth{Month: x.Month})
		}
		row := pageReport{Head: x.Head, Kind: or(w.Kinds[x.Kind], x.Kind), State: or(w.Page.States[x.State], string(x.State))}
		for _, f := range x.Files {
			row.Files = append(row.Files, pageFile{f, reportsPath + "/" + url.PathEscape(x.ID) + "/" + url.PathEscape(f.Name)})
		}
		months[n].Reports = append(months[n].Reports, row)
	}
	slices.SortStableFunc(months, func(a, b pageMonth) int { return b.Month.Compare(a.Month) })
	t, err := template.New("reports").Parse(reportsPage)
	if err != nil {
		return nil, fmt.Errorf("read page of reports: %w", err)
	}
	var out bytes.Buffer
	if err := t.Execute(&out, map[string]any{"Words": w.Page, "Months": months}); err != nil {
		return nil, fmt.Errorf("print page of reports: %w", err)
	}
	return out.Bytes(), nil
}
