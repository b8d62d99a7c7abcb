package agent

import (
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// alarm wakes the one goroutine that does the agent's work.
type alarm interface {
	// loop calls round after each ring, and with woken after one or more calls of wake,
	// until it returns false.
	loop(round func(woken bool) (more bool))
	// reset sets the next ring. Only round may call it, or whoever will call loop.
	reset(d time.Duration)
	// wake may be called by any goroutine at any time.
	wake()
	// stop is called behind loop.
	stop()
}

// newAlarm returns an alarm of the kernel if the process is the agent's alone, and a
// timer of Go otherwise or where the kernel has none to give. If it is set to ring a
// whole number of periods after another ring, it rings there by itself.
//
// Go waits for its timers in epoll, which lets the kernel be late by a thousandth of the
// time: 5 ms of 5 s. The runtime's monitor thread wakes in time, finds the timer overdue
// and looks every 20 µs whether somebody cares, which costs more than a look at the host
// does. A timer of the kernel that is read as a file rings in time and needs no monitor.
func newAlarm(alone bool, period time.Duration) alarm {
	if alone {
		if a, err := newKernelAlarm(period); err == nil {
			return a
		}
	}
	t := time.NewTimer(time.Hour)
	t.Stop()
	return goAlarm{t, make(chan struct{}, 1)}
}

type goAlarm struct {
	timer *time.Timer
	wakes chan struct{}
}

func (a goAlarm) loop(round func(bool) bool) {
	for more := true; more; {
		select {
		case <-a.timer.C:
			more = round(false)
		case <-a.wakes:
			more = round(true)
		}
	}
}

func (a goAlarm) reset(d time.Duration) { a.timer.Reset(d) }
func (a goAlarm) stop()                 { a.timer.Stop() }

func (a goAlarm) wake() {
	select {
	case a.wakes <- struct{}{}:
	default: // it is awake
	}
}

// kernelAlarm is a timerfd.
type kernelAlarm struct {
	fd     int
	file   *os.File
	raw    syscall.RawConn
	period time.Duration
	set    time.Time // when it was to ring after the last setting; then each period
	woken  atomic.Bool
}

func newKernelAlarm(period time.Duration) (*kernelAlarm, error) {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("make timer: %w", err)
	}
	a := &kernelAlarm{fd: fd, file: os.NewFile(uintptr(fd), "timer"), period: period}
	if a.raw, err = a.file.SyscallConn(); err != nil {
		a.file.Close()
		return nil, fmt.Errorf("make timer: %w", err)
	}
	return a, nil
}

// loop reads the timer without telling Go's scheduler: a system call that does tell it
// wakes the monitor thread, which was a fifth of what the agent cost. Such a read never
// blocks. Rounds are called from within one wait, since a new one would begin with a
// read for nothing; a wake ends the wait.
func (a *kernelAlarm) loop(round func(bool) bool) {
	var count uint64 // of rings since the read before
	more := true
	ring := func(fd uintptr) (done bool) {
		n, _, errno := syscall.RawSyscall(syscall.SYS_READ, fd, uintptr(unsafe.Pointer(&count)), unsafe.Sizeof(count))
		if errno == 0 && n == unsafe.Sizeof(count) {
			more = round(false)
		}
		return !more
	}
	for more {
		if err := a.raw.Read(ring); err == nil || !errors.Is(err, os.ErrDeadlineExceeded) {
			return // round has had enough; there is no other error
		}
		// In this order: a wake from here on ends the next wait.
		_ = a.file.SetReadDeadline(time.Time{})
		a.woken.Store(false)
		more = round(true)
	}
}

// wake ends the wait by a deadline that has passed, which takes no system call.
func (a *kernelAlarm) wake() {
	if !a.woken.Swap(true) {
		_ = a.file.SetReadDeadline(time.Unix(1, 0)) // fails behind stop only
	}
}

// tolerance is how far from its time an alarm may ring that is left to ring by itself.
const tolerance = 500 * time.Microsecond

func (a *kernelAlarm) reset(d time.Duration) {
	at := time.Now().Add(d)
	if a.comes(at, d) {
		return
	}
	a.set = at
	// A wait of nothing would disarm it.
	next := unix.ItimerSpec{Value: unix.NsecToTimespec(int64(max(d, 1))), Interval: unix.NsecToTimespec(int64(a.period))}
	_ = unix.TimerfdSettime(a.fd, 0, &next, nil) // fails for a bad descriptor only
}

// comes reports whether the alarm will ring at that time, d from now, by itself.
func (a *kernelAlarm) comes(at time.Time, d time.Duration) bool {
	if a.period == 0 || a.set.IsZero() || d < tolerance {
		return false
	}
	since := at.Sub(a.set)
	off := since % a.period
	return since > -tolerance && min(off.Abs(), a.period-off) < tolerance
}

func (a *kernelAlarm) stop() { a.file.Close() }
