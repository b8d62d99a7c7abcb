package sheet

import (
	"slices"
	"strings"

	"golang.org/x/text/width"
)

// Plain brings heads and words that people write into the form in which they are compared:
// narrow, in small letters, without blanks and without the marks of required columns.
func Plain(s string) string {
	s = strings.Join(strings.Fields(strings.ToLower(width.Narrow.String(s))), "")
	return strings.TrimRight(s, "*")
}

// Named reports whether a name is one of several, compared in their plain form.
func Named(names []string, name string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return Plain(n) == Plain(name) })
}
