package rules

import (
	"github.com/yunjian-io/yunjian/rules/calendar"
)

// Kinds of subjects that rules judge. Art. 23 judges information systems; hosts are
// the evidence, and cloud disks that are attached to no host are reclaimed like idle hosts.
const (
	InformationSystem = "information_system"
	Host              = "host"
	Volume            = "volume"
)

// SubjectKinds returns all kinds of subjects, in the order in which they are judged.
func SubjectKinds() []string { return []string{InformationSystem, Host, Volume} }

// Identifiers of rules that the program knows.
const (
	// LowUtilization is the rule by which Art. 23 judges an information system: its states
	// are those of the procedure that follows. Other rules on systems, such as that of
	// high load, say nothing about it.
	LowUtilization = "low-utilization"
	// LowUtilizationHost is the same rule on hosts, which are the evidence.
	LowUtilizationHost = "low-utilization-host"
)

// Lengths of the periods whose facts a rule reads.
const (
	ByMonth = "month"
	ByDay   = "day"
)

// Rule is one rule in one version, compiled and ready to judge. Rules come from
// Load and DefaultPack; they are values that nobody changes and may be used by many
// goroutines at once.
type Rule struct {
	// ID names the rule across versions; its versions differ in Version.
	ID string
	// Version counts up with every change of a rule in force.
	Version int
	// Hash is the SHA-256, in hex, of the content of the rule and of the head of its
	// file: any change of a threshold, sentence or basis changes it; comments, tests
	// and layout do not.
	Hash string
	// Subject is one of SubjectKinds.
	Subject string
	// Title is the name of the rule for people.
	Title string
	// Basis is the article that the rule rests on.
	Basis string
	// ApprovedBy is who put the thresholds in force.
	ApprovedBy string
	// EffectiveFrom is the first day of effect. A month is judged by a version that
	// was in effect on its first day.
	EffectiveFrom calendar.Date
	// Period is ByMonth or ByDay.
	Period string
	// Window is the number of consecutive periods that are looked at.
	Window int
	// MinValid is the least number of days of the window that must be known; it is
	// Window for monthly rules.
	MinValid int
	// Needs are the facts that the rule reads, by name.
	Needs []Need
	// Parameters are the thresholds, by name.
	Parameters []Parameter
	// When is the text of the condition, and Require the texts of what is required of
	// the data of a period, for reports that print the rule.
	When    string
	Require []string
	// Exempt are the kinds of exemption that the rule honours, in its order.
	Exempt []string
	// Severity is info, warning or critical.
	Severity string
	// Proposal is what a fail proposes: downsize, reclaim, consolidate, shrink or
	// keep; empty if the finding is evidence only.
	Proposal string
	// File and Line tell where the rule was read.
	File string
	Line int

	absent  string
	gates   []gate
	cond    condition
	exempts []exempt
	states  map[int]string
	reasons map[string]template
}

// Need is a fact that a rule reads.
type Need struct {
	Name  string // the name under which Period.Facts holds it
	Title string // its name for people
}

// Parameter is a named threshold.
type Parameter struct {
	Name  string
	Title string
	Value float64
	// Unit is ratio (0 to 1), months, days, bytes or count.
	Unit string
}

// gate is a requirement on the data of a period: where it does not hold, the
// period is unknown, whatever its other facts are.
type gate struct {
	when      condition
	otherwise template
}

// exempt is a kind of exemption that the rule honours. One with a condition is
// granted by the facts of the last period; the others by approval.
type exempt struct {
	kind     string
	computed bool
	when     condition
	reason   string
	approver string
}

// Keys of the sentences of a rule.
const (
	reasonFail     = "fail"     // the rule is broken
	reasonPass     = "pass"     // the condition was not met
	reasonChain    = "chain"    // met in the last months, but not in all of the window
	reasonBroken   = "broken"   // met in the last months, unknown in one before
	reasonUnknown  = "unknown"  // the data do not suffice
	reasonExempted = "exempted" // an exemption lifts a fail
)
