package inventory

import (
	"bytes"
	_ "embed"
	"fmt"
	"maps"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/yunjian-io/yunjian/collector/sheet"
)

//go:embed schema.yaml
var schemaFile []byte

// schema tells which sheets, heads and values are understood.
type schema struct {
	Notes struct {
		Sheet    string   `yaml:"sheet"`
		Title    string   `yaml:"title"`
		Heads    []string `yaml:"heads"`
		Required string   `yaml:"required"`
		Lines    []string `yaml:"lines"`
	} `yaml:"notes"`
	SkippedSheets []string      `yaml:"skipped_sheets"`
	SkippedHeads  []string      `yaml:"skipped_heads"`
	DateMarks     []string      `yaml:"date_marks"`
	Tables        []tableSchema `yaml:"tables"`
}

type tableSchema struct {
	Kind    Kind     `yaml:"kind"`
	Sheets  []string `yaml:"sheets"`
	Columns []column `yaml:"columns"`
}

type column struct {
	Field    string              `yaml:"field"`
	Heads    []string            `yaml:"heads"`
	Required bool                `yaml:"required"`
	Help     string              `yaml:"help"`
	Values   map[string][]string `yaml:"values"`
}

func readSchema() (schema, error) {
	var s schema
	dec := yaml.NewDecoder(bytes.NewReader(schemaFile))
	dec.KnownFields(true)
	if err := dec.Decode(&s); err != nil {
		return schema{}, fmt.Errorf("read embedded schema: %w", err)
	}
	return s, nil
}

// bySheet finds the table of a sheet's name.
func (s schema) bySheet(name string) (tableSchema, bool) {
	for _, t := range s.Tables {
		if sheet.Named(t.Sheets, name) {
			return t, true
		}
	}
	return tableSchema{}, false
}

// byKind finds the table of a kind.
func (s schema) byKind(kind Kind) (tableSchema, bool) {
	for _, t := range s.Tables {
		if t.Kind == kind {
			return t, true
		}
	}
	return tableSchema{}, false
}

// byHeads finds the tables that a row of heads fits: every head is known to the
// table and no required column is missing.
func (s schema) byHeads(heads []string) []tableSchema {
	var out []tableSchema
	for _, t := range s.Tables {
		fits := true
		have := make(map[string]bool)
		for _, head := range heads {
			c, known := t.column(head)
			have[c.Field] = true
			fits = fits && (known || head == "" || sheet.Named(s.SkippedHeads, head))
		}
		for _, c := range t.Columns {
			fits = fits && (have[c.Field] || !c.Required)
		}
		if fits {
			out = append(out, t)
		}
	}
	return out
}

func (t tableSchema) column(head string) (column, bool) {
	for _, c := range t.Columns {
		if head != "" && sheet.Named(c.Heads, head) {
			return c, true
		}
	}
	return column{}, false
}

// value finds the value that a cell stands for, in its own name or an alias.
func (c column) value(cell string) (string, bool) {
	for _, value := range slices.Sorted(maps.Keys(c.Values)) {
		if sheet.Plain(value) == sheet.Plain(cell) || sheet.Named(c.Values[value], cell) {
			return value, true
		}
	}
	return "", false
}

// choices lists what a cell of the column may say, the preferred form first.
func (c column) choices() []string {
	var out []string
	for _, value := range slices.Sorted(maps.Keys(c.Values)) {
		out = append(out, c.Values[value][0])
	}
	return out
}
