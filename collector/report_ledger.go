package collector

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/yunjian-io/yunjian/collector/inventory"
	"github.com/yunjian-io/yunjian/collector/report"
	"github.com/yunjian-io/yunjian/collector/report/ledger"
	"github.com/yunjian-io/yunjian/collector/store"
	"github.com/yunjian-io/yunjian/rules"
	"github.com/yunjian-io/yunjian/rules/proposal"
)

// ledgerMonths is how many months D1 shows, the last one included.
const ledgerMonths = 12

// buildLedger makes the ledgers D1 to D5 as of a day, of one provider or of all.
func buildLedger(ctx context.Context, ask BuildAsk) ([]Part, error) {
	known, err := ask.DB.Inventory(ctx)
	if err != nil {
		return nil, err
	}
	if ask.Provider != "" { // a name that is not known is refused
		if err := parties(&report.Input{}, known, ask.Provider); err != nil {
			return nil, err
		}
	}
	in := ledger.Input{Provider: ask.Provider, From: ask.Month.Add(1 - ledgerMonths), To: ask.Month, Day: ask.Day, Program: ask.Program, Names: map[string]string{}}
	for _, p := range known.Providers {
		in.Names[p.ID] = p.Name
	}
	for _, u := range known.Units {
		in.Names[u.Code] = u.Name
	}
	ask.Say("reports that were filed")
	f := Filer{DB: ask.DB, Settings: ask.Settings}
	if in.Filings, err = f.Ledger(ctx, LedgerAsk{From: in.From, To: in.To, Provider: ask.Provider}, ask.Day); err != nil {
		return nil, err
	}
	ask.Say("deadlines and exemptions")
	if err := ledgerDeadlines(ctx, ask, &in); err != nil {
		return nil, err
	}
	if err := ledgerExemptions(ctx, ask, known, &in); err != nil {
		return nil, err
	}
	for _, r := range ask.Pack.All() {
		in.Rules = append(in.Rules, ledger.Rule{ID: r.ID, Title: r.Title, Basis: r.Basis, ApprovedBy: r.ApprovedBy, Hash: r.Hash, Version: r.Version, EffectiveFrom: r.EffectiveFrom})
	}
	if err := ledgerYears(ctx, ask.DB.Store, &in); err != nil {
		return nil, err
	}
	d, err := ledger.Compose(in)
	if err != nil {
		return nil, err
	}
	return []Part{func() (Built, error) { return Built{d, ledger.Edition(in, store.Zone()), in.Filings}, nil }}, nil
}

// ledgerDeadlines are the steps that proposals expect, as of the end of the day.
func ledgerDeadlines(ctx context.Context, ask BuildAsk, in *ledger.Input) error {
	end := ask.Day.AddDays(1).In(store.Zone()).Add(-time.Second)
	views, err := ask.DB.Proposals(ctx, store.ProposalFilter{Slice: store.Slice{Provider: ask.Provider}}, end)
	if err != nil {
		return err
	}
	for i := range views {
		v := &views[i]
		for _, s := range v.Expected {
			d := ledger.Deadline{Proposal: v.ID, System: v.System, Unit: v.Unit, Step: string(s.Kind), From: s.From, Due: s.Due, Hosts: len(s.Hosts), OverdueDays: s.OverdueDays}
			for _, r := range s.By {
				d.Roles = append(d.Roles, string(r))
			}
			in.Deadlines = append(in.Deadlines, d)
		}
	}
	return nil
}

// ledgerExemptions are those of the inventory and those that follow from reviews; for one
// provider, those of its hosts and disks and of the systems that have hosts of it.
func ledgerExemptions(ctx context.Context, ask BuildAsk, known inventory.Batch, in *ledger.Input) error {
	systems := map[string]bool{}
	named := map[string]bool{} // hosts and disks
	for i := range known.Hosts {
		if h := &known.Hosts[i]; ask.Provider == "" || h.Provider == ask.Provider {
			systems[h.System], named[h.ID], named[HostSubject(h.Provider, h.ID)] = true, true, true
		}
	}
	for i := range known.Volumes {
		if v := &known.Volumes[i]; ask.Provider == "" || v.Provider == ask.Provider {
			named[v.ID], named[HostSubject(v.Provider, v.ID)] = true, true
		}
	}
	ours := func(kind, subject string) bool {
		return ask.Provider == "" || kind != rules.InformationSystem && named[subject] || kind == rules.InformationSystem && systems[subject]
	}
	for _, e := range known.Exemptions {
		if ours(e.SubjectKind, e.Subject) {
			in.Exemptions = append(in.Exemptions, ledger.Exemption{
				SubjectKind: e.SubjectKind, Subject: e.Subject, Kind: e.Kind, Reason: e.Reason, Approver: e.Approver, Source: "inventory", Expires: e.Expires,
			})
		}
	}
	granted, err := ask.DB.ProposalExemptions(ctx)
	if err != nil {
		return err
	}
	for _, e := range granted {
		subject := e.Subject
		if e.SubjectKind != rules.InformationSystem {
			subject = HostSubject(e.Provider, e.Subject)
		}
		if ours(e.SubjectKind, subject) {
			in.Exemptions = append(in.Exemptions, reviewed(e, subject))
		}
	}
	slices.SortStableFunc(in.Exemptions, func(a, b ledger.Exemption) int {
		return strings.Compare(a.SubjectKind+"\x00"+a.Subject, b.SubjectKind+"\x00"+b.Subject)
	})
	return nil
}

func reviewed(e proposal.Exemption, subject string) ledger.Exemption {
	return ledger.Exemption{SubjectKind: e.SubjectKind, Subject: subject, Kind: e.Kind, Reason: e.Reason, Approver: e.Approver, Source: "review", Expires: e.Until}
}

// ledgerYears are the years of the working calendar and where each comes from.
func ledgerYears(ctx context.Context, db *store.Store, in *ledger.Input) error {
	c, err := LoadCalendar(ctx, db)
	if err != nil {
		return err
	}
	imported, err := db.CalendarYears(ctx)
	if err != nil {
		return err
	}
	for _, y := range c.Years() {
		one := ledger.Year{Year: y, Notices: c.Notices(y)}
		for _, i := range imported {
			if i.Year.Year == y {
				one.Imported, one.By, one.At, one.File, one.SHA256 = true, i.By, i.At, i.File, i.SHA256
			}
		}
		in.Years = append(in.Years, one)
	}
	return nil
}
