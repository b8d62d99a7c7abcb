package store

import (
	"context"
	"fmt"
	"time"

	"github.com/yunjian-io/yunjian/rules/calendar"
)

// RetentionVerdict is the verdict on one log (Art. 31), with all that led to it. Days
// that do not belong to the verdict are zero.
type RetentionVerdict struct {
	Provider string `json:"provider"`
	Unit     string `json:"unit"`
	System   string `json:"system"`
	HostID   string `json:"host"`
	Class    string `json:"class"`
	Stream   string `json:"stream,omitempty"`
	Path     string `json:"path,omitempty"`
	// Party has to keep it (Art. 12): unit or provider.
	Party     string `json:"party"`
	Mandatory bool   `json:"mandatory"`
	// Verdict and Code are those of package retention, Status is how the report counts it.
	Verdict string `json:"verdict"`
	Code    string `json:"code,omitempty"`
	Status  string `json:"status"`
	// Period is the period that was used, such as P6M, and JudgedOn the day judged for.
	Period       string        `json:"period"`
	JudgedOn     calendar.Date `json:"judged_on"`
	RequiredFrom calendar.Date `json:"required_from"`
	Obligation   calendar.Date `json:"obligation"`
	LocalStart   calendar.Date `json:"local_start,omitzero"`
	ShortDays    uint32        `json:"short_days"`
	// Missing are the runs of days that neither host nor store holds.
	Missing []DayRange `json:"missing,omitempty"`
	// GuaranteedDays is what the policy on the host surely keeps; nil if that is not
	// known, or endless.
	GuaranteedDays    *float64      `json:"guaranteed_days,omitempty"`
	GuaranteedEndless bool          `json:"guaranteed_endless,omitempty"`
	FirstDeletion     calendar.Date `json:"first_deletion,omitzero"`
	DiskFull          calendar.Date `json:"disk_full,omitzero"`
	AtRiskDate        calendar.Date `json:"at_risk_date,omitzero"`
	AccountableFrom   calendar.Date `json:"accountable_from,omitzero"`
	// AttestedDays of the WindowDays were watched by this system while they were written.
	AttestedDays uint32   `json:"attested_days"`
	WindowDays   uint32   `json:"window_days"`
	Reasons      []string `json:"reasons,omitempty"`
	Notes        []string `json:"notes,omitempty"`
	ReasonZH     string   `json:"reason_zh"`
	ReasonEN     string   `json:"reason_en"`
	RemedyZH     string   `json:"remedy_zh,omitempty"`
	RemedyEN     string   `json:"remedy_en,omitempty"`
	// Copies are the other sources of the same stream.
	Copies []RetentionCopy `json:"copies,omitempty"`
	// WaivedBy approved an exemption that holds until WaivedUntil.
	WaivedBy    string        `json:"waived_by,omitempty"`
	WaivedUntil calendar.Date `json:"waived_until,omitzero"`
	// EvidenceAt is the last report of the host about its logs; zero if there was none.
	EvidenceAt time.Time `json:"evidence_at,omitzero"`
}

// Name returns the verdict with its code, such as violated.short_coverage.
func (v RetentionVerdict) Name() string {
	if v.Code == "" {
		return v.Verdict
	}
	return v.Verdict + "." + v.Code
}

// DayRange is a run of days, both ends inclusive.
type DayRange struct {
	From calendar.Date `json:"from"`
	To   calendar.Date `json:"to"`
}

// RetentionCopy is another source of the same stream.
type RetentionCopy struct {
	Path    string `json:"path"`
	Verdict string `json:"verdict"` // with its code
}

// SaveRetention stores the verdicts of a run. They count once SaveRun has written
// the run itself.
func (s *Store) SaveRetention(ctx context.Context, run JudgeRun, verdicts []RetentionVerdict) error {
	n := len(verdicts)
	if n == 0 {
		return nil
	}
	text := func(name, kind string, value func(*RetentionVerdict) string) column {
		return column{name, kind, collect(verdicts, value)}
	}
	number := func(name, kind string, values any) column { return column{name, kind, values} }
	date := func(name string, value func(*RetentionVerdict) calendar.Date) column {
		return column{name, "Date", collect(verdicts, func(v *RetentionVerdict) time.Time { return dateOf(value(v)) })}
	}
	maybe := func(name string, value func(*RetentionVerdict) calendar.Date) column {
		return column{name, "Nullable(Date)", collect(verdicts, func(v *RetentionVerdict) *time.Time {
			if value(v).IsZero() {
				return nil
			}
			t := dateOf(value(v))
			return &t
		})}
	}
	ranges := func(name string, end func(DayRange) calendar.Date) column {
		return column{name, "Array(Date)", collect(verdicts, func(v *RetentionVerdict) []time.Time {
			return collect(v.Missing, func(r *DayRange) time.Time { return dateOf(end(*r)) })
		})}
	}
	lists := func(name, kind string, value func(*RetentionVerdict) []string) column {
		return column{name, kind, collect(verdicts, value)}
	}
	return s.insert(ctx, "retention_verdicts", []column{
		number("run", "UInt64", repeated(n, run.Run)),
		number("month", "Date", repeated(n, run.Month.Start(time.UTC))),
		text("provider", typeLow, func(v *RetentionVerdict) string { return v.Provider }),
		text("unit", "String", func(v *RetentionVerdict) string { return v.Unit }),
		text("system", "String", func(v *RetentionVerdict) string { return v.System }),
		text("host_id", "String", func(v *RetentionVerdict) string { return v.HostID }),
		text("class", typeLow, func(v *RetentionVerdict) string { return v.Class }),
		text("stream", "String", func(v *RetentionVerdict) string { return v.Stream }),
		text("path", "String", func(v *RetentionVerdict) string { return v.Path }),
		text("party", typeLow, func(v *RetentionVerdict) string { return v.Party }),
		number("mandatory", "UInt8", collect(verdicts, func(v *RetentionVerdict) uint8 { return flag(v.Mandatory) })),
		text("verdict", typeLow, func(v *RetentionVerdict) string { return v.Verdict }),
		text("code", typeLow, func(v *RetentionVerdict) string { return v.Code }),
		text("status", typeLow, func(v *RetentionVerdict) string { return v.Status }),
		text("period", typeLow, func(v *RetentionVerdict) string { return v.Period }),
		date("judged_on", func(v *RetentionVerdict) calendar.Date { return v.JudgedOn }),
		date("required_from", func(v *RetentionVerdict) calendar.Date { return v.RequiredFrom }),
		date("obligation", func(v *RetentionVerdict) calendar.Date { return v.Obligation }),
		maybe("local_start", func(v *RetentionVerdict) calendar.Date { return v.LocalStart }),
		number("short_days", "UInt32", collect(verdicts, func(v *RetentionVerdict) uint32 { return v.ShortDays })),
		ranges("missing_from", func(r DayRange) calendar.Date { return r.From }),
		ranges("missing_to", func(r DayRange) calendar.Date { return r.To }),
		number("guaranteed_days", "Nullable(Float64)", collect(verdicts, func(v *RetentionVerdict) *float64 { return v.GuaranteedDays })),
		number("guaranteed_endless", "UInt8", collect(verdicts, func(v *RetentionVerdict) uint8 { return flag(v.GuaranteedEndless) })),
		maybe("first_deletion", func(v *RetentionVerdict) calendar.Date { return v.FirstDeletion }),
		maybe("disk_full", func(v *RetentionVerdict) calendar.Date { return v.DiskFull }),
		maybe("at_risk_date", func(v *RetentionVerdict) calendar.Date { return v.AtRiskDate }),
		maybe("accountable_from", func(v *RetentionVerdict) calendar.Date { return v.AccountableFrom }),
		number("attested_days", "UInt32", collect(verdicts, func(v *RetentionVerdict) uint32 { return v.AttestedDays })),
		number("window_days", "UInt32", collect(verdicts, func(v *RetentionVerdict) uint32 { return v.WindowDays })),
		lists("reasons", typeLows, func(v *RetentionVerdict) []string { return v.Reasons }),
		lists("notes", typeLows, func(v *RetentionVerdict) []string { return v.Notes }),
		text("reason_zh", "String", func(v *RetentionVerdict) string { return v.ReasonZH }),
		text("reason_en", "String", func(v *RetentionVerdict) string { return v.ReasonEN }),
		text("remedy_zh", "String", func(v *RetentionVerdict) string { return v.RemedyZH }),
		text("remedy_en", "String", func(v *RetentionVerdict) string { return v.RemedyEN }),
		lists("copy_path", typeTexts, func(v *RetentionVerdict) []string {
			return collect(v.Copies, func(c *RetentionCopy) string { return c.Path })
		}),
		lists("copy_verdict", typeLows, func(v *RetentionVerdict) []string {
			return collect(v.Copies, func(c *RetentionCopy) string { return c.Verdict })
		}),
		text("waived_by", "String", func(v *RetentionVerdict) string { return v.WaivedBy }),
		maybe("waived_until", func(v *RetentionVerdict) calendar.Date { return v.WaivedUntil }),
		number("evidence_at", "Nullable("+typeTime+")", collect(verdicts, func(v *RetentionVerdict) *time.Time {
			if v.EvidenceAt.IsZero() {
				return nil
			}
			t := time.Unix(clampSeconds(v.EvidenceAt), 0)
			return &t
		})),
	})
}

// dateOf keeps a day inside what Date holds (1970 to 2149).
func dateOf(d calendar.Date) time.Time {
	switch {
	case d.Year < 1970:
		d = calendar.Date{Year: 1970, Month: time.January, Day: 1}
	case d.Year > 2148:
		d = calendar.Date{Year: 2148, Month: time.December, Day: 31}
	}
	return d.In(time.UTC)
}

// Retention returns the verdicts on logs of a run, of one provider or of all if it is
// empty, by provider, host, class and stream.
func (s *Store) Retention(ctx context.Context, run JudgeRun, provider string) (out []RetentionVerdict, err error) {
	err = s.EachRetention(ctx, run, provider, func(v RetentionVerdict) { out = append(out, v) })
	return out, err
}

// EachRetention hands the verdicts that Retention returns over one by one: those of a
// large fleet need not be held in memory.
func (s *Store) EachRetention(ctx context.Context, run JudgeRun, provider string, verdict func(RetentionVerdict)) error {
	values := map[string]any{"month": run.Month.First().String(), "run": run.Run, "provider": provider}
	return s.Each(ctx, query("retention_verdicts"), values, func(scan func(...any) error) error {
		v, err := scanRetention(scan)
		if err == nil {
			verdict(v)
		}
		return err
	})
}

func scanRetention(scan func(...any) error) (RetentionVerdict, error) {
	var (
		v                                            RetentionVerdict
		mandatory, endless                           uint8
		judged, required, obligation                 time.Time
		local, first, full, risk, accountable, until *time.Time
		from, to                                     []time.Time
		paths, verdicts                              []string
		evidence                                     *time.Time
	)
	err := scan(&v.Provider, &v.Unit, &v.System, &v.HostID, &v.Class, &v.Stream, &v.Path, &v.Party, &mandatory, &v.Verdict, &v.Code, &v.Status, &v.Period,
		&judged, &required, &obligation, &local, &v.ShortDays, &from, &to, &v.GuaranteedDays, &endless, &first, &full, &risk, &accountable,
		&v.AttestedDays, &v.WindowDays, &v.Reasons, &v.Notes, &v.ReasonZH, &v.ReasonEN, &v.RemedyZH, &v.RemedyEN, &paths, &verdicts,
		&v.WaivedBy, &until, &evidence)
	if err != nil {
		return v, err
	}
	if len(from) != len(to) || len(paths) != len(verdicts) {
		return v, fmt.Errorf("verdict on %s of %s: its lists differ in length", v.Class, v.HostID)
	}
	v.Mandatory, v.GuaranteedEndless = mandatory == 1, endless == 1
	v.JudgedOn, v.RequiredFrom, v.Obligation = calendar.DateOf(judged), calendar.DateOf(required), calendar.DateOf(obligation)
	v.LocalStart, v.FirstDeletion, v.DiskFull = day(local), day(first), day(full)
	v.AtRiskDate, v.AccountableFrom, v.WaivedUntil = day(risk), day(accountable), day(until)
	for i := range from {
		v.Missing = append(v.Missing, DayRange{calendar.DateOf(from[i]), calendar.DateOf(to[i])})
	}
	for i := range paths {
		v.Copies = append(v.Copies, RetentionCopy{paths[i], verdicts[i]})
	}
	if evidence != nil {
		v.EvidenceAt = evidence.In(Zone())
	}
	return v, nil
}
