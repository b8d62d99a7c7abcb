package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"
)

// fleetLoad sends the reports of hosts, each over a keep-alive connection of its
// own and the next one when the last is answered. It writes HTTP/1.1 by hand:
// what it needs itself is missing to the receiver on the same cores.
type fleetLoad struct {
	address string
	tls     *tls.Config // nil: plain
	heads   [][]byte    // of a host's request, up to the value of Content-Length

	mu    sync.Mutex // of conns while they are opened or closed
	conns []net.Conn
}

// newLoad makes the heads; token gives the token of a host and may be nil.
func newLoad(address, path string, hosts int, secure *tls.Config, token func(i int) (string, error)) (*fleetLoad, error) {
	l := &fleetLoad{address: address, tls: secure, heads: make([][]byte, hosts), conns: make([]net.Conn, hosts)}
	for i := range l.heads {
		head := "POST " + path + " HTTP/1.1\r\nHost: " + address + "\r\nUser-Agent: yunjian-bench\r\n" +
			"Content-Type: application/x-protobuf\r\nContent-Encoding: snappy\r\nX-Prometheus-Remote-Write-Version: 0.1.0\r\n"
		if token != nil {
			t, err := token(i)
			if err != nil {
				return nil, err
			}
			head += "Authorization: Bearer " + t + "\r\n"
		}
		l.heads[i] = []byte(head + "Content-Length: ")
	}
	return l, nil
}

// dial opens the connection of a host.
func (l *fleetLoad) dial(ctx context.Context, i int) error {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", l.address)
	if err != nil {
		return fmt.Errorf("dial: %w", err)
	}
	if l.tls != nil {
		secure := tls.Client(conn, l.tls)
		if err := secure.HandshakeContext(ctx); err != nil {
			return errors.Join(fmt.Errorf("handshake: %w", err), conn.Close())
		}
		conn = secure
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.conns[i] = conn
	return nil
}

func (l *fleetLoad) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range l.conns {
		if c != nil {
			_ = c.Close() // nothing is under way
		}
	}
}

// outcome is what a load did and what it cost itself.
type outcome struct {
	reports int64
	bytes   int64
	took    time.Duration
	own     time.Duration // CPU of this process
	again   int64         // requests that were refused for the moment and sent again
}

// perMinute is the rate of reports.
func (o outcome) perMinute() float64 { return float64(o.reports) / o.took.Minutes() }

// send sends bodies[minute][host] as fast as answers come. A pace above 0 is the
// time between the minutes instead: hosts then report evenly spread over it.
func (l *fleetLoad) send(ctx context.Context, bodies [][][]byte, pace time.Duration) (outcome, error) {
	var o outcome
	own, begin := ownCPU(), time.Now()
	defer context.AfterFunc(ctx, l.close)() // what waits for an answer then ends
	group, ctx := errgroup.WithContext(ctx)
	var limit sync.Mutex // handshakes of all hosts at once would only wait for each other
	var again, sent atomic.Int64
	for i := range l.heads {
		group.Go(func() error {
			var scratch []byte
			for m := range bodies {
				if pace > 0 {
					due := begin.Add(time.Duration(m)*pace + pace*time.Duration(i)/time.Duration(len(l.heads)))
					if err := until(ctx, due); err != nil {
						return err
					}
				}
				if l.conns[i] == nil {
					limit.Lock()
					err := l.dial(ctx, i)
					limit.Unlock()
					if err != nil {
						return err
					}
				}
				body := bodies[m][i]
				scratch = append(scratch[:0], l.heads[i]...)
				scratch = strconv.AppendInt(scratch, int64(len(body)), 10)
				scratch = append(append(scratch, "\r\n\r\n"...), body...)
				n, err := deliver(ctx, l.conns[i], scratch)
				if err != nil {
					return fmt.Errorf("host %d, minute %d: %w", i, m, err)
				}
				again.Add(n)
				sent.Add(int64(len(body)))
			}
			return nil
		})
	}
	err := group.Wait()
	o.reports, o.bytes, o.again = int64(len(bodies)*len(l.heads)), sent.Load(), again.Load()
	o.took, o.own = time.Since(begin), ownCPU()-own
	return o, err
}

// deliver sends one request until it is acknowledged and says how often it was
// sent again.
func deliver(ctx context.Context, conn net.Conn, request []byte) (again int64, err error) {
	for {
		if _, err := conn.Write(request); err != nil {
			return again, err
		}
		status, text, err := readAnswer(conn)
		switch {
		case err != nil:
			return again, err
		case status/100 == 2:
			return again, nil
		case status != 503 && status != 429:
			return again, fmt.Errorf("status %d: %.300s", status, text)
		}
		again++
		if err := until(ctx, time.Now().Add(time.Second)); err != nil {
			return again, err
		}
	}
}

// readAnswer reads one answer with a body of known length.
func readAnswer(conn net.Conn) (status int, text []byte, err error) {
	var room [1024]byte
	got := room[:0]
	for {
		n, err := conn.Read(room[len(got):])
		got = room[:len(got)+n]
		if head, body, ok := bytes.Cut(got, []byte("\r\n\r\n")); ok {
			if len(head) < 12 {
				return 0, got, errors.New("answer is not HTTP")
			}
			status, err := strconv.Atoi(string(head[9:12]))
			if err != nil {
				return 0, got, fmt.Errorf("answer is not HTTP: %w", err)
			}
			if status == 204 || len(body) >= contentLength(head) {
				return status, body, nil
			}
		}
		if err != nil {
			return 0, got, err
		}
		if len(got) == len(room) {
			return 0, got, errors.New("answer is longer than expected")
		}
	}
}

func contentLength(head []byte) int {
	_, rest, ok := bytes.Cut(head, []byte("Content-Length: "))
	if !ok {
		return 0
	}
	value, _, _ := bytes.Cut(rest, []byte("\r\n"))
	n, err := strconv.Atoi(string(value))
	if err != nil {
		return 0
	}
	return n
}

// until waits for an instant.
func until(ctx context.Context, at time.Time) error {
	timer := time.NewTimer(time.Until(at))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// ownCPU is what this process has used so far.
func ownCPU() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
