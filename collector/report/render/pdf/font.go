package pdf

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"codeberg.org/go-pdf/fpdf"

	"github.com/yunjian-io/yunjian/collector/report/typeface"
)

// Faces are the typefaces of a report.
type Faces struct {
	// Body is that of the text, and Script that of second headings, as a brush
	// writes them; without one Body stands for it.
	Body, Script *typeface.Face
}

// The fonts in the file. The names are as long as those that rename puts in place
// of them, so that no offset in the file changes.
const (
	bodyFont   = "bodyset"
	scriptFont = "brushes"
)

// geta stands for a character that cannot be printed.
const geta = '〓'

// font is a typeface in the file.
type font struct {
	name   string
	face   *typeface.Face
	widths map[rune]float64 // in ems
	known  map[rune]bool
}

// press is a file in the making, with its fonts.
type press struct {
	*fpdf.Fpdf
	body, script *font
	missing      map[rune]bool
	now          *font
	size         float64
}

func newPress(faces Faces) *press {
	p := &press{Fpdf: fpdf.New("P", "mm", "A4", ""), missing: map[rune]bool{}}
	p.body = p.add(bodyFont, faces.Body)
	p.script = p.body
	if faces.Script != nil {
		p.script = p.add(scriptFont, faces.Script)
	}
	return p
}

func (p *press) add(name string, face *typeface.Face) *font {
	p.AddUTF8FontFromBytes(name, "", face.TrueType())
	return &font{name: name, face: face, widths: map[rune]float64{}, known: map[rune]bool{}}
}

func (p *press) use(f *font, size float64) {
	if p.now != f || p.size != size {
		p.SetFont(f.name, "", size)
		p.now, p.size = f, size
	}
}

// measure is the width of a character in ems; the font must be in use.
func (p *press) measure(f *font, r rune) float64 {
	w, ok := f.widths[r]
	if !ok {
		p.use(f, 10)
		w = float64(p.GetStringSymbolWidth(string(r))) / 1000
		f.widths[r] = w
	}
	return w
}

func (p *press) width(f *font, s string) (ems float64) {
	for _, r := range s {
		ems += p.measure(f, r)
	}
	return ems
}

// clean makes text of characters that the font has, and remembers the others.
// Line feeds stay; what is not seen is left out.
func (p *press) clean(f *font, s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case r == '\u2212':
			return '-'
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), unicode.Is(unicode.Variation_Selector, r):
			return -1
		}
		known, asked := f.known[r]
		if !asked {
			known = r <= 0xFFFF && f.face.Has(r)
			f.known[r] = known
		}
		if known {
			return r
		}
		p.missing[r] = true
		return geta
	}, s)
}

// codePoints lists the characters that were not printed.
func (p *press) codePoints(separator string) string {
	var out []string
	for _, r := range slices.Sorted(maps.Keys(p.missing)) {
		out = append(out, fmt.Sprintf("U+%04X", r))
	}
	return strings.Join(out, separator)
}
