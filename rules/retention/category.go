package retention

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"slices"

	"go.yaml.in/yaml/v3"
)

//go:embed categories.yaml
var categoriesYAML []byte

// Category is what the monthly report counts classes of logs under.
type Category struct {
	ID      string  `yaml:"id"`
	Chinese string  `yaml:"zh"`
	Classes []Class `yaml:"classes"`
}

// Categories are the categories of the report, in its order; the last one holds the
// classes that sites added.
type Categories []Category

// LoadCategories reads the embedded mapping. An error means that a class is in none of
// the categories, or in two.
func LoadCategories() (Categories, error) {
	var file struct {
		Categories Categories `yaml:"categories"`
	}
	d := yaml.NewDecoder(bytes.NewReader(categoriesYAML))
	d.KnownFields(true)
	if err := d.Decode(&file); err != nil {
		return nil, fmt.Errorf("read categories of logs: %w", err)
	}
	if len(file.Categories) == 0 {
		return nil, errors.New("read categories of logs: there are none")
	}
	for _, class := range Classes() {
		n := 0
		for _, c := range file.Categories {
			if slices.Contains(c.Classes, class) {
				n++
			}
		}
		if n != 1 {
			return nil, fmt.Errorf("read categories of logs: class %q is in %d of them", class, n)
		}
	}
	return file.Categories, nil
}

// Of returns the category of a class.
func (c Categories) Of(class Class) Category {
	for _, category := range c {
		if slices.Contains(category.Classes, class) {
			return category
		}
	}
	return c[len(c)-1]
}
