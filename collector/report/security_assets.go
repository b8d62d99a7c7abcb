package report

import (
	"bytes"
	"cmp"
	_ "embed"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/yunjian-io/yunjian/collector/records"
	"github.com/yunjian-io/yunjian/rules/calendar"
)

//go:embed lifecycle.yaml
var lifecycleFile []byte

// lifecycle is the day on which updates of an operating system ended.
type lifecycle struct {
	OS      string        `yaml:"os"`
	Version string        `yaml:"version"`
	Ended   calendar.Date `yaml:"ended"`
}

func loadLifecycle() ([]lifecycle, error) {
	var file struct {
		Systems []lifecycle `yaml:"systems"`
	}
	d := yaml.NewDecoder(bytes.NewReader(lifecycleFile))
	d.KnownFields(true)
	if err := d.Decode(&file); err != nil {
		return nil, fmt.Errorf("read ends of operating systems: %w", err)
	}
	return file.Systems, nil
}

// Assets is section B2.
type Assets struct {
	Hosts    int     `json:"hosts"` // allocated at the end
	Systems  int     `json:"systems"`
	OS       []OSRow `json:"os"`
	OSKnown  int     `json:"os_known"` // hosts that told their system
	Ended    int     `json:"os_ended"` // hosts whose system gets no updates any more
	Managed  Figure  `json:"managed_rate"`
	Coverage Figure  `json:"coverage"`
	// Clocks are the hosts whose clock was off by more than ClockLimit; ClocksUnknown
	// those that never told.
	ClockLimit    time.Duration   `json:"clock_limit_nanoseconds"`
	Clocks        []Clock         `json:"clocks_over_limit"`
	ClocksUnknown int             `json:"clocks_unknown"`
	Levels        []LevelRow      `json:"levels"`
	Protection    []ProtectionRow `json:"protection"`
	// ProtectionGiven says that the register of classified protection was imported.
	ProtectionGiven bool `json:"protection_given"`
}

// OSRow counts the hosts of an operating system.
type OSRow struct {
	Name  string        `json:"name"` // empty for hosts that did not tell
	Hosts int           `json:"hosts"`
	Ended calendar.Date `json:"ended"` // may lie ahead; zero where not known
}

// LevelRow counts the systems of a level of classified protection, 0 where not given.
type LevelRow struct {
	Level   int `json:"level"`
	Systems int `json:"systems"`
}

// ProtectionRow is the clock of Art. 21 for one system.
type ProtectionRow struct {
	System   string        `json:"system"`
	Unit     string        `json:"unit"`
	Level    int           `json:"level"`
	Cutover  calendar.Date `json:"cutover"`
	Due      calendar.Date `json:"due"` // six months after cut-over, moved to a working day
	FilingNo string        `json:"filing_no"`
	Filed    calendar.Date `json:"filed_on"`
	Assessed calendar.Date `json:"assessed_on"`
	Valid    calendar.Date `json:"valid_until"`
	// State is done, expiring, expired, overdue, in_term or not_provided.
	State string `json:"state"`
}

// protectionMonths are those of Art. 21; expiringDays is how long before its end an
// assessment is told to be expiring.
const (
	protectionMonths = 6
	expiringDays     = 90
)

// inService are the systems that have a host in the month.
func (b *secured) inService() (ids []string) {
	for i := range b.in.Hosts {
		ids = append(ids, b.in.Hosts[i].System)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// coverage is F1 over hosts.
func coverage(hosts []HostFacts) Figure {
	var sum Observed
	for i := range hosts {
		h := &hosts[i]
		sum = sum.plus(Observed{Allocated: h.AllocatedSeconds, Observed: h.ObservedSeconds, Off: h.OffSeconds})
	}
	return Coverage(sum.Observed, sum.Allocated, sum.Off)
}

func (b *secured) assets() error {
	ends, err := loadLifecycle()
	if err != nil {
		return err
	}
	a := Assets{
		Hosts: len(atEnd(b.in.Hosts)), Managed: ManagedRate(b.in.Hosts), Coverage: coverage(b.in.Hosts), ClockLimit: b.in.ClockLimit,
		ProtectionGiven: b.in.Records.Covers(records.Protection, b.in.Period),
	}
	b.operatingSystems(&a, ends)
	for _, s := range b.in.Senders {
		switch {
		case !s.Allocated:
		case s.ClockOffset == nil:
			a.ClocksUnknown++
		case *s.ClockOffset > b.in.ClockLimit:
			a.Clocks = append(a.Clocks, Clock{s.Host, *s.ClockOffset})
		}
	}
	levels := map[int]int{}
	register := map[string]records.Record{}
	for _, r := range b.in.Records.Of(records.Protection) {
		register[r.Text("system")] = r
	}
	for _, id := range b.inService() {
		a.Systems++
		levels[b.entries[id].Level]++
		r, given := register[id]
		a.Protection = append(a.Protection, b.protection(id, r, given))
	}
	for _, level := range slices.Sorted(maps.Keys(levels)) {
		a.Levels = append(a.Levels, LevelRow{level, levels[level]})
	}
	b.out.Assets = a
	return nil
}

func (b *secured) operatingSystems(a *Assets, ends []lifecycle) {
	told := map[string]OS{}
	for _, o := range b.in.OS {
		told[o.Host] = o
	}
	rows := map[string]*OSRow{}
	for _, h := range atEnd(b.in.Hosts) {
		o := told[h.ID]
		name := cmp.Or(o.Name, strings.TrimSpace(o.ID+" "+o.Version))
		if rows[name] == nil {
			rows[name] = &OSRow{Name: name}
			for _, e := range ends {
				if o.ID == e.OS && (o.Version == e.Version || strings.HasPrefix(o.Version, e.Version+".")) {
					rows[name].Ended = e.Ended
				}
			}
		}
		rows[name].Hosts++
		if name != "" {
			a.OSKnown++
		}
		if end := rows[name].Ended; !end.IsZero() && end.Before(b.last()) {
			a.Ended++
		}
	}
	for _, row := range rows {
		a.OS = append(a.OS, *row)
	}
	slices.SortFunc(a.OS, func(x, y OSRow) int {
		return cmp.Or(cmp.Compare(y.Hosts, x.Hosts), strings.Compare(x.Name, y.Name))
	})
}

// protection works the clock of Art. 21 out. Without a row nobody knows whether it is
// kept: neither done nor overdue.
func (b *secured) protection(id string, r records.Record, given bool) ProtectionRow {
	e := b.entries[id]
	row := ProtectionRow{
		System: cmp.Or(e.Name, id), Unit: b.names[e.Unit], Level: e.Level, Cutover: e.Cutover, FilingNo: r.Text("filing_no"),
		Filed: r.Date("filed_on"), Assessed: r.Date("assessed_on"), Valid: r.Date("valid_until"), State: "not_provided",
	}
	if !e.Cutover.IsZero() {
		row.Due = b.in.Calendar.Deadline(e.Cutover, protectionMonths).Date
	}
	last := b.last()
	by := func(d calendar.Date) bool { return !d.IsZero() && !d.After(last) }
	switch {
	case given && by(row.Filed) && by(row.Assessed) && !row.Valid.IsZero() && row.Valid.Before(last):
		row.State = "expired"
	case given && by(row.Filed) && by(row.Assessed) && !row.Valid.IsZero() && last.DaysUntil(row.Valid) <= expiringDays:
		row.State = "expiring"
	case given && by(row.Filed) && by(row.Assessed):
		row.State = "done"
	case !row.Due.IsZero() && !row.Due.Before(last):
		row.State = "in_term"
	case given && !row.Due.IsZero():
		row.State = "overdue"
	}
	return row
}

// Handover is a row of table B3-6: the logs of a system that left the platform.
type Handover struct {
	System string        `json:"system"`
	Unit   string        `json:"unit"`
	Status string        `json:"status"` // of the system in the inventory
	Hosts  int           `json:"released_hosts"`
	Until  calendar.Date `json:"keep_until"` // of the logs of the host released last
	Exit   calendar.Date `json:"exit_on"`
	Done   calendar.Date `json:"handed_over_on"`
	From   calendar.Date `json:"logs_from"`
	To     calendar.Date `json:"logs_to"`
	Proof  string        `json:"evidence"`
	// State is done, pending or not_provided.
	State string `json:"state"`
}

// handovers lists the systems that leave, or whose released hosts' logs have to be kept.
func (b *secured) handovers() {
	b.out.HandoversGiven = b.in.Records.Covers(records.Handovers, b.in.Period)
	rows := map[string]*Handover{}
	of := func(id string) *Handover {
		if rows[id] == nil {
			e := b.entries[id]
			rows[id] = &Handover{System: cmp.Or(e.Name, id), Unit: b.names[e.Unit], Status: e.Status, State: "not_provided"}
		}
		return rows[id]
	}
	for _, id := range b.inService() {
		if s := b.entries[id].Status; s == "transition" || s == "retired" {
			of(id)
		}
	}
	for _, r := range b.in.Released {
		row := of(r.System)
		row.Hosts++
		if r.Until.After(row.Until) {
			row.Until = r.Until
		}
	}
	for _, r := range b.in.Records.Of(records.Handovers) {
		if r.Date("exit_on").After(b.last()) {
			continue
		}
		row := of(r.Text("system"))
		row.Exit, row.From, row.To, row.Proof, row.State = r.Date("exit_on"), r.Date("logs_from"), r.Date("logs_to"), r.Text("evidence"), "pending"
		if done := r.Date("handed_over_on"); !done.IsZero() && !done.After(b.last()) {
			row.Done, row.State = done, "done"
		}
	}
	for _, id := range slices.Sorted(maps.Keys(rows)) {
		b.out.Handovers = append(b.out.Handovers, *rows[id])
	}
}
