package report

import (
	"fmt"
	"time"
)

// whole are the facts of all that the report is about: of the provider, or of the unit
// whose rows alone are there.
func (b *builder) whole() map[string]float64 {
	if b.in.Unit != "" {
		return b.in.Facts.Units[b.in.Unit]
	}
	return b.in.Facts.Provider
}

// dayCurve reads the means by hour of the day; none where not a single one is known.
func dayCurve(facts map[string]float64) []CurveHour {
	const hours = 24
	out := make([]CurveHour, hours)
	known := false
	for i := range out {
		mean := func(resource, day string) Figure {
			f := Fact(facts, fmt.Sprintf("%s_avg_%s_%02dh", resource, day, i))
			known = known || f.State == Known
			return f
		}
		out[i] = CurveHour{i, mean("cpu", "workday"), mean("cpu", "restday"), mean("memory", "workday"), mean("memory", "restday")}
	}
	if !known {
		return nil
	}
	return out
}

// missing lists the hosts of which something is missing, in the order of hosts.
func (b *builder) missing() (out []Missing) {
	seen := map[string]*Sender{}
	for i := range b.in.Senders {
		seen[b.in.Senders[i].Host] = &b.in.Senders[i]
	}
	for i := range b.out.Hosts {
		h := &b.out.Hosts[i]
		due := max(h.AllocatedSeconds, h.OffSeconds) - h.OffSeconds
		if h.ObservedSeconds >= due {
			continue
		}
		g := Missing{
			ID: h.ID, SystemName: h.SystemName, UnitName: h.UnitName, Coverage: h.Coverage,
			DueHours: hoursOf(due), ObservedHours: hoursOf(h.ObservedSeconds), MissingHours: hoursOf(due - h.ObservedSeconds),
		}
		if s := seen[h.ID]; s != nil && h.ObservedSeconds > 0 {
			g.FirstAt, g.LastAt = s.FirstAt, s.LastAt
		}
		out = append(out, g)
	}
	return out
}

func hoursOf(seconds uint64) float64 { return (time.Duration(seconds) * time.Second).Hours() }

func missingTable(t text, m *Month) *Table {
	moment := func(at time.Time) Cell {
		if at.IsZero() {
			return Cell{Text: t.None}
		}
		return t.text(t.minute(at))
	}
	return table(t, "annex_missing", m.Missing, 0, []column[Missing]{
		{"host", false, func(g *Missing) Cell { return t.text(g.ID) }},
		{"system", false, func(g *Missing) Cell { return t.text(g.SystemName) }},
		{"unit", false, func(g *Missing) Cell { return t.text(g.UnitName) }},
		{"coverage", false, func(g *Missing) Cell { return t.percent(g.Coverage) }},
		{"due_hours", false, func(g *Missing) Cell { return t.one(Of(g.DueHours)) }},
		{"observed_hours", false, func(g *Missing) Cell { return t.one(Of(g.ObservedHours)) }},
		{"missing_hours", false, func(g *Missing) Cell { return t.one(Of(g.MissingHours)) }},
		{"first_at", false, func(g *Missing) Cell { return moment(g.FirstAt) }},
		{"last_at", false, func(g *Missing) Cell { return moment(g.LastAt) }},
	})
}

func curveTable(t text, m *Month) *Table {
	return table(t, "curve", m.Curve, 0, []column[CurveHour]{
		{"hour", false, func(h *CurveHour) Cell { return Cell{Text: clock(h.Hour)} }},
		{"cpu_workday", false, func(h *CurveHour) Cell { return t.percent(h.CPUWorkday) }},
		{"cpu_restday", false, func(h *CurveHour) Cell { return t.percent(h.CPURestday) }},
		{"memory_workday", false, func(h *CurveHour) Cell { return t.percent(h.MemoryWorkday) }},
		{"memory_restday", false, func(h *CurveHour) Cell { return t.percent(h.MemoryRestday) }},
	})
}

// clock is the beginning of an hour.
func clock(hour int) string { return fmt.Sprintf("%02d:00", hour) }
