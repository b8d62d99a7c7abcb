package records

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/yunjian-io/yunjian/rules/calendar"
)

// The kinds, as schema.yaml names them.
const (
	Incidents       = "incidents"
	Services        = "services"
	Outages         = "outages"
	ServiceOrders   = "service_orders"
	Work            = "work"
	Protection      = "protection"
	Handovers       = "handovers"
	Vulnerabilities = "vulnerabilities"
	Baseline        = "baseline"
	Backups         = "backups"
	Changes         = "changes"
	Rectification   = "rectification"
	Attacks         = "attacks"
	Pools           = "pools"
	Settlement      = "settlement_baselines"
)

// ListMark parts the members of a list in a stored value; no cell may hold it.
const ListMark = "\x1f"

// Record is one row. Its values are in one form whatever the file wrote: dates as
// 2026-10-05, times as RFC 3339, months as 2026-10, percentages as ratios, choices by
// the names of schema.yaml. An empty cell has no value.
type Record struct {
	Kind   string            `json:"kind"`
	Key    string            `json:"key"`
	Values map[string]string `json:"values"`
}

// Text returns a value as it is stored, empty where there is none.
func (r Record) Text(field string) string { return r.Values[field] }

// List returns the members of a list.
func (r Record) List(field string) []string {
	if r.Values[field] == "" {
		return nil
	}
	return strings.Split(r.Values[field], ListMark)
}

// Date returns a date, zero where there is none.
func (r Record) Date(field string) calendar.Date {
	d, _ := calendar.ParseDate(r.Values[field]) // checked when it was imported
	return d
}

// Time returns a moment, zero where there is none.
func (r Record) Time(field string) time.Time {
	t, err := time.Parse(time.RFC3339, r.Values[field])
	if err != nil {
		return time.Time{}
	}
	return t
}

// Month returns a month, zero where there is none.
func (r Record) Month(field string) calendar.Month {
	m, _ := calendar.ParseMonth(r.Values[field]) // checked when it was imported
	return m
}

// Number returns a number, count or ratio, and whether there is one.
func (r Record) Number(field string) (float64, bool) {
	v, err := strconv.ParseFloat(r.Values[field], 64)
	return v, err == nil
}

// withdrawnField marks a row that takes back the one with its key.
const withdrawnField = "withdrawn"

// Withdrawn says that the row takes back the one with its key: it counts no more.
func (r Record) Withdrawn() bool { return r.Values[withdrawnField] == "true" }

// Source is a file from which records came.
type Source struct {
	Kind       string         `json:"kind"`
	File       string         `json:"file"`
	SHA256     string         `json:"sha256"`
	ImportedAt time.Time      `json:"imported_at"`
	ImportedBy string         `json:"imported_by"`
	From       calendar.Month `json:"from"` // first and last month that it states completely
	To         calendar.Month `json:"to"`
	Rows       int            `json:"rows"`
}

// Set is all that was imported for a provider.
type Set struct {
	// Records by kind, each in the order of its key.
	Records map[string][]Record `json:"records"`
	// Sources in the order of their import.
	Sources []Source `json:"sources"`
}

// Covering returns the files of a kind that state a month completely. A register that
// no month bounds, which states none, covers every month.
func (s Set) Covering(kind string, m calendar.Month) (out []Source) {
	for _, f := range s.Sources {
		if f.Kind == kind && (f.From.IsZero() || f.From.Compare(m) <= 0 && m.Compare(f.To) <= 0) {
			out = append(out, f)
		}
	}
	return out
}

// Covers reports whether the rows of a kind are complete for a month: then no row is a
// real zero. Where no file covers the month, nothing was provided for it, even if other
// months have rows.
func (s Set) Covers(kind string, m calendar.Month) bool { return len(s.Covering(kind, m)) > 0 }

// Of returns the rows of a kind.
func (s Set) Of(kind string) []Record { return s.Records[kind] }

// Keep returns the set with only the rows for which keep holds.
func (s Set) Keep(keep func(Record) bool) Set {
	out := Set{Records: map[string][]Record{}, Sources: slices.Clone(s.Sources)}
	for kind, rows := range s.Records {
		for _, r := range rows {
			if keep(r) {
				out.Records[kind] = append(out.Records[kind], r)
			}
		}
	}
	return out
}
