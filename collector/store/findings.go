package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/yunjian-io/yunjian/rules"
	"github.com/yunjian-io/yunjian/rules/calendar"
)

// JudgeRun is one completed run of judging.
type JudgeRun struct {
	Run      uint64         `json:"run"`
	Month    calendar.Month `json:"month"`
	JudgedAt time.Time      `json:"judged_at"`
	// Open says that the month was not over.
	Open bool `json:"open"`
	// PackHash is over all rules in effect.
	PackHash string `json:"pack_hash"`
	Program  string `json:"program"`
	Findings uint32 `json:"findings"`
}

// Finding is a finding of package rules and whom it concerns.
type Finding struct {
	rules.Finding
	Provider string `json:"provider"`
	Unit     string `json:"unit"`
}

// AddFindings stores some findings of a run. They count once SaveRun has written the run.
func (s *Store) AddFindings(ctx context.Context, run JudgeRun, findings []Finding) error {
	n := len(findings)
	if n == 0 {
		return nil
	}
	facts, exemptions := make([]string, n), make([]string, n)
	for i := range findings {
		text, err := json.Marshal(findings[i].Facts)
		if err != nil {
			return fmt.Errorf("store finding of %s: %w", findings[i].Subject.ID, err)
		}
		facts[i] = string(text)
		if findings[i].Exemption != nil {
			if text, err = json.Marshal(findings[i].Exemption); err != nil {
				return fmt.Errorf("store finding of %s: %w", findings[i].Subject.ID, err)
			}
			exemptions[i] = string(text)
		}
	}
	month := run.Month.Start(time.UTC)
	text := func(name, kind string, value func(*Finding) string) column {
		return column{name, kind, collect(findings, value)}
	}
	return s.insert(ctx, "findings", []column{
		{"run", "UInt64", repeated(n, run.Run)},
		{"month", "Date", repeated(n, month)},
		text("rule_id", typeLow, func(f *Finding) string { return f.RuleID }),
		{"rule_version", "UInt32", collect(findings, func(f *Finding) uint32 { return uint32(f.RuleVersion) })},
		text("rule_hash", "String", func(f *Finding) string { return f.RuleHash }),
		text("subject_kind", typeLow, func(f *Finding) string { return f.Subject.Kind }),
		text("subject", "String", func(f *Finding) string { return f.Subject.ID }),
		text("provider", typeLow, func(f *Finding) string { return f.Provider }),
		text("unit", "String", func(f *Finding) string { return f.Unit }),
		text("verdict", typeLow, func(f *Finding) string { return string(f.Verdict) }),
		text("state", typeLow, func(f *Finding) string { return f.State }),
		{"periods_met", "UInt16", collect(findings, func(f *Finding) uint16 { return uint16(f.PeriodsMet) })},
		{"window", "UInt16", collect(findings, func(f *Finding) uint16 { return uint16(f.Window) })},
		{"missing", "Array(String)", collect(findings, func(f *Finding) []string { return f.Missing })},
		text("reason", "String", func(f *Finding) string { return f.Reason }),
		{"exemption", "String", exemptions},
		text("proposal", typeLow, func(f *Finding) string { return f.Proposal }),
		{"facts", "String", facts},
	})
}

// SaveRun stores a run, after all of its findings, which count from now on. run.Findings
// is their number.
func (s *Store) SaveRun(ctx context.Context, run JudgeRun) error {
	open := uint8(0)
	if run.Open {
		open = 1
	}
	return s.insert(ctx, "judge_runs", []column{
		{"run", "UInt64", []uint64{run.Run}},
		{"month", "Date", []time.Time{run.Month.Start(time.UTC)}},
		{"judged_at", typeTime, []int64{run.JudgedAt.Unix()}},
		{"open", "UInt8", []uint8{open}},
		{"pack_hash", "String", []string{run.PackHash}},
		{"program", "String", []string{run.Program}},
		{"findings", "UInt32", []uint32{run.Findings}},
	})
}

// LastRun returns the latest run of judging of a month; ok is false when the
// month was never judged.
func (s *Store) LastRun(ctx context.Context, month calendar.Month) (run JudgeRun, ok bool, err error) {
	values := map[string]any{"month": month.First().String()}
	err = s.Each(ctx, query("judge_run"), values, func(scan func(...any) error) error {
		var open uint8
		ok = true
		if err := scan(&run.Run, &run.JudgedAt, &open, &run.PackHash, &run.Program, &run.Findings); err != nil {
			return err
		}
		run.Month, run.Open = month, open == 1
		return nil
	})
	return run, ok, err
}

// Findings returns the findings of a run, ordered by rule and subject.
func (s *Store) Findings(ctx context.Context, run JudgeRun) (out []Finding, err error) {
	err = s.eachFinding(ctx, "findings", run, "", func(f *Finding) error {
		out = append(out, *f)
		return nil
	})
	return out, err
}

// EachFinding reads the findings of a run with their facts, and then those on subjects of the
// kind bare without. One is valid until row returns.
func (s *Store) EachFinding(ctx context.Context, run JudgeRun, bare string, row func(*Finding) error) error {
	if err := s.eachFinding(ctx, "findings", run, bare, row); err != nil {
		return err
	}
	return s.eachFinding(ctx, "findings_bare", run, bare, row)
}

func (s *Store) eachFinding(ctx context.Context, name string, run JudgeRun, kind string, row func(*Finding) error) error {
	values := map[string]any{"month": run.Month.First().String(), "run": run.Run, "kind": kind}
	return s.Each(ctx, query(name), values, func(scan func(...any) error) error {
		f, err := scanFinding(run, scan)
		if err != nil {
			return err
		}
		return row(&f)
	})
}

// FindingsForProposals returns those that open or join proposals, without their facts: of
// the rule with the given id, and fails that propose to reclaim a host. The findings of a
// large fleet would not fit in memory.
func (s *Store) FindingsForProposals(ctx context.Context, run JudgeRun, ruleID, reclaim string) (out []Finding, err error) {
	values := map[string]any{"month": run.Month.First().String(), "run": run.Run, "rule": ruleID, "reclaim": reclaim}
	err = s.Each(ctx, query("findings_proposals"), values, func(scan func(...any) error) error {
		f, err := scanFinding(run, scan)
		out = append(out, f)
		return err
	})
	return out, err
}

// scanFinding reads a finding of a run; empty facts are none.
func scanFinding(run JudgeRun, scan func(...any) error) (f Finding, err error) {
	var version uint32
	var met, window uint16
	var verdict, exemption, facts string
	err = scan(&f.RuleID, &version, &f.RuleHash, &f.Subject.Kind, &f.Subject.ID, &f.Provider, &f.Unit, &verdict,
		&f.State, &met, &window, &f.Missing, &f.Reason, &exemption, &f.Proposal, &facts)
	if err != nil {
		return f, err
	}
	f.Month, f.Open, f.Verdict = run.Month, run.Open, rules.Verdict(verdict)
	f.RuleVersion, f.PeriodsMet, f.Window = int(version), int(met), int(window)
	if exemption != "" {
		if err := json.Unmarshal([]byte(exemption), &f.Exemption); err != nil {
			return f, fmt.Errorf("exemption of %s: %w", f.Subject.ID, err)
		}
	}
	if facts != "" {
		if err := json.Unmarshal([]byte(facts), &f.Facts); err != nil {
			return f, fmt.Errorf("facts of %s: %w", f.Subject.ID, err)
		}
	}
	return f, nil
}
