package collector

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/yunjian-io/yunjian/collector/store"
	"github.com/yunjian-io/yunjian/rules"
	"github.com/yunjian-io/yunjian/rules/calendar"
)

// ErrClosed says that a month is closed, so that it is not judged again without a reason.
var ErrClosed = errors.New("the month is closed")

// CheckOpen returns ErrClosed, with what to do, for a month that is closed.
func CheckOpen(ctx context.Context, db *store.Store, month calendar.Month) error {
	c, closed, err := db.LastClose(ctx, month)
	if err != nil || !closed {
		return err
	}
	return fmt.Errorf("%w: %s was closed on %s (version %d); to judge it again and issue corrected reports run yunjian-collector close --month %s --correct REASON",
		ErrClosed, month, c.ClosedAt.Format(time.DateTime), c.Version, month)
}

// Closing says which month is closed by whom, and why once more.
type Closing struct {
	Month calendar.Month
	// By is who closes it; empty for the schedule.
	By string
	// Correct is the reason for closing it again.
	Correct string
}

// CloseMonth judges a month that is over and closes it: reports are made from that run, and
// what comes later is flagged. A month that is closed stays as it is, and changed is false,
// unless there is a reason to correct it: then it gets the next version. say is told what is
// being done.
func CloseMonth(ctx context.Context, db *Database, pack rules.Pack, logs LogRules, ask Closing, now time.Time, program string, say func(string)) (c store.MonthClose, changed bool, err error) {
	unlock, err := lock(ctx, db.closing)
	if err != nil {
		return c, false, fmt.Errorf("lock closing: %w", err)
	}
	defer unlock()
	if end := ask.Month.End(store.Zone()); end.After(now) {
		return c, false, fmt.Errorf("close %s: the month ends on %s", ask.Month, ask.Month.Last())
	}
	last, closed, err := db.LastClose(ctx, ask.Month)
	switch {
	case err != nil:
		return c, false, err
	case closed && ask.Correct == "":
		return last, false, nil
	case !closed && ask.Correct != "":
		return c, false, fmt.Errorf("close %s: there is nothing to correct, it was not closed: leave out --correct", ask.Month)
	case closed && ask.By == "":
		return c, false, fmt.Errorf("close %s: name the person who corrects it with --by", ask.Month)
	}
	j, err := Judge(ctx, db, pack, logs, ask.Month, now, program, say)
	if err != nil {
		return c, false, fmt.Errorf("close %s: %w", ask.Month, err)
	}
	if _, err := OpenProposals(ctx, db, j.Run, now); err != nil {
		return c, false, fmt.Errorf("close %s: %w", ask.Month, err)
	}
	c = store.MonthClose{
		Month: ask.Month, Version: last.Version + 1, ClosedAt: now.Truncate(time.Microsecond), Run: j.Run.Run, Reason: ask.Correct, By: ask.By, Program: program,
	}
	say("taking the digest of the month's data")
	if c.MonthBatch, err = db.MonthBatch(ctx, ask.Month); err != nil {
		return c, false, fmt.Errorf("close %s: %w", ask.Month, err)
	}
	return c, true, db.SaveMonthClose(ctx, c)
}
