package dashboards

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// Difference is one path at which what Grafana has is not what is wanted.
type Difference struct {
	Path  string `json:"path"`  // such as panels[id=3].title; a path that ends in [] names the members of a list
	There any    `json:"there"` // what Grafana has, nil if nothing
	Want  any    `json:"want"`  // what is wanted instead, nil if nothing
}

// differences compares two JSON values leaf by leaf. What is null, an empty object or an
// empty list counts as absent, since servers drop and add these as they like. Keys that only
// there has are passed over unless extras is set; members that only a list of there has
// always count.
func differences(there, want any, extras bool) []Difference {
	have, need := leaves(there), leaves(want)
	var all []Difference
	for _, path := range slices.Sorted(maps.Keys(union(have, need))) {
		_, wanted := need[path]
		if reflect.DeepEqual(have[path], need[path]) || !wanted && !extras {
			continue
		}
		all = append(all, Difference{Path: path, There: have[path], Want: need[path]})
	}
	return all
}

// personal are the differences that a person has made: where what is there is neither what
// was published last nor what is wanted now.
func personal(published, there, want any) []Difference {
	need := leaves(want)
	var all []Difference
	for _, d := range differences(there, published, true) {
		if !reflect.DeepEqual(d.There, need[d.Path]) {
			d.Want = need[d.Path]
			all = append(all, d)
		}
	}
	return all
}

func union(a, b object) object {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return all
}

// leaves are the scalars of a JSON value by their paths.
func leaves(value any) object {
	found := object{}
	gather(found, "", normal(value))
	return found
}

func gather(found object, path string, value any) {
	switch v := value.(type) {
	case nil:
	case object:
		for key, member := range v {
			if path != "" {
				key = path + "." + key
			}
			gather(found, key, member)
		}
	case []any:
		names := memberNames(v)
		if len(names) > 0 {
			found[path+"[]"] = strings.Join(names, ", ")
		}
		for i, member := range v {
			gather(found, path+"["+names[i]+"]", member)
		}
	default:
		found[path] = v
	}
}

// memberNames names the members of a list by what identifies them, so that a member that
// comes or goes does not make all behind it differ; by their places if nothing does.
func memberNames(list []any) []string {
	for _, key := range []string{"id", "refId", "uid", "name"} {
		names := make([]string, 0, len(list))
		for _, member := range list {
			fields, _ := member.(object)
			if fields[key] != nil {
				names = append(names, fmt.Sprintf("%s=%v", key, fields[key]))
			}
		}
		if len(names) == len(list) && len(slices.Compact(slices.Sorted(slices.Values(names)))) == len(list) {
			return names
		}
	}
	names := make([]string, len(list))
	for i := range list {
		names[i] = fmt.Sprint(i)
	}
	return names
}

// normal is a value as encoding/json decodes it: numbers are float64, structs are objects.
func normal(value any) any {
	data, err := json.Marshal(value)
	if err != nil {
		return nil
	}
	var plain any
	if json.Unmarshal(data, &plain) != nil {
		return nil
	}
	return plain
}

// plainObject is normal for what must be a JSON object; an empty one if it is none.
func plainObject(value any) object {
	plain, ok := normal(value).(object)
	if !ok {
		return object{}
	}
	return plain
}

// Text is the difference on a line, long values cut.
func (d Difference) Text() string {
	return fmt.Sprintf("%s: %s → %s", d.Path, short(d.There), short(d.Want))
}

func short(value any) string {
	if value == nil {
		return "nothing"
	}
	data, err := json.Marshal(value)
	if err != nil {
		return "?"
	}
	text := []rune(strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&").Replace(string(data)))
	if limit := 72; len(text) > limit {
		return string(text[:limit]) + "…"
	}
	return string(text)
}
