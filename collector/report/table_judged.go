package report

import (
	"fmt"
	"slices"
	"strings"
)

// series prints the figures of the months of a window, the oldest first.
func (t text) series(figures []Figure) Cell {
	words := make([]string, len(figures))
	for i, f := range figures {
		words[i] = t.figure(f, percentText)
	}
	return t.text(strings.Join(words, " → "))
}

// identified are the columns that say whom a finding concerns.
func identified(t text) []column[Judgement] {
	return []column[Judgement]{
		{"system", false, func(j *Judgement) Cell { return t.text(j.Name) }},
		{"id", false, func(j *Judgement) Cell { return t.text(j.Subject) }},
		{"unit", false, func(j *Judgement) Cell { return t.text(j.UnitName) }},
	}
}

// periods returns whether the rules of a month judge by months or by days.
func periods(m *Month) map[string]string {
	of := map[string]string{}
	for _, r := range m.Rules {
		of[r.ID] = r.Period
	}
	return of
}

// judgedTable is A4-1, A4-2 and the list of idle hosts.
func judgedTable(t text, id string, m *Month, rows []Judgement, limit int) *Table {
	by := periods(m)
	return table(t, id, rows, limit, append(identified(t),
		column[Judgement]{"months_low", false, func(j *Judgement) Cell {
			return t.text(fmt.Sprintf(t.MonthsLowValue, j.Met, j.Window, t.label("period", by[j.Rule])))
		}},
		column[Judgement]{"cpu_p95_window", false, func(j *Judgement) Cell { return t.series(j.CPUP95) }},
		column[Judgement]{"memory_p95_window", false, func(j *Judgement) Cell { return t.series(j.MemoryP95) }},
		column[Judgement]{"hosts", false, func(j *Judgement) Cell { return t.count(Of(j.Hosts)) }},
		column[Judgement]{"allocated", false, func(j *Judgement) Cell { return t.text(t.resources(j.Allocated)) }},
		column[Judgement]{"proposal", false, t.proposal},
		column[Judgement]{"target", false, func(j *Judgement) Cell {
			switch {
			case j.Advice != nil:
				return t.advised(j.Advice)
			case j.Verdict != verdictFail || j.Saving != nil: // nothing proposed, or reclaimed as a whole
				return Cell{Text: t.None}
			}
			return t.text("")
		}},
		column[Judgement]{"saving", false, func(j *Judgement) Cell {
			switch {
			case j.Verdict != verdictFail:
				return Cell{Text: t.None}
			case j.Saving == nil:
				return t.text("")
			case j.Advice != nil:
				return Cell{Text: t.saved(j.Advice), Note: t.yuanNote(j.Advice.Yuan)}
			}
			return t.text(t.resources(*j.Saving))
		}},
		column[Judgement]{"confidence", false, func(j *Judgement) Cell {
			cell := t.percent(j.Coverage)
			if j.Advice != nil {
				cell.Note = t.sureness(j.Advice)
			}
			return cell
		}},
		column[Judgement]{"exemptions_checked", false, func(j *Judgement) Cell { return t.text(t.checked(m, j)) }},
		column[Judgement]{"reason", true, func(j *Judgement) Cell { return t.text(j.Reason) }},
	))
}

// checked says what became of the exemptions that the rule honours. A fact whose
// absence left a computed exemption undecided is named.
func (t text) checked(m *Month, j *Judgement) string {
	switch {
	case j.Exemption != nil:
		return t.label("exemption", j.Exemption.Kind)
	case len(j.Missing) > 0 && j.Verdict == verdictFail:
		return fmt.Sprintf(t.ExemptionMissing, strings.Join(factTitles(m, j), t.ListSeparator))
	}
	if j.Verdict != verdictFail {
		return t.None // there is nothing to exempt from
	}
	return t.ExemptionNone
}

// proposal is the action that a breach proposes; nothing is proposed without one.
func (t text) proposal(j *Judgement) Cell {
	if j.Verdict != verdictFail {
		return Cell{Text: t.None}
	}
	return t.text(t.label("proposal", j.Proposal))
}

// factTitles names the missing facts of a finding for people.
func factTitles(m *Month, j *Judgement) []string {
	out := slices.Clone(j.Missing)
	for _, r := range m.Rules {
		if r.ID != j.Rule {
			continue
		}
		for _, n := range r.Needs {
			if i := slices.Index(out, n.Name); i >= 0 {
				out[i] = n.Title
			}
		}
	}
	return out
}

// exemptedTable is A4-5.
func exemptedTable(t text, m *Month) *Table {
	exemption := func(j *Judgement) Exemption {
		if j.Exemption == nil {
			return Exemption{}
		}
		return *j.Exemption
	}
	return table(t, "exempted", m.Exempted, 0, append(identified(t),
		column[Judgement]{"exemption", false, func(j *Judgement) Cell { return t.text(t.label("exemption", exemption(j).Kind)) }},
		column[Judgement]{"exemption_reason", false, func(j *Judgement) Cell { return t.text(exemption(j).Reason) }},
		column[Judgement]{"approver", false, func(j *Judgement) Cell { return t.text(exemption(j).Approver) }},
		column[Judgement]{"expires", false, func(j *Judgement) Cell { return t.text(t.date(exemption(j).Expires)) }},
	))
}

// findingTable is annex 4: every finding, judged or not.
func findingTable(t text, m *Month) *Table {
	by := periods(m)
	saving := func(of func(Resources) float64) func(*Judgement) Figure {
		return func(j *Judgement) Figure {
			switch {
			case j.Verdict != verdictFail:
				return Figure{State: None} // nothing is proposed
			case j.Saving == nil:
				return Figure{}
			}
			return Of(of(*j.Saving))
		}
	}
	vcpu, memory := saving(func(r Resources) float64 { return r.VCPU }), saving(func(r Resources) float64 { return r.MemoryGiB })
	disk := func(j *Judgement) Figure {
		switch {
		case j.Advice != nil:
			return j.Advice.Disk
		case j.Verdict == verdictFail && j.Allocated.DiskGiB == 0:
			return Figure{} // not given
		}
		return saving(func(r Resources) float64 { return r.DiskGiB })(j)
	}
	all := append([]column[Judgement]{
		{"rule", false, func(j *Judgement) Cell { return t.text(j.RuleTitle) }},
		{"kind", false, func(j *Judgement) Cell { return t.text(t.label("subject", j.Kind)) }},
	}, identified(t)...)
	return table(t, "annex_findings", m.Findings, 0, append(all, []column[Judgement]{
		{"verdict", false, func(j *Judgement) Cell { return t.text(t.label("verdict", j.Verdict)) }},
		{"state", false, func(j *Judgement) Cell { return t.text(t.label("state", j.State)) }},
		{"months_low", false, func(j *Judgement) Cell { return t.count(Of(j.Met)) }},
		{"window", false, func(j *Judgement) Cell {
			return t.text(fmt.Sprintf(t.WindowValue, j.Window, t.label("period", by[j.Rule])))
		}},
		{"cpu_p95_window", false, func(j *Judgement) Cell { return t.series(j.CPUP95) }},
		{"memory_p95_window", false, func(j *Judgement) Cell { return t.series(j.MemoryP95) }},
		{"hosts", false, func(j *Judgement) Cell { return t.count(ofHosts(j, float64(j.Hosts))) }},
		{"vcpu", false, func(j *Judgement) Cell { return t.count(ofHosts(j, j.Allocated.VCPU)) }},
		{"memory_gib", false, func(j *Judgement) Cell { return t.one(ofHosts(j, j.Allocated.MemoryGiB)) }},
		{"proposal", false, t.proposal},
		{"saving_vcpu", false, func(j *Judgement) Cell { return t.count(vcpu(j)) }},
		{"saving_memory", false, func(j *Judgement) Cell { return t.one(memory(j)) }},
		{"saving_disk", false, func(j *Judgement) Cell { return t.one(disk(j)) }},
		{"confidence", false, func(j *Judgement) Cell { return t.percent(j.Coverage) }},
		{"exemptions_checked", false, func(j *Judgement) Cell { return t.text(t.checked(m, j)) }},
		{"missing", false, func(j *Judgement) Cell {
			if len(j.Missing) == 0 {
				return Cell{Text: t.None}
			}
			return t.text(strings.Join(factTitles(m, j), t.ListSeparator))
		}},
		{"reason", true, func(j *Judgement) Cell { return t.text(j.Reason) }},
	}...))
}

// ofHosts is what only hosts have: a disk has none of it.
func ofHosts(j *Judgement, v float64) Figure {
	if j.Kind == kindVolume {
		return Figure{State: None}
	}
	return Of(v)
}

// hostTable is annex 1.
func hostTable(t text, m *Month) *Table {
	hours := func(seconds uint64) Cell { return t.one(Of(float64(seconds) / 3600)) }
	disk := func(h *Host) Figure {
		if h.DiskGiB == 0 {
			return Figure{}
		}
		return Of(h.DiskGiB)
	}
	return table(t, "annex_hosts", m.Hosts, 0, []column[Host]{
		{"host", false, func(h *Host) Cell { return t.text(h.ID) }},
		{"system", false, func(h *Host) Cell { return t.text(h.SystemName) }},
		{"system_id", false, func(h *Host) Cell { return t.text(h.System) }},
		{"unit", false, func(h *Host) Cell { return t.text(h.UnitName) }},
		{"at_end", false, func(h *Host) Cell { return t.text(t.yesNo(h.AtEnd)) }},
		{"standby", false, func(h *Host) Cell { return t.text(t.yesNo(h.Standby)) }},
		{"vcpu", false, func(h *Host) Cell { return t.count(Of(h.VCPU)) }},
		{"memory_gib", false, func(h *Host) Cell { return t.one(Of(float64(h.MemoryMiB) / 1024)) }},
		{"disk_gib", false, func(h *Host) Cell { return t.count(disk(h)) }},
		{"cpu_avg", false, func(h *Host) Cell { return t.percent(h.CPUAvg.Allocated) }},
		{"cpu_avg_running", false, func(h *Host) Cell { return t.percent(h.CPUAvg.Running) }},
		{"cpu_p95", false, func(h *Host) Cell { return t.percent(h.CPUP95.Allocated) }},
		{"cpu_p95_running", false, func(h *Host) Cell { return t.percent(h.CPUP95.Running) }},
		{"cpu_p95_work", false, func(h *Host) Cell { return t.percent(h.CPUP95Work) }},
		{"cpu_max", false, func(h *Host) Cell { return t.percent(h.CPUMax) }},
		{"cpu_peak", false, func(h *Host) Cell { return t.percent(h.CPUPeak) }},
		{"memory_avg", false, func(h *Host) Cell { return t.percent(h.MemoryAvg.Allocated) }},
		{"memory_avg_running", false, func(h *Host) Cell { return t.percent(h.MemoryAvg.Running) }},
		{"memory_p95", false, func(h *Host) Cell { return t.percent(h.MemoryP95.Allocated) }},
		{"memory_p95_running", false, func(h *Host) Cell { return t.percent(h.MemoryP95.Running) }},
		{"memory_max", false, func(h *Host) Cell { return t.percent(h.MemoryMax) }},
		{"storage_used", false, func(h *Host) Cell { return t.percent(h.StorageUsed) }},
		{"daily_growth", false, func(h *Host) Cell { return t.two(h.DailyGrowth) }},
		{"days_to_full", false, func(h *Host) Cell { return t.one(h.DaysToFull) }},
		{"network_host", false, func(h *Host) Cell { return t.two(h.NetworkMbps) }},
		{"allocated_hours", false, func(h *Host) Cell { return hours(h.AllocatedSeconds) }},
		{"observed_hours", false, func(h *Host) Cell { return hours(h.ObservedSeconds) }},
		{"off_hours", false, func(h *Host) Cell { return hours(h.OffSeconds) }},
		{"coverage", false, func(h *Host) Cell { return t.percent(h.Coverage) }},
		{"state", false, func(h *Host) Cell {
			if h.State == "" {
				return Cell{Text: t.None}
			}
			return t.text(t.label("state", h.State))
		}},
	})
}
