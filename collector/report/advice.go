package report

import (
	"fmt"
	"strings"

	"github.com/yunjian-io/yunjian/rules/rightsize"
)

// Advice sums recommendations for some hosts up.
type Advice struct {
	// Actions and Confidence count the hosts.
	Actions    map[rightsize.Action]int `json:"actions"`
	Confidence map[string]int           `json:"confidence"`
	// Target is what the hosts would have in all, Saving what the actions free (F11); an upsize
	// frees nothing.
	Target Resources `json:"target"`
	Saving Resources `json:"saving"`
	// Disk is the freed disk, Absent where that of a host to be given back is not given; Yuan
	// the saving a month, Absent where a price is missing.
	Disk Figure `json:"saving_disk_gib"`
	Yuan Figure `json:"saving_yuan_month"`
}

// proposes says that an action takes something from a host.
func proposes(a rightsize.Action) bool {
	switch a {
	case rightsize.Downsize, rightsize.Reclaim, rightsize.Consolidate, rightsize.Shrink:
		return true
	}
	return false
}

// changes is the number of hosts from which something is to be taken.
func (a *Advice) changes() (n int) {
	for action, hosts := range a.Actions {
		if proposes(action) {
			n += hosts
		}
	}
	return n
}

// advice sums up the recommendations that are meant; nil without any.
func (b *builder) advice(meant func(*rightsize.Recommendation) bool) *Advice {
	out := &Advice{Actions: map[rightsize.Action]int{}, Confidence: map[string]int{}}
	var sum savings
	n := 0
	for i := range b.in.Recommendations {
		r := &b.in.Recommendations[i]
		if !meant(r) {
			continue
		}
		n++
		out.Actions[r.Action]++
		if r.Confidence != "" {
			out.Confidence[r.Confidence]++
		}
		target := resources(r.Target)
		out.Target.VCPU, out.Target.MemoryGiB = out.Target.VCPU+target.VCPU, out.Target.MemoryGiB+target.MemoryGiB
		out.Target.DiskGiB += target.DiskGiB
		if proposes(r.Action) {
			sum.add(*r)
		}
	}
	if n == 0 {
		return nil
	}
	out.Saving, out.Disk, out.Yuan = sum.Resources, sum.disk.figure(), sum.yuan.figure()
	return out
}

// advised sums up what could be saved beside the idle hosts, and the money of both and of the
// disks without a host.
func (b *builder) advised(s *Summary) {
	idle := map[string]bool{}
	for i := range b.out.Idle {
		idle[b.out.Idle[i].Subject] = true
	}
	low, whole := map[string]bool{}, true
	for i := range b.out.Judged {
		low[b.out.Judged[i].Subject] = true
		whole = whole && b.out.Judged[i].Advice != nil
	}
	if !whole {
		return
	}
	rest := b.advice(func(r *rightsize.Recommendation) bool { return low[r.System] && !idle[r.HostID] })
	if rest == nil {
		rest = &Advice{Disk: Of(0), Yuan: Of(0)}
	}
	s.Advised = rest
	reclaimed, priced := money{}, 0
	for i := range b.in.Recommendations {
		if r := &b.in.Recommendations[i]; idle[r.HostID] && r.Action == rightsize.Reclaim {
			reclaimed.add(r.Saving.Yuan)
			priced++
		}
	}
	disks := Of(0)
	if b.out.Volumes != nil {
		disks = b.out.Volumes.Yuan
	}
	if f := reclaimed.figure(); f.State == Known && rest.Yuan.State == Known && disks.State == Known && priced == len(idle) {
		s.Yuan = Of(f.Value + rest.Yuan.Value + disks.Value)
	}
}

// proceedings sorts the proposals into the tables of A4.
func (b *builder) proceedings() {
	for _, p := range b.in.Proceedings {
		row := ledgerRow(p, b.entries[p.System], b.names[p.Unit])
		if p.Open() {
			b.out.Ledger = append(b.out.Ledger, row)
		}
		if p.Realised != nil && (p.Open() || !p.LastOn.Before(b.in.Period.First())) {
			b.out.Changed = append(b.out.Changed, row)
		}
	}
}

// advised prints what the hosts of a system would have, and by which actions.
func (t text) advised(a *Advice) Cell {
	return Cell{Text: fmt.Sprintf(t.SizeValue, trimmed(a.Target.VCPU), trimmed(a.Target.MemoryGiB)), Note: t.actions(a.Actions)}
}

// saved prints what would be freed.
func (t text) saved(a *Advice) string {
	disk := t.figure(a.Disk, func(v float64) string { return fmt.Sprintf(t.DiskValue, trimmed(v)) })
	return fmt.Sprintf(t.SavedValue, trimmed(a.Saving.VCPU), trimmed(a.Saving.MemoryGiB), disk)
}

// yuanNote is an amount a month beside a quantity; nothing where it was not provided.
func (t text) yuanNote(f Figure) string {
	if f.State != Known {
		return ""
	}
	return fmt.Sprintf(t.YuanNote, t.yuan(f))
}

// sureness counts the hosts by how sure the recommendations are.
func (t text) sureness(a *Advice) string {
	var words []string
	for _, c := range []string{"high", "medium", "low"} {
		if a.Confidence[c] > 0 {
			words = append(words, fmt.Sprintf(t.ActionCount, t.label("confidence", c), a.Confidence[c]))
		}
	}
	if len(words) == 0 {
		return ""
	}
	return fmt.Sprintf(t.SurenessValue, strings.Join(words, t.ListSeparator))
}
