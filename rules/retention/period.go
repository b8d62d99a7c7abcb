package retention

import (
	"fmt"
	"regexp"
	"strconv"

	"github.com/yunjian-io/yunjian/rules/calendar"
)

// standardMonths is the period of Art. 31.
const standardMonths = 6

// Period is the length of time for which a record is kept. The zero Period is the
// six calendar months of Art. 31. Every decision carries the period it used.
type Period struct {
	// Months counts calendar months with the end-of-month rule of the Civil Code
	// (Art. 202). It is ignored if Days is given.
	Months int
	// Days counts days, for a site that has agreed on 180 days. They are always fewer
	// than six months, which are 181 to 184 days.
	Days int
}

// maxYears bounds a period: no rule asks for more, and days are counted one by one.
const maxYears = 100

// normal replaces lengths that make no sense by the standard period, and those of
// more than a hundred years by a hundred years.
func (p Period) normal() Period {
	switch {
	case p.Days > 0:
		return Period{Days: min(p.Days, maxYears*366)}
	case p.Months > 0:
		return Period{Months: min(p.Months, maxYears*12)}
	}
	return Period{Months: standardMonths}
}

// ParsePeriod reads P6M or 180d: calendar months, or days. It refuses no period at all
// and one of more than a hundred years.
func ParsePeriod(text string) (Period, error) {
	found := regexp.MustCompile(`^(?:P(\d{1,4})M|(\d{1,5})d)$`).FindStringSubmatch(text)
	if found == nil {
		return Period{}, fmt.Errorf("read period %q: want calendar months such as P6M, or days such as 180d", text)
	}
	var p Period
	for i, to := range []*int{&p.Months, &p.Days} {
		if found[i+1] == "" {
			continue
		}
		n, err := strconv.Atoi(found[i+1])
		if err != nil {
			return Period{}, fmt.Errorf("read period %q: %w", text, err)
		}
		*to = n
	}
	if p == (Period{}) || p != p.normal() {
		return Period{}, fmt.Errorf("read period %q: want at least one month or day, and at most %d years", text, maxYears)
	}
	return p, nil
}

// String prints the period as P6M or 180d.
func (p Period) String() string {
	p = p.normal()
	if p.Days > 0 {
		return fmt.Sprintf("%dd", p.Days)
	}
	return fmt.Sprintf("P%dM", p.Months)
}

// KeepUntil returns the last day on which a record of d has to be retrievable; the
// day counts until it ends (Civil Code, Art. 203).
func (p Period) KeepUntil(d calendar.Date) calendar.Date {
	p = p.normal()
	if p.Days > 0 {
		return d.AddDays(p.Days)
	}
	return d.AddMonths(p.Months)
}

// RequiredFrom returns the earliest day whose records have to be retrievable on
// today: the first d with KeepUntil(d) not before today. For 2026-08-31 it is
// 2026-03-01, since the six months of 02-28 ended on 08-28.
func (p Period) RequiredFrom(today calendar.Date) calendar.Date {
	p = p.normal()
	if p.Days > 0 {
		return today.AddDays(-p.Days)
	}
	// The end of a month folds at most four days into one, so the answer is near.
	d := today.AddMonths(-p.Months).AddDays(-4)
	for p.KeepUntil(d).Before(today) {
		d = d.AddDays(1)
	}
	return d
}

// Span returns the greatest age in days that a record which must be kept can have:
// 184 for six months.
func (p Period) Span() int {
	p = p.normal()
	if p.Days > 0 {
		return p.Days
	}
	span := 0
	first := calendar.Date{Year: 2024, Month: 1, Day: 1} // four years hold one leap day
	for range 48 {
		span = max(span, first.DaysUntil(first.AddMonths(p.Months)))
		first = first.AddMonths(1)
	}
	return span
}

// Window returns the days that a configuration should guarantee so that it holds on
// every day of every year: Span plus the day that is being written.
func (p Period) Window() int { return p.Span() + 1 }
