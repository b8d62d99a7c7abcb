package docx

import (
	"archive/zip"
	"bytes"
	_ "embed"
	"encoding/xml"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/yunjian-io/yunjian/collector/report"
	"github.com/yunjian-io/yunjian/collector/report/render/page"
	"github.com/yunjian-io/yunjian/collector/report/typeface"
)

//go:embed text.yaml
var textFile []byte

// words are the names of the fonts and the fixed letters of the format.
type words struct {
	Fonts struct {
		Title      string `yaml:"title"`
		Heading    string `yaml:"heading"`
		Subheading string `yaml:"subheading"`
		Body       string `yaml:"body"`
		Page       string `yaml:"page"`
	} `yaml:"fonts"`
	Dash string `yaml:"dash"`
}

// part is a file of the package.
type part struct {
	name string
	data []byte
}

// zipEpoch is the time of every part in the package; ZIP knows none before 1980.
func zipEpoch() time.Time { return time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC) }

// Render prints the document. at is the time that the file says it was made, which
// comes from the data. The typeface letters the pictures of charts only.
func Render(d report.Document, at time.Time, face *typeface.Face) ([]byte, error) {
	var w words
	if err := yaml.Unmarshal(textFile, &w); err != nil {
		return nil, fmt.Errorf("render DOCX report: read words: %w", err)
	}
	b := &body{words: w, face: face}
	if err := b.document(&d); err != nil {
		return nil, fmt.Errorf("render DOCX report: %w", err)
	}
	parts := []part{
		{"[Content_Types].xml", []byte(contentTypes(len(b.heads)))},
		{"_rels/.rels", []byte(packageRelations)},
		{"docProps/app.xml", []byte(appProperties)},
		{"docProps/core.xml", []byte(coreProperties(&d, at))},
		{"word/_rels/document.xml.rels", []byte(b.relations())},
		{"word/document.xml", []byte(b.out.String())},
	}
	for i, side := range []string{"right", "left"} { // odd pages, even pages
		parts = append(parts, part{fmt.Sprintf("word/footer%d.xml", i+1), []byte(footer(w, side))})
	}
	for i, text := range b.heads {
		for side := 1; side <= 2; side++ { // odd pages, even pages
			parts = append(parts, part{fmt.Sprintf("word/header%d.xml", 2*i+side), []byte(header(w, d.Marks, text, 2*i+side))})
		}
	}
	for i, p := range b.pictures {
		parts = append(parts, part{fmt.Sprintf("word/media/chart%d.png", i+1), p})
	}
	parts = append(parts, part{"word/settings.xml", []byte(settings)}, part{"word/styles.xml", []byte(styles(w))})
	return pack(parts)
}

func pack(parts []part) ([]byte, error) {
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, p := range parts {
		f, err := z.CreateHeader(&zip.FileHeader{Name: p.name, Method: zip.Deflate, Modified: zipEpoch()})
		if err == nil {
			_, err = f.Write(p.data)
		}
		if err != nil {
			return nil, fmt.Errorf("render DOCX report: %w", err)
		}
	}
	if err := z.Close(); err != nil {
		return nil, fmt.Errorf("render DOCX report: %w", err)
	}
	return out.Bytes(), nil
}

// escape makes foreign text harmless in markup and attributes; what XML cannot
// hold becomes U+FFFD.
func escape(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a Builder does not fail
	return b.String()
}

// twips converts mm to twentieths of a point.
func twips(mm float64) int { return whole(mm * page.PointsPerMM * 20) }

func whole(v float64) int { return int(math.Round(v)) }

// halves is a size of type as WordprocessingML counts it.
func halves(points float64) string { return strconv.Itoa(whole(points * 2)) }

func (b *body) relations() string {
	var s strings.Builder
	s.WriteString(xmlHead + `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">`)
	add := func(id, kind, target string) {
		fmt.Fprintf(&s, `<Relationship Id="%s" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/%s" Target="%s"/>`, id, kind, target)
	}
	add("styles", "styles", "styles.xml")
	add("settings", "settings", "settings.xml")
	for i := range b.heads {
		add(headID("headerOdd", i), "header", fmt.Sprintf("header%d.xml", 2*i+1))
		add(headID("headerEven", i), "header", fmt.Sprintf("header%d.xml", 2*i+2))
	}
	add("footerOdd", "footer", "footer1.xml")
	add("footerEven", "footer", "footer2.xml")
	for i := range b.pictures {
		add(fmt.Sprintf("chart%d", i+1), "image", fmt.Sprintf("media/chart%d.png", i+1))
	}
	s.WriteString(`</Relationships>`)
	return s.String()
}
