package central

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/yunjian-io/yunjian/rules/retention"
)

// index is one index of a pattern.
type index struct {
	name    string
	created time.Time // zero if not told
	// readOnly says that writes are blocked or that it is a mounted snapshot. It hinders
	// nobody from deleting the index.
	readOnly bool
}

// removes reads what the store does with every index of the class. An index whose
// lifecycle was not seen leaves all of it unknown.
func (e *elastic) removes(ctx context.Context, class Class, s span) (removal, error) {
	indices, err := e.indices(ctx, class)
	if err != nil {
		return removal{}, err
	}
	var r removal
	closed := 0
	for _, i := range indices {
		if i.readOnly {
			closed++
		}
	}
	if closed > 0 {
		r.hint = fmt.Sprintf("%d of %d indices are read-only, which hinders nobody from deleting them", closed, len(indices))
	}
	if e.store.Kind == OpenSearch {
		r.policy, err = e.stateManaged(ctx, class, indices, s.now)
	} else {
		r.policy, err = e.lifecycles(ctx, class, indices, s.now)
	}
	return r, err
}

// ask gets a document of the store.
func (e *elastic) ask(ctx context.Context, what string, into any, query url.Values, path ...string) error {
	answer, err := e.do(ctx, request{method: http.MethodGet, path: path, query: query, what: what})
	if err != nil {
		return err
	}
	if err := json.Unmarshal(answer, into); err != nil {
		return fmt.Errorf("read %s: %w", what, err)
	}
	return nil
}

// indices lists what a pattern stands for.
func (e *elastic) indices(ctx context.Context, class Class) ([]index, error) {
	var answer map[string]indexSettings
	query := url.Values{"filter_path": {"*.settings.index.creation_date,*.settings.index.blocks,*.settings.index.store.type"}}
	if err := e.ask(ctx, "the settings of "+class.Index, &answer, query, class.Index, "_settings"); err != nil {
		return nil, err
	}
	if len(answer) == 0 {
		return nil, errors.New("no settings of any index are told")
	}
	out := make([]index, 0, len(answer))
	for _, name := range slices.Sorted(maps.Keys(answer)) {
		out = append(out, answer[name].index(name))
	}
	return out, nil
}

// indexSettings are the settings of an index, as _settings tells them.
type indexSettings struct {
	Settings struct {
		Index struct {
			Created text `json:"creation_date"`
			Blocks  struct {
				Write    text `json:"write"`
				ReadOnly text `json:"read_only"`
			} `json:"blocks"`
			Store struct {
				Type string `json:"type"`
			} `json:"store"`
		} `json:"index"`
	} `json:"settings"`
}

func (s indexSettings) index(name string) index {
	set := s.Settings.Index
	i := index{name: name, readOnly: set.Blocks.Write == "true" || set.Blocks.ReadOnly == "true" || set.Store.Type == "snapshot" || set.Store.Type == "remote_snapshot"}
	if ms, err := strconv.ParseInt(string(set.Created), 10, 64); err == nil && ms > 0 {
		i.created = time.UnixMilli(ms)
	}
	return i
}

// text is a setting, which stands in quotes or not, depending on the version.
type text string

// UnmarshalJSON takes a string, a number, a truth value or null.
func (t *text) UnmarshalJSON(raw []byte) error {
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		return err
	}
	switch v := v.(type) {
	case string:
		*t = text(v)
	case bool:
		*t = text(strconv.FormatBool(v))
	case float64:
		*t = text(strconv.FormatFloat(v, 'f', -1, 64))
	}
	return nil
}

// spans tells how long the indices of a pattern are written to at most, in days, by the
// series that the index belongs to: names that differ in numbers only are one series, and
// an index is written to until the next one is made. Until when one that has no successor
// yet will be written to can only be told from a date in its name: how old it is says
// nothing, since the last record is still to come. false means that it is not known.
type spans struct {
	bySeries map[string]float64
	unknown  map[string]bool
}

func newSpans(indices []index, now time.Time) spans {
	created := map[string][]time.Time{}
	s := spans{map[string]float64{}, map[string]bool{}}
	for _, i := range indices {
		if i.created.IsZero() || i.created.After(now) {
			s.unknown[series(i.name)] = true
			continue
		}
		created[series(i.name)] = append(created[series(i.name)], i.created)
	}
	for name, at := range created {
		slices.SortFunc(at, time.Time.Compare)
		if len(at) == 1 {
			continue
		}
		longest := now.Sub(at[len(at)-1])
		for i := 1; i < len(at); i++ {
			longest = max(longest, at[i].Sub(at[i-1]))
		}
		s.bySeries[name] = max(float64(longest)/float64(day), 1)
	}
	return s
}

func (s spans) of(name string) (days float64, known bool) {
	days, known = s.bySeries[series(name)]
	if !known {
		days, known = spanOfName(name)
	}
	return days, known && !s.unknown[series(name)]
}

var (
	dayInName   = regexp.MustCompile(`(?:^|[^0-9])20[0-9]{2}[._-]?(?:0[1-9]|1[0-2])[._-]?(?:0[1-9]|[12][0-9]|3[01])(?:[^0-9]|$)`)
	monthInName = regexp.MustCompile(`(?:^|[^0-9])20[0-9]{2}[._-](?:0[1-9]|1[0-2])(?:[^0-9]|$)`)
)

// spanOfName is how long an index is written to whose name holds a day or a month.
func spanOfName(name string) (days float64, known bool) {
	switch {
	case dayInName.MatchString(name):
		return 1, true
	case monthInName.MatchString(name):
		return 31, true
	}
	return 0, false
}

// series is a name with each run of digits replaced.
func series(name string) string {
	out := make([]byte, 0, len(name))
	for i := range len(name) {
		c := name[i]
		if c >= '0' && c <= '9' {
			if n := len(out); n > 0 && out[n-1] == '#' {
				continue
			}
			c = '#'
		}
		out = append(out, c)
	}
	return string(out)
}

// byPolicy are the policies under which the indices of a pattern live, each asked once.
type byPolicy[P any] struct {
	read func(name string) (P, error)
	have map[string]P
}

func (b *byPolicy[P]) get(name string) (P, error) {
	if p, ok := b.have[name]; ok {
		return p, nil
	}
	p, err := b.read(name)
	if err == nil {
		b.have[name] = p
	}
	return p, err
}

// joined returns the policy that removes first. Every index has to have one.
func joined(policies []retention.Policy, err error) (retention.Policy, error) {
	if err != nil {
		return nil, err
	}
	if p := shortest(policies); p != nil {
		return p, nil
	}
	return nil, errors.New("when records are deleted does not depend on age alone, or indices neither roll over nor have a date in their names")
}
