package agent

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

const (
	// heapAtRest is how much may lie on the heap between two passes over the logs before
	// it is swept, in bytes. At rest the agent makes a few hundred KiB a minute.
	heapAtRest = 2 << 20
	// mostAtRest is the memory at which it is swept at once, in bytes: what a flood of
	// requests for the page could take, or many batches after an outage.
	mostAtRest = 48 << 20

	heapObjects = "/memory/classes/heap/objects:bytes"
)

// heap decides when garbage is collected. Go does it by the clock as well, every two
// minutes: on an agent at rest that is most of what its log watch costs, for next to
// nothing that could be freed, and afterwards memory is given back page by page with a
// wake-up each. So between two passes over the logs it is swept by size alone.
type heap struct {
	alone  bool // in its process; otherwise others live on the same heap
	sample [1]metrics.Sample
	// resting says that percent and limit are kept here until work goes on.
	resting bool
	percent int
	limit   int64
}

func newHeap(alone bool) *heap {
	h := &heap{alone: alone}
	h.sample[0].Name = heapObjects
	return h
}

// work is called before a pass over the logs, and at the end.
func (h *heap) work() {
	if h.resting {
		h.resting = false
		debug.SetMemoryLimit(h.limit)
		debug.SetGCPercent(h.percent)
	}
}

// rest is called after a pass: what it needed is given back to the host.
func (h *heap) rest() {
	debug.FreeOSMemory()
	if !h.alone || h.resting {
		return
	}
	h.resting = true
	h.limit = debug.SetMemoryLimit(-1) // asks
	debug.SetMemoryLimit(min(h.limit, mostAtRest))
	h.percent = debug.SetGCPercent(-1)
}

// sweep is called once a report.
func (h *heap) sweep() {
	if !h.alone {
		return
	}
	metrics.Read(h.sample[:])
	if v := h.sample[0].Value; v.Kind() == metrics.KindUint64 && v.Uint64() > heapAtRest {
		runtime.GC()
	}
}
