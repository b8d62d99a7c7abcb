package proposal

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/yunjian-io/yunjian/rules/calendar"
	"github.com/yunjian-io/yunjian/rules/rightsize"
)

// State is how far a proposal has come (reports.md part C).
type State string

// The states. Overdue is noticed with a deadline that has passed without a full reply.
const (
	Observing   State = "observing"
	Candidate   State = "candidate"
	Warned      State = "warned"
	Judged      State = "judged"
	Noticed     State = "noticed"
	Replied     State = "replied"
	Overdue     State = "overdue"
	Reviewed    State = "reviewed"
	Decided     State = "decided"
	Implemented State = "implemented"
	Verified    State = "verified"
	Closed      State = "closed"
	Exempted    State = "exempted"
	Disputed    State = "disputed"
)

// Kind names what an event is.
type Kind string

// The kinds of events.
const (
	KindFound     Kind = "found"     // the rules judged the system in a month
	KindNotice    Kind = "notice"    // the using unit was told (C1)
	KindReply     Kind = "reply"     // it answered, item by item (C4)
	KindReview    Kind = "review"    // experts and unit reviewed (C5)
	KindDecide    Kind = "decide"    // the office approved the review's conclusions
	KindImplement Kind = "implement" // the provider recorded a change (C6)
	KindVerify    Kind = "verify"    // the change was measured after the period (C7)
	KindClose     Kind = "close"     // the proposal is filed
	KindExempt    Kind = "exempt"    // the system is exempted before a decision
	KindDispute   Kind = "dispute"   // a party objects; a new review follows
	KindGuard     Kind = "guard"     // demand after the change showed the risk
	KindRestore   Kind = "restore"   // the provider recorded that a host was enlarged again
)

// Kinds returns all kinds in the order of the workflow.
func Kinds() []Kind {
	return []Kind{
		KindFound, KindNotice, KindReply, KindReview, KindDecide, KindImplement, KindVerify, KindClose, KindExempt, KindDispute, KindGuard, KindRestore,
	}
}

// Role is on whose behalf somebody acts.
type Role string

// The roles (reports.md 0.1). System is this software, for what it computes.
const (
	Office     Role = "office"
	Supervisor Role = "supervisor"
	Provider   Role = "provider"
	Unit       Role = "unit"
	System     Role = "system"
)

// May returns the roles that may write an event of the kind; none for an unknown kind.
func (k Kind) May() []Role {
	switch k {
	case KindFound, KindGuard:
		return []Role{System}
	case KindNotice, KindReview, KindVerify, KindClose:
		return []Role{Supervisor, Office}
	case KindReply:
		return []Role{Unit, Supervisor, Office}
	case KindDecide, KindExempt:
		return []Role{Office}
	case KindImplement, KindRestore:
		return []Role{Provider, Supervisor, Office}
	case KindDispute:
		return []Role{Unit, Provider, Supervisor, Office}
	}
	return nil
}

// Event is one step, as it is kept. The field that its kind names is set, and no other.
type Event struct {
	Kind Kind `json:"kind"`
	// At is when it happened; it may be recorded later.
	At time.Time `json:"at"`
	// By is the person, Role on whose behalf.
	By   string `json:"by"`
	Role Role   `json:"role"`
	Data
}

// Data is what an event says.
type Data struct {
	Found     *Found     `json:"found,omitempty"`
	Notice    *Notice    `json:"notice,omitempty"`
	Reply     *Reply     `json:"reply,omitempty"`
	Review    *Review    `json:"review,omitempty"`
	Decide    *Decide    `json:"decide,omitempty"`
	Implement *Implement `json:"implement,omitempty"`
	Verify    *Verify    `json:"verify,omitempty"`
	Close     *Close     `json:"close,omitempty"`
	Exempt    *Exempt    `json:"exempt,omitempty"`
	Dispute   *Dispute   `json:"dispute,omitempty"`
	Guard     *Guard     `json:"guard,omitempty"`
	Restore   *Restore   `json:"restore,omitempty"`
}

// kinds returns the kinds whose field is set.
func (d Data) kinds() (out []Kind) {
	for _, f := range []struct {
		kind Kind
		set  bool
	}{
		{KindFound, d.Found != nil},
		{KindNotice, d.Notice != nil},
		{KindReply, d.Reply != nil},
		{KindReview, d.Review != nil},
		{KindDecide, d.Decide != nil},
		{KindImplement, d.Implement != nil},
		{KindVerify, d.Verify != nil},
		{KindClose, d.Close != nil},
		{KindExempt, d.Exempt != nil},
		{KindDispute, d.Dispute != nil},
		{KindGuard, d.Guard != nil},
		{KindRestore, d.Restore != nil},
	} {
		if f.set {
			out = append(out, f.kind)
		}
	}
	return out
}

// Found is what a run of judging says about the system in a month.
type Found struct {
	// Run is the run of judging; it does not belong to the content.
	Run   uint64         `json:"run"`
	Month calendar.Month `json:"month"`
	// State is that of the rule, such as candidate, warned or judged.
	State    string    `json:"state"`
	Findings []Finding `json:"findings"`
	// Items are the recommendations for the hosts of the system, for a judged one.
	Items []rightsize.Recommendation `json:"items,omitempty"`
}

// Finding is one finding behind a proposal.
type Finding struct {
	RuleID      string `json:"rule_id"`
	RuleVersion int    `json:"rule_version"`
	Subject     string `json:"subject"`
	State       string `json:"state"`
	PeriodsMet  int    `json:"periods_met"`
	Reason      string `json:"reason"`
}

// Notice is C1.
type Notice struct {
	// No is the sender's own number of the notice.
	No string `json:"no,omitempty"`
	// Contact is whom the unit may ask.
	Contact string `json:"contact,omitempty"`
	Note    string `json:"note,omitempty"`
}

// Decide is the office's approval of the conclusions of a review.
type Decide struct {
	// No is the number of the approval.
	No      string `json:"no,omitempty"`
	Opinion string `json:"opinion,omitempty"`
}

// Close files the proposal. Before it is verified, a reason has to be given.
type Close struct {
	Reason string `json:"reason,omitempty"`
}

// Exempt ends the proposal with an exemption (reports.md 0.4).
type Exempt struct {
	// Kind as in the rule files, such as major_event.
	Kind   string        `json:"kind"`
	Reason string        `json:"reason"`
	Until  calendar.Date `json:"until"`
}

// Dispute is an objection.
type Dispute struct {
	Reason string `json:"reason"`
}

// Guard says that the demand of a changed host showed the risk.
type Guard struct {
	Host string `json:"host"`
	// Day is the first day on which it showed.
	Day calendar.Date `json:"day"`
	// Target covers the peak that was seen, and Flavor is its name, if one fits.
	Target  rightsize.Size `json:"target"`
	Flavor  string         `json:"flavor,omitempty"`
	Chinese string         `json:"zh"`
	English string         `json:"en"`
}

// Restore records that a host was enlarged again.
type Restore struct {
	Host  string         `json:"host"`
	After rightsize.Size `json:"after"`
}

// check refuses an event that no state could take.
func (e Event) check() error {
	may := e.Kind.May()
	if may == nil {
		return fmt.Errorf("%q is no kind of event: want one of %s", e.Kind, join(Kinds()))
	}
	if got := e.kinds(); len(got) != 1 || got[0] != e.Kind {
		return fmt.Errorf("%s: the event has to carry %q and nothing else, and carries %q", e.Kind, e.Kind, join(got))
	}
	if e.At.IsZero() {
		return fmt.Errorf("%s: the time is missing", e.Kind)
	}
	if strings.TrimSpace(e.By) == "" {
		return fmt.Errorf("%s: by is missing: name the person", e.Kind)
	}
	if !slices.Contains(may, e.Role) {
		return fmt.Errorf("%s: role %q may not: it is for %s", e.Kind, e.Role, join(may))
	}
	return nil
}

// content is what two events must share to be the same: everything but who recorded
// it when, and by which run.
func (e Event) content() string {
	d := e.Data
	if d.Found != nil {
		found := *d.Found
		found.Run = 0
		d.Found = &found
	}
	text, err := json.Marshal(d)
	if err != nil {
		// Only a number that JSON cannot hold: such an event equals nothing and is
		// refused when it is stored.
		return fmt.Sprintf("%s %v", e.Kind, err)
	}
	return string(text)
}

// Key is the key under which an event of a proposal is kept: the same content gives the
// same key, unless a dispute has reopened what it is about.
func (p *Proposal) Key(e Event) string {
	h := sha256.New()
	fmt.Fprintf(h, "%s\n%d\n%s\n%s", p.ID, p.rounds(e.Kind), e.Kind, e.content())
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// full writes the hosts of an event as provider/host_id where they are known, so that
// the same thing said in two ways is the same event. e is not changed.
func (p *Proposal) full(e Event) Event {
	name := func(host *string) {
		if i, err := p.item(*host); err == nil {
			*host = p.Items[i].Host
		}
	}
	if e.Reply != nil {
		e.Reply = &Reply{Items: named(e.Reply.Items, func(i *ItemReply) { name(&i.Host) }), Note: e.Reply.Note}
	}
	if e.Review != nil {
		r := *e.Review
		r.Items = named(r.Items, func(i *ItemReview) { name(&i.Host) })
		e.Review = &r
	}
	if e.Implement != nil {
		e.Implement = &Implement{Items: named(e.Implement.Items, func(i *ItemChange) { name(&i.Host) })}
	}
	if e.Verify != nil {
		e.Verify = &Verify{Items: named(e.Verify.Items, func(i *ItemMeasure) { name(&i.Host) }), Note: e.Verify.Note}
	}
	if e.Restore != nil {
		r := *e.Restore
		name(&r.Host)
		e.Restore = &r
	}
	return e
}

// named returns a copy of items, each with its host named in full.
func named[T any](items []T, name func(*T)) []T {
	items = slices.Clone(items)
	for i := range items {
		name(&items[i])
	}
	return items
}

func join[T ~string](list []T) string {
	words := make([]string, len(list))
	for i, w := range list {
		words[i] = string(w)
	}
	return strings.Join(words, ", ")
}
