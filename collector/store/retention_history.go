package store

import (
	"context"
	"time"

	"github.com/yunjian-io/yunjian/rules/calendar"
)

// RetentionPast counts required logs of one month, unit, party and class by status.
type RetentionPast struct {
	Month                      calendar.Month
	Unit, Party, Class, Status string
	Logs                       uint64
}

// RetentionBroken is a required log that was not compliant in a month.
type RetentionBroken struct {
	Month                       calendar.Month
	JudgedOn                    calendar.Date
	HostID, System, Class, Name string // Name is the stream
}

// RetentionPast returns the counts of some runs and the logs that were not compliant in
// them, of one provider or of all if it is empty.
func (s *Store) RetentionPast(ctx context.Context, runs []JudgeRun, provider string) (counts []RetentionPast, broken []RetentionBroken, err error) {
	if len(runs) == 0 {
		return nil, nil, nil
	}
	values := map[string]any{"runs": collect(runs, func(r *JudgeRun) uint64 { return r.Run }), "provider": provider}
	err = s.Each(ctx, query("retention_history"), values, func(scan func(...any) error) error {
		var c RetentionPast
		var month time.Time
		err := scan(&month, &c.Unit, &c.Party, &c.Class, &c.Status, &c.Logs)
		c.Month = calendar.DateOf(month).CalendarMonth()
		counts = append(counts, c)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	err = s.Each(ctx, query("retention_broken"), values, func(scan func(...any) error) error {
		var b RetentionBroken
		var month, judged time.Time
		err := scan(&month, &judged, &b.HostID, &b.System, &b.Class, &b.Name)
		b.Month, b.JudgedOn = calendar.DateOf(month).CalendarMonth(), calendar.DateOf(judged)
		broken = append(broken, b)
		return err
	})
	return counts, broken, err
}

// Identity is what a host last told of its operating system.
type Identity struct {
	HostID string
	// OS and Version are ID and VERSION_ID of os-release, Name its PRETTY_NAME.
	OS, Version, Name string
}

// Identities returns the last identity of every host of a provider before a time.
func (s *Store) Identities(ctx context.Context, provider string, before time.Time) (out []Identity, err error) {
	values := map[string]any{"provider": provider, "to": before}
	err = s.Each(ctx, query("identities"), values, func(scan func(...any) error) error {
		var i Identity
		err := scan(&i.HostID, &i.OS, &i.Version, &i.Name)
		out = append(out, i)
		return err
	})
	return out, err
}
