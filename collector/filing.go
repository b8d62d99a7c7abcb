package collector

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/yunjian-io/yunjian/collector/ingest"
	"github.com/yunjian-io/yunjian/collector/report"
	"github.com/yunjian-io/yunjian/collector/store"
	"github.com/yunjian-io/yunjian/rules/calendar"
	"github.com/yunjian-io/yunjian/rules/filing"
)

// ErrNoFiling says that the ledger has no such report, or not for the one who asks.
var ErrNoFiling = errors.New("no such report in the ledger")

// Filing returns a report of the ledger.
func (f *Filer) Filing(ctx context.Context, id string) (filing.Filing, error) {
	all, err := f.DB.Filings(ctx, store.FilingFilter{ID: id})
	if err == nil && (len(all) != 1 || id == "") {
		err = fmt.Errorf("%w: %q", ErrNoFiling, id)
	}
	if err != nil {
		return filing.Filing{}, err
	}
	return all[0], nil
}

// step runs a step of a report with the ledger locked.
func (f *Filer) step(ctx context.Context, id string, do func(filing.Filing) error) error {
	unlock, err := lock(ctx, f.DB.filing)
	if err != nil {
		return fmt.Errorf("lock reports: %w", err)
	}
	defer unlock()
	x, err := f.Filing(ctx, id)
	if err != nil {
		return err
	}
	return do(x)
}

// Review records that a person has reviewed a report (审核).
func (f *Filer) Review(ctx context.Context, id, by, note string, at time.Time) (x filing.Filing, err error) {
	err = f.step(ctx, id, func(old filing.Filing) error {
		x, _, err = f.record(ctx, old.Head, filing.Event{Kind: filing.Review, At: at, By: by, Data: filing.Data{Note: note}})
		return err
	})
	return x, err
}

// Sign signs a report off (签发): from then on it is printed without the mark of a draft,
// with what persons wrote into the draft in dir, and does not change any more. dir may be
// empty for the folder of the settings. Only the latest version of a closed month can be
// signed.
func (f *Filer) Sign(ctx context.Context, id, by, dir string, at time.Time) (made Made, err error) {
	err = f.step(ctx, id, func(x filing.Filing) error {
		if dir == "" {
			dir = f.Dir(x.Month)
		}
		closing, closed, err := f.DB.LastClose(ctx, x.Month)
		if err != nil {
			return err
		}
		if !closed || closing.Version != x.Version {
			return &filing.RefusedError{ID: id, Kind: filing.Sign, Reason: fmt.Sprintf("the month has version %d", closing.Version)}
		}
		event := filing.Event{Kind: filing.Sign, At: at, By: by}
		_, changed, err := filing.Apply(x, event)
		if err != nil {
			return err
		}
		if !changed { // again prints it once more
			made, err = f.again(ctx, &x, dir, closing)
			return err
		}
		if made, err = f.signed(ctx, x, event, dir, closing); err != nil {
			return err
		}
		event.Files = filesOf(made.Files)
		_, _, err = f.record(ctx, x.Head, event)
		return err
	})
	return made, err
}

// signed prints a report as it is signed, and keeps it.
func (f *Filer) signed(ctx context.Context, x filing.Filing, e filing.Event, dir string, closing store.MonthClose) (Made, error) {
	kept, err := f.kept(ctx, x.ID, filing.Prepare)
	if err != nil {
		return Made{}, err
	}
	issue, err := f.issue(ctx, kept, closing)
	if err != nil {
		return Made{}, err
	}
	if err := f.Printer.Keep(dir, &kept.Document, kept.Edition); err != nil {
		return Made{}, err
	}
	issue.Signature = &report.Signature{By: e.By, On: calendar.DateOf(e.At.In(store.Zone()))}
	if x.Reviewed != nil {
		issue.Signature.ReviewedBy = x.Reviewed.By
	}
	if err := kept.Document.Issue(issue); err != nil {
		return Made{}, err
	}
	text, err := kept.encode()
	if err != nil {
		return Made{}, err
	}
	if err := f.DB.SaveFilingDocument(ctx, x.ID, filing.Sign, text, f.Now()); err != nil {
		return Made{}, err
	}
	if kept, err = f.kept(ctx, x.ID, filing.Sign); err != nil {
		return Made{}, err
	}
	return f.write(dir, kept.Document, kept.Edition)
}

// Receipt records a recipient's receipt (回执).
func (f *Filer) Receipt(ctx context.Context, id, recipient, by, receipt, note string, at time.Time) (x filing.Filing, err error) {
	err = f.step(ctx, id, func(old filing.Filing) error {
		e := filing.Event{Kind: filing.Receipt, Recipient: recipient, At: at, By: by, Data: filing.Data{Receipt: receipt, Note: note}}
		x, _, err = f.record(ctx, old.Head, e)
		return err
	})
	return x, err
}

// LedgerAsk says which lines of the ledger are asked for; empty fields take all, and the kind
// security those on security in any form.
type LedgerAsk struct {
	From, To       calendar.Month
	Provider, Kind string
}

// Ledger returns the lines of the ledger (D1) as of a day: what was made, and what should
// have been.
func (f *Filer) Ledger(ctx context.Context, ask LedgerAsk, day calendar.Date) ([]filing.Row, error) {
	closes, err := f.DB.MonthCloses(ctx, calendar.Month{})
	if err != nil {
		return nil, err
	}
	known, err := LoadCalendar(ctx, f.DB.Store)
	if err != nil {
		return nil, err
	}
	filings, err := f.DB.Filings(ctx, store.FilingFilter{})
	if err != nil {
		return nil, err
	}
	providers, err := f.providers(ctx)
	if err != nil {
		return nil, err
	}
	first, err := f.first(closes, day)
	if err != nil {
		return nil, err
	}
	var months []calendar.Month
	for m := first; m.Compare(day.CalendarMonth()) < 0; m = m.Next() {
		if (ask.From.IsZero() || m.Compare(ask.From) >= 0) && (ask.To.IsZero() || m.Compare(ask.To) <= 0) {
			months = append(months, m)
		}
	}
	book := filing.Book{Calendar: known, Zone: store.Zone(), DueWorkdays: f.Settings.DueWorkdays, Filings: filings, Binding: f.Settings.binding()}
	rows := book.Rows(months, f.expected(providers, filings), day)
	return slices.DeleteFunc(rows, func(r filing.Row) bool {
		return ask.Provider != "" && r.Provider != ask.Provider || ask.Kind != "" && !report.KindIncludes(ask.Kind, r.Kind)
	}), nil
}

// first is the first month that has to be filed: the configured one, the first that was
// closed, or the month before the present one.
func (f *Filer) first(closes []store.MonthClose, day calendar.Date) (calendar.Month, error) {
	since, err := f.Settings.since()
	if err != nil || !since.IsZero() {
		return since, err
	}
	if len(closes) > 0 {
		return closes[0].Month, nil
	}
	return day.CalendarMonth().Prev(), nil
}

// providers are those who file: the configured ones, or all of the inventory.
func (f *Filer) providers(ctx context.Context) ([]string, error) {
	if len(f.Settings.Providers) > 0 {
		return f.Settings.Providers, nil
	}
	known, err := f.DB.Inventory(ctx)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, p := range known.Providers {
		out = append(out, p.ID)
	}
	return out, nil
}

// expected is what has to be filed each month; extracts of units only where they were made.
// In which form reports on security are expected, the ledger finds out month by month.
func (f *Filer) expected(providers []string, filings []filing.Filing) (out []filing.Expectation) {
	for _, r := range f.Settings.Recipients {
		for _, p := range providers {
			for _, k := range f.Settings.Kinds {
				if r.Wants(p, k, "") {
					out = append(out, filing.Expectation{Provider: p, Kind: k, Recipient: r.Name})
				}
			}
		}
		if r.Role == ingest.RoleUnit {
			for i := range filings {
				e := filing.Expectation{Provider: filings[i].Provider, Kind: filings[i].Kind, Unit: filings[i].Unit, Recipient: r.Name}
				if r.Wants(e.Provider, e.Kind, e.Unit) && !slices.Contains(out, e) {
					out = append(out, e)
				}
			}
		}
	}
	return out
}

func headOf(e report.Edition) filing.Head {
	return filing.Head{ID: e.FileName(), Provider: e.Provider, Unit: e.Unit, Month: e.Period, Kind: e.Kind, Version: e.Version}
}

func filesOf(files []report.File) []filing.File {
	out := make([]filing.File, len(files))
	for i, x := range files {
		out[i] = filing.File{Name: x.Name, Bytes: x.Bytes, SHA256: x.SHA256}
	}
	return out
}

// record checks a step against the report and appends it; the caller holds the lock.
func (f *Filer) record(ctx context.Context, h filing.Head, e filing.Event) (filing.Filing, bool, error) {
	now := f.Now()
	if e.At.After(now) {
		return filing.Filing{}, false, &filing.RefusedError{ID: h.ID, Kind: e.Kind, Reason: "it is dated " + e.At.Format(time.DateTime) + ", which is still to come"}
	}
	all, err := f.DB.Filings(ctx, store.FilingFilter{ID: h.ID})
	if err != nil {
		return filing.Filing{}, false, err
	}
	x := filing.Filing{Head: h}
	if len(all) == 1 {
		x = all[0]
	}
	next, changed, err := filing.Apply(x, e)
	if err != nil || !changed {
		return x, false, err
	}
	// Events count in the order in which they are recorded, also those of one instant.
	recorded := now.Add(time.Duration(len(x.Events)) * time.Microsecond)
	return next, true, f.DB.AppendFilingEvent(ctx, h, e, recorded)
}
