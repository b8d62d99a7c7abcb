// Package smtptest gives tests a real mail server: Debian's opensmtpd, run as an ordinary
// process with a configuration of its own on a free port of this host.
//
// STARTTLS and signing in are ended by a front in this package: opensmtpd 6.8.0p2 as Debian 12
// builds it against OpenSSL 3 fails every handshake (rsa routines::missing private key), and
// refuses to let anybody sign in without TLS. Envelope, message and the replies to them, the
// 250 at its end above all, are the server's own.
package smtptest

import (
	"errors"
	"fmt"
	"net"
	"net/mail"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Server is a mail server that takes mail for everybody from those who sign in over
// STARTTLS, and puts all of it into one folder.
type Server struct {
	// Address is host:port, CAFile the certificate that it shows.
	Address, CAFile string
	// Bare is where opensmtpd itself listens, without TLS.
	Bare string
	// Username signs in with the password in PasswordFile.
	Username, PasswordFile string
	dir                    string
}

// MaxMessage is the largest message that the server takes, in bytes.
const MaxMessage = 400 << 10

const password = "yunjian-test-2026"

// Start starts the server and stops it after the test. It needs root and opensmtpd; without
// them it skips the test, and fails it when CI=true.
func Start(t testing.TB) *Server {
	t.Helper()
	smtpd, err := exec.LookPath("smtpd")
	if err == nil && os.Geteuid() != 0 {
		err = errors.New("opensmtpd needs root")
	}
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	turn(t)
	s := &Server{Username: "yunjian"}
	// Not t.TempDir: the server's users must be able to walk there.
	if s.dir, err = os.MkdirTemp("", "yjsmtp"); err != nil { //nolint:usetesting // see above
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(s.dir) })
	s.configure(t)
	process := exec.CommandContext(t.Context(), smtpd, "-d", "-f", filepath.Join(s.dir, "smtpd.conf"))
	process.Cancel = func() error { return process.Process.Signal(syscall.SIGTERM) }
	process.WaitDelay = 10 * time.Second
	said := &strings.Builder{}
	process.Stdout, process.Stderr = said, said
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		_ = process.Wait() // stopped by a signal
		close(ended)
	}()
	t.Cleanup(func() {
		_ = process.Process.Signal(syscall.SIGTERM)
		<-ended
	})
	if !s.answers(ended) {
		_ = process.Process.Signal(syscall.SIGTERM)
		<-ended
		t.Fatalf("opensmtpd does not listen on %s:\n%s", s.Bare, said)
	}
	s.front(t)
	return s
}

// turn waits for other tests on this host: the server's control socket has one fixed name.
func turn(t testing.TB) {
	t.Helper()
	name := filepath.Join(os.TempDir(), "yunjian-smtptest.lock")
	file, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err == nil {
		err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
}

func (s *Server) configure(t testing.TB) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it only asks for a free port
	if err != nil {
		t.Fatal(err)
	}
	s.Bare = listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	_, port, err := net.SplitHostPort(s.Bare)
	if err != nil {
		t.Fatal(err)
	}
	s.CAFile, s.PasswordFile = filepath.Join(s.dir, "cert.pem"), filepath.Join(s.dir, "password")
	for name, text := range map[string]string{
		s.PasswordFile: password + "\n",
		filepath.Join(s.dir, "smtpd.conf"): fmt.Sprintf(`table users { "@" = "nobody" }
smtp max-message-size "%d"
listen on 127.0.0.1 port %s
action "keep" maildir %q virtual <users>
match from any for any action "keep"
`, MaxMessage, port, s.mails()),
	} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	nobody, err := user.Lookup("nobody")
	if err != nil {
		t.Fatal(err)
	}
	uid, err := strconv.Atoi(nobody.Uid)
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{os.Chmod(s.dir, 0o755), os.Mkdir(s.mails(), 0o700), os.Chown(s.mails(), uid, -1)} {
		if err != nil {
			t.Fatal(err)
		}
	}
}

func (s *Server) mails() string { return filepath.Join(s.dir, "mail") }

// poll is how often something that another process does is looked for, and patience how often in all.
const (
	poll     = 20 * time.Millisecond
	patience = 1500
)

// answers waits until the server greets; false if it ended or never does.
func (s *Server) answers(ended <-chan struct{}) bool {
	ticker := time.NewTicker(poll)
	defer ticker.Stop()
	for range patience {
		conn, err := net.Dial("tcp", s.Bare) //nolint:noctx // it answers or refuses at once
		if err == nil {
			_ = conn.Close()
			return true
		}
		select {
		case <-ticker.C:
		case <-ended:
			return false
		}
	}
	return false
}

// Mails waits until the server has put so many mails into its folder and returns all that
// are there, by Message-ID; two with one ID are an error.
func (s *Server) Mails(t testing.TB, atLeast int) map[string]*mail.Message {
	t.Helper()
	ticker := time.NewTicker(poll)
	defer ticker.Stop()
	for range patience {
		names, err := filepath.Glob(filepath.Join(s.mails(), "new", "*"))
		if err != nil {
			t.Fatal(err)
		}
		if len(names) >= atLeast {
			return read(t, names)
		}
		<-ticker.C
	}
	t.Fatalf("fewer than %d mails have come", atLeast)
	return nil
}

func read(t testing.TB, names []string) map[string]*mail.Message {
	t.Helper()
	out := map[string]*mail.Message{}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		m, err := mail.ReadMessage(strings.NewReader(string(text)))
		if err != nil {
			t.Fatal(err)
		}
		id := m.Header.Get("Message-ID")
		if out[id] != nil {
			t.Errorf("two mails have the Message-ID %s", id)
		}
		out[id] = m
	}
	return out
}
