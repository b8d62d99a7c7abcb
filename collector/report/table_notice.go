package report

import (
	"fmt"
	"strings"

	"github.com/yunjian-io/yunjian/rules/rightsize"
)

// criteriaTable has the rules behind the notice with their numbers.
func (c *noticer) criteriaTable() *Table {
	t := c.t
	return table(t, "criteria", c.n.Rules, 0, []column[Rule]{
		{"rule", false, func(r *Rule) Cell { return t.text(r.Title) }},
		{"version", false, func(r *Rule) Cell { return t.text(fmt.Sprintf("%s v%d", r.ID, r.Version)) }},
		{"window", false, func(r *Rule) Cell { return t.text(fmt.Sprintf(t.WindowValue, r.Window, t.label("period", r.Period))) }},
		{"criterion", true, func(r *Rule) Cell {
			words := make([]string, len(r.Parameters))
			for i, p := range r.Parameters {
				words[i] = fmt.Sprintf(t.CriterionValue, p.Title, t.parameter(p))
			}
			return t.text(strings.Join(words, t.ListSeparator))
		}},
		{"approved_by", false, func(r *Rule) Cell { return t.text(r.ApprovedBy) }},
	})
}

// parameter prints a threshold with its unit.
func (t text) parameter(p Parameter) string {
	switch p.Unit {
	case "ratio":
		return percentText(p.Value)
	case "bytes":
		return number(p.Value/1e6, 1) + " MB"
	case "count":
		return trimmed(p.Value)
	}
	return trimmed(p.Value) + " " + t.label("unit", p.Unit)
}

func (c *noticer) noticedTable() *Table {
	t := c.t
	figures := func(of func(*Judgement) []Figure) func(*NoticeSystem) Cell {
		return func(s *NoticeSystem) Cell {
			if s.Finding == nil {
				return Cell{Text: t.None}
			}
			return t.series(of(s.Finding))
		}
	}
	return table(t, "noticed", c.n.Systems, 0, []column[NoticeSystem]{
		{"system", false, func(s *NoticeSystem) Cell { return t.text(c.name(s)) }},
		{"cpu_p95_window", false, figures(func(j *Judgement) []Figure { return j.CPUP95 })},
		{"memory_p95_window", false, figures(func(j *Judgement) []Figure { return j.MemoryP95 })},
		{"hosts", false, func(s *NoticeSystem) Cell { return t.count(Of(len(s.Items) - s.volumes())) }},
		{"volumes", false, func(s *NoticeSystem) Cell { return t.count(Of(s.volumes())) }},
		{"saving_vcpu", false, func(s *NoticeSystem) Cell { return t.count(Of(s.Saving.VCPU)) }},
		{"saving_memory", false, func(s *NoticeSystem) Cell { return t.one(Of(s.Saving.MemoryGiB)) }},
		{"saving_disk", false, func(s *NoticeSystem) Cell { return t.one(s.Disk) }},
		{"progress", false, func(s *NoticeSystem) Cell { return t.text(c.texts.States[s.Proceeding.Now].Chinese) }},
	})
}

// evidenceRow is a resource of a system in a month.
type evidenceRow struct {
	system, resource string
	e                *Evidence
	course           *Course
}

// evidenceTable is C2: month by month and resource by resource.
func (c *noticer) evidenceTable(id string, systems []*NoticeSystem) *Table {
	t := c.t
	var rows []evidenceRow
	for _, s := range systems {
		for i := range s.Evidence {
			e := &s.Evidence[i]
			for _, x := range []struct {
				name   string
				course *Course
			}{{"cpu", e.CPU}, {"memory", e.Memory}, {"storage", e.Storage}, {"network", e.Network}} {
				if x.course == nil {
					x.course = &Course{}
				}
				rows = append(rows, evidenceRow{c.name(s), x.name, e, x.course})
			}
		}
	}
	show := func(of func(*Course) Figure) func(*evidenceRow) Cell {
		return func(r *evidenceRow) Cell {
			if r.resource == "network" {
				return t.mbps(of(r.course))
			}
			return t.percent(of(r.course))
		}
	}
	columns := []column[evidenceRow]{
		{"month", false, func(r *evidenceRow) Cell { return t.text(t.month(r.e.Month)) }},
		{"resource", false, func(r *evidenceRow) Cell { return t.text(t.label("resource", r.resource)) }},
		{"mean", false, show(func(x *Course) Figure { return x.Mean })},
		{"p95", false, show(func(x *Course) Figure { return x.P95 })},
		{"peak", false, show(func(x *Course) Figure { return x.Max })},
		{"peak_at", false, func(r *evidenceRow) Cell {
			if r.course.Max.State != Known {
				return t.text("")
			}
			return t.text(r.course.MaxAt.Format("2006-01-02 15:04"))
		}},
		{"work_mean", false, show(func(x *Course) Figure { return x.WorkMean })},
		{"work_p95", false, show(func(x *Course) Figure { return x.WorkP95 })},
		{"coverage", false, func(r *evidenceRow) Cell {
			o := r.e.Observed
			return t.percent(Coverage(o.Observed, o.Allocated, o.Off))
		}},
	}
	if id != "evidence" { // a sheet of all systems
		columns = append([]column[evidenceRow]{{"system", false, func(r *evidenceRow) Cell { return t.text(r.system) }}}, columns...)
	}
	out := table(t, id, rows, 0, columns)
	if id == "evidence" {
		out.Title = c.name(systems[0]) + " " + out.Title
	}
	return out
}

// hostsTable lists the hosts of a system at the end of the judged month.
func (c *noticer) hostsTable(s *NoticeSystem) *Table {
	t := c.t
	var hosts []HostFacts
	if n := len(s.Evidence); n > 0 {
		hosts = s.Evidence[n-1].Hosts
	}
	out := table(t, "evidence_hosts", hosts, 0, []column[HostFacts]{
		{"host", false, func(h *HostFacts) Cell { return t.text(h.ID) }},
		{"size", false, func(h *HostFacts) Cell {
			return t.text(t.size(rightsize.Size{VCPU: float64(h.VCPU), MemoryMiB: float64(h.MemoryMiB), DiskGiB: float64(h.DiskGiB)}))
		}},
		{"cpu_avg", false, func(h *HostFacts) Cell { return t.percent(Fact(h.Facts, "cpu_avg")) }},
		{"cpu_p95", false, func(h *HostFacts) Cell { return t.percent(Fact(h.Facts, factCPUP95)) }},
		{"peak", false, func(h *HostFacts) Cell { return t.percent(Fact(h.Facts, "cpu_max")) }},
		{"memory_avg", false, func(h *HostFacts) Cell { return t.percent(Fact(h.Facts, "memory_avg")) }},
		{"memory_p95", false, func(h *HostFacts) Cell { return t.percent(Fact(h.Facts, factMemoryP95)) }},
		{"storage_used", false, func(h *HostFacts) Cell { return t.percent(Fact(h.Facts, factStorageRatio)) }},
		{"network_host", false, func(h *HostFacts) Cell { return t.mbps(Fact(h.Facts, "network_avg_mbps")) }},
		{"coverage", false, func(h *HostFacts) Cell {
			return t.percent(Coverage(h.ObservedSeconds, h.AllocatedSeconds, h.OffSeconds))
		}},
		{"standby", false, func(h *HostFacts) Cell { return t.text(t.yesNo(h.Standby)) }},
	})
	out.Title = c.name(s) + " " + out.Title
	return out
}

// mbps prints a rate; what is too small for two decimals is not printed as 0.
func (t text) mbps(f Figure) Cell {
	cell := t.two(f)
	if f.State == Known && f.Value > 0 && f.Value < 0.005 {
		cell.Text = "<0.01"
	}
	return cell
}

// size prints a size; the zero size is that of a host that is given back.
func (t text) size(s rightsize.Size) string {
	switch {
	case s == rightsize.Size{}:
		return t.None
	case s.VCPU == 0 && s.MemoryMiB == 0:
		return fmt.Sprintf(t.SizeVolumeValue, trimmed(s.DiskGiB))
	case s.DiskGiB > 0:
		return fmt.Sprintf(t.SizeDiskValue, trimmed(s.VCPU), trimmed(s.MemoryMiB/1024), trimmed(s.DiskGiB))
	}
	return fmt.Sprintf(t.SizeValue, trimmed(s.VCPU), trimmed(s.MemoryMiB/1024))
}

// dailyTable has what the lines of C2 draw.
func (c *noticer) dailyTable() *Table {
	type row struct {
		system string
		Daily
	}
	t := c.t
	var rows []row
	for i := range c.n.Systems {
		for _, e := range c.n.Systems[i].Evidence {
			for _, d := range e.Days {
				rows = append(rows, row{c.name(&c.n.Systems[i]), d})
			}
		}
	}
	return table(t, "annex_daily", rows, 0, []column[row]{
		{"system", false, func(r *row) Cell { return t.text(r.system) }},
		{"day", false, func(r *row) Cell { return t.text(r.Day.String()) }},
		{"cpu", false, func(r *row) Cell { return t.percent(r.CPU) }},
		{"memory", false, func(r *row) Cell { return t.percent(r.Memory) }},
	})
}
