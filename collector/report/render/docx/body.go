package docx

import (
	"fmt"
	"hash/crc32"
	"slices"
	"strings"

	"github.com/yunjian-io/yunjian/collector/report"
	"github.com/yunjian-io/yunjian/collector/report/chart"
	"github.com/yunjian-io/yunjian/collector/report/render/page"
	"github.com/yunjian-io/yunjian/collector/report/typeface"
)

// body writes word/document.xml.
type body struct {
	words
	face     *typeface.Face
	out      strings.Builder
	pictures [][]byte
	heads    []string // the texts in the heads of pages, by the number of their parts; the first is empty
}

func (b *body) write(parts ...string) {
	for _, p := range parts {
		b.out.WriteString(p)
	}
}

func (b *body) document(d *report.Document) error {
	b.write(xmlHead, `<w:document `, spaces, `><w:body>`)
	b.paragraph("Centered", d.Provider)
	b.paragraph("Title", d.Title)
	b.paragraph("Centered", d.Period)
	b.write(`<w:p><w:pPr><w:pStyle w:val="Text"/></w:pPr></w:p>`)
	for _, n := range d.Notices {
		b.paragraph("Text", n)
	}
	b.cover(d.Cover)
	lying, head := false, b.head("")
	for _, i := range page.Items(d) {
		if i.Lying != lying || i.NewPage {
			b.write(`<w:p><w:pPr><w:pStyle w:val="Break"/>`, section(lying, head), `</w:pPr></w:p>`)
			lying, head = i.Lying, b.head(i.Running)
		}
		if err := b.item(&i); err != nil {
			return err
		}
	}
	b.write(section(lying, head), `</w:body></w:document>`)
	return nil
}

// head is the number of the parts that have a text in the head of the page.
func (b *body) head(text string) int {
	n := slices.Index(b.heads, text)
	if n < 0 {
		n = len(b.heads)
		b.heads = append(b.heads, text)
	}
	return n
}

// section ends a section: its page, margins, grid, heads and feet. The grid is one
// of lines; 28 characters in a line come from the spacing of the styles, because
// LibreOffice gives each character two cells of a grid of characters.
func section(lying bool, head int) string {
	f := page.FrameOf(lying)
	orient := ""
	if lying {
		orient = ` w:orient="landscape"`
	}
	return `<w:sectPr><w:headerReference w:type="default" r:id="` + headID("headerOdd", head) + `"/><w:headerReference w:type="even" r:id="` + headID("headerEven", head) + `"/>` +
		`<w:footerReference w:type="default" r:id="footerOdd"/><w:footerReference w:type="even" r:id="footerEven"/>` +
		fmt.Sprintf(`<w:type w:val="nextPage"/><w:pgSz w:w="%d" w:h="%d"%s/>`, twips(f.Width), twips(f.Height), orient) +
		fmt.Sprintf(`<w:pgMar w:top="%d" w:right="%d" w:bottom="%d" w:left="%d" w:header="%d" w:footer="%d" w:gutter="0"/>`,
			twips(f.Top), twips(f.Right), twips(f.Bottom), twips(f.Left), twips(15), twips(f.Bottom-footBelow-5)) +
		fmt.Sprintf(`<w:docGrid w:type="lines" w:linePitch="%d"/></w:sectPr>`, whole(page.Pitch*20))
}

// headID names the relationship to a head of pages.
func headID(side string, head int) string {
	if head == 0 {
		return side
	}
	return fmt.Sprintf("%s%d", side, head)
}

// footBelow is how far below the printed area the dashes of the page number stand, in mm.
const footBelow = 7

func (b *body) item(i *page.Item) error {
	switch {
	case i.Heading != nil:
		b.paragraph(fmt.Sprintf("Heading%d", i.Heading.Level), i.Heading.Text)
	case i.Part != nil:
		b.table(i.Part)
	default:
		return b.block(i.Block, page.FrameOf(i.Lying).Inner())
	}
	return nil
}

func (b *body) block(k *report.Block, inner float64) error {
	switch {
	case k.Cards != nil:
		b.cards(k.Cards, inner)
	case k.Chart != nil:
		return b.chart(k.Chart)
	case k.Blank != nil:
		b.blank(k.Blank)
	case k.NotProvided != nil:
		b.paragraph("Text", k.NotProvided.Label+" "+b.Dash+" "+k.NotProvided.Value)
	default:
		b.paragraph("Text", k.Paragraph)
	}
	return nil
}

func (b *body) paragraph(style, text string) {
	b.write(`<w:p><w:pPr><w:pStyle w:val="`, style, `"/></w:pPr>`, run("", text), `</w:p>`)
}

// run is text with run properties; line feeds break lines.
func run(properties, text string) string {
	if properties != "" {
		properties = `<w:rPr>` + properties + `</w:rPr>`
	}
	var s strings.Builder
	s.WriteString(`<w:r>` + properties)
	for i, line := range strings.Split(text, "\n") {
		if i > 0 {
			s.WriteString(`<w:br/>`)
		}
		s.WriteString(`<w:t xml:space="preserve">` + escape(line) + `</w:t>`)
	}
	s.WriteString(`</w:r>`)
	return s.String()
}

// control are the properties of a content control. Its tag is how Written finds it;
// it cannot be deleted by chance, its text can be changed.
func control(tag, label string, empty bool) string {
	placeholder := ""
	if empty {
		placeholder = `<w:showingPlcHdr/>`
	}
	return fmt.Sprintf(`<w:sdtPr><w:alias w:val="%s"/><w:tag w:val="%s"/><w:id w:val="%d"/><w:lock w:val="sdtLocked"/>%s</w:sdtPr>`,
		escape(label), escape(tag), crc32.ChecksumIEEE([]byte(tag))&0x7fffffff, placeholder)
}

// blank is a part that a person writes: its name, and a content control of whole
// paragraphs.
func (b *body) blank(k *report.Blank) {
	b.paragraph("Label", k.Label)
	text := k.Text
	if text == "" {
		text = k.Absent
	}
	b.write(`<w:sdt>`, control(k.Tag, k.Label, k.Text == ""), `<w:sdtContent>`)
	for line := range strings.SplitSeq(text, "\n") {
		b.paragraph("Text", line)
	}
	b.write(`</w:sdtContent></w:sdt>`)
}

// picture sizes, in English Metric Units.
const unitsPerMM = 36000

// pixels of a unit of a drawing: about 300 dots an inch over the width of a page.
const pixels = 3

func (b *body) chart(c *chart.Chart) error {
	d := chart.Draw(c)
	picture, err := d.PNG(b.face.Font(), pixels)
	if err != nil {
		return fmt.Errorf("chart %q: %w", c.ID, err)
	}
	b.pictures = append(b.pictures, picture)
	n := len(b.pictures)
	scale := min(page.FrameOf(false).Inner()/chart.Width, (page.Height-page.Top-page.Bottom-20)/d.Height)
	width, height := int(d.Width*scale*unitsPerMM), int(d.Height*scale*unitsPerMM)
	b.write(`<w:p><w:pPr><w:pStyle w:val="Figure"/></w:pPr><w:r><w:drawing>`,
		fmt.Sprintf(`<wp:inline distT="0" distB="0" distL="0" distR="0"><wp:extent cx="%d" cy="%d"/>`, width, height),
		fmt.Sprintf(`<wp:docPr id="%d" name="%s" title="%s" descr="%s"/>`, n, escape(c.ID), escape(c.Title), escape(c.Alt())),
		`<wp:cNvGraphicFramePr><a:graphicFrameLocks noChangeAspect="1"/></wp:cNvGraphicFramePr>`,
		`<a:graphic><a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:pic>`,
		fmt.Sprintf(`<pic:nvPicPr><pic:cNvPr id="%d" name="chart%d.png"/><pic:cNvPicPr/></pic:nvPicPr>`, n, n),
		fmt.Sprintf(`<pic:blipFill><a:blip r:embed="chart%d"/><a:stretch><a:fillRect/></a:stretch></pic:blipFill>`, n),
		fmt.Sprintf(`<pic:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="%d" cy="%d"/></a:xfrm><a:prstGeom prst="rect"><a:avLst/></a:prstGeom></pic:spPr>`, width, height),
		`</pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r></w:p>`)
	b.paragraph("FigureTitle", c.Title)
	if c.Note != "" {
		b.paragraph("Note", c.Note)
	}
	return nil
}
