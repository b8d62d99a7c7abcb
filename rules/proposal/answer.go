package proposal

import (
	"fmt"
	"strings"

	"github.com/yunjian-io/yunjian/rules/calendar"
	"github.com/yunjian-io/yunjian/rules/rightsize"
)

// Answer is what a unit says to one item (C4).
type Answer string

// The answers.
const (
	Agree    Answer = "agree"
	Partly   Answer = "partly"
	Disagree Answer = "disagree"
)

// Why is the reason of a unit that disagrees (C4).
type Why string

// The reasons. Other has to be explained in a note.
const (
	BusinessPeak     Why = "business_peak"
	GuaranteeTask    Why = "guarantee_task"
	DisasterRecovery Why = "disaster_recovery"
	ExpansionPlanned Why = "expansion_planned"
	ShutdownPlanned  Why = "shutdown_planned"
	OtherReason      Why = "other"
)

// Reply is the unit's answer to some or all items.
type Reply struct {
	Items []ItemReply `json:"items"`
	// Note is for the proposal as a whole.
	Note string `json:"note,omitempty"`
}

// ItemReply is the answer to one item.
type ItemReply struct {
	// Host is provider/host_id.
	Host   string `json:"host"`
	Answer Answer `json:"answer"`
	// Target is the size that a unit that agrees partly would accept.
	Target *rightsize.Size `json:"target,omitempty"`
	Why    Why             `json:"reason,omitempty"`
	// Evidence names what supports it; Planned is the day the unit proposes, Contact who
	// is in charge.
	Evidence string        `json:"evidence,omitempty"`
	Planned  calendar.Date `json:"planned,omitzero"`
	Contact  string        `json:"contact,omitempty"`
	Note     string        `json:"note,omitempty"`
}

func (r ItemReply) check(item Item) error {
	switch r.Answer {
	case Agree:
		if r.Target != nil || r.Why != "" {
			return fmt.Errorf("%s: agree takes neither target nor reason", r.Host)
		}
	case Partly:
		if r.Target == nil {
			return fmt.Errorf("%s: partly needs the target that the unit would accept", r.Host)
		}
		if err := item.smaller(*r.Target); err != nil {
			return fmt.Errorf("%s: target: %w", r.Host, err)
		}
	case Disagree:
		switch r.Why {
		case BusinessPeak, GuaranteeTask, DisasterRecovery, ExpansionPlanned, ShutdownPlanned:
		case OtherReason:
			if strings.TrimSpace(r.Note) == "" {
				return fmt.Errorf("%s: reason other needs a note", r.Host)
			}
		default:
			return fmt.Errorf("%s: disagree with reason %q: want business_peak, guarantee_task, disaster_recovery, expansion_planned, shutdown_planned or other", r.Host, r.Why)
		}
	default:
		return fmt.Errorf("%s: answer %q: want agree, partly or disagree", r.Host, r.Answer)
	}
	return nil
}

// smaller holds that a target is one for the item, and smaller than what it has.
func (i Item) smaller(target rightsize.Size) error {
	if i.IsVolume() && (target.VCPU != 0 || target.MemoryMiB != 0) {
		return fmt.Errorf("%v is no size of a disk: give disk_gib alone", target)
	}
	return smaller(target, i.Current)
}

// smaller holds that a target is a size, exceeds the current one nowhere and lies below
// it somewhere.
func smaller(target, current rightsize.Size) error {
	parts := [...][2]float64{{target.VCPU, current.VCPU}, {target.MemoryMiB, current.MemoryMiB}, {target.DiskGiB, current.DiskGiB}}
	below := false
	for i, p := range parts {
		t, c := p[0], p[1]
		switch {
		case !(t >= 0) || t > 1e9 || i < 2 && t == 0 && c > 0:
			return fmt.Errorf("%v is no size: give vcpu and memory_mib above zero", target)
		case c > 0 && t > c:
			return fmt.Errorf("%v is larger than the present size %v", target, current)
		}
		below = below || t > 0 && t < c
	}
	if !below {
		return fmt.Errorf("%v is not smaller than the present size %v", target, current)
	}
	return nil
}

// Decision is what a review concludes about one item (C5).
type Decision string

// The decisions. Defer postpones; another review has to follow.
const (
	DecideDownsize Decision = "downsize"
	DecideReclaim  Decision = "reclaim"
	DecideAdjusted Decision = "adjusted"
	DecideKeep     Decision = "keep"
	DecideDefer    Decision = "defer"
)

// Implementable reports whether the decision asks for a change.
func (d Decision) Implementable() bool {
	return d == DecideDownsize || d == DecideReclaim || d == DecideAdjusted
}

// Review is C5.
type Review struct {
	No string `json:"no,omitempty"`
	// Mode is meeting or letter.
	Mode    string   `json:"mode,omitempty"`
	Experts []Expert `json:"experts,omitempty"`
	// UnitRep, ProviderRep and SupervisorRep are the representatives who took part.
	UnitRep       string       `json:"unit_rep,omitempty"`
	ProviderRep   string       `json:"provider_rep,omitempty"`
	SupervisorRep string       `json:"supervisor_rep,omitempty"`
	Items         []ItemReview `json:"items"`
	Conclusion    string       `json:"conclusion,omitempty"`
	// Approval of the office, where its opinion stands on the form already; the
	// proposal is then decided at once.
	Approval *Decide `json:"approval,omitempty"`
}

// Expert is one member of the review.
type Expert struct {
	Name    string `json:"name"`
	Org     string `json:"org,omitempty"`
	Title   string `json:"title,omitempty"`
	Opinion string `json:"opinion,omitempty"`
}

// ItemReview is the conclusion about one item.
type ItemReview struct {
	Host     string   `json:"host"`
	Decision Decision `json:"decision"`
	// FinalTarget of a downsize is the proposed one if it is not given; adjusted has to
	// give it.
	FinalTarget *rightsize.Size `json:"final_target,omitempty"`
	// ImplementBy is the day that was agreed; the deadline of Art. 22 runs beside it.
	ImplementBy calendar.Date `json:"implement_by,omitzero"`
	Conditions  string        `json:"conditions,omitempty"`
	// ExemptionUntil is the last day on which a keep is not judged again.
	ExemptionUntil calendar.Date `json:"exemption_until,omitzero"`
	Opinion        string        `json:"opinion,omitempty"`
}

func (r ItemReview) check(item Item, day calendar.Date) error {
	if (r.Decision == DecideKeep) != !r.ExemptionUntil.IsZero() {
		return fmt.Errorf("%s: exemption_until belongs to keep, and keep needs it", r.Host)
	}
	switch r.Decision {
	case DecideDownsize, DecideAdjusted:
		if item.Action == rightsize.Reclaim && r.Decision == DecideDownsize && r.FinalTarget == nil {
			return fmt.Errorf("%s: a reclaim was proposed: downsize needs a final_target", r.Host)
		}
		if r.Decision == DecideAdjusted && r.FinalTarget == nil {
			return fmt.Errorf("%s: adjusted needs a final_target", r.Host)
		}
		if err := item.smaller(r.target(item)); err != nil {
			return fmt.Errorf("%s: final_target: %w", r.Host, err)
		}
	case DecideReclaim, DecideKeep, DecideDefer:
		if r.FinalTarget != nil {
			return fmt.Errorf("%s: %s takes no final_target", r.Host, r.Decision)
		}
		if r.Decision == DecideKeep && !r.ExemptionUntil.After(day) {
			return fmt.Errorf("%s: exemption_until %s is not after the review on %s", r.Host, r.ExemptionUntil, day)
		}
	default:
		return fmt.Errorf("%s: decision %q: want downsize, reclaim, adjusted, keep or defer", r.Host, r.Decision)
	}
	return nil
}

// target is the size that the decision ends in; zero for a reclaim.
func (r ItemReview) target(item Item) rightsize.Size {
	switch {
	case r.FinalTarget != nil:
		return *r.FinalTarget
	case r.Decision == DecideDownsize:
		return item.Target
	case r.Decision == DecideReclaim:
		return rightsize.Size{}
	}
	return item.Current
}
