package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/yunjian-io/yunjian/collector/records"
	"github.com/yunjian-io/yunjian/rules/calendar"
)

// SecurityInput is all that a report on security is made of: that on operation (B), that
// on the situation (S), or both bound together. What its kind does not print may be left
// out. Slices are in the order of their identifiers.
type SecurityInput struct {
	// Kind is KindOperation, KindSituation or KindSecurity.
	Kind string `json:"kind"`
	// Issuer is who answers for the report; zero for the provider.
	Issuer    Issuer         `json:"-"` // no data: another issuer changes no figure
	Period    calendar.Month `json:"period"`
	Open      bool           `json:"open"`
	Through   time.Time      `json:"through"`
	JudgedAt  time.Time      `json:"judged_at"`
	Program   string         `json:"program"`
	Version   int            `json:"version"`
	Provider  Party          `json:"provider"`
	Platforms []Platform     `json:"platforms"`
	// Unit limits the report to the rows of one using unit; empty takes all.
	Unit    string      `json:"unit"`
	Units   []Party     `json:"units"`
	Systems []Entry     `json:"systems"`
	Rules   []Rule      `json:"rules"`
	Hosts   []HostFacts `json:"hosts"` // allocated in the month; Facts need only storage_used_ratio
	// Earlier are the hosts of the two months before, the nearer first; nil where no
	// host was allocated. S alone looks at them.
	Earlier    [2][]HostFacts    `json:"earlier"`
	Storage    []Storage         `json:"storage"`
	Senders    []Sender          `json:"senders"`
	OS         []OS              `json:"os"`
	Reports    []LogReport       `json:"log_reports"`
	Released   []Released        `json:"released"`
	Logs       LogInput          `json:"logs"`
	Records    records.Set       `json:"records"`
	Calendar   calendar.Calendar `json:"-"` // its effect is in the deadlines, which the batch names
	ClockLimit time.Duration     `json:"clock_limit_nanoseconds"`
}

// OS is what a host told of its operating system.
type OS struct {
	Host    string `json:"host"`
	ID      string `json:"os"`
	Version string `json:"os_version"`
	Name    string `json:"os_name"`
}

// LogReport is when a host last told of its logs.
type LogReport struct {
	Host string    `json:"host"`
	At   time.Time `json:"at"`
}

// Released is a host that went out of service and whose logs have to be kept still.
type Released struct {
	Host   string        `json:"host"`
	System string        `json:"system"`
	On     calendar.Date `json:"on"`
	// Until is the day until which its last records have to be kept (Art. 31).
	Until calendar.Date `json:"until"`
}

// Security holds the figures of sections B and S; those of sections that its kind does
// not print are zero.
type Security struct {
	Kind      string         `json:"kind"`
	Issuer    Issuer         `json:"issuer"`
	Period    calendar.Month `json:"period"`
	Open      bool           `json:"open"`
	Through   time.Time      `json:"through"`
	JudgedAt  time.Time      `json:"judged_at"`
	Program   string         `json:"program"`
	Version   int            `json:"version"`
	Batch     string         `json:"data_batch"`
	Provider  Party          `json:"provider"`
	Platforms []Platform     `json:"platforms"`
	Unit      Party          `json:"unit"` // zero for all
	Rules     []Rule         `json:"rules"`

	Assets          Assets          `json:"assets"`
	Logs            Logs            `json:"logs"`
	Handovers       []Handover      `json:"handovers"`
	HandoversGiven  bool            `json:"handovers_given"`
	Operation       Operation       `json:"operation"`
	Vulnerabilities Vulnerabilities `json:"vulnerabilities"`
	Baseline        Baseline        `json:"baseline"`
	Rectification   Rectification   `json:"rectification"`
	Attacks         Attacks         `json:"attacks"`
	Blind           Blind           `json:"blind_spots"`
	Indicators      []Indicator     `json:"indicators"`
	Trend           []TrendRow      `json:"trend"`
	Full            []Full          `json:"storage_full_soon"`
	Sources         []SourceRow     `json:"sources"`

	// names are those of units by code, systems those of systems by identifier, and
	// systemUnits the codes of their units.
	names, systems, systemUnits map[string]string
}

// Edition returns what names the report on security.
func (s *Security) Edition() Edition {
	return Edition{
		Kind: s.Kind, Provider: s.Provider.ID, Unit: s.Unit.ID, Period: s.Period, Version: s.Version, Open: s.Open,
		Batch: s.Batch, JudgedAt: s.JudgedAt, Program: s.Program, Rules: s.Rules, Issuer: s.Issuer,
	}
}

// operation and situation report whether sections B and S are in the report.
func (s *Security) operation() bool { return s.Kind != KindSituation }
func (s *Security) situation() bool { return s.Kind != KindOperation }

// BuildSecurity computes the figures of B, of S, or of both, as the kind in the input
// wants. With a unit in the input, only what belongs to it is looked at. It fails if the
// kind is none on security, if the unit is not known, or if the input holds a number that
// is not finite.
func BuildSecurity(in SecurityInput) (Security, error) {
	if !KindIncludes(KindSecurity, in.Kind) {
		return Security{}, fmt.Errorf("build report on security: there is no kind %q", in.Kind)
	}
	if in.Issuer.Type == "" {
		in.Issuer.Type = IssuerProvider
	}
	b := secured{in: extract(in), names: map[string]string{}, entries: map[string]Entry{}}
	for _, u := range b.in.Units {
		b.names[u.ID] = u.Name
	}
	if _, known := b.names[in.Unit]; in.Unit != "" && !known {
		return Security{}, fmt.Errorf("the inventory has no using unit %q", in.Unit)
	}
	for _, s := range b.in.Systems {
		b.entries[s.ID] = s
	}
	b.out = Security{
		Kind: in.Kind, Issuer: in.Issuer,
		Period: in.Period, Open: in.Open, Through: in.Through, JudgedAt: in.JudgedAt, Program: in.Program, Version: in.Version,
		Provider: in.Provider, Platforms: in.Platforms, Rules: in.Rules,
	}
	if in.Unit != "" {
		b.out.Unit = Party{in.Unit, b.names[in.Unit]}
	}
	b.out.names, b.out.systems, b.out.systemUnits = b.names, map[string]string{}, map[string]string{}
	for id, e := range b.entries {
		b.out.systems[id], b.out.systemUnits[id] = e.Name, e.Unit
	}
	o := operating{set: b.in.Records, period: in.Period, through: in.Through, calendar: in.Calendar, names: b.names, entries: b.entries, platforms: in.Platforms}
	b.out.Operation = o.figures()
	b.out.Logs = logFigures(b.in.Logs, in.Period)
	if b.out.operation() {
		if err := b.assets(); err != nil {
			return Security{}, err
		}
		b.handovers()
		b.out.Vulnerabilities = b.vulnerabilities(in.Period)
		b.baseline()
		b.out.Rectification = b.rectification(in.Period)
	}
	if b.out.situation() {
		b.out.Attacks = b.attacks(in.Period)
		b.blind()
		b.indicators()
		b.trend()
		b.full()
	}
	b.sources()
	batch, err := batchOf(in.JudgedAt, b.hashed(), b.out.Operation.AllOrders, b.out.Assets.Protection)
	if err != nil {
		return Security{}, err
	}
	b.out.Batch = batch
	return b.out, nil
}

// secured computes a Security.
type secured struct {
	in      SecurityInput
	names   map[string]string // of units
	entries map[string]Entry
	out     Security
}

// hashed is the input without what prints it.
func (b *secured) hashed() SecurityInput {
	in := b.in
	in.Program, in.Version = "", 0
	return in
}

// last is the last day that was counted.
func (b *secured) last() calendar.Date {
	return calendar.DateOf(b.in.Through.Add(-time.Second))
}

// at is the last day of a month that counts: that of the month, or the last one
// counted of an open month.
func (b *secured) at(m calendar.Month) calendar.Date {
	if m == b.in.Period {
		return b.last()
	}
	return m.Last()
}

// extract keeps the rows of the unit. Nothing of another unit stays, be it a name, an
// identifier or a count (reports.md E 6). What concerns the platform and not a unit
// stays, except for its free texts, which may name others.
func extract(in SecurityInput) SecurityInput {
	if in.Unit == "" {
		return in
	}
	in.Units = kept(in.Units, func(u *Party) bool { return u.ID == in.Unit })
	in.Systems = kept(in.Systems, func(s *Entry) bool { return s.Unit == in.Unit })
	ours := map[string]bool{}
	for _, s := range in.Systems {
		ours[s.ID] = true
	}
	hosts := map[string]bool{}
	own := func(h *HostFacts) bool {
		if ours[h.System] {
			hosts[h.ID] = true
		}
		return ours[h.System]
	}
	in.Hosts = kept(in.Hosts, own)
	for i := range in.Earlier {
		in.Earlier[i] = kept(in.Earlier[i], own)
	}
	in.Released = kept(in.Released, func(r *Released) bool { return ours[r.System] })
	in.Storage = kept(in.Storage, func(s *Storage) bool { return hosts[s.Host] })
	in.Senders = kept(in.Senders, func(s *Sender) bool { return hosts[s.Host] })
	in.OS = kept(in.OS, func(o *OS) bool { return hosts[o.Host] })
	in.Reports = kept(in.Reports, func(r *LogReport) bool { return hosts[r.Host] })
	in.Logs = in.Logs.extract(in.Unit)
	in.Records = extractRecords(in.Records, in.Unit, ours)
	return in
}

// freeTexts are the columns of records in which a person may have named anybody.
func freeTexts() []string { return []string{"title", "cause", "impact", "conclusion"} }

// extractRecords keeps the rows of a unit and its systems. An incident or outage of
// several units keeps only the unit's own systems, and no free text. Files are named by
// their hashes alone: a file name may name a unit.
func extractRecords(set records.Set, unit string, ours map[string]bool) records.Set {
	out := records.Set{Records: map[string][]records.Record{}}
	for _, s := range set.Sources {
		s.File, s.ImportedBy, s.Rows = "", "", 0
		out.Sources = append(out.Sources, s)
	}
	for kind, rows := range set.Records {
		for _, r := range rows {
			if r, keep := extractRecord(r, unit, ours); keep {
				out.Records[kind] = append(out.Records[kind], r)
			}
		}
	}
	return out
}

func extractRecord(r records.Record, unit string, ours map[string]bool) (records.Record, bool) {
	affected := r.List("affected_systems")
	own := slices.DeleteFunc(slices.Clone(affected), func(id string) bool { return !ours[id] })
	switch {
	case r.Kind == records.Services || r.Kind == records.Outages && len(affected) == 0:
		return r, true // of the platform, for all
	case r.Kind == records.Work:
		return without(r, []string{"evidence"}), true
	case r.Text("system") != "" && !ours[r.Text("system")]:
		return r, false
	case r.Text("unit") != "" && r.Text("unit") != unit:
		return r, false
	case r.Text("unit") == unit && len(own) == len(affected) || ours[r.Text("system")]:
		return r, true
	case r.Text("unit") == "" && len(own) == 0:
		return r, false
	case len(own) == len(affected):
		return r, true
	}
	r = without(r, freeTexts())
	r.Values["affected_systems"] = strings.Join(own, records.ListMark)
	return r, true
}

// without returns the record without some columns.
func without(r records.Record, fields []string) records.Record {
	values := map[string]string{}
	for field, v := range r.Values {
		if !slices.Contains(fields, field) {
			values[field] = v
		}
	}
	r.Values = values
	return r
}
