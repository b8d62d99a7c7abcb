package agent

import (
	"fmt"
	"os"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// alarm rings once after each Reset, like a time.Timer.
type alarm interface {
	ring() <-chan time.Time
	reset(d time.Duration)
	stop()
}

// newAlarm returns an alarm of the kernel if the process is the agent's alone, and a
// timer of Go otherwise or where the kernel has none to give.
//
// Go waits for its timers in epoll, which lets the kernel be late by a thousandth of the
// time: 5 ms of 5 s. The runtime's monitor thread wakes in time, finds the timer overdue
// and looks every 20 µs whether somebody cares, which costs more than a look at the host
// does. A timer of the kernel that is read as a file rings in time and needs no monitor.
func newAlarm(alone bool) alarm {
	if alone {
		if a, err := newKernelAlarm(); err == nil {
			return a
		}
	}
	t := time.NewTimer(time.Hour)
	t.Stop()
	return goAlarm{t}
}

type goAlarm struct{ timer *time.Timer }

func (a goAlarm) ring() <-chan time.Time { return a.timer.C }
func (a goAlarm) reset(d time.Duration)  { a.timer.Reset(d) }
func (a goAlarm) stop()                  { a.timer.Stop() }

// kernelAlarm is a timerfd. Its goroutine ends with stop.
type kernelAlarm struct {
	fd    int
	file  *os.File
	raw   syscall.RawConn
	rings chan time.Time
	done  chan struct{}
}

func newKernelAlarm() (*kernelAlarm, error) {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("make timer: %w", err)
	}
	a := &kernelAlarm{fd: fd, file: os.NewFile(uintptr(fd), "timer"), rings: make(chan time.Time, 1), done: make(chan struct{})}
	if a.raw, err = a.file.SyscallConn(); err != nil {
		a.file.Close()
		return nil, fmt.Errorf("make timer: %w", err)
	}
	go a.listen()
	return a, nil
}

// listen waits for rings. The timer is read without telling Go's scheduler: a system call
// that does tell it wakes the monitor thread, which was a fifth of what the agent cost.
// Such a read never blocks.
func (a *kernelAlarm) listen() {
	defer close(a.done)
	var count uint64 // of rings since the read before
	rang := func(fd uintptr) bool {
		n, _, errno := syscall.RawSyscall(syscall.SYS_READ, fd, uintptr(unsafe.Pointer(&count)), unsafe.Sizeof(count))
		return errno == 0 && n == unsafe.Sizeof(count)
	}
	for {
		if err := a.raw.Read(rang); err != nil {
			return // closed
		}
		select {
		case a.rings <- time.Now():
		default: // the last ring was not heard yet
		}
	}
}

func (a *kernelAlarm) ring() <-chan time.Time { return a.rings }

// reset sets the alarm; a ring that was not heard yet stays.
func (a *kernelAlarm) reset(d time.Duration) {
	at := unix.ItimerSpec{Value: unix.NsecToTimespec(int64(max(d, 1)))} // 0 would disarm it
	_ = unix.TimerfdSettime(a.fd, 0, &at, nil)                          // fails for a bad descriptor only
}

func (a *kernelAlarm) stop() {
	a.file.Close()
	<-a.done
}
