package collector

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/yunjian-io/yunjian/collector/report"
	"github.com/yunjian-io/yunjian/collector/store"
	"github.com/yunjian-io/yunjian/rules"
	"github.com/yunjian-io/yunjian/rules/calendar"
	"github.com/yunjian-io/yunjian/rules/filing"
	"github.com/yunjian-io/yunjian/rules/retention"
)

// Filer makes reports of any kind, keeps the ledger of them and carries them to their
// recipients.
type Filer struct {
	DB       *Database
	Pack     rules.Pack
	Settings ReportsConfig
	// Period for which logs are kept; the zero value is that of Art. 31.
	Period   retention.Period
	Builders map[string]Builder
	Printer  Printer
	Program  string
	Now      func() time.Time
	// Say is told what is being done.
	Say func(string)
}

// MakeAsk says which reports are to be made. Dir is the folder for the files; empty: that of
// the month in the folder of the settings.
type MakeAsk struct {
	Month    calendar.Month
	Provider string
	Kind     string
	// Unit is the code of the using unit whose report alone is wanted; empty: all.
	Unit string
	// Whole leaves out the extracts of using units, unless they get their place in the
	// ledger together with the report of the provider.
	Whole bool
	// AsOf is the day as of which proceedings are shown; zero: of the last step.
	AsOf calendar.Date
	Dir  string
	// Figures asks for the figures of each report.
	Figures bool
}

// Made is a report whose files were written; they are named without their bytes.
type Made struct {
	Edition  report.Edition
	Dir      string
	Manifest string
	Files    []report.File
	// Omitted are formats that could not be printed on this machine.
	Omitted []string
	// Figures are there if they were asked for and did not come from the ledger.
	Figures any
}

// keptReport is a report as the ledger keeps it, to be printed again.
type keptReport struct {
	Document report.Document `json:"document"`
	Edition  report.Edition  `json:"edition"`
}

// encode prints the report for the ledger. A document has no tags of its own: this program
// alone reads it again, and refuses fields that it does not know.
func (k keptReport) encode() ([]byte, error) {
	text, err := json.Marshal(k) //nolint:musttag // see above
	if err != nil {
		return nil, fmt.Errorf("keep report %s: %w", k.Edition.FileName(), err)
	}
	return text, nil
}

// Dir is the folder of a month's reports.
func (f *Filer) Dir(m calendar.Month) string { return filepath.Join(f.Settings.Out, m.String()) }

// Make builds, prints and writes the reports of a provider and kind. Those of a closed month
// are kept and stand in the ledger: making them again prints what was kept, with the
// signature if there is one, so that nothing that came later gets into them. Those of an
// open month are drafts outside of the ledger. The kind security makes those on security in
// the form that the ledger has of the month, or else the settings want.
func (f *Filer) Make(ctx context.Context, ask MakeAsk) (out []Made, err error) {
	if _, err := builderOf(f.Builders, ask.Kind); err != nil {
		return nil, err
	}
	kinds := []string{ask.Kind}
	if ask.Kind == report.KindSecurity {
		filings, err := f.DB.Filings(ctx, store.FilingFilter{Slice: store.Slice{Provider: ask.Provider}, From: ask.Month, To: ask.Month})
		if err != nil {
			return nil, err
		}
		kinds = f.Settings.binding().Kinds(ask.Kind, filing.Made(filings)(ask.Provider, ask.Month))
	}
	for _, ask.Kind = range kinds {
		made, err := f.makeKind(ctx, ask)
		if err != nil {
			return nil, err
		}
		out = append(out, made...)
	}
	return out, nil
}

// makeKind makes the reports of one kind.
func (f *Filer) makeKind(ctx context.Context, ask MakeAsk) ([]Made, error) {
	b, err := builderOf(f.Builders, ask.Kind)
	if err != nil {
		return nil, err
	}
	if ask.Dir == "" {
		if f.Settings.Out == "" {
			return nil, errors.New("make report: name a folder, or set reports.out in the configuration")
		}
		ask.Dir = f.Dir(ask.Month)
	}
	closing, closed, err := f.DB.LastClose(ctx, ask.Month)
	if err != nil {
		return nil, err
	}
	if b.Unfiled || b.Proceeding || !closed {
		parts, err := f.build(ctx, b, ask)
		if err != nil {
			return nil, err
		}
		return f.drafts(parts, b, ask)
	}
	unlock, err := lock(ctx, f.DB.filing)
	if err != nil {
		return nil, fmt.Errorf("lock reports: %w", err)
	}
	defer unlock()
	return f.filed(ctx, b, ask, closing)
}

func (f *Filer) build(ctx context.Context, b Builder, ask MakeAsk) ([]Part, error) {
	return b.Build(ctx, BuildAsk{
		DB: f.DB, Pack: f.Pack, Month: ask.Month, Provider: ask.Provider, Unit: ask.Unit, Whole: ask.Whole, AsOf: ask.AsOf, Period: f.Period, Settings: f.Settings,
		Day: calendar.DateOf(f.Now().In(store.Zone())), Program: f.Program, Say: f.Say,
	})
}

// drafts writes reports that are not in the ledger.
func (f *Filer) drafts(parts []Part, b Builder, ask MakeAsk) (out []Made, err error) {
	for i := range parts {
		f.progress(i, len(parts))
		x, err := ask.take(parts, i)
		if err != nil {
			return nil, err
		}
		if !b.Unfiled {
			if err := x.Document.Issue(report.Issue{Version: x.Edition.Version}); err != nil {
				return nil, err
			}
			if err := f.Printer.Keep(ask.Dir, &x.Document, x.Edition); err != nil {
				return nil, err
			}
		}
		made, err := f.write(ask.Dir, x.Document, x.Edition)
		if err != nil {
			return nil, err
		}
		made.Figures = x.Figures
		out = append(out, made)
	}
	return out, nil
}

// take makes a part, which is then forgotten, and the figures with it unless they are asked
// for: they take as much memory as the pages.
func (ask MakeAsk) take(parts []Part, i int) (Built, error) {
	x, err := parts[i]()
	parts[i] = nil
	if !ask.Figures {
		x.Figures = nil
	}
	return x, err
}

// filed makes the reports of a closed month, or prints again what is kept of them.
func (f *Filer) filed(ctx context.Context, b Builder, ask MakeAsk, closing store.MonthClose) (out []Made, err error) {
	known, err := f.issues(ctx, ask, closing.Version)
	if err != nil {
		return nil, err
	}
	if complete(known) {
		if ask.Unit != "" {
			known = slices.DeleteFunc(known, func(x filing.Filing) bool { return x.Unit != ask.Unit })
			if len(known) == 0 {
				return nil, fmt.Errorf("report %s of %s has no part for unit %q", ask.Kind, ask.Month, ask.Unit)
			}
		}
		if ask.Whole {
			known = slices.DeleteFunc(known, func(x filing.Filing) bool { return x.Unit != "" })
		}
		slices.SortStableFunc(known, func(a, b filing.Filing) int { return strings.Compare(a.Unit, b.Unit) }) // the provider's first
		for i := range known {
			made, err := f.again(ctx, &known[i], ask.Dir, closing)
			if err != nil {
				return nil, err
			}
			out = append(out, made)
		}
		return out, nil
	}
	ask.Unit, ask.Whole = "", false // all parts get their place in the ledger together
	parts, err := f.build(ctx, b, ask)
	if err != nil {
		return nil, err
	}
	for i := range parts {
		f.progress(i, len(parts))
		x, err := ask.take(parts, i)
		if err != nil {
			return nil, err
		}
		made, err := f.prepare(ctx, x, len(parts), ask.Dir, closing)
		if err != nil {
			return nil, err
		}
		made.Figures = x.Figures
		out = append(out, made)
	}
	return out, nil
}

// progress tells how many reports of several have been written.
func (f *Filer) progress(done, of int) {
	if of > 1 && done > 0 {
		f.Say(fmt.Sprintf("%d of %d reports written", done, of))
	}
}

// issues are the reports of a provider, month and kind that stand in the ledger.
func (f *Filer) issues(ctx context.Context, ask MakeAsk, version int) ([]filing.Filing, error) {
	all, err := f.DB.Filings(ctx, store.FilingFilter{Slice: store.Slice{Provider: ask.Provider}, From: ask.Month, To: ask.Month})
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(x filing.Filing) bool {
		return x.Kind != ask.Kind || x.Version != version || x.Provider != ask.Provider || x.Prepared == nil
	}), nil
}

// complete reports whether all reports that were made together are there: a program that
// was cut off has made some of them.
func complete(known []filing.Filing) bool {
	return len(known) > 0 && len(known) >= known[0].Prepared.Parts
}

// prepare keeps a new report, writes its files and records it, in this order.
func (f *Filer) prepare(ctx context.Context, x Built, of int, dir string, closing store.MonthClose) (Made, error) {
	now := f.Now()
	x.Edition.Version = closing.Version
	head := headOf(x.Edition)
	text, err := keptReport{x.Document, x.Edition}.encode()
	if err != nil {
		return Made{}, err
	}
	if err := f.DB.SaveFilingDocument(ctx, head.ID, filing.Prepare, text, now); err != nil {
		return Made{}, err
	}
	kept, err := f.kept(ctx, head.ID, filing.Prepare) // of two that were kept, the first counts
	if err != nil {
		return Made{}, err
	}
	made, err := f.draft(ctx, kept, dir, closing)
	if err != nil {
		return Made{}, err
	}
	event := filing.Event{Kind: filing.Prepare, At: now, Data: filing.Data{Batch: kept.Edition.Batch, Issuer: filing.Issuer(kept.Edition.Issuer), Files: filesOf(made.Files), Parts: of}}
	_, _, err = f.record(ctx, head, event)
	return made, err
}

// draft prints what was kept as a draft, with what persons wrote into the one before.
func (f *Filer) draft(ctx context.Context, kept keptReport, dir string, closing store.MonthClose) (Made, error) {
	issue, err := f.issue(ctx, kept, closing)
	if err != nil {
		return Made{}, err
	}
	d := kept.Document
	if err := d.Issue(issue); err != nil {
		return Made{}, err
	}
	if err := f.Printer.Keep(dir, &d, kept.Edition); err != nil {
		return Made{}, err
	}
	return f.write(dir, d, kept.Edition)
}

// again prints a report of the ledger once more: as it was signed, or as a draft.
func (f *Filer) again(ctx context.Context, x *filing.Filing, dir string, closing store.MonthClose) (Made, error) {
	if x.Signed == nil {
		kept, err := f.kept(ctx, x.ID, filing.Prepare)
		if err != nil {
			return Made{}, err
		}
		return f.draft(ctx, kept, dir, closing)
	}
	kept, err := f.kept(ctx, x.ID, filing.Sign)
	if err != nil {
		return Made{}, err
	}
	edited, err := f.kept(ctx, x.ID, filing.Sign)
	if err != nil {
		return Made{}, err
	}
	// An edited file is set aside; what is written in it does not get into what was signed.
	if err := f.Printer.Keep(dir, &edited.Document, edited.Edition); err != nil {
		return Made{}, err
	}
	return f.write(dir, kept.Document, kept.Edition)
}

// kept reads a report as it was made or signed.
func (f *Filer) kept(ctx context.Context, id string, stage filing.Kind) (k keptReport, err error) {
	text, err := f.DB.FilingDocument(ctx, id, stage)
	if err != nil {
		return k, err
	}
	if text == nil {
		return k, fmt.Errorf("report %s is in the ledger and was not kept (%s)", id, stage)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()            //  a field that has gone would be lost from what was signed
	if err := d.Decode(&k); err != nil { //nolint:musttag // as in encode
		return k, fmt.Errorf("read kept report %s: %w", id, err)
	}
	k.Edition.JudgedAt = k.Edition.JudgedAt.In(store.Zone())
	return k, nil
}

// issue is what the ledger knows of a report on its way to the printer.
func (f *Filer) issue(ctx context.Context, kept keptReport, closing store.MonthClose) (report.Issue, error) {
	late, err := f.late(ctx, kept.Edition.Period, kept.Edition.Provider)
	return report.Issue{Version: closing.Version, Correction: closing.Reason, ClosedAt: closing.ClosedAt, Late: late}, err
}

// late counts what came after the closing of a month for a provider, or for all.
func (f *Filer) late(ctx context.Context, m calendar.Month, provider string) (out report.Late, err error) {
	all, err := f.DB.Late(ctx)
	for _, l := range all {
		if l.Month != m || provider != "" && l.Provider != provider {
			continue
		}
		if l.Kind == "power" {
			out.PowerHosts, out.Offs = out.PowerHosts+int(l.Hosts), out.Offs+int(l.Count)
		} else {
			out.UsageHosts, out.Buckets = out.UsageHosts+int(l.Hosts), out.Buckets+int(l.Count)
		}
	}
	return out, err
}

// write prints a document and writes its files with their manifest.
func (f *Filer) write(dir string, d report.Document, e report.Edition) (Made, error) {
	if mark := f.Settings.Mark; mark != "" {
		d.Marks = append(slices.Clone(d.Marks), mark)
	}
	files, omitted, err := f.Printer.Print(d, e.JudgedAt)
	if err != nil {
		return Made{}, err
	}
	manifest, err := WriteReport(dir, e, files)
	for i := range files {
		files[i].Data = nil // they are written
	}
	return Made{Edition: e, Dir: dir, Manifest: manifest, Files: files, Omitted: omitted}, err
}
