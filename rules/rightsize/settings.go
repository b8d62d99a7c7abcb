package rightsize

import (
	_ "embed"
	"io/fs"

	"github.com/yunjian-io/yunjian/rules/dated"
)

// Settings are the limits of recommendations in one version. The regulation gives none
// (Art. 40), so all stand in a dated file that names who put it in force.
type Settings struct {
	dated.Head `yaml:",inline"`
	// Policy is RiskPolicy or the name of one of Peers.
	Policy string `yaml:"policy" json:"policy"`
	// HistoryMonths is how many calendar months are looked back on, the judged one
	// included.
	HistoryMonths int `yaml:"history_months" json:"history_months"`
	// CPURiskBudget and MemoryRiskBudget are the shares of hosts, 0 to 1, that may breach
	// in a month: more than 1 % of the slots above for CPU, any slot for memory.
	CPURiskBudget    float64 `yaml:"cpu_risk_budget" json:"cpu_risk_budget"`
	MemoryRiskBudget float64 `yaml:"memory_risk_budget" json:"memory_risk_budget"`
	// MaxRisk bounds the risk of a single host and resource.
	MaxRisk float64 `yaml:"max_risk" json:"max_risk"`
	// MaxCut is the share of a resource that one change may take.
	MaxCut       float64 `yaml:"max_cut" json:"max_cut"`
	MinVCPU      float64 `yaml:"min_vcpu" json:"min_vcpu"`
	MinMemoryGiB float64 `yaml:"min_memory_gib" json:"min_memory_gib"`
	// MinCoverage and MinDays are what the last month must hold before anything is cut.
	MinCoverage float64 `yaml:"min_coverage" json:"min_coverage"`
	MinDays     int     `yaml:"min_days" json:"min_days"`
	// BurstWeight is the part of what peaks inside a slot exceed its mean by that counts
	// as demand, 0 to 1.
	BurstWeight float64 `yaml:"burst_weight" json:"burst_weight"`
	// UpsizeCPUP95 and UpsizeMemoryP95 are the utilisations above which a larger size is
	// recommended, the targets the utilisation that it is to bring (F10).
	UpsizeCPUP95       float64 `yaml:"upsize_cpu_p95" json:"upsize_cpu_p95"`
	UpsizeMemoryP95    float64 `yaml:"upsize_memory_p95" json:"upsize_memory_p95"`
	UpsizeCPUTarget    float64 `yaml:"upsize_cpu_target" json:"upsize_cpu_target"`
	UpsizeMemoryTarget float64 `yaml:"upsize_memory_target" json:"upsize_memory_target"`
	// ShrinkBelow is the used share of storage below which less is recommended:
	// what is used, what it grows by in ShrinkMonths, and ShrinkReserve of both.
	ShrinkBelow   float64 `yaml:"shrink_below" json:"shrink_below"`
	ShrinkReserve float64 `yaml:"shrink_reserve" json:"shrink_reserve"`
	ShrinkMonths  float64 `yaml:"shrink_months" json:"shrink_months"`
	// ConsolidateCPUP95 is the utilisation below which hosts of the smallest size of one
	// system may be merged.
	ConsolidateCPUP95 float64 `yaml:"consolidate_cpu_p95" json:"consolidate_cpu_p95"`
	// RiskMedium and RiskHigh are the probabilities, 0 to 1, from which people are told
	// that the risk of a change is medium, and high (C3).
	RiskMedium float64 `yaml:"risk_medium" json:"risk_medium"`
	RiskHigh   float64 `yaml:"risk_high" json:"risk_high"`
}

// RiskPolicy is the name of the risk model as a policy.
const RiskPolicy = "risk"

//go:embed settings.yaml
var embeddedSettings []byte

// DefaultSettings returns the embedded settings. An error means that they are broken.
func DefaultSettings() (Settings, error) { return ParseSettings("settings.yaml", embeddedSettings) }

// whatSettings names the files in errors.
const whatSettings = "settings of recommendations"

// ParseSettings reads one file of settings. Unknown keys and values that cannot be right
// are errors that name the file and the key.
func ParseSettings(name string, data []byte) (Settings, error) {
	var s Settings
	if err := dated.Decode(whatSettings, name, data, &s); err != nil {
		return s, err
	}
	return s, s.check(name)
}

// LoadSettings reads every *.yaml of the top folder of fsys, one version a file, and
// returns them by first day of effect.
func LoadSettings(fsys fs.FS) ([]Settings, error) {
	return dated.Load(whatSettings, fsys, ParseSettings)
}

func (s Settings) check(name string) error {
	c := s.Check(name)
	_, known := PolicyNamed(s.Policy)
	c.Want(s.Policy == RiskPolicy || known, "policy", "risk or the name of a policy of the back-test")
	for _, r := range []struct {
		key   string
		value float64
		least float64 // above it
	}{
		{"cpu_risk_budget", s.CPURiskBudget, -1},
		{"memory_risk_budget", s.MemoryRiskBudget, -1},
		{"max_risk", s.MaxRisk, 0},
		{"max_cut", s.MaxCut, 0},
		{"min_coverage", s.MinCoverage, 0},
		{"burst_weight", s.BurstWeight, -1},
		{"upsize_cpu_p95", s.UpsizeCPUP95, 0},
		{"upsize_memory_p95", s.UpsizeMemoryP95, 0},
		{"upsize_cpu_target", s.UpsizeCPUTarget, 0},
		{"upsize_memory_target", s.UpsizeMemoryTarget, 0},
		{"shrink_below", s.ShrinkBelow, -1},
		{"shrink_reserve", s.ShrinkReserve, -1},
		{"consolidate_cpu_p95", s.ConsolidateCPUP95, -1},
		{"risk_medium", s.RiskMedium, 0},
		{"risk_high", s.RiskHigh, 0},
	} {
		c.Want(r.value > r.least && r.value >= 0 && r.value <= 1, r.key, "a ratio up to 1")
	}
	c.Want(s.RiskHigh > s.RiskMedium, "risk_high", "more than risk_medium")
	c.Want(s.MinVCPU > 0 && s.MinVCPU <= 1024, "min_vcpu", "cores above 0")
	c.Want(s.MinMemoryGiB > 0 && s.MinMemoryGiB <= 65536, "min_memory_gib", "GiB above 0")
	c.Want(s.HistoryMonths >= 1 && s.HistoryMonths <= 24, "history_months", "months from 1 to 24")
	c.Want(s.MinDays >= 1 && s.MinDays <= 366, "min_days", "days from 1 to 366")
	c.Want(s.ShrinkMonths >= 0 && s.ShrinkMonths <= 120, "shrink_months", "months from 0 to 120")
	return c.Err()
}

// PolicyNamed returns the policy of Peers with a name.
func PolicyNamed(name string) (Policy, bool) {
	for _, p := range Peers() {
		if p.Name == name {
			return p, true
		}
	}
	return Policy{}, false
}
