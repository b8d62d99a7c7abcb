package collector

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/yunjian-io/yunjian/collector/store/engine"
)

// The engine is killed when the database is about to be opened on it, and started
// again by its supervisor: the start of the collector must outlast that.
func TestStartOutlastsTheEngine(t *testing.T) {
	library, err := engine.Find("")
	switch {
	case err != nil && os.Getenv("CI") == "true":
		t.Fatal(err)
	case err != nil:
		t.Skip(err)
	}
	killed := 0
	start := func(ctx context.Context, c engine.Config) (*engine.Engine, error) {
		c.Library, c.Command = library, []string{os.Args[0]}
		e, err := engine.Start(ctx, c)
		if err == nil && syscall.Kill(e.PID(), syscall.SIGKILL) == nil {
			killed++
		}
		return e, err
	}
	db, err := openDatabase(t.Context(), Config{DataDir: shortDir(t)}, slog.New(slog.DiscardHandler), start)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if killed != 1 || db.Restarts() == 0 {
		t.Errorf("the engine was killed %d times and came back %d times", killed, db.Restarts())
	}
	if err := db.Ping(t.Context()); err != nil {
		t.Error(err)
	}
}

// shortDir is a folder whose path leaves room for a socket's name.
func shortDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "yj") //nolint:usetesting // its paths are too long for sockets
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func TestSteadily(t *testing.T) {
	refused := fmt.Errorf("ask: %w", syscall.ECONNREFUSED)
	wrong := errors.New("syntax error")
	for name, tc := range map[string]struct {
		answers []error // the last one stays
		want    error
		steps   int
	}{
		"at once":       {[]error{nil}, nil, 1},
		"comes back":    {[]error{io.EOF, refused, nil}, nil, 3},
		"wrong":         {[]error{io.EOF, wrong}, wrong, 2},
		"never is back": {[]error{refused}, context.DeadlineExceeded, int(steadyTime / steadyPoll)},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var told strings.Builder
				steps := 0
				err := steadily(t.Context(), slog.New(slog.NewTextHandler(&told, nil)), "a step", func() error {
					steps++
					return tc.answers[min(steps, len(tc.answers))-1]
				})
				if !errors.Is(err, tc.want) || steps < tc.steps || steps > tc.steps+1 {
					t.Errorf("%d steps, %v; want %d and %v", steps, err, tc.steps, tc.want)
				}
				if got, want := strings.Count(told.String(), "went away"), min(tc.steps-1, 1); got != want {
					t.Errorf("told %d times; want %d: %s", got, want, told.String())
				}
			})
		})
	}
}
