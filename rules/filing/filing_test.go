package filing_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/yunjian-io/yunjian/rules/calendar"
	"github.com/yunjian-io/yunjian/rules/filing"
)

func zone() *time.Location { return time.FixedZone("Asia/Shanghai", 8*3600) }

func month(t *testing.T, s string) calendar.Month {
	t.Helper()
	m, err := calendar.ParseMonth(s)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func day(t *testing.T, s string) calendar.Date {
	t.Helper()
	d, err := calendar.ParseDate(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func working(t *testing.T) calendar.Calendar {
	t.Helper()
	c, err := calendar.Default()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// The days were counted by hand on the notices of the State Council.
func TestDue(t *testing.T) {
	c := working(t)
	for _, tt := range []struct {
		month     string
		workdays  int
		due       string
		estimated bool
	}{
		{"2026-01", 5, "2026-02-06", false}, // a month that begins on a Sunday
		{"2026-09", 5, "2026-10-13", false}, // National Day, and Saturday the 10th is worked
		{"2026-04", 5, "2026-05-11", false}, // Labour Day, and Saturday the 9th is worked
		{"2025-12", 5, "2026-01-08", false}, // New Year, and Sunday the 4th is worked
		{"2024-12", 5, "2025-01-08", false},
		{"2025-09", 5, "2025-10-14", false},  // National Day and Mid-Autumn, Saturday the 11th is worked
		{"2025-01", 1, "2025-02-05", false},  // Spring Festival until the 4th
		{"2026-01", 12, "2026-02-24", false}, // over the Spring Festival, Saturday the 14th is worked
		{"2026-02", 1, "2026-03-02", false},  // Saturday the 28th is worked, and of the month itself
		{"2026-12", 5, "2027-01-07", true},   // no notice yet: weekends alone
	} {
		got := filing.Due(c, month(t, tt.month), tt.workdays)
		if diff := cmp.Diff(calendar.Day{Date: day(t, tt.due), Estimated: tt.estimated}, got); diff != "" {
			t.Errorf("%s, working day %d: %s", tt.month, tt.workdays, diff)
		}
	}
	if got, want := filing.CutOff(month(t, "2026-12"), 2, zone()), time.Date(2027, 1, 3, 0, 0, 0, 0, zone()); !got.Equal(want) {
		t.Errorf("cut-off %s; want %s", got, want)
	}
}

func head(t *testing.T) filing.Head {
	return filing.Head{ID: "p-202609-usage-v1", Provider: "p", Month: month(t, "2026-09"), Kind: "usage", Version: 1}
}

func at(d, h int) time.Time { return time.Date(2026, 10, d, h, 0, 0, 0, zone()) }

func TestSteps(t *testing.T) {
	files := []filing.File{{Name: "a.pdf", SHA256: "x"}}
	signed := []filing.File{{Name: "a.pdf", SHA256: "y"}}
	f := filing.Filing{Head: head(t)}
	for i, tt := range []struct {
		event   filing.Event
		changed bool
		refused string
	}{
		{filing.Event{Kind: filing.Sign, By: "z"}, false, "was not made"},
		{filing.Event{Kind: "burn"}, false, "was not made"},
		{filing.Event{Kind: filing.Prepare, Data: filing.Data{Batch: "b", Files: files}}, true, ""},
		{filing.Event{Kind: "burn"}, false, "no step"},
		{filing.Event{Kind: filing.Prepare, At: at(9, 1), Data: filing.Data{Batch: "b", Files: files}}, false, ""},
		{filing.Event{Kind: filing.Prepare, Data: filing.Data{Batch: "c"}}, false, "other data"},
		{filing.Event{Kind: filing.Send, Recipient: "office"}, false, "not signed"},
		{filing.Event{Kind: filing.Review}, false, "name the person"},
		{filing.Event{Kind: filing.Review, By: "y"}, true, ""},
		{filing.Event{Kind: filing.Review, By: "x"}, false, "another person"},
		{filing.Event{Kind: filing.Sign, By: "z", Data: filing.Data{Files: signed}}, true, ""},
		{filing.Event{Kind: filing.Sign, By: "z"}, false, ""},
		{filing.Event{Kind: filing.Sign, By: "w"}, false, "another person"},
		{filing.Event{Kind: filing.Send}, false, "name the recipient"},
		{filing.Event{Kind: filing.Receipt, By: "o", Recipient: "office"}, false, "not sent"},
		{filing.Event{Kind: filing.Part, Recipient: "office", Data: filing.Data{MessageID: "1"}}, true, ""},
		{filing.Event{Kind: filing.Part, Recipient: "office", Data: filing.Data{MessageID: "1"}}, false, ""},
		{filing.Event{Kind: filing.Part, Recipient: "office", Data: filing.Data{MessageID: "2"}}, true, ""},
		{filing.Event{Kind: filing.Send, Recipient: "office", At: at(14, 9)}, true, ""},
		{filing.Event{Kind: filing.Send, Recipient: "office", At: at(15, 9)}, false, ""},
		{filing.Event{Kind: filing.Receipt, By: "o", Recipient: "office", Data: filing.Data{Receipt: "R1"}}, true, ""},
		{filing.Event{Kind: filing.Receipt, By: "o", Recipient: "office", Data: filing.Data{Receipt: "R2"}}, false, "another receipt"},
	} {
		next, changed, err := filing.Apply(f, tt.event)
		if changed != tt.changed || (err != nil) != (tt.refused != "") || err != nil && !strings.Contains(err.Error(), tt.refused) {
			t.Errorf("%d: %s: changed %v, %v; want %v, %q", i, tt.event.Kind, changed, err, tt.changed, tt.refused)
		}
		f = next
	}
	if diff := cmp.Diff(signed, f.Files); diff != "" {
		t.Error("files are not those that were signed:", diff)
	}
	if diff := cmp.Diff(f, filing.Fold(f.Head, f.Events)); diff != "" {
		t.Error("folding the events gives another report:", diff)
	}
	if again := filing.Fold(f.Head, append(f.Events, f.Events...)); len(again.Events) != len(f.Events) {
		t.Errorf("events told twice give %d; want %d", len(again.Events), len(f.Events))
	}
}

func TestKey(t *testing.T) {
	h := head(t)
	key := func(e filing.Event) string {
		t.Helper()
		k, err := h.Key(e)
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	send := filing.Event{Kind: filing.Send, Recipient: "office", At: at(14, 9), By: "a"}
	again := send
	again.At, again.By = at(15, 9), "b"
	if key(send) != key(again) {
		t.Error("a sending told again has another key")
	}
	other := send
	other.Recipient = "unit"
	if key(send) == key(other) {
		t.Error("two recipients have one key")
	}
	sign := filing.Event{Kind: filing.Sign, By: "a"}
	if second := (filing.Event{Kind: filing.Sign, By: "b"}); key(sign) == key(second) {
		t.Error("two signers have one key")
	}
}

func TestRows(t *testing.T) {
	h := head(t)
	events := []filing.Event{
		{Kind: filing.Prepare, At: at(3, 9)},
		{Kind: filing.Sign, At: at(12, 9), By: "z"},
		{Kind: filing.Send, Recipient: "office", At: at(15, 9), By: "z"},
	}
	correction := h
	correction.ID, correction.Version = "p-202609-usage-v2", 2
	stray := h
	stray.ID, stray.Kind = "p-202609-notice-v1", "notice"
	book := filing.Book{Calendar: working(t), Zone: zone(), DueWorkdays: 5, Filings: []filing.Filing{
		filing.Fold(h, events), filing.Fold(correction, []filing.Event{{Kind: filing.Prepare, At: at(16, 9)}}),
		filing.Fold(stray, events[:1]), filing.Fold(filing.Head{Month: month(t, "2020-01")}, events[:1]),
	}}
	expected := []filing.Expectation{{Provider: "p", Kind: "usage", Recipient: "office"}, {Provider: "q", Kind: "usage", Recipient: "office"}}
	type line struct {
		Provider, Kind, Recipient string
		Version                   int
		State                     filing.State
		Late                      int
		Overdue                   bool
	}
	lines := func(on string) (out []line) {
		for _, r := range book.Rows([]calendar.Month{month(t, "2026-09")}, expected, day(t, on)) {
			out = append(out, line{r.Provider, r.Kind, r.Recipient, r.Version, r.State, r.LateWorkdays, r.Overdue})
		}
		return out
	}
	// Due was the 13th; the 17th and 18th are a weekend.
	want := []line{
		{"p", "notice", "", 1, filing.Prepared, 4, true},
		{"p", "usage", "office", 2, filing.Prepared, 2, true},
		{"q", "usage", "office", 0, filing.Missing, 4, true},
	}
	if diff := cmp.Diff(want, lines("2026-10-19")); diff != "" {
		t.Error(diff)
	}
	book.Filings = book.Filings[:1]
	want = []line{{"p", "usage", "office", 1, filing.Sent, 2, true}, {"q", "usage", "office", 0, filing.Pending, 0, false}}
	if diff := cmp.Diff(want, lines("2026-10-13")); diff != "" {
		t.Error(diff)
	}
}
