package rules

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"

	"go.yaml.in/yaml/v3"

	"github.com/yunjian-io/yunjian/rules/calendar"
)

// maxFile bounds a rule file. The embedded one has a hundredth of it.
const maxFile = 1 << 20

// FileError is a mistake in a rule file, told with its place.
type FileError struct {
	File string
	Line int // 1 is the first line; 0 if the place is not known
	Err  error
}

// Error returns file:line: reason.
func (e *FileError) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("%s: %v", e.File, e.Err)
	}
	return fmt.Sprintf("%s:%d: %v", e.File, e.Line, e.Err)
}

// Unwrap returns the reason.
func (e *FileError) Unwrap() error { return e.Err }

// at is a scalar of a rule file together with its line.
type at[T any] struct {
	V    T
	Line int
}

// UnmarshalYAML notes the line before it decodes the value.
func (a *at[T]) UnmarshalYAML(node *yaml.Node) error {
	a.Line = node.Line
	if err := node.Decode(&a.V); err != nil {
		if _, placed := errors.AsType[*yaml.TypeError](err); placed {
			return err
		}
		return &FileError{Line: node.Line, Err: err}
	}
	return nil
}

// MarshalJSON leaves the line out: where a rule stands is not part of its content.
func (a at[T]) MarshalJSON() ([]byte, error) { return json.Marshal(a.V) }

// header is the head of a rule file and enters the hash of each of its rules.
type header struct {
	Schema        at[int]           `yaml:"schema" json:"schema"`
	Basis         at[string]        `yaml:"basis" json:"basis"`
	Version       at[int]           `yaml:"version" json:"version"`
	EffectiveFrom at[calendar.Date] `yaml:"effective_from" json:"effective_from"`
	ApprovedBy    at[string]        `yaml:"approved_by" json:"approved_by"`
	Absent        at[string]        `yaml:"absent" json:"absent"`
}

type document struct {
	header `yaml:",inline"`
	Rules  []ruleText `yaml:"rules"`
	Tests  []testText `yaml:"tests"`
}

// ruleText is a rule as it is written.
type ruleText struct {
	ID         at[string]               `yaml:"id" json:"id"`
	Subject    at[string]               `yaml:"subject" json:"subject"`
	Title      at[string]               `yaml:"title" json:"title"`
	Basis      at[string]               `yaml:"basis" json:"basis"`
	Period     at[string]               `yaml:"period" json:"period"`
	Window     windowText               `yaml:"window" json:"window"`
	Needs      map[string]at[string]    `yaml:"needs" json:"needs"`
	Parameters map[string]parameterText `yaml:"parameters" json:"parameters"`
	Require    []requireText            `yaml:"require" json:"require"`
	When       at[string]               `yaml:"when" json:"when"`
	Exempt     []exemptText             `yaml:"exempt" json:"exempt"`
	Propose    at[string]               `yaml:"propose" json:"propose"`
	States     map[int]at[string]       `yaml:"states" json:"states"`
	Severity   at[string]               `yaml:"severity" json:"severity"`
	Reason     map[string]at[string]    `yaml:"reason" json:"reason"`
}

type windowText struct {
	Months   at[int]     `yaml:"months" json:"months"`
	Days     at[int]     `yaml:"days" json:"days"`
	MinValid at[float64] `yaml:"min_valid" json:"min_valid"`
}

type parameterText struct {
	Value at[float64] `yaml:"value" json:"value"`
	Unit  at[string]  `yaml:"unit" json:"unit"`
	Title at[string]  `yaml:"title" json:"title"`
}

type requireText struct {
	When      at[string] `yaml:"when" json:"when"`
	Otherwise at[string] `yaml:"otherwise" json:"otherwise"`
}

type exemptText struct {
	Kind     at[string] `yaml:"kind" json:"kind"`
	When     at[string] `yaml:"when" json:"when"`
	Reason   at[string] `yaml:"reason" json:"reason"`
	Approver at[string] `yaml:"approver" json:"approver"`
}

// testText is a case of a rule's own tests.
type testText struct {
	Name       at[string]      `yaml:"name"`
	Rule       at[string]      `yaml:"rule"`
	Month      calendar.Month  `yaml:"month"`
	Open       bool            `yaml:"open"`
	Periods    []periodText    `yaml:"periods"`
	Exemptions []exemptionText `yaml:"exemptions"`
	Expect     expectText      `yaml:"expect"`
}

type periodText struct {
	At    at[string]         `yaml:"at"`
	Facts map[string]float64 `yaml:"facts"`
}

type exemptionText struct {
	Kind     string        `yaml:"kind"`
	Reason   string        `yaml:"reason"`
	Approver string        `yaml:"approver"`
	Expires  calendar.Date `yaml:"expires"`
}

type expectText struct {
	Verdict    at[string] `yaml:"verdict"`
	State      string     `yaml:"state"`
	PeriodsMet *int       `yaml:"periods_met"`
	Missing    []string   `yaml:"missing"`
	Exemption  string     `yaml:"exemption"`
	Reason     string     `yaml:"reason"`
}

// decode reads exactly one YAML document into v and refuses keys that v does not have.
func decode(name string, data []byte, v any) error {
	if len(data) > maxFile {
		return &FileError{File: name, Err: fmt.Errorf("the file has %d bytes; at most %d are read", len(data), maxFile)}
	}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	dec.KnownFields(true)
	if err := dec.Decode(v); err != nil {
		if errors.Is(err, io.EOF) {
			err = errors.New("the file is empty")
		}
		return placed(name, err)
	}
	var more yaml.Node
	if err := dec.Decode(&more); !errors.Is(err, io.EOF) {
		return &FileError{File: name, Line: more.Line, Err: errors.New("one document is expected in the file")}
	}
	return nil
}

var (
	lineOf     = regexp.MustCompile(`^(?:yaml: )?line (\d+): (?s:(.*))$`)
	unknownKey = regexp.MustCompile(`^field (.+) not found in type \S+$`)
)

// placed turns an error of the YAML reader into one FileError a mistake.
func placed(name string, err error) error {
	if e, ok := errors.AsType[*FileError](err); ok {
		return &FileError{File: name, Line: e.Line, Err: e.Err}
	}
	messages := []string{err.Error()}
	if e, ok := errors.AsType[*yaml.TypeError](err); ok {
		messages = e.Errors
	}
	var all []error
	for _, m := range messages {
		e := &FileError{File: name, Err: errors.New(m)}
		if found := lineOf.FindStringSubmatch(m); found != nil {
			// The pattern holds digits only; a number too long to be a line is none.
			e.Line, _ = strconv.Atoi(found[1])
			e.Err = errors.New(found[2])
			if key := unknownKey.FindStringSubmatch(found[2]); key != nil {
				e.Err = fmt.Errorf("unknown key %q", key[1])
			}
		}
		all = append(all, e)
	}
	return errors.Join(all...)
}
