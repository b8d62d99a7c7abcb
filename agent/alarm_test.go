package agent

import (
	"testing"
	"time"
)

// alarms are one of the kernel and one of Go.
func alarms(t *testing.T, period time.Duration) map[string]alarm {
	t.Helper()
	kernel, err := newKernelAlarm(period)
	if err != nil {
		t.Fatal(err)
	}
	return map[string]alarm{"kernel": kernel, "go": newAlarm(false, period)}
}

// An alarm rings once after each reset, not before its time, and can be set again.
func TestAlarmRings(t *testing.T) {
	for name, a := range alarms(t, time.Minute) {
		t.Run(name, func(t *testing.T) {
			defer a.stop()
			waits := []time.Duration{0, time.Millisecond, 20 * time.Millisecond}
			began := time.Now()
			a.reset(waits[0])
			rings := 0
			a.loop(func(woken bool) bool {
				if woken {
					t.Error("nobody woke it")
				}
				if passed := time.Since(began); passed < waits[rings] {
					t.Errorf("it rang after %s; want %s at least", passed, waits[rings])
				}
				if rings++; rings == len(waits) {
					return false
				}
				began = time.Now()
				a.reset(time.Hour)
				a.reset(waits[rings]) // the last setting counts
				return true
			})
			if rings != len(waits) {
				t.Errorf("%d rings; want %d", rings, len(waits))
			}
		})
	}
}

// A wake before the loop, during a round and during a wait is not lost, and rings go on.
func TestAlarmWakes(t *testing.T) {
	for name, a := range alarms(t, time.Minute) {
		t.Run(name, func(t *testing.T) {
			defer a.stop()
			a.wake()
			a.wake()
			var heard []bool
			asleep := make(chan struct{})
			go func() {
				<-asleep
				a.wake()
			}()
			a.loop(func(woken bool) bool {
				heard = append(heard, woken)
				switch len(heard) {
				case 1:
					a.wake() // while the round goes on
				case 2:
					close(asleep)
				case 3:
					a.reset(time.Millisecond)
				}
				return len(heard) < 4
			})
			if len(heard) != 4 || !heard[0] || !heard[1] || !heard[2] || heard[3] {
				t.Errorf("heard %v; want three wakes and a ring", heard)
			}
		})
	}
}

// Many wakes from many goroutines: what was said before a wake is found in a round.
func TestAlarmLosesNoWake(t *testing.T) {
	const goroutines, each = 4, 500
	for name, a := range alarms(t, time.Minute) {
		t.Run(name, func(t *testing.T) {
			defer a.stop()
			said := make(chan int, goroutines*each)
			for g := range goroutines {
				go func() {
					for i := range each {
						said <- g*each + i
						a.wake()
					}
				}()
			}
			heard := 0
			a.loop(func(bool) bool {
				for len(said) > 0 {
					<-said
					heard++
				}
				return heard < goroutines*each
			})
		})
	}
}

// Only an agent that is alone takes an alarm of the kernel.
func TestAlarmOfTheKernel(t *testing.T) {
	for _, alone := range []bool{false, true} {
		a := newAlarm(alone, 0)
		defer a.stop()
		if _, got := a.(*kernelAlarm); got != alone {
			t.Errorf("alone %t: an alarm of the kernel %t", alone, got)
		}
	}
}

// An alarm of the kernel rings by itself as long as it is set to the times at which it
// would ring anyway.
func TestAlarmOfAPeriod(t *testing.T) {
	const period = 20 * time.Millisecond
	a, err := newKernelAlarm(period)
	if err != nil {
		t.Fatal(err)
	}
	defer a.stop()
	a.reset(period)
	first, rings := a.set, 0
	a.loop(func(bool) bool {
		next := a.set
		for !next.After(time.Now()) {
			next = next.Add(period)
		}
		if d := time.Until(next); d > period/4 { // we are not late ourselves
			a.reset(d)
		}
		rings++
		return rings < 3
	})
	if !a.set.Equal(first) {
		t.Error("it was set although it would have rung")
	}
	for _, d := range []time.Duration{period / 4, period * 8 / 5, time.Hour + period/3} {
		at := time.Now().Add(d)
		a.reset(d)
		if a.set.Before(at) {
			t.Errorf("set to %s from now: it rings %s before", d, at.Sub(a.set))
		}
	}
}
