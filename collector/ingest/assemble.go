package ingest

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/yunjian-io/yunjian/internal/wire"
)

// Reasons for which series or samples are not stored as they came. They are
// values of a metric label and of the answer's "reason".
const (
	ReasonNoName              = "no_name"        // the series has no valid __name__
	ReasonNoHost              = "no_host"        // neither a host nor an instance label
	ReasonForeignHost         = "foreign_host"   // the token belongs to another host
	ReasonHostClash           = "host_key_clash" // another host has the same key: tell the maintainers
	ReasonHistogram           = "native_histogram"
	ReasonFuture              = "future"       // more than wire.MaxFuture ahead; in quarantine
	ReasonTooOld              = "too_old"      // older than what the store keeps; in quarantine
	ReasonBadInterval         = "bad_interval" // a row whose interval_seconds or start is off the grid; in quarantine
	maxNamedDrops             = 20             // series named in one answer
	milliseconds              = 1000
	maxHostBytes              = 256
	completeMask      rowMask = 1<<wire.RowWidth - 1
)

type rowMask uint64

// Dropped is one series that was not stored, as named in the answer.
type Dropped struct {
	Series string `json:"series"`
	Reason string `json:"reason"`
}

// Resolver finds the host of a foreign sender: the host id for an instance
// label by the inventory's alias table, or instance itself.
type Resolver func(provider, instance string) string

// assembler turns the series of one request into rows. It is used once at a time.
type assembler struct {
	table    *wire.Table
	resolve  Resolver
	register func(provider, hostID string) (key uint64, isNew, ok bool)
	scope    Scope
	oldest   int64 // first and last instant that are taken, in milliseconds since 1970
	latest   int64

	rows     wire.Rows
	dropped  []Dropped
	counts   map[string]int // by reason
	samples  int
	hostID   string // of the last series, with its key
	hostKey  uint64
	hostOK   bool
	partial  []partialRow
	index    map[rowKey]int
	previous int // position in partial of the last sample, a good guess for the next
	labels   []byte
	texts    map[string]string // labels of devices seen before: every host has the same few
}

// maxTexts bounds the texts that one assembler keeps.
const maxTexts = 4096

// text returns b as a string, without a new one for what was seen before.
func (a *assembler) text(b []byte) string {
	if s, ok := a.texts[string(b)]; ok {
		return s
	}
	if len(a.texts) >= maxTexts {
		clear(a.texts)
	}
	s := string(b)
	a.texts[s] = s
	return s
}

type rowKey struct {
	host uint64
	ms   int64
}

// partialRow collects the host totals of one host and instant.
type partialRow struct {
	rowKey
	hostID string
	mask   rowMask
	values [wire.RowWidth]float64
}

func newAssembler(table *wire.Table) *assembler {
	return &assembler{table: table, counts: map[string]int{}, index: map[rowKey]int{}, texts: map[string]string{}}
}

func (a *assembler) reset() {
	a.rows.Reset()
	a.dropped = a.dropped[:0]
	clear(a.counts)
	clear(a.index)
	a.partial, a.previous = a.partial[:0], 0
	a.hostID, a.hostOK, a.samples = "", false, 0
}

// add takes one series of the request.
func (a *assembler) add(s *wire.Series) error {
	if s.Histograms > 0 {
		a.drop(s, ReasonHistogram, s.Histograms)
	}
	if len(s.Samples) == 0 {
		return nil
	}
	total, isTotal := a.table.Total(s.Name)
	if !isTotal && !wire.ValidName(string(s.Name)) {
		a.drop(s, ReasonNoName, len(s.Samples))
		return nil
	}
	if reason := a.selectHost(s); reason != "" {
		a.drop(s, reason, len(s.Samples))
		return nil
	}
	if isTotal && onlyLabels(s, wire.LabelHost, "") {
		a.addTotals(total, s)
		return nil
	}
	if m, ok := a.table.Device(s.Name); ok {
		if !onlyLabels(s, wire.LabelHost, m.Label) {
			a.addSamples(s) // a scrape of our agent by a stock Prometheus, with job and instance
			return nil
		}
		a.addDevice(m, s)
		return nil
	}
	a.addSamples(s)
	return nil
}

// onlyLabels reports whether the labels besides __name__ are at most these two.
func onlyLabels(s *wire.Series, one, other string) bool {
	n := 0
	for _, l := range s.Labels {
		switch string(l.Name) {
		case wire.LabelName:
		case one:
		case other:
			n++
		default:
			return false
		}
	}
	return other == "" || n == 1
}

func (a *assembler) label(series *wire.Series, name string) []byte {
	for _, l := range series.Labels {
		if string(l.Name) == name {
			return l.Value
		}
	}
	return nil
}

// selectHost finds whose series it is, and says why it cannot be stored.
func (a *assembler) selectHost(s *wire.Series) (reason string) {
	raw := a.label(s, wire.LabelHost)
	if len(raw) > 0 && a.hostOK && string(raw) == a.hostID {
		return ""
	}
	id := string(raw)
	if id == "" && a.scope.Host != "" {
		id = a.scope.Host
	}
	if id == "" {
		if instance := a.label(s, wire.LabelInstance); len(instance) > 0 {
			id = a.resolve(a.scope.Provider, string(instance))
		}
	}
	if id == "" || len(id) > maxHostBytes || strings.ContainsRune(id, 0) {
		return ReasonNoHost
	}
	if a.scope.Host != "" && id != a.scope.Host {
		return ReasonForeignHost
	}
	key, isNew, ok := a.register(a.scope.Provider, id)
	if !ok {
		return ReasonHostClash
	}
	if isNew && !slices.ContainsFunc(a.rows.Hosts, func(h wire.Host) bool { return h.Key == key }) {
		a.rows.Hosts = append(a.rows.Hosts, wire.Host{Key: key, Provider: a.scope.Provider, ID: id})
	}
	a.hostID, a.hostKey, a.hostOK = id, key, true
	return ""
}

func (a *assembler) addTotals(position int, s *wire.Series) {
	for _, sample := range s.Samples {
		if wire.IsStale(sample.Value) || a.outOfTime(s, sample) {
			continue
		}
		p := a.row(rowKey{a.hostKey, sample.Milliseconds})
		p.mask |= 1 << position
		p.values[position] = sample.Value
	}
}

// row finds or makes the row of a key. Senders list the same instants for every
// name, so the row behind the last one is nearly always it.
func (a *assembler) row(k rowKey) *partialRow {
	for _, guess := range [2]int{a.previous + 1, a.previous} {
		if guess < len(a.partial) && a.partial[guess].rowKey == k {
			a.previous = guess
			return &a.partial[guess]
		}
	}
	i, ok := a.index[k]
	if !ok {
		i = len(a.partial)
		a.partial = append(a.partial, partialRow{rowKey: k, hostID: a.hostID})
		a.index[k] = i
	}
	a.previous = i
	return &a.partial[i]
}

func (a *assembler) addDevice(m wire.Metric, s *wire.Series) {
	label := a.text(a.label(s, m.Label))
	for _, sample := range s.Samples {
		v := m.Pack(sample.Value)
		if v == m.Missing || a.outOfTime(s, sample) {
			continue // NaN: not readable, and the row's probe_failures says so
		}
		a.samples++
		a.rows.Devices = append(a.rows.Devices, wire.DeviceRow{
			Host: a.hostKey, Name: m.Name, Label: label, TS: sample.Milliseconds / milliseconds, Value: v,
		})
	}
}

func (a *assembler) addSamples(s *wire.Series) {
	labels := a.canonical(s)
	for _, sample := range s.Samples {
		if wire.IsStale(sample.Value) || a.outOfTime(s, sample) {
			continue
		}
		a.samples++
		a.rows.Samples = append(a.rows.Samples, wire.SampleRow{
			Host: a.hostKey, Name: string(s.Name), Labels: labels, Milliseconds: sample.Milliseconds, Value: sample.Value,
		})
	}
}

// canonical writes the labels but name and host as one text, sorted by name.
func (a *assembler) canonical(s *wire.Series) string {
	slices.SortFunc(s.Labels, func(x, y wire.RawLabel) int { return bytes.Compare(x.Name, y.Name) })
	a.labels = a.labels[:0]
	for _, l := range s.Labels {
		if n := string(l.Name); n == wire.LabelName || n == wire.LabelHost || len(l.Value) == 0 {
			continue // an empty label is no label
		}
		if len(a.labels) > 0 {
			a.labels = append(a.labels, ',')
		}
		a.labels = fmt.Appendf(a.labels, "%s=%q", l.Name, l.Value)
	}
	return string(a.labels)
}

// outOfTime puts a sample that is too far ahead or too old into quarantine.
func (a *assembler) outOfTime(s *wire.Series, sample wire.Sample) bool {
	var reason string
	switch {
	case sample.Milliseconds > a.latest:
		reason = ReasonFuture
	case sample.Milliseconds < a.oldest:
		reason = ReasonTooOld
	default:
		return false
	}
	a.quarantine(string(s.Name), a.hostID, sample, reason)
	return true
}

func (a *assembler) quarantine(series, hostID string, sample wire.Sample, reason string) {
	a.counts[reason]++
	a.name(series, reason)
	a.rows.Quarantine = append(a.rows.Quarantine, wire.QuarantineRow{
		Provider: a.scope.Provider, HostID: hostID, Series: series,
		Milliseconds: sample.Milliseconds, Value: sample.Value, Reason: reason,
	})
}

func (a *assembler) drop(s *wire.Series, reason string, samples int) {
	a.counts[reason] += samples
	if len(a.dropped) < maxNamedDrops {
		a.name(string(s.Name)+"{"+a.canonical(s)+"}", reason)
	}
}

// name puts a series into the answer, once for each reason.
func (a *assembler) name(series, reason string) {
	d := Dropped{series, reason}
	if len(a.dropped) < maxNamedDrops && !slices.Contains(a.dropped, d) {
		a.dropped = append(a.dropped, d)
	}
}

// finish turns the collected totals into rows of usage; what is not complete
// goes to samples, where the derivation can assemble it.
func (a *assembler) finish() *wire.Rows {
	for i := range a.partial {
		p := &a.partial[i]
		interval := p.values[wire.IntervalSeconds]
		switch {
		case p.mask != completeMask:
			a.partialSamples(p)
		case !onGrid(p.ms, interval):
			sample := wire.Sample{Milliseconds: p.ms, Value: interval}
			a.quarantine(wire.Prefix+"interval_seconds", p.hostID, sample, ReasonBadInterval)
		default:
			row := wire.UsageRow{Host: p.host, TS: p.ms / milliseconds}
			for j := range row.Values {
				row.Values[j] = a.table.Metric(j).Pack(p.values[j])
			}
			a.samples += wire.RowWidth
			a.rows.Usage = append(a.rows.Usage, row)
		}
	}
	return &a.rows
}

// onGrid reports whether a row starts on the grid of its interval, which
// divides a bucket.
func onGrid(ms int64, interval float64) bool {
	n := int64(interval)
	return float64(n) == interval && n > 0 && wire.MaxIntervalSeconds%n == 0 && ms%(n*milliseconds) == 0
}

func (a *assembler) partialSamples(p *partialRow) {
	for j, v := range p.values {
		if p.mask&(1<<j) == 0 || math.IsNaN(v) {
			continue
		}
		a.samples++
		a.rows.Samples = append(a.rows.Samples, wire.SampleRow{
			Host: p.host, Name: a.table.Metric(j).FullName(), Milliseconds: p.ms, Value: v,
		})
	}
}
