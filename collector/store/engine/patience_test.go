package engine

import (
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestStalledBodyIsGivenUp(t *testing.T) {
	seen := make(chan error, 1)
	server := &http.Server{
		ReadHeaderTimeout: time.Minute,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, err := io.ReadAll(&patient{r.Body, http.NewResponseController(w), 50 * time.Millisecond})
			seen <- err
			if err == nil {
				<-r.Context().Done() // a deadline left behind would end this early
			}
		}),
	}
	socket := filepath.Join(t.TempDir(), "s")
	listener, err := new(net.ListenConfig).Listen(t.Context(), "unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = server.Serve(listener) }() // ends with Close
	defer server.Close()
	send := func(text string) net.Conn {
		t.Helper()
		conn, err := new(net.Dialer).DialContext(t.Context(), "unix", socket)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(conn, text); err != nil {
			t.Fatal(err)
		}
		return conn
	}
	stalled := send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf")
	defer stalled.Close()
	if err := <-seen; !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("stalled body: got %v, want a deadline", err)
	}
	whole := send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody")
	defer whole.Close()
	if err := <-seen; err != nil {
		t.Errorf("whole body: %v", err)
	}
	// The handler waits now; the connection must outlive the deadline several times.
	if err := whole.SetReadDeadline(time.Now().Add(300 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if n, err := whole.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the server answered %d bytes, %v: it took its own deadline for the client's end", n, err)
	}
}
