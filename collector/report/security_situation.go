package report

import (
	"slices"
	"strings"
	"time"

	"github.com/yunjian-io/yunjian/collector/records"
	"github.com/yunjian-io/yunjian/rules/calendar"
)

// Blind is section S4: where this system sees nothing.
type Blind struct {
	Unmanaged    []Short   `json:"unmanaged"` // allocated at the end and observed for less than a day
	Offline      []Offline `json:"offline"`
	Unknown      []Sender  `json:"unknown_hosts"`
	Undetermined int       `json:"undetermined_logs"`
	MissingHours float64   `json:"missing_host_hours"`
}

// Offline is a host that has reported and does so no more.
type Offline struct {
	Host   string    `json:"host"`
	System string    `json:"system"` // name
	Unit   string    `json:"unit"`   // name
	Usage  time.Time `json:"usage"`  // last reports of usage and of logs; zero if there was none
	Logs   time.Time `json:"logs"`
}

// offlineAfter is for how long an agent may be silent before it counts as offline: the
// bound by which its logs become undetermined, too.
const offlineAfter = 24 * time.Hour

func (b *secured) blind() {
	out := Blind{Undetermined: b.out.Logs.Total.Count.Undetermined}
	usage, logs := map[string]time.Time{}, map[string]time.Time{}
	for _, s := range b.in.Senders {
		if !s.Allocated {
			out.Unknown = append(out.Unknown, s)
			continue
		}
		usage[s.Host] = s.LastAt
	}
	for _, r := range b.in.Reports {
		logs[r.Host] = r.At
	}
	for i := range b.in.Hosts {
		h := &b.in.Hosts[i]
		due := max(h.AllocatedSeconds, h.OffSeconds) - h.OffSeconds
		gap := float64(max(due, h.ObservedSeconds)-h.ObservedSeconds) / 3600
		out.MissingHours += gap
		if !h.AtEnd {
			continue
		}
		e := b.entries[h.System]
		if h.ObservedSeconds < onlineSeconds {
			out.Unmanaged = append(out.Unmanaged, Short{h.ID, e.Name, b.names[e.Unit], Coverage(h.ObservedSeconds, h.AllocatedSeconds, h.OffSeconds), gap})
		}
		silent := func(at time.Time) bool { return !at.IsZero() && b.in.Through.Sub(at) > offlineAfter }
		if silent(usage[h.ID]) || silent(logs[h.ID]) {
			out.Offline = append(out.Offline, Offline{h.ID, e.Name, b.names[e.Unit], usage[h.ID], logs[h.ID]})
		}
	}
	b.out.Blind = out
}

// Indicator is a row of S1: the figure of the month, of the month before, and the mean
// of the three months up to the present one, which is not known unless all three are.
type Indicator struct {
	Name   string `json:"name"`
	Ratio  bool   `json:"ratio"`
	Now    Figure `json:"now"`
	Before Figure `json:"before"`
	Mean   Figure `json:"mean"`
}

func (b *secured) indicators() {
	logs := func(of func(LogCount) Figure) func(calendar.Month) Figure {
		return func(m calendar.Month) Figure {
			if c, judged := b.out.Logs.in(m); judged {
				return of(c)
			}
			return Figure{}
		}
	}
	hosts := func(of func([]HostFacts) Figure) func(calendar.Month) Figure {
		return func(m calendar.Month) Figure {
			all := b.in.Hosts
			if back := m.Add(1).Compare(b.in.Period); back <= 0 {
				all = b.in.Earlier[one(m.Add(1) != b.in.Period)]
			}
			if all == nil {
				return Figure{}
			}
			return of(all)
		}
	}
	overdue := func(v VulnerabilityRow) int { return v.Overdue }
	open := func(v VulnerabilityRow) int { return v.Open }
	given := func(provided bool, value Figure) Figure {
		if !provided {
			return Figure{}
		}
		return value
	}
	for _, i := range []struct {
		name  string
		ratio bool
		of    func(calendar.Month) Figure
	}{
		{"log_compliance", true, logs(Compliance)},
		{"log_decidable", true, logs(Decidable)},
		{"logs_broken", false, logs(func(c LogCount) Figure { return Of(c.Broken) })},
		{"logs_undetermined", false, logs(func(c LogCount) Figure { return Of(c.Undetermined) })},
		{"coverage", true, hosts(coverage)},
		{"managed_rate", true, hosts(ManagedRate)},
		{"vulnerabilities_high", false, func(m calendar.Month) Figure { return b.vulnerabilities(m).sum(open, "high") }},
		{"vulnerabilities_overdue", false, func(m calendar.Month) Figure { return b.vulnerabilities(m).sum(overdue, "") }},
		{"alerts", false, func(m calendar.Month) Figure { a := b.attacks(m); return given(a.Given, Of(a.Alerts)) }},
		{"block_rate", true, func(m calendar.Month) Figure { return b.attacks(m).Rate }},
		{"security_incidents", false, b.securityIncidents},
		{"rectification_overdue", false, func(m calendar.Month) Figure { r := b.rectification(m); return given(r.Given, Of(r.Overdue)) }},
	} {
		now, before, first := i.of(b.in.Period), i.of(b.in.Period.Prev()), i.of(b.in.Period.Add(-2))
		row := Indicator{Name: i.name, Ratio: i.ratio, Now: now, Before: before}
		if now.State == Known && before.State == Known && first.State == Known {
			row.Mean = Of((now.Value + before.Value + first.Value) / 3)
		}
		b.out.Indicators = append(b.out.Indicators, row)
	}
}

// securityIncidents counts those found in a month.
func (b *secured) securityIncidents(m calendar.Month) Figure {
	if !b.in.Records.Covers(records.Incidents, m) {
		return Figure{}
	}
	n := 0
	for _, r := range b.in.Records.Of(records.Incidents) {
		found := r.Time("found_at")
		if r.Text("category") == "security" && m.Contains(calendar.DateOf(found.In(b.in.Through.Location()))) && found.Before(b.in.Through) {
			n++
		}
	}
	return Of(n)
}

// TrendRow is a row of S5: a month of logs and overdue vulnerabilities.
type TrendRow struct {
	Month      calendar.Month `json:"month"`
	Broken     Figure         `json:"logs_non_compliant"`
	Compliance Figure         `json:"log_compliance"`
	Overdue    Figure         `json:"vulnerabilities_overdue"`
}

// trendMonths is how many months S5 and the chart of logs go back, the present one included.
const trendMonths = 12

func (b *secured) trend() {
	for back := trendMonths - 1; back >= 0; back-- {
		m := b.in.Period.Add(-back)
		row := TrendRow{Month: m, Overdue: b.vulnerabilities(m).sum(func(v VulnerabilityRow) int { return v.Overdue }, "")}
		c, judged := b.out.Logs.in(m)
		if judged {
			row.Broken, row.Compliance = Of(c.Broken), Compliance(c)
		}
		if judged || row.Overdue.State == Known {
			b.out.Trend = append(b.out.Trend, row)
		}
	}
}

// Full is a host whose storage will be full soon.
type Full struct {
	Host   string `json:"host"`
	System string `json:"system"`
	Unit   string `json:"unit"`
	Used   Figure `json:"storage_used"`
	Growth Figure `json:"daily_growth_gib"`
	Days   Figure `json:"days_to_full"`
}

// full lists the hosts below the bound of the rule of high load (F6).
func (b *secured) full() {
	rules := builder{in: Input{Rules: b.in.Rules}}
	limit := rules.loadLimits(highLoadHost).Days
	storage := map[string]Storage{}
	for _, s := range b.in.Storage {
		storage[s.Host] = s
	}
	for _, h := range atEnd(b.in.Hosts) {
		s, told := storage[h.ID]
		if !told || limit.State != Known {
			continue
		}
		e := b.entries[h.System]
		row := Full{Host: h.ID, System: e.Name, Unit: b.names[e.Unit], Used: Fact(h.Facts, factStorageRatio), Growth: DailyGrowth(s)}
		row.Days = DaysToFull(Of(h.DiskGiB), row.Used, row.Growth)
		if row.Days.State == Known && row.Days.Value < limit.Value {
			b.out.Full = append(b.out.Full, row)
		}
	}
}

// SourceRow says where a section comes from (B0).
type SourceRow struct {
	Section string `json:"section"`
	// Method is computed, imported or written.
	Method string           `json:"method"`
	Kind   string           `json:"kind"` // of the records, where imported
	Files  []records.Source `json:"files"`
}

// sectionSources are the sections with what they are made of.
func sectionSources() []SourceRow {
	return []SourceRow{
		{Section: "B1", Method: "imported", Kind: records.Work},
		{Section: "B2", Method: "computed"},
		{Section: "B2", Method: "imported", Kind: records.Protection},
		{Section: "B3", Method: "computed"},
		{Section: "B3", Method: "imported", Kind: records.Handovers},
		{Section: "B4", Method: "imported", Kind: records.Vulnerabilities},
		{Section: "B5", Method: "imported", Kind: records.Baseline},
		{Section: "B6", Method: "imported", Kind: records.Backups},
		{Section: "B7", Method: "imported", Kind: records.Changes},
		{Section: "B8", Method: "imported", Kind: records.Rectification},
		{Section: "B9", Method: "written"},
		{Section: "S1", Method: "computed"},
		{Section: "S1", Method: "imported", Kind: records.Vulnerabilities},
		{Section: "S1", Method: "imported", Kind: records.Rectification},
		{Section: "S1", Method: "written"},
		{Section: "S2", Method: "imported", Kind: records.Attacks},
		{Section: "S3", Method: "imported", Kind: records.Incidents},
		{Section: "S4", Method: "computed"},
		{Section: "S5", Method: "computed"},
		{Section: "S5", Method: "imported", Kind: records.Vulnerabilities},
		{Section: "S6", Method: "written"},
	}
}

func (b *secured) sources() {
	for _, row := range sectionSources() {
		if row.Section[0] == 'B' && !b.out.operation() || row.Section[0] == 'S' && !b.out.situation() {
			continue
		}
		if row.Method == "imported" {
			row.Files = b.in.Records.Covering(row.Kind, b.in.Period)
			slices.SortStableFunc(row.Files, func(x, y records.Source) int { return strings.Compare(x.File, y.File) })
		}
		b.out.Sources = append(b.out.Sources, row)
	}
}
