// Package sdnotify tells systemd that a service is ready, alive and stopping
// (sd_notify(3)): datagrams of assignments to a socket. Losing one is harmless,
// so errors are left alone.
package sdnotify

import (
	"net"
	"strconv"
	"strings"
	"time"
)

// Notifier speaks to systemd. A nil one says nothing. It is used by one goroutine.
type Notifier struct {
	conn     *net.UnixConn
	watchdog time.Duration // 0: none
	fed      time.Time
}

// New connects to the socket, $NOTIFY_SOCKET, whose name begins with @ if it is
// abstract; watchdog is how long systemd waits for a sign of life, 0 for ever.
// It returns nil where there is no socket.
func New(socket string, watchdog time.Duration) *Notifier {
	if !strings.HasPrefix(socket, "/") && !strings.HasPrefix(socket, "@") {
		return nil
	}
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: socket, Net: "unixgram"})
	if err != nil {
		return nil
	}
	return &Notifier{conn: conn, watchdog: watchdog}
}

// Say sends one assignment, such as READY=1.
func (n *Notifier) Say(state string) {
	if n != nil {
		_, _ = n.conn.Write([]byte(state))
	}
}

// Alive feeds the watchdog. The goroutine that does the work calls it, so that
// systemd restarts a service whose work stands still. A third of systemd's patience passes
// between two signs of life, so that it may be called often.
func (n *Notifier) Alive() {
	if n == nil || n.watchdog == 0 || time.Since(n.fed) < n.watchdog/3 {
		return
	}
	n.fed = time.Now()
	n.Say("WATCHDOG=1")
}

// Close ends the connection.
func (n *Notifier) Close() {
	if n != nil {
		n.conn.Close()
	}
}

// FromEnvironment returns $NOTIFY_SOCKET and $WATCHDOG_USEC as New takes them.
func FromEnvironment(getenv func(string) string) (socket string, watchdog time.Duration) {
	usec, err := strconv.ParseInt(getenv("WATCHDOG_USEC"), 10, 64)
	if err != nil {
		usec = 0 // absent or strange: no watchdog
	}
	return getenv("NOTIFY_SOCKET"), time.Duration(usec) * time.Microsecond
}
