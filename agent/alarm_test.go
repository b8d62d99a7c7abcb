package agent

import (
	"testing"
	"time"
)

// An alarm rings once after each reset, not before its time, and can be set again.
func TestAlarmRings(t *testing.T) {
	kernel, err := newKernelAlarm()
	if err != nil {
		t.Fatal(err)
	}
	for name, a := range map[string]alarm{"kernel": kernel, "go": newAlarm(false)} {
		t.Run(name, func(t *testing.T) {
			defer a.stop()
			for _, d := range []time.Duration{0, time.Millisecond, 20 * time.Millisecond} {
				began := time.Now()
				a.reset(d)
				select {
				case <-a.ring():
				case <-t.Context().Done():
					t.Fatal("it did not ring")
				}
				if passed := time.Since(began); passed < d {
					t.Errorf("it rang after %s; want %s at least", passed, d)
				}
			}
			a.reset(time.Hour)
			a.reset(time.Millisecond) // the last setting counts
			<-a.ring()
			select {
			case <-a.ring():
				t.Error("it rang twice")
			default:
			}
		})
	}
}

// Only an agent that is alone takes an alarm of the kernel.
func TestAlarmOfTheKernel(t *testing.T) {
	for _, alone := range []bool{false, true} {
		a := newAlarm(alone)
		defer a.stop()
		if _, got := a.(*kernelAlarm); got != alone {
			t.Errorf("alone %t: an alarm of the kernel %t", alone, got)
		}
	}
}
