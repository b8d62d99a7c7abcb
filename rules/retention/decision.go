package retention

import (
	"cmp"
	"slices"
	"time"

	"github.com/yunjian-io/yunjian/rules/calendar"
)

// Decision is the verdict on one source with everything that led to it.
type Decision struct {
	Source  Identity
	Verdict Verdict
	// Code is the first reason of a verdict violated or unknown, else empty.
	Code Code
	// Period is the period that was used.
	Period Period
	// Today is the day of the judgement.
	Today calendar.Date
	// RequiredFrom is the earliest day that has to be kept on Today by the period alone.
	RequiredFrom calendar.Date
	// Obligation is the later of RequiredFrom and the day of going into service.
	Obligation calendar.Date
	// LocalStart is the day from which the host itself covers, zero if it has nothing.
	LocalStart calendar.Date
	// ShortDays are the days from Obligation to LocalStart, zero if all is covered with
	// the store.
	ShortDays int
	// Missing are the runs of days that neither place holds, in order.
	Missing []Days
	// Guaranteed is what the policy on the host surely keeps.
	Guaranteed Window
	// FirstDeletion is D*, the first day from Today on which a record that must still be
	// kept is removed by policy; zero if that does not happen within 400 days.
	FirstDeletion calendar.Date
	// DiskFull is D_full, the day on which space ends before the window is reached, or
	// on which the writer suspends itself; zero if neither is in sight.
	DiskFull calendar.Date
	// AtRiskDate is the first of the dates that made the verdict at_risk.
	AtRiskDate calendar.Date
	// AccountableFrom is, for not_yet_accountable, the day on which the first records
	// complete the period.
	AccountableFrom calendar.Date
	// AttestedDays are the days of Obligation to Today that this system itself watched
	// being written; the others are claims of the host.
	AttestedDays int
	// Mandatory says that the verdict counts for the host.
	Mandatory bool
	// Reasons are all that speak against the source, in precedence order.
	Reasons []Reason
	// Notes change no verdict.
	Notes []Reason
	// Remedy is what to change; it is empty if nothing has to be.
	Remedy Remedy
	// Copies are the other sources of the same stream, once Combine has merged them.
	Copies []Copy
}

// Window is a number of days that are surely kept.
type Window struct {
	// Known says that the policy and the rate sufficed for an answer.
	Known bool
	// Endless says that the policy removes nothing; Days is then zero.
	Endless bool
	Days    float64
}

// Days is a run of days, both ends inclusive.
type Days struct{ From, To calendar.Date }

// Reason is one finding. Fields that do not belong to its code are zero.
type Reason struct {
	Code Code
	// From and To bound the time of the finding.
	From, To calendar.Date
	// Count is a number of days, minutes or segments, as the code has it.
	Count int
	// Kind and Path say what was found, and Detail is a word of the evidence, such as
	// the state of the writer or the group that would grant access.
	Kind, Path, Detail string
}

// Remedy is what to change. Changes may be empty: then Action alone says what to do.
type Remedy struct {
	// Action is the key of the text.
	Action Action
	// Changes are the exact settings, such as rotate from 4 to 27.
	Changes []Change
	// Bytes is the space that the window needs at the present rate, 0 if unknown.
	Bytes float64
	// Detail is the group or access list entry to be given, for ActionGrant.
	Detail string
}

// Action is the kind of a remedy and the key of its text.
type Action string

// The actions.
const (
	ActionNone        Action = ""
	ActionPolicy      Action = "change_policy"
	ActionStore       Action = "change_store"
	ActionForward     Action = "forward"
	ActionSpace       Action = "add_space"
	ActionWriter      Action = "start_writer"
	ActionInvestigate Action = "investigate"
	ActionRestore     Action = "restore"
	ActionAgent       Action = "repair_agent"
	ActionClock       Action = "repair_clock"
	ActionGrant       Action = "grant_access"
	ActionFormat      Action = "declare_format"
	ActionQuery       Action = "query_store"
	ActionPolicyRead  Action = "explain_policy"
	ActionInventory   Action = "complete_inventory"
	ActionCanary      Action = "enable_canary"
	ActionDeclare     Action = "declare_source"
	ActionShipper     Action = "repair_shipper"
)

// Name returns the verdict with its code, such as violated.short_coverage.
func (d Decision) Name() string {
	if d.Code == "" {
		return d.Verdict.String()
	}
	return d.Verdict.String() + "." + string(d.Code)
}

// sortReasons puts the reasons into precedence order and then by time.
func sortReasons(reasons []Reason) {
	slices.SortStableFunc(reasons, func(a, b Reason) int {
		return cmp.Or(cmp.Compare(a.Code.rank(), b.Code.rank()), a.From.Compare(b.From))
	})
}

// interval is a half-open stretch of time.
type interval struct{ from, to time.Time }

// without returns the parts of i outside all others, which need no order.
func (i interval) without(others []interval) []interval {
	sorted := slices.Clone(others)
	slices.SortFunc(sorted, func(a, b interval) int { return a.from.Compare(b.from) })
	var left []interval
	for _, o := range sorted {
		if !o.to.After(i.from) || !o.from.Before(i.to) {
			continue
		}
		if o.from.After(i.from) {
			left = append(left, interval{i.from, o.from})
		}
		i.from = o.to
		if !i.from.Before(i.to) {
			return left
		}
	}
	if i.from.Before(i.to) {
		left = append(left, i)
	}
	return left
}
