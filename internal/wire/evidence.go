package wire

import "time"

// SchemaLogEvidence is what an agent knows about the logs of its host (Art. 31).
const SchemaLogEvidence = "log-evidence/v1"

// LogEvidence is the result of one pass over the logs of a host. It carries times,
// sizes, counts, keyed fingerprints, paths and parsed retention settings; nothing of
// what a log says.
//
// An agent sends a document after every pass. Sources holds those whose evidence is
// new; Progress those that only grew; a source in neither list is as it was. Once a
// day, and at start, Complete says that Sources holds all there are: one that it does
// not name is gone.
type LogEvidence struct {
	Schema   string    `json:"schema"` // SchemaLogEvidence
	Host     string    `json:"host"`
	At       time.Time `json:"at"` // end of the pass, by the clock of the host
	Complete bool      `json:"complete,omitempty"`
	// ClockOffsetSeconds is the clock of the host less that of the collector; nil if no
	// answer of the collector has told it yet.
	ClockOffsetSeconds *float64 `json:"clock_offset_seconds,omitempty"`
	// Downtime is what the host itself recorded of the times when it was off. It is a
	// claim that the collector compares with the platform and the missing reports.
	Downtime []LogDowntime `json:"downtime,omitempty"`
	Sources  []LogSource   `json:"sources,omitempty"`
	Progress []LogProgress `json:"progress,omitempty"`
	// Events are the entries of the ledger since the last document, in order.
	Events []LogEvent `json:"events,omitempty"`
	// LedgerEntries is the number of entries in the ledger, this document's included.
	LedgerEntries uint64 `json:"ledger_entries"`
	// Problems are configurations that could not be read or understood, in words.
	Problems []LogProblem `json:"problems,omitempty"`
}

// LogSource is the evidence about one log of the host.
type LogSource struct {
	// Key names the source on its host for good: family and path, such as
	// "text:/var/log/auth.log".
	Key string `json:"key"`
	// Streams are what the source records; a journal records several.
	Streams []LogStream `json:"streams"`
	// Family is the kind of reader: journald, text, utmp, audit.
	Family string `json:"family"`
	// Path is the path of the live log, as a person would look for it.
	Path string `json:"path"`
	// Party is who has to keep it, if the site says so: unit or provider (Art. 12).
	Party string `json:"party,omitempty"`
	// QuietOK says that the source may be silent for long.
	QuietOK  bool         `json:"quiet_ok,omitempty"`
	Access   LogAccess    `json:"access"`
	Segments []LogSegment `json:"segments"`
	// Policies are all that removes records, each by itself; the first removal counts.
	// None means that nothing is known about removal.
	Policies []LogPolicy  `json:"policies,omitempty"`
	Rate     LogRate      `json:"rate"`
	Disk     LogDisk      `json:"disk"`
	Writer   LogWriter    `json:"writer"`
	Forward  []LogForward `json:"forward,omitempty"`
	// SilenceP999Seconds is the 99.9th percentile of the time between two records, 0 if
	// it is not known.
	SilenceP999Seconds int64    `json:"silence_p999_seconds,omitempty"`
	Gaps               []LogGap `json:"gaps,omitempty"`
	// AttestedSince is when this agent began to watch the source; zero if it keeps no
	// memory.
	AttestedSince time.Time `json:"attested_since,omitzero"`
	// Unsealed is the number of bytes of rotated segments that are still to be hashed.
	Unsealed int64 `json:"unsealed_bytes,omitempty"`
}

// LogStream is one kind of record: the class that the registry of Art. 29 requires,
// such as os-auth, and the name of the stream. Two sources of a host with the same
// stream are copies of each other, and either one suffices. An empty name has none.
type LogStream struct {
	Class string `json:"class"`
	Name  string `json:"name,omitempty"`
}

// LogAccess says whether the source could be read and understood.
type LogAccess struct {
	Denied bool `json:"denied,omitempty"`
	// Grant is the group or the access list entry that would do, such as "group adm".
	Grant string `json:"grant,omitempty"`
	// Unparsed says that no time stamp of the source was understood.
	Unparsed bool `json:"unparsed,omitempty"`
}

// LogSegment is one file of a source.
type LogSegment struct {
	Path string `json:"path"`
	// ID is the keyed fingerprint of the segment, hex; it survives renaming and compression.
	ID string `json:"id,omitempty"`
	// First and Last are the times of the oldest and the newest record; zero in an empty
	// file. LastEstimated says that Last is the time of the file, not yet that of a record.
	First         time.Time `json:"first,omitzero"`
	Last          time.Time `json:"last,omitzero"`
	LastEstimated bool      `json:"last_estimated,omitempty"`
	// Begin is the attested end of the predecessor, if earlier than First.
	Begin   time.Time `json:"begin,omitzero"`
	ModTime time.Time `json:"mtime"`
	// HeadUntrusted says that the clock was stepped forward behind the first records.
	HeadUntrusted bool  `json:"head_untrusted,omitempty"`
	Bytes         int64 `json:"bytes"` // on disk
	// Index is the number that rotation gave to the segment; 0 for the live one and for
	// names by date.
	Index int  `json:"index,omitempty"`
	Live  bool `json:"live,omitempty"`
	// Sealed says that the whole content was hashed after rotation.
	Sealed bool `json:"sealed,omitempty"`
	// Implausible is the number of records looked at whose times cannot be.
	Implausible int `json:"implausible,omitempty"`
}

// LogPolicy is one thing that removes records. Exactly one of the pointers is set,
// the one that Kind names; Never and Unparsed have none.
type LogPolicy struct {
	Kind LogPolicyKind `json:"kind"`
	// Origin is file and line of the setting that decides, such as
	// "/etc/logrotate.d/rsyslog:3", empty for a built-in default.
	Origin string `json:"origin,omitempty"`
	// Problem says what was not understood, for Unparsed.
	Problem   string              `json:"problem,omitempty"`
	Logrotate *LogrotatePolicy    `json:"logrotate,omitempty"`
	Journald  *JournaldPolicy     `json:"journald,omitempty"`
	Auditd    *AuditdPolicy       `json:"auditd,omitempty"`
	Count     *CountPolicy        `json:"count,omitempty"`
	Age       *AgePolicy          `json:"age,omitempty"`
	Container *ContainerLogPolicy `json:"container,omitempty"`
}

// LogPolicyKind names a family of policies.
type LogPolicyKind string

// The families of policies.
const (
	PolicyLogrotate LogPolicyKind = "logrotate"
	PolicyJournald  LogPolicyKind = "journald"
	PolicyAuditd    LogPolicyKind = "auditd"
	PolicyCount     LogPolicyKind = "count"
	PolicyAge       LogPolicyKind = "age"
	PolicyContainer LogPolicyKind = "container"
	PolicyNever     LogPolicyKind = "never"    // nothing removes records
	PolicyUnparsed  LogPolicyKind = "unparsed" // something does, and it was not understood
)

// LogrotatePolicy is a stanza of logrotate and who runs it.
type LogrotatePolicy struct {
	// Cadence is hourly, daily, weekly, monthly, yearly or size.
	Cadence string `json:"cadence"`
	// Rotate is the number of files kept; -1 keeps all.
	Rotate  int   `json:"rotate"`
	Size    int64 `json:"size,omitempty"`    // bytes, for size
	MinSize int64 `json:"minsize,omitempty"` // bytes
	MaxSize int64 `json:"maxsize,omitempty"` // bytes
	MaxAge  int   `json:"maxage,omitempty"`  // days
	// RunsPerDay is how often the program runs, 0 if not known; Disabled that nothing
	// runs it.
	RunsPerDay float64 `json:"runs_per_day,omitempty"`
	Disabled   bool    `json:"disabled,omitempty"`
	// Broken says that the program skips the stanza for an error.
	Broken       bool      `json:"broken,omitempty"`
	LastRotation time.Time `json:"last_rotation,omitzero"`
}

// JournaldPolicy is the merged journald.conf with what the files show. A zero value
// stands for the default, a negative one for "switched off".
type JournaldPolicy struct {
	Volatile            bool  `json:"volatile,omitempty"`
	MaxUse              int64 `json:"system_max_use_bytes,omitempty"`
	MaxFileSize         int64 `json:"system_max_file_size_bytes,omitempty"`
	KeepFree            int64 `json:"system_keep_free_bytes,omitempty"`
	FilesystemSize      int64 `json:"filesystem_size_bytes,omitempty"`
	FilesystemFree      int64 `json:"filesystem_free_bytes,omitempty"`
	Usage               int64 `json:"usage_bytes,omitempty"`
	MaxFileSeconds      int64 `json:"max_file_seconds,omitempty"`
	MaxFiles            int   `json:"system_max_files,omitempty"`
	ActiveFiles         int   `json:"active_files,omitempty"`
	MaxRetentionSeconds int64 `json:"max_retention_seconds,omitempty"`
	TypicalSpanSeconds  int64 `json:"typical_span_seconds,omitempty"`
	LongestSpanSeconds  int64 `json:"longest_span_seconds,omitempty"`
}

// AuditdPolicy is the rotation of auditd.conf.
type AuditdPolicy struct {
	Action     string  `json:"max_log_file_action"`
	NumLogs    int     `json:"num_logs"`
	MaxLogFile int     `json:"max_log_file"` // MiB
	CronDays   float64 `json:"cron_days,omitempty"`
}

// CountPolicy keeps a number of closed files that each hold a fixed time.
type CountPolicy struct {
	Keep         int     `json:"keep"`
	IntervalDays float64 `json:"interval_days,omitempty"`
	// FileBytes closes a file by size, as with redis or log4j2's SizeBased policy; used
	// where IntervalDays is 0.
	FileBytes int64  `json:"file_bytes,omitempty"`
	Setting   string `json:"setting"` // the keyword, such as maxHistory
}

// AgePolicy removes by age.
type AgePolicy struct {
	Days     float64 `json:"days"`
	SpanDays float64 `json:"span_days,omitempty"`
	Setting  string  `json:"setting"` // the keyword, such as maxDays
}

// ContainerLogPolicy is the log driver of a container: the log goes with the container.
type ContainerLogPolicy struct {
	CreatedAt time.Time `json:"created_at,omitzero"`
	MaxSize   int64     `json:"max_size_bytes,omitempty"` // 0: no limit
	MaxFile   int       `json:"max_file,omitempty"`       // 0: the default of one
}

// LogRate is how fast a source grows, in bytes a day before compression; 0 if unknown.
type LogRate struct {
	P50     float64 `json:"p50,omitempty"`
	P95     float64 `json:"p95,omitempty"`
	Median7 float64 `json:"median7,omitempty"`
	// Disk is the 95th percentile of what all writers add to the file system.
	Disk float64 `json:"disk_p95,omitempty"`
	// Ratio is compressed size by raw size in the source's own archives.
	Ratio float64 `json:"compression_ratio,omitempty"`
	// Days is the number of daily samples behind the percentiles.
	Days int `json:"days,omitempty"`
}

// LogDisk is the file system of the segments; Size 0 means that it was not read.
type LogDisk struct {
	Size int64 `json:"size_bytes,omitempty"`
	// Free is what users without privileges may still use.
	Free       int64 `json:"free_bytes,omitempty"`
	InodesFree int64 `json:"inodes_free,omitempty"`
}

// LogWriter is the process that writes a source.
type LogWriter struct {
	// State is running, stopped, suspended or disabled; empty if not known.
	State string    `json:"state,omitempty"`
	Since time.Time `json:"since,omitzero"`
	// Evidence says by what the state is known, such as "open by pid 412 (rsyslogd)".
	Evidence string `json:"evidence,omitempty"`
	// Unlinked says that the open file was deleted: what is written is lost.
	Unlinked bool `json:"unlinked,omitempty"`
	// LastAppend is when the log last grew.
	LastAppend time.Time `json:"last_append,omitzero"`
	// SuspendAtFreeBytes is the free space at which the writer stops by its own
	// configuration, as auditd does; 0 if it does not.
	SuspendAtFreeBytes int64 `json:"suspend_at_free_bytes,omitempty"`
}

// LogForward is a target to which the host claims to send. It proves nothing about
// the store behind it.
type LogForward struct {
	Target   string `json:"target"`   // host and port, without credentials
	Protocol string `json:"protocol"` // tcp, udp, relp, kafka, elasticsearch, …
	// Queue says what happens while the target is away: none, memory or disk.
	Queue  string `json:"queue,omitempty"`
	Origin string `json:"origin,omitempty"`
	// AckLagSeconds is the age of the oldest record that is not acknowledged; nil if the
	// shipper does not tell.
	AckLagSeconds *int64 `json:"ack_lag_seconds,omitempty"`
}

// LogGap is a hole inside a source. Silence proves nothing by itself; any other kind
// proves that records are missing.
type LogGap struct {
	Kind string    `json:"kind"` // silence, seq, chain_index, chain_date, serial
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
	// Missing is the number of records that are known to be missing, 0 if unknown.
	Missing uint64 `json:"missing,omitempty"`
	Path    string `json:"path,omitempty"`
}

// LogDowntime is a time off between a recorded shutdown, or the last record of a
// boot, and the next boot.
type LogDowntime struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
	// Clean says that a shutdown was recorded.
	Clean bool `json:"clean,omitempty"`
}

// LogProgress says that a source is as it was, but for what was appended.
type LogProgress struct {
	Key        string    `json:"key"`
	Last       time.Time `json:"last,omitzero"` // newest record
	Bytes      int64     `json:"bytes"`         // of the live segment
	DiskFree   int64     `json:"disk_free_bytes,omitempty"`
	LastAppend time.Time `json:"last_append,omitzero"`
}

// LogEventKind is what a ledger entry says about a segment.
type LogEventKind string

// The kinds of ledger entries. The last three speak of loss; whether it was legal
// expiry, by a known policy, too early, or none of that is for the rules to say.
const (
	EventFirstSeen  LogEventKind = "first_seen"
	EventCheckpoint LogEventKind = "checkpoint" // of a live segment
	EventSealed     LogEventKind = "sealed"
	EventRotated    LogEventKind = "rotated"      // found again under another name
	EventCompressed LogEventKind = "compressed"   // found again with the same content, compressed
	EventCopied     LogEventKind = "copytruncate" // emptied after a copy that holds all of it
	EventPolicy     LogEventKind = "policy_changed"
	EventStart      LogEventKind = "agent_started"
	EventGone       LogEventKind = "segment_gone"
	EventTruncated  LogEventKind = "truncated"
	EventEdited     LogEventKind = "edited"
)

// LogEvent is one entry of the ledger of a host.
type LogEvent struct {
	// Seq numbers the entries of a ledger from 1. Ledger is the identity of the ledger:
	// a new one means that the memory of the agent was lost.
	Seq    uint64       `json:"seq"`
	Ledger string       `json:"ledger"`
	Kind   LogEventKind `json:"kind"`
	At     time.Time    `json:"at"`
	Source string       `json:"source,omitempty"` // Key of the source
	Path   string       `json:"path,omitempty"`
	// ID is the keyed fingerprint of the segment, Bytes how much of it was attested and
	// Hash the keyed hash of that, hex.
	ID    string    `json:"id,omitempty"`
	Bytes int64     `json:"bytes,omitempty"`
	Hash  string    `json:"hash,omitempty"`
	First time.Time `json:"first,omitzero"`
	Last  time.Time `json:"last,omitzero"`
	Index int       `json:"index,omitempty"`
	// Detail is the new path of a renamed segment, or the old and new setting of a policy.
	Detail string `json:"detail,omitempty"`
}

// LogProblem is something of the host's log configuration that does not count.
type LogProblem struct {
	// Origin is file and line, such as "/etc/rsyslog.conf:12".
	Origin string `json:"origin"`
	// Text says what is wrong. It quotes no value of the configuration.
	Text string `json:"text"`
}
