package agent

import (
	"testing"
	"time"
)

// FuzzGrid runs the grid on clocks that drift, stall and jump. What it closes
// must begin on the grid, never twice, and have both ends seen in time.
func FuzzGrid(f *testing.F) {
	f.Add([]byte{0, 0, 0, 200, 0, 1, 250, 0, 0})
	f.Fuzz(func(t *testing.T, script []byte) {
		g := newGrid(5*time.Second, time.Minute)
		mono := time.Unix(1_000_000_003, 0)
		wall := mono
		wait := g.start(wall, mono)
		seen := map[int64]bool{}
		jumps := 0
		for _, b := range script {
			for range 13 {
				mono, wall = mono.Add(wait), wall.Add(wait)
				switch { // each byte disturbs one tick in thirteen
				case b >= 240:
					wall = wall.Add(time.Duration(int(b)-248) * time.Minute)
					jumps++
				case b >= 128:
					late := time.Duration(b-128) * time.Second
					mono, wall = mono.Add(late), wall.Add(late)
				}
				b = 0
				what, _ := g.tick(wall, mono)
				wait = g.wait(wall)
				if wait > 5*time.Second+maxEarly {
					t.Fatalf("next tick in %v", wait)
				}
				if what != closing {
					continue
				}
				begin := g.began()
				if begin.Unix()%60 != 0 {
					t.Errorf("interval begins at %v", begin)
				}
				if over := wall.Sub(begin.Add(time.Minute)); over < 0 || over > g.late {
					t.Errorf("interval of %v closed %v after its end", begin, over)
				}
				if seen[begin.Unix()] && jumps == 0 {
					t.Errorf("interval of %v closed twice", begin)
				}
				seen[begin.Unix()] = true
			}
		}
	})
}

func TestGridDropsLateEnd(t *testing.T) {
	g := newGrid(5*time.Second, time.Minute)
	now := time.Unix(1_000_000_000, 0).Truncate(time.Minute).Add(-time.Second)
	now = now.Add(g.start(now, now))
	var got []action
	var reasons []string
	for range 30 {
		if len(got) == 12 {
			now = now.Add(3 * time.Second) // the end of the first interval is seen late
		}
		what, reason := g.tick(now, now)
		got = append(got, what)
		if reason != "" {
			reasons = append(reasons, reason)
		}
		now = now.Add(g.wait(now))
	}
	if got[0] != beginning || got[1] != looking || got[12] != nothing || got[24] != beginning || len(reasons) != 1 || reasons[0] != reasonLate {
		t.Errorf("actions %v, reasons %v", got, reasons)
	}
}

func TestSpread(t *testing.T) {
	seen := map[time.Duration]bool{}
	for _, host := range []string{"a", "b", "c", "d", "e"} {
		for _, report := range []time.Duration{4 * time.Second, time.Minute, 5 * time.Minute} {
			d := spread(host, report)
			if d < 0 || d >= min(10*time.Second, report/4) || d != spread(host, report) {
				t.Errorf("spread(%q, %v) = %v", host, report, d)
			}
			seen[d] = true
		}
	}
	if len(seen) < 10 {
		t.Errorf("only %d different delays: the fleet reports at once", len(seen))
	}
}
