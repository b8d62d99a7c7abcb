package replay

import (
	"errors"
	"slices"
	"time"

	"github.com/yunjian-io/yunjian/collector/traces"
	"github.com/yunjian-io/yunjian/rules/calendar"
)

// Shift moves day k of month i to day k of month i + Months. A day that the other
// month does not have is dropped; a day that only the other month has stays missing.
type Shift struct{ Months int }

// Date is the day to which d is moved, and false if there is none.
func (s Shift) Date(d calendar.Date) (calendar.Date, bool) {
	m := d.CalendarMonth().Add(s.Months)
	moved := calendar.Date{Year: m.Year, Month: m.Month, Day: d.Day}
	return moved, d.Day <= m.Days()
}

// ErrNoTraces means that there is no day to replay.
var ErrNoTraces = errors.New("the traces hold no day")

// NewShift returns the shift that brings the first month of the traces to the month
// to or, with a zero to, their last month to the last one that is over at now in zone.
func NewShift(vms []traces.VM, to calendar.Month, now time.Time, zone *time.Location) (Shift, error) {
	first, last, ok := span(vms)
	if !ok {
		return Shift{}, ErrNoTraces
	}
	from := first.CalendarMonth()
	if to.IsZero() {
		from, to = last.CalendarMonth(), calendar.DateOf(now.In(zone)).CalendarMonth().Prev()
	}
	return Shift{12*(to.Year-from.Year) + int(to.Month) - int(from.Month)}, nil
}

// span is the first and the last day of any machine.
func span(vms []traces.VM) (first, last calendar.Date, ok bool) {
	for _, v := range vms {
		if len(v.Days) == 0 {
			continue
		}
		a, b := v.Days[0].Date, v.Days[len(v.Days)-1].Date
		if !ok || a.Before(first) {
			first = a
		}
		if !ok || b.After(last) {
			last = b
		}
		ok = true
	}
	return first, last, ok
}

// hostDay is one day of one machine where the replay has it.
type hostDay struct {
	host string
	day  *traces.Day
}

// today is one day of the replay with the machines that have it.
type today struct {
	date  calendar.Date
	start time.Time // of its first slot
	hosts []hostDay
}

// timeline puts the moved days into order.
func timeline(vms []traces.VM, s Shift, zone *time.Location) (days []today, dropped int) {
	by := map[calendar.Date]*today{}
	for i := range vms {
		host := HostID(vms[i].ID)
		for j := range vms[i].Days {
			day := &vms[i].Days[j]
			date, ok := s.Date(day.Date)
			if !ok {
				dropped++
				continue
			}
			t := by[date]
			if t == nil {
				t = &today{date: date, start: date.In(zone)}
				by[date] = t
			}
			t.hosts = append(t.hosts, hostDay{host, day})
		}
	}
	for _, t := range by {
		days = append(days, *t)
	}
	slices.SortFunc(days, func(a, b today) int { return a.date.Compare(b.date) })
	return days, dropped
}
