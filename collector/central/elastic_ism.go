package central

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/yunjian-io/yunjian/rules/retention"
)

// stateManaged reads index state management of OpenSearch.
func (e *elastic) stateManaged(ctx context.Context, class Class, indices []index, now time.Time) (retention.Policy, error) {
	var told map[string]json.RawMessage
	if err := e.ask(ctx, "the state management of "+class.Index, &told, nil, "_plugins", "_ism", "explain", class.Index); err != nil {
		return nil, err
	}
	policies := byPolicy[states]{have: map[string]states{}, read: func(name string) (states, error) { return e.statePolicy(ctx, name) }}
	written := newSpans(indices, now)
	var found []retention.Policy
	for _, i := range indices {
		raw, seen := told[i.name]
		if !seen {
			return nil, fmt.Errorf("the state management of index %q is not told", i.name)
		}
		name, err := parseManaged(raw)
		if err != nil {
			return nil, fmt.Errorf("read state management of index %q: %w", i.name, err)
		}
		if name == "" {
			found = append(found, retention.Never{})
			continue
		}
		p, err := policies.get(name)
		if err != nil {
			return nil, err
		}
		span, known := written.of(i.name)
		found = append(found, p.policyOf(span, known))
	}
	return joined(found, nil)
}

// parseManaged returns the policy of an index, empty if it is not managed.
func parseManaged(raw json.RawMessage) (string, error) {
	var told struct {
		Policy *string `json:"policy_id"`
		Plugin *string `json:"index.plugins.index_state_management.policy_id"`
		Distro *string `json:"index.opendistro.index_state_management.policy_id"`
	}
	if err := json.Unmarshal(raw, &told); err != nil {
		return "", err
	}
	for _, p := range []*string{told.Policy, told.Plugin, told.Distro} {
		if p != nil && *p != "" {
			return *p, nil
		}
	}
	return "", nil
}

func (e *elastic) statePolicy(ctx context.Context, name string) (states, error) {
	var told struct {
		Policy json.RawMessage `json:"policy"`
	}
	if err := e.ask(ctx, fmt.Sprintf("the policy %q", shorten(name, nil)), &told, nil, "_plugins", "_ism", "policies", name); err != nil {
		return states{}, err
	}
	p, err := parseISM(told.Policy)
	if err != nil {
		return p, fmt.Errorf("read policy %q: %w", shorten(name, nil), err)
	}
	return p, nil
}

// states is a policy of OpenSearch: an index goes from state to state.
type states struct {
	first   string
	deletes map[string]bool // states that delete the index
	ways    []way
}

// way leads from one state to another, not before the ages that it names, in days.
type way struct {
	from, to            string
	created, rolledOver float64
	aged                bool
}

// parseISM reads a policy of index state management.
func parseISM(raw json.RawMessage) (states, error) {
	var told struct {
		Default string `json:"default_state"`
		States  []struct {
			Name        string                       `json:"name"`
			Actions     []map[string]json.RawMessage `json:"actions"`
			Transitions []struct {
				To         string                     `json:"state_name"`
				Conditions map[string]json.RawMessage `json:"conditions"`
			} `json:"transitions"`
		} `json:"states"`
	}
	s := states{deletes: map[string]bool{}}
	if err := json.Unmarshal(raw, &told); err != nil {
		return s, err
	}
	if told.Default == "" || len(told.States) == 0 {
		return s, errors.New("it has no states")
	}
	s.first = told.Default
	for _, state := range told.States {
		for _, a := range state.Actions {
			if _, ok := a["delete"]; ok {
				s.deletes[state.Name] = true
			}
		}
		for _, t := range state.Transitions {
			w := way{from: state.Name, to: t.To}
			for name, into := range map[string]*float64{"min_index_age": &w.created, "min_rollover_age": &w.rolledOver} {
				raw, ok := t.Conditions[name]
				if !ok {
					continue
				}
				var value text
				err := json.Unmarshal(raw, &value)
				if err == nil {
					*into, err = parseAge(string(value))
				}
				if err != nil {
					return s, fmt.Errorf("read %s of state %q: %w", name, shorten(state.Name, nil), err)
				}
				w.aged = true
			}
			s.ways = append(s.ways, w)
		}
	}
	return s, nil
}

// keeps is how long a record surely lives that cannot be removed before a way is gone:
// the age since creation counts less the span in which the index is written to.
func (w way) keeps(span float64) retention.Age {
	if w.rolledOver > max(w.created-span, 0) {
		return age(w.rolledOver, 0, "min_rollover_age")
	}
	return age(w.created, span, "min_index_age")
}

// policyOf finds the way to deletion whose latest condition comes first. It is nil if a
// way depends on no age, or on the age since creation of indices whose span is unknown.
func (s states) policyOf(span float64, spanKnown bool) retention.Policy {
	if s.deletes[s.first] {
		return age(0, 0, "min_index_age")
	}
	left := func(a retention.Age) float64 { return max(a.Days-a.SpanDays, 0) }
	best := map[string]retention.Age{s.first: {}}
	for range s.ways { // the longest way without a loop goes over each once
		for _, w := range s.ways {
			have, reached := best[w.from]
			if !reached || s.deletes[w.from] {
				continue
			}
			if w.created > 0 && !spanKnown {
				w.created, w.aged = 0, w.rolledOver > 0
			}
			if own := w.keeps(span); w.aged && left(own) >= left(have) {
				have = own
			}
			if old, reached := best[w.to]; !reached || left(have) < left(old) {
				best[w.to] = have
			}
		}
	}
	var found []retention.Policy
	for name := range s.deletes {
		if a, reached := best[name]; reached {
			if a.Setting == "" {
				return nil
			}
			found = append(found, a)
		}
	}
	if len(found) == 0 {
		return retention.Never{}
	}
	return shortest(found)
}
