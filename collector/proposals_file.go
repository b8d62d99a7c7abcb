package collector

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/yunjian-io/yunjian/rules/proposal"
)

// maxEventFile bounds a file that people fill in.
const maxEventFile = 4 << 20

// ParseEvent reads what an event of a kind says from a file: YAML or JSON with the keys of
// the API, or CSV with one line an item, whose heads are the keys and, for parts of a size
// or of the proofs of a reclaim, keys joined by an underline (final_target_vcpu,
// reclaim_backup). Memory may be given as memory_gib. Unknown keys are refused.
func ParseEvent(kind proposal.Kind, name string, data []byte) (proposal.Data, error) {
	var (
		content any
		err     error
		d       proposal.Data
	)
	if len(data) > maxEventFile {
		return d, fmt.Errorf("%s: the file has %d bytes; at most %d are read", name, len(data), maxEventFile)
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	switch strings.ToLower(filepath.Ext(name)) {
	case ".csv":
		content, err = csvItems(data)
	case ".yaml", ".yml", ".json":
		content, err = yamlValue(data)
	default:
		err = errors.New("want a file that ends in .csv, .yaml or .json")
	}
	if err != nil {
		return d, fmt.Errorf("%s: %w", name, err)
	}
	mebibytes(content)
	text, err := json.Marshal(map[string]any{string(kind): content})
	if err != nil {
		return d, fmt.Errorf("%s: %w", name, err)
	}
	strict := json.NewDecoder(bytes.NewReader(text))
	strict.DisallowUnknownFields()
	if err := strict.Decode(&d); err != nil {
		return d, fmt.Errorf("%s: %s: %w", name, kind, err)
	}
	texts, err := proposal.LoadTexts()
	return texts.Codes(d), err
}

// mebibytes writes memory_gib as memory_mib, at any depth.
func mebibytes(v any) {
	switch v := v.(type) {
	case []any:
		for _, x := range v {
			mebibytes(x)
		}
	case map[string]any:
		for _, x := range v {
			mebibytes(x)
		}
		if gib, ok := v["memory_gib"].(float64); ok {
			delete(v, "memory_gib")
			v["memory_mib"] = gib * 1024
		}
	}
}

// yamlValue decodes one document; days stay texts.
func yamlValue(data []byte) (any, error) {
	d := yaml.NewDecoder(bytes.NewReader(data))
	var node yaml.Node
	if err := d.Decode(&node); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, errors.New("the file is empty")
		}
		return nil, fmt.Errorf("read YAML: %w", err)
	}
	if err := d.Decode(&yaml.Node{}); !errors.Is(err, io.EOF) {
		return nil, errors.New("one document is expected in the file")
	}
	return plain(&node, 0)
}

// plain is a node as JSON has it.
func plain(n *yaml.Node, depth int) (any, error) {
	if depth > 20 {
		return nil, fmt.Errorf("line %d: nested too deeply", n.Line)
	}
	switch n.Kind {
	case yaml.DocumentNode:
		return plain(n.Content[0], depth+1)
	case yaml.MappingNode:
		out := make(map[string]any, len(n.Content)/2)
		for i := 0; i+1 < len(n.Content); i += 2 {
			key := n.Content[i].Value
			if _, twice := out[key]; twice {
				return nil, fmt.Errorf("line %d: %q is given twice", n.Content[i].Line, key)
			}
			v, err := plain(n.Content[i+1], depth+1)
			if err != nil {
				return nil, err
			}
			out[key] = v
		}
		return out, nil
	case yaml.SequenceNode:
		out := make([]any, len(n.Content))
		for i, item := range n.Content {
			v, err := plain(item, depth+1)
			if err != nil {
				return nil, err
			}
			out[i] = v
		}
		return out, nil
	case yaml.ScalarNode:
		return scalar(n)
	}
	return nil, fmt.Errorf("line %d: anchors and aliases are not read", n.Line)
}

func scalar(n *yaml.Node) (any, error) {
	switch n.Tag {
	case "!!int", "!!float":
		v, err := strconv.ParseFloat(n.Value, 64)
		if err != nil {
			return nil, fmt.Errorf("line %d: %q is no number", n.Line, n.Value)
		}
		return v, nil
	case "!!bool":
		return n.Value == "true" || n.Value == "True" || n.Value == "TRUE", nil
	case "!!null":
		return nil, nil
	}
	return n.Value, nil
}

// csvItems makes items of the lines of a table.
func csvItems(data []byte) (any, error) {
	r := csv.NewReader(bytes.NewReader(data))
	r.TrimLeadingSpace = true
	heads, err := r.Read()
	if err != nil {
		return nil, fmt.Errorf("read heads: %w", err)
	}
	items := []any{}
	for {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			return map[string]any{"items": items}, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read line: %w", err)
		}
		item := map[string]any{}
		for i, head := range heads {
			cell := strings.TrimSpace(cells[i])
			if cell == "" {
				continue
			}
			line, _ := r.FieldPos(i)
			if err := put(item, strings.TrimSpace(head), cell); err != nil {
				return nil, fmt.Errorf("line %d: column %q: %w", line, head, err)
			}
		}
		if len(item) > 0 {
			items = append(items, item)
		}
	}
}

// put writes a cell under its key; parts of a size or of proofs go into a map of their own.
func put(item map[string]any, head, cell string) error {
	for _, group := range []string{"final_target", "target", "before", "after", "reclaim"} {
		part, ok := strings.CutPrefix(head, group+"_")
		if !ok {
			continue
		}
		inner, _ := item[group].(map[string]any)
		if inner == nil {
			inner = map[string]any{}
			item[group] = inner
		}
		return put(inner, part, cell)
	}
	switch head {
	case "vcpu", "memory_mib", "memory_gib", "disk_gib", "cpu_p95", "memory_p95", "coverage", "alerts":
		v, err := strconv.ParseFloat(cell, 64)
		if err != nil {
			return fmt.Errorf("%q is no number", cell)
		}
		item[head] = v
	case "logs_whole":
		v, err := strconv.ParseBool(cell)
		if err != nil {
			return fmt.Errorf("%q: want true or false", cell)
		}
		item[head] = v
	default:
		item[head] = cell
	}
	return nil
}
