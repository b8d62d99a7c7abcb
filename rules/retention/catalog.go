package retention

import (
	"bytes"
	_ "embed"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/yunjian-io/yunjian/rules/words"
)

//go:embed catalog.yaml
var catalogYAML []byte

// Lang is a language of the catalogue.
type Lang string

// The languages in which reasons and remedies are told.
const (
	Chinese Lang = "zh"
	English Lang = "en"
)

// Catalog holds the texts of verdicts, reasons, remedies, statuses and classes.
type Catalog struct {
	Verdicts map[string]Text `yaml:"verdicts"`
	Statuses map[string]Text `yaml:"statuses"`
	Reasons  map[Code]Text   `yaml:"reasons"`
	Actions  map[Action]Text `yaml:"actions"`
	Classes  map[Class]Text  `yaml:"classes"`
	Parts    map[string]Text `yaml:"parts"`
	Table    map[string]Text `yaml:"table"`
	Problems []Text          `yaml:"problems"`
}

// Text is one text in both languages. A word in braces stands for a value.
type Text struct {
	Chinese string `yaml:"zh"`
	English string `yaml:"en"`
}

func (t Text) in(lang Lang) string {
	if lang == English {
		return t.English
	}
	return t.Chinese
}

// field is a value in a text, such as {from}.
const field = `\{[a-z_]*\}`

// LoadCatalog reads the embedded texts. An error means that a text is missing in one
// of the languages or names a value that there is not.
func LoadCatalog() (Catalog, error) {
	var c Catalog
	dec := yaml.NewDecoder(bytes.NewReader(catalogYAML))
	dec.KnownFields(true)
	if err := dec.Decode(&c); err != nil {
		return Catalog{}, fmt.Errorf("read the texts of retention: %w", err)
	}
	if err := c.check(); err != nil {
		return Catalog{}, fmt.Errorf("check the texts of retention: %w", err)
	}
	return c, nil
}

func (c Catalog) check() error {
	all := make(map[string]Text)
	for v := OutOfScope; v <= Violated; v++ {
		all["verdict "+v.String()] = c.Verdicts[v.String()]
	}
	for s := StatusNotCounted; s <= StatusWaived; s++ {
		all["status "+s.String()] = c.Statuses[s.String()]
	}
	for _, code := range append(precedence(), ObligationEnded, NotYetInService, ImplausibleTimes, ExplainedByDowntime, ViaForward, RemoteNotImmutable) {
		all["reason "+string(code)] = c.Reasons[code]
	}
	for _, a := range actions() {
		all["action "+string(a)] = c.Actions[a]
	}
	for _, class := range Classes() {
		all["class "+string(class)] = c.Classes[class]
	}
	for _, part := range []string{"sentence", "change", "setting", "bytes", "unset"} {
		all["part "+part] = c.Parts[part]
	}
	for _, word := range tableWords() {
		all["table "+word] = c.Table[word]
	}
	for i, problem := range c.Problems {
		all["problem "+strconv.Itoa(i+1)] = problem
	}
	fields := regexp.MustCompile(field)
	for name, text := range all {
		for _, lang := range []Lang{Chinese, English} {
			if text.in(lang) == "" {
				return fmt.Errorf("%s has no text in %s", name, lang)
			}
			for _, f := range fields.FindAllString(text.in(lang), -1) {
				if _, known := values(Decision{}, Reason{})[strings.Trim(f, "{}")]; !known {
					return fmt.Errorf("%s in %s: there is no value %s", name, lang, f)
				}
			}
		}
	}
	return nil
}

// values are what a text may speak of.
func values(d Decision, r Reason) map[string]string {
	if r.Path == "" {
		r.Path = d.Source.Path
	}
	return map[string]string{
		"period": d.Period.String(), "required_from": d.RequiredFrom.String(), "obligation": d.Obligation.String(),
		"local_start": d.LocalStart.String(), "accountable_from": d.AccountableFrom.String(), "at_risk_date": d.AtRiskDate.String(),
		"from": r.From.String(), "to": r.To.String(), "count": strconv.Itoa(r.Count),
		"kind": r.Kind, "path": r.Path, "detail": r.Detail,
		"setting": "", "old": "", "new": "", "size": "",
	}
}

// fill puts values into a text, each in one pass, so that a foreign path with braces
// stays what it is.
func fill(text string, with map[string]string) string {
	return words.Fill(text, func(name string) (string, bool) { v, ok := with[name]; return v, ok })
}

// Verdict names a verdict.
func (c Catalog) Verdict(v Verdict, lang Lang) string {
	return fill(c.Verdicts[v.String()].in(lang), values(Decision{}, Reason{}))
}

// Status names a status of the report.
func (c Catalog) Status(s Status, lang Lang) string { return c.Statuses[s.String()].in(lang) }

// Class names a source class, or returns the key of one that a site added.
func (c Catalog) Class(class Class, lang Lang) string {
	if text, known := c.Classes[class]; known {
		return text.in(lang)
	}
	return string(class)
}

// Reason tells one reason or note of a decision.
func (c Catalog) Reason(d Decision, r Reason, lang Lang) string {
	text, known := c.Reasons[r.Code]
	if !known {
		return string(r.Code)
	}
	if r.Code == PolicyUnparsed {
		r.Detail = c.Problem(r.Detail, lang)
	}
	return fill(text.in(lang), values(d, r))
}

// Explain tells a decision: the verdict, every reason in precedence order, the notes,
// and what to do.
func (c Catalog) Explain(d Decision, lang Lang) string {
	parts := []string{fill(c.Verdicts[d.Verdict.String()].in(lang), values(d, Reason{}))}
	for _, r := range d.Reasons {
		parts = append(parts, c.Reason(d, r, lang))
	}
	for _, r := range d.Notes {
		parts = append(parts, c.Reason(d, r, lang))
	}
	if d.Remedy.Action != ActionNone {
		parts = append(parts, c.Remedy(d.Remedy, lang))
	}
	return strings.Join(parts, c.Parts["sentence"].in(lang))
}

// Remedy tells what to do, with every setting to change.
func (c Catalog) Remedy(r Remedy, lang Lang) string {
	if r.Action == ActionNone {
		return ""
	}
	detail := r.Detail
	if r.Action == ActionPolicyRead {
		detail = c.Problem(detail, lang)
	}
	with := values(Decision{}, Reason{Detail: detail})
	var text strings.Builder
	text.WriteString(fill(c.Actions[r.Action].in(lang), with))
	for i, change := range r.Changes {
		if i > 0 {
			text.WriteString(c.Parts["change"].in(lang))
		}
		with["setting"], with["old"], with["new"] = change.Setting, change.From, change.To
		if change.From == "" {
			with["old"] = c.Parts["unset"].in(lang)
		}
		text.WriteString(fill(c.Parts["setting"].in(lang), with))
	}
	if r.Bytes > 0 {
		with["size"] = volume(r.Bytes)
		text.WriteString(fill(c.Parts["bytes"].in(lang), with))
	}
	return text.String()
}
