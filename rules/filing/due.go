package filing

import (
	"cmp"
	"slices"
	"time"

	"github.com/yunjian-io/yunjian/rules/calendar"
)

// DefaultDueWorkdays is the working day of the next month on which a report is due. The
// regulation asks for one a month (Art. 30, 36) and names no day: it is a setting.
const DefaultDueWorkdays = 5

// DefaultCutoffDay is the day of the next month with whose end a month is closed.
const DefaultCutoffDay = 2

// Due is the day by which the reports of a month are to be sent: the n-th working day of
// the next month.
func Due(c calendar.Calendar, m calendar.Month, workdays int) calendar.Day {
	return c.AddWorkingDays(m.Last(), workdays)
}

// CutOff is the instant at which a month is closed: the end of a day of the next month.
func CutOff(m calendar.Month, day int, zone *time.Location) time.Time {
	return m.Next().First().AddDays(day).In(zone)
}

// Late counts the working days after a due day, up to the day of sending or the present.
func Late(c calendar.Calendar, due, day calendar.Date) int {
	n, _ := c.WorkingDays(due, day)
	return n
}

// Expectation is a report that has to be filed with a recipient.
type Expectation struct {
	Provider  string
	Kind      string
	Unit      string
	Recipient string
}

// Row is one line of the ledger: a report of a month for a recipient.
type Row struct {
	Month     calendar.Month `json:"month"`
	Provider  string         `json:"provider"`
	Kind      string         `json:"kind"`
	Unit      string         `json:"unit,omitempty"`
	Recipient string         `json:"recipient"`
	Due       calendar.Day   `json:"due"`
	// ID and Version are those of the latest issue; empty and 0 where none was made.
	ID      string `json:"id,omitempty"`
	Version int    `json:"version,omitempty"`
	Files   []File `json:"files,omitempty"`
	// Issuer of that issue; zero where none was made, and where it is the provider.
	Issuer Issuer `json:"issuer,omitzero"`
	State  State  `json:"state"`
	// By and At are who brought it there and when; zero where nothing was done.
	By string    `json:"by,omitempty"`
	At time.Time `json:"at,omitzero"`
	// FirstSentAt is when the first version was sent: timeliness is counted by it.
	FirstSentAt time.Time `json:"first_sent_at,omitzero"`
	SentAt      time.Time `json:"sent_at,omitzero"`
	Receipt     string    `json:"receipt,omitempty"`
	// LateWorkdays are the working days after the due day until it was sent first, or
	// until now.
	LateWorkdays int `json:"late_workdays"`
	// Overdue says that it was not sent by its day, or is not yet.
	Overdue bool `json:"overdue"`
}

// Book is what the ledger is made from.
type Book struct {
	Calendar calendar.Calendar
	Zone     *time.Location
	// DueWorkdays is the working day of the next month on which reports are due.
	DueWorkdays int
	Filings     []Filing
	// Binding says which reports may be bound together: what is expected in one form is
	// there in the other, too.
	Binding Binding
}

// Rows are the lines of the given months as of a day: one for each expectation, and one
// for each report that was made for someone of whom nothing was expected.
func (b Book) Rows(months []calendar.Month, expected []Expectation, day calendar.Date) []Row {
	type key struct {
		month calendar.Month
		Expectation
	}
	of := map[key][]Filing{}
	want := map[key]bool{}
	made := Made(b.Filings)
	for _, m := range months {
		for _, e := range expected {
			for _, e.Kind = range b.Binding.Kinds(e.Kind, made(e.Provider, m)) {
				want[key{m, e}] = true
			}
		}
	}
	for i := range b.Filings {
		f := &b.Filings[i]
		if !slices.Contains(months, f.Month) {
			continue
		}
		to := map[string]bool{}
		for r := range f.Sent {
			to[r] = true
		}
		for k := range want {
			if k.month == f.Month && k.Provider == f.Provider && k.Kind == f.Kind && k.Unit == f.Unit {
				to[k.Recipient] = true
			}
		}
		if len(to) == 0 {
			to[""] = true
		}
		for r := range to {
			k := key{f.Month, Expectation{f.Provider, f.Kind, f.Unit, r}}
			want[k] = true
			of[k] = append(of[k], *f)
		}
	}
	out := []Row{}
	for k := range want {
		out = append(out, b.row(k.month, k.Expectation, of[k], day))
	}
	slices.SortFunc(out, func(x, y Row) int {
		return cmp.Or(x.Month.Compare(y.Month), cmp.Compare(x.Provider, y.Provider), cmp.Compare(x.Kind, y.Kind), cmp.Compare(x.Unit, y.Unit), cmp.Compare(x.Recipient, y.Recipient))
	})
	return out
}

func (b Book) row(m calendar.Month, e Expectation, issues []Filing, day calendar.Date) Row {
	r := Row{Month: m, Provider: e.Provider, Kind: e.Kind, Unit: e.Unit, Recipient: e.Recipient, Due: Due(b.Calendar, m, b.DueWorkdays), State: Pending}
	slices.SortFunc(issues, func(x, y Filing) int { return cmp.Compare(x.Version, y.Version) })
	for i := range issues {
		f := &issues[i]
		r.ID, r.Version, r.Files, r.Issuer, r.SentAt, r.Receipt = f.ID, f.Version, f.Files, f.Issuer, time.Time{}, ""
		r.take(Prepared, f.Prepared)
		r.take(Reviewed, f.Reviewed)
		r.take(Signed, f.Signed)
		if s, ok := f.Sent[e.Recipient]; ok {
			r.take(Sent, &s)
			r.SentAt = s.At
			if r.FirstSentAt.IsZero() {
				r.FirstSentAt = s.At
			}
		}
		if s, ok := f.Received[e.Recipient]; ok {
			r.take(Received, &s)
			r.Receipt = s.Receipt
		}
	}
	until := day
	if !r.FirstSentAt.IsZero() {
		until = calendar.DateOf(r.FirstSentAt.In(b.Zone))
	}
	r.Overdue = until.After(r.Due.Date)
	r.LateWorkdays = Late(b.Calendar, r.Due.Date, until)
	if len(issues) == 0 && r.Overdue {
		r.State = Missing
	}
	return r
}

func (r *Row) take(s State, e *Event) {
	if e != nil {
		r.State, r.By, r.At = s, e.By, e.At
	}
}
