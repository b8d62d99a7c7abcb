package collector

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/yunjian-io/yunjian/collector/store"
	"github.com/yunjian-io/yunjian/internal/evidence"
	"github.com/yunjian-io/yunjian/internal/wire"
	"github.com/yunjian-io/yunjian/rules"
	"github.com/yunjian-io/yunjian/rules/calendar"
	"github.com/yunjian-io/yunjian/rules/retention"
)

// LogRules are the settings by which logs are judged. The zero value is the period of
// Art. 31 without any central store.
type LogRules struct {
	Period retention.Period
	// Remote tells what central stores said; nil if none is asked.
	Remote RemoteEvidence
}

// RemoteEvidence returns what a central store said about a log, nil if no store was
// asked about it. It is called while judging, so that it must not ask then.
type RemoteEvidence func(RemoteLog) *retention.Remote

// RemoteLog names a log for which a central store may answer.
type RemoteLog struct {
	Provider, System string
	// Host is the instance id on the platform.
	Host   string
	Class  retention.Class
	Stream string
	// Store is the central store that the registry names for it; empty if it names none.
	Store string
}

const (
	// hostsAtOnce bounds how many hosts' evidence is held in memory.
	hostsAtOnce = 500
	// offsetFresh is how long a clock offset speaks for later documents.
	offsetFresh = 24 * time.Hour
	// offMargin is by how much a claimed time off may exceed what confirms it.
	offMargin = 15 * time.Minute
	// downtimeMonths is how far back times off are read, beyond any window of six months.
	downtimeMonths = 8
)

// logJudge judges the logs of all hosts as of one instant.
type logJudge struct {
	*judge
	rules    LogRules
	at       time.Time
	today    calendar.Date
	catalog  retention.Catalog
	registry logRegistry
	reports  map[uint64]store.LogHost
	systems  map[string]*logSystem

	// verdicts wait to be saved: as many as a fleet has would not fit in memory.
	verdicts []store.RetentionVerdict
	save     func([]store.RetentionVerdict) error
}

// logSystem gathers what is decided about the hosts of a system, for logs that any of
// them may keep.
type logSystem struct {
	scope   store.LogScope // of one of its hosts
	decided []retention.Decision
}

// logs judges every log that is required or reported, at the end of the month or now, and
// saves the verdicts in batches.
func (j *judge) logs(ctx context.Context, rules LogRules, save func([]store.RetentionVerdict) error) error {
	at := judgedAt(j.month, j.now)
	l := &logJudge{judge: j, rules: rules, at: at, today: calendar.DateOf(at), systems: map[string]*logSystem{}, save: save}
	l.registry = newLogRegistry(j.inventory.LogSources, l.today)
	var err error
	if l.catalog, err = retention.LoadCatalog(); err != nil {
		return err
	}
	if l.reports, err = j.db.LogHosts(ctx, at); err != nil {
		return err
	}
	scopes, err := l.scopes(ctx)
	if err != nil {
		return err
	}
	for chunk := range slices.Chunk(scopes, hostsAtOnce) {
		if err := l.hosts(ctx, chunk); err != nil {
			return err
		}
		if len(l.verdicts) >= findingBatch {
			if err := l.flush(); err != nil {
				return err
			}
		}
	}
	l.anyHost()
	return l.flush()
}

// flush saves the verdicts that wait.
func (l *logJudge) flush() error {
	if len(l.verdicts) == 0 {
		return nil
	}
	slices.SortStableFunc(l.verdicts, func(a, b store.RetentionVerdict) int {
		return cmp.Or(
			cmp.Compare(a.Provider, b.Provider), cmp.Compare(a.HostID, b.HostID), cmp.Compare(a.System, b.System),
			cmp.Compare(a.Class, b.Class), cmp.Compare(a.Stream, b.Stream), cmp.Compare(a.Path, b.Path),
		)
	})
	err := l.save(l.verdicts)
	l.verdicts = l.verdicts[:0]
	return err
}

// scopes returns the hosts of the inventory and those that reported without being in
// it, of which nothing but their reports is known.
func (l *logJudge) scopes(ctx context.Context) ([]store.LogScope, error) {
	scopes, err := l.db.LogScopes(ctx, l.at)
	if err != nil {
		return nil, err
	}
	known := make(map[uint64]bool, len(scopes))
	for _, s := range scopes {
		known[s.Host] = true
	}
	hosts, err := l.db.Hosts(ctx)
	if err != nil {
		return nil, err
	}
	for _, h := range hosts {
		if _, reported := l.reports[h.Key]; reported && !known[h.Key] {
			scopes = append(scopes, store.LogScope{Host: h.Key, Provider: h.Provider, HostID: h.ID})
		}
	}
	return scopes, nil
}

// hosts judges the logs of some hosts.
func (l *logJudge) hosts(ctx context.Context, scopes []store.LogScope) error {
	keys := make([]uint64, 0, len(scopes))
	for _, s := range scopes {
		keys = append(keys, s.Host)
	}
	states, err := l.db.LogStates(ctx, keys, l.at)
	if err != nil {
		return err
	}
	events, err := l.db.LogEvents(ctx, keys, l.at)
	if err != nil {
		return err
	}
	off, err := l.db.LogDowntimes(ctx, keys, l.at.AddDate(0, -downtimeMonths, 0), l.at)
	if err != nil {
		return err
	}
	byHost := map[uint64][]store.LogState{}
	for _, s := range states {
		byHost[s.Host] = append(byHost[s.Host], s)
	}
	for _, scope := range scopes {
		h := logHost{
			logJudge: l, scope: scope, states: byHost[scope.Host], events: events[scope.Host], downtime: confirmed(off[scope.Host]),
		}
		h.judge()
	}
	return nil
}

// anyHost finds the logs that the registry requires of a system and that none of its
// hosts has.
func (l *logJudge) anyHost() {
	for id, system := range l.systems {
		for _, found := range retention.Missing(l.registry.ofSystem(id), system.decided, l.today, l.rules.Period) {
			scope := system.scope
			scope.Host, scope.HostID = 0, ""
			if found.Source.Party == "" {
				found.Source.Party = evidence.Party(found.Source.Class, "", retention.Party(scope.Owner))
			}
			l.add(scope, found)
		}
	}
}

// logHost judges the logs of one host.
type logHost struct {
	*logJudge
	scope    store.LogScope
	states   []store.LogState
	events   []wire.LogEvent
	downtime []retention.Downtime
}

func (h *logHost) judge() {
	required := h.required()
	var decided []retention.Decision
	for _, state := range h.states {
		if state.Gone && !h.lost(state) {
			continue
		}
		for _, source := range h.sources(state, required) {
			decided = append(decided, retention.Decide(source, h.at, h.rules.Period))
		}
	}
	decided = retention.Combine(append(decided, h.onlyRemote(required, decided)...))
	missing := retention.Missing(required, decided, h.today, h.rules.Period)
	for i := range missing {
		if start := h.scope.Start(); start.After(missing[i].Obligation) {
			missing[i].Obligation = start
		}
	}
	decided = append(decided, missing...)
	for _, d := range decided {
		h.add(h.scope, d)
	}
	// Only logs that any host of a system may keep need to know what all of them do.
	if system := h.scope.System; system != "" && len(h.registry.ofSystem(system)) > 0 {
		if h.systems[system] == nil {
			h.systems[system] = &logSystem{scope: h.scope}
		}
		h.systems[system].decided = append(h.systems[system].decided, decided...)
	}
}

// inScope reports whether the host has to keep logs on the day of judgement: it is in
// service, or its last records are younger than the period.
func (h *logHost) inScope() bool {
	end := h.scope.End()
	return h.scope.System != "" && !h.scope.Start().After(h.today) && (end.IsZero() || !h.rules.Period.KeepUntil(end).Before(h.today))
}

// required returns what the registry and the default require of the host. A class that
// the host once reported is declared, even if nothing is reported now.
func (h *logHost) required() []retention.Requirement {
	if !h.inScope() {
		return nil
	}
	list := h.registry.ofHost(h.scope)
	for i := range list {
		r := &list[i]
		if r.Party == "" {
			r.Party = evidence.Party(r.Class, "", retention.Party(h.scope.Owner))
		}
		r.Declared = r.Declared || slices.ContainsFunc(h.states, func(s store.LogState) bool {
			return slices.ContainsFunc(s.Source.Streams, func(t wire.LogStream) bool {
				return t.Class == string(r.Class) && (r.Stream == "" || r.Stream == t.Name)
			})
		})
	}
	return list
}

// lost reports whether the ledger tells that segments of a source were lost.
func (h *logHost) lost(state store.LogState) bool {
	return slices.ContainsFunc(h.events, func(e wire.LogEvent) bool { return e.Source == state.Source.Key })
}

// sources returns the evidence about one log, stream by stream. Of a source that is
// gone nothing is left but the ledger.
func (h *logHost) sources(state store.LogState, required []retention.Requirement) []retention.Source {
	log, taken := state.Source, state.At
	switch {
	case state.Gone:
		log.Segments = nil
	case state.Progress != nil:
		log, taken = evidence.Progressed(log, *state.Progress), state.ProgressAt
	}
	match := func(class retention.Class, stream string) (retention.Requirement, bool) {
		for _, r := range slices.Concat(required, h.registry.ofSystem(h.scope.System)) {
			if r.Class == class && (r.Stream == "" || r.Stream == stream) {
				return r, true
			}
		}
		return retention.Requirement{}, false
	}
	found := evidence.Sources(log, h.context(taken, func(class retention.Class, stream string) bool {
		_, required := match(class, stream)
		return required
	}))
	for i := range found {
		identity := &found[i].Identity
		if r, ok := match(identity.Class, identity.Stream); ok && log.Party == "" && r.Party != "" {
			identity.Party = r.Party
		}
	}
	return found
}

func (h *logHost) context(taken time.Time, mandatory func(retention.Class, string) bool) evidence.Context {
	c := evidence.Context{
		Host: h.scope.HostID, System: h.scope.System, Start: h.scope.Start(), End: h.scope.End(), Mandatory: mandatory,
		Owner: retention.Party(h.scope.Owner), Zone: store.Zone(), TakenAt: taken, Downtime: h.downtime, Events: h.events, Remote: h.remote,
	}
	if report, ok := h.reports[h.scope.Host]; ok {
		c.LastReport = report.At
		if report.ClockOffsetSeconds != nil && report.At.Sub(report.OffsetAt) <= offsetFresh {
			c.ClockOffsetSeconds = report.ClockOffsetSeconds
		}
	}
	return c
}

// remote asks for what a central store said about a log of the host.
func (h *logHost) remote(class retention.Class, stream string) *retention.Remote {
	if h.rules.Remote == nil {
		return nil
	}
	return h.rules.Remote(RemoteLog{
		Provider: h.scope.Provider, System: h.scope.System, Host: h.scope.HostID, Class: class, Stream: stream,
		Store: h.registry.store(h.scope, class, stream),
	})
}

// onlyRemote judges the required logs of which the host itself tells nothing, but a
// central store does.
func (h *logHost) onlyRemote(required []retention.Requirement, have []retention.Decision) (decided []retention.Decision) {
	for _, m := range retention.Missing(required, have, h.today, h.rules.Period) {
		remote := h.remote(m.Source.Class, m.Source.Stream)
		if remote == nil {
			continue
		}
		c := h.context(time.Time{}, nil)
		decided = append(decided, retention.Decide(retention.Source{
			Identity: m.Source, Scope: retention.Scope{Start: c.Start, End: c.End, Mandatory: true},
			LastReport: c.LastReport, Downtime: c.Downtime, Remote: remote,
		}, h.at, h.rules.Period))
	}
	return decided
}

// confirmed turns what is known about times off into downtime. What the platform says
// is confirmed; what the host claims is if the platform, or a silence of its usage,
// covers the claim. Silence alone is no downtime.
func confirmed(known []store.LogDowntime) (out []retention.Downtime) {
	for _, d := range known {
		switch d.Source {
		case store.OffByPower:
			out = append(out, retention.Downtime{From: d.From, To: d.To, Confirmed: true})
		case store.OffByHost:
			covered := slices.ContainsFunc(known, func(o store.LogDowntime) bool {
				return o.Source != store.OffByHost && !o.From.After(d.From.Add(offMargin)) && !o.To.Before(d.To.Add(-offMargin)) &&
					o.To.After(d.From) && o.From.Before(d.To)
			})
			out = append(out, retention.Downtime{From: d.From, To: d.To, Confirmed: covered})
		}
	}
	return out
}

// add keeps a verdict about a host, or about a system if the scope names no host.
func (l *logJudge) add(scope store.LogScope, d retention.Decision) {
	v := verdictOf(l.catalog, d, l.waiver(scope))
	v.Provider, v.Unit, v.System, v.HostID = scope.Provider, scope.Unit, scope.System, scope.HostID
	if report, ok := l.reports[scope.Host]; ok {
		v.EvidenceAt = report.At.In(store.Zone()).Truncate(time.Second)
	}
	l.verdicts = append(l.verdicts, v)
}

// waiver returns the exemption of a host, or of its system, that holds longest.
func (l *logJudge) waiver(scope store.LogScope) (w retention.Waiver) {
	all := l.exemptions.of(rules.InformationSystem, scope.Provider, scope.System)
	if scope.HostID != "" {
		all = append(slices.Clone(all), l.exemptions.of(rules.Host, scope.Provider, scope.HostID)...)
	}
	for _, e := range all {
		if e.Kind == exemptLogs && e.Expires.After(w.Until) {
			w = retention.Waiver{Approver: e.Approver, Until: e.Expires}
		}
	}
	return w
}

// exemptLogs is the kind of an exemption from keeping logs.
const exemptLogs = "log_retention"
