package rightsize

import (
	"github.com/yunjian-io/yunjian/rules/calendar"
)

// Slots: values are means of five minutes, on the clock of Shanghai.
const (
	SlotSeconds = 300
	SlotsPerDay = 24 * 3600 / SlotSeconds
)

// Size is what a host has, or is to get. A zero part is not known.
type Size struct {
	VCPU      float64 `json:"vcpu"`
	MemoryMiB float64 `json:"memory_mib"`
	DiskGiB   float64 `json:"disk_gib,omitempty"`
}

// History is what is known of the demand of one host before the instant of a decision,
// which is the end of the last slot. Slot i begins i×5 minutes after midnight of From.
// NaN is a slot without a value: not measured, or switched off.
type History struct {
	// From is the day of the first slot.
	From calendar.Date
	// CPU is the mean demand of each slot in cores.
	CPU []float64
	// Peak is the highest demand inside each slot in cores; nil where it was not measured.
	Peak []float64
	// Memory is the used memory of each slot in MiB: MemTotal less MemAvailable of the
	// guest, or what the hypervisor calls active.
	Memory []float64
	// Off marks the slots in which the host is known to have been off; nil for none.
	Off []bool
	// Size is what the host has at the instant of the decision.
	Size Size
	// Since is the day from which it has had this size; zero for longer than the history.
	Since calendar.Date
}

// Days is the number of whole days in the history.
func (h *History) Days() int { return len(h.CPU) / SlotsPerDay }

// Need is what a policy asks for, before it is rounded up to a flavour: cores and MiB.
// NaN is a resource of which the policy says nothing: it stays as it is.
type Need struct {
	CPU    float64
	Memory float64
}

// Policy is a published rule that turns a history into a need. It reports false where
// the rule gives no recommendation, for want of data.
type Policy struct {
	// Name identifies the policy in rule files, tables and JSON.
	Name string
	// Title says whose rule it is, with its parameters.
	Title string
	// Need computes what the rule asks for.
	Need func(*History) (Need, bool)
}
