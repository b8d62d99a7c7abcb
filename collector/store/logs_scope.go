package store

import (
	"context"
	"time"

	"github.com/yunjian-io/yunjian/rules/calendar"
)

// LogScope is what the inventory says about a host as far as its logs have to be kept.
// Days that are not known are zero.
type LogScope struct {
	Host             uint64
	Provider, HostID string
	System, Unit     string
	// Owner answers for the guest: provider or unit (Art. 5, 12).
	Owner string
	// Level and Status are those of the system.
	Level  int
	Status string
	// Cutover is that of the system, InService the delivery of the host, and Allocated
	// the first day for which the inventory has it in service.
	Cutover, InService, Allocated calendar.Date
	// Released is the day of release of a host that is not in service, Retired the day on
	// which an import first told that its system is retired.
	Released, Retired calendar.Date
}

// Start is the day from which the host has to answer for its logs: its delivery, else
// the cut-over of a system to which it belonged by then (Art. 18 to 20). The first day
// of an allocation is none by itself, since it may only be that of an import.
func (s LogScope) Start() calendar.Date {
	switch {
	case !s.InService.IsZero():
		return s.InService
	case !s.Cutover.IsZero() && !s.Allocated.IsZero() && !s.Allocated.After(s.Cutover):
		return s.Cutover
	}
	return calendar.Date{}
}

// End is the day on which the host went out of service, zero while it is in service.
// What it wrote has to be kept for the whole period beyond that.
func (s LogScope) End() calendar.Date {
	if s.Released.IsZero() || (!s.Retired.IsZero() && s.Retired.Before(s.Released)) {
		return s.Retired
	}
	return s.Released
}

// LogScopes returns every host that the inventory has or had as of a time, by provider
// and id.
func (s *Store) LogScopes(ctx context.Context, at time.Time) (out []LogScope, err error) {
	err = s.Each(ctx, query("logs_scope"), map[string]any{"at": at}, func(scan func(...any) error) error {
		var (
			l                                     LogScope
			level                                 uint8
			cutover, inService, released, retired *time.Time
			allocated                             time.Time
		)
		err := scan(&l.Host, &l.Provider, &l.HostID, &l.System, &l.Unit, &l.Owner, &level, &l.Status, &cutover, &inService, &allocated, &released, &retired)
		l.Level, l.Cutover, l.InService, l.Released, l.Retired = int(level), day(cutover), day(inService), day(released), day(retired)
		if allocated.Unix() > 0 {
			l.Allocated = calendar.DateOf(allocated)
		}
		out = append(out, l)
		return err
	})
	return out, err
}
