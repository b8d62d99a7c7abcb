package central

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/yunjian-io/yunjian/rules/calendar"
)

// elastic asks Elasticsearch and OpenSearch.
type elastic struct{ *client }

const (
	// bucketsAtOnce are the buckets of a page. The stores allow 65,536 by default.
	bucketsAtOnce = 10_000
	// maxPages bounds how often the next page is asked for.
	maxPages   = 10_000
	typeJSON   = "application/json"
	formatTime = "2006-01-02T15:04:05.000Z07:00"
)

// fields is an object of JSON whose keys matter to the store.
type fields = map[string]any

// question is the body of a search: records by host and day, with their ends.
func (c Class) question(s span, after json.RawMessage) ([]byte, error) {
	filter := []any{fields{"range": fields{c.TimeField: fields{
		"gte": s.start().Format(formatTime), "lte": s.now.Format(formatTime), "format": "strict_date_optional_time",
	}}}}
	if c.Query != "" {
		filter = append(filter, fields{"query_string": fields{"query": c.Query}})
	}
	for _, name := range slices.Sorted(maps.Keys(c.Filter)) {
		filter = append(filter, fields{"term": fields{name: fields{"value": c.Filter[name]}}})
	}
	composite := fields{
		"size": bucketsAtOnce,
		"sources": []any{
			fields{"host": fields{"terms": fields{"field": c.HostField}}},
			fields{"day": fields{"date_histogram": fields{
				"field": c.TimeField, "calendar_interval": "1d", "time_zone": Zone().String(), "format": "yyyy-MM-dd",
			}}},
		},
	}
	if after != nil {
		composite["after"] = after
	}
	end := func(kind string) fields { return fields{kind: fields{"field": c.TimeField}} }
	return json.Marshal(fields{
		"size": 0, "track_total_hits": false,
		"query": fields{"bool": fields{"filter": filter}},
		"aggs": fields{"hosts": fields{
			"composite": composite,
			"aggs":      fields{"oldest": end("min"), "newest": end("max")},
		}},
	})
}

// page is the part of a search's answer that matters.
type page struct {
	TimedOut        *bool `json:"timed_out"`
	TerminatedEarly bool  `json:"terminated_early"`
	Shards          *struct {
		Total    int `json:"total"`
		Failed   int `json:"failed"`
		Failures []struct {
			Reason struct {
				Type   string `json:"type"`
				Reason string `json:"reason"`
			} `json:"reason"`
		} `json:"failures"`
	} `json:"_shards"`
	Clusters struct {
		Skipped int `json:"skipped"`
		Partial int `json:"partial"`
		Failed  int `json:"failed"`
	} `json:"_clusters"`
	Aggregations struct {
		Hosts *struct {
			AfterKey json.RawMessage `json:"after_key"`
			Buckets  []bucket        `json:"buckets"`
		} `json:"hosts"`
	} `json:"aggregations"`
}

type bucket struct {
	Key struct {
		Host any    `json:"host"`
		Day  string `json:"day"`
	} `json:"key"`
	Count  uint64 `json:"doc_count"`
	Oldest end    `json:"oldest"`
	Newest end    `json:"newest"`
}

// end is the time of a record at an end, in milliseconds since 1970.
type end struct {
	Value *float64 `json:"value"`
}

func (e end) time() (time.Time, bool) {
	const far = 1e14 // year 5138
	if e.Value == nil || math.IsNaN(*e.Value) || math.Abs(*e.Value) > far {
		return time.Time{}, false
	}
	return time.UnixMilli(int64(*e.Value)).In(Zone()), true
}

func (e *elastic) count(ctx context.Context, class Class, s span, found *tally) error {
	var after json.RawMessage
	for range maxPages {
		body, err := class.question(s, after)
		if err != nil {
			return fmt.Errorf("make question: %w", err)
		}
		answer, err := e.do(ctx, request{
			method: http.MethodPost, path: []string{class.Index, "_search"}, kind: typeJSON, body: body, what: "a search of " + class.Index,
			query: url.Values{"allow_partial_search_results": {"false"}, "ignore_unavailable": {"false"}},
		})
		if err != nil {
			return e.explained(err)
		}
		p, err := parsePage(answer)
		if err != nil {
			return err
		}
		if err := p.add(found); err != nil {
			return err
		}
		next := p.Aggregations.Hosts.AfterKey
		if len(next) == 0 || string(next) == "null" || len(p.Aggregations.Hosts.Buckets) == 0 {
			return nil
		}
		if string(next) == string(after) {
			return errors.New("it gives the same page again and again")
		}
		after = next
	}
	return fmt.Errorf("it has more than %d pages: narrow the class", maxPages)
}

// explained puts the reason of a refused search in front of the rest of the answer.
func (e *elastic) explained(err error) error {
	var no *refusal
	if errors.As(err, &no) && no.status == http.StatusNotFound {
		return fmt.Errorf("no such index: look at index and at the rights of the account: %w", err)
	}
	return err
}

// parsePage reads the answer of a search. A partial one is an error: what is missing
// cannot be told from what was never written.
func parsePage(answer []byte) (page, error) {
	var p page
	if err := json.Unmarshal(answer, &p); err != nil {
		return p, fmt.Errorf("read answer of the search: %w", err)
	}
	switch {
	case p.TimedOut == nil || p.Shards == nil:
		return p, errors.New("read answer of the search: it is none; is this the address of the store?")
	case *p.TimedOut || p.TerminatedEarly:
		return p, errors.New("the search ended early, so that its counts prove nothing: raise the store's search timeout")
	case p.Shards.Failed > 0:
		why := ""
		if len(p.Shards.Failures) > 0 {
			why = ": " + shorten(p.Shards.Failures[0].Reason.Type+" "+p.Shards.Failures[0].Reason.Reason, nil)
		}
		return p, fmt.Errorf("%d of %d shards did not answer, so that the counts prove nothing%s", p.Shards.Failed, p.Shards.Total, why)
	case p.Clusters.Skipped+p.Clusters.Partial+p.Clusters.Failed > 0:
		return p, errors.New("a remote cluster did not answer in full, so that the counts prove nothing")
	case p.Shards.Total == 0:
		return p, errors.New("no index matches: look at index and at the rights of the account")
	case p.Aggregations.Hosts == nil:
		return p, errors.New("read answer of the search: it has no counts")
	}
	return p, nil
}

func (p page) add(found *tally) error {
	for _, b := range p.Aggregations.Hosts.Buckets {
		day, err := calendar.ParseDate(b.Key.Day)
		oldest, known := b.Oldest.time()
		newest, also := b.Newest.time()
		if err != nil || !known || !also {
			return fmt.Errorf("read answer of the search: the bucket of %q on %q has no day or no times", fmt.Sprint(b.Key.Host), shorten(b.Key.Day, nil))
		}
		name, ok := b.Key.Host.(string)
		if !ok {
			name = fmt.Sprint(b.Key.Host)
		}
		found.add(name, day, b.Count, oldest, newest)
	}
	return nil
}
