package central

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/yunjian-io/yunjian/rules/retention"
)

// explained is what Elasticsearch tells of the lifecycle of an index.
type explained struct {
	Managed   bool   `json:"managed"`
	Policy    string `json:"policy"`
	Phase     string `json:"phase"`
	Lifecycle int64  `json:"lifecycle_date_millis"`
	Created   int64  `json:"index_creation_date_millis"`
}

// fromCreation reports whether an index ages from its creation although its policy
// rolls over: it has left the first phase without having been rolled over.
func (e explained) fromCreation() bool {
	return e.Phase != "" && e.Phase != "hot" && e.Phase != "new" && e.Created > 0 && e.Lifecycle <= e.Created
}

// early is by how much the age counts from before the creation, in days.
func (e explained) early() float64 {
	if e.Created <= 0 || e.Lifecycle <= 0 || e.Lifecycle >= e.Created {
		return 0
	}
	return float64(time.Duration(e.Created-e.Lifecycle)*time.Millisecond) / float64(day)
}

// stream is a data stream with its own lifecycle.
type stream struct {
	Name      string `json:"name"`
	Lifecycle *struct {
		Enabled   *bool `json:"enabled"`
		Retention text  `json:"data_retention"`
		Effective text  `json:"effective_retention"`
	} `json:"lifecycle"`
	Indices []struct {
		Name      string `json:"index_name"`
		ManagedBy string `json:"managed_by"`
	} `json:"indices"`
}

// lifecycles reads index lifecycle management and the lifecycles of data streams.
func (e *elastic) lifecycles(ctx context.Context, class Class, indices []index, now time.Time) (retention.Policy, error) {
	var told struct {
		Indices map[string]explained `json:"indices"`
	}
	if err := e.ask(ctx, "the lifecycles of "+class.Index, &told, nil, class.Index, "_ilm", "explain"); err != nil {
		return nil, err
	}
	own, err := e.streams(ctx, class)
	if err != nil {
		return nil, err
	}
	policies := byPolicy[phases]{have: map[string]phases{}, read: func(name string) (phases, error) { return e.policy(ctx, name) }}
	written := newSpans(indices, now)
	var found []retention.Policy
	for _, i := range indices {
		x, seen := told.Indices[i.name]
		if p, ok := own[i.name]; ok && (!x.Managed || !p.byILM) {
			found = append(found, p.policy)
			continue
		}
		if !seen {
			return nil, fmt.Errorf("the lifecycle of index %q is not told", i.name)
		}
		if !x.Managed {
			found = append(found, retention.Never{})
			continue
		}
		p, err := policies.get(x.Policy)
		if err != nil {
			return nil, err
		}
		span, known := written.of(i.name)
		found = append(found, p.policyOf(x, span, known))
	}
	return joined(found, nil)
}

// ownLifecycle is what a data stream itself says of an index of it.
type ownLifecycle struct {
	policy retention.Policy
	byILM  bool
}

// streams reads the lifecycles of data streams, by index. Versions without them refuse.
func (e *elastic) streams(ctx context.Context, class Class) (map[string]ownLifecycle, error) {
	var told struct {
		Streams []stream `json:"data_streams"`
	}
	err := e.ask(ctx, "the data streams of "+class.Index, &told, nil, "_data_stream", class.Index)
	switch status(err) {
	case http.StatusNotFound, http.StatusBadRequest, http.StatusMethodNotAllowed:
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return ownLifecycles(told.Streams)
}

func ownLifecycles(streams []stream) (map[string]ownLifecycle, error) {
	out := map[string]ownLifecycle{}
	for _, s := range streams {
		if s.Lifecycle == nil || (s.Lifecycle.Enabled != nil && !*s.Lifecycle.Enabled) {
			continue
		}
		policies := []retention.Policy{retention.Never{}}
		for _, text := range []text{s.Lifecycle.Retention, s.Lifecycle.Effective} {
			if text == "" {
				continue
			}
			days, err := parseAge(string(text))
			if err != nil {
				return nil, fmt.Errorf("read lifecycle of data stream %q: %w", s.Name, err)
			}
			policies = append(policies, age(days, 0, "data_retention"))
		}
		for _, i := range s.Indices {
			out[i.Name] = ownLifecycle{shortest(policies), i.ManagedBy == "" || i.ManagedBy == "Index Lifecycle Management"}
		}
	}
	return out, nil
}

// phases is what matters of a lifecycle policy.
type phases struct {
	deletes  bool
	deleted  float64 // days of age at which it deletes
	rollover bool    // ages count from the rollover
}

func (e *elastic) policy(ctx context.Context, name string) (phases, error) {
	var told map[string]json.RawMessage
	if err := e.ask(ctx, fmt.Sprintf("the lifecycle policy %q", shorten(name, nil)), &told, nil, "_ilm", "policy", name); err != nil {
		return phases{}, err
	}
	p, err := parseILM(told[name])
	if err != nil {
		return p, fmt.Errorf("read lifecycle policy %q: %w", shorten(name, nil), err)
	}
	return p, nil
}

// parseILM reads a lifecycle policy.
func parseILM(raw json.RawMessage) (p phases, err error) {
	var told struct {
		Policy *struct {
			Phases map[string]struct {
				MinAge  text                       `json:"min_age"`
				Actions map[string]json.RawMessage `json:"actions"`
			} `json:"phases"`
		} `json:"policy"`
	}
	if err := json.Unmarshal(raw, &told); err != nil {
		return p, err
	}
	if told.Policy == nil {
		return p, errors.New("it has no phases")
	}
	for _, phase := range told.Policy.Phases {
		if _, ok := phase.Actions["rollover"]; ok {
			p.rollover = true
		}
		if _, ok := phase.Actions["delete"]; !ok {
			continue
		}
		at := 0.
		if phase.MinAge != "" {
			if at, err = parseAge(string(phase.MinAge)); err != nil {
				return p, err
			}
		}
		if !p.deletes || at < p.deleted {
			p.deletes, p.deleted = true, at
		}
	}
	return p, nil
}

// policyOf is what a lifecycle means for the records of an index that is written to for
// span days. Without a rollover the age counts from the creation, and the last records
// live shorter by that; it is nil if the span is not known then.
func (p phases) policyOf(x explained, span float64, known bool) retention.Policy {
	switch {
	case !p.deletes:
		return retention.Never{}
	case p.rollover && !x.fromCreation():
		return age(p.deleted, 0, "min_age")
	case !known:
		return nil
	}
	return age(p.deleted, span+x.early(), "min_age")
}
