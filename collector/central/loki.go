package central

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/yunjian-io/yunjian/rules/calendar"
)

// loki asks Loki. Its default limits decide the form of the questions: a range of at
// most 30 days and an hour, at most 500 series in an answer. Where a site has set lower
// ones, a question is halved until it is let through.
type loki struct {
	*client
	daysAtOnce, hostsAtOnce int
}

const (
	lokiDays  = 28       // a window of a day and an offset on top stay below 721 h
	lokiHosts = 400      // series in an answer
	lokiText  = 16 << 10 // bytes of the names of hosts in one question
	typeForm  = "application/x-www-form-urlencoded"

	fineStep, fineReach     = 5 * time.Minute, 3 * time.Hour
	coarseStep, coarseReach = time.Hour, 49 * time.Hour
)

// count asks which hosts there are, counts their records by day and looks closer at the
// end.
func (l *loki) count(ctx context.Context, class Class, s span, found *tally) error {
	selector, err := parseSelector(class.Selector)
	if err != nil {
		return fmt.Errorf("selector %q: %w", class.Selector, err)
	}
	l.daysAtOnce, l.hostsAtOnce = lokiDays, lokiHosts
	names, err := l.hosts(ctx, class, selector, s)
	if err != nil {
		return err
	}
	groups := batches(names, lokiHosts)
	if len(names) == 0 {
		groups = [][]string{nil} // the label may be one that the query itself makes
	}
	for _, group := range groups {
		q := lokiQuestion{loki: l, class: class, selector: selector, span: s, found: found}
		if err := q.group(ctx, group); err != nil {
			return err
		}
	}
	return nil
}

// batches cuts names into groups for one question each.
func batches(names []string, most int) (out [][]string) {
	for len(names) > 0 {
		n, size := 0, 0
		for n < len(names) && n < most && (n == 0 || size+len(names[n]) < lokiText) {
			size += len(names[n]) + 1
			n++
		}
		out, names = append(out, names[:n]), names[n:]
	}
	return out
}

// hosts returns the values of the label in the streams of the class.
func (l *loki) hosts(ctx context.Context, class Class, selector selector, s span) ([]string, error) {
	names := map[string]bool{}
	for from := s.window.From; !from.After(s.window.To); {
		to := l.chunk(s, from)
		values := url.Values{"start": {nanos(from.In(Zone()))}, "end": {nanos(to.AddDays(1).In(Zone()))}, "query": {selector.streams}}
		answer, err := l.do(ctx, request{
			method: http.MethodGet, path: []string{"loki", "api", "v1", "label", class.HostField, "values"}, query: values, what: "the label " + class.HostField,
		})
		if l.shorter(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		var told struct {
			Status string   `json:"status"`
			Data   []string `json:"data"`
		}
		if err := json.Unmarshal(answer, &told); err != nil || told.Status != "success" {
			return nil, errors.New("read the label " + class.HostField + ": the answer is none of Loki; is this its address?")
		}
		for _, v := range told.Data {
			names[v] = true
		}
		from = to.AddDays(1)
	}
	delete(names, "")
	return slices.Sorted(maps.Keys(names)), nil
}

// chunk returns the last day of a range that may be asked for at once.
func (l *loki) chunk(s span, from calendar.Date) calendar.Date {
	if to := from.AddDays(l.daysAtOnce - 1); to.Before(s.window.To) {
		return to
	}
	return s.window.To
}

// shorter asks for fewer days at once if a range was refused for its length, and reports
// whether it makes sense to ask again.
func (l *loki) shorter(err error) bool {
	if !isTooLong(err) || l.daysAtOnce <= 1 {
		return false
	}
	l.daysAtOnce = (l.daysAtOnce + 1) / 2
	return true
}

func nanos(t time.Time) string { return strconv.FormatInt(t.UnixNano(), 10) }

// lokiQuestion asks for the records of a class.
type lokiQuestion struct {
	*loki
	class    Class
	selector selector
	span     span
	found    *tally
}

// group asks about some hosts, or about all if none is named.
func (q lokiQuestion) group(ctx context.Context, hosts []string) error {
	for len(hosts) > q.hostsAtOnce {
		n := q.hostsAtOnce // which a refusal may make smaller meanwhile
		if err := q.group(ctx, hosts[:n]); err != nil {
			return err
		}
		hosts = hosts[n:]
	}
	err := q.days(ctx, hosts)
	if isTooMany(err) && len(hosts) > 1 {
		q.hostsAtOnce = (len(hosts) + 1) / 2
		return q.group(ctx, hosts)
	}
	return err
}

// days counts day by day and then finds the ends. Nothing is kept of a question that
// was refused half-way.
func (q lokiQuestion) days(ctx context.Context, hosts []string) error {
	own := newTally(q.span.window)
	for from := q.span.window.From; !from.After(q.span.window.To); {
		to := q.chunk(q.span, from)
		err := q.whole(ctx, hosts, from, to, own)
		if q.shorter(err) {
			continue
		}
		if err != nil {
			return err
		}
		from = to.AddDays(1)
	}
	if err := q.ends(ctx, hosts, own); err != nil {
		return err
	}
	maps.Copy(q.found.hosts, own.hosts)
	return nil
}

// offset moves a day of Shanghai onto one of UTC: the times at which Loki evaluates are
// then whole days, to which some of its settings round them anyway.
const offset = 8 * time.Hour

// whole counts whole days. A window of Loki is open at its start, so that a record in the
// very first instant of a day counts for the day before.
func (q lokiQuestion) whole(ctx context.Context, hosts []string, from, to calendar.Date, found *tally) error {
	window := fmt.Sprintf("[1d] offset %dh", int(offset/time.Hour))
	start, end := from.AddDays(1).In(time.UTC), to.AddDays(1).In(time.UTC)
	rows, err := q.matrix(ctx, hosts, window, start, end, day)
	if err != nil {
		return err
	}
	for _, r := range rows {
		for _, v := range r.values {
			d := calendar.DateOf(v.at.UTC()).AddDays(-1)
			midnight := d.In(Zone())
			// Only counts are known: the day's first instant is the earliest that a record
			// can have, and also the latest that is proven.
			found.add(r.host, d, v.count, midnight, midnight)
		}
	}
	return nil
}

// ends moves the newest record of each host closer to now, for those that have written
// of late.
func (q lokiQuestion) ends(ctx context.Context, hosts []string, found *tally) error {
	recent := calendar.DateOf(q.span.now.Add(-coarseReach))
	left := map[string]bool{}
	for name, h := range found.hosts {
		if !calendar.DateOf(h.Newest).Before(recent) {
			left[name] = true
		}
	}
	for _, look := range []struct{ step, reach time.Duration }{{fineStep, fineReach}, {coarseStep, coarseReach}} {
		if len(left) == 0 {
			return nil
		}
		names := slices.Sorted(maps.Keys(left))
		if hosts == nil {
			names = nil
		}
		end := q.span.now.Truncate(look.step).Add(look.step)
		rows, err := q.matrix(ctx, names, fmt.Sprintf("[%dm]", int(look.step/time.Minute)), end.Add(-look.reach), end, look.step)
		if err != nil {
			return err
		}
		for _, r := range rows {
			if !left[r.host] {
				continue
			}
			h := found.hosts[r.host]
			for _, v := range r.values {
				// The window is open at its start.
				if at := v.at.Add(-look.step + time.Millisecond).In(Zone()); v.count > 0 && at.After(h.Newest) {
					h.Newest = at
					delete(left, r.host)
				}
			}
		}
	}
	return nil
}

// lokiRow is one row of a matrix.
type lokiRow struct {
	host   string
	values []lokiValue
}

type lokiValue struct {
	at    time.Time
	count uint64
}

// matrix counts records in windows that end at each step.
func (q lokiQuestion) matrix(ctx context.Context, hosts []string, window string, start, end time.Time, step time.Duration) ([]lokiRow, error) {
	query := fmt.Sprintf("sum by (%s) (count_over_time(%s%s))", q.class.HostField, q.selector.with(q.class.HostField, hosts), window)
	form := url.Values{
		"query": {query}, "start": {nanos(start)}, "end": {nanos(end)}, "step": {strconv.Itoa(int(step / time.Second))},
	}
	answer, err := q.do(ctx, request{
		method: http.MethodPost, path: []string{"loki", "api", "v1", "query_range"}, kind: typeForm, body: []byte(form.Encode()), what: "a count of " + string(q.class.Class),
	})
	if err != nil {
		return nil, err
	}
	return parseMatrix(answer, q.class.HostField)
}

// parseMatrix reads an answer of query_range.
func parseMatrix(answer []byte, label string) (rows []lokiRow, err error) {
	var told struct {
		Status   string   `json:"status"`
		Warnings []string `json:"warnings"`
		Data     struct {
			Type   string `json:"resultType"`
			Result []struct {
				Metric map[string]string `json:"metric"`
				Values [][2]any          `json:"values"`
			} `json:"result"`
		} `json:"data"`
	}
	if err := json.Unmarshal(answer, &told); err != nil {
		return nil, fmt.Errorf("read counts: %w", err)
	}
	switch {
	case told.Status != "success" || told.Data.Type != "matrix":
		return nil, errors.New("read counts: the answer is none of Loki; is this its address?")
	case len(told.Warnings) > 0:
		return nil, fmt.Errorf("the store warns, so that the counts prove nothing: %s", shorten(told.Warnings[0], nil))
	}
	for _, r := range told.Data.Result {
		row := lokiRow{host: r.Metric[label]}
		for _, v := range r.Values {
			seconds, ok := v[0].(float64)
			text, also := v[1].(string)
			count, err := strconv.ParseFloat(text, 64)
			if !ok || !also || err != nil || !(count >= 0 && count < math.MaxInt64) || math.Abs(seconds) > 1e11 {
				return nil, fmt.Errorf("read counts: %v is no count", shorten(fmt.Sprint(v), nil))
			}
			row.values = append(row.values, lokiValue{time.UnixMilli(int64(seconds * 1000)), uint64(count)})
		}
		rows = append(rows, row)
	}
	slices.SortFunc(rows, func(a, b lokiRow) int { return cmp.Compare(a.host, b.host) })
	return rows, nil
}

// isTooMany and isTooLong tell the limits of Loki apart, which it names in words.
func isTooMany(err error) bool { return refusedFor(err, "series", "too long", "too many") }

func isTooLong(err error) bool { return refusedFor(err, "time range exceeds", "query length") }

func refusedFor(err error, words ...string) bool {
	var no *refusal
	if !errors.As(err, &no) || no.status == http.StatusTooManyRequests || no.status == http.StatusServiceUnavailable {
		return false
	}
	return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(strings.ToLower(no.text), w) })
}

// selector is a LogQL selector, cut behind its matchers.
type selector struct {
	streams  string // {…} alone
	rest     string // filters behind it
	matchers []matcher
}

// matcher is one condition on a label.
type matcher struct{ label, op, value string }

var matcherForm = regexp.MustCompile("^\\s*([A-Za-z_][A-Za-z0-9_]*)\\s*(=~|!~|!=|=)\\s*(\"(?:[^\"\\\\]|\\\\.)*\"|`[^`]*`)\\s*")

// parseSelector reads {label="value", …} and what follows it.
func parseSelector(text string) (selector, error) {
	rest, ok := strings.CutPrefix(strings.TrimSpace(text), "{")
	if !ok {
		return selector{}, errors.New(`want a selector such as {job="auth"}`)
	}
	var s selector
	for {
		found := matcherForm.FindStringSubmatch(rest)
		if found == nil {
			return selector{}, errors.New(`want a selector such as {job="auth"}`)
		}
		value, err := strconv.Unquote(found[3])
		if err != nil {
			return selector{}, fmt.Errorf("value %s of label %s: %w", found[3], found[1], err)
		}
		s.matchers = append(s.matchers, matcher{found[1], found[2], value})
		rest = rest[len(found[0]):]
		if behind, ok := strings.CutPrefix(rest, ","); ok {
			rest = behind
			if !strings.HasPrefix(strings.TrimSpace(rest), "}") {
				continue
			}
			rest = strings.TrimSpace(rest)
		}
		if behind, ok := strings.CutPrefix(rest, "}"); ok {
			s.rest = strings.TrimSpace(behind)
			break
		}
		return selector{}, errors.New(`want a selector such as {job="auth"}`)
	}
	parts := make([]string, len(s.matchers))
	for i, m := range s.matchers {
		parts[i] = m.label + m.op + strconv.Quote(m.value)
	}
	s.streams = "{" + strings.Join(parts, ", ") + "}"
	return s, nil
}

// with narrows the selector to some hosts; none stands for all.
func (s selector) with(label string, hosts []string) string {
	streams := s.streams
	if len(hosts) > 0 {
		quoted := make([]string, len(hosts))
		for i, h := range hosts {
			quoted[i] = regexp.QuoteMeta(h)
		}
		streams = strings.TrimSuffix(streams, "}") + ", " + label + "=~" + strconv.Quote(strings.Join(quoted, "|")) + "}"
	}
	if s.rest != "" {
		streams += " " + s.rest + " "
	}
	return streams
}
