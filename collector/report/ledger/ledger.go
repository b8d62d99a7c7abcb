// Package ledger lays the ledgers D1 to D5 (reports.md D) out as a document: reports that
// were filed or missed, deadlines, exemptions, versions of rules and of the calendar.
//
// It is pure: the caller has read what it prints, and the same Input gives the same
// document. What is missing is said so; a report that was not made by its day is 漏报.
package ledger

import (
	"bytes"
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/yunjian-io/yunjian/collector/report"
	"github.com/yunjian-io/yunjian/rules/calendar"
	"github.com/yunjian-io/yunjian/rules/filing"
)

// Input is what the ledgers hold as of a day.
type Input struct {
	// Provider is the id of the provider whose entries alone are in it; empty for all.
	Provider string
	// From and To are the first and the last month of D1.
	From, To calendar.Month
	// Day is the day as of which deadlines are counted.
	Day     calendar.Date
	Program string
	// Names are those of providers and units, by id or code.
	Names      map[string]string
	Filings    []filing.Row
	Deadlines  []Deadline
	Exemptions []Exemption
	Rules      []Rule
	Years      []Year
}

// Deadline is a step of a proposal that is expected of someone (D2, Art. 18 to 24).
type Deadline struct {
	Proposal, System, Unit string
	Step                   string
	Roles                  []string
	// From is the first day, Due the last; zero where there is none.
	From        calendar.Date
	Due         calendar.Day
	Hosts       int
	OverdueDays int
}

// Exemption is an entry of D3.
type Exemption struct {
	SubjectKind, Subject, Kind string
	Reason, Approver, Source   string
	Expires                    calendar.Date
}

// Rule is a version of a rule (D4).
type Rule struct {
	ID, Title, Basis, ApprovedBy, Hash string
	Version                            int
	EffectiveFrom                      calendar.Date
}

// Year is a year of the working calendar (D5).
type Year struct {
	Year     int
	Imported bool
	// By and At are who imported it and when; empty for one that is built in.
	By      string
	At      time.Time
	File    string
	SHA256  string
	Notices []string
}

//go:embed ledger.yaml
var textFile []byte

type text struct {
	Title         string                       `yaml:"title"`
	Absent        string                       `yaml:"absent"`
	None          string                       `yaml:"none"`
	Empty         string                       `yaml:"empty"`
	Yes           string                       `yaml:"yes"`
	No            string                       `yaml:"no"`
	Month         string                       `yaml:"month"`
	Date          string                       `yaml:"date"`
	Minute        string                       `yaml:"minute"`
	Estimated     string                       `yaml:"estimated"`
	AllProviders  string                       `yaml:"all_providers"`
	Numerals      []string                     `yaml:"numerals"`
	Heading       string                       `yaml:"heading"`
	ListSeparator string                       `yaml:"list_separator"`
	FileValue     string                       `yaml:"file_value"`
	VersionValue  string                       `yaml:"version_value"`
	LateValue     string                       `yaml:"late_value"`
	SentValue     string                       `yaml:"sent_value"`
	IssuerValue   string                       `yaml:"issuer_value"`
	Note          string                       `yaml:"note"`
	Cover         map[string]string            `yaml:"cover"`
	Sections      map[string]string            `yaml:"sections"`
	Tables        map[string]string            `yaml:"tables"`
	Columns       map[string]string            `yaml:"columns"`
	Labels        map[string]map[string]string `yaml:"labels"`

	// unnamed gathers words that are not there: a mistake of ours.
	unnamed *[]string
}

// Edition names the files of the ledgers. They are dated by their day, not by a clock.
func Edition(in Input, zone *time.Location) report.Edition {
	provider := in.Provider
	if provider == "" {
		provider = "all"
	}
	return report.Edition{Kind: report.KindLedger, Provider: provider, Period: in.To, Version: 1, JudgedAt: in.Day.In(zone), Program: in.Program}
}

// Compose lays the ledgers out. An error means that the words are broken.
func Compose(in Input) (report.Document, error) {
	t := text{unnamed: new([]string)}
	decoder := yaml.NewDecoder(bytes.NewReader(textFile))
	decoder.KnownFields(true)
	if err := decoder.Decode(&t); err != nil {
		return report.Document{}, fmt.Errorf("read words of the ledgers: %w", err)
	}
	d := report.Document{
		Title: t.Title, Name: Edition(in, time.UTC).FileName(), Provider: t.AllProviders, Period: t.month(in.To), Absent: t.Absent, Cover: t.cover(&in),
	}
	if in.Provider != "" {
		d.Provider = t.name(in.Names, in.Provider)
	}
	for i, table := range []*report.Table{t.filings(&in, false), t.deadlines(&in), t.exemptions(&in), t.rules(&in), t.years(&in)} {
		s := report.Section{ID: table.ID, Heading: fmt.Sprintf(t.Heading, t.Numerals[i], t.word(t.Sections, table.ID))}
		if i == 0 {
			s.Blocks = append(s.Blocks, report.Block{Paragraph: t.Note})
		}
		s.Blocks = append(s.Blocks, report.Block{Table: table})
		d.Sections = append(d.Sections, s)
		sheet := report.Sheet{Name: table.ID + " " + t.word(t.Sections, table.ID), Title: d.Title + " " + table.Title, Tables: []report.Table{*table}}
		if i == 0 {
			sheet.Pairs, sheet.Tables = slices.Clone(d.Cover), []report.Table{*t.filings(&in, true)}
		}
		d.Sheets = append(d.Sheets, sheet)
	}
	if len(*t.unnamed) > 0 {
		return d, fmt.Errorf("compose ledgers: no words for %s", strings.Join(slices.Compact(slices.Sorted(slices.Values(*t.unnamed))), ", "))
	}
	return d, nil
}

func (t text) word(words map[string]string, name string) string {
	w, ok := words[name]
	if !ok {
		*t.unnamed = append(*t.unnamed, name)
	}
	return w
}

// label is the word for a value of ours; one that has none stands for itself.
func (t text) label(group, value string) string {
	if w, ok := t.Labels[group][value]; ok {
		return w
	}
	return t.given(value)
}

func (t text) given(s string) string {
	if strings.TrimSpace(s) == "" {
		return t.Absent
	}
	return s
}

// name is the name of a provider or unit with its id; without a name the id.
func (t text) name(names map[string]string, id string) string {
	switch name := names[id]; {
	case id == "":
		return t.None
	case name != "":
		return name + " (" + id + ")"
	}
	return id
}

func (t text) month(m calendar.Month) string { return fmt.Sprintf(t.Month, m.Year, int(m.Month)) }

func (t text) date(d calendar.Date) string {
	if d.IsZero() {
		return t.None
	}
	return fmt.Sprintf(t.Date, d.Year, int(d.Month), d.Day)
}

func (t text) day(d calendar.Day) string {
	if d.Estimated && !d.Date.IsZero() {
		return fmt.Sprintf(t.Estimated, t.date(d.Date))
	}
	return t.date(d.Date)
}

func (t text) minute(at time.Time) string {
	if at.IsZero() {
		return t.None
	}
	return fmt.Sprintf(t.Minute, at.Year(), int(at.Month()), at.Day(), at.Hour(), at.Minute())
}

func (t text) yesNo(b bool) string {
	if b {
		return t.Yes
	}
	return t.No
}

func (t text) cover(in *Input) []report.Pair {
	overdue, missing := 0, 0
	for i := range in.Filings {
		if in.Filings[i].Overdue {
			overdue++
		}
		if in.Filings[i].State == filing.Missing {
			missing++
		}
	}
	provider := t.AllProviders
	if in.Provider != "" {
		provider = t.name(in.Names, in.Provider)
	}
	word := func(name string) string { return t.word(t.Cover, name) }
	return []report.Pair{
		{Label: word("provider"), Value: provider},
		{Label: word("months"), Value: fmt.Sprintf(word("months_value"), t.month(in.From), t.month(in.To))},
		{Label: word("day"), Value: t.date(in.Day)},
		{Label: word("overdue"), Value: fmt.Sprintf(word("overdue_value"), overdue)},
		{Label: word("missing"), Value: fmt.Sprintf(word("missing_value"), missing)},
		{Label: word("program"), Value: t.given(in.Program)},
	}
}
