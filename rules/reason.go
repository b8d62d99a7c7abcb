package rules

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// listSeparator joins the titles of missing facts in a reason: the ideographic comma.
const listSeparator = "\u3001"

// builtins are the names that a reason may use besides facts and parameters, true
// for numbers.
func builtins() map[string]bool {
	return map[string]bool{
		"year": true, "month": true, "window": true, "periods_met": true, "valid": true,
		"missing": false, "exemption_kind": false, "exemption_reason": false,
		"exemption_approver": false, "exemption_expires": false,
	}
}

// template is a parsed reason: text with fields such as {cpu_p95|percent} or
// {cpu_p95.max|percent}. A brace is written twice to stand for itself. A field such as
// {days_to_full|integer|storage_growth_gib_day:—} prints the text behind the colon where
// days_to_full is absent though storage_growth_gib_day is known: a value that does not
// exist is not one that was not provided.
type template []piece

type piece struct {
	text      string // literal text if name is empty
	name      string
	aggregate string // "", max or min over the window
	format    string // "", percent, number, integer or megabytes
	known     string // "", or a fact that decides what an absent value means
	instead   string // what stands for the absent value if known is there
}

func parseTemplate(s string) (template, error) {
	var (
		out     template
		literal strings.Builder
	)
	for i := 0; i < len(s); i++ {
		switch {
		case strings.HasPrefix(s[i:], "{{"), strings.HasPrefix(s[i:], "}}"):
			literal.WriteByte(s[i])
			i++
		case s[i] == '}':
			return nil, fmt.Errorf("byte %d of the reason: } without {; write }} for a brace", i+1)
		case s[i] == '{':
			end := strings.IndexByte(s[i:], '}')
			if end < 0 {
				return nil, fmt.Errorf("byte %d of the reason: { is never closed; write {{ for a brace", i+1)
			}
			field, err := parseField(s[i+1 : i+end])
			if err != nil {
				return nil, fmt.Errorf("byte %d of the reason: %w", i+1, err)
			}
			if literal.Len() > 0 {
				out = append(out, piece{text: literal.String()})
				literal.Reset()
			}
			out = append(out, field)
			i += end
		default:
			literal.WriteByte(s[i])
		}
	}
	if literal.Len() > 0 {
		out = append(out, piece{text: literal.String()})
	}
	return out, nil
}

func parseField(s string) (piece, error) {
	path, rest, formatted := strings.Cut(s, "|")
	format, otherwise, replaced := strings.Cut(rest, "|")
	known, instead, worded := strings.Cut(otherwise, ":")
	name, aggregate, aggregated := strings.Cut(path, ".")
	if !isName(name) {
		return piece{}, fmt.Errorf("%q is no name of a fact or parameter", name)
	}
	if aggregated && aggregate != "max" && aggregate != "min" {
		return piece{}, fmt.Errorf("unknown aggregate %q: want max or min", aggregate)
	}
	if formatted && !slices.Contains([]string{"percent", "number", "integer", "megabytes"}, format) {
		return piece{}, fmt.Errorf("unknown format %q: want percent, number, integer or megabytes", format)
	}
	if replaced && (!isName(known) || !worded || instead == "") {
		return piece{}, fmt.Errorf("%q is not the name of a fact, a colon and a text", otherwise)
	}
	return piece{name: name, aggregate: aggregate, format: format, known: known, instead: instead}, nil
}

// isName reports whether s may name a fact, a parameter or a rule's part.
func isName(s string) bool {
	for i, r := range s {
		if r != '_' && (r < 'a' || r > 'z') && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return s != ""
}

// String writes the template in the form that parseTemplate reads.
func (t template) String() string {
	var b strings.Builder
	for _, p := range t {
		if p.name == "" {
			b.WriteString(strings.NewReplacer("{", "{{", "}", "}}").Replace(p.text))
			continue
		}
		b.WriteString("{" + p.name)
		if p.aggregate != "" {
			b.WriteString("." + p.aggregate)
		}
		if p.format != "" {
			b.WriteString("|" + p.format)
		}
		if p.known != "" {
			b.WriteString("|" + p.known + ":" + p.instead)
		}
		b.WriteString("}")
	}
	return b.String()
}

// check refuses names that will never have a value and forms that do not fit.
func (t template) check(facts, parameters map[string]bool) error {
	for _, p := range t {
		number, builtin := builtins()[p.name]
		switch {
		case p.name == "":
		case builtin && !number && p.format != "":
			return fmt.Errorf("{%s} is text and takes no format", p.name)
		case p.aggregate != "" && !facts[p.name]:
			return fmt.Errorf("{%s.%s}: only facts have a value in every period", p.name, p.aggregate)
		case !builtin && !facts[p.name] && !parameters[p.name]:
			return fmt.Errorf("unknown name %q: list it in needs or parameters", p.name)
		case p.known != "" && !facts[p.known]:
			return fmt.Errorf("unknown fact %q: list it in needs", p.known)
		}
	}
	return nil
}

// scope holds what a reason may speak of.
type scope struct {
	absent     string // stands for a value that was not provided
	texts      map[string]string
	numbers    map[string]float64 // parameters and numeric builtins
	last       map[string]float64 // facts of the last period
	everything []Period
}

// render fills in the fields. Percentages have one decimal; where that would print
// two different values alike, as in 20.0% below 20.0%, all of them get more.
func (t template) render(s scope) string {
	for decimals := 1; ; decimals++ {
		text, alike := t.renderAt(s, decimals)
		if !alike || decimals == 6 {
			return text
		}
	}
}

func (t template) renderAt(s scope, decimals int) (text string, alike bool) {
	var b strings.Builder
	printed := make(map[string]float64)
	for _, p := range t {
		if p.name == "" {
			b.WriteString(p.text)
			continue
		}
		if text, ok := s.texts[p.name]; ok {
			b.WriteString(text)
			continue
		}
		value, ok := s.number(p)
		if !ok {
			if _, known := s.last[p.known]; known {
				b.WriteString(p.instead)
			} else {
				b.WriteString(s.absent)
			}
			continue
		}
		text := formatNumber(value, p.format, decimals)
		if before, again := printed[text]; p.format == "percent" && again && before != value {
			alike = true
		}
		if p.format == "percent" {
			printed[text] = value
		}
		b.WriteString(text)
	}
	return b.String(), alike
}

func (s scope) number(p piece) (value float64, ok bool) {
	if p.aggregate == "" {
		if value, ok = s.numbers[p.name]; !ok {
			value, ok = s.last[p.name]
		}
		return value, ok
	}
	for _, period := range s.everything {
		x, given := period.Facts[p.name]
		switch {
		case !given:
		case !ok, p.aggregate == "max" && x > value, p.aggregate == "min" && x < value:
			value, ok = x, true
		}
	}
	return value, ok
}

func formatNumber(x float64, format string, decimals int) string {
	switch format {
	case "percent":
		return strconv.FormatFloat(x*100, 'f', decimals, 64) + "%"
	case "integer":
		return strconv.FormatFloat(math.Round(x), 'f', 0, 64)
	case "megabytes":
		return trimZeros(strconv.FormatFloat(x/1e6, 'f', 2, 64)) + " MB"
	}
	return trimZeros(strconv.FormatFloat(x, 'f', 2, 64))
}

func trimZeros(s string) string { return strings.TrimRight(strings.TrimRight(s, "0"), ".") }
