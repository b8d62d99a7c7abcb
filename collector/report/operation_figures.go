package report

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/yunjian-io/yunjian/collector/records"
	"github.com/yunjian-io/yunjian/rules/calendar"
)

// operating computes an Operation for one month.
type operating struct {
	set       records.Set
	period    calendar.Month
	through   time.Time
	calendar  calendar.Calendar
	names     map[string]string // of units
	entries   map[string]Entry
	platforms []Platform
}

// last is the last day that was counted.
func (o *operating) last() calendar.Date {
	return calendar.DateOf(o.through.Add(-time.Second))
}

func (o *operating) span() Interval {
	return Interval{o.period.Start(o.through.Location()), o.through}
}

func (o *operating) figures() Operation {
	out := Operation{
		IncidentsGiven: o.set.Covers(records.Incidents, o.period), OrdersGiven: o.set.Covers(records.ServiceOrders, o.period),
		WorkGiven: o.set.Covers(records.Work, o.period), BackupsGiven: o.set.Covers(records.Backups, o.period),
		ChangesGiven: o.set.Covers(records.Changes, o.period), ServicesGiven: o.set.Covers(records.Outages, o.period),
	}
	if out.ServicesGiven {
		o.services(&out)
	}
	if out.IncidentsGiven {
		o.incidents(&out)
	}
	if out.OrdersGiven {
		o.orders(&out)
	}
	for _, item := range workItems() {
		out.Work = append(out.Work, o.work(item, out.WorkGiven))
	}
	o.backups(&out)
	for _, r := range o.set.Of(records.Changes) {
		if out.ChangesGiven && o.period.Contains(r.Date("done_on")) {
			out.Changes = append(out.Changes, ChangeRow{r, o.names[r.Text("unit")], o.entries[r.Text("system")].Name})
		}
	}
	return out
}

// services makes table A5-1: the services of the register, those that only an outage
// names, and all platforms together.
func (o *operating) services(out *Operation) {
	names := map[string]string{}
	for _, p := range o.platforms {
		names[p.ID] = cmp.Or(p.Name, p.ID)
	}
	type key struct{ platform, region, service string }
	of := func(r records.Record) key { return key{r.Text("platform"), r.Text("region"), r.Text("service")} }
	register := map[key]records.Record{}
	var keys []key
	for _, r := range o.set.Of(records.Services) {
		register[of(r)] = r
		keys = append(keys, of(r))
	}
	planned, unplanned := map[key][]Interval{}, map[key][]Interval{}
	var allPlanned, allUnplanned []Interval
	for _, r := range o.set.Of(records.Outages) {
		i := Interval{r.Time("began_at"), r.Time("ended_at")}
		if i.To.IsZero() {
			i.To = o.through // not over
		}
		if len(merge(o.span(), []Interval{i})) == 0 {
			continue
		}
		keys = append(keys, of(r))
		if r.Text("planned") == "true" {
			planned[of(r)], allPlanned = append(planned[of(r)], i), append(allPlanned, i)
		} else {
			unplanned[of(r)], allUnplanned = append(unplanned[of(r)], i), append(allUnplanned, i)
		}
	}
	slices.SortFunc(keys, func(a, b key) int {
		return cmp.Or(strings.Compare(a.platform, b.platform), strings.Compare(a.region, b.region), strings.Compare(a.service, b.service))
	})
	for _, k := range slices.Compact(keys) {
		row := ServiceRow{Platform: cmp.Or(names[k.platform], k.platform), Region: k.region, Service: k.service, Outages: len(unplanned[k]), Basis: register[k].Text("basis")}
		rate, down := Availability(o.span(), planned[k], unplanned[k])
		row.Availability = rate
		row.DownMinutes, row.PlanMinutes = down.Minutes(), total(merge(o.span(), planned[k])).Minutes()
		if target, given := register[k].Number("target"); given {
			row.Target = Of(target)
		}
		out.Services = append(out.Services, row)
	}
	out.Overall, _ = Availability(o.span(), allPlanned, allUnplanned)
}

func (o *operating) incidents(out *Operation) {
	minutes := func(r records.Record, field string) Figure {
		at := r.Time(field)
		if at.IsZero() || at.After(o.through) {
			return Figure{}
		}
		return Of(at.Sub(r.Time("found_at")).Minutes())
	}
	var respond, recover []Figure
	for _, r := range o.set.Of(records.Incidents) {
		found := r.Time("found_at")
		if found.Before(o.span().From) || !found.Before(o.through) {
			continue
		}
		row := IncidentRow{Record: r, UnitName: o.names[r.Text("unit")], Respond: minutes(r, "responded_at"), Recover: minutes(r, "recovered_at")}
		for _, id := range r.List("affected_systems") {
			row.Systems = append(row.Systems, cmp.Or(o.entries[id].Name, id))
		}
		if r.Text("category") == "security" {
			out.Security = append(out.Security, row)
			continue
		}
		out.Faults = append(out.Faults, row)
		respond, recover = append(respond, row.Respond), append(recover, row.Recover)
	}
	out.MTTA, out.MTTR = mean(respond), mean(recover)
	byTime := func(a, b IncidentRow) int {
		return cmp.Or(a.Time("found_at").Compare(b.Time("found_at")), strings.Compare(a.Key, b.Key))
	}
	slices.SortFunc(out.Faults, byTime)
	slices.SortFunc(out.Security, byTime)
}

// mean is that of the known figures; None where there is none.
func mean(all []Figure) Figure {
	sum, n := 0.0, 0
	for _, f := range all {
		if f.State == Known {
			sum, n = sum+f.Value, n+1
		}
	}
	return Ratio(Of(sum), Of(n))
}

// orders makes table A5-3.
func (o *operating) orders(out *Operation) {
	for _, r := range o.set.Of(records.ServiceOrders) {
		out.AllOrders = append(out.AllOrders, o.order(r))
	}
	first, last := o.period.First(), o.last()
	inPeriod := func(d calendar.Date) bool { return !d.Before(first) && !d.After(last) }
	for _, action := range []string{"provision", "change"} {
		sum := OrderSum{Action: action}
		var of []OrderRow
		var used []Figure
		for _, order := range out.AllOrders {
			if order.Action != action {
				continue
			}
			of = append(of, order)
			if inPeriod(order.Began) {
				sum.Begun++
			}
			if inPeriod(order.Done) {
				sum.Finished++
				used = append(used, Of(order.UsedDays))
			}
			if order.Late && (order.Done.IsZero() || !order.Done.Before(first)) {
				out.Late = append(out.Late, order)
			}
		}
		sum.Rate, sum.Due, sum.OnTime = OnTime(of, first, last)
		sum.MeanDays = mean(used)
		out.Orders = append(out.Orders, sum)
	}
}

// order works out an order's deadline. What was done after the period is not done yet.
func (o *operating) order(r records.Record) OrderRow {
	row := OrderRow{
		No: r.Text("order_no"), Action: r.Text("action"), Unit: o.names[r.Text("unit")], System: cmp.Or(o.entries[r.Text("system")].Name, r.Text("system")),
		Began: r.Date("began_on"), Done: r.Date("done_on"), UsedDays: -1,
	}
	due := o.calendar.AddWorkingDays(row.Began, orderDays(row.Action))
	row.Due, row.Estimated = due.Date, due.Estimated
	if row.Done.After(o.last()) {
		row.Done = calendar.Date{}
	}
	end := o.last()
	if !row.Done.IsZero() {
		row.UsedDays, _ = o.calendar.WorkingDays(row.Began, row.Done)
		end = row.Done
	}
	if row.Late = end.After(row.Due); row.Late {
		row.LateDays, _ = o.calendar.WorkingDays(row.Due, end)
	}
	return row
}

// workItems are the works of Art. 36 in the order of table B1, and the duty of A5-4.
func workItems() []string {
	return []string{"inspection", "log_audit", "risk_assessment", "hardening", "backup", "emergency", "duty"}
}

// work sums an item up. Of an item that a covered month does not name nothing was
// planned: a real zero.
func (o *operating) work(item string, given bool) WorkRow {
	row := WorkRow{Item: item}
	if !given {
		return row
	}
	var planned, done float64
	for _, r := range o.set.Of(records.Work) {
		if r.Text("item") == item && r.Month("month") == o.period {
			p, _ := r.Number("planned")
			d, _ := r.Number("done")
			planned, done, row.Evidence = planned+p, done+d, r.Text("evidence")
		}
	}
	row.Planned, row.Done = Of(planned), Of(done)
	row.Rate = Ratio(row.Done, row.Planned)
	return row
}

func (o *operating) backups(out *Operation) {
	if !out.BackupsGiven {
		return
	}
	var runs, succeeded float64
	for _, r := range o.set.Of(records.Backups) {
		if r.Month("month") != o.period {
			continue
		}
		all, _ := r.Number("runs")
		good, _ := r.Number("succeeded")
		runs, succeeded = runs+all, succeeded+good
		out.Backups = append(out.Backups, BackupRow{r, o.names[r.Text("unit")], o.entries[r.Text("system")].Name, Ratio(Of(good), Of(all))})
	}
	out.BackupRate = Ratio(Of(succeeded), Of(runs))
}
