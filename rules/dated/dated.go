// Package dated reads files of settings that are put in force on a day: strict YAML with
// a head that names the basis, version, first day of effect and approver. The regulation
// gives few numbers (Art. 40 leaves them to later rules), so each has such a file behind it.
package dated

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/yunjian-io/yunjian/rules/calendar"
)

// Head is what every file of settings begins with.
type Head struct {
	Schema int `yaml:"schema" json:"schema"`
	// Basis is the article that the file rests on.
	Basis string `yaml:"basis" json:"basis"`
	// Version counts up with every change in force.
	Version int `yaml:"version" json:"version"`
	// EffectiveFrom is the first day of effect.
	EffectiveFrom calendar.Date `yaml:"effective_from" json:"effective_from"`
	// ApprovedBy is who put it in force.
	ApprovedBy string `yaml:"approved_by" json:"approved_by"`
}

// Headed returns the head, so that what embeds it can be ordered in time.
func (h Head) Headed() Head { return h }

// Settings are of one version.
type Settings interface{ Headed() Head }

// Check gathers what is wrong with a file.
type Check struct {
	file  string
	wrong []error
}

// Check begins to check a file by its head.
func (h Head) Check(file string) *Check {
	c := &Check{file: file}
	c.Want(h.Schema == 1, "schema", "1")
	c.Want(strings.TrimSpace(h.Basis) != "", "basis", "the article")
	c.Want(h.Version >= 1, "version", "1 or more")
	c.Want(!h.EffectiveFrom.IsZero(), "effective_from", "a day such as 2026-10-01")
	c.Want(strings.TrimSpace(h.ApprovedBy) != "", "approved_by", "who put it in force")
	return c
}

// Want notes a mistake: where it is, and what is wanted there.
func (c *Check) Want(good bool, key, what string) {
	if !good {
		c.wrong = append(c.wrong, fmt.Errorf("%s: %s: want %s", c.file, key, what))
	}
}

// Err joins the mistakes; nil without any.
func (c *Check) Err() error { return errors.Join(c.wrong...) }

// Decode reads exactly one YAML document into v and refuses keys that v does not have.
// The error names the file and what it holds.
func Decode(what, file string, data []byte, v any) error {
	d := yaml.NewDecoder(bytes.NewReader(data))
	d.KnownFields(true)
	if err := d.Decode(v); err != nil {
		return fmt.Errorf("%s: read %s: %w", file, what, err)
	}
	if err := d.Decode(&struct{}{}); !errors.Is(err, io.EOF) {
		return fmt.Errorf("%s: one document is expected in the file", file)
	}
	return nil
}

// Load reads every *.yaml of the top folder of fsys, one version a file, and returns them
// by first day of effect. A folder without any, and versions that do not follow each other
// in time, are errors.
func Load[T Settings](what string, fsys fs.FS, parse func(file string, data []byte) (T, error)) ([]T, error) {
	names, err := fs.Glob(fsys, "*.yaml")
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", what, err)
	}
	var (
		out   []T
		wrong []error
	)
	for _, name := range names {
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", what, err)
		}
		s, err := parse(name, data)
		out, wrong = append(out, s), append(wrong, err)
	}
	if err := errors.Join(wrong...); err != nil {
		return nil, err
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("no %s found: want *.yaml files in the folder", what)
	}
	slices.SortFunc(out, func(a, b T) int { return a.Headed().EffectiveFrom.Compare(b.Headed().EffectiveFrom) })
	for i := 1; i < len(out); i++ {
		before, after := out[i-1].Headed(), out[i].Headed()
		if after.Version <= before.Version || after.EffectiveFrom == before.EffectiveFrom {
			return nil, fmt.Errorf("%s: version %d from %s does not follow version %d from %s: want a higher version with a later effective_from",
				what, after.Version, after.EffectiveFrom, before.Version, before.EffectiveFrom)
		}
	}
	return out, nil
}

// On returns the settings in effect on a day; before the first, the first. There must be one.
func On[T Settings](all []T, day calendar.Date) T {
	current := all[0]
	for _, next := range all[1:] {
		if next.Headed().EffectiveFrom.After(day) {
			break
		}
		current = next
	}
	return current
}
