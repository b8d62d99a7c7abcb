package retention

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/yunjian-io/yunjian/rules/calendar"
)

// Vector is one test vector in the published form: a JSON object with id, title, the
// evidence about one source (input) and what has to come out (expect). A vector file
// is an array of them.
//
// What an input leaves out is taken as in order: the agent has reported, the clock is
// right, the source is readable. Times are RFC 3339, days 2026-11-23, and days are
// judged in the zone of Asia/Shanghai. The keys of expect are verdict (with its code
// behind a dot), reasons (codes, those of notes at the end), d_min, obligation_start,
// local_start, short_days, G_days (one decimal, "inf" if nothing is removed), D_star,
// D_full, at_risk_date and accountable_from; null stands for none.
type Vector struct {
	ID    string
	Title string

	input  vectorInput
	expect map[string]any
}

// VectorResult is what came out of a vector.
type VectorResult struct {
	ID    string `json:"id"`
	Title string `json:"title"`
	// Verdict that was reached, with its code.
	Verdict string `json:"verdict"`
	// Differences are the expectations that were not met; none if the vector holds.
	Differences []VectorDifference `json:"differences,omitempty"`
	// Amendment says how an amendment of the specification changes the vector, and
	// Published is the verdict without that change; both are empty for all others.
	Amendment string `json:"amendment,omitempty"`
	Published string `json:"published,omitempty"`
}

// VectorDifference is one expectation that was not met, with the values as JSON.
type VectorDifference struct {
	Key  string `json:"key"`
	Want string `json:"want"`
	Got  string `json:"got"`
}

// OK reports whether every expectation was met.
func (r VectorResult) OK() bool { return len(r.Differences) == 0 }

// shanghai is the zone of the published vectors.
func shanghai() *time.Location { return time.FixedZone("Asia/Shanghai", 8*60*60) }

// ReadVectors reads a vector file. An unknown key is an error, since a misspelt one
// would count as evidence in order; the error names the vector.
func ReadVectors(data []byte) ([]Vector, error) {
	var entries []json.RawMessage
	if err := json.Unmarshal(data, &entries); err != nil {
		return nil, fmt.Errorf("read vectors: want a JSON array: %w", err)
	}
	vectors := make([]Vector, 0, len(entries))
	seen := make(map[string]bool)
	for i, entry := range entries {
		v, err := readVector(entry)
		if err != nil {
			return nil, fmt.Errorf("read vector %d (id %q): %w", i+1, v.ID, err)
		}
		if seen[v.ID] {
			return nil, fmt.Errorf("read vector %d: the id %q is taken by an earlier one", i+1, v.ID)
		}
		seen[v.ID] = true
		vectors = append(vectors, v)
	}
	return vectors, nil
}

// strictly decodes JSON whose keys are all known.
func strictly(data []byte, to any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(to); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the JSON value")
	}
	return nil
}

func readVector(data []byte) (Vector, error) {
	var entry struct {
		ID     string          `json:"id"`
		Title  string          `json:"title"`
		Input  json.RawMessage `json:"input"`
		Expect map[string]any  `json:"expect"`
	}
	if err := strictly(data, &entry); err != nil {
		return Vector{ID: entry.ID}, err
	}
	v := Vector{ID: entry.ID, Title: entry.Title, expect: entry.Expect}
	switch {
	case v.ID == "":
		return v, errors.New("it has no id")
	case len(entry.Input) == 0:
		return v, errors.New("it has no input")
	case len(entry.Expect) == 0:
		return v, errors.New("it expects nothing")
	}
	if err := strictly(entry.Input, &v.input); err != nil {
		return v, fmt.Errorf("input: %w", err)
	}
	if v.input.Now.IsZero() {
		return v, errors.New("input: now is missing")
	}
	for i, d := range v.input.Downtime {
		if len(d) != 2 || d[0] == nil {
			return v, fmt.Errorf("input: downtime %d: want a begin and an end, which may be null", i+1)
		}
	}
	if _, err := v.input.policy(); err != nil {
		return v, fmt.Errorf("input: policy: %w", err)
	}
	known := published(Decision{})
	for _, key := range slices.Sorted(maps.Keys(v.expect)) {
		if _, ok := known[key]; !ok {
			return v, fmt.Errorf("expect: unknown key %q: want %s", key, strings.Join(slices.Sorted(maps.Keys(known)), ", "))
		}
	}
	return v, nil
}

// Run judges the vector and compares what comes out with what it expects.
func (v Vector) Run() VectorResult {
	out := VectorResult{ID: v.ID, Title: v.Title}
	if amended, why := v.amended(); why != "" {
		out.Amendment, out.Published = why, v.decide().Name()
		v = amended
	}
	d := v.decide()
	out.Verdict = d.Name()
	got := published(d)
	for _, key := range slices.Sorted(maps.Keys(v.expect)) {
		if want := v.expect[key]; !reflect.DeepEqual(want, got[key]) {
			out.Differences = append(out.Differences, VectorDifference{Key: key, Want: printed(want), Got: printed(got[key])})
		}
	}
	return out
}

func (v Vector) decide() Decision {
	period := Period{Months: v.input.Required.Months, Days: v.input.Required.Days}
	return Decide(v.input.source(), v.input.Now.In(shanghai()), period)
}

func printed(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(text)
}

// amended returns a published vector as the amendments of the specification (its
// section 10) want it, and what they change; nothing for all others.
func (v Vector) amended() (Vector, string) {
	published := time.Date(2026, 11, 23, 9, 30, 0, 0, shanghai())
	r := v.input.Forward.Remote
	if v.ID != "V52" || r == nil || !r.Newest.Equal(published) {
		return v, ""
	}
	moved := *r
	moved.Newest = time.Date(2026, 11, 23, 7, 0, 0, 0, shanghai())
	v.input.Forward.Remote = &moved
	return v, "amendment 3 moves the newest record in the store from 09:30 to 07:00"
}

// published prints a decision in the form in which vectors expect it.
func published(d Decision) map[string]any {
	text := func(d calendar.Date) any {
		if d.IsZero() {
			return nil
		}
		return d.String()
	}
	out := map[string]any{
		"verdict": d.Name(), "d_min": text(d.RequiredFrom), "obligation_start": text(d.Obligation), "local_start": text(d.LocalStart),
		"short_days": float64(d.ShortDays), "D_star": text(d.FirstDeletion), "D_full": text(d.DiskFull),
		"at_risk_date": text(d.AtRiskDate), "accountable_from": text(d.AccountableFrom), "G_days": nil,
	}
	if g := d.Guaranteed; g.Endless {
		out["G_days"] = "inf"
	} else if g.Known {
		out["G_days"] = math.Round(g.Days*10) / 10
	}
	reasons := []any{}
	for _, r := range slices.Concat(d.Reasons, d.Notes) {
		reasons = append(reasons, string(r.Code))
	}
	out["reasons"] = reasons
	return out
}
