package collector

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/yunjian-io/yunjian/collector/report"
	"github.com/yunjian-io/yunjian/collector/store"
)

// allocationMonths is how far before the month allocations are read: with it they make the
// twelve months of figure A2, and reach the beginning of the year for the settlement.
const allocationMonths = 11

// allocations reads what was allotted from eleven months before the month on, to the end of
// what was counted.
func (g *gathering) allocations(ctx context.Context, span store.Span) (out []report.Allocation, err error) {
	g.say("allocations of twelve months")
	span.From = g.month.Add(-allocationMonths).Start(store.Zone())
	fleet, err := g.db.Fleet(ctx, span)
	if err != nil {
		return nil, err
	}
	for i := range fleet {
		h := &fleet[i]
		for _, a := range h.Allocations {
			out = append(out, report.Allocation{
				Interval: report.Interval{From: a.From.In(store.Zone()), To: a.To.In(store.Zone())},
				Host:     h.HostID, Platform: a.Platform, System: a.System,
				Amount: report.Amount{Hosts: 1, VCPU: int64(a.VCPU), MemoryMiB: int64(a.MemoryMiB), DiskGiB: int64(a.DiskGiB)},
			})
		}
	}
	slices.SortFunc(out, func(a, b report.Allocation) int {
		return cmp.Or(strings.Compare(a.Host, b.Host), a.From.Compare(b.From))
	})
	return out, nil
}
