package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/yunjian-io/yunjian/rules/calendar"
	"github.com/yunjian-io/yunjian/rules/rightsize"
)

// Volume is a cloud disk about which the run found something: in service without a host at the
// end of what was counted.
type Volume struct {
	ID     string `json:"id"`
	System string `json:"system"`
}

// Volumes are the disks without a host, which F6 lists alone: the disk of a host counts those
// that are attached to it.
type Volumes struct {
	Rows []UnattachedVolume `json:"rows"`
	// GiB is the size of all, JudgedGiB of the Judged ones, which are to be reclaimed (F11);
	// Yuan is what these cost a month, Absent where a price is missing.
	GiB       Figure `json:"size_gib"`
	Judged    int    `json:"judged"`
	JudgedGiB Figure `json:"judged_gib"`
	Yuan      Figure `json:"saving_yuan_month"`
}

// UnattachedVolume is a disk without a host, with the finding on it that decides.
type UnattachedVolume struct {
	Finding
	SystemName string `json:"system_name"`
	UnitID     string `json:"unit"`
	UnitName   string `json:"unit_name"`
	SizeGiB    Figure `json:"size_gib"`
	// Days are whole days without a host until the end of what was counted, the first of
	// which is Since; zero where the rule does not ask for the days.
	Days  Figure        `json:"days_unattached"`
	Since calendar.Date `json:"since"`
}

// volumes lists the disks of the findings. It is nil where no rule judges disks or the
// inventory has none of the provider: then nothing was provided.
func (b *builder) volumes() {
	if b.in.Volumes == nil || !slices.ContainsFunc(b.in.Rules, func(r Rule) bool { return r.Subject == kindVolume }) {
		return
	}
	out := &Volumes{Rows: []UnattachedVolume{}}
	at := map[string]int{}
	var all, judged, yuan money
	for _, f := range b.in.Findings {
		v, ours := b.volume(f)
		if !ours {
			continue
		}
		e := b.entries[v.System]
		row := UnattachedVolume{Finding: f, SystemName: e.Name, UnitID: e.Unit, UnitName: b.names[e.Unit]}
		if n := len(f.Periods); n > 0 {
			row.SizeGiB, row.Days = Fact(f.Periods[n-1].Facts, factSize), Fact(f.Periods[n-1].Facts, factDaysUnattached)
		}
		if row.Days.State == Known {
			row.Since = calendar.DateOf(b.in.Through).AddDays(-int(row.Days.Value))
		}
		if i, seen := at[f.Subject]; !seen {
			at[f.Subject] = len(out.Rows)
			out.Rows = append(out.Rows, row)
		} else if !reclaims(out.Rows[i].Finding) && (reclaims(f) || f.State == stateExempted) {
			out.Rows[i] = row
		}
	}
	for i := range out.Rows {
		row := &out.Rows[i]
		all.add(row.SizeGiB.known())
		if !reclaims(row.Finding) {
			continue
		}
		out.Judged++
		judged.add(row.SizeGiB.known())
		if row.SizeGiB.State == Known {
			yuan.add(rightsize.DiskYuan(b.in.DiskYuan, row.SizeGiB.Value))
		} else {
			yuan.add(nil)
		}
	}
	out.GiB, out.JudgedGiB, out.Yuan = all.figure(), judged.figure(), yuan.figure()
	slices.SortFunc(out.Rows, func(x, y UnattachedVolume) int {
		return cmp.Or(strings.Compare(x.UnitID, y.UnitID), strings.Compare(x.SystemName, y.SystemName), strings.Compare(x.Subject, y.Subject))
	})
	b.out.Volumes = out
}

// volume is the disk that a finding is about, if it is one.
func (b *builder) volume(f Finding) (Volume, bool) {
	v, ok := b.disks[f.Subject]
	return v, ok && f.Kind == kindVolume
}

// known is the value of a figure; nil where it has none.
func (f Figure) known() *float64 {
	if f.State != Known {
		return nil
	}
	return &f.Value
}

// judgedVolume is the row of annex 4 about a disk.
func (b *builder) judgedVolume(j *Judgement, v Volume) {
	e := b.entries[v.System]
	none := Figure{State: None}
	j.Name, j.UnitName, j.Coverage, j.CPUP95, j.MemoryP95 = e.Name, b.names[e.Unit], none, []Figure{none}, []Figure{none}
	if n := len(j.Periods); n > 0 {
		j.Allocated.DiskGiB = Fact(j.Periods[n-1].Facts, factSize).Value
	}
	if reclaims(j.Finding) {
		saving := j.Allocated
		j.Saving = &saving
	}
}

// volumeTable is A3-5; the last row is the sum.
func volumeTable(t text, m *Month, limit int) *Table {
	var rows []UnattachedVolume
	if m.Volumes != nil {
		rows = m.Volumes.Rows
	}
	columns := []column[UnattachedVolume]{
		{"system", false, func(v *UnattachedVolume) Cell { return t.text(v.SystemName) }},
		{"unit", false, func(v *UnattachedVolume) Cell { return t.text(v.UnitName) }},
		{"volume", false, func(v *UnattachedVolume) Cell { return t.text(v.Subject) }},
		{"size_gib", false, func(v *UnattachedVolume) Cell { return t.count(v.SizeGiB) }},
		{"unattached_since", false, func(v *UnattachedVolume) Cell { return t.isoDay(v.Since) }},
		{"days_unattached", false, func(v *UnattachedVolume) Cell { return t.count(v.Days) }},
		{"state", false, func(v *UnattachedVolume) Cell {
			cell := t.text(t.label("state", v.State))
			if v.Exemption != nil {
				cell.Note = t.label("exemption", v.Exemption.Kind)
			}
			return cell
		}},
	}
	out := table(t, "volumes", rows, limit, columns)
	switch {
	case m.Volumes == nil:
		out.Empty = t.Absent
	case len(rows) > 0:
		total := make([]Cell, len(columns))
		for i := range total {
			total[i] = Cell{Text: t.None}
		}
		total[0], total[3] = Cell{Text: t.Total}, t.count(m.Volumes.GiB)
		out.Rows, out.Total = append(out.Rows, total), true
	}
	return out
}

// reclaimedVolumes says what giving the judged disks back saves.
func (t text) reclaimedVolumes(v *Volumes) string {
	switch {
	case v == nil:
		return t.Absent
	case v.Judged == 0:
		return t.None
	}
	return fmt.Sprintf(t.VolumesValue, v.Judged, t.figure(v.JudgedGiB, func(gib float64) string { return fmt.Sprintf(t.DiskValue, trimmed(gib)) }))
}
