package backtest

import (
	"math"
	"time"

	"github.com/yunjian-io/yunjian/rules/calendar"
)

// workingDays is how long a restoring change may take once it is asked for (Art. 22).
const workingDays = 3

// Guarded is what a guard makes of memory sizes that were cut, on the same VM-months.
type Guarded struct {
	// Time is the mean share of slots above the size, Saved what was saved of what
	// there is, weighed by days; without the guard and with it.
	TimeBefore  float64 `json:"time_before"`
	TimeAfter   float64 `json:"time_after"`
	SavedBefore float64 `json:"saved_before"`
	SavedAfter  float64 `json:"saved_after"`
	Restored    int     `json:"restored"` // VM-months with at least one restoration
}

// guard follows each cut through its month. The first day with a slot above the size
// asks for a restoration; it takes effect at 00:00 after the given number of weekdays
// and gives the flavour that covers the peak seen until then, never more than the
// machine had. A restored size is watched in turn. With 0 days the restoration is there
// on the morning after.
func guard(cases []*Case, sizes []float64, l Ladder, days int) Guarded {
	var g Guarded
	var current, before, after float64
	for i, c := range cases {
		month := float64(c.Month.Days())
		now := c.History.Size.MemoryMiB
		time, mean, restored := watch(c, sizes[i], l, days)
		plain := 0.0
		if sizes[i] < now-slackMemory {
			plain, _ = c.memory.over(sizes[i])
		}
		g.TimeBefore += plain / float64(len(cases))
		g.TimeAfter += time / float64(len(cases))
		current, before, after = current+now*month, before+sizes[i]*month, after+mean*month
		g.Restored += int(count(restored))
	}
	g.SavedBefore, g.SavedAfter = 1-ratio(before, current, 1), 1-ratio(after, current, 1)
	return g
}

// watch returns the share of slots above the size in force, its mean over the days of
// the month, and whether it was restored.
func watch(c *Case, size float64, l Ladder, days int) (share, mean float64, restored bool) {
	now := c.History.Size.MemoryMiB
	first, length := c.Month.First(), c.Month.Days()
	peak, known, over, change := 0.0, 0, 0, -1 // change is the day on which a restoration takes effect
	for day := range length {
		if day == change {
			size, restored, change = fit(peak, now, l.Memory, slackMemory), true, -1
		}
		mean += size / float64(length)
		for slot := day * perDay; slot < min((day+1)*perDay, len(c.Memory)); slot++ {
			x := c.Memory[slot]
			if math.IsNaN(x) {
				continue
			}
			known++
			peak = max(peak, x)
			if x > size*(1+rounding) && size < now-slackMemory {
				over++
				if change < 0 {
					change = effective(first, day, days)
				}
			}
		}
	}
	return ratio(float64(over), float64(known), 0), mean, restored
}

// effective is the day, counted from the first, on whose 00:00 a change is there that
// was asked for on a day: after so many weekdays that follow it.
func effective(first calendar.Date, day, days int) int {
	for days > 0 {
		day++
		if w := first.AddDays(day).Weekday(); w != time.Saturday && w != time.Sunday {
			days--
		}
	}
	return day + 1
}
