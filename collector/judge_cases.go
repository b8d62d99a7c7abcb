package collector

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/yunjian-io/yunjian/collector/inventory"
	"github.com/yunjian-io/yunjian/collector/store"
	"github.com/yunjian-io/yunjian/rules"
	"github.com/yunjian-io/yunjian/rules/calendar"
)

// cases gathers the periods of many subjects.
type cases struct {
	kind  string
	month calendar.Month
	open  bool
	by    map[string]*subject
}

// subject is a case in the making, and whom it concerns.
type subject struct {
	rules.Case
	name           string // identifier in the inventory, by which it is exempted
	provider, unit string
}

func newCases(kind string, month calendar.Month, open bool) *cases {
	return &cases{kind, month, open, map[string]*subject{}}
}

func (c *cases) add(id string, start calendar.Date, facts map[string]float64) *subject {
	s := c.by[id]
	if s == nil {
		s = &subject{Case: rules.Case{Subject: rules.Subject{Kind: c.kind, ID: id}, Month: c.month, Open: c.open}}
		c.by[id] = s
	}
	s.Periods = append(s.Periods, rules.Period{Start: start, Facts: facts})
	return s
}

// HostSubject is the identifier of a host as a subject of rules.
func HostSubject(provider, hostID string) string { return provider + "/" + hostID }

func (j *judge) monthFacts(g *store.MonthFacts, m calendar.Month, systems, hosts *cases) {
	providers, storage := map[string]string{}, map[string]*systemStorage{}
	for _, own := range g.Hosts {
		h := &own
		h.Facts = maps.Clone(h.Facts) // the facts themselves are being stored
		if ratio, ok := h.Coverage(); ok {
			h.Facts["coverage"] = ratio
		}
		h.Facts["vcpu"], h.Facts["memory_gib"] = float64(h.VCPU), float64(h.MemoryMiB)/1024
		j.sinceCutover(h.Facts, h.System)
		if m == j.month {
			j.deliveries.facts(h, j.calendar, calendar.DateOf(j.span(m).To.In(store.Zone())))
		}
		s := hosts.add(HostSubject(h.Provider, h.HostID), m.First(), h.Facts)
		s.name, s.provider, s.unit = h.HostID, h.Provider, j.systems[h.System].Unit
		providers[h.System] = max(providers[h.System], h.Provider)
		if storage[h.System] == nil {
			storage[h.System] = &systemStorage{}
		}
		storage[h.System].add(h)
	}
	for id, c := range g.Coverage {
		f := g.Systems[id]
		if f == nil {
			f = map[string]float64{}
		}
		if ratio, ok := c.Coverage(); ok {
			f["coverage"] = ratio
		}
		if c.VCPUSeconds > 0 {
			f["covered_vcpu_share"] = c.CoveredVCPUSeconds / c.VCPUSeconds
		}
		f["hosts"] = float64(c.Hosts)
		if m == j.month && storage[id] != nil {
			storage[id].to(f)
		}
		j.sinceCutover(f, id)
		s := systems.add(id, m.First(), f)
		s.name, s.provider, s.unit = id, providers[id], j.systems[id].Unit
	}
}

// sinceCutover sets the fact months_since_cutover as of the end of the judged
// month (Art. 20), where the day of cut-over is known.
func (j *judge) sinceCutover(facts map[string]float64, system string) {
	cutover := j.systems[system].Cutover
	if cutover.IsZero() {
		return
	}
	end := j.month.Next().First()
	n := 0
	for n < 1200 && !cutover.AddMonths(n+1).After(end) {
		n++
	}
	facts["months_since_cutover"] = float64(n)
}

// dayFacts adds the days of the window of the daily rules. Only hosts that are
// allocated in the judged month are subjects.
func dayFacts(month calendar.Month, span store.Span, facts []store.DayFacts, hosts, daily *cases) {
	last := calendar.DateOf(span.To.Add(-time.Second).In(store.Zone()))
	for id, h := range hosts.by {
		for d := calendar.DateOf(span.From); !d.After(last); d = d.AddDays(1) {
			if len(h.Periods) > 0 && h.Periods[len(h.Periods)-1].Start == month.First() {
				s := daily.add(id, d, map[string]float64{})
				s.name, s.provider, s.unit = h.name, h.provider, h.unit
				if months, ok := h.Periods[len(h.Periods)-1].Facts["months_since_cutover"]; ok {
					s.Periods[len(s.Periods)-1].Facts["months_since_cutover"] = months
				}
			}
		}
	}
	for _, f := range facts {
		s := daily.by[HostSubject(f.Provider, f.HostID)]
		if s == nil {
			continue
		}
		day := calendar.DateOf(f.Day)
		for i := range s.Periods {
			if s.Periods[i].Start == day {
				maps.Copy(s.Periods[i].Facts, f.Facts)
			}
		}
	}
}

// apply judges the cases by the rules of their kind and period, in the order of
// rules and subjects.
func (j *judge) apply(c *cases, daily bool) (findings []store.Finding, err error) {
	ids := make([]string, 0, len(c.by))
	for id, s := range c.by {
		// A subject that is no longer allocated in the month is not judged in it.
		if daily || s.Periods[len(s.Periods)-1].Start == j.month.First() {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	for _, r := range j.pack.Rules(j.month, c.kind) {
		if (r.Period == rules.ByDay) != daily {
			continue
		}
		for _, id := range ids {
			s := c.by[id]
			s.Exemptions = j.exemptions.of(c.kind, s.provider, s.name)
			f, err := r.Judge(s.Case)
			if err != nil {
				return nil, err
			}
			findings = append(findings, store.Finding{Finding: f, Provider: s.provider, Unit: s.unit})
		}
	}
	return findings, nil
}

// systemStorage adds up F6 over the hosts of a system.
type systemStorage struct {
	allocated, used, seen, growth, grown float64 // GiB, and GiB a day
}

// storageGate is the part of the allocated disk of which the use must be known for a sum
// over hosts to be a fact, as reports.md E 2 asks of CPU.
const storageGate = 0.90

func (s *systemStorage) add(h *store.HostFacts) {
	disk := float64(h.DiskGiB)
	s.allocated += disk
	if ratio, ok := h.Facts["storage_used_ratio"]; ok {
		s.used, s.seen = s.used+ratio*disk, s.seen+disk
	}
	if growth, ok := h.Storage.PerDay(); ok {
		s.growth, s.grown = s.growth+growth, s.grown+disk
	}
}

func (s *systemStorage) to(facts map[string]float64) {
	if s.seen == 0 || s.seen < storageGate*s.allocated {
		return
	}
	facts["storage_used_ratio"] = s.used / s.seen
	store.AddGrowth(facts, s.allocated, s.used/s.seen, s.growth, s.grown > 0 && s.grown >= storageGate*s.allocated)
}

// exemptions are the approved ones, by subject.
type exemptions map[rules.Subject][]rules.Exemption

// newExemptions reads those of the inventory. A host or disk is named provider/id, or by its
// id alone where only one provider has such a one: of two with one id, neither is
// exempted by it.
func newExemptions(known inventory.Batch, say func(string)) exemptions {
	providers := map[rules.Subject][]string{}
	add := func(kind, id, provider string) {
		s := rules.Subject{Kind: kind, ID: id}
		if !slices.Contains(providers[s], provider) {
			providers[s] = append(providers[s], provider)
		}
	}
	for i := range known.Hosts {
		add(rules.Host, known.Hosts[i].ID, known.Hosts[i].Provider)
	}
	for i := range known.Volumes {
		add(rules.Volume, known.Volumes[i].ID, known.Volumes[i].Provider)
	}
	out := exemptions{}
	for _, e := range known.Exemptions {
		subject := rules.Subject{Kind: e.SubjectKind, ID: e.Subject}
		if of := providers[subject]; len(of) > 1 {
			slices.Sort(of)
			say(fmt.Sprintf("the exemption %q of %s %q is not applied: providers %s have such a %[2]s; import it for provider/id", e.Kind, e.SubjectKind, e.Subject, strings.Join(of, ", ")))
			continue
		} else if len(of) == 1 {
			subject.ID = HostSubject(of[0], e.Subject)
		}
		out[subject] = append(out[subject], rules.Exemption{Kind: e.Kind, Reason: e.Reason, Approver: e.Approver, Expires: e.Expires})
	}
	return out
}

// of are the exemptions of a subject by its name in the inventory.
func (e exemptions) of(kind, provider, name string) []rules.Exemption {
	if kind != rules.InformationSystem {
		name = HostSubject(provider, name)
	}
	return e[rules.Subject{Kind: kind, ID: name}]
}
