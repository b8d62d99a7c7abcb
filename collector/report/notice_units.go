package report

import (
	"maps"
	"slices"

	"github.com/yunjian-io/yunjian/rules/proposal"
	"github.com/yunjian-io/yunjian/rules/rightsize"
)

// LedgerRow is a proposal with the days of its steps (A4-3, C8).
type LedgerRow struct {
	Proceeding
	SystemName string `json:"system_name"`
	UnitName   string `json:"unit_name"`
}

func ledgerRow(p Proceeding, e Entry, unit string) LedgerRow {
	return LedgerRow{Proceeding: p, SystemName: e.Name, UnitName: unit}
}

// diskKnown says that the disk of every host to be changed is given.
func (p *Proceeding) diskKnown() bool {
	for _, i := range p.Items {
		if i.Decision != nil && i.Decision.Decision.Implementable() && i.Current.DiskGiB == 0 {
			return false
		}
	}
	return true
}

// UnitState is how far the proposals of a unit have come (C8). Systems are counted up to the
// reply, items, which are hosts or disks, from there on.
type UnitState struct {
	Party
	// Systems are those proposed, Noticed those given notice, Replied those that replied in full.
	Systems int `json:"systems"`
	Noticed int `json:"noticed"`
	Replied int `json:"replied"`
	// Proposed are items for which a change was proposed; Answered, Agreed, Partly and
	// Disagreed how the unit answered.
	Proposed  int `json:"proposed_items"`
	Answered  int `json:"answered_items"`
	Agreed    int `json:"agreed_items"`
	Partly    int `json:"partly_agreed_items"`
	Disagreed int `json:"disagreed_items"`
	// Decided are items on which an approved review concluded, Passed those to be changed,
	// Implemented those that were.
	Decided     int `json:"decided_items"`
	Passed      int `json:"passed_items"`
	Implemented int `json:"implemented_items"`
	// Approved and Actual are the reductions that were approved and made (F12), Yuan what the
	// latter save a month.
	Approved proposal.Reduction `json:"approved"`
	Actual   proposal.Reduction `json:"actual"`
	Yuan     Figure             `json:"saving_yuan_month"`
	// Overdue are the proposals of which something is late.
	Overdue int `json:"overdue"`

	money money
	// diskMissing says that the disk of a host to be changed is not given.
	diskMissing bool
}

// disk is the disk of a reduction, Absent where that of a host is not given.
func (u *UnitState) disk(r proposal.Reduction) Figure {
	if u.diskMissing {
		return Figure{}
	}
	return Of(r.DiskGiB)
}

// ReplyRate is the part of the noticed systems that replied.
func (u *UnitState) ReplyRate() Figure { return Ratio(Of(u.Replied), Of(u.Noticed)) }

// AgreeRate is the part of the answered items that the unit agreed to, wholly.
func (u *UnitState) AgreeRate() Figure { return Ratio(Of(u.Agreed), Of(u.Answered)) }

// PassRate is the part of the decided items that are to be changed.
func (u *UnitState) PassRate() Figure { return Ratio(Of(u.Passed), Of(u.Decided)) }

// ImplementRate is the part of those that were changed.
func (u *UnitState) ImplementRate() Figure { return Ratio(Of(u.Implemented), Of(u.Passed)) }

// units sums the proposals of the month up, by unit and in all.
func (n *Notice) units(names map[string]string) {
	by := map[string]*UnitState{}
	for i := range n.Ledger {
		p := &n.Ledger[i].Proceeding
		if p.Month != n.Period {
			continue
		}
		if by[p.Unit] == nil {
			by[p.Unit] = &UnitState{Party: Party{p.Unit, names[p.Unit]}}
		}
		by[p.Unit].add(p)
		n.Total.add(p)
	}
	for _, id := range slices.Sorted(maps.Keys(by)) {
		by[id].Yuan = by[id].money.figure()
		n.Units = append(n.Units, *by[id])
	}
	n.Total.Yuan = n.Total.money.figure()
}

func (u *UnitState) add(p *Proceeding) {
	u.Systems++
	if !p.NoticedOn.IsZero() {
		u.Noticed++
	}
	if !p.On(proposal.Replied).IsZero() {
		u.Replied++
	}
	if p.LateNow() > 0 {
		u.Overdue++
	}
	approved := !p.ApprovedOn.IsZero()
	for _, i := range p.changes() {
		u.Proposed++
		if i.Reply != nil {
			u.Answered++
			switch i.Reply.Answer {
			case proposal.Agree:
				u.Agreed++
			case proposal.Partly:
				u.Partly++
			case proposal.Disagree:
				u.Disagreed++
			}
		}
		if i.Decision == nil || !approved {
			continue
		}
		u.Decided++
		if i.Decision.Decision.Implementable() {
			u.Passed++
		}
		if i.Change != nil {
			u.Implemented++
			u.money.add(realisedYuan(i))
		}
	}
	if approved {
		r := p.Proposal.Realised()
		u.diskMissing = u.diskMissing || !p.diskKnown()
		u.Approved, u.Actual = plus(u.Approved, r.Approved), plus(u.Actual, r.Actual)
	}
}

func plus(a, b proposal.Reduction) proposal.Reduction {
	return proposal.Reduction{Cores: a.Cores + b.Cores, MemoryGiB: a.MemoryGiB + b.MemoryGiB, DiskGiB: a.DiskGiB + b.DiskGiB}
}

// realisedYuan is what the change of an item saves a month: known only where it ended in the
// size for which the recommendation names a price.
func realisedYuan(i proposal.Item) *float64 {
	if i.Restored != nil {
		return nil
	}
	size, there := i.Size()
	if !there {
		size = rightsize.Size{}
	}
	if size != i.Target {
		return nil
	}
	return i.Saving.Yuan
}
