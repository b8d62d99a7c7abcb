package inventory

import "github.com/yunjian-io/yunjian/rules/calendar"

// Kind names a table of the inventory.
type Kind string

// The tables.
const (
	Platforms  Kind = "platforms"
	Providers  Kind = "providers"
	Units      Kind = "units"
	Systems    Kind = "systems"
	Hosts      Kind = "hosts"
	Volumes    Kind = "volumes"
	Flavors    Kind = "flavors"
	Exemptions Kind = "exemptions"
	Prices     Kind = "prices"
	LogSources Kind = "log_sources"
)

// Platform is one cloud platform (Art. 3).
type Platform struct {
	ID   string
	Name string
	// Kind is supervision, provider, integration or dr.
	Kind string
	// Provider is the id of who runs it; always given for kind provider.
	Provider string
}

// Provider is a cloud service provider, who reports for its platforms (Art. 30).
type Provider struct {
	ID   string
	Name string
}

// Unit is a using unit, which receives its own slice of every report.
type Unit struct {
	// Code is the unified social credit code (GB 32100-2015, check character
	// verified), or an internal code that begins with N-.
	Code string
	Name string
}

// System is an information system, which Art. 23 judges.
type System struct {
	ID       string
	Name     string
	Unit     string // code of the using unit
	Platform string // id of the platform
	// Level is the grade of classified protection (dengbao), 1 to 4; 0 if not given.
	Level int
	// Cutover is the day it went live, from which Art. 20 and 21 count; zero if not given.
	Cutover calendar.Date
	// Status is trial, running, transition (Art. 24) or retired.
	Status string
}

// Host is a cloud host as it is allocated from one day on. A host that changes has
// one row for each change.
type Host struct {
	// ID is the instance id of the platform.
	ID       string
	System   string // id of the information system
	Platform string // id of the platform
	Provider string // id of the provider; that of the platform if the row has none
	Flavor   string // id of the flavour; empty if the sizes are given alone
	// VCPU, MemoryGiB and DiskGiB are the allocated sizes; those of the flavour if the
	// row has none. DiskGiB is zero if not given.
	VCPU      int
	MemoryGiB float64
	DiskGiB   float64
	// InService is the day of delivery; zero if not given.
	InService calendar.Date
	// EffectiveFrom is the first day on which this row holds.
	EffectiveFrom calendar.Date
	// State is in_service or released.
	State string
	// Owner is provider or unit (Art. 5).
	Owner string
	// MachineID and Instance are other names under which agents and foreign senders
	// may report the host. Machine ids are cloned with images and may repeat.
	MachineID string
	Instance  string
	// Standby says that the host waits for a disaster (Art. 25).
	Standby bool
}

// Volume is a cloud disk as it is from one day on. A disk that is attached, detached,
// enlarged or given back has one row for each change.
type Volume struct {
	// ID is the id of the disk on the platform. No host of the provider has the same, so
	// that provider and id name one thing.
	ID       string
	System   string // id of the information system
	Platform string // id of the platform
	Provider string // id of the provider; that of the platform if the row has none
	SizeGiB  int
	// Host is the instance id of the host that it is attached to; empty for a disk that is
	// not attached. DiskGiB of that host counts the disk already.
	Host string
	// EffectiveFrom is the first day on which this row holds.
	EffectiveFrom calendar.Date
	// State is in_service or released.
	State string
}

// Flavor is a size that the service catalogue offers.
type Flavor struct {
	ID        string
	VCPU      int
	MemoryGiB float64
	// PriceYuanMonth is the price in yuan a month; nil if not given.
	PriceYuanMonth *float64
	Family         string
}

// Exemption is an approved exception from being judged.
type Exemption struct {
	SubjectKind string // information_system, host or volume
	Subject     string // id of the system, host or disk
	// Kind is grace, standby, annual_peak, major_event, review_keep or exit_transition.
	Kind     string
	Reason   string
	Approver string
	Expires  calendar.Date // the last day on which it holds
}

// Price is what one unit of a resource costs.
type Price struct {
	Provider string // id of the provider
	// Resource is vcpu, memory_gib or disk_gib.
	Resource      string
	YuanMonth     float64 // yuan a month for one vCPU or one GiB
	EffectiveFrom calendar.Date
}

// LogSource is a log that has to be kept (Art. 29).
type LogSource struct {
	// SubjectKind is information_system, host, or default for every host.
	SubjectKind string
	Subject     string // id of the system or host; empty for default
	// Level and Status narrow a default to systems of at least a grade of classified
	// protection, and of a status; 0 and empty for any.
	Level  int
	Status string
	// Class is the class of the log, such as os-auth, and Stream one stream of it, empty
	// for any.
	Class  string
	Stream string
	// Party has to keep it (Art. 12): unit or provider; empty for the owner of the host.
	Party string
	// CentralStore names the store that has to hold it; empty if not given.
	CentralStore string
	Expires      calendar.Date // the last day on which it is required; zero for no end
}

// Batch holds the rows of one file, or all that is known already.
type Batch struct {
	Platforms  []Platform
	Providers  []Provider
	Units      []Unit
	Systems    []System
	Hosts      []Host
	Volumes    []Volume
	Flavors    []Flavor
	Exemptions []Exemption
	Prices     []Price
	LogSources []LogSource
}

// Len returns the number of rows.
func (b Batch) Len() int {
	return len(b.Platforms) + len(b.Providers) + len(b.Units) + len(b.Systems) +
		len(b.Hosts) + len(b.Volumes) + len(b.Flavors) + len(b.Exemptions) + len(b.Prices) + len(b.LogSources)
}
