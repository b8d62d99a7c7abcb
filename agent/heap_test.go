package agent

import (
	"runtime"
	"runtime/debug"
	"testing"
)

// What the process was given stands again after each rest, and one that is not the
// agent's alone is left as it is.
func TestHeapRests(t *testing.T) {
	percent := debug.SetGCPercent(150)
	t.Cleanup(func() { debug.SetGCPercent(percent) })
	now := func() int {
		p := debug.SetGCPercent(100)
		debug.SetGCPercent(p)
		return p
	}
	for _, tt := range []struct {
		alone bool
		want  int
	}{{false, 150}, {true, -1}} {
		limit := debug.SetMemoryLimit(-1)
		h := newHeap(tt.alone)
		h.work()
		for range 2 {
			h.rest()
			h.rest() // repeating changes nothing
			if got := now(); got != tt.want {
				t.Errorf("alone %t: at rest the heap may grow by %d %%; want %d", tt.alone, got, tt.want)
			}
			h.work()
			if got := now(); got != 150 {
				t.Errorf("alone %t: at work the heap may grow by %d %%; want what it was, 150", tt.alone, got)
			}
			if got := debug.SetMemoryLimit(-1); got != limit {
				t.Errorf("alone %t: the limit of memory is %d; want what it was, %d", tt.alone, got, limit)
			}
		}
	}
}

// At rest the heap is swept once it has grown.
func TestHeapIsSweptBySize(t *testing.T) {
	h := newHeap(true)
	h.rest()
	t.Cleanup(h.work)
	kept := make([]byte, 2*heapAtRest)
	kept[len(kept)-1] = 1
	var before, after debug.GCStats
	debug.ReadGCStats(&before)
	h.sweep()
	debug.ReadGCStats(&after)
	runtime.KeepAlive(kept)
	if got := after.NumGC - before.NumGC; got != 1 {
		t.Errorf("a heap of %d bytes was swept %d times; want once", len(kept), got)
	}
}
