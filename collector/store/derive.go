package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/yunjian-io/yunjian/rules/calendar"
)

// deriveGrace is how long after the end of a bucket its rows may still be on
// the way before it is derived; later ones derive it again.
const deriveGrace = 45 * time.Second

// deriveBatches is the most group commits that one derivation takes together.
const deriveBatches = 2000

// Settled returns the instant before which group commits should be derived at
// now: the end of the last whole bucket, so that a bucket is not derived anew
// for every minute in it.
func Settled(now time.Time) time.Time {
	return now.Add(-deriveGrace).Truncate(bucketSeconds * time.Second).Add(deriveGrace)
}

// pendingBatch is one group commit with buckets to derive.
type pendingBatch struct {
	batch   uint64
	created time.Time
}

// Derive works off the buckets that group commits before the given instant have
// touched, and returns how many commits those were. It may run in several
// collectors at once and be cut off anywhere: a bucket is derived again, never
// from fewer rows in place of more.
func (s *Store) Derive(ctx context.Context, before time.Time) (batches int, err error) {
	for {
		todo, err := s.pending(ctx, before)
		if err != nil || len(todo) == 0 {
			return batches, err
		}
		if err := s.deriveAll(ctx, todo); err != nil {
			return batches, err
		}
		created := make([]int64, len(todo))
		ids := make([]uint64, len(todo))
		for i, b := range todo {
			ids[i], created[i] = b.batch, b.created.Unix()
		}
		if err := s.insert(ctx, "derive_done", []column{{"batch", "UInt64", ids}, {"created", typeTime, created}}); err != nil {
			return batches, err
		}
		batches += len(todo)
	}
}

func (s *Store) pending(ctx context.Context, before time.Time) (todo []pendingBatch, err error) {
	ctx = parameters(ctx, map[string]string{"before": seconds(before), "limit": fmt.Sprint(deriveBatches)})
	rows, err := s.conn.Query(ctx, query("derive_pending"))
	if err != nil {
		return nil, fmt.Errorf("read pending derivations: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var b pendingBatch
		if err := rows.Scan(&b.batch, &b.created); err != nil {
			return nil, fmt.Errorf("read pending derivations: %w", err)
		}
		todo = append(todo, b)
	}
	return todo, rows.Err()
}

// deriveBuckets is the most buckets that a query over several days derives. A
// query reads all days of a host between two instants, since rows are sorted by
// host, and holds every bucket that it derives, about 1 KB each.
const deriveBuckets = 500_000

// deriveAll derives the buckets of the batches, by days: one late host does not
// make a query read months of all others, and days that follow each other are
// taken together as far as memory allows.
func (s *Store) deriveAll(ctx context.Context, todo []pendingBatch) error {
	ids := make([]string, len(todo))
	for i, b := range todo {
		ids[i] = fmt.Sprint(b.batch)
	}
	batches := "[" + strings.Join(ids, ",") + "]"
	days, err := s.touchedDays(ctx, batches)
	if err != nil {
		return err
	}
	for _, d := range joinDays(days, deriveBuckets) {
		bound := parameters(ctx, map[string]string{"batches": batches, "from": seconds(d.from), "to": seconds(d.to)})
		if err := s.conn.Exec(bound, query("derive_usage")); err != nil {
			return fmt.Errorf("derive %s: %w", d.from.Format(time.DateOnly), err)
		}
	}
	return s.flagLate(ctx, batches, days)
}

// flagLate records which of the touched buckets belong to months that are closed. It comes
// before the commits are marked as derived, so that a crash in between repeats it.
func (s *Store) flagLate(ctx context.Context, batches string, days []touched) error {
	closes, err := s.MonthCloses(ctx, calendar.Month{})
	if err != nil {
		return err
	}
	closed := func(d touched) bool {
		month := calendar.DateOf(d.from.In(Zone())).CalendarMonth()
		return slices.ContainsFunc(closes, func(c MonthClose) bool { return c.Month == month })
	}
	if !slices.ContainsFunc(days, closed) {
		return nil
	}
	if err := s.conn.Exec(parameters(ctx, map[string]string{"batches": batches}), query("late_insert")); err != nil {
		return fmt.Errorf("flag late data: %w", err)
	}
	return nil
}

// touched is a stretch of whole days and how many buckets of it are to derive.
type touched struct {
	from, to time.Time
	buckets  uint64
}

// joinDays joins days that follow each other while they have at most most buckets.
func joinDays(days []touched, most uint64) (out []touched) {
	for _, d := range days {
		if n := len(out); n > 0 && out[n-1].to.Equal(d.from) && out[n-1].buckets+d.buckets <= most {
			out[n-1].to = d.to
			out[n-1].buckets += d.buckets
			continue
		}
		out = append(out, d)
	}
	return out
}

func (s *Store) touchedDays(ctx context.Context, batches string) (days []touched, err error) {
	rows, err := s.conn.Query(parameters(ctx, map[string]string{"batches": batches}), query("derive_days"))
	if err != nil {
		return nil, fmt.Errorf("read touched days: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var d touched
		if err := rows.Scan(&d.from, &d.buckets); err != nil {
			return nil, fmt.Errorf("read touched days: %w", err)
		}
		d.to = d.from.Add(24 * time.Hour)
		days = append(days, d)
	}
	return days, rows.Err()
}

// pendingHours is how long a partition of derive_pending stays after its hour,
// longer than any commit takes and any two collectors' clocks differ.
const pendingHours = 3

// TidyDerived drops the hours of derive_pending and derive_done in which every
// group commit has been derived.
func (s *Store) TidyDerived(ctx context.Context, now time.Time) error {
	before := parameters(ctx, map[string]string{"before": seconds(now.Add(-pendingHours * time.Hour))})
	rows, err := s.conn.Query(before, query("derive_tidy"))
	if err != nil {
		return fmt.Errorf("read derived hours: %w", err)
	}
	defer rows.Close()
	var hours []time.Time
	for rows.Next() {
		var hour time.Time
		if err := rows.Scan(&hour); err != nil {
			return fmt.Errorf("read derived hours: %w", err)
		}
		hours = append(hours, hour)
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read derived hours: %w", err)
	}
	for _, hour := range hours {
		for _, table := range []string{"derive_pending", "derive_done"} { // in this order: done without pending is harmless
			target, _, err := s.storage(ctx, table)
			if err != nil {
				return err
			}
			partition := hour.In(Zone()).Format(time.DateTime)
			if err := s.conn.Exec(ctx, "ALTER TABLE "+target+" DROP PARTITION '"+partition+"'"); err != nil {
				return fmt.Errorf("drop derived hour of %s: %w", table, err)
			}
		}
	}
	return nil
}

// Lag is the age of the oldest group commit that waits for derivation, and how many wait.
func (s *Store) Lag(ctx context.Context, now time.Time) (oldest time.Duration, waiting uint64, err error) {
	var created time.Time
	if err := s.conn.QueryRow(ctx, query("derive_lag")).Scan(&created, &waiting); err != nil {
		return 0, 0, fmt.Errorf("read derivation lag: %w", err)
	}
	if waiting > 0 {
		oldest = now.Sub(created)
	}
	return oldest, waiting, nil
}
