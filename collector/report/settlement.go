package report

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/yunjian-io/yunjian/collector/records"
	"github.com/yunjian-io/yunjian/rules/calendar"
)

// Step is a quantity from an instant on, up to the next step.
type Step struct {
	At time.Time `json:"at"`
	// Value in units of the resource.
	Value float64 `json:"value"`
}

// cuts are the instants at which a piece of a span begins: its own, and those of steps inside.
func cuts(span Interval, courses ...[]Step) (out []time.Time) {
	out = append(out, span.From)
	for _, c := range courses {
		for _, s := range c {
			if s.At.After(span.From) && s.At.Before(span.To) {
				out = append(out, s.At)
			}
		}
	}
	slices.SortFunc(out, time.Time.Compare)
	return slices.CompactFunc(out, time.Time.Equal)
}

// at is the quantity at an instant; known is false before the first step.
func at(course []Step, when time.Time) (value float64, known bool) {
	next, _ := slices.BinarySearchFunc(course, when, func(s Step, when time.Time) int {
		if s.At.After(when) {
			return 1
		}
		return -1
	})
	if next == 0 {
		return 0, false
	}
	return course[next-1].Value, true
}

// excess is Σ max(0, allocated − baseline) × days over the part of a span in which both are
// known, which begins at since and has so many days.
func excess(span Interval, allocated, baseline []Step) (sum, days float64, since time.Time) {
	if !span.From.Before(span.To) {
		return 0, 0, time.Time{}
	}
	all := cuts(span, allocated, baseline)
	for i, from := range all {
		a, known := at(allocated, from)
		b, based := at(baseline, from)
		if !known || !based {
			continue
		}
		to := span.To
		if i+1 < len(all) {
			to = all[i+1]
		}
		if since.IsZero() {
			since = from
		}
		piece := to.Sub(from).Hours() / 24
		sum, days = sum+max(0, a-b)*piece, days+piece
	}
	return sum, days, since
}

// Increment is F16: Σ over the days of the span of max(0, allocated − baseline) ÷ days of the
// year, in units of the resource times years. Both are courses of steps by time, and days are
// cut where they change (reports.md E 4). since is from when on both are known: time before it is
// not counted; where they never are, the figure is Absent.
func Increment(span Interval, allocated, baseline []Step, daysOfYear int) (amount Figure, since time.Time) {
	sum, days, since := excess(span, allocated, baseline)
	if days == 0 {
		return Figure{}, since
	}
	return Of(sum / float64(daysOfYear)), since
}

// MeanIncrement is the mean of max(0, allocated − baseline) over the part of the span in which
// both are known: by how much the month adds to F16, a day.
func MeanIncrement(span Interval, allocated, baseline []Step) Figure {
	sum, days, _ := excess(span, allocated, baseline)
	if days == 0 {
		return Figure{}
	}
	return Of(sum / days)
}

// MeanAllocated is the mean over the part of the span in which the allocation is known.
func MeanAllocated(span Interval, allocated []Step) Figure {
	return MeanIncrement(span, allocated, []Step{{At: span.From}})
}

// Settlement is a row of table A7-1 (Art. 33).
type Settlement struct {
	Unit     Party  `json:"unit"`
	Resource string `json:"resource"` // vcpu, memory_gib or disk_tib, which is also the unit
	// Baseline is that in effect at the end of the period, since Effective.
	Baseline  Figure        `json:"baseline"`
	Effective calendar.Date `json:"effective_from"`
	Voucher   string        `json:"voucher"`
	Average   Figure        `json:"avg_alloc"` // mean daily allocation of the month
	Delta     Figure        `json:"delta"`     // MeanIncrement of the month
	// Year is F16 of the year up to the end of the period, counted from Since on.
	Year  Figure    `json:"increment_years"`
	Since time.Time `json:"since"`
}

// Averages are the mean daily allocations of an information system in the month.
type Averages struct {
	Party
	UnitName  string `json:"unit_name"`
	VCPU      Figure `json:"vcpu"`
	MemoryGiB Figure `json:"memory_gib"`
	DiskTiB   Figure `json:"disk_tib"`
}

// settled are the kinds of resources that have a baseline.
func settled() []string { return []string{"vcpu", "memory_gib", "disk_tib"} }

// in is a quantity of an amount in units of a resource.
func (a Amount) in(resource string) float64 {
	switch resource {
	case "vcpu":
		return float64(a.VCPU)
	case "memory_gib":
		return float64(a.MemoryMiB) / 1024
	}
	return float64(a.DiskGiB) / 1024
}

// course is what allocations sum up to, from since on. It is nil where something is not known:
// a disk that is not given is not 0.
func course(all []Allocation, resource string, since time.Time, span Interval) (out []Step) {
	type edge struct {
		at   time.Time
		sign int64
		of   *Allocation
	}
	var edges []edge
	for i := range all {
		a := &all[i]
		if !a.From.Before(span.To) || !a.To.After(span.From) {
			continue
		}
		if resource == "disk_tib" && a.DiskGiB == 0 {
			return nil
		}
		edges = append(edges, edge{a.From, 1, a}, edge{a.To, -1, a})
	}
	slices.SortStableFunc(edges, func(x, y edge) int { return x.at.Compare(y.at) })
	sum := Amount{}
	out = append(out, Step{At: since})
	for _, e := range edges {
		sum = sum.add(e.of.Amount, e.sign) // whole numbers: the order does not matter
		if last := &out[len(out)-1]; last.At.Equal(e.at) {
			last.Value = sum.in(resource)
			continue
		}
		out = append(out, Step{e.at, sum.in(resource)})
	}
	return out
}

// baselines are the steps of a unit and resource up to the last day that was counted, and the
// record that is in effect on it.
func (b *builder) baselines(unit, resource string, last calendar.Date) (steps []Step, now records.Record) {
	var own []records.Record
	for _, r := range b.in.Records.Of(records.Settlement) {
		if r.Text("unit") == unit && r.Text("resource") == resource && !r.Date("effective_from").After(last) {
			own = append(own, r)
		}
	}
	slices.SortFunc(own, func(x, y records.Record) int { return x.Date("effective_from").Compare(y.Date("effective_from")) })
	for _, r := range own {
		value, _ := r.Number("baseline") // required of every row
		steps, now = append(steps, Step{r.Date("effective_from").In(b.in.Through.Location()), value}), r
	}
	return steps, now
}

// settlement computes section A7: of every unit that has an allocation in the year or a baseline.
func (b *builder) settlement() {
	since := b.out.Capacity.Since
	if since.IsZero() {
		return // no inventory: nothing is known, and nothing is settled
	}
	zone := b.in.Through.Location()
	month := Interval{b.in.Period.Start(zone), b.in.Through}
	year := Interval{time.Date(b.in.Period.Year, time.January, 1, 0, 0, 0, 0, zone), b.in.Through}
	daysOfYear := time.Date(b.in.Period.Year, time.December, 31, 0, 0, 0, 0, zone).YearDay()
	last := calendar.DateOf(b.in.Through.Add(-time.Second))
	units, systems := map[string][]Allocation{}, map[string][]Allocation{}
	for _, a := range b.in.Allocations {
		if b.in.Unit != "" && b.unitOf(a.System) != b.in.Unit {
			continue // what a host had before it came, see Extract
		}
		if a.To.After(year.From) {
			units[b.unitOf(a.System)] = append(units[b.unitOf(a.System)], a)
		}
		if a.To.After(month.From) && a.From.Before(month.To) {
			systems[a.System] = append(systems[a.System], a)
		}
	}
	for _, r := range b.in.Records.Of(records.Settlement) {
		if id := r.Text("unit"); !r.Date("effective_from").After(last) && units[id] == nil {
			units[id] = []Allocation{}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(units)) {
		for _, resource := range settled() {
			row := Settlement{Unit: Party{id, b.names[id]}, Resource: resource}
			own := course(units[id], resource, since, year)
			base, now := b.baselines(id, resource, last)
			if len(base) > 0 {
				row.Baseline, row.Effective, row.Voucher = Of(base[len(base)-1].Value), now.Date("effective_from"), now.Text("voucher")
			}
			row.Average = MeanAllocated(month, course(units[id], resource, since, month))
			row.Delta = MeanIncrement(month, course(units[id], resource, since, month), base)
			row.Year, row.Since = Increment(year, own, base, daysOfYear)
			b.out.Settlements = append(b.out.Settlements, row)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(systems)) {
		mean := func(resource string) Figure { return MeanAllocated(month, course(systems[id], resource, since, month)) }
		b.out.Averages = append(b.out.Averages, Averages{
			Party: Party{id, b.entries[id].Name}, UnitName: b.names[b.unitOf(id)],
			VCPU: mean("vcpu"), MemoryGiB: mean("memory_gib"), DiskTiB: mean("disk_tib"),
		})
	}
	slices.SortStableFunc(b.out.Averages, func(x, y Averages) int {
		return cmp.Or(strings.Compare(b.unitOf(x.ID), b.unitOf(y.ID)), strings.Compare(x.ID, y.ID))
	})
}
