package pdf

import "strings"

// closing must not begin a line, opening must not end one.
const (
	closing = "，。、；：！？）》」』】〉〕”’…—%‰℃·,.;:!?)]}"
	opening = "（《「『【〈〔“‘([{"
)

// wrap breaks text into lines of at most the given width. It breaks between
// Chinese characters and between words, never before closing or after opening
// marks where that can be helped, and inside of a word only if the word is longer
// than a line. No character is lost but the spaces at which it breaks.
func wrap(text string, width float64, measure func(rune) float64) (lines []string) {
	for paragraph := range strings.SplitSeq(text, "\n") {
		w := wrapper{width: width, measure: measure}
		for _, u := range units(paragraph) {
			w.put(u)
		}
		lines = append(lines, append(w.lines, strings.TrimRight(w.line, " "))...)
	}
	return lines
}

type wrapper struct {
	width, used float64
	measure     func(rune) float64
	lines       []string
	line        string
}

func (w *wrapper) size(s string) (n float64) {
	for _, r := range s {
		n += w.measure(r)
	}
	return n
}

func (w *wrapper) flush() {
	w.lines = append(w.lines, strings.TrimRight(w.line, " "))
	w.line, w.used = "", 0
}

// slack forgives what rounding adds.
const slack = 1e-6

func (w *wrapper) put(unit string) {
	size := w.size(unit)
	if w.used+w.size(strings.TrimRight(unit, " ")) > w.width+slack && w.line != "" {
		w.flush()
	}
	if w.line == "" && len(w.lines) > 0 {
		unit = strings.TrimLeft(unit, " ") // the space at which it broke
		size = w.size(unit)
	}
	if size <= w.width+slack || strings.TrimSpace(unit) == "" {
		w.line, w.used = w.line+unit, w.used+size
		return
	}
	for _, r := range unit {
		if n := w.measure(r); w.line == "" || w.used+n <= w.width+slack {
			w.line, w.used = w.line+string(r), w.used+n
			continue
		}
		w.flush()
		w.line, w.used = string(r), w.measure(r)
	}
}

// units cuts text at the places where it may be broken.
func units(text string) (out []string) {
	var unit strings.Builder
	var last rune
	for _, r := range text {
		if last != 0 && breaks(last, r) {
			out = append(out, unit.String())
			unit.Reset()
		}
		unit.WriteRune(r)
		last = r
	}
	if unit.Len() > 0 {
		out = append(out, unit.String())
	}
	return out
}

// breaks tells whether a line may end between two characters.
func breaks(a, b rune) bool {
	switch {
	case strings.ContainsRune(closing, b) || strings.ContainsRune(opening, a) || b == ' ':
		return false
	case a == ' ':
		return true
	}
	return a > '~' || b > '~'
}
