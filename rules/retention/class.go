package retention

import (
	"cmp"
	"slices"

	"github.com/yunjian-io/yunjian/rules/calendar"
)

// Class is a kind of log that the registry can require of a system.
type Class string

// The classes of the default mandatory set and of sites.
const (
	OSAuth            Class = "os-auth"
	OSSystem          Class = "os-system"
	OSLogin           Class = "os-login"
	OSAudit           Class = "os-audit"
	OSCron            Class = "os-cron"
	PrivilegedOp      Class = "priv-op"
	WebAccess         Class = "web-access"
	WebError          Class = "web-error"
	AppRun            Class = "app-run"
	AppOperation      Class = "app-operation"
	DBAudit           Class = "db-audit"
	Middleware        Class = "middleware"
	ContainerStdout   Class = "container-stdout"
	CloudControlPlane Class = "cloud-control-plane"
	SecurityDevice    Class = "security-device"
)

// Classes returns all classes in the order of the reports.
func Classes() []Class {
	return []Class{
		OSAuth, OSSystem, OSLogin, OSAudit, OSCron, PrivilegedOp, WebAccess, WebError, AppRun, AppOperation,
		DBAudit, Middleware, ContainerStdout, CloudControlPlane, SecurityDevice,
	}
}

// Requirement is an entry of the registry of log sources (Art. 29): a system, or one
// host of it, has to keep a class.
type Requirement struct {
	System string
	// Host is the instance that has to keep the log; empty if any host of the system may.
	Host  string
	Class Class
	// Stream narrows the requirement to one stream of the class; empty for any.
	Stream string
	Party  Party
	// Declared says that a source was registered for it. Without one the declaration
	// is missing, with one only its evidence.
	Declared bool
}

// met reports whether a decision speaks about what r requires.
func (r Requirement) met(d Decision) bool {
	s := d.Source
	return s.System == r.System && s.Class == r.Class && (r.Host == "" || s.Host == r.Host) && (r.Stream == "" || s.Stream == r.Stream)
}

// Missing returns a finding for every requirement about which no decision speaks: a
// log that nobody declared or reported is never taken for kept.
func Missing(required []Requirement, have []Decision, today calendar.Date, period Period) []Decision {
	var found []Decision
	for _, r := range required {
		if slices.ContainsFunc(have, r.met) {
			continue
		}
		code, action := NotDeclared, ActionDeclare
		if r.Declared {
			code, action = NotReported, ActionAgent
		}
		from := period.RequiredFrom(today)
		found = append(found, Decision{
			Source:  Identity{Host: r.Host, System: r.System, Class: r.Class, Stream: r.Stream, Party: r.Party},
			Verdict: Unknown, Code: code, Period: period.normal(), Today: today, RequiredFrom: from, Obligation: from,
			Mandatory: true, Reasons: []Reason{{Code: code, Detail: string(r.Class)}}, Remedy: Remedy{Action: action},
		})
	}
	return found
}

// Copy is another source of a stream with its own outcome.
type Copy struct {
	Source  Identity
	Verdict Verdict
	Code    Code
}

// Combine merges the copies of each stream, such as those of journald and rsyslog:
// either complete copy satisfies the class, so the best decides and names the others.
// A source without a stream has no copies. The order of first appearance is kept.
func Combine(decisions []Decision) []Decision {
	var merged []Decision
	at := make(map[Identity]int)
	for _, d := range decisions {
		key := Identity{Host: d.Source.Host, System: d.Source.System, Class: d.Source.Class, Stream: d.Source.Stream}
		i, seen := at[key]
		switch {
		case d.Source.Stream == "":
			merged = append(merged, d)
		case !seen:
			at[key] = len(merged)
			merged = append(merged, d)
		default:
			merged[i] = merge(merged[i], d)
		}
	}
	return merged
}

func merge(a, b Decision) Decision {
	mandatory := a.Mandatory || b.Mandatory
	if severity(b) < severity(a) {
		a, b = b, a
	}
	a.Copies = slices.Concat(a.Copies, b.Copies, []Copy{{Source: b.Source, Verdict: b.Verdict, Code: b.Code}})
	a.Mandatory = mandatory
	return a
}

// severity orders decisions for combining copies. A copy that is out of scope does
// not stand in for one that is not.
func severity(d Decision) int {
	v := d.Verdict
	if v == OutOfScope {
		v = Violated + 1
	}
	return int(v)*1000 + 999 - d.Code.rank()
}

// Worst returns the decision that stands for a host: the worst of its mandatory
// sources after their copies are combined, and false if it has none. Sources out of
// scope count only if there are no others.
func Worst(decisions []Decision) (Decision, bool) {
	var mandatory []Decision
	for _, d := range Combine(decisions) {
		if d.Mandatory {
			mandatory = append(mandatory, d)
		}
	}
	if len(mandatory) == 0 {
		return Decision{}, false
	}
	return slices.MaxFunc(mandatory, func(a, b Decision) int {
		return cmp.Or(
			cmp.Compare(a.Verdict, b.Verdict),
			cmp.Compare(b.Code.rank(), a.Code.rank()),
			b.AtRiskDate.Compare(a.AtRiskDate),
			cmp.Compare(a.ShortDays, b.ShortDays),
		)
	}), true
}
