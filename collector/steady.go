package collector

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"syscall"
	"time"
)

const (
	// steadyTime is how long a start waits for a database that went away: the embedded
	// engine, which is started again when it dies, needs a few seconds of it.
	steadyTime = 30 * time.Second
	steadyPoll = 200 * time.Millisecond
)

// steadily runs a step of the start, again and again while the database is away. Each
// step may be repeated; any other error ends it at once.
func steadily(ctx context.Context, log *slog.Logger, what string, step func() error) error {
	ctx, cancel := context.WithTimeout(ctx, steadyTime)
	defer cancel()
	poll := time.NewTicker(steadyPoll)
	defer poll.Stop()
	for told := false; ; {
		err := step()
		if err == nil || !away(err) {
			return err
		}
		if !told {
			told = true
			log.Warn("the database went away; waiting for it", slog.String("step", what), slog.Any("error", err))
		}
		select {
		case <-poll.C:
		case <-ctx.Done():
			return errors.Join(err, ctx.Err())
		}
	}
}

// away says that an error is of the connection, not of the question.
func away(err error) bool {
	for _, of := range []error{io.EOF, io.ErrUnexpectedEOF, syscall.ECONNREFUSED, syscall.ECONNRESET, syscall.EPIPE, syscall.ENOENT} {
		if errors.Is(err, of) {
			return true
		}
	}
	return false
}
