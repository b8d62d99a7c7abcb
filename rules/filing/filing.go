// Package filing is the ledger of reports (reports.md D1): what has to be filed with
// whom by when, and how far each report has come (Art. 30 and 36 of the regulation).
//
// It is pure: a report is the fold of its events, which are only ever appended to, and
// what is overdue or missing is a question about a day. Days are counted as the working
// calendar has them. It leaves out how reports are made, kept and carried.
package filing

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/yunjian-io/yunjian/rules/calendar"
)

// State is how far a report has come with one recipient (reports.md 0.6).
type State string

// The states. A draft of a month that is not closed is not in the ledger.
const (
	// Pending is a report that is not made yet, and not due yet.
	Pending State = "pending"
	// Missing is a report that was not made by its day.
	Missing State = "missing"
	// Prepared is 编制, Reviewed 审核, Signed 签发, Sent 报送 and Received 回执.
	Prepared State = "prepared"
	Reviewed State = "reviewed"
	Signed   State = "signed"
	Sent     State = "sent"
	Received State = "received"
)

// Kind is the kind of an event.
type Kind string

// The kinds of events, in the order in which they may follow each other. A part is one
// message of a sending that takes several.
const (
	Prepare Kind = "prepare"
	Review  Kind = "review"
	Sign    Kind = "sign"
	Part    Kind = "part"
	Send    Kind = "send"
	Receipt Kind = "receipt"
)

// File is a file of a report as it was made, signed or sent.
type File struct {
	Name   string `json:"name"`
	Bytes  int    `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// Issuer is who answers for a report where that need not be the provider it is about.
type Issuer struct {
	// Type is provider or secops_agency; Name is that of an agency.
	Type string `json:"type"`
	Name string `json:"name,omitempty"`
}

// Data is what an event says; which fields it has depends on its kind.
type Data struct {
	// Files are those that were made, signed or sent.
	Files []File `json:"files,omitempty"`
	// Batch is the batch of data behind a report that was prepared.
	Batch string `json:"data_batch,omitempty"`
	// Issuer of a report that was prepared; zero where it is the provider's by its kind.
	Issuer Issuer `json:"issuer,omitzero"`
	// Way is how it was sent: folder, smtp, or how a person says.
	Way string `json:"way,omitempty"`
	// Part and Parts number the messages of a sending, MessageID is that of one.
	Part      int    `json:"part,omitempty"`
	Parts     int    `json:"parts,omitempty"`
	MessageID string `json:"message_id,omitempty"`
	// Receipt is the number or word of the recipient's receipt.
	Receipt string `json:"receipt,omitempty"`
	Note    string `json:"note,omitempty"`
}

// Event is one step of a report. Recipient is set for part, send and receipt.
type Event struct {
	Kind      Kind      `json:"kind"`
	Recipient string    `json:"recipient,omitempty"`
	At        time.Time `json:"at"`
	By        string    `json:"by,omitempty"`
	Data
}

// Head is what identifies a report.
type Head struct {
	ID       string         `json:"id"`
	Provider string         `json:"provider,omitempty"`
	Unit     string         `json:"unit,omitempty"`
	Month    calendar.Month `json:"month"`
	Kind     string         `json:"kind"`
	Version  int            `json:"version"`
}

// Key is the identity of an event of a report: what it says, without when, so that
// saying it again changes nothing.
func (h Head) Key(e Event) (string, error) {
	e.At = time.Time{}
	if e.Kind != Review && e.Kind != Sign {
		e.By, e.Note = "", "" // who repeats what was done has not done it again
	}
	text, err := json.Marshal(struct {
		ID    string `json:"id"`
		Event `json:"event"`
	}{h.ID, e})
	if err != nil {
		return "", fmt.Errorf("key of event: %w", err)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), nil
}

// Filing is a report after some events.
type Filing struct {
	Head
	// Files are those that count: as signed, or as prepared while nobody has signed.
	Files []File `json:"files,omitempty"`
	Batch string `json:"data_batch,omitempty"`
	// Issuer is who answers for the report; zero where it is the provider by its kind.
	Issuer Issuer `json:"issuer,omitzero"`
	// Prepared, Reviewed and Signed are those steps; nil before.
	Prepared *Event `json:"prepared,omitempty"`
	Reviewed *Event `json:"reviewed,omitempty"`
	Signed   *Event `json:"signed,omitempty"`
	// Sent and Received are the steps by recipient, Parts the messages that were taken.
	Sent     map[string]Event   `json:"sent,omitempty"`
	Received map[string]Event   `json:"received,omitempty"`
	Parts    map[string][]Event `json:"parts,omitempty"`
	Events   []Event            `json:"events"`
}

// RefusedError says that a step does not fit.
type RefusedError struct {
	ID     string
	Kind   Kind
	Reason string
}

// Error says which step of which report is refused, and why.
func (e *RefusedError) Error() string { return fmt.Sprintf("%s of %s: %s", e.Kind, e.ID, e.Reason) }

// Apply adds an event. changed is false if it says again what was said; what does not
// fit is a *RefusedError.
func Apply(f Filing, e Event) (next Filing, changed bool, err error) {
	if err := f.fits(e); errors.Is(err, errSaid) {
		return f, false, nil
	} else if err != nil {
		return f, false, &RefusedError{f.ID, e.Kind, err.Error()}
	}
	f.Events = append(slices.Clip(f.Events), e)
	switch e.Kind {
	case Prepare:
		f.Prepared, f.Files, f.Batch, f.Issuer = &e, e.Files, e.Batch, e.Issuer
	case Review:
		f.Reviewed = &e
	case Sign:
		f.Signed, f.Files = &e, e.Files
	case Part:
		f.Parts = with(f.Parts, e.Recipient, append(slices.Clip(f.Parts[e.Recipient]), e))
	case Send:
		f.Sent = with(f.Sent, e.Recipient, e)
	case Receipt:
		f.Received = with(f.Received, e.Recipient, e)
	}
	return f, true, nil
}

// Fold is a report after its events; those that do not fit are left out.
func Fold(h Head, events []Event) Filing {
	f := Filing{Head: h}
	for _, e := range events {
		if next, changed, err := Apply(f, e); err == nil && changed {
			f = next
		}
	}
	return f
}

func with[V any](m map[string]V, key string, v V) map[string]V {
	out := make(map[string]V, len(m)+1)
	maps.Copy(out, m)
	out[key] = v
	return out
}

// errSaid says that an event repeats what is recorded.
var errSaid = errors.New("said already")

// fits says why an event cannot follow.
func (f *Filing) fits(e Event) error {
	if (e.Kind == Review || e.Kind == Sign || e.Kind == Receipt) && e.By == "" {
		return errors.New("name the person who does it")
	}
	if (e.Kind == Part || e.Kind == Send || e.Kind == Receipt) && e.Recipient == "" {
		return errors.New("name the recipient")
	}
	if e.Kind != Prepare && f.Prepared == nil {
		return errors.New("the report was not made")
	}
	_, sent := f.Sent[e.Recipient]
	_, received := f.Received[e.Recipient]
	switch e.Kind {
	case Prepare:
		return said(f.Prepared != nil, f.Batch == e.Batch, "it was made from other data; a correction has the next version")
	case Review:
		if f.Reviewed == nil && f.Signed != nil {
			return errors.New("it is signed already")
		}
		return said(f.Reviewed != nil, f.Reviewed != nil && f.Reviewed.By == e.By, "another person has reviewed it")
	case Sign:
		return said(f.Signed != nil, f.Signed != nil && f.Signed.By == e.By, "another person has signed it")
	case Part, Send:
		if f.Signed == nil {
			return errors.New("it is not signed")
		}
		if e.Kind == Part {
			taken := slices.ContainsFunc(f.Parts[e.Recipient], func(p Event) bool { return p.MessageID == e.MessageID })
			return said(taken, true, "")
		}
		return said(sent, true, "")
	case Receipt:
		if !sent {
			return errors.New("it was not sent to this recipient")
		}
		return said(received, f.Received[e.Recipient].Receipt == e.Receipt, "another receipt is recorded")
	}
	return fmt.Errorf("there is no step %q", e.Kind)
}

// said is nil for what is new, errSaid for a repetition and an error for another content.
func said(before, same bool, otherwise string) error {
	switch {
	case !before:
		return nil
	case same:
		return errSaid
	}
	return errors.New(otherwise)
}
