package backtest

import (
	"fmt"
	"slices"

	"github.com/yunjian-io/yunjian/rules/rightsize"
)

// The family of percentile rules that is searched: 5 windows × 7 percentiles × 7
// factors, 245 settings. A window of 0 days is all history. On the open traces a search
// of 3,224 settings (8 windows, 13 percentiles, factors from 1 to 2.5 by 0.05) found no
// better one for CPU or for memory than the best of these.
var (
	searchDays       = [...]int{14, 21, 31, 45, 0}
	searchQuantiles  = [...]int{9500, 9800, 9900, 9950, 9990, 9995, 10000} // of ten thousand
	searchMultiplied = [...]float64{1, 1.05, 1.15, 1.3, 1.6, 2, 2.5}
)

// Rule is a percentile rule: the percentile of a window, times a factor.
type Rule struct {
	Days     int     `json:"days"` // 0 is all history
	Quantile float64 `json:"quantile"`
	Factor   float64 `json:"factor"`
	// Figures on the population it was searched on: it is chosen in hindsight.
	Figures Figures `json:"figures"`
}

func (r Rule) String() string {
	window := "all history"
	if r.Days > 0 {
		window = fmt.Sprintf("%d d", r.Days)
	}
	return fmt.Sprintf("P%g of %s x%g", r.Quantile*100, window, r.Factor)
}

// searchRules returns, for CPU and for memory, the rule of the family that saves most
// within the limits on these very cases, and false where none is within them.
func searchRules(cases []*Case, l Ladder, cpu, memory Limits) (bestCPU, bestMemory Rule, okCPU, okMemory bool) {
	const settings = len(searchDays) * len(searchQuantiles) * len(searchMultiplied)
	needs := make([][settings]rightsize.Need, len(cases))
	each(len(cases), func(i int) { needs[i] = familyNeeds(&cases[i].History) })
	rows := make([]Row, settings)
	each(settings, func(k int) {
		scores := make([]Score, len(cases))
		for i, c := range cases {
			scores[i] = score(c, l.Fit(needs[i][k], c.History.Size))
		}
		rows[k] = Summarize(scores)
	})
	for k := range rows {
		q := k / len(searchMultiplied)
		rule := Rule{
			Days: searchDays[q/len(searchQuantiles)], Quantile: float64(searchQuantiles[q%len(searchQuantiles)]) / 10000,
			Factor: searchMultiplied[k%len(searchMultiplied)],
		}
		if f := rows[k].CPU; cpu.hold(f) && (!okCPU || f.Saved > bestCPU.Figures.Saved) {
			rule.Figures = f
			bestCPU, okCPU = rule, true
		}
		if f := rows[k].Memory; memory.hold(f) && (!okMemory || f.Saved > bestMemory.Figures.Saved) {
			rule.Figures = f
			bestMemory, okMemory = rule, true
		}
	}
	return bestCPU, bestMemory, okCPU, okMemory
}

// familyNeeds are the needs of all settings for one history, factors running fastest.
func familyNeeds(h *rightsize.History) (needs [len(searchDays) * len(searchQuantiles) * len(searchMultiplied)]rightsize.Need) {
	k := 0
	for _, days := range searchDays {
		cpu, memory := newOutcome(lastDays(h.CPU, days)), newOutcome(lastDays(h.Memory, days))
		for _, q := range searchQuantiles {
			for _, factor := range searchMultiplied {
				if len(cpu.sorted) < 100 {
					needs[k] = rightsize.Need{CPU: h.Size.VCPU, Memory: h.Size.MemoryMiB}
				} else {
					needs[k] = rightsize.Need{CPU: cpu.rankOf(q, 10000) * factor, Memory: memory.rankOf(q, 10000) * factor}
				}
				k++
			}
		}
	}
	return needs
}

// lastDays are the last days of a series, all of it for 0.
func lastDays(series []float64, days int) []float64 {
	if days == 0 {
		return series
	}
	return series[max(0, len(series)-days*perDay):]
}

// pointers are the addresses of cases, month after month.
func pointers(months [][]Case) []*Case {
	var all []*Case
	for cases := range slices.Values(months) {
		for i := range cases {
			all = append(all, &cases[i])
		}
	}
	return all
}
