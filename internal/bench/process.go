package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// process is a program under measurement. Its output is in a file of its own.
type process struct {
	cmd  *exec.Cmd
	log  string
	done chan struct{}
}

// start runs a program; stop ends it.
func (b *bench) start(ctx context.Context, name, dir, program string, args ...string) (*process, error) {
	log, err := os.CreateTemp(b.dir, name+"*.log")
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	defer log.Close()
	// The program ends by signal of ours, also when the run is cut off: what it
	// has in its folder is wanted until then.
	p := &process{cmd: exec.CommandContext(context.WithoutCancel(ctx), program, args...), log: log.Name(), done: make(chan struct{})}
	p.cmd.Dir, p.cmd.Stdout, p.cmd.Stderr = dir, log, log
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	go func() {
		_ = p.cmd.Wait() // a program that is ended by a signal has an error
		close(p.done)
	}()
	return p, nil
}

func (p *process) pid() int { return p.cmd.Process.Pid }

// end sends a signal and waits for the end; after half a minute it kills.
func (p *process) end(s syscall.Signal) {
	_ = p.cmd.Process.Signal(s) // it may be gone
	select {
	case <-p.done:
	case <-time.After(30 * time.Second):
		_ = p.cmd.Process.Kill() // it may be gone
		<-p.done
	}
}

func (p *process) stop() { p.end(syscall.SIGTERM) }

// tail is the end of what the program printed.
func (p *process) tail() string {
	text, err := os.ReadFile(p.log)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(lines[max(0, len(lines)-5):], "\n")
}

// ready waits until the program answers 200 at url.
func (p *process) ready(ctx context.Context, client *http.Client, url string) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		if ok, _ := answers(ctx, client, url); ok {
			return nil
		}
		select {
		case <-tick.C:
		case <-p.done:
			return fmt.Errorf("%s ended: %s", filepath.Base(p.cmd.Path), p.tail())
		case <-ctx.Done():
			return fmt.Errorf("%s does not answer %s: %w: %s", filepath.Base(p.cmd.Path), url, ctx.Err(), p.tail())
		}
	}
}

func answers(ctx context.Context, client *http.Client, url string) (bool, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return false, err
	}
	answer, err := client.Do(request)
	if err != nil {
		return false, err
	}
	return answer.StatusCode == http.StatusOK, answer.Body.Close()
}

// freeAddress is a loopback address on which nobody listens.
func freeAddress(ctx context.Context) (string, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find free port: %w", err)
	}
	return l.Addr().String(), l.Close()
}

// tree is the process and its children, such as the engine of a collector.
func tree(root int) []int {
	pids := []int{root}
	names, _ := filepath.Glob("/proc/[0-9]*/stat") // the pattern is valid
	for _, name := range names {
		fields, err := statFields(name)
		if err != nil {
			continue // it ended
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(name)))
		if err == nil && fields[1] == strconv.Itoa(root) {
			pids = append(pids, pid)
		}
	}
	return pids
}

// statFields are those of /proc/PID/stat from the state on.
func statFields(name string) ([]string, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	at := strings.LastIndex(string(text), ") ")
	if at < 0 {
		return nil, fmt.Errorf("%s is not as expected", name)
	}
	fields := strings.Fields(string(text[at+2:]))
	if len(fields) < 15 {
		return nil, fmt.Errorf("%s has %d fields", name, len(fields))
	}
	return fields, nil
}

// ticksPerSecond is USER_HZ of every Linux.
const ticksPerSecond = 100

// cpu is the user and system time of a process and its children, those
// that ended included.
func (p *process) cpu() time.Duration {
	var sum time.Duration
	for _, pid := range tree(p.pid()) {
		if own, err := cpuOf(pid); err == nil { // it may be gone
			sum += own
		}
	}
	return sum
}

// cpuOf is the user and system time of a process without its children.
func cpuOf(pid int) (time.Duration, error) {
	fields, err := statFields(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	var ticks int64
	for _, field := range fields[11:13] {
		n, _ := strconv.ParseInt(field, 10, 64) // the kernel writes numbers
		ticks += n
	}
	return time.Duration(ticks) * time.Second / ticksPerSecond, nil
}

// settle waits until a program has done its work, merges included: until it has
// used less than a twentieth of a core for two seconds.
func (p *process) settle(ctx context.Context, most time.Duration) (settled bool) {
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	tick := time.NewTicker(2 * time.Second)
	defer tick.Stop()
	before := p.cpu()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return false
		}
		now := p.cpu()
		if now-before < 100*time.Millisecond {
			return true
		}
		before = now
	}
}

// runTime sums what the scheduler gave to all threads of a process, in
// nanoseconds; /proc/PID/stat counts in steps of 10 ms.
func runTime(pid int) (sum time.Duration, err error) {
	names, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	if err != nil || len(names) == 0 {
		return 0, fmt.Errorf("process %d has no threads: %w", pid, errors.Join(err, os.ErrNotExist))
	}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			continue // a thread that ended
		}
		first, _, _ := strings.Cut(string(text), " ")
		n, err := strconv.ParseInt(first, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("read %s: %w", name, err)
		}
		sum += time.Duration(n)
	}
	return sum, nil
}

// kib reads a line such as "VmHWM:  123 kB" of a file in /proc.
func kib(file, key string) float64 {
	text, err := os.ReadFile(file)
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, key+":"); ok {
			n, _ := strconv.ParseFloat(strings.Fields(rest)[0], 64) // the kernel writes numbers
			return n
		}
	}
	return 0
}

// peakMemory is the sum of the highest resident sizes of a process and its
// children, in MB of 10^6 bytes.
func (p *process) peakMemory() float64 {
	var sum float64
	for _, pid := range tree(p.pid()) {
		sum += kib(fmt.Sprintf("/proc/%d/status", pid), "VmHWM")
	}
	return sum * 1024 / 1e6
}

// forgetPeak makes the kernel count the highest resident size anew.
func forgetPeak(pid int) error {
	if err := os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", pid), []byte("5"), 0); err != nil {
		return fmt.Errorf("reset peak memory: %w", err)
	}
	return nil
}

func firstLine(file string) string {
	text, err := os.ReadFile(file)
	if err != nil {
		return "?"
	}
	line, _, _ := strings.Cut(string(text), "\n")
	return line
}

func loadAverage() string {
	fields := strings.Fields(firstLine("/proc/loadavg"))
	return strings.Join(fields[:min(len(fields), 3)], " ")
}

func cpuModel() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return "?"
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "model name"); ok {
			return strings.Trim(rest, "\t :\n")
		}
	}
	return "?"
}

// folderBytes is the room that the files below a folder take, as their sizes.
func folderBytes(dir string) (sum int64, err error) {
	err = filepath.WalkDir(dir, func(_ string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		sum += info.Size()
		return nil
	})
	return sum, err
}
