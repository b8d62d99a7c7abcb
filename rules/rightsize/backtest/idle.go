package backtest

import (
	"math"

	"github.com/yunjian-io/yunjian/rules/rightsize"
)

// IdleRow is what a rule for idle machines finds in a population.
type IdleRow struct {
	Name  string `json:"name"`
	Title string `json:"title"`
	N     int    `json:"n"`
	// Unjudged are machines of which the rule cannot tell, for want of data.
	Unjudged int `json:"unjudged"`
	// Flagged is their share of all VM-months, Woke the share of the flagged with an
	// hourly mean above 20 % of the CPU in the month that followed.
	Flagged float64 `json:"flagged"`
	Woke    float64 `json:"woke"`
}

// idleRow scores one rule.
func idleRow(rule rightsize.IdleRule, cases []*Case) IdleRow {
	type found struct{ idle, ok, woke bool }
	all := make([]found, len(cases))
	each(len(cases), func(i int) {
		c := cases[i]
		all[i].idle, all[i].ok = rule.Idle(&c.History, &c.Idle)
		all[i].woke = all[i].idle && c.woke()
	})
	row := IdleRow{Name: rule.Name, Title: rule.Title, N: len(cases)}
	flagged, woke := 0.0, 0.0
	for _, f := range all {
		row.Unjudged += int(count(!f.ok))
		flagged += count(f.idle)
		woke += count(f.woke)
	}
	row.Flagged, row.Woke = ratio(flagged, float64(len(cases)), 0), ratio(woke, flagged, 0)
	return row
}

// woke tells whether the mean of any hour of the month was above a fifth of the CPU.
func (c *Case) woke() bool {
	const perHour = perDay / 24
	for at := 0; at+perHour <= len(c.CPU); at += perHour {
		sum, n := 0.0, 0.0
		for _, x := range c.CPU[at : at+perHour] {
			if !math.IsNaN(x) {
				sum, n = sum+x, n+1
			}
		}
		if sum > 0.2*c.History.Size.VCPU*n {
			return true
		}
	}
	return false
}
