package agent

import (
	"net"
	"strings"
	"time"
)

// notifier speaks systemd's notification protocol (sd_notify(3)): datagrams of
// assignments to a socket. Losing one is harmless, so errors are left alone. A
// nil notifier says nothing.
type notifier struct {
	conn     *net.UnixConn
	watchdog time.Duration // 0: none
	fed      time.Time
}

// newNotifier connects to the socket, whose name begins with @ if it is abstract.
func newNotifier(socket string, watchdog time.Duration) *notifier {
	if !strings.HasPrefix(socket, "/") && !strings.HasPrefix(socket, "@") {
		return nil
	}
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: socket, Net: "unixgram"})
	if err != nil {
		return nil
	}
	return &notifier{conn: conn, watchdog: watchdog}
}

func (n *notifier) say(state string) {
	if n != nil {
		_, _ = n.conn.Write([]byte(state))
	}
}

// alive feeds the watchdog. The goroutine that looks calls it, so that systemd
// restarts an agent that no longer looks. A third of systemd's patience passes
// between two signs of life, since each costs as much as several looks.
func (n *notifier) alive() {
	if n == nil || n.watchdog == 0 || time.Since(n.fed) < n.watchdog/3 {
		return
	}
	n.fed = time.Now()
	n.say("WATCHDOG=1")
}

func (n *notifier) close() {
	if n != nil {
		n.conn.Close()
	}
}
