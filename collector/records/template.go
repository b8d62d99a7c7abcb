package records

import (
	"fmt"
	"strings"
)

// Template returns an empty CSV file of a kind: its heads in UTF-8 with the mark by
// which spreadsheets know the encoding. Required columns end in an asterisk.
func Template(name string) ([]byte, error) {
	s, err := readSchema()
	if err != nil {
		return nil, err
	}
	k, err := s.kind(name)
	if err != nil {
		return nil, err
	}
	heads := make([]string, len(k.Columns))
	for i, c := range k.Columns {
		heads[i] = c.Heads[0]
		if c.Required {
			heads[i] += "*"
		}
	}
	return []byte("\ufeff" + strings.Join(heads, ",") + "\r\n"), nil
}

// Doc returns docs/imports.md: every kind with its columns, in Chinese.
func Doc() (string, error) {
	s, err := readSchema()
	if err != nil {
		return "", err
	}
	t := s.Texts
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n%s\n\n%s", t.Title, t.Intro, t.Usage)
	for i := range s.Kinds {
		k := &s.Kinds[i]
		fmt.Fprintf(&b, "\n## `%s` %s\n\n%s: %s. ", k.Kind, k.Title, t.Section, k.Section)
		fmt.Fprintf(&b, "%s: %s. ", t.Columns, strings.Join(heads(k, k.Key), " + "))
		switch k.Dated.Rule {
		case ruleWithin:
			fmt.Fprintf(&b, "%s: %s (%s).\n", t.Dated, k.column(k.Dated.Field).Heads[0], t.Within)
		case ruleUntil:
			fmt.Fprintf(&b, "%s: %s (%s).\n", t.Dated, k.column(k.Dated.Field).Heads[0], t.Until)
		default:
			fmt.Fprintf(&b, "%s.\n", t.Any)
		}
		fmt.Fprintf(&b, "\n| %s |\n|%s\n", strings.Join(t.Heads, " | "), strings.Repeat("---|", len(t.Heads)))
		for _, c := range k.Columns {
			required := t.Optional
			if c.Required {
				required = t.Required
			}
			fmt.Fprintf(&b, "| %s | `%s` | %s | %s | %s | %s |\n", c.Heads[0], c.Field, t.Types[c.Type], required, strings.Join(c.choices(), " / "), c.Help)
		}
	}
	return b.String(), nil
}

func heads(k *kind, fields []string) []string {
	out := make([]string, len(fields))
	for i, f := range fields {
		out[i] = k.column(f).Heads[0]
	}
	return out
}
