package report

import (
	"fmt"
	"strings"

	"github.com/yunjian-io/yunjian/rules/rightsize"
)

// items are the rows of C3, system by system.
func (c *noticer) items(keep func(*NoticeItem) bool) (out []NoticeItem) {
	for i := range c.n.Systems {
		for k := range c.n.Systems[i].Items {
			item := c.n.Systems[i].Items[k]
			if item.SystemName == "" {
				item.SystemName = item.System
			}
			if keep(&item) {
				out = append(out, item)
			}
		}
	}
	return out
}

func all(*NoticeItem) bool { return true }

// hostCell names the host that an item is about, or the disk, and says that it is one.
func (t text) hostCell(i *NoticeItem) Cell {
	cell := t.text(i.HostID)
	if i.IsVolume() {
		cell.Note = t.label("subject", kindVolume)
	}
	return cell
}

// whose are the columns that say which host a row is about.
func whose(t text) []column[NoticeItem] {
	return []column[NoticeItem]{
		{"host", false, t.hostCell},
		{"system", false, func(i *NoticeItem) Cell { return t.text(i.SystemName) }},
	}
}

// used is a figure of the demand of a host, Absent where nothing was measured. A disk without
// a host has no demand.
func used(value func(*rightsize.Evidence) float64) func(*NoticeItem) Figure {
	return func(i *NoticeItem) Figure {
		if i.IsVolume() {
			return Figure{State: None}
		}
		if i.Evidence.Coverage == 0 {
			return Figure{}
		}
		return Of(value(&i.Evidence))
	}
}

// usedColumns are percentiles and peak of the demand in its own unit; their heads begin with
// used where they name the unit, or with short.
func usedColumns(t text, head string) []column[NoticeItem] {
	two := func(name string, value func(*rightsize.Evidence) float64) column[NoticeItem] {
		of := used(value)
		return column[NoticeItem]{head + name, false, func(i *NoticeItem) Cell { return t.two(of(i)) }}
	}
	peak := func(name string, value func(*rightsize.Evidence) float64, at func(*NoticeItem) string) column[NoticeItem] {
		of := used(value)
		return column[NoticeItem]{head + name, false, func(i *NoticeItem) Cell {
			cell := t.two(of(i))
			_, cell.Note, _ = strings.Cut(at(i), "-") // of one year at most: month, day and time
			return cell
		}}
	}
	return []column[NoticeItem]{
		two("_cpu_p95", func(e *rightsize.Evidence) float64 { return e.CPU.P95 }),
		two("_cpu_p99", func(e *rightsize.Evidence) float64 { return e.CPU.P99 }),
		peak("_cpu_peak", func(e *rightsize.Evidence) float64 { return e.CPU.Max }, func(i *NoticeItem) string { return i.Evidence.CPU.MaxAt }),
		two("_memory_p95", func(e *rightsize.Evidence) float64 { return e.Memory.P95 / 1024 }),
		two("_memory_p99", func(e *rightsize.Evidence) float64 { return e.Memory.P99 / 1024 }),
		peak("_memory_peak", func(e *rightsize.Evidence) float64 { return e.Memory.Max / 1024 }, func(i *NoticeItem) string { return i.Evidence.Memory.MaxAt }),
	}
}

// changed is what a proposal does to a resource, as a signed share.
func (t text) changed(cut Figure) Cell {
	if cut.State == Known {
		cut.Value = -cut.Value
	}
	return t.change(cut)
}

func (t text) action(i *NoticeItem) Cell { return t.text(t.label("action", string(i.Action))) }

// proposedTable is C3: sizes and use.
func (c *noticer) proposedTable() *Table {
	t := c.t
	columns := append(whose(t), column[NoticeItem]{"action", false, t.action},
		column[NoticeItem]{"allocated", false, func(i *NoticeItem) Cell { return t.text(t.size(i.Current)) }})
	columns = append(columns, usedColumns(t, "short")...)
	columns = append(columns, []column[NoticeItem]{
		{"target", false, func(i *NoticeItem) Cell { return t.text(t.size(i.Target)) }},
		{"change_cpu", false, func(i *NoticeItem) Cell { return t.changed(i.CPUCut) }},
		{"change_memory", false, func(i *NoticeItem) Cell { return t.changed(i.MemoryCut) }},
		{"after_cpu", false, func(i *NoticeItem) Cell { return t.percent(i.CPUAfter) }},
		{"after_memory", false, func(i *NoticeItem) Cell { return t.percent(i.MemoryAfter) }},
	}...)
	return table(t, "proposed", c.items(all), 0, columns)
}

// risk prints the level, with the probabilities below it.
func (t text) risk(i *NoticeItem) Cell {
	if !i.Proposed() || i.IsVolume() {
		return Cell{Text: t.None}
	}
	cell := t.text("")
	if i.Risk != "" {
		cell = t.text(t.label("risk", string(i.Risk)))
	}
	if i.CPURisk != nil || i.MemoryRisk != nil {
		cell.Note = fmt.Sprintf(t.RiskValue, t.chance(i.CPURisk), t.chance(i.MemoryRisk))
	}
	return cell
}

// chance is a predicted probability; a very small one is not printed as 0.
func (t text) chance(p *float64) string {
	switch {
	case p == nil:
		return t.Absent
	case *p < 0.001:
		return "<0.1%"
	}
	return percentText(*p)
}

// forecast is a predicted probability; of a disk there is none.
func (i *NoticeItem) forecast(p *float64) Figure {
	if i.IsVolume() {
		return Figure{State: None}
	}
	return maybe(p)
}

func maybe(p *float64) Figure {
	if p == nil {
		return Figure{}
	}
	return Of(*p)
}

// sure is how sure a recommendation is; that a disk has no host needs no forecast.
func (t text) sure(i *NoticeItem) Cell {
	if i.IsVolume() {
		return Cell{Text: t.None}
	}
	return t.text(t.label("confidence", i.Confidence))
}

// restartWindow is when to restart: the quietest two hours of the week.
func (t text) restartWindow(i *NoticeItem) Cell {
	switch {
	case !i.Restart:
		return Cell{Text: t.None}
	case i.RestartHour == nil:
		return t.text("")
	}
	hour := *i.RestartHour
	return t.text(fmt.Sprintf(t.RestartValue, t.Weekdays[hour/24%7], hour%24, (hour%24+2)%24))
}

// diskSaved is the disk that an action frees: Absent where a host is given back whose disk is
// not given.
func diskSaved(r rightsize.Recommendation) Figure {
	if r.Target.VCPU == 0 && r.Current.DiskGiB == 0 {
		return Figure{}
	}
	return Of(r.Saving.DiskGiB)
}

// savingText is what an action frees.
func (t text) savingText(i *NoticeItem) Cell {
	if !i.Proposed() {
		return Cell{Text: t.None}
	}
	s := i.Saving
	return t.text(t.size(rightsize.Size{VCPU: s.Cores, MemoryMiB: s.MemoryGiB * 1024, DiskGiB: s.DiskGiB}))
}

func (t text) money(i *NoticeItem) Cell {
	if !i.Proposed() {
		return Cell{Text: t.None, Figure: Figure{State: None}}
	}
	return t.two(i.Yuan)
}

func (c *noticer) rollback(i *NoticeItem) Cell {
	t := c.t
	switch {
	case !i.Proposed():
		return Cell{Text: t.None}
	case i.Change != nil && !i.Change.RollbackUntil.IsZero():
		return t.text(t.date(i.Change.RollbackUntil))
	case i.Target.VCPU == 0:
		return t.text(t.RollbackReclaim)
	}
	return t.text(fmt.Sprintf(t.RollbackValue, t.period(c.n.Workflow.Deadlines.Verification)))
}

// riskTable is C3: risk, restart, saving and the way back.
func (c *noticer) riskTable() *Table {
	t := c.t
	return table(t, "proposed_risk", c.items(all), 0, append(whose(t), []column[NoticeItem]{
		{"action", false, t.action},
		{"risk", false, t.risk},
		{"sureness", false, t.sure},
		{"restart", false, func(i *NoticeItem) Cell { return t.text(t.yesNo(i.Restart)) }},
		{"restart_window", false, t.restartWindow},
		{"saving", false, t.savingText},
		{"saving_yuan", false, t.money},
		{"rollback", false, c.rollback},
	}...))
}

// reasonTable is what each recommendation rests on, in words.
func (c *noticer) reasonTable() *Table {
	t := c.t
	return table(t, "proposed_reasons", c.items(all), 0, []column[NoticeItem]{
		{"host", false, t.hostCell},
		{"reason", true, func(i *NoticeItem) Cell { return t.text(i.Chinese) }},
	})
}

// proposedSheet is C3 with every figure typed.
func (c *noticer) proposedSheet() *Table {
	t := c.t
	size := func(name string, of func(*NoticeItem) float64, gone bool) column[NoticeItem] {
		return column[NoticeItem]{name, false, func(i *NoticeItem) Cell {
			switch v := of(i); {
			case gone && i.Target.VCPU == 0, v == 0 && i.IsVolume():
				return t.one(Figure{State: None})
			case v == 0:
				return t.text("") // not given
			default:
				return t.one(Of(v))
			}
		}}
	}
	saving := func(name string, of func(*NoticeItem) Figure) column[NoticeItem] {
		return column[NoticeItem]{name, false, func(i *NoticeItem) Cell {
			if !i.Proposed() {
				return t.one(Figure{State: None})
			}
			return t.one(of(i))
		}}
	}
	columns := append(whose(t), column[NoticeItem]{"action", false, t.action},
		size("vcpu", func(i *NoticeItem) float64 { return i.Current.VCPU }, false),
		size("memory_gib", func(i *NoticeItem) float64 { return i.Current.MemoryMiB / 1024 }, false),
		size("disk_gib", func(i *NoticeItem) float64 { return i.Current.DiskGiB }, false))
	columns = append(columns, usedColumns(t, "used")...)
	columns = append(columns,
		size("target_vcpu", func(i *NoticeItem) float64 { return i.Target.VCPU }, true),
		size("target_memory", func(i *NoticeItem) float64 { return i.Target.MemoryMiB / 1024 }, true),
		size("target_disk", func(i *NoticeItem) float64 { return i.Target.DiskGiB }, true))
	columns = append(columns, []column[NoticeItem]{
		{"change_cpu", false, func(i *NoticeItem) Cell { return t.changed(i.CPUCut) }},
		{"change_memory", false, func(i *NoticeItem) Cell { return t.changed(i.MemoryCut) }},
		{"change_disk", false, func(i *NoticeItem) Cell { return t.changed(i.DiskCut) }},
		{"after_cpu", false, func(i *NoticeItem) Cell { return t.percent(i.CPUAfter) }},
		{"after_memory", false, func(i *NoticeItem) Cell { return t.percent(i.MemoryAfter) }},
		{"risk", false, func(i *NoticeItem) Cell { return Cell{Text: t.risk(i).Text} }},
		{"cpu_risk", false, func(i *NoticeItem) Cell { return t.percent(i.forecast(i.CPURisk)) }},
		{"memory_risk", false, func(i *NoticeItem) Cell { return t.percent(i.forecast(i.MemoryRisk)) }},
		{"sureness", false, t.sure},
		{"restart", false, func(i *NoticeItem) Cell { return t.text(t.yesNo(i.Restart)) }},
		{"restart_window", false, t.restartWindow},
	}...)
	columns = append(columns,
		saving("saving_vcpu", func(i *NoticeItem) Figure { return Of(i.Saving.Cores) }),
		saving("saving_memory", func(i *NoticeItem) Figure { return Of(i.Saving.MemoryGiB) }),
		saving("saving_disk", func(i *NoticeItem) Figure { return diskSaved(i.Recommendation) }),
		column[NoticeItem]{"saving_yuan", false, t.money},
		column[NoticeItem]{"rollback", false, c.rollback},
		column[NoticeItem]{"reason", true, func(i *NoticeItem) Cell { return t.text(i.Chinese) }})
	return table(t, "annex_proposed", c.items(all), 0, columns)
}
