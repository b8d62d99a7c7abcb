package rightsize

import (
	"math"

	"github.com/yunjian-io/yunjian/rules/calendar"
)

// Action is the class of a recommendation (reports.md C3).
type Action string

// The actions.
const (
	Downsize    Action = "downsize"    // 降配: a smaller flavour
	Reclaim     Action = "reclaim"     // 回收: idle, powered off, never deployed; unattached disks
	Consolidate Action = "consolidate" // 合并: several small hosts of one system into fewer
	Shrink      Action = "shrink"      // 存储缩减: less storage
	Keep        Action = "keep"        // 维持
	Upsize      Action = "upsize"      // 升配: demand does not fit
)

// KindVolume is the kind of a recommendation for a cloud disk that is attached to no host: of
// its size only the disk is known, and there is no forecast.
const KindVolume = "volume"

// Recommendation is what is proposed for one host, or for one cloud disk, with all that is
// needed to check it. Resource figures are cores, MiB and GiB, money is yuan a month.
type Recommendation struct {
	// Kind is KindVolume for a disk, and empty for a host.
	Kind     string `json:"kind,omitempty"`
	Provider string `json:"provider"`
	// HostID is the id of the host, or of the disk, on the platform.
	HostID string `json:"host_id"`
	System string `json:"system"`
	Unit   string `json:"unit"`
	// DecidedAt is the first day that was not looked at: the history ends before it.
	DecidedAt calendar.Date `json:"decided_at"`
	Action    Action        `json:"action"`
	// Policy names the rule behind the target; RiskBudget is the share of hosts that
	// may breach, 0 to 1.
	Policy string `json:"policy"`
	// SettingsVersion is the version of the settings that set its limits.
	SettingsVersion int     `json:"settings_version"`
	RiskBudget      float64 `json:"risk_budget"`
	Current         Size    `json:"current"`
	Target          Size    `json:"target"`
	// CurrentFlavor and TargetFlavor are identifiers of the catalogue; empty where none fits.
	CurrentFlavor string `json:"current_flavor,omitempty"`
	TargetFlavor  string `json:"target_flavor,omitempty"`
	// CPURisk is the probability that more than 1 % of the slots of the next month
	// exceed the target; MemoryRisk that any does. Nil where no forecast could be made.
	CPURisk    *float64 `json:"cpu_risk"`
	MemoryRisk *float64 `json:"memory_risk"`
	Evidence   Evidence `json:"evidence"`
	Saving     Saving   `json:"saving"`
	// Confidence is high, medium or low; Doubts name what lowers it.
	Confidence string   `json:"confidence"`
	Doubts     []string `json:"doubts,omitempty"`
	// Restart says that the change needs the host to be restarted.
	Restart bool `json:"restart"`
	// RestartHour begins the two hours of the week in which it is least used, as hours since
	// Sunday midnight; nil where no restart is needed or no time is known.
	RestartHour *int `json:"restart_hour,omitempty"`
	// Chinese and English explain it to people.
	Chinese string `json:"zh"`
	English string `json:"en"`
}

// IsVolume says that it is about a disk and not about a host.
func (r *Recommendation) IsVolume() bool { return r.Kind == KindVolume }

// Evidence is what a recommendation rests on.
type Evidence struct {
	From calendar.Date `json:"from"`
	To   calendar.Date `json:"to"` // the last day
	// Coverage is the share of slots with a value, of those in which the host was not
	// known to be off.
	Coverage float64 `json:"coverage"`
	CPU      Demand  `json:"cpu"`
	Memory   Demand  `json:"memory"`
}

// Demand sums up a series in its own unit (cores or MiB). Percentiles are nearest-rank.
type Demand struct {
	Mean   float64 `json:"mean"`
	P95    float64 `json:"p95"`
	P99    float64 `json:"p99"`
	Max    float64 `json:"max"`
	MaxAt  string  `json:"max_at"` // slot of the maximum, 2006-01-02 15:04 in Shanghai
	Within float64 `json:"within"` // highest value inside a slot; zero where not measured
	Weekly float64 `json:"weekly"` // how much of the variation the hour of the week explains, 0 to 1
	Growth float64 `json:"growth"` // change of the level a month, as a share of it
}

// Saving is current less target; negative for an upsize. Yuan is nil without prices.
type Saving struct {
	Cores     float64  `json:"cores"`
	MemoryGiB float64  `json:"memory_gib"`
	DiskGiB   float64  `json:"disk_gib"`
	Yuan      *float64 `json:"yuan_month"`
}

// DiskYuan is what disk of a size costs a month at a price of a GiB, in yuan to two decimals;
// nil without a price.
func DiskYuan(price *float64, gib float64) *float64 {
	if price == nil {
		return nil
	}
	yuan := math.Round(*price*gib*100) / 100
	return &yuan
}

// RiskLevel is how large the risk of a change is in the words of a notice.
type RiskLevel string

// The levels (C3). There is none where no forecast could be made.
const (
	RiskLow    RiskLevel = "low"
	RiskMedium RiskLevel = "medium"
	RiskHigh   RiskLevel = "high"
)

// RiskLevel puts the larger of the two probabilities of a recommendation into a level. It is
// empty where one of them is not known, unless the other is high already.
func (s Settings) RiskLevel(r *Recommendation) RiskLevel {
	most, known := 0.0, true
	for _, p := range []*float64{r.CPURisk, r.MemoryRisk} {
		if p == nil {
			known = false
			continue
		}
		most = max(most, *p)
	}
	switch {
	case most >= s.RiskHigh:
		return RiskHigh
	case !known:
		return ""
	case most >= s.RiskMedium:
		return RiskMedium
	}
	return RiskLow
}
