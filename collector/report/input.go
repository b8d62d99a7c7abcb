package report

import (
	"time"

	"github.com/yunjian-io/yunjian/collector/records"
	"github.com/yunjian-io/yunjian/rules/calendar"
	"github.com/yunjian-io/yunjian/rules/rightsize"
)

// Input is all that a report is made of, in the shape in which the store answers.
// Slices are in the order of their identifiers.
type Input struct {
	// Period is the month; Open says that it was not over when it was judged, and
	// Through is the end of the time that was counted.
	Period  calendar.Month `json:"period"`
	Open    bool           `json:"open"`
	Through time.Time      `json:"through"`
	// JudgedAt is when the month was judged: the date of the report, which has no clock.
	JudgedAt time.Time `json:"judged_at"`
	// JudgedBy is the version of the program that judged.
	JudgedBy string `json:"judged_by"`
	// Program is the version of the program that writes the report.
	Program string `json:"program"`
	// Version is the number of the issue of this report, 1 for the first.
	Version  int   `json:"version"`
	Provider Party `json:"provider"`
	// Unit is the code of the using unit whose rows alone are there, and Place where it stands
	// among all; see Extract. Empty: all.
	Unit      string     `json:"unit,omitempty"`
	Place     *Place     `json:"place,omitempty"`
	Platforms []Platform `json:"platforms"`
	Units     []Party    `json:"units"`
	Systems   []Entry    `json:"systems"`
	Rules     []Rule     `json:"rules"`
	// Facts are those of the month; Before and YearBefore those of the month before
	// and of the same month a year ago, nil where nothing is known of them.
	Facts      Facts     `json:"facts"`
	Before     *Facts    `json:"before"`
	YearBefore *Facts    `json:"year_before"`
	Storage    []Storage `json:"storage"`
	Senders    []Sender  `json:"senders"`
	Findings   []Finding `json:"findings"`
	// Volumes are the cloud disks without a host; nil where the inventory has no disk of the
	// provider. DiskYuan is what a GiB of disk costs a month, nil without a price.
	Volumes  []Volume `json:"volumes"`
	DiskYuan *float64 `json:"disk_yuan_gib_month"`
	// Recommendations are those for hosts of systems that were judged low and for hosts to be
	// reclaimed; Proceedings the proposals of Art. 23 up to the month, as of when it was judged.
	Recommendations []rightsize.Recommendation `json:"recommendations"`
	Proceedings     []Proceeding               `json:"proceedings"`
	// Logs are the verdicts on logs, and Records what was imported about operation.
	Logs    LogInput    `json:"logs"`
	Records records.Set `json:"records"`
	// Allocations are those of the hosts of the provider from eleven months before the period up to
	// Through, by host and time.
	Allocations []Allocation `json:"allocations"`
	// Calendar works deadlines out; its effect is in the orders, which the batch names.
	Calendar calendar.Calendar `json:"-"`
	// Workdays of the month, of which EstimatedDays rest on no published notice.
	Workdays      int `json:"workdays"`
	EstimatedDays int `json:"estimated_days"`
	// ClockLimit is how far a host's clock may be off before it is counted in A0.
	ClockLimit time.Duration `json:"clock_limit_nanoseconds"`
	// CoverageGate is the F1 below which an object is not judged.
	CoverageGate float64 `json:"coverage_gate"`
}

// Party is a provider or a using unit.
type Party struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Platform is one platform of the provider (Art. 3).
type Platform struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Kind string `json:"kind"` // supervision, provider, integration or dr
}

// Entry is what the inventory says of an information system.
type Entry struct {
	ID      string        `json:"id"`
	Name    string        `json:"name"`
	Unit    string        `json:"unit"`    // code of the using unit
	Level   int           `json:"level"`   // of classified protection; 0 if not given
	Cutover calendar.Date `json:"cutover"` // zero if not given
	Status  string        `json:"status"`  // trial, running, transition or retired
	// Shared says that other providers have hosts of it too: the rules judge all of
	// them together, the report shows those of its provider.
	Shared bool `json:"shared"`
}

// Facts are the figures of one month.
type Facts struct {
	Hosts []HostFacts `json:"hosts"`
	// Systems, Units and Provider hold the facts of the summed series (F3–F5), by id.
	Systems  map[string]map[string]float64 `json:"systems"`
	Units    map[string]map[string]float64 `json:"units"`
	Provider map[string]float64            `json:"provider"`
	Observed map[string]Observed           `json:"observed"` // by system
}

// HostFacts are the facts of a host that was allocated in the month.
type HostFacts struct {
	ID        string `json:"id"`
	System    string `json:"system"`
	VCPU      uint32 `json:"vcpu"`
	MemoryMiB uint64 `json:"memory_mib"`
	DiskGiB   uint64 `json:"disk_gib"` // 0 if not given
	Standby   bool   `json:"standby"`
	// AtEnd says that it was allocated at the end of the period.
	AtEnd            bool               `json:"at_end"`
	AllocatedSeconds uint64             `json:"allocated_seconds"`
	ObservedSeconds  uint64             `json:"observed_seconds"`
	OffSeconds       uint64             `json:"off_seconds"` // known to be off
	Facts            map[string]float64 `json:"facts"`
}

// Observed are the seconds of a system's hosts, for F1.
type Observed struct {
	Allocated uint64 `json:"allocated"`
	Observed  uint64 `json:"observed"`
	Off       uint64 `json:"off"`
	Hosts     int    `json:"hosts"` // allocated in the month, also those released in it
}

// Storage is the first and the last known use of a host's storage.
type Storage struct {
	Host     string    `json:"host"`
	FirstAt  time.Time `json:"first_at"`
	LastAt   time.Time `json:"last_at"`
	FirstMiB int64     `json:"first_mib"`
	LastMiB  int64     `json:"last_mib"`
}

// Sender is a host that reported under the provider's token.
type Sender struct {
	Host            string    `json:"host"`
	ObservedSeconds uint64    `json:"observed_seconds"`
	FirstAt         time.Time `json:"first_at"`
	LastAt          time.Time `json:"last_at"`
	// ClockOffset is the farthest from zero, without sign; nil where never told.
	ClockOffset *time.Duration `json:"clock_offset_nanoseconds"`
	// Allocated says that the inventory has the host in service.
	Allocated bool `json:"allocated"`
	// Changed says that values came after the month was judged, which are in no figure.
	Changed bool `json:"changed_since_judged"`
}

// Rule is a rule by which the month was judged, as its file says.
type Rule struct {
	ID            string        `json:"id"`
	Version       int           `json:"version"`
	Hash          string        `json:"hash"`
	Subject       string        `json:"subject"`
	Title         string        `json:"title"`
	Basis         string        `json:"basis"`
	ApprovedBy    string        `json:"approved_by"`
	EffectiveFrom calendar.Date `json:"effective_from"`
	Period        string        `json:"period_of"` // month or day
	Window        int           `json:"window"`
	MinValid      int           `json:"min_valid"`
	Needs         []Term        `json:"needs"`
	Parameters    []Parameter   `json:"parameters"`
	Require       []string      `json:"require"`
	When          string        `json:"when"`
	Exempt        []string      `json:"exempt"`
	Proposal      string        `json:"proposal"`
}

// Term is a fact that a rule reads, and its name for people.
type Term struct {
	Name  string `json:"name"`
	Title string `json:"title"`
}

// Parameter is a threshold of a rule.
type Parameter struct {
	Name  string  `json:"name"`
	Title string  `json:"title"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit"` // ratio, months, days, bytes or count
}

// Finding is what a rule found of a subject.
type Finding struct {
	Rule    string `json:"rule"`
	Kind    string `json:"subject_kind"` // information_system, host or volume
	Subject string `json:"subject"`      // id of the system, or of the host or disk without its provider
	Verdict string `json:"verdict"`      // pass, fail or unknown
	State   string `json:"state"`
	Met     int    `json:"periods_met"`
	Window  int    `json:"window"`
	// Missing are the names of the facts that were not there.
	Missing   []string   `json:"missing"`
	Reason    string     `json:"reason"`
	Exemption *Exemption `json:"exemption"`
	Proposal  string     `json:"proposal"`
	Periods   []Period   `json:"periods"` // of systems and disks
}

// Exemption is the one that lifted a finding.
type Exemption struct {
	Kind     string        `json:"kind"`
	Reason   string        `json:"reason"`
	Approver string        `json:"approver"`
	Expires  calendar.Date `json:"expires"`
}

// Period is one period that a rule looked at, with the facts it saw.
type Period struct {
	Start calendar.Date      `json:"start"`
	Facts map[string]float64 `json:"facts"`
}

// Names of kinds, verdicts and actions as rules and store write them.
const (
	kindSystem       = "information_system"
	kindHost         = "host"
	kindVolume       = "volume"
	verdictFail      = "fail"
	verdictUnknown   = "unknown"
	stateExempted    = "exempted"
	stateCandidate   = "candidate"
	stateWarned      = "warned"
	proposalReclaim  = "reclaim"
	periodDay        = "day"
	factCPUP95       = "cpu_p95"
	factMemoryP95    = "memory_p95"
	factCoverage     = "coverage"
	factStorageRatio = "storage_used_ratio"

	factSize           = "size_gib"
	factDaysUnattached = "days_unattached"
)
