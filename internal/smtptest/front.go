package smtptest

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"os"
	"strings"
	"testing"
	"time"
)

// front opens the door with STARTTLS and AUTH PLAIN, and hands whoever has signed in to the
// server behind it, byte by byte.
func (s *Server) front(t testing.TB) {
	t.Helper()
	certificate := certify(t, s.CAFile)
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it is closed after the test
	if err != nil {
		t.Fatal(err)
	}
	s.Address = listener.Addr().String()
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go s.admit(conn, certificate)
		}
	}()
}

// admit leads one client through STARTTLS and signing in.
func (s *Server) admit(conn net.Conn, certificate tls.Certificate) {
	defer func() { _ = conn.Close() }()
	lines := bufio.NewReader(conn)
	say := func(text string) { _, _ = io.WriteString(conn, text+"\r\n") }
	say("220 front ESMTP")
	secure := false
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimSpace(line)
		token, signing := strings.CutPrefix(line, "AUTH PLAIN ")
		switch {
		case strings.HasPrefix(line, "EHLO ") && !secure:
			say("250-front\r\n250 STARTTLS")
		case strings.HasPrefix(line, "EHLO "):
			say("250-front\r\n250-8BITMIME\r\n250 AUTH PLAIN")
		case line == "STARTTLS" && !secure:
			say("220 go on")
			protected := tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12})
			conn, lines, secure = protected, bufio.NewReader(protected), true
		case signing && secure && token == base64.StdEncoding.EncodeToString([]byte("\x00"+s.Username+"\x00"+password)):
			say("235 welcome")
			s.relay(conn, lines)
			return
		case signing:
			say("535 wrong name or password")
		case line == "QUIT":
			say("221 bye")
			return
		default:
			say("530 sign in first")
		}
	}
}

// relay is the rest of the conversation, which the server has.
func (s *Server) relay(conn net.Conn, lines *bufio.Reader) {
	server, err := net.Dial("tcp", s.Bare) //nolint:noctx // it is on this host
	if err != nil {
		return
	}
	defer func() { _ = server.Close() }()
	greeting := bufio.NewReader(server)
	if _, err := greeting.ReadString('\n'); err != nil {
		return
	}
	if _, err := io.WriteString(server, "EHLO front\r\n"); err != nil {
		return
	}
	for {
		line, err := greeting.ReadString('\n')
		if err != nil {
			return
		}
		if strings.HasPrefix(line, "250 ") {
			break
		}
	}
	go func() {
		_, _ = io.Copy(server, lines)
		_ = server.Close()
	}()
	_, _ = io.Copy(conn, greeting)
}

// certify makes a certificate for this host and writes it to a file.
func certify(t testing.TB, certFile string) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "mail"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	if err := os.WriteFile(certFile, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}
