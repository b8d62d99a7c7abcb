package report

import (
	"time"

	"github.com/yunjian-io/yunjian/rules/calendar"
)

// Month holds every figure of the report of one provider and month.
type Month struct {
	Period   calendar.Month `json:"period"`
	Open     bool           `json:"open"`
	Through  time.Time      `json:"through"`
	JudgedAt time.Time      `json:"judged_at"`
	JudgedBy string         `json:"judged_by"`
	Program  string         `json:"program"`
	Version  int            `json:"version"`
	Batch    string         `json:"data_batch"`
	Provider Party          `json:"provider"`
	// Unit is the using unit whose rows alone are there; empty: all.
	Unit      Party        `json:"unit,omitzero"`
	Platforms []Platform   `json:"platforms"`
	Rules     []Rule       `json:"rules"`
	Weights   ScoreWeights `json:"score_weights"`

	Quality Quality `json:"quality"`
	Summary Summary `json:"summary"`
	Units   []Unit  `json:"units"`
	// Ranked is the number of units with a score, in an extract as well.
	Ranked int `json:"ranked_units"`
	// Total is the row that sums A3-1 up; its percentiles are of the sum of all hosts.
	Total        Unit           `json:"total"`
	Systems      []System       `json:"systems"`
	Hosts        []Host         `json:"hosts"`
	Distribution []Distribution `json:"distribution"`
	// Curve is the mean use of all hosts in each hour of the day (figure A3-2).
	Curve []CurveHour `json:"curve"`
	// Missing are the hosts of which something is missing (annex 7).
	Missing    []Missing  `json:"missing"`
	HighLoad   []Load     `json:"high_load"`
	LoadLimits LoadLimits `json:"load_limits"` // for information systems
	// Judged are the systems of A4-1, Warned those of A4-2, Exempted those of A4-5.
	Judged   []Judgement `json:"judged"`
	Warned   []Judgement `json:"warned"`
	Exempted []Judgement `json:"exempted"`
	// Idle are the hosts that a rule proposes to reclaim.
	Idle []Judgement `json:"idle"`
	// Volumes are the cloud disks without a host; nil where nothing was provided of disks.
	Volumes *Volumes `json:"volumes"`
	// Capacity is section A2.
	Capacity Capacity `json:"capacity"`
	// Settlements are table A7-1, Averages what it rests on by system.
	Settlements []Settlement `json:"settlements"`
	Averages    []Averages   `json:"averages"`
	// Operation is section A5, Logs section A6.
	Operation Operation `json:"operation"`
	Logs      Logs      `json:"logs"`
	// Findings are all findings, the lists above included (annex 4).
	Findings []Judgement `json:"findings"`
	// Ledger are the proposals that were open when the month was judged (A4-3), Changed those
	// with a change, of which something happened in the month or since (A4-4).
	Ledger  []LedgerRow `json:"ledger"`
	Changed []LedgerRow `json:"changed"`

	// unitNames and systemNames give identifiers their names.
	unitNames, systemNames map[string]string
}

// Quality is section A0: what the figures rest on.
type Quality struct {
	// Managed is the number of hosts allocated at the end of the period.
	Managed     int    `json:"managed_hosts"`
	Coverage    Figure `json:"coverage"`     // F1
	ManagedRate Figure `json:"managed_rate"` // F2
	// Gate is the F1 below which an object is not judged. Short are the allocated
	// hosts below it, with those of which nothing was observed.
	Gate  float64 `json:"coverage_gate"`
	Short []Short `json:"short_of_coverage"`
	// Silent is the number of the hosts in Short of which nothing was observed.
	Silent int `json:"silent_hosts"`
	// MissingHours are the host hours due but not observed; OffHours those in which
	// hosts were known to be off.
	MissingHours float64 `json:"missing_host_hours"`
	OffHours     float64 `json:"off_host_hours"`
	// Clocks are the hosts whose clock was off by more than ClockLimit, and
	// ClocksUnknown those that reported but never told their offset.
	ClockLimit    time.Duration `json:"clock_limit_nanoseconds"`
	Clocks        []Clock       `json:"clocks_over_limit"`
	ClocksUnknown int           `json:"clocks_unknown"`
	// Unknown are hosts that report but are not in service in the inventory.
	Unknown []Sender `json:"unknown_hosts"`
	// WithoutDisk are hosts whose allocated disk is not given.
	WithoutDisk int `json:"hosts_without_disk"`
	// InsufficientSystems are those for which a rule has no sufficient data.
	InsufficientSystems int `json:"insufficient_systems"`
	Workdays            int `json:"workdays"`
	EstimatedDays       int `json:"estimated_days"`
	// Moved are systems for which data came after the month was judged; no figure has them.
	Moved []string `json:"moved_since_judged"`
}

// Short is a host that does not meet what collection asks for.
type Short struct {
	Host         string  `json:"host"`
	System       string  `json:"system"`
	Unit         string  `json:"unit"`
	Coverage     Figure  `json:"coverage"`
	MissingHours float64 `json:"missing_hours"`
}

// Clock is a host whose clock was off.
type Clock struct {
	Host   string        `json:"host"`
	Offset time.Duration `json:"offset_nanoseconds"`
}

// Quantities are counted at the end of the period.
type Quantities struct {
	Systems   Figure `json:"systems"` // with a host in the period
	Units     Figure `json:"units"`   // with a host in the period
	Hosts     Figure `json:"hosts"`
	VCPU      Figure `json:"vcpu"`
	MemoryGiB Figure `json:"memory_gib"`
	DiskTiB   Figure `json:"disk_tib"`
}

// Rates are the ratios of a party: F3, F4, F5 and F6.
type Rates struct {
	CPUAvg      Usage  `json:"cpu_avg"`
	CPUP95      Usage  `json:"cpu_p95"`
	CPUMax      Figure `json:"cpu_max"` // highest 5-minute mean
	CPUP95Work  Figure `json:"cpu_p95_working_hours"`
	MemoryAvg   Usage  `json:"memory_avg"`
	MemoryP95   Usage  `json:"memory_p95"`
	MemoryMax   Figure `json:"memory_max"`
	StorageUsed Figure `json:"storage_used"`
}

// Compared is a figure with its change since the month before and since the same
// month of the year before (F7).
type Compared struct {
	Name    string `json:"name"`
	Now     Figure `json:"now"`
	Running Figure `json:"running"` // by the running denominator, Absent where there is none
	Month   Figure `json:"month_on_month"`
	Year    Figure `json:"year_on_year"`
	// Points says that the changes are differences of ratios, not parts of a quantity.
	Points bool `json:"points"`
}

// Summary is section A1.
type Summary struct {
	Quantities Quantities `json:"quantities"`
	Rates      Rates      `json:"rates"`
	Compared   []Compared `json:"compared"`
	// LowSystems is the number of systems judged low, and LowShare its part of the systems.
	LowSystems Figure `json:"low_systems"`
	LowShare   Figure `json:"low_share"`
	// Reclaimable is F11 of the idle hosts.
	Reclaimable Resources `json:"reclaimable"`
	IdleHosts   int       `json:"idle_hosts"`
	// Advised is F11 of the other hosts of the systems judged low, each counted once; nil where
	// there is a system without recommendations. Yuan is that of both and of the disks that
	// are to be reclaimed, a month.
	Advised *Advice `json:"advised"`
	Yuan    Figure  `json:"saving_yuan_month"`
}

// Unit is a row of table A3-1.
type Unit struct {
	Party
	Systems   int     `json:"systems"`
	Hosts     int     `json:"hosts"`
	VCPU      float64 `json:"vcpu"`
	MemoryGiB float64 `json:"memory_gib"`
	DiskTiB   Figure  `json:"disk_tib"`
	Rates
	// NetworkMbps is the mean over the hosts of which it is known, a host.
	NetworkMbps Figure `json:"network_mbps_per_host"`
	Coverage    Figure `json:"coverage"`
	Score       Figure `json:"score"` // F17
	Rank        Figure `json:"rank"`  // among the units with a score
	// CPUChange is the change of the mean CPU since the month before, a difference of ratios.
	CPUChange Figure `json:"cpu_avg_change"`
}

// System is a row of table A3-2.
type System struct {
	Unit
	UnitID   string        `json:"unit"`
	UnitName string        `json:"unit_name"`
	Level    int           `json:"level"`
	Cutover  calendar.Date `json:"cutover"`
	Status   string        `json:"status"`
	// Judged says that the rules could judge it; State and Reason are those of the
	// finding that says so or why not. They are empty where there is no finding.
	Judged bool   `json:"judged"`
	State  string `json:"state"`
	Reason string `json:"reason"`
}

// Host is a row of annex 1.
type Host struct {
	HostFacts
	SystemName string `json:"system_name"`
	UnitName   string `json:"unit_name"`
	Rates
	CPUPeak     Figure `json:"cpu_peak"` // highest look of 5 s
	NetworkMbps Figure `json:"network_mbps"`
	Coverage    Figure `json:"coverage"`
	DailyGrowth Figure `json:"daily_growth_gib"`
	DaysToFull  Figure `json:"days_to_full"`
	State       string `json:"state"` // of the finding that proposes to reclaim it
}

// CurveHour is the mean use in one hour of the day, by what was allocated, on working days
// and on rest days.
type CurveHour struct {
	Hour          int    `json:"hour"`
	CPUWorkday    Figure `json:"cpu_avg_workday"`
	CPURestday    Figure `json:"cpu_avg_restday"`
	MemoryWorkday Figure `json:"memory_avg_workday"`
	MemoryRestday Figure `json:"memory_avg_restday"`
}

// Missing is a host of which something is missing.
type Missing struct {
	ID         string `json:"host"`
	SystemName string `json:"system_name"`
	UnitName   string `json:"unit_name"`
	Coverage   Figure `json:"coverage"` // F1
	// Hours for which it was allocated and not known to be off, those observed, and the rest.
	DueHours      float64 `json:"due_hours"`
	ObservedHours float64 `json:"observed_hours"`
	MissingHours  float64 `json:"missing_hours"`
	// FirstAt and LastAt bound what was observed; zero where nothing was.
	FirstAt time.Time `json:"first_at,omitzero"`
	LastAt  time.Time `json:"last_at,omitzero"`
}

// Distribution is a class of table A3-3. The last one holds the hosts without a P95.
type Distribution struct {
	Class     int     `json:"class"` // see Class; -1 without data
	CPUHosts  int     `json:"cpu_hosts"`
	CPUVCPU   float64 `json:"cpu_vcpu"`
	MemHosts  int     `json:"memory_hosts"`
	MemoryGiB float64 `json:"memory_gib"`
}

// Load is a row of table A3-4.
type Load struct {
	Kind       string  `json:"kind"` // information_system or host
	ID         string  `json:"id"`
	Name       string  `json:"name"`
	UnitName   string  `json:"unit_name"`
	VCPU       float64 `json:"vcpu"`
	MemoryGiB  float64 `json:"memory_gib"`
	CPUP95     Figure  `json:"cpu_p95"`
	MemoryP95  Figure  `json:"memory_p95"`
	DaysToFull Figure  `json:"days_to_full"`
	OverCPU    bool    `json:"over_cpu"`
	OverMemory bool    `json:"over_memory"`
	FullSoon   bool    `json:"full_soon"`
	// Limits are those that it was held against.
	Limits LoadLimits `json:"limits"`
}

// LoadLimits are the bounds of a rule of high load: ratios, and days until storage is full.
type LoadLimits struct {
	CPU    Figure `json:"cpu"`
	Memory Figure `json:"memory"`
	Days   Figure `json:"days"`
}

// Judgement is a finding with the names and quantities of its subject.
type Judgement struct {
	Finding
	RuleTitle string    `json:"rule_title"`
	Name      string    `json:"name"`
	UnitName  string    `json:"unit_name"`
	Hosts     int       `json:"hosts"`
	Allocated Resources `json:"allocated"`
	Coverage  Figure    `json:"coverage"`
	CPUP95    []Figure  `json:"cpu_p95"`    // of the months of the window, the oldest first
	MemoryP95 []Figure  `json:"memory_p95"` // likewise
	// Saving is F11; nil where the target is not known.
	Saving *Resources `json:"saving"`
	// Advice is what is recommended for the hosts of a system judged low; nil where nothing is.
	Advice *Advice `json:"advice"`
}
