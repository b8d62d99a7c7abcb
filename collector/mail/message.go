package mail

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"net/textproto"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// File is an attachment.
type File struct {
	Name string
	Data []byte
}

// Message is one mail. The same message is the same bytes.
type Message struct {
	// ID is the Message-ID without angle brackets. A message that is sent again keeps it,
	// so that a recipient's server can tell.
	ID      string
	From    string
	To      []string
	Subject string
	Text    string
	Date    time.Time
	Files   []File
}

// typical sizes of what surrounds attachments.
const (
	envelopeBytes = 8 << 10
	fileBytes     = 1 << 10
	lineBytes     = 76 // of base64 (RFC 2045)
)

// encodedBytes is the size of a file as an attachment.
func encodedBytes(n int) int {
	b := base64.StdEncoding.EncodedLen(n)
	return b + 2*(b/lineBytes+1) + fileBytes
}

// Divide puts files into messages of at most so many bytes, in their order. What does not
// fit into any message is returned apart: it has to be fetched.
func Divide(files []File, maxBytes int) (messages [][]File, tooLarge []File) {
	room := 0
	for _, f := range files {
		size := encodedBytes(len(f.Data))
		switch {
		case size > maxBytes-envelopeBytes:
			tooLarge = append(tooLarge, f)
			continue
		case size > room:
			messages, room = append(messages, nil), maxBytes-envelopeBytes
		}
		last := len(messages) - 1
		messages[last], room = append(messages[last], f), room-size
	}
	return messages, tooLarge
}

// Encode prints the message (RFC 5322, 2045). Names in Chinese stand in RFC 2231 form.
func (m Message) Encode() ([]byte, error) {
	if err := m.check(); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	head := func(name, value string) { fmt.Fprintf(&out, "%s: %s\r\n", name, value) }
	head("From", m.From)
	head("To", strings.Join(m.To, ", "))
	head("Subject", mime.BEncoding.Encode("utf-8", m.Subject))
	head("Date", m.Date.Format("Mon, 02 Jan 2006 15:04:05 -0700"))
	head("Message-ID", "<"+m.ID+">")
	head("MIME-Version", "1.0")
	var body bytes.Buffer
	parts := multipart.NewWriter(&body)
	// A boundary of its own would be random; the ID is as unique, and the same each time.
	if err := parts.SetBoundary("=_" + strings.Map(boundaryRune, m.ID)); err != nil {
		return nil, fmt.Errorf("print message: %w", err)
	}
	head("Content-Type", `multipart/mixed; boundary="`+parts.Boundary()+`"`)
	out.WriteString("\r\n")
	if err := m.parts(parts); err != nil {
		return nil, fmt.Errorf("print message: %w", err)
	}
	out.Write(body.Bytes())
	return out.Bytes(), nil
}

func (m Message) parts(parts *multipart.Writer) error {
	w, err := parts.CreatePart(textproto.MIMEHeader{
		"Content-Type": {"text/plain; charset=utf-8"}, "Content-Transfer-Encoding": {"quoted-printable"},
	})
	if err != nil {
		return err
	}
	q := quotedprintable.NewWriter(w)
	if _, err := q.Write([]byte(strings.ReplaceAll(m.Text, "\n", "\r\n"))); err != nil {
		return err
	}
	if err := q.Close(); err != nil {
		return err
	}
	for _, f := range m.Files {
		w, err := parts.CreatePart(textproto.MIMEHeader{
			"Content-Type": {contentType(f.Name)}, "Content-Transfer-Encoding": {"base64"},
			"Content-Disposition": {mime.FormatMediaType("attachment", map[string]string{"filename": f.Name})},
		})
		if err != nil {
			return err
		}
		text := base64.StdEncoding.EncodeToString(f.Data)
		for line := range slices.Chunk([]byte(text), lineBytes) {
			if _, err := w.Write(append(slices.Clip(line), "\r\n"...)); err != nil {
				return err
			}
		}
	}
	return parts.Close()
}

// check refuses what would forge a head line or an address.
func (m Message) check() error {
	for _, a := range append([]string{m.From}, m.To...) {
		if p, err := mail.ParseAddress(a); err != nil || p.Address != a {
			return fmt.Errorf("mail address %q: want one such as li@example.org", a)
		}
	}
	if len(m.To) == 0 {
		return fmt.Errorf("message %s has no recipient", m.ID)
	}
	if m.ID == "" || strings.ContainsAny(m.ID, "<> \r\n") || strings.Count(m.ID, "@") != 1 {
		return fmt.Errorf("message id %q: want text@domain", m.ID)
	}
	return nil
}

func boundaryRune(r rune) rune {
	if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
		return r
	}
	return '_'
}

// contentType names the formats of reports; the tables of the system differ.
func contentType(name string) string {
	switch filepath.Ext(name) {
	case ".pdf":
		return "application/pdf"
	case ".docx":
		return "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
	case ".xlsx":
		return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	case ".html":
		return "text/html; charset=utf-8"
	case ".json":
		return "application/json"
	}
	return "application/octet-stream"
}
