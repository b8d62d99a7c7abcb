package retention

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func decided(stream string, v Verdict, code Code) Decision {
	d := Decision{
		Source:  Identity{Host: "i-1", System: "s-1", Class: OSAuth, Stream: stream, Path: v.String() + string(code)},
		Verdict: v, Code: code, Mandatory: true,
	}
	if code != "" {
		d.Reasons = []Reason{{Code: code}}
	}
	return d
}

// TestCombine: of two copies of a stream the complete one decides, and one that is
// out of scope stands in for nothing.
func TestCombine(t *testing.T) {
	for _, tt := range []struct {
		name string
		a, b Decision
		want string
	}{
		{"either complete copy", decided("auth", Violated, ShortCoverage), decided("auth", Compliant, ""), "compliant"},
		{"either order", decided("auth", Compliant, ""), decided("auth", Violated, Edited), "compliant"},
		{"unknown is no proof of a breach", decided("auth", Violated, HardGap), decided("auth", Unknown, StaleAgent), "unknown.stale_agent"},
		{"the lesser breach", decided("auth", Violated, Edited), decided("auth", Violated, ShortCoverage), "violated.short_coverage"},
		{"out of scope", decided("auth", OutOfScope, ""), decided("auth", Violated, HardGap), "violated.gap"},
	} {
		got := Combine([]Decision{tt.a, tt.b})
		if len(got) != 1 || got[0].Name() != tt.want || len(got[0].Copies) != 1 {
			t.Errorf("%s: %d decisions, %s with %d copies; want one, %s", tt.name, len(got), got[0].Name(), len(got[0].Copies), tt.want)
		}
	}
	apart := []Decision{decided("", Compliant, ""), decided("", Violated, HardGap), decided("a", Compliant, ""), decided("b", Compliant, "")}
	if got := Combine(apart); len(got) != len(apart) {
		t.Errorf("%d sources without a common stream became %d", len(apart), len(got))
	}
	optional := decided("auth", Compliant, "")
	optional.Mandatory = false
	if got := Combine([]Decision{optional, decided("auth", Violated, HardGap)}); !got[0].Mandatory || got[0].Verdict != Compliant {
		t.Errorf("an optional copy of a mandatory stream: mandatory %v, %s", got[0].Mandatory, got[0].Name())
	}
}

func TestWorst(t *testing.T) {
	optional := decided("", Violated, Edited)
	optional.Mandatory = false
	soon, later := decided("x", AtRisk, ""), decided("y", AtRisk, "")
	soon.AtRiskDate, later.AtRiskDate = date(t, "2026-12-01"), date(t, "2027-02-01")
	for _, tt := range []struct {
		name string
		of   []Decision
		want string
	}{
		{"the worst", []Decision{decided("", Compliant, ""), decided("", Unknown, StaleAgent), decided("", AtRisk, "")}, "unknown.stale_agent"},
		{"the first code", []Decision{decided("", Violated, ShortCoverage), decided("", Violated, Edited)}, "violated.edited"},
		{"mandatory ones only", []Decision{optional, decided("", Compliant, "")}, "compliant"},
		{"copies first", []Decision{decided("auth", Violated, HardGap), decided("auth", Compliant, ""), decided("", NotYetAccountable, "")}, "not_yet_accountable"},
		{"all out of scope", []Decision{decided("", OutOfScope, "")}, "out_of_scope"},
	} {
		if got, some := Worst(tt.of); !some || got.Name() != tt.want {
			t.Errorf("%s: %s, %v; want %s", tt.name, got.Name(), some, tt.want)
		}
	}
	if got, _ := Worst([]Decision{later, soon}); got.AtRiskDate != soon.AtRiskDate {
		t.Errorf("of two risks the later one, %s, was taken", got.AtRiskDate)
	}
	if got, some := Worst([]Decision{optional}); some {
		t.Errorf("a host without mandatory sources got %s", got.Name())
	}
}

// TestMissing: what the registry requires and nobody speaks of is a finding.
func TestMissing(t *testing.T) {
	have := []Decision{decided("auth", Violated, HardGap)}
	today := date(t, "2026-08-31")
	required := []Requirement{
		{System: "s-1", Class: OSAuth},
		{System: "s-1", Host: "i-1", Class: OSAuth, Stream: "auth"},
		{System: "s-1", Host: "i-2", Class: OSAuth, Declared: true, Party: PartyUnit},
		{System: "s-1", Class: OSAudit, Party: PartyProvider},
		{System: "s-2", Class: OSAuth},
		{System: "s-1", Class: OSAuth, Stream: "sudo"},
	}
	var got []string
	for _, d := range Missing(required, have, today, Period{}) {
		if d.Verdict != Unknown || !d.Mandatory || d.RequiredFrom != date(t, "2026-03-01") || d.Remedy.Action == ActionNone {
			t.Errorf("finding %+v is incomplete", d)
		}
		got = append(got, d.Source.System+" "+d.Source.Host+" "+string(d.Source.Class)+" "+d.Source.Stream+" "+string(d.Source.Party)+" "+d.Name())
	}
	want := []string{
		"s-1 i-2 os-auth  unit unknown.not_reported",
		"s-1  os-audit  provider unknown.not_declared",
		"s-2  os-auth   unknown.not_declared",
		"s-1  os-auth sudo  unknown.not_declared",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
}

func TestStatus(t *testing.T) {
	catalog, err := LoadCatalog()
	if err != nil {
		t.Fatal(err)
	}
	today := date(t, "2026-11-23")
	signed := Waiver{Approver: "office", Until: today}
	for _, tt := range []struct {
		verdict Verdict
		waiver  Waiver
		want    string
	}{
		{Compliant, Waiver{}, "合规"},
		{CompliantByForward, Waiver{}, "合规"},
		{AtRisk, Waiver{}, "合规"},
		{NotYetAccountable, Waiver{}, "累积中"},
		{Violated, Waiver{}, "不合规"},
		{Unknown, Waiver{}, "无法判定"},
		{OutOfScope, Waiver{}, "不计"},
		{OutOfScope, signed, "不计"},
		{Violated, signed, "豁免"},
		{Compliant, signed, "豁免"},
		{Violated, Waiver{Approver: "office", Until: today.AddDays(-1)}, "不合规"},
		{Violated, Waiver{Until: today}, "不合规"},
	} {
		d := Decision{Verdict: tt.verdict, Today: today}
		if got := catalog.Status(d.Status(tt.waiver), Chinese); got != tt.want {
			t.Errorf("%s with %+v: %s; want %s", tt.verdict, tt.waiver, got, tt.want)
		}
	}
}

// TestForeseen: the report lists dates 32 to 184 days ahead, and only of sources that
// still comply.
func TestForeseen(t *testing.T) {
	today := date(t, "2026-11-23")
	for _, tt := range []struct {
		verdict       Verdict
		deletion, use int // days ahead, 0 for none
		want          int
	}{
		{AtRisk, 32, 0, 32},
		{AtRisk, 184, 100, 100},
		{AtRisk, 31, 50, 50},
		{AtRisk, 185, 0, 0},
		{AtRisk, 0, 0, 0},
		{Violated, 50, 0, 0},
	} {
		d := Decision{Verdict: tt.verdict, Today: today}
		if tt.deletion > 0 {
			d.FirstDeletion = today.AddDays(tt.deletion)
		}
		if tt.use > 0 {
			d.DiskFull = today.AddDays(tt.use)
		}
		on, some := d.Foreseen()
		if got := today.DaysUntil(on); some != (tt.want > 0) || (some && got != tt.want) {
			t.Errorf("%+v: %s, %v", tt, on, some)
		}
	}
}
