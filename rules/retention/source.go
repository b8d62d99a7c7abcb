package retention

import (
	"time"

	"github.com/yunjian-io/yunjian/rules/calendar"
)

// Source is the evidence about one log source, as the agent and the collector have
// it. Times may be in any zone. A zero field means that nothing is known, which
// never counts in favour of the source.
type Source struct {
	Identity Identity
	Scope    Scope
	// Segments are the files, journals or archives that are present, in any order.
	Segments []Segment
	// Policy says when records are removed; nil if it is not known or was not parsed.
	// PolicyProblem says what was not understood; a policy beside it is only a part of
	// the truth.
	Policy        Policy
	PolicyProblem string
	Rate          Rate
	Disk          Disk
	Writer        Writer
	Canary        Canary
	Forward       Forward
	// Remote is what a query of the central store said; nil if there is no store.
	Remote *Remote
	Access Access
	Clock  Clock
	// LastReport is when the agent sent this evidence. Older than a day is stale.
	LastReport time.Time
	Silence    Silence
	// Gaps are holes that the agent found inside or between segments. The silence
	// between segments is derived here and need not be listed.
	Gaps []Gap
	// Downtime are the intervals in which the host could not write.
	Downtime []Downtime
	Ledger   Ledger
}

// Identity says which source this is.
type Identity struct {
	// Host is the instance id of the platform.
	Host string
	// System is the information system the host belongs to.
	System string
	// Class is the source class that the registry requires.
	Class Class
	// Stream names what is recorded. Two sources of one host, class and stream are
	// two copies of it, such as journald and rsyslog; either one suffices.
	Stream string
	// Path is the path, glob or channel, for people.
	Path string
	// Party is who has to keep the log (Art. 12): a unit or a provider.
	Party Party
}

// Party is the side that is responsible for a log (Art. 12).
type Party string

// The parties of Art. 12: information systems are the unit's, the platform is the
// provider's.
const (
	PartyUnit     Party = "unit"
	PartyProvider Party = "provider"
)

// Scope is the time for which the source has to answer. Re-imaging a host does not
// begin a new one.
type Scope struct {
	// Start is the day on which the system went into service, from the inventory.
	Start calendar.Date
	// End is the day on which it was decommissioned, zero while it is in service.
	End calendar.Date
	// Mandatory sources decide about their host.
	Mandatory bool
}

// Segment is one present piece of the log.
type Segment struct {
	// First and Last are the times of the oldest and the newest record. Both are zero
	// in an empty file.
	First, Last time.Time
	// Begin is the attested end of the predecessor, if earlier than First: a sparse log
	// is covered from the hand-over, not from its first line.
	Begin time.Time
	// ModTime bounds the times of the records from above.
	ModTime time.Time
	// HeadUntrusted says that the clock was stepped forward behind the first records,
	// so that First proves nothing.
	HeadUntrusted bool
}

// Rate is how fast the source grows, in bytes per day before compression.
type Rate struct {
	// P50 and P95 are percentiles of 28 daily samples, Median7 the median of the last
	// seven.
	P50, P95, Median7 float64
	// Disk is the 95th percentile of what all writers add to the file system.
	Disk float64
	// Ratio is compressed size by raw size in the archives of the source, 0 if unknown.
	Ratio float64
}

// high returns the rate that sizes a bound from below, 0 if none is known: the
// greater of the 95th percentile and 1.2 times the last week's median.
func (r Rate) high() float64 {
	high := max(r.P95, 1.2*r.Median7)
	if high <= 0 {
		high = r.P50
	}
	return max(high, 0)
}

// Disk is the file system that holds the segments.
type Disk struct {
	// Known says that Free was read.
	Known bool
	// Free are the bytes that the writer may still use.
	Free float64
}

// WriterState is what is known about the process that writes the log.
type WriterState string

// The states of a writer. The zero state is unknown and proves nothing.
const (
	WriterRunning   WriterState = "running"
	WriterStopped   WriterState = "stopped"
	WriterSuspended WriterState = "suspended"
	WriterDisabled  WriterState = "disabled"
)

// Writer is the process that writes the log.
type Writer struct {
	State WriterState
	// Since is when the state began; zero means since the last record.
	Since time.Time
	// Unlinked says that the open file has been deleted, so that what is written is lost.
	Unlinked bool
	// Suspends is the day on which the writer will stop for lack of space by its own
	// configuration, as auditd does; zero if it will not.
	Suspends calendar.Date
}

// Canary is the line that the agent writes into the log at a fixed interval. A zero
// Interval means that there is none.
type Canary struct {
	Interval time.Duration
	LastSeen time.Time
}

// Forward is what the host claims about its shipper. It proves nothing about the
// store, only how far behind the shipper is.
type Forward struct {
	// AckLag is the age of the oldest record that the store has not acknowledged.
	AckLag time.Duration
}

// Access says whether the source could be read and understood.
type Access struct {
	// Denied says that the agent has no right to read the source, and Grant names the
	// group or the access list entry that would do.
	Denied bool
	Grant  string
	// Unparsed says that no timestamp of the source was understood.
	Unparsed bool
}

// Clock is the clock of the host beside that of the collector.
type Clock struct {
	// Known says that Offset was measured.
	Known  bool
	Offset time.Duration
}

// Silence describes how often the source speaks.
type Silence struct {
	// QuietOK says that the source may be silent for long, as a list of failed logins.
	QuietOK bool
	// P999 is the 99.9th percentile of the time between two records, 0 if unknown.
	P999 time.Duration
}

// GapKind is the kind of evidence for a hole.
type GapKind string

// GapSilence is the only kind that does not prove that records are missing; any
// other name, such as seq, chain_index, serial, record_id, canary or sibling, does.
const GapSilence GapKind = "silence"

// Gap is a hole that the agent found.
type Gap struct {
	Kind     GapKind
	From, To time.Time
}

// Downtime is an interval in which the host was off.
type Downtime struct {
	// From and To bound the interval; a zero To means that it lasts.
	From, To time.Time
	// Confirmed says that the platform or the missing heartbeat agrees. What the host
	// alone claims explains no hole, it only leaves it open.
	Confirmed bool
}

// Ledger is what this system has attested about the source.
type Ledger struct {
	// Since is the day from which the source was watched while it was written.
	Since calendar.Date
	// Events are the entries that speak of loss.
	Events []Event
}

// EventKind is what happened to an attested segment.
type EventKind string

// The events of the ledger.
const (
	EventGone      EventKind = "segment_gone"
	EventTruncated EventKind = "truncated"
	EventEdited    EventKind = "edited"
)

// Event is one entry of the ledger about an attested segment.
type Event struct {
	Kind EventKind
	At   time.Time
	// First and Last are the days of the oldest and the newest record that the segment
	// held; First may be zero.
	First, Last calendar.Date
	// Index is the number that rotation had given to the segment, 0 if unknown.
	Index int
	// CopyAttested says that the same content was found elsewhere.
	CopyAttested bool
	Path         string
}
