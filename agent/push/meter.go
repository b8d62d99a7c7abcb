package push

import (
	"net"
	"sync/atomic"
)

// Meter counts the bytes of the agent's own connections, both ways, as they
// leave the process: after TLS, before TCP headers. Connections that stay inside
// the host are left out, since the network totals of the host leave them out
// too. The zero value is ready; it is safe for concurrent use.
type Meter struct{ bytes atomic.Int64 }

// Bytes is the total since the start.
func (m *Meter) Bytes() int64 { return m.bytes.Load() }

// Conn returns the connection, counted.
func (m *Meter) Conn(c net.Conn) net.Conn {
	if inside(c) {
		return c
	}
	return &meteredConn{c, m}
}

// Listener returns the listener with its connections counted.
func (m *Meter) Listener(l net.Listener) net.Listener { return &meteredListener{l, m} }

// inside reports whether both ends are on this host: the kernel then uses the
// loopback interface, whatever the addresses.
func inside(c net.Conn) bool {
	local, ok1 := c.LocalAddr().(*net.TCPAddr)
	remote, ok2 := c.RemoteAddr().(*net.TCPAddr)
	return ok1 && ok2 && (remote.IP.IsLoopback() || local.IP.Equal(remote.IP))
}

type meteredConn struct {
	net.Conn
	meter *Meter
}

// Read counts what came in.
func (c *meteredConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.meter.bytes.Add(int64(n))
	return n, err
}

// Write counts what went out.
func (c *meteredConn) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	c.meter.bytes.Add(int64(n))
	return n, err
}

type meteredListener struct {
	net.Listener
	meter *Meter
}

// Accept counts the connection that it returns.
func (l *meteredListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return l.meter.Conn(c), nil
}
