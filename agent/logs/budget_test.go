package logs

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"
)

// Reading keeps to the bytes and the CPU time of its budget, over any longer stretch.
func TestBudget(t *testing.T) {
	tests := []struct {
		name   string
		budget Budget
		cpu    time.Duration // for each chunk
		bytes  int64
		want   time.Duration // about
	}{
		{"none", Budget{}, 0, 64 << 20, 0},
		{"bytes", Budget{BytesPerSecond: 4 << 20}, 0, 64 << 20, 15 * time.Second},
		{"cpu", Budget{CPUShare: 0.05}, time.Millisecond, 64 << 20, 18 * time.Second},
		{"the narrower of both", Budget{BytesPerSecond: 4 << 20, CPUShare: 0.05}, 2 * time.Millisecond, 64 << 20, 38 * time.Second},
		{"little is not delayed", Budget{BytesPerSecond: 4 << 20, CPUShare: 0.05}, time.Millisecond, 3 << 20, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := newMeter(tt.budget)
				used := time.Duration(0)
				m.cpu = func() time.Duration { return used }
				m.used = 0
				begin := time.Now()
				r := metered{t.Context(), m, io.LimitReader(zeros{}, tt.bytes)}
				buffer := make([]byte, 1<<20)
				for {
					used += tt.cpu
					if _, err := r.Read(buffer); err != nil {
						break
					}
				}
				took := time.Since(begin)
				if took < tt.want*9/10 || took > tt.want*11/10+200*time.Millisecond {
					t.Errorf("took %s; want about %s", took, tt.want)
				}
				if m.read != tt.bytes {
					t.Errorf("%d bytes were counted; want %d", m.read, tt.bytes)
				}
			})
		})
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

// A reader that waits for its budget ends with its context.
func TestBudgetEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		_, err := io.Copy(io.Discard, metered{ctx, newMeter(Budget{BytesPerSecond: 100 << 10}), bytes.NewReader(make([]byte, 10<<20))})
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v; want the end of the context", err)
		}
	})
}
