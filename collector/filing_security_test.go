package collector_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/yunjian-io/yunjian/collector"
	"github.com/yunjian-io/yunjian/collector/ingest"
	"github.com/yunjian-io/yunjian/collector/report"
	"github.com/yunjian-io/yunjian/rules/calendar"
)

// lines are the lines of the ledger in short.
func (o *office) lines(t *testing.T, kind string) (out []string) {
	t.Helper()
	rows, err := o.Ledger(t.Context(), collector.LedgerAsk{From: o.month, Kind: kind}, calendar.DateOf(o.now.In(collector.Zone())))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		out = append(out, strings.TrimSpace(fmt.Sprint(r.Month, " ", r.Kind, " ", r.Unit, ">", r.Recipient, " ", r.State, " ", r.Issuer.Name)))
	}
	return out
}

func namesOf(made []collector.Made) (out []string) {
	for i := range made {
		out = append(out, made[i].Edition.FileName())
	}
	return out
}

// A database with reports that were filed bound together goes on: their months keep them, and
// later months get two reports, each with its line, signature and recipients. The way back
// loses nothing either.
func TestSecurityFiling(t *testing.T) {
	o := opened(t)
	o.Builders = collector.Builders()
	folder := filepath.Join(t.TempDir(), "unit")
	o.Settings.Kinds, o.Settings.Security = []string{report.KindSecurity}, "bound"
	o.Settings.Recipients = append(o.Settings.Recipients, collector.Recipient{Name: "U", Role: ingest.RoleUnit, Subject: "N-1", Kinds: []string{report.KindSecurity}, Folder: folder})
	o.at(3, 10)
	o.close(t, "", "")
	made, err := o.Make(t.Context(), collector.MakeAsk{Month: o.month, Provider: "p", Kind: report.KindSecurity})
	if err != nil {
		t.Fatal(err)
	}
	bound := []string{"p-202610-security-v1", "p-202610-security-N-1-v1", "p-202610-security-N-2-v1"}
	same(t, "bound", bound, namesOf(made))
	october := []string{"2026-10 security >office prepared", "2026-10 security N-1>U prepared", "2026-10 security N-2> prepared"}
	same(t, "the ledger", october, o.lines(t, ""))

	// The settings change: October stays as it was made.
	o.Settings.Security, o.Settings.Issuer = "separate", collector.IssuerConfig{Type: report.IssuerAgency, Name: "某安全中心"}
	same(t, "the ledger after the change", october, o.lines(t, report.KindSecurity))
	same(t, "made once more", 0, len(o.schedule(t, "").Made))
	again, err := o.Make(t.Context(), collector.MakeAsk{Month: o.month, Provider: "p", Kind: report.KindSecurity})
	if err != nil {
		t.Fatal(err)
	}
	same(t, "October again", []any{bound, made[0].Files}, []any{namesOf(again), again[0].Files})

	// November is filed as two reports of the agency.
	o.now = time.Date(2026, time.December, 3, 9, 0, 0, 0, collector.Zone())
	done := o.schedule(t, "")
	separate := []string{
		"p-202611-security-operation-v1", "p-202611-security-operation-N-1-v1", "p-202611-security-operation-N-2-v1",
		"p-202611-security-situation-v1", "p-202611-security-situation-N-1-v1", "p-202611-security-situation-N-2-v1",
	}
	same(t, "November", separate, done.Made)
	both := append(october,
		"2026-11 security-operation >office prepared 某安全中心", "2026-11 security-operation N-1>U prepared 某安全中心", "2026-11 security-operation N-2> prepared 某安全中心",
		"2026-11 security-situation >office prepared 某安全中心", "2026-11 security-situation N-1>U prepared 某安全中心", "2026-11 security-situation N-2> prepared 某安全中心")
	same(t, "the ledger of both months", both, o.lines(t, report.KindSecurity))
	same(t, "one kind of it", []string{both[3], both[4], both[5]}, o.lines(t, report.KindOperation))
	same(t, "made once more", 0, len(o.schedule(t, "").Made))

	// Each of them is signed and sent by itself.
	if _, err := o.Sign(t.Context(), separate[4], "赵", "", o.now); err != nil {
		t.Fatal(err)
	}
	if _, changed, err := o.Send(t.Context(), separate[4], "U", "", "li", o.now); err != nil || !changed {
		t.Fatal(changed, err)
	}
	manifest, err := os.ReadFile(filepath.Join(folder, separate[4]+collector.ManifestSuffix))
	if err != nil {
		t.Fatal(err)
	}
	holds(t, "the manifest that was sent", string(manifest), []string{`"kind": "security-situation"`, `"type": "secops_agency"`, `"name": "某安全中心"`}, nil)
	both[7] = "2026-11 security-situation N-1>U sent 某安全中心"
	same(t, "after sending", both, o.lines(t, ""))

	// The way back: November stays as it is, October too; December will be bound.
	o.Settings.Security = "bound"
	same(t, "the ledger on the way back", both, o.lines(t, ""))
	same(t, "made once more", 0, len(o.schedule(t, "").Made))
	o.now = time.Date(2027, time.January, 3, 9, 0, 0, 0, collector.Zone())
	same(t, "December", []string{"p-202612-security-v1", "p-202612-security-N-1-v1", "p-202612-security-N-2-v1"}, o.schedule(t, "").Made)

	// A correction keeps the form of its month, and one report may be asked for by its name.
	o.Settings.Security = "separate"
	o.close(t, "补收数据", "li")
	made, err = o.Make(t.Context(), collector.MakeAsk{Month: o.month, Provider: "p", Kind: report.KindSecurity, Whole: true})
	if err != nil {
		t.Fatal(err)
	}
	same(t, "the correction", "p-202610-security-v2", made[0].Edition.FileName())
	made, err = o.Make(t.Context(), collector.MakeAsk{Month: o.month.Add(3), Provider: "p", Kind: report.KindSituation, Unit: "N-1"})
	if err == nil || len(made) > 0 { // not judged
		t.Errorf("a report of a month that was not judged: %v", namesOf(made))
	}
}

// Who wants reports on security gets them in either form; who wants one of the two, that alone.
func TestSecurityKindOfRecipients(t *testing.T) {
	for _, tt := range []struct {
		kinds []string
		kind  string
		want  bool
	}{
		{nil, report.KindSituation, true},
		{[]string{report.KindSecurity}, report.KindSituation, true},
		{[]string{report.KindSecurity}, report.KindSecurity, true},
		{[]string{report.KindSecurity}, report.KindUsage, false},
		{[]string{report.KindOperation}, report.KindOperation, true},
		{[]string{report.KindOperation}, report.KindSituation, false},
		{[]string{report.KindOperation}, report.KindSecurity, false},
	} {
		r := collector.Recipient{Name: "o", Role: ingest.RoleOffice, Kinds: tt.kinds}
		if got := r.Wants("p", tt.kind, ""); got != tt.want {
			t.Errorf("who wants %v gets %s: %v; want %v", tt.kinds, tt.kind, got, tt.want)
		}
	}
}
