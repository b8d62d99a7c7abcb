package e2e

import (
	"io"
	"net"
	"sync"
	"testing"
)

// proxy stands between agent and collector, and may be cut.
type proxy struct {
	address string
	target  string
	mu      sync.Mutex
	broken  bool
	conns   map[net.Conn]bool
}

func newProxy(t *testing.T, target string) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // closed by the test's cleanup
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{address: l.Addr().String(), target: target, conns: map[net.Conn]bool{}}
	t.Cleanup(func() { l.Close(); p.cut() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go p.carry(c)
		}
	}()
	return p
}

func (p *proxy) carry(c net.Conn) {
	defer c.Close()
	p.mu.Lock()
	if p.broken {
		p.mu.Unlock()
		return
	}
	p.conns[c] = true
	p.mu.Unlock()
	defer func() { p.mu.Lock(); delete(p.conns, c); p.mu.Unlock() }()
	d, err := net.Dial("tcp", p.target) //nolint:noctx // ends with the connection
	if err != nil {
		return
	}
	defer d.Close()
	go func() { _, _ = io.Copy(d, c); d.Close() }() // errors end both directions
	_, _ = io.Copy(c, d)
}

// cut breaks all connections and refuses new ones, or mends it again; it
// reports whether it broke anything.
func (p *proxy) cut() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.broken = !p.broken
	if !p.broken {
		return false
	}
	for c := range p.conns {
		c.Close()
	}
	return true
}

// open mends the network.
func (p *proxy) open() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.broken = false
}
