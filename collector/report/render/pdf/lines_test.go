package pdf

import (
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
)

// half is a typeface in which ASCII takes half of an em.
func half(r rune) float64 {
	if r <= '~' {
		return 0.5
	}
	return 1
}

func TestWrap(t *testing.T) {
	for _, c := range []struct {
		text  string
		width float64
		want  []string
	}{
		{"", 5, []string{""}},
		{"政务云平台月报", 3, []string{"政务云", "平台月", "报"}},
		{"政务云，平台", 3, []string{"政务", "云，平", "台"}},           // a comma does not begin a line
		{"政务（云）台", 3, []string{"政务", "（云）", "台"}},           // a bracket does not end one
		{"利用率 12.3% 低", 3.5, []string{"利用率", "12.3%", "低"}}, // numbers stay whole
		{"host-0123456789", 4, []string{"host-012", "3456789"}},
		{"一\n二", 5, []string{"一", "二"}},
		{"a b c d", 1, []string{"a", "b", "c", "d"}},
		{"，，，，", 2, []string{"，，", "，，"}}, // where it cannot be helped
	} {
		if diff := cmp.Diff(c.want, wrap(c.text, c.width, half)); diff != "" {
			t.Errorf("%q in %g: %s", c.text, c.width, diff)
		}
	}
}

// No character is lost but spaces, and no line is longer than it may be.
func FuzzWrap(f *testing.F) {
	f.Add("政务云平台（CPU 12.3%），见表。", 3.0)
	f.Add("  a，b\n\n长词aaaaaaaaaaaaaa", 2.0)
	f.Fuzz(func(t *testing.T, text string, width float64) {
		if !(width >= 1 && width < 1000) || len(text) > 2000 {
			return
		}
		text = strings.ToValidUTF8(text, "")
		lines := wrap(text, width, half)
		strip := func(s string) string {
			return strings.Map(func(r rune) rune {
				if r == ' ' || r == '\n' {
					return -1
				}
				return r
			}, s)
		}
		if diff := cmp.Diff(strip(text), strip(strings.Join(lines, ""))); diff != "" {
			t.Error(diff)
		}
		for i, line := range lines {
			n := 0.0
			for _, r := range line {
				n += half(r)
			}
			if n > width+slack && strings.TrimFunc(line, unicode.IsSpace) != "" && strings.TrimLeft(line, " ") == line {
				t.Errorf("line %d of %q has %g of %g", i, text, n, width)
			}
		}
	})
}
