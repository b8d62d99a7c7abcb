package collector

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/yunjian-io/yunjian/collector/inventory"
	"github.com/yunjian-io/yunjian/collector/store"
	"github.com/yunjian-io/yunjian/rules"
	"github.com/yunjian-io/yunjian/rules/calendar"
	"github.com/yunjian-io/yunjian/rules/proposal"
	"github.com/yunjian-io/yunjian/rules/rightsize"
)

// Opened tells what became of a run of judging: identifiers of proposals.
type Opened struct {
	// Opened are new, Joined took what the run says over, Unchanged know it already.
	Opened    []string `json:"opened"`
	Joined    []string `json:"joined"`
	Unchanged []string `json:"unchanged"`
}

// OpenProposals opens a proposal for every information system that a run judged, and for
// those with a host or disk that the run wants reclaimed; the recommendations of the run become
// its items. A system whose proposal is still open gets no second one: the finding joins
// it. A run over a month that is not over opens nothing. Doing it again changes nothing.
func OpenProposals(ctx context.Context, db *Database, run store.JudgeRun, now time.Time) (Opened, error) {
	out := Opened{}
	if run.Open {
		return out, nil
	}
	unlock, err := lock(ctx, db.proposing)
	if err != nil {
		return out, fmt.Errorf("lock proposals: %w", err)
	}
	defer unlock()
	o := opening{db: db, now: now, months: map[calendar.Month]map[string]*foundSystem{}}
	if o.machine, err = db.machine(ctx); err != nil {
		return out, err
	}
	known, err := db.Inventory(ctx)
	if err != nil {
		return out, err
	}
	o.hosts = map[string]inventory.Host{}
	for _, h := range known.Hosts {
		o.hosts[HostSubject(h.Provider, h.ID)] = h
	}
	o.runs = map[string]map[string]bool{}
	for _, h := range o.hosts {
		if h.Provider == "" {
			continue
		}
		if o.runs[h.System] == nil {
			o.runs[h.System] = map[string]bool{}
		}
		o.runs[h.System][h.Provider] = true
	}
	o.known = known
	o.volumes = map[calendar.Month]map[string]unattachedVolume{}
	o.units = map[string]string{}
	for _, s := range known.Systems {
		o.units[s.ID] = s.Unit
	}
	records, err := db.Store.Proposals(ctx, store.ProposalFilter{})
	if err != nil {
		return out, err
	}
	o.records = map[string][]store.ProposalRecord{}
	for _, r := range records {
		o.records[r.System] = append(o.records[r.System], r)
	}
	found, err := o.run(ctx, run)
	if err != nil {
		return out, err
	}
	for _, system := range slices.Sorted(maps.Keys(found)) {
		if err := o.system(ctx, system, found[system], run, &out); err != nil {
			return out, fmt.Errorf("open proposal of %s: %w", system, err)
		}
	}
	// The heads go last: cut off before, the next try finds nothing and does it again.
	if err := db.AppendProposalEvents(ctx, o.events); err != nil {
		return Opened{}, err
	}
	return out, db.SaveProposals(ctx, o.heads, now)
}

// opening holds what OpenProposals needs.
type opening struct {
	db      *Database
	machine proposal.Machine
	now     time.Time
	known   inventory.Batch
	hosts   map[string]inventory.Host
	runs    map[string]map[string]bool                     // providers by the systems of whose hosts they run some
	volumes map[calendar.Month]map[string]unattachedVolume // those at the end of a month, by subject
	units   map[string]string                              // of systems
	records map[string][]store.ProposalRecord
	months  map[calendar.Month]map[string]*foundSystem
	// heads and events are to be stored, those of many systems at once.
	heads  []proposal.Head
	events []store.ProposalEvent
}

// foundSystem is what a run says about one system.
type foundSystem struct {
	proposal.Found
	at     time.Time
	idle   map[string]bool // hosts and disks that a rule wants reclaimed
	own    string          // state of the system itself
	window int
}

// run gathers the findings of a run by system, with the recommendations.
func (o *opening) run(ctx context.Context, run store.JudgeRun) (map[string]*foundSystem, error) {
	findings, err := o.db.FindingsForProposals(ctx, run, rules.LowUtilization, string(rightsize.Reclaim))
	if err != nil {
		return nil, err
	}
	out := map[string]*foundSystem{}
	of := func(system string) *foundSystem {
		if out[system] == nil {
			out[system] = &foundSystem{
				Found: proposal.Found{Run: run.Run, Month: run.Month, State: rules.Observing}, at: run.JudgedAt, idle: map[string]bool{},
			}
		}
		return out[system]
	}
	volumes := o.unattached(run.Month)
	for _, f := range findings {
		system := f.Subject.ID
		reclaim := f.Subject.Kind != rules.InformationSystem && f.Verdict == rules.Fail && f.Proposal == string(rightsize.Reclaim)
		switch f.Subject.Kind {
		case rules.Host:
			system = o.hosts[f.Subject.ID].System
		case rules.Volume:
			system = volumes[f.Subject.ID].System
		}
		if f.RuleID != rules.LowUtilization && !reclaim || system == "" {
			continue
		}
		s := of(system)
		s.Findings = append(s.Findings, proposal.Finding{
			RuleID: f.RuleID, RuleVersion: f.RuleVersion, Subject: f.Subject.ID, State: f.State, PeriodsMet: f.PeriodsMet, Reason: f.Reason,
		})
		if reclaim {
			s.idle[f.Subject.ID] = true
			s.State = rules.Judged
			continue
		}
		s.own = f.State
		s.window = max(s.window, f.Window)
		if s.State != rules.Judged {
			s.State = f.State
		}
	}
	err = o.db.EachRecommendation(ctx, run, store.Slice{}, func(r *rightsize.Recommendation) error {
		s := out[r.System]
		if s != nil && s.State == rules.Judged && (s.own == rules.Judged || s.idle[HostSubject(r.Provider, r.HostID)]) {
			s.Items = append(s.Items, *r)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, s := range out {
		o.reclaims(s)
	}
	return out, nil
}

// unattached are the disks that were in service without a host at the end of a month.
func (o *opening) unattached(month calendar.Month) map[string]unattachedVolume {
	if o.volumes[month] == nil {
		o.volumes[month] = map[string]unattachedVolume{}
		for _, v := range unattachedVolumes(o.known, month.Next().First()) {
			o.volumes[month][HostSubject(v.Provider, v.ID)] = v
		}
	}
	return o.volumes[month]
}

// reclaims adds the hosts and disks that a rule wants reclaimed and for which there is no
// recommendation.
func (o *opening) reclaims(s *foundSystem) {
	for _, subject := range slices.Sorted(maps.Keys(s.idle)) {
		if slices.ContainsFunc(s.Items, func(r rightsize.Recommendation) bool { return HostSubject(r.Provider, r.HostID) == subject }) {
			continue
		}
		r := o.reclaim(subject, s.Month)
		for _, f := range s.Findings {
			if f.Subject == subject {
				r.Policy, r.Chinese = f.RuleID, f.Reason
			}
		}
		s.Items = append(s.Items, r)
	}
}

// reclaim is the recommendation to give a host or disk back.
func (o *opening) reclaim(subject string, month calendar.Month) rightsize.Recommendation {
	r := rightsize.Recommendation{DecidedAt: month.Next().First(), Action: rightsize.Reclaim}
	if v, ok := o.unattached(month)[subject]; ok {
		r.Kind, r.Provider, r.HostID, r.System = rightsize.KindVolume, v.Provider, v.ID, v.System
		r.Current.DiskGiB = float64(v.SizeGiB)
		r.Saving.Yuan = rightsize.DiskYuan(diskPrice(o.known.Prices, v.Provider, month.Last()), r.Current.DiskGiB)
	} else {
		h := o.hosts[subject]
		r.Provider, r.HostID, r.System, r.CurrentFlavor = h.Provider, h.ID, h.System, h.Flavor
		r.Current = rightsize.Size{VCPU: float64(h.VCPU), MemoryMiB: h.MemoryGiB * 1024, DiskGiB: h.DiskGiB}
	}
	r.Unit = o.units[r.System]
	r.Saving.Cores, r.Saving.MemoryGiB, r.Saving.DiskGiB = r.Current.VCPU, r.Current.MemoryMiB/1024, r.Current.DiskGiB
	return r
}

// system opens or joins the proposal of one system.
func (o *opening) system(ctx context.Context, system string, found *foundSystem, run store.JudgeRun, out *Opened) error {
	var target *store.ProposalRecord
	open, before := false, 0
	for i := range o.records[system] {
		r := &o.records[system][i]
		p, _ := fold(o.machine, *r)
		if p.Open() || r.Month == run.Month {
			target, open, before = r, true, len(r.Events)
		}
	}
	if !open {
		if found.State != rules.Judged {
			return nil
		}
		head := proposal.Head{ID: proposal.NewID(run.Month, system), System: system, Month: run.Month, Unit: o.units[system], Providers: o.providers(system, found)}
		o.heads = append(o.heads, head)
		target = &store.ProposalRecord{Head: head, OpenedAt: o.now}
		if err := o.history(ctx, target, found); err != nil {
			return err
		}
		out.Opened = append(out.Opened, head.ID)
	}
	changed, err := record(o.machine, target, found.event(), o.now)
	if _, refused := errors.AsType[*proposal.RefusedError](err); refused {
		changed, err = false, nil // the notice is out, or the proposal is filed: what it says stays
	}
	if err != nil {
		return err
	}
	o.events = append(o.events, target.Events[before:]...)
	switch {
	case !open:
	case changed:
		out.Joined = append(out.Joined, target.ID)
	default:
		out.Unchanged = append(out.Unchanged, target.ID)
	}
	return nil
}

// history records what the runs of the months before said, as far as they were judged.
func (o *opening) history(ctx context.Context, target *store.ProposalRecord, found *foundSystem) error {
	for i := found.window - 1; i > 0; i-- {
		month := found.Month.Add(-i)
		if _, read := o.months[month]; !read {
			o.months[month] = nil
			run, judged, err := o.db.LastRun(ctx, month)
			if err != nil {
				return err
			}
			if judged {
				if o.months[month], err = o.run(ctx, run); err != nil {
					return err
				}
			}
		}
		earlier := o.months[month][target.System]
		if earlier == nil || earlier.own != rules.Candidate && earlier.own != rules.Warned {
			continue
		}
		earlier.State, earlier.Items = earlier.own, nil
		if _, err := record(o.machine, target, earlier.event(), o.now); err != nil {
			return err
		}
	}
	return nil
}

func (s *foundSystem) event() proposal.Event {
	found := s.Found
	return proposal.Event{Kind: proposal.KindFound, At: s.at, By: "yunjian-collector", Role: proposal.System, Data: proposal.Data{Found: &found}}
}

// providers are those of the hosts of a system.
func (o *opening) providers(system string, found *foundSystem) []string {
	set := maps.Clone(o.runs[system])
	if set == nil {
		set = map[string]bool{}
	}
	for _, r := range found.Items {
		set[r.Provider] = true
	}
	return slices.Sorted(maps.Keys(set))
}
