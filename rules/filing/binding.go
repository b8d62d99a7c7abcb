package filing

import (
	"slices"

	"github.com/yunjian-io/yunjian/rules/calendar"
)

// Binding is a kind of report in which others may be bound together (合订). Of a month, a
// provider files one form or the other: the form in which its reports were made stays,
// whatever is wanted for other months. The zero value binds nothing.
type Binding struct {
	// Kind is that of the bound report, Parts are the kinds of those in it.
	Kind  string
	Parts []string
	// Bound says that it is bound where nothing was made yet.
	Bound bool
}

// Kinds returns the kinds of the reports that are filed where one of a kind is wanted. made
// tells of which kinds there are reports of the provider and month already.
func (b Binding) Kinds(wanted string, made func(kind string) bool) []string {
	part := slices.Contains(b.Parts, wanted)
	if !part && wanted != b.Kind || len(b.Parts) == 0 {
		return []string{wanted}
	}
	bound := b.Bound
	if made(b.Kind) {
		bound = true
	} else if !slices.ContainsFunc(b.Parts, func(k string) bool { return !made(k) }) {
		bound = false
	}
	switch {
	case bound:
		return []string{b.Kind}
	case part:
		return []string{wanted}
	}
	return slices.Clone(b.Parts)
}

// Made returns what tells of which kinds reports of a provider and month stand among
// filings.
func Made(filings []Filing) func(provider string, m calendar.Month) func(kind string) bool {
	type key struct {
		provider, kind string
		month          calendar.Month
	}
	all := map[key]bool{}
	for i := range filings {
		if f := &filings[i]; f.Prepared != nil {
			all[key{f.Provider, f.Kind, f.Month}] = true
		}
	}
	return func(provider string, m calendar.Month) func(kind string) bool {
		return func(kind string) bool { return all[key{provider, kind, m}] }
	}
}
