package proposal

import (
	_ "embed"
	"io/fs"
	"strings"

	"github.com/yunjian-io/yunjian/rules/calendar"
	"github.com/yunjian-io/yunjian/rules/dated"
)

// Settings are the durations and limits of the workflow in one version. The regulation
// gives two of them; the others are put in force by who approved the file. A period counts
// by the version that was in effect on the day it began.
type Settings struct {
	dated.Head `yaml:",inline"`
	Deadlines  Deadlines `yaml:"deadlines" json:"deadlines"`
	Limits     Limits    `yaml:"limits" json:"limits"`
}

// Deadlines are the periods of the workflow.
type Deadlines struct {
	// Reply of the using unit, from the day of the notice.
	Reply Period `yaml:"reply" json:"reply"`
	// Implementation, from the day of the approval (Art. 22).
	Implementation Period `yaml:"implementation" json:"implementation"`
	// Restore, from the day on which the guard saw the risk (Art. 22).
	Restore Period `yaml:"restore" json:"restore"`
	// Verification, from the day of the implementation.
	Verification Period `yaml:"verification" json:"verification"`
}

// Period is a number of working days, or of calendar months.
type Period struct {
	WorkingDays int    `yaml:"working_days" json:"working_days"`
	Months      int    `yaml:"months" json:"months"`
	Basis       string `yaml:"basis" json:"basis"`
}

// Limits are the thresholds of the workflow.
type Limits struct {
	// ReboundCPUP95 is the CPU P95 after the change, 0 to 1, above which the change was
	// too large (F12).
	ReboundCPUP95 Limit `yaml:"rebound_cpu_p95" json:"rebound_cpu_p95"`
	// LogHandoverMonths is how many calendar months of logs have to be handed over before
	// a host is reclaimed (Art. 24, 31).
	LogHandoverMonths Limit `yaml:"log_handover_months" json:"log_handover_months"`
	// GuardCeiling is the share of its size, above 0 up to 1, from which a changed host
	// is taken to want more: it cannot show more than it has.
	GuardCeiling Limit `yaml:"guard_ceiling" json:"guard_ceiling"`
}

// Limit is a number and what it rests on.
type Limit struct {
	Value float64 `yaml:"value" json:"value"`
	Basis string  `yaml:"basis" json:"basis"`
}

//go:embed workflow.yaml
var embeddedSettings []byte

// whatSettings names the files in errors.
const whatSettings = "workflow settings"

// ParseSettings reads one file of settings. Unknown keys and values that cannot be right
// are errors that name the file and the key.
func ParseSettings(name string, data []byte) (Settings, error) {
	var s Settings
	if err := dated.Decode(whatSettings, name, data, &s); err != nil {
		return s, err
	}
	return s, s.check(name)
}

func (s Settings) check(name string) error {
	c := s.Check(name)
	for _, p := range []struct {
		key string
		Period
	}{
		{"reply", s.Deadlines.Reply},
		{"implementation", s.Deadlines.Implementation},
		{"restore", s.Deadlines.Restore},
		{"verification", s.Deadlines.Verification},
	} {
		one := (p.WorkingDays > 0) != (p.Months > 0)
		c.Want(one && p.WorkingDays >= 0 && p.WorkingDays <= 250 && p.Months >= 0 && p.Months <= 24,
			"deadlines."+p.key, "working_days from 1 to 250, or months from 1 to 24")
		c.Want(strings.TrimSpace(p.Basis) != "", "deadlines."+p.key+".basis", "what it rests on")
	}
	l := s.Limits
	c.Want(l.ReboundCPUP95.Value > 0 && l.ReboundCPUP95.Value <= 1, "limits.rebound_cpu_p95", "a ratio above 0 up to 1")
	months := l.LogHandoverMonths.Value
	c.Want(months >= 1 && months <= 120 && months == float64(int(months)), "limits.log_handover_months", "whole months from 1 to 120")
	c.Want(l.GuardCeiling.Value > 0 && l.GuardCeiling.Value <= 1, "limits.guard_ceiling", "a ratio above 0 up to 1")
	c.Want(l.ReboundCPUP95.Basis != "" && l.LogHandoverMonths.Basis != "" && l.GuardCeiling.Basis != "", "limits.*.basis", "what it rests on")
	return c.Err()
}

// Schedule is the settings in all their versions, by first day of effect.
type Schedule []Settings

// DefaultSchedule returns the embedded settings. An error means that they are broken.
func DefaultSchedule() (Schedule, error) {
	s, err := ParseSettings("workflow.yaml", embeddedSettings)
	return Schedule{s}, err
}

// LoadSchedule reads every *.yaml of the top folder of fsys, one version a file.
func LoadSchedule(fsys fs.FS) (Schedule, error) {
	return dated.Load(whatSettings, fsys, ParseSettings)
}

// On returns the settings in effect on a day; before the first, the first.
func (s Schedule) On(day calendar.Date) Settings { return dated.On(s, day) }

// Due is the last day of the period that begins with an event on d.
func (p Period) Due(c calendar.Calendar, d calendar.Date) calendar.Day {
	if p.Months > 0 {
		return c.Deadline(d, p.Months)
	}
	return c.AddWorkingDays(d, p.WorkingDays)
}
