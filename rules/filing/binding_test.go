package filing_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/yunjian-io/yunjian/rules/calendar"
	"github.com/yunjian-io/yunjian/rules/filing"
)

// What was made of a month decides in which form reports are expected, then the settings.
func TestBinding(t *testing.T) {
	parts := []string{"operation", "situation"}
	for _, tt := range []struct {
		name   string
		bound  bool
		wanted string
		made   []string
		want   []string
	}{
		{"another kind", true, "usage", nil, []string{"usage"}},
		{"separate", false, "both", nil, parts},
		{"bound", true, "both", nil, []string{"both"}},
		{"one part wanted", false, "situation", nil, []string{"situation"}},
		{"one part, bound", true, "situation", nil, []string{"both"}},
		{"bound before", false, "both", []string{"both"}, []string{"both"}},
		{"part of what was bound before", false, "operation", []string{"both"}, []string{"both"}},
		{"separate before", true, "both", parts, parts},
		{"part of what was separate before", true, "operation", parts, []string{"operation"}},
		{"half made", true, "both", parts[:1], []string{"both"}},
		{"half made, separate", false, "both", parts[1:], parts},
		{"both forms made", false, "both", []string{"both", "operation", "situation"}, []string{"both"}},
	} {
		month := month(t, "2026-09")
		var filings []filing.Filing
		for _, k := range tt.made {
			filings = append(filings, filing.Fold(filing.Head{ID: k, Provider: "p", Month: month, Kind: k, Version: 1}, []filing.Event{{Kind: filing.Prepare}}))
		}
		filings = append(filings, filing.Fold(filing.Head{Provider: "q", Month: month, Kind: "both"}, []filing.Event{{Kind: filing.Prepare}}), // of others
			filing.Fold(filing.Head{Provider: "p", Month: month.Next(), Kind: "both"}, []filing.Event{{Kind: filing.Prepare}}),
			filing.Filing{Head: filing.Head{Provider: "p", Month: month, Kind: "both"}}) // not made
		b := filing.Binding{Kind: "both", Parts: parts, Bound: tt.bound}
		if diff := cmp.Diff(tt.want, b.Kinds(tt.wanted, filing.Made(filings)("p", month))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
	if got := (filing.Binding{}).Kinds("usage", nil); len(got) != 1 || got[0] != "usage" {
		t.Errorf("nothing is bound: %v", got)
	}
}

// A month that was filed in one form misses nothing of the other.
func TestRowsOfForms(t *testing.T) {
	old, now := month(t, "2026-08"), month(t, "2026-09")
	made := func(m calendar.Month, kind, unit string) filing.Filing {
		h := filing.Head{ID: m.String() + kind + unit, Provider: "p", Unit: unit, Month: m, Kind: kind, Version: 1}
		return filing.Fold(h, []filing.Event{
			{Kind: filing.Prepare, At: at(3, 9), Data: filing.Data{Issuer: filing.Issuer{Type: "secops_agency", Name: "a"}}}, {Kind: filing.Sign, At: at(4, 9), By: "z"}, {Kind: filing.Send, At: at(5, 9), Recipient: "office"},
		})
	}
	book := filing.Book{
		Calendar: working(t), Zone: zone(), DueWorkdays: 5, Binding: filing.Binding{Kind: "both", Parts: []string{"operation", "situation"}},
		Filings: []filing.Filing{made(old, "both", ""), made(old, "both", "N-1"), made(now, "operation", "")},
	}
	expected := []filing.Expectation{{Provider: "p", Kind: "operation", Recipient: "office"}, {Provider: "p", Kind: "situation", Recipient: "office"}, {Provider: "p", Kind: "both", Unit: "N-1", Recipient: "unit"}}
	var got []string
	for _, r := range book.Rows([]calendar.Month{old, now}, expected, day(t, "2026-10-19")) {
		got = append(got, r.Month.String()+" "+r.Kind+" "+r.Unit+" "+r.Recipient+" "+string(r.State)+" "+r.Issuer.Name)
	}
	want := []string{
		"2026-08 both  office sent a", "2026-08 both N-1 office sent a", "2026-08 both N-1 unit signed a",
		"2026-09 operation  office sent a", "2026-09 operation N-1 unit missing ", "2026-09 situation  office missing ", "2026-09 situation N-1 unit missing ",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
