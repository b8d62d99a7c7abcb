package chart

import (
	"encoding/xml"
	"fmt"
	"strconv"
	"strings"
)

// SVG prints a drawing as one element with the given accessible name. All foreign
// text in it is escaped.
func (d *Drawing) SVG(name string) string {
	var b strings.Builder
	fmt.Fprintf(&b, `<svg viewBox="0 0 %s %s" role="img" aria-label="%s" xmlns="http://www.w3.org/2000/svg">`, short(d.Width), short(d.Height), escape(name))
	b.WriteByte('\n')
	for _, s := range d.Ground {
		s.svg(&b)
	}
	for _, a := range d.Areas {
		a.svg(&b)
	}
	for _, s := range d.Strokes {
		s.svg(&b)
	}
	for _, c := range d.Circles {
		fmt.Fprintf(&b, `<circle cx="%s" cy="%s" r="%s" %s`, short(c.X), short(c.Y), short(c.Radius), paint(c.Fill, c.Edge))
		closed(&b, "circle", c.Tip)
	}
	for _, a := range d.Plates {
		a.svg(&b)
	}
	for _, w := range d.Words {
		anchor := [...]string{"start", "middle", "end"}[w.Anchor]
		fmt.Fprintf(&b, `<text x="%s" y="%s" text-anchor="%s" font-size="%s" fill="%s">%s</text>`, short(w.X), short(w.Y), anchor, short(w.Size), w.Ink, escape(w.Text))
		b.WriteByte('\n')
	}
	b.WriteString("</svg>")
	return b.String()
}

func (a *Area) svg(b *strings.Builder) {
	fmt.Fprintf(b, `<rect x="%s" y="%s" width="%s" height="%s" %s`, short(a.X), short(a.Y), short(a.Width), short(a.Height), paint(a.Fill, a.Edge))
	closed(b, "rect", a.Tip)
}

func (s *Stroke) svg(b *strings.Builder) {
	b.WriteString(`<polyline points="`)
	for i, p := range s.Points {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(short(p.X) + "," + short(p.Y))
	}
	fmt.Fprintf(b, `" fill="none" stroke="%s" stroke-width="%s"`, s.Ink, short(s.Width))
	if s.Dash[0] > 0 {
		fmt.Fprintf(b, ` stroke-dasharray="%s %s"`, short(s.Dash[0]), short(s.Dash[1]))
	}
	b.WriteString("/>\n")
}

// closed ends an element; a tip becomes its title.
func closed(b *strings.Builder, element, tip string) {
	if tip == "" {
		b.WriteString("/>\n")
		return
	}
	fmt.Fprintf(b, "><title>%s</title></%s>\n", escape(tip), element)
}

// String prints the ink as SVG reads it.
func (i Ink) String() string {
	if i == None {
		return "none"
	}
	return fmt.Sprintf("#%06x", int32(i))
}

func paint(fill, edge Ink) string {
	if edge == None {
		return fmt.Sprintf(`fill="%s"`, fill)
	}
	if fill == None { // a pointing reader meets the inside too
		return fmt.Sprintf(`fill="none" pointer-events="all" stroke="%s" stroke-width="0.8"`, edge)
	}
	return fmt.Sprintf(`fill="%s" stroke="%s" stroke-width="0.8"`, fill, edge)
}

func short(v float64) string { return strconv.FormatFloat(round(v), 'f', -1, 64) }

func escape(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a Builder does not fail
	return b.String()
}
