package proposal

import (
	"errors"
	"fmt"
	"math"

	"github.com/yunjian-io/yunjian/rules/calendar"
	"github.com/yunjian-io/yunjian/rules/rightsize"
)

// Implement is C6: what the provider changed.
type Implement struct {
	Items []ItemChange `json:"items"`
}

// ItemChange is the change of one host.
type ItemChange struct {
	Host string `json:"host"`
	// Before is the size that was found; nil for the one in the proposal.
	Before *rightsize.Size `json:"before,omitempty"`
	// After is the size it has now; nil for the decided one. It is zero for a reclaim.
	After *rightsize.Size `json:"after,omitempty"`
	// Operator made the change.
	Operator string `json:"operator,omitempty"`
	// RollbackUntil is the last day for which the old size is kept ready.
	RollbackUntil calendar.Date `json:"rollback_until,omitzero"`
	// UnitConfirm is who of the unit confirmed.
	UnitConfirm string `json:"unit_confirm,omitempty"`
	// Reclaim is what Art. 24 asks for before a host is given back.
	Reclaim *ReclaimProof `json:"reclaim,omitempty"`
}

// ReclaimProof is what has to be there before a reclaim counts as implemented (Art. 24).
type ReclaimProof struct {
	// Backup refers to the confirmation that the data are backed up.
	Backup string `json:"backup"`
	// LogsFrom and LogsTo are the first and last day of the logs that were handed over
	// (Art. 31); LogsReference refers to the confirmation. All are empty for a disk that held
	// no logs.
	LogsFrom      calendar.Date `json:"logs_from"`
	LogsTo        calendar.Date `json:"logs_to"`
	LogsReference string        `json:"logs_reference"`
	// LogsWhole says that the logs begin with the host, which was younger than the period.
	LogsWhole bool `json:"logs_whole,omitempty"`
	// Wipe refers to the proof that the data were erased.
	Wipe string `json:"wipe"`
}

func (c ItemChange) check(item Item, months int) error {
	d := item.Decision
	if d == nil || !d.Decision.Implementable() {
		return fmt.Errorf("%s: no change was decided", c.Host)
	}
	if d.Decision != DecideReclaim {
		if c.Reclaim != nil {
			return fmt.Errorf("%s: proofs of a reclaim were given, and %s was decided", c.Host, d.Decision)
		}
		if after := c.after(item); item.IsVolume() {
			if after.VCPU != 0 || after.MemoryMiB != 0 || !(after.DiskGiB > 0) || math.IsInf(after.DiskGiB, 0) {
				return fmt.Errorf("%s: after: give disk_gib above zero, and nothing else", c.Host)
			}
		} else if !(after.VCPU > 0) || !(after.MemoryMiB > 0) || math.IsInf(after.VCPU+after.MemoryMiB, 0) {
			return fmt.Errorf("%s: after: give vcpu and memory_mib above zero", c.Host)
		}
		return nil
	}
	if c.After != nil && *c.After != (rightsize.Size{}) {
		return fmt.Errorf("%s: a reclaim was decided: nothing can be left after it", c.Host)
	}
	return c.proofs(item, months)
}

// proofs tells every proof that a reclaim lacks. Whether logs lay on a disk only its unit
// knows: their hand-over is proven where there were some, and then as that of a host.
func (c ItemChange) proofs(item Item, months int) error {
	var lacks []error
	p := c.Reclaim
	if p == nil {
		p = &ReclaimProof{}
	}
	if p.Backup == "" {
		lacks = append(lacks, fmt.Errorf("%s: the confirmation of the backup is missing (Art. 24)", c.Host))
	}
	if p.Wipe == "" {
		lacks = append(lacks, fmt.Errorf("%s: the proof that the data were erased is missing (Art. 24)", c.Host))
	}
	logs := p.LogsReference != "" || !p.LogsFrom.IsZero() || !p.LogsTo.IsZero() || p.LogsWhole
	switch {
	case item.IsVolume() && !logs:
	case p.LogsReference == "" || p.LogsFrom.IsZero() || p.LogsTo.IsZero():
		lacks = append(lacks, fmt.Errorf("%s: the confirmation of the log hand-over with logs_from, logs_to and logs_reference is missing (Art. 24, 31)", c.Host))
	case !p.LogsWhole && p.LogsTo.AddDays(1).Before(p.LogsFrom.AddMonths(months)), p.LogsTo.Before(p.LogsFrom):
		lacks = append(lacks, fmt.Errorf("%s: the logs handed over reach from %s to %s; want %d months, or logs_whole for a younger host (Art. 31)", c.Host, p.LogsFrom, p.LogsTo, months))
	}
	return errors.Join(lacks...)
}

func (c ItemChange) before(item Item) rightsize.Size {
	if c.Before != nil {
		return *c.Before
	}
	return item.Current
}

func (c ItemChange) after(item Item) rightsize.Size {
	if c.After != nil {
		return *c.After
	}
	return item.Decision.target(item)
}

// Verify is C7: what was measured after the period.
type Verify struct {
	Items []ItemMeasure `json:"items"`
	Note  string        `json:"note,omitempty"`
}

// ItemMeasure is what was measured of one changed host, from the day after the change.
type ItemMeasure struct {
	Host string `json:"host"`
	// CPUP95 and MemoryP95 are shares of the new size, 0 to 1; nil where the data do not
	// suffice.
	CPUP95    *float64 `json:"cpu_p95"`
	MemoryP95 *float64 `json:"memory_p95,omitempty"`
	// Coverage is F1 of the host in the period.
	Coverage *float64 `json:"coverage,omitempty"`
	Alerts   int      `json:"alerts,omitempty"`
	Note     string   `json:"note,omitempty"`
}

func (m ItemMeasure) check() error {
	if m.CPUP95 == nil {
		return fmt.Errorf("%s: cpu_p95 is not known, and a change is not verified without: measure longer, or give the figure of the platform", m.Host)
	}
	for name, v := range map[string]*float64{"cpu_p95": m.CPUP95, "memory_p95": m.MemoryP95, "coverage": m.Coverage} {
		if v != nil && !(*v >= 0 && *v <= 1.5) {
			return fmt.Errorf("%s: %s is %v: want a share from 0 to 1", m.Host, name, *v)
		}
	}
	return nil
}

// Reduction is what was or is to be given back: cores, GiB of memory and of disk.
type Reduction struct {
	Cores     float64 `json:"cores"`
	MemoryGiB float64 `json:"memory_gib"`
	DiskGiB   float64 `json:"disk_gib"`
}

func (r *Reduction) add(before, after rightsize.Size) {
	r.Cores += before.VCPU - after.VCPU
	r.MemoryGiB += (before.MemoryMiB - after.MemoryMiB) / 1024
	if after.DiskGiB > 0 || after == (rightsize.Size{}) { // a zero part is not known, unless all is gone
		r.DiskGiB += before.DiskGiB - after.DiskGiB
	}
}

// Realised is F12 by resource: the reduction that came over the one that was approved;
// nil where nothing was approved.
type Realised struct {
	Approved  Reduction `json:"approved"`
	Actual    Reduction `json:"actual"`
	Cores     *float64  `json:"cores"`
	MemoryGiB *float64  `json:"memory_gib"`
	DiskGiB   *float64  `json:"disk_gib"`
}

// Realised computes F12 of the proposal so far.
func (p *Proposal) Realised() Realised {
	var r Realised
	for _, item := range p.Items {
		if item.Decision == nil || !item.Decision.Decision.Implementable() {
			continue
		}
		r.Approved.add(item.Current, item.Decision.target(item))
		if item.Change == nil {
			continue
		}
		after := item.Change.after(item)
		if item.Restored != nil {
			after = item.Restored.After
		}
		r.Actual.add(item.Change.before(item), after)
	}
	share := func(actual, approved float64) *float64 {
		if approved == 0 {
			return nil
		}
		v := actual / approved
		return &v
	}
	r.Cores, r.MemoryGiB = share(r.Actual.Cores, r.Approved.Cores), share(r.Actual.MemoryGiB, r.Approved.MemoryGiB)
	r.DiskGiB = share(r.Actual.DiskGiB, r.Approved.DiskGiB)
	return r
}
