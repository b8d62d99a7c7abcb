package collector

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/yunjian-io/yunjian/collector/central"
	"github.com/yunjian-io/yunjian/collector/store"
	"github.com/yunjian-io/yunjian/rules/calendar"
	"github.com/yunjian-io/yunjian/rules/retention"
)

// centralLog is what is known of one class of one central store.
type centralLog struct {
	name store.CentralLog
	// asked is when it was asked last, and answered whether it did answer then.
	asked    time.Time
	answered bool
	// survey is its last answer, and held what it holds by that, by the host's id.
	survey store.CentralSurvey
	held   map[string]store.CentralHeld
	// written are the days on which hosts are known to have written, of a class whose
	// hosts may be silent.
	written map[string][]store.LogWritten
}

// ReadCentral reads what central stores had answered by a time, for judging as of it.
// It returns nil if no store ever answered.
func ReadCentral(ctx context.Context, db *store.Store, at time.Time) (RemoteEvidence, error) {
	surveys, err := db.CentralSurveys(ctx, at)
	if err != nil {
		return nil, err
	}
	last := map[store.CentralLog]store.CentralSurvey{}
	for _, s := range surveys {
		last[s.CentralLog] = s // in the order of their times
	}
	var logs []centralLog
	var names map[string]hostNames
	for _, s := range surveys {
		if s.Error != "" {
			continue
		}
		if names == nil {
			list, err := db.HostNames(ctx, at)
			if err != nil {
				return nil, err
			}
			names = namesOf(list)
		}
		l := centralLog{name: s.CentralLog, asked: last[s.CentralLog].CheckedAt, answered: last[s.CentralLog].Error == "", survey: s}
		hosts, err := db.CentralHosts(ctx, s)
		if err != nil {
			return nil, err
		}
		l.held = resolve(hosts, names[s.Provider], s.Aliases)
		if s.QuietOK {
			if err := l.readWritten(ctx, db, at); err != nil {
				return nil, err
			}
		}
		logs = append(logs, l)
	}
	if len(logs) == 0 {
		return nil, nil
	}
	return func(log RemoteLog) *retention.Remote { return bestRemote(logs, log) }, nil
}

// resolve finds the hosts that a store's names stand for. What it holds of one host under
// two names is one; a name of nobody, or of several, is dropped.
func resolve(hosts []store.CentralHeld, names hostNames, aliases []string) map[string]store.CentralHeld {
	out := map[string]store.CentralHeld{}
	for _, h := range hosts {
		id, ok := names.find(h.Name, aliases)
		if !ok {
			continue
		}
		if have, twice := out[id]; twice {
			h = joinHeld(have, h)
		}
		out[id] = h
	}
	return out
}

func joinHeld(a, b store.CentralHeld) store.CentralHeld {
	if b.Oldest.Before(a.Oldest) {
		a.Oldest = b.Oldest
	}
	if b.Newest.After(a.Newest) {
		a.Newest = b.Newest
	}
	var empty []calendar.Date
	for _, d := range a.Empty {
		if slices.Contains(b.Empty, d) {
			empty = append(empty, d)
		}
	}
	a.Empty = empty
	return a
}

func (l *centralLog) readWritten(ctx context.Context, db *store.Store, at time.Time) error {
	written, err := db.LogWritten(ctx, l.name.Class, l.survey.From.In(store.Zone()), at)
	if err != nil {
		return err
	}
	l.written = map[string][]store.LogWritten{}
	for _, w := range written {
		if w.Provider == l.name.Provider && (l.name.Stream == "" || l.name.Stream == w.Stream) {
			l.written[w.HostID] = append(l.written[w.HostID], w)
		}
	}
	return nil
}

// speaksOf reports whether the store may hold a log.
func (l *centralLog) speaksOf(log RemoteLog) bool {
	return l.name.Provider == log.Provider && l.name.Class == string(log.Class) &&
		(l.name.Stream == "" || log.Stream == "" || l.name.Stream == log.Stream) && (log.Store == "" || log.Store == l.name.Store)
}

// remote is what the store says of a log. One that holds nothing of the host says nothing,
// unless the registry names the store.
func (l *centralLog) remote(log RemoteLog) *retention.Remote {
	held, found := l.held[log.Host]
	if !found && log.Store == "" {
		return nil
	}
	p := central.Proof{
		AskedAt: l.asked, Answered: l.answered, ProvenAt: l.survey.CheckedAt, Window: retention.Days{From: l.survey.From, To: l.survey.To},
		Oldest: held.Oldest, Newest: held.Newest, Empty: held.Empty, Retention: l.survey.Retention, Immutable: l.survey.Immutable,
	}
	return p.Remote(central.Activity{QuietOK: l.survey.QuietOK, Wrote: func(d calendar.Date) bool {
		return slices.ContainsFunc(l.written[log.Host], func(w store.LogWritten) bool {
			return (log.Stream == "" || w.Stream == log.Stream) && slices.Contains(w.Days, d)
		})
	}})
}

// bestRemote returns what the store says that proves most; nil if none speaks of the log.
func bestRemote(logs []centralLog, log RemoteLog) (best *retention.Remote) {
	better := func(a, b *retention.Remote) int {
		yes := func(v bool) int {
			if v {
				return 0
			}
			return 1
		}
		return cmp.Or(
			cmp.Compare(yes(!a.Oldest.IsZero()), yes(!b.Oldest.IsZero())),
			cmp.Compare(yes(a.Reachable), yes(b.Reachable)),
			cmp.Compare(len(a.Missing), len(b.Missing)),
			a.Oldest.Compare(b.Oldest),
			b.Newest.Compare(a.Newest),
		)
	}
	for i := range logs {
		if !logs[i].speaksOf(log) {
			continue
		}
		if r := logs[i].remote(log); r != nil && (best == nil || better(r, best) < 0) {
			best = r
		}
	}
	return best
}

// LogRulesFor returns the settings by which the logs of a month are judged, with what
// central stores had answered by the instant for which it is judged.
func (c *Config) LogRulesFor(ctx context.Context, db *store.Store, month calendar.Month, now time.Time) (LogRules, error) {
	rules, err := c.LogRules()
	if err != nil {
		return rules, err
	}
	rules.Remote, err = ReadCentral(ctx, db, judgedAt(month, now))
	return rules, err
}

// judgedAt is the instant for which the logs of a month are judged: the end of the month,
// or now.
func judgedAt(month calendar.Month, now time.Time) time.Time {
	at := now.In(store.Zone())
	if last := month.End(store.Zone()).Add(-time.Second); last.Before(at) {
		at = last
	}
	return at
}
