package collector

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/yunjian-io/yunjian/collector/report"
	"github.com/yunjian-io/yunjian/collector/store"
	"github.com/yunjian-io/yunjian/rules"
	"github.com/yunjian-io/yunjian/rules/calendar"
	"github.com/yunjian-io/yunjian/rules/rightsize"
)

// proposals reads what A4 says of recommendations and proposals: those of the run, and those
// up to the month as of the day on which it was judged.
func (g *gathering) proposals(ctx context.Context, db *Database, in *report.Input) error {
	low, idle := map[string]bool{}, map[string]bool{}
	for i := range in.Findings {
		f := &in.Findings[i]
		switch {
		case f.Verdict != string(rules.Fail) || f.Proposal == "":
		case f.Kind == rules.InformationSystem:
			low[f.Subject] = true
		case f.Kind == rules.Host && f.Proposal == string(rightsize.Reclaim):
			idle[f.Subject] = true
		}
	}
	of := store.Slice{Provider: g.provider}
	err := g.db.EachRecommendation(ctx, g.run, of, func(r *rightsize.Recommendation) error {
		if low[r.System] || idle[r.HostID] {
			in.Recommendations = append(in.Recommendations, *r)
		}
		return nil
	})
	if err != nil {
		return err
	}
	m, err := db.machine(ctx)
	if err != nil {
		return err
	}
	records, err := g.db.Proposals(ctx, store.ProposalFilter{Slice: of})
	if err != nil {
		return err
	}
	day := calendar.DateOf(g.run.JudgedAt)
	for i := range records {
		if records[i].Month.Compare(g.month) > 0 {
			continue
		}
		p := proceeding(m, &records[i], g.provider, day)
		if p.Open() || !p.LastOn.Before(g.month.First()) { // what was filed before is history
			in.Proceedings = append(in.Proceedings, p)
		}
	}
	slices.SortFunc(in.Proceedings, func(a, b report.Proceeding) int {
		return cmp.Or(a.Month.Compare(b.Month), strings.Compare(a.System, b.System))
	})
	return nil
}
