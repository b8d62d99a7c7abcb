package proposal

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/yunjian-io/yunjian/rules/calendar"
)

// Settings are the durations and limits of the workflow in one version. The regulation
// gives two of them; the others are put in force by who approved the file (Art. 40).
type Settings struct {
	Schema int `yaml:"schema"`
	// Basis is the article that the file rests on.
	Basis string `yaml:"basis"`
	// Version counts up with every change in force.
	Version int `yaml:"version"`
	// EffectiveFrom is the first day of effect; a period counts by the version that was
	// in effect on the day it began.
	EffectiveFrom calendar.Date `yaml:"effective_from"`
	// ApprovedBy is who put it in force.
	ApprovedBy string    `yaml:"approved_by"`
	Deadlines  Deadlines `yaml:"deadlines"`
	Limits     Limits    `yaml:"limits"`
}

// Deadlines are the periods of the workflow.
type Deadlines struct {
	// Reply of the using unit, from the day of the notice.
	Reply Period `yaml:"reply"`
	// Implementation, from the day of the approval (Art. 22).
	Implementation Period `yaml:"implementation"`
	// Restore, from the day on which the guard saw the risk (Art. 22).
	Restore Period `yaml:"restore"`
	// Verification, from the day of the implementation.
	Verification Period `yaml:"verification"`
}

// Period is a number of working days, or of calendar months.
type Period struct {
	WorkingDays int    `yaml:"working_days"`
	Months      int    `yaml:"months"`
	Basis       string `yaml:"basis"`
}

// Limits are the thresholds of the workflow.
type Limits struct {
	// ReboundCPUP95 is the CPU P95 after the change, 0 to 1, above which the change was
	// too large (F12).
	ReboundCPUP95 Limit `yaml:"rebound_cpu_p95"`
	// LogHandoverMonths is how many calendar months of logs have to be handed over before
	// a host is reclaimed (Art. 24, 31).
	LogHandoverMonths Limit `yaml:"log_handover_months"`
	// GuardCeiling is the share of its size, above 0 up to 1, from which a changed host
	// is taken to want more: it cannot show more than it has.
	GuardCeiling Limit `yaml:"guard_ceiling"`
}

// Limit is a number and what it rests on.
type Limit struct {
	Value float64 `yaml:"value"`
	Basis string  `yaml:"basis"`
}

//go:embed workflow.yaml
var embeddedSettings []byte

// ParseSettings reads one file of settings. Unknown keys and values that cannot be right
// are errors that name the file and the key.
func ParseSettings(name string, data []byte) (Settings, error) {
	var s Settings
	d := yaml.NewDecoder(bytes.NewReader(data))
	d.KnownFields(true)
	if err := d.Decode(&s); err != nil {
		return s, fmt.Errorf("%s: read workflow settings: %w", name, err)
	}
	if err := d.Decode(&struct{}{}); !errors.Is(err, io.EOF) {
		return s, fmt.Errorf("%s: one document is expected in the file", name)
	}
	return s, s.check(name)
}

func (s Settings) check(name string) error {
	var wrong []error
	want := func(good bool, key, what string) {
		if !good {
			wrong = append(wrong, fmt.Errorf("%s: %s: want %s", name, key, what))
		}
	}
	want(s.Schema == 1, "schema", "1")
	want(strings.TrimSpace(s.Basis) != "", "basis", "the article")
	want(s.Version >= 1, "version", "1 or more")
	want(!s.EffectiveFrom.IsZero(), "effective_from", "a day such as 2026-10-01")
	want(strings.TrimSpace(s.ApprovedBy) != "", "approved_by", "who put it in force")
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
		want(one && p.WorkingDays >= 0 && p.WorkingDays <= 250 && p.Months >= 0 && p.Months <= 24,
			"deadlines."+p.key, "working_days from 1 to 250, or months from 1 to 24")
		want(strings.TrimSpace(p.Basis) != "", "deadlines."+p.key+".basis", "what it rests on")
	}
	l := s.Limits
	want(l.ReboundCPUP95.Value > 0 && l.ReboundCPUP95.Value <= 1, "limits.rebound_cpu_p95", "a ratio above 0 up to 1")
	months := l.LogHandoverMonths.Value
	want(months >= 1 && months <= 120 && months == float64(int(months)), "limits.log_handover_months", "whole months from 1 to 120")
	want(l.GuardCeiling.Value > 0 && l.GuardCeiling.Value <= 1, "limits.guard_ceiling", "a ratio above 0 up to 1")
	want(l.ReboundCPUP95.Basis != "" && l.LogHandoverMonths.Basis != "" && l.GuardCeiling.Basis != "", "limits.*.basis", "what it rests on")
	return errors.Join(wrong...)
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
	names, err := fs.Glob(fsys, "*.yaml")
	if err != nil {
		return nil, fmt.Errorf("list workflow settings: %w", err)
	}
	var (
		out   Schedule
		wrong []error
	)
	for _, name := range names {
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, fmt.Errorf("read workflow settings: %w", err)
		}
		s, err := ParseSettings(name, data)
		out, wrong = append(out, s), append(wrong, err)
	}
	if err := errors.Join(wrong...); err != nil {
		return nil, err
	}
	if len(out) == 0 {
		return nil, errors.New("no workflow settings found: want *.yaml files in the folder")
	}
	slices.SortFunc(out, func(a, b Settings) int { return a.EffectiveFrom.Compare(b.EffectiveFrom) })
	for i := 1; i < len(out); i++ {
		if out[i].Version <= out[i-1].Version || out[i].EffectiveFrom == out[i-1].EffectiveFrom {
			return nil, fmt.Errorf("workflow settings: version %d from %s does not follow version %d from %s: want a higher version with a later effective_from",
				out[i].Version, out[i].EffectiveFrom, out[i-1].Version, out[i-1].EffectiveFrom)
		}
	}
	return out, nil
}

// On returns the settings in effect on a day; before the first, the first.
func (s Schedule) On(day calendar.Date) Settings {
	current := s[0]
	for _, next := range s[1:] {
		if next.EffectiveFrom.After(day) {
			break
		}
		current = next
	}
	return current
}

// Due is the last day of the period that begins with an event on d.
func (p Period) Due(c calendar.Calendar, d calendar.Date) calendar.Day {
	if p.Months > 0 {
		return c.Deadline(d, p.Months)
	}
	return c.AddWorkingDays(d, p.WorkingDays)
}
