package dashboards

import (
	"bytes"
	"embed"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"

	"go.yaml.in/yaml/v3"
)

//go:embed boards/*.yaml fragments/*.sql alerts.yaml words.yaml
var files embed.FS

// board is one dashboard as its file says.
type board struct {
	UID         string `yaml:"uid"`
	Title       string `yaml:"title"`
	Description string `yaml:"description"`
	// Range is how far back it looks when it is opened, such as 24h.
	Range string `yaml:"range"`
	// Variables are those of variables.yaml by which it can be narrowed, in order.
	Variables []string `yaml:"variables"`
	Rows      []row    `yaml:"rows"`
}

// row is a headed part of a dashboard.
type row struct {
	Title string `yaml:"title"`
	// Collapsed rows ask nothing before they are opened.
	Collapsed bool    `yaml:"collapsed"`
	Panels    []panel `yaml:"panels"`
}

// panel is one question and how its answer is drawn.
type panel struct {
	Title       string `yaml:"title"`
	Description string `yaml:"description"`
	// Kind is stat, timeseries, table, barchart, bargauge or heatmap.
	Kind string `yaml:"kind"`
	// Unit is a unit of Grafana; suffix:… where it has none that does not rescale.
	Unit string `yaml:"unit"`
	// Decimals are those that are shown; Grafana chooses where they are absent.
	Decimals *int     `yaml:"decimals"`
	Min      *float64 `yaml:"min"`
	Max      *float64 `yaml:"max"`
	// Width is in 24ths of the page, Height in units of 30 pixels; 0: that of the kind.
	Width  int    `yaml:"width"`
	Height int    `yaml:"height"`
	SQL    string `yaml:"sql"`
	// NoValue is shown where there is no answer; 未提供 where the file does not say.
	NoValue string `yaml:"no_value"`
	// Steps colour values, from the least upwards; the first one has no value.
	Steps []step `yaml:"steps"`
	// Stack draws series upon each other.
	Stack bool `yaml:"stack"`
	// Series is the label by which the series of a long answer are named.
	Series string `yaml:"series"`
	// Units are those of single columns or series, Words the vocabularies (words.yaml) in
	// which columns are told, Links the dashboards to which cells lead.
	Units map[string]string `yaml:"units"`
	Words map[string]string `yaml:"words"`
	Links map[string]link   `yaml:"links"`
	// Gauges are columns that are drawn as bars, coloured by Steps.
	Gauges []string `yaml:"gauges"`
	// Widths are those of columns in pixels.
	Widths map[string]int `yaml:"widths"`
}

// step is a colour from a value on.
type step struct {
	From  *float64 `yaml:"from"`
	Color string   `yaml:"color"`
}

// link leads to a dashboard that is narrowed by columns of the same row, which have the
// names of the variables and are hidden.
type link struct {
	To string   `yaml:"to"`
	By []string `yaml:"by"`
}

// variable narrows a dashboard.
type variable struct {
	Name        string `yaml:"name"`
	Label       string `yaml:"label"`
	Description string `yaml:"description"`
	// SQL asks for the values: one column, or the value and what is shown for it.
	SQL string `yaml:"sql"`
}

// word is a code of the database in the words of the reports.
type word struct {
	Text  string `yaml:"text"`
	Color string `yaml:"color"`
}

// order is that of the dashboards in links and in publishing.
func order() []string {
	return []string{"overview", "efficiency", "host", "retention", "log_source", "rightsizing", "filing", "health"}
}

// source is everything that the dashboards are made from.
type source struct {
	boards    map[string]board
	variables []variable
	words     map[string]map[string]word
	sql       sqlText
}

func load() (s source, err error) {
	if s.sql, err = loadFragments(files); err != nil {
		return s, err
	}
	if err := decode("words.yaml", &s.words); err != nil {
		return s, err
	}
	if err := decode("boards/variables.yaml", &s.variables); err != nil {
		return s, err
	}
	s.boards = map[string]board{}
	for _, name := range order() {
		var b board
		if err := decode(path.Join("boards", name+".yaml"), &b); err != nil {
			return s, err
		}
		s.boards[name] = b
	}
	return s, nil
}

// decode reads one of our files; a field that is not known is a mistake.
func decode(name string, into any) error {
	text, err := fs.ReadFile(files, name)
	if err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(true)
	if err := d.Decode(into); err != nil && err != io.EOF { //nolint:errorlint // the decoder returns it as it is
		return fmt.Errorf("read %s: %w", name, err)
	}
	return nil
}

func (s *source) variable(name string) (variable, error) {
	i := slices.IndexFunc(s.variables, func(v variable) bool { return v.Name == name })
	if i < 0 {
		return variable{}, fmt.Errorf("no variable %q in variables.yaml", name)
	}
	return s.variables[i], nil
}
