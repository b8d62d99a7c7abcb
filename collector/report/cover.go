package report

import (
	"fmt"
	"strings"
)

// What the covers of all kinds of reports have in common.

// party is a name with the identifier behind it.
func (t text) party(p Party) string { return t.given(p.Name) + " (" + p.ID + ")" }

func (t text) platforms(all []Platform) string {
	names := make([]string, len(all))
	for i, p := range all {
		names[i] = t.given(p.Name) + " (" + t.label("platform", p.Kind) + ")"
	}
	return t.given(strings.Join(names, t.ListSeparator))
}

func (t text) ruleVersions(all []Rule) string {
	names := make([]string, len(all))
	for i := range all {
		names[i] = fmt.Sprintf("%s v%d", all[i].ID, all[i].Version)
	}
	return t.given(strings.Join(names, t.ListSeparator))
}

// recipients are the office, or the unit of an extract.
func (t text) recipients(unit Party) string {
	if unit.ID == "" {
		return t.word("cover", t.Cover, "recipients_value")
	}
	return fmt.Sprintf(t.word("cover", t.Cover, "recipients_unit"), t.given(unit.Name))
}

// places are parts of a cover that a person fills in.
func (t text) places(names ...string) []Pair {
	out := make([]Pair, len(names))
	for i, name := range names {
		out[i] = Pair{Label: t.word("cover", t.Cover, name), Value: t.Absent, Tag: "cover." + name}
	}
	return out
}
