package logs

import (
	"context"
	"io"
	"syscall"
	"time"
)

// Budget bounds what reading logs may cost the host. A zero value is no bound.
type Budget struct {
	// BytesPerSecond is how much may be read from the host's files.
	BytesPerSecond int64
	// CPUShare is the part of one core that may be used, such as 0.05.
	CPUShare float64
}

const (
	// burstCPU is CPU time that may be used at once, so that a pass over unchanged
	// files does not wait.
	burstCPU = 100 * time.Millisecond
	// burstSeconds is how much of a second's bytes may be read at once.
	burstSeconds = 1
	// chunk is what is read before the budget is asked again, in bytes.
	chunk = 64 << 10
)

// meter keeps to a Budget by waiting. It belongs to one goroutine, locked to its
// thread where CPU time is to be bounded.
type meter struct {
	Budget
	clock func() time.Time
	cpu   func() time.Duration // CPU time of the thread
	start time.Time            // since when CPU time is counted
	used  time.Duration        // CPU time at start
	room  float64              // bytes that may be read now
	last  time.Time            // when room was computed
	// read and waited are totals, for the agent's own metrics.
	read   int64
	waited time.Duration
}

func newMeter(b Budget) *meter {
	m := &meter{Budget: b, clock: time.Now, cpu: threadTime}
	m.last, m.room = m.clock(), float64(b.BytesPerSecond)*burstSeconds
	m.start, m.used = m.last, m.cpu()
	return m
}

// threadTime is the CPU time of the calling thread.
func threadTime() time.Duration {
	const thread = 1 // RUSAGE_THREAD
	var u syscall.Rusage
	if syscall.Getrusage(thread, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// spend notes n bytes read and waits until both bounds are kept again.
func (m *meter) spend(ctx context.Context, n int64) error {
	m.read += n
	if err := ctx.Err(); err != nil {
		return err
	}
	wait := max(m.overBytes(n), m.overCPU())
	if wait <= 0 {
		return nil
	}
	m.waited += wait
	return sleep(ctx, wait)
}

func (m *meter) overBytes(n int64) time.Duration {
	if m.BytesPerSecond <= 0 {
		return 0
	}
	now, rate := m.clock(), float64(m.BytesPerSecond)
	m.room = min(m.room+now.Sub(m.last).Seconds()*rate, rate*burstSeconds) - float64(n)
	m.last = now
	return time.Duration(-m.room / rate * float64(time.Second))
}

func (m *meter) overCPU() time.Duration {
	if m.CPUShare <= 0 {
		return 0
	}
	now := m.clock()
	used, passed := m.cpu()-m.used, now.Sub(m.start)
	earned := time.Duration(float64(passed)*m.CPUShare) + burstCPU
	if used <= earned {
		if passed > time.Minute { // what was not used is not saved up
			m.start, m.used = now, m.cpu()
		}
		return 0
	}
	return time.Duration(float64(used-earned) / m.CPUShare)
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// metered reads within a budget.
type metered struct {
	ctx   context.Context //nolint:containedctx // io.Reader has no other way to be stopped
	meter *meter
	r     io.Reader
}

func (m metered) Read(p []byte) (int, error) {
	n, err := m.r.Read(p[:min(len(p), chunk)])
	if e := m.meter.spend(m.ctx, int64(n)); e != nil {
		return n, e
	}
	return n, err
}

// meteredAt reads at positions within a budget.
type meteredAt struct {
	ctx   context.Context //nolint:containedctx // io.ReaderAt has no other way to be stopped
	meter *meter
	r     io.ReaderAt
}

func (m meteredAt) ReadAt(p []byte, at int64) (int, error) {
	n, err := m.r.ReadAt(p, at)
	if e := m.meter.spend(m.ctx, int64(n)); e != nil {
		return n, e
	}
	return n, err
}
