package report

import (
	"cmp"
	"slices"
	"strings"

	"github.com/yunjian-io/yunjian/rules/calendar"
)

// Log is the verdict on one log (Art. 31) as the report tells it. Days that do not
// belong to the verdict are zero.
type Log struct {
	Unit   string `json:"unit"` // code; empty where the inventory does not know the host
	System string `json:"system"`
	Host   string `json:"host"`
	// Category is the one under which the report counts Class; the titles are their
	// names for people, and Order the place of the category.
	Class         string `json:"class"`
	ClassTitle    string `json:"class_title"`
	Category      string `json:"category"`
	CategoryTitle string `json:"category_title"`
	Order         int    `json:"order"`
	Stream        string `json:"stream"`
	Path          string `json:"path"`
	Party         string `json:"party"` // unit or provider
	// Mandatory says that the registry or the default requires it: it is counted.
	Mandatory    bool          `json:"mandatory"`
	Verdict      string        `json:"verdict"`
	Status       string        `json:"status"`
	JudgedOn     calendar.Date `json:"judged_on"`
	RequiredFrom calendar.Date `json:"required_from"`
	Obligation   calendar.Date `json:"obligation"`
	// Earliest is the day from which the host itself covers, Latest the last record told.
	Earliest calendar.Date `json:"earliest"`
	Latest   calendar.Date `json:"latest"`
	Gaps     []Gap         `json:"gaps"`
	// Policy is what removes records, as configured; ProjectedDays what it surely keeps,
	// nil where not known, and Endless that it removes nothing.
	Policy          string        `json:"policy"`
	ProjectedDays   *float64      `json:"projected_days"`
	Endless         bool          `json:"endless"`
	FirstDeletion   calendar.Date `json:"first_deletion"`
	DiskFull        calendar.Date `json:"disk_full"`
	AtRiskFrom      calendar.Date `json:"at_risk_from"`
	Foreseen        calendar.Date `json:"foreseen"` // the day of table B3-5
	AccountableFrom calendar.Date `json:"accountable_from"`
	AttestedDays    int           `json:"attested_days"`
	WindowDays      int           `json:"window_days"`
	Reasons         []string      `json:"reasons"` // codes
	Reason          string        `json:"reason"`
	Remedy          string        `json:"remedy"`
	WaivedBy        string        `json:"waived_by"`
	WaivedUntil     calendar.Date `json:"waived_until"`
	// FirstFound is the day for which it was first judged not compliant, without a
	// judged month in between in which it complied.
	FirstFound calendar.Date `json:"first_found"`
}

// Gap is a run of days, both ends inclusive.
type Gap struct {
	From calendar.Date `json:"from"`
	To   calendar.Date `json:"to"`
}

// Days is the length of the gap.
func (g Gap) Days() int { return g.From.DaysUntil(g.To) + 1 }

// Statuses of the report (reports.md 0.5), as package retention names them.
const (
	statusCompliant    = "compliant"
	statusAccumulating = "accumulating"
	statusBroken       = "non_compliant"
	statusUndetermined = "undetermined"
	statusWaived       = "waived"
	verdictAtRisk      = "at_risk"
)

// logStatuses are the statuses in the order of the tables.
func logStatuses() []string {
	return []string{statusCompliant, statusAccumulating, statusBroken, statusUndetermined, statusWaived}
}

// The parties of Art. 12, and the order in which tables have them.
const (
	partyUnit     = "unit"
	partyProvider = "provider"
)

func parties() []string { return []string{partyUnit, partyProvider} }

// LogCount counts logs that have to be kept by status; those out of scope are in none.
type LogCount struct {
	Compliant    int `json:"compliant"`
	Accumulating int `json:"accumulating"`
	Broken       int `json:"non_compliant"`
	Undetermined int `json:"undetermined"`
	Waived       int `json:"waived"`
}

// Count adds n logs of a status; another one is not counted.
func (c *LogCount) Count(status string, n int) {
	if at := map[string]*int{
		statusCompliant: &c.Compliant, statusAccumulating: &c.Accumulating, statusBroken: &c.Broken,
		statusUndetermined: &c.Undetermined, statusWaived: &c.Waived,
	}[status]; at != nil {
		*at += n
	}
}

// Of returns the number of logs of a status.
func (c LogCount) Of(status string) int {
	return map[string]int{
		statusCompliant: c.Compliant, statusAccumulating: c.Accumulating, statusBroken: c.Broken,
		statusUndetermined: c.Undetermined, statusWaived: c.Waived,
	}[status]
}

// Due is the number of logs that have to be checked.
func (c LogCount) Due() int {
	return c.Compliant + c.Accumulating + c.Broken + c.Undetermined + c.Waived
}

func (c LogCount) plus(o LogCount) LogCount {
	return LogCount{c.Compliant + o.Compliant, c.Accumulating + o.Accumulating, c.Broken + o.Broken, c.Undetermined + o.Undetermined, c.Waived + o.Waived}
}

// Compliance is F15: compliant logs over all due ones that are neither waived nor still
// accumulating. None where there are no such logs.
func Compliance(c LogCount) Figure {
	return Ratio(Of(c.Compliant), Of(c.Due()-c.Waived-c.Accumulating))
}

// Decidable is the other half of F15: logs on which there is a verdict, compliant or
// not, over all due ones.
func Decidable(c LogCount) Figure { return Ratio(Of(c.Compliant+c.Broken), Of(c.Due())) }

// LogMonth counts the required logs of a unit, party and category in a month.
type LogMonth struct {
	Month    calendar.Month `json:"month"`
	Unit     string         `json:"unit"` // code
	Party    string         `json:"party"`
	Category string         `json:"category"`
	Count    LogCount       `json:"count"`
}

// LogInput is what is known about the keeping of logs.
type LogInput struct {
	// Logs are the verdicts of the month, by host, class and stream; nil where logs were
	// not judged. With Now they are only those to be listed.
	Logs *LogList `json:"logs"`
	// Now counts the required logs of the month, for reports that do not list all; nil
	// where Logs has all of them.
	Now []LogMonth `json:"now"`
	// Past are the months before that were judged, the oldest first.
	Past []LogMonth `json:"past"`
	// Judged are the months before the present one that were judged.
	Judged []calendar.Month `json:"judged"`
}

// LogRow is a row of table B3-1: a party and category, or the sum of a party.
type LogRow struct {
	Party      string   `json:"party"`
	Category   string   `json:"category"` // empty for the sum
	Title      string   `json:"title"`
	Count      LogCount `json:"count"`
	Compliance Figure   `json:"compliance"` // F15
	Decidable  Figure   `json:"decidable"`
	// Change is that of F15 since the month before, a difference of ratios.
	Change Figure `json:"compliance_change"`
}

// Logs are the figures of a month about logs.
type Logs struct {
	Rows  []LogRow `json:"rows"`
	Total LogRow   `json:"total"`
	// Broken, Accumulating, Undetermined, Foreseen and Waived are lists of required logs;
	// New are those of Broken that complied, or were not told of, in the month before.
	Broken       *LogList `json:"non_compliant"`
	New          *LogList `json:"new"`
	Accumulating *LogList `json:"accumulating"`
	Undetermined *LogList `json:"undetermined"`
	Foreseen     *LogList `json:"foreseen"`
	AtRisk       int      `json:"at_risk"`      // of the compliant ones
	NotRequired  int      `json:"not_required"` // told of, not required and so not counted
	// NewKnown says that the month before was judged, without which nobody can tell
	// what is new.
	NewKnown bool       `json:"new_known"`
	Months   []LogMonth `json:"months"` // with the present one, by month and party
	All      *LogList   `json:"all"`
}

// logFigures counts and lists the logs of a month.
func logFigures(in LogInput, period calendar.Month) Logs {
	out := Logs{
		All: in.Logs, Broken: &LogList{}, New: &LogList{}, Accumulating: &LogList{}, Undetermined: &LogList{}, Foreseen: &LogList{},
		NewKnown: slices.Contains(in.Judged, period.Prev()),
	}
	now := map[[2]string]LogCount{}
	titles, order := map[string]string{}, map[string]int{}
	for i, l := range in.Logs.All() {
		if !l.Mandatory {
			out.NotRequired++
			continue
		}
		titles[l.Category], order[l.Category] = l.CategoryTitle, l.Order
		if in.Now == nil {
			key := [2]string{l.Party, l.Category}
			c := now[key]
			c.Count(l.Status, 1)
			now[key] = c
		}
		out.list(i, &l, period)
	}
	for _, m := range in.Now {
		key := [2]string{m.Party, m.Category}
		now[key] = now[key].plus(m.Count)
	}
	out.Foreseen.sort(func(a, b *Log) int { return a.Foreseen.Compare(b.Foreseen) })
	past := map[[2]string]LogCount{}
	for _, m := range in.Past {
		if m.Month == period.Prev() {
			past[[2]string{m.Party, m.Category}] = past[[2]string{m.Party, m.Category}].plus(m.Count)
		}
	}
	var all, before LogCount
	for _, party := range parties() {
		var sum, sumBefore LogCount
		var keys []string
		for key := range now {
			if key[0] == party {
				keys = append(keys, key[1])
			}
		}
		slices.SortFunc(keys, func(a, b string) int { return cmp.Or(cmp.Compare(order[a], order[b]), strings.Compare(a, b)) })
		for _, category := range keys {
			key := [2]string{party, category}
			if category != "" { // Now may count without categories
				out.Rows = append(out.Rows, out.row(party, category, titles[category], now[key], past[key]))
			}
			sum = sum.plus(now[key])
		}
		for key, c := range past {
			if key[0] == party {
				sumBefore = sumBefore.plus(c)
			}
		}
		if len(keys) > 0 {
			out.Rows = append(out.Rows, out.row(party, "", "", sum, sumBefore))
		}
		out.Months = append(out.Months, LogMonth{Month: period, Party: party, Count: sum})
		all, before = all.plus(sum), before.plus(sumBefore)
	}
	out.Total = out.row("", "", "", all, before)
	out.history(in)
	return out
}

// row makes a row; nothing is compared with a month that was not judged.
func (l *Logs) row(party, category, title string, now, before LogCount) LogRow {
	r := LogRow{Party: party, Category: category, Title: title, Count: now, Compliance: Compliance(now), Decidable: Decidable(now)}
	if l.NewKnown {
		r.Change = RatioChange(r.Compliance, Compliance(before))
	}
	return r
}

// list files a required log of All.
func (l *Logs) list(i int, log *Log, period calendar.Month) {
	if log.Verdict == verdictAtRisk && log.Status == statusCompliant {
		l.AtRisk++
		if !log.Foreseen.IsZero() {
			l.Foreseen.take(l.All, i)
		}
	}
	switch log.Status {
	case statusBroken:
		l.Broken.take(l.All, i)
		if period.Contains(log.FirstFound) {
			l.New.take(l.All, i)
		}
	case statusAccumulating:
		l.Accumulating.take(l.All, i)
	case statusUndetermined:
		l.Undetermined.take(l.All, i)
	}
}

// history adds the months before, summed over categories, in front of the present one.
func (l *Logs) history(in LogInput) {
	sums := map[calendar.Month]map[string]LogCount{}
	for _, m := range in.Judged {
		sums[m] = map[string]LogCount{} // also where no log was required
	}
	for _, m := range in.Past {
		if sums[m.Month] == nil {
			sums[m.Month] = map[string]LogCount{}
		}
		sums[m.Month][m.Party] = sums[m.Month][m.Party].plus(m.Count)
	}
	var months []LogMonth
	for m, counts := range sums {
		for _, party := range parties() {
			months = append(months, LogMonth{Month: m, Party: party, Count: counts[party]})
		}
	}
	l.Months = append(l.Months, months...)
	slices.SortFunc(l.Months, func(a, b LogMonth) int {
		return cmp.Or(a.Month.Compare(b.Month), -strings.Compare(a.Party, b.Party)) // unit before provider
	})
}

// in sums the counts of a month over parties; false if it was not judged.
func (l *Logs) in(m calendar.Month) (sum LogCount, judged bool) {
	for _, x := range l.Months {
		if x.Month == m {
			sum, judged = sum.plus(x.Count), true
		}
	}
	return sum, judged
}
