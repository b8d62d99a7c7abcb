package probe

import (
	"context"
	"fmt"
	"os"

	"github.com/shirou/gopsutil/v3/load"

	"github.com/yunjian-io/yunjian/internal/wire"
)

// loads reads /proc/loadavg at the end of an interval.
type loads struct{ roots Roots }

func (*loads) look(context.Context) error { return nil }

func (l *loads) cut(ctx context.Context, out *values) error {
	// Without the file gopsutil asks the kernel it runs on, whatever the root is.
	if _, err := os.Stat(l.roots.proc("loadavg")); err != nil {
		return fmt.Errorf("read load: %w", err)
	}
	now, err := load.AvgWithContext(ctx)
	if err != nil {
		return fmt.Errorf("read load: %w", err)
	}
	out.total(wire.Load1, now.Load1)
	out.total(wire.Load5, now.Load5)
	return nil
}
