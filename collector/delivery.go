package collector

import (
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"text/template"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/yunjian-io/yunjian/collector/mail"
	"github.com/yunjian-io/yunjian/collector/report"
	"github.com/yunjian-io/yunjian/collector/store"
	"github.com/yunjian-io/yunjian/internal/durable"
	"github.com/yunjian-io/yunjian/rules/calendar"
	"github.com/yunjian-io/yunjian/rules/filing"
)

// The ways in which the program carries reports, as they stand in the ledger.
const (
	wayFolder = "folder"
	wayMail   = "smtp"
)

// Send carries a signed report to a recipient of the configuration, into its folder and to
// its mail addresses, and then records it as sent (报送). What was carried already is not
// carried again: a part that the ledger names as taken is left out, and one of which nobody
// knows whether the server took it goes again under its old Message-ID. With a way the
// program carries nothing and records that a person did.
func (f *Filer) Send(ctx context.Context, id, recipient, way, by string, at time.Time) (x filing.Filing, changed bool, err error) {
	err = f.step(ctx, id, func(old filing.Filing) error {
		e := filing.Event{Kind: filing.Send, Recipient: recipient, At: at, By: by, Data: filing.Data{Way: way, Files: old.Files}}
		if next, fits, err := filing.Apply(old, e); err != nil || !fits {
			x = next
			return err
		}
		if way == "" {
			r, err := f.Settings.recipient(recipient)
			if err != nil {
				return err
			}
			if !r.Wants(old.Provider, old.Kind, old.Unit) {
				return fmt.Errorf("report %s is not for recipient %s: nobody gets the rows of others", id, recipient)
			}
			if e.Way, err = f.carry(ctx, old, r, by); err != nil {
				return fmt.Errorf("send %s to %s: %w", id, recipient, err)
			}
			e.At = f.Now()
		}
		x, changed, err = f.record(ctx, old.Head, e)
		return err
	})
	return x, changed, err
}

// carry brings the files of a report to a recipient and says how.
func (f *Filer) carry(ctx context.Context, x filing.Filing, r Recipient, by string) (string, error) {
	files, err := f.files(ctx, x)
	if err != nil {
		return "", err
	}
	var ways []string
	if r.Folder != "" {
		if err := carryToFolder(r.Folder, files); err != nil {
			return "", err
		}
		ways = append(ways, wayFolder)
	}
	if len(r.Mail) > 0 {
		if err := f.mail(ctx, x, r, files, by); err != nil {
			return "", err
		}
		ways = append(ways, wayMail)
	}
	if len(ways) == 0 {
		return "", errors.New("it has neither folder nor mail addresses: bring the report there and record how with --way")
	}
	return strings.Join(ways, "+"), nil
}

// files are those of a signed report, with its manifest, as the ledger names them: from the
// folder, or printed again from what was signed.
func (f *Filer) files(ctx context.Context, x filing.Filing) ([]report.File, error) {
	kept, err := f.kept(ctx, x.ID, filing.Sign)
	if err != nil {
		return nil, err
	}
	var files []report.File
	var printed map[string]report.File
	for _, want := range x.Files {
		if file, err := readFile(f.Dir(x.Month), want); err == nil {
			files = append(files, file)
			continue
		}
		if printed == nil {
			printed = map[string]report.File{}
			again, _, err := f.Printer.Print(kept.Document, kept.Edition.JudgedAt)
			if err != nil {
				return nil, err
			}
			for _, p := range again {
				printed[p.Name] = p
			}
		}
		p, ok := printed[want.Name]
		if !ok || p.SHA256 != want.SHA256 {
			return nil, fmt.Errorf("%s is not in %s as it was signed (SHA-256 %s), and printing it again gives another file: bring the signed one back", want.Name, f.Dir(x.Month), want.SHA256)
		}
		files = append(files, p)
	}
	text, err := report.NewManifest(kept.Edition, files).Encode()
	if err != nil {
		return nil, err
	}
	return append(files, report.NewFile(x.ID+ManifestSuffix, text)), nil
}

// readFile reads a file of the ledger from a folder; another content is an error.
func readFile(dir string, want filing.File) (report.File, error) {
	if want.Name != filepath.Base(want.Name) {
		return report.File{}, fmt.Errorf("read %q: not the name of a file", want.Name)
	}
	data, err := os.ReadFile(filepath.Join(dir, want.Name))
	if err != nil {
		return report.File{}, err
	}
	file := report.NewFile(want.Name, data)
	if file.SHA256 != want.SHA256 {
		return file, fmt.Errorf("%s is not what the ledger names", want.Name)
	}
	return file, nil
}

// readDraft reads a file of a report that nobody has signed: persons may have edited it.
func readDraft(dir, name string) ([]byte, error) {
	if name != filepath.Base(name) {
		return nil, fmt.Errorf("read %q: not the name of a file", name)
	}
	return os.ReadFile(filepath.Join(dir, name))
}

// carryToFolder puts files into a folder; what is there already stays untouched.
func carryToFolder(dir string, files []report.File) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	for _, file := range files {
		name := filepath.Join(dir, file.Name)
		if old, err := os.ReadFile(name); err == nil && bytes.Equal(old, file.Data) {
			continue
		}
		if err := durable.WriteFile(name, file.Data, 0o644); err != nil {
			return fmt.Errorf("put report into folder: %w", err)
		}
	}
	return nil
}

//go:embed delivery.yaml
var deliveryFile []byte

// deliveryText is every word of a mail and of the page of reports.
type deliveryText struct {
	Subject string            `yaml:"subject"`
	Body    string            `yaml:"body"`
	Kinds   map[string]string `yaml:"kinds"`
	Page    pageText          `yaml:"page"`
}

func loadDeliveryText() (w deliveryText, err error) {
	decoder := yaml.NewDecoder(bytes.NewReader(deliveryFile))
	decoder.KnownFields(true)
	if err = decoder.Decode(&w); err != nil {
		err = fmt.Errorf("read words of delivery: %w", err)
	}
	return w, err
}

// mail sends the files in as many messages as they need and records each that was taken.
func (f *Filer) mail(ctx context.Context, x filing.Filing, r Recipient, files []report.File, by string) error {
	messages, err := f.messages(x, r, files)
	if err != nil {
		return err
	}
	for k, m := range messages {
		e := filing.Event{Kind: filing.Part, Recipient: r.Name, At: f.Now(), By: by, Data: filing.Data{Way: wayMail, Part: k + 1, Parts: len(messages), MessageID: m.ID}}
		next, fits, err := filing.Apply(x, e)
		if err != nil {
			return err
		}
		if !fits { // an earlier try brought this one over
			continue
		}
		f.Say(fmt.Sprintf("mail %d of %d of %s to %s", k+1, len(messages), x.ID, r.Name))
		if err := mail.Send(ctx, f.Settings.SMTP, m); err != nil {
			return err
		}
		if _, _, err := f.record(ctx, x.Head, e); err != nil {
			return err
		}
		x = next
	}
	return nil
}

// messages are the mails of a sending: the same each time, down to their Message-IDs.
func (f *Filer) messages(x filing.Filing, r Recipient, files []report.File) ([]mail.Message, error) {
	w, err := loadDeliveryText()
	if err != nil {
		return nil, err
	}
	attached := make([]mail.File, len(files))
	for i, file := range files {
		attached[i] = mail.File{Name: file.Name, Data: file.Data}
	}
	parts, tooLarge := mail.Divide(attached, f.Settings.SMTP.MaxMessageBytes)
	if len(tooLarge) > 0 && f.Settings.Link == "" {
		return nil, fmt.Errorf("%s is larger than smtp.max_message_bytes (%d) allows: raise it, or set reports.link to the address of this collector", tooLarge[0].Name, f.Settings.SMTP.MaxMessageBytes)
	}
	if len(parts) == 0 {
		parts = [][]mail.File{nil}
	}
	var links []string
	for _, file := range tooLarge {
		links = append(links, strings.TrimSuffix(f.Settings.Link, "/")+reportsPath+"/"+url.PathEscape(x.ID)+"/"+url.PathEscape(file.Name))
	}
	_, domain, _ := strings.Cut(f.Settings.SMTP.From, "@")
	out := make([]mail.Message, len(parts))
	for k, part := range parts {
		values := map[string]any{
			"kind": or(w.Kinds[x.Kind], x.Kind), "provider": x.Provider, "year": x.Month.Year, "month": int(x.Month.Month), "version": x.Version,
			"part": k + 1, "parts": len(parts), "files": files, "links": links,
		}
		subject, err := fill(w.Subject, values)
		if err != nil {
			return nil, err
		}
		body, err := fill(w.Body, values)
		if err != nil {
			return nil, err
		}
		out[k] = mail.Message{
			ID: messageID(x, r, part, k, len(parts)) + "@" + domain, From: f.Settings.SMTP.From, To: r.Mail, Subject: subject, Text: body,
			Date: x.Signed.At.In(store.Zone()), Files: part,
		}
	}
	return out, nil
}

// messageID names a message by what it brings to whom, so that a second try is the same.
func messageID(x filing.Filing, r Recipient, part []mail.File, k, n int) string {
	h := sha256.New()
	fmt.Fprintf(h, "%s\n%s\n%q\n%d/%d\n", x.ID, r.Name, r.Mail, k, n)
	for _, file := range part {
		fmt.Fprintf(h, "%s %x\n", file.Name, sha256.Sum256(file.Data))
	}
	return "yunjian." + hex.EncodeToString(h.Sum(nil)[:16])
}

func fill(text string, values map[string]any) (string, error) {
	parsed, err := template.New("mail").Option("missingkey=error").Parse(text)
	if err != nil {
		return "", fmt.Errorf("read words of mails: %w", err)
	}
	var b strings.Builder
	if err := parsed.Execute(&b, values); err != nil {
		return "", fmt.Errorf("fill words of mails: %w", err)
	}
	return strings.TrimSpace(b.String()), nil
}

// Unsent are the recipients to whom a signed report is to be carried and was not, in order.
func (f *Filer) unsent(x filing.Filing) (out []Recipient) {
	for _, r := range f.Settings.Recipients {
		_, sent := x.Sent[r.Name]
		if !sent && r.Wants(x.Provider, x.Kind, x.Unit) && (r.Folder != "" || len(r.Mail) > 0) {
			out = append(out, r)
		}
	}
	return out
}

// today is the present day in Shanghai.
func (f *Filer) today() calendar.Date { return calendar.DateOf(f.Now().In(store.Zone())) }
