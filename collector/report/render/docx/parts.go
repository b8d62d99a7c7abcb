package docx

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/yunjian-io/yunjian/collector/report"
	"github.com/yunjian-io/yunjian/collector/report/render/page"
)

const xmlHead = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"

// The namespaces of the parts under word/.
const (
	mainSpace = `xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"`
	spaces    = mainSpace + ` xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"` +
		` xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"` +
		` xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"` +
		` xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture"` +
		` xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office"`
)

// contentTypes names the types of the parts, of which there are two heads of pages for each
// text that stands in them.
func contentTypes(heads int) string {
	var headers strings.Builder
	for i := range 2 * heads {
		fmt.Fprintf(&headers, `<Override PartName="/word/header%d.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.header+xml"/>`, i+1)
	}
	return xmlHead + `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">` +
		`<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
		`<Default Extension="xml" ContentType="application/xml"/>` +
		`<Default Extension="png" ContentType="image/png"/>` +
		`<Override PartName="/docProps/app.xml" ContentType="application/vnd.openxmlformats-officedocument.extended-properties+xml"/>` +
		`<Override PartName="/docProps/core.xml" ContentType="application/vnd.openxmlformats-package.core-properties+xml"/>` +
		`<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/>` +
		`<Override PartName="/word/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.styles+xml"/>` +
		`<Override PartName="/word/settings.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.settings+xml"/>` +
		headers.String() +
		`<Override PartName="/word/footer1.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.footer+xml"/>` +
		`<Override PartName="/word/footer2.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.footer+xml"/>` +
		`</Types>`
}

const packageRelations = xmlHead + `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">` +
	`<Relationship Id="document" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/>` +
	`<Relationship Id="core" Type="http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties" Target="docProps/core.xml"/>` +
	`<Relationship Id="app" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/extended-properties" Target="docProps/app.xml"/>` +
	`</Relationships>`

const appProperties = xmlHead + `<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/extended-properties"><Application>yunjian</Application></Properties>`

// settings: page numbers differ on odd and even pages, and punctuation is not
// squeezed, so that a line has 28 characters.
const settings = xmlHead + `<w:settings ` + mainSpace + `><w:zoom w:percent="100"/><w:evenAndOddHeaders/><w:characterSpacingControl w:val="doNotCompress"/>` +
	`<w:compat><w:spaceForUL/><w:balanceSingleByteDoubleByteWidth/><w:useFELayout/>` +
	`<w:compatSetting w:name="compatibilityMode" w:uri="http://schemas.microsoft.com/office/word" w:val="15"/></w:compat>` +
	`<w:themeFontLang w:val="en-US" w:eastAsia="zh-CN"/></w:settings>`

func coreProperties(d *report.Document, at time.Time) string {
	stamp := at.UTC().Format(time.RFC3339)
	return xmlHead + `<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties"` +
		` xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">` +
		`<dc:title>` + escape(d.Provider+" "+d.Period+" "+d.Title) + `</dc:title><dc:creator>yunjian</dc:creator>` +
		`<dc:description>` + escape(strings.Join(d.Marks, " ")) + `</dc:description><dc:language>zh-CN</dc:language><cp:lastModifiedBy>yunjian</cp:lastModifiedBy>` +
		`<dcterms:created xsi:type="dcterms:W3CDTF">` + stamp + `</dcterms:created><dcterms:modified xsi:type="dcterms:W3CDTF">` + stamp + `</dcterms:modified>` +
		`</cp:coreProperties>`
}

// footer is the page number between dashes, one empty character from the edge.
func footer(w words, side string) string {
	indent := whole(page.SizeFour * 20)
	run := `<w:rPr>` + fonts(w.Fonts.Page) + `<w:sz w:val="` + halves(page.SizeFour) + `"/></w:rPr>`
	text := func(s string) string { return `<w:r>` + run + `<w:t xml:space="preserve">` + s + `</w:t></w:r>` }
	field := func(kind string) string { return `<w:r>` + run + `<w:fldChar w:fldCharType="` + kind + `"/></w:r>` }
	return xmlHead + `<w:ftr ` + spaces + `><w:p><w:pPr><w:pStyle w:val="Footer"/>` +
		fmt.Sprintf(`<w:ind w:%[1]sChars="100" w:%[1]s="%[2]d"/><w:jc w:val="%[1]s"/>`, side, indent) + `</w:pPr>` +
		text(escape(w.Dash)+" ") + field("begin") + `<w:r>` + run + `<w:instrText xml:space="preserve"> PAGE </w:instrText></w:r>` +
		field("separate") + text("1") + field("end") + text(" "+escape(w.Dash)) + `</w:p></w:ftr>`
}

// header holds the watermark, without a mark nothing, and the text that runs over several
// pages, if there is one.
func header(w words, marks []string, running string, n int) string {
	var shape strings.Builder
	if text := strings.Join(marks, " "); text != "" {
		width := min(460, 130*len([]rune(text)))
		fmt.Fprintf(&shape, `<w:r><w:rPr><w:noProof/></w:rPr><w:pict><v:shapetype id="_x0000_t136" coordsize="21600,21600" o:spt="136" adj="10800" path="m@7,l@8,m@5,21600l@6,21600e">`+
			`<v:formulas><v:f eqn="sum #0 0 10800"/><v:f eqn="prod #0 2 1"/><v:f eqn="sum 21600 0 @1"/><v:f eqn="sum 0 0 @2"/><v:f eqn="sum 21600 0 @3"/>`+
			`<v:f eqn="if @0 @3 0"/><v:f eqn="if @0 21600 @1"/><v:f eqn="if @0 0 @2"/><v:f eqn="if @0 @4 21600"/><v:f eqn="mid @5 @6"/><v:f eqn="mid @8 @5"/>`+
			`<v:f eqn="mid @7 @8"/><v:f eqn="mid @6 @7"/><v:f eqn="sum @6 0 @5"/></v:formulas>`+
			`<v:path textpathok="t" o:connecttype="custom" o:connectlocs="@9,0;@10,10800;@11,21600;@12,10800" o:connectangles="270,180,90,0"/>`+
			`<v:textpath on="t" fitshape="t"/></v:shapetype>`+
			`<v:shape id="watermark%d" o:spid="_x0000_s%d" type="#_x0000_t136" alt="%s" style="position:absolute;margin-left:0;margin-top:0;width:%dpt;height:%dpt;rotation:315;z-index:-251658752;`+
			`mso-position-horizontal:center;mso-position-horizontal-relative:margin;mso-position-vertical:center;mso-position-vertical-relative:margin" o:allowincell="f" fillcolor="#c0c0c0" stroked="f">`+
			`<v:fill opacity=".4"/><v:textpath style="font-family:&quot;%s&quot;;font-size:1pt" string="%s"/></v:shape></w:pict></w:r>`,
			n, 2048+n, escape(text), width, min(130, width*13/10/len([]rune(text))), escape(w.Fonts.Heading), escape(text))
	}
	align, text := "", ""
	if running != "" {
		align, text = `<w:jc w:val="center"/>`, run("", running)
	}
	return xmlHead + `<w:hdr ` + spaces + `><w:p><w:pPr><w:pStyle w:val="Header"/>` + align + `</w:pPr>` + shape.String() + text + `</w:p></w:hdr>`
}

// fonts names one font for every script.
func fonts(name string) string {
	n := escape(name)
	return `<w:rFonts w:ascii="` + n + `" w:hAnsi="` + n + `" w:eastAsia="` + n + `" w:cs="` + n + `"/>`
}

// style is a paragraph style: its identifier, its paragraph properties, font and size.
type style struct{ id, name, based, next, paragraph, font, size string }

func styles(w words) string {
	grid := fmt.Sprintf(`<w:spacing w:before="0" w:after="0" w:line="%d" w:lineRule="exact"/>`, whole(page.Pitch*20))
	free := `<w:snapToGrid w:val="0"/><w:spacing w:before="%d" w:after="%d" w:line="240" w:lineRule="auto"/>`
	first := fmt.Sprintf(`<w:ind w:firstLineChars="200" w:firstLine="%d"/>`, whole(page.SizeThree*40))
	heading := func(level int) string {
		return `<w:keepNext/>` + grid + first + fmt.Sprintf(`<w:outlineLvl w:val="%d"/>`, level-1)
	}
	all := []style{
		{"Text", "Body Text", "Normal", "", `<w:widowControl w:val="0"/>` + grid + first + `<w:jc w:val="both"/>`, "", ""},
		{"Title", "Title", "Normal", "Text", grid + `<w:jc w:val="center"/>`, w.Fonts.Title, halves(page.SizeTwo)},
		{"Centered", "Subtitle", "Normal", "Text", grid + `<w:jc w:val="center"/>`, w.Fonts.Subheading, ""},
		{"Heading1", "heading 1", "Normal", "Text", heading(1), w.Fonts.Heading, ""},
		{"Heading2", "heading 2", "Normal", "Text", heading(2), w.Fonts.Subheading, ""},
		{"Heading3", "heading 3", "Normal", "Text", heading(3), w.Fonts.Body, ""},
		{"Label", "Label", "Normal", "Text", `<w:keepNext/>` + grid + first, w.Fonts.Subheading, ""},
		{"TableTitle", "caption", "Normal", "Text", `<w:keepNext/>` + fmt.Sprintf(free, 160, 60) + `<w:jc w:val="center"/>`, w.Fonts.Heading, halves(page.SizeSmallFour)},
		{"FigureTitle", "Figure Title", "Normal", "Text", fmt.Sprintf(free, 40, 160) + `<w:jc w:val="center"/>`, w.Fonts.Heading, halves(page.SizeSmallFour)},
		{"Figure", "Figure", "Normal", "FigureTitle", `<w:keepNext/>` + fmt.Sprintf(free, 160, 0) + `<w:jc w:val="center"/>`, "", ""},
		{"Note", "Note", "Normal", "Text", fmt.Sprintf(free, 40, 120), "", halves(page.SizeFive)},
		{"TableNote", "Table Note", "Note", "Text", `<w:keepNext/>`, "", ""},
		{"TableHead", "Table Head", "Normal", "", `<w:keepNext/>` + fmt.Sprintf(free, 20, 20) + `<w:jc w:val="center"/>`, w.Fonts.Heading, halves(page.SizeFive)},
		{"TableText", "Table Text", "Normal", "", fmt.Sprintf(free, 20, 20), "", halves(page.SizeFive)},
		{"TableNumber", "Table Number", "TableText", "", `<w:jc w:val="right"/>`, "", ""},
		{"Header", "header", "Normal", "", fmt.Sprintf(free, 0, 0), "", halves(page.SizeSmallFive)},
		{"Footer", "footer", "Normal", "", fmt.Sprintf(free, 0, 0), w.Fonts.Page, halves(page.SizeFour)},
		{"Break", "Section Break", "Normal", "", `<w:snapToGrid w:val="0"/><w:spacing w:before="0" w:after="0" w:line="20" w:lineRule="exact"/>`, "", "2"},
	}
	var b strings.Builder
	b.WriteString(xmlHead + `<w:styles ` + mainSpace + `><w:docDefaults><w:rPrDefault><w:rPr>` + fonts(w.Fonts.Body) +
		`<w:sz w:val="` + halves(page.SizeThree) + `"/><w:szCs w:val="` + halves(page.SizeThree) + `"/><w:lang w:val="en-US" w:eastAsia="zh-CN"/></w:rPr></w:rPrDefault></w:docDefaults>` +
		`<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/><w:rPr><w:sz w:val="` + halves(page.SizeThree) + `"/><w:szCs w:val="` + halves(page.SizeThree) + `"/></w:rPr></w:style>` +
		`<w:style w:type="table" w:default="1" w:styleId="TableNormal"><w:name w:val="Normal Table"/><w:tblPr><w:tblInd w:w="0" w:type="dxa"/></w:tblPr></w:style>`)
	for _, s := range all {
		fmt.Fprintf(&b, `<w:style w:type="paragraph" w:styleId="%s"><w:name w:val="%s"/><w:basedOn w:val="%s"/>`, s.id, s.name, s.based)
		if s.next != "" {
			fmt.Fprintf(&b, `<w:next w:val="%s"/>`, s.next)
		}
		b.WriteString(`<w:qFormat/><w:pPr>` + s.paragraph + `</w:pPr>`)
		run := ""
		if s.font != "" {
			run = fonts(s.font)
		}
		if s.size == "" && s.based == "Normal" && s.id != "Figure" { // type of size three
			run += `<w:spacing w:val="` + strconv.Itoa(whole(page.Shrink*20)) + `"/>`
		}
		if s.size != "" {
			run += `<w:sz w:val="` + s.size + `"/><w:szCs w:val="` + s.size + `"/>`
		}
		if run != "" {
			b.WriteString(`<w:rPr>` + run + `</w:rPr>`)
		}
		b.WriteString(`</w:style>`)
	}
	b.WriteString(`</w:styles>`)
	return b.String()
}
