package collector

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/yunjian-io/yunjian/collector/inventory"
	"github.com/yunjian-io/yunjian/collector/store"
	"github.com/yunjian-io/yunjian/rules/calendar"
	"github.com/yunjian-io/yunjian/rules/proposal"
	"github.com/yunjian-io/yunjian/rules/rightsize"
)

// GuardProposals compares the demand of every host that a proposal changed with its size,
// up to yesterday and for a month at most, stores what it sees, and records a warning in
// the proposal when the risk shows. Doing it again on the same day changes nothing.
func GuardProposals(ctx context.Context, db *Database, now time.Time) ([]store.GuardObservation, error) {
	m, err := db.machine(ctx)
	if err != nil {
		return nil, err
	}
	texts, err := proposal.LoadTexts()
	if err != nil {
		return nil, err
	}
	records, err := db.Store.Proposals(ctx, store.ProposalFilter{})
	if err != nil {
		return nil, err
	}
	known, err := db.Inventory(ctx)
	if err != nil {
		return nil, err
	}
	g := guarding{db: db, machine: m, texts: texts, catalog: catalog(known.Flavors), now: now}
	var out []store.GuardObservation
	for _, r := range records {
		if !has(r, proposal.KindImplement) {
			continue
		}
		p, _ := fold(m, r)
		if !p.Open() {
			continue
		}
		seen, err := g.proposal(ctx, &p)
		if err != nil {
			return out, fmt.Errorf("guard proposal %s: %w", p.ID, err)
		}
		out = append(out, seen...)
	}
	return out, db.SaveGuard(ctx, out)
}

type guarding struct {
	db      *Database
	machine proposal.Machine
	texts   proposal.Texts
	catalog rightsize.Catalog
	now     time.Time
}

func (g guarding) proposal(ctx context.Context, p *proposal.Proposal) (out []store.GuardObservation, err error) {
	yesterday := g.machine.Day(g.now).AddDays(-1)
	for _, i := range p.Items {
		size, ok := i.Size()
		if !ok || i.Restored != nil || i.IsVolume() {
			continue
		}
		from, to := i.ChangedOn.AddDays(1), yesterday
		if last := i.ChangedOn.AddMonths(1); to.After(last) {
			to = last
		}
		if to.Before(from) {
			continue
		}
		h, err := g.db.HostSlots(ctx, i.Provider, i.HostID, from, to)
		if err != nil {
			return nil, err
		}
		o := g.observe(i, size, h)
		o.Proposal, o.Unit, o.System = p.ID, p.Unit, p.System
		out = append(out, o)
		if o.State != rightsize.GuardRestore || i.Guard != nil {
			continue
		}
		warning := &proposal.Guard{Host: i.Host, Day: o.Trigger, Target: o.Target, Flavor: g.flavor(i, o.Need).ID, Chinese: o.Chinese, English: o.English}
		e := proposal.Event{Kind: proposal.KindGuard, At: g.now, By: "yunjian-collector", Role: proposal.System, Data: proposal.Data{Guard: warning}}
		if _, _, err := g.db.RecordEvent(ctx, p.ID, store.Slice{}, e, g.now); err != nil {
			if _, refused := errors.AsType[*proposal.RefusedError](err); !refused {
				return nil, err
			} // somebody was faster: the warning or the restore stands
		}
	}
	return out, nil
}

func (g guarding) observe(i proposal.Item, size rightsize.Size, h *rightsize.History) store.GuardObservation {
	s := g.machine.Schedule.On(i.ChangedOn)
	change := rightsize.GuardChange{Size: size, Ceiling: s.Limits.GuardCeiling.Value}
	if size == i.Target {
		change.CPURisk = i.CPURisk // the forecast is for this size and no other
	}
	f := rightsize.Guard(change, h, g.machine.Calendar, s.Deadlines.Restore.WorkingDays)
	if f.State == rightsize.GuardRestore && s.Deadlines.Restore.Months > 0 {
		f.Due = s.Deadlines.Restore.Due(g.machine.Calendar, f.Trigger)
	}
	o := store.GuardObservation{Provider: i.Provider, HostID: i.HostID, GuardFinding: f, Target: f.Need, ObservedAt: g.now}
	name := ""
	if f.State == rightsize.GuardRestore {
		o.Target.VCPU, o.Target.MemoryMiB = math.Ceil(f.Need.VCPU), 1024*math.Ceil(f.Need.MemoryMiB/1024)
		if fits := g.flavor(i, f.Need); fits.ID != "" {
			name = fits.ID + " "
			o.Target.VCPU, o.Target.MemoryMiB = fits.Size.VCPU, fits.Size.MemoryMiB
		}
	}
	text := g.texts.DescribeGuard(f, change.CPURisk, fmt.Sprintf("%s(%g vCPU, %g GiB)", name, o.Target.VCPU, o.Target.MemoryMiB/1024))
	o.Chinese, o.English = text.Chinese, text.English
	return o
}

// catalog is what can be ordered, as the inventory knows it.
func catalog(flavors []inventory.Flavor) rightsize.Catalog {
	out := make([]rightsize.Flavor, len(flavors))
	for i, f := range flavors {
		out[i] = rightsize.Flavor{
			ID: f.ID, Family: f.Family, Size: rightsize.Size{VCPU: float64(f.VCPU), MemoryMiB: f.MemoryGiB * 1024}, Yuan: f.PriceYuanMonth,
		}
	}
	return rightsize.NewCatalog(out)
}

// flavor is the smallest one that covers a need, of the family the host had if there is
// one; without an ID where none does.
func (g guarding) flavor(i proposal.Item, need rightsize.Size) rightsize.Flavor {
	before, _ := g.catalog.Of(i.CurrentFlavor, i.Current)
	fits, ok := g.catalog.Fitting(need, before.Family)
	if !ok {
		fits, _ = g.catalog.Fitting(need, "")
	}
	return fits
}

// guardDaily runs the guard once a day. It returns the day for which it has run.
func (s *Server) guardDaily(ctx context.Context, done calendar.Date, now time.Time) (calendar.Date, error) {
	today := calendar.DateOf(now.In(store.Zone()))
	if today == done {
		return done, nil
	}
	seen, err := GuardProposals(ctx, s.db, now)
	if err != nil {
		return done, fmt.Errorf("guard proposals: %w", err)
	}
	for _, o := range seen {
		s.metrics.count("guard", string(o.State), 1)
	}
	return today, nil
}
