package rules

import (
	"strings"
	"testing"
)

func TestRender(t *testing.T) {
	s := scope{
		absent:  "未提供",
		texts:   map[string]string{"missing": "甲、乙"},
		numbers: map[string]float64{"year": 2026, "limit": 0.2},
		last:    map[string]float64{"cpu": 0.1234, "near": 0.1996, "net": 4.9e6, "whole": 20},
		everything: []Period{
			{Facts: map[string]float64{"cpu": 0.3}},
			{Facts: map[string]float64{}},
			{Facts: map[string]float64{"cpu": 0.1234}},
		},
	}
	for text, want := range map[string]string{
		"":                                "",
		"{{cpu}}":                         "{cpu}",
		"CPU {cpu|percent}":               "CPU 12.3%",
		"{cpu.max|percent}/{cpu.min}":     "30.0%/0.12",
		"{gone|percent} {gone.max}":       "未提供 未提供",
		"{net|megabytes}":                 "4.9 MB",
		"{whole} {whole|integer}":         "20 20",
		"{year}年缺{missing}":               "2026年缺甲、乙",
		"{near|percent}<{limit|percent}":  "19.96%<20.00%", // not 20.0% below 20.0%
		"{limit|percent}={limit|percent}": "20.0%=20.0%",
		"{gone|integer|cpu:—}":            "—",   // there is none, since cpu is known
		"{gone|integer|gone:—}":           "未提供", // nothing is known
		"{whole|integer|cpu:—}":           "20",
	} {
		parsed, err := parseTemplate(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := parsed.render(s); got != want {
			t.Errorf("render %q = %q; want %q", text, got, want)
		}
	}
}

func TestParseTemplateRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"a {cpu":          "byte 3 of the reason: { is never closed",
		"a } b":           "byte 3 of the reason: } without {",
		"{}":              "no name",
		"{CPU}":           "no name",
		"{cpu.avg}":       "unknown aggregate",
		"{cpu.}":          "unknown aggregate",
		"{cpu|kg}":        "unknown format",
		"{cpu|}":          "unknown format",
		"{a|integer|b}":   "the name of a fact, a colon and a text",
		"{a|integer|b:}":  "the name of a fact, a colon and a text",
		"{a|integer|B:x}": "the name of a fact, a colon and a text",
		"{9lives}":        "no name",
		"{a{b}":           "no name",
		"{cpu | mb}":      "no name",
	} {
		if got, err := parseTemplate(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("parseTemplate(%q) = %v, %v; want an error that says %q", text, got, err, want)
		}
	}
	facts, parameters := map[string]bool{"cpu": true}, map[string]bool{"limit": true}
	for _, text := range []string{"{missing|percent}", "{limit.max}", "{year.max}", "{other}", "{cpu|integer|other:—}"} {
		parsed, err := parseTemplate(text)
		if err != nil {
			t.Fatal(err)
		}
		if err := parsed.check(facts, parameters); err == nil {
			t.Errorf("check %q: no error", text)
		}
	}
}

func FuzzTemplate(f *testing.F) {
	for _, s := range []string{"CPU {cpu_p95|percent} 低于", "{a.max|megabytes}{{}}", "{", "}", "{{{a}}}", "{a|}", "{a|integer|b:—}"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		parsed, err := parseTemplate(s)
		if err != nil {
			return
		}
		if got := parsed.String(); got != s {
			t.Fatalf("%q parsed and printed is %q", s, got)
		}
		parsed.render(scope{absent: "—"})
	})
}
