package evidence

import (
	"math"
	"time"

	"github.com/yunjian-io/yunjian/internal/wire"
	"github.com/yunjian-io/yunjian/rules/calendar"
	"github.com/yunjian-io/yunjian/rules/retention"
)

// Context is what is known about a host beside the evidence about one of its logs. A
// zero field means that nothing is known.
type Context struct {
	// Host is the instance id of the platform, System the information system.
	Host, System string
	// Start is the day of going into service, End that of being decommissioned, zero
	// while the host is in service.
	Start, End calendar.Date
	// Mandatory says whether the registry requires a class and stream of the host; nil
	// requires none.
	Mandatory func(class retention.Class, stream string) bool
	// Owner answers for the guest by the inventory; the unit if empty (Art. 12).
	Owner retention.Party
	// Zone is that of the platform, in which days are counted; UTC if nil.
	Zone *time.Location
	// TakenAt is the end of the pass that took the evidence, by the clock of the host,
	// and LastReport that of the latest pass, which may have found nothing new.
	TakenAt, LastReport time.Time
	// ClockOffsetSeconds is the clock of the host less that of the collector.
	ClockOffsetSeconds *float64
	// Downtime are the times when the host was off, and who says so.
	Downtime []retention.Downtime
	// Events are the ledger entries of the host, of any source and kind.
	Events []wire.LogEvent
	// Remote returns what a central store said about a class and stream of the host,
	// nil for none; it may be nil.
	Remote func(class retention.Class, stream string) *retention.Remote
}

func (c Context) date(t time.Time) calendar.Date {
	if t.IsZero() {
		return calendar.Date{}
	}
	zone := c.Zone
	if zone == nil {
		zone = time.UTC
	}
	return calendar.DateOf(t.In(zone))
}

// Sources returns the evidence about each stream of a log. Streams share files, so
// that they differ only in class, stream, party, duty and store.
func Sources(s wire.LogSource, c Context) []retention.Source {
	policy, problem := policies(s.Policies, c)
	shared := retention.Source{
		Scope:         retention.Scope{Start: c.Start, End: c.End},
		Segments:      segments(s.Segments),
		Policy:        policy,
		PolicyProblem: problem,
		Rate:          retention.Rate{P50: s.Rate.P50, P95: s.Rate.P95, Median7: s.Rate.Median7, Disk: s.Rate.Disk, Ratio: s.Rate.Ratio},
		Disk:          retention.Disk{Known: s.Disk.Size > 0, Free: float64(s.Disk.Free)},
		Writer:        writer(s, c),
		Forward:       retention.Forward{AckLag: lag(s.Forward)},
		Access:        retention.Access{Denied: s.Access.Denied, Grant: s.Access.Grant, Unparsed: s.Access.Unparsed},
		LastReport:    c.LastReport,
		Silence:       retention.Silence{QuietOK: s.QuietOK, P999: seconds(s.SilenceP999Seconds)},
		Gaps:          gaps(s.Gaps),
		Downtime:      c.Downtime,
		Ledger:        retention.Ledger{Since: c.date(s.AttestedSince), Events: events(s, c)},
	}
	if c.ClockOffsetSeconds != nil {
		shared.Clock = retention.Clock{Known: true, Offset: fraction(*c.ClockOffsetSeconds)}
	}
	sources := make([]retention.Source, 0, len(s.Streams))
	for _, stream := range s.Streams {
		one := shared
		class := retention.Class(stream.Class)
		one.Identity = retention.Identity{
			Host: c.Host, System: c.System, Class: class, Stream: stream.Name, Path: s.Path, Party: Party(class, s.Party, c.Owner),
		}
		if c.Mandatory != nil {
			one.Scope.Mandatory = c.Mandatory(class, stream.Name)
		}
		if c.Remote != nil {
			one.Remote = c.Remote(class, stream.Name)
		}
		sources = append(sources, one)
	}
	return sources
}

// Party says who has to keep a class of log (Art. 12): whom the site names; else the
// provider for what belongs to the platform; else the owner of the guest, who is the
// unit unless the inventory says otherwise.
func Party(class retention.Class, site string, owner retention.Party) retention.Party {
	switch named := retention.Party(site); {
	case named == retention.PartyUnit || named == retention.PartyProvider:
		return named
	case class == retention.CloudControlPlane || class == retention.SecurityDevice:
		return retention.PartyProvider
	case owner == retention.PartyProvider:
		return retention.PartyProvider
	}
	return retention.PartyUnit
}

func segments(list []wire.LogSegment) []retention.Segment {
	var out []retention.Segment
	for _, s := range list {
		last := s.Last
		if s.LastEstimated {
			last = s.ModTime // no record of it was read yet
		}
		out = append(out, retention.Segment{
			First: s.First, Last: last, Begin: s.Begin, ModTime: s.ModTime, HeadUntrusted: s.HeadUntrusted,
		})
	}
	return out
}

func gaps(list []wire.LogGap) []retention.Gap {
	var out []retention.Gap
	for _, g := range list {
		kind := retention.GapKind(g.Kind)
		if kind == "" {
			kind = retention.GapSilence // a hole of no kind proves nothing
		}
		out = append(out, retention.Gap{Kind: kind, From: g.From, To: g.To})
	}
	return out
}

// lag is that of the slowest shipper that tells it.
func lag(list []wire.LogForward) time.Duration {
	var most time.Duration
	for _, f := range list {
		if f.AckLagSeconds != nil {
			most = max(most, seconds(*f.AckLagSeconds))
		}
	}
	return most
}

func writer(s wire.LogSource, c Context) retention.Writer {
	w := retention.Writer{Since: s.Writer.Since, Unlinked: s.Writer.Unlinked, Suspends: suspends(s, c)}
	switch state := retention.WriterState(s.Writer.State); state {
	case retention.WriterRunning, retention.WriterStopped, retention.WriterSuspended, retention.WriterDisabled:
		w.State = state
	}
	return w
}

// suspends is the day on which the free space reaches what stops the writer, at the
// rate at which all writers fill the file system.
func suspends(s wire.LogSource, c Context) calendar.Date {
	at, free := s.Writer.SuspendAtFreeBytes, s.Disk.Free
	if at <= 0 || s.Disk.Size <= 0 || c.TakenAt.IsZero() {
		return calendar.Date{}
	}
	today := c.date(c.TakenAt)
	if free <= at {
		return today
	}
	if s.Rate.Disk <= 0 {
		return calendar.Date{}
	}
	days := float64(free-at) / s.Rate.Disk
	if days > 36500 {
		return calendar.Date{}
	}
	return today.AddDays(int(days))
}

// events picks the entries of a source that speak of loss. A segment that is gone from
// its place, but found at another with the same fingerprint and as far as it went, was
// moved.
func events(s wire.LogSource, c Context) []retention.Event {
	var out []retention.Event
	for _, e := range c.Events {
		if e.Source != s.Key {
			continue
		}
		var kind retention.EventKind
		switch e.Kind {
		case wire.EventGone:
			kind = retention.EventGone
		case wire.EventTruncated:
			kind = retention.EventTruncated
		case wire.EventEdited:
			kind = retention.EventEdited
		default:
			continue
		}
		out = append(out, retention.Event{
			Kind: kind, At: e.At, First: c.date(e.First), Last: c.date(e.Last), Index: e.Index, Path: e.Path,
			CopyAttested: kind == retention.EventGone && present(s.Segments, e),
		})
	}
	return out
}

func present(list []wire.LogSegment, e wire.LogEvent) bool {
	for _, s := range list {
		if e.ID != "" && s.ID == e.ID && !s.LastEstimated && !s.Last.Before(e.Last) {
			return true
		}
	}
	return false
}

// seconds is a time within what a time can hold.
func seconds(n int64) time.Duration { return fraction(float64(n)) }

func fraction(s float64) time.Duration {
	const most = float64(math.MaxInt64 / int64(time.Second))
	if math.IsNaN(s) {
		return 0
	}
	return time.Duration(max(min(s, most), -most) * float64(time.Second))
}
