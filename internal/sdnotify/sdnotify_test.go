package sdnotify

import (
	"net"
	"path/filepath"
	"testing"
	"time"
)

func TestNotify(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "notify")
	l, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: socket, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	n := New(socket, time.Minute)
	n.Say("READY=1")
	n.Alive()
	n.Alive() // too soon to say it again
	n.Say("STOPPING=1")
	for _, want := range []string{"READY=1", "WATCHDOG=1", "STOPPING=1"} {
		b := make([]byte, 100)
		size, err := l.Read(b)
		if got := string(b[:size]); err != nil || got != want {
			t.Errorf("systemd got %q, %v; want %q", got, err, want)
		}
	}
	n.Close()
	for _, socket := range []string{"", "relative", "/nowhere/at/all"} {
		n := New(socket, time.Minute)
		n.Alive() // must not panic
		n.Close()
		if n != nil {
			t.Errorf("New(%q) is not nil", socket)
		}
	}
}

func TestFromEnvironment(t *testing.T) {
	env := map[string]string{"NOTIFY_SOCKET": "/run/x", "WATCHDOG_USEC": "180000000"}
	if socket, watchdog := FromEnvironment(func(k string) string { return env[k] }); socket != "/run/x" || watchdog != 3*time.Minute {
		t.Errorf("FromEnvironment() = %q, %s", socket, watchdog)
	}
	if socket, watchdog := FromEnvironment(func(string) string { return "" }); socket != "" || watchdog != 0 {
		t.Errorf("FromEnvironment() of nothing = %q, %s", socket, watchdog)
	}
}
