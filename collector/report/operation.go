package report

import (
	"slices"
	"time"

	"github.com/yunjian-io/yunjian/collector/records"
	"github.com/yunjian-io/yunjian/rules/calendar"
)

// Interval is a span of time, [From, To).
type Interval struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

// merge returns the intervals inside of a span, overlapping and touching ones joined.
func merge(span Interval, all []Interval) (out []Interval) {
	for _, i := range all {
		if i.From.Before(span.From) {
			i.From = span.From
		}
		if i.To.After(span.To) {
			i.To = span.To
		}
		if i.From.Before(i.To) {
			out = append(out, i)
		}
	}
	slices.SortFunc(out, func(a, b Interval) int { return a.From.Compare(b.From) })
	n := 0
	for _, i := range out {
		if n > 0 && !i.From.After(out[n-1].To) {
			if i.To.After(out[n-1].To) {
				out[n-1].To = i.To
			}
			continue
		}
		out[n] = i
		n++
	}
	return out[:n]
}

func total(all []Interval) (sum time.Duration) {
	for _, i := range all {
		sum += i.To.Sub(i.From)
	}
	return sum
}

// Availability is F13: 1 − unplanned downtime / (length of the span − planned downtime).
// Overlapping times count once, and an unplanned outage inside of a planned one not at
// all (reports.md E 4). None where all of the span was planned downtime.
func Availability(span Interval, planned, unplanned []Interval) (rate Figure, down time.Duration) {
	plan := merge(span, planned)
	down = total(merge(span, slices.Concat(plan, unplanned))) - total(plan)
	due := span.To.Sub(span.From) - total(plan)
	if due <= 0 {
		return Figure{State: None}, down
	}
	return Of(1 - down.Minutes()/due.Minutes()), down
}

// ServiceRow is a row of table A5-1.
type ServiceRow struct {
	Platform     string  `json:"platform"` // name
	Region       string  `json:"region"`
	Service      string  `json:"service"`
	Availability Figure  `json:"availability"` // F13
	Outages      int     `json:"outages"`      // unplanned
	DownMinutes  float64 `json:"down_minutes"` // unplanned, overlaps once
	PlanMinutes  float64 `json:"planned_minutes"`
	Target       Figure  `json:"target"`
	Basis        string  `json:"basis"`
}

// Met reports whether the target was met; known is false without target or rate.
func (s ServiceRow) Met() (met, known bool) {
	return s.Availability.Value >= s.Target.Value, s.Availability.State == Known && s.Target.State == Known
}

// OrderRow is a service order with its deadline (Art. 18, 22).
type OrderRow struct {
	No     string        `json:"order_no"`
	Action string        `json:"action"` // provision or change
	Unit   string        `json:"unit"`
	System string        `json:"system"`
	Began  calendar.Date `json:"began_on"`
	Due    calendar.Date `json:"due"`
	// Estimated says that Due rests on a year without a published notice.
	Estimated bool          `json:"estimated"`
	Done      calendar.Date `json:"done_on"`
	// UsedDays are the working days from Began to Done, −1 while it is not done.
	UsedDays int `json:"used_days"`
	// Late says that it was done after Due, or that Due is over and it is not done;
	// LateDays are the working days beyond Due up to Done, or to the end of the period.
	Late     bool `json:"late"`
	LateDays int  `json:"late_days"`
}

// orderDays are the working days in which an order has to be done: Art. 18, Art. 22.
func orderDays(action string) int {
	if action == "change" {
		return 3
	}
	return 2
}

// OnTime is F14: orders done on time over those that fell due in the period, whose
// last day counts. None where none fell due.
func OnTime(orders []OrderRow, from, to calendar.Date) (rate Figure, due, onTime int) {
	for i := range orders {
		o := &orders[i]
		if o.Due.Before(from) || o.Due.After(to) {
			continue
		}
		due++
		if !o.Done.IsZero() && !o.Done.After(o.Due) {
			onTime++
		}
	}
	return Ratio(Of(onTime), Of(due)), due, onTime
}

// OrderSum is a row of table A5-3.
type OrderSum struct {
	Action string `json:"action"`
	// Begun are the orders that began in the period, Finished those done in it.
	Begun    int    `json:"begun"`
	Finished int    `json:"finished"`
	Due      int    `json:"due"`
	OnTime   int    `json:"on_time"`
	Rate     Figure `json:"rate"`          // F14
	MeanDays Figure `json:"mean_workdays"` // of those finished
}

// IncidentRow is a row of table A5-2 or of S3.
type IncidentRow struct {
	records.Record
	UnitName string   `json:"unit_name"`
	Systems  []string `json:"systems"` // names
	Respond  Figure   `json:"minutes_to_respond"`
	Recover  Figure   `json:"minutes_to_recover"`
}

// Operation is what was imported about operation: section A5, and parts of B and S.
type Operation struct {
	// Of each table, whether it was provided.
	ServicesGiven  bool          `json:"services_given"`
	IncidentsGiven bool          `json:"incidents_given"`
	OrdersGiven    bool          `json:"orders_given"`
	WorkGiven      bool          `json:"work_given"`
	BackupsGiven   bool          `json:"backups_given"`
	ChangesGiven   bool          `json:"changes_given"`
	Services       []ServiceRow  `json:"services"`
	Overall        Figure        `json:"availability"` // F13 of all platforms: down while any service is
	Faults         []IncidentRow `json:"faults"`
	Security       []IncidentRow `json:"security_incidents"`
	MTTA           Figure        `json:"mtta_minutes"` // over the faults that tell it
	MTTR           Figure        `json:"mttr_minutes"`
	Orders         []OrderSum    `json:"orders"`
	Late           []OrderRow    `json:"late_orders"`
	AllOrders      []OrderRow    `json:"all_orders"`
	Work           []WorkRow     `json:"work"`
	Backups        []BackupRow   `json:"backups"`
	BackupRate     Figure        `json:"backup_rate"`
	Changes        []ChangeRow   `json:"changes"`
}

// WorkRow is a row of table B1.
type WorkRow struct {
	Item     string `json:"item"`
	Planned  Figure `json:"planned"`
	Done     Figure `json:"done"`
	Rate     Figure `json:"rate"`
	Evidence string `json:"evidence"`
}

// BackupRow is a backup task in the month.
type BackupRow struct {
	records.Record
	UnitName   string `json:"unit_name"`
	SystemName string `json:"system_name"`
	Rate       Figure `json:"rate"`
}

// ChangeRow is a change, a maintenance window, an upgrade or a hardening.
type ChangeRow struct {
	records.Record
	UnitName   string `json:"unit_name"`
	SystemName string `json:"system_name"`
}
