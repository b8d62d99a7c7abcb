package collector

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/yunjian-io/yunjian/collector/store"
	"github.com/yunjian-io/yunjian/rules"
	"github.com/yunjian-io/yunjian/rules/calendar"
	"github.com/yunjian-io/yunjian/rules/proposal"
	"github.com/yunjian-io/yunjian/rules/rightsize"
)

// LoadWorkflow returns the durations of Art. 23: of the folder workflow beside the rule
// files, or the built-in ones where there is none.
func LoadWorkflow(rulesDir string) (proposal.Schedule, error) {
	if dir, ok, err := settingsDir(rulesDir, "workflow"); err != nil || ok {
		if err != nil {
			return nil, err
		}
		return proposal.LoadSchedule(dir)
	}
	return proposal.DefaultSchedule()
}

// machine folds events by the settings and the calendar in force.
func (d *Database) machine(ctx context.Context) (proposal.Machine, error) {
	m := proposal.Machine{Schedule: d.workflow, Zone: store.Zone()}
	var err error
	if len(m.Schedule) == 0 {
		if m.Schedule, err = proposal.DefaultSchedule(); err != nil {
			return m, err
		}
	}
	m.Calendar, err = LoadCalendar(ctx, d.Store)
	return m, err
}

// ProposalView is a proposal as of a moment.
type ProposalView struct {
	proposal.Proposal
	// Now is the state on the day of the question, which may be overdue.
	Now State `json:"state_now"`
	// Expected is what is to happen next, with who and until when.
	Expected []proposal.Step `json:"expected"`
	// Realised is F12; nil before a change.
	Realised *proposal.Realised `json:"realised,omitempty"`
	// Guard is what was seen since the change, by host and day.
	Guard []store.GuardObservation `json:"guard,omitempty"`
	// Refused are recorded events that did not fit: two were written at one moment.
	Refused []string `json:"refused,omitempty"`
}

// State is the state of a proposal.
type State = proposal.State

// ErrNoProposal says that there is no such proposal, or that it is not for the one who asks.
var ErrNoProposal = errors.New("no such proposal")

// Proposals returns proposals by month and system as of now. A provider sees the items
// of its own hosts only.
func (d *Database) Proposals(ctx context.Context, f store.ProposalFilter, now time.Time) ([]ProposalView, error) {
	m, err := d.machine(ctx)
	if err != nil {
		return nil, err
	}
	records, err := d.Store.Proposals(ctx, f)
	if err != nil {
		return nil, err
	}
	out := make([]ProposalView, len(records))
	for i, r := range records {
		out[i] = view(m, r, now)
		out[i].only(f.Provider)
	}
	return out, nil
}

// Proposal returns one proposal with what the guard saw.
func (d *Database) Proposal(ctx context.Context, id string, of store.Slice, now time.Time) (ProposalView, error) {
	views, err := d.Proposals(ctx, store.ProposalFilter{ID: id, Slice: of}, now)
	if err != nil {
		return ProposalView{}, err
	}
	if len(views) != 1 || id == "" {
		return ProposalView{}, fmt.Errorf("%w: %q", ErrNoProposal, id)
	}
	views[0].Guard, err = d.Guard(ctx, id, of.Provider)
	return views[0], err
}

func view(m proposal.Machine, r store.ProposalRecord, now time.Time) ProposalView {
	p, refused := fold(m, r)
	day := m.Day(now)
	v := ProposalView{Proposal: p, Now: m.StateOn(&p, day), Expected: m.Expected(&p, day)}
	if slices.ContainsFunc(p.Items, func(i proposal.Item) bool { return i.Change != nil }) {
		realised := p.Realised()
		v.Realised = &realised
	}
	for _, e := range refused {
		v.Refused = append(v.Refused, e.Err.Error())
	}
	return v
}

func fold(m proposal.Machine, r store.ProposalRecord) (proposal.Proposal, []proposal.Refused) {
	events := make([]proposal.Event, len(r.Events))
	for i := range r.Events {
		events[i] = r.Events[i].Event
	}
	return m.Replay(r.Head, events)
}

// only leaves a provider what is about its own hosts.
func (v *ProposalView) only(provider string) {
	if provider == "" {
		return
	}
	foreign := func(host string) bool { return !strings.HasPrefix(host, provider+"/") }
	v.Items = slices.DeleteFunc(v.Items, func(i proposal.Item) bool { return foreign(i.Host) })
	v.Providers = []string{provider}
	v.Findings = slices.DeleteFunc(slices.Clone(v.Findings), func(f proposal.Finding) bool { return strings.Contains(f.Subject, "/") && foreign(f.Subject) })
	v.Events, v.Realised, v.Refused = nil, nil, nil // they speak of the hosts of others too
	for i := range v.Expected {
		v.Expected[i].Hosts = slices.DeleteFunc(v.Expected[i].Hosts, foreign)
	}
}

// RecordEvent checks an event against the proposal and records it. changed is false if
// it repeats what is recorded; what does not fit is a *proposal.RefusedError.
func (d *Database) RecordEvent(ctx context.Context, id string, of store.Slice, e proposal.Event, now time.Time) (v ProposalView, changed bool, err error) {
	unlock, err := lock(ctx, d.proposing)
	if err != nil {
		return v, false, fmt.Errorf("lock proposals: %w", err)
	}
	defer unlock()
	m, err := d.machine(ctx)
	if err != nil {
		return v, false, err
	}
	records, err := d.Store.Proposals(ctx, store.ProposalFilter{ID: id, Slice: of})
	if err != nil {
		return v, false, err
	}
	if len(records) != 1 || id == "" {
		return v, false, fmt.Errorf("%w: %q", ErrNoProposal, id)
	}
	if e.At.After(now) {
		return v, false, &proposal.RefusedError{Kind: e.Kind, State: "", Reason: fmt.Sprintf("it is dated %s, which is still to come", m.Day(e.At))}
	}
	if changed, err = record(m, &records[0], e, now); err != nil {
		return v, false, err
	}
	if changed {
		if err := d.AppendProposalEvents(ctx, records[0].Events[len(records[0].Events)-1:]); err != nil {
			return v, false, err
		}
	}
	v = view(m, records[0], now)
	v.only(of.Provider)
	return v, changed, nil
}

// record appends an event to a record in memory if it changes something.
func record(m proposal.Machine, r *store.ProposalRecord, e proposal.Event, now time.Time) (bool, error) {
	p, _ := fold(m, *r)
	next, changed, err := m.Apply(p, e)
	if err != nil || !changed {
		return false, err
	}
	taken := next.Events[len(next.Events)-1]
	recorded := now
	for _, old := range r.Events { // events count in the order in which they are recorded
		if !recorded.After(old.RecordedAt) {
			recorded = old.RecordedAt.Add(time.Microsecond)
		}
	}
	stored := store.ProposalEvent{Proposal: p.ID, ID: p.Key(taken), RecordedAt: recorded.Truncate(time.Microsecond), State: next.State, Event: taken}
	if taken.Kind == proposal.KindFound {
		// A later run may return to what an earlier one said; it is an event of its own.
		stored.ID = fmt.Sprintf("%s-%d", stored.ID, taken.Found.Run)
	}
	r.Events = append(r.Events, stored)
	return true, nil
}

// ProposalExemptions returns what follows from approved reviews.
func (d *Database) ProposalExemptions(ctx context.Context) (out []proposal.Exemption, err error) {
	m, err := d.machine(ctx)
	if err != nil {
		return nil, err
	}
	records, err := d.Store.Proposals(ctx, store.ProposalFilter{})
	if err != nil {
		return nil, err
	}
	for _, r := range records {
		if has(r, proposal.KindReview, proposal.KindExempt) {
			p, _ := fold(m, r)
			out = append(out, m.Exemptions(&p)...)
		}
	}
	return out, nil
}

// has reports whether a record holds an event of one of the kinds, without folding it.
func has(r store.ProposalRecord, kinds ...proposal.Kind) bool {
	return slices.ContainsFunc(r.Events, func(e store.ProposalEvent) bool { return slices.Contains(kinds, e.Kind) })
}

// measureCoverage is the share of slots with a value that a measured figure needs.
const measureCoverage = 0.90

// MeasureProposal measures the changed hosts of a proposal for its verification (C7):
// P95 of the use over the size they have now, from the day after the change for a month.
// A figure for which the data do not suffice is left out.
func (d *Database) MeasureProposal(ctx context.Context, id string, of store.Slice, now time.Time) (proposal.Verify, error) {
	v, err := d.Proposal(ctx, id, of, now)
	if err != nil {
		return proposal.Verify{}, err
	}
	var out proposal.Verify
	for _, i := range v.Items {
		size, ok := i.Size()
		if !ok || i.IsVolume() {
			continue
		}
		from, to := i.ChangedOn.AddDays(1), calendar.DateOf(now.In(store.Zone())).AddDays(-1)
		if month := i.ChangedOn.AddMonths(1); to.After(month) {
			to = month
		}
		h, err := d.HostSlots(ctx, i.Provider, i.HostID, from, to)
		if err != nil {
			return out, err
		}
		out.Items = append(out.Items, measure(i.Host, h, size))
	}
	return out, nil
}

func measure(host string, h *rightsize.History, size rightsize.Size) proposal.ItemMeasure {
	m := proposal.ItemMeasure{Host: host}
	if len(h.CPU) == 0 {
		return m
	}
	cpu, memory := known(h.CPU), known(h.Memory)
	coverage := float64(len(cpu)) / float64(len(h.CPU))
	m.Coverage = &coverage
	if coverage < measureCoverage {
		m.Note = fmt.Sprintf("%.1f %% of the slots have a value; %.0f %% are needed", 100*coverage, 100*measureCoverage)
		return m
	}
	m.CPUP95 = p95Share(cpu, size.VCPU)
	m.MemoryP95 = p95Share(memory, size.MemoryMiB)
	return m
}

// known returns the values that are there, in ascending order.
func known(slots []float64) []float64 {
	out := slices.DeleteFunc(slices.Clone(slots), math.IsNaN)
	slices.Sort(out)
	return out
}

// p95Share is the nearest-rank P95 of sorted values over a size; nil where one is not known.
func p95Share(sorted []float64, size float64) *float64 {
	v, ok := rules.Percentile(sorted, 950)
	if !ok || size <= 0 {
		return nil
	}
	v /= size
	return &v
}
