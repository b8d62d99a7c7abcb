package rules

import (
	"cmp"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/yunjian-io/yunjian/rules/calendar"
)

//go:embed pack/*.yaml
var embedded embed.FS

// Pack is a set of rules in one or more versions, with their tests.
type Pack struct {
	rules []Rule // by id, then by first day of effect
	tests []selfTest
}

// DefaultPack returns the embedded rules. An error means that they are broken.
func DefaultPack() (Pack, error) {
	sub, err := fs.Sub(embedded, "pack")
	if err != nil {
		return Pack{}, fmt.Errorf("open embedded rules: %w", err)
	}
	return Load(sub)
}

// Load reads every *.yaml of the top folder of fsys: rule files, and *_test.yaml,
// which hold nothing but tests. The error joins one FileError for each mistake.
// A folder without rules is an error.
func Load(fsys fs.FS) (Pack, error) {
	names, err := fs.Glob(fsys, "*.yaml")
	if err != nil {
		return Pack{}, fmt.Errorf("list rule files: %w", err)
	}
	var (
		p        Pack
		mistakes []error
	)
	for _, name := range names {
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			mistakes = append(mistakes, fmt.Errorf("read rule file: %w", err))
			continue
		}
		mistakes = append(mistakes, p.add(name, data))
	}
	if err := errors.Join(mistakes...); err != nil {
		return Pack{}, err
	}
	if len(p.rules) == 0 {
		return Pack{}, errors.New("no rules found: want *.yaml files with rules in the folder")
	}
	slices.SortFunc(p.rules, func(a, b Rule) int {
		return cmp.Or(cmp.Compare(a.ID, b.ID), a.EffectiveFrom.Compare(b.EffectiveFrom))
	})
	if err := p.succession(); err != nil {
		return Pack{}, err
	}
	return p, p.bind()
}

func (p *Pack) add(name string, data []byte) error {
	if strings.HasSuffix(name, "_test.yaml") {
		var file struct {
			Tests []testText `yaml:"tests"`
		}
		if err := decode(name, data, &file); err != nil {
			return err
		}
		return p.addTests(name, file.Tests)
	}
	var doc document
	if err := decode(name, data, &doc); err != nil {
		return err
	}
	mistakes := []error{doc.check(name)}
	for _, text := range doc.Rules {
		rule, err := compile(name, doc.header, text)
		mistakes = append(mistakes, err)
		p.rules = append(p.rules, rule)
	}
	mistakes = append(mistakes, p.addTests(name, doc.Tests))
	return errors.Join(mistakes...)
}

// check tells the mistakes in the head of a rule file.
func (h header) check(name string) error {
	b := &building{file: name, line: 1}
	if h.Schema.V != 1 {
		b.wrong(h.Schema.Line, "schema is %d: this program reads schema 1", h.Schema.V)
	}
	if h.Version.V < 1 {
		b.wrong(h.Version.Line, "version is %d: want 1 or more", h.Version.V)
	}
	if h.EffectiveFrom.V.IsZero() {
		b.wrong(h.EffectiveFrom.Line, "effective_from is missing: want a day such as 2026-10-01")
	}
	b.text("basis", h.Basis)
	b.text("approved_by", h.ApprovedBy)
	b.text("absent", h.Absent)
	return errors.Join(b.mistakes...)
}

// succession holds that the versions of one rule follow each other in time.
func (p *Pack) succession() error {
	var mistakes []error
	for i := 1; i < len(p.rules); i++ {
		a, b := p.rules[i-1], p.rules[i]
		if a.ID == b.ID && (a.Version >= b.Version || a.EffectiveFrom == b.EffectiveFrom) {
			mistakes = append(mistakes, &FileError{File: b.File, Line: b.Line, Err: fmt.Errorf(
				"rule %q: version %d from %s does not follow version %d from %s (%s:%d): want a higher version with a later effective_from",
				b.ID, b.Version, b.EffectiveFrom, a.Version, a.EffectiveFrom, a.File, a.Line)})
		}
	}
	return errors.Join(mistakes...)
}

// All returns every rule in every version, by id and then by first day of effect.
func (p Pack) All() []Rule { return slices.Clone(p.rules) }

// Rules returns the rules for one kind of subject that judge the month, by id: of
// each, the latest version that was in effect on the first day of the month. A
// version that begins in mid-month judges from the next month on.
func (p Pack) Rules(month calendar.Month, subjectKind string) []Rule {
	var out []Rule
	for _, r := range p.rules {
		if r.EffectiveFrom.After(month.First()) {
			continue
		}
		if n := len(out); n > 0 && out[n-1].ID == r.ID {
			out[n-1] = r
		} else {
			out = append(out, r)
		}
	}
	return slices.DeleteFunc(out, func(r Rule) bool { return r.Subject != subjectKind })
}
