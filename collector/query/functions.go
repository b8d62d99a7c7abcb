package query

import (
	_ "embed"
	"strings"
)

//go:embed functions.txt
var functionsText string

// functions holds the names of functions.txt, in lower case.
type functions struct {
	ordinary, aggregate, lambda map[string]bool
}

// readFunctions reads functions.txt.
func readFunctions() functions {
	f := functions{ordinary: map[string]bool{}, aggregate: map[string]bool{}, lambda: map[string]bool{}}
	section := f.ordinary
	for line := range strings.Lines(functionsText) {
		switch line = strings.TrimSpace(line); {
		case strings.HasPrefix(line, "#"):
		case line == "[ordinary]":
			section = f.ordinary
		case line == "[aggregate]":
			section = f.aggregate
		case line == "[lambda]":
			section = f.lambda
		default:
			for name := range strings.FieldsSeq(line) {
				section[strings.ToLower(name)] = true
			}
		}
	}
	return f
}

// combinators are the endings that change an aggregate function. State and Merge make
// and take values that no panel shows, and are left out.
func combinators() []string {
	return []string{"if", "array", "map", "foreach", "distinct", "ordefault", "ornull", "argmin", "argmax", "resample", "tuple"}
}

// may says that a function is on the list, in any case, or an aggregate one with endings.
func (f functions) may(name string) bool {
	name = strings.ToLower(name)
	if f.ordinary[name] || f.aggregate[name] {
		return true
	}
	for _, ending := range combinators() {
		if base, ok := strings.CutSuffix(name, ending); ok && f.mayAggregate(base) {
			return true
		}
	}
	return false
}

func (f functions) mayAggregate(name string) bool {
	if f.aggregate[name] {
		return true
	}
	for _, ending := range combinators() {
		if base, ok := strings.CutSuffix(name, ending); ok && f.mayAggregate(base) {
			return true
		}
	}
	return false
}

// takesLambda says that a function would take the bare name of a function as its first argument.
func (f functions) takesLambda(name string) bool { return f.lambda[strings.ToLower(name)] }
