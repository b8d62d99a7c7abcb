package store

import (
	"context"
	"slices"
	"time"
)

// MonthFacts are the facts of a group of systems in one month.
type MonthFacts struct {
	// Hosts are those of the group as of the last month, in no order.
	Hosts []HostFacts
	// Systems and Coverage are by system, over all hosts that were in it in the month.
	Systems  map[string]map[string]float64
	Coverage map[string]*SystemCoverage
}

// GroupFacts are the facts of some systems and of the hosts that belong to them at the
// end of the last month.
type GroupFacts struct {
	Months []MonthFacts
	Days   []DayFacts
	// ReadAt is the clock of the database when reading began.
	ReadAt time.Time
	// Parties are those of the last month that have no host in the groups to come.
	Parties []PartyFacts
}

// GroupAsk is what EachGroup is asked for.
type GroupAsk struct {
	// Months are consecutive; the last is judged.
	Months []Span
	// Days is the window of the facts by day. It ends with the last month and begins at
	// midnight; the zero Span asks for none.
	Days Span
	// History is the span of the series that History is called with; it ends with the last
	// month or before, and the zero Span asks for none.
	History Span
	// Gate is that of Coverage.
	Gate float64
}

// widest is the span that holds all others.
func (a *GroupAsk) widest() Span {
	last := a.Months[len(a.Months)-1]
	out := Span{From: a.Months[0].From, To: last.To, Provider: last.Provider}
	for _, s := range []Span{a.Days, a.History} {
		if !s.From.IsZero() {
			out.From = earlier(out.From, s.From)
		}
	}
	return out
}

// EachGroup reads the facts of months and days of one group of systems after the other,
// and calls group for each, so that memory follows the size of a group. Every host and
// every system that is allocated in the last month is in one group. Before, it calls
// history with the series of each host that belongs to the group at the end of the last
// month and is allocated in ask.History; the series is valid until it returns. What is
// stored of a host is read once.
func (s *Store) EachGroup(ctx context.Context, ask GroupAsk, history func(*HostSeries) error, group func(GroupFacts) error) error {
	readAt, err := s.clock(ctx)
	if err != nil {
		return err
	}
	widest, last := ask.widest(), ask.Months[len(ask.Months)-1]
	fleet, err := s.Fleet(ctx, widest)
	if err != nil {
		return err
	}
	g := grouping{ask: ask, fleet: fleet, history: history, own: make([]int, len(fleet)), room: &slotRoom{}, series: make([]HostSeries, len(ask.Months)+2)}
	if !ask.Days.From.IsZero() {
		g.before = Span{From: ask.Days.From, To: earlier(last.From, ask.Days.To), Provider: last.Provider}
	}
	for _, m := range ask.Months {
		parties := parties(fleet, m, bySystem)
		slices.SortStableFunc(parties, byOwner(fleet)) // so that the sums of a unit are soon complete
		at := map[string]int{}
		for i := range parties {
			at[parties[i].name] = i
		}
		g.months = append(g.months, fleetMonth{parties, at, workingSlots(m)})
	}
	g.accounts = newAccounts(fleet, last, g.months[len(g.months)-1].working, ask.Gate, g.room)
	g.groups = groups(g.months[len(g.months)-1].parties, s.partHosts(last))
	hosts := g.assign(last)
	return s.eachReading(ctx, widest, fleet, hosts, g.host, func(int) error {
		facts := g.end()
		facts.ReadAt = readAt
		return group(facts)
	})
}

// clock is the clock of the database, by which it says when rows were written.
func (s *Store) clock(ctx context.Context) (now time.Time, err error) {
	err = s.Each(ctx, query("clock"), nil, func(scan func(...any) error) error { return scan(&now) })
	return now, err
}

// fleetMonth is the fleet in a month.
type fleetMonth struct {
	parties []party
	at      map[string]int // index of a party, by name
	working []bool
}

// grouping is the reading of one group after the other.
type grouping struct {
	ask      GroupAsk
	before   Span // the part of ask.Days before the last month
	fleet    []Allocated
	months   []fleetMonth
	groups   [][]party
	accounts *accounts
	own      []int // by host: 1 and the number of the group that it belongs to; 0 for none
	history  func(*HostSeries) error

	// of the group that is being read
	now  int
	out  *GroupFacts
	sums []*sums
	room *slotRoom
	// series has room for each month, for the days before the last one and for the history:
	// where nothing is stored of a span, one host leaves nothing to be done for the next.
	series []HostSeries
}

// assign decides which hosts are read for each group, by key: those that were in one of
// its systems in any of the months, and in all months those that belong to it at the end.
func (g *grouping) assign(last Span) [][]int {
	of := map[string]int{}
	for n, group := range g.groups {
		for _, p := range group {
			of[p.name] = n
		}
	}
	out := make([][]int, len(g.groups))
	for i := range g.fleet {
		if h, ok := g.fleet[i].in(last); ok {
			n := of[h.last().System]
			g.own[i] = n + 1
			out[n] = append(out[n], i)
		}
	}
	for n, group := range g.groups {
		for _, m := range g.months {
			for _, p := range group {
				if i, present := m.at[p.name]; present {
					out[n] = append(out[n], m.parties[i].hosts...)
				}
			}
		}
		slices.Sort(out[n])
		out[n] = slices.Compact(out[n])
	}
	return out
}

// begin makes room for the sums of the group.
func (g *grouping) begin() {
	g.out = &GroupFacts{Months: make([]MonthFacts, len(g.months))}
	g.sums = make([]*sums, len(g.months))
	for n := range g.months {
		m, facts := &g.months[n], &g.out.Months[n]
		*facts = MonthFacts{Systems: map[string]map[string]float64{}, Coverage: map[string]*SystemCoverage{}}
		var present []party
		for _, p := range g.groups[g.now] {
			if i, ok := m.at[p.name]; ok {
				present = append(present, m.parties[i])
				facts.Coverage[p.name] = &SystemCoverage{}
			}
		}
		g.sums[n] = newSums(present, m.working, bySystem, g.room)
	}
}

// host counts a host in.
func (g *grouping) host(i int, r *reading) error {
	if g.out == nil {
		g.begin()
	}
	own := g.own[i] == g.now+1
	for n, span := range g.ask.Months {
		as, ok := g.fleet[i].in(span)
		if !ok {
			continue
		}
		h := &g.series[n]
		r.in(span, as, h)
		g.sums[n].add(h)
		facts := &g.out.Months[n]
		for _, system := range h.systems() {
			if c := facts.Coverage[system]; c != nil {
				c.add(h, system, g.ask.Gate)
			}
		}
		if !own {
			continue
		}
		facts.Hosts = append(facts.Hosts, h.facts(span, g.months[n].working))
		if n < len(g.months)-1 {
			continue
		}
		g.accounts.add(h)
		if !g.ask.Days.From.IsZero() {
			g.days(h)
		}
	}
	if !own {
		return nil
	}
	if g.before.From.Before(g.before.To) {
		if as, ok := g.fleet[i].in(g.before); ok {
			h := &g.series[len(g.months)]
			r.in(g.before, as, h)
			g.days(h)
		}
	}
	if as, ok := g.fleet[i].in(g.ask.History); ok {
		h := &g.series[len(g.months)+1]
		r.in(g.ask.History, as, h)
		return g.history(h)
	}
	return nil
}

// days adds the facts of the days of a series that lie in the window.
func (g *grouping) days(h *HostSeries) {
	for _, d := range h.days() {
		if !d.Day.Before(g.ask.Days.From) {
			g.out.Days = append(g.out.Days, d)
		}
	}
}

// end returns the facts of the group, and goes on to the next.
func (g *grouping) end() GroupFacts {
	if g.out == nil {
		g.begin()
	}
	for n, s := range g.sums {
		for name, sum := range s.by {
			if f := sum.facts(); f != nil {
				g.out.Months[n].Systems[name] = f
			}
			sum.giveBack()
		}
	}
	out := *g.out
	out.Parties = g.accounts.take()
	g.out, g.sums, g.now = nil, nil, g.now+1
	return out
}
