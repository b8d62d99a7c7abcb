package selfmetrics

import (
	"fmt"
	"slices"
	"strings"
)

// Kind is what a metric is.
type Kind string

// Kinds of metrics, as Prometheus names them.
const (
	KindCounter Kind = "counter"
	KindGauge   Kind = "gauge"
	KindSummary Kind = "summary"
)

// Metric is a metric that a process has, without its prefix. Its owner lists all of them:
// what is not in the list cannot be made.
type Metric struct {
	Name string
	Kind Kind
	// Label is the one label it has; empty for none. Values are those that it has from the
	// start; more may come where Open.
	Label  string
	Values []string
	Open   bool
	Unit   string
	Help   string
}

// Series are the names under which the page has the metric from the start, with labels and
// without the parts of a summary.
func (m *Metric) Series(prefix string) []string {
	if m.Label == "" {
		return []string{prefix + m.Name}
	}
	var out []string
	for _, v := range m.Values {
		out = append(out, fmt.Sprintf("%s%s{%s=%q}", prefix, m.Name, m.Label, v))
	}
	return out
}

// check panics unless the metric is described as it is made: each name and label in the
// code is a mistake of the programmer if it is in no list.
func (s *Set) check(name string, kind Kind, labels []Label) {
	i := slices.IndexFunc(s.known, func(m Metric) bool { return m.Name == name })
	if i < 0 {
		panic(fmt.Sprintf("metric %s%s is not described", s.prefix, name))
	}
	m := &s.known[i]
	if m.Kind != kind || len(labels) > 1 || len(labels) == 1 != (m.Label != "") || len(labels) == 1 && labels[0].Name != m.Label {
		panic(fmt.Sprintf("metric %s%s is described as a %s with label %q; made is a %s with %v", s.prefix, name, m.Kind, m.Label, kind, labels))
	}
	if len(labels) == 1 && !m.Open && !slices.Contains(m.Values, labels[0].Value) {
		panic(fmt.Sprintf("metric %s%s has no %s %q", s.prefix, name, m.Label, labels[0].Value))
	}
}

// Doc describes metrics in Markdown, as a section of docs/metrics.md.
func Doc(title, about, prefix string, metrics []Metric) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n## %s\n\n%s\n\n| metric | kind | label | unit | meaning |\n|---|---|---|---|---|\n", title, about)
	for _, m := range metrics {
		label := ""
		if m.Label != "" {
			values := slices.Clone(m.Values)
			if m.Open {
				values = append(values, "…")
			}
			label = m.Label + ": " + strings.Join(values, ", ")
		}
		fmt.Fprintf(&b, "| `%s%s` | %s | %s | %s | %s |\n", prefix, m.Name, m.Kind, label, m.Unit, m.Help)
	}
	return b.String()
}
