package docx

import (
	"fmt"
	"strings"

	"github.com/yunjian-io/yunjian/collector/report"
	"github.com/yunjian-io/yunjian/collector/report/render/page"
)

// borders of tables: fine lines, stronger above and below.
const borders = `<w:tblBorders><w:top w:val="single" w:sz="8" w:color="000000"/><w:left w:val="nil"/><w:bottom w:val="single" w:sz="8" w:color="000000"/><w:right w:val="nil"/>` +
	`<w:insideH w:val="single" w:sz="4" w:color="808080"/><w:insideV w:val="single" w:sz="4" w:color="808080"/></w:tblBorders>`

func (b *body) open(widths []float64, borders string) {
	total := 0
	var grid strings.Builder
	for _, w := range widths {
		total += twips(w)
		fmt.Fprintf(&grid, `<w:gridCol w:w="%d"/>`, twips(w))
	}
	side := twips(page.Padding)
	b.write(`<w:tbl><w:tblPr>`, fmt.Sprintf(`<w:tblW w:w="%d" w:type="dxa"/><w:jc w:val="center"/>`, total), borders, `<w:tblLayout w:type="fixed"/>`,
		fmt.Sprintf(`<w:tblCellMar><w:left w:w="%d" w:type="dxa"/><w:right w:w="%d" w:type="dxa"/></w:tblCellMar>`, side, side),
		`</w:tblPr><w:tblGrid>`, grid.String(), `</w:tblGrid>`)
}

// cell writes a cell with paragraphs that are markup already.
func (b *body) cell(width float64, properties string, paragraphs ...string) {
	b.write(fmt.Sprintf(`<w:tc><w:tcPr><w:tcW w:w="%d" w:type="dxa"/>%s</w:tcPr>`, twips(width), properties))
	b.write(paragraphs...)
	b.write(`</w:tc>`)
}

func sized(points float64) string {
	return `<w:sz w:val="` + halves(points) + `"/><w:szCs w:val="` + halves(points) + `"/>`
}

func styled(style, properties, text string) string {
	return `<w:p><w:pPr><w:pStyle w:val="` + style + `"/></w:pPr>` + run(properties, text) + `</w:p>`
}

func (b *body) table(p *page.Part) {
	b.paragraph("TableTitle", p.Title)
	if p.Note != "" {
		b.paragraph("TableNote", p.Note)
	}
	if len(p.Rows) == 0 {
		b.paragraph("Text", p.Empty)
		return
	}
	b.open(p.Widths, borders)
	b.write(`<w:tr><w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>`)
	for k, h := range p.Heads {
		b.cell(p.Widths[k], `<w:shd w:val="clear" w:color="auto" w:fill="EEEEEE"/><w:vAlign w:val="center"/>`, styled("TableHead", sized(p.Size), h.Text))
	}
	b.write(`</w:tr>`)
	for i, row := range p.Rows {
		b.write(`<w:tr><w:trPr><w:cantSplit/></w:trPr>`)
		bold := ""
		if p.Total && i == len(p.Rows)-1 {
			bold = `<w:b/>`
		}
		for k, c := range row {
			style := "TableText"
			if p.Heads[k].Kind != report.KindText {
				style = "TableNumber"
			}
			lines := []string{styled(style, bold+sized(p.Size), c.Text)}
			if c.Tag != "" {
				lines = []string{form(style, sized(p.Size), p.Heads[k].Text, &c)}
			}
			if c.Note != "" {
				lines = append(lines, styled(style, bold+sized(p.Notes), c.Note))
			}
			b.cell(p.Widths[k], "", lines...)
		}
		b.write(`</w:tr>`)
	}
	b.write(`</w:tbl>`)
	b.paragraph("Note", p.More) // also keeps two tables from growing together
}

// cards of a row, and the sizes of their texts.
const (
	cardsPerRow = 4
	cardValue   = page.SizeFour
)

func (b *body) cards(cards []report.Card, inner float64) {
	widths := make([]float64, cardsPerRow)
	for k := range widths {
		widths[k] = inner / cardsPerRow
	}
	b.open(widths, borders)
	for i := 0; i < len(cards); i += cardsPerRow {
		b.write(`<w:tr><w:trPr><w:cantSplit/></w:trPr>`)
		for k := range cardsPerRow {
			if i+k >= len(cards) {
				b.cell(widths[k], "", styled("TableText", "", ""))
				continue
			}
			c := cards[i+k]
			lines := []string{styled("TableText", sized(page.SizeSmallFive), c.Label), styled("TableText", `<w:b/>`+sized(cardValue), c.Value)}
			if c.Note != "" {
				lines = append(lines, styled("TableText", sized(page.SizeSmallFive), c.Note))
			}
			b.cell(widths[k], "", lines...)
		}
		b.write(`</w:tr>`)
	}
	b.write(`</w:tbl>`)
	b.paragraph("Note", "")
}

// labelWidth is that of the names on the cover, in mm.
const labelWidth = 48

// cover is a table of names and values; those that a person fills are content controls.
func (b *body) cover(pairs []report.Pair) {
	if len(pairs) == 0 {
		return
	}
	widths := []float64{labelWidth, page.FrameOf(false).Inner() - labelWidth}
	b.open(widths, borders)
	size := sized(page.SizeSmallFour)
	for _, p := range pairs {
		b.write(`<w:tr><w:trPr><w:cantSplit/></w:trPr>`)
		b.cell(widths[0], "", styled("TableText", size, p.Label))
		value := run(size, p.Value)
		if p.Tag != "" {
			value = `<w:sdt>` + control(p.Tag, p.Label, false) + `<w:sdtContent>` + value + `</w:sdtContent></w:sdt>`
		}
		b.cell(widths[1], "", `<w:p><w:pPr><w:pStyle w:val="TableText"/></w:pPr>`+value+`</w:p>`)
		b.write(`</w:tr>`)
	}
	b.write(`</w:tbl>`)
	b.paragraph("Note", "")
}

// room is what an empty cell of a form shows, so that there is something to click on.
const room = "\u3000\u3000"

// form is a cell that a person fills in.
func form(style, properties, label string, c *report.Cell) string {
	text := c.Text
	if text == "" {
		text = room
	}
	return `<w:p><w:pPr><w:pStyle w:val="` + style + `"/></w:pPr><w:sdt>` + control(c.Tag, label, c.Text == "") + `<w:sdtContent>` + run(properties, text) + `</w:sdtContent></w:sdt></w:p>`
}
