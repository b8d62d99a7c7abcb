package records

import (
	"bytes"
	_ "embed"
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/yunjian-io/yunjian/collector/sheet"
)

//go:embed schema.yaml
var schemaFile []byte

// schema is all that schema.yaml declares.
type schema struct {
	DateMarks    []string `yaml:"date_marks"`
	ListMarks    []string `yaml:"list_marks"`
	SkippedHeads []string `yaml:"skipped_heads"`
	Withdrawn    column   `yaml:"withdrawn"`
	Texts        texts    `yaml:"texts"`
	Kinds        []kind   `yaml:"kinds"`
}

// texts are the words of docs/imports.md.
type texts struct {
	Title    string            `yaml:"title"`
	Required string            `yaml:"required"`
	Optional string            `yaml:"optional"`
	Heads    []string          `yaml:"heads"`
	Types    map[string]string `yaml:"types"`
	Within   string            `yaml:"within"`
	Until    string            `yaml:"until"`
	Any      string            `yaml:"any"`
	Intro    string            `yaml:"intro"`
	Usage    string            `yaml:"usage"` // Markdown
	Columns  string            `yaml:"columns"`
	Section  string            `yaml:"section"`
	Dated    string            `yaml:"dated"`
}

// kind is one table that can be imported.
type kind struct {
	Kind    string   `yaml:"kind"`
	Title   string   `yaml:"title"`
	Section string   `yaml:"section"`
	Key     []string `yaml:"key"`
	Dated   struct {
		Field string `yaml:"field"`
		Rule  string `yaml:"rule"` // within or until; empty for registers that no month bounds
	} `yaml:"dated"`
	Columns []column `yaml:"columns"`
}

// column is one column of a kind.
type column struct {
	Field    string              `yaml:"field"`
	Heads    []string            `yaml:"heads"`
	Type     string              `yaml:"type"`
	Required bool                `yaml:"required"`
	After    string              `yaml:"after"`   // the moment that this one must not precede
	AtMost   string              `yaml:"at_most"` // the count that this one must not exceed
	Help     string              `yaml:"help"`
	Values   map[string][]string `yaml:"values"`
}

// The rules of what a row's date has to do with the months that its file states.
const (
	ruleWithin = "within"
	ruleUntil  = "until"
)

// readSchema reads and checks schema.yaml; an error means that the program is broken.
func readSchema() (schema, error) {
	var s schema
	d := yaml.NewDecoder(bytes.NewReader(schemaFile))
	d.KnownFields(true)
	if err := d.Decode(&s); err != nil {
		return schema{}, fmt.Errorf("read embedded schema of records: %w", err)
	}
	for i := range s.Kinds {
		k := &s.Kinds[i]
		k.Columns = append(k.Columns, s.Withdrawn)
		if err := s.check(k); err != nil {
			return schema{}, fmt.Errorf("schema of records, kind %q: %w", k.Kind, err)
		}
	}
	return s, nil
}

func (s schema) check(k *kind) error {
	names := slices.Clone(k.Key)
	if k.Dated.Rule != "" {
		names = append(names, k.Dated.Field)
	}
	for _, c := range k.Columns {
		if s.Texts.Types[c.Type] == "" {
			return fmt.Errorf("column %q is of no known type: %q", c.Field, c.Type)
		}
		for _, other := range []string{c.After, c.AtMost} {
			if other != "" {
				names = append(names, other)
			}
		}
	}
	for _, name := range names {
		if k.column(name) == nil {
			return fmt.Errorf("there is no column %q", name)
		}
	}
	return nil
}

// Kinds returns the kinds that can be imported, in the order of the documentation.
func Kinds() ([]string, error) {
	s, err := readSchema()
	return s.kinds(), err
}

func (s schema) kinds() []string {
	out := make([]string, len(s.Kinds))
	for i := range s.Kinds {
		out[i] = s.Kinds[i].Kind
	}
	return out
}

func (s schema) kind(name string) (*kind, error) {
	for i := range s.Kinds {
		if s.Kinds[i].Kind == name {
			return &s.Kinds[i], nil
		}
	}
	return nil, fmt.Errorf("no kind of records %q: want one of %s", name, strings.Join(s.kinds(), ", "))
}

func (k *kind) column(field string) *column {
	for i := range k.Columns {
		if k.Columns[i].Field == field {
			return &k.Columns[i]
		}
	}
	return nil
}

func (k *kind) byHead(head string) *column {
	for i := range k.Columns {
		if sheet.Named(k.Columns[i].Heads, head) {
			return &k.Columns[i]
		}
	}
	return nil
}

// value finds what a cell of a column of choices stands for.
func (c *column) value(cell string) (string, bool) {
	for _, value := range slices.Sorted(maps.Keys(c.Values)) {
		if sheet.Plain(value) == sheet.Plain(cell) || sheet.Named(c.Values[value], cell) {
			return value, true
		}
	}
	return "", false
}

// choices lists what a cell may say, the preferred form of each.
func (c *column) choices() []string {
	var out []string
	for _, value := range slices.Sorted(maps.Keys(c.Values)) {
		out = append(out, c.Values[value][0])
	}
	return out
}
