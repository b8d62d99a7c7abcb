package retention

// Verdict is the outcome for one source, from best to worst. OutOfScope stands
// apart: such a source is not counted.
type Verdict uint8

// The verdicts in the order in which they combine: of the copies of a stream the
// least counts, of the sources of a host the greatest.
const (
	OutOfScope Verdict = iota
	Compliant
	CompliantByForward
	NotYetAccountable
	AtRisk
	Unknown
	Violated
)

// String returns the name that is stored and published, such as at_risk.
func (v Verdict) String() string {
	names := [...]string{
		"out_of_scope", "compliant", "compliant_by_forward", "not_yet_accountable", "at_risk", "unknown", "violated",
	}
	if int(v) >= len(names) {
		return "invalid"
	}
	return names[v]
}

// Code is why: it follows the verdict after a dot, names a reason, and is the key of
// its text.
type Code string

// Codes of violated, in precedence order.
const (
	Edited            Code = "edited"
	DeletionDetected  Code = "deletion_detected"
	LoggingStopped    Code = "logging_stopped"
	HardGap           Code = "gap"
	ShortCoverage     Code = "short_coverage"
	ConfigWouldDelete Code = "config_would_delete"
)

// Codes of unknown, in precedence order. The last two come from the registry: a
// required source that nobody declared, and a declared one without evidence.
const (
	StaleAgent         Code = "stale_agent"
	ClockUntrusted     Code = "clock_untrusted"
	PermissionDenied   Code = "permission_denied"
	TimestampsUnparsed Code = "timestamps_unparsed"
	RemoteUnreachable  Code = "remote_unreachable"
	PolicyUnparsed     Code = "policy_unparsed"
	NoAgeEvidence      Code = "no_age_evidence"
	SilenceUnexplained Code = "silence_unexplained"
	NotDeclared        Code = "not_declared"
	NotReported        Code = "not_reported"
)

// Codes of at_risk.
const (
	PolicyDeletes      Code = "policy_deletes"
	DiskFull           Code = "disk_full"
	WriterSuspends     Code = "writer_suspends"
	ForwardLag         Code = "forward_lag"
	ContainerEphemeral Code = "container_ephemeral"
)

// Codes of notes and of details. A note changes no verdict; ExpiredEarly tells how a
// short coverage came about.
const (
	ExpiredEarly        Code = "expired_early"
	ObligationEnded     Code = "obligation_ended"
	NotYetInService     Code = "not_yet_in_service"
	ImplausibleTimes    Code = "implausible_times"
	ExplainedByDowntime Code = "gap_explained_downtime"
	ViaForward          Code = "via_forward"
	RemoteNotImmutable  Code = "remote_not_immutable"
)

// rank orders reasons by precedence: those of violated, then of unknown, then of
// at_risk.
func (c Code) rank() int {
	for i, known := range precedence() {
		if c == known {
			return i
		}
	}
	return len(precedence())
}

func precedence() []Code {
	return []Code{
		Edited, DeletionDetected, LoggingStopped, HardGap, ShortCoverage, ExpiredEarly, ConfigWouldDelete,
		StaleAgent, ClockUntrusted, PermissionDenied, TimestampsUnparsed, RemoteUnreachable, PolicyUnparsed,
		NoAgeEvidence, SilenceUnexplained, NotDeclared, NotReported,
		PolicyDeletes, DiskFull, WriterSuspends, ContainerEphemeral, ForwardLag,
	}
}

// verdict returns the verdict that a reason of this code brings about by itself, and
// false for notes.
func (c Code) verdict() (Verdict, bool) {
	r := c.rank()
	switch {
	case r <= ConfigWouldDelete.rank():
		return Violated, true
	case r <= NotReported.rank():
		return Unknown, true
	case r <= ForwardLag.rank():
		return AtRisk, true
	}
	return OutOfScope, false
}
