package engine

import (
	"syscall"
	"unsafe"
)

// sigaction is the kernel's own structure (handler, flags, restorer, mask). Its
// fields are not looked into.
type sigaction [4]uint64

// The highest signal number that can have a handler, and the size of a signal mask in bytes.
const (
	lastSignal = 64
	maskSize   = 8
)

// keepSignals runs f and puts back every signal handler that f replaced: libchdb
// resets SIGSEGV and others, with which the Go runtime turns a fault into a panic.
func keepSignals(f func()) {
	var saved [lastSignal + 1]sigaction
	for n := 1; n <= lastSignal; n++ {
		rtSigaction(n, nil, &saved[n])
	}
	f()
	for n := 1; n <= lastSignal; n++ {
		var now sigaction
		rtSigaction(n, nil, &now)
		if now != saved[n] {
			rtSigaction(n, &saved[n], nil)
		}
	}
}

// rtSigaction cannot fail for what it is used: the pointers are good, and the
// two signals without handler (KILL, STOP) never differ.
func rtSigaction(n int, set, old *sigaction) {
	_, _, _ = syscall.RawSyscall6(syscall.SYS_RT_SIGACTION, uintptr(n), uintptr(unsafe.Pointer(set)), uintptr(unsafe.Pointer(old)), maskSize, 0, 0)
}
