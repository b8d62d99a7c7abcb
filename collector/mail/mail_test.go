package mail_test

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	yjmail "github.com/yunjian-io/yunjian/collector/mail"
	"github.com/yunjian-io/yunjian/internal/smtptest"
)

func config(s *smtptest.Server) yjmail.Config {
	c := yjmail.Config{Address: s.Address, CAFile: s.CAFile, Username: s.Username, PasswordFile: s.PasswordFile, From: "reports@example.org"}
	c.Complete()
	return c
}

func message() yjmail.Message {
	return yjmail.Message{
		ID: "yunjian.1@example.org", From: "reports@example.org", To: []string{"office@example.org"},
		Subject: "2026年9月云资源使用情况与效率月报（天府云，第1版）", Text: "现报送。\n.\nlast line",
		Date:  time.Date(2026, 10, 12, 9, 0, 0, 0, time.FixedZone("", 8*3600)),
		Files: []yjmail.File{{Name: "月报 v1.pdf", Data: bytes.Repeat([]byte{0, 255, 10, 13, '.'}, 5000)}, {Name: "a.html", Data: []byte("<p>x")}},
	}
}

// content takes a mail apart: subject, text and attachments by name.
func content(t *testing.T, m *mail.Message) (subject, text string, files map[string]string) {
	t.Helper()
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil {
		t.Fatal(err)
	}
	_, parameters, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	files = map[string]string{}
	parts := multipart.NewReader(m.Body, parameters["boundary"])
	for {
		p, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return subject, text, files
		}
		if err != nil {
			t.Fatal(err)
		}
		var r io.Reader = p
		if p.Header.Get("Content-Transfer-Encoding") == "base64" {
			r = base64.NewDecoder(base64.StdEncoding, p)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		_, disposition, err := mime.ParseMediaType(p.Header.Get("Content-Disposition"))
		if err != nil {
			text = strings.ReplaceAll(string(data), "\r\n", "\n")
			continue
		}
		files[disposition["filename"]] = string(data)
	}
}

// A real server takes the mail over STARTTLS and gives it out as it was sent.
func TestSend(t *testing.T) {
	s := smtptest.Start(t)
	m := message()
	if err := yjmail.Send(t.Context(), config(s), m); err != nil {
		t.Fatal(err)
	}
	got := s.Mails(t, 1)["<"+m.ID+">"]
	if got == nil {
		t.Fatalf("the server has no mail %s", m.ID)
	}
	subject, text, files := content(t, got)
	want := map[string]string{"月报 v1.pdf": string(m.Files[0].Data), "a.html": "<p>x"}
	if diff := cmp.Diff(want, files); diff != "" || subject != m.Subject || strings.TrimSpace(text) != m.Text {
		t.Errorf("subject %q, text %q, files %s", subject, text, diff)
	}
}

func TestRefused(t *testing.T) {
	s := smtptest.Start(t)
	wrong := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(wrong, []byte("wrong"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		change  func(*yjmail.Config)
		message func(*yjmail.Message)
		want    string
	}{
		"password":     {func(c *yjmail.Config) { c.PasswordFile = wrong }, nil, "sign in"},
		"no password":  {func(c *yjmail.Config) { c.PasswordFile = wrong + "x" }, nil, "read password"},
		"certificate":  {func(c *yjmail.Config) { c.CAFile = "" }, nil, "start TLS"},
		"nobody":       {func(c *yjmail.Config) { c.Username = "" }, nil, "sender"},
		"in the clear": {func(c *yjmail.Config) { c.TLS, c.Username = yjmail.Plain, "" }, nil, "sender"},
		"not there":    {func(c *yjmail.Config) { c.Address = "127.0.0.1:1" }, nil, "refused"},
		"too large":    {nil, func(m *yjmail.Message) { m.Files[0].Data = make([]byte, smtptest.MaxMessage) }, "message yunjian.1@example.org: "},
		"address":      {nil, func(m *yjmail.Message) { m.To = []string{"a@b\r\nBcc: c@d"} }, "mail address"},
		"nobody asked": {nil, func(m *yjmail.Message) { m.To = nil }, "no recipient"},
		"id":           {nil, func(m *yjmail.Message) { m.ID = "a b@c" }, "message id"},
	} {
		c, m := config(s), message()
		if tt.change != nil {
			tt.change(&c)
		}
		if tt.message != nil {
			tt.message(&m)
		}
		if err := yjmail.Send(t.Context(), c, m); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v; want %q", name, err, tt.want)
		}
	}
	if mails := s.Mails(t, 0); len(mails) > 0 {
		t.Errorf("%d mails came of refused ones", len(mails))
	}
}

// A server that does not confirm the end of a message has not taken it.
func TestNotTakenBefore250(t *testing.T) {
	for last, want := range map[string]string{"451 try later": "451", "": "EOF"} {
		listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		go answer(listener, last)
		c := yjmail.Config{Address: listener.Addr().String(), TLS: yjmail.Plain, From: "reports@example.org"}
		c.Complete()
		if err := yjmail.Send(t.Context(), c, message()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v; want %s", last, err, want)
		}
		if err := listener.Close(); err != nil {
			t.Error(err)
		}
	}
	// And one that offers no STARTTLS gets nothing.
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go answer(listener, "250 ok")
	c := yjmail.Config{Address: listener.Addr().String(), From: "reports@example.org"}
	c.Complete()
	if err := yjmail.Send(t.Context(), c, message()); err == nil || !strings.Contains(err.Error(), "no STARTTLS") {
		t.Errorf("without STARTTLS: %v", err)
	}
}

// answer plays a server for one connection: last is its answer to the end of a message,
// empty to hang up there.
func answer(listener net.Listener, last string) {
	conn, err := listener.Accept()
	if err != nil {
		return
	}
	defer conn.Close()
	say := func(s string) { _, _ = io.WriteString(conn, s+"\r\n") }
	say("220 test")
	lines := bufio.NewScanner(conn)
	data := false
	for lines.Scan() {
		switch line := lines.Text(); {
		case data && line == ".":
			if last == "" {
				return
			}
			say(last)
			data = false
		case data:
		case line == "DATA":
			data = true
			say("354 go on")
		default:
			say("250 ok")
		}
	}
}

func TestDivide(t *testing.T) {
	file := func(name string, n int) yjmail.File { return yjmail.File{Name: name, Data: make([]byte, n)} }
	files := []yjmail.File{file("a", 40<<10), file("b", 40<<10), file("c", 300<<10), file("d", 1), file("e", 0)}
	const limit = 128 << 10
	parts, tooLarge := yjmail.Divide(files, limit)
	names := func(all []yjmail.File) (out []string) {
		for _, f := range all {
			out = append(out, f.Name)
		}
		return out
	}
	var got [][]string
	for _, p := range parts {
		got = append(got, names(p))
	}
	if diff := cmp.Diff([][]string{{"a", "b", "d", "e"}}, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"c"}, names(tooLarge)); diff != "" {
		t.Error(diff)
	}
	if parts, _ := yjmail.Divide(append(files[:2:2], files[0], files[1]), limit); len(parts) != 2 {
		t.Errorf("%d messages for four files of which two fit into one; want 2", len(parts))
	}
	for _, p := range parts {
		m := message()
		m.Files = p
		data, err := m.Encode()
		if err != nil || len(data) > limit {
			t.Errorf("message of %d bytes, %v; want at most %d", len(data), err, limit)
		}
	}
}

func TestEncode(t *testing.T) {
	m := message()
	first, err := m.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if second, err := m.Encode(); err != nil || !bytes.Equal(first, second) {
		t.Errorf("the same message gives other bytes, %v", err)
	}
	read, err := mail.ReadMessage(bytes.NewReader(first))
	if err != nil {
		t.Fatal(err)
	}
	subject, text, files := content(t, read)
	want := map[string]string{"月报 v1.pdf": string(m.Files[0].Data), "a.html": "<p>x"}
	if diff := cmp.Diff(want, files); diff != "" || subject != m.Subject || text != m.Text {
		t.Errorf("subject %q, text %q, files %s", subject, text, diff)
	}
	for line := range strings.SplitSeq(string(first), "\r\n") {
		if len(line) > 998 || strings.ContainsAny(line, "\n\r") {
			t.Fatalf("a line of %d bytes, or with a bare end", len(line))
		}
	}
}

func TestValidate(t *testing.T) {
	good := yjmail.Config{Address: "mail.example.org:587", From: "a@example.org"}
	for want, change := range map[string]func(*yjmail.Config){
		"":                   func(*yjmail.Config) {},
		"host:port":          func(c *yjmail.Config) { c.Address = "mail" },
		"starttls, implicit": func(c *yjmail.Config) { c.TLS = "ssl" },
		"not this host":      func(c *yjmail.Config) { c.TLS = yjmail.Plain },
		"without TLS":        func(c *yjmail.Config) { c.Address, c.TLS, c.Username = "127.0.0.1:25", yjmail.Plain, "u" },
		"password_file":      func(c *yjmail.Config) { c.Username = "u" },
		"max_message_bytes":  func(c *yjmail.Config) { c.MaxMessageBytes = 1 },
		"smtp.from":          func(c *yjmail.Config) { c.From = "Li <a@example.org>" },
	} {
		c := good
		change(&c)
		c.Complete()
		if err := c.Validate(); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%v; want %q", err, want)
		}
	}
}
