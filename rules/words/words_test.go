package words_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/yunjian-io/yunjian/rules/words"
)

func TestFill(t *testing.T) {
	values := map[string]string{"n": "3", "path": "/{n}/日志", "empty": ""}
	for text, want := range map[string]string{
		"":                  "",
		"no names":          "no names",
		"{n} of {n}":        "3 of 3",
		"at {path}, {n}":    "at /{n}/日志, 3", // a value is not filled
		"{empty}{n}":        "3",
		"{other} {n}":       "{other} 3",
		"{{n}}":             "{3}",
		"open {n":           "open {n",
		"{} {n}":            "{} 3",
		"end {":             "end {",
		"共 {n} 个，见 {path}。": "共 3 个，见 /{n}/日志。",
	} {
		got := words.Fill(text, func(name string) (string, bool) { v, ok := values[name]; return v, ok })
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("Fill(%q) (-want +got):\n%s", text, diff)
		}
	}
}

// What strings.Replacer would give is given.
func FuzzFill(f *testing.F) {
	f.Add("at {path}, {n} of {{n}}{", "x{n}")
	f.Fuzz(func(t *testing.T, text, value string) {
		values := map[string]string{"n": value, "path": "p"}
		got := words.Fill(text, func(name string) (string, bool) { v, ok := values[name]; return v, ok })
		if want := strings.NewReplacer("{n}", value, "{path}", "p").Replace(text); got != want {
			t.Errorf("Fill(%q) = %q; want %q", text, got, want)
		}
	})
}
