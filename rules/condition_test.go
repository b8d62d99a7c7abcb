package rules

import (
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestKleene(t *testing.T) {
	facts := map[string]bool{"cpu": true, "mem": true, "off": true}
	parameters := map[string]bool{"a": true, "b": true}
	base := map[string]any{"a": 0.2, "b": 0.4}
	for _, tt := range []struct {
		text    string
		facts   map[string]any
		want    truth
		missing []string
	}{
		{"cpu < a and mem < b", map[string]any{"cpu": 0.1, "mem": 0.1}, yes, nil},
		{"cpu < a and mem < b", map[string]any{"cpu": 0.2}, no, nil}, // mem does not matter
		{"cpu < a && mem < b", map[string]any{"mem": 0.4}, no, nil},
		{"cpu < a and mem < b", map[string]any{"cpu": 0.1}, undecided, []string{"mem"}},
		{"mem < b and cpu < a", nil, undecided, []string{"cpu", "mem"}},
		{"cpu < a or mem < b", map[string]any{"cpu": 0.1}, yes, nil},
		{"cpu < a || mem < b", map[string]any{"cpu": 0.3}, undecided, []string{"mem"}},
		{"cpu < a or mem < b", map[string]any{"cpu": 0.3, "mem": 0.5}, no, nil},
		{"not (cpu < a and mem < b)", map[string]any{"cpu": 0.3}, yes, nil},
		{"!(cpu < a)", nil, undecided, []string{"cpu"}},
		{"known(off) and off == 1 or cpu < a", map[string]any{"cpu": 0.3}, no, nil},
		{"known(off) and off == 1 or cpu < a", map[string]any{"off": 1.0}, yes, nil},
		{"known(off) and off == 1 or cpu < a", nil, undecided, []string{"cpu"}},
		{"cpu < 1 or cpu >= 1", nil, undecided, []string{"cpu"}}, // sound, not complete
		{"0.05 < cpu < a", map[string]any{"cpu": 0.1}, yes, nil},
		{"cpu / mem < a", map[string]any{"cpu": 0.0, "mem": 0.0}, undecided, nil}, // 0/0 is no number
		{"not (cpu / mem < a)", map[string]any{"cpu": 1.0, "mem": 0.0}, undecided, nil},
		{"max(cpu, mem) - min(cpu, mem) <= abs(-a) * 2", map[string]any{"cpu": 0.1, "mem": 0.5}, yes, nil},
		{"cpu != a", map[string]any{"cpu": 0.2}, no, nil},
		{"cpu > 0", map[string]any{"cpu": 0.2}, yes, nil},
		{"true and cpu >= 1", map[string]any{"cpu": 1.0}, yes, nil},
		{"false and cpu >= 1", nil, no, nil},
	} {
		c, err := parseCondition(tt.text, facts, parameters)
		if err != nil {
			t.Fatal(err)
		}
		env := make(map[string]any)
		for _, m := range []map[string]any{base, tt.facts} {
			maps.Copy(env, m)
		}
		got, missing, err := c.eval(env)
		if err != nil || got != tt.want {
			t.Errorf("%s with %v = %d, %v; want %d", tt.text, tt.facts, got, err, tt.want)
		}
		if diff := cmp.Diff(tt.missing, missing); diff != "" {
			t.Errorf("%s with %v: missing (-want +got):\n%s", tt.text, tt.facts, diff)
		}
	}
}

// TestKleeneIsSound compares every undecided and decided answer with all ways to
// provide the absent facts.
func TestKleeneIsSound(t *testing.T) {
	facts := map[string]bool{"x": true, "y": true, "z": true}
	values := []float64{0, 1}
	for _, text := range []string{
		"x > 0 and y > 0 or z > 0", "not (x > 0 or y > 0) and z > 0", "x > y or y > z",
		"x + y > 1 and not (z > 0)", "x > 0 and (y > 0 or not (z > 0))",
	} {
		c, err := parseCondition(text, facts, nil)
		if err != nil {
			t.Fatal(err)
		}
		decide := func(env map[string]any) truth {
			got, _, err := c.eval(env)
			if err != nil {
				t.Fatal(err)
			}
			return got
		}
		names := []string{"x", "y", "z"}
		for pattern := range 27 { // each fact is absent, 0 or 1
			env, absent := make(map[string]any), []string(nil)
			for i, rest := 0, pattern; i < 3; i, rest = i+1, rest/3 {
				if rest%3 == 2 {
					absent = append(absent, names[i])
				} else {
					env[names[i]] = values[rest%3]
				}
			}
			got := decide(env)
			if got == undecided {
				continue
			}
			for fill := range 1 << len(absent) {
				for i, name := range absent {
					env[name] = values[fill>>i&1]
				}
				if full := decide(env); full != got {
					t.Errorf("%s without %v = %d, but %d with %v", text, absent, got, full, env)
				}
			}
		}
	}
}

func FuzzCondition(f *testing.F) {
	for _, s := range []string{
		"x < p and y < p", "not known(x)", "abs(x - y) / 0 > 1", "((((x))))<1", "x ?? y < 1", "let a = 1; a < x",
		"x < 1 ? true : false", "all([1], # > x)", strings.Repeat("(", 900) + "x", "1 .. 3 == x", "$env.x < 1",
		"x ** 1e9 > 1", "-9223372036854775808 < x", "1 / 0 < x", "5 % 0 < x", "x<1 and x<2 or x<3",
	} {
		f.Add(s)
	}
	facts, parameters := map[string]bool{"x": true, "y": true}, map[string]bool{"p": true}
	f.Fuzz(func(t *testing.T, s string) {
		c, err := parseCondition(s, facts, parameters)
		if err != nil {
			return
		}
		for _, env := range []map[string]any{{"p": 0.5}, {"p": 0.5, "x": 0.1}, {"p": 0.5, "x": -1.0, "y": 2.0}} {
			got, missing, err := c.eval(env)
			if err != nil {
				t.Fatalf("%q compiled, but: %v", s, err)
			}
			if len(missing) > 0 && got != undecided {
				t.Fatalf("%q is decided (%d) and lacks %v", s, got, missing)
			}
		}
	})
}
