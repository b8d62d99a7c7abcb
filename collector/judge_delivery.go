package collector

import (
	"context"

	"github.com/yunjian-io/yunjian/collector/store"
	"github.com/yunjian-io/yunjian/rules/calendar"
)

// deliveries tell whether a host was ever used after it was delivered (Art. 18).
type deliveries struct {
	inService map[string]calendar.Date // by subject; only where the day is known
	reported  map[string]bool          // hosts that ever sent anything
	managed   map[string]float64       // share of a provider's hosts that did
}

func (j *judge) delivered(ctx context.Context) (deliveries, error) {
	d := deliveries{map[string]calendar.Date{}, map[string]bool{}, map[string]float64{}}
	known, err := j.db.Hosts(ctx)
	if err != nil {
		return d, err
	}
	for _, h := range known {
		d.reported[HostSubject(h.Provider, h.ID)] = true
	}
	all, seen := map[string]float64{}, map[string]float64{}
	for i := range j.inventory.Hosts {
		h := &j.inventory.Hosts[i]
		subject := HostSubject(h.Provider, h.ID)
		if !h.InService.IsZero() {
			d.inService[subject] = h.InService
		}
		all[h.Provider]++
		if d.reported[subject] {
			seen[h.Provider]++
		}
	}
	for provider, n := range all {
		d.managed[provider] = seen[provider] / n
	}
	return d, nil
}

// facts adds what is known of the delivery of a host as of the day end, which does not
// count. The working days are counted up to a hundred: no period of the regulation is longer.
func (d *deliveries) facts(h *store.HostFacts, c calendar.Calendar, end calendar.Date) {
	subject := HostSubject(h.Provider, h.HostID)
	h.Facts["reported_ever"] = 0
	if d.reported[subject] || h.ObservedSeconds > 0 {
		h.Facts["reported_ever"] = 1
	}
	if rate, ok := d.managed[h.Provider]; ok {
		h.Facts["managed_rate"] = rate
	}
	day, ok := d.inService[subject]
	if !ok || day.After(end) {
		return
	}
	const most = 100
	n := 0
	for next := day.AddDays(1); next.Before(end) && n < most; next = next.AddDays(1) {
		if works, _ := c.Working(next); works {
			n++
		}
	}
	h.Facts["working_days_since_delivery"] = float64(n)
}
