package backtest

import (
	"math"
	"slices"

	"github.com/yunjian-io/yunjian/rules/calendar"
	"github.com/yunjian-io/yunjian/rules/rightsize"
)

// perDay is the number of five-minute slots of a day.
const perDay = rightsize.SlotsPerDay

// Host is the record of one machine. Slot i begins i×5 minutes after midnight of From.
type Host struct {
	ID string
	// Block is the group of neighbours it is drawn and held out with.
	Block int
	From  calendar.Date
	// CPU in MHz and Memory in MiB are means of slots, whole days; NaN is no value.
	CPU, Memory []float64
	// Off marks the slots in which it was known to be off; nil for none.
	Off []bool
	// Provisioned is what it had, by day; zero where that day does not tell.
	Provisioned []Provision
	// Transmit is the mean rate sent by hour in bytes per second, NaN without a value,
	// and Network what a day says of the network. Both nil where not recorded.
	Transmit []float64
	Network  []rightsize.NetworkDay
}

// Provision is the size of a machine on a day.
type Provision struct {
	Cores, CPUMHz, MemoryMiB float64
}

// Case is one machine and one month: what was known on its first day, and what came.
type Case struct {
	Host  string
	Block int
	// Month is the month that is judged; the decision falls on its first day.
	Month calendar.Month
	// Clock is the MHz of one core at the decision: the weight of a core in all sums.
	Clock   float64
	History rightsize.History
	// CPU and Memory are what came, in cores and MiB, slot by slot; NaN is no value.
	CPU, Memory []float64
	// Idle is what the rules for idle machines look at.
	Idle rightsize.IdleEvidence

	cpu, memory outcome
}

// Example is a past decision with its outcome, from which a model may learn.
type Example = Case

// Months returns the months that can be judged: those with records of the month before.
func Months(hosts []Host) []calendar.Month {
	var first, last calendar.Date
	for i := range hosts {
		h := &hosts[i]
		until := h.From.AddDays(len(h.CPU)/perDay - 1)
		if first.IsZero() || h.From.Before(first) {
			first = h.From
		}
		if last.Before(until) {
			last = until
		}
	}
	var months []calendar.Month
	if first.IsZero() {
		return nil
	}
	for m := first.CalendarMonth().Next(); m.Compare(last.CalendarMonth()) <= 0; m = m.Next() {
		months = append(months, m)
	}
	return months
}

// Cases returns the eligible machines of a month in the order of the hosts: the size
// told within the seven days before it, and in the last 14 days before it as well as in
// it at least 90 % of seven days' slots with a value of CPU.
func Cases(hosts []Host, m calendar.Month) []Case {
	const enough = 7 * perDay * 9 / 10
	var cases []Case
	for i := range hosts {
		h := &hosts[i]
		days := len(h.CPU) / perDay
		decided := h.From.DaysUntil(m.First())
		at, end := min(decided, days), min(h.From.DaysUntil(m.Next().First()), days)
		start := max(0, decided-14)
		if at <= start || end <= at {
			continue
		}
		told := lastTold(h.Provisioned[:at])
		if told < 0 || decided-told > 7 {
			continue
		}
		if known(h.CPU[start*perDay:at*perDay]) <= enough || known(h.CPU[at*perDay:end*perDay]) <= enough {
			continue
		}
		cases = append(cases, h.caseOf(m, at, end, told))
	}
	return cases
}

// lastTold is the last day that tells a size, -1 without one.
func lastTold(days []Provision) int {
	for day, p := range slices.Backward(days) {
		if p.Cores > 0 {
			return day
		}
	}
	return -1
}

func known(series []float64) (n int) {
	for _, x := range series {
		if !math.IsNaN(x) {
			n++
		}
	}
	return n
}

// caseOf cuts the record in two at the decision. A history ends at the decision even
// where the record ends before it.
func (h *Host) caseOf(m calendar.Month, at, end, told int) Case {
	size := h.Provisioned[told]
	clock := size.CPUMHz / size.Cores
	gap := h.From.DaysUntil(m.First()) - at
	c := Case{
		Host: h.ID, Block: h.Block, Month: m, Clock: clock,
		History: rightsize.History{
			From: h.From, CPU: cores(h.CPU[:at*perDay], clock, gap), Memory: cores(h.Memory[:at*perDay], 1, gap),
			Size: rightsize.Size{VCPU: size.Cores, MemoryMiB: size.MemoryMiB}, Since: h.since(told),
		},
		CPU: cores(h.CPU[at*perDay:end*perDay], clock, 0), Memory: h.Memory[at*perDay : end*perDay],
	}
	if h.Off != nil {
		c.History.Off = append(slices.Clone(h.Off[:at*perDay]), make([]bool, gap*perDay)...)
	}
	if h.Network != nil {
		c.Idle.Network = h.Network[:min(at, len(h.Network))]
	}
	if h.Transmit != nil {
		c.Idle.Transmit = h.Transmit[:min(at*24, len(h.Transmit))]
	}
	c.Idle.MHzPerCore = clock
	c.cpu, c.memory = newOutcome(c.CPU), newOutcome(c.Memory)
	return c
}

// cores divides a series by a clock and lengthens it by days without a value.
func cores(mhz []float64, clock float64, gap int) []float64 {
	out := make([]float64, 0, len(mhz)+gap*perDay)
	for _, x := range mhz {
		out = append(out, x/clock)
	}
	for range gap * perDay {
		out = append(out, math.NaN())
	}
	return out
}

// since is the day from which the size of a day has held; zero if it always has. Memory
// told as a mean over a day that differs by under 3 % is the same.
func (h *Host) since(told int) calendar.Date {
	is := h.Provisioned[told]
	for day := told - 1; day >= 0; day-- {
		was := h.Provisioned[day]
		if was.Cores > 0 && (was.Cores != is.Cores || math.Abs(was.MemoryMiB-is.MemoryMiB) > 0.03*is.MemoryMiB) {
			return h.From.AddDays(day + 1)
		}
	}
	return calendar.Date{}
}
